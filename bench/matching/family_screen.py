"""Filmed off a display with another camera: cells, perspective, a hand, noise, another rate. Simulated, not filmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import drawing
from making import pair

if TYPE_CHECKING:
    from edit import Edit
    from geometry import Rect

#: Pixels of the display's longer side, and of the camera's picture.
DISPLAY, CAMERA = 1280, (1280, 720)


def filmed(edit: Edit, lean: float, depth: int, closer: float, *, rate: float = 24.0) -> None:
    """``lean``: how far the corners move, parts of the picture; ``depth``: of the cells, levels; ``closer``: zoom."""
    _display(edit, depth)
    _bezel(edit)
    _perspective(edit, lean)
    _camera(edit, closer, rate, noise=6 + depth // 8)
    edit.geometry = edit.geometry.roughly()
    edit.plant("picture", "surround")


def _display(edit: Edit, depth: int) -> None:
    """The picture as a display of fixed cells shows it: every pixel twice as large, light through coloured strips."""
    factor = DISPLAY / 2 / max(edit.size)
    edit.resize(edit.size[0] * factor, edit.size[1] * factor)
    width, height = edit.size = (edit.size[0] * 2, edit.size[1] * 2)
    grid = edit.image(drawing.screen_grid(width, height, depth))
    edit.filter(f"scale={width}:{height}:flags=neighbor,format=gbrp")
    cells = edit.chain(f"{grid}format=gbrp")
    edit.v = edit.chain(f"{edit.v}{cells}blend=all_mode=multiply,format=yuv420p")
    gain = 1 / ((1 - depth * 2 / 3 / 255) * (1 - depth / 800))  # the camera exposes for what is left of the light
    edit.filter(f"lutyuv=y='clip((val-16)*{gain:.4f}+16,16,235)'")


def _bezel(edit: Edit) -> None:
    """A dark frame and the room around it."""
    width, height = edit.size
    border = round(0.03 * max(edit.size) / 2) * 2
    edit.bars(width + 2 * border, height + 2 * border, colour="0x101014")
    width, height = edit.size
    room = round(0.04 * max(edit.size) / 2) * 2
    edit.bars(width + 2 * room, height + 2 * room, colour="0x3a3834")
    edit.planted = [one for one in edit.planted if one.what != "bars"]


def _perspective(edit: Edit, lean: float) -> None:
    """Corners go inwards by a drawn amount, and follow a hand; the evidence is bounded by the corners' hull."""
    draw = edit.random.uniform(0.2, 1.0, 8) * lean
    phase = edit.random.uniform(0, 6.28, 2)
    shake = [f"{0.004:.4f}*sin(on/{11 + 6 * axis}+{phase[axis]:.3f})" for axis in (0, 1)]
    corners = ((0, 0), (1, 0), (0, 1), (1, 1))
    words, inner = [], []
    for number, (right, down) in enumerate(corners):
        x, y = abs(right - draw[2 * number]), abs(down - draw[2 * number + 1])
        words += [f"x{number}='W*({x:.5f}+{shake[0]})'", f"y{number}='H*({y:.5f}+{shake[1]})'"]
        inner.append((x, y))
    edit.filter(f"perspective={':'.join(words)}:sense=destination:eval=frame:interpolation=linear")
    placed = edit.geometry.placed
    left, top = min(inner[0][0], inner[2][0]), min(inner[0][1], inner[1][1])
    across, down = max(inner[1][0], inner[3][0]) - left, max(inner[2][1], inner[3][1]) - top
    hull: Rect = (left + placed[0] * across, top + placed[1] * down, placed[2] * across, placed[3] * down)
    edit.place(hull)


def _camera(edit: Edit, closer: float, rate: float, noise: int) -> None:
    """Zoom, resample, flicker, a warm cast, noise, the camera's own rate."""
    if closer > 1:
        share = 1 / closer
        x, y = (float(one) for one in edit.random.uniform(0.3, 0.7, 2) * (1 - share))
        edit.crop((x, y, share, share))
    width, height = CAMERA if edit.size[0] >= edit.size[1] else CAMERA[::-1]
    factor = min(width / edit.size[0], height / edit.size[1])
    edit.resize(edit.size[0] * factor, edit.size[1] * factor)
    seed = int(edit.random.integers(1, 10**6))
    light = "eq=contrast=0.88:saturation=0.85:brightness='0.015+0.02*sin(9.1*t)':eval=frame"
    edit.filter(f"gblur=sigma=0.6,{light},colortemperature=temperature=5600")
    edit.filter(f"noise=alls={noise}:allf=t:all_seed={seed}")
    if not edit.still:
        edit.rate(rate)


TRANSFORMATIONS = [
    *pair(
        "screen",
        "filmed off a screen",
        filmed,
        {"lean": 0.03, "depth": 40, "closer": 1.0},
        {"lean": 0.1, "depth": 110, "closer": 1.25, "rate": 20.0},
    )
]
