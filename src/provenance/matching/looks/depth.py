"""Did a camera from another place see this? Near things then lie elsewhere against far ones; in a copy nothing does.

A copy is a flat picture of the recording: one smooth map lays it on the evidence. A camera beside the first sees near
and far things apart from each other (parallax), and no smooth map puts that right. Where it stands to a side, all is
out of place along one line; where it stands nearer, along lines through one point. What is laid over a copy, noise and
blocks have no such line. It holds in both directions, whichever of the two cameras sees more.

No sign of it says nothing: from one and the same spot, or where all is far away or flat, there is no parallax.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold
from provenance.matching.looks.displaced import TILES, displaced, standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from provenance.matching.looks.displaced import Displaced

    Array = NDArray[np.float32]
    Mask = NDArray[np.bool_]
    Small = NDArray[np.uint8]

#: Boxes by which tiles are out of place along one line or away from one point, beyond those across it, from which there
#: is depth.
OUT_OF_PLACE: Final = threshold("looks.depth.outOfPlace")
#: How many times as much along as across it has to be.
ONE_WAY: Final = threshold("looks.depth.oneWay")
#: Small pictures looked at, in pairs that follow each other, spread over the piece, 10 ms each; and fewest.
_LOOKED, _LEAST_LOOKED = 20, 4
#: Tiles, each counted once a pair of pictures, that have to be told.
_LEAST_TILES: Final = 40
#: Boxes beyond which a tile counts no more than there, so that no few of them decide.
_MOST: Final = 1.0
#: Part of the tiles, those most out of place, that is left out: what else was laid over.
_LEFT_OUT: Final = 0.1
#: Boxes by which a tile may be elsewhere in the next picture, and part of where it is that is added: what moves is.
_AS_BEFORE, _OF_IT = 0.5, 0.3
#: Points tried, as parts of the picture along each side, away from which everything may be moved.
_POINTS: Final = (0.125, 0.375, 0.625, 0.875)
_ALONG: Final = (np.arange(TILES) + 0.5) / TILES
#: Middles of the tiles, right and down, as parts of the picture; shape (TILES, TILES, 2).
_PLACES: Final = np.stack(np.meshgrid(_ALONG, _ALONG), -1)


@dataclass(frozen=True, slots=True)
class Parallax:
    """``along``: boxes by which tiles are out of place along one line or from one point, ``across``: those across it.

    Roots of the mean products of two pictures that follow each other, for noise is not the same in both. Both are 0
    where it cannot be told.
    """

    along: float
    across: float

    @property
    def boxes(self) -> float:
        """What noise, of which there is as much across, leaves of what is out of place."""
        return float(np.sqrt(max(self.along**2 - self.across**2, 0.0)))

    @property
    def shown(self) -> bool:
        """Whether there is depth between the two: another camera saw it, from another place."""
        return self.boxes >= OUT_OF_PLACE and self.along >= ONE_WAY * self.across


_NOT_TOLD: Final = Parallax(0.0, 0.0)


def parallax(there: Small, here: Small, seen: Mask) -> Parallax:
    """What is out of place in ``here`` against ``there``: aligned small pictures, in order, shape (n, 96, 96).

    ``seen``: which boxes of the evidence picture the laid questioned pictures ``here`` show.
    """
    if len(there) < _LEAST_LOOKED:
        return _NOT_TOLD
    chosen = _spread(len(there))
    found = displaced(there[chosen], here[chosen], seen)
    boxes, told = _settled(found)
    follows = np.diff(chosen) == 1
    one, other = boxes[:-1][follows], boxes[1:][follows]
    apart, size = np.linalg.norm(one - other, axis=-1), np.linalg.norm(one + other, axis=-1) / 2
    both = told[:-1][follows] & told[1:][follows] & (apart < _AS_BEFORE + _OF_IT * size)
    both &= standing(there[chosen], seen)[follows]
    if both.sum() < _LEAST_TILES:
        return _NOT_TOLD
    both &= _kept((one * other).sum(-1) * both, both)
    return max(_along(one, other, both), key=lambda found: found.boxes)


def _spread(pictures: int) -> NDArray[np.int64]:
    """Which of so many pictures are looked at: all, or pairs of neighbours all through."""
    if pictures <= _LOOKED:
        return np.arange(pictures)
    first = np.linspace(0, pictures - 2, _LOOKED // 2).astype(np.int64)
    return np.unique(np.concatenate([first, first + 1]))


def _settled(found: Displaced) -> tuple[Array, Mask]:
    """The same against the middle of each picture's tiles, no tile farther than ``_MOST``."""
    pictures = zip(found.boxes, found.told, strict=True)
    middles = [np.median(boxes[told], axis=0) if told.any() else (0, 0) for boxes, told in pictures]
    boxes = found.boxes - np.array(middles, np.float32)[:, None, None]
    far = np.linalg.norm(boxes, axis=-1, keepdims=True)
    return boxes * np.minimum(1, _MOST / np.maximum(far, 1e-6)), found.told


def _kept(products: Array, both: Mask) -> Mask:
    """All tiles but those that are most out of place all through, ``_LEFT_OUT`` of what is told; shape (16, 16)."""
    order = np.argsort(-products.sum(0), axis=None, kind="stable")
    share = np.cumsum(both.sum(0).ravel()[order])
    kept = np.ones(TILES * TILES, bool)
    kept[order[share <= _LEFT_OUT * share[-1]]] = False
    return kept.reshape(TILES, TILES)


def _along(one: Array, other: Array, both: Mask) -> Iterator[Parallax]:
    """What is out of place along the line on which most is, and away from each point that is tried."""
    mine, theirs = one[both].astype(np.float64), other[both].astype(np.float64)
    shared = (mine.T @ theirs + theirs.T @ mine) / (2 * len(mine))
    across, along = np.linalg.eigvalsh(shared)
    yield _of_squares(along, across)
    for right, down in ((right, down) for down in _POINTS for right in _POINTS):
        away = _PLACES - (right, down)
        away /= np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 0.5 / SMALL_SIDE)
        ways = np.broadcast_to(away, one.shape)[both]
        along = float(((mine * ways).sum(-1) * (theirs * ways).sum(-1)).mean())
        yield _of_squares(along, float((mine * theirs).sum(-1).mean()) - along)


def _of_squares(along: float, across: float) -> Parallax:
    return Parallax(float(np.sqrt(max(along, 0.0))), float(np.sqrt(max(across, 0.0))))
