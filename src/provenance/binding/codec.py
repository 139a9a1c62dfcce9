"""Measurements as versioned blobs, and back: what kinds a track has, and a file (docs/formats/measurements.md).

Equal measurements give equal blobs on every machine: tools, libraries and sandbox layers are sealed fields of a
statement and are left out here. The outer form is in :mod:`blob`, the rows of each kind in modules of their own.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from provenance.binding import facts
from provenance.binding.blob import (
    FACTS_ROW,
    HEADER_BYTES,
    LEAF_BYTES,
    BlobKey,
    Header,
    blob_of,
    checked,
    malformed,
    parse_header,
    parse_shape,
    split,
    untimed,
)
from provenance.binding.looks_rows import looks_blobs, parse_codes, read_looks
from provenance.binding.sound_rows import print_blob, read_print, read_sound, sound_blob
from provenance.binding.unit_rows import packet_rows, picture_rows, read_packets, read_pictures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.evidence import Measurement, Track

__all__ = [
    "HEADER_BYTES",
    "BlobKey",
    "Header",
    "chunks_blob",
    "from_blobs",
    "parse_chunks",
    "parse_codes",
    "parse_header",
    "parse_shape",
    "split",
    "to_blobs",
]

_CHUNK_EXTRAS = struct.Struct(">QI4x")
_FACTS_EXTRAS = struct.Struct(">Q8x")
_CHUNK_BYTES = 65_536


def to_blobs(measurement: Measurement) -> dict[BlobKey, bytes]:
    """The blobs of a measurement by (kind, track)."""
    blobs: dict[BlobKey, bytes] = {("facts", 0): _facts_blob(facts.to_json(measurement))}
    for track in measurement.tracks:
        if track.packets is not None:
            blobs["packets", track.index] = blob_of("packets", packet_rows(track.packets, track.time_base), track)
        if track.pictures is not None:
            blobs["pictures", track.index] = blob_of("pictures", picture_rows(track.pictures, track.time_base), track)
        if track.looks is not None:
            blobs |= looks_blobs(track.looks, track)
        if track.sound is not None:
            blobs["sound", track.index] = sound_blob(track.sound, track)
        if track.sound_print is not None:
            blobs["soundprint", track.index] = print_blob(track.sound_print, track)
    return blobs


def from_blobs(blobs: Mapping[BlobKey, bytes]) -> Measurement:
    """The measurement that ``blobs`` hold; ``sandbox`` and ``libraries`` are empty.

    Raises:
        RecordError: a blob is malformed, is of no track, or the facts are missing; code ``record.blob``.
    """
    left = dict(blobs)
    if ("facts", 0) not in left:
        raise malformed("the facts are missing")
    measurement = facts.from_json(_facts_text(left.pop(("facts", 0))))
    tracks = tuple(_with_rows(track, left) for track in measurement.tracks)
    if left:
        kind, number = next(iter(left))
        raise malformed(f"{kind} blob of track {number}, which the facts do not name")
    return replace(measurement, tracks=tracks)


def chunks_blob(leaf_hashes: bytes, size: int) -> bytes:
    """The blob of RFC 6962 leaf hashes (32 bytes a 64 KiB chunk) of a file of ``size`` bytes."""
    if len(leaf_hashes) != -(-size // _CHUNK_BYTES) * LEAF_BYTES:
        raise ValueError("one leaf hash a chunk")
    return untimed("chunks", leaf_hashes, _CHUNK_EXTRAS.pack(size, _CHUNK_BYTES))


def parse_chunks(blob: bytes) -> tuple[bytes, ...]:
    """The leaf hashes of a chunk blob in order. Raises RecordError, code ``record.blob``."""
    header = parse_header(blob)
    if header.kind != "chunks":
        raise malformed("not a chunk blob")
    size, chunk = _CHUNK_EXTRAS.unpack(header.extras)
    if _CHUNK_EXTRAS.pack(size, chunk) != header.extras or chunk != _CHUNK_BYTES or header.count != -(-size // chunk):
        raise malformed("chunk count and file size disagree")
    return tuple(split(blob)[1])


def _facts_blob(text: bytes) -> bytes:
    return untimed("facts", text + bytes(-len(text) % FACTS_ROW), _FACTS_EXTRAS.pack(len(text)))


def _facts_text(blob: bytes) -> bytes:
    header = parse_header(blob)
    (length,) = _FACTS_EXTRAS.unpack(header.extras)
    if header.kind != "facts" or _FACTS_EXTRAS.pack(length) != header.extras:
        raise malformed("not a blob of facts")
    text = blob[HEADER_BYTES : HEADER_BYTES + length]
    if len(text) != length or header.count != -(-length // FACTS_ROW) or any(blob[HEADER_BYTES + length :]):
        raise malformed("the facts and their stated length disagree")
    return text


def _with_rows(track: Track, left: dict[BlobKey, bytes]) -> Track:
    """``track`` with the rows of its blobs, which are taken out of ``left``."""
    packets = pictures = sound = looks = heard = None
    if (blob := left.pop(("packets", track.index), None)) is not None:
        packets = read_packets(checked(blob, "packets", track), blob)
    if (blob := left.pop(("pictures", track.index), None)) is not None:
        pictures = read_pictures(checked(blob, "pictures", track), blob)
    if (blob := left.pop(("codes", track.index), None)) is not None:
        if pictures is None:
            raise malformed("codes of pictures that were not measured")
        looks = read_looks(track, blob, left, len(pictures))
    if (blob := left.pop(("sound", track.index), None)) is not None:
        sound = read_sound(checked(blob, "sound", track), blob)
    if (blob := left.pop(("soundprint", track.index), None)) is not None:
        heard = read_print(checked(blob, "soundprint", track), blob)
    if packets is not None and any(change.unit >= max(1, len(packets)) for change in track.configuration):
        raise malformed("a configuration holds from a unit that does not exist")
    return replace(track, packets=packets, pictures=pictures, looks=looks, sound=sound, sound_print=heard)
