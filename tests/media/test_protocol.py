"""What the child says is read with caps and taken only in its one form."""

from __future__ import annotations

import io
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import MediaError
from provenance.media import protocol

quick = settings(max_examples=150, deadline=None)
HEADER = {"sandbox": ["seccomp"], "sandbox_missing": ["landlock: no"], "libraries": {"av": "18"}}
BLOBS = {("facts", 0): b"facts", ("packets", 3): b"rows" * 9}


def answer(header=HEADER, blobs=BLOBS):
    stream = io.BytesIO()
    protocol.write_progress(stream, 5, 10)
    protocol.write_answer(stream, header, blobs)
    return stream.getvalue()


def read(data, **options):
    return protocol.read_answer(io.BytesIO(data), max_bytes=options.pop("max_bytes", 10**6), **options)


def code_of(data, **options):
    with pytest.raises(MediaError) as error:
        read(data, **options)
    return error.value.code


def frame(kind, body):
    return struct.pack(">cI", kind, len(body)) + body


def test_an_answer_comes_back_with_its_progress():
    told = []
    got = read(answer(), progress=lambda done, total: told.append((done, total)))
    assert got.header["sandbox"] == ("seccomp",)
    assert got.blobs == (("facts", 0, b"facts"), ("packets", 3, b"rows" * 9))
    assert told == [(5, 10)]


@pytest.mark.parametrize("cut", range(len(answer())))
def test_an_answer_cut_anywhere_is_a_crash(cut):
    assert code_of(answer()[:cut]) == "media.crashed"


@quick
@given(st.integers(0, len(answer()) - 1), st.integers(1, 255))
def test_a_changed_byte_never_raises_anything_but_our_error(at, flip):
    data = bytearray(answer())
    data[at] ^= flip
    try:
        read(bytes(data))
    except MediaError:
        return


@quick
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data):
    assert code_of(data) in {"media.crashed", "media.protocol"}


@quick
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    ),
    st.sampled_from(["sandbox", "sandbox_missing", "libraries", "blobs"]),
)
def test_any_json_in_a_header_is_refused_or_of_the_right_form(value, member):
    header = {**HEADER, "blobs": [], member: value}
    try:
        got = read(frame(b"H", json.dumps(header).encode()) + frame(b"E", b""))
    except MediaError:
        return
    assert all(isinstance(each, str) for each in got.header["sandbox"])


def test_lengths_are_believed_only_up_to_the_caps():
    assert code_of(answer(), max_bytes=10) == "media.limit"
    assert code_of(struct.pack(">cI", b"H", 2**32 - 1)) == "media.protocol"
    huge = {**HEADER, "blobs": [["facts", 0, 2**32 - 1]]}
    assert code_of(frame(b"H", json.dumps(huge).encode())) == "media.limit"


@pytest.mark.parametrize(
    "text",
    [
        b'{"blobs":[],"sandbox":[],"sandbox":[],"sandbox_missing":[],"libraries":{}}',
        b'{"blobs":[],"sandbox":["\\u001b[2J"],"sandbox_missing":[],"libraries":{}}',
        b'{"blobs":[["facts",0,0],["facts",0,0]],"sandbox":[],"sandbox_missing":[],"libraries":{}}',
        b'{"blobs":[["facts",true,0]],"sandbox":[],"sandbox_missing":[],"libraries":{}}',
        b'{"blobs":[],"code":"anything","message":"x"}',
        b'{"blobs":[],"sandbox":[],"sandbox_missing":[],"libraries":NaN}',
        b"[" * 50_000,
        b"\xff",
        b"[]",
    ],
)
def test_headers_of_another_form_are_refused(text):
    assert code_of(frame(b"H", text) + frame(b"E", b"")) == "media.protocol"


def test_what_follows_the_end_is_refused():
    assert code_of(answer() + b"x") == "media.protocol"


def test_an_error_of_the_child_keeps_its_code():
    assert code_of(answer({"code": "media.limit", "message": "too much"}, {})) == "media.limit"
