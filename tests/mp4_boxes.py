"""A small editor of MP4/MOV boxes (ISO/IEC 14496-12) for what ffmpeg cannot write: matrices and edit lists.

Only for files whose ``moov`` lies last (what ffmpeg writes without ``+faststart``), so that a box that grows moves no
sample. A tree is a list of ``[kind, body]``; the body of a container is again such a list, any other is bytes.
"""

from __future__ import annotations

import struct
from fractions import Fraction

CONTAINERS = {b"moov", b"trak", b"mdia", b"edts"}

#: The unity matrix of tkhd: 16.16 and, in the third column, 2.30 fixed point (ISO/IEC 14496-12, 8.3.2).
UNITY = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def parse(data: bytes) -> list:
    """The boxes of ``data`` in order; 64-bit sizes (mdat) are kept as they are, with their header in the body."""
    boxes, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1:
            size, header = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = len(data) - at
        body = data[at + header : at + size]
        if header == 16:
            boxes.append([b"\0raw", data[at : at + size]])
        else:
            boxes.append([kind, parse(body) if kind in CONTAINERS else body])
        at += size
    return boxes


def serialise(boxes: list) -> bytes:
    """The bytes of a tree."""
    parts = []
    for kind, body in boxes:
        content = serialise(body) if isinstance(body, list) else body
        parts.append(content if kind == b"\0raw" else struct.pack(">I4s", len(content) + 8, kind) + content)
    return b"".join(parts)


def child(boxes: list, kind: bytes):
    """The body of the first child of a kind; KeyError if there is none."""
    for name, body in boxes:
        if name == kind:
            return body
    raise KeyError(kind)


def tracks(tree: list) -> list[tuple[bytes, list]]:
    """(handler, boxes) of every track in file order; handler as ``b"vide"``, ``b"soun"``."""
    found = [body for kind, body in child(tree, b"moov") if kind == b"trak"]
    return [(child(child(track, b"mdia"), b"hdlr")[8:12], track) for track in found]


def is_index_last(tree: list) -> bool:
    """Whether moov comes after every sample."""
    return tree[-1][0] == b"moov"


def _replace(boxes: list, kind: bytes, body) -> None:
    for box in boxes:
        if box[0] == kind:
            box[1] = body
            return
    raise KeyError(kind)


def turn(track: list, change: tuple[int, int, int, int]) -> None:
    """Multiply a track's display matrix from the right with the 2x2 matrix ``change`` (a, b, c, d)."""
    header = child(track, b"tkhd")
    at = 40 if header[0] == 0 else 52
    a, b, _, c, d, _, x, y, w = struct.unpack_from(">9i", header, at)
    e, f, g, h = change
    turned = (a * e + b * g, a * f + b * h, 0, c * e + d * g, c * f + d * h, 0, x, y, w)
    _replace(track, b"tkhd", header[:at] + struct.pack(">9i", *turned) + header[at + 36 :])


def movie_scale(tree: list) -> int:
    """Ticks a second of the movie's time line."""
    header = child(child(tree, b"moov"), b"mvhd")
    return struct.unpack_from(">I", header, 12 if header[0] == 0 else 20)[0]


def set_edits(tree: list, track: list, ranges: list[tuple[Fraction, Fraction]]) -> None:
    """Show only these ranges (start, end in seconds of what the track shows now) of a track, one after the other."""
    media = child(child(track, b"mdia"), b"mdhd")
    ticks = struct.unpack_from(">I", media, 12 if media[0] == 0 else 20)[0]
    base = _first_shown(track)
    entries = b"".join(
        struct.pack(">IiHH", round((end - start) * movie_scale(tree)), base + round(start * ticks), 1, 0)
        for start, end in ranges
    )
    edits = [[b"elst", struct.pack(">II", 0, len(ranges)) + entries]]
    if any(kind == b"edts" for kind, _ in track):
        _replace(track, b"edts", edits)
    else:
        track.insert(1, [b"edts", edits])


def _first_shown(track: list) -> int:
    try:
        body = child(child(track, b"edts"), b"elst")
    except KeyError:
        return 0
    version, count = body[0], struct.unpack_from(">I", body, 4)[0]
    form, width = (">Ii", 12) if version == 0 else (">Qq", 20)
    times = [struct.unpack_from(form, body, 8 + width * number)[1] for number in range(count)]
    return next((time for time in times if time >= 0), 0)
