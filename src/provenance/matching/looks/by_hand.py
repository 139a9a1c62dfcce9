"""Did one hand hold the camera? What another hand adds, picture by picture, is no copy's.

A hand shakes its camera, and a copy shows that shake: the copy's pictures lie on the recording's in one pose to a few
hundredths of a box. A second camera beside the first has a shake of its own, and none of the first one's: against the
recording's pictures its view moves, and whenever the first hand moves one way, the other way.

The view of a copy that was filmed off a screen by hand, or shaken by a filter, moves as well, but whatever the first
hand does. Where the first camera stood, this cannot tell the two from each other, and says nothing. A copy whose view
was steadied afterwards goes against the first hand, too: what is told is that its shake is missing, not why.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold
from provenance.matching.looks.smooth import AFFINE, inside, levels, shifted, smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Boxes = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Small = NDArray[np.uint8]

#: Boxes by which the view moves from one small picture to the next, from which it does, by whatever hand.
MOVES: Final = threshold("looks.hand.moves")
#: How far the view moves for each box that the recording's camera does, up to which another hand held it, and the
#: error of that from which it says nothing.
FOLLOWS: Final = threshold("looks.hand.follows")
UNSURE: Final = threshold("looks.hand.unsure")
#: Boxes by which the recording's camera moves from one small picture to the next, below which it stands.
STANDS: Final = threshold("looks.hand.stands")
#: Part of the camera's movement that the view moves by, at most, where it shares it; and what is left of the difference
#: of most boxes from one small picture to the next, once they are moved, where the camera moved for certain.
SHARES: Final = threshold("looks.copy.shares")
LEFT: Final = threshold("looks.copy.left")
#: Small pictures looked at, those in the middle of the piece, 7 ms each; and fewest.
_LOOKED, _LEAST_LOOKED = 32, 4
#: Small pictures from which the error says enough by itself, 4 s; in fewer, what is not told stays open.
_MANY: Final = 10
#: Area that a view leaves of a picture, below which it is no view.
_FLAT: Final = 1e-6
#: Steps in which an affine map is fitted.
_STEPS: Final = (AFFINE,) * 4
#: Added to what is solved, so that a camera that stands is no division by zero.
_STEADY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Hands:
    """How a view moves from one small picture to the next, in boxes, the root of the mean square.

    ``view``: without what a moment that is off explains, 0 where it cannot be told; ``camera``: the same of the
    recording's camera; ``follows``: how many boxes the view moves for each box that the recording's camera does, -1 for
    another camera and 0 for a copy; ``error``: of that, one standard deviation; ``pictures``: how many were seen. Of a
    view that stands anyhow the camera is not asked about: 0, 0 and infinity.
    """

    view: float
    camera: float
    follows: float
    error: float
    pictures: int

    @property
    def another(self) -> bool:
        """Whether the recording's own shake is missing: the view goes against it."""
        told = self.camera >= STANDS and self.error <= UNSURE
        return told and self.view >= MOVES and self.follows + self.error <= FOLLOWS

    @property
    def open(self) -> bool:
        """Whether the view moves, and the recording's camera too, for too short a time to tell whether by one hand."""
        return self.pictures < _MANY and self.view >= MOVES and self.camera >= STANDS and self.error > UNSURE


_NOT_TOLD: Final = Hands(0.0, 0.0, 0.0, float("inf"), 0)


def hands(there: Small, here: Small, seen: Mask, views: Boxes | None) -> Hands:
    """How the view of ``here`` moves against ``there``: aligned small pictures, in order, shape (n, 96, 96).

    ``seen``: which boxes of the evidence picture the laid questioned pictures ``here`` show; ``views``: where each of
    them was taken from before the view was made to stand, maps in boxes, shape (n, 3, 3).
    """
    inner = inside(seen)
    if len(there) < _LEAST_LOOKED or not inner.any() or not _are_maps(views):
        return _NOT_TOLD
    mine = _looked_at(len(there))
    one, view = _view(there[mine], here[mine], seen, inner)
    if views is not None:
        view += _moved(views[mine], inner)
    moves = np.diff(view, axis=0)
    if (stands := _size(moves - moves.mean(0))) < MOVES:  # how the camera was held need not be asked
        return Hands(stands, 0.0, 0.0, float("inf"), len(view))
    camera = np.array([_shift(_followed(a, b, inner), inner) for a, b in pairwise(one)])
    return _compared(moves, camera)


