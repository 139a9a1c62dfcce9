"""Rows of sound: digests of decoded blocks, and the print (docs/formats/measurements.md)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from provenance.binding.blob import BLOCK, HEADER_BYTES, blob_of, check_times, malformed
from provenance.binding.ticks import bounded
from provenance.evidence import MOST_PRINTED, PRINT_BITS, PRINT_LEVELS, PRINT_RATE, SoundBlockRows, SoundPrint

if TYPE_CHECKING:
    from provenance.binding.blob import Header
    from provenance.evidence import Track

_SOUND_EXTRAS = struct.Struct(">qI4x")
#: pts of the first row, version of the print, rows a second.
_PRINT_EXTRAS = struct.Struct(">qBxH4x")
_PRINT_VERSION = 1
_MAX_LEVEL = 96


def sound_blob(sound: SoundBlockRows, track: Track) -> bytes:
    """The blob of the blocks of ``track``."""
    rows = b"".join(BLOCK.pack(digest, level) for digest, level in zip(sound.digests, sound.levels, strict=True))
    extras = _SOUND_EXTRAS.pack(bounded(sound.start_pts, track.time_base), sound.sample_rate)
    return blob_of("sound", rows, track, extras=extras)


def print_blob(heard: SoundPrint, track: Track) -> bytes:
    """The blob of the print of ``track``."""
    width = PRINT_BITS // 8
    rows = b"".join(heard.codes[at * width : (at + 1) * width] + bytes((one,)) for at, one in enumerate(heard.levels))
    extras = _PRINT_EXTRAS.pack(bounded(heard.start_pts, track.time_base), _PRINT_VERSION, PRINT_RATE)
    return blob_of("soundprint", rows, track, extras=extras)


def read_sound(header: Header, blob: bytes) -> SoundBlockRows:
    """The rows of a blob whose header was checked. Raises RecordError, code ``record.blob``."""
    start, rate = _SOUND_EXTRAS.unpack(header.extras)
    if _SOUND_EXTRAS.pack(start, rate) != header.extras:
        raise malformed("reserved bytes are not zero")
    check_times((start,), header)
    if not header.count:
        return SoundBlockRows(start_pts=start, sample_rate=rate)
    digests, levels = zip(*BLOCK.iter_unpack(memoryview(blob)[HEADER_BYTES:]), strict=True)
    if max(levels) > _MAX_LEVEL:
        raise malformed("a level is out of range")
    return SoundBlockRows(digests, bytes(levels), start, rate)


def read_print(header: Header, blob: bytes) -> SoundPrint:
    """The rows of a blob whose header was checked. Raises RecordError, code ``record.blob``."""
    start, version, rate = _PRINT_EXTRAS.unpack(header.extras)
    if _PRINT_EXTRAS.pack(start, version, rate) != header.extras:
        raise malformed("reserved bytes are not zero")
    if version != _PRINT_VERSION or rate != PRINT_RATE or header.count > MOST_PRINTED:
        raise malformed("a sound print of another version, pace or length")
    check_times((start,), header)
    rows, width = memoryview(blob)[HEADER_BYTES:], PRINT_BITS // 8 + 1
    levels = bytes(rows[width - 1 :: width])
    if max(levels, default=0) > PRINT_LEVELS:
        raise malformed("a level is out of range")
    return SoundPrint(b"".join(rows[at : at + width - 1] for at in range(0, len(rows), width)), levels, start)
