"""Odd formats and featureless recordings: how each is made, copied and changed, and what a verdict may then say.

``CASES`` is the table; `tests/test_odd_inputs.py` asks the command line about it and ``python bench/odd_inputs.py``
prints what it answers. A copy is coded again by x264 for a messenger; a changed copy has a box painted over it from
second 1 on.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import stock

if TYPE_CHECKING:
    from pathlib import Path

    from clips import Studio

MESSENGER = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "27", "-pix_fmt", "yuv420p", "-c:a", "aac")
#: An opaque box over a sixteenth of the picture.
PAINTED = "drawbox=x=iw*0.3:y=ih*0.35:w=iw*0.25:h=ih*0.25:color=red:t=fill:enable='gte(t,1)'"

WHOLE = frozenset({"rendition"})
#: Told to be changed: the tones of HDR, bars around an upright picture.
CHANGED = frozenset({"derivative"})
#: Nothing moves, or nothing is seen, by which recordings could be told apart.
UNTOLD = frozenset({"undetermined"})

TONES = "zscale=t=linear:npl=100,format=gbrpf32le,tonemap=hable,zscale=t=bt709:m=bt709:p=bt709:r=tv,format=yuv420p"
_TO_HDR = "format=yuv444p,zscale=tin=bt709:pin=bt709:min=bt709:rin=tv:t={}:p=bt2020:m=bt2020nc:npl=203"
PQ = ("-vf", _TO_HDR.format("smpte2084"))
HLG = ("-vf", _TO_HDR.format("arib-std-b67"))
#: 50 pictures a second woven into 25 of two fields each.
WOVEN = ("-vf", "tinterlace=interleave_top,fieldorder=tff")
WOVEN_BELOW = ("-vf", "tinterlace=interleave_bottom,fieldorder=bff")


@dataclass(frozen=True)
class Odd:
    """``made``: :class:`clips.Options`; ``through``: filter of both copies.

    ``copy``: relations that a plain copy may have; ``seen``: kinds of alteration that are really in it; ``changed``:
    whether a painted copy says anything; ``sound``: relations that its sound may have; ``codes``: findings of which one
    says why nothing can be told.
    """

    made: dict[str, object]
    through: str | None = None
    copy: frozenset[str] = WHOLE
    seen: frozenset[str] = frozenset()
    changed: bool = True
    sound: frozenset[str] = frozenset({"same"})
    codes: tuple[str, ...] = ()


def _coded(codec: str, pix_fmt: str, container: str = "mkv", **more: object) -> dict[str, object]:
    return {"codec": codec, "pix_fmt": pix_fmt, "container": container, **more}


PICTURE = frozenset({"picture"})
TONED = {"copy": WHOLE | CHANGED, "seen": frozenset({"colour"})}
#: A false alarm that stands: 0.28 s of other sound at the very start of an honest copy of these two. In the one looked
#: into (argb) it is no matter of times: the first note is steady, energies hardly change there, and 0.30 to 0.53 of the
#: bits of 17 rows differ along the course that fits best.
UNTUNED = {"copy": WHOLE | CHANGED, "seen": frozenset({"sound"}), "sound": frozenset({"same", "partly-replaced"})}
FEATURELESS = {"copy": UNTOLD, "changed": False, "codes": ("softBinding.sameScene", "questioned.tooLittle")}

CASES: dict[str, Odd] = {
    "av1": Odd(_coded("av1", "yuv420p", sound="opus")),
    "av1-ten-bit": Odd(_coded("av1", "yuv420p10le", sound="opus")),
    "h264-ten-bit": Odd(_coded("h264", "yuv420p10le", "mp4")),
    "hevc-ten-bit": Odd(_coded("hevc", "yuv420p10le", "mp4")),
    "vp9-ten-bit": Odd(_coded("vp9", "yuv420p10le", "webm", sound="opus")),
    "fields-h264": Odd({"interlaced": True, "fps": 50, "pace": 0.5, "coding": WOVEN}, "yadif"),
    "fields-h264-woven": Odd({"interlaced": True, "fps": 50, "pace": 0.5, "coding": WOVEN}),
    "fields-bottom-first": Odd(
        {"fps": 50, "pace": 0.5, "coding": (*WOVEN_BELOW, "-x264opts", "bff=1")}, "yadif=mode=send_field"
    ),
    "fields-mpeg2": Odd(
        _coded("mpeg2", "yuv420p", "ts", sound="ac3", interlaced=True, fps=50, pace=0.5, coding=WOVEN), "yadif"
    ),
    "hdr-pq": Odd(_coded("hevc", "yuv420p10le", "mp4", coding=PQ), TONES, **TONED),
    "hdr-hlg": Odd(_coded("hevc", "yuv420p10le", "mp4", coding=HLG), TONES, **TONED),
    "240-a-second": Odd({"fps": 240, "pace": 25 / 240, "gop": 240, "seconds": 3.0}, "fps=30"),
    "cctv": Odd({"fps": 10, "pace": 2.5, "size": (352, 288), "gop": 50, "sound": None, "seconds": 8.0}),
    "204-wide": Odd({"size": (204, 360)}, "scale=408:-2"),
    "turned-upright": Odd({"rotation": 90}),
    "turned-in-bars": Odd({"rotation": 90}, "pad=ih*16/9:ih:(ow-iw)/2:0,scale=-2:360", CHANGED, PICTURE),
    "wide-pixels": Odd({"size": (240, 180), "coding": ("-aspect", "16:9")}, "scale=320:180,setsar=1"),
    "uneven-rate": Odd({"variable_rate": True}, "fps=25"),
    "no-sound": Odd({"sound": None}),
    "six-channels": Odd({"channels": 6}),
    "avi-h264-b-frames": Odd({"container": "avi", "sound": "mp3"}),
    "avi-mpeg4-b-frames": Odd(_coded("mpeg4", "yuv420p", "avi", sound="mp3")),
    "uyvy422": Odd({"coding": ("-c:v", "rawvideo"), **_coded("h264", "uyvy422", "mov", sound="pcm")}),
    "argb": Odd({"coding": ("-c:v", "qtrle"), **_coded("h264", "argb", "mov", sound="pcm")}, **UNTUNED),
    "gray10": Odd(_coded("ffv1", "gray10le", sound="flac")),
    "gray12": Odd(_coded("ffv1", "gray12le", sound="flac")),
    "gray16-big-endian": Odd({"coding": ("-c:v", "png"), **_coded("h264", "gray16be", "mov", sound="pcm")}),
    "rgb48-big-endian": Odd({"coding": ("-c:v", "png"), **_coded("h264", "rgb48be", "mov", sound="pcm")}, **UNTUNED),
    "v210": Odd({"coding": ("-c:v", "v210"), **_coded("h264", "yuv422p10le", "mov", sound="pcm")}),
    "black": Odd({"content": "black", "sound": None}, **FEATURELESS),
    "one-colour": Odd({"content": "colour", "sound": None}, **FEATURELESS),
    "bars": Odd({"content": "bars", "sound": None}, **FEATURELESS),
    "wall": Odd({"content": "wall", "sound": None}, **FEATURELESS),
    "one-picture": Odd({"seconds": 0.04, "sound": None}, **FEATURELESS),
    "one-second": Odd({"seconds": 1.0}, changed=False),
}


def make(studio: Studio, name: str) -> Path:
    """The recording of a case: no two cases show the same scene."""
    return studio.clip(name, **CASES[name].made)


def copy_of(studio: Studio, name: str, *, changed: bool = False) -> Path:
    """The re-encoded copy of a case, with or without the box."""
    case = CASES[name]
    target = studio.folder / f"{name}.{'changed' if changed else 'copy'}.mp4"
    chain = ",".join(step for step in (PAINTED if changed else None, case.through) if step)
    filters = ("-vf", chain) if chain else ()
    if not target.exists():
        half = target.with_name(f"{os.getpid()}.{target.name}")  # the folder may be shared by several processes
        stock.ffmpeg("-i", make(studio, name), *filters, *MESSENGER, half)
        half.replace(target)
    return target
