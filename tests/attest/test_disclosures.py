"""Sealed fields: RFC 9901 digests, decoys, and what a signer could try."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attest import disclosure
from provenance.attest.disclosure import Disclosure
from provenance.errors import RecordError

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "rfc9901.json").read_text())["cases"]
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}(/[a-z0-9-]{1,4}){0,2}", fullmatch=True).filter(lambda n: n != "decoys")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abé", max_size=3), inner, max_size=3),
    max_leaves=6,
)


def encode(value):
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["digest"][:6])
def test_rfc_9901_digests(case):
    assert disclosure.digest_of(case["disclosure"]) == case["digest"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["digest"][:6])
def test_the_spelling_of_the_rfc_is_not_our_one_spelling(case):
    with pytest.raises(RecordError):
        disclosure.parse(case["disclosure"])


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=16), NAMES, VALUES)
def test_a_field_is_read_back(salt, name, value):
    one = Disclosure(salt, name, value)
    assert disclosure.parse(one.encoded) == one
    assert disclosure.parse(one.encoded).digest == one.digest


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=40))
def test_fields_open_and_their_number_is_hidden(fields):
    disclosures, sd = disclosure.seal_fields(fields)
    assert len(sd) == (len(fields) + 1 + 31) // 32 * 32
    assert list(sd) == sorted(set(sd))
    assert disclosure.check_digests(sd) == sd
    opened = disclosure.open_fields((one.encoded for one in disclosures), sd)
    seed = opened.pop("decoys")
    assert opened == fields
    assert len(bytes.fromhex(seed)) == 32


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=40))
def test_all_opened_nothing_is_left_that_could_be_shown_later(fields):
    disclosures, sd = disclosure.seal_fields(fields)
    decoys = disclosure.decoys_in(next(one for one in disclosures if one.name == "decoys"), sd)
    assert decoys | {one.digest for one in disclosures} == set(sd)
    assert not decoys & {one.digest for one in disclosures}


def test_a_second_value_in_place_of_a_decoy_shows_when_decoys_are_opened():
    disclosures, sd = disclosure.seal_fields({"sender": "A"})
    second = Disclosure(secrets.token_bytes(16), "sender", "B")
    decoys = next(one for one in disclosures if one.name == "decoys")
    opened = disclosure.decoys_in(decoys, sd)
    forged = tuple(sorted((set(sd) - {min(opened)}) | {second.digest}))
    assert disclosure.open_fields([second.encoded], forged) == {"sender": "B"}
    shown = {one.digest for one in disclosures}
    assert set(forged) - shown - disclosure.decoys_in(decoys, forged)
    with pytest.raises(RecordError, match="sealed twice"):
        disclosure.open_fields([*(one.encoded for one in disclosures), second.encoded], forged)


def test_a_field_of_another_statement_is_refused():
    one, _ = disclosure.seal_fields({"place": "Menton"})
    _, sd = disclosure.seal_fields({"place": "Menton"})
    for field in one:
        with pytest.raises(RecordError) as caught:
            disclosure.check(field, sd)
        assert caught.value.code == "record.disclosure"
        with pytest.raises(RecordError):
            disclosure.decoys_in(field, sd)


def test_equal_fields_have_unlike_digests():
    one, two = (disclosure.seal_fields({"place": "Menton"})[1] for _ in range(2))
    assert not set(one) & set(two)


def test_every_changed_character_is_refused():
    disclosures, sd = disclosure.seal_fields({"place": "Menton, in May", "size": 6})
    for field in disclosures:
        text = field.encoded
        for place in range(len(text)):
            for changed in (text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :], text[:place]):
                with pytest.raises(RecordError):
                    disclosure.open_fields([changed], sd)


SALT = "A" * 22


@pytest.mark.parametrize(
    "encoded",
    [
        encode([SALT, "_sd", 1]),
        encode([SALT, "...", 1]),
        encode([SALT, "Name", 1]),
        encode([SALT, "a/b/c/d", 1]),
        encode([SALT, "", 1]),
        encode([SALT, "size", 1.0]),
        encode([SALT, "size"]),
        encode([SALT, "size", 1, 2]),
        encode([SALT[:-1], "size", 1]),
        encode(["A" * 21 + "B", "size", 1]),
        encode([1, "size", 1]),
        encode({"salt": SALT}),
        encode([SALT, "size", 1]) + "=",
        encode([SALT, "note", "x" * 70_000]),
        "é",
        "",
        "A",
    ],
)
def test_malformed_fields_are_refused(encoded):
    with pytest.raises(RecordError):
        disclosure.parse(encoded)


@pytest.mark.parametrize("fields", [{"decoys": "00"}, {"_sd": 1}, {"size": 1.5}, {"note": "x" * 70_000}, {"A": 1}])
def test_what_cannot_be_sealed_is_refused(fields):
    with pytest.raises(RecordError):
        disclosure.seal_fields(fields)


@pytest.mark.parametrize("change", ["unsorted", "twice", "31", "none", "short", "padded"])
def test_malformed_digest_lists_are_refused(change):
    sd = list(disclosure.seal_fields({})[1])
    changed = {
        "unsorted": sd[::-1],
        "twice": sorted([*sd[:-1], sd[0]]),
        "31": sd[:-1],
        "none": [],
        "short": sorted([*sd[:-1], "AAAA"]),
        "padded": sorted([*sd[:-1], sd[-1] + "="]),
    }[change]
    with pytest.raises(RecordError):
        disclosure.check_digests(tuple(changed))
