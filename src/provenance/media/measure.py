"""The child's work on one file: recognise, open, one pass, decode again what was damaged, put the values together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.error import FFmpegError

from provenance.binding import units
from provenance.binding.packets import with_stored
from provenance.errors import MediaError
from provenance.evidence import (
    Damage,
    Depth,
    FileState,
    Looking,
    Looks,
    Measurement,
    MediaKind,
    NotMeasured,
    PacketRows,
    PictureRows,
    Track,
)
from provenance.media import boxes, crops, damage, demux, formats, probe, sandbox, stills
from provenance.media.decode import PictureDecoder, SoundDecoder, decoded
from provenance.media.source import pread

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.container import InputContainer

    from provenance.binding.looks import LooksObserver
    from provenance.media.formats import Format
    from provenance.media.limits import Limits
    from provenance.media.probe import Setup

#: Bytes a luma sample and its share of chroma take at most in video: 4:4:4 at 16 bits.
_BYTES_A_PIXEL = 6
#: Seconds between small pictures, and between pictures with local features. Kept of a recording: 2.5 a second and one
#: each 4 s. Of a questioned file: every picture, and 2 a second, so that one lies within 0.25 s of a kept one.
_GAPS = {"kept": (Fraction(2, 5), Fraction(4)), "close": (Fraction(0), Fraction(1, 2))}
#: Changes of configuration listed for one track: a camcorder that alternates them every half second fills five hours.
_MAX_CHANGES = 36_000


@dataclass(frozen=True, slots=True)
class File:
    """The inherited descriptor and how it may be used."""

    descriptor: int
    size: int
    limits: Limits
    threads: int
    progress: Callable[[int], None]

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset`` on."""
        return pread(self.descriptor, size, offset)


def measure(file: File, depth: Depth, looking: Looking = "none") -> Measurement:
    """Measure ``file``; ``looking`` counts where pictures are decoded.

    Trouble with the file is in the value; trouble of ours raises MediaError.
    """
    form = formats.recognise(file.read_at(0, formats.HEAD_BYTES))
    if form is None:
        return _bytes_only("other", "not-media", "", depth, "the first bytes are of no known video or sound format")
    if form.kind == "image" and not form.demuxer:
        return stills.measure_still(file, form, depth, _Task(depth, looking).observer(Fraction(1)))
    outline = boxes.outline(file.read_at, file.size, form.name, at_most=file.limits.boxes)
    if outline.unfinished:
        why = "the index (moov) is absent: the recording was not finished, or the file is cut off"
        return _bytes_only("video", "unfinished-recording", form.name, depth, why)
    try:
        with probe.open_container(file.descriptor, form) as container:
            return _Pass(file, form, _Task(depth, looking), container).measurement(cut=outline.cut)
    except (FFmpegError, MemoryError) as error:
        if limit := probe.as_limit(error):
            raise limit from error
        return _bytes_only(form.kind, "unreadable", form.name, depth, "the container cannot be opened")


def _bytes_only(kind: MediaKind, state: FileState, container: str, depth: Depth, why: str) -> Measurement:
    return Measurement(kind, state, container, depth, not_measured=(NotMeasured("packets", why),))


@dataclass(frozen=True, slots=True)
class _Task:
    depth: Depth
    looking: Looking

    def observer(self, time_base: Fraction) -> LooksObserver | None:
        """What looks at the pictures of a track."""
        if self.looking == "none":
            return None
        from provenance.binding.looks import LooksObserver

        small, feature = _GAPS[self.looking]
        return LooksObserver(time_base, small_gap=small, feature_gap=feature, close=self.looking == "close")


