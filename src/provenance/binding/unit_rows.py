"""Rows of coded units and of decoded pictures (docs/formats/measurements.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.binding.blob import HEADER_BYTES, PACKET, PICTURE, check_times, malformed
from provenance.binding.ticks import bounded, most
from provenance.evidence import PacketRows, PictureRows

if TYPE_CHECKING:
    from fractions import Fraction

    from provenance.binding.blob import Header

_NO_OFFSET = b"\xff" * 6
_MAX_U32 = 2**32 - 1
_PACKET_FLAGS = 15
_PICTURE_FLAGS = 3


def packet_rows(rows: PacketRows, base: Fraction) -> bytes:
    """Rows as they stand in the blob. ``base``: seconds of a tick."""
    longest = min(most(base), _MAX_U32)
    columns = zip(rows.digests, rows.pts, rows.durations, rows.offsets, rows.sizes, rows.flags, strict=True)
    return b"".join(
        PACKET.pack(
            digest,
            bounded(pts, base),
            min(max(duration, 0), longest),
            _NO_OFFSET if offset < 0 else offset.to_bytes(6, "big"),
            min(size, _MAX_U32),
            flags,
        )
        for digest, pts, duration, offset, size, flags in columns
    )


def read_packets(header: Header, blob: bytes) -> PacketRows:
    """The rows of a blob whose header was checked. Raises RecordError, code ``record.blob``."""
    if not header.count:
        return PacketRows()
    rows = PACKET.iter_unpack(memoryview(blob)[HEADER_BYTES:])
    digests, pts, durations, offsets, sizes, flags = zip(*rows, strict=True)
    if max(flags) > _PACKET_FLAGS:
        raise malformed("unknown packet flags")
    check_times((*pts, max(durations)), header)
    places = tuple(-1 if each == _NO_OFFSET else int.from_bytes(each, "big") for each in offsets)
    return PacketRows(digests, pts, durations, flags, places, sizes)


def picture_rows(rows: PictureRows, base: Fraction) -> bytes:
    """Rows as they stand in the blob. ``base``: seconds of a tick."""
    columns = zip(rows.digests, rows.pts, rows.flags, strict=True)
    return b"".join(PICTURE.pack(digest, bounded(pts, base), flags) for digest, pts, flags in columns)


def read_pictures(header: Header, blob: bytes) -> PictureRows:
    """The rows of a blob whose header was checked. Raises RecordError, code ``record.blob``."""
    if not header.count:
        return PictureRows()
    digests, pts, flags = zip(*PICTURE.iter_unpack(memoryview(blob)[HEADER_BYTES:]), strict=True)
    if max(flags) > _PICTURE_FLAGS:
        raise malformed("unknown picture flags")
    check_times(pts, header)
    return PictureRows(digests, pts, flags)
