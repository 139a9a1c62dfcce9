"""A still under a caption: its moment is told where both show the scene, and by bits that the caption cannot turn.

What lies under a caption is filled in from the recording's best moment, and agrees with it. Bits of a code whose sign
depends on that part are left out, here as in every other moment, so that what is hidden speaks for none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold
from provenance.matching.looks.glimpse import as_strong, banded
from provenance.matching.looks.moments import Telling, filled, told_by_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.glimpse import Array, Glimpse, Mask

_HALF: Final = SMALL_SIDE // 2
#: What a bit has to exceed: times the hidden part's mean contribution to it at other moments of the view.
SURE: Final = threshold("looks.still.caption.sure")
#: Small pictures beside the best one that a place has to be unlike as well: what moves is in one of them.
_BESIDE: Final = 2
#: Places (of 48 each way) over which is asked whether two pictures agree, and the part of their energy by which they do
#: not; below the last part of the mean energy a place is flat in both and says nothing.
_AROUND, _UNLIKE, _FLAT = 5, 0.5, 0.1
#: Places around a caption that it spoils as well.
_RIM: Final = 2
#: A caption is unlike in this part of its places, at least so wide and at most so high as parts of what is seen, and no
#: further from the upper or lower edge: a person who stood elsewhere at another event is higher than wide.
_FULL, _WIDE, _HIGH, _EDGE = 0.75, 0.6, 0.4, 0.15


def under_a_caption(found: Glimpse) -> Telling | None:
    """What a laid still has of its best moment beside a caption; None where none seems to lie over it."""
    near = slice(max(0, found.best - _BESIDE), found.best + _BESIDE + 1)
    caption = _caption(banded(found.evidence.small[near], found.view.mask), found.view.band, found.view.mask)
    return None if caption is None else told_by_bits(found, filled(found, found.view.mask & ~caption), SURE)


def _caption(near: Array, band: Array, mask: Mask) -> Mask | None:
    """The band across the picture that something is laid over, shape (96, 96)."""
    seen = mask[::2, ::2]
    unlike, says = np.ones_like(seen), np.zeros_like(seen)
    for there in near:
        other = as_strong(band, there)
        apart, both = (_around(one) for one in (np.square(other - there), np.square(other) + np.square(there)))
        unlike &= apart > _UNLIKE * both
        says |= seen & (both > _FLAT * both[seen].mean())
    top, bottom, left, right = _best_rectangle(np.where(says, np.where(unlike, 1.0, -1.0), 0.0))
    inside = says[top:bottom, left:right]
    if (unlike[top:bottom, left:right] & inside).sum() < max(1.0, _FULL * inside.sum()):
        return None
    lines, places = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    away = min(top - lines[0], lines[-1] + 1 - bottom)
    high, wide = len(lines), len(places)
    if right - left < _WIDE * wide or bottom - top > _HIGH * high or away > _EDGE * high:
        return None
    caption = np.zeros_like(mask)
    caption[max(0, 2 * (top - _RIM)) : 2 * (bottom + _RIM), max(0, 2 * (left - _RIM)) : 2 * (right + _RIM)] = True
    return caption


def _around(values: Array) -> Array:
    return np.asarray(cv2.blur(values, (_AROUND, _AROUND)), np.float32)


def _best_rectangle(score: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of the rectangle with the largest sum (Kadane's algorithm over bands of lines)."""
    sums = np.vstack([np.zeros(score.shape[1]), np.cumsum(score, axis=0)])
    best, found = 0.0, (0, 0, 0, 0)
    for top in range(_HALF):
        lines = sums[top + 1 :] - sums[top]
        run, start = np.zeros(len(lines)), np.zeros(len(lines), np.int64)
        for place in range(_HALF):
            start = np.where(run > 0, start, place)
            run = np.maximum(run, 0) + lines[:, place]
            which = int(run.argmax())
            if run[which] > best:
                best, found = float(run[which]), (top, top + 1 + which, int(start[which]), place + 1)
    return found
