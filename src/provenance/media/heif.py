"""The picture that a HEIF or AVIF file shows first: its coded item, or the items of its grid and how they lie.

After ISO/IEC 23008-12 and ISO/IEC 14496-12 section 8.11. FFmpeg hands out the tiles of a grid as streams of their own
and PyAV does not tell how they lie: answering from one of them would be answering from another picture. Lengths and
counts are bounded; what is not understood is a :class:`NotShown`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provenance.media.boxes import children

if TYPE_CHECKING:
    from provenance.media.boxes import Box, ReadAt

#: Boxes of one level, items, and tiles of a grid: 48 megapixels in tiles of 512 are 192.
_MOST_BOXES, _MOST_ITEMS, _MOST_TILES = 4096, 4096, 1024
#: Extents of all items of a file, and of all tiles that are shown: an item is one as a rule. Without widths they take
#: no bytes, so that their count alone would decide how long reading lasts.
_MOST_EXTENTS = 4096
#: Bytes of the whole ``meta`` box: 1,024 tiles take about 100 kB.
_MOST_META = 2**22
#: Item type → decoder of FFmpeg, and the property that holds its configuration record.
_CODECS = {b"hvc1": ("hevc", b"hvcC"), b"av01": ("av1", b"av1C"), b"jpeg": ("mjpeg", b"")}
_FULL_BOX = 4
#: Bytes of a grid: version, flags, rows, columns, width, height.
_GRID_BYTES = 12


class NotShown(Exception):  # noqa: N818 - it is no error of the program
    """Why a file's picture cannot be put together; told as ``not_measured``."""


@dataclass(frozen=True, slots=True)
class Coded:
    """One coded item: FFmpeg's decoder, its configuration record, and where its bytes lie (offset, size)."""

    codec: str
    record: bytes
    extents: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown: tiles row by row, ``columns`` of them in a row, cut to ``size``; None for a single item.

    ``rotation``: degrees clockwise, after ``mirrored`` left-right.
    """

    tiles: tuple[Coded, ...]
    columns: int = 1
    size: tuple[int, int] | None = None
    rotation: int = 0
    mirrored: bool = False


@dataclass(slots=True)
class _Meta:
    """The tables of a ``meta`` box, as they stand."""

    primary: int = 0
    types: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[int, list[tuple[int, int]]]] = field(default_factory=dict)
    made_of: dict[int, list[int]] = field(default_factory=dict)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    belongs: dict[int, list[int]] = field(default_factory=dict)
    data: tuple[int, int] = (0, 0)


def first_picture(read_at: ReadAt, size: int) -> Shown:
    """The picture that the primary item shows.

    Raises:
        NotShown: there is none, or it is made in a way that is not followed.
        MediaError: ``media.limit``, more boxes than allowed.
    """
    outer = next((box for box in children(read_at, 0, size, at_most=_MOST_BOXES) if box.kind == b"meta"), None)
    if outer is None or outer.end > size or outer.end - outer.start > _MOST_META:
        raise NotShown("the list of its pictures (meta) is absent, cut off or too long")
    try:
        meta = _read(read_at, outer)
        return _shown(read_at, meta)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise NotShown("the list of its pictures cannot be read") from error


def _read(read_at: ReadAt, outer: Box) -> _Meta:
    meta = _Meta()
    for box in children(read_at, outer.start + _FULL_BOX, outer.end, at_most=_MOST_BOXES):
        if box.end > outer.end:
            raise ValueError("a box ends behind its parent")
        if box.kind == b"idat":
            meta.data = box.start, box.end
            continue
        if box.kind == b"iprp":
            _properties(read_at, box, meta)
            continue
        reader = {b"pitm": _primary, b"iinf": _infos, b"iloc": _locations, b"iref": _references}.get(box.kind)
        if reader:
            reader(read_at(box.start, box.end - box.start), meta)
    return meta


class _Reader:
    """Big-endian numbers one after the other."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def number(self, size: int) -> int:
        if self.at + size > len(self.data):
            raise ValueError("the box ends early")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def count(self, size: int) -> int:
        value = self.number(size)
        if value > _MOST_ITEMS:
            raise ValueError("more entries than allowed")
        return value


def _primary(data: bytes, meta: _Meta) -> None:
    meta.primary = _Reader(data, _FULL_BOX).number(4 if data[0] else 2)


