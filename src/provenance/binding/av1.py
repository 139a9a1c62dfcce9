"""Open bitstream units of AV1 (AV1 specification clauses 5.3 and 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.binding.bits import leb128, to_leb128

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEQUENCE_HEADER, _TEMPORAL_DELIMITER, _METADATA, _PADDING = 1, 2, 5, 15
_DROPPED = frozenset({_SEQUENCE_HEADER, _TEMPORAL_DELIMITER, _METADATA, _PADDING})
_HAS_EXTENSION, _HAS_SIZE = 0x04, 0x02
#: metadata_type of ITU-T T.35 (clause 6.7.1).
_T35 = 4


def split(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(type, header bytes without the size flag, payload) of each OBU; stops where the data do."""
    at = 0
    while at < len(data):
        first = data[at]
        header = data[at : at + (2 if first & _HAS_EXTENSION else 1)]
        at += len(header)
        size = len(data) - at
        if first & _HAS_SIZE:
            try:
                size, at = leb128(data, at)
            except EOFError:
                return
        yield (first >> 3) & 15, bytes([first & ~_HAS_SIZE & 0xFF]) + header[1:], data[at : at + size]
        at += size


def canonical(data: bytes) -> tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]]:
    """Frame OBUs with shortest size fields; sequence headers; T.35 payloads of a temporal unit."""
    frames, headers, t35 = bytearray(), [], []
    for kind, header, payload in split(data):
        if kind not in _DROPPED:
            frames += bytes([header[0] | _HAS_SIZE]) + header[1:] + to_leb128(len(payload)) + payload
        elif kind == _SEQUENCE_HEADER:
            headers.append(payload)
        elif kind == _METADATA and payload[:1] == bytes([_T35]):
            t35.append(payload[1:])
    return bytes(frames), tuple(headers), tuple(t35)


def headers_of_record(record: bytes) -> tuple[bytes, ...]:
    """Sequence headers in an av1C record (marker and version 0x81, four bytes, then OBUs) or in plain OBUs."""
    return canonical(record[4:] if record[:1] == b"\x81" else record)[1]
