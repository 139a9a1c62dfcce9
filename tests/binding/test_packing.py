"""Blobs as they are stored: every byte comes back, and a false length costs nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import lzma
import random
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from measurements import measurements

from provenance.binding import codec, packing
from provenance.binding.packing import pack, unpack
from provenance.errors import RecordError
from provenance.evidence import SMALL_BYTES

HEADER = struct.Struct(">4sHHIIQII16s")
KEPT = json.loads((Path(__file__).parents[1] / "vectors" / "packed-v1.json").read_text())["cases"]


def blob_of(kind, width, rows):
    timed = kind not in {1, 5}
    return HEADER.pack(b"PVMB", 1, kind, int(timed), width, len(rows), int(timed), 25 * timed, bytes(16)) + b"".join(
        rows
    )


def small_blob(count, *, still=True):
    source = random.Random(7)
    picture = source.randbytes(SMALL_BYTES)
    return blob_of(
        7,
        SMALL_BYTES + 4,
        [at.to_bytes(4, "big") + (picture if still else source.randbytes(SMALL_BYTES)) for at in range(count)],
    )


@settings(max_examples=40, deadline=None)
@given(measurements())
def test_every_blob_comes_back(measurement):
    for blob in codec.to_blobs(measurement).values():
        assert unpack(pack(blob)) == blob
        assert len(pack(blob)) <= len(blob)


@pytest.mark.parametrize(("count", "still"), [(0, True), (1, True), (2, False), (40, True), (40, False)])
def test_small_pictures_come_back(count, still):
    assert unpack(pack(small_blob(count, still=still))) == small_blob(count, still=still)


@pytest.mark.parametrize("case", KEPT, ids=lambda case: f"method {case['method']}")
def test_what_was_packed_once_is_read(case):
    packed = bytes.fromhex(case["packed"])
    assert struct.unpack_from(">4sHHQ", packed) == (b"PVMZ", 1, case["method"], case["bytes"])
    assert hashlib.sha256(unpack(packed)).hexdigest() == case["sha256"]


@pytest.mark.parametrize(
    ("kind", "width", "method"), [(2, 47, 3), (3, 33, 3), (6, 33, 3), (9, 9, 3), (8, 40, 1), (4, 25, 1)]
)
def test_rows_come_back_as_their_kind_is_stored(kind, width, method):
    source = random.Random(kind)
    rows = [source.randbytes(width - 8) + (at * 1001).to_bytes(8, "big") for at in range(300)]
    packed = pack(blob_of(kind, width, rows))
    assert struct.unpack_from(">4sHH", packed)[2] == method
    assert unpack(packed) == blob_of(kind, width, rows)


def test_pictures_that_do_not_change_take_the_room_of_one():
    assert len(pack(small_blob(60))) < 1.1 * len(small_blob(1))


def test_what_does_not_get_smaller_is_stored_as_it_is():
    source = random.Random(1)
    blob = blob_of(1, 32, [source.randbytes(32) for _ in range(4000)])
    assert pack(blob) == blob == unpack(blob)


def forged(length, stream, *, method=1, version=1):
    return struct.pack(">4sHHQ", b"PVMZ", version, method, length) + stream


def raw(plain):
    return lzma.compress(plain, lzma.FORMAT_RAW, filters=packing._FILTERS)


def lines(told, *, rows=2):
    """Grey pictures whose last line is said to be told by ``told``."""
    blob = blob_of(7, SMALL_BYTES + 4, [bytes(SMALL_BYTES + 4)] * 2)
    return forged(len(blob), raw(blob[:48] + bytes(96 * rows - 1) + bytes((told,)) + blob[48:]), method=4)


def test_lines_of_no_picture_and_of_more_than_are_kept():
    empty = blob_of(7, SMALL_BYTES + 4, [])
    assert unpack(forged(len(empty), raw(empty), method=4)) == empty
    with pytest.raises(RecordError, match="more small pictures than are kept"):
        unpack(forged(48 + 8_501 * (SMALL_BYTES + 4), b"", method=4))


def test_a_line_is_told_in_one_of_two_ways():
    assert unpack(lines(0)) == unpack(lines(1))
    for told in (2, 255):
        with pytest.raises(RecordError, match="no known way"):
            unpack(lines(told))


@pytest.mark.parametrize("rows", [1, 3])
def test_ways_of_lines_that_are_missing_or_left_over_are_refused(rows):
    with pytest.raises(RecordError, match="length"):
        unpack(lines(0, rows=rows))


def carried_blob(count):
    """A scene of stripes and noise that moves by three lines from a picture to the next, in multiples of 4."""
    source, rows = random.Random(2), []
    for at in range(count):
        stripes = [source.choice((4, 8)) + 4 * ((y + 3 * at) // 7 % 50) for y in range(96)]
        luma = bytes(stripe + 4 * (x // 9) + source.choice((0, 0, 0, 4)) for stripe in stripes for x in range(96))
        rows.append(at.to_bytes(4, "big") + luma + source.randbytes(SMALL_BYTES - len(luma)))
    return blob_of(7, SMALL_BYTES + 4, rows)


def test_small_pictures_that_move_are_stored_line_by_line():
    blob = carried_blob(12)
    packed = pack(blob)
    assert struct.unpack_from(">4sHH", packed)[2] == 4
    assert unpack(packed) == blob
    told = lzma.decompress(packed[16:], lzma.FORMAT_RAW, filters=packing._FILTERS)[48 : 48 + 12 * 96]
    assert set(told) == {0, 1}
    assert len(packed) < len(raw(packing._differences(blob, SMALL_BYTES + 4)))


@pytest.mark.parametrize("method", [1, 3])
def test_a_false_length_is_refused_before_anything_is_unpacked(monkeypatch, method):
    """The stream would unpack to 200 MB; its header says one row."""
    honest = blob_of(2, 47, [bytes(47)])
    bomb = zlib.compress(honest[:48] + bytes(200_000_000), 1)
    seen = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self):
            self.one = real()

        def decompress(self, data, most):
            seen.append(most)
            return self.one.decompress(data, most)

        def __getattr__(self, name):
            return getattr(self.one, name)

    monkeypatch.setattr(packing.zlib, "decompressobj", Watched)
    for length in (len(honest), 200_000_048, 1 << 30):
        with pytest.raises(RecordError):
            unpack(forged(length, bomb, method=method))
    assert max(seen) <= 48
    assert sum(seen) < 400


def test_any_change_of_a_packed_blob_is_refused_or_gives_another_blob():
    source = random.Random(3)
    for blob in (small_blob(3), blob_of(2, 47, [bytes([at]) * 47 for at in range(60)])):
        packed = pack(blob)
        for _ in range(200):
            at = source.randrange(len(packed))
            changed = packed[:at] + bytes([packed[at] ^ 1 << source.randrange(8)]) + packed[at + 1 :]
            with contextlib.suppress(RecordError):
                assert len(unpack(changed)) <= len(blob) + len(changed)
        for cut in range(0, len(packed), max(1, len(packed) // 50)):
            if cut > 4:
                with pytest.raises(RecordError):
                    unpack(packed[:cut])


@pytest.mark.parametrize(
    "stored",
    [
        forged(95, b"", method=5),
        forged(95, b"", method=0),
        forged(95, b"", version=2),
        forged(95, zlib.compress(small_blob(1))),
        forged(len(small_blob(1)), zlib.compress(small_blob(1))),
        forged(95, lzma.compress(bytes(95)), method=2),
        forged(95, lzma.compress(bytes(95)), method=3),
        forged(95, lzma.compress(bytes(95)), method=4),
        forged(len(small_blob(1)), pack(small_blob(1))[16:], method=2),
        forged(95, raw(blob_of(2, 47, [bytes(47)])), method=4),
        forged(len(small_blob(1)), zlib.compress(small_blob(1)), method=3),
        forged((1 << 30) + 1, b""),
        forged(10, b""),
        b"PVMZ",
    ],
)
def test_what_has_no_known_form_is_refused(stored):
    with pytest.raises(RecordError):
        unpack(stored)
