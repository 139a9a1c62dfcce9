"""The sound print against its format page, however the sound comes in; and that hostile blobs are refused."""

import struct
from fractions import Fraction

import numpy as np
import pytest

from provenance.binding import codec
from provenance.binding.soundprint import SoundPrintObserver
from provenance.errors import RecordError
from provenance.evidence import NO_PTS, PRINT_BITS, Measurement, SoundPrint, Track
from speech import RATE, speech

TICK = Fraction(1, RATE)


def printed(samples, *, rate=RATE, piece=1024, start=0):
    observer = SoundPrintObserver(Fraction(1, rate))
    for at in range(0, len(samples), piece):
        observer.update(samples[at : at + piece], start + at, rate)
    return observer.result()


def stereo(sound, kind="i2"):
    whole = np.rint(np.stack([sound, sound], axis=1) * 30_000)
    return whole.astype("<i2") if kind == "i2" else (whole / 32768).astype(kind)


def bits(rows):
    return np.unpackbits(np.frombuffer(rows.codes, np.uint8)).reshape(-1, PRINT_BITS)


def by_the_page(sound, rate):
    """Bits and levels as docs/formats/measurements.md has them, one row after another."""
    step = max(1, rate // 5000)
    places = np.arange(8 * step) - (8 * step - 1) / 2
    taps = np.sinc(2 * 2300 / rate * places) * np.hanning(8 * step + 2)[1:-1]
    taps = np.rint(taps / taps.sum() * 2**14)
    window = np.hanning(round(0.25 * rate / step) + 2)[1:-1]
    length = next(n for n in range(len(window), 9999) if 2**20 * 3**9 * 5**9 % n == 0)
    padded = np.concatenate([np.zeros(4000 * step), sound, np.zeros(4000 * step)])
    thin = np.array(
        [padded[at - 4 * step : at + 4 * step] @ taps for at in range(4 * step, len(padded) - 4 * step, step)]
    )
    zero = 4000 - 4
    edges = 300 * (20 / 3) ** (np.arange(67) / 66) * length * step / rate
    steps, levels = [], []
    for row in range(-2, int(len(sound) / rate * 50) + 1):
        at = round(zero + row * rate / step / 50 - len(window) // 2)
        power = np.abs(np.fft.rfft(thin[at : at + len(window)] * window, length)) ** 2
        upto = np.interp(edges, np.arange(len(power) + 1), np.concatenate([[0], np.cumsum(power)]))
        energy = (upto[2:] - upto[:-2]) * 2 / (length * np.sum(window**2) * 2.0**58)
        steps.append(np.rint(256 * np.log2(energy + 1e-10)))
        levels.append(int(np.clip(np.floor(10 * np.log10(energy.sum() / 2 + 1e-30) + 95) + 1, 0, 96)))
    slopes = np.array(steps)[:, :-1] - np.array(steps)[:, 1:]
    return slopes[2:] > slopes[:-2], levels[2:]


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050, 16_000])
def test_rows_are_those_of_the_format_page(rate):
    sound = np.rint(speech("vector", 1.6)[: int(1.5 * rate)] * 30_000)
    rows = printed(sound[:, None].astype("<i2"), rate=rate)
    wanted, levels = by_the_page(sound, rate)
    assert len(rows) == len(levels) == 76
    assert list(rows.levels) == pytest.approx(levels, abs=1)
    assert (bits(rows) != wanted).mean() < 0.001


def test_pieces_and_sample_types_change_nothing():
    sound = speech("pieces", 3)
    whole = printed(stereo(sound))
    assert whole == printed(stereo(sound), piece=777) == printed(stereo(sound), piece=10**6)
    assert whole == printed(stereo(sound, "f4")) == printed(stereo(sound, "f8"))
    assert len(whole.codes) == 8 * len(whole) == 8 * 151


