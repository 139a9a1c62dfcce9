"""Coding, size, shape, orientation, colour: what sites and messengers do to a whole recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from making import Coding, pair, x264

if TYPE_CHECKING:
    from edit import Edit

VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "0", "-crf")
OPUS = ("-c:a", "libopus", "-b:a", "48k")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:pools=1", "-crf")
#: No delay of its own: AVI would round one to a whole picture, and leave a gap after the first.
ADPCM = ("-c:a", "adpcm_ms")
MPEG4 = ("-c:v", "mpeg4", "-bf", "0", "-q:v")
CODINGS = {
    "h264": (x264(28), x264(40)),
    "h264-thrice": (Coding(x264(28).video, again=2), Coding(x264(34).video, again=2)),
    "hevc": (Coding((*HEVC, "28")), Coding((*HEVC, "38"))),
    "vp9": (Coding((*VP9, "34"), OPUS, ".webm"), Coding((*VP9, "52"), OPUS, ".webm")),
    "mpeg4-avi": tuple(Coding((*MPEG4, q), ADPCM, ".avi") for q in ("5", "20")),
}


def _recoded(edit: Edit, coding: Coding) -> Coding:
    if coding.suffix == ".avi":  # has one rate only
        edit.rate(max(edit.rate_now, 25.0))
    return coding


def _scaled(edit: Edit, short_side: int) -> None:
    factor = short_side / min(edit.size)
    edit.resize(edit.size[0] * factor, edit.size[1] * factor)


def _messenger(edit: Edit, width: int, crf: int) -> Coding:
    """Longer side, low rate of bits, 25 pictures a second at most."""
    factor = width / max(edit.size)
    edit.resize(edit.size[0] * factor, edit.size[1] * factor)
    edit.rate(min(25.0, edit.rate_now))
    return Coding(x264(crf).video, ("-c:a", "aac", "-b:a", "48k", "-ac", "1"))


def _squashed(edit: Edit, width: float, height: float) -> None:
    edit.resize(edit.size[0] * width, edit.size[1] * height)
    edit.plant("aspect", "squash")


def _cropped(edit: Edit, share: float) -> None:
    edit.crop(((1 - share) / 2, (1 - share) / 2, share, share))


def _cropped_beside(edit: Edit, share: float) -> None:
    """Away from the middle, at one of the four corners."""
    x, y = (float(one) for one in edit.random.integers(0, 2, 2) * (1 - share))
    edit.crop((x, y, share, share))


def _cropped_across(edit: Edit, ratio: float) -> None:
    """A landscape picture made upright, an upright one made wide: the short side over the long side is ``ratio``."""
    width, height = edit.size
    at = float(edit.random.uniform(0.2, 0.8))
    if width >= height:
        share = min(1.0, height * ratio / width)
        edit.crop(((1 - share) * at, 0, share, 1))
    else:
        share = min(1.0, width * ratio / height)
        edit.crop((0, (1 - share) * at, 1, share))


def _barred(edit: Edit, grown: float, *, blurred: float = 0.0) -> None:
    """Bars above and below a wide picture, beside an upright one; ``grown``: new side over old."""
    width, height = edit.size
    new = (width, round(height * grown / 2) * 2) if width >= height else (round(width * grown / 2) * 2, height)
    edit.bars(*new, blurred=blurred)


def _side_bars(edit: Edit, canvas: tuple[int, int], share: float, blurred: float) -> None:
    """A picture inside one of another shape; ``share``: how much of the canvas it takes at most."""
    if edit.size[0] >= edit.size[1]:
        canvas = canvas[1], canvas[0]
    factor = share * min(canvas[0] / edit.size[0], canvas[1] / edit.size[1])
    edit.resize(edit.size[0] * factor, edit.size[1] * factor)
    edit.bars(*canvas, blurred=blurred)


def _mirrored(edit: Edit) -> None:
    edit.mirror()


def _upside_down_mirrored(edit: Edit) -> None:
    edit.turn(180)
    edit.mirror()


def _turned(edit: Edit, degrees: int) -> None:
    edit.turn(degrees)


def _tilted(edit: Edit, degrees: float) -> None:
    """Not held straight; the corners that this leaves empty are cut off."""
    wide, high = edit.size
    edit.filter(f"rotate={degrees}*PI/180:bilinear=1")
    # largest crop without empty corners, seen from the shorter side (a bound that holds for every shape)
    lost = abs(degrees) * 3.14159 / 180 * max(wide, high) / min(wide, high)
    share = 1 / (1 + lost)
    _cropped(edit, share)
    edit.geometry = edit.geometry.roughly()


def _coloured(edit: Edit, filters: str, what: str) -> None:
    edit.filter(filters)
    edit.plant("colour", what)


TRANSFORMATIONS = [
    one
    for two in (
        *(pair(name, "re-encoded", _recoded, *both) for name, both in CODINGS.items()),
        pair("scaled", "re-encoded", _scaled, 288, 144),
        pair("messenger", "re-encoded", _messenger, (640, 30), (400, 36)),
        pair("squash-width", "squashed", _squashed, (0.75, 1.0), (0.5, 1.0)),
        pair("squash-height", "squashed", _squashed, (1.0, 0.75), (1.0, 0.5)),
        pair("crop-centre", "cropped", _cropped, 0.9, 0.65),
        pair("crop-beside", "cropped", _cropped_beside, 0.85, 0.65),
        pair("crop-across", "cropped", _cropped_across, 1.0, 9 / 16),
        pair("bars", "bars", _barred, 1.2, 1.6),
        pair("bars-all-round", "bars", _side_bars, ((720, 1280), 0.9, 0.0), ((720, 1280), 0.6, 0.0)),
        pair("blurred-bars", "bars", _barred, {"grown": 1.3, "blurred": 12.0}, {"grown": 1.8, "blurred": 20.0}),
        pair("blurred-fill", "bars", _side_bars, ((720, 1280), 1.0, 16.0), ((720, 1280), 0.5, 20.0)),
        pair("mirror", "mirrored", _mirrored),
        pair("mirror-upside-down", "mirrored", _upside_down_mirrored),
        *(pair(f"turn-{degrees}", "rotated", _turned, degrees, degrees) for degrees in (90, 180, 270)),
        pair("tilt", "rotated", _tilted, 2.0, 7.0),
        pair("grey", "colour", _coloured, ("hue=s=0", "grey"), ("hue=s=0,eq=contrast=1.4:brightness=-0.06", "grey")),
        pair("tint", "colour", _coloured, ("hue=h=12:s=1.2", "tint"), ("hue=h=50:s=1.6", "tint")),
        pair(
            "light",
            "colour",
            _coloured,
            ("eq=brightness=0.06:contrast=1.15:gamma=1.1", "light"),
            ("eq=brightness=-0.14:contrast=0.7:gamma=0.65", "light"),
        ),
    )
    for one in two
]
