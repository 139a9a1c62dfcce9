"""One track as the looks of its pictures, in arrays: what candidates, poses and alignment are worked out from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.binding.looks import MOST_CLOSE, described
from provenance.binding.reduction import width_read
from provenance.comparison import Span
from provenance.evidence import CHROMA_SIDE, CODE_BYTES, FEATURE_BYTES, NO_PTS, SMALL_BYTES, SMALL_SIDE
from provenance.matching.background import threshold
from provenance.matching.line import Lines
from provenance.matching.looks.pose import Turned

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from provenance.evidence import Larger, Measurement, Track
    from provenance.matching.line import Line

#: Quality, in sixteenths of a level, below which a picture says nothing: black and sky look like everything.
LEAST_QUALITY: Final = int(threshold("looks.quality"))
#: Small pictures of one track that are compared, spread evenly. Two tracks of 3,000 take about 200 MB.
MOST_COMPARED: Final = MOST_CLOSE
#: Seconds between small pictures that a recording is compared by at first, and that movement is judged by: the gap of
#: those of longer recordings, less what times are rounded by. Of short ones more are kept (docs/adr/0063).
APART: Final = 0.39
_PLACE_STEPS: Final = 65_536


@dataclass(frozen=True)
class Sight:
    """``line`` gives the exact times of the pictures; ``times`` the same in floating seconds, one a picture.

    ``apart``: seconds that lie between small pictures that are compared, at least: of short recordings more are kept.
    """

    source: str
    line: Line
    track: Track
    times: NDArray[np.float64]
    apart: float = field(default=0.0, kw_only=True)

    @classmethod
    def of(cls, source: str, measured: Measurement, *, apart: float = 0.0) -> Sight | None:
        """The looks of the track that a player shows; None where none were measured or times are not known."""
        shown = [one for one in measured.of_kind("video") if one.looks and one.pictures and len(one.looks) > 0]
        if not shown:
            return None
        track = next((one for one in shown if one.presentation.default), shown[0])
        line = Lines(measured).of("pictures", track)
        if line is None or track.pictures is None or NO_PTS in track.pictures.pts:
            return None
        if track.looks is None or not track.looks.small_places:
            return None
        # AVI states no order of showing, so that times of pictures with B-frames may change places; two pictures of one
        # time (a forged or damaged file) follow each other at once.
        times = np.sort(line.moments())
        return cls(source, line, track, times + np.arange(len(times)) * 1e-6, apart=apart)

    @property
    def asked(self) -> int:
        """Number of pictures that are asked about."""
        return len(self.times)

    @cached_property
    def gap(self) -> float:
        """Seconds from a picture to the next, the median."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.04

    @cached_property
    def pace(self) -> float:
        """Seconds from a small picture that is compared to the next, the median; 0 where there is one."""
        return float(np.median(np.diff(self.times[self.places]))) if len(self.places) > 1 else 0.0

    @cached_property
    def spacing(self) -> float:
        """Seconds from a small picture to the next, the median, of all that there are; 0 where there is one."""
        assert self.track.looks is not None
        places = np.array(self.track.looks.small_places, np.int64)
        return float(np.median(np.diff(self.times[places]))) if len(places) > 1 else 0.0

    @cached_property
    def is_thinned(self) -> bool:
        """Whether fewer small pictures are compared than there are."""
        return self._step > 1

    @property
    def is_full_range(self) -> bool:
        """Whether a player takes its samples for full range: where nothing is stated it does not."""
        shown = self.track.presentation
        return (shown.stated.colour_range or shown.coded.colour_range) == "pc"

    @property
    def end(self) -> float:
        """Seconds at which the last picture ends."""
        return float(self.line.seconds(max(self.line.ends)))

    @cached_property
    def codes(self) -> NDArray[np.uint8]:
        """Codes, shape (pictures, 32)."""
        assert self.track.looks is not None
        return np.frombuffer(self.track.looks.codes, np.uint8).reshape(-1, CODE_BYTES)

    @cached_property
    def says(self) -> NDArray[np.bool_]:
        """Whether each picture has enough in it to be told from others."""
        assert self.track.looks is not None
        return np.frombuffer(self.track.looks.qualities, np.uint8) >= LEAST_QUALITY

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Numbers of the pictures whose small picture is compared."""
        assert self.track.looks is not None
        return np.array(self.track.looks.small_places, np.int64)[self._chosen]

    @cached_property
    def small(self) -> NDArray[np.uint8]:
        """Luma of the small pictures, shape (n, 96, 96)."""
        assert self.track.looks is not None
        rows = np.frombuffer(self.track.looks.small, np.uint8).reshape(-1, SMALL_BYTES)
        return rows[self._chosen, : SMALL_SIDE**2].reshape(-1, SMALL_SIDE, SMALL_SIDE)

    @cached_property
    def colours(self) -> NDArray[np.uint8]:
        """Colour planes of the small pictures, shape (n, 2, 24, 24)."""
        assert self.track.looks is not None
        rows = np.frombuffer(self.track.looks.small, np.uint8).reshape(-1, SMALL_BYTES)
        return rows[self._chosen, SMALL_SIDE**2 :].reshape(-1, 2, CHROMA_SIDE, CHROMA_SIDE)

    @property
    def _step(self) -> int:
        assert self.track.looks is not None
        return -(-len(self.track.looks.small_places) // MOST_COMPARED) or 1

    @cached_property
    def _chosen(self) -> slice | NDArray[np.int64]:
        """Which of the small pictures are compared."""
        assert self.track.looks is not None
        if not self.apart:
            return slice(None, None, self._step)
        moments = self.times[np.array(self.track.looks.small_places, np.int64)]
        return spaced(moments, self.apart)[:: self._step]

    @property
    def keeps_more(self) -> bool:
        """Whether there are small pictures that are not compared because they lie too near to others."""
        return bool(self.apart) and self.track.looks is not None and self.spacing < self.apart

    @cached_property
    def featured(self) -> NDArray[np.int64]:
        """Numbers of the pictures that have local features."""
        assert self.track.looks is not None
        return np.unique(np.array([*self.track.looks.feature_places, *self._larger], np.int64))

    def features(self, picture: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Places (parts of the picture, shape (n, 2)) and descriptors (n, 32) of a picture's local features."""
        if picture in self._larger:
            return split_features(np.frombuffer(described(self._larger[picture]), np.uint8).reshape(-1, FEATURE_BYTES))
        rows, numbers = self._features
        first, last = np.searchsorted(numbers, (picture, picture + 1))
        return split_features(rows[first:last])

    @cached_property
    def _features(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        assert self.track.looks is not None
        rows = np.frombuffer(self.track.looks.features, np.uint8).reshape(-1, FEATURE_BYTES)
        return rows, np.array(self.track.looks.feature_places, np.int64)

    @cached_property
    def _larger(self) -> dict[int, Larger]:
        """Pictures whose local features are found when they are asked for: a file that codes settle needs none."""
        assert self.track.looks is not None
        return {one.place: one for one in self.track.looks.larger}

    def nearest(self, moment: float) -> int:
        """The picture that starts nearest to ``moment`` seconds."""
        return int(nearest(self.times, np.array([moment]))[0])

    def span(self, first: int, last: int) -> Span:
        """From the start of picture ``first`` to the end of picture ``last``."""
        return Span(self.line.seconds(self.line.starts[first]), self.line.seconds(self.line.ends[last]))

    def whole(self) -> Span:
        """From the first picture to the end of the last."""
        return self.span(0, len(self.line) - 1)

    @property
    def shape(self) -> float:
        """Width by height of the coded picture, as it is seen."""
        presentation = self.track.presentation
        wide, high = presentation.coded.size or presentation.stated.size or (1, 1)
        aspect = presentation.stated.sample_aspect
        return wide / max(1, high) * (float(aspect) if aspect else 1.0)

    @cached_property
    def read(self) -> float:
        """Part of the coded picture's width that its small pictures hold: up to 15 columns on the right are left out.

        Of pictures 204 wide that is one part in seventeen (docs/formats/measurements.md, box means).
        """
        presentation = self.track.presentation
        size = presentation.coded.size or presentation.stated.size
        used = None if size is None else width_read(size, SMALL_SIDE, SMALL_SIDE)
        return 1.0 if size is None or used is None else used / size[0]

    @property
    def as_shown(self) -> NDArray[np.float64]:
        """The map of places in its small pictures to places in the whole picture, as players turn and mirror it."""
        presentation = self.track.presentation
        whole = np.diag([self.read, 1.0, 1.0])
        return np.asarray(Turned(presentation.mirrored, presentation.rotation).matrix @ whole, np.float64)

    def length(self) -> Fraction:
        """Seconds that are shown."""
        return self.whole().length


def split_features(rows: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Places (parts of the picture, shape (n, 2)) and descriptors (n, 32) of rows of local features, shape (n, 36)."""
    places = (rows[:, :4].copy().view(">u2") / np.float32(_PLACE_STEPS)).astype(np.float32)
    return places, np.ascontiguousarray(rows[:, 4:])


def spaced(moments: NDArray[np.float64], apart: float) -> NDArray[np.int64]:
    """Numbers of those of ascending moments that lie at least ``apart`` after the one before, from the first on."""
    kept: list[int] = []
    for at, moment in enumerate(moments.tolist()):
        if not kept or moment - moments[kept[-1]] >= apart:
            kept.append(at)
    return np.array(kept, np.int64)


def nearest(times: NDArray[np.float64], moments: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each of ``moments`` (any shape) the place of the nearest of ``times``, which ascend; the earlier of two."""
    if len(times) == 1:
        return np.zeros(np.shape(moments), np.int64)
    after = np.clip(np.searchsorted(times, moments), 1, len(times) - 1)
    earlier = moments - times[after - 1] <= times[after] - moments
    return np.asarray(after - earlier, np.int64)
