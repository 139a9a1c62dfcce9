"""Outlines of parts of a picture that are seen on dark and on bright pictures, and told apart without colour."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import cv2

if TYPE_CHECKING:
    from provenance.media.render.footage import Picture
    from provenance.media.render.laid import Region

#: What was changed: solid. What of the evidence picture the questioned one shows: broken. Orange and blue are told
#: apart by colour-blind people, too (Okabe and Ito, vermilion and sky blue).
STYLES: Final[dict[str, tuple[int, int, int]]] = {"changed": (213, 94, 0), "visible": (86, 180, 233)}
Style = Literal["changed", "visible"]
_DARK: Final = (0, 0, 0)
_LINE, _EDGE = 4, 8
_DASH, _GAP = 22, 14


def outline(picture: Picture, region: Region, style: Style) -> None:
    """Draw the border of ``region`` inside ``picture``, in place: a line with a dark edge."""
    height, width = picture.shape[:2]
    half = _EDGE // 2
    left, top = round(region[0] * width), round(region[1] * height)
    right, bottom = round((region[0] + region[2]) * width), round((region[1] + region[3]) * height)
    left, right = (min(max(one, half), max(half, width - 1 - half)) for one in (left, right))
    top, bottom = (min(max(one, half), max(half, height - 1 - half)) for one in (top, bottom))
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    for one, other in pairwise(corners):
        stroke(picture, one, other, style)


def stroke(picture: Picture, start: tuple[int, int], end: tuple[int, int], style: Style) -> None:
    """One straight piece of an outline."""
    pieces = [(start, end)] if style == "changed" else _dashes(start, end)
    for colour, thick in ((_DARK, _EDGE), (STYLES[style], _LINE)):
        for one, other in pieces:
            cv2.line(picture, one, other, colour, thick, cv2.LINE_AA)


def _dashes(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    (x, y), (u, v) = start, end
    length = max(abs(u - x), abs(v - y), 1)

    def at(step: int) -> tuple[int, int]:
        part = min(step, length) / length
        return round(x + (u - x) * part), round(y + (v - y) * part)

    return [(at(step), at(step + _DASH)) for step in range(0, length, _DASH + _GAP)]
