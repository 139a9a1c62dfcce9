"""Blobs as they are stored: every byte comes back, and a false length costs nothing."""

from __future__ import annotations

import contextlib
import lzma
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from measurements import measurements

from provenance.binding import codec, packing
from provenance.binding.packing import pack, unpack
from provenance.errors import RecordError
from provenance.evidence import SMALL_BYTES

HEADER = struct.Struct(">4sHHIIQII16s")


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


def test_pictures_that_do_not_change_take_the_room_of_one():
    assert len(pack(small_blob(60))) < 1.1 * len(small_blob(1))


def test_what_does_not_get_smaller_is_stored_as_it_is():
    source = random.Random(1)
    blob = blob_of(1, 32, [source.randbytes(32) for _ in range(4000)])
    assert pack(blob) == blob == unpack(blob)


def forged(length, stream, *, method=1, version=1):
    return struct.pack(">4sHHQ", b"PVMZ", version, method, length) + stream


def test_a_false_length_is_refused_before_anything_is_unpacked(monkeypatch):
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
            unpack(forged(length, bomb))
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
        forged(95, b"", method=3),
        forged(95, b"", version=2),
        forged(95, zlib.compress(small_blob(1))),
        forged(len(small_blob(1)), zlib.compress(small_blob(1))),
        forged(95, lzma.compress(bytes(95)), method=2),
        forged((1 << 30) + 1, b""),
        forged(10, b""),
        b"PVMZ",
    ],
)
def test_what_has_no_known_form_is_refused(stored):
    with pytest.raises(RecordError):
        unpack(stored)
