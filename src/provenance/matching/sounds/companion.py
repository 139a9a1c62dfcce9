"""The sound beside matched pictures, by its print: which of the verdict's audio relations holds, and where it does not.

The pictures give the place; the print says of each stretch whether the recording's sound is there, other sound, or
silence. Sound on neither side says nothing and joins its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import Alteration, Note, Segment, SoundComparison, Span
from provenance.evidence import PRINT_RATE
from provenance.matching.background import threshold
from provenance.matching.sound import SoundFound
from provenance.matching.sounds.following import IN_STEP, follow
from provenance.matching.sounds.search import runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.matching.sounds.following import Lain, Part
    from provenance.matching.sounds.heard import Heard
    from provenance.matching.sounds.search import Run
    from provenance.matching.sounds.states import Stretch

#: Speeds of pictures beyond this, or below one over it: prints are not compared (formats: speeds of 0.5 to 2).
_FASTEST: Final = 2.02
#: Speeds beyond this, or below one over it, at which bits that differ over half a second no longer say what sound is
#: not; and the rows over which they still do.
_SURE: Final = threshold("sounds.speed")
_LONG: Final = 4 * PRINT_RATE
#: Part of the sound at such a speed that may be unclear where the rest is the recording's: at half the speed, 0.28 of a
#: voice had more bits wrong than are the recording's (tests/matching/test_sound_prints.py).
_UNCLEAR_PART: Final = 0.5
#: Part of the sound beside the pictures that has to be found at one other offset for it to be called shifted.
_SHIFTED_PART: Final = 0.5
#: Of what says anything, the part that has to be silent or other for all of it to be called so; and, where the rest is
#: unclear, the part that has to be the recording's.
_NEARLY_ALL: Final = 0.9
#: Rows that have to be the recording's for a sound to be partly so: a second.
_LEAST: Final = PRINT_RATE


@dataclass(frozen=True)
class _Companion:
    questioned: Heard
    evidence: Heard
    whole: bool
    beside: tuple[Part, ...]

    def told(self) -> Iterator[tuple[Part, Lain, str]]:
        """Every stretch with its state."""
        for part in self.beside:
            for one in part.parts:
                yield part, one, self._state(part, one)

    def _state(self, part: Part, one: Lain) -> str:
        if one.moved and not self._of_a_neighbour(part, one):
            return "moved"
        return _state(one.stretch, float(part.segment.speed))

    def _of_a_neighbour(self, part: Part, one: Lain) -> bool:
        """Whether a stretch lies in step with the pictures of another segment: joints are told to 0.25 s."""
        middle = part.first + (one.stretch.first + one.stretch.last) / 2
        return any(
            abs(other.course.place(middle) - one.course.place(middle)) <= IN_STEP
            for other in self.beside
            if other is not part
        )

    def rows(self, *, state: str | None = None) -> int:
        """Rows that say anything, of one state or of all."""
        return sum(one.stretch.says for _, one, known in self.told() if state in {None, known})

    def span(self, part: Part, one: Stretch) -> Span:
        """Where a stretch lies in the questioned file, inside its picture segment."""
        inside, span = part.segment.questioned, self.questioned.span(part.first + one.first, part.first + one.last)
        return Span(max(span.start, inside.start), min(span.end, inside.end))

    def segments(self) -> tuple[Segment, ...]:
        """One segment for each stretch that is the recording's sound."""
        return tuple(
            self._segment(part, one)
            for part in self.beside
            for one in part.parts
            if one.stretch.same and self.span(part, one.stretch).length > 0
        )

    def _segment(self, part: Part, lain: Lain) -> Segment:
        one = lain.stretch
        span = self.span(part, one)
        speed = part.segment.speed
        row = part.first + (one.first + one.last) / 2  # where a drift too small to be told is half of what it gets to
        delay = self.evidence.seconds(lain.course.place(row)) - self.questioned.seconds(row) * speed
        there = Span(*(max(Fraction(0), delay + edge * speed) for edge in (span.start, span.end)))
        return Segment(span, there, part.segment.source, "sound", one.loud, speed=speed, similarity=similarity(one))


def similarity(found: Stretch | Run) -> Fraction:
    """Part of the bits that are equal; never told as all of them: a print is no digest."""
    return Fraction(min(999, max(0, round((1 - found.error) * 1000))), 1000) if found.loud else Fraction(999, 1000)


