"""The sound beside matched pictures, by its print: which of the verdict's audio relations holds, and where it does not.

The pictures give the place; the print says of each stretch whether the recording's sound is there, other sound, or
silence. Sound on neither side says nothing and joins its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.comparison import Alteration, Note, Segment, SoundComparison, Span
from provenance.evidence import PRINT_RATE
from provenance.matching.background import threshold
from provenance.matching.sound import SoundFound
from provenance.matching.sounds.heard import Course, beside, pitch_of
from provenance.matching.sounds.search import runs
from provenance.matching.sounds.states import Stretch, stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.matching.sounds.heard import Heard
    from provenance.matching.sounds.search import Run

#: Rows by which sound may lie beside its pictures without being told as shifted: 120 ms. Pictures are aligned by looks
#: to 0.1 s (p90), coders delay sound by up to 0.05 s; ITU-R BT.1359-1 calls 90 ms early and 185 ms late acceptable.
_IN_STEP: Final = 6
#: Speeds of pictures beyond this: prints are not compared (copies at 1.1 times the speed had 0.35 of bits wrong).
_FASTEST: Final = 1.101
#: Part of the sound beside the pictures that has to be found at one other offset for it to be called shifted.
_SHIFTED_PART: Final = 0.5
#: Of what says anything, the part that has to be silent or other for all of it to be called so; and, where the rest is
#: unclear, the part that has to be the recording's.
_NEARLY_ALL: Final = 0.9
#: Rows that have to be the recording's for a sound to be partly so: a second.
_LEAST: Final = PRINT_RATE


@dataclass(frozen=True, slots=True)
class _Part:
    """What was found beside one picture segment; stretches are numbered from questioned row ``first`` on."""

    segment: Segment
    course: Course
    first: int
    parts: tuple[Stretch, ...]


@dataclass(frozen=True)
class _Companion:
    questioned: Heard
    evidence: Heard
    whole: bool
    beside: tuple[_Part, ...]

    def rows(self, *, state: str | None = None) -> int:
        """Rows that say anything, of one state or of all."""
        return sum(one.says for part in self.beside for one in part.parts if state in {None, _state(one)})

    def span(self, part: _Part, one: Stretch) -> Span:
        """Where a stretch lies in the questioned file, inside its picture segment."""
        inside, span = part.segment.questioned, self.questioned.span(part.first + one.first, part.first + one.last)
        return Span(max(span.start, inside.start), min(span.end, inside.end))

    def segments(self) -> tuple[Segment, ...]:
        """One segment for each stretch that is the recording's sound."""
        return tuple(
            self._segment(part, one)
            for part in self.beside
            for one in part.parts
            if one.same and self.span(part, one).length > 0
        )

    def _segment(self, part: _Part, one: Stretch) -> Segment:
        span = self.span(part, one)
        speed = part.segment.speed
        delay = self.evidence.seconds(part.course.place(part.first)) - self.questioned.seconds(part.first) * speed
        there = Span(*(max(Fraction(0), delay + edge * speed) for edge in (span.start, span.end)))
        return Segment(span, there, part.segment.source, "sound", one.loud, speed=speed, similarity=similarity(one))


def similarity(found: Stretch | Run) -> Fraction:
    """Part of the bits that are equal; never told as all of them: a print is no digest."""
    return Fraction(min(999, max(0, round((1 - found.error) * 1000))), 1000) if found.loud else Fraction(999, 1000)


