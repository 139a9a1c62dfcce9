"""Sound like speech, drawn from a name: syllables of voice and breath with pauses; nothing in it is of another name."""

from __future__ import annotations

import hashlib

import numpy as np

RATE = 48_000
#: Seconds of a syllable, Hz of the voice, and of the two lowest formants.
SYLLABLE, VOICE, FORMANTS = (0.11, 0.3), (90, 220), ((280, 850), (900, 2300))


def speech(name: str, seconds: float, *, level: float = 0.3) -> np.ndarray:
    """Mono samples (-1..1) at 48 kHz; ``level``: RMS of the voice."""
    random = np.random.default_rng(list(hashlib.sha256(f"{name}/speech".encode()).digest()))
    parts, count = [], int(seconds * RATE)
    while sum(map(len, parts)) < count:
        parts.append(_syllable(random))
        if random.random() < 0.15:
            parts.append(random.normal(0, 1e-4, int(random.uniform(0.05, 0.25) * RATE)))
    sound = np.concatenate(parts)[:count]
    return np.clip(sound * (level / np.sqrt(np.mean(sound**2))) + random.normal(0, 1e-4, count), -1, 1)


def _syllable(random: np.random.Generator) -> np.ndarray:
    time = np.arange(int(random.uniform(*SYLLABLE) * RATE)) / RATE
    swell = np.abs(np.sin(np.pi * time / time[-1])) ** 0.7
    if random.random() < 0.2:
        return random.normal(0, 0.4, len(time)) * swell
    start, end = random.uniform(*VOICE, 2)
    phase = 2 * np.pi * np.cumsum(np.linspace(start, end, len(time))) / RATE
    tones = np.arange(1, int(3400 / start)) * start
    formants = [random.uniform(*one) for one in FORMANTS]
    loud = sum(1 / (1 + ((tones - formant) / 90) ** 2) for formant in formants)
    return sum(part * np.sin(number * phase) for number, part in enumerate(loud, 1)) * swell
