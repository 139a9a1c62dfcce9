"""The outer form of every blob of measurements: a header and rows of one width (docs/formats/measurements.md).

Reading is strict, because a blob comes out of a child that parsed a hostile file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from provenance.binding.ticks import are_times
from provenance.errors import RecordError
from provenance.evidence import CODE_BYTES, FEATURE_BYTES, PRINT_BITS, SMALL_BYTES, SMALL_STEP, UNIT_DIGEST_BYTES

if TYPE_CHECKING:
    from provenance.evidence import Track

#: (kind, track) of a blob; track is 0 for ``chunks`` and ``facts``.
BlobKey = tuple[str, int]

_MAGIC = b"PVMB"
_VERSION = 1
#: magic, version, kind, track, row width, row count, time base (n, d), extras.
_HEADER = struct.Struct(">4sHHIIQII16s")
HEADER_BYTES = _HEADER.size

#: Kinds of blobs by their number in the header.
_KINDS = {
    1: "chunks",
    2: "packets",
    3: "pictures",
    4: "sound",
    5: "facts",
    6: "codes",
    7: "small",
    8: "features",
    9: "soundprint",
}
#: Kinds whose rows are timed by the time base of a track.
_TIMED = frozenset(_KINDS.values()) - {"chunks", "facts"}
_NUMBERS = {name: number for number, name in _KINDS.items()}

#: Rows of packets, pictures and sound, and the number of a picture that a row is of.
PACKET = struct.Struct(f">{UNIT_DIGEST_BYTES}sqI6sIB")
PICTURE = struct.Struct(f">{UNIT_DIGEST_BYTES}sqB")
BLOCK = struct.Struct(f">{UNIT_DIGEST_BYTES}sB")
PLACE = struct.Struct(">I")
LEAF_BYTES = 32
FACTS_ROW = 64
WIDTHS = {
    "chunks": LEAF_BYTES,
    "packets": PACKET.size,
    "pictures": PICTURE.size,
    "sound": BLOCK.size,
    "facts": FACTS_ROW,
    "codes": CODE_BYTES + 1,
    "small": PLACE.size + SMALL_BYTES,
    "features": PLACE.size + FEATURE_BYTES,
    "soundprint": PRINT_BITS // 8 + 1,
}
_NO_EXTRAS = bytes(16)
#: Kinds that say something in their extras.
_WITH_EXTRAS = frozenset({"chunks", "facts", "small", "sound", "soundprint"})
#: Levels that luma of small pictures is rounded to multiples of; 0 where it is not, as before docs/adr/0062.
_SMALL_EXTRAS = struct.Struct(">B15x")
_STEPS = {0: 1, SMALL_STEP: SMALL_STEP}
#: Rows one blob may have: 6 days of pictures at 60 a second, and 4 TiB of chunks.
_MAX_ROWS = 2**26


@dataclass(frozen=True, slots=True)
class Header:
    """What the 48 bytes before the rows say."""

    kind: str
    track: int
    count: int
    time_base: Fraction
    extras: bytes


def split(blob: bytes) -> tuple[bytes, list[bytes]]:
    """Header bytes and rows: ``header + b"".join(rows) == blob``. Raises RecordError, code ``record.blob``."""
    header = parse_header(blob)
    width = WIDTHS[header.kind]
    return blob[:HEADER_BYTES], [blob[at : at + width] for at in range(HEADER_BYTES, len(blob), width)]


def parse_header(blob: bytes) -> Header:
    """The header, checked against the length of the blob. Raises RecordError, code ``record.blob``."""
    if len(blob) < HEADER_BYTES:
        raise malformed("the header is cut off")
    magic, version, number, track, width, count, over, under, extras = _HEADER.unpack_from(blob)
    if magic != _MAGIC or version != _VERSION:
        raise malformed("not a blob of a version known here")
    kind = _KINDS.get(number)
    if kind is None or width != WIDTHS[kind]:
        raise malformed("unknown kind or row width")
    if count > _MAX_ROWS or len(blob) != HEADER_BYTES + count * width:
        raise malformed("row count and length disagree")
    timed = kind in _TIMED
    if timed != bool(over) or timed != bool(under) or (not timed and track):
        raise malformed("the time base or the track is not one of this kind")
    if kind not in _WITH_EXTRAS and extras != _NO_EXTRAS:
        raise malformed("reserved bytes are not zero")
    time_base = Fraction(over, under) if timed else Fraction(0)
    if timed and (time_base.numerator, time_base.denominator) != (over, under):
        raise malformed("the time base is not in lowest terms")
    return Header(kind, track, count, time_base, extras)


def parse_shape(blob: bytes, length: int | None = None) -> tuple[str, int]:
    """(kind, bytes a row) of a blob whose rows may be stored in another form; ``length`` in bytes, else its own.

    Raises RecordError, code ``record.blob``.
    """
    if len(blob) < HEADER_BYTES:
        raise malformed("the header is cut off")
    magic, version, number, _, width, count, *_ = _HEADER.unpack_from(blob)
    kind = _KINDS.get(number)
    if magic != _MAGIC or version != _VERSION or kind is None or width != WIDTHS[kind]:
        raise malformed("not a blob of a version, kind and row width known here")
    if count > _MAX_ROWS or (len(blob) if length is None else length) != HEADER_BYTES + count * width:
        raise malformed("row count and length disagree")
    return kind, width


def small_extras(step: int) -> bytes:
    """Extras of a blob of small pictures whose luma, where quality allows, is in multiples of ``step`` levels."""
    return _SMALL_EXTRAS.pack(next(stated for stated, one in _STEPS.items() if one == step))


def small_step(header: Header) -> int:
    """Levels that the luma of small pictures behind this header is in multiples of, where quality allows.

    Raises RecordError, code ``record.blob``, where they are in steps that are not known here.
    """
    (stated,) = _SMALL_EXTRAS.unpack(header.extras)
    if stated not in _STEPS or _SMALL_EXTRAS.pack(stated) != header.extras:
        raise malformed("small pictures in steps that are not known here")
    return _STEPS[stated]


def untimed(kind: str, rows: bytes, extras: bytes) -> bytes:
    """``rows`` of the whole file behind their header."""
    width = WIDTHS[kind]
    return _HEADER.pack(_MAGIC, _VERSION, _NUMBERS[kind], 0, width, len(rows) // width, 0, 0, extras) + rows


def blob_of(kind: str, rows: bytes, track: Track, *, extras: bytes = _NO_EXTRAS) -> bytes:
    """``rows`` of a track behind their header."""
    width, base = WIDTHS[kind], track.time_base
    head = (_MAGIC, _VERSION, _NUMBERS[kind], track.index, width, len(rows) // width)
    return _HEADER.pack(*head, base.numerator, base.denominator, extras) + rows


def checked(blob: bytes, kind: str, track: Track) -> Header:
    """The header of a blob that has to be of ``kind`` and of ``track``. Raises RecordError, code ``record.blob``."""
    header = parse_header(blob)
    if header.kind != kind or header.track != track.index or header.time_base != track.time_base:
        raise malformed("a blob and the facts disagree on kind, track or time base")
    return header


def check_times(pts: tuple[int, ...], header: Header) -> None:
    """Raises RecordError, code ``record.blob``, where one of ``pts`` is no time."""
    if not are_times(pts, header.time_base):
        raise malformed("a time is out of range")


def malformed(why: str) -> RecordError:
    """Why a blob is refused."""
    return RecordError(f"a measurement blob is malformed: {why}", code="record.blob")
