"""Larger pictures that a child hands over: read as they were written, and refused where no honest child says so."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest

from provenance.errors import MediaError
from provenance.evidence import FEATURE_BYTES, MOST_FEATURED, Larger, Looks, Measurement, Track
from provenance.media import larger

PICTURES = (Larger(0, 8, 480, b"a" * 3840), Larger(2, 9, 11, b"b" * 99))


def measurement(pictures=(), *, described=(), looked=True):
    looks = Looks(bytes(128), bytes(4), b"", (), bytes(FEATURE_BYTES) * len(described), tuple(described), pictures)
    return Measurement(
        "video", "whole", "mov", "full", (Track(7, "video", "h264", Fraction(1, 30), looks=looks if looked else None),)
    )


def row(place, rows, columns, size=None):
    return struct.pack(">IHH", place, rows, columns) + bytes(rows * columns if size is None else size)


def test_what_was_handed_over_is_read_again():
    told = measurement(PICTURES)
    blobs = larger.to_blobs(told)
    assert larger.taken_out(blobs | {("codes", 7): b""}) == {7: blobs["larger", 7]}
    assert larger.with_larger(measurement(), {7: blobs["larger", 7]}) == told
    assert larger.to_blobs(measurement()) == {}


@pytest.mark.parametrize(
    "blob",
    [
        row(0, 8, 8)[:-1],
        row(0, 8, 8) + b"1234567",
        row(0, 7, 8),
        row(0, 8, 481),
        row(0, 65535, 65535, size=64),
        row(4, 8, 8),
        row(1, 8, 8) + row(1, 8, 8),
        row(1, 8, 8) + row(0, 8, 8),
        row(3, 8, 8),
    ],
    ids=["short", "half a head", "too low", "too wide", "huge", "no picture", "twice", "back", "described"],
)
def test_what_no_honest_child_says_is_refused(blob):
    with pytest.raises(MediaError) as error:
        larger.with_larger(measurement(described=(3,)), {7: blob})
    assert error.value.code == "media.protocol"


def test_pictures_of_another_track_or_of_one_without_looks_are_refused():
    for told, track in ((measurement(), 8), (measurement(looked=False), 7)):
        with pytest.raises(MediaError, match="not looked at"):
            larger.with_larger(told, {track: row(0, 8, 8)})


def test_too_many_are_refused(monkeypatch):
    assert MOST_FEATURED > 3
    monkeypatch.setattr(larger, "MOST_FEATURED", 2)
    with pytest.raises(MediaError, match="too many"):
        larger.with_larger(measurement(described=(0,)), {7: row(1, 8, 8) + row(2, 8, 8)})
