"""Cropping that a container asks for beside the coded stream: ``clap`` in MP4/MOV, PixelCrop in Matroska.

FFmpeg's library gives pictures without it, and players apply it: a way to hide the edges that only the container
shows. Walks are bounded; a structure that does not parse states no crop.
"""

from __future__ import annotations

import struct
from itertools import islice
from typing import TYPE_CHECKING

from provenance.media.boxes import SEGMENT, children, element

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.media.boxes import Box, ReadAt

#: Boxes looked at below one box; a track has about a dozen. The outermost ones are counted elsewhere.
_AT_MOST = 4096
#: Bytes of an stsd before its entries, and of a visual sample entry before its boxes (ISO/IEC 14496-12: 8.5.2, 12.1.3).
_STSD_HEAD, _VISUAL_HEAD = 8, 78
_CLAP = struct.Struct(">8i")
_PATH = (b"mdia", b"minf", b"stbl", b"stsd")

# Matroska element ids (RFC 9559 section 5.1)
_TRACKS, _ENTRY, _VIDEO = 0x1654_AE6B, 0xAE, 0xE0
_WIDTH, _HEIGHT = 0xB0, 0xBA
_CROP_BOTTOM, _CROP_TOP, _CROP_LEFT, _CROP_RIGHT = 0x54AA, 0x54BB, 0x54CC, 0x54DD
#: Bytes of the head of a Matroska file in which its tracks are looked for.
_MATROSKA_HEAD = 2**20


def cropped_sizes(read_at: ReadAt, size: int, container: str, *, at_most: int) -> dict[int, tuple[int, int]]:
    """(width, height) after cropping by track number in the file, of tracks whose container crops them.

    ``at_most``: outer boxes looked at.
    """
    if container == "mov":
        return _iso(read_at, size, at_most)
    if container == "matroska":
        return _matroska(read_at(0, _MATROSKA_HEAD))
    return {}


def _iso(read_at: ReadAt, size: int, at_most: int) -> dict[int, tuple[int, int]]:
    found = {}
    for moov in (box for box in children(read_at, 0, size, at_most=at_most) if box.kind == b"moov"):
        for number, trak in enumerate(_named(read_at, moov.start, moov.end, b"trak")):
            if clap := _clap(read_at, trak):
                found[number] = clap
    return found


def _named(read_at: ReadAt, start: int, end: int, kind: bytes) -> Iterator[Box]:
    boxes = islice(children(read_at, start, end, at_most=2 * _AT_MOST), _AT_MOST)
    return (box for box in boxes if box.kind == kind)


def _clap(read_at: ReadAt, box: Box) -> tuple[int, int] | None:
    for kind in _PATH:
        inner = next(_named(read_at, box.start, box.end, kind), None)
        if inner is None:
            return None
        box = inner
    entry = next(children(read_at, box.start + _STSD_HEAD, box.end, at_most=_AT_MOST), None)
    if entry is None:
        return None
    clap = next(_named(read_at, entry.start + _VISUAL_HEAD, entry.end, b"clap"), None)
    data = read_at(clap.start, _CLAP.size) if clap else b""
    if len(data) < _CLAP.size:
        return None
    width, of_width, height, of_height, *_ = _CLAP.unpack(data)
    if min(width, of_width, height, of_height) <= 0:
        return None
    return width // of_width, height // of_height


def _matroska(head: bytes) -> dict[int, tuple[int, int]]:
    found = {}
    for segment in _elements(head, 0, len(head), SEGMENT):
        for tracks in _elements(head, *segment, _TRACKS):
            for number, entry in enumerate(_elements(head, *tracks, _ENTRY)):
                for video in _elements(head, *entry, _VIDEO):
                    values = {each: _number(head, video, each) for each in (_WIDTH, _HEIGHT)}
                    across = _number(head, video, _CROP_LEFT) + _number(head, video, _CROP_RIGHT)
                    down = _number(head, video, _CROP_TOP) + _number(head, video, _CROP_BOTTOM)
                    if across or down:
                        found[number] = max(0, values[_WIDTH] - across), max(0, values[_HEIGHT] - down)
    return found


def _elements(head: bytes, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """(start, end) of the payloads of elements ``wanted`` directly between ``start`` and ``end``."""
    at = start
    while at < min(end, len(head)):
        number, begin, stop = element(head, at)
        stop = min(end, stop)
        if number == wanted:
            yield begin, stop
        if stop <= at:
            return
        at = stop


def _number(head: bytes, inside: tuple[int, int], wanted: int) -> int:
    place = next(_elements(head, *inside, wanted), None)
    return int.from_bytes(head[place[0] : place[1]][:8], "big") if place else 0
