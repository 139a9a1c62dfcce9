"""Opens a container in FFmpeg, and says what each stream is and how it is shown."""

from __future__ import annotations

import errno
import os
import struct
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from provenance.binding import nal
from provenance.errors import MediaError
from provenance.evidence import Shown, TrackKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame

    from provenance.media.formats import Format

#: Containers that say whether a track is shown by default; others have no such statement.
_SAY_DEFAULT = frozenset({"mov", "matroska"})

# Names of libavutil's enumerations (pixdesc.c); "unspecified" is None here. Numbers are those of ISO/IEC 23091-2.
_RANGES = {1: "tv", 2: "pc"}
_PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
_TRANSFERS = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
_MATRICES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
}
_FIELD_ORDERS = {1: "progressive", 2: "tt", 3: "bb", 4: "tb", 5: "bt"}
_DISPLAY_MATRIX = struct.Struct("=9i")
_KINDS: dict[str, TrackKind] = {
    "video": "video",
    "audio": "sound",
    "subtitle": "subtitle",
    "attachment": "attachment",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """One stream before any packet: what the container states of it.

    ``codec`` is FFmpeg's name of the coding, ``decoder`` that of the decoder chosen; ``record``: the configuration
    record.
    """

    index: int
    kind: TrackKind
    codec: str
    decoder: str
    time_base: Fraction
    nal_length_size: int
    record: bytes
    stated: Shown = field(default_factory=Shown)
    default: bool | None = None
    language: str | None = None
    field_order: str | None = None
    pixel_format: str | None = None
    sample_rate: int = 0
    channels: int = 0
    layout: str | None = None


def open_container(descriptor: int, form: Format, **options: str) -> InputContainer:
    """Open ``descriptor`` from its start as ``form``, and as nothing else.

    Probing is bounded by the address space alone: under ``max_pixels`` FFmpeg would forget the stated size, and an
    oversized picture would look like a damaged file.

    Raises:
        FFmpegError: it cannot be opened as that; see :func:`as_limit`.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    allowed = {"fd": str(descriptor), "format_whitelist": form.demuxer, "protocol_whitelist": "fd"}
    return av.open("fd:", "r", format=form.demuxer, options={**allowed, **options}, metadata_errors="replace")


def as_limit(error: FFmpegError | MemoryError) -> MediaError | None:
    """The MediaError ``media.limit`` for trouble that our own limits make, None for trouble with the file."""
    if isinstance(error, MemoryError) or error.errno in {errno.ENOMEM, errno.EAGAIN}:
        return MediaError("measuring needs more memory than the limits allow", code="media.limit")
    return None


def setup(stream: Stream, form: Format) -> Setup:
    """What the container states of ``stream``."""
    context: Any = stream.codec_context  # None for data streams, whatever the annotation says
    codec = str(context.codec.canonical_name) if context is not None else "unknown"
    record = bytes(context.extradata or b"") if context is not None else b""
    common = Setup(
        index=stream.index,
        kind=_kind(stream),
        codec=codec,
        decoder=str(context.name) if context is not None else "",
        time_base=stream.time_base or Fraction(1, 1000),
        nal_length_size=nal.length_size_of_record(codec, record) if codec in {"h264", "hevc"} else 0,
        record=record,
        default=bool(stream.disposition & Disposition.default) if form.name in _SAY_DEFAULT else None,
        language=_language(stream),
    )
    if isinstance(stream, VideoStream) and isinstance(context, VideoCodecContext):
        return replace(
            common,
            stated=_stated(stream, context),
            field_order=_FIELD_ORDERS.get(context.field_order),
            pixel_format=plain_format(context.pix_fmt),
        )
    if isinstance(stream, AudioStream) and isinstance(context, AudioCodecContext):
        return replace(
            common,
            sample_rate=context.sample_rate or 0,
            channels=context.channels,
            layout=_layout(context.layout.name),
        )
    return common


def with_size(setup: Setup, size: tuple[int, int] | None) -> Setup:
    """``setup`` with the size to which its container crops pictures, if it does."""
    return replace(setup, stated=replace(setup.stated, size=size)) if size and setup.kind == "video" else setup


def plain_format(name: str | None) -> str | None:
    """The pixel format; yuvj is yuv with full range (formats section 3)."""
    return name.replace("yuvj", "yuv") if name else None


def coded_shown(decoder: str, record: bytes, begin: Sequence[bytes]) -> Shown | None:
    """How the coded header alone says pictures are shown: a fresh decoder that sees ``record`` and the first units.

    None where they give no picture, for instance because the second field of the first one is not among them.
    """
    context = av.CodecContext.create(decoder, "r")
    if not isinstance(context, VideoCodecContext):
        return None
    if record:
        context.extradata = record
    context.thread_count = 1
    try:
        frames = [frame for unit in begin for frame in context.decode(av.Packet(unit))] + list(context.decode(None))
    except (FFmpegError, MemoryError):
        return None
    return shown(frames[0], context.sample_aspect_ratio) if frames else None


def shown(frame: VideoFrame, sample_aspect: Fraction | None) -> Shown:
    """How one decoded picture says it is shown."""
    full = frame.format.name.startswith("yuvj")
    return Shown(
        size=(frame.width, frame.height),
        sample_aspect=_positive(sample_aspect),
        colour_range="pc" if full else _RANGES.get(frame.color_range),
        matrix=_MATRICES.get(frame.colorspace),
        primaries=_PRIMARIES.get(frame.color_primaries),
        transfer=_TRANSFERS.get(frame.color_trc),
    )


def orientation(frame: VideoFrame) -> tuple[int, bool]:
    """(degrees clockwise, mirrored) of the display matrix that a decoded picture carries; nearest quarter turn.

    The matrix maps (x, y), y down, to (a x + c y, b x + d y): its first column is where "right" goes.
    """
    try:
        side_data: Any = frame.side_data  # annotated as a mapping of motion vectors alone
    except ValueError:  # PyAV 18.1 does not know the kind of Exif that FFmpeg 8 attaches: cameras' MJPEG in AVI has it
        return 0, False
    data = bytes(side_data.get(SideDataType.DISPLAYMATRIX) or b"")
    if len(data) != _DISPLAY_MATRIX.size:
        return 0, False
    a, b, _, c, d, *_ = _DISPLAY_MATRIX.unpack(data)
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    if abs(a) >= abs(b):
        return (180 if a < 0 else 0), mirrored
    return (90 if b > 0 else 270), mirrored


def libraries() -> dict[str, str]:
    """Versions of what measures."""
    named = {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}
    wanted = ("libavcodec", "libavformat", "libavutil")
    return {"av": av.__version__, **{name: named[name] for name in wanted if name in named}}


def _kind(stream: Stream) -> TrackKind:
    if stream.disposition & Disposition.attached_pic:
        return "attached-picture"
    return _KINDS.get(stream.type, "data")


def _language(stream: Stream) -> str | None:
    language = stream.language
    return language if language and language != "und" and language.isascii() and language.isalnum() else None


def _layout(name: str) -> str | None:
    """The channel layout; "2 channels" is FFmpeg's way to say that none is stated."""
    return None if not name or name.endswith(" channels") else name


def _positive(aspect: Fraction | None) -> Fraction | None:
    """``aspect``; None where it is no shape that a pixel can have, as where nothing is stated."""
    return aspect if aspect is not None and aspect > 0 else None


def _stated(stream: VideoStream, context: VideoCodecContext) -> Shown:
    full = (context.pix_fmt or "").startswith("yuvj")
    return Shown(
        size=(context.width, context.height) if context.width and context.height else None,
        sample_aspect=_positive(stream.sample_aspect_ratio),
        colour_range="pc" if full else _RANGES.get(context.color_range),
        matrix=_MATRICES.get(context.colorspace),
        primaries=_PRIMARIES.get(context.color_primaries),
        transfer=_TRANSFERS.get(context.color_trc),
    )
