"""Measurements as versioned blobs: blob = header || fixed-width rows (docs/formats/measurements.md).

Equal measurements give equal blobs on every machine: tools, libraries and sandbox layers are sealed fields of a
statement and are left out here. Reading is strict, because a blob comes out of a child that parsed a hostile file.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from provenance.binding import facts
from provenance.binding.ticks import are_times, bounded, most
from provenance.errors import RecordError
from provenance.evidence import (
    CODE_BYTES,
    FEATURE_BYTES,
    MOST_FEATURED,
    MOST_FEATURES,
    MOST_PRINTED,
    MOST_SMALL,
    PRINT_BITS,
    PRINT_LEVELS,
    PRINT_RATE,
    SMALL_BYTES,
    UNIT_DIGEST_BYTES,
    Looks,
    Measurement,
    PacketRows,
    PictureRows,
    SoundBlockRows,
    SoundPrint,
    Track,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

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

_PACKET = struct.Struct(f">{UNIT_DIGEST_BYTES}sqI6sIB")
_PICTURE = struct.Struct(f">{UNIT_DIGEST_BYTES}sqB")
_BLOCK = struct.Struct(f">{UNIT_DIGEST_BYTES}sB")
_PLACE = struct.Struct(">I")
_LEAF_BYTES = 32
_FACTS_ROW = 64
_WIDTHS = {
    "chunks": _LEAF_BYTES,
    "packets": _PACKET.size,
    "pictures": _PICTURE.size,
    "sound": _BLOCK.size,
    "facts": _FACTS_ROW,
    "codes": CODE_BYTES + 1,
    "small": _PLACE.size + SMALL_BYTES,
    "features": _PLACE.size + FEATURE_BYTES,
    "soundprint": PRINT_BITS // 8 + 1,
}
_CHUNK_EXTRAS = struct.Struct(">QI4x")
_SOUND_EXTRAS = struct.Struct(">qI4x")
_FACTS_EXTRAS = struct.Struct(">Q8x")
#: pts of the first row, version of the print, rows a second.
_PRINT_EXTRAS = struct.Struct(">qBxH4x")
_PRINT_VERSION = 1
_NO_EXTRAS = bytes(16)

_CHUNK_BYTES = 65_536
_NO_OFFSET = b"\xff" * 6
_MAX_U32 = 2**32 - 1
_PACKET_FLAGS = 15
_PICTURE_FLAGS = 3
_MAX_LEVEL = 96
#: Rows one blob may have: 6 days of pictures at 60 a second, and 4 TiB of chunks.
_MAX_ROWS = 2**26

#: (kind, track) of a blob; track is 0 for ``chunks`` and ``facts``.
BlobKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Header:
    """What the 48 bytes before the rows say."""

    kind: str
    track: int
    count: int
    time_base: Fraction
    extras: bytes


def to_blobs(measurement: Measurement) -> dict[BlobKey, bytes]:
    """The blobs of a measurement by (kind, track)."""
    blobs: dict[BlobKey, bytes] = {("facts", 0): _facts_blob(facts.to_json(measurement))}
    for track in measurement.tracks:
        if track.packets is not None:
            blobs["packets", track.index] = _blob("packets", _packet_rows(track.packets, track.time_base), track)
        if track.pictures is not None:
            blobs["pictures", track.index] = _blob("pictures", _picture_rows(track.pictures, track.time_base), track)
        if track.looks is not None:
            for kind, rows in _looks_rows(track.looks).items():
                blobs[kind, track.index] = _blob(kind, rows, track)
        if track.sound is not None:
            extras = _SOUND_EXTRAS.pack(bounded(track.sound.start_pts, track.time_base), track.sound.sample_rate)
            blobs["sound", track.index] = _blob("sound", _sound_rows(track.sound), track, extras=extras)
        if track.sound_print is not None:
            extras = _PRINT_EXTRAS.pack(
                bounded(track.sound_print.start_pts, track.time_base), _PRINT_VERSION, PRINT_RATE
            )
            blobs["soundprint", track.index] = _blob("soundprint", _print_rows(track.sound_print), track, extras=extras)
    return blobs


def from_blobs(blobs: Mapping[BlobKey, bytes]) -> Measurement:
    """The measurement that ``blobs`` hold; ``sandbox`` and ``libraries`` are empty.

    Raises:
        RecordError: a blob is malformed, is of no track, or the facts are missing; code ``record.blob``.
    """
    left = dict(blobs)
    if ("facts", 0) not in left:
        raise _malformed("the facts are missing")
    measurement = facts.from_json(_facts_text(left.pop(("facts", 0))))
    tracks = tuple(_with_rows(track, left) for track in measurement.tracks)
    if left:
        kind, number = next(iter(left))
        raise _malformed(f"{kind} blob of track {number}, which the facts do not name")
    return replace(measurement, tracks=tracks)


def split(blob: bytes) -> tuple[bytes, list[bytes]]:
    """Header bytes and rows: ``header + b"".join(rows) == blob``. Raises RecordError, code ``record.blob``."""
    header = parse_header(blob)
    width = _WIDTHS[header.kind]
    return blob[:HEADER_BYTES], [blob[at : at + width] for at in range(HEADER_BYTES, len(blob), width)]


def parse_header(blob: bytes) -> Header:
    """The header, checked against the length of the blob. Raises RecordError, code ``record.blob``."""
    if len(blob) < HEADER_BYTES:
        raise _malformed("the header is cut off")
    magic, version, number, track, width, count, over, under, extras = _HEADER.unpack_from(blob)
    if magic != _MAGIC or version != _VERSION:
        raise _malformed("not a blob of a version known here")
    kind = _KINDS.get(number)
    if kind is None or width != _WIDTHS[kind]:
        raise _malformed("unknown kind or row width")
    if count > _MAX_ROWS or len(blob) != HEADER_BYTES + count * width:
        raise _malformed("row count and length disagree")
    timed = kind in _TIMED
    if timed != bool(over) or timed != bool(under) or (not timed and track):
        raise _malformed("the time base or the track is not one of this kind")
    if kind in _TIMED - {"sound", "soundprint"} and extras != _NO_EXTRAS:
        raise _malformed("reserved bytes are not zero")
    time_base = Fraction(over, under) if timed else Fraction(0)
    if timed and (time_base.numerator, time_base.denominator) != (over, under):
        raise _malformed("the time base is not in lowest terms")
    return Header(kind, track, count, time_base, extras)


def parse_shape(blob: bytes, length: int | None = None) -> tuple[str, int]:
    """(kind, bytes a row) of a blob whose rows may be stored in another form; ``length`` in bytes, else its own.

    Raises RecordError, code ``record.blob``.
    """
    if len(blob) < HEADER_BYTES:
        raise _malformed("the header is cut off")
    magic, version, number, _, width, count, *_ = _HEADER.unpack_from(blob)
    kind = _KINDS.get(number)
    if magic != _MAGIC or version != _VERSION or kind is None or width != _WIDTHS[kind]:
        raise _malformed("not a blob of a version, kind and row width known here")
    if count > _MAX_ROWS or (len(blob) if length is None else length) != HEADER_BYTES + count * width:
        raise _malformed("row count and length disagree")
    return kind, width


def parse_codes(blob: bytes) -> tuple[bytes, bytes]:
    """Codes (32 bytes a picture) and qualities (one byte a picture) of a codes blob.

    Raises RecordError, code ``record.blob``.
    """
    if parse_header(blob).kind != "codes":
        raise _malformed("not a blob of codes")
    rows = memoryview(blob)[HEADER_BYTES:]
    codes = b"".join(rows[at : at + CODE_BYTES] for at in range(0, len(rows), CODE_BYTES + 1))
    return codes, bytes(rows[CODE_BYTES :: CODE_BYTES + 1])


def chunks_blob(leaf_hashes: bytes, size: int) -> bytes:
    """The blob of RFC 6962 leaf hashes (32 bytes a 64 KiB chunk) of a file of ``size`` bytes."""
    if len(leaf_hashes) != -(-size // _CHUNK_BYTES) * _LEAF_BYTES:
        raise ValueError("one leaf hash a chunk")
    return _untimed("chunks", leaf_hashes, _CHUNK_EXTRAS.pack(size, _CHUNK_BYTES))


def parse_chunks(blob: bytes) -> tuple[bytes, ...]:
    """The leaf hashes of a chunk blob in order. Raises RecordError, code ``record.blob``."""
    header = parse_header(blob)
    if header.kind != "chunks":
        raise _malformed("not a chunk blob")
    size, chunk = _CHUNK_EXTRAS.unpack(header.extras)
    if _CHUNK_EXTRAS.pack(size, chunk) != header.extras or chunk != _CHUNK_BYTES or header.count != -(-size // chunk):
        raise _malformed("chunk count and file size disagree")
    return tuple(split(blob)[1])


def _malformed(why: str) -> RecordError:
    return RecordError(f"a measurement blob is malformed: {why}", code="record.blob")


def _untimed(kind: str, rows: bytes, extras: bytes) -> bytes:
    width = _WIDTHS[kind]
    return _HEADER.pack(_MAGIC, _VERSION, _NUMBERS[kind], 0, width, len(rows) // width, 0, 0, extras) + rows


def _blob(kind: str, rows: bytes, track: Track, *, extras: bytes = _NO_EXTRAS) -> bytes:
    width, base = _WIDTHS[kind], track.time_base
    head = (_MAGIC, _VERSION, _NUMBERS[kind], track.index, width, len(rows) // width)
    return _HEADER.pack(*head, base.numerator, base.denominator, extras) + rows


def _facts_blob(text: bytes) -> bytes:
    return _untimed("facts", text + bytes(-len(text) % _FACTS_ROW), _FACTS_EXTRAS.pack(len(text)))


def _facts_text(blob: bytes) -> bytes:
    header = parse_header(blob)
    (length,) = _FACTS_EXTRAS.unpack(header.extras)
    if header.kind != "facts" or _FACTS_EXTRAS.pack(length) != header.extras:
        raise _malformed("not a blob of facts")
    text = blob[HEADER_BYTES : HEADER_BYTES + length]
    if len(text) != length or header.count != -(-length // _FACTS_ROW) or any(blob[HEADER_BYTES + length :]):
        raise _malformed("the facts and their stated length disagree")
    return text


def _packet_rows(rows: PacketRows, base: Fraction) -> bytes:
    columns = zip(rows.digests, rows.pts, rows.durations, rows.offsets, rows.sizes, rows.flags, strict=True)
    longest = min(most(base), _MAX_U32)
    return b"".join(
        _PACKET.pack(
            digest,
            bounded(pts, base),
            min(max(duration, 0), longest),
            _NO_OFFSET if offset < 0 else offset.to_bytes(6, "big"),
            min(size, _MAX_U32),
            flags,
        )
        for digest, pts, duration, offset, size, flags in columns
    )


def _picture_rows(rows: PictureRows, base: Fraction) -> bytes:
    columns = zip(rows.digests, rows.pts, rows.flags, strict=True)
    return b"".join(_PICTURE.pack(digest, bounded(pts, base), flags) for digest, pts, flags in columns)


def _sound_rows(rows: SoundBlockRows) -> bytes:
    return b"".join(_BLOCK.pack(digest, level) for digest, level in zip(rows.digests, rows.levels, strict=True))


def _print_rows(heard: SoundPrint) -> bytes:
    width = PRINT_BITS // 8
    return b"".join(heard.codes[at * width : (at + 1) * width] + bytes((one,)) for at, one in enumerate(heard.levels))


def _looks_rows(looks: Looks) -> dict[str, bytes]:
    codes = (looks.codes[at : at + CODE_BYTES] for at in range(0, len(looks.codes), CODE_BYTES))
    return {
        "codes": b"".join(code + bytes((q,)) for code, q in zip(codes, looks.qualities, strict=True)),
        "small": _placed(looks.small_places, looks.small, SMALL_BYTES),
        "features": _placed(looks.feature_places, looks.features, FEATURE_BYTES),
    }


def _placed(places: tuple[int, ...], rows: bytes, width: int) -> bytes:
    """Each row behind the number of the picture that it is of."""
    return b"".join(_PLACE.pack(place) + rows[at * width : (at + 1) * width] for at, place in enumerate(places))


def _with_rows(track: Track, left: dict[BlobKey, bytes]) -> Track:
    """``track`` with the rows of its blobs, which are taken out of ``left``."""
    packets = pictures = sound = looks = heard = None
    if (blob := left.pop(("packets", track.index), None)) is not None:
        packets = _read_packets(_checked(blob, "packets", track), blob)
    if (blob := left.pop(("pictures", track.index), None)) is not None:
        pictures = _read_pictures(_checked(blob, "pictures", track), blob)
    if (blob := left.pop(("codes", track.index), None)) is not None:
        if pictures is None:
            raise _malformed("codes of pictures that were not measured")
        looks = _read_looks(track, blob, left, len(pictures))
    if (blob := left.pop(("sound", track.index), None)) is not None:
        sound = _read_sound(_checked(blob, "sound", track), blob)
    if (blob := left.pop(("soundprint", track.index), None)) is not None:
        heard = _read_print(_checked(blob, "soundprint", track), blob)
    if packets is not None and any(change.unit >= max(1, len(packets)) for change in track.configuration):
        raise _malformed("a configuration holds from a unit that does not exist")
    return replace(track, packets=packets, pictures=pictures, looks=looks, sound=sound, sound_print=heard)


def _checked(blob: bytes, kind: str, track: Track) -> Header:
    header = parse_header(blob)
    if header.kind != kind or header.track != track.index or header.time_base != track.time_base:
        raise _malformed("a blob and the facts disagree on kind, track or time base")
    return header


def _read_packets(header: Header, blob: bytes) -> PacketRows:
    if not header.count:
        return PacketRows()
    rows = _PACKET.iter_unpack(memoryview(blob)[HEADER_BYTES:])
    digests, pts, durations, offsets, sizes, flags = zip(*rows, strict=True)
    if max(flags) > _PACKET_FLAGS:
        raise _malformed("unknown packet flags")
    _check_times((*pts, max(durations)), header)
    places = tuple(-1 if each == _NO_OFFSET else int.from_bytes(each, "big") for each in offsets)
    return PacketRows(digests, pts, durations, flags, places, sizes)


def _read_pictures(header: Header, blob: bytes) -> PictureRows:
    if not header.count:
        return PictureRows()
    digests, pts, flags = zip(*_PICTURE.iter_unpack(memoryview(blob)[HEADER_BYTES:]), strict=True)
    if max(flags) > _PICTURE_FLAGS:
        raise _malformed("unknown picture flags")
    _check_times(pts, header)
    return PictureRows(digests, pts, flags)


def _check_times(pts: tuple[int, ...], header: Header) -> None:
    if not are_times(pts, header.time_base):
        raise _malformed("a time is out of range")


def _read_looks(track: Track, blob: bytes, left: dict[BlobKey, bytes], pictures: int) -> Looks:
    if _checked(blob, "codes", track).count != pictures:
        raise _malformed("not one code a picture")
    codes, qualities = parse_codes(blob)
    small_places, small = _read_placed(track, "small", left, pictures)
    feature_places, features = _read_placed(track, "features", left, pictures)
    if len(set(small_places)) != len(small_places) or len(small_places) > MOST_SMALL or bool(pictures) > bool(small):
        raise _malformed("two small pictures of one picture, too many of them, or none")
    counts = Counter(feature_places)
    if len(counts) > MOST_FEATURED or max(counts.values(), default=0) > MOST_FEATURES:
        raise _malformed("too many local features")
    return Looks(codes, qualities, small, small_places, features, feature_places)


def _read_placed(track: Track, kind: str, left: dict[BlobKey, bytes], pictures: int) -> tuple[tuple[int, ...], bytes]:
    """Numbers of pictures in order, and the rows behind them."""
    blob = left.pop((kind, track.index), None)
    if blob is None:
        raise _malformed(f"the {kind} blob is missing")
    _checked(blob, kind, track)
    rows = memoryview(blob)[HEADER_BYTES:]
    if not rows:
        return (), b""
    row = struct.Struct(f"{_PLACE.format}{_WIDTHS[kind] - _PLACE.size}s")
    places, held = zip(*row.iter_unpack(rows), strict=True)  # 84,000 features of a minute: 20 ms, one by one 600
    if list(places) != sorted(places) or places[-1] >= pictures:
        raise _malformed(f"{kind} rows are not in the order of the pictures")
    return places, b"".join(held)


def _read_sound(header: Header, blob: bytes) -> SoundBlockRows:
    start, rate = _SOUND_EXTRAS.unpack(header.extras)
    if _SOUND_EXTRAS.pack(start, rate) != header.extras:
        raise _malformed("reserved bytes are not zero")
    _check_times((start,), header)
    if not header.count:
        return SoundBlockRows(start_pts=start, sample_rate=rate)
    digests, levels = zip(*_BLOCK.iter_unpack(memoryview(blob)[HEADER_BYTES:]), strict=True)
    if max(levels) > _MAX_LEVEL:
        raise _malformed("a level is out of range")
    return SoundBlockRows(digests, bytes(levels), start, rate)


def _read_print(header: Header, blob: bytes) -> SoundPrint:
    start, version, rate = _PRINT_EXTRAS.unpack(header.extras)
    if _PRINT_EXTRAS.pack(start, version, rate) != header.extras:
        raise _malformed("reserved bytes are not zero")
    if version != _PRINT_VERSION or rate != PRINT_RATE or header.count > MOST_PRINTED:
        raise _malformed("a sound print of another version, pace or length")
    _check_times((start,), header)
    rows, width = memoryview(blob)[HEADER_BYTES:], PRINT_BITS // 8 + 1
    levels = bytes(rows[width - 1 :: width])
    if max(levels, default=0) > PRINT_LEVELS:
        raise _malformed("a level is out of range")
    return SoundPrint(b"".join(rows[at : at + width - 1] for at in range(0, len(rows), width)), levels, start)
