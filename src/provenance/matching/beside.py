"""Sound units looked up where the matched pictures say they have to be.

The pictures give the place; a sound unit is matched if the unit that the evidence has there, or its neighbour, is equal.
So silence and repeated units need not discriminate: the pictures carry them.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.comparison import Segment
    from provenance.matching.line import Line

#: Access units of encoder priming or padding that may differ at either end of the sound (formats section 6).
PRIMING_UNITS: Final = 2

NOT_BESIDE: Final = -2
UNMATCHED: Final = -1


@dataclass(frozen=True, slots=True)
class Beside:
    """``partner``: per questioned unit its evidence unit, UNMATCHED, or NOT_BESIDE any matched picture (or not shown).

    ``unmatched``: shown units that have another unit, or none, in their place, priming and the seams of segments left
    out; ``trimmed``: how many were left out so. ``missing``: evidence units inside the matched sound that the copy has
    no unit for; ``short``: seconds of evidence sound beside the matched picture before or after the matched sound.
    """

    questioned: Line
    evidence: Line
    partner: tuple[int, ...]
    unmatched: tuple[int, ...]
    trimmed: int
    missing: tuple[int, ...]
    short: Fraction
    shift: Fraction

    @property
    def matched_seconds(self) -> Fraction:
        """Seconds of matched sound, silence included."""
        return self.questioned.length(unit for unit, other in enumerate(self.partner) if other >= 0)

    @property
    def seconds(self) -> Fraction:
        """Seconds of sound beside matched pictures."""
        return self.questioned.length(unit for unit, other in enumerate(self.partner) if other != NOT_BESIDE)

    @property
    def unit(self) -> Fraction:
        """Seconds of one unit."""
        order = self.questioned.order
        return self.questioned.length(order[len(order) // 2 : len(order) // 2 + 1])


def look_beside(questioned: Line, evidence: Line, segments: Sequence[Segment], *, whole: bool) -> Beside:
    """Match ``questioned`` along the picture ``segments`` (in questioned order); ``whole``: to the ends of the evidence."""
    partner = [NOT_BESIDE] * len(questioned)
    unmatched: list[int] = []
    missing: list[int] = []
    trimmed, short, shifts = 0, Fraction(0), []
    for number, segment in enumerate(segments):
        units = _units_of(questioned, segments, number)
        targets = _targets(questioned, evidence, segment, units=units)
        _match(questioned, evidence, partner, units=units, targets=targets)
        edges = {*units[:PRIMING_UNITS], *units[-PRIMING_UNITS:]}
        left = [unit for unit in units if partner[unit] == UNMATCHED]
        unmatched.extend(unit for unit in left if unit not in edges)
        trimmed += sum(1 for unit in left if unit in edges)
        inside, ends = _left_out(evidence, segment, partner, units=units, whole=whole)
        missing.extend(inside)
        short += ends
        shifts.extend(_shift(questioned, evidence, segment, partner, units=units))
    shift = sorted(shifts)[len(shifts) // 2] if shifts else Fraction(0)
    return Beside(
        questioned, evidence, tuple(partner), tuple(unmatched), trimmed, tuple(missing), short, shift
    )


def _units_of(questioned: Line, segments: Sequence[Segment], number: int) -> list[int]:
    """Shown units that start within segment ``number``; sound before the first and after the last picture is theirs."""
    segment = segments[number]
    order, starts = questioned.order, questioned.starts

    def at(seconds: Fraction) -> int:
        return bisect_left(order, (seconds + questioned.zero) / questioned.tick, key=starts.__getitem__)

    first = 0 if number == 0 and segment.questioned.start <= 1 else at(segment.questioned.start)
    is_last = number == len(segments) - 1
    length = questioned.seconds(questioned.ends[order[-1]]) if order else Fraction(0)
    last = len(order) if is_last and length - segment.questioned.end <= 1 else at(segment.questioned.end)
    return list(order[first:last])


def _targets(questioned: Line, evidence: Line, segment: Segment, *, units: Sequence[int]) -> list[int]:
    """For each unit the place, in the evidence's presentation order, of the unit nearest to where it has to be."""
    factor = questioned.tick * segment.speed / evidence.tick
    start = segment.evidence.start - (segment.questioned.start + questioned.zero) * segment.speed + evidence.zero
    constant = start / evidence.tick
    above = factor.numerator * constant.denominator
    added = constant.numerator * factor.denominator
    below = factor.denominator * constant.denominator
    order = evidence.order
    places = [evidence.starts[unit] for unit in order]
    targets = []
    for unit in units:
        ticks = (questioned.starts[unit] * above + added) // below
        at = bisect_left(places, ticks)
        if at and (at == len(places) or ticks - places[at - 1] <= places[at] - ticks):
            at -= 1
        targets.append(at)
    return targets


def _match(
    questioned: Line, evidence: Line, partner: list[int], *, units: Sequence[int], targets: Sequence[int]
) -> None:
    """Give every unit of a segment the equal evidence unit in its place; one step to a side is tried for the whole."""
    order, digests, others = evidence.order, questioned.digests, evidence.digests

    def matches(step: int) -> list[tuple[int, int]]:
        return [
            (unit, order[target + step])
            for unit, target in zip(units, targets, strict=True)
            if 0 <= target + step < len(order) and digests[unit] == others[order[target + step]]
        ]

    for unit in units:
        partner[unit] = UNMATCHED
    for unit, other in max((matches(step) for step in (0, -1, 1)), key=len):
        partner[unit] = other


def _left_out(
    evidence: Line, segment: Segment, partner: Sequence[int], *, units: Sequence[int], whole: bool
) -> tuple[list[int], Fraction]:
    """Evidence units that no unit stands for: those inside the matched sound, and seconds of those at its ends."""
    matched = {partner[unit] for unit in units if partner[unit] >= 0}
    if not matched:
        return [], Fraction(0)
    order, starts = evidence.order, evidence.starts
    low, high = min(matched, key=starts.__getitem__), max(matched, key=starts.__getitem__)
    inside = [unit for unit in order if starts[low] < starts[unit] < starts[high] and unit not in matched]
    stand_ins = sum(1 for unit in units if partner[unit] == UNMATCHED)
    if len(inside) <= stand_ins:
        inside = []
    start, end = segment.evidence.start, segment.evidence.end
    ends = [
        unit
        for unit in order
        if not starts[low] <= starts[unit] <= starts[high]
        and (whole or (start <= evidence.seconds(starts[unit]) and evidence.seconds(evidence.ends[unit]) <= end))
    ]
    ahead = sum(1 for unit in ends if starts[unit] < starts[low])
    if ahead <= PRIMING_UNITS and len(ends) - ahead <= PRIMING_UNITS:
        return inside, Fraction(0)
    return inside, evidence.length(ends)


def _shift(
    questioned: Line, evidence: Line, segment: Segment, partner: Sequence[int], *, units: Sequence[int]
) -> list[Fraction]:
    """How much later than its place the sound comes, at the middle matched unit that discriminates."""
    neutral = questioned.neutral | evidence.neutral
    pairs = [(unit, partner[unit]) for unit in units if partner[unit] >= 0 and questioned.digests[unit] not in neutral]
    if not pairs:
        return []
    unit, other = pairs[len(pairs) // 2]
    ahead = (evidence.seconds(evidence.starts[other]) - segment.evidence.start) / segment.speed
    return [questioned.seconds(questioned.starts[unit]) - segment.questioned.start - ahead]
