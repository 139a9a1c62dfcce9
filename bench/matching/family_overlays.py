"""What is laid over pictures, and pictures laid into others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import drawing
from making import pair

if TYPE_CHECKING:
    from edit import Edit


def logo(edit: Edit, share: float) -> None:
    """In the upper right corner; ``share`` of the shorter side."""
    side = round(share * min(edit.size))
    edit.over(drawing.logo(side, edit.random), (0.96 - side / edit.size[0], 0.04), "logo")


def caption(edit: Edit, lines: int, *, box: bool) -> None:
    width, height = edit.size
    image = drawing.caption(round(width * 0.9), lines, edit.random, box=box)
    edit.over(image, (0.05, 0.95 - image.shape[0] / height), "caption")


def banner(edit: Edit, share: float) -> None:
    """As on television: a band below, letters on it, a disc above."""
    width, height = edit.size
    high = round(share * height)
    edit.over(drawing.plain(width, high, (150, 20, 30)), (0.0, 0.92 - high / height), "banner")
    words = drawing.caption(round(width * 0.8), 1, edit.random, box=False)[:high]
    edit.over(words, (0.1, 0.92 - high / height), "caption")
    side = round(share * 1.2 * min(edit.size))
    edit.over(drawing.disc(side, (240, 200, 20)), (0.04, 0.05), "disc")


def _logo_and_caption(edit: Edit, share: float, lines: int, *, box: bool) -> None:
    logo(edit, share)
    caption(edit, lines, box=box)


def inset(edit: Edit, share: float) -> None:
    """The recording is the small picture."""
    edit.inset(share)


def _foreign_inset(edit: Edit, share: float) -> None:
    """The recording is the large picture; a moving one of something else hides a corner of it."""
    width, height = (round(share * side / 2) * 2 for side in edit.size)
    edit.lay(edit.foreign(edit.seconds + 1, (width, height)), (0.95 - share, 0.95 - share), (width, height), "inset")


TRANSFORMATIONS = [
    one
    for two in (
        pair("logo", "logo and caption", logo, 0.15, 0.4),
        pair("caption", "logo and caption", caption, {"lines": 1, "box": False}, {"lines": 3, "box": True}),
        pair(
            "logo-caption",
            "logo and caption",
            _logo_and_caption,
            {"share": 0.15, "lines": 1, "box": True},
            {"share": 0.3, "lines": 2, "box": True},
        ),
        pair("banner", "banner, caption, disc", banner, 0.12, 0.25),
        pair("inset", "picture in picture", inset, 0.6, 0.35),
        pair("foreign-inset", "picture in picture", _foreign_inset, 0.25, 0.45),
    )
    for one in two
]
