"""How pictures look: the first resident is the test of low information. Integers only, so that machines agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from provenance.binding.pictures import Picture, Plane

#: Lines copied at once to take padding away: a band of 1080p stays in the second-level cache. Measured against line by
#: line (1.25 ms for 2 MB) and the whole plane (1.21 ms): 1.22 ms, hashing included, of which 1.14 ms is the hash.
_BAND = 64

#: Points at which luma is looked at.
_COLUMNS, _ROWS = 64, 36
#: Levels of 255 by which neighbouring points must differ to count as detail: coding noise on flat areas stays below.
_LEVELS = 2
#: Cells with detail, of 63 x 35, below which a picture says nothing: 2.6 %. Measured: black, one colour, ramps, SD bars
#: 0-13, HD bars of SMPTE RP 219 54-56; pictures of 46 real clips at least 62 but for blank and near-black ones
#: (docs/formats/measurements.md).
_CELLS = 57


def packed(plane: Plane) -> Iterator[memoryview]:
    """The samples of ``plane`` without padding, in pieces, first line first."""
    if plane.stride == plane.width and not plane.bottom_up:
        yield plane.data[: plane.width * plane.rows]
        return
    lines = lines_of(plane)
    for top in range(0, plane.rows, _BAND):
        yield np.ascontiguousarray(lines[top : top + _BAND]).data


def lines_of(plane: Plane) -> NDArray[np.uint8]:
    """The samples as rows x width bytes, without a copy."""
    raw = np.frombuffer(plane.data, np.uint8, count=(plane.rows - 1) * plane.stride + plane.width)
    lines = np.lib.stride_tricks.as_strided(raw, (plane.rows, plane.width), (plane.stride, 1), writeable=False)
    return lines[::-1] if plane.bottom_up else lines


def is_low_information(picture: Picture) -> bool:
    """Whether a picture is black, one colour, bars, a ramp: hardly any cell differs from left and above."""
    return detail(picture) < _CELLS


def detail(picture: Picture) -> int:
    """Cells of a 64 x 36 grid whose luma differs by more than two levels from the left and from the upper one."""
    plane = picture.planes[0]
    lines = lines_of(plane)
    columns = plane.width // picture.step
    if not columns or not plane.rows:
        return 0
    rows = (np.arange(_ROWS) * plane.rows + plane.rows // 2) // _ROWS
    across = (np.arange(_COLUMNS) * columns + columns // 2) // _COLUMNS * picture.step
    lines = lines[rows]
    grid = lines[:, across].astype(np.int32)
    if picture.bits > 8:  # noqa: PLR2004 - two bytes a sample
        grid |= lines[:, across + 1].astype(np.int32) << 8
        grid >>= picture.bits + picture.shift - 8
    left = np.abs(grid[1:, 1:] - grid[1:, :-1]) > _LEVELS
    above = np.abs(grid[1:, 1:] - grid[:-1, 1:]) > _LEVELS
    return int(np.count_nonzero(left & above))
