"""Ticks that can be a time: within ``MOST_SECONDS`` of 0. Only a forged file, or a child that lies, states others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.evidence import MOST_SECONDS, NO_PTS

if TYPE_CHECKING:
    from collections.abc import Collection
    from fractions import Fraction


def most(time_base: Fraction) -> int:
    """The largest number of ticks of ``time_base`` seconds that are a time; at least one tick, and fits an i64."""
    return max(1, min(MOST_SECONDS * time_base.denominator // time_base.numerator, -NO_PTS - 1))


def bounded(pts: int, time_base: Fraction) -> int:
    """``pts``, or the nearest tick that is a time; none stays none."""
    limit = most(time_base)
    return pts if pts == NO_PTS else min(max(pts, -limit), limit)


def are_times(pts: Collection[int], time_base: Fraction) -> bool:
    """Whether all of ``pts`` are times, or none."""
    limit = most(time_base)
    return all(-limit <= one <= limit or one == NO_PTS for one in pts)
