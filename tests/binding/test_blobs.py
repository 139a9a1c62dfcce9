"""Measurements as blobs: what is written is read back, and nothing else is taken."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measurements import measurements

from provenance.binding import codec, facts
from provenance.errors import RecordError
from provenance.evidence import Measurement, NotMeasured, PacketRows, PictureRows, SoundBlockRows, Track

quick = settings(max_examples=40, deadline=None)
D = bytes(range(24))


def small():
    track = Track(
        index=1,
        kind="video",
        codec="h264",
        time_base=Fraction(1, 90000),
        packets=PacketRows((D,), (-3,), (3000,), (1,), (-1,), (77,)),
        pictures=PictureRows((D, D), (0, 3000), (0, 3)),
        sound=SoundBlockRows((D,), b"\x07", -5, 48000),
    )
    return Measurement("video", "whole", "mov", "full", (track,), (NotMeasured("sound", "why not", 1),))


@quick
@given(measurements())
def test_reading_gives_back_what_was_written_and_writing_it_again_the_same_bytes(measurement):
    blobs = codec.to_blobs(measurement)
    assert codec.from_blobs(blobs) == measurement
    assert codec.to_blobs(codec.from_blobs(blobs)) == blobs


@quick
@given(measurements())
def test_every_blob_is_its_header_and_its_rows(measurement):
    for blob in codec.to_blobs(measurement).values():
        header, rows = codec.split(blob)
        assert header + b"".join(rows) == blob
        assert len(header) == 48
        assert len({len(row) for row in rows}) <= 1


def test_rows_have_the_promised_width():
    sizes = {kind: codec.split(blob)[1][0] for (kind, _), blob in codec.to_blobs(small()).items()}
    assert len(sizes["packets"]) + len(sizes["pictures"]) <= 80
    assert len(sizes["packets"]) + len(sizes["sound"]) <= 72


def test_tools_and_sandbox_leave_no_trace_in_the_blobs():
    other = replace(small(), sandbox=("seccomp",), sandbox_missing=("landlock: no",), libraries={"av": "1"})
    assert codec.to_blobs(other) == codec.to_blobs(small())


def test_the_bytes_of_a_known_measurement_never_change():
    blobs = codec.to_blobs(small())
    assert blobs["packets", 1].hex() == (
        "50564d42"
        "0001"
        "0002"
        "00000001"
        "0000002f"
        "0000000000000001"
        "00000001"
        "00015f90" + "00" * 16 + D.hex() + "fffffffffffffffd"
        "00000bb8"
        "ffffffffffff"
        "0000004d"
        "01"
    )
    assert blobs["pictures", 1][48:].hex() == D.hex() + "000000000000000000" + D.hex() + "0000000000000bb803"
    assert blobs["sound", 1][32:].hex() == "fffffffffffffffb0000bb8000000000" + D.hex() + "07"


@quick
@given(st.data())
def test_a_changed_byte_is_refused_or_changes_the_measurement(data):
    blobs = codec.to_blobs(small())
    key = data.draw(st.sampled_from(sorted(blobs)))
    at = data.draw(st.integers(0, len(blobs[key]) - 1))
    flipped = bytearray(blobs[key])
    flipped[at] ^= data.draw(st.integers(1, 255))
    try:
        read = codec.from_blobs(blobs | {key: bytes(flipped)})
    except RecordError:
        return
    assert read != small()


@quick
@given(st.data())
def test_a_blob_cut_anywhere_is_refused(data):
    blobs = codec.to_blobs(small())
    key = data.draw(st.sampled_from(sorted(blobs)))
    cut = blobs[key][: data.draw(st.integers(0, len(blobs[key]) - 1))]
    with pytest.raises(RecordError):
        codec.from_blobs(blobs | {key: cut})


@quick
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_our_error(data):
    with pytest.raises(RecordError):
        codec.from_blobs({("facts", 0): data})
    with pytest.raises(RecordError):
        codec.parse_chunks(data)


@quick
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=10,
    ),
    st.sampled_from(["tracks", "damage", "not_measured", "kind", "state", "container", "depth", "schema"]),
)
def test_any_json_in_place_of_a_member_is_refused(value, member):
    honest = json.loads(facts.to_json(small()))
    if honest[member] == value or value == []:
        return
    forged = json.dumps(honest | {member: value}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        read = facts.from_json(forged.encode(errors="surrogatepass"))
    except RecordError:
        return
    assert facts.to_json(read) == forged.encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"h264"', b'"\\u001b[31m"'),
        lambda text: text.replace(b'"why not"', b'"two\\nlines"'),
        lambda text: text.replace(b'"1/90000"', b'"2/180000"'),
        lambda text: text.replace(b'"1/90000"', b'"0/1"'),
        lambda text: text.replace(b'"rotation":0', b'"rotation":45'),
        lambda text: text.replace(b'"rotation":0', b'"rotation":0.0'),
        lambda text: text.replace(b'"mirrored":false', b'"mirrored":0'),
        lambda text: text.replace(b'"index":1', b'"index":true'),
        lambda text: text.replace(b'"depth":"full"', b'"depth":"full","depth":"full"'),
        lambda text: text + b" ",
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: b"[" * 100_000,
    ],
)
def test_facts_of_any_other_form_are_refused(change):
    honest = facts.to_json(small())
    forged = change(honest)
    assert forged != honest
    with pytest.raises(RecordError):
        facts.from_json(forged)


def test_blobs_and_facts_must_speak_of_the_same_tracks():
    blobs = codec.to_blobs(small())
    with pytest.raises(RecordError):
        codec.from_blobs(blobs | {("packets", 2): blobs["packets", 1]})
    with pytest.raises(RecordError):
        codec.from_blobs({key: blob for key, blob in blobs.items() if key[0] != "facts"})
    swapped = blobs | {("pictures", 1): blobs["packets", 1]}
    with pytest.raises(RecordError):
        codec.from_blobs(swapped)


def test_chunks_are_as_many_as_the_size_needs():
    leaves = b"".join(bytes([number]) * 32 for number in range(3))
    blob = codec.chunks_blob(leaves, 2 * 65536 + 1)
    assert codec.parse_chunks(blob) == tuple(leaves[at : at + 32] for at in (0, 32, 64))
    assert codec.parse_chunks(codec.chunks_blob(b"", 0)) == ()
    with pytest.raises(ValueError, match="leaf"):
        codec.chunks_blob(leaves, 3 * 65536 + 1)
    with pytest.raises(RecordError):
        codec.parse_chunks(blob[:32] + (10**6).to_bytes(8, "big") + blob[40:])
