"""The stock ``ffmpeg`` program, and what it alone says about a file.

Everything the truth table grades with comes from here: the program that ``imageio-ffmpeg`` carries (or the one named by
``PROVENANCE_FFMPEG``), its ``framehash`` muxer with and without decoding, and nothing of provenance. A machine with pip
alone can run it; there is no ffprobe in the wheel, so facts are read from framehash headers and rows.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

#: Longest that one run may take; the slowest of the harness (lossless 1080p on two busy cores) takes about 30 s.
SECONDS = 240

#: Below this a time is libavutil's AV_NOPTS_VALUE (-2**63).
UNSTATED = -(2**62)

_HEADER = re.compile(
    r"#(?P<name>tb|media_type|codec_id|dimensions|sar|extradata)[ ]+(?P<stream>\d+)[:,] *(?P<value>.*)"
)


class FfmpegFailed(Exception):
    """The program ended with an error; the message is the tail of what it said."""


@cache
def program() -> str:
    """Path of the ffmpeg program that is used throughout."""
    named = os.environ.get("PROVENANCE_FFMPEG")
    if named:
        return named
    import imageio_ffmpeg

    return imageio_ffmpeg.get_ffmpeg_exe()


def ffmpeg(*arguments: str | Path, stdin: bytes | None = None) -> str:
    """Run the program, return what it printed on stdout; raise :class:`FfmpegFailed` if it ended with an error."""
    command = [program(), "-nostdin", "-hide_banner", "-v", "error", "-y", *map(str, arguments)]
    if stdin is not None:
        command.remove("-nostdin")
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=SECONDS)
    if done.returncode:
        raise FfmpegFailed(done.stderr.decode(errors="replace").strip()[-600:] or f"status {done.returncode}")
    return done.stdout.decode(errors="replace")


def banner(path: Path) -> str:
    """What the program says about a file when it is given nothing to do (its stderr)."""
    command = [program(), "-nostdin", "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, check=False, timeout=SECONDS).stderr.decode(errors="replace")


@dataclass(frozen=True)
class Row:
    """One packet or one picture: times in seconds from the zero of the file's time line."""

    start: Fraction
    duration: Fraction
    size: int
    digest: str

    @property
    def end(self):
        return self.start + self.duration


@dataclass(frozen=True)
class Stream:
    """One stream as framehash tells it: header facts and rows in the order they came."""

    kind: str
    codec: str
    dimensions: tuple[int, int] | None = None
    extradata: str = ""
    rows: tuple[Row, ...] = field(default=(), repr=False)

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(row.digest for row in self.rows)


def _read(text: str) -> tuple[Stream, ...]:
    headers: dict[int, dict[str, str]] = {}
    rows: dict[int, list[Row]] = {}
    for line in text.splitlines():
        header = _HEADER.fullmatch(line.strip())
        if header:
            headers.setdefault(int(header["stream"]), {})[header["name"]] = header["value"]
        elif line and not line.startswith("#"):
            cells = [cell.strip() for cell in line.split(",")]
            stream = int(cells[0])
            tick = Fraction(headers[stream]["tb"])
            dts, pts, duration, size = map(int, cells[1:5])
            time = pts if pts > UNSTATED else dts  # AVI states no pts of reordered pictures
            rows.setdefault(stream, []).append(Row(time * tick, duration * tick, size, cells[5]))
    return tuple(
        _stream(headers[number], rows.get(number, [])) for number in sorted(headers) if "tb" in headers[number]
    )


def _stream(header: dict[str, str], rows: list[Row]) -> Stream:
    width, _, height = header.get("dimensions", "").partition("x")
    return Stream(
        header.get("media_type", ""),
        header.get("codec_id", ""),
        (int(width), int(height)) if height else None,
        header.get("extradata", "").rpartition(",")[2].strip(),
        tuple(rows),
    )


def packets(path: Path, *, bsf: str | None = None) -> tuple[Stream, ...]:
    """Video, then sound streams of a file with a SHA-256 of every packet, in file order, nothing decoded.

    ``bsf``: a bitstream filter that is put on every video stream, to bring two wrappings to one form.
    """
    extra = ("-bsf:v", bsf) if bsf else ()
    copy = ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-copyts", *extra)
    return _read(ffmpeg("-i", path, *copy, "-f", "framehash", "-hash", "sha256", "-"))


def pictures(path: Path, track: int = 0, *, before: tuple[str, ...] = ()) -> tuple[Row, ...]:
    """Presented pictures of one video track, in order of presentation: the stock command of formats.md section 3.

    Damaged files are decoded as far as the program goes; what it printed before it gave up is returned. ``before``:
    options put before the input.
    """
    chosen = ("-map", f"0:v:{track}", "-fps_mode", "passthrough", "-noautoscale")
    form = ("-f", "framehash", "-hash", "sha256", "-")
    start = [program(), "-nostdin", "-hide_banner", "-v", "error", "-copyts", *before, "-noautorotate"]
    done = subprocess.run([*start, "-i", str(path), *chosen, *form], capture_output=True, check=False, timeout=SECONDS)
    streams = _read(done.stdout.decode(errors="replace"))
    return streams[0].rows if streams else ()


def composed(path: Path) -> tuple[Row, ...]:
    """The picture of a HEIF grid as the program puts it together by itself; as a stream it has the tiles only."""
    form = ("-f", "framehash", "-hash", "sha256", "-")
    return _read(ffmpeg("-noautorotate", "-i", path, *form))[0].rows


def keyframes(path: Path) -> tuple[Fraction, ...]:
    """Times, on the file's time line, of the packets of the first picture track at which a decoder can start."""
    text = ffmpeg("-i", path, "-map", "0:v:0", "-c", "copy", "-copyts", "-f", "framecrc", "-")
    tick = Fraction(re.search(r"#tb 0: (\S+)", text)[1])
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    # framecrc writes F=… only where the flags are not those of a plain keyframe (libavformat/framecrcenc.c)
    return tuple(sorted(int(row[2]) * tick for row in rows if not any(cell.strip().startswith("F=") for cell in row)))


#: Brings H.264 and HEVC of any wrapping to one form: start codes, slices only. Numbers of NAL unit types are those of
#: ITU-T H.264 table 7-1 and H.265 table 7-1.
SLICES_ONLY = {
    "h264": "h264_mp4toannexb,filter_units=pass_types=1-5",
    "hevc": "hevc_mp4toannexb,filter_units=pass_types=0-31",
}
