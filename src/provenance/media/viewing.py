"""The child's pictures for people: what a player shows at given moments, scaled, as red, green and blue."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.error import FFmpegError
from av.video.reformatter import Colorspace, Interpolation

from provenance.errors import MediaError
from provenance.evidence import NO_PTS
from provenance.media import demux, exact, formats, probe, stills, view
from provenance.media.decode import decoded, frame_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.video.frame import VideoFrame

    from provenance.media.formats import Format
    from provenance.media.measure import File

#: Seconds between moments from which on seeking costs less than decoding what lies between: about ten key pictures.
_FAR = Fraction(10)
#: Rows from which on players take unstated colours for those of high definition (ITU-R BT.709), else BT.601.
_HIGH_DEFINITION = 720
#: Seconds of a tick of a still, whose picture has no time.
_OF_STILLS = Fraction(1, 1000)
#: AVCOL_SPC_UNSPECIFIED (libavutil/pixfmt.h).
_UNSTATED = 2


def views(file: File, *, track: int | None, times: Sequence[Fraction], side: int) -> list[bytes]:
    """For each of ``times`` (seconds on the file's clock, ascending) the picture shown then, as :mod:`view` packs it.

    Before the first picture it is the first, after the last the last; of a still it is the only one. ``side``: most
    pixels either way.

    Raises:
        MediaError: ``media.no-picture``, ``media.limit``.
    """
    form = formats.recognise(file.read_at(0, formats.HEAD_BYTES))
    if form is None:
        raise MediaError("no picture in this file", code="media.no-picture")
    if not form.demuxer:  # decoded as a whole; what FFmpeg demuxes of images moves, or may
        only = _view(stills.only_picture(file, form), 1, _OF_STILLS, None, side)
        return [only for _ in times]
    found: list[bytes] = []
    try:
        for together in _near(times):
            here = _pass(file, form, track, together, side=side, seek=together[0] > _FAR)
            found += here or _pass(file, form, track, together, side=side, seek=False) or []
    except FFmpegError as error:
        raise probe.as_limit(error) or MediaError("the container cannot be read", code="media.no-picture") from error
    if len(found) != len(times):
        raise MediaError("there is no such picture", code="media.no-picture")
    return found


def _near(times: Sequence[Fraction]) -> Iterator[list[Fraction]]:
    """Groups of moments that one run of the decoder takes."""
    group: list[Fraction] = []
    for time in times:
        if group and time - group[-1] > _FAR:
            yield group
            group = []
        group.append(time)
    if group:
        yield group


def _pass(
    file: File, form: Format, track: int | None, times: Sequence[Fraction], *, side: int, seek: bool
) -> list[bytes] | None:
    """Views at ``times``; None if a seek came down behind the first of them."""
    with probe.open_container(file.descriptor, form) as container:
        stream = exact.video_stream(list(container.streams), track, form)
        base = stream.time_base or Fraction(1)
        context: Any = stream.codec_context
        context.thread_count = file.threads
        context.options = {"max_pixels": str(file.limits.pixels)}
        if seek:
            container.seek(int(times[0] / base), stream=stream, backward=True)
        aspect = getattr(stream, "sample_aspect_ratio", None)
        due, found = list(times), []
        before: VideoFrame | None = None
        for frame in _frames(file, container, stream):
            start = frame_time(frame)
            if before is None and seek and start * base > due[0]:
                return None
            while due and before is not None and start * base > due[0]:
                found.append(_view(before, start, base, aspect, side))
                due.pop(0)
            if not due:
                return found
            before = frame
        if before is None:
            return None
        end = frame_time(before) + max(before.duration or 0, 1)
        return [*found, *(_view(before, end, base, aspect, side) for _ in due)]


def _frames(file: File, container: Any, stream: Any) -> Iterator[Any]:
    """Pictures whose time is known, forward in time; what will not decode is left out."""
    last = NO_PTS
    for packet in demux.packets(container, [stream], file.limits):
        for frame in decoded(stream.codec_context, packet if packet.size else None, set()):
            if frame_time(frame) > last:
                last = frame_time(frame)
                yield frame


def _view(frame: VideoFrame, end: int, base: Fraction, aspect: Fraction | None, side: int) -> bytes:
    width, height = _size(frame, aspect, side)
    stated = frame.colorspace
    high = frame.height >= _HIGH_DEFINITION
    assumed = Colorspace.ITU709 if high else Colorspace.ITU601
    shown = frame.reformat(
        width,
        height,
        "rgb24",
        src_colorspace=assumed if stated == _UNSTATED else None,
        interpolation=Interpolation.AREA,
    )
    plane = shown.planes[0]
    stride, line = plane.line_size, width * view.PIXEL_BYTES
    data = bytes(plane)
    pixels = b"".join(data[at : at + line] for at in range(0, stride * height, stride))
    return view.to_blob((frame_time(frame), end), base, (width, height), pixels)


def _size(frame: VideoFrame, aspect: Fraction | None, side: int) -> tuple[int, int]:
    """Width and height with square pixels, the longer one at most ``side``, never larger than the picture was."""
    stretch = aspect if aspect and Fraction(1, view.MOST_ASPECT) <= aspect <= view.MOST_ASPECT else Fraction(1)
    width, height = frame.width * max(stretch, Fraction(1)), frame.height / min(stretch, Fraction(1))
    scale = min(Fraction(1), side / max(width, height))
    return max(1, int(width * scale)), max(1, int(height * scale))
