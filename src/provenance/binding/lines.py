"""Small pictures line by line: each line of luma less the same one of the picture before, or less the one above it.

docs/formats/sealing.md, "Packed blobs", method *lines*. Without loss: every byte of the blob comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from provenance.binding.blob import HEADER_BYTES, PLACE, WIDTHS, malformed
from provenance.evidence import SMALL_SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.uint8]

#: Bytes of a row of the blob, and those of them that are luma; the others are its number and colour.
_WIDTH = WIDTHS["small"]
_LUMA = slice(PLACE.size, PLACE.size + SMALL_SIDE**2)
_BESIDE = np.r_[: _LUMA.start, _LUMA.stop : _WIDTH]
_NUMBERS = np.arange(SMALL_SIDE)


def packable(blob: bytes) -> bytes:
    """Header, how each line is told, lines of luma, and the rest of each row less the one before, of a small blob."""
    rows = np.frombuffer(blob, np.uint8, offset=HEADER_BYTES).reshape(-1, _WIDTH)
    above = np.empty((len(rows), SMALL_SIDE), np.bool_)
    less = np.empty((len(rows), SMALL_SIDE, SMALL_SIDE), np.uint8)
    before = np.zeros((SMALL_SIDE, SMALL_SIDE), np.uint8)
    for at, row in enumerate(rows):
        luma = row[_LUMA].reshape(SMALL_SIDE, SMALL_SIDE)
        since, down = luma - before, luma.copy()
        down[1:] -= luma[:-1]
        above[at] = _size(down) < _size(since)
        less[at] = np.where(above[at][:, None], down, since)
        before = luma
    beside = rows[:, _BESIDE]
    beside[1:] -= beside[:-1].copy()
    return blob[:HEADER_BYTES] + above.tobytes() + less.tobytes() + beside.tobytes()


def blob_of_packable(plain: bytes, count: int) -> bytes:
    """The blob of ``count`` rows of which ``plain`` is what :func:`packable` gave.

    Raises RecordError, code ``record.blob``, where a line is told in another way than these two.
    """
    first = HEADER_BYTES + count * SMALL_SIDE
    told = np.frombuffer(plain, np.uint8, count * SMALL_SIDE, HEADER_BYTES).reshape(count, SMALL_SIDE)
    if (told > 1).any():
        raise malformed("a line of a small picture that is told in no known way")
    less = np.frombuffer(plain, np.uint8, count * SMALL_SIDE**2, first).reshape(count, SMALL_SIDE, SMALL_SIDE)
    beside = np.frombuffer(plain, np.uint8, offset=first + count * SMALL_SIDE**2).reshape(count, len(_BESIDE))
    rows = np.empty((count, _WIDTH), np.uint8)
    rows[:, _BESIDE] = np.cumsum(beside, axis=0, dtype=np.uint8)
    before = np.zeros((SMALL_SIDE, SMALL_SIDE), np.uint8)
    for at in range(count):
        before = _luma(less[at], told[at] == 1, before)
        rows[at, _LUMA] = before.reshape(-1)
    return plain[:HEADER_BYTES] + rows.tobytes()


def _luma(less: Rows, above: NDArray[np.bool_], before: Rows) -> Rows:
    """One picture's luma, (96, 96): each line that is told from ``before``, and what is added to it further down."""
    added = np.cumsum(np.where(above[:, None], less, 0), axis=0, dtype=np.uint8)
    from_before = np.maximum.accumulate(np.where(above, -1, _NUMBERS))  # -1: lines from the top on, told by themselves
    start = less + before - added
    luma: Rows = added + np.where(from_before[:, None] >= 0, start[from_before], 0).astype(np.uint8)
    return luma


def _size(lines: Rows) -> NDArray[np.int64]:
    """Levels by which the boxes of each line differ in all; modulo 256, so that 255 is 1 down."""
    wide = lines.view(np.int8).astype(np.int16)
    size: NDArray[np.int64] = np.abs(wide).sum(1)
    return size
