"""Blobs packed for storage (docs/formats/sealing.md, "Packed blobs"): what is committed to is always the blob itself.

Rows of small pictures are stored as differences in time, all others column by column; both forms give back every byte.
A packed blob comes out of a box that anybody may have sealed: its length is bounded, and checked against its header,
before the rest is unpacked.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from typing import Any, Final

from provenance.binding.codec import HEADER_BYTES, parse_shape
from provenance.errors import RecordError

#: magic, version, method, bytes of the blob.
_HEAD = struct.Struct(">4sHHQ")
_MAGIC = b"PVMZ"
_VERSION = 1
_COLUMNS, _DIFFERENCES = 1, 2
#: As much as a box holds (`attest.sealing`): nothing larger was ever stored.
_MOST_BYTES: Final = 1 << 30
#: Measured on the columns of three real clips: zlib 19.0 MB an hour and 50 MB/s, LZMA 18.6 and 2 to 4 MB/s, bz2 19.8.
_LEVEL = 6
#: Measured on the time differences of small pictures of three real clips (gopro_karma, cups, car-detection): 41.9, 37.9
#: and 24.7 MB an hour at 7 to 11 MB/s. The preset 6: 41.5, 37.1, 24.6 at 2; bz2: 43.8, 40.0, 27.6 at 16 to 22; zlib:
#: 47.9, 44.0, 29.9. Differences to the left as well, by line: 5 % less, for 20 lines more.
_FILTERS: Final[list[dict[str, Any]]] = [
    {
        "id": lzma.FILTER_LZMA2,
        "mode": lzma.MODE_NORMAL,
        "mf": lzma.MF_BT2,
        "nice_len": 8,
        "depth": 1,
        "lc": 4,
        "lp": 0,
        "pb": 0,
        "dict_size": 1 << 22,
    }
]


def pack(blob: bytes) -> bytes:
    """``blob`` in the form that is stored; itself where packing would not make it smaller."""
    kind, width = parse_shape(blob)
    if kind == "small":
        method, stream = _DIFFERENCES, lzma.compress(_differences(blob, width), lzma.FORMAT_RAW, filters=_FILTERS)
    else:
        method, stream = _COLUMNS, zlib.compress(_columns(blob, width), _LEVEL)
    packed = _HEAD.pack(_MAGIC, _VERSION, method, len(blob)) + stream
    return packed if len(packed) < len(blob) else blob


def unpack(stored: bytes) -> bytes:
    """The blob that was stored, packed or as it is; its rows are not looked at.

    Raises RecordError, code ``record.blob``: it is of no known form, or another length than it says.
    """
    if not stored.startswith(_MAGIC):
        return stored
    if len(stored) < _HEAD.size:
        raise _malformed("its head is cut off")
    _, version, method, length = _HEAD.unpack_from(stored)
    if version != _VERSION or method not in {_COLUMNS, _DIFFERENCES} or not HEADER_BYTES <= length <= _MOST_BYTES:
        raise _malformed("of no form known here")
    plain = _inflated(stored[_HEAD.size :], method, length)
    kind, width = parse_shape(plain)
    if (method == _DIFFERENCES) != (kind == "small"):
        raise _malformed("packed as another kind")
    return _rows(plain, width) if method == _COLUMNS else _sums(plain, width)


def _inflated(stream: bytes, method: int, length: int) -> bytes:
    """Exactly ``length`` bytes; the header first, so that a false length costs nothing."""
    inflater: Any
    try:
        if method == _COLUMNS:
            inflater = zlib.decompressobj()
            head = inflater.decompress(stream, HEADER_BYTES)
            _check_length(head, length)
            rest = inflater.decompress(inflater.unconsumed_tail, length - len(head)) if length > len(head) else b""
            # What ends the stream may be left when every byte of it was given.
            over = inflater.decompress(inflater.unconsumed_tail, 1) if not inflater.eof else b""
        else:
            inflater = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_FILTERS)
            head = inflater.decompress(stream, HEADER_BYTES)
            _check_length(head, length)
            rest = b"" if inflater.eof else inflater.decompress(b"", length - len(head) + 1)
            over = rest[length - len(head) :]
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise _malformed("it cannot be unpacked") from error
    if len(head) + len(rest) != length or over or not inflater.eof or inflater.unused_data:
        raise _malformed("another length than it says")
    return bytes(head + rest)


def _check_length(head: bytes, length: int) -> None:
    if len(head) != HEADER_BYTES:
        raise _malformed("its header is cut off")
    parse_shape(head, length)


def _columns(blob: bytes, width: int) -> bytes:
    rows = blob[HEADER_BYTES:]
    return blob[:HEADER_BYTES] + b"".join(rows[at::width] for at in range(width))


def _rows(plain: bytes, width: int) -> bytes:
    columns, rows = memoryview(plain)[HEADER_BYTES:], bytearray(len(plain) - HEADER_BYTES)
    count = len(rows) // width
    for at in range(width):
        rows[at::width] = columns[at * count : (at + 1) * count]
    return plain[:HEADER_BYTES] + bytes(rows)


def _differences(blob: bytes, width: int) -> bytes:
    """Each row less the one before it, byte by byte modulo 256."""
    import numpy as np

    rows = np.frombuffer(blob, np.uint8, offset=HEADER_BYTES).reshape(-1, width)
    out = rows.copy()
    out[1:] -= rows[:-1]
    return blob[:HEADER_BYTES] + out.tobytes()


def _sums(plain: bytes, width: int) -> bytes:
    import numpy as np

    rows = np.frombuffer(plain, np.uint8, offset=HEADER_BYTES).reshape(-1, width)
    return plain[:HEADER_BYTES] + np.cumsum(rows, axis=0, dtype=np.uint8).tobytes()


def _malformed(why: str) -> RecordError:
    return RecordError(f"a stored measurement blob is malformed: {why}", code="record.blob")
