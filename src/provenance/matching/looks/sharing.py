"""Which recordings share local features with a file in hand, the likeliest first: by votes, then by poses that agree.

As in :mod:`library`, what is held only orders the recordings that are compared.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

from provenance.evidence import CODE_BYTES, FEATURE_BYTES
from provenance.matching.looks.candidates import FEATURE_BITS, agreed, asked_pictures
from provenance.matching.looks.library import Proposed
from provenance.matching.looks.sight import split_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.candidates import Agreement
    from provenance.matching.looks.sight import Sight

    #: Number of a recording, and of its picture.
    Spot = tuple[int, int]

#: Local features of a questioned picture that are asked about, as they are and as in a mirror; nearest ones of each.
_FEATURES_ASKED, _FEATURES_NEAREST = 75, 32
#: Tiles of the picture each way of which one is asked after the other: of 56 short copies with captions, banners and
#: bars among 43 recordings the right one was among the first twelve in 28 by the strongest features, in 55 by these
#: (docs/adr/0063).
_FEATURE_TILES: Final = 6
#: Local features of one picture that have to be near for its recording to be compared.
_LEAST_FEATURES: Final = 4
#: Pictures of recordings, the most voted for, of which is asked whether a pose agrees, about 2 ms each, and of one
#: recording. Of the same 56 copies the right recording was the first in 44 by votes and in 54 by poses.
_LAID, _LAID_OF_ONE = 48, 3
#: Local features searched at once, and by default in all: 2 million are 64 MB and 1.5 ms a feature on one thread, and
#: those of seven hours of video.
FEATURES_AT_ONCE: Final = 2_000_000


def ranked_by_features(questioned: Sight, held: Sequence[tuple[str, bytes]]) -> list[Proposed]:
    """Recordings that share local features with the file in hand, the likeliest first.

    Those in which a pose agrees with many come before those of which single features are alike.
    ``held``: (source, rows of a features blob) of as many as are searched at once.
    """
    library = _Features(held)
    votes: dict[Spot, int] = {}
    asked: dict[Spot, int] = {}
    for picture in asked_pictures(questioned, library.count, 2 * _FEATURES_ASKED):
        for spot, count in library.near(_spread(*questioned.features(picture))):
            if count > votes.get(spot, _LEAST_FEATURES - 1):
                votes[spot], asked[spot] = count, picture
    likely = sorted(votes, key=lambda one: (-votes[one], one))
    weights: dict[int, float] = {}
    for spot in reversed(likely):
        weights[spot[0]] = float(votes[spot])
    for spot in _some_of_each(likely):
        laid = agreed(questioned.features(asked[spot]), library.features(spot))
        if laid is not None:  # more than any votes
            weights[spot[0]] = max(weights[spot[0]], 2 * _FEATURES_ASKED + _covered(laid))
    return [Proposed(held[one][0], weights[one]) for one in sorted(weights, key=lambda one: (-weights[one], one))]


def _covered(laid: Agreement) -> float:
    """Tiles of the evidence picture in which features agree, and, less than a tile, how many do.

    Another recording with the same banner agrees as well, in many features and few tiles.
    """
    return len(np.unique(_tiles(laid.places))) + laid.count / (laid.count + _FEATURES_ASKED)


def _tiles(places: NDArray[np.float32]) -> NDArray[np.int64]:
    """Numbers of the tiles that places of a picture lie in."""
    inside = np.clip(places * _FEATURE_TILES, 0, _FEATURE_TILES - 1).astype(np.int64)
    return np.asarray(inside[:, 0] + _FEATURE_TILES * inside[:, 1], np.int64)


def _some_of_each(spots: Sequence[Spot]) -> list[Spot]:
    """The first of them, no recording too often."""
    taken: Counter[int] = Counter()
    chosen = []
    for spot in spots:
        taken[spot[0]] += 1
        if taken[spot[0]] <= _LAID_OF_ONE:
            chosen.append(spot)
    return chosen[:_LAID]


def _spread(places: NDArray[np.float32], described: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The descriptors that are asked about, as they are and as in a mirror: of every tile the strongest.

    The strongest of all would be those of a caption or a banner.
    """
    half = len(described) // 2
    tiles = _tiles(places)
    chosen: list[int] = []
    for first, last in ((0, half), (half, len(described))):
        mine = tiles[first:last]
        order = np.argsort(mine, kind="stable")
        starts = np.searchsorted(mine[order], mine[order])
        turns = np.empty(len(mine), np.int64)
        turns[order] = np.arange(len(mine)) - starts
        chosen += (first + np.argsort(turns, kind="stable")[:_FEATURES_ASKED]).tolist()
    return np.ascontiguousarray(described[chosen])


class _Features:
    """Local features of some recordings."""

    def __init__(self, held: Sequence[tuple[str, bytes]]) -> None:
        self._rows = [np.frombuffer(features, np.uint8).reshape(-1, 4 + FEATURE_BYTES) for _, features in held]
        self._starts = np.cumsum([0, *map(len, self._rows)])
        self.count = int(self._starts[-1])
        every = [np.zeros((0, 4 + FEATURE_BYTES), np.uint8), *self._rows]
        self._described = np.concatenate([one[:, -CODE_BYTES:] for one in every])
        self._pictures = np.concatenate([_numbers(one) for one in every])

    def near(self, asked: NDArray[np.uint8]) -> Iterator[tuple[Spot, int]]:
        """Each picture with any that are near to those asked about, and to how many."""
        if not self.count or not len(asked):
            return
        bits, near = faiss.knn_hamming(asked, self._described, min(_FEATURES_NEAREST, self.count))
        which, columns = np.nonzero((bits <= FEATURE_BITS) & (near >= 0))
        found = near[which, columns]
        owners = np.searchsorted(self._starts, found, side="right") - 1
        shared = np.unique(np.column_stack([owners, self._pictures[found], which]), axis=0)[:, :2]
        spots, counts = np.unique(shared, axis=0, return_counts=True)
        yield from (
            ((owner, picture), count) for (owner, picture), count in zip(spots.tolist(), counts.tolist(), strict=True)
        )

    def features(self, spot: Spot) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Places and descriptors of one picture's local features."""
        rows = self._rows[spot[0]]
        return split_features(rows[_numbers(rows) == spot[1], 4:])


def _numbers(rows: NDArray[np.uint8]) -> NDArray[np.int64]:
    return rows[:, :4].copy().view(">u4")[:, 0].astype(np.int64)