def compare_prints(  # noqa: PLR0911 - one return for each relation
    questioned: Heard, evidence: Heard, segments: Sequence[Segment], *, whole: bool
) -> SoundFound | None:
    """What the prints say of the sound beside picture ``segments`` (of this evidence); None where they say nothing.

    ``whole``: the pictures are those of the whole recording.
    """
    mine = [one for one in segments if one.source == evidence.source and one.questioned.length > 0]
    if not mine or any(not 1 / _FASTEST < one.speed < _FASTEST for one in mine):
        return None
    found = _Companion(questioned, evidence, whole, follow(questioned, evidence, mine))
    every, same, unclear = found.rows(), found.rows(state="same"), found.rows(state="unclear")
    moved, changed = found.rows(state="moved"), found.rows(state="other") + found.rows(state="silent")
    if not evidence.is_loud.any() and not questioned.is_loud.any():
        return _kept(found, "none-found", "both are silent")
    elsewhere = same + unclear < every * (1 - _SHIFTED_PART) and (same < _LEAST or not moved)
    if every and elsewhere and (shifted := _shifted(found)) is not None:
        return shifted
    if changed:
        return _partly(found) if same + moved >= max(min(_LEAST, every // 2), 1) else _unlike(found)
    sure = all(_is_sure(one.speed) for one in mine)
    if unclear > every * (1 - _NEARLY_ALL if sure else _UNCLEAR_PART):
        return _unlike(found) if sure else None
    if moved:
        return _moved(found)
    words = f"the print follows that of the recording{' but for unclear parts' if unclear else ''}"
    return _kept(found, "cannot-tell" if unclear else "none-found", words)


def _is_sure(speed: float | Fraction) -> bool:
    return 1 / _SURE <= speed <= _SURE


def _state(one: Stretch, speed: float) -> str:
    """``same``, ``silent``, ``other``, or ``unclear``: neither like the recording's sound nor like unrelated sound."""
    if one.same:
        return "same"
    if one.hushed > one.says * _NEARLY_ALL:
        return "silent"
    alone = one.hushed + one.added
    if _is_sure(speed):
        other = alone > one.says / 2 or one.error >= threshold("sounds.other")
    else:
        other = alone > one.says / 2 or (one.loud >= _LONG and one.error >= threshold("sounds.other.faster"))
    return "other" if other else "unclear"


def _kept(found: _Companion, axis: str, words: str) -> SoundFound:
    relation = SoundComparison("same" if found.whole else "excerpt", segments=found.segments())
    note = Note("sound.alike", "informational", words)
    return SoundFound(relation, (), (note,), throughout=axis == "none-found")


_WORDS: Final = {
    "silent": "silence",
    "other": "other sound",
    "unclear": "unlike the recording's, and not clearly other",
}


def _partly(found: _Companion) -> SoundFound:
    alterations = [
        Alteration("sound", found.span(part, one.stretch), what=_WORDS[state])
        for part, one, state in found.told()
        if state in _WORDS and one.stretch.says
    ]
    note = Note("sound.differs", "failure", f"other sound in {len(alterations)} places")
    moved = _moved(found) if found.rows(state="moved") else None
    return SoundFound(
        SoundComparison("partly-replaced", segments=found.segments()),
        (*alterations, *(moved.alterations if moved else ())),
        (note, *(moved.notes if moved else ())),
    )


def _moved(found: _Companion) -> SoundFound:
    """The recording's sound throughout, from one place on beside other pictures than the recording has it."""
    alterations, longest = [], (0, Fraction(0))
    for part, one, state in found.told():
        if state == "moved":
            shift = -Fraction(round(one.away * 100 / PRINT_RATE / float(part.segment.speed)), 100)
            span = found.span(part, one.stretch)
            alterations.append(Alteration("sound-offset", span, what=_shift_words(shift)))
            longest = max(longest, (one.stretch.says, shift), key=lambda each: each[0])
    words = f"in {len(alterations)} places: {alterations[0].what}"
    if any(part.segment.basis == "visual" for part in found.beside):
        words += ", or both were cut there: by looks a cut of less than 0.3 s can go unseen"
    relation = SoundComparison("excerpt", longest[1], found.segments())
    return SoundFound(relation, tuple(alterations), (Note("sound.shifted", "failure", words),))


def _shift_words(shift: Fraction) -> str:
    return f"the sound comes {abs(float(shift)):.2f} s {'later' if shift > 0 else 'earlier'} than its pictures"


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
        near = next((one for one in shifts if abs(one - shift) * PRINT_RATE <= IN_STEP / 2), shift)
        shifts[near] = shifts.get(near, 0) + run.loud
    if not shifts:
        return None
    shift = max(shifts, key=shifts.__getitem__)
    if abs(shift) * PRINT_RATE <= IN_STEP or shifts[shift] < found.rows() * _SHIFTED_PART:
        return None
    words = _shift_words(shift)
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
