"""How pictures look, in a form that survives re-encoding: codes, small pictures, local features.

Codes, qualities and small pictures are worked out in integers, or in floating point of whole numbers below 2**53: the
same decoded pictures give the same rows whatever the processor and the linear-algebra library. Local features are
OpenCV's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.binding import reduction
from provenance.evidence import (
    CHROMA_SIDE,
    CODE_BYTES,
    FEATURE_BYTES,
    LEAST_SIDE,
    MOST_FEATURED,
    MOST_FEATURES,
    MOST_LARGER,
    MOST_SIDE,
    MOST_SMALL,
    NO_PTS,
    SMALL_SIDE,
    SMALL_STEP,
    STEP_QUALITY,
    Larger,
    Looks,
)

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from provenance.binding.pictures import Picture

#: Small pictures of a questioned file, which nobody keeps, while they lie nearer to each other than these seconds. Of
#: long files as many are taken as of recordings: of three hours one in 1.28 s, and in 5 s of them four.
MOST_CLOSE, _CLOSE = 3_000, 0.3
#: Pictures of a questioned file with local features, while they lie nearer to each other than these seconds: no more
#: are asked about at once (`ASKED_FEATURES` of matching), and each costs 15 ms with its mirror image.
_MOST_FEATURED_CLOSE, _FEATURED_CLOSE = 64, 0.75
#: Seconds up to which a recording is short: of it more is kept, so that a second of it can be told (docs/adr/0063).
#: Small pictures come at half their gap then, and pictures with local features at a quarter of theirs.
SHORT, _SMALL_OFTENER, _FEATURES_OFTENER = 8, 2, 4
#: Local features of one picture, the strongest first. The prototype of matching.md took 300 to 400.
FEATURES = MOST_FEATURES // 2
#: Levels by which a corner must differ (FAST); 10 finds features on dim and smoothed pictures, too.
_CORNER = 10
#: Frequencies kept of each direction, the constant one left out: 16 x 16 = 256 bits.
FREQUENCIES = 16
#: Scale of the cosines, rounded to whole numbers: every sum stays below 2**53, exact in any order of adding.
_COSINE = 1024
#: Reduced pictures that wait to be described: those that are thinned out before cost nothing. 230 KB each at most.
#: Of a questioned file more may wait: most are settled by codes, and then nobody asks (docs/adr/0067).
_REDUCED: Final = 64
#: Bytes of them that may wait of a track of a questioned file, 92 pictures of 16:9: further ones are described at once.
_WAITING_BYTES: Final = 12 << 20
#: Pictures coded at once.
_BATCH = 32
#: Each level of luma as the nearest multiple of the step, white as it is. Of two that are as near, the one that is an
#: even number of steps, so that a picture becomes no lighter: of cups at CRF 32 the limit of changes was 13 times the
#: area where they all went up.
IN_STEPS: Final = bytes(min(round(level / SMALL_STEP) * SMALL_STEP, 255) for level in range(256))
#: Steps of a quality: sixteenths of a level of mean difference between neighbours.
_QUALITY_STEPS = 16


def cosines(side: int = SMALL_SIDE) -> NDArray[np.float64]:
    """The lowest DCT-II vectors but the constant one, scaled to whole numbers; shape (FREQUENCIES, side)."""
    places = (2 * np.arange(side) + 1) * np.pi / (2 * side)
    waves: NDArray[np.float64] = np.rint(np.cos(np.outer(np.arange(1, FREQUENCIES + 1), places)) * _COSINE)
    return waves


def codes(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The code of each small picture: the signs of its low frequencies; shape (n, 32).

    Signs against zero, not against the median: then mirroring and quarter turns only flip and transpose bits.
    """
    wave = cosines()
    spectra = wave @ pictures.astype(np.float64) @ wave.T
    return np.packbits((spectra > 0).reshape(len(pictures), -1), axis=1)