class _Pass:
    """One pass over an open container."""

    def __init__(self, file: File, form: Format, task: _Task, container: InputContainer) -> None:
        self._file = file
        self._form = form
        self._task = task
        self._container = container
        self._not_measured: list[NotMeasured] = []
        self._damage: list[Damage] = []
        if len(container.streams) > file.limits.tracks:
            raise MediaError(f"more than {file.limits.tracks} tracks", code="media.limit")
        sizes = crops.cropped_sizes(file.read_at, file.size, form.name, at_most=file.limits.boxes)
        self._setups = [
            probe.with_size(probe.setup(stream, form), sizes.get(stream.index)) for stream in container.streams
        ]
        self._narrow()

    def measurement(self, *, cut: bool) -> Measurement:
        """Run the pass and put the values together."""
        passes = {setup.index: self._track_pass(setup) for setup in self._setups}
        file = self._file
        broken = demux.run(self._container, passes, read_at=file.read_at, limits=file.limits, progress=file.progress)
        rows = {index: track.rows() for index, track in passes.items()}
        stored = self._stored({index: (packets, passes[index].places) for index, (packets, _) in rows.items()})
        tracks = []
        for index, track in passes.items():
            packets, changes = rows[index]
            if len(changes) > _MAX_CHANGES:
                why = f"changes of the configuration after the first {_MAX_CHANGES}"
                self._not_measured.append(NotMeasured("configuration", why, index))
                changes = changes[:_MAX_CHANGES]
            levels = self._decoded(track, packets)
            if index in stored:
                packets, changes = with_stored(packets, changes, stored[index])
            tracks.append(replace(demux.assemble(track.setup, track.presentation(), packets, changes), **levels))
        return self._value(tuple(tracks), harmed=bool(cut or broken))

    def _value(self, tracks: tuple[Track, ...], *, harmed: bool) -> Measurement:
        filled = {track.kind for track in tracks if track.packets} or {track.kind for track in tracks}
        kind: MediaKind = "video" if "video" in filled else "audio" if "sound" in filled else "other"
        if self._form.kind == "image" and all(len(track.packets or ()) <= 1 for track in tracks):
            kind = "image"
        for track in tracks:
            if not track.packets:
                self._not_measured.append(NotMeasured("packets", "the track has no packets", track.index))
        state: FileState = "damaged" if harmed or self._damage else "whole"
        if not tracks:
            state = "unreadable"
            self._not_measured.append(NotMeasured("packets", "the container holds no tracks"))
        return Measurement(
            kind,
            state,
            self._form.name,
            self._task.depth,
            tracks,
            tuple(self._not_measured),
            tuple(self._damage),
        )

    def _narrow(self) -> None:
        """Fix the address space at what pictures of the stated size need; refuse sizes over the limit."""
        limits = self._file.limits
        sizes = [setup.stated.size for setup in self._setups if setup.stated.size]
        largest = max((width * height for width, height in sizes), default=0)
        if largest > limits.pixels:
            raise MediaError(f"a picture has {largest} samples, more than {limits.pixels}", code="media.limit")
        wanted = sandbox.address_space(threads=self._file.threads, picture_bytes=largest * _BYTES_A_PIXEL)
        sandbox.fix_address_space(wanted)

    def _track_pass(self, setup: Setup) -> demux.TrackPass:
        context: Any = self._container.streams[setup.index].codec_context
        decoder: PictureDecoder | SoundDecoder | None = None
        if setup.kind in {"video", "sound"} and context is None:
            what = "pictures" if setup.kind == "video" else "sound"
            self._not_measured.append(NotMeasured(what, "the codec is not known", setup.index))
        elif self._task.depth == "full" and setup.kind == "video":
            looks = self._task.observer(setup.time_base)
            decoder = PictureDecoder(context, threads=self._file.threads, limits=self._file.limits, looks=looks)
        elif self._task.depth == "full" and setup.kind == "sound":
            decoder = SoundDecoder(context, setup.sample_rate, setup.time_base)
        if setup.kind in {"video", "sound"} and units.is_container_dependent(setup.codec):
            why = f"units of {setup.codec} are taken as they are: other containers may hold them in another form"
            self._not_measured.append(NotMeasured("canonical-units", why, setup.index))
        return demux.TrackPass(setup, context, decoder)

    def _stored(self, measured: dict[int, tuple[PacketRows, set[int]]]) -> dict[int, PacketRows]:
        if self._form.name != "mov":
            return {}
        blocks = {setup.index for setup in self._setups if setup.codec.startswith("pcm_")}
        wanted = {index: rows for index, rows in measured.items() if index not in blocks}
        try:
            return demux.hidden_by_edits(self._file.descriptor, self._form, wanted, self._file.limits)
        except FFmpegError as error:
            if limit := probe.as_limit(error):
                raise limit from error
            self._not_measured.append(NotMeasured("stored-packets", "the container cannot be opened again"))
            return {}

    def _decoded(self, track: demux.TrackPass, rows: PacketRows) -> dict[str, Any]:
        """Decoded levels of a track, with damage noted on the way."""
        setup, decoder = track.setup, track.decoder
        if isinstance(decoder, PictureDecoder):
            pictures, looks = self._pictures(track, decoder, rows)
            return {"pictures": pictures, "looks": looks}
        if isinstance(decoder, SoundDecoder):
            if decoder.troubles:
                stretches = damage.uncertain(rows, decoder.troubles)
                self._damage += damage.ranges(setup.index, rows, stretches, setup.time_base)
            blocks, heard = decoder.result()
            return {"sound": blocks, "sound_print": heard}
        return {}

    def _pictures(
        self, track: demux.TrackPass, decoder: PictureDecoder, rows: PacketRows
    ) -> tuple[PictureRows, Looks | None]:
        """Pictures; after trouble those of a second decoding on one thread, with the uncertain ones marked."""
        setup = track.setup
        pictures, looks = decoder.result()
        absent = damage.missing(setup.codec, rows, pictures, track.hidden)
        if not absent and not decoder.troubles and not damage.uncertain(rows, frozenset()):
            return pictures, looks
        pictures, looks, troubles = self._again(setup)
        troubles |= damage.missing(setup.codec, rows, pictures, track.hidden)
        stretches = damage.uncertain(rows, troubles)
        self._damage += damage.ranges(setup.index, rows, stretches, setup.time_base)
        return damage.mark(pictures, stretches), looks

    def _again(self, setup: Setup) -> tuple[PictureRows, Looks | None, set[int]]:
        """Decode a track once more on one thread, concealing errors as stock FFmpeg does; pts of units with errors.

        A strict decoder goes along to tell where the errors are. The two containers share one file position: the one
        that is read is opened last.
        """
        file = self._file
        with (
            probe.open_container(file.descriptor, self._form) as other,
            probe.open_container(file.descriptor, self._form) as container,
        ):
            strict: Any = other.streams[setup.index].codec_context
            strict.thread_count = 1
            strict.options = {"err_detect": "explode", "max_pixels": str(file.limits.pixels)}
            stream = container.streams[setup.index]
            lenient = PictureDecoder(
                stream.codec_context,
                threads=1,
                limits=file.limits,
                strict=False,
                looks=self._task.observer(setup.time_base),
            )
            troubles: set[int] = set()
            try:
                for packet in demux.packets(container, [stream], file.limits):
                    if packet.size:
                        decoded(strict, packet, troubles)
                        lenient.update(packet)
            except FFmpegError as error:
                if limit := probe.as_limit(error):
                    raise limit from error
            lenient.update(None)
            return *lenient.result(), troubles | lenient.troubles
