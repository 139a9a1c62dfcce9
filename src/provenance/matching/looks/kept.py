"""What an index keeps of one recording's looks: about two codes a second, as the bytes of a segment of kind 6.

A segment begins with what there is to search, so that a recording that was never looked at is told from one that shows
nothing (docs/formats/archive.md).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.errors import RecordError
from provenance.evidence import CODE_BYTES, NO_PTS
from provenance.matching.background import threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.evidence import Measurement, Track

#: What there is to search: codes; pictures that were never looked at; nothing that has looks.
State = Literal["codes", "not-looked-at", "none"]
_STATES: Final[tuple[State, ...]] = ("codes", "not-looked-at", "none")
_HEAD: Final = struct.Struct(">BI")
#: Codes of one recording: two a second for 140 hours.
_MOST: Final = 1_000_000

#: Quality below which a picture says nothing (docs/formats/measurements.md).
_QUALITY: Final = int(threshold("looks.quality"))
#: Seconds from a kept code to the next (less 1 %, as small pictures have it), and bits by which it differs: frames of a
#: still scene differ by fewer, and one code of them is enough.
_GAP: Final = threshold("search.codes.gap") * 0.99
_CHANGED: Final = int(threshold("search.codes.changed"))
#: Seconds after which a code is kept although nothing changed: so long a scene is found at the right place.
_LONGEST: Final = threshold("search.codes.longest")


@dataclass(frozen=True)
class Kept:
    """Codes, shape (n, 32), and when they were shown, in seconds after the first picture, rising."""

    state: State
    codes: NDArray[np.uint8]
    times: NDArray[np.float32]


def segment_of(measured: Measurement, codes: bytes, qualities: bytes, number: int | None) -> bytes:
    """The segment of one recording; ``codes`` and ``qualities`` are of the track ``number``, None: of none."""
    if number is None:
        return _HEAD.pack(_STATES.index("not-looked-at" if measured.of_kind("video") else "none"), 0)
    track = next(one for one in measured.tracks if one.index == number)
    every = np.frombuffer(codes, np.uint8).reshape(-1, CODE_BYTES)
    times = _seconds(track)
    chosen = changing(every, np.frombuffer(qualities, np.uint8), times)
    moments = np.round(times[chosen] * 100).astype(">u4")
    return _HEAD.pack(_STATES.index("codes"), len(chosen)) + every[chosen].tobytes() + moments.tobytes()


def _seconds(track: Track) -> NDArray[np.float64]:
    """Times of the pictures of a track, rising, from 0 on; a picture without one is shown with the first."""
    assert track.pictures is not None
    known = [pts for pts in track.pictures.pts if pts != NO_PTS]
    first = min(known, default=0)
    ticks = np.array([0 if pts == NO_PTS else pts - first for pts in track.pictures.pts], np.float64)
    return np.clip(np.sort(ticks) * float(track.time_base), 0, 2**32 / 100 - 1)


def changing(codes: NDArray[np.uint8], qualities: NDArray[np.uint8], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Numbers of the pictures whose codes are kept: those that say something, at the pace at which they change."""
    chosen: list[int] = []
    for at in np.flatnonzero(qualities >= _QUALITY).tolist():
        if chosen:
            passed = times[at] - times[chosen[-1]]
            if passed < _GAP or (passed < _LONGEST and _bits(codes[at], codes[chosen[-1]]) < _CHANGED):
                continue
        chosen.append(at)
    return np.array(chosen[:_MOST], np.int64)


def _bits(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return (int.from_bytes(one.tobytes(), "big") ^ int.from_bytes(other.tobytes(), "big")).bit_count()


def parse_segment(content: bytes) -> Kept:
    """What a segment of kind 6 holds. Raises RecordError, code ``record.blob``."""
    if len(content) < _HEAD.size:
        raise RecordError("a segment of codes is cut off", code="record.blob")
    state, count = _HEAD.unpack_from(content)
    end = _HEAD.size + count * CODE_BYTES
    if state >= len(_STATES) or (state and count) or count > _MOST or len(content) != end + 4 * count:
        raise RecordError("a segment of codes is malformed", code="record.blob")
    codes = np.frombuffer(content, np.uint8, count * CODE_BYTES, _HEAD.size).reshape(-1, CODE_BYTES)
    moments = np.frombuffer(content, ">u4", count, end)
    return Kept(_STATES[state], codes, moments.astype(np.float32) / np.float32(100))
