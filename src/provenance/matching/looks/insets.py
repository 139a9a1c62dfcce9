"""Where could a small picture lie in a large one? Rectangles whose four sides stand still while what is around moves.

A picture laid over moving footage keeps its border: from moment to moment brightness breaks off along the same lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import SMALL_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Box = tuple[int, int, int, int]

#: Boxes (of 96) that a side may have: 0.15 to 0.66 of the picture. In fewer the 16 frequencies of a code are not to be
#: told.
_SIDES: Final = range(15, 65)
#: Boxes by which a side may differ from what the shape asks for: where it begins and ends is known to half a box.
_OFF_SHAPE: Final = (-1, 0, 1)
#: Levels above which a break counts no more: one strong side does not make up for others; and what a line on the
#: picture's own edge counts as. Of 15 small insets (0.22 to 0.36 wide, 5 recordings of the tune half), 12 were within
#: 1.6 boxes of one of ten places told with 1.5, 11 with 4 (docs/adr/0059-small-insets.md).
_CLEAR, _OWN_EDGE = 1.5, 0.5
#: Part of the pictures in which a line may break off less: a border is not to be seen where both sides are alike.
_SELDOM: Final = 0.3
#: Levels by which three sides break off in the mean, more than one own edge gives; places of one size looked at.
_LEAST, _OF_ONE_SIZE = 0.2, 3
#: Rectangles that are told, neighbours too, so that codes choose between them: a box is a twentieth of a small inset,
#: and a pose that is off by two was not refined.
INSETS: Final = 32


def inset_places(pictures: NDArray[np.uint8], shapes: Iterable[float]) -> list[Box]:
    """Left, top, right, bottom in boxes, the likeliest first, at most :data:`INSETS`.

    ``pictures``: small ones, shape (n, 96, 96). ``shapes``: width by height of what is looked for, in boxes.
    """
    if len(pictures) == 0:
        return []
    wide = pictures.astype(np.float32)
    across, down = _breaks(wide), _breaks(wide.transpose(0, 2, 1))
    sizes = {(width, round(width / shape) + off) for shape in shapes for width in _SIDES for off in _OFF_SHAPE}
    scored: list[tuple[float, Box]] = []
    for width, height in sorted(sizes):
        if height in _SIDES:
            scored += _likeliest(across, down, width, height)
    scored.sort(key=lambda one: -one[0])
    return [box for _, box in scored[:INSETS]]


def _breaks(pictures: Array) -> Array:
    """Sums down the lines of how far brightness breaks off across each, shape (97, 97): row, line before the column.

    What breaks off counts by how much more it does than two lines to either side, in most of the pictures.
    """
    steps = np.abs(np.diff(pictures, axis=2))
    usual = np.quantile(steps, _SELDOM, axis=0)
    padded = np.pad(usual, ((0, 0), (2, 2)), mode="edge")
    beside = np.maximum(padded[:, :-4], padded[:, 4:])
    clear = np.clip(usual - beside, 0, _CLEAR)
    lines = np.full((SMALL_SIDE, SMALL_SIDE + 1), _OWN_EDGE, np.float32)
    # A border that lies between two lines of boxes shows in both: nearly as much for the one before.
    lines[:, 1:-1] = np.maximum(clear, _BESIDE * np.pad(clear, ((0, 0), (0, 1)))[:, 1:])
    return np.vstack([np.zeros((1, SMALL_SIDE + 1), np.float32), np.cumsum(lines, axis=0)])


#: What a break counts for the line before it.
_BESIDE: Final = 0.8


def _likeliest(across: Array, down: Array, width: int, height: int) -> list[tuple[float, Box]]:
    """The best rectangles of one size, each with the mean break along its three weakest sides, times its size's root.

    A part of a rectangle has two of its sides; a large one has a weak place sooner.
    """
    sides = (across[height:] - across[:-height]) / height
    ends = ((down[width:] - down[:-width]) / width).T
    four = np.stack([sides[:, :-width], sides[:, width:], ends[:-height], ends[height:]])
    breaks = (four.sum(0) - four.max(0)) / 3
    best = np.argsort(-breaks, axis=None)[:_OF_ONE_SIZE]
    found = []
    for place in best.tolist():
        top, left = divmod(place, breaks.shape[1])
        if breaks[top, left] >= _LEAST:
            weight = float(breaks[top, left]) * (width + height) ** 0.5
            found.append((weight, (left, top, left + width, top + height)))
    return found