def test_no_gain_changes_a_bit_where_it_is_loud():
    sound = speech("gain", 3)
    loud, quiet = (printed(stereo(sound * gain, "f8")) for gain in (1, 0.25))
    assert (bits(loud) != bits(quiet)).mean() < 0.01


def test_silence_is_known_and_has_no_bits():
    rows = printed(np.zeros((RATE * 2, 1), "<i2"))
    assert rows == SoundPrint(bytes(8 * 101), bytes(101), 0)
    assert printed(np.zeros((0, 1), "<i2")) == SoundPrint()


def test_what_is_no_number_is_silence_and_overshoot_is_cut():
    broken = np.full((RATE, 1), np.nan)
    broken[::2] = np.inf
    broken[1::2] = -1e300
    assert len(printed(broken)) == 51


def test_a_gap_is_silence_and_a_step_back_is_none():
    sound = stereo(speech("gap", 4))
    observer = SoundPrintObserver(TICK)
    observer.update(sound[: 2 * RATE], 100, RATE)
    observer.update(sound[2 * RATE :], 100 + 5 * RATE, RATE)
    rows = observer.result()
    assert (len(rows), rows.start_pts) == (351, 100)
    assert not any(rows.levels[110:245])
    assert rows.levels[20:90] == printed(sound).levels[20:90]
    assert (bits(rows)[260:340] != bits(printed(sound))[110:190]).mean() < 0.02
    observer = SoundPrintObserver(TICK)
    for at in range(0, len(sound), 4800):
        observer.update(sound[at : at + 4800], NO_PTS if at % 9600 else at // 2, RATE)
    assert observer.result().codes == printed(sound).codes


def test_a_change_of_rate_goes_on_in_time():
    sound = speech("rates", 4)
    observer = SoundPrintObserver(Fraction(1, 1000))
    observer.update(stereo(sound[: 2 * RATE]), 0, RATE)
    observer.update(stereo(sound[2 * RATE :: 2]), 2000, RATE // 2)
    ours, whole = observer.result(), printed(stereo(sound))
    assert len(ours) == len(whole)
    assert (bits(ours)[110:190] != bits(whole)[110:190]).mean() < 0.1


def test_a_print_comes_back_out_of_its_blob():
    rows = SoundPrint(bytes(range(32)), bytes([0, 5, 96, 7]), -9)
    measured = Measurement("audio", "whole", "mov", "full", (Track(3, "sound", "aac", TICK, sound_print=rows),))
    blobs = codec.to_blobs(measured)
    blob = blobs["soundprint", 3]
    assert blob[6:8] == b"\x00\x09"
    assert blob[48:57] == bytes(range(8)) + b"\x00"
    assert codec.from_blobs(blobs) == measured


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (32 + 8, b"\x02"),
        (32 + 9, b"\x01"),
        (32 + 10, b"\x00\x19"),
        (32 + 12, b"\x01"),
        (48 + 8, b"\x61"),
        (12, b"\x00\x00\x00\x08"),
    ],
    ids=["version", "zero", "pace", "reserved", "level", "width"],
)
def test_a_hostile_print_is_refused(place, value):
    rows = SoundPrint(bytes(16), bytes(2), 0)
    measured = Measurement("audio", "whole", "mov", "full", (Track(0, "sound", "aac", TICK, sound_print=rows),))
    blobs = codec.to_blobs(measured)
    blob = bytearray(blobs["soundprint", 0])
    blob[place : place + len(value)] = value
    with pytest.raises(RecordError):
        codec.from_blobs({**blobs, ("soundprint", 0): bytes(blob)})


def test_more_rows_than_there_can_be_are_refused():
    measured = Measurement("audio", "whole", "mov", "full", (Track(0, "sound", "aac", TICK, sound_print=SoundPrint()),))
    blobs = codec.to_blobs(measured)
    blob = bytearray(blobs["soundprint", 0])
    struct.pack_into(">Q", blob, 16, 2**23 + 1)
    with pytest.raises(RecordError):
        codec.from_blobs({**blobs, ("soundprint", 0): bytes(blob)})
