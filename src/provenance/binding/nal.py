"""NAL units of H.264 and HEVC: splitting, slices, parameter sets, captions (ITU-T H.264, H.265: annex B, clause 7)."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from provenance.binding.bits import BitReader

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Start code of annex B; a fourth leading zero belongs to the unit before and is dropped as a trailing zero.
START_CODE = b"\x00\x00\x01"

# H.264 table 7-1
_H264_SLICES = frozenset({1, 2, 3, 4, 5, 20})
_H264_SEI = 6
H264_SPS, H264_PPS, H264_SPS_EXTENSION, H264_SUBSET_SPS = 7, 8, 13, 15
_H264_SETS = frozenset({H264_SPS, H264_PPS, H264_SPS_EXTENSION, H264_SUBSET_SPS})

# H.265 table 7-1
_HEVC_SLICES = frozenset(range(32))
_HEVC_VPS, _HEVC_SPS, _HEVC_PPS = 32, 33, 34
_HEVC_SETS = frozenset({_HEVC_VPS, _HEVC_SPS, _HEVC_PPS})
_HEVC_SEI = frozenset({39, 40})

#: SEI payload type 4 is user data registered by ITU-T T.35 (H.264 table D.1); ATSC A/53 part 4 puts captions there
#: under country 0xB5, provider 0x0031, identifier "GA94", type 3.
_SEI_T35 = 4
CAPTION_MARK = b"\xb5\x00\x31GA94\x03"

_SEI_MORE = 0xFF
_SEI_MIN_BYTES = 2
_SLICES = {"h264": _H264_SLICES, "hevc": _HEVC_SLICES}


def split(data: bytes, length_size: int) -> Iterator[bytes]:
    """NAL units of ``data`` without trailing zeros, in order.

    ``length_size`` bytes of length go before each unit; 0: start codes. What lies behind a length prefix is split once
    more at start codes, because real files nest them. A unit that ends before its stated length comes out as far as it
    goes; data that starts with a start code and no fitting length is taken as annex B, as decoders do.
    """
    marked = data.startswith((START_CODE, b"\x00" + START_CODE))
    if length_size == 0 or (marked and not _lengths_fit(data, length_size)):
        yield from _at_start_codes(data)
        return
    at = 0
    while at + length_size <= len(data):
        size = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        yield from _at_start_codes(data[at : at + size])
        at += size


def _lengths_fit(data: bytes, length_size: int) -> bool:
    """Whether the length prefixes lead exactly to the end of ``data``."""
    at = 0
    while at + length_size <= len(data):
        at += length_size + int.from_bytes(data[at : at + length_size], "big")
    return at == len(data)


def _at_start_codes(data: bytes) -> Iterator[bytes]:
    if START_CODE not in data:
        if unit := data.rstrip(b"\x00"):
            yield unit
        return
    for piece in data.split(START_CODE):
        if unit := piece.rstrip(b"\x00"):
            yield unit


def unit_type(codec: str, unit: bytes) -> int:
    """nal_unit_type."""
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def is_slice(codec: str, unit: bytes) -> bool:
    """Whether a unit carries coded picture data."""
    return unit_type(codec, unit) in _SLICES[codec]


def is_parameter_set(codec: str, unit: bytes) -> bool:
    """Whether a unit is a parameter set."""
    return unit_type(codec, unit) in (_H264_SETS if codec == "h264" else _HEVC_SETS)


def framed(units: list[bytes]) -> bytes:
    """Units as u32 length || bytes."""
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units)


def unescaped(unit: bytes) -> bytes:
    """A unit without emulation prevention bytes (H.264 clause 7.4.1)."""
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")


def captions(codec: str, unit: bytes) -> list[bytes]:
    """Caption payloads (from the country code on) in a unit, none if it is no SEI unit."""
    kind = unit_type(codec, unit)
    if kind != _H264_SEI if codec == "h264" else kind not in _HEVC_SEI:
        return []
    data = unescaped(unit)
    at, found = (1 if codec == "h264" else 2), []
    while at + _SEI_MIN_BYTES <= len(data):
        kind, at = _sei_number(data, at)
        size, at = _sei_number(data, at)
        payload = data[at : at + size]
        if kind == _SEI_T35 and payload.startswith(CAPTION_MARK):
            found.append(payload)
        at += size
    return found


def _sei_number(data: bytes, at: int) -> tuple[int, int]:
    """A payload type or size: 0xFF bytes add up, the first other byte ends it (H.264 clause 7.3.2.3.1)."""
    number = 0
    while at < len(data) and data[at] == _SEI_MORE:
        number += _SEI_MORE
        at += 1
    return number + (data[at] if at < len(data) else 0), at + 1


def parameter_set_key(codec: str, unit: bytes) -> tuple[int, int]:
    """(type, id) of a parameter set: a later one with the same key takes its place. :class:`EOFError` if too short."""
    kind = unit_type(codec, unit)
    head = unescaped(unit[:64])  # ids lie in the first bytes
    if codec == "h264":
        skip = 4 if kind in {H264_SPS, H264_SUBSET_SPS} else 1  # profile, constraints, level come first
        return kind, BitReader(head[skip:]).ue()
    reader = BitReader(head[2:])
    if kind == _HEVC_VPS:
        return kind, reader.bits(4)
    if kind == _HEVC_SPS:
        _skip_profile_tier_level(reader)
    return kind, reader.ue()


def _skip_profile_tier_level(reader: BitReader) -> None:
    """Everything before sps_seq_parameter_set_id (H.265 clauses 7.3.2.2 and 7.3.3)."""
    reader.bits(4)
    sub_layers = reader.bits(3)
    reader.bits(1 + 96)  # nesting flag; general profile, tier and level
    present = [(reader.flag(), reader.flag()) for _ in range(sub_layers)]
    if sub_layers:
        reader.bits(2 * (8 - sub_layers))
    for profile, level in present:
        reader.bits(88 * profile + 8 * level)


def sets_of_record(codec: str, record: bytes) -> list[bytes]:
    """Parameter sets in a decoder configuration record (ISO/IEC 14496-15: avcC 5.3.3, hvcC 8.3.3) or in annex B."""
    if record[:1] != b"\x01":
        units = list(_at_start_codes(record))
    else:
        units = _avcc_units(record) if codec == "h264" else _hvcc_units(record)
    return [unit for unit in units if is_parameter_set(codec, unit)]


def length_size_of_record(codec: str, record: bytes) -> int:
    """Bytes of a NAL length prefix that a configuration record states; 0 for annex B or none."""
    at = 4 if codec == "h264" else 21
    if record[:1] != b"\x01" or len(record) <= at:
        return 0
    return (record[at] & 3) + 1


def _sized(record: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """``count`` units with u16 lengths from ``at`` on, and the position behind; stops where the record ends."""
    units = []
    for _ in range(count):
        size = int.from_bytes(record[at : at + 2], "big")
        if unit := record[at + 2 : at + 2 + size].rstrip(b"\x00"):
            units.append(unit)
        at += 2 + size
    return units, at


def _avcc_units(record: bytes) -> list[bytes]:
    if len(record) < 7:  # noqa: PLR2004 - six fixed bytes and the count of PPS
        return []
    units, at = _sized(record, 6, record[5] & 0x1F)
    if at >= len(record):
        return units
    more, at = _sized(record, at + 1, record[at])
    return units + more


def _hvcc_units(record: bytes) -> list[bytes]:
    units: list[bytes] = []
    if len(record) < 23:  # noqa: PLR2004 - the fixed part
        return units
    at = 23
    for _ in range(record[22]):
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        if at + 3 > len(record):
            break
        more, at = _sized(record, at + 3, min(count, len(record)))
        units += more
    return units


_MPEG_USER_DATA = re.compile(rb"\x00\x00\x01\xb2(GA94\x03.*?)(?=\x00\x00\x01|\Z)", re.DOTALL)


def mpeg2_captions(data: bytes) -> list[bytes]:
    """Caption payloads in MPEG-2 user data (ATSC A/53 part 4 clause 6.2.3)."""
    return _MPEG_USER_DATA.findall(data) if b"GA94" in data else []
