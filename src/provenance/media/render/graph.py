"""The filter graph of a clip: each segment's two lanes cut to pictures that belong together, side by side, in a row.

Times go through unchanged (``-copyts``): the graph subtracts where the segment starts, divides by its pace, and takes
at each tick the picture that a player would show then. Nothing is turned but by the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import ffmpeg

from provenance.comparison import WHOLE_PICTURE
from provenance.media.render.laid import within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.comparison import Segment
    from provenance.media.render.laid import Region, Turn

#: Pixels: height of the pictures, most of the whole width, between the panes, height of the strip of time codes.
_HEIGHT, _WIDTH, _GAP, STRIP = 540, 1920, 8, 56
#: Seconds that are read before a segment, so that the picture shown at its start is among them.
_LEAD: Final = Fraction(2)
_SOUND_RATE = 48_000
#: Bytes that the index of an MP4 takes: a picture 4 (size), 8 (composition time) and up to 8 (chunk), a packet of
#: sound of 1,024 samples the same; and what does not grow. More would be refused by the writer, less is filled up.
_INDEX_A_PICTURE, _INDEX = 24, 65_536
#: Outlines: thickness in pixels, and how many one clip has.
_THICK, _MOST_BOXES = 4, 24
_ORANGE, _PAPER = "0xD55E00", "0xFAFAF8"


@dataclass(frozen=True, slots=True)
class Lane:
    """One file's side of a segment.

    ``start``: seconds on the file's clock; ``pace``: its seconds a second of clip; ``shown``: what a player does to its
    pictures; ``size``: width and height before that, pixels square; ``part`` of it is kept, then ``turn`` is applied.
    """

    descriptor: int
    demuxer: str
    track: int
    sound: int | None
    start: Fraction
    pace: Fraction
    shown: Turn
    size: tuple[int, int]
    part: Region | None
    turn: Turn


@dataclass(frozen=True, slots=True)
class Part:
    """A segment in the clip, ``count`` pictures long."""

    questioned: Lane
    evidence: Lane
    segment: Segment
    count: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Pixels, all even: widths of the panes, their height."""

    left: int
    right: int
    height: int

    @property
    def width(self) -> int:
        """Of the whole clip."""
        return self.left + _GAP + self.right

    @property
    def second(self) -> int:
        """Where the right pane begins."""
        return self.left + _GAP


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a clip is made from."""

    parts: tuple[Part, ...]
    rate: Fraction
    layout: Layout


def shape(lane: Lane) -> Fraction:
    """Width / height of what a lane shows."""
    width, height = lane.shown.size(lane.size)
    part = lane.part or (0, 0, Fraction(1), Fraction(1))
    across, down = width * part[2], height * part[3]
    return Fraction(down, across) if lane.turn.quarters % 2 else Fraction(across, down)


def layout(left: Sequence[Fraction], right: Sequence[Fraction]) -> Layout:
    """One height for all; panes as wide as the widest picture that they show."""
    widest = max(left), max(right)
    height = min(_HEIGHT, int((_WIDTH - _GAP) / sum(widest)))
    across, beside = (max(2, _even(height * one)) for one in widest)
    return Layout(across, beside, max(2, _even(height)))


def _even(pixels: Fraction | int) -> int:
    return round(pixels / 2) * 2


def arguments(plan: Plan, into: int) -> list[str]:
    """Arguments of the ffmpeg program that write the clip to the open descriptor ``into``."""
    silent = any(part.questioned.sound is None for part in plan.parts)
    pieces: list[Any] = []
    for part in plan.parts:
        panes = [
            _pane(plan, part, part.questioned, plan.layout.left),
            _pane(plan, part, part.evidence, plan.layout.right),
        ]
        panes[0] = panes[0].filter("pad", plan.layout.width, plan.layout.height, 0, 0, _PAPER)
        pieces.append(ffmpeg.filter(panes, "overlay", x=plan.layout.second, y=0))
        if not silent:
            pieces.append(_sound(plan, part))
    joined = ffmpeg.concat(*pieces, v=1, a=0 if silent else 1, n=len(plan.parts)).node
    codes = ffmpeg.input(
        "fd:",
        fd=0,
        f="rawvideo",
        protocol_whitelist="fd",
        pixel_format="gray",
        video_size=(plan.layout.width, STRIP),
        framerate=_text(plan.rate),
    )
    shown = ffmpeg.filter([joined[0], codes.video.filter("format", "yuv420p")], "vstack")
    made = ffmpeg.output(*([shown] if silent else [shown, joined[1]]), "fd:", **_coding(plan, into, silent=silent))
    made = made.global_args("-nostdin", "-hide_banner", "-loglevel", "error", "-copyts", "-filter_complex_threads", "1")
    return [str(one) for one in made.overwrite_output().compile(cmd="ffmpeg")[1:]]


def _coding(plan: Plan, into: int, *, silent: bool) -> dict[str, Any]:
    """Options of the output: nothing of the inputs' metadata, nothing of this machine."""
    pictures = sum(part.count for part in plan.parts)
    packets = int(pictures / plan.rate * _SOUND_RATE / 1024)
    options = {
        "fd": into,
        "f": "mp4",
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 21,
        "pix_fmt": "yuv420p",
        "threads": 2,
        "bsf:v": "filter_units=remove_types=6",  # the encoder's note on itself
        "map_metadata": -1,
        "map_chapters": -1,
        "metadata:s:v": "encoder=",
        "metadata:s:a": "encoder=",
        "fflags": "+bitexact",
        "flags": "+bitexact",
        "moov_size": _INDEX + _INDEX_A_PICTURE * (pictures + packets),  # in front: it plays while it is loaded
    }
    return options if silent else {**options, "c:a": "aac", "b:a": "128k"}


