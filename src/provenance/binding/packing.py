"""Blobs packed for storage (docs/formats/sealing.md, "Packed blobs"): what is committed to is always the blob itself.

Rows of small pictures are stored line by line (`lines.py`), all others column by column, of some kinds as differences
from the row before; every form gives back every byte.
A packed blob comes out of a box that anybody may have sealed: its length is bounded, and checked against its header,
before the rest is unpacked.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from typing import Any, Final

from provenance.binding.blob import HEADER_BYTES, WIDTHS, parse_shape
from provenance.errors import RecordError
from provenance.evidence import MOST_SMALL, SMALL_SIDE

#: magic, version, method, bytes of the blob.
_HEAD = struct.Struct(">4sHHQ")
_MAGIC = b"PVMZ"
_VERSION = 1
#: Differences of small pictures in time alone are read, and were written before docs/adr/0062.
_COLUMNS, _DIFFERENCES, _CHANGES, _LINES = 1, 2, 3, 4
#: Methods of small pictures: their stream is LZMA2, all others' zlib.
_SMALL: Final = frozenset({_DIFFERENCES, _LINES})
#: How rows of a kind are stored, of any other in columns. As changes packets, pictures, codes and sound prints of
#: gopro_karma take 7.8, 2.6, 1.1 and 1.2 MB an hour, as columns 8.1, 2.8, 1.4 and 1.4; features 12.9 instead of 12.8.
_METHODS: Final = {
    "small": _LINES,
    "packets": _CHANGES,
    "pictures": _CHANGES,
    "codes": _CHANGES,
    "soundprint": _CHANGES,
}
#: Bytes a row beside those of a small picture, one a line.
_BESIDE: Final = SMALL_SIDE
#: As much as a box holds (`attest.sealing`): nothing larger was ever stored.
_MOST_BYTES: Final = 1 << 30
#: Measured on the columns of three real clips: zlib 19.0 MB an hour and 50 MB/s, LZMA 18.6 and 2 to 4 MB/s, bz2 19.8.
_LEVEL = 6
#: Small pictures of three real clips (gopro_karma, cups, car-detection), luma in steps of 4, by line: 26.5, 23.3 and
#: 21.3 MB an hour at about 10 s of processor time. Matches of 8, 16, 24 and 32 bytes as long enough: 27.3, 26.6, 26.5
#: and 26.6 of the first. Of what is not in steps, a deeper search took 2 to 4 times as long for 1 to 2 % less; bz2 took
#: 5 % more room, zlib 15 %.
_FILTERS: Final[list[dict[str, Any]]] = [
    {
        "id": lzma.FILTER_LZMA2,
        "mode": lzma.MODE_NORMAL,
        "mf": lzma.MF_BT2,
        "nice_len": 20,
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
    method = _METHODS.get(kind, _COLUMNS)
    if method == _LINES:
        from provenance.binding.lines import packable  # loads numpy

        stream = lzma.compress(packable(blob), lzma.FORMAT_RAW, filters=_FILTERS)
    else:
        stream = zlib.compress(_columns(_differences(blob, width) if method == _CHANGES else blob, width), _LEVEL)
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
    if version != _VERSION or method not in {_COLUMNS, _CHANGES, *_SMALL} or not HEADER_BYTES <= length <= _MOST_BYTES:
        raise _malformed("of no form known here")
    count = (length - HEADER_BYTES) // WIDTHS["small"]
    if method == _LINES and count > MOST_SMALL:  # of other kinds and methods what is unpacked is not held four times
        raise _malformed("more small pictures than are kept")
    plain = _inflated(stored[_HEAD.size :], method, length, beside=count * _BESIDE if method == _LINES else 0)
    kind, width = parse_shape(plain, length)
    if (method in _SMALL) != (kind == "small"):
        raise _malformed("packed as another kind")
    if method == _LINES:
        from provenance.binding.lines import blob_of_packable

        return blob_of_packable(plain, count)
    rows = plain if method == _DIFFERENCES else _rows(plain, width)
    return rows if method == _COLUMNS else _sums(rows, width)


def _inflated(stream: bytes, method: int, length: int, *, beside: int) -> bytes:
    """Exactly ``length`` bytes and those ``beside`` them; the header first, so that a false length costs nothing."""
    inflater: Any
    try:
        if method not in _SMALL:
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
            rest = b"" if inflater.eof else inflater.decompress(b"", length + beside - len(head) + 1)
            over = rest[length + beside - len(head) :]
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise _malformed("it cannot be unpacked") from error
    if len(head) + len(rest) != length + beside or over or not inflater.eof or inflater.unused_data:
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
