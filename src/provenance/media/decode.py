"""Decodes one track and feeds what comes out to its observer, pictures on a second thread."""

from __future__ import annotations

import threading
from queue import Queue
from typing import TYPE_CHECKING, Any, cast

from av.error import FFmpegError

from provenance.binding import visual
from provenance.binding.audio import SoundObserver
from provenance.binding.pictures import Picture, PictureObserver, Plane
from provenance.binding.soundprint import SoundPrintObserver
from provenance.errors import MediaError
from provenance.evidence import NO_PTS
from provenance.media import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    import numpy as np
    from av.audio.frame import AudioFrame
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from provenance.binding.looks import LooksObserver
    from provenance.evidence import Looks, PictureRows, SoundBlockRows, SoundPrint
    from provenance.media.limits import Limits

#: Pictures that may wait to be hashed: enough to overlap, few enough for memory (each holds its buffers).
_WAITING = 3


def picture(frame: VideoFrame) -> Picture:
    """The planes of ``frame``, without a copy."""
    form = frame.format
    planes = []
    for index, plane in enumerate(frame.planes):
        if form.has_palette and index == 1:
            planes.append(Plane(memoryview(plane), plane.buffer_size, plane.buffer_size, 1))
            continue
        width = _line_bytes(frame, index)
        planes.append(
            Plane(memoryview(plane), abs(plane.line_size), width, plane.height, bottom_up=plane.line_size < 0)
        )
    bits = form.components[0].bits
    shift = 16 - bits if form.name.startswith(("p01", "p21", "p41")) else 0  # these keep samples in the high bits
    step = form.padded_bits_per_pixel // 8 if len(planes) == 1 else (bits + 7) // 8
    return Picture(frame_time(frame), tuple(planes), bits=bits, shift=shift, step=max(1, step))


