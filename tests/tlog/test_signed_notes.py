"""Signed notes: published vectors and what a forger could change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attest import keys
from provenance.attest.keys import SigningKey
from provenance.errors import RecordError, SignatureError
from provenance.tlog import checkpoint, note

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "notes.json").read_text())
PETER = SigningKey.from_seed(bytes.fromhex(VECTORS["peter_seed"]))
ONE, TWO = SigningKey.from_seed(b"\x01" * 32), SigningKey.from_seed(b"\x02" * 32)
TEXT = "first line\n\nthird line\n"
NOTE = note.sign(TEXT, "provenance", ONE.public, ONE.sign)
VKEY = checkpoint.vkey_of(ONE.public)


def added(signed, key, name="provenance"):
    """The note with one more signature line."""
    return signed + note.sign(note.split(signed)[0], name, key.public, key.sign).rpartition("\n\n")[2]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["expect"]))
def test_published_notes(case):
    if case["expect"] == "refuse":
        with pytest.raises(SignatureError):
            note.open_note(case["note"], case["vkeys"], keys.verify)
        return
    opened = note.open_note(case["note"], case["vkeys"], keys.verify)
    assert [signer.name for signer in opened.signers] == case["expect"]
    assert case["note"].startswith(opened.text + "\n")


@pytest.mark.parametrize("case", VECTORS["parse_only"], ids=lambda case: case["names"][0])
def test_the_examples_of_the_specifications_parse(case):
    text, lines = note.split(case["note"])
    assert [name for name, _ in lines] == case["names"]
    if "size" in case:
        head = checkpoint.parse(text)
        assert (head.origin, head.size) == (case["origin"], case["size"])


def test_we_sign_the_published_note_byte_for_byte():
    signed = note.sign(VECTORS["text"], "PeterNeumann", PETER.public, PETER.sign)
    assert signed == VECTORS["cases"][0]["note"]
    assert note.Verifier("PeterNeumann", PETER.public).vkey == VECTORS["peter"]


@pytest.mark.parametrize("name", ["peter", "enoch"])
def test_a_verifier_key_is_read_back_and_a_changed_one_is_refused(name):
    vkey = VECTORS[name]
    assert note.parse_vkey(vkey).vkey == vkey
    for place in range(len(vkey)):
        with pytest.raises(RecordError):
            note.parse_vkey(vkey[:place] + ("A" if vkey[place] != "A" else "B") + vkey[place + 1 :])


@pytest.mark.parametrize(
    "vkey", ["", "a+b", "+c74f20a3+AAAA", "é", "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"]
)
def test_other_keys_are_refused(vkey):
    with pytest.raises(RecordError):
        note.parse_vkey(vkey)


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=6)
)
def test_a_text_is_signed_and_opened(lines):
    text = "\n".join(lines) + "\n"
    if text == "\n":
        return
    signed = note.sign(text, "provenance", ONE.public, ONE.sign)
    assert note.open_note(signed, [VKEY], keys.verify).text == text


def test_every_changed_byte_of_a_note_is_refused():
    data = NOTE.encode()
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with pytest.raises(RecordError):
                note.open_note(note.from_bytes(bytes(changed), "note"), [VKEY], keys.verify)
        for changed in (data[:place] + data[place + 1 :], data[:place] + b"\n" + data[place:]):
            with pytest.raises(RecordError):
                note.open_note(note.from_bytes(changed, "note"), [VKEY], keys.verify)


def test_unknown_signatures_are_ignored_and_known_wrong_ones_refuse_the_note():
    both = added(NOTE, TWO)
    assert len(note.open_note(both, [VKEY], keys.verify).signers) == 1
    assert len(note.open_note(both, [VKEY, checkpoint.vkey_of(TWO.public)], keys.verify).signers) == 2
    text, lines = note.split(both)
    spoiled = lines[1][1][:4] + bytes(64)
    wrong = NOTE + f"\N{EM DASH} provenance {note.to_base64(spoiled)}\n"
    assert note.open_note(wrong, [VKEY], keys.verify).text == text
    with pytest.raises(SignatureError):
        note.open_note(wrong, [VKEY, checkpoint.vkey_of(TWO.public)], keys.verify)


def test_a_key_of_another_name_is_unknown():
    with pytest.raises(SignatureError):
        note.open_note(NOTE, [note.Verifier("witness.example", ONE.public).vkey], keys.verify)


def test_one_key_does_not_sign_twice():
    with pytest.raises(RecordError, match="twice"):
        note.open_note(added(NOTE, ONE), [VKEY], keys.verify)


def test_at_least_sixteen_signatures_are_read_and_thousands_are_not():
    many = NOTE
    for number in range(15):
        many = added(many, SigningKey.from_seed(bytes([number + 5]) * 32))
    assert note.open_note(many, [VKEY], keys.verify).text == TEXT
    line = NOTE.rpartition("\n\n")[2]
    with pytest.raises(RecordError):
        note.split(NOTE + line * 64)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "no end", "tab\there\n", "bell\a\n", "cr\r\n", "half \ud800\n", "x" * 600_000 + "\n"],
    ids=["empty", "blank", "no-end", "tab", "bell", "cr", "surrogate", "large"],
)
def test_what_cannot_be_a_note_is_not_signed(text):
    with pytest.raises(RecordError):
        note.sign(text, "provenance", ONE.public, ONE.sign)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\N{NO-BREAK SPACE}b", "a\nb"])
def test_a_name_has_no_spaces_and_no_plus(name):
    with pytest.raises(RecordError):
        note.sign(TEXT, name, ONE.public, ONE.sign)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(RecordError):
        note.from_bytes(b"\xff\n", "note")
