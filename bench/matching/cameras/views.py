"""Two cameras at one event, out of one recording: different parts of it in different perspective, each with its hand,
exposure, noise, coding, delay and, for sound, its own place in the room. No parallax: `places` has that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from floor import number_of, stock
from hand import in_room, turned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from floor import Footage
    from hand import Hand
    from numpy.typing import NDArray

#: Seconds of a recording that are used, and its longer side in the making; what is written has half of that.
SECONDS, _MADE, _LONGER = 8.0, 1280, 640
_SOUND = 48_000


@dataclass(frozen=True)
class View:
    """Corners (clockwise from the upper left) of what a camera sees, parts of the recording's picture; its delay."""

    corners: tuple[tuple[float, float], ...]
    delay: float = 0.0


#: What is registered: never more than a part, so that no other view contains it.
EVIDENCE = View(((0.03, 0.04), (0.80, 0.04), (0.80, 0.82), (0.03, 0.82)))


def beside(name: str, away: float, lean: float) -> View:
    """Another view, moved by ``away`` of the picture to a side that is drawn; corners lean by up to ``lean``."""
    random = np.random.default_rng(number_of(name, "view"))
    right, down = (EVIDENCE.corners[0][axis] + away * float(random.uniform(0.6, 1.0)) for axis in (0, 1))
    side = 0.77 * float(random.uniform(0.92, 1.04))
    drawn = random.uniform(0, lean, (4, 2))
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    square = ((0, 0), (side, 0), (side, side), (0, side))
    corners = tuple(
        (
            min(0.97, right + x + sign[0] * float(bent[0])),
            min(0.97, down + y + sign[1] * float(bent[1])),
        )
        for (x, y), sign, bent in zip(square, signs, drawn, strict=True)
    )
    return View(corners, delay=0.37)


def inside(name: str, lean: float) -> View:
    """Another view that sees less than the evidence on every side; corners lean by up to ``lean``."""
    random = np.random.default_rng(number_of(name, "inside"))
    middle = np.mean(EVIDENCE.corners, axis=0)
    part = float(random.uniform(0.78, 0.88))
    corners = middle + part * (np.array(EVIDENCE.corners) - middle) + random.uniform(-lean, lean, (4, 2))
    return View(tuple((float(x), float(y)) for x, y in corners), delay=0.37)


def size_of(footage: Footage) -> tuple[int, int]:
    """Of what the cameras write: half of the recording in the making."""
    width, height = footage.size
    factor = _LONGER / max(width, height)
    return int(width * factor / 2) * 2, int(height * factor / 2) * 2


def pictures(footage: Footage) -> NDArray[np.uint8]:
    """Up to 8 s of a recording, (pictures, height, width, 3)."""
    width, height = (2 * side for side in size_of(footage))
    raw = footage.material.folder / f"{footage.source.path.stem}.raw"
    rate = f"fps={footage.rate:.6f},scale={width}:{height}:flags=area,format=rgb24"
    stock.ffmpeg("-i", footage.source.path, "-map", "0:v:0", "-vf", rate, "-t", str(SECONDS), "-f", "rawvideo", raw)
    found = np.fromfile(raw, np.uint8).reshape(-1, height, width, 3)
    raw.unlink()
    return found


def seen(
    shown: NDArray[np.uint8], view: View, hand: Hand, *, rate: float, size: tuple[int, int]
) -> Iterator[NDArray[np.float32]]:
    """What a camera sees of the recording: its part, held by its hand."""
    high, wide = shown.shape[1:3]
    width, height = size
    first = round(view.delay * rate)
    corners = (np.array(view.corners) * [wide, high]).astype(np.float32)
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, whole)
    times = np.arange(first, len(shown)) / rate
    for picture, held in zip(shown[first:], hand.path(times), strict=True):
        placed = turned(held, width, height) @ matrix
        laid = cv2.warpPerspective(picture, placed, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
        yield laid.astype(np.float32)


def heard(footage: Footage, view: View, hand: Hand, folder: Path) -> Path | None:
    """The sound of that stretch as this camera's microphone has it; None where there is none."""
    if not footage.sounding:
        return None
    raw = folder / "heard.raw"
    words = ("-map", "0:a:0", "-ac", "1", "-ar", str(_SOUND), "-t", str(SECONDS), "-f", "s16le")
    stock.ffmpeg("-i", footage.source.path, *words, raw)
    samples = np.fromfile(raw, "<i2").astype(np.float64) / 32768
    placed = in_room(hand.name, samples[int(view.delay * _SOUND) :], _SOUND)
    raw.write_bytes((np.clip(placed, -1, 1) * 32767).astype("<i2").tobytes())
    path = folder / "heard.wav"
    stock.ffmpeg("-f", "s16le", "-ar", str(_SOUND), "-ac", "1", "-i", raw, path)
    return path