def qualities(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean absolute difference of neighbours of each small picture, in sixteenths of a level, at most 255."""
    wide = pictures.astype(np.int32)
    across = np.abs(np.diff(wide, axis=2)).sum((1, 2))
    down = np.abs(np.diff(wide, axis=1)).sum((1, 2))
    pairs = 2 * SMALL_SIDE * (SMALL_SIDE - 1)
    steps: NDArray[np.uint8] = np.minimum((across + down) * _QUALITY_STEPS // pairs, 255).astype(np.uint8)
    return steps


class LooksObserver:
    """Observer of pictures in presentation order.

    ``small_gap`` and ``feature_gap``: seconds between small pictures, and between pictures with local features, at
    first; 0 takes every picture; of short recordings less. ``close``: for a comparison at once: as many small pictures
    as are compared, not rounded, for nobody keeps them, and their noise tells what may be a change; and local features
    as they look in a mirror, too, or the larger pictures that have them.
    """

    def __init__(self, time_base: Fraction, *, small_gap: Fraction, feature_gap: Fraction, close: bool = False) -> None:
        self._waiting: list[NDArray[np.uint8]] = []
        self._codes: list[bytes] = []
        self._qualities: list[bytes] = []
        self._count = 0
        second = 1 / float(time_base)
        near = (MOST_CLOSE, _CLOSE * second) if close else (MOST_SMALL, 0.0)
        featured = (_MOST_FEATURED_CLOSE, _FEATURED_CLOSE * second) if close else (MOST_FEATURED, 0.0)
        small, feature, until = float(small_gap) * second, float(feature_gap) * second, 0 if close else SHORT * second
        self._small = _OftenerWhileShort(_Thinned(small, MOST_SMALL, near), small / _SMALL_OFTENER, until)
        self._features = _OftenerWhileShort(
            _Thinned(feature, MOST_FEATURED, featured), feature / _FEATURES_OFTENER, until
        )
        self._reduced: dict[int, NDArray[np.uint8]] = {}
        self._close = close
        cv2.setNumThreads(1)

    def update(self, picture: Picture) -> None:
        """Take the next picture."""
        small = reduction.luma(picture, SMALL_SIDE, SMALL_SIDE)
        self._waiting.append(small)
        if len(self._waiting) == _BATCH:
            self._code()
        if self._small.is_due(picture.pts):
            colour = reduction.chroma(picture, CHROMA_SIDE, CHROMA_SIDE)
            rounds = not self._close and qualities(small[None])[0] >= STEP_QUALITY
            luma = small.tobytes().translate(IN_STEPS if rounds else None)
            self._small.add(self._count, picture.pts, luma + colour.tobytes())
        if self._features.is_due(picture.pts):
            self._features.add(self._count, picture.pts, b"")
            self._reduced[self._count] = _reduced(picture)
            if self._are_too_many():
                self._describe()
        self._count += 1

    def result(self) -> Looks:
        """The rows."""
        self._code()
        if not self._close:
            self._describe()
        small, features = self._small.result(), self._features.result()
        return Looks(
            codes=b"".join(self._codes),
            qualities=b"".join(self._qualities),
            small=b"".join(small.values()),
            small_places=tuple(small),
            small_step=1 if self._close else SMALL_STEP,
            features=b"".join(features.values()),
            feature_places=tuple(place for place, row in features.items() for _ in range(len(row) // FEATURE_BYTES)),
            larger=tuple(_larger(place, means) for place, means in self._reduced.items() if place in features),
        )

    def _are_too_many(self) -> bool:
        if not self._close:
            return len(self._reduced) > _REDUCED
        return len(self._reduced) > MOST_LARGER or sum(one.nbytes for one in self._reduced.values()) > _WAITING_BYTES

    def _code(self) -> None:
        if self._waiting:
            batch = np.stack(self._waiting)
            self._codes.append(codes(batch).tobytes())
            self._qualities.append(qualities(batch).tobytes())
            self._waiting.clear()

    def _describe(self) -> None:
        """Find the local features of the pictures that wait, where they were not thinned out."""
        for place in self._features.result():
            if place in self._reduced:
                self._features.fill(place, _rows_of(self._reduced[place], mirrored=self._close))
        self._reduced.clear()


@lru_cache(maxsize=64)  # as many as matching asks about at once; 230 KB each at most
def described(picture: Larger) -> bytes:
    """Rows of the local features of a picture as it is, then of those that it has in a mirror.

    A descriptor is no other's mirror image: the picture itself has to be turned over.
    """
    return _rows_of(np.frombuffer(picture.means, np.uint8).reshape(picture.rows, picture.columns), mirrored=True)


def _larger(place: int, means: NDArray[np.uint8]) -> Larger:
    return Larger(place, means.shape[0], means.shape[1], means.tobytes())


def _rows_of(means: NDArray[np.uint8], *, mirrored: bool) -> bytes:
    """Rows of local features: place as two u16 parts of 65,536 of the picture, then the descriptor."""
    found = _found(means)
    if mirrored:
        over = _found(np.ascontiguousarray(means[:, ::-1]))
        over["x"] = 1 - over["x"]
        found = np.concatenate([found, over])
    out = np.empty((len(found), FEATURE_BYTES), np.uint8)
    places = np.column_stack([found["x"], found["y"]]) * 65_536
    out[:, :4] = np.clip(places, 0, 65_535).astype(">u2").view(np.uint8).reshape(-1, 4)
    out[:, 4:] = found["bits"]
    return out.tobytes()


def _found(means: NDArray[np.uint8]) -> NDArray[np.void]:
    """Local features of a picture, the strongest first."""
    points, bits = cv2.ORB.create(nfeatures=FEATURES, fastThreshold=_CORNER).detectAndCompute(means, None)
    found = np.zeros(len(points), [("x", "f8"), ("y", "f8"), ("bits", "u1", (CODE_BYTES,))])
    if len(points):
        places = np.array([point.pt for point in points], np.float64)
        found["x"], found["y"] = (places[:, axis] / means.shape[1 - axis] for axis in (0, 1))
        found["bits"] = bits
    order = np.argsort([-point.response for point in points], kind="stable")[:FEATURES]
    return found[order]


def _reduced(picture: Picture) -> NDArray[np.uint8]:
    """The picture in which local features are looked for."""
    plane = picture.planes[0]
    width, height = max(1, plane.width // picture.step), plane.rows
    scale = min(1.0, MOST_SIDE / max(width, height))
    return reduction.luma(picture, max(LEAST_SIDE, round(height * scale)), max(LEAST_SIDE, round(width * scale)))


class _Thinned:
    """Rows at a pace; when there are too many, every second one goes and the pace halves.

    ``near``: how many there may be while they lie nearer to each other than that.
    """

    def __init__(self, gap: float, most: int, near: tuple[int, float] | None = None) -> None:
        self._gap = gap
        self._most = most
        self._near = near or (most, 0.0)
        self._due: float | None = None
        self.places: list[int] = []
        self.rows: list[bytes] = []
        self._times: list[int] = []

    def is_due(self, pts: int) -> bool:
        return self._due is None or pts == NO_PTS or pts >= self._due or not self._gap

    def add(self, place: int, pts: int, row: bytes) -> None:
        if len(self.rows) == self._most or (len(self.rows) >= self._near[0] and self._pace() < self._near[1]):
            del self.places[1::2], self.rows[1::2], self._times[1::2]
            self._gap = max(2 * self._gap, self._pace())
        self.places.append(place)
        self.rows.append(row)
        self._times.append(pts)
        # a little less than the gap: pts of 29.97 pictures a second do not fall on its multiples
        self._due = pts + self._gap * 0.99

    def _pace(self) -> float:
        return (self._times[-1] - self._times[0]) / max(1, len(self._times) - 1)


class _OftenerWhileShort:
    """Rows at a pace, and of a track that turns out to be short also those between, at a finer one.

    What is kept of a longer track is what its pace alone keeps.
    """

    def __init__(self, thinned: _Thinned, gap: float, until: float) -> None:
        self._thinned = thinned
        self._gap = gap
        self._until = until
        self._between: dict[int, bytes] | None = {} if gap and until else None
        self._first: int | None = None
        self._due = 0.0

    def is_due(self, pts: int) -> bool:
        if self._first is None:
            self._first = pts
        if self._between is not None and self._is_long(pts, self._first):
            self._between = None
        return self._thinned.is_due(pts) or (self._between is not None and pts >= self._due)

    def add(self, place: int, pts: int, row: bytes) -> None:
        if self._thinned.is_due(pts):
            self._thinned.add(place, pts, row)
        elif self._between is not None:
            self._between[place] = row
        self._due = pts + self._gap * 0.99  # as above

    def fill(self, place: int, row: bytes) -> None:
        """Give a place that was added its row."""
        if self._between is not None and place in self._between:
            self._between[place] = row
        else:
            self._thinned.rows[self._thinned.places.index(place)] = row

    def _is_long(self, pts: int, first: int) -> bool:
        """Whether the track is longer than that, or says of no picture, or wrongly, when it is shown."""
        unknown = NO_PTS in (pts, first)
        return unknown or pts - first > self._until or len(self._between or ()) > self._until / self._gap

    def result(self) -> dict[int, bytes]:
        """Place -> row, in order."""
        kept = dict(zip(self._thinned.places, self._thinned.rows, strict=True))
        return dict(sorted({**kept, **(self._between or {})}.items()))


assert CODE_BYTES * 8 == FREQUENCIES**2