def compare_prints(
    questioned: Heard, evidence: Heard, segments: Sequence[Segment], *, whole: bool
) -> SoundFound | None:
    """What the prints say of the sound beside picture ``segments`` (of this evidence); None where they say nothing.

    ``whole``: the pictures are those of the whole recording.
    """
    mine = [one for one in segments if one.source == evidence.source and one.questioned.length > 0]
    if not mine or any(not 1 / _FASTEST < one.speed < _FASTEST for one in mine):
        return None
    found = _Companion(questioned, evidence, whole, tuple(_beside(questioned, evidence, one) for one in mine))
    every, same, unclear = found.rows(), found.rows(state="same"), found.rows(state="unclear")
    if not evidence.is_loud.any() and not questioned.is_loud.any():
        return _kept(found, "none-found", "both are silent")
    if every and same + unclear < every * (1 - _SHIFTED_PART) and (shifted := _shifted(found)) is not None:
        return shifted
    changed = found.rows(state="other") + found.rows(state="silent")
    if not changed and unclear <= every * (1 - _NEARLY_ALL):
        words = f"the print follows that of the recording{' but for unclear parts' if unclear else ''}"
        return _kept(found, "cannot-tell" if unclear else "none-found", words)
    return _partly(found) if changed and same >= max(min(_LEAST, every // 2), 1) else _unlike(found)


def _beside(questioned: Heard, evidence: Heard, segment: Segment) -> _Part:
    """The stretches beside one picture segment, at the delay of at most 120 ms that fits best."""
    first = questioned.row(segment.questioned.start)
    rows = np.arange(first, max(questioned.row(segment.questioned.end), first + 1))
    speed = float(segment.speed)
    start = float((segment.evidence.start - evidence.start) * PRINT_RATE)
    offset = start - speed * float((segment.questioned.start - questioned.start) * PRINT_RATE)
    pitches = {0, pitch_of(speed)}
    tried = [
        Course(offset + step, speed, pitch)
        for pitch in sorted(pitches, key=abs)
        for step in sorted(range(-_IN_STEP, _IN_STEP + 1), key=abs)
    ]
    course = min(tried, key=lambda one: beside(questioned, evidence, rows, one).mean)
    return _Part(segment, course, first, tuple(stretches(beside(questioned, evidence, rows, course))))


def _state(one: Stretch) -> str:
    """``same``, ``silent``, ``other``, or ``unclear``: neither like the recording's sound nor like unrelated sound."""
    if one.same:
        return "same"
    if one.hushed > one.says * _NEARLY_ALL:
        return "silent"
    alone = one.hushed + one.added
    return "other" if alone > one.says / 2 or one.error >= threshold("sounds.other") else "unclear"


def _kept(found: _Companion, axis: str, words: str) -> SoundFound:
    relation = SoundComparison("same" if found.whole else "excerpt", segments=found.segments())
    note = Note("sound.alike", "informational", words)
    return SoundFound(relation, (), (note,), throughout=axis == "none-found")


def _partly(found: _Companion) -> SoundFound:
    words = {"silent": "silence", "other": "other sound", "unclear": "unlike the recording's, and not clearly other"}
    alterations = tuple(
        Alteration("sound", found.span(part, one), what=words[_state(one)])
        for part in found.beside
        for one in part.parts
        if not one.same and one.says
    )
    note = Note("sound.differs", "failure", f"other sound in {len(alterations)} places")
    return SoundFound(SoundComparison("partly-replaced", segments=found.segments()), alterations, (note,))


def _unlike(found: _Companion) -> SoundFound:
    """Nothing, or hardly anything, is the recording's sound at its place."""
    every = found.rows()
    hull = Span(found.beside[0].segment.questioned.start, found.beside[-1].segment.questioned.end)
    whole = Alteration("sound", hull)
    if found.rows(state="silent") >= every * _NEARLY_ALL:
        note = Note("sound.differs", "failure", "silent where the recording has sound")
        return SoundFound(SoundComparison("silent"), (replace(whole, what="silence"),), (note,))
    if found.rows(state="silent") + found.rows(state="other") >= every * _NEARLY_ALL:
        note = Note("sound.replaced", "failure", "the print is that of other sound")
        return SoundFound(SoundComparison("replaced"), (replace(whole, what="other sound"),), (note,))
    # Noise that was coded at a low rate comes out so: `fixtures/city.mp4` as AAC 48k. What is not known is no change.
    note = Note(
        "sound.notCompared", "informational", "its print is neither like the recording's sound nor clearly other"
    )
    return SoundFound(SoundComparison("different"), (), (note,))


def _shifted(found: _Companion) -> SoundFound | None:
    """The sound found at another place than beside its pictures."""
    shifts: dict[Fraction, int] = {}
    courses = runs(found.questioned, found.evidence)
    for run in courses:
        shift = _shift_of(found, run)
        near = next((one for one in shifts if abs(one - shift) * PRINT_RATE <= _IN_STEP / 2), shift)
        shifts[near] = shifts.get(near, 0) + run.loud
    if not shifts:
        return None
    shift = max(shifts, key=shifts.__getitem__)
    if abs(shift) * PRINT_RATE <= _IN_STEP or shifts[shift] < found.rows() * _SHIFTED_PART:
        return None
    words = f"the sound comes {abs(float(shift)):.2f} s {'later' if shift > 0 else 'earlier'} than its pictures"
    segments = tuple(
        run_segment(found.questioned, found.evidence, one) for one in sorted(courses, key=lambda one: one.first)
    )
    return SoundFound(
        SoundComparison("excerpt", shift, segments),
        (Alteration("sound-offset", what=words),),
        (Note("sound.shifted", "failure", words),),
    )


def _shift_of(found: _Companion, run: Run) -> Fraction:
    """How much later than its picture the middle of a run comes, in hundredths of a second."""
    middle = (run.first + run.last) / 2
    moment = found.evidence.seconds(run.course.place(middle))
    places = [part.segment for part in found.beside]
    segment = min(places, key=lambda one: max(one.evidence.start - moment, moment - one.evidence.end, Fraction(0)))
    expected = segment.questioned.start + (moment - segment.evidence.start) / segment.speed
    return Fraction(round((found.questioned.seconds(middle) - expected) * 100), 100)


def run_segment(questioned: Heard, evidence: Heard, run: Run) -> Segment:
    """A run as a segment of sound."""
    edges = [run.course.place(run.first), run.course.place(run.last + 1)]
    span = questioned.span(run.first, run.last)
    there = Span(*(max(Fraction(0), evidence.seconds(edge)) for edge in edges))
    speed = Fraction(round(run.course.speed * 10_000), 10_000)
    here = Span(max(span.start, Fraction(0)), span.end)
    return Segment(here, there, evidence.source, "sound", run.loud, speed=speed, similarity=similarity(run))
