"""Did a camera from another place see this? Near things then lie elsewhere against far ones; in a copy nothing does.

A copy is a flat picture of the recording: wherever it was filmed off and however a lens bent it, one smooth map lays it
on the evidence. A camera beside the first sees near and far things apart from each other (parallax), and no smooth map
puts that right. Read from small pictures that are laid on each other already; it holds in both directions, whichever of
the two cameras sees more.

No sign of it says nothing: from one and the same spot, or where all is far away, there is no parallax.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Mask = NDArray[np.bool_]
    Small = NDArray[np.uint8]

#: Boxes by which places are out of a smooth map, the same in both halves of a piece, from which there is depth.
OUT_OF_PLACE: Final = threshold("looks.depth.outOfPlace")
#: How far both halves have to say the same, and how far places have to be moved along one line.
AS_BEFORE: Final = threshold("looks.depth.asBefore")
#: Small pictures looked at, spread over the piece, 5 ms each; and fewest, so that each half has three.
_LOOKED, _LEAST_LOOKED = 16, 6
#: Band that is compared, in boxes: noise and blocks below the first, shading above the second.
_FINE, _COARSE = 1.0, 8.0
#: Order of the polynomials of the smooth map: lenses bend with the third power. Steps in which it is fitted.
_ORDER, _STEPS = 3, 4
#: Boxes from one tile to the next, and the spread of its weight.
_EVERY, _SPREAD = 6, 4.0
#: Boxes at the edge of what is seen that are left out, part of a tile that has to be seen, and its least texture
#: (square of the change from box to box along the direction in which there is less, of pictures of spread 1).
_MARGIN, _LEAST_SEEN, _LEAST_TEXTURE = 2, 0.6, 0.02
#: Likeness of a tile in both once it is moved: a caption over it is not the same thing in another place.
_LEAST_ALIKE: Final = 0.7
#: Tiles that are needed, and the part of those most out of place that is left out: what was laid over.
_LEAST_TILES, _KEPT = 12, 0.9

_DOWN, _RIGHT = np.mgrid[:SMALL_SIDE, :SMALL_SIDE].astype(np.float32)
_MIDDLE: Final = (SMALL_SIDE - 1) / 2
_POWERS: Final = tuple((i, j) for total in range(_ORDER + 1) for i in range(total + 1) for j in (total - i,))
#: Polynomials over the picture, the constant and the two linear ones first; shape (10, SMALL_SIDE, SMALL_SIDE).
_SHAPES: Final = np.stack(
    [((_RIGHT - _MIDDLE) / (_MIDDLE + 0.5)) ** i * ((_DOWN - _MIDDLE) / (_MIDDLE + 0.5)) ** j for i, j in _POWERS]
).astype(np.float32)
_LINEAR: Final = 3


@dataclass(frozen=True, slots=True)
class Parallax:
    """``boxes``: how far places are out of any smooth map, the same in both halves; root of the mean square.

    ``again``: how much alike both halves say it, -1 to 1. Both are 0 where it cannot be told.
    """

    boxes: float
    again: float

    @property
    def shown(self) -> bool:
        """Whether there is depth between the two: another camera saw it, from another place."""
        return self.boxes >= OUT_OF_PLACE and self.again >= AS_BEFORE


_NOT_TOLD: Final = Parallax(0.0, 0.0)


def parallax(there: Small, here: Small, seen: Mask) -> Parallax:
    """What is out of place in ``here`` against ``there``: aligned small pictures, in order, shape (n, 96, 96).

    ``seen``: which boxes of the evidence picture the laid questioned pictures ``here`` show.
    """
    if len(there) < _LEAST_LOOKED:
        return _NOT_TOLD
    chosen = np.unique(np.linspace(0, len(there) - 1, min(len(there), _LOOKED)).astype(np.int64))
    kernel = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    inner = np.asarray(cv2.erode(seen.astype(np.uint8), kernel, borderValue=0), np.uint8) == 1
    if _tiles(inner.astype(np.float32)).max() < _LEAST_SEEN:
        return _NOT_TOLD
    found = [_out_of_place(_levels(there[at], seen, inner), _levels(here[at], seen, inner), inner) for at in chosen]
    moved = np.stack([one for one, _, _ in found])
    texture, alike = (np.median([one[which] for one in found], axis=0) for which in (1, 2))
    told = (_tiles(inner.astype(np.float32)) > _LEAST_SEEN) & (texture > _LEAST_TEXTURE) & (alike > _LEAST_ALIKE)
    if told.sum() < _LEAST_TILES:
        return _NOT_TOLD
    half = len(moved) // 2
    # The median over moments: what stands counts, not what passes by.
    first, second = (np.median(part, axis=0)[told] for part in (moved[:half], moved[half:]))
    both = (first * second).sum(1)
    again = float(both.sum() / max(np.sqrt(np.square(first).sum() * np.square(second).sum()), 1e-9))
    kept = np.sort(both)[: int(_KEPT * len(both))]
    return Parallax(float(np.sqrt(max(kept.mean(), 0.0))), again)


def _levels(picture: Small, seen: Mask, inner: Mask) -> Array:
    """A picture without noise and shading, of spread 1 inside."""
    weight = seen.astype(np.float32)
    fine, coarse = (
        cv2.GaussianBlur(picture * weight, (0, 0), width) / np.maximum(cv2.GaussianBlur(weight, (0, 0), width), 1e-3)
        for width in (_FINE, _COARSE)
    )
    banded = fine - coarse
    return np.asarray(banded / max(float(banded[inner].std()), 1e-3), np.float32)


def _slopes(picture: Array) -> tuple[Array, Array]:
    """Change from box to box, to the right and down, of the mean of two pictures whose sum is given."""
    right, down = (cv2.Scharr(picture, cv2.CV_32F, *way) / 64 for way in ((1, 0), (0, 1)))
    return np.asarray(right, np.float32), np.asarray(down, np.float32)


def _shifted(picture: Array, field: Array) -> Array:
    across, along = _RIGHT + field[0], _DOWN + field[1]
    return np.asarray(cv2.remap(picture, across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _smoothed(there: Array, here: Array, inner: Mask) -> Array:
    """``here`` laid on ``there`` by the best smooth map; what does not fit weighs little in it."""
    field = np.zeros((2, SMALL_SIDE, SMALL_SIDE), np.float32)
    laid = here
    for step in range(_STEPS):
        shapes = _SHAPES[: _LINEAR if step == 0 else len(_SHAPES)]
        right, down = _slopes(laid + there)
        rows = np.concatenate([shapes[:, inner] * right[inner], shapes[:, inner] * down[inner]])
        left = (there - laid)[inner]
        weighed = rows / (1 + np.square(left / (_DOUBTED * float(np.median(np.abs(left))) + 1e-3)))
        system = weighed @ rows.T
        system += np.eye(len(system), dtype=np.float32) * np.float32(_STEADY * np.trace(system) / len(system) + 1e-6)
        parts = np.linalg.solve(system, weighed @ left).reshape(2, len(shapes))
        field += np.tensordot(parts, shapes, 1).astype(np.float32)
        laid = _shifted(here, field)
    return laid


#: Times the median difference at which a box weighs half; and what is added so that bare pictures can be solved.
_DOUBTED, _STEADY = 2.25, 1e-3


def _out_of_place(there: Array, here: Array, inner: Mask) -> tuple[Array, Array, Array]:
    """How far each tile lies from where the smooth map puts it, in boxes, shape (16, 16, 2).

    And its texture, and how alike both are once it is moved there, 1 at most; both of shape (16, 16).
    """
    laid = _smoothed(there, here, inner)
    right, down = _slopes(laid + there)
    left = (there - laid) * inner
    one, two, both = (_tiles(part * inner) for part in (right * right, down * down, right * down))
    one, two = one + _BARE, two + _BARE
    across, along = _tiles(right * left), _tiles(down * left)
    under = one * two - both * both
    moved = np.stack([two * across - both * along, one * along - both * across], -1) / under[..., None]
    texture = (one + two) / 2 - np.sqrt(np.square((one - two) / 2) + np.square(both))
    unlike = _tiles(left * left) - moved[..., 0] * across - moved[..., 1] * along
    alike = 1 - unlike / (_tiles((there * there + laid * laid) * inner) + _BARE)
    return moved.astype(np.float32), texture.astype(np.float32), alike.astype(np.float32)


#: Added to the texture of a tile, so that a bare one is not moved.
_BARE: Final = 1e-3


def _tiles(values: Array) -> Array:
    """Means around the middle of each tile, shape (16, 16)."""
    spread = cv2.GaussianBlur(values, (0, 0), _SPREAD)
    return np.asarray(spread[_EVERY // 2 :: _EVERY, _EVERY // 2 :: _EVERY], np.float32)
