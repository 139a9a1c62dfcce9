"""Pictures of both files laid on each other, one pair for each small picture of the evidence.

All that honest copying does to a picture as a whole is taken out here: where it lies (to a fraction of a box, picture
by picture: hands shake), which of the questioned pictures it is, how sharp it is. What is left are differences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import CHROMA_SIDE, SMALL_SIDE
from provenance.matching.looks.changing.tone import Tone, colours_fitted
from provenance.matching.looks.pose import mapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]
    Matrix = NDArray[np.float64]

#: Questioned pictures tried on either side of the nearest one (matching.md, point 6).
_BESIDE: Final = 2
#: Blurs of the evidence tried, in boxes: a copy of 144 lines, or small inside bars, is softer than the evidence.
_BLURS: Final = (0.0, 0.6, 0.9, 1.3, 1.9, 2.8)
#: Blur of both, in boxes: single boxes carry noise, and where their edges fall differs from size to size.
_BOTH: Final = 0.5
#: Rounds in which pictures are moved onto each other; the farthest that one is moved, in boxes.
_ROUNDS, _FARTHEST = 3, 3.0
#: Levels above which a difference counts no more in choosing and moving: it is a change or an edge.
_CAP: Final = 16.0


@dataclass(frozen=True)
class Overlaid:
    """Pairs of pictures, one row each, in the evidence picture's frame.

    ``wanted``: questioned seconds at which the evidence's pictures should be, ``moments``: those of the pictures that
    were paired with them; shape (n,). ``gap``: seconds between questioned small pictures.
    ``evidence``, ``questioned``: luma of shape (n, 96, 96), the former in
    the copy's tone; ``beside``: the questioned pictures before and after, shape (2, n, 96, 96). ``colours`` and
    ``questioned_colours``: shape (n, 2, 24, 24). ``seen``, ``seen_colours``: where both show something. ``as_coded``:
    luma and colours of the evidence in its own tone.
    """

    wanted: NDArray[np.float64]
    moments: NDArray[np.float64]
    gap: float
    evidence: Array
    questioned: Array
    beside: Array
    colours: Array
    questioned_colours: Array
    colours_beside: Array
    seen: NDArray[np.bool_]
    seen_colours: NDArray[np.bool_]
    as_coded: tuple[Array, Array]

    def moves(self, beside: Array) -> Array:
        """What changes from the picture before to the one after, as far as a picture is of another moment.

        A course that is off by the same everywhere is no other moment: what counts is how moments stray from a line.
        """
        late = self.moments - self.wanted
        if len(late) >= _LINE:
            late = late - np.polyval(np.polyfit(self.wanted, late, 1), self.wanted)
        share = np.minimum(1.0, np.abs(late) / (self.gap / 2)).astype(np.float32)
        return np.asarray(np.abs(beside[1] - beside[0]) * share[:, None, None], np.float32)

    def without(self, rows: NDArray[np.bool_]) -> Overlaid:
        """The other rows."""
        kept = ~rows
        return Overlaid(
            self.wanted[kept],
            self.moments[kept],
            self.gap,
            self.evidence[kept],
            self.questioned[kept],
            self.beside[:, kept],
            self.colours[kept],
            self.questioned_colours[kept],
            self.colours_beside[:, kept],
            self.seen,
            self.seen_colours,
            (self.as_coded[0][kept], self.as_coded[1][kept]),
        )


def overlaid(questioned: Sight, piece: Piece, rows: NDArray[np.int64]) -> Overlaid | None:
    """Pairs for these rows of the evidence's small pictures; None where too little of the picture is seen."""
    evidence = piece.evidence
    lens = _Lens(questioned, piece.pose.matrix)
    if lens.seen.mean() < _LEAST_SEEN:
        return None
    moments = (evidence.times[evidence.places[rows]] - piece.course.offset) / piece.course.speed
    here = questioned.times[questioned.places]
    nearest = np.clip(np.searchsorted(here, moments - questioned.gap / 2), 0, len(here) - 1)
    there = _soft(evidence.small[rows].astype(np.float32), _BOTH)
    first = np.stack([lens.luma(at) for at in nearest])
    there, tone = _as_sharp(there, first, lens.seen)
    like = tone.of_luma(there)
    chosen, moves = [], []
    for at, picture in zip(nearest.tolist(), like, strict=True):
        best, move = _settled(lens, picture, at, len(here))
        chosen.append(best)
        moves.append(move)
    pictures = np.stack([lens.luma(at, move) for at, move in zip(chosen, moves, strict=True)])
    tone = Tone.fitted(there, pictures, lens.seen)
    last = len(here) - 1
    beside = np.stack(
        [
            [lens.luma(min(max(at + step, 0), last), move) for at, move in zip(chosen, moves, strict=True)]
            for step in (-1, 1)
        ]
    )
    own = evidence.colours[rows].astype(np.float32)
    shown = np.stack([lens.colours(at, move) for at, move in zip(chosen, moves, strict=True)])
    small = on_coarse_grid(there)
    colours_beside = np.stack(
        [
            [lens.colours(min(max(at + step, 0), last), move) for at, move in zip(chosen, moves, strict=True)]
            for step in (-1, 1)
        ]
    )
    predicted = colours_fitted(small, own, shown, lens.seen_colours)
    return Overlaid(
        moments,
        here[np.array(chosen)],
        float(np.median(np.diff(here))) if len(here) > 1 else questioned.gap,
        tone.settled(there, pictures, lens.seen),
        pictures,
        beside,
        predicted,
        shown,
        colours_beside,
        lens.seen,
        lens.seen_colours,
        (there, own),
    )


