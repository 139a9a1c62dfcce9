"""AAC: ADTS frames and AudioSpecificConfig (ISO/IEC 14496-3 clauses 1.6.2.1 and 1.A.2.2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from provenance.binding.bits import BitReader

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Table 1.18 of ISO/IEC 14496-3: sampling frequency index.
_FREQUENCIES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_ESCAPE_FREQUENCY, _ESCAPE_TYPE = 15, 31
#: Object types that only signal band replication or parametric stereo on top of a core (table 1.17).
_SIGNALS = frozenset({5, 29})
_ADTS_BYTES, _CRC_BYTES = 7, 2
#: Sync word, then the layer bits, which are 0; version and protection_absent between and after may be anything.
_SYNC, _SYNC_MASK = 0xFFF0, 0xFFF6


def is_adts(data: bytes) -> bool:
    """Whether ``data`` starts with an ADTS header whose length fits (sync word 0xFFF, layer 0)."""
    return _has_header(data, 0) and _frame_length(data, 0) <= len(data)


def adts_frames(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(normalised configuration, raw data blocks) of each ADTS frame; blocks with positions are split."""
    at = 0
    while _has_header(data, at):
        length = _frame_length(data, at)
        header, frame = data[at : at + _ADTS_BYTES], data[at + _ADTS_BYTES : at + length]
        if length <= _ADTS_BYTES:
            return
        configuration = _adts_configuration(header)
        for block in _blocks(header, frame):
            yield configuration, block
        at += length


def _has_header(data: bytes, at: int) -> bool:
    return at + _ADTS_BYTES < len(data) and int.from_bytes(data[at : at + 2], "big") & _SYNC_MASK == _SYNC


def _frame_length(data: bytes, at: int) -> int:
    return (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5


def _blocks(header: bytes, frame: bytes) -> list[bytes]:
    """Raw data blocks of a frame: several are parted by the positions before the CRC, and stay one without them."""
    count = (header[6] & 3) + 1
    if header[1] & 1:  # protection_absent
        return [frame]
    if count == 1:
        return [frame[_CRC_BYTES:]]
    table = _CRC_BYTES * count  # count - 1 positions and the CRC
    starts = [0, *struct.unpack(f">{count - 1}H", frame[: 2 * (count - 1)].ljust(2 * (count - 1), b"\0"))]
    ends = [*starts[1:], len(frame) - table]
    return [frame[table + start : table + end - _CRC_BYTES] for start, end in zip(starts, ends, strict=True)]


def _adts_configuration(header: bytes) -> bytes:
    index, channels = (header[2] >> 2) & 15, (header[2] & 1) << 2 | header[3] >> 6
    frequency = _FREQUENCIES[index] if index < len(_FREQUENCIES) else 0
    return _normalised((header[2] >> 6) + 1, frequency, channels)


def _normalised(object_type: int, frequency: int, channels: int) -> bytes:
    return struct.pack(">BIB", object_type, frequency, channels)


def configuration_of_record(record: bytes) -> bytes | None:
    """Core object type (u8), frequency (u32, Hz), channel configuration (u8) of an AudioSpecificConfig; None if cut.

    Band replication and parametric stereo are signalled on top, and lost in ADTS: the core is what both can say. A
    channel configuration of 0 is followed by the element that states the channels.
    """
    reader = BitReader(record)
    try:
        object_type = _object_type(reader)
        frequency = _frequency(reader)
        channels = reader.bits(4)
        if object_type in _SIGNALS:
            _frequency(reader)
            object_type = _object_type(reader)
    except EOFError:
        return None
    return _normalised(object_type, frequency, channels) + (b"" if channels else record)


def _object_type(reader: BitReader) -> int:
    number = reader.bits(5)
    return 32 + reader.bits(6) if number == _ESCAPE_TYPE else number


def _frequency(reader: BitReader) -> int:
    index = reader.bits(4)
    if index == _ESCAPE_FREQUENCY:
        return reader.bits(24)
    return _FREQUENCIES[index] if index < len(_FREQUENCIES) else 0
