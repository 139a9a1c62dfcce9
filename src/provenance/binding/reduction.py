"""Pictures made small by integer box means: equal on every machine, unlike those of a scaler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from provenance.binding.visual import lines_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.binding.pictures import Picture, Plane

#: Bytes summed at once. Measured on 4K luma: 2.3 ms in bands that stay in the second-level cache, 15 ms as a whole.
_BAND_BYTES = 1 << 18
_EVEN = np.uint64(0x00FF00FF00FF00FF)
_BYTE = np.uint64(8)
#: Samples in the two 16-bit sums that one 64-bit word holds of a line.
_WORD = 8
_LARGEST = 255
#: Rows of 255 that a 16-bit sum holds.
_MOST_ROWS = 257


def luma(picture: Picture, rows: int, columns: int) -> NDArray[np.uint8]:
    """Means of the luma plane over a grid of ``rows`` x ``columns`` boxes, rounded half up, in 8 bits."""
    return means(_eight_bits(picture, picture.planes[0], picture.step), rows, columns)


def chroma(picture: Picture, rows: int, columns: int) -> NDArray[np.uint8]:
    """Means of both chroma planes, shape (2, rows, columns); 128 where a format has none beside its luma."""
    planes = picture.planes[1:3]
    if len(planes) == 2 and picture.step <= 2:  # noqa: PLR2004 - both planes, of one or two bytes a sample
        return np.stack([means(_eight_bits(picture, plane, picture.step), rows, columns) for plane in planes])
    if len(planes) == 1 and picture.step <= 2:  # noqa: PLR2004 - NV12 and its like: both in one plane, by turns
        both = (_eight_bits(picture, planes[0], 2 * picture.step, at) for at in (0, picture.step))
        return np.stack([means(one, rows, columns) for one in both])
    return np.full((2, rows, columns), 128, np.uint8)


def means(samples: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Means of boxes whose edges are ``floor(i * size / count)``; in small pictures a sample stands for several."""
    height, width = samples.shape
    if height < rows or width < columns:
        down = np.arange(max(rows, height)) * height // max(rows, height)
        across = np.arange(max(columns, width)) * width // max(columns, width)
        samples = samples[down][:, across]
        height, width = samples.shape
    top = np.arange(rows) * height // rows
    used = width_read((width, height), rows, columns)
    if used is not None:
        sums, step = _sums_by_words(samples[:, :used], top), 2
    else:
        sums, step, used = np.add.reduceat(samples, top, axis=0, dtype=np.uint32), 1, width
    left = np.arange(columns) * (used // step) // columns
    totals = np.add.reduceat(sums, left, axis=1, dtype=np.uint32)
    counts = np.outer(np.diff(top, append=height), np.diff(left, append=used // step) * step).astype(np.uint32)
    return ((totals + counts // 2) // counts).astype(np.uint8)


def width_read(size: tuple[int, int], rows: int, columns: int) -> int | None:
    """Columns of a picture of ``size`` (width, height) that are read in pairs, the last few being left out.

    None where all are read one by one, in small or very high pictures.
    """
    width, height = size
    used = width // (2 * _WORD) * (2 * _WORD)
    return used if used >= 2 * columns and height // rows < _MOST_ROWS - 1 else None


def _sums_by_words(samples: NDArray[np.uint8], top: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Sums over the rows of each band and over pairs of columns; eight samples at a time in 16-bit lanes.

    Four times as fast as summing bytes (0.7 against 3.3 ms on 1080p luma, numpy 2.4).
    """
    height, width = samples.shape
    out = np.empty((len(top), width // 2), np.uint32)
    edges = [*top.tolist(), height]
    each = max(1, _BAND_BYTES // max(1, width * (edges[1] - edges[0] or 1)))
    for first in range(0, len(top), each):
        last = min(len(top), first + each)
        words = np.ascontiguousarray(samples[edges[first] : edges[last]]).view("<u8")
        starts = top[first:last] - top[first]
        even = np.add.reduceat(words & _EVEN, starts, axis=0).view("<u2")
        odd = np.add.reduceat((words >> _BYTE) & _EVEN, starts, axis=0).view("<u2")
        out[first:last] = even.astype(np.uint32) + odd
    return out


def _eight_bits(picture: Picture, plane: Plane, step: int, at: int = 0) -> NDArray[np.uint8]:
    """The samples of a plane, or of one component of it, in 8 bits."""
    low = lines_of(plane)[:, at::step]
    if picture.bits <= 8:  # noqa: PLR2004 - one byte a sample
        return low
    high = lines_of(plane)[:, at + 1 :: step]
    shift = picture.bits + picture.shift - 8
    wide = low[:, : high.shape[1]].astype(np.uint16) | (high.astype(np.uint16) << np.uint16(8))
    narrow: NDArray[np.uint8] = np.minimum(wide >> np.uint16(shift), _LARGEST).astype(np.uint8)
    return narrow
