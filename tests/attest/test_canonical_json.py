"""One value has one spelling; every other is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attest import canonical
from provenance.errors import RecordError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('aé😀\n"', max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(VALUES)
def test_what_is_written_is_read_back_and_is_ascii_json(value):
    data = canonical.dump(value)
    assert data.isascii()
    assert canonical.load(data, limit=len(data), what="value") == json.loads(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a":1, "b":2}',
        b'{"a":1,"a":1}',
        b"[1.0]",
        b"[1e3]",
        b"[NaN]",
        b"[-Infinity]",
        b"[-0]",
        b"[9007199254740992]",
        b"[" + b"9" * 5000 + b"]",
        b"\xef\xbb\xbf[]",
        b"[] ",
        b"[]\n",
        b'["\\u00E9"]',
        b'["\\u0041"]',
        b'["\\/"]',
        '["é"]'.encode(),
        b'["\\ud800"]',
        b'{"\\udfff":1}',
        b"[" * 5000 + b"]" * 5000,
        b"[" * 18 + b"1" + b"]" * 18,
        b"[" * 17 + b"]" * 17,
        b"",
        b"[",
        b"\xff",
        b'["\x00"]',
    ],
)
def test_every_other_spelling_is_refused(data):
    with pytest.raises(RecordError):
        canonical.load(data, limit=100_000, what="value")


def test_a_value_over_its_limit_is_refused_unread():
    with pytest.raises(RecordError) as caught:
        canonical.load(b"[" * 11, limit=10, what="value")
    assert caught.value.code == "record.too-large"


@pytest.mark.parametrize("value", [1.5, {1: 2}, b"x", {"a"}, float("nan"), "\ud800", 2**53, [[0.1]], {"a": 1.0}])
def test_what_has_no_place_in_a_record_is_not_written(value):
    with pytest.raises(RecordError):
        canonical.dump(value)


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data):
    assert canonical.from_base64(canonical.to_base64(data), "x") == data
    assert canonical.from_base64url(canonical.to_base64url(data), "x") == data


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "QQ==\n", "Q Q==", "-_==", "é", "===="])
def test_other_base64_is_refused(text):
    with pytest.raises(RecordError):
        canonical.from_base64(text, "x")


@pytest.mark.parametrize("text", ["QR", "QQ==", "QQ=", "Q", "+/", "é", "QQ\n"])
def test_other_base64url_is_refused(text):
    with pytest.raises(RecordError):
        canonical.from_base64url(text, "x")


@pytest.mark.parametrize("text", ["AA", "a", "aaa", "0x", "a ", "\N{ARABIC-INDIC DIGIT ZERO}" * 2])
def test_other_hexadecimal_is_refused(text):
    with pytest.raises(RecordError):
        canonical.from_hex(text, 1, "x")


def test_members_are_typed_and_none_is_left_over():
    members = canonical.Members({"a": True, "b": [1], "c": None}, "thing")
    for take in (members.integer, members.text, members.hex):
        with pytest.raises(RecordError):
            take("missing")
    with pytest.raises(RecordError, match="'b' of the thing holds"):
        members.texts("b")
    assert members.hex_or_null("c") is None
    with pytest.raises(RecordError, match="unknown members: a"):
        members.end()
    with pytest.raises(RecordError, match="whole number"):
        canonical.Members({"a": True}, "thing").integer("a")
    with pytest.raises(RecordError, match="not an object"):
        canonical.Members([], "thing")