def _line_bytes(frame: VideoFrame, index: int) -> int:
    """Bytes of samples in a line of plane ``index``: what av_image_get_linesize gives."""
    form = frame.format
    if len(frame.planes) == 1 or form.has_palette:
        bits = 8 if form.has_palette else form.padded_bits_per_pixel
        return (bits * frame.width + 7) // 8
    return sum(each.width * ((each.bits + 7) // 8) for each in form.components if each.plane == index)


def frame_time(frame: VideoFrame | AudioFrame) -> int:
    """pts; where the container states none (AVI), the dts of the unit."""
    if frame.pts is not None:
        return frame.pts
    return NO_PTS if frame.dts is None else frame.dts


#: Pixel formats whose first plane, or first byte of a packed pixel, is brightness or green.
_WITH_LUMA = ("yuv", "yuyv", "nv", "gray", "p0", "p2", "p4", "gbrp", "ya")


def brightness(frame: VideoFrame) -> VideoFrame:
    """``frame`` in a format from which brightness can be read; of others, what FFmpeg's scaler makes of them.

    That is 4:4:4 in 8 bits; palettes are looked up, alpha is left aside. Exact digests are taken of the frame itself.
    """
    name = frame.format.name
    if name.startswith(_WITH_LUMA) and not name.endswith("be"):
        return frame
    plain = frame.reformat(format="yuv444p")
    plain.pts, plain.dts = frame.pts, frame.dts
    return plain


class _Hand(threading.Thread):
    """Runs ``take`` on a thread of its own; what it raises comes out of the next ``put`` or of ``close``."""

    def __init__(self, take: Callable[[VideoFrame], None]) -> None:
        super().__init__(daemon=True)
        self._take = take
        self._queue: Queue[VideoFrame | None] = Queue(_WAITING)
        self._failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        while (frame := self._queue.get()) is not None:
            if self._failure is None:
                try:
                    self._take(frame)
                except BaseException as failure:  # noqa: BLE001 - handed to the thread that decodes
                    self._failure = failure

    def put(self, frame: VideoFrame) -> None:
        self._raise()
        self._queue.put(frame)

    def close(self) -> None:
        self._queue.put(None)
        self.join()
        self._raise()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure


class PictureDecoder:
    """Decodes a video track. ``first`` is its first picture; ``troubles`` the pts of units that would not decode."""

    def __init__(
        self,
        context: Any,
        *,
        threads: int,
        limits: Limits,
        strict: bool = True,
        looks: LooksObserver | None = None,
    ) -> None:
        """``strict``: raise at the first coding error instead of concealing it (FFmpeg's ``err_detect=explode``).

        ``looks`` observes the same pictures.
        """
        context.thread_count = threads
        context.thread_type = "AUTO" if threads > 1 else "NONE"
        context.options = {"max_pixels": str(limits.pixels)} | ({"err_detect": "explode"} if strict else {})
        self._context = context
        self._limits = limits
        self._observer = PictureObserver(visual)
        self._looks = looks
        self._hand = _Hand(self._observe)
        self._count = 0
        self.first: VideoFrame | None = None
        self.troubles: set[int] = set()

    def update(self, packet: Packet[Any] | None) -> None:
        """Decode the next packet; None flushes."""
        for frame in decoded(self._context, packet, self.troubles):
            self._take(cast("VideoFrame", frame))

    def result(self) -> tuple[PictureRows, Looks | None]:
        """The rows of all pictures, and how they look; once."""
        self._hand.close()
        return self._observer.result(), None if self._looks is None else self._looks.result()

    def _observe(self, frame: VideoFrame) -> None:
        seen = picture(frame)
        self._observer.update(seen)
        if self._looks is not None:
            readable = brightness(frame)
            self._looks.update(seen if readable is frame else picture(readable))

    def _take(self, frame: VideoFrame) -> None:
        self._count += 1
        if self._count > self._limits.pictures:
            raise MediaError(f"more than {self._limits.pictures} pictures", code="media.limit")
        if frame.width * frame.height > self._limits.pixels:
            raise MediaError(f"a picture has {frame.width} x {frame.height} samples", code="media.limit")
        if self.first is None:
            self.first = frame
        if frame.is_corrupt:
            self.troubles.add(frame_time(frame))
        self._hand.put(frame)


class SoundDecoder:
    """Decodes a sound track. ``troubles``: pts of units that would not decode."""

    def __init__(self, context: Any, sample_rate: int, time_base: Fraction) -> None:
        """``sample_rate`` in Hz as the container states it; ``time_base``: seconds a tick."""
        context.thread_count = 1
        self._context = context
        self._observer = SoundObserver(sample_rate)
        self._print = SoundPrintObserver(time_base)
        self.troubles: set[int] = set()

    def update(self, packet: Packet[Any] | None) -> None:
        """Decode the next packet; None flushes."""
        for frame in decoded(self._context, packet, self.troubles):
            sound = cast("AudioFrame", frame)
            samples = _samples(sound)
            self._observer.update(samples, frame_time(sound))
            self._print.update(samples, frame_time(sound), sound.sample_rate)

    def result(self) -> tuple[SoundBlockRows, SoundPrint]:
        """The rows of all blocks, and how they sound; once."""
        return self._observer.result(), self._print.result()


def _samples(frame: AudioFrame) -> NDArray[np.generic]:
    """Array (sample frames, channels) of the decoder's own sample type."""
    array = cast("NDArray[np.generic]", frame.to_ndarray())
    return array.T if frame.format.is_planar else array.reshape(frame.samples, -1)


def decoded(context: Any, packet: Packet[Any] | None, troubles: set[int]) -> list[Any]:
    """Frames that ``packet`` brings; a unit that will not decode goes to ``troubles`` and brings none.

    Raises:
        MediaError: our own limits stopped the decoder; code ``media.limit``.
    """
    try:
        return list(context.decode(packet))
    except (FFmpegError, MemoryError) as error:
        if limit := probe.as_limit(error):
            raise limit from error
        if packet is not None:
            pts = packet.pts if packet.pts is not None else packet.dts
            troubles.add(NO_PTS if pts is None else pts)
    return []
