"""How far each part of a small picture lies from where one smooth map of the other would put it.

One smooth map lays a copy on the evidence (:mod:`smooth`), and what is left is noise. What :mod:`depth` asks is whether
the rest is more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.smooth import AFFINE, CUBIC, inside, levels, shifted, slopes, smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Mask = NDArray[np.bool_]
    Small = NDArray[np.uint8]

#: Tiles along each side of a picture.
TILES: Final = 16
#: Steps in which the smooth map is fitted.
_STEPS: Final = (AFFINE, CUBIC, CUBIC, CUBIC)
#: Boxes from one tile to the next, and the spread of its weight.
_EVERY, _SPREAD = SMALL_SIDE // TILES, 4.0
#: Part of a tile that has to be seen, and its least texture (square of the change from box to box along the direction
#: in which there is less, of pictures of spread 1).
_LEAST_SEEN, _LEAST_TEXTURE = 0.6, 0.02
#: Likeness of a tile in both once it is moved: a caption over it is not the same thing in another place.
_LEAST_ALIKE: Final = 0.7
#: Likeness below which a tile shows something else, and its eight neighbours are left out as well: their weights reach
#: into it. What is laid over copies then leaves nothing behind (docs/adr/0061-depth-along-one-line.md).
_SOMETHING_ELSE: Final = 0.5
#: Pairs of boxes to each side in which a tile is looked for, and by how much more alike it has to be there.
_REACH, _BETTER = 4, 0.1
#: Boxes by which slopes alone can move a tile: the fine blur makes pictures smooth over about as many.
_BY_SLOPES: Final = 1.5
#: Boxes by which a tile may have moved to the next picture, at most 0.4 s later, to be called standing: at most 0.12 in
#: 0.05 s, by which a copy of 10 pictures a second is late.
_STANDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Displaced:
    """For each pair of pictures and each tile, how far it is from its place, and whether that is told.

    ``boxes``: right and down, shape (n, TILES, TILES, 2); ``told``: shape (n, TILES, TILES).
    """

    boxes: Array
    told: Mask


def displaced(there: Small, here: Small, seen: Mask) -> Displaced:
    """What lies elsewhere in ``here`` than in ``there``: aligned small pictures, shape (n, 96, 96), n at least 1.

    ``seen``: which boxes of the evidence picture the laid questioned pictures ``here`` show.
    """
    one, other, inner = _laid(there, here, seen)
    plain = seen & ~_covered(one, other, inner)
    if not np.array_equal(plain, seen):
        one, other, inner = _laid(there, here, plain)
    shown = _tiles(inner.astype(np.float32)) > _LEAST_SEEN
    roughly = _searched(one, other, inner)
    found = [_moved(a, b, inner, roughly) for a, b in zip(one, other, strict=True)]
    told = [shown & (texture > _LEAST_TEXTURE) & _clear(texture, alike, shown) for _, texture, alike in found]
    return Displaced(np.stack([boxes for boxes, _, _ in found]), np.stack(told))


def standing(pictures: Small, seen: Mask) -> Mask:
    """Which tiles stand from each of these small pictures to the next, however the camera was held; (n - 1, 16, 16).

    What moves is elsewhere in a copy as well, whose pictures may be of slightly other moments.
    """
    one, other, inner = _laid(pictures[:-1], pictures[1:], seen)
    shown, weight = _tiles(inner.astype(np.float32)) > _LEAST_SEEN, inner.astype(np.float32)
    told = np.zeros((len(one), TILES, TILES), bool)
    for at, pair in enumerate(zip(one, other, strict=True)):
        moved, texture, alike = _by_slopes(*pair, weight)
        still = np.linalg.norm(moved, axis=-1) < _STANDS
        told[at] = _clear(texture, np.where(still, alike, 0), shown)
    return told


def _laid(there: Small, here: Small, seen: Mask) -> tuple[list[Array], list[Array], Mask]:
    """Both as they are compared, ``here`` by its smooth map, and the boxes at which they are."""
    inner = inside(seen)
    if not inner.any():
        blank = [np.zeros(seen.shape, np.float32) for _ in there]
        return blank, blank, inner
    one = [levels(picture, seen, inner) for picture in there]
    # The map is fitted anew in every picture, so that a view that shakes is no depth.
    mine = (levels(picture, seen, inner) for picture in here)
    other = [shifted(b, smoothed(a, b, inner, _STEPS)) for a, b in zip(one, mine, strict=True)]
    return one, other, inner


def _covered(one: list[Array], other: list[Array], inner: Mask) -> Mask:
    """Boxes at which mostly something else is seen: laid over, it would bend the map and shade what lies beside it."""
    weight = inner.astype(np.float32)
    told = [_by_slopes(a, b, weight) for a, b in zip(one, other, strict=True)]
    alike = np.median([like for _, _, like in told], axis=0)
    return np.kron(alike < _SOMETHING_ELSE, np.ones((_EVERY, _EVERY), bool))


def _clear(texture: Array, alike: Array, shown: Mask) -> Mask:
    """Tiles that show the same in both, with no neighbour that shows something else."""
    other = (shown & (texture > _LEAST_TEXTURE) & (alike < _SOMETHING_ELSE)).astype(np.uint8)
    beside = np.asarray(cv2.dilate(other, np.ones((3, 3), np.uint8)), np.uint8)
    return np.asarray((alike > _LEAST_ALIKE) & (beside == 0), np.bool_)


#: Added to the texture of a tile, so that a bare one is not moved.
_BARE: Final = 1e-3


def _searched(there: list[Array], here: list[Array], inner: Mask) -> NDArray[np.int64]:
    """Whole boxes, right and down, by which each tile is moved to be most alike in all pictures; shape (16, 16, 2).

    0 where it is about as much alike in its place, and where it is likest as far away as is looked.
    """
    side, half = 2 * _REACH + 1, SMALL_SIDE // 2
    kept = np.asarray(cv2.erode(inner.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0), np.float32)[::2, ::2]
    room = ((_REACH, _REACH), (_REACH, _REACH))
    mine = np.stack([_softened(one) * kept for one in there])
    theirs = np.stack([np.pad(_softened(one) * kept, room) for one in here])
    around = np.pad(kept, room)
    alike = np.full((side, side, TILES, TILES), -1, np.float32)
    for down, right in np.ndindex(side, side):
        window = (slice(down, down + half), slice(right, right + half))
        both = kept * around[window]
        moved = theirs[:, *window]
        shared, own = (mine * moved).sum(0), (np.square(mine) + np.square(moved)).sum(0)
        level = 2 * _half_tiles(shared) / (_half_tiles(own * both) + _BARE * len(mine))
        enough = _half_tiles(both) > _LEAST_SEEN / 2
        alike[down, right][enough] = level[enough]
    flat = alike.reshape(side * side, TILES, TILES)
    best = flat.argmax(0)
    ways = np.stack([best % side, best // side], -1) - _REACH
    far = (np.abs(ways) == _REACH).any(-1)
    ways[far | (flat.max(0) < alike[_REACH, _REACH] + _BETTER)] = 0
    return np.asarray(2 * ways, np.int64)


def _softened(picture: Array) -> Array:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8)[::2, ::2], np.float32)


def _half_tiles(values: Array) -> Array:
    spread = cv2.GaussianBlur(values, (0, 0), _SPREAD / 2)
    return np.asarray(spread[_EVERY // 4 :: _EVERY // 2, _EVERY // 4 :: _EVERY // 2], np.float32)


def _moved(there: Array, here: Array, inner: Mask, roughly: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """How far each tile lies from its place, in boxes, shape (16, 16, 2), where ``roughly`` says about how far.

    And its texture, and how alike both are once it is moved there, 1 at most; both of shape (16, 16).
    """
    boxes = np.zeros((TILES, TILES, 2), np.float32)
    texture, alike = np.zeros((2, TILES, TILES), np.float32)
    weight = inner.astype(np.float32)
    for right, down in np.unique(roughly.reshape(-1, 2), axis=0).tolist():
        mine = (roughly == (right, down)).all(-1)
        way = np.array([[1, 0, right], [0, 1, down]], np.float32)
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        size = (SMALL_SIDE, SMALL_SIDE)
        both = weight * cv2.warpAffine(weight, way, size, flags=flags, borderValue=0)
        laid = cv2.warpAffine(here, way, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        further, rough, like = _by_slopes(there, np.asarray(laid, np.float32), np.asarray(both, np.float32))
        boxes[mine] = further[mine] + np.array([right, down], np.float32)
        texture[mine], alike[mine] = rough[mine], like[mine]
    return boxes, texture, alike


def _by_slopes(there: Array, laid: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The same where every tile is near its place already."""
    right, down = slopes(laid + there)
    left = (there - laid) * weight
    one, two, both = (_tiles(part * weight) for part in (right * right, down * down, right * down))
    one, two = one + _BARE, two + _BARE
    across, along = _tiles(right * left), _tiles(down * left)
    under = one * two - both * both
    moved = np.stack([two * across - both * along, one * along - both * across], -1) / under[..., None]
    moved = np.clip(moved, -_BY_SLOPES, _BY_SLOPES)
    texture = (one + two) / 2 - np.sqrt(np.square((one - two) / 2) + np.square(both))
    unlike = _tiles(left * left) - moved[..., 0] * across - moved[..., 1] * along
    alike = 1 - unlike / (_tiles((there * there + laid * laid) * weight) + _BARE)
    return moved.astype(np.float32), texture.astype(np.float32), alike.astype(np.float32)


def _tiles(values: Array) -> Array:
    """Means around the middle of each tile, shape (16, 16)."""
    spread = cv2.GaussianBlur(values, (0, 0), _SPREAD)
    return np.asarray(spread[_EVERY // 2 :: _EVERY, _EVERY // 2 :: _EVERY], np.float32)
