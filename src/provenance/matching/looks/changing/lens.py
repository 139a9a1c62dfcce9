"""The questioned pictures as they lie in the evidence picture, and the small moves that lay them there exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import CHROMA_SIDE, SMALL_SIDE
from provenance.matching.looks.pose import mapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]
    Matrix = NDArray[np.float64]

#: Blur of all pictures, in boxes: single boxes carry noise, and where their edges fall differs from size to size.
BOTH: Final = 0.5


class Lens:
    """The questioned pictures as they lie in the evidence picture."""

    def __init__(self, questioned: Sight, matrix: Matrix) -> None:
        self._questioned = questioned
        self._matrix = matrix
        self.seen, self.seen_colours = self._where()
        #: places at which pictures are compared while they are moved: every second of every second row
        sparse = np.zeros_like(self.seen)
        sparse[::2, ::2] = self.seen[::2, ::2]
        self.some = np.flatnonzero(sparse)

    def moved(self, move: Matrix) -> Lens:
        """The same with everything moved in the evidence picture."""
        unit = to_unit(SMALL_SIDE)
        return Lens(self._questioned, unit @ move @ np.linalg.inv(unit) @ self._matrix)

    def _where(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        whole = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.float32)
        reach = max(1, math.ceil(stretch(self._matrix) - 0.05))
        seen = _inner(self._through(whole, SMALL_SIDE, np.eye(3)), reach)
        coarse = np.full((CHROMA_SIDE, CHROMA_SIDE), 255, np.float32)
        return seen, _inner(self._through(coarse, CHROMA_SIDE, np.eye(3)), reach if reach > 1 else 0)

    def luma(self, at: int, move: Matrix | None = None) -> Array:
        """Small picture ``at``, moved by ``move`` in the evidence picture."""
        one = self._questioned.small[at].astype(np.float32)
        laid = self._through(one, SMALL_SIDE, np.eye(3) if move is None else move)
        return np.asarray(soft(laid[None], BOTH)[0], np.float32)

    def colours(self, at: int, move: Matrix) -> Array:
        """Both colour planes of a picture, shape (2, 24, 24)."""
        scale = _COARSER
        coarse = scale @ move @ _FINER
        planes = self._questioned.colours[at].astype(np.float32)
        return np.stack([self._through(plane, CHROMA_SIDE, coarse) for plane in planes])

    def _through(self, picture: Array, side: int, move: Matrix) -> Array:
        """Through the pose onto a grid twice as fine, then means: boxes of one are no boxes of the other."""
        fine = np.diag([2.0, 2.0, 1.0])
        fine[:2, 2] = 0.5
        matrix = fine @ move @ _from_unit(side) @ self._matrix @ to_unit(side)
        size = (2 * side, 2 * side)
        out = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR)
        return np.asarray(cv2.resize(out, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def stretch(matrix: Matrix) -> float:
    """How many boxes of the evidence one of the questioned picture covers, along its side, in the middle."""
    step = 1e-3
    middle = np.array([[0.5, 0.5], [0.5 + step, 0.5], [0.5, 0.5 + step]])
    at = mapped(matrix, middle)
    return float(np.sqrt(abs(np.linalg.det((at[1:] - at[0]) / step))))


@cache
def to_unit(side: int) -> Matrix:
    """The map from places of boxes to parts of the picture; not to be written to."""
    return np.array([[1 / side, 0, 0.5 / side], [0, 1 / side, 0.5 / side], [0, 0, 1]])


@cache
def _from_unit(side: int) -> Matrix:
    """The other way round. Inverted once, not for each of thousands of pictures: 70 us each."""
    return np.asarray(np.linalg.inv(to_unit(side)), np.float64)


#: From places of luma boxes to those of colour, and back.
_COARSER: Final = np.diag([CHROMA_SIDE / SMALL_SIDE, CHROMA_SIDE / SMALL_SIDE, 1.0])
_FINER: Final = np.linalg.inv(_COARSER)


def _inner(mask: Array, reach: int) -> NDArray[np.bool_]:
    """Without ``reach`` boxes at the edges: what lies beside the picture in the copy bleeds into it."""
    whole = (mask > 254).astype(np.uint8)  # noqa: PLR2004 - nothing of the outside mixed in
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.erode(whole, square, borderType=cv2.BORDER_CONSTANT, borderValue=0) == 1, np.bool_)


def soft(pictures: Array, width: float) -> Array:
    """Blurred by a Gaussian of this width in boxes; shape (n, 96, 96)."""
    if not width:
        return pictures
    return np.stack([cv2.GaussianBlur(one, (0, 0), width, borderType=cv2.BORDER_REPLICATE) for one in pictures])


def off(one: Array, other: Array, lens: Lens) -> float:
    """Levels by which two pictures differ, one of which is laid by ``lens``; changes and edges count little."""
    apart = one.ravel()[lens.some] - other.ravel()[lens.some]
    return float(np.minimum(np.abs(apart - median(apart)), CAP).mean())


def median(values: NDArray[np.floating]) -> np.floating:
    """As `numpy.median` of one row without gaps, to the bit; that takes five times as long for 2,304 values."""
    half = len(values) // 2
    if len(values) % 2:
        return np.partition(values, half)[half]  # type: ignore[no-any-return]
    middle = np.partition(values, (half - 1, half))
    return (middle[half - 1] + middle[half]) / 2  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Moved:
    """Small picture ``at`` moved by ``move``: how it looks then, and by how many levels it is ``off``."""

    at: int
    move: Matrix
    laid: Array
    off: float


def unmoved(lens: Lens, like: Array, at: int) -> Moved:
    """Small picture ``at`` as the pose lays it."""
    laid = lens.luma(at)
    return Moved(at, np.eye(3), laid, off(laid, like, lens))


def moved(lens: Lens, like: Array, best: Moved) -> Moved:
    """An affine move of a questioned picture, fitted to how light changes from box to box (Lucas and Kanade)."""
    slopes = _slopes(like, lens)[:, :6]
    for _ in range(_ROUNDS):
        found = _step(slopes, best.laid, like, lens)
        move = _as_matrix(np.append(found, (0.0, 0.0))) @ best.move
        laid = lens.luma(best.at, move)
        again = Moved(best.at, move, laid, off(laid, like, lens))
        if again.off > best.off * _BETTER or _farthest(move) > _FARTHEST:
            break
        best = again
    return best


def settled_lens(lens: Lens, like: Array, pictures: NDArray[np.int64]) -> Lens:
    """The pose moved a little, fitted to several pairs at once: ``like``, shape (n, 96, 96), and what shows them."""
    slopes = [_slopes(one, lens) for one in like]
    numbers = pictures.tolist()
    best, laid = lens, [lens.luma(at) for at in numbers]
    before = np.mean([off(shown, one, lens) for shown, one in zip(laid, like, strict=True)])
    for _ in range(_ROUNDS):
        steps = [_step(each, shown, one, lens) for each, shown, one in zip(slopes, laid, like, strict=True)]
        again = best.moved(_as_matrix(np.median(np.stack(steps), axis=0)))
        laid = [again.luma(at) for at in numbers]
        after = np.mean([off(shown, one, lens) for shown, one in zip(laid, like, strict=True)])
        if after > before * _BETTER:
            break
        best, before = again, after
    return best


def _slopes(like: Array, lens: Lens) -> Matrix:
    """How each place's light changes with each part of a projective move; shape (places, 8)."""
    down, right = np.gradient(like)
    y, x = (each / SMALL_SIDE - 0.5 for each in np.divmod(lens.some, SMALL_SIDE))
    gx, gy = (each.ravel()[lens.some].astype(np.float64) for each in (right, down))
    along = gx * x + gy * y
    return np.column_stack([gx, gx * x, gx * y, gy, gy * x, gy * y, along * x, along * y])


