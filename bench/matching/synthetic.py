"""Synthesised recordings beside the real ones: rooms in which a fixed camera saw several events, and walks.

They fill populations that a folder of clips lacks; no rate that is printed of real recordings counts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ground import Studio, melody, stock, write_sound
from sources import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE, RATE, SECONDS = (640, 360), 25, 8
ROOMS, EVENTS = ("a", "b", "c", "d"), 3
WALKS = 10


def _smooth(random: np.random.Generator, scale: int, size: tuple[int, int]) -> np.ndarray:
    """Noise without steps: coarse values, mixed linearly."""
    width, height = size
    coarse = random.uniform(-1, 1, (height // scale + 3, width // scale + 3))
    down, right = np.arange(height) / scale, np.arange(width) / scale
    rows = [np.interp(right, np.arange(coarse.shape[1]), row) for row in coarse]
    return np.stack([np.interp(down, np.arange(len(rows)), column) for column in np.array(rows).T], axis=1)


def _room(name: str) -> Any:
    """Walls, furniture with edges, some texture: one picture, red, green and blue."""
    random = np.random.default_rng(number_of(name, "room"))
    width, height = SIZE
    base = 130 + 50 * _smooth(random, 160, SIZE) + 10 * _smooth(random, 5, SIZE)
    picture = base[..., None] + random.uniform(-25, 25, 3)
    for _ in range(14):
        x, y = int(random.uniform(0, width - 40)), int(random.uniform(0, height - 30))
        across, down = int(random.uniform(30, 180)), int(random.uniform(20, 140))
        piece = picture[y : y + down, x : x + across]
        piece[:] = 0.4 * piece + 0.6 * random.uniform(30, 220, 3)
    return picture


def _event(name: str, room: np.ndarray) -> Iterator[bytes]:
    """Two people, each a few ellipses, walk about in a room; the sensor is noisy."""
    random = np.random.default_rng(number_of(name, "event"))
    width, height = SIZE
    down, right = np.mgrid[:height, :width]
    phases, paces = random.uniform(0, 6.28, (2, 4)), random.uniform(0.3, 1.6, (2, 4))
    colours = random.uniform(20, 235, (2, 3, 3))
    for number in range(SECONDS * RATE):
        time = number / RATE
        picture = room.copy()
        for person in (0, 1):
            swing = np.sin(phases[person] + paces[person] * time)
            x, y = width * (0.5 + 0.35 * swing[0]), height * (0.6 + 0.08 * swing[1])
            parts = ((0, 0, 34, 80), (0, -105, 20, 24), (40 * swing[2], -40 + 30 * swing[3], 14, 30))
            for part, (beside, above, wide, high) in enumerate(parts):
                body = ((right - x - beside) / wide) ** 2 + ((down - y - above) / high) ** 2 < 1
                picture[body] = colours[person, part]
        picture += random.normal(0, 3, (height, width, 1))
        yield np.clip(picture, 0, 255).astype(np.uint8).tobytes()


def _film(path: Path, room: str, event: int) -> None:
    sound, size = path.with_suffix(".wav"), f"{SIZE[0]}x{SIZE[1]}"
    write_sound(sound, melody(path.stem, SECONDS))
    pictures = b"".join(_event(path.stem + str(event), _room(room)))
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(RATE), "-i", "-")
    coding = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-threads", "1")
    exact = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
    stock.ffmpeg(*raw, "-i", sound, *coding, "-c:a", "aac", *exact, path, stdin=pictures)
    sound.unlink()


def synthesise(folder: Path) -> Path:
    """Make what is not there yet; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for room in ROOMS:
        for event in range(1, EVENTS + 1):
            path = folder / f"synthetic-room-{room}-{event}.mp4"
            if not path.exists():
                _film(path, room, event)
    studio = Studio(folder / "studio")
    for number in range(1, WALKS + 1):
        path = folder / f"synthetic-walk-{number}.mp4"
        if not path.exists():
            path.write_bytes(studio.clip(f"walk {number}", size=SIZE, seconds=SECONDS).read_bytes())
    return folder
