"""Sounds that are made up, beside real ones: voices, music, weather, machines; each from a name alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from speech import RATE, speech

SECONDS = 14
_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)


def made_sounds() -> dict[str, np.ndarray]:
    """Name → mono samples (-1..1) at 48 kHz, 14 s each."""
    found = {f"voice {number}": speech(f"q{number}", SECONDS) for number in range(6)}
    found["two voices"] = speech("d0", SECONDS) + speech("d1", SECONDS)
    found["seven voices"] = sum(speech(f"c{number}", SECONDS) for number in range(7))
    found["voice in a hall"] = _in_a_hall(speech("h0", SECONDS))
    found |= {f"music {number}": _music(number) for number in range(4)}
    found["voice over music"] = 0.6 * speech("m0", SECONDS) + 0.5 * _music(20)
    found["wind"], found["surf"] = _gusts(1, 30), _gusts(2, 120)
    found["engine"], found["birds"], found["steps"] = _engine(), _birds(), _steps()
    return {name: sound / np.abs(sound).max() * 0.7 for name, sound in found.items()}


def _time(seconds: float = SECONDS) -> np.ndarray:
    return np.arange(int(seconds * RATE)) / RATE


def _in_a_hall(sound: np.ndarray) -> np.ndarray:
    echo = np.exp(-_time(1) / 0.25) * np.random.default_rng(3).normal(0, 1, RATE)
    echo[0] = 8
    length = len(sound) + RATE
    return np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(echo, length), length)[: len(sound)]


def _music(number: int) -> np.ndarray:
    random, out, moment = np.random.default_rng(10 + number), np.zeros(SECONDS * RATE), 0.0
    beat = 60 / random.uniform(80, 140)
    while moment < SECONDS - 0.2:
        place = int(moment * RATE)
        for _ in range(int(random.integers(1, 4))):
            tone = 220 * 2 ** (random.choice(_SCALE) / 12)
            time = _time(min(random.uniform(0.2, 1.2), SECONDS - moment))
            swell = np.exp(-time * random.uniform(1.5, 6)) * np.minimum(time * 80, 1)
            parts = (np.sin(2 * np.pi * tone * part * time) / part ** random.uniform(0.8, 1.6) for part in range(1, 9))
            out[place : place + len(time)] += sum(parts) * swell * 0.15
        drum = random.normal(0, 0.3, int(0.15 * RATE)) * np.exp(-_time(0.15) / 0.03)
        out[place : place + len(drum)] += drum[: len(out) - place]
        moment += beat * random.choice((0.25, 0.5, 0.5, 1))
    return out


def _gusts(number: int, changes: int) -> np.ndarray:
    random, count = np.random.default_rng(number), SECONDS * RATE
    falling = np.fft.rfft(random.normal(0, 1, count)) / np.sqrt(np.fft.rfftfreq(count, 1 / RATE) + 20)
    strength = np.interp(np.arange(count), np.linspace(0, count, changes), random.uniform(0.1, 1, changes))
    return np.fft.irfft(falling, count) * strength


def _engine() -> np.ndarray:
    random, time = np.random.default_rng(5), _time()
    turns = 40 + 15 * np.interp(time, np.linspace(0, SECONDS, 12), random.uniform(0, 1, 12))
    phase = 2 * np.pi * np.cumsum(turns) / RATE
    tones = sum(np.sin(part * phase + random.uniform(0, 6)) / part**0.7 for part in range(1, 40))
    return tones * 0.08 + random.normal(0, 0.02, len(time))


def _birds() -> np.ndarray:
    random, out = np.random.default_rng(6), np.zeros(SECONDS * RATE)
    for _ in range(60):
        time = _time(random.uniform(0.05, 0.3))
        place = int(random.integers(0, len(out) - len(time)))
        tones = np.cumsum(np.linspace(*random.uniform(900, 3500, 2), len(time)))
        out[place : place + len(time)] += np.sin(2 * np.pi * tones / RATE) * np.sin(np.pi * time / time[-1]) * 0.2
    return out + random.normal(0, 0.004, len(out))


def _steps() -> np.ndarray:
    random, out, moment = np.random.default_rng(7), np.random.default_rng(8).normal(0, 0.003, SECONDS * RATE), 0.3
    while moment < SECONDS - 0.5:
        time = _time(0.12)
        knock = random.normal(0, 1, len(time)) * np.exp(-time / random.uniform(0.008, 0.03))
        place = int(moment * RATE)
        out[place : place + len(time)] += np.convolve(knock, np.ones(int(random.integers(1, 30))), "same") * 0.05
        moment += random.uniform(0.35, 0.8)
    return out
