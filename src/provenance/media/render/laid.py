"""How a picture is laid so that two compare: mirrored, turned, and where a part of it comes to lie then."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provenance.comparison import Segment

#: Left, top, width, height as parts of a picture.
Region = tuple[Fraction, Fraction, Fraction, Fraction]

_QUARTER, _FULL = 90, 360


@dataclass(frozen=True, slots=True)
class Turn:
    """Mirrored left-right if ``mirrored``, then turned clockwise by ``rotation`` degrees (0/90/180/270)."""

    mirrored: bool = False
    rotation: int = 0

    @property
    def quarters(self) -> int:
        """Quarter turns clockwise."""
        return self.rotation % _FULL // _QUARTER

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of a picture of ``size`` when it is laid so."""
        return size[::-1] if self.quarters % 2 else size

    def region(self, region: Region) -> Region:
        """Where ``region`` of a picture lies when the picture is laid so."""
        left, top, width, height = region
        if self.mirrored:
            left = 1 - left - width
        for _ in range(self.quarters):
            left, top, width, height = 1 - top - height, left, height, width
        return left, top, width, height


def inside(part: Region, region: Region) -> Region:
    """``region`` of what ``part`` of a picture shows, as a region of that picture."""
    left, top, width, height = region
    return part[0] + left * part[2], part[1] + top * part[3], width * part[2], height * part[3]


def within(part: Region, region: Region) -> Region | None:
    """``region`` of a picture, as a region of what ``part`` of it shows; None if none of it lies there."""
    left, top = max(region[0], part[0]), max(region[1], part[1])
    right, bottom = min(region[0] + region[2], part[0] + part[2]), min(region[1] + region[3], part[1] + part[3])
    if right <= left or bottom <= top:
        return None
    return (left - part[0]) / part[2], (top - part[1]) / part[3], (right - left) / part[2], (bottom - top) / part[3]


def whole_of(segment: Segment) -> Turn:
    """How the evidence picture is laid so that it compares with the questioned one."""
    return Turn(segment.mirrored, segment.rotation)


def counterpart(segment: Segment, moment: Fraction) -> Fraction:
    """The evidence's moment at a questioned one, on a straight line through the segment, never outside of it."""
    mine, theirs = segment.questioned, segment.evidence
    if mine.length <= 0:
        return (theirs.start + theirs.end) / 2
    part = min(max((moment - mine.start) / mine.length, Fraction(0)), Fraction(1))
    return theirs.start + part * theirs.length
