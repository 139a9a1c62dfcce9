"""How alike each peer calls a copy and a recording: the higher the more. Minus infinity reaches no threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprints import Fingerprints
    from numpy.typing import NDArray

NOTHING = -np.inf
#: Signatures of a copy, five a second, that have to be alike in a row: two seconds.
WINDOW = 10
#: FFmpeg's confidence of a picture below which its signature says nothing (black has 0).
_CONFIDENT = 5


def bits(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bits that differ, every row with every row."""
    here, there = (np.unpackbits(rows, axis=1).astype(np.float32) for rows in (one, other))
    return here.sum(1)[:, None] + there.sum(1)[None, :] - 2 * here @ there.T


def vpdq_share(copy: Fingerprints, recording: Fingerprints) -> float:
    """Per cent of the copy's hashes that have one of the recording within 31 bits: as documented, a match is 80."""
    nearest = _nearest(copy.vpdq, recording.vpdq)
    return float((nearest <= 31).mean() * 100) if len(nearest) else NOTHING


def vpdq_near(share: float) -> Callable[[Fingerprints, Fingerprints], float]:
    """Bits within which this share of the copy's hashes has its like."""

    def near(copy: Fingerprints, recording: Fingerprints) -> float:
        nearest = np.sort(_nearest(copy.vpdq, recording.vpdq))
        return -float(nearest[max(0, int(np.ceil(share * len(nearest))) - 1)]) if len(nearest) else NOTHING

    return near


def iscc(copy: Fingerprints, recording: Fingerprints) -> float:
    """Bits of 256 that the two Video-Codes have in common."""
    return 256 - float(bits(copy.iscc, recording.iscc)[0, 0])


def pdq_still(copy: Fingerprints, recording: Fingerprints) -> float:
    nearest = _nearest(copy.pdq, recording.pdq)
    return -float(nearest.min()) if len(nearest) else NOTHING


def phash_still(copy: Fingerprints, recording: Fingerprints) -> float:
    nearest = _nearest(copy.phash, recording.phash)
    return -float(nearest.min()) if len(nearest) else NOTHING


def _nearest(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    return bits(one, other).min(1) if len(one) and len(other) else np.zeros(0, np.float32)


@dataclass(frozen=True)
class Found:
    """``offset``: evidence seconds less questioned seconds; ``start``, ``end``: of the copy, seconds."""

    likeness: float
    offset: float
    start: float
    end: float


def mpeg7(copy: Fingerprints, recording: Fingerprints) -> float:
    found = looked_up(copy, recording)
    return found.likeness if found else NOTHING


def looked_up(copy: Fingerprints, recording: Fingerprints) -> Found | None:
    """Our own look-up: the offset at which two seconds of fine signatures are most alike, at the same speed.

    FFmpeg's own look-up is not used: its coarse stage is dead by an integer division, it scans negative offsets only.
    """
    chosen = copy.paced
    here, times = copy.signatures[chosen], copy.times[chosen]
    there = recording.signatures
    differ = here.sum(1)[:, None] + there.sum(1)[None, :] - 2 * here @ there.T
    says = copy.confidence[chosen] >= _CONFIDENT
    step = float(np.median(np.diff(recording.times))) if len(there) > 1 else 0.04
    places = np.searchsorted(recording.times, times - step / 2)
    shifts = np.arange(-int(places[-1]), len(there))
    rows = places[:, None] + shifts[None, :]
    held = (rows >= 0) & (rows < len(there)) & says[:, None]
    along = np.where(held, differ[np.arange(len(here))[:, None], np.clip(rows, 0, len(there) - 1)], 0.0)
    wide = min(WINDOW, len(here))
    sums, counts = (_running(each.astype(np.float64), wide) for each in (along, held))
    means = np.where(counts >= wide, sums / wide, np.inf)
    if not np.isfinite(means).any():
        return None
    window, shift = np.unravel_index(int(means.argmin()), means.shape)
    middle = int(window) + wide // 2
    at = int(np.clip(places[middle] + shifts[shift], 0, len(there) - 1))
    offset = float(recording.times[at] - times[middle])
    return Found(-float(means[window, shift]), offset, float(times[window]), float(times[window + wide - 1]))


def _running(values: NDArray[np.float64], wide: int) -> NDArray[np.float64]:
    total = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), values]), axis=0)
    return total[wide:] - total[:-wide]
