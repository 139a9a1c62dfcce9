"""Copies of what the first camera recorded, some with a hand of their own: none may be taken for another camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from floor import number_of, stock
from hand import Hand, film, turned

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: A hand that holds a telephone in front of a screen, and one that a filter made up.
FILMING = Hand("in front of a screen", sway=0.006, roll=0.5, noise=4.0, gain=0.9, gamma=1.1)
SHAKEN = Hand("a filter", sway=0.008, roll=0.3, noise=0.0, pumping=0.0)


def _read(path: Path, size: tuple[int, int], scratch: Path) -> NDArray[np.uint8]:
    raw = scratch / "copy.raw"
    stock.ffmpeg("-i", path, "-map", "0:v:0", "-pix_fmt", "rgb24", "-f", "rawvideo", raw)
    return np.fromfile(raw, np.uint8).reshape(-1, size[1], size[0], 3)


def recoded(path: Path, out: Path) -> Path:
    """As a messenger does: smaller and coarser."""
    stock.ffmpeg("-i", path, "-vf", "scale='trunc(iw*0.7/2)*2':-2", "-c:v", "libx264", "-crf", "30", out)
    return out


def excerpt(path: Path, out: Path, seconds: float = 4.0) -> Path:
    """Some seconds out of the middle."""
    stock.ffmpeg("-ss", "2", "-i", path, "-t", str(seconds), "-c:v", "libx264", "-crf", "26", out)
    return out


def held(path: Path, out: Path, scratch: Path, *, rate: float, size: tuple[int, int], zoom: float, lean: float) -> Path:
    """Filmed off a screen by hand. ``zoom`` above 1: its edges are outside; below: a dark frame and a room are seen."""
    random = np.random.default_rng(number_of(out.stem, "screen"))
    width, height = size
    hand = FILMING if lean else SHAKEN
    shown = _read(path, size, scratch)
    drawn = random.uniform(-lean, lean, (4, 2)) * [width, height]
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    middle = np.array([width, height]) / 2
    corners = (middle + (whole - middle) * zoom + drawn).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(whole.astype(np.float32), corners)
    room = np.full((height, width, 3), (58, 56, 52), np.float32)
    frame = cv2.fillConvexPoly(room.copy(), (middle + (corners - middle) * 1.06).astype(np.int32), (16, 16, 20))
    times = np.arange(len(shown)) / rate

    def pictures() -> list[NDArray[np.float32]]:
        found = []
        for picture, place in zip(shown, hand.path(times), strict=True):
            moved = turned(place, width, height)
            behind = cv2.warpPerspective(frame, moved, size, borderMode=cv2.BORDER_REPLICATE)
            mask = cv2.warpPerspective(np.ones(picture.shape[:2], np.float32), moved @ matrix, size)[..., None]
            laid = cv2.warpPerspective(
                picture.astype(np.float32), moved @ matrix, size, borderMode=cv2.BORDER_REPLICATE
            )
            found.append(behind * (1 - mask) + laid * mask)
        return found

    return film(pictures(), out, hand, rate=rate, size=size)