#: Pictures through whose moments a line is laid.
_LINE: Final = 4
#: Part of the evidence picture that has to be seen for changes to be looked for.
_LEAST_SEEN: Final = 0.03


class _Lens:
    """The questioned pictures as they lie in the evidence picture."""

    def __init__(self, questioned: Sight, matrix: Matrix) -> None:
        self._questioned = questioned
        self._matrix = matrix
        whole = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.float32)
        reach = max(1, math.ceil(stretch(matrix) - 0.05))
        self.seen = _inner(self._through(whole, SMALL_SIDE, np.eye(3)), reach)
        #: places at which pictures are compared while they are moved: every second of every second row
        sparse = np.zeros_like(self.seen)
        sparse[::2, ::2] = self.seen[::2, ::2]
        self.some = np.flatnonzero(sparse)
        coarse = np.full((CHROMA_SIDE, CHROMA_SIDE), 255, np.float32)
        self.seen_colours = _inner(self._through(coarse, CHROMA_SIDE, np.eye(3)), reach if reach > 1 else 0)

    def luma(self, at: int, move: Matrix | None = None) -> Array:
        """Small picture ``at``, moved by ``move`` in the evidence picture."""
        one = self._questioned.small[at].astype(np.float32)
        laid = self._through(one, SMALL_SIDE, np.eye(3) if move is None else move)
        return np.asarray(_soft(laid[None], _BOTH)[0], np.float32)

    def colours(self, at: int, move: Matrix) -> Array:
        """Both colour planes of a picture, shape (2, 24, 24)."""
        scale = np.diag([CHROMA_SIDE / SMALL_SIDE, CHROMA_SIDE / SMALL_SIDE, 1.0])
        coarse = scale @ move @ np.linalg.inv(scale)
        planes = self._questioned.colours[at].astype(np.float32)
        return np.stack([self._through(plane, CHROMA_SIDE, coarse) for plane in planes])

    def _through(self, picture: Array, side: int, move: Matrix) -> Array:
        """Through the pose onto a grid twice as fine, then means: boxes of one are no boxes of the other."""
        fine = np.diag([2.0, 2.0, 1.0])
        fine[:2, 2] = 0.5
        matrix = fine @ move @ np.linalg.inv(to_unit(side)) @ self._matrix @ to_unit(side)
        size = (2 * side, 2 * side)
        out = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR)
        return np.asarray(cv2.resize(out, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def stretch(matrix: Matrix) -> float:
    """How many boxes of the evidence one of the questioned picture covers, along its side, in the middle."""
    step = 1e-3
    middle = np.array([[0.5, 0.5], [0.5 + step, 0.5], [0.5, 0.5 + step]])
    at = mapped(matrix, middle)
    return float(np.sqrt(abs(np.linalg.det((at[1:] - at[0]) / step))))


def to_unit(side: int) -> Matrix:
    """The map from places of boxes to parts of the picture."""
    return np.array([[1 / side, 0, 0.5 / side], [0, 1 / side, 0.5 / side], [0, 0, 1]])


def on_coarse_grid(pictures: Array) -> Array:
    """Luma on the grid of the colour planes."""
    count, step = len(pictures), SMALL_SIDE // CHROMA_SIDE
    means: Array = pictures.reshape(count, CHROMA_SIDE, step, CHROMA_SIDE, step).mean((2, 4))
    return means


def _inner(mask: Array, reach: int) -> NDArray[np.bool_]:
    """Without ``reach`` boxes at the edges: what lies beside the picture in the copy bleeds into it."""
    whole = (mask > 254).astype(np.uint8)  # noqa: PLR2004 - nothing of the outside mixed in
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.erode(whole, square, borderType=cv2.BORDER_CONSTANT, borderValue=0) == 1, np.bool_)


def _soft(pictures: Array, width: float) -> Array:
    if not width:
        return pictures
    return np.stack([cv2.GaussianBlur(one, (0, 0), width, borderType=cv2.BORDER_REPLICATE) for one in pictures])


def _as_sharp(there: Array, first: Array, seen: NDArray[np.bool_]) -> tuple[Array, Tone]:
    """The evidence as soft as the copy is, and the copy's tone."""
    some = np.unique(np.linspace(0, len(there) - 1, 8).astype(np.int64))
    best: tuple[float, float, Tone] | None = None
    for width in _BLURS:
        softer = _soft(there[some], width)
        tone = Tone.fitted(softer, first[some], seen)
        off = float(np.minimum(np.abs(first[some] - tone.of_luma(softer))[:, seen], _CAP).mean())
        if best is None or off < best[0] - _SHARPER:
            best = off, width, tone
    assert best is not None
    return _soft(there, best[1]), best[2]


#: Levels by which a further blur must bring the pictures nearer.
_SHARPER: Final = 0.02


def _settled(lens: _Lens, like: Array, nearest: int, count: int) -> tuple[int, Matrix]:
    """The questioned picture that is most like one of the evidence, and the move that lays it there."""
    tried = [at for at in range(nearest - _BESIDE, nearest + _BESIDE + 1) if 0 <= at < count]
    offs = {at: _off(lens.luma(at), like, lens) for at in tried}
    best = min(tried, key=lambda at: (offs[at], abs(at - nearest)))
    move = _moved(lens, like, best)
    for at in (best - 1, best + 1):  # a move can make up for a moment that is off: ask near neighbours, too
        if at in offs and offs[at] < _NEAR * offs[best]:
            other = _moved(lens, like, at)
            if _off(lens.luma(at, other), like, lens) < _off(lens.luma(best, move), like, lens) - _CLEARLY:
                best, move = at, other
    return best, move


#: Levels by which a neighbouring picture must be nearer to be taken.
_CLEARLY: Final = 0.02
#: Times the difference of the best picture that a neighbour may have to be asked.
_NEAR: Final = 1.3


def _off(one: Array, other: Array, lens: _Lens) -> float:
    apart = one.ravel()[lens.some] - other.ravel()[lens.some]
    return float(np.minimum(np.abs(apart - np.median(apart)), _CAP).mean())


def _moved(lens: _Lens, like: Array, at: int) -> Matrix:
    """An affine move of a questioned picture, fitted to how light changes from box to box (Lucas and Kanade)."""
    down, right = np.gradient(like)
    y, x = (each / SMALL_SIDE - 0.5 for each in np.divmod(lens.some, SMALL_SIDE))
    gx, gy, level = (each.ravel()[lens.some].astype(np.float64) for each in (right, down, like))
    columns = np.column_stack([gx, gx * x, gx * y, gy, gy * x, gy * y, level - level.mean(), np.ones(len(x))])
    ridge = np.diag([*[_STIFF * len(x)] * 6, 1e-3, 1e-3])
    move = np.eye(3)
    before = _off(lens.luma(at), like, lens)
    for _ in range(_ROUNDS):
        apart = lens.luma(at, move).ravel()[lens.some].astype(np.float64) - level
        apart -= np.median(apart)
        scale = max(1.4826 * float(np.median(np.abs(apart))), 0.5)
        weights = 1 / np.maximum(1, np.abs(apart) / (1.5 * scale))
        found = np.linalg.solve(columns.T @ (columns * weights[:, None]) + ridge, columns.T @ (apart * weights))
        a, b = found[:3], found[3:6]
        # content that lies d too far is moved by d the other way
        half = SMALL_SIDE / 2
        step = np.array(
            [
                [1 + a[1] / SMALL_SIDE, a[2] / SMALL_SIDE, a[0] - half * (a[1] + a[2]) / SMALL_SIDE],
                [b[1] / SMALL_SIDE, 1 + b[2] / SMALL_SIDE, b[0] - half * (b[1] + b[2]) / SMALL_SIDE],
                [0, 0, 1],
            ]
        )
        again = step @ move
        after = _off(lens.luma(at, again), like, lens)
        if after >= before or np.abs(again[:2, 2]).max() > _FARTHEST + half * np.abs(again[:2, :2] - np.eye(2)).max():
            break
        move, before = again, after
    return move


#: How stiff a move is, against the mean square of the steps of light: flat pictures give no hold.
_STIFF: Final = 0.05
