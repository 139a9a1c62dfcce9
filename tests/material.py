"""A file to transform and what is needed to do it; how ffmpeg is asked to copy streams."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import stock
from clips import Studio

MP4_FAMILY = {".mp4", ".mov", ".m4a", ".3gp"}
STILLS = {".jpg", ".jpeg", ".heic", ".png"}
NAL_VIDEO = {"h264", "hevc"}
#: Lossless and of any pixel format; slices so that two cores share a picture.
FFV1 = ("-c:v", "ffv1", "-level", "3", "-slices", "4", "-g", "1")


class NotPossible(Exception):
    """The file does not allow this transformation; the message says why."""


@dataclass(frozen=True)
class Material:
    """A file to transform, the folder the result goes to, and a studio for what is mixed in.

    The partner (a second recording, registered by the harness) and the stranger (never registered) have the picture
    size and pixel format of the file, so that pictures can be joined without conversion.
    """

    source: Path
    folder: Path
    studio: Studio

    @cached_property
    def streams(self) -> tuple[stock.Stream, ...]:
        return stock.packets(self.source)

    @cached_property
    def pictures(self) -> tuple[stock.Row, ...]:
        return stock.pictures(self.source)

    @cached_property
    def videos(self) -> tuple[stock.Stream, ...]:
        return tuple(stream for stream in self.streams if stream.kind == "video")

    @cached_property
    def sounds(self) -> tuple[stock.Stream, ...]:
        return tuple(stream for stream in self.streams if stream.kind == "audio")

    @property
    def is_still(self) -> bool:
        return self.source.suffix.lower() in STILLS

    @cached_property
    def pixel_format(self) -> str:
        named = re.search(r"Stream #.*Video: .*?, (yuv\w+|gray\w*)(?:\((\w+)\b)?", stock.banner(self.source))
        if not named:
            raise NotPossible("no pixel format is stated")
        full_range = named[2] == "pc" and named[1] in {"yuv420p", "yuv422p", "yuv444p"}
        return named[1].replace("yuv", "yuvj") if full_range else named[1]

    @property
    def range_options(self) -> tuple[str, ...]:
        """Keeps an encoder from converting full range samples."""
        return ("-color_range", "pc") if self.pixel_format.startswith("yuvj") else ()

    @cached_property
    def first(self) -> Fraction:
        """When the first picture is shown, on the file's own time line."""
        return self.pictures[0].start

    @cached_property
    def duration(self) -> Fraction:
        """Seconds from the first shown picture to the end of the last."""
        return self.pictures[-1].end - self.first

    @cached_property
    def keyframes(self) -> tuple[Fraction, ...]:
        """Seconds after the first shown picture of every later picture at which a decoder can start."""
        shown = {picture.start for picture in self.pictures[1:]}
        return tuple(time - self.first for time in stock.keyframes(self.source) if time in shown)

    @cached_property
    def file_start(self) -> Fraction:
        """The earliest time of any track: where ffmpeg counts ``-ss`` from."""
        starts = [row.start for stream in self.streams for row in stream.rows[:8]]
        return max(min([*starts, self.first]), Fraction(0))

    def partner(self) -> Path:
        return self._mixed_in("the second recording")

    def stranger(self) -> Path:
        return self._mixed_in("a recording that nobody registered")

    def _mixed_in(self, name: str) -> Path:
        self.need(pictures=3)
        width, height = self.videos[0].dimensions
        seconds = 2.0 if width * height < 500_000 else 0.8
        coding = {"codec": "ffv1", "container": "mkv", "sound": None}
        return self.studio.clip(name, size=(width, height), pix_fmt=self.pixel_format, seconds=seconds, **coding)

    def out(self, name: str, suffix: str | None = None) -> Path:
        return self.folder / f"{name}{suffix or self.source.suffix.lower()}"

    def need(self, *, pictures: int = 0, sound: bool = False, codec: set[str] | None = None) -> None:
        """Raise :class:`NotPossible` unless the file has this much."""
        if self.is_still:
            raise NotPossible("a still picture")
        if pictures and len(self.pictures) < pictures:
            raise NotPossible(f"{len(self.pictures)} pictures are too few")
        if sound and not self.sounds:
            raise NotPossible("no sound")
        if codec and self.videos[0].codec not in codec:
            raise NotPossible(f"not for {self.videos[0].codec}")


def possible(*arguments: str | Path) -> None:
    """Run ffmpeg; what it refuses is not possible."""
    try:
        stock.ffmpeg(*arguments)
    except stock.FfmpegFailed as error:
        raise NotPossible(str(error).splitlines()[0][-160:]) from error


def copied(material: Material, out: Path, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Path:
    """Stream-copy all picture and sound tracks, and subtitles where the new wrapping takes them."""
    material.need()
    base = (*before, "-i", material.source, "-map", "0:v?", "-map", "0:a?")
    try:
        stock.ffmpeg(*base, "-map", "0:s?", "-c", "copy", *after, out)
    except stock.FfmpegFailed:
        possible(*base, "-c", "copy", *after, out)
    return out
