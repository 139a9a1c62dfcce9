"""What a camera adds of its own: where it is held, its exposure, its noise, how it codes. Nothing that two share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from floor import number_of, stock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

#: A cycle a second: hands tremble at a few, sway at a fraction of one.
_SWAYS = ((0.15, 1.0), (0.6, 0.5), (1.7, 0.25), (4.3, 0.08))


@dataclass(frozen=True)
class Hand:
    """How one camera differs from another. ``sway``: of the picture's width, of the slowest movement."""

    name: str
    sway: float = 0.004
    roll: float = 0.2  # degrees
    noise: float = 2.5  # levels
    gain: float = 1.0
    pumping: float = 0.04  # of the gain, an automatic exposure that follows nothing but itself
    gamma: float = 1.0
    coding: tuple[str, ...] = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23")
    suffix: str = ".mp4"

    def path(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Right, down (parts of the width) and roll (degrees) at each time, shape (times, 3)."""
        random = np.random.default_rng(number_of(self.name, "hand"))
        held = np.zeros((len(times), 3))
        for pace, much in _SWAYS:
            phase, strength = random.uniform(0, 6.28, 3), random.uniform(0.5, 1.0, 3) * much
            held += strength * np.sin(6.28 * pace * random.uniform(0.8, 1.25) * times[:, None] + phase)
        return held * np.array([self.sway, self.sway, self.roll])

    def exposed(self, picture: NDArray[np.float32], time: float, random: np.random.Generator) -> NDArray[np.uint8]:
        """Levels as this camera writes them."""
        phase = number_of(self.name, "pumping") % 628 / 100
        gain = self.gain * (1 + self.pumping * np.sin(0.9 * time + phase))
        levels = 255 * np.clip(picture / 255 * gain, 0, 1) ** self.gamma
        height, width = levels.shape[:2]
        noisy = levels + random.normal(0, self.noise, (height, width, 1)).astype(np.float32)
        return np.clip(noisy, 0, 255).astype(np.uint8)


def turned(held: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """The map of pixels, 3 x 3, that a camera held so makes of its picture."""
    right, down, roll = held
    angle = np.deg2rad(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    middle, back = np.eye(3), np.eye(3)
    middle[:2, 2], back[:2, 2] = (width / 2, height / 2), (-width / 2, -height / 2)
    shift = np.eye(3)
    shift[:2, 2] = right * width, down * width
    return shift @ middle @ turn @ back


def film(
    pictures: Iterable[NDArray[np.float32]],
    path: Path,
    hand: Hand,
    *,
    rate: float,
    size: tuple[int, int],
    sound: Path | None = None,
) -> Path:
    """Expose, code and write what a camera sees; with sound, if there is any. Pictures: (height, width, 3), levels."""
    random = np.random.default_rng(number_of(hand.name, path.stem, "noise"))
    raw = b"".join(hand.exposed(picture, number / rate, random).tobytes() for number, picture in enumerate(pictures))
    words = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", f"{rate:.6f}", "-i", "-"]
    words += ["-i", str(sound), "-c:a", "aac", "-b:a", "96k", "-shortest"] if sound else []
    stock.ffmpeg(*words, *hand.coding, "-pix_fmt", "yuv420p", "-threads", "1", path, stdin=raw)
    return path


def in_room(name: str, heard: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Sound as another microphone has it: echoes of its own that fade within 0.3 s, another level, hiss."""
    random = np.random.default_rng(number_of(name, "room"))
    taps = random.normal(0, 1, int(0.3 * rate)) * np.exp(-np.arange(int(0.3 * rate)) / (0.06 * rate))
    response = np.append([6.0], taps[1:])
    length = len(heard) + len(response)
    echoed = np.fft.irfft(np.fft.rfft(heard, length) * np.fft.rfft(response, length), length)[: len(heard)]
    echoed /= max(1e-9, float(np.abs(echoed).max()))
    return random.uniform(0.3, 0.8) * echoed + random.normal(0, 0.004, len(heard))
