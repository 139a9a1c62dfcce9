"""The course of a questioned line along one evidence line: stretches in one rhythm, and what lies between them.

A *gap* is what two neighbouring runs leave between them on both lines. In place (the rhythm goes on after it) it
belongs to its stretch: pictures were painted over, damaged or dropped there. Otherwise it is a *joint* between two
stretches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provenance.matching.edits import edited_runs
from provenance.matching.timing import Rhythm, Scale, rhythm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.matching.align import Run
    from provenance.matching.strand import Strand


#: An excerpt may lack this much inside and stay one excerpt: seconds, and part of its length
#: (docs/adr/0020-holes-in-excerpts.md).
HOLE_SECONDS: Final = Fraction(2)
HOLE_PART: Final = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Gap:
    """Shown units between two runs (or before the first, after the last): ``questioned`` and ``evidence`` indices."""

    questioned: tuple[int, ...]
    evidence: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies in it."""
        return not self.questioned and not self.evidence


@dataclass(slots=True)
class Stretch:
    """Runs in one rhythm; ``gaps``: the gaps in place, each with the number of the run that follows it."""

    runs: list[Run]
    rhythm: Rhythm
    gaps: list[tuple[int, Gap]] = field(default_factory=list)
    seconds: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Course:
    """``joints[i]`` lies between stretches i and i+1: a gap; all None if the evidence does not always go forward.

    ``before``/``after``: shown units outside all stretches, at the ends of both lines. ``partial``: the last questioned
    unit, where it is an incomplete one in its right place.
    """

    strand: Strand
    scale: Scale
    stretches: tuple[Stretch, ...]
    joints: tuple[Gap | None, ...]
    before: Gap
    after: Gap
    partial: int | None = None

    @property
    def in_order(self) -> bool:
        """Whether the evidence only goes forward."""
        return None not in self.joints

    @property
    def foreign_ends(self) -> bool:
        """Whether questioned units before the first or after the last stretch are not the evidence's."""
        return bool(self.before.questioned or self.after.questioned)

    @property
    def is_whole(self) -> bool:
        """Whether the evidence is used in order from its first shown unit to its last, with nothing foreign around."""
        return self.in_order and not self.foreign_ends and not self.before.evidence and not self.after.evidence


def follow(strand: Strand) -> Course:
    """The course of a strand with at least one run."""
    scale = Scale.of(strand.questioned, strand.evidence)
    stretches: list[Stretch] = []
    joints: list[Gap | None] = []
    runs = edited_runs(strand, scale)
    forward = all(run.evidence_end <= then.evidence for run, then in pairwise(runs))
    for run in runs:
        stretch = _stretch(strand, scale, run)
        if stretches and (gap := _gap_in_place(strand, scale, stretches[-1], then=stretch)) is not None:
            _extend(stretches[-1], gap, stretch)
            continue
        if stretches:
            # Where the evidence jumps to and fro, gaps say nothing, and listing them all would be quadratic.
            joints.append(_between(strand, stretches[-1].runs[-1], run) if forward else None)
        stretches.append(stretch)
    return _with_ends(strand, scale, stretches, joints=tuple(joints))


def _stretch(strand: Strand, scale: Scale, run: Run) -> Stretch:
    questioned, evidence = strand.questioned, strand.evidence
    pairs = list(
        zip(
            range(run.questioned, run.questioned_end),
            range(run.evidence, run.evidence_end),
            strict=True,
        )
    )
    shown = [pair for pair in pairs if questioned.shown[pair[0]] and evidence.shown[pair[1]]]
    seconds = questioned.length(range(run.questioned, run.questioned_end))
    return Stretch([run], rhythm(scale, scale.moments(shown or pairs[:1])), [], seconds)


def _between(strand: Strand, run: Run, then: Run) -> Gap:
    return _gap(strand, (run.questioned_end, then.questioned), (run.evidence_end, then.evidence))


def _gap(strand: Strand, questioned: tuple[int, int], evidence: tuple[int, int]) -> Gap:
    return Gap(
        tuple(unit for unit in range(*questioned) if strand.questioned.shown[unit]),
        tuple(unit for unit in range(*evidence) if strand.evidence.shown[unit]),
    )


def _gap_in_place(strand: Strand, scale: Scale, last: Stretch, *, then: Stretch) -> Gap | None:
    """The gap before ``then`` if it goes on in the rhythm of ``last`` and the matched parts outweigh the gap."""
    run, following = last.runs[-1], then.runs[0]
    if following.evidence < run.evidence_end or last.rhythm.uneven or then.rhythm.uneven:
        return None
    if not last.rhythm.fits(then.rhythm.origin, scale.tolerance):
        return None
    if then.rhythm.speed not in {Fraction(1), last.rhythm.speed}:
        return None
    gap = _between(strand, run, following)
    return gap if strand.questioned.length(gap.questioned) <= last.seconds + then.seconds else None


def _extend(stretch: Stretch, gap: Gap, then: Stretch) -> None:
    if not gap.is_empty:
        stretch.gaps.append((len(stretch.runs), gap))
    stretch.runs.extend(then.runs)
    stretch.seconds += then.seconds


def _with_ends(strand: Strand, scale: Scale, stretches: Sequence[Stretch], *, joints: tuple[Gap | None, ...]) -> Course:
    first, last = stretches[0].runs[0], stretches[-1].runs[-1]
    before = _gap(strand, (0, first.questioned), (0, first.evidence))
    after = _gap(strand, (last.questioned_end, len(strand.questioned)), (last.evidence_end, len(strand.evidence)))
    partial = _partial_unit(strand, after)
    if partial is not None:
        after = Gap((), after.evidence)
    if _is_end_in_place(strand, scale, before, stretches[0]):
        stretches[0].gaps.insert(0, (0, before))
        before = Gap((), ())
    if _is_end_in_place(strand, scale, after, stretches[-1]):
        stretches[-1].gaps.append((len(stretches[-1].runs), after))
        after = Gap((), ())
    return Course(strand, scale, tuple(stretches), joints, before, after, partial)


def _partial_unit(strand: Strand, after: Gap) -> int | None:
    """The last questioned unit if it stands in the place of the evidence's next one and is stored in fewer bytes."""
    packets, others = strand.questioned.track.packets, strand.evidence.track.packets
    if strand.questioned.level != "packets" or packets is None or others is None:
        return None
    following = strand.runs[-1].evidence_end
    if len(after.questioned) != 1 or following >= len(others):
        return None
    unit = after.questioned[0]
    if unit != strand.runs[-1].questioned_end or packets.sizes[unit] >= others.sizes[following]:
        return None
    return unit


def _is_end_in_place(strand: Strand, scale: Scale, gap: Gap, stretch: Stretch) -> bool:
    """Whether as many units as the evidence has there stand in their places: changed pictures, not foreign ones.

    Only at one side there is something matched, so that little is granted: two recordings of one length that share an
    intro differ "in place" as well.
    """
    if not gap.questioned or len(gap.questioned) != len(gap.evidence) or stretch.rhythm.uneven:
        return False
    moments = scale.moments(zip(gap.questioned, gap.evidence, strict=True))
    if not all(stretch.rhythm.fits(moment, scale.tolerance) for moment in moments):
        return False
    return strand.questioned.length(gap.questioned) <= min(HOLE_SECONDS, stretch.seconds * HOLE_PART)
