"""One questioned line laid along one evidence line, keeping only runs that discriminate (formats section 3)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Final

from provenance.matching.align import Run, align

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from provenance.comparison import Span
    from provenance.matching.line import Line

#: Distinct pictures, and seconds of sound, that a segment needs to be carried (formats section 3).
DISTINCT_PICTURES: Final = 3
DISTINCT_SOUND: Final = Fraction(1)

#: Runs with no more than this many seconds between them, on both sides, carry each other: pictures were taken out or
#: put in between them. The same length up to which an excerpt may have a hole (docs/adr/0020-holes-in-excerpts.md).
NEIGHBOURS: Final = Fraction(2)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A stretch of sound found elsewhere: at ``questioned`` seconds, ``offset`` = evidence minus questioned seconds."""

    questioned: Span
    offset: Fraction


@dataclass(frozen=True, slots=True)
class Strand:
    """``runs``: carried runs in questioned order; ``partner``: per questioned unit its evidence unit or -1.

    ``shared``: questioned units outside the runs are found in the evidence too, but do not discriminate.
    """

    questioned: Line
    evidence: Line
    runs: tuple[Run, ...]
    partner: tuple[int, ...]
    shared: bool

    def distinctive(self, runs: Iterable[Run]) -> int:
        """Number of distinct discriminating units in ``runs``."""
        return len(_distinctive(self.questioned, self.evidence, runs))

    @property
    def shown_pairs(self) -> list[tuple[int, int]]:
        """Matched units that both files show."""
        return [
            (unit, other)
            for unit, other in enumerate(self.partner)
            if other >= 0 and self.questioned.shown[unit] and self.evidence.shown[other]
        ]

    @property
    def matched_seconds(self) -> Fraction:
        """Seconds of the questioned line that are matched and shown."""
        return self.questioned.length(unit for unit, other in enumerate(self.partner) if other >= 0)


def lay(questioned: Line, evidence: Line, *, anchors: Sequence[Anchor] = (), related: bool = False) -> Strand:
    """Align two lines of one level and keep what is carried.

    ``anchors``: sound that was found at the same places; a second of it carries neutral pictures (a covered lens).
    ``related``: other tracks carry the match already, so that every run that discriminates at all is kept.
    """
    runs = align(questioned, evidence, hints=_hints(questioned, evidence, anchors))
    kept: list[Run] = []
    for group in _groups(questioned, evidence, runs):
        if (
            related
            or _is_carried(questioned, evidence, group)
            or _has_anchor(questioned, evidence, group, anchors=anchors)
        ):
            kept.extend(group)
    partner = [-1] * len(questioned)
    for run in kept:
        partner[run.questioned : run.questioned_end] = range(run.evidence, run.evidence_end)
    held = set(evidence.digests)
    shared = any(other < 0 and digest in held for other, digest in zip(partner, questioned.digests, strict=True))
    return Strand(questioned, evidence, tuple(kept), tuple(partner), shared)


def _groups(questioned: Line, evidence: Line, runs: Sequence[Run]) -> list[list[Run]]:
    groups: list[list[Run]] = []
    for run in runs:
        if groups and _are_neighbours(questioned, evidence, groups[-1][-1], then=run):
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def _are_neighbours(questioned: Line, evidence: Line, run: Run, *, then: Run) -> bool:
    if then.evidence < run.evidence_end:
        return False
    between = questioned.starts[then.questioned] - questioned.ends[run.questioned_end - 1]
    left_out = evidence.starts[then.evidence] - evidence.ends[run.evidence_end - 1]
    return between * questioned.tick <= NEIGHBOURS and left_out * evidence.tick <= NEIGHBOURS


def _distinctive(questioned: Line, evidence: Line, runs: Iterable[Run]) -> set[bytes]:
    found: set[bytes] = set()
    for run in runs:
        found.update(questioned.digests[run.questioned : run.questioned_end])
    return found - questioned.neutral - evidence.neutral


def _is_carried(questioned: Line, evidence: Line, runs: Sequence[Run]) -> bool:
    found = _distinctive(questioned, evidence, runs)
    if not found:
        return False
    matched = sum(run.length for run in runs)
    shorter = min(len(questioned.order), len(evidence.order))
    if questioned.track.kind == "video":
        return len(found) >= DISTINCT_PICTURES or (shorter < DISTINCT_PICTURES and matched >= shorter)
    if _seconds_of(questioned, found, runs) >= DISTINCT_SOUND:
        return True
    # Sound too short to hold a second of it needs all of it, as a file with few pictures does.
    length = min(questioned.length(questioned.order), evidence.length(evidence.order))
    return length < DISTINCT_SOUND and matched >= shorter


def _seconds_of(line: Line, digests: Collection[bytes], runs: Iterable[Run]) -> Fraction:
    """Seconds of distinct units: a unit that occurs again counts once."""
    lengths: dict[bytes, int] = {}
    for run in runs:
        for unit in range(run.questioned, run.questioned_end):
            if line.digests[unit] in digests:
                lengths[line.digests[unit]] = line.ends[unit] - line.starts[unit]
    return sum(lengths.values()) * line.tick


def _hints(questioned: Line, evidence: Line, anchors: Sequence[Anchor]) -> list[tuple[int, int]]:
    """For each anchor the pictures shown when its sound starts."""
    hints = []
    for anchor in anchors:
        unit = _shown_from(questioned, anchor.questioned.start)
        other = (
            None
            if unit is None
            else _shown_from(
                evidence, questioned.seconds(questioned.starts[unit]) + anchor.offset - _slack(questioned, evidence)
            )
        )
        if unit is not None and other is not None and questioned.digests[unit] == evidence.digests[other]:
            hints.append((unit, other))
    return hints


def _has_anchor(questioned: Line, evidence: Line, runs: Sequence[Run], *, anchors: Sequence[Anchor]) -> bool:
    start = questioned.seconds(questioned.starts[runs[0].questioned])
    end = questioned.seconds(questioned.ends[runs[-1].questioned_end - 1])
    offset = evidence.seconds(evidence.starts[runs[0].evidence]) - start
    return any(
        abs(anchor.offset - offset) <= _slack(questioned, evidence)
        and min(end, anchor.questioned.end) - max(start, anchor.questioned.start) >= DISTINCT_SOUND
        for anchor in anchors
    )


def _shown_from(line: Line, seconds: Fraction) -> int | None:
    """The first unit shown at ``seconds`` or later."""
    ticks = ceil((seconds + line.zero) / line.tick)
    at = bisect_left(line.order, ticks, key=lambda unit: line.starts[unit])
    return line.order[at] if at < len(line.order) else None


def _slack(questioned: Line, evidence: Line) -> Fraction:
    """How far sound and picture of one moment may lie apart through rounding: half a 24th of a second."""
    return Fraction(1, 48) + questioned.precision + evidence.precision