def shake_is_shared(there: Small, here: Small, seen: Mask) -> bool:
    """Whether the recording's camera shook for certain, and the view of ``here`` stands all the same; as above.

    It moved beside a steady pan. For certain: most boxes of one small picture fit the next one better once they are
    moved. Traffic before a camera that stands moves the fit, and not most boxes.
    """
    inner = inside(seen)
    if len(there) < _LEAST_LOOKED or not inner.any():
        return False
    mine = _looked_at(len(there))
    one, view = _view(there[mine], here[mine], seen, inner)
    fields = [_followed(a, b, inner) for a, b in pairwise(one)]
    camera = np.array([_shift(field, inner) for field in fields])
    left = [
        float(np.median(np.abs(a - shifted(b, field))[inner]) / max(np.median(np.abs(a - b)[inner]), _STEADY))
        for (a, b), field in zip(pairwise(one), fields, strict=True)
    ]
    # Without their means: a camera that pans at one pace shows no hand, and two that pan alike share none.
    moved, moves = (_size(path - path.mean(0)) for path in (camera, np.diff(view, axis=0)))
    return bool(moved >= STANDS and moves < min(MOVES, SHARES * moved) and np.median(left) <= LEFT)


def _looked_at(pictures: int) -> slice:
    """Those of so many small pictures that are looked at, in the middle."""
    first = max(0, (pictures - _LOOKED) // 2)
    return slice(first, first + _LOOKED)


def _view(there: Small, here: Small, seen: Mask, inner: Mask) -> tuple[list[Array], Boxes]:
    """The recording's pictures as they are compared, and how far the view lies from each of them; shape (n, 2)."""
    one, other = ([levels(picture, seen, inner) for picture in some] for some in (there, here))
    fields = (smoothed(a, b, inner, _STEPS) for a, b in zip(one, other, strict=True))
    return one, np.array([_shift(field, inner) for field in fields])


def _are_maps(views: Boxes | None) -> bool:
    """Whether all of them can be turned round; a view that was followed wrongly may shrink to nothing."""
    return views is None or bool(np.isfinite(views).all() and (np.abs(np.linalg.det(views)) > _FLAT).all())


def _shift(field: Array, inner: Mask) -> Boxes:
    """Boxes right and down by which a map moves what is seen, the mean."""
    return np.asarray(field[:, inner].mean(1), np.float64)


def _followed(one: Array, other: Array, inner: Mask) -> Array:
    """The smooth map from one small picture to the next, from where both are likest on."""
    weight = inner.astype(np.float32)
    (right, down), _ = cv2.phaseCorrelate(one * weight, other * weight)
    start = np.empty((2, SMALL_SIDE, SMALL_SIDE), np.float32)
    start[0], start[1] = right, down
    near = np.zeros_like(start)
    left = [np.abs(one - shifted(other, field))[inner].mean() for field in (start, near)]
    return smoothed(one, other, inner, _STEPS, start if left[0] < left[1] else near)


def _moved(views: Boxes, inner: Mask) -> Boxes:
    """Boxes by which views move the middle of what is seen, against the first of them; shape (n, 2)."""
    down, right = np.nonzero(inner)
    middle = np.array([right.mean(), down.mean(), 1.0])
    places = np.linalg.inv(views[0]) @ views @ middle
    return np.asarray(places[:, :2] / places[:, 2:] - middle[:2])


def _compared(view: Boxes, camera: Boxes) -> Hands:
    """What moves of the view is explained by the camera's path, and by moments that are off. Both: (n - 1, 2)."""
    pace = np.gradient(camera, axis=0)  # a moment that is off shows the camera where it was then
    moves, path, late = (np.ravel(part - part.mean(0)) for part in (view, camera, pace))
    known = np.stack([path, late], 1)
    products = np.linalg.inv(known.T @ known + _STEADY * np.eye(2))
    follows, off = products @ (known.T @ moves)
    left = moves - known @ (follows, off)
    error = np.sqrt(np.square(left).sum() / max(len(left) - 4, 1) * products[0, 0])
    sizes = (_size(moves - off * late), _size(path))
    return Hands(*sizes, float(follows), float(error), len(view) + 1)


def _size(values: Boxes) -> float:
    return float(np.sqrt(np.square(values).mean()))
