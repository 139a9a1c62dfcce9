"""Heads, blinded entries and receipts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import merkle
from provenance.attest import keys
from provenance.attest.keys import SigningKey
from provenance.errors import ProofError, RecordError, SignatureError
from provenance.tlog import checkpoint, entry, note, proof
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.proof import Receipt

OWN = json.loads((Path(__file__).parents[1] / "vectors" / "provenance-v1.json").read_text())
ENVELOPE = OWN["envelope"].encode()
ORIGIN = OWN["checkpoint"].split("\n")[0]
LOG = SigningKey.from_seed(bytes(range(0x20, 0x40)))
EXPECTED = {"origin": ORIGIN, "vkeys": [OWN["vkey"]], "verify_bytes": keys.verify}


def test_an_entry_is_the_stated_formula():
    salt = bytes(range(32))
    inner = hashlib.sha256(b"envelope").digest()
    value = hashlib.sha256(b"provenance/leaf/v1\n" + salt + inner).digest()
    assert entry.entry(salt, b"envelope") == value
    assert entry.leaf(salt, b"envelope") == hashlib.sha256(b"\0" + value).digest()
    assert entry.PADDING == b"provenance/padding/v1\n"
    assert len(entry.fresh_salt()) == entry.SALT_BYTES
    with pytest.raises(RecordError):
        entry.entry(b"short", b"envelope")


def test_the_origin_names_a_key_and_nobody():
    assert checkpoint.origin_of(LOG.public) == "provenance/" + hashlib.sha256(LOG.public).hexdigest()[:32] == ORIGIN


@settings(deadline=None)
@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=20),
    st.integers(1, merkle.MAX_SIZE),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text("abc ", min_size=1), max_size=2),
)
def test_a_head_is_read_back(origin, size, root, extension):
    head = Checkpoint(origin, size, root, tuple(extension))
    assert checkpoint.parse(head.text) == head


def test_a_signed_head_opens_under_its_key_alone():
    head = Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT)
    signed = checkpoint.sign(head, LOG.public, LOG.sign)
    assert checkpoint.open_checkpoint(signed, [OWN["vkey"]], keys.verify) == head
    other = checkpoint.vkey_of(SigningKey.generate().public)
    with pytest.raises(SignatureError):
        checkpoint.open_checkpoint(signed, [other], keys.verify)


ROOT = note.to_base64(bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT}\n\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n1_0\n{ROOT}\n",
        f"o\n\N{ARABIC-INDIC DIGIT ONE}\n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        "o\n1\nAAAA\n",
        f"o\n0\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"o\n1\n{ROOT}\next\n\nmore\n",
    ],
)
def test_other_texts_are_no_checkpoint(text):
    with pytest.raises(RecordError):
        checkpoint.parse(text)


def test_a_receipt_shows_its_envelope_in_its_log():
    receipt = proof.parse(OWN["receipt"])
    assert receipt.text == OWN["receipt"]
    head = proof.verify(receipt, ENVELOPE, **EXPECTED)
    assert (head.origin, head.size, receipt.index) == (ORIGIN, 3, 1)


@settings(deadline=None)
@given(st.integers(1, 40), st.data())
def test_every_entry_of_a_log_has_a_receipt(size, data):
    salts = [bytes([number]) * 32 for number in range(size)]
    leaves = [entry.leaf(salt, b"envelope %d" % number) for number, salt in enumerate(salts)]
    head = Checkpoint(ORIGIN, size, merkle.root(leaves))
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(index, size, merkle.in_memory(leaves))
    made = Receipt(salts[index], index, tuple(path), checkpoint.sign(head, LOG.public, LOG.sign))
    assert proof.verify(proof.parse(made.text), b"envelope %d" % index, **EXPECTED) == head
    with pytest.raises(ProofError):
        proof.verify(made, b"envelope %d" % (index + 1), **EXPECTED)


def test_a_receipt_of_another_log_key_or_origin_is_refused():
    receipt = proof.parse(OWN["receipt"])
    with pytest.raises(SignatureError):
        proof.verify(receipt, ENVELOPE, **(EXPECTED | {"vkeys": []}))
    with pytest.raises(ProofError):
        proof.verify(receipt, ENVELOPE, **(EXPECTED | {"origin": "provenance/" + "0" * 32}))


def test_every_changed_byte_of_a_receipt_is_refused():
    data = OWN["receipt"].encode()
    for place in range(len(data)):
        flipped = [data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :] for bit in range(8)]
        for changed in (*flipped, data[:place] + data[place + 1 :], data[:place] + b"\n" + data[place:]):
            with pytest.raises(RecordError):
                proof.verify(proof.parse(note.from_bytes(changed, "receipt")), ENVELOPE, **EXPECTED)


@pytest.mark.parametrize(
    "change",
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("extra ", "Extra "),
        ("index 1", "index 01"),
        ("index 1", "index -1"),
        ("index 1\n", f"index {2**63}\n"),
        ("index 1\n", "index 1\nindex 1\n"),
        ("index 1\n", "index 1\n" + ROOT + "\n"),
        ("index 1\n", "index 1\n" + (ROOT + "\n") * 64),
        ("index 1\n", "index 1\r\n"),
    ],
)
def test_malformed_receipts_are_refused(change):
    assert change[0] in OWN["receipt"]
    with pytest.raises(RecordError):
        proof.verify(proof.parse(OWN["receipt"].replace(*change)), ENVELOPE, **EXPECTED)


@pytest.mark.parametrize("text", ["", "\n\n", "c2sp.org/tlog-proof@v1\n\n", "x" * 600_000], ids=len)
def test_something_else_is_no_receipt(text):
    with pytest.raises(RecordError):
        proof.parse(text)


def test_a_receipt_without_a_salt_is_refused():
    lines = OWN["receipt"].split("\n")
    with pytest.raises(RecordError):
        proof.parse("\n".join([lines[0], *lines[2:]]))
