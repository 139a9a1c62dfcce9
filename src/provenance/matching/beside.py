"""Sound units looked up where the matched pictures say they have to be.

The pictures give the place; a sound unit is matched if the unit that the evidence has there, or its neighbour, is
equal. So silence and repeated units need not discriminate: the pictures carry them.
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

#: Sound that begins before the first matched picture, or goes on after the last, by no more than this belongs to it:
#: cameras end sound and picture up to a second apart.
OVERHANG: Final = Fraction(1)

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


def look_beside(
    questioned: Line, evidence: Line, segments: Sequence[Segment], *, whole: bool, slack: Fraction
) -> Beside:
    """Match ``questioned`` along the picture ``segments`` (in questioned order).

    ``whole``: evidence sound before the first and after the last picture counts as left out, too. ``slack``: seconds by
    which an honest cut may move sound against pictures, beyond one unit.
    """
    return _Search(questioned, evidence, segments, slack).result(whole=whole)


class _Search:
    """Works on places: positions in the evidence's units by time, so that a segment costs only its own length.

    Hidden evidence units have places too: another container may show them.
    """

    def __init__(self, questioned: Line, evidence: Line, segments: Sequence[Segment], slack: Fraction) -> None:
        self._questioned, self._evidence, self._segments = questioned, evidence, segments
        self._starts = [questioned.starts[unit] for unit in questioned.order]
        self._units_by_time = sorted(range(len(evidence)), key=evidence.starts.__getitem__)
        self._places = [evidence.starts[unit] for unit in self._units_by_time]
        self._steps = sorted(range(-1 - _whole_units(evidence, slack), 2 + _whole_units(evidence, slack)), key=abs)
        self._partner = [NOT_BESIDE] * len(questioned)  # holds places until the result is made

    def result(self, *, whole: bool) -> Beside:
        unmatched: list[int] = []
        missing: list[int] = []
        trimmed, short, shifts = 0, Fraction(0), []
        for number, segment in enumerate(self._segments):
            units = self._units(number)
            self._match(units, self._targets(units, segment))
            edges = {*units[:PRIMING_UNITS], *units[-PRIMING_UNITS:]}
            left = [unit for unit in units if self._partner[unit] == UNMATCHED]
            unmatched.extend(unit for unit in left if unit not in edges)
            trimmed += sum(1 for unit in left if unit in edges)
            inside, ends = self._left_out(units, number, whole=whole)
            missing.extend(self._units_by_time[place] for place in inside)
            short += ends
            shifts.extend(self._shift(units, segment))
        order = self._units_by_time
        partner = tuple(order[place] if place >= 0 else place for place in self._partner)
        shift = sorted(shifts)[len(shifts) // 2] if shifts else Fraction(0)
        return Beside(
            self._questioned, self._evidence, partner, tuple(unmatched), trimmed, tuple(missing), short, shift
        )

    def _units(self, number: int) -> list[int]:
        """Shown units that start within segment ``number``; the first and the last reach a little further."""
        line, span = self._questioned, self._segments[number].questioned
        first = 0 if number == 0 and span.start <= OVERHANG else self._at(span.start)
        last = self._at(span.end)
        if number == len(self._segments) - 1 and line.order:
            length = line.seconds(line.ends[line.order[-1]])
            last = len(line.order) if length - span.end <= OVERHANG else last
        return list(line.order[first:last])

    def _at(self, seconds: Fraction) -> int:
        return bisect_left(self._starts, (seconds + self._questioned.zero) / self._questioned.tick)

    def _targets(self, units: Sequence[int], segment: Segment) -> list[int]:
        """For each unit the place of the evidence unit nearest to where it has to be."""
        questioned, evidence, places = self._questioned, self._evidence, self._places
        factor = questioned.tick * segment.speed / evidence.tick
        start = segment.evidence.start - (segment.questioned.start + questioned.zero) * segment.speed + evidence.zero
        constant = start / evidence.tick
        above = factor.numerator * constant.denominator
        added = constant.numerator * factor.denominator
        below = factor.denominator * constant.denominator
        targets = []
        for unit in units:
            ticks = (questioned.starts[unit] * above + added) // below
            at = bisect_left(places, ticks)
            if at and (at == len(places) or ticks - places[at - 1] <= places[at] - ticks):
                at -= 1
            targets.append(at)
        return targets

    def _match(self, units: Sequence[int], targets: Sequence[int]) -> None:
        """Give every unit the equal evidence unit in its place, or a few steps beside it for the whole segment."""
        order, digests, others = self._units_by_time, self._questioned.digests, self._evidence.digests

        def matches(step: int) -> list[tuple[int, int]]:
            return [
                (unit, target + step)
                for unit, target in zip(units, targets, strict=True)
                if 0 <= target + step < len(order) and digests[unit] == others[order[target + step]]
            ]

        for unit in units:
            self._partner[unit] = UNMATCHED
        for unit, place in max((matches(step) for step in self._steps), key=len):
            self._partner[unit] = place

    def _left_out(self, units: Sequence[int], number: int, *, whole: bool) -> tuple[list[int], Fraction]:
        """Places that no unit stands for: those inside the matched sound, and seconds of those at its ends."""
        evidence, places = self._evidence, self._places
        shown, order = evidence.shown, self._units_by_time
        matched = {self._partner[unit] for unit in units if self._partner[unit] >= 0}
        if not matched:
            return [], Fraction(0)
        low, high = min(matched), max(matched)
        inside = [place for place in range(low, high) if place not in matched and shown[order[place]]]
        if len(inside) <= sum(1 for unit in units if self._partner[unit] == UNMATCHED):
            inside = []  # other units stand in these places
        span = self._segments[number].evidence
        first, last = (bisect_left(places, (edge + evidence.zero) / evidence.tick) for edge in (span.start, span.end))
        if whole:
            first = 0 if number == 0 else first
            last = len(places) if number == len(self._segments) - 1 else last
        ahead = [order[place] for place in range(first, low) if shown[order[place]]]
        behind = [order[place] for place in range(high + 1, last) if shown[order[place]]]
        if len(ahead) <= PRIMING_UNITS and len(behind) <= PRIMING_UNITS:
            return inside, Fraction(0)
        return inside, evidence.length([*ahead, *behind])

    def _shift(self, units: Sequence[int], segment: Segment) -> list[Fraction]:
        """How much later than its place the sound comes, at the middle matched unit that discriminates."""
        questioned, evidence = self._questioned, self._evidence
        neutral = questioned.neutral | evidence.neutral
        pairs = [
            (unit, self._units_by_time[self._partner[unit]])
            for unit in units
            if self._partner[unit] >= 0 and questioned.digests[unit] not in neutral
        ]
        if not pairs:
            return []
        unit, other = pairs[len(pairs) // 2]
        ahead = (evidence.seconds(evidence.starts[other]) - segment.evidence.start) / segment.speed
        return [questioned.seconds(questioned.starts[unit]) - segment.questioned.start - ahead]


def _whole_units(line: Line, seconds: Fraction) -> int:
    """How many units of a usual length ``seconds`` hold."""
    middle = line.order[len(line.order) // 2 : len(line.order) // 2 + 1]
    return int(seconds / (line.length(middle) or 1))
