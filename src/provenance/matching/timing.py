"""Whether matched units are shown in the same rhythm: constant offset, another speed, or irregular.

pts differences are equal within one tick of the coarser time base, at most 1 ms (formats section 3). Differences alone
would let a slow drift through (2 % of a 33 ms step is below 1 ms), so the offset itself has to stay within one tick of
either time base over the whole stretch, which rounding by containers never leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING

from provenance.comparison import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.matching.line import Line

Moment = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Scale:
    """Both lines' ticks on one integer clock: a unit's moment is (questioned, evidence) in ``1 / rate`` seconds."""

    questioned: Line
    evidence: Line
    rate: int
    tolerance: int

    @classmethod
    def of(cls, questioned: Line, evidence: Line) -> Scale:
        """The coarsest clock that holds both tick lengths exactly."""
        rate = lcm(questioned.tick.denominator, evidence.tick.denominator)
        return cls(questioned, evidence, rate, int((questioned.precision + evidence.precision) * rate))

    def moments(self, pairs: Iterable[tuple[int, int]]) -> list[Moment]:
        """Starts of matched units, in questioned presentation order."""
        one, other = int(self.questioned.tick * self.rate), int(self.evidence.tick * self.rate)
        starts, others = self.questioned.starts, self.evidence.starts
        return sorted((starts[unit] * one, others[partner] * other) for unit, partner in pairs)

    def span(self, start: int, end: int) -> Span:
        """A range of questioned moments in seconds."""
        zero = self.questioned.zero
        return Span(Fraction(start, self.rate) - zero, Fraction(end, self.rate) - zero)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Questioned time = ``origin`` + (evidence time - origin) x ``slow`` / ``base``; ``uneven``: where that fails."""

    origin: Moment
    slow: int = 1
    base: int = 1
    uneven: tuple[Span, ...] = ()

    @property
    def speed(self) -> Fraction:
        """Evidence seconds per questioned second."""
        return Fraction(self.base, self.slow)

    def fits(self, moment: Moment, tolerance: int) -> bool:
        """Whether ``moment`` continues this rhythm; the tolerance is that of the questioned time line."""
        ahead = (moment[0] - self.origin[0]) * self.base - (moment[1] - self.origin[1]) * self.slow
        return abs(ahead) <= tolerance * max(self.base, self.slow)


def rhythm(scale: Scale, moments: Sequence[Moment]) -> Rhythm:
    """The rhythm of a run's ``moments`` (at least one, sorted)."""
    even = Rhythm(moments[0])
    offsets = [one - other for one, other in moments]
    if max(offsets) - min(offsets) <= scale.tolerance:
        return even
    slow, base = moments[-1][0] - moments[0][0], moments[-1][1] - moments[0][1]
    if slow <= 0 or base <= 0:
        return Rhythm(moments[0], uneven=(scale.span(moments[0][0], moments[-1][0]),))
    scaled = Rhythm(moments[0], slow, base)
    if all(scaled.fits(moment, scale.tolerance) for moment in moments):
        return scaled
    return Rhythm(moments[0], slow, base, uneven=_uneven(scale, moments))


def _uneven(scale: Scale, moments: Sequence[Moment]) -> tuple[Span, ...]:
    """The steps of another length than in the evidence; all of it where only the sum of small steps differs."""
    ranges: list[list[int]] = []
    for (start, other), (end, following) in pairwise(moments):
        if abs((end - start) - (following - other)) <= scale.tolerance:
            continue
        if ranges and ranges[-1][1] == start:
            ranges[-1][1] = end
        else:
            ranges.append([start, end])
    if not ranges:
        ranges = [[moments[0][0], moments[-1][0]]]
    return tuple(scale.span(start, end) for start, end in ranges)