def _source(lane: Lane, track: int) -> Any:
    """A track of a lane's file, opened as what it is and nothing else, from a little before the segment."""
    begin = max(Fraction(0), lane.start - _LEAD)
    options = {"f": lane.demuxer, "format_whitelist": lane.demuxer, "protocol_whitelist": "fd"}
    seek = {"seek_timestamp": 1, "ss": f"{float(begin):.6f}"} if begin else {}
    return ffmpeg.input(
        "fd:", **options, **seek, fd=lane.descriptor, noaccurate_seek=None, noautorotate=None, threads=2
    )[str(track)]


def _pane(plan: Plan, part: Part, lane: Lane, width: int) -> Any:
    """The pictures of one lane, as many as the part has, in a pane of the layout."""
    stream = _source(lane, lane.track)
    stream = stream.filter("setpts", f"(PTS-({_text(lane.start)})/TB)/({_text(lane.pace)})")
    stream = stream.filter("fps", fps=_text(plan.rate), start_time=0, round="up")
    stream = stream.filter("tpad", stop=-1, stop_mode="clone").filter("trim", end_frame=part.count)
    stream = stream.filter("scale", lane.size[0], lane.size[1]).filter("setsar", 1)
    stream = _laid(stream, lane.shown)
    if lane.part is not None:
        left, top, across, down = (float(one) for one in lane.part)
        stream = stream.filter("crop", f"iw*{across}", f"ih*{down}", f"iw*{left}", f"ih*{top}", exact=1)
    stream = _laid(stream, lane.turn)
    stream = stream.filter("scale", width, plan.layout.height, force_original_aspect_ratio="decrease", flags="area")
    stream = stream.filter("setsar", 1)
    for box in _boxes(part, part.segment.place if lane is part.evidence else WHOLE_PICTURE):
        stream = stream.filter("drawbox", **box)
    return stream.filter("pad", width, plan.layout.height, "(ow-iw)/2", "(oh-ih)/2", _PAPER).filter("format", "yuv420p")


def _laid(stream: Any, turn: Turn) -> Any:
    if turn.mirrored:
        stream = stream.filter("hflip")
    for _ in range(turn.quarters):
        stream = stream.filter("transpose", "clock")
    return stream


def _boxes(part: Part, seen: Region) -> Iterator[dict[str, Any]]:
    """Outlines of what was changed, while it is, in a pane that shows the part ``seen`` of the questioned picture."""
    begin = part.segment.questioned.start
    found = [one for one in part.segment.alterations if one.region is not None]
    for one in found[:_MOST_BOXES]:
        assert one.region is not None
        there = within(seen, one.region)
        if there is None:  # in the bars around it: the recording's pane does not show them
            continue
        left, top, width, height = (float(side) for side in there)
        when = {}
        if one.questioned is not None:
            start, end = (float(moment - begin) for moment in (one.questioned.start, one.questioned.end))
            when = {"enable": f"between(t,{start:.6f},{end:.6f})"}
        box = {"x": f"iw*{left}", "y": f"ih*{top}", "w": f"iw*{width}", "h": f"ih*{height}"}
        yield {**box, "color": _ORANGE, "t": _THICK, **when}


def _sound(plan: Plan, part: Part) -> Any:
    """The questioned file's sound for one part, silence where it has none, exactly as long as its pictures."""
    assert part.questioned.sound is not None
    length = part.count / plan.rate
    stream = _source(part.questioned, part.questioned.sound)
    stream = stream.filter("asetpts", f"PTS-({_text(part.questioned.start)})/TB").filter("atrim", start=0)
    stream = stream.filter("aresample", _SOUND_RATE, **{"async": 1, "first_pts": 0})
    stream = stream.filter("aformat", sample_fmts="fltp", channel_layouts="stereo")
    return stream.filter("apad", whole_dur=f"{float(length):.6f}").filter("atrim", end=f"{float(length):.6f}")


def _text(number: Fraction) -> str:
    return f"{number.numerator}/{number.denominator}"
