"""First bytes decide what a file is; lengths decide whether it is whole."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import MediaError
from provenance.media import boxes, crops, formats


def reader(data):
    return lambda offset, size: data[offset : offset + size]


def box(kind, payload=b""):
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypisom", "mov"),
        (b"\0\0\0\x18ftypheic", "heif"),
        (b"\0\0\0\x08wide", "mov"),
        (b"\x1a\x45\xdf\xa3\x9f", "matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        ((b"\x47" + bytes(187)) * 6, "mpegts"),
        ((bytes(4) + b"\x47" + bytes(187)) * 6, "mpegts"),
        (b"OggS\0", "ogg"),
        (b"fLaC\0", "flac"),
        (b"\xff\xf1\x4c\x80", "aac"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xd8\xff\xe1", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
    ],
)
def test_formats_by_their_first_bytes(head, name):
    assert formats.recognise(head).name == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"hello, world\n" * 100,
        b"ffconcat version 1.0\nfile other.mkv\n",
        b"#EXTM3U\n#EXTINF:10,\nother.ts\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\n",
        b'<?xml version="1.0"?><MPD></MPD>',
        b"\xff\xfe" + "text".encode("utf-16-le") * 20,
        bytes(4096),
    ],
    ids=["empty", "text", "ffconcat", "hls", "sdp", "dash", "utf-16", "zeros"],
)
def test_text_and_lists_are_of_no_format(head):
    assert formats.recognise(head) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_looked_at_without_an_error(data):
    for container in ("mov", "matroska", "avi", "mpegts"):
        boxes.outline(reader(data), len(data), container, at_most=1000)
        crops.cropped_sizes(reader(data), len(data), container, at_most=1000)
        crops.cropped_sizes(reader(b"\x1a\x45\xdf\xa3\x80" + data), len(data) + 5, container, at_most=1000)
        moov = box(b"moov", box(b"trak", data))
        crops.cropped_sizes(reader(moov), len(moov), container, at_most=1000)
    formats.recognise(data)


def outline(data, container="mov"):
    return boxes.outline(reader(data), len(data), container, at_most=100)


def test_a_recording_without_its_index_is_unfinished():
    begin = box(b"ftyp", b"isom") + struct.pack(">I4s", 1, b"mdat") + struct.pack(">Q", 10**6) + b"data"
    assert outline(begin) == boxes.Outline(unfinished=True, cut=True)
    assert not outline(box(b"ftyp", b"isom") + box(b"moov") + box(b"mdat")).unfinished
    assert not outline(box(b"ftyp", b"isom") + box(b"free")).unfinished


def test_a_box_that_ends_behind_the_file_says_that_it_is_cut():
    whole = box(b"ftyp", b"isom") + box(b"moov") + box(b"mdat", b"x" * 100)
    assert not outline(whole).cut
    assert outline(whole[:-1]).cut


def test_appended_bytes_are_no_damage():
    assert not outline(box(b"ftyp", b"isom") + box(b"moov") + b"these bytes come after the end").cut


def test_boxes_are_counted():
    with pytest.raises(MediaError) as error:
        outline(box(b"free") * 101)
    assert error.value.code == "media.limit"


def test_matroska_and_riff_state_their_length():
    segment = b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67" + b"\x01" + (50).to_bytes(7, "big")
    assert not outline(segment + bytes(50), "matroska").cut
    assert outline(segment + bytes(49), "matroska").cut
    live = b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67" + b"\x01" + b"\xff" * 7
    assert not outline(live + bytes(9), "matroska").cut
    riff = b"RIFF" + (100).to_bytes(4, "little") + b"AVI "
    assert not outline(riff + bytes(96), "avi").cut
    assert outline(riff + bytes(40), "avi").cut


def clap(width, height):
    entry = box(b"avc1", bytes(78) + box(b"clap", struct.pack(">8i", width, 1, height, 1, 0, 1, 0, 1)))
    stsd = box(b"stsd", bytes(8) + entry)
    return box(b"trak", box(b"tkhd") + box(b"mdia", box(b"minf", box(b"stbl", stsd))))


def test_a_clean_aperture_is_a_crop():
    data = box(b"ftyp", b"isom") + box(b"moov", box(b"trak") + clap(300, 160))
    assert crops.cropped_sizes(reader(data), len(data), "mov", at_most=100) == {1: (300, 160)}


def ebml(identity, payload):
    return bytes.fromhex(identity) + bytes([0x80 | len(payload)]) + payload


def test_pixel_crop_of_matroska_is_a_crop():
    video = ebml("e0", ebml("b0", b"\x01\x40") + ebml("ba", b"\xb4") + ebml("54dd", b"\x14") + ebml("54bb", b"\x04"))
    tracks = ebml("1654ae6b", ebml("ae", ebml("d7", b"\x01")) + ebml("ae", video))
    data = ebml("1a45dfa3", b"") + ebml("18538067", tracks)
    assert crops.cropped_sizes(reader(data), len(data), "matroska", at_most=100) == {1: (300, 176)}
