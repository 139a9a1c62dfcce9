"""Blinded entries of the log: nobody can ask it whether it holds a record (docs/formats/log.md)."""

from __future__ import annotations

import hashlib
import secrets

from provenance import merkle
from provenance.errors import RecordError

SALT_BYTES = 32
#: What a padding entry stands for, in place of an envelope: outside, it looks like any other.
PADDING = b"provenance/padding/v1\n"

_CONTEXT = b"provenance/leaf/v1\n"


def fresh_salt() -> bytes:
    """The blinding salt of one entry."""
    return secrets.token_bytes(SALT_BYTES)


def entry(salt: bytes, envelope: bytes) -> bytes:
    """The 32 bytes that the log holds for an envelope (its exact bytes) or for :data:`PADDING`."""
    if len(salt) != SALT_BYTES:
        raise RecordError(f"the salt of a log entry has {SALT_BYTES} bytes")
    return hashlib.sha256(_CONTEXT + salt + hashlib.sha256(envelope).digest()).digest()


def leaf(salt: bytes, envelope: bytes) -> bytes:
    """The leaf hash of an entry in the tree of the log."""
    return merkle.leaf_hash(entry(salt, envelope))
