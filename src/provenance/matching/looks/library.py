"""Everything that is held, by codes: which recordings are worth comparing with a file in hand?

What is held only orders the recordings that are compared. Poses, alignment and likeness are worked out pair by pair
(`explaining.pieces_with`), so that a score never depends on what else is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

from provenance.evidence import CODE_BYTES
from provenance.matching.looks.candidates import FARTHEST, insets, laid_out
from provenance.matching.looks.insets import INSETS
from provenance.matching.looks.kept import parse_segment
from provenance.matching.looks.pose import EIGHT, turned_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.candidates import Frame
    from provenance.matching.looks.pose import Turned
    from provenance.matching.looks.sight import Sight

#: Questioned pictures that are asked about: two a second of a short file, then one in two seconds.
_SHORT_SECONDS, _ASKED_A_SECOND, _LONG_ASKED_A_SECOND, _MOST_ASKED = 12, 2, 0.5, 256
#: Nearest codes looked at for each: 200 recordings that look alike, with five codes each, leave room for others.
_NEAREST: Final = 1024
#: Speeds by which votes are put together, evidence seconds a questioned one.
_SLOPES: Final = (1.0, 0.5, 2 / 3, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0)
#: Recordings whose votes are put together by moments: those with the most votes at all.
_SLOPED: Final = 64
#: Recordings that are compared after a search, the most voted for first.
MOST_PROPOSED: Final = 12
#: Votes below which a recording is compared in a deep search alone: unrelated codes that are near by chance give 1 to 5
#: each; two codes of a copy cropped by a tenth give 10 each.
LEAST_VOTES: Final = 20
#: Part of the most votes that another recording has to have to be compared after the first explains the whole file.
NEARLY: Final = 0.9
#: Part of the votes of an exact copy with which a recording is compared before the file is turned and mirrored, too.
#: Estimated, not counted: codes of re-encoded copies are 10 to 30 bits apart. It orders what is asked, no more.
_CLEAR: Final = 0.25
#: Pairs of codes that are compared for small pictures in the file, but for those of one picture: about 2 s on one
#: thread (`bench/codes.py`: 160 questions to 10 million take 1.8 s). Pictures asked about at most.
_MOST_BY_INSETS, _INSET_PICTURES = 1_600_000_000, 8
#: The same for all windows of a long file, without borders: about 25 s on one thread.
_MOST_BY_WINDOWS: Final = 20_000_000_000
#: Width by height of recordings that may lie in it, beside its own: landscape, portrait, and those of older cameras.
_SHAPES: Final = (16 / 9, 9 / 16, 4 / 3)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A recording worth comparing; ``weight`` orders those of one search."""

    source: str
    weight: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recording looks like a file: ``here`` of the file, ``there`` of the recording, seconds from and to."""

    source: str
    here: tuple[float, float]
    there: tuple[float, float]
    weight: float


class CodeLibrary:
    """Codes of everything held. ``room``: no fewer bytes than all segments have together."""

    def __init__(self, segments: Iterable[tuple[str, bytes]], room: int) -> None:
        self._codes = np.empty((room // CODE_BYTES + 1, CODE_BYTES), np.uint8)
        self._times = np.empty(len(self._codes), np.float32)
        self._starts: list[int] = []
        self._sources: list[str] = []
        self.not_looked_at: set[str] = set()
        total = 0
        for source, content in segments:
            kept = parse_segment(content)
            if kept.state == "not-looked-at":
                self.not_looked_at.add(source)
            if kept.state != "codes":
                continue
            self._starts.append(total)
            self._sources.append(source)
            end = total + len(kept.codes)
            if end > len(self._codes):  # another process added to the index since it was measured
                self._codes = np.concatenate([self._codes, np.empty_like(kept.codes)])
                self._times = np.concatenate([self._times, np.empty_like(kept.times)])
            self._codes[total:end], self._times[total:end] = kept.codes, kept.times
            total = end
        self._codes, self._times = self._codes[:total], self._times[:total]
        self.not_looked_at -= set(self._sources)

    @property
    def sources(self) -> frozenset[str]:
        """Recordings that are searched: those whose pictures were looked at, whatever these show."""
        return frozenset(self._sources)

    @property
    def longest(self) -> float:
        """Seconds of the longest recording, up to its last code."""
        return float(self._times.max()) if len(self._times) else 0.0

    def likely(self, questioned: Sight) -> list[Proposed]:
        """Recordings that clearly look like the file as it lies, neither turned nor mirrored: an eighth of the search.

        Empty where no recording has a quarter of the votes that an exact copy would have.
        """
        asked = laid_out(questioned, _asked(questioned))
        ranked = self._ranked(asked, EIGHT[:1])
        clear = _CLEAR * (FARTHEST + 1) * max((len(frame.codes) for frame in asked), default=0)
        return ranked if ranked and ranked[0].weight >= clear else []

    def ranked(self, questioned: Sight) -> list[Proposed]:
        """Every recording that looks like some of the file in hand, the likeliest first; earlier ones at a tie."""
        return self._ranked(laid_out(questioned, _asked(questioned)), EIGHT)

    def around_insets(self, questioned: Sight) -> list[Proposed]:
        """As :meth:`ranked`, of what may be small pictures in the file; of a large library fewer pictures are asked."""
        asked = _MOST_BY_INSETS // (len(EIGHT) * INSETS * max(len(self._codes), 1))
        shapes = [one / questioned.shape for one in (questioned.shape, *_SHAPES)]
        return self._ranked(insets(questioned, min(max(asked, 1), _INSET_PICTURES), shapes), EIGHT)

    def affordable(self, windows: int) -> int:
        """Pictures of each of so many windows of a file that can be asked about, 256 at most, 4 at least."""
        return min(_MOST_ASKED, max(4, _MOST_BY_WINDOWS // (len(EIGHT) * windows * max(len(self._codes), 1))))

    def places(self, questioned: Sight, most: int, pictures: int | None = None) -> list[Place]:
        """The ``most`` likeliest places of what is asked about, in the eight ways to lay it, the likeliest first.

        ``pictures`` are asked about, or as many as in :meth:`ranked`.
        """
        found: list[Place] = []
        if len(self._codes):
            for frame in laid_out(questioned, pictures or _asked(questioned)):
                for way in EIGHT:
                    found += self._placed(frame, turned_codes(frame.codes, way), most)
        chosen: list[Place] = []
        for one in sorted(found, key=lambda each: -each.weight):
            if len(chosen) == most:
                break
            if not any(_is_within(one, other) for other in chosen):
                chosen.append(one)
        return chosen

    def _placed(self, frame: Frame, asked: NDArray[np.uint8], most: int) -> Iterator[Place]:
        owners, rows, weights, shown = self._near(asked)
        if not len(rows):
            return
        for slope in _SLOPES:
            moments = np.floor(shown - slope * frame.times[rows]).astype(np.int64)
            moments -= moments.min()
            for shift in (0, 1):
                spots = owners * (int(moments.max()) + 2) + (moments + shift) // 2
                names, sums = _summed(spots, rows, weights)
                for spot in np.argsort(-sums, kind="stable")[:most].tolist():
                    mine = spots == names[spot]
                    here, there = frame.times[rows[mine]], shown[mine]
                    yield Place(
                        self._sources[int(owners[mine][0])],
                        (float(here.min()), float(here.max())),
                        (float(there.min()), float(there.max())),
                        float(sums[spot]),
                    )

    def _ranked(self, frames: Sequence[Frame], ways: Sequence[Turned]) -> list[Proposed]:
        best: dict[int, float] = {}
        if not len(self._codes):
            return []
        for frame in frames:
            for way in ways:
                for owner, weight in self._voted(frame, turned_codes(frame.codes, way)):
                    best[owner] = max(best.get(owner, 0.0), weight)
        found: dict[str, float] = {}
        for owner, weight in best.items():
            source = self._sources[owner]
            found[source] = max(found.get(source, 0.0), weight)
        order = {source: place for place, source in reversed(list(enumerate(self._sources)))}
        ranked = sorted(found, key=lambda one: (-found[one], order[one]))
        return [Proposed(source, found[source]) for source in ranked]

    def _voted(self, frame: Frame, asked: NDArray[np.uint8]) -> Iterator[tuple[int, float]]:
        """Number and votes of every recording that has codes near to those asked about."""
        owners, rows, weights, shown = self._near(asked)
        if not len(rows):
            return
        # Half of what all codes say, at whatever moments, counts as well: a speed may be none of those tried.
        votes = _best_of(owners, rows, np.zeros(len(rows), np.int64), weights) / 2
        likely = np.zeros(len(votes), bool)
        likely[np.argsort(-votes, kind="stable")[:_SLOPED]] = True
        kept = likely[owners]
        owners, rows, weights, shown = owners[kept], rows[kept], weights[kept], shown[kept]
        for slope in _SLOPES:
            moments = np.floor(shown - slope * frame.times[rows]).astype(np.int64)
            for shift in (0, 1):  # within two seconds, wherever they begin
                again = _best_of(owners, rows, (moments + shift) // 2, weights)
                votes[: len(again)] = np.maximum(votes[: len(again)], again)
        yield from ((int(owner), float(votes[owner])) for owner in np.unique(owners))

    def _near(
        self, asked: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Of every code near to one asked about: its recording, the row of the one asked, its weight, its seconds."""
        bits, near = faiss.knn_hamming(np.ascontiguousarray(asked), self._codes, min(_NEAREST, len(self._codes)))
        rows, columns = np.nonzero((bits <= FARTHEST) & (near >= 0))
        found = near[rows, columns]
        weights = (FARTHEST + 1 - bits[rows, columns]).astype(np.float64)
        owners = np.searchsorted(self._starts, found, side="right") - 1
        return owners, rows, weights, self._times[found].astype(np.float64)


