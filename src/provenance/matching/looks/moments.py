"""At full rate: which pictures of a recording are as good a moment for one questioned picture as its best one.

Small pictures are kept at 2.5 a second, codes of every picture. The questioned picture is laid into the frame of the
recording, what it does not show is filled from the best small picture, and its code is compared with all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.binding.looks import cosines
from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.candidates import FARTHEST
from provenance.matching.looks.pose import EIGHT, turned_codes
from provenance.matching.looks.sightings import CODED_AGAIN

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


class Moments:
    """``stretches``: first and last number of pictures that are as good, the best one's stretch first.

    ``telling``: part of the bits by which the view's pictures differ among themselves, weighed by how sure each is,
    that is as in the best moment; ``bits``: how many there are; ``usual``: what other moments
    of the view have of it, but for the likest of them.
    """

    def __init__(self, found: Glimpse) -> None:
        evidence = found.evidence
        self.spectrum = _spectrum(found)
        bits = (self.spectrum > 0).ravel()
        held = np.unpackbits(evidence.codes, axis=1).astype(bool)
        far = (held != bits).sum(1)
        there = evidence.times[evidence.places[found.best]]
        near = np.flatnonzero(np.abs(evidence.times - there) <= _NEAR)
        self.best = int(near[far[near].argmin()])
        good = far <= far[self.best] + _AS_GOOD
        if found.places < _SMALL:
            good |= _near_rivals(found)
        self.stretches = _stretches(evidence.times, good, self.best)
        rate = held[evidence.places[found.same_view]].mean(0)
        varies = (rate > _VARIES) & (rate < 1 - _VARIES)
        sure = np.minimum(np.abs(self.spectrum.ravel()) / (np.median(np.abs(self.spectrum)) + 1e-6), 1.0) * varies
        self.bits = int(varies.sum())
        agree = (sure * (held == bits)).sum(1) / max(float(sure.sum()), 1e-6)
        self.telling = float(agree[self.best])
        view = evidence.places[found.same_view]
        others = view[np.abs(evidence.times[view] - evidence.times[self.best]) > _OWN]
        self.usual = float(np.quantile(agree[others], _SELDOM)) if len(others) else 0.0

    def contradicted(self, file: Sight, at: int, evidence: Sight) -> bool:
        """Whether picture ``at`` of ``file``, laid on nothing, is far more alike to another moment than to these.

        Where the camera pans fast, the view between two small pictures can fit, shifted, one of another time, and what
        moves in it is left aside as if it were laid over the picture. A cropped still is alike to no moment as it lies.
        """
        ways = np.concatenate([turned_codes(file.codes[at : at + 1], way) for way in EIGHT])
        far = np.min([np.unpackbits(evidence.codes ^ way, axis=1).sum(1) for way in ways], axis=0)
        told = np.zeros(len(far), bool)
        for first, last in self.stretches:
            told |= np.abs(evidence.times - evidence.times[first : last + 1, None]).min(0) <= _NEAR
        return bool(far.min() <= FARTHEST and far[told].min() > far.min() + CODED_AGAIN)


def _near_rivals(found: Glimpse) -> NDArray[np.bool_]:
    """Pictures beside small pictures that are as like: what differs in few places is too small for codes to see."""
    times = found.evidence.times
    moments = times[found.evidence.places[np.flatnonzero(found.rivals >= found.likeness - _AS_LIKE)]]
    return np.asarray((np.abs(times[:, None] - moments[None]) <= _NEAR / 2).any(axis=1))


def _spectrum(found: Glimpse) -> NDArray[np.float64]:
    """Low frequencies of the questioned picture in the recording's frame, shape (16, 16)."""
    like = found.evidence.small[found.best].astype(np.float64)
    mask, seen = found.view.mask, found.view.warped.astype(np.float64)
    gain, level = np.polyfit(seen[mask], like[mask], 1)
    wave = cosines(SMALL_SIDE)
    return np.asarray(wave @ np.where(mask, gain * seen + level, like) @ wave.T)


def _stretches(times: NDArray[np.float64], good: NDArray[np.bool_], best: int) -> list[tuple[int, int]]:
    """Runs of good pictures with short gaps closed, that of the best one first, then by time."""
    places = np.flatnonzero(good)
    breaks = np.flatnonzero(np.diff(times[places]) > _GAP) + 1
    runs = [(int(run[0]), int(run[-1])) for run in np.split(places, breaks)]
    return sorted(runs, key=lambda run: (not run[0] <= best <= run[1], run[0]))
