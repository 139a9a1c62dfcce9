"""One pass over a container: every packet to the observers of its track, decoded where asked."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.error import FFmpegError

from provenance.binding.packets import CodedPacket, PacketObserver, PcmObserver
from provenance.binding.presentation import SpanObserver
from provenance.errors import MediaError
from provenance.evidence import (
    NO_PTS,
    PACKET_CORRUPT,
    PACKET_DISCARD,
    PACKET_KEY,
    PACKET_STORED,
    PacketRows,
    Presentation,
    Shown,
    Track,
)
from provenance.media import damage, probe
from provenance.media.decode import PictureDecoder, SoundDecoder, decoded
from provenance.media.source import pread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame

    from provenance.evidence import ConfigurationChange
    from provenance.media.formats import Format
    from provenance.media.limits import Limits
    from provenance.media.probe import Setup

#: Stretches of foreign bytes that are passed over: 64 KiB each, 4 GiB in all.
_TRIES = 65_536
#: Bytes that containers put between the position a demuxer states and the unit itself: a Matroska block header with
#: its element id, size, track, time and flags has at most 4 + 8 + 8 + 2 + 1.
_LEAD = 23
#: Bytes of a unit by which its place is found, before all of them are compared.
_HEAD = 32
#: Units looked at for a first picture when only streams are measured: the deepest reordering is 16.
_FIRST_LOOK = 32
#: Units that a fresh decoder may see to give its first picture: both fields of it, and one to spare.
_CODED_LOOK = 3
_SKIP_SAMPLES_BYTES = 8


class TrackPass:
    """Observers of one track during one pass."""

    def __init__(self, setup: Setup, context: Any, decoder: PictureDecoder | SoundDecoder | None) -> None:
        self.setup = setup
        self.decoder = decoder
        self.hidden: set[int] = set()
        #: Where the container said that its packets lie; both fields of a picture count, though they are one unit.
        self.places: set[int] = set()
        self._context = context
        self._packets: PacketObserver | PcmObserver = _packet_observer(setup)
        self._span = SpanObserver(setup.time_base, setup.sample_rate if setup.kind == "sound" else 0)
        self._coded: Shown | None = None
        self._begin: list[bytes] = []
        self._looks = 0
        self._first: VideoFrame | None = None

    def update(self, packet: Packet[Any], read_at: Callable[[int, int], bytes]) -> CodedPacket:
        """Take one packet that is not empty."""
        coded = coded_packet(packet, read_at)
        self.places.add(-1 if packet.pos is None else packet.pos)
        self._packets.update(coded)
        self._span.update(coded.pts, coded.duration, coded.flags, trims=_trims(packet))
        if self.setup.kind == "video":
            self._look(packet, coded)
        if self.decoder:
            self.decoder.update(packet)
        return coded

    def flush(self) -> None:
        """The track has ended."""
        if self.decoder:
            self.decoder.update(None)
        elif self._first is None and self._looks:
            self._see(decoded(self._context, None, set()))

    def rows(self) -> tuple[PacketRows, tuple[ConfigurationChange, ...]]:
        """Packet rows and configurations; once."""
        return self._packets.result()

    def presentation(self) -> Presentation:
        """How the track is presented."""
        setup, span = self.setup, self._span.result()
        first = self.decoder.first if isinstance(self.decoder, PictureDecoder) else self._first
        rotation, mirrored = probe.orientation(first) if first else (0, False)
        captions = self._packets.captions
        return Presentation(
            start=span[0] if span else None,
            duration=span[1] if span else None,
            stated=setup.stated,
            coded=self._coded or Shown(),
            rotation=rotation,
            mirrored=mirrored,
            default=setup.default,
            language=setup.language,
            captions=captions.units,
            captions_digest=captions.result(),
            field_order=setup.field_order,
            sample_rate=setup.sample_rate or None,
            channels=setup.channels or None,
            layout=setup.layout,
            pixel_format=setup.pixel_format,
        )

    def _look(self, packet: Packet[Any], coded: CodedPacket) -> None:
        """Read the coded header at the first key unit; get a first picture if nothing else decodes."""
        if damage.is_hidden(self.setup.codec, coded.data):
            self.hidden.add(coded.pts)
        if self._coded is None and (self._begin or coded.flags & PACKET_KEY) and len(self._begin) < _CODED_LOOK:
            self._begin.append(coded.data)
            self._coded = probe.coded_shown(self.setup.decoder, self.setup.record, self._begin)
        wanted = self.decoder is None and self._first is None and self._looks < _FIRST_LOOK
        if wanted and (self._looks or coded.flags & PACKET_KEY):
            self._looks += 1
            self._see(decoded(self._context, packet, set()))

    def _see(self, frames: list[Any]) -> None:
        if frames and self._first is None:
            self._first = frames[0]


def _packet_observer(setup: Setup) -> PacketObserver | PcmObserver:
    if setup.kind == "sound" and setup.codec.startswith("pcm_"):
        return PcmObserver(
            setup.codec, channels=setup.channels, sample_rate=setup.sample_rate, time_base=setup.time_base
        )
    return PacketObserver(setup.codec, record=setup.record, nal_length_size=setup.nal_length_size)


def packets(container: InputContainer, wanted: list[Any], limits: Limits) -> Iterator[Packet[Any]]:
    """Packets of the streams ``wanted`` as the container gives them, an empty one for each at the end.

    Raises:
        MediaError: ``media.limit``.
        FFmpegError: the container breaks off.
    """
    for count, packet in enumerate(_persistently(container, wanted)):
        if count > limits.packets:
            raise MediaError(f"more than {limits.packets} packets", code="media.limit")
        yield packet


def _persistently(container: InputContainer, wanted: list[Any]) -> Iterator[Packet[Any]]:
    """Packets up to the end of the file, also behind bytes that are of no container.

    FFmpeg's MPEG-TS demuxer gives up after 64 KiB without a packet with "try again", which is no lack of memory here:
    threads are started when a decoder is opened, not by reading packets.
    """
    for _ in range(_TRIES):
        try:
            yield from container.demux(*wanted)
        except BlockingIOError:
            continue
        return
    raise MediaError(f"more than {_TRIES} stretches of foreign bytes", code="media.limit")


def run(
    container: InputContainer,
    tracks: Mapping[int, TrackPass],
    *,
    read_at: Callable[[int, int], bytes],
    limits: Limits,
    progress: Callable[[int], None],
) -> str | None:
    """Feed all packets to ``tracks`` (by stream index). Why the container broke off, or None if it did not.

    Raises:
        MediaError: ``media.limit``.
    """
    broken = None
    try:
        for packet in packets(container, [container.streams[index] for index in tracks], limits):
            if packet.size:
                coded = tracks[packet.stream_index].update(packet, read_at)
                progress(coded.offset)
    except (FFmpegError, MemoryError) as error:
        if limit := probe.as_limit(error):
            raise limit from error
        broken = str(error)
    for track in tracks.values():
        track.flush()
    return broken


def coded_packet(packet: Packet[Any], read_at: Callable[[int, int], bytes]) -> CodedPacket:
    """``packet`` with the place where its bytes lie in the file, -1 if they do not lie there in one piece."""
    data = bytes(packet)
    pts = packet.pts if packet.pts is not None else packet.dts
    flags = PACKET_KEY * packet.is_keyframe | PACKET_DISCARD * packet.is_discard | PACKET_CORRUPT * packet.is_corrupt
    return CodedPacket(
        data, NO_PTS if pts is None else pts, packet.duration or 0, flags, _offset(data, packet.pos, read_at)
    )


def _offset(data: bytes, stated: int | None, read_at: Callable[[int, int], bytes]) -> int:
    if stated is None or stated < 0:
        return -1
    window = read_at(stated, _LEAD + len(data))
    lead = window.find(data[:_HEAD])
    return stated + lead if lead >= 0 and window.startswith(data, lead) else -1


def _trims(packet: Packet[Any]) -> tuple[int, int]:
    """Sample frames to drop at start and end of what a packet decodes to (AV_PKT_DATA_SKIP_SAMPLES: two u32 LE)."""
    if not packet.has_sidedata("skip_samples"):
        return 0, 0
    data = bytes(packet.get_sidedata("skip_samples"))
    if len(data) < _SKIP_SAMPLES_BYTES:
        return 0, 0
    return int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")


def hidden_by_edits(
    descriptor: int, form: Format, measured: Mapping[int, tuple[PacketRows, set[int]]], limits: Limits
) -> dict[int, PacketRows]:
    """Units of MP4/MOV tracks that lie outside every presented range, as PACKET_STORED rows, by track.

    ``measured``: rows of each track, and where the packets lie that they were made of.

    The container is opened a second time with its edit lists ignored; its index says at once whether anything is left,
    and only then are packets read.
    """
    quick = {"ignore_editlist": "1", "probesize": "32", "analyzeduration": "0"}
    with probe.open_container(descriptor, form, **quick) as container:
        left: dict[int, set[int]] = {}
        for index, (_, seen) in measured.items():
            places = {entry.pos for entry in container.streams[index].index_entries}
            if unseen := places - seen:
                left[index] = unseen
        if not left:
            return {}
        found: dict[int, list[CodedPacket]] = {index: [] for index in left}
        shifts: dict[int, int] = {}
        rows = {index: measured[index][0] for index in left}
        known = {index: dict(zip(rows[index].offsets, rows[index].pts, strict=True)) for index in left}

        def read_at(offset: int, size: int) -> bytes:
            return pread(descriptor, size, offset)

        for packet in packets(container, [container.streams[index] for index in left], limits):
            index, place = packet.stream_index, packet.pos
            if not packet.size or packet.pts is None or place is None:
                continue
            if place in left[index]:
                found[index].append(coded_packet(packet, read_at))
            elif place in known[index]:
                shifts.setdefault(index, known[index][place] - packet.pts)
        return {index: _stored(container, index, coded, shifts.get(index, 0), form) for index, coded in found.items()}


def _stored(container: InputContainer, index: int, coded: list[CodedPacket], shift: int, form: Format) -> PacketRows:
    observer = _packet_observer(probe.setup(container.streams[index], form))
    for each in coded:
        flags = each.flags & ~PACKET_DISCARD | PACKET_STORED
        observer.update(CodedPacket(each.data, each.pts + shift, each.duration, flags, each.offset))
    return observer.result()[0]


def assemble(
    setup: Setup, presentation: Presentation, rows: PacketRows, changes: tuple[ConfigurationChange, ...]
) -> Track:
    """The track without decoded levels."""
    return Track(
        index=setup.index,
        kind=setup.kind,
        codec=setup.codec,
        time_base=Fraction(setup.time_base),
        configuration=changes,
        presentation=presentation,
        packets=rows,
        nal_length_size=setup.nal_length_size,
    )
