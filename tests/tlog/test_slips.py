"""Slips: what fits a text message, and what it commits to."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attest import keys
from provenance.attest.keys import SigningKey
from provenance.errors import RecordError, SignatureError
from provenance.tlog import slip

OWN = json.loads((Path(__file__).parents[1] / "vectors" / "provenance-v1.json").read_text())
LOG = SigningKey.from_seed(bytes(range(0x20, 0x40)))
FILE = slip.FileFacts(hashlib.sha256(b"hello\n").digest(), 6)
OTHER = slip.FileFacts(hashlib.sha256(b"other\n").digest(), 6)
SECRET = bytes.fromhex(OWN["recovery_slip_secret"])
HEAD = slip.Head(LOG.public, 2**63 - 1, b"\xff" * 32)
#: 3GPP TS 23.038 section 6.2.1: the part of the GSM 7-bit default alphabet that a slip may use.
GSM_7 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:")


def make(*, sealed=False, head=HEAD, claimed_time=slip.MAX_TIME, r=b"\xfb" * 16):
    r = slip.sealed_r(SECRET, FILE.sha256) if sealed else r
    return slip.make(FILE, head, claimed_time=claimed_time, r=r, sealed=sealed, sign=LOG.sign)


def check_all(text):
    decoded = slip.decode(text)
    slip.check_signature(decoded, keys.verify)
    slip.check_file(decoded, FILE, slip_secret=SECRET)


@pytest.mark.parametrize(("sealed", "length"), [(False, 263), (True, 241)])
def test_a_slip_fits_two_messages_in_the_gsm_alphabet(sealed, length):
    text = make(sealed=sealed)
    assert len(text) == length <= slip.MAX_CHARACTERS
    assert set(text) <= GSM_7


def test_a_slip_is_the_stated_bytes():
    data = base64.urlsafe_b64decode(OWN["slip_open"].removeprefix("PVR1:") + "==")
    r = bytes(range(16))
    assert data[0] == 0
    assert data[1:33] == hashlib.sha256(b"provenance/slip/1\n" + r + FILE.sha256 + b"\0" * 7 + b"\x06").digest()
    assert data[33:65] == LOG.public
    assert int.from_bytes(data[65:73], "big") == 3
    assert int.from_bytes(data[105:113], "big") == 1_795_003_200
    keys.verify(LOG.public, b"provenance-slip/1\n" + data[:113], data[113:177])
    assert data[177:] == r


def test_the_blinding_of_a_sealed_slip_is_hkdf():
    kdf = HKDF(hashes.SHA256(), 16, salt=FILE.sha256, info=b"provenance/slip/r/1")
    assert slip.sealed_r(SECRET, FILE.sha256) == kdf.derive(SECRET)


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(0, slip.MAX_TIME), st.booleans())
def test_a_slip_is_read_back_and_checks(size, claimed_time, sealed):
    text = make(sealed=sealed, head=replace(HEAD, size=size), claimed_time=claimed_time)
    decoded = slip.decode(text)
    assert slip.encode(decoded) == text
    assert (decoded.head.size, decoded.claimed_time, decoded.r is None) == (size, claimed_time, sealed)
    slip.check_signature(decoded, keys.verify)
    slip.check_file(decoded, FILE, slip_secret=SECRET)


@pytest.mark.parametrize("sealed", [False, True])
def test_another_file_is_refused(sealed):
    decoded = slip.decode(make(sealed=sealed))
    for file in (OTHER, replace(FILE, size=7)):
        with pytest.raises(RecordError) as caught:
            slip.check_file(decoded, file, slip_secret=SECRET)
        assert caught.value.code == "slip.other-file"


def test_a_sealed_slip_tells_nothing_without_its_secret():
    decoded = slip.decode(make(sealed=True))
    with pytest.raises(RecordError) as caught:
        slip.check_file(decoded, FILE)
    assert caught.value.code == "slip.sealed"
    with pytest.raises(RecordError) as caught:
        slip.check_file(decoded, FILE, slip_secret=bytes(32))
    assert caught.value.code == "slip.other-file"


@pytest.mark.parametrize("name", ["slip_open", "slip_sealed"])
def test_every_changed_character_of_a_slip_is_refused(name):
    text = OWN[name]
    for place in range(len(text)):
        for other in "AB-_9=: +/":
            if other == text[place]:
                continue
            for changed in (text[:place] + other + text[place + 1 :], text[:place] + other + text[place:]):
                with pytest.raises(RecordError):
                    check_all(changed)
        with pytest.raises(RecordError):
            slip.decode(text[:place])


def test_a_slip_of_another_key_does_not_check():
    decoded = slip.decode(make())
    forged = replace(decoded, head=replace(decoded.head, log_public=SigningKey.generate().public))
    with pytest.raises(SignatureError):
        slip.check_signature(forged, keys.verify)


def spell(data):
    return "PVR1:" + base64.urlsafe_b64encode(data).decode().rstrip("=")


DATA = base64.urlsafe_b64decode(OWN["slip_open"].removeprefix("PVR1:") + "==")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PVR1:",
        "PVR2:" + OWN["slip_open"][5:],
        OWN["slip_open"] + "\n",
        " " + OWN["slip_open"],
        spell(b"\x02" + DATA[1:]),
        spell(b"\x01" + DATA[1:]),
        spell(b"\x00" + DATA[1:177]),
        spell(DATA[:65] + b"\xff" * 8 + DATA[73:]),
        spell(DATA[:105] + b"\xff" * 8 + DATA[113:]),
        "PVR1:" + "A" * 100_000,
        "PVR1:é",
    ],
    ids=lambda text: text[:12],
)
def test_malformed_slips_are_refused(text):
    with pytest.raises(RecordError):
        slip.decode(text)


@pytest.mark.parametrize(("sha256", "size"), [(b"", 1), (bytes(31), 1), (bytes(32), -1), (bytes(32), 2**63)])
def test_malformed_file_facts_are_refused(sha256, size):
    with pytest.raises(RecordError):
        slip.FileFacts(sha256, size)