def _infos(data: bytes, meta: _Meta) -> None:
    start = _FULL_BOX + (4 if data[0] else 2)

    def read_at(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    for box in children(read_at, start, len(data), at_most=_MOST_ITEMS):
        entry = data[box.start : box.end]
        if box.kind == b"infe" and entry[0] >= 2:  # noqa: PLR2004 - earlier versions name no type
            reader = _Reader(entry, _FULL_BOX)
            number = reader.number(4 if entry[0] == 3 else 2)  # noqa: PLR2004
            reader.number(2)
            meta.types[number] = entry[reader.at : reader.at + 4]


def _locations(data: bytes, meta: _Meta) -> None:
    version, reader = data[0], _Reader(data, _FULL_BOX)
    widths = reader.number(2)
    offset_size, length_size, base_size = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_size = widths & 15 if version else 0
    if meta.places:
        raise ValueError("the places of items are told twice")
    left = _MOST_EXTENTS
    for _ in range(reader.count(4 if version == 2 else 2)):  # noqa: PLR2004
        number = reader.number(4 if version == 2 else 2)  # noqa: PLR2004
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(base_size)
        extents: list[tuple[int, int]] = []
        count = reader.number(2)
        left -= count
        if left < 0:
            raise ValueError("more extents than allowed")
        for _ in range(count):
            reader.number(index_size)
            offset = reader.number(offset_size)
            extents.append((base + offset, reader.number(length_size)))
        meta.places[number] = method, extents


def _references(data: bytes, meta: _Meta) -> None:
    wide = 4 if data[0] else 2

    def read_at(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    for box in children(read_at, _FULL_BOX, len(data), at_most=_MOST_ITEMS):
        if box.kind == b"dimg":
            reader = _Reader(data[: box.end], box.start)
            number = reader.number(wide)
            meta.made_of[number] = [reader.number(wide) for _ in range(reader.count(2))]


def _properties(read_at: ReadAt, outer: Box, meta: _Meta) -> None:
    for box in children(read_at, outer.start, outer.end, at_most=_MOST_BOXES):
        if box.kind == b"ipco":
            for one in children(read_at, box.start, min(box.end, outer.end), at_most=_MOST_ITEMS):
                meta.properties.append((one.kind, read_at(one.start, min(one.end, outer.end) - one.start)))
        elif box.kind == b"ipma":
            _associations(read_at(box.start, min(box.end, outer.end) - box.start), meta)


def _associations(data: bytes, meta: _Meta) -> None:
    wide = data[3] & 1
    reader = _Reader(data, _FULL_BOX)
    for _ in range(reader.count(4)):
        number = reader.number(4 if data[0] else 2)
        mask = 0x7FFF if wide else 0x7F
        meta.belongs[number] = [reader.number(2 if wide else 1) & mask for _ in range(reader.number(1))]


def _of(meta: _Meta, item: int) -> list[tuple[bytes, bytes]]:
    """Properties of an item in the order in which they are applied."""
    numbers = meta.belongs.get(item, [])
    return [meta.properties[number - 1] for number in numbers if 0 < number <= len(meta.properties)]


def _shown(read_at: ReadAt, meta: _Meta) -> Shown:
    item = meta.primary
    rotation, mirrored = _turn(_of(meta, item))
    if meta.types[item] in _CODECS:
        return Shown((_coded(meta, item),), 1, None, rotation, mirrored)
    if meta.types[item] != b"grid":
        raise NotShown(f"a picture of type {meta.types[item].decode('ascii', 'replace')} is not composed")
    grid = b"".join(read_at(offset, min(size, _GRID_BYTES)) for offset, size in _extents(meta, item)[:_GRID_BYTES])
    wide = 4 if grid[1] & 1 else 2
    rows, columns = grid[2] + 1, grid[3] + 1
    reader = _Reader(grid, 4)
    size = reader.number(wide), reader.number(wide)
    tiles = meta.made_of[item]
    if len(tiles) != rows * columns or len(tiles) > _MOST_TILES:
        raise NotShown("its grid has another number of tiles than it states, or too many")
    if sum(len(meta.places[tile][1]) for tile in tiles) > _MOST_EXTENTS:
        raise NotShown("its tiles lie in more pieces than allowed")
    coded = tuple(_coded(meta, tile) for tile in tiles)
    if any(_turn(_of(meta, tile)) != (0, False) for tile in tiles):
        raise NotShown("tiles of its grid are turned or cut one by one")
    return Shown(coded, columns, size, rotation, mirrored)


def _coded(meta: _Meta, item: int) -> Coded:
    codec, wanted = _CODECS[meta.types[item]]
    record = next((data for kind, data in _of(meta, item) if kind == wanted), b"")
    return Coded(codec, record, tuple(_extents(meta, item)))


def _extents(meta: _Meta, item: int) -> list[tuple[int, int]]:
    method, extents = meta.places[item]
    if method == 0:
        return extents
    start, end = meta.data
    if method == 1 and all(start + offset + size <= end for offset, size in extents):
        return [(start + offset, size) for offset, size in extents]
    raise NotShown("its bytes lie in a way that is not followed")


def _turn(properties: list[tuple[bytes, bytes]]) -> tuple[int, bool]:
    """(degrees clockwise, mirrored left-right before), applied in order. Raises :class:`NotShown` for what is cut.

    ``imir`` of axis 0 exchanges top and bottom, of axis 1 left and right (ISO/IEC 23008-12:2022 section 6.5.12).
    """
    rotation, mirrored = 0, False
    for kind, data in properties:
        if kind == b"irot":
            rotation = (rotation - 90 * (data[0] & 3)) % 360
        elif kind == b"imir":
            rotation, mirrored = -rotation % 360, not mirrored
            rotation = rotation if data[0] & 1 else (rotation + 180) % 360
        elif kind in _SHOWN_OTHERWISE and not (kind == b"pasp" and data[:4] == data[4:8]):
            raise NotShown(f"it is shown cut or stretched ({kind.decode()}), which is not followed")
    return rotation, mirrored


#: Properties that change what is shown of the coded picture: equal samples would be called the same picture.
_SHOWN_OTHERWISE = frozenset({b"clap", b"iscl", b"pasp"})