def _is_within(one: Place, other: Place) -> bool:
    """Whether ``one`` says nothing beyond ``other``: the same recording, at places that overlap in both."""
    return one.source == other.source and all(
        first <= end + _ONE_PLACE and start <= last + _ONE_PLACE
        for (first, last), (start, end) in ((one.here, other.here), (one.there, other.there))
    )


#: Seconds between two places that are taken for one.
_ONE_PLACE: Final = 2.0


def _best_of(
    owners: NDArray[np.int64], asked: NDArray[np.int64], moments: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """For each owner the most that one moment gets, each picture asked about counting once there."""
    moments = moments - moments.min()
    width = int(moments.max()) + 1
    spots, sums = _summed(owners * width + moments, asked, weights)
    out = np.zeros(int(owners.max()) + 1)
    np.maximum.at(out, spots // width, sums)
    return out


def _summed(
    spots: NDArray[np.int64], asked: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every spot and its votes, each picture asked about counting once there."""
    count = int(asked.max()) + 1
    places = spots * count + asked
    order = np.lexsort((-weights, places))
    first = np.ones(len(order), bool)
    first[1:] = places[order][1:] != places[order][:-1]
    counted = order[first]
    names, inverse = np.unique(places[counted] // count, return_inverse=True)
    return np.asarray(names, np.int64), np.asarray(np.bincount(inverse, weights=weights[counted]), np.float64)


def _asked(questioned: Sight) -> int:
    seconds = float(questioned.length())
    rest = max(0.0, seconds - _SHORT_SECONDS) * _LONG_ASKED_A_SECOND
    return min(_MOST_ASKED, max(_ASKED_A_SECOND * 2, round(min(seconds, _SHORT_SECONDS) * _ASKED_A_SECOND + rest)))
