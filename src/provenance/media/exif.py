"""The orientation that a still states of itself (Exif 2.32 tag 0x0112), read from bytes with bounded steps.

FFmpeg reads it, too, but PyAV 18.1 cannot list the side data of a picture that carries Exif.
"""

from __future__ import annotations

import struct

#: Orientation of Exif → (degrees clockwise that a player must turn the picture, after mirroring left-right).
_SHOWN = {
    1: (0, False),
    2: (0, True),
    3: (180, False),
    4: (180, True),
    5: (270, True),
    6: (90, False),
    7: (90, True),
    8: (270, False),
}
_UPRIGHT = (0, False)
_ORIENTATION, _SHORT = 0x0112, 3
#: Segments, chunks and directory entries looked at: real files have fewer than a hundred before the picture.
_MOST = 512
_EXIF = b"Exif\0\0"


def orientation(name: str, data: bytes) -> tuple[int, bool]:
    """(degrees clockwise, mirrored before) that the file ``data`` of format ``name`` states; (0, False) if nothing."""
    found = {"jpeg": _jpeg, "png": _png, "webp": _webp, "tiff": _itself}.get(name)
    block = found(data) if found else b""
    return _SHOWN.get(_stated(block), _UPRIGHT)


def _itself(data: bytes) -> bytes:
    return data


def _jpeg(data: bytes) -> bytes:
    """The Exif block of a JPEG file: APP1 segments stand before the first scan (ISO/IEC 10918-1)."""
    at = 2
    for _ in range(_MOST):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == 0xDA:  # noqa: PLR2004 - marker; start of scan
            break
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xE1 and data[at + 4 : at + 10] == _EXIF:  # noqa: PLR2004 - APP1
            return data[at + 10 : at + 2 + size]
        at += 2 + max(size, 2)
    return b""


def _png(data: bytes) -> bytes:
    """The eXIf chunk of a PNG file."""
    at = 8
    for _ in range(_MOST):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"eXIf":
            return data[at + 8 : at + 8 + size]
        at += 12 + size
        if at >= len(data):
            break
    return b""


def _webp(data: bytes) -> bytes:
    """The EXIF chunk of a WebP file, which some writers begin like a JPEG segment."""
    at = 12
    for _ in range(_MOST):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            return data[at + 8 : at + 8 + size].removeprefix(_EXIF)
        at += 8 + size + size % 2
        if at >= len(data):
            break
    return b""


def _stated(block: bytes) -> int:
    """The orientation in the first directory of a TIFF block; 0 if it states none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:  # noqa: PLR2004 - the header
        return 0
    (at,) = struct.unpack_from(f"{order}I", block, 4)
    if at + 2 > len(block):
        return 0
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for number in range(min(count, _MOST)):
        entry = at + 2 + 12 * number
        if entry + 12 > len(block):
            break
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, entry)
        if tag == _ORIENTATION and kind == _SHORT:
            return int(value)
    return 0
