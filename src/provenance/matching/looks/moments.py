"""At full rate: which pictures of a recording are as good a moment for one questioned picture as its best one.

Small pictures are kept at 2.5 a second, codes of every picture. The questioned picture is laid into the frame of the
recording, what it does not show is filled from the best small picture, and its code is compared with all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.binding.looks import cosines
from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.candidates import FARTHEST
from provenance.matching.looks.pose import EIGHT, turned_codes
from provenance.matching.looks.sightings import CODED_AGAIN, frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.glimpse import Glimpse
    from provenance.matching.looks.sight import Sight

#: Seconds around the best small picture in which the best moment lies: they are 0.4 s apart.
_NEAR: Final = 0.45
#: Bits by which a moment may differ more than the best one and be as good: coding again moves 10 to 30 of 256.
_AS_GOOD: Final = 3
#: Seconds around the best moment that are not asked what is usual in the view, and the part of the others that have no
#: more of its bits than what is called usual: an empty road is empty at other times, too.
_OWN, _SELDOM = 0.7, 0.85
#: Places (of 2,304) below which what differs is too small for codes, and likeness within which a small picture is as
#: good: a car far away on a road was told 4 s off (docs/adr/0055).
_SMALL, _AS_LIKE = 64, 0.01
#: Seconds between two stretches of good moments that are one.
_GAP: Final = 0.2
#: Bits that differ in this part of the view's pictures at least tell its moments apart.
_VARIES: Final = 0.1


@dataclass(frozen=True)
class Telling:
    """What a still has of the bits by which the pictures of its view differ among themselves.

    ``agree``: for each picture of the recording the part of these ``bits`` that is the still's, weighed by how sure
    each is. ``usual``: of the ``others``, small pictures of the view at other times, but for the likest of them.
    """

    agree: NDArray[np.float64]
    best: int
    bits: int
    usual: float
    others: int

    @property
    def here(self) -> float:
        """The part of the bits that is as in the best moment."""
        return float(self.agree[self.best])


class Moments:
    """``stretches``: first and last number of pictures that are as good, the best one's stretch first.

    ``told``: by which bits of codes; see `Telling`.
    """

    def __init__(self, found: Glimpse) -> None:
        evidence = found.evidence
        shown = filled(found, found.view.mask)
        bits = _spectra(shown.picture[None])[0] > 0
        far = (np.unpackbits(evidence.codes, axis=1).astype(bool) != bits).sum(1)
        self.told = told_by_bits(found, shown)
        self.best = self.told.best
        good = far <= far[self.best] + _AS_GOOD
        if found.places < _SMALL:
            good |= _near_rivals(found)
        self.stretches = _stretches(evidence.times, good, self.best)

    def contradicted(self, file: Sight, at: int, evidence: Sight) -> bool:
        """Whether picture ``at`` of ``file``, laid on nothing, is far more alike to another moment than to these.

        Where the camera pans fast, the view between two small pictures can fit, shifted, one of another time, and what
        moves in it is left aside as if it were laid over the picture. A cropped still is alike to no moment as it lies.
        """
        far = _as_it_lies(file.codes[at : at + 1], evidence)
        return bool(far.min() <= FARTHEST and far[self._near(evidence)].min() > far.min() + CODED_AGAIN)

    def is_whole(self, file: Sight, at: int, evidence: Sight) -> bool:
        """Whether picture ``at`` of ``file``, laid on nothing, is one of these moments, the whole of its picture.

        As it is or without its border. A shift or a crop that fits another moment changes the code of the whole.
        """
        near = self._near(evidence)
        return any(_as_it_lies(code, evidence)[near].min() <= CODED_AGAIN for code, _ in frames(file, at))

    def _near(self, evidence: Sight) -> NDArray[np.bool_]:
        near = np.zeros(len(evidence.times), bool)
        for first, last in self.stretches:
            near |= np.abs(evidence.times - evidence.times[first : last + 1, None]).min(0) <= _NEAR
        return near


def told_by_bits(found: Glimpse, shown: Shown, sure: float = 0.0) -> Telling:
    """What a laid still has of its best moment, by codes at full rate.

    Of bits that exceed ``sure`` times what the part that it does not show contributes to them at other moments.
    """
    evidence, view = found.evidence, found.evidence.places[found.same_view]
    asked = _spectra(shown.picture[None])[0]
    held = np.unpackbits(evidence.codes, axis=1).astype(bool)
    rate = held[view].mean(0)
    varies = (rate > _VARIES) & (rate < 1 - _VARIES)
    if sure:
        away = evidence.small[found.same_view] - evidence.small[found.best].astype(np.float64)
        varies &= np.abs(asked) > sure * np.sqrt(np.square(_spectra(np.where(shown.mask, 0.0, away))).mean(0))
    weights = np.minimum(np.abs(asked) / (np.median(np.abs(asked)) + 1e-6), 1.0) * varies
    agree = (weights * (held == (asked > 0))).sum(1) / max(float(weights.sum()), 1e-6)
    there = evidence.times[evidence.places[found.best]]
    near = np.flatnonzero(np.abs(evidence.times - there) <= _NEAR)
    best = int(near[(held != (asked > 0))[near].sum(1).argmin()])
    others = agree[view[np.abs(evidence.times[view] - evidence.times[best]) > _OWN]]
    usual = float(np.quantile(others, _SELDOM)) if len(others) else 0.0
    return Telling(agree, best, int(varies.sum()), usual, len(others))


def _near_rivals(found: Glimpse) -> NDArray[np.bool_]:
    """Pictures beside small pictures that are as like: what differs in few places is too small for codes to see."""
    times = found.evidence.times
    moments = times[found.evidence.places[np.flatnonzero(found.rivals >= found.likeness - _AS_LIKE)]]
    return np.asarray((np.abs(times[:, None] - moments[None]) <= _NEAR / 2).any(axis=1))


@dataclass(frozen=True)
class Shown:
    """A still in the recording's frame, and where it shows anything; both of shape (96, 96)."""

    picture: NDArray[np.float64]
    mask: NDArray[np.bool_]


def filled(found: Glimpse, mask: NDArray[np.bool_]) -> Shown:
    """A laid still, as bright as its best moment; outside ``mask`` that moment itself."""
    like = found.evidence.small[found.best].astype(np.float64)
    seen = found.view.warped.astype(np.float64)
    gain, level = np.polyfit(seen[mask], like[mask], 1)
    return Shown(np.where(mask, gain * seen + level, like), mask)


def _spectra(pictures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Low frequencies of pictures (n, 96, 96), shape (n, 256)."""
    wave = cosines(SMALL_SIDE)
    return np.asarray(wave @ pictures @ wave.T, np.float64).reshape(len(pictures), -1)


def _as_it_lies(code: NDArray[np.uint8], evidence: Sight) -> NDArray[np.int64]:
    """Bits by which each picture of a recording differs from a code, laid in the best of the eight ways."""
    ways = np.concatenate([turned_codes(code, way) for way in EIGHT])
    return np.asarray(np.min([np.unpackbits(evidence.codes ^ way, axis=1).sum(1) for way in ways], axis=0), np.int64)


def _stretches(times: NDArray[np.float64], good: NDArray[np.bool_], best: int) -> list[tuple[int, int]]:
    """Runs of good pictures with short gaps closed, that of the best one first, then by time."""
    places = np.flatnonzero(good)
    breaks = np.flatnonzero(np.diff(times[places]) > _GAP) + 1
    runs = [(int(run[0]), int(run[-1])) for run in np.split(places, breaks)]
    return sorted(runs, key=lambda run: (not run[0] <= best <= run[1], run[0]))
