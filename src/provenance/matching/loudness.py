"""Whether the loudness of two sounds follows the same curve: a hint about sound that is not exact, never a match."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, Literal

from provenance.matching.line import blocks_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.comparison import Segment
    from provenance.matching.line import Line

Likeness = Literal["alike", "other", "silent", "cannot-tell"]

#: Blocks (of 1,024 samples, about 21 ms) by which coders delay sound: LAME 1,105 samples, FFmpeg's AAC 1,024, Opus 312.
DELAY_BLOCKS: Final = 3

#: Below about 3 s of blocks the curves of unrelated speech can resemble each other by chance.
LEAST_BLOCKS: Final = 128

#: Correlation of level curves. Measured by bench/loudness.py, see docs/adr/0025-loudness.md.
ALIKE: Final = 0.9
OTHER: Final = 0.5


def likeness(questioned: Line, evidence: Line, segments: Sequence[Segment]) -> Likeness:
    """Compare the level curves of two block lines at the places that the picture ``segments`` give."""
    rows, others = questioned.track.sound, evidence.track.sound
    if rows is None or others is None:
        return "cannot-tell"
    pairs = [
        pair
        for segment in segments
        for pair in _places(questioned, evidence, segment)
        if DELAY_BLOCKS <= pair[1] < len(others) - DELAY_BLOCKS
    ]
    if len(pairs) < LEAST_BLOCKS:
        return "cannot-tell"
    one = [rows.levels[block] for block, _ in pairs]
    best = -1.0
    for delay in range(-DELAY_BLOCKS, DELAY_BLOCKS + 1):
        other = [others.levels[place + delay] for _, place in pairs]
        if not any(one):
            return "silent" if any(other) else "cannot-tell"
        best = max(best, correlation(one, other))
    if best >= ALIKE:
        return "alike"
    return "other" if best <= OTHER else "cannot-tell"


def correlation(one: Sequence[int], other: Sequence[int]) -> float:
    """Pearson correlation of two level curves; 0 where one of them is constant."""
    # Integer sums: exact, so that every machine comes to the same answer.
    count, total, total_other = len(one), sum(one), sum(other)
    spread = count * sum(a * a for a in one) - total * total
    spread_other = count * sum(b * b for b in other) - total_other * total_other
    if not spread or not spread_other:
        return 0.0
    common = count * sum(a * b for a, b in zip(one, other, strict=True)) - total * total_other
    return common / sqrt(spread * spread_other)


def _places(questioned: Line, evidence: Line, segment: Segment) -> list[tuple[int, int]]:
    """Questioned blocks within the segment, each with the evidence block that sounds at its moment."""
    factor = questioned.tick * segment.speed / evidence.tick
    start = segment.evidence.start - (segment.questioned.start + questioned.zero) * segment.speed + evidence.zero
    constant = start / evidence.tick - evidence.starts[0]
    length = evidence.ends[0] - evidence.starts[0]
    above = factor.numerator * constant.denominator
    added = constant.numerator * factor.denominator
    below = factor.denominator * constant.denominator * length
    # Half a block is added to take the nearest block.
    return [
        (number, (questioned.starts[number] * above + added + below // 2) // below)
        for number in blocks_within(questioned, segment.questioned)
    ]
