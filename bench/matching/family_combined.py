"""Several transformations at once, as copies on the web have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from family_overlays import banner, caption, inset, logo
from family_screen import filmed
from family_time import excerpt
from making import Coding, pair, x264

if TYPE_CHECKING:
    from edit import Edit

START, SHARE = 0.3, {"mild": 0.6, "strong": 0.35}
CODED = {"mild": x264(28), "strong": x264(36)}


def _upright_post(edit: Edit, severity: str) -> Coding:
    """An excerpt on a telephone's shape: blurred fill, caption, mirrored when it is strong."""
    excerpt(edit, START, SHARE[severity])
    if severity == "strong":
        edit.mirror()
    width, height = 540, 960
    factor = min(width / edit.size[0], height / edit.size[1]) * 0.9
    edit.resize(edit.size[0] * factor, edit.size[1] * factor)
    edit.bars(width, height, blurred=16.0)
    caption(edit, 2, box=True)
    return CODED[severity]


def _reposted(edit: Edit, severity: str) -> Coding:
    """Cropped, a logo on it, coded again and again, in grey when it is strong."""
    share = {"mild": 0.88, "strong": 0.7}[severity]
    edit.crop(((1 - share) * 0.8, (1 - share) * 0.2, share, share))
    logo(edit, 0.2)
    if severity == "strong":
        edit.filter("hue=s=0")
        edit.plant("colour", "grey")
    return Coding(CODED[severity].video, again=2)


def _broadcast(edit: Edit, severity: str) -> Coding:
    """An excerpt with bars, banner and caption, at another rate."""
    excerpt(edit, START, SHARE[severity])
    width, height = edit.size
    side = round(max(width, height * 16 / 9) / 2) * 2
    edit.bars(side, round(side * 9 / 16 / 2) * 2)
    banner(edit, {"mild": 0.12, "strong": 0.2}[severity])
    edit.rate(25)
    return CODED[severity]


def _evading(edit: Edit, severity: str) -> Coding:
    """Mirrored, cropped, faster, recoloured: so that nobody finds it."""
    edit.mirror()
    share = {"mild": 0.92, "strong": 0.8}[severity]
    edit.crop(((1 - share) / 2, (1 - share) / 3, share, share))
    edit.filter({"mild": "hue=h=8:s=1.1", "strong": "hue=h=25:s=1.3,eq=gamma=0.8"}[severity])
    edit.plant("colour", "tint")
    edit.speed({"mild": 1.05, "strong": 1.25}[severity])
    return CODED[severity]


def _reaction(edit: Edit, severity: str) -> Coding:
    """An excerpt, small in footage of something else."""
    excerpt(edit, START, SHARE[severity])
    inset(edit, {"mild": 0.6, "strong": 0.4}[severity])
    edit.rate(min(edit.rate_now, 20.0))
    return CODED[severity]


def _filmed_post(edit: Edit, severity: str) -> Coding:
    """An excerpt with a caption, filmed off a screen."""
    excerpt(edit, START, SHARE[severity])
    caption(edit, 1, box=True)
    filmed(edit, {"mild": 0.03, "strong": 0.07}[severity], {"mild": 40, "strong": 80}[severity], 1.0)
    return CODED[severity]


TRANSFORMATIONS = [
    one
    for name, steps in (
        ("upright-post", _upright_post),
        ("reposted", _reposted),
        ("broadcast", _broadcast),
        ("evading", _evading),
        ("reaction", _reaction),
        ("filmed-post", _filmed_post),
    )
    for one in pair(name, "combined", steps, "mild", "strong")
]
