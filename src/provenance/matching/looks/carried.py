"""Do two aligned tracks move alike, apart from how each camera was carried?

Where the pose is free at every moment (:mod:`following`), it follows the camera of the evidence as well: two
recordings of one room, each filmed by hand, then move alike because they were laid so. What is left when each track is
held still by itself cannot be made by a pose: people, hands, cars, and what stands nearer than the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.laying import LEAST_ENERGY, banded, warped
from provenance.matching.looks.movement import Movement
from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.laying import Array
    from provenance.matching.looks.pose import Pose
    from provenance.matching.looks.sight import Sight

    Rows = NDArray[np.int64]

#: Small pictures of a window, 1.6 s, in which a carried camera still sees the same place; and from window to window.
_WINDOW, _EVERY = 4, 2
#: Small pictures that have to be held still in a window, and windows that are needed.
_LEAST_HELD, _LEAST_WINDOWS = 3, 2
#: Windows looked at, spread over the piece: each takes 25 ms.
_MOST_WINDOWS: Final = 40
#: Correlation from which a picture was held still on another.
_HELD: Final = 0.5
_CRITERIA, _BLUR = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4), 5


def movement_apart(questioned: Sight, evidence: Sight, pose: Pose, course: Course, rows: Rows) -> Movement:
    """How alike both move at the small pictures ``rows`` of the evidence, each held still by itself.

    ``questioned`` lies in the evidence picture in ``pose`` at every moment. ``alike`` is the lower quartile of windows
    in which enough moves, and the whole of them if that is less; 0 where too few can be told.
    """
    starts = range(0, len(rows) - _WINDOW + 1, _EVERY)
    some = np.linspace(0, len(starts) - 1, min(len(starts), _MOST_WINDOWS)).astype(np.int64)
    found = [_window(questioned, evidence, pose, course, rows[at : at + _WINDOW]) for at in np.array(starts)[some]]
    told = [one for one in found if one is not None]
    if len(told) < _LEAST_WINDOWS:
        return Movement(0.0, 0.0)
    shared, mine, theirs, contrast = np.array(told).T
    contrast = np.maximum(contrast, 1e-9)  # flat windows have none, and nothing moves in them
    energy = np.sqrt(theirs / contrast)
    moving = energy >= LEAST_ENERGY
    whole = float(shared.sum() / max(np.sqrt(mine.sum() * theirs.sum()), 1e-9))
    if moving.sum() < _LEAST_WINDOWS:
        return Movement(whole, float(np.sort(energy)[-_LEAST_WINDOWS]))
    each = shared[moving] / np.maximum(np.sqrt(mine * theirs)[moving], 1e-9)
    return Movement(min(whole, float(np.quantile(each, 0.25))), float(np.sqrt(theirs.sum() / contrast.sum())))


def _window(
    questioned: Sight, evidence: Sight, pose: Pose, course: Course, rows: Rows
) -> tuple[float, float, float, float] | None:
    """Sums of products of what moves: of both, of the questioned, of the evidence; and of the evidence's contrast."""
    moments = course.here(evidence.times[evidence.places[rows]])
    here = nearest(questioned.times[questioned.places], moments)
    laid, seen = warped(questioned.small[here], pose)
    maps = _held_still(evidence.small[rows])
    kept = [(at, one) for at, one in enumerate(maps) if one is not None]
    if len(kept) < _LEAST_HELD:
        return None
    there = np.stack([_moved(evidence.small[rows[at]], one) for at, one in kept])
    mine = np.stack([_moved(laid[at], one) for at, one in kept])
    reached = np.stack([_moved(seen.astype(np.uint8), one) for _, one in kept]).min(0)
    eroded: NDArray[np.uint8] = np.asarray(cv2.erode(reached, np.ones((3, 3), np.uint8), borderValue=0), np.uint8)
    inner = eroded == 1
    if inner.mean() < _LEAST_SEEN:
        return None
    one, other = _of_one_size(banded(mine, inner)), _of_one_size(banded(there, inner))
    warps = _warps(there.astype(np.float32).mean(0), inner)
    moves, own = _without(one - one.mean(0), warps), _without(other - other.mean(0), warps)
    shared, contrast = float((moves * own).sum()), float(np.square(other).sum())
    return shared, float(np.square(moves).sum()), float(np.square(own).sum()), contrast


#: Part of the picture that has to be seen all through a window.
_LEAST_SEEN: Final = 0.04


def _of_one_size(rows: Array) -> Array:
    return np.asarray(rows / max(float(rows.std()), 1e-6), np.float32)


def _held_still(pictures: NDArray[np.uint8]) -> list[Array | None]:
    """For each picture the affine map that lays it on the middle one; None where there is none."""
    middle = len(pictures) // 2
    everywhere = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.uint8)
    found: list[Array | None] = [None] * len(pictures)
    found[middle] = np.eye(2, 3, dtype=np.float32)
    for order in (range(middle - 1, -1, -1), range(middle + 1, len(pictures))):
        warp = np.eye(2, 3, dtype=np.float32)
        for at in order:
            try:
                alike, again = cv2.findTransformECC(
                    pictures[middle], pictures[at], warp.copy(), cv2.MOTION_AFFINE, _CRITERIA, everywhere, _BLUR
                )
            except cv2.error:  # it did not converge
                break
            if alike < _HELD:
                break
            found[at] = warp = np.asarray(again, np.float32)
    return found


def _moved(picture: NDArray[np.uint8], warp: Array) -> NDArray[np.uint8]:
    size = (SMALL_SIDE, SMALL_SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, warp, size, flags=flags, borderValue=0), np.uint8)


def _warps(mean: Array, inner: NDArray[np.bool_]) -> Array:
    """How a picture changes with each part of a small projective move, made orthogonal; shape (8, places).

    How well a picture was held still is shared by both tracks, and so would what is left of the carrying be.
    """
    down, right = np.gradient(mean)
    y, x = np.mgrid[:SMALL_SIDE, :SMALL_SIDE].astype(np.float32) / SMALL_SIDE - 0.5
    along = right * x + down * y
    slopes = np.stack([right, right * x, right * y, down, down * x, down * y, along * x, along * y])
    rows = banded(slopes, inner)
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(vectors[values > _FLAT * values[0]], np.float32)


#: Part of the strongest pattern below which another says nothing.
_FLAT: Final = 1e-3


def _without(rows: Array, patterns: Array) -> Array:
    return np.asarray(rows - (rows @ patterns.T) @ patterns, np.float32)
