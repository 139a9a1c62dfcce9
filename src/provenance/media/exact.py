"""The child's smaller tasks: one picture in native format, and canonical digests of bytes at stated places."""

from __future__ import annotations

import hashlib
import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.error import FFmpegError

from provenance.binding import units, visual
from provenance.binding.packets import little_endian
from provenance.errors import MediaError
from provenance.evidence import UNIT_DIGEST_BYTES
from provenance.media import demux, formats, probe
from provenance.media.decode import decoded, frame_time, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.stream import Stream
    from av.video.frame import VideoFrame

    from provenance.binding.pictures import Picture
    from provenance.media.formats import Format
    from provenance.media.measure import File

#: A unit larger than this is no unit: an intra picture of 8K at 16 bits uncompressed has 400 MiB.
_MAX_UNIT_BYTES = 2**29


def replay(file: File, places: Sequence[tuple[int, int]], *, codec: str, nal_length_size: int) -> bytes:
    """For each (offset, size): 1 and 24 bytes of SHA-256 of the canonical unit there; zeros if there is none."""
    split = units.splitter(codec, nal_length_size)
    rows = bytearray()
    for offset, size in places:
        data = file.read_at(offset, size) if 0 < size <= _MAX_UNIT_BYTES else b""
        found = (little_endian(codec, data),) if codec.startswith("pcm_") else split(data).units
        if len(data) != size or len(found) != 1:
            rows += bytes(1 + UNIT_DIGEST_BYTES)
        else:
            rows += b"\x01" + hashlib.sha256(found[0]).digest()[:UNIT_DIGEST_BYTES]
    return bytes(rows)


def exact_picture(file: File, *, track: int | None, number: int | None, time: Fraction | None) -> bytes:
    """One presented picture as FFV1 in Matroska: same samples, sample aspect, range, matrix.

    ``track``: stream index, None for the first video track. ``number``: row in the picture rows; or ``time``: the
    picture shown then, in seconds on the file's time line.

    Raises:
        MediaError: ``media.no-picture``, ``media.format`` (FFV1 has no such pixel format), ``media.limit``.
    """
    form = formats.recognise(file.read_at(0, formats.HEAD_BYTES))
    if form is None or form.kind == "image":
        raise MediaError("no video in this file", code="media.no-picture")
    try:
        strict = _find(file, form, track, number=number, time=time, strict=True)
        found = strict or _find(file, form, track, number=number, time=time, strict=False)
    except FFmpegError as error:
        raise probe.as_limit(error) or MediaError("the container cannot be read", code="media.no-picture") from error
    if found is None:
        raise MediaError("there is no such picture", code="media.no-picture")
    return found


def _find(
    file: File, form: Format, track: int | None, *, number: int | None, time: Fraction | None, strict: bool
) -> bytes | None:
    """The encoded picture; None if there is none, or if ``strict`` and a unit before it would not decode."""
    with probe.open_container(file.descriptor, form) as container:
        stream = video_stream(list(container.streams), track, form)
        troubles: set[int] = set()
        context: Any = stream.codec_context
        context.thread_count = file.threads if strict else 1
        context.options = {"max_pixels": str(file.limits.pixels)} | ({"err_detect": "explode"} if strict else {})
        aspect = getattr(stream, "sample_aspect_ratio", None)
        before, lasting = None, 0
        base = stream.time_base or Fraction(1)
        for count, frame in enumerate(_frames(file, container, stream, troubles)):
            if strict and troubles:
                return None
            if number is not None and count == number:
                return _encoded(frame, aspect)
            if time is not None and frame_time(frame) * base > time:
                return _encoded(before or frame, aspect)
            lasting = max(frame.duration or 0, 0 if before is None else frame_time(frame) - frame_time(before))
            before = frame
        if time is None or before is None or (strict and troubles):
            return None
        # The last picture lasts as its unit says, or as long as the one before it; after that nothing is shown.
        return _encoded(before, aspect) if time < (frame_time(before) + max(lasting, 1)) * base else None


def _frames(file: File, container: Any, stream: Stream, troubles: set[int]) -> Iterator[Any]:
    for packet in demux.packets(container, [stream], file.limits):
        yield from decoded(stream.codec_context, packet if packet.size else None, troubles)


def video_stream(streams: list[Stream], track: int | None, form: Format) -> Stream:
    """The video track with index ``track``, or the first one. Raises MediaError ``media.no-picture``."""
    for stream in streams:
        if probe.setup(stream, form).kind == "video" and track in {None, stream.index}:
            return stream
    raise MediaError("there is no such video track", code="media.no-picture")


def _encoded(frame: VideoFrame, sample_aspect: Fraction | None) -> bytes:
    """``frame`` as the only picture of a Matroska file, coded by FFV1 without loss."""
    target = io.BytesIO()
    plain = _plain(frame)
    try:
        with av.open(target, "w", format="matroska", options={"fflags": "+bitexact"}) as output:
            stream = output.add_stream("ffv1", rate=1)
            context: Any = stream.codec_context
            context.width, context.height, context.pix_fmt = plain.width, plain.height, plain.format.name
            context.thread_count = 1
            if sample_aspect:
                context.sample_aspect_ratio = sample_aspect
            full = frame.format.name.startswith("yuvj")
            context.color_range = 2 if full else frame.color_range
            context.colorspace = frame.colorspace
            context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
            output.mux(context.encode(plain))
            output.mux(context.encode(None))
    except (FFmpegError, ValueError) as error:
        raise MediaError(f"FFV1 holds no {frame.format.name} pictures", code="media.format") from error
    return target.getvalue()


def _plain(frame: VideoFrame) -> VideoFrame:
    """A copy of the samples in the plain form of the format (yuvj is yuv), cropped, upright in memory, time 0."""
    name = probe.plain_format(frame.format.name) or ""
    copy = av.VideoFrame(frame.width, frame.height, name)
    source: Picture = picture(frame)
    for plane, target in zip(source.planes, copy.planes, strict=True):
        samples = b"".join(visual.packed(plane))
        stride = abs(target.line_size) if target.line_size else plane.width
        lines = [samples[at : at + plane.width].ljust(stride, b"\0") for at in range(0, len(samples), plane.width)]
        target.update(b"".join(lines))
    copy.pts = 0
    return copy