def _step(slopes: Matrix, laid: Array, like: Array, lens: Lens) -> NDArray[np.float64]:
    """The parts of a move that bring a picture nearer, in boxes; light and its contrast are fitted beside them."""
    level = like.ravel()[lens.some].astype(np.float64)
    apart = laid.ravel()[lens.some].astype(np.float64) - level
    apart -= median(apart)
    scale = max(1.4826 * float(median(np.abs(apart))), 0.5)
    weights = 1 / np.maximum(1, np.abs(apart) / (1.5 * scale))
    columns = np.column_stack([slopes, level - level.mean(), np.ones(len(level))])
    ridge = np.diag([*[_STIFF * len(level)] * slopes.shape[1], 1e-3, 1e-3])
    found = np.linalg.solve(columns.T @ (columns * weights[:, None]) + ridge, columns.T @ (apart * weights))
    return np.asarray(found[: slopes.shape[1]], np.float64)


def _as_matrix(parts: NDArray[np.float64]) -> Matrix:
    """A move of places of boxes. Content that lies a distance too far is moved by it the other way."""
    across, down, tilt = parts[:3] / SMALL_SIDE, parts[3:6] / SMALL_SIDE, parts[6:] / SMALL_SIDE
    inner = np.array([[1 + across[1], across[2], across[0]], [down[1], 1 + down[2], down[0]], [*-tilt, 1.0]])
    middle = np.array([[1 / SMALL_SIDE, 0, -0.5], [0, 1 / SMALL_SIDE, -0.5], [0, 0, 1]])
    matrix = np.linalg.inv(middle) @ inner @ middle
    return np.asarray(matrix / matrix[2, 2], np.float64)


def _farthest(move: Matrix) -> float:
    """Boxes by which a corner of the picture is moved, at most."""
    corners = np.array([[0.0, 0], [SMALL_SIDE, 0], [SMALL_SIDE, SMALL_SIDE], [0, SMALL_SIDE]])
    return float(np.abs(mapped(move, corners) - corners).max())


#: Rounds in which pictures are moved; the farthest that one of them is moved by itself, in boxes.
_ROUNDS, _FARTHEST = 3, 3.0
#: Part of the difference that a move has to leave at most to be taken: what moves in the picture must not drag it.
_BETTER: Final = 0.985
#: How stiff a move is, against the mean square of the steps of light: flat pictures give no hold.
_STIFF: Final = 0.05
#: Levels above which a difference counts no more in choosing and moving: it is a change or an edge.
CAP: Final = 16.0
