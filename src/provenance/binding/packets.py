"""Rows of coded access units of one track, with the configuration in force and embedded captions."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from provenance.binding import fields, units
from provenance.binding.configuration import ConfigurationObserver
from provenance.evidence import NO_PTS, UNIT_DIGEST_BYTES, ConfigurationChange, PacketRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Sample frames in a re-blocked unit of PCM (formats section 3).
PCM_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class CodedPacket:
    """One packet as the demuxer gave it: pts/duration in ticks, flags as PACKET_*, offset in the file or -1."""

    data: bytes
    pts: int
    duration: int
    flags: int
    offset: int


@dataclass(slots=True)
class _Unit:
    """A row in the making; a field waits here for its other half."""

    data: bytes
    pts: int
    duration: int
    flags: int
    offset: int
    size: int
    #: The single field it is, None for a frame or once both halves are here.
    half: fields.Field | None = None


@dataclass(slots=True)
class _Columns:
    """Rows as columns that grow."""

    digests: list[bytes] = field(default_factory=list)
    pts: list[int] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def append(self, unit: _Unit) -> None:
        self.digests.append(hashlib.sha256(unit.data).digest()[:UNIT_DIGEST_BYTES])
        self.pts.append(unit.pts)
        self.durations.append(unit.duration)
        self.flags.append(unit.flags)
        self.offsets.append(unit.offset)
        self.sizes.append(unit.size)

    def rows(self) -> PacketRows:
        return PacketRows(
            tuple(self.digests),
            tuple(self.pts),
            tuple(self.durations),
            tuple(self.flags),
            tuple(self.offsets),
            tuple(self.sizes),
        )


class CaptionObserver:
    """Counts units that carry captions and digests their payloads in order."""

    def __init__(self) -> None:
        self.units = 0
        self._whole = hashlib.sha256()

    def update(self, payloads: Sequence[bytes]) -> None:
        """Take the caption payloads of one unit, if any."""
        self.units += bool(payloads)
        for payload in payloads:
            self._whole.update(struct.pack(">I", len(payload)))
            self._whole.update(payload)

    def result(self) -> bytes | None:
        """SHA-256 (24 bytes) over u32 length || payload of all payloads; None without captions."""
        return self._whole.digest()[:UNIT_DIGEST_BYTES] if self.units else None


class PacketObserver:
    """Observer of one track's packets in file order: ``update`` each, then ``result``.

    ``record`` is the configuration record beside the stream. Both fields of an H.264 picture become one unit.
    """

    def __init__(self, codec: str, *, record: bytes = b"", nal_length_size: int = 0) -> None:
        self.captions = CaptionObserver()
        self._split = units.splitter(codec, nal_length_size)
        self._configuration = ConfigurationObserver(codec, record)
        self._finder = fields.FieldFinder() if codec == "h264" else None
        self._columns = _Columns()
        self._waiting: _Unit | None = None
        self._learn_record(codec, record)

    def update(self, packet: CodedPacket) -> None:
        """Take the next packet."""
        parsed = self._split(packet.data)
        if self._finder:
            for each in parsed.parameter_sets:
                self._finder.learn(each)
        self.captions.update(parsed.captions)
        made = [
            _Unit(data, packet.pts, packet.duration, packet.flags, packet.offset, len(packet.data))
            for data in parsed.units
        ]
        if len(made) > 1:
            self._part(made)
        if made:
            merged = self._merge(made[0])
            for unit in made[merged:]:
                self._put(unit)
        sets_hold_from = max(0, self._count() - len(made)) if made else self._count()
        self._configuration.update(sets_hold_from, parsed.parameter_sets)

    def result(self) -> tuple[PacketRows, tuple[ConfigurationChange, ...]]:
        """The rows, and the configuration with the rows from which it holds."""
        self._flush()
        rows = self._columns.rows()
        changes = self._configuration.result()
        return rows, tuple(each for each in changes if each.unit < len(rows) or each.unit == 0) if len(rows) else ()

    def _learn_record(self, codec: str, record: bytes) -> None:
        if self._finder and record:
            from provenance.binding.nal import sets_of_record

            for each in sets_of_record(codec, record):
                self._finder.learn(each)

    def _count(self) -> int:
        return len(self._columns.digests) + (self._waiting is not None)

    def _part(self, made: list[_Unit]) -> None:
        """Several units of one packet share its time and have no place of their own in the file."""
        whole, size = made[0].duration, len(made)
        for index, unit in enumerate(made):
            unit.duration = whole // size
            unit.pts = unit.pts if unit.pts == NO_PTS else unit.pts + index * whole // size
            unit.offset, unit.size = -1, len(unit.data)

    def _merge(self, unit: _Unit) -> bool:
        """Whether ``unit`` was the second field of the picture that waits, and has been joined to it."""
        unit.half = self._finder.field(unit.data[4:]) if self._finder else None
        first = self._waiting
        if first is None or first.half is None or unit.half is None:
            return False
        if first.half.bottom == unit.half.bottom or first.half.frame_num != unit.half.frame_num:
            return False
        if fields.is_idr(unit.data[4:]) and not fields.is_idr(first.data[4:]):
            return False
        together = first.offset >= 0 and first.offset + first.size == unit.offset
        first.offset = first.offset if together else -1
        first.data += unit.data
        first.size += unit.size
        first.duration += unit.duration
        first.flags |= unit.flags
        first.half = None
        return True

    def _put(self, unit: _Unit) -> None:
        self._flush()
        self._waiting = unit

    def _flush(self) -> None:
        if self._waiting:
            self._columns.append(self._waiting)
        self._waiting = None


def _sample_bytes(codec: str) -> int:
    """Bytes of a sample of a PCM codec by FFmpeg's name: ``pcm_s24be`` has 3, ``pcm_alaw`` 1."""
    digits = "".join(each for each in codec if each.isdigit())
    return max(1, int(digits) // 8) if digits else 1


def little_endian(codec: str, data: bytes) -> bytes:
    """PCM samples, low byte first."""
    width = _sample_bytes(codec)
    if not codec.endswith("be") or width == 1:
        return data
    whole = data[: len(data) - len(data) % width]
    swapped = bytearray(whole)
    for index in range(width):
        swapped[index::width] = whole[width - 1 - index :: width]
    return bytes(swapped) + data[len(whole) :]


class PcmObserver:
    """PCM packets re-blocked to units of 1,024 sample frames, little-endian, so that packet sizes do not matter."""

    def __init__(self, codec: str, *, channels: int, sample_rate: int, time_base: Fraction) -> None:
        """``codec``: FFmpeg's name (``pcm_s16le`` …); ``sample_rate``: Hz."""
        self._codec = codec
        self._frame = _sample_bytes(codec) * max(1, channels)
        self._ticks = Fraction(1, max(1, sample_rate)) / time_base
        self.captions = CaptionObserver()
        self._columns = _Columns()
        self._rest: _Unit | None = None

    def update(self, packet: CodedPacket) -> None:
        """Take the next packet."""
        block = PCM_BLOCK * self._frame
        at = 0
        while at < len(packet.data):
            if self._rest is None:
                self._rest = self._begin(packet, at)
            rest = self._rest
            piece = packet.data[at : at + block - len(rest.data)]
            if rest.offset >= 0 and packet.offset + at != rest.offset + len(rest.data):
                rest.offset = -1
            rest.data += piece
            rest.flags |= packet.flags
            at += len(piece)
            if len(rest.data) == block:
                self._close(rest)

    def result(self) -> tuple[PacketRows, tuple[ConfigurationChange, ...]]:
        """The rows; PCM has no configuration beside the presentation."""
        if self._rest:
            self._close(self._rest)
        return self._columns.rows(), ()

    def _begin(self, packet: CodedPacket, at: int) -> _Unit:
        pts = packet.pts
        if pts != NO_PTS:
            pts += round(at // self._frame * self._ticks)
        return _Unit(b"", pts, 0, 0, packet.offset + at if packet.offset >= 0 else -1, 0)

    def _close(self, unit: _Unit) -> None:
        unit.size = len(unit.data)
        unit.duration = round(unit.size // self._frame * self._ticks)
        unit.data = little_endian(self._codec, unit.data)
        self._columns.append(unit)
        self._rest = None


def with_stored(
    rows: PacketRows, changes: Iterable[ConfigurationChange], stored: PacketRows
) -> tuple[PacketRows, tuple[ConfigurationChange, ...]]:
    """``rows`` with the ``stored`` ones put in by offset in the file, and the changes moved along."""
    merged: list[tuple[PacketRows, int]] = []
    moved: dict[int, int] = {}
    waiting = iter(sorted(range(len(stored)), key=stored.offsets.__getitem__))
    following = next(waiting, None)
    for index in range(len(rows)):
        while following is not None and stored.offsets[following] < rows.offsets[index]:
            merged.append((stored, following))
            following = next(waiting, None)
        moved[index] = len(merged)
        merged.append((rows, index))
    if following is not None:
        merged += [(stored, index) for index in (following, *waiting)]
    joined = PacketRows(
        tuple(source.digests[index] for source, index in merged),
        tuple(source.pts[index] for source, index in merged),
        tuple(source.durations[index] for source, index in merged),
        tuple(source.flags[index] for source, index in merged),
        tuple(source.offsets[index] for source, index in merged),
        tuple(source.sizes[index] for source, index in merged),
    )
    return joined, tuple(ConfigurationChange(moved.get(each.unit, 0), each.digest) for each in changes)


def usual_step(times: Sequence[int]) -> int:
    """The last difference of consecutive, distinct, sorted ``times``; 0 for fewer than two."""
    ordered = sorted(set(times))
    return max((after - before for before, after in list(pairwise(ordered))[-1:]), default=0)
