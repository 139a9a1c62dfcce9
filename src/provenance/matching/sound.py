"""The sound beside matched pictures: which of the verdict's audio relations holds, and where it does not."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import Alteration, Basis, Note, Segment, SoundComparison, Span
from provenance.matching.beside import NOT_BESIDE, Beside, look_beside
from provenance.matching.line import blocks_within
from provenance.matching.loudness import likeness
from provenance.matching.strand import DISTINCT_SOUND, Strand, lay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.evidence import Track
    from provenance.matching.line import Level, Line, Lines

#: Of the sound beside the picture, the part that has to be found at one other offset for it to be called shifted.
SHIFTED_PART: Final = Fraction(1, 2)

#: No more than what ITU-R BT.1359-1 calls acceptable for early sound (90 ms), however long a picture lasts.
MOST_SLACK: Final = Fraction(9, 100)


@dataclass(frozen=True, slots=True)
class SoundFound:
    """The relation with its alterations (on the questioned time line) and notes.

    ``throughout``: by its print, and all of it was compared.
    """

    comparison: SoundComparison
    alterations: tuple[Alteration, ...] = ()
    notes: tuple[Note, ...] = ()
    throughout: bool = False

    @property
    def by_print_alone(self) -> bool:
        """Whether the sound is called the recording's and none of it is so exactly."""
        comparison = self.comparison
        return comparison.is_by_print and comparison.relation in {"same", "excerpt"} and not comparison.shift


@dataclass(frozen=True, slots=True)
class SoundPair:
    """Two sound tracks of two files, the picture segments, and whether these are the whole.

    ``picture``: seconds of one picture. A cut with an edit list starts sound at the moment asked for and pictures at
    the next one, so that in an excerpt sound may lie up to one picture beside its place (seen with FFmpeg 5.1 to 8.1).
    """

    questioned: Track
    evidence: Track
    files: tuple[Lines, Lines]
    segments: tuple[Segment, ...]
    whole: bool
    picture: Fraction

    @property
    def slack(self) -> Fraction:
        """Seconds, beyond one unit of sound, by which sound may be moved against pictures."""
        return Fraction(0) if self.whole else min(self.picture, MOST_SLACK)

    def lines(self, level: Level) -> tuple[Line | None, Line | None]:
        """Both tracks on one level."""
        return self.files[0].of(level, self.questioned), self.files[1].of(level, self.evidence)


def compare_sound(pair: SoundPair) -> SoundFound:
    """Packets at their place, packets elsewhere, decoded blocks, loudness: the first that explains the sound."""
    packets = _along(pair, *pair.lines("packets"))
    if (
        packets is not None
        and not packets.unmatched
        and abs(packets.shift) <= _tolerance(pair, packets)
        and _has_same_configuration(pair)
    ):
        return _exact(pair, packets, basis="packets")
    if packets is not None and (found := _shifted(pair, packets)) is not None:
        return found
    blocks = _along(pair, *pair.lines("blocks"))
    if blocks is not None and not blocks.unmatched and blocks.matched_seconds:
        return _exact(pair, blocks, basis="sound")
    best = max(
        (found for found in (packets, blocks) if found is not None), key=lambda one: one.matched_seconds, default=None
    )
    if best is None:
        note = Note("sound.notCompared", "informational", "sound was not measured, or none lies beside the picture")
        return SoundFound(SoundComparison("not-checked"), (), (note,))
    return _inexact(pair, best)


def _along(pair: SoundPair, questioned: Line | None, evidence: Line | None) -> Beside | None:
    if questioned is None or evidence is None:
        return None
    beside = look_beside(questioned, evidence, pair.segments, whole=pair.whole, slack=pair.slack)
    return beside if beside.seconds else None


def _has_same_configuration(pair: SoundPair) -> bool:
    one, other = pair.questioned, pair.evidence
    shapes = [(track.presentation.sample_rate, track.presentation.channels) for track in (one, other)]
    if shapes[0] != shapes[1]:
        return False
    return {change.digest for change in one.configuration} <= {change.digest for change in other.configuration}


def _tolerance(pair: SoundPair, beside: Beside) -> Fraction:
    return beside.unit + beside.questioned.precision + beside.evidence.precision + pair.slack


