"""Ed25519 keys: published vectors, files, and keys that could not bind their holder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from provenance.attest import keys
from provenance.attest.keys import SigningKey
from provenance.errors import KeyFileError, SignatureError

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "rfc8032.json").read_text())["cases"]
ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 section 5.1


@pytest.mark.parametrize("case", CASES, ids=[f"TEST {number}" for number in range(1, 4)])
def test_rfc_8032_signatures(case):
    seed, public, message, signature = (bytes.fromhex(case[k]) for k in ("seed", "public", "message", "signature"))
    key = SigningKey.from_seed(seed)
    assert (key.public, key.sign(message)) == (public, signature)
    keys.verify(public, message, signature)
    with pytest.raises(SignatureError):
        keys.verify(public, message + b"x", signature)


def test_a_signature_has_one_spelling():
    key = SigningKey.generate()
    signature = key.sign(b"data")
    s = int.from_bytes(signature[32:], "little") + ORDER
    with pytest.raises(SignatureError):
        keys.verify(key.public, b"data", signature[:32] + s.to_bytes(32, "little"))
    for place in range(64):
        changed = bytearray(signature)
        changed[place] ^= 1 << place % 8
        with pytest.raises(SignatureError):
            keys.verify(key.public, b"data", bytes(changed))


@pytest.mark.parametrize("signature", [b"", b"x" * 63, b"x" * 65])
def test_a_signature_of_another_length_is_refused(signature):
    with pytest.raises(SignatureError):
        keys.verify(SigningKey.generate().public, b"data", signature)


def test_a_key_that_could_deny_what_it_signed_is_refused():
    neutral = b"\x01" + bytes(31)
    signature = neutral + bytes(32)
    for message in (b"one", b"two"):
        Ed25519PublicKey.from_public_bytes(neutral).verify(signature, message)  # the library takes it for both
        with pytest.raises(SignatureError) as caught:
            keys.verify(neutral, message, signature)
        assert caught.value.code == "key.weak"


@pytest.mark.parametrize(
    "public",
    [
        bytes(32),
        b"\x01" + bytes(31),
        b"\x01" + bytes(30) + b"\x80",
        bytes.fromhex("ec" + "ff" * 30 + "7f"),
        bytes.fromhex("ed" + "ff" * 30 + "7f"),
        bytes.fromhex("ff" * 32),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
        b"",
        bytes(33),
    ],
    ids=lambda public: public.hex()[:8],
)
def test_malformed_and_small_order_keys_are_refused(public):
    with pytest.raises(SignatureError):
        keys.check_public(public)


def test_the_points_of_small_order_are_those_of_the_curve():
    """Every weak y, put on the curve of RFC 8032, is a point whose eighth multiple is neutral."""
    p = keys._FIELD_PRIME
    d = -121665 * pow(121666, -1, p) % p

    def add(one, two):
        (x1, y1), (x2, y2) = one, two
        product = d * x1 * x2 * y1 * y2 % p
        x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, p) % p
        return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, p) % p

    for y in keys._WEAK_Y:
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        if x * x % p != square:
            x = x * pow(2, (p - 1) // 4, p) % p
        assert x * x % p == square
        point = (x, y)
        for _ in range(3):
            point = add(point, point)
        assert point == (0, 1)


def test_a_key_file_keeps_the_key():
    key = SigningKey.generate()
    again = SigningKey.from_pem(key.to_pem())
    assert again.public == key.public
    assert again.sign(b"x") == key.sign(b"x")
    assert key.key_id == keys.key_id(key.public)
    assert key.public.hex() not in repr(key)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        os.urandom(100),
        X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
    ids=["empty", "text", "random", "X25519"],
)
def test_another_key_file_is_refused(data):
    with pytest.raises(KeyFileError):
        SigningKey.from_pem(data)
