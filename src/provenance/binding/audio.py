"""Blocks of decoded sound with their level."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from provenance.evidence import NO_PTS, SILENCE, UNIT_DIGEST_BYTES, SoundBlockRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Sample frames a block (formats section 3).
BLOCK = 1024

#: RMS below which a block is silence, dB under full scale: one step of 16-bit samples is -90, dither -93 to -96.
_FLOOR_DB = -95
_LEVELS = 96


class SoundObserver:
    """Observer of decoded, presented sample frames of one track, in order."""

    def __init__(self, sample_rate: int) -> None:
        """``sample_rate``: Hz."""
        self._sample_rate = sample_rate
        self._digests: list[bytes] = []
        self._levels = bytearray()
        self._start = NO_PTS
        self._rest: list[NDArray[np.generic]] = []
        self._waiting = 0

    def update(self, samples: NDArray[np.generic], pts: int) -> None:
        """Take sample frames: array (frames, channels) of the decoder's own sample type; ``pts`` in ticks."""
        if self._start == NO_PTS:
            self._start = pts
        if self._waiting and (samples.dtype, samples.shape[1:]) != (self._rest[0].dtype, self._rest[0].shape[1:]):
            self._flush()  # the stream changes its channels or sample type: a block never mixes them
        self._rest.append(samples)
        self._waiting += len(samples)
        if self._waiting < BLOCK:
            return
        whole = self._rest[0] if len(self._rest) == 1 else np.concatenate(self._rest)
        full = self._waiting - self._waiting % BLOCK
        for top in range(0, full, BLOCK):
            self._close(whole[top : top + BLOCK])
        self._rest = [whole[full:].copy()]
        self._waiting -= full

    def result(self) -> SoundBlockRows:
        """The rows; the last block may be shorter."""
        self._flush()
        start = 0 if self._start == NO_PTS else self._start
        return SoundBlockRows(tuple(self._digests), bytes(self._levels), start, self._sample_rate)

    def _flush(self) -> None:
        if self._waiting:
            self._close(np.concatenate(self._rest))
        self._rest, self._waiting = [], 0

    def _close(self, block: NDArray[np.generic]) -> None:
        little = np.ascontiguousarray(block.astype(block.dtype.newbyteorder("<"), copy=False))
        self._digests.append(hashlib.sha256(little.data).digest()[:UNIT_DIGEST_BYTES])
        self._levels.append(level(block))


def level(block: NDArray[np.generic]) -> int:
    """0 = silence, else 1 + whole dB above -95 dB full scale of the RMS over all channels, at most 96."""
    values = block.astype(np.float64)
    half = float(2 ** (8 * block.dtype.itemsize - 1))
    if block.dtype.kind == "i":
        values /= half
    elif block.dtype.kind == "u":
        values = (values - half) / half
    power = float(np.mean(np.square(values))) if values.size else 0.0
    if not np.isfinite(power) or power <= 10 ** (_FLOOR_DB / 10):
        return SILENCE if np.isfinite(power) else _LEVELS
    return min(_LEVELS, 1 + int(10 * np.log10(power) - _FLOOR_DB))