def _exact(pair: SoundPair, beside: Beside, *, basis: Basis) -> SoundFound:
    """Every unit beside the picture is in its place; the evidence may have more."""
    notes: list[Note] = []
    alterations: list[Alteration] = []
    if beside.trimmed:
        notes.append(Note("sound.priming", "informational", f"{beside.trimmed} units at the ends differ"))
    if beside.missing:
        length = float(beside.evidence.length(beside.missing))
        alterations.append(Alteration("sound", what=f"{length:.3f} s of sound left out inside"))
    if beside.short:
        if pair.whole:
            alterations.append(Alteration("sound", what=f"{float(beside.short):.3f} s of sound left out at the ends"))
        else:
            notes.append(Note("sound.shorter", "informational", f"by {float(beside.short):.3f} s"))
    if alterations:
        notes.append(Note("sound.differs", "failure", "; ".join(str(one.what) for one in alterations)))
        relation = SoundComparison("partly-replaced", segments=_segments(pair, beside, basis))
        return SoundFound(relation, tuple(alterations), tuple(notes))
    if not pair.whole:
        return SoundFound(SoundComparison("excerpt", segments=_segments(pair, beside, basis)), (), tuple(notes))
    identical = basis == "packets" or _has_same_packets(pair)
    exact = SoundComparison("identical" if identical else "same", segments=_segments(pair, beside, basis))
    return SoundFound(exact, (), tuple(notes))


def _has_same_packets(pair: SoundPair) -> bool:
    """Whether both files show the same coded units in order: containers may state their times with gaps or without."""
    one, other = pair.lines("packets")
    if one is None or other is None or not _has_same_configuration(pair):
        return False
    return [one.digests[unit] for unit in one.order] == [other.digests[unit] for unit in other.order]


def _segments(pair: SoundPair, beside: Beside, basis: Basis) -> tuple[Segment, ...]:
    """One segment of sound for each segment of picture that has matched sound beside it."""
    line, other = beside.questioned, beside.evidence
    groups: list[list[int]] = [[] for _ in pair.segments]
    starts = [(segment.questioned.start + line.zero) / line.tick for segment in pair.segments]
    at = 0
    for unit in line.order:
        while at + 1 < len(starts) and line.starts[unit] >= starts[at + 1]:
            at += 1
        if beside.partner[unit] >= 0:
            groups[at].append(unit)
    neutral = line.neutral | other.neutral
    return tuple(
        Segment(
            line.hull(units),
            other.hull([beside.partner[unit] for unit in units]),
            segment.source,
            basis,
            len({line.digests[unit] for unit in units} - neutral),
            speed=segment.speed,
        )
        for segment, units in zip(pair.segments, groups, strict=True)
        if units
    )


def _shifted(pair: SoundPair, beside: Beside) -> SoundFound | None:
    """The sound found at another place than beside its pictures."""
    strand = lay(beside.questioned, beside.evidence, related=True)
    shifts = _shifts_of(pair, strand)
    if not shifts:
        return None
    shift = max(shifts, key=lambda one: (shifts[one], -abs(one)))
    if abs(shift) <= _tolerance(pair, beside) or sum(shifts.values()) < beside.seconds * SHIFTED_PART:
        return None
    everything = all(strand.partner[unit] >= 0 for unit in strand.questioned.order)
    words = f"the sound comes {abs(float(shift)):.3f} s {'later' if shift > 0 else 'earlier'} than its pictures"
    segments = tuple(_segments_of_runs(strand, pair.segments[0].source))
    return SoundFound(
        SoundComparison("identical" if everything and pair.whole else "excerpt", shift, segments),
        (Alteration("sound-offset", what=words),),
        (Note("sound.shifted", "failure", words),),
    )


