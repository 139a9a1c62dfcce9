"""Boxes: who opens them, for what, and what a finder learns."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attest import sealing
from provenance.attest.keys import ReadingKey
from provenance.errors import KeyFileError, RecordError

VECTORS = Path(__file__).parents[1] / "vectors"
KEPT = json.loads((VECTORS / "box-v1.json").read_text())
HPKE = {name: value for name, value in json.loads((VECTORS / "rfc9180.json").read_text()).items() if name != "source"}
ONE, TWO, STRANGER = ReadingKey.generate(), ReadingKey.generate(), ReadingKey.generate()


def test_the_library_speaks_rfc_9180():
    values = {name: bytes.fromhex(text) for name, text in HPKE.items()}
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
    key = X25519PrivateKey.from_private_bytes(values["skRm"])
    sealed = values["enc"] + values["ct"]
    assert openssl.hpke._decrypt_with_aad(suite, sealed, key, info=values["info"], aad=values["aad"]) == values["pt"]


@pytest.mark.parametrize("private", KEPT["private_keys"])
def test_a_box_of_the_first_release_opens(private):
    key = ReadingKey.from_private(bytes.fromhex(private))
    content = sealing.open_box(bytes.fromhex(KEPT["box"]), key, bytes.fromhex(KEPT["purpose"]))
    assert content.hex() == KEPT["content"]


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=3000), st.binary(max_size=40))
def test_every_recipient_opens_what_was_sealed(content, purpose):
    box = sealing.seal(content, [ONE.public, TWO.public, ONE.public], purpose)
    assert sealing.recipient_count(box) == 2
    assert sealing.open_box(box, ONE, purpose) == sealing.open_box(box, TWO, purpose) == content


def test_large_content_costs_little_more():
    content = bytes(range(256)) * 20_000
    box = sealing.seal(content, [ONE.public], b"blob")
    assert sealing.open_box(box, ONE, b"blob") == content
    assert len(box) < 1.12 * len(content)


def test_a_stranger_and_another_purpose_open_nothing():
    box = sealing.seal(b"who filmed it", [ONE.public], b"fields:1")
    for key, purpose in ((STRANGER, b"fields:1"), (ONE, b"fields:2"), (ONE, b"")):
        with pytest.raises(RecordError) as caught:
            sealing.open_box(box, key, purpose)
        assert caught.value.code == "record.not-for-this-key"


def test_any_changed_bit_and_any_cut_is_refused():
    box = sealing.seal(b"who filmed it", [ONE.public, TWO.public], b"fields:1")
    for place in range(len(box)):
        changed = bytearray(box)
        changed[place] ^= 1 << place % 8
        with pytest.raises(RecordError):
            sealing.open_box(bytes(changed), ONE, b"fields:1")
    for length in range(0, len(box), 7):
        with pytest.raises(RecordError):
            sealing.open_box(box[:length], ONE, b"fields:1")
    with pytest.raises(RecordError):
        sealing.open_box(box + b"\0", ONE, b"fields:1")


def test_boxes_of_small_contents_have_one_length():
    lengths = {len(sealing.seal(b"x" * size, [ONE.public], b"")) for size in (0, 1, 100, 504)}
    assert len(lengths) == 1


def test_a_box_names_nobody_and_repeats_nothing():
    boxes = [sealing.seal(b"content", [ONE.public, TWO.public], b"") for _ in range(2)]
    for box in boxes:
        assert ONE.public not in box
        assert TWO.public not in box
    start = len(sealing.MAGIC) + 2
    assert boxes[0][start : start + 64] != boxes[1][start : start + 64]


def test_content_padded_in_another_way_is_refused(monkeypatch):
    monkeypatch.setattr(sealing, "_pad", lambda content: len(content).to_bytes(8, "big") + content.ljust(504, b"\1"))
    box = sealing.seal(b"content", [ONE.public], b"")
    with pytest.raises(RecordError, match="padded"):
        sealing.open_box(box, ONE, b"")


@pytest.mark.parametrize("recipients", [[], [bytes([number]) * 32 for number in range(1, 66)]], ids=["none", "65"])
def test_the_number_of_recipients_is_bounded(recipients):
    with pytest.raises(RecordError):
        sealing.seal(b"", recipients, b"")


@pytest.mark.parametrize("public", [bytes(32), b"short"])
def test_nothing_is_sealed_to_a_key_that_everybody_could_open(public):
    with pytest.raises(KeyFileError):
        sealing.seal(b"", [public], b"")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_no_box(data):
    for start in (b"", sealing.MAGIC, sealing.MAGIC + b"\0\1"):
        with pytest.raises(RecordError):
            sealing.open_box(start + data, ONE, b"")


# --- segments of the index ---

SEGMENT = {name: bytes.fromhex(text) for name, text in json.loads((VECTORS / "segment-v1.json").read_text()).items()}


def test_a_segment_of_the_first_release_opens():
    assert sealing.open_segment(SEGMENT["secret"], SEGMENT["segment"], SEGMENT["purpose"]) == SEGMENT["content"]


def test_a_segment_opens_as_its_page_says():
    salt, sealed = SEGMENT["segment"][:32], SEGMENT["segment"][32:]
    key = hmac.digest(SEGMENT["secret"], b"provenance/segment/1\n" + salt, "sha256")
    plain = AESGCM(key).decrypt(bytes(12), sealed, SEGMENT["purpose"])
    assert plain == len(SEGMENT["content"]).to_bytes(8, "big") + SEGMENT["content"].ljust(504, b"\0")


@pytest.mark.parametrize("part", ["secret", "purpose", "segment"])
def test_a_segment_opens_for_its_secret_place_and_bytes_alone(part):
    for at in range(len(SEGMENT[part])):
        changed = bytearray(SEGMENT[part])
        changed[at] ^= 1
        given = {**SEGMENT, part: bytes(changed)}
        with pytest.raises(RecordError):
            sealing.open_segment(given["secret"], given["segment"], given["purpose"])
    with pytest.raises(RecordError):
        sealing.open_segment(SEGMENT["secret"], SEGMENT["segment"][:-1], SEGMENT["purpose"])


def test_equal_segments_are_sealed_differently():
    sealed = {sealing.seal_segment(b"s" * 32, b"content", b"purpose") for _ in range(20)}
    assert len({one[:32] for one in sealed}) == len({one[32:] for one in sealed}) == 20
