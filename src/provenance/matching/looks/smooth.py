"""Small pictures laid on each other by smooth maps, to a few hundredths of a box; what does not fit weighs little.

A copy is a flat picture of the recording: wherever it was filmed off and however a lens bent it, one smooth map lays it
on the evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Mask = NDArray[np.bool_]
    Small = NDArray[np.uint8]

#: Band that is compared, in boxes: noise and blocks below the first, shading above the second.
_FINE, _COARSE = 1.0, 8.0
#: Order of the polynomials of the smooth map: lenses bend with the third power.
_ORDER: Final = 3
#: Boxes at the edge of what is seen that are left out.
_MARGIN: Final = 2
#: Times the median difference at which a box weighs half; and what is added so that bare pictures can be solved.
_DOUBTED, _STEADY = 2.25, 1e-3

_DOWN, _RIGHT = np.mgrid[:SMALL_SIDE, :SMALL_SIDE].astype(np.float32)
_MIDDLE: Final = (SMALL_SIDE - 1) / 2
_POWERS: Final = tuple((i, j) for total in range(_ORDER + 1) for i in range(total + 1) for j in (total - i,))
#: Polynomials over the picture, the constant and the two linear ones first; shape (10, SMALL_SIDE, SMALL_SIDE).
_SHAPES: Final = np.stack(
    [((_RIGHT - _MIDDLE) / (_MIDDLE + 0.5)) ** i * ((_DOWN - _MIDDLE) / (_MIDDLE + 0.5)) ** j for i, j in _POWERS]
).astype(np.float32)
#: How many of them make affine maps, and how many there are.
AFFINE, CUBIC = 3, len(_SHAPES)


def inside(seen: Mask) -> Mask:
    """The boxes of ``seen`` that are not mixed with what lies beside it; shape (96, 96)."""
    kernel = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    return np.asarray(cv2.erode(seen.astype(np.uint8), kernel, borderValue=0) == 1, np.bool_)


def levels(picture: Small, seen: Mask, inner: Mask) -> Array:
    """A picture without noise and shading, of spread 1 where ``inner`` is."""
    weight = seen.astype(np.float32)
    fine, coarse = (
        cv2.GaussianBlur(picture * weight, (0, 0), width) / np.maximum(cv2.GaussianBlur(weight, (0, 0), width), 1e-3)
        for width in (_FINE, _COARSE)
    )
    banded = fine - coarse
    return np.asarray(banded / max(float(banded[inner].std()), 1e-3), np.float32)


def slopes(picture: Array) -> tuple[Array, Array]:
    """Change from box to box, to the right and down, of the mean of two pictures whose sum is given."""
    right, down = (cv2.Scharr(picture, cv2.CV_32F, *way) / 64 for way in ((1, 0), (0, 1)))
    return np.asarray(right, np.float32), np.asarray(down, np.float32)


def smoothed(there: Array, here: Array, inner: Mask, steps: Iterable[int], start: Array | None = None) -> Array:
    """The best smooth map of ``here`` onto ``there``: boxes right and down from which each is taken; (2, 96, 96).

    ``steps``: of how many polynomials in each step, :data:`AFFINE` or :data:`CUBIC`; ``start``: where to begin.
    """
    field = np.zeros((2, SMALL_SIDE, SMALL_SIDE), np.float32) if start is None else start.copy()
    places, every = np.flatnonzero(inner), tuple(steps)
    shown = _SHAPES.reshape(len(_SHAPES), -1)[: max(every)].take(places, axis=1)
    for number in every:
        laid = shifted(here, field)
        shapes = _SHAPES[:number]
        right, down = (slope.ravel()[places] for slope in slopes(laid + there))
        rows = np.concatenate([shown[:number] * right, shown[:number] * down])
        left = (there - laid).ravel()[places]
        weighed = rows / (1 + np.square(left / (_DOUBTED * float(np.median(np.abs(left))) + 1e-3)))
        system = weighed @ rows.T
        system += np.eye(len(system), dtype=np.float32) * np.float32(_STEADY * np.trace(system) / len(system) + 1e-6)
        parts = np.linalg.solve(system, weighed @ left).reshape(2, number)
        field += np.tensordot(parts, shapes, 1).astype(np.float32)
    return field


def shifted(picture: Array, field: Array) -> Array:
    """The picture, each box taken from so many boxes right and down of it; shape of ``field``: (2, 96, 96)."""
    across, along = _RIGHT + field[0], _DOWN + field[1]
    return np.asarray(cv2.remap(picture, across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