def _shifts_of(pair: SoundPair, strand: Strand) -> dict[Fraction, Fraction]:
    """Seconds of sound by how much later than its picture the middle of a run comes, in whole precision steps.

    Its picture is that of the segment in which the middle lies: after a joint other pictures are beside the sound.
    """
    line, other = strand.questioned, strand.evidence
    step = line.precision + other.precision
    shifts: dict[Fraction, Fraction] = {}
    places = sorted(pair.segments, key=lambda segment: segment.evidence.start)
    starts = [segment.evidence.start for segment in places]
    for run in strand.runs:
        middle = run.length // 2
        start = line.seconds(line.starts[run.questioned + middle])
        moment = other.seconds(other.starts[run.evidence + middle])
        segment = places[max(bisect_right(starts, moment) - 1, 0)]
        expected = segment.questioned.start + (moment - segment.evidence.start) / segment.speed
        shift = round((start - expected) / step) * step
        shifts[shift] = shifts.get(shift, Fraction(0)) + line.length(range(run.questioned, run.questioned_end))
    return shifts


def _segments_of_runs(strand: Strand, source: str) -> list[Segment]:
    return [
        Segment(
            strand.questioned.hull(range(run.questioned, run.questioned_end)),
            strand.evidence.hull(range(run.evidence, run.evidence_end)),
            source,
            "packets",
            strand.distinctive([run]),
        )
        for run in strand.runs
    ]


def _inexact(pair: SoundPair, beside: Beside) -> SoundFound:
    """Some or all of the sound is not that of the recording, at least not exactly."""
    matched = _discriminating_seconds(beside)
    if matched >= DISTINCT_SOUND:
        return _partly(pair, beside)
    whole = Alteration("sound", _hull(beside))
    from provenance.matching.sounds.inexact import compare_by_print  # loads numpy

    if (by_print := compare_by_print(pair, whole)) is not None:
        return by_print
    questioned, evidence = pair.lines("blocks")
    found = "cannot-tell" if questioned is None or evidence is None else likeness(questioned, evidence, pair.segments)
    if found == "silent":
        note = Note("sound.differs", "failure", "silent where the recording has sound")
        return SoundFound(SoundComparison("silent"), (replace(whole, what="silence"),), (note,))
    if found == "other":
        note = Note("sound.replaced", "failure", "the loudness does not follow that of the recording")
        return SoundFound(SoundComparison("replaced"), (replace(whole, what="other sound"),), (note,))
    notes = [Note("sound.differs", "failure", "the sound is not exactly that of the recording")]
    if found == "alike":
        notes.append(Note("sound.alike", "informational", "the loudness follows that of the recording"))
    what = "not exact; may be a re-encoding" if found == "alike" else "not exact"
    return SoundFound(SoundComparison("different"), (replace(whole, what=what),), tuple(notes))


def _hull(beside: Beside) -> Span:
    return beside.questioned.hull([unit for unit, other in enumerate(beside.partner) if other != NOT_BESIDE])


def _discriminating_seconds(beside: Beside) -> Fraction:
    line, neutral = beside.questioned, beside.questioned.neutral | beside.evidence.neutral
    return line.length(
        unit for unit, other in enumerate(beside.partner) if other >= 0 and line.digests[unit] not in neutral
    )


def _partly(pair: SoundPair, beside: Beside) -> SoundFound:
    spans = beside.questioned.spans(beside.unmatched)
    if not spans:
        note = Note("configuration.differs", "failure", "the same coded sound is decoded with other parameters")
        alteration = Alteration("sound", _hull(beside), what="other decoding parameters")
        return SoundFound(SoundComparison("different"), (alteration,), (note,))
    what = "silence" if _are_silent(pair, spans) else None
    what = "one coded unit differs" if len(beside.unmatched) == 1 else what
    basis: Basis = "packets" if beside.questioned.level == "packets" else "sound"
    note = Note("sound.differs", "failure", f"other sound in {len(spans)} places")
    return SoundFound(
        SoundComparison("partly-replaced", segments=_segments(pair, beside, basis)),
        tuple(Alteration("sound", span, what=what) for span in spans),
        (note,),
    )


def _are_silent(pair: SoundPair, spans: Sequence[Span]) -> bool:
    """Whether every decoded block wholly within ``spans`` is silent; False where sound was not decoded."""
    line, rows = pair.lines("blocks")[0], pair.questioned.sound
    if line is None or rows is None:
        return False
    inside = [rows.levels[block] for span in spans for block in blocks_within(line, span)]
    return bool(inside) and not any(inside)
