"""One picture: saved, cropped, captioned, photographed off a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from family_overlays import caption
from family_screen import filmed
from making import Coding, pair

if TYPE_CHECKING:
    from edit import Edit
    from geometry import Rect


def _jpeg(quality: int) -> Coding:
    """FFmpeg's scale: 2 is the best, 31 the worst."""
    return Coding(("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", str(quality)), suffix=".jpg")


def _moment(edit: Edit) -> None:
    edit.moment_at(float(edit.random.uniform(0.1, 0.9)))


def _saved(edit: Edit, quality: int, short_side: int) -> Coding:
    _moment(edit)
    factor = min(1.0, short_side / min(edit.size))
    edit.resize(edit.size[0] * factor, edit.size[1] * factor)
    return _jpeg(quality)


def _screenshot(edit: Edit, grown: float) -> Coding:
    """Of a player: another size, bars, no loss."""
    _moment(edit)
    width, height = edit.size
    edit.bars(round(width * grown / 2) * 2, round(height * grown**2 / 2) * 2, colour="0x202124")
    return Coding(("-c:v", "png"), suffix=".png")


def _webp(edit: Edit, quality: int, short_side: int) -> Coding:
    _saved(edit, 5, short_side)
    return Coding(("-c:v", "libwebp", "-quality", str(quality)), suffix=".webp")


def _printed(edit: Edit, short_side: int, quality: int) -> Coding:
    """As in a newspaper: a part of it, grey, small, in dots."""
    edit.crop((0.08, 0.05, 0.85, 0.85))
    _saved(edit, quality, short_side)
    dots = "128+64*(cos((X+Y)*1.39)+cos((X-Y)*1.39))"  # turned by 45 degrees, 3.2 pixels apart
    edit.filter(f"format=gray,geq=lum='if(gt(lum(X,Y)*0.85+20,{dots}),235,35)',gblur=sigma=0.8")
    return _jpeg(quality)


def _cropped(edit: Edit, frame: Rect, quality: int) -> Coding:
    _moment(edit)
    edit.crop(frame)
    return _jpeg(quality)


def _captioned(edit: Edit, lines: int, quality: int, *, box: bool) -> Coding:
    _moment(edit)
    caption(edit, lines, box=box)
    return _jpeg(quality)


def _photographed(edit: Edit, lean: float, depth: int, closer: float, *, quality: int) -> Coding:
    _moment(edit)
    filmed(edit, lean, depth, closer)
    return _jpeg(quality)


TRANSFORMATIONS = [
    one
    for two in (
        pair("still-jpeg", "stills", _saved, (5, 720), (24, 240)),
        pair("still-webp", "stills", _webp, (75, 720), (20, 240)),
        pair("still-printed", "stills", _printed, (480, 5), (300, 10)),
        pair("still-screenshot", "stills", _screenshot, 1.05, 1.4),
        pair("still-crop", "stills", _cropped, ((0.05, 0.05, 0.9, 0.9), 5), ((0.3, 0.05, 0.65, 0.65), 12)),
        pair(
            "still-caption",
            "stills",
            _captioned,
            {"lines": 1, "quality": 5, "box": False},
            {"lines": 3, "quality": 14, "box": True},
        ),
        pair(
            "still-photographed",
            "stills",
            _photographed,
            {"quality": 5, "lean": 0.03, "depth": 40, "closer": 1.0},
            {"quality": 10, "lean": 0.1, "depth": 110, "closer": 1.25},
        ),
    )
    for one in two
]
