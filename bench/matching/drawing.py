"""Images that are laid over pictures: logos, captions, discs, objects, the grid of a screen. Drawn, not written with
``drawtext``: builds of ffmpeg differ in having it, and machines in their fonts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

Image = np.ndarray  # height, width, (red, green, blue, alpha), uint8


def save(image: Image, path: Path) -> Path:
    """As PAM, which ffmpeg reads with its alpha."""
    height, width, _ = image.shape
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    path.write_bytes(head.encode() + np.ascontiguousarray(image).tobytes())
    return path


def plain(width: int, height: int, colour: tuple[int, int, int], alpha: int = 255) -> Image:
    return np.broadcast_to(np.array([*colour, alpha], np.uint8), (height, width, 4)).copy()


def disc(side: int, colour: tuple[int, int, int]) -> Image:
    image = plain(side, side, colour)
    down, right = np.mgrid[:side, :side] - (side - 1) / 2
    image[..., 3] = np.where(down**2 + right**2 <= (side / 2) ** 2, 255, 0)
    return image


def logo(side: int, random: np.random.Generator) -> Image:
    """A ring with strokes in it, half transparent, in a light colour."""
    image = disc(side, tuple(random.integers(170, 256, 3)))
    down, right = np.mgrid[:side, :side] - (side - 1) / 2
    far = np.hypot(down, right) / (side / 2)
    strokes = (np.abs(down * 0.5 + right) % (side / 4) < side / 12) & (far < 0.7)
    image[..., 3] = np.where(((far > 0.78) & (far <= 1)) | strokes, 215, 0)
    return image


def caption(width: int, lines: int, random: np.random.Generator, *, box: bool) -> Image:
    """White letters of no language with a dark rim, one or more lines, on a box or on nothing."""
    cell = max(3, width // 150)
    high = cell * 11
    image = plain(width, high * lines, (16, 16, 16), 190 if box else 0)
    for line in range(lines):
        for place in range(cell * 4, width - cell * 9, cell * 6):
            if random.random() < 0.16:  # between words
                continue
            letter = np.kron(random.random((7, 5)) < 0.5, np.ones((cell, cell), bool))
            top = line * high + 2 * cell
            _ink(image, letter, (top, place), cell)
    return image


def _ink(image: Image, letter: np.ndarray, place: tuple[int, int], cell: int) -> None:
    """One letter, its rim first."""
    height, width = letter.shape
    rim = max(1, cell // 3)
    for down, right in ((-rim, 0), (rim, 0), (0, -rim), (0, rim), (0, 0)):
        ink = (255, 255, 255, 255) if (down, right) == (0, 0) else (0, 0, 0, 255)
        top, left = place[0] + down, place[1] + right
        part = image[max(0, top) : top + height, max(0, left) : left + width]
        part[letter[: part.shape[0], : part.shape[1]]] = ink


def thing(width: int, height: int, random: np.random.Generator) -> Image:
    """An opaque object with texture of its own, to paint over something."""
    base = random.integers(30, 220, 3)
    coarse = random.normal(0, 35, (height // 6 + 2, width // 6 + 2, 1))
    texture = np.kron(coarse, np.ones((6, 6, 1)))[:height, :width]
    image = plain(width, height, (0, 0, 0))
    image[..., :3] = np.clip(base + texture, 0, 255).astype(np.uint8)
    return image


def screen_grid(width: int, height: int, depth: int) -> Image:
    """What the cells of a display take from the light: columns of three colours, dark lines between rows."""
    image = plain(width, height, (255, 255, 255))
    for colour in range(3):
        others = [other for other in range(3) if other != colour]
        image[:, colour::3, others] = 255 - depth
    image[1::2, :, :3] = (image[1::2, :, :3] * (1 - depth / 400)).astype(np.uint8)
    return image
