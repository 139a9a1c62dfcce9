"""Whether the loudness of two sounds follows the same curve: a hint about sound that is not exact, never a match."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.comparison import Segment
    from provenance.evidence import SoundBlockRows, Track
    from provenance.matching.line import Line

Likeness = Literal["alike", "other", "silent", "cannot-tell"]

#: Blocks (of 1,024 samples, about 21 ms) by which coders delay sound: LAME 1,105 samples, FFmpeg's AAC 1,024, Opus 312.
DELAY_BLOCKS: Final = 3

#: Below about 3 s of blocks the curves of unrelated speech can resemble each other by chance.
LEAST_BLOCKS: Final = 128

#: Correlation of level curves. Measured by bench/loudness.py, see docs/adr/0010-loudness.md.
ALIKE: Final = 0.9
OTHER: Final = 0.5


@dataclass(frozen=True, slots=True)
class Curves:
    """Level bytes of both sounds, block by block at the same moments (lists of equal length)."""

    questioned: Sequence[int]
    evidence: Sequence[int]


def likeness(questioned: Line, evidence: Line, segments: Sequence[Segment]) -> Likeness:
    """Compare the level curves of two block lines at the places that the picture ``segments`` give."""
    rows, others = _rows(questioned.track), _rows(evidence.track)
    if rows is None or others is None:
        return "cannot-tell"
    curves = [_curves(questioned, evidence, segments, delay=delay) for delay in range(-DELAY_BLOCKS, DELAY_BLOCKS + 1)]
    middle = curves[DELAY_BLOCKS]
    if len(middle.questioned) < LEAST_BLOCKS:
        return "cannot-tell"
    if not any(middle.questioned):
        return "silent" if any(middle.evidence) else "cannot-tell"
    best = max(correlation(pair.questioned, pair.evidence) for pair in curves)
    if best >= ALIKE:
        return "alike"
    return "other" if best <= OTHER else "cannot-tell"


def correlation(one: Sequence[int], other: Sequence[int]) -> float:
    """Pearson correlation of two level curves; 0 where one of them is constant."""
    count = len(one)
    if not count:
        return 0.0
    # Integer sums: exact, so that every machine comes to the same answer.
    total, total_other = sum(one), sum(other)
    spread = count * sum(a * a for a in one) - total * total
    spread_other = count * sum(b * b for b in other) - total_other * total_other
    if not spread or not spread_other:
        return 0.0
    common = count * sum(a * b for a, b in zip(one, other, strict=True)) - total * total_other
    return common / sqrt(spread * spread_other)


def _rows(track: Track) -> SoundBlockRows | None:
    rows = track.sound
    return rows if rows is not None and len(rows) and rows.sample_rate else None


def _curves(questioned: Line, evidence: Line, segments: Sequence[Segment], *, delay: int) -> Curves:
    rows, others = _rows(questioned.track), _rows(evidence.track)
    assert rows is not None
    assert others is not None
    one: list[int] = []
    other: list[int] = []
    block = evidence.ends[0] - evidence.starts[0]
    for segment in segments:
        factor = questioned.tick * segment.speed / evidence.tick
        start = segment.evidence.start - (segment.questioned.start + questioned.zero) * segment.speed + evidence.zero
        constant = start / evidence.tick - evidence.starts[0] + block // 2
        low = (segment.questioned.start + questioned.zero) / questioned.tick
        high = (segment.questioned.end + questioned.zero) / questioned.tick
        for index, begin in enumerate(questioned.starts):
            if not low <= begin < high:
                continue
            place = int(begin * factor + constant) // block + delay
            if 0 <= place < len(others.levels):
                one.append(rows.levels[index])
                other.append(others.levels[place])
    return Curves(one, other)


