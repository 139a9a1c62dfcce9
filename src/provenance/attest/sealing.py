"""Boxes: bytes sealed to X25519 keys, each box under a key of its own (docs/formats/sealing.md).

A box tells how many may open it, and its length tells that of its content within 12 %; not who they are, and no more
about the content.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provenance.errors import KeyFileError, RecordError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.attest.keys import ReadingKey

MAGIC = b"provenance/box/v1\n"
#: One archive seals to its holder, and to a few organisations; the bound keeps trial decryption under 10 ms.
MAX_RECIPIENTS = 64
#: A blob of measurements has up to 60 MB an hour of video; AES-GCM itself ends at 64 GiB (NIST SP 800-38D).
MAX_CONTENT = 1 << 30

_COMMIT_CONTEXT = b"provenance/box/commit/1\n"
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_KEY_BYTES = 32
_HASH_BYTES = 32
_TAG_BYTES = 16
_WRAP_BYTES = 32 + _KEY_BYTES + _TAG_BYTES  # RFC 9180: encapsulated key, then the sealed one with its tag
_LENGTH_BYTES = 8
#: A key seals one box, so its one nonce never repeats.
_NONCE = bytes(12)
#: Fields of one location, or one index secret, fit into it: small boxes all have one length.
_SMALLEST = 512


def seal(content: bytes, recipients: Sequence[bytes], purpose: bytes) -> bytes:
    """A box that each of ``recipients`` (X25519 public keys) can open, for this ``purpose`` alone.

    Raises:
        RecordError: There is no recipient, too many, or the content is too large.
        KeyFileError: A recipient key is malformed or of small order.
    """
    distinct = tuple(dict.fromkeys(recipients))
    if not 1 <= len(distinct) <= MAX_RECIPIENTS:
        raise RecordError(f"a box is sealed to 1 to {MAX_RECIPIENTS} keys")
    if len(content) > MAX_CONTENT:
        raise RecordError(f"a box holds at most {MAX_CONTENT} bytes", code="record.too-large")
    key = AESGCM.generate_key(bit_length=8 * _KEY_BYTES)
    # Sorted by chance: a first place must not tell whose key is the archive's own.
    wraps = b"".join(_wrap(key, public, purpose) for public in secrets.SystemRandom().sample(distinct, len(distinct)))
    header = MAGIC + len(distinct).to_bytes(2, "big") + _commitment(key) + wraps
    return header + AESGCM(key).encrypt(_NONCE, _pad(content), header + purpose)


def open_box(box: bytes, key: ReadingKey, purpose: bytes) -> bytes:
    """What was sealed into ``box`` for ``purpose``.

    Raises:
        RecordError: It is no box, was changed or cut, was sealed for another purpose (``record.box``), or this key
            cannot open it (``record.not-for-this-key``).
    """
    start = _HEADER_START + recipient_count(box) * _WRAP_BYTES
    header, sealed = box[:start], box[start:]
    content_key = _unwrap(header, key, purpose)
    try:
        padded = AESGCM(content_key).decrypt(_NONCE, sealed, header + purpose)
    except InvalidTag as error:
        raise RecordError("a sealed box was changed or cut", code="record.box") from error
    return _unpad(padded)


def recipient_count(box: bytes) -> int:
    """How many keys can open the box: all that it tells about them. Raises :class:`RecordError` if it is no box."""
    count = int.from_bytes(box[len(MAGIC) : len(MAGIC) + 2], "big")
    shortest = _HEADER_START + count * _WRAP_BYTES + _SMALLEST + _TAG_BYTES
    if not box.startswith(MAGIC) or not 1 <= count <= MAX_RECIPIENTS or len(box) < shortest:
        raise RecordError("this is not a sealed box, or it was cut", code="record.box")
    return count


_HEADER_START = len(MAGIC) + 2 + _HASH_BYTES


def _wrap(key: bytes, public: bytes, purpose: bytes) -> bytes:
    try:
        return _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(public), info=MAGIC + purpose)
    except ValueError as error:
        raise KeyFileError("nothing can be sealed to this recipient key", code="key.weak") from error


def _unwrap(header: bytes, key: ReadingKey, purpose: bytes) -> bytes:
    commitment = header[len(MAGIC) + 2 : _HEADER_START]
    for start in range(_HEADER_START, len(header), _WRAP_BYTES):
        try:
            found = _SUITE.decrypt(header[start : start + _WRAP_BYTES], key.exchange_key, info=MAGIC + purpose)
        except InvalidTag:
            continue
        if len(found) == _KEY_BYTES and hmac.compare_digest(_commitment(found), commitment):
            return found
    raise RecordError(
        "this key does not open the box: it is sealed to others, for another purpose, or changed",
        code="record.not-for-this-key",
    )


def _commitment(key: bytes) -> bytes:
    # AES-GCM alone does not bind its key: one ciphertext could open to one text for one recipient, to another for the
    # next (Dodis and others, "Fast Message Franking", 2018).
    return hashlib.sha256(_COMMIT_CONTEXT + key).digest()


# --- segments of the index: under a secret that is at hand while the archive is open, not under keys of recipients ---

_SEGMENT_CONTEXT = b"provenance/segment/1\n"
_SALT_BYTES = 32


def seal_segment(secret: bytes, content: bytes, purpose: bytes) -> bytes:
    """``content`` under a key of its own, made from ``secret`` and a fresh salt, for this ``purpose`` alone."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return salt + AESGCM(_segment_key(secret, salt)).encrypt(_NONCE, _pad(content), purpose)


def open_segment(secret: bytes, segment: bytes, purpose: bytes) -> bytes:
    """What was sealed into ``segment`` for ``purpose``; raises :class:`RecordError` (``record.box``)."""
    if len(segment) < _SALT_BYTES + _SMALLEST + _TAG_BYTES:
        raise RecordError("this is no sealed segment, or it was cut", code="record.box")
    key = _segment_key(secret, segment[:_SALT_BYTES])
    try:
        return _unpad(AESGCM(key).decrypt(_NONCE, segment[_SALT_BYTES:], purpose))
    except InvalidTag as error:
        raise RecordError("a sealed segment was changed or cut", code="record.box") from error


def _segment_key(secret: bytes, salt: bytes) -> bytes:
    # The salt makes a key that seals one segment, so that the one nonce never repeats.
    return hmac.digest(secret, _SEGMENT_CONTEXT + salt, "sha256")


def _pad(content: bytes) -> bytes:
    plain = len(content).to_bytes(_LENGTH_BYTES, "big") + content
    return plain.ljust(_padded_length(len(content)), b"\0")


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    content, padding = padded[_LENGTH_BYTES : _LENGTH_BYTES + length], padded[_LENGTH_BYTES + length :]
    if len(content) != length or padding.strip(b"\0") or len(padded) != _padded_length(length):
        raise RecordError("a sealed box is padded in another way", code="record.box")
    return content


def _padded_length(content: int) -> int:
    """Padmé (Nikitin and others, "Reducing Metadata Leakage from Encrypted Files", 2019): at most 12 % longer.

    Exact lengths would tell a finder the number of packets of a recording, and so which published one it is.
    """
    length = _LENGTH_BYTES + content
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return max(_SMALLEST, (length + mask) & ~mask)
