"""Where in the questioned file an area lies, and what it looks like: laid over, blurred, a logo, a caption."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.comparison import Alteration, Span
from provenance.matching.looks.pose import mapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.comparison import AlterationKind
    from provenance.matching.looks.changing.areas import Area
    from provenance.matching.looks.changing.overlay import Overlaid
    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]
    Box = tuple[float, float, float, float]

#: Part of the pictures of a piece from which a change is there throughout.
_THROUGHOUT: Final = 0.9
#: Times the detail of the recording below which an area has lost it.
_SOFTER: Final = 0.6
#: Times the differences inside an area, beside those of the recording there once blurred, below which it has one
#: colour. Boxes of one colour, 40 and 70 pixels wide in a clip of 320: 0.01 to 0.04; blurs by a sixth and a third of
#: their width: 1.07 and 0.54.
_FLAT: Final = 0.25
#: Levels by which the recording differs from place to place inside an area of which that can be said.
_UNEVEN: Final = 4.0
#: Levels per picture below which an area stands still.
_STILL: Final = 1.5
#: Shapes: a banner's width, a caption's width and how much wider than high it is, a logo's area (parts of the picture).
_BANNER, _CAPTION, _WIDER, _LOGO = 0.95, 0.25, 2.5, 0.15
#: Parts of the picture's height within which captions lie, from its upper or lower edge.
_EDGE: Final = 0.35


#: Questioned pictures past a row in which a change may begin or end: what a neighbour explains is no difference there.
_NEAR: Final = 2


@dataclass(frozen=True)
class Place:
    """Brings an area of the evidence picture into the questioned file as it is shown."""

    questioned: Sight
    piece: Piece
    laid: Overlaid

    def box(self, box: Box) -> Box:
        """Left, top, right, bottom as parts of the questioned picture."""
        left, top, right, bottom = box
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        places = np.clip(mapped(self.questioned.as_shown @ self.piece.pose.inverse, corners), 0, 1)
        low, high = places.min(0), places.max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def span(self, area: Area) -> Span | None:
        """When it is seen: None where throughout."""
        moments = self.laid.moments
        if area.last - area.first + 1 >= _THROUGHOUT * len(moments):
            return None
        first = self._edge(area, area.first - 1, area.first)
        last = self._edge(area, area.last, area.last + 1) - 1
        return self.questioned.span(first, max(first, last))

    def _edge(self, area: Area, before: int, after: int) -> int:
        """The picture from which on it is there (or no longer): the greatest step inside the area between two rows."""
        file, moments = self.questioned, self.laid.moments
        low = self.piece.first if before < 0 else self._number(moments[before])
        high = self.piece.last + 1 if after >= len(moments) else self._number(moments[after])
        kept = np.flatnonzero((file.places >= low - _NEAR) & (file.places <= high + _NEAR))
        if len(kept) < 2:  # noqa: PLR2004 - no step between them
            return high
        left, top, right, bottom = self._coded(area.box)
        side = area.mask.shape[-1]  # a change of colour is looked for in colour
        part = (file.small if side == file.small.shape[-1] else file.colours)[
            kept[0] : kept[-1] + 1,
            ...,
            int(top * side) : max(int(top * side) + 1, int(np.ceil(bottom * side))),
            int(left * side) : max(int(left * side) + 1, int(np.ceil(right * side))),
        ].astype(np.float32)
        steps = np.abs(np.diff(part, axis=0)).reshape(len(part) - 1, -1).mean(1)
        return int(file.places[kept[int(steps.argmax()) + 1]])

    def _coded(self, box: Box) -> Box:
        left, top, right, bottom = box
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        places = np.clip(mapped(self.piece.pose.inverse, corners), 0, 1)
        low, high = places.min(0), places.max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def _number(self, moment: float) -> int:
        return int(np.clip(np.searchsorted(self.questioned.times, moment - 1e-3), 0, len(self.questioned.times) - 1))

    def alteration(self, area: Area, kind: AlterationKind, what: str) -> Alteration:
        """Told as part of the questioned file."""
        left, top, right, bottom = self.box(area.box)
        region = tuple(Fraction(round(part * 1000), 1000) for part in (left, top, right - left, bottom - top))
        return Alteration(kind, self.span(area), region, what)  # type: ignore[arg-type]


def called(laid: Overlaid, area: Area, place: Place) -> tuple[AlterationKind, str]:
    """Kind and words for what an area looks like."""
    rows = slice(area.first, area.last + 1)
    shown, own = laid.questioned[rows], laid.evidence[rows]
    left, top, right, bottom = place.box(area.box)
    wide, high = right - left, bottom - top
    throughout = place.span(area) is None
    drawn = _drawn(shown, own, area)
    still = len(shown) > 1 and float(np.quantile(np.abs(np.diff(shown, axis=0))[:, drawn], 0.3)) < _STILL
    if still and _detail(shown, area) > _detail(own, area):
        if wide >= _BANNER and throughout:
            return "picture", "banner"
        at_edge = bottom <= _EDGE or top >= 1 - _EDGE
        if at_edge and wide >= _CAPTION and wide > _WIDER * high:
            return "picture", "caption"
        if throughout and wide * high <= _LOGO:
            return "picture", "logo"
    softer = _detail(shown, area) < _SOFTER * _detail(own, area) and _alike(shown, own, area)
    if softer and not _is_flat(shown, own, area):
        return "picture", "blurred or pixelated"
    return "picture", "painted or pasted over"


def _drawn(shown: Array, own: Array, area: Area) -> NDArray[np.bool_]:
    """A third of the boxes, those that differ most: the recording shows through between the lines of a drawing."""
    apart = np.abs(shown - own).mean(0)
    return np.asarray(area.mask & (apart >= np.quantile(apart[area.mask], _LINES)), np.bool_)


#: Part of an area that may lie between the lines of what is drawn on it.
_LINES: Final = 0.67


def _detail(pictures: Array, area: Area) -> float:
    """Mean size of what a blur takes away, inside the area."""
    fine = np.stack([one - cv2.GaussianBlur(one, (0, 0), 2.0) for one in pictures])
    return float(np.abs(fine[:, area.mask]).mean())


def _is_flat(shown: Array, own: Array, area: Area) -> bool:
    """Whether one colour has covered what is uneven in the recording: a blur keeps what is light and dark of it."""
    mask = area.mask.astype(np.uint8)
    inner = next((part for side in (5, 3) if (part := _eroded(mask, side)).sum() >= _LEAST_BOXES), area.mask)
    blurred = np.stack([cv2.GaussianBlur(one, (0, 0), 2.0) for one in own])
    uneven = float(blurred[:, inner].std(axis=1).mean())
    return uneven >= _UNEVEN and float(shown[:, inner].std(axis=1).mean()) < _FLAT * uneven


#: Boxes of an area's inside by which it is told whether it has one colour.
_LEAST_BOXES: Final = 9


def _eroded(mask: NDArray[np.uint8], side: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.erode(mask, np.ones((side, side), np.uint8)), np.bool_)


def _alike(shown: Array, own: Array, area: Area) -> bool:
    """Whether light is the same once both are blurred: something softer is in the same place."""
    apart = (shown - own)[:, area.mask]
    return abs(float(apart.mean())) < 0.5 * float(np.abs(apart).mean()) + 1.0
