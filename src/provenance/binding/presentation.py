"""When one track is presented: from the first presented unit to the end of the last, exactly."""

from __future__ import annotations

from fractions import Fraction

from provenance.binding.packets import usual_step
from provenance.binding.ticks import bounded
from provenance.evidence import MOST_SECONDS, NO_PTS, PACKET_DISCARD, PACKET_STORED


class SpanObserver:
    """Observer of presented packets' times. ``time_base``: seconds a tick; ``sample_rate``: Hz, 0 for pictures."""

    def __init__(self, time_base: Fraction, sample_rate: int = 0) -> None:
        self._time_base = time_base
        self._sample_rate = sample_rate
        self._times: list[int] = []
        self._last = (0, 0)
        self._start_trim = Fraction(0)
        self._end_trim = Fraction(0)

    def update(self, pts: int, duration: int, flags: int, *, trims: tuple[int, int] = (0, 0)) -> None:
        """Take one packet; ``trims``: sample frames that are decoded and not presented at its start and end."""
        if pts == NO_PTS or flags & (PACKET_DISCARD | PACKET_STORED):
            return
        pts, duration = bounded(pts, self._time_base), bounded(max(duration, 0), self._time_base)
        if not self._times and self._sample_rate:
            self._start_trim = Fraction(trims[0], self._sample_rate)
        self._times.append(pts)
        if pts >= self._last[0] or len(self._times) == 1:
            self._last = (pts, duration)
            self._end_trim = Fraction(trims[1], self._sample_rate) if self._sample_rate else Fraction(0)

    def result(self) -> tuple[Fraction, Fraction] | None:
        """(start, duration) in seconds; None if nothing is presented."""
        if not self._times:
            return None
        pts, duration = self._last
        start = min(self._times) * self._time_base + self._start_trim
        end = (pts + (duration or usual_step(self._times))) * self._time_base - self._end_trim
        start = min(max(start, Fraction(-MOST_SECONDS)), Fraction(MOST_SECONDS))
        return start, min(max(end - start, Fraction(0)), Fraction(MOST_SECONDS))
