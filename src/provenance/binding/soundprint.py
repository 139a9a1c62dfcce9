"""How sound sounds, in a form that survives coding: a row of 64 bits 50 times a second, after Haitsma and Kalker.

Sound becomes whole numbers before anything is added up, and the energies of bands become whole numbers before they are
compared: only the Fourier transform between is in floating point, so that another processor changes no bit but where an
energy lies within 1e-8 of a rounding edge. Decoders of lossy codecs differ by more (docs/formats/measurements.md).
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.fft import rfft  # imported by name: numpy would load it when first asked for, behind the closed door

from provenance.evidence import MOST_PRINTED, NO_PTS, PRINT_BITS, PRINT_LEVELS, PRINT_RATE, SILENCE, SoundPrint

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Seconds of one row's window. Half-second stretches of 15 real sounds, coded again in 10 ways, had bit error rates of
#: 0.39 at most with 0.25 s as with 0.37 s (the published length); the shorter one blurs edges of an overdub less.
WINDOW: Final = 0.25
#: Hz between which bands lie: what a telephone (300 to 3,400 Hz) and low bit rates keep.
LOWEST, HIGHEST = 300.0, 2000.0
#: Samples a second that the sound is thinned to at least; twice the highest band and room for the filter.
_THINNED = 5000
#: Length of the thinning filter in thinned samples, its corner in Hz, and its scale: whole numbers add up exactly.
_TAPS, _CORNER, _TAP_SCALE = 8, 2300.0, 2**14
#: Full scale of 16 bits, and the most a sample may be (decoders of floats overshoot, forged ones know no end).
_FULL, _MOST = 2.0**15, 2.0**18
#: Rows by which the row lies behind that it is compared with: 40 ms against 20 ms made copies of 16 kb/s 0.01 better.
_LAG: Final = 2
#: Steps of an octave of energy.
_STEPS: Final = 256
#: Energy added to each band, as a part of full scale: silence of any coder is then one level. -100 dB.
_QUIET: Final = 1e-10
#: Seconds by which a packet may come late or early without being a gap: rounding of time bases, and one packet.
_LATE: Final = Fraction(1, 20)
#: A longer gap is not believed.
_MOST_GAP: Final = 3600
#: dB below full scale at which levels begin, as with blocks of sound.
_FLOOR_DB: Final = -95
#: Seconds of sound that are worked on at once.
_BATCH: Final = 2


class SoundPrintObserver:
    """Observer of decoded, presented sample frames of one track, in order. ``time_base``: seconds a tick."""

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._start: int | None = None
        self._codes: list[bytes] = []
        self._levels: list[bytes] = []
        self._rows = 0
        self._stretch: _Stretch | None = None

    def update(self, samples: NDArray[np.generic], pts: int, rate: int) -> None:
        """Take sample frames: array (frames, channels) of the decoder's own type; ``pts`` in ticks, ``rate`` in Hz."""
        if not len(samples) or rate <= 0 or self._rows >= MOST_PRINTED:
            return
        if self._start is None:
            self._start = 0 if pts == NO_PTS else pts
        stretch = self._stretch
        moment = None if pts == NO_PTS else (pts - self._start) * self._time_base
        if stretch is None or stretch.rate != rate or self._is_gap(stretch.end, moment):
            begins = Fraction(0) if stretch is None else stretch.end
            self._close()
            if moment is not None and self._is_gap(begins, moment):
                begins = moment
            stretch = self._begin(begins, rate)
        stretch.add(samples)
        if stretch.waiting >= _BATCH * rate:
            self._take(*stretch.rows())

    def result(self) -> SoundPrint:
        """The rows."""
        self._close()
        return SoundPrint(b"".join(self._codes), b"".join(self._levels), self._start or 0)

    @staticmethod
    def _is_gap(end: Fraction, moment: Fraction | None) -> bool:
        """Whether sound at ``moment`` leaves something out behind ``end``; a step back is none."""
        return moment is not None and _LATE < moment - end <= _MOST_GAP

    def _begin(self, begins: Fraction, rate: int) -> _Stretch:
        """A stretch that starts ``begins`` seconds behind the first sample; rows before it are silence."""
        first = -(-begins * PRINT_RATE // 1)
        empty = max(0, min(int(first), MOST_PRINTED) - self._rows)
        self._take(bytes(empty * PRINT_BITS // 8), bytes(empty))
        self._stretch = _Stretch(begins, rate, self._rows)
        return self._stretch

    def _close(self) -> None:
        if self._stretch is not None:
            self._take(*self._stretch.rows(last=True))
            self._stretch = None

    def _take(self, codes: bytes, levels: bytes) -> None:
        self._codes.append(codes)
        self._levels.append(levels)
        self._rows += len(levels)


class _Stretch:
    """Sound of one sample rate without a gap, from ``begins`` seconds on; ``row``: number of its first row."""

    def __init__(self, begins: Fraction, rate: int, row: int) -> None:
        self.rate = rate
        self.waiting = 0
        self._begins = begins
        self._row = row
        self._taken = 0
        self._step = max(1, rate // _THINNED)
        thinned = rate / self._step
        self._filter = _filter(self._step, rate)
        self._window = np.hanning(round(WINDOW * thinned) + 2)[1:-1]
        self._length = _friendly(len(self._window))
        self._edges = _edges(self._length / thinned)
        # the first row is centred at its moment, and those that it is compared with lie before it, where nothing is
        lead = len(self._window) // 2 - float(Fraction(row - _LAG, PRINT_RATE) - begins) * thinned
        self._lead = max(0, int(np.ceil(lead)))
        self._first = self._lead - lead  # place of the first window, in thinned samples
        self._pace = thinned / PRINT_RATE
        self._made = 0
        self._dropped = 0
        self._raw: list[NDArray[np.generic]] = []
        half = _TAPS * self._step // 2
        self._mono = np.zeros(half + self._lead * self._step)
        self._thin = np.zeros(0)
        self._before = np.zeros((0, PRINT_BITS), np.int64)

    @property
    def end(self) -> Fraction:
        """Seconds behind the first sample of the track at which the sound so far ends."""
        return self._begins + Fraction(self._taken, self.rate)

    def add(self, samples: NDArray[np.generic]) -> None:
        if self._raw and (samples.dtype, samples.shape[1:]) != (self._raw[0].dtype, self._raw[0].shape[1:]):
            self._mix()
        self._raw.append(samples)
        self._taken += len(samples)
        self.waiting += len(samples)

    def rows(self, *, last: bool = False) -> tuple[bytes, bytes]:
        """Codes and levels of the rows that can be told by now; with ``last``, up to the end of the sound."""
        self._mix()
        if last:
            tail = (len(self._window) + _TAPS) * self._step
            self._mono = np.concatenate([self._mono, np.zeros(tail)])
        self._thin = np.concatenate([self._thin, self._thinned()])
        most = int((self._dropped + len(self._thin) - len(self._window) - self._first) // self._pace) + 1
        if last:
            most = min(most, int(self.end * PRINT_RATE // 1) - self._row + _LAG + 1)
        places = np.rint(self._first + np.arange(self._made, max(most, self._made)) * self._pace).astype(np.int64)
        energies = self._energies(places - self._dropped)
        self._made += len(places)
        keep = int(self._first + self._made * self._pace) - self._dropped
        self._thin, self._dropped = self._thin[max(keep, 0) :], self._dropped + max(keep, 0)
        return self._told(energies)

    def _mix(self) -> None:
        """One channel of whole numbers out of what waits."""
        if self._raw:
            samples = np.concatenate(self._raw)
            self._raw, self.waiting = [], 0
            mono = np.mean(samples, axis=1, dtype=np.float64)
            if samples.dtype.kind == "f":
                mono = np.nan_to_num(mono * _FULL, nan=0.0)
            else:
                half = 2.0 ** (8 * samples.dtype.itemsize - 1)
                mono = (mono - half if samples.dtype.kind == "u" else mono) * (_FULL / half)
            self._mono = np.concatenate([self._mono, np.rint(np.clip(mono, -_MOST, _MOST))])

    def _thinned(self) -> NDArray[np.float64]:
        step, mono = self._step, self._mono
        count = len(mono) // step - _TAPS + 1
        if count <= 0:
            return np.zeros(0)
        parts = mono[: (count + _TAPS - 1) * step].reshape(-1, step) @ self._filter
        self._mono = mono[count * step :]
        thin = np.zeros(count)
        for tap in range(_TAPS):
            thin += parts[tap : tap + count, tap]
        return thin

    def _energies(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Energy in each band as a part of full scale, shape (rows, PRINT_BITS + 1), and over all bands."""
        if not len(places):
            return np.zeros((0, PRINT_BITS + 1))
        windows = np.lib.stride_tricks.sliding_window_view(self._thin, len(self._window))[places]
        spectrum = rfft(windows * self._window, self._length)
        first, edges = int(self._edges[0]), self._edges
        power = spectrum.real[:, first:] ** 2 + spectrum.imag[:, first:] ** 2
        sums = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
        whole = np.minimum(edges.astype(np.int64) - first, sums.shape[1] - 2)
        part = np.minimum(edges - first - whole, 1.0)
        upto = sums[:, whole] * (1 - part) + sums[:, whole + 1] * part
        scale = 2 / (self._length * np.square(self._window).sum() * (_FULL * _TAP_SCALE) ** 2)
        energies: NDArray[np.float64] = np.maximum(upto[:, 2:] - upto[:, :-2], 0) * scale
        return energies

    def _told(self, energies: NDArray[np.float64]) -> tuple[bytes, bytes]:
        steps = np.rint(_STEPS * np.log2(energies + _QUIET)).astype(np.int64)
        slopes = np.concatenate([self._before, steps[:, :-1] - steps[:, 1:]])
        levels = self._levels(energies)[max(0, _LAG - len(self._before)) :]
        self._before = slopes[-_LAG:]
        if len(slopes) <= _LAG:
            return b"", b""
        codes = np.packbits(slopes[_LAG:] > slopes[:-_LAG], axis=1)
        return codes.tobytes(), levels.tobytes()

    @staticmethod
    def _levels(energies: NDArray[np.float64]) -> NDArray[np.uint8]:
        """0 = silence, else 1 + whole dB of the bands' energy above -95 dB of full scale, at most 96."""
        loud = 10 * np.log10(np.maximum(energies.sum(axis=1) / 2, 1e-30))  # each frequency lies in two bands
        levels: NDArray[np.uint8] = np.clip(np.floor(loud - _FLOOR_DB) + 1, SILENCE, PRINT_LEVELS).astype(np.uint8)
        return levels


@cache
def _filter(step: int, rate: int) -> NDArray[np.float64]:
    """A low pass of whole numbers, shape (step, _TAPS): column k takes part k of the sound under the filter."""
    places = np.arange(_TAPS * step) - (_TAPS * step - 1) / 2
    if step == 1:  # nothing to thin: the sample in the middle alone
        out = np.zeros((1, _TAPS))
        out[0, _TAPS // 2] = _TAP_SCALE
        return out
    taps = np.sinc(2 * _CORNER / rate * places) * np.hanning(len(places) + 2)[1:-1]
    return np.ascontiguousarray(np.rint(taps / taps.sum() * _TAP_SCALE).reshape(_TAPS, step).T)


def _edges(bins_a_hertz: float) -> NDArray[np.float64]:
    """Edges of the bands in bins of the transform: band m lies between edges m and m + 2, each half over the next."""
    count = PRINT_BITS + 3
    edges: NDArray[np.float64] = LOWEST * (HIGHEST / LOWEST) ** (np.arange(count) / (count - 1)) * bins_a_hertz
    return edges


def _friendly(length: int) -> int:
    """The next length that has no other factors than 2, 3 and 5: its transform is fast."""
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 1
