"""The child's work on a file of one picture: decoded once, put together where it lies in tiles, and looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from provenance.binding import nal, visual
from provenance.binding.packets import CodedPacket, PacketObserver
from provenance.binding.pictures import PictureObserver
from provenance.binding.visual import lines_of
from provenance.errors import MediaError
from provenance.evidence import (
    PACKET_KEY,
    PICTURE_DECODER_DEPENDENT,
    Measurement,
    NotMeasured,
    PictureRows,
    Presentation,
    Track,
)
from provenance.media import exif, heif, probe
from provenance.media.decode import brightness, picture

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from provenance.binding.looks import LooksObserver
    from provenance.evidence import Depth, FileState
    from provenance.media.formats import Format
    from provenance.media.measure import File

#: Decoder of each format that is one coded picture from its first byte to its last.
_DECODERS = {"jpeg": "mjpeg", "png": "png", "webp": "webp", "bmp": "bmp", "tiff": "tiff"}
#: FFmpeg's own decoder of AV1 needs a graphics processor.
_SOFTWARE = {"av1": "libdav1d"}
#: FFmpeg's decoder refuses what its own encoder writes when it is to stop at errors (8.1).
_NEVER_STRICT = {"tiff"}
#: Ticks of a second in the only row; what is shown has no time.
_TIME_BASE = Fraction(1, 1000)
#: Parts of a WebP file that say it moves (RFC 9649 section 2.7.1.1).
_ANIMATED = b"ANIM"
_WEBP_HEAD = 64


@dataclass(frozen=True, slots=True)
class _Found:
    """The picture, what codes it, how it is turned for showing, and what was noticed."""

    frame: VideoFrame
    unit: heif.Coded
    data: bytes | None
    rotation: int
    mirrored: bool
    harmed: bool


def measure_still(file: File, form: Format, depth: Depth, observer: LooksObserver | None) -> Measurement:
    """Measure a file of one picture; ``observer`` looks at it, if it was asked for.

    A picture that cannot be had is ``not_measured``.

    Raises:
        MediaError: ``media.limit``.
    """
    if file.size > file.limits.still_bytes:
        raise MediaError(f"a still of more than {file.limits.still_bytes} bytes", code="media.limit")
    try:
        found = _found(file, form)
    except heif.NotShown as reason:
        why = NotMeasured("pictures", str(reason))
        return Measurement("image", "unreadable", form.name, depth, not_measured=(why,))
    track = _track(found)
    told: list[NotMeasured] = []
    if found.data is None:
        told.append(NotMeasured("packets", "the picture is put together of tiles", 0))
    if depth == "full":
        seen = PictureObserver(visual)
        seen.update(picture(_at_zero(found.frame)))
        rows = seen.result()
        if found.harmed:
            rows = PictureRows(rows.digests, rows.pts, tuple(one | PICTURE_DECODER_DEPENDENT for one in rows.flags))
        if observer is not None:
            observer.update(picture(_at_zero(brightness(found.frame))))
        track = replace(track, pictures=rows, looks=None if observer is None else observer.result())
    state: FileState = "damaged" if found.harmed else "whole"
    return Measurement("image", state, form.name, depth, (track,), tuple(told))


def only_picture(file: File, form: Format) -> VideoFrame:
    """The picture of a file of one, before any turn, its time 0.

    Raises:
        MediaError: ``media.no-picture``, ``media.limit``.
    """
    if file.size > file.limits.still_bytes:
        raise MediaError(f"a still of more than {file.limits.still_bytes} bytes", code="media.limit")
    try:
        return _at_zero(_found(file, form).frame)
    except heif.NotShown as reason:
        raise MediaError(str(reason), code="media.no-picture") from reason


def _found(file: File, form: Format) -> _Found:
    return _heif(file) if form.name == "heif" else _plain(file, form)


def _track(found: _Found) -> Track:
    frame, unit = found.frame, found.unit
    shown = probe.shown(frame, None)
    presentation = Presentation(
        start=Fraction(0),
        duration=Fraction(0),
        stated=shown,
        coded=shown,
        rotation=found.rotation,
        mirrored=found.mirrored,
        pixel_format=probe.plain_format(frame.format.name),
    )
    length = nal.length_size_of_record(unit.codec, unit.record) if unit.codec in {"h264", "hevc"} else 0
    track = Track(0, "video", unit.codec, _TIME_BASE, (), presentation, nal_length_size=length)
    if found.data is None:
        return track
    observer = PacketObserver(unit.codec, record=unit.record, nal_length_size=length)
    offset = unit.extents[0][0] if len(unit.extents) == 1 else -1
    observer.update(CodedPacket(found.data, 0, 0, PACKET_KEY, offset))
    packets, changes = observer.result()
    return replace(track, packets=packets, configuration=changes)


def _plain(file: File, form: Format) -> _Found:
    data = file.read_at(0, file.size)
    if form.name == "webp" and _ANIMATED in data[:_WEBP_HEAD]:
        raise heif.NotShown("an animated WebP is not decoded")
    unit = heif.Coded(_DECODERS[form.name], b"", ((0, len(data)),))
    frame, harmed = _decoded(file, unit, data)
    rotation, mirrored = exif.orientation(form.name, data)
    return _Found(frame, unit, data, rotation, mirrored, harmed)


def _heif(file: File) -> _Found:
    shown = heif.first_picture(file.read_at, file.size)
    parts = [_bytes(file, tile) for tile in shown.tiles]
    decoded = [_decoded(file, tile, data) for tile, data in zip(shown.tiles, parts, strict=True)]
    frames = [frame for frame, _ in decoded]
    frame = frames[0] if shown.size is None else _composed(file, shown, frames)
    harmed = any(bad for _, bad in decoded)
    only = parts[0] if shown.size is None else None
    return _Found(frame, shown.tiles[0], only, shown.rotation, shown.mirrored, harmed)


def _bytes(file: File, unit: heif.Coded) -> bytes:
    """The bytes of a coded item."""
    total = sum(size for _, size in unit.extents)
    if total > file.size:
        raise heif.NotShown("a part of it is said to be longer than the file")
    data = b"".join(file.read_at(offset, size) for offset, size in unit.extents)
    if len(data) != total or not data:
        raise heif.NotShown("a part of it lies behind the end of the file")
    return data


def _decoded(file: File, unit: heif.Coded, data: bytes) -> tuple[VideoFrame, bool]:
    """The picture, and whether it took concealing errors to get it."""
    for strict in (True, False) if unit.codec not in _NEVER_STRICT else (False,):
        context = av.CodecContext.create(_SOFTWARE.get(unit.codec, unit.codec), "r")
        assert isinstance(context, VideoCodecContext)
        if unit.record:
            context.extradata = unit.record
        context.thread_count = 1
        context.options = {"err_detect": "explode"} if strict else {}
        try:
            frames: list[Any] = [*context.decode(av.Packet(data)), *context.decode(None)]
        except (FFmpegError, MemoryError) as error:
            if limit := probe.as_limit(error):
                raise limit from error
            continue
        if frames:
            frame = frames[0]
            if frame.width * frame.height > file.limits.pixels:
                raise MediaError(f"a picture has {frame.width} x {frame.height} samples", code="media.limit")
            return frame, (not strict and unit.codec not in _NEVER_STRICT) or frame.is_corrupt
    raise heif.NotShown("it cannot be decoded: damaged, too large, or in a form that is not known")


def _composed(file: File, shown: heif.Shown, tiles: list[VideoFrame]) -> VideoFrame:
    """The tiles of a grid, of one size and format, in one picture of the size that is shown."""
    assert shown.size is not None
    width, height = shown.size
    first, columns, rows = tiles[0], shown.columns, len(tiles) // shown.columns
    if any((one.width, one.height, one.format.name) != (first.width, first.height, first.format.name) for one in tiles):
        raise heif.NotShown("the tiles of its grid are of different sizes or formats")
    if not (0 < width <= columns * first.width and 0 < height <= rows * first.height):
        raise heif.NotShown("its grid is larger than its tiles, or empty")
    if width * height > file.limits.pixels:
        raise MediaError(f"a picture has {width} x {height} samples", code="media.limit")
    out = av.VideoFrame(width, height, first.format.name)
    parts = [picture(tile).planes for tile in tiles]
    for index, plane in enumerate(out.planes):
        lines = [lines_of(part[index]) for part in parts]
        whole = np.vstack([np.hstack(lines[at : at + columns]) for at in range(0, len(lines), columns)])
        wanted = picture(out).planes[index]
        padded = np.zeros((plane.height, abs(plane.line_size)), np.uint8)
        padded[:, : wanted.width] = whole[: plane.height, : wanted.width]
        plane.update(padded.tobytes())
    out.color_range, out.colorspace = first.color_range, first.colorspace
    out.color_primaries, out.color_trc = first.color_primaries, first.color_trc
    return out


def _at_zero(frame: VideoFrame) -> VideoFrame:
    frame.pts = 0
    return frame
