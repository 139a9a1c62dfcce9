"""How far pictures that lie on each other may differ without having been changed, learnt from the pair itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.matching.background import calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_TABLE: Final = calibration("looks.changes")["noise"]
#: Part of the way from a box to the least and the greatest of its neighbours within which another value is no
#: difference: a pose is right to about half a box.
_TOLERANCE: Final = float(_TABLE["tolerance"])
#: Classes of texture, and of movement, for which noise is learnt apart.
_TEXTURES, _MOVEMENTS = 6, 3
#: Levels below which noise is never taken to be.
_FLOOR: Final = float(_TABLE["floor"])
#: Quantile of the differences of a class that tells its noise: a change may cover as much as the rest of it.
_QUANTILE: Final = float(_TABLE["quantile"])
#: Part of the noise of the whole picture below which that of no class is taken to be: a coder that has few bits takes
#: slow shades from flat places, in few of them and by as much as from others.
_SHARED: Final = float(_TABLE["shared"])
#: The same for what is rare: where the second quantile is more than so many times the first (2.5 in Laplace's
#: distribution), coding errors come in patches, and noise counts for more; at most so many times as much, since a
#: change of one place is a part of its class, too.
_RARE, _TAIL, _HEAVIEST = (float(_TABLE[each]) for each in ("rare", "tail", "heaviest"))


def differences(evidence: Array, questioned: Array, beside: Array) -> Array:
    """Levels by which each box differs, with its sign; 0 where a neighbour or a moment beside explains it.

    ``evidence``, ``questioned``: shape (n, h, w); ``beside``: (m, n, h, w), questioned pictures just before and after.
    """
    least, greatest = _around(evidence)
    best = _beyond(questioned, evidence, least, greatest)
    for other in beside:
        again = _beyond(other, evidence, least, greatest)
        best = np.where(np.abs(again) < np.abs(best), again, best)
    return best


def _beyond(questioned: Array, evidence: Array, least: Array, greatest: Array) -> Array:
    """How far one lies outside of what the other has around it; the greater of both ways."""
    low, high = _around(questioned)
    one = np.maximum(questioned - greatest, 0) - np.maximum(least - questioned, 0)
    other = np.maximum(low - evidence, 0) - np.maximum(evidence - high, 0)
    beyond: Array = np.where(np.abs(one) >= np.abs(other), one, other)
    return beyond


def _around(pictures: Array) -> tuple[Array, Array]:
    square = np.ones((3, 3), np.uint8)
    least = np.stack([cv2.erode(one, square) for one in pictures])
    greatest = np.stack([cv2.dilate(one, square) for one in pictures])
    return pictures + _TOLERANCE * (least - pictures), pictures + _TOLERANCE * (greatest - pictures)


@dataclass(frozen=True)
class Noise:
    """``scale``: levels that a box differs by without reason, shape (n, h, w)."""

    scale: Array


def noise_of(evidence: Array, questioned: Array, moves: Array, seen: NDArray[np.bool_]) -> Noise:
    """Learnt by classes of the evidence's texture and movement, and for each picture; ``moves`` adds to it.

    Of the evidence's alone: what was laid over a copy has texture of its own, and would make a class of itself.
    """
    size = np.abs(questioned - evidence)
    moving = np.abs(np.gradient(evidence, axis=0)) if len(evidence) > 1 else np.zeros_like(evidence)
    classes = _classes(_texture(evidence), seen, _TEXTURES) * _MOVEMENTS + _classes(_widened(moving), seen, _MOVEMENTS)
    inside = np.broadcast_to(seen, size.shape)
    floor = max(_FLOOR, _SHARED * float(np.quantile(size[:, seen], _QUANTILE)))
    scale = np.full(size.shape, floor, np.float32)
    for one in range(_TEXTURES * _MOVEMENTS):
        mine = (classes == one) & inside
        if mine.any():
            usual, rare = (float(each) for each in np.quantile(size[mine], (_QUANTILE, _RARE)))
            heavy = min(max(rare / max(_TAIL * usual, _FLOOR), 1.0), _HEAVIEST)
            scale[mine] = max(floor, float(np.hypot(_FLOOR, usual)) * heavy)
    of_picture = np.quantile((size / scale)[:, seen], _QUANTILE, axis=1)
    usual = max(float(np.median(of_picture)), _USUAL)
    scale *= np.maximum(1.0, of_picture / usual).astype(np.float32)[:, None, None]
    return Noise(scale + np.float32(_MOVES) * _widened(moves))


#: Part of what changes in the questioned file from the picture before to the one after that counts as noise where a
#: picture is of another moment: that of a lower rate. What was laid over it or painted hardly moves within that time.
_MOVES: Final = float(_TABLE["moves"])


#: Differences of a picture, in scales, below which it is no worse than others.
_USUAL: Final = 0.5


def _widened(pictures: Array) -> Array:
    square = np.ones((3, 3), np.uint8)
    return np.stack([cv2.dilate(one, square) for one in pictures])


def _texture(pictures: Array) -> Array:
    square = np.ones((5, 5), np.uint8)
    return np.stack([cv2.dilate(one, square) - cv2.erode(one, square) for one in pictures])


def _classes(values: Array, seen: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    edges = np.quantile(values[:, seen], np.arange(1, count) / count)
    classes: NDArray[np.int64] = np.searchsorted(edges, values).astype(np.int64)
    return classes
