"""Slips: a line for a text message that commits to a file and to a head of the log (docs/formats/slip.md).

A slip needs no surviving archive. It dates the file only from when someone else can show they held it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance import merkle
from provenance.errors import RecordError

if TYPE_CHECKING:
    from provenance.tlog.note import Sign, Verify

PREFIX = "PVR1:"
OPEN, SEALED = 0, 1
R_BYTES = 16
#: Two parts of an SMS in the GSM-7 alphabet hold 306 characters; one QR code of version 12 holds a slip.
MAX_CHARACTERS = 263
#: 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
MAX_TIME = 253_402_300_799

_COMMIT_CONTEXT = b"provenance/slip/1\n"
_SIGN_CONTEXT = b"provenance-slip/1\n"
_R_INFO = b"provenance/slip/r/1"
_HASH_BYTES = 32
_SIGNATURE_BYTES = 64
#: mode, commitment, log public key, tree size, root, claimed time
_SIGNED = struct.Struct(">B32s32sQ32sQ")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a slip commits to: SHA-256 (raw) and size (bytes) of a file."""

    sha256: bytes
    size: int

    def __post_init__(self) -> None:
        if len(self.sha256) != _HASH_BYTES or not 0 <= self.size <= merkle.MAX_SIZE:
            raise RecordError("digest or size of the file is malformed")


@dataclass(frozen=True, slots=True)
class Head:
    """The internal head at which a slip was made: the log's public key, its size and its root."""

    log_public: bytes
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Slip:
    """A decoded slip. ``claimed_time``: Unix seconds by the clock of the device; ``r``: None in mode *sealed*."""

    commitment: bytes
    head: Head
    claimed_time: int
    signature: bytes
    r: bytes | None

    def __post_init__(self) -> None:
        if not 0 <= self.head.size <= merkle.MAX_SIZE or not 0 <= self.claimed_time <= MAX_TIME:
            raise RecordError("size or time of the slip is out of range")

    @property
    def signed(self) -> bytes:
        """The bytes that the log key signs, behind their context."""
        mode, head = SEALED if self.r is None else OPEN, self.head
        return _SIGNED.pack(mode, self.commitment, head.log_public, head.size, head.root, self.claimed_time)


def fresh_r() -> bytes:
    """The blinding of an *open* slip."""
    return secrets.token_bytes(R_BYTES)


def sealed_r(slip_secret: bytes, sha256: bytes) -> bytes:
    """The blinding of a *sealed* slip: HKDF-SHA-256 (RFC 5869) of the secret that the recovery words re-make."""
    extracted = hmac.digest(sha256, slip_secret, "sha256")
    return hmac.digest(extracted, _R_INFO + b"\x01", "sha256")[:R_BYTES]


def commit(file: FileFacts, r: bytes) -> bytes:
    """The 32 bytes that stand for a file in a slip."""
    return hashlib.sha256(_COMMIT_CONTEXT + r + file.sha256 + file.size.to_bytes(8, "big")).digest()


def make(file: FileFacts, head: Head, *, claimed_time: int, r: bytes, sealed: bool, sign: Sign) -> str:
    """The text of a slip, signed by the log key of ``head``.

    ``r``: from :func:`fresh_r`, or from :func:`sealed_r` if the slip is ``sealed``; then it stays out of the text.
    """
    draft = Slip(commit(file, r), head, claimed_time, b"", None if sealed else r)
    return encode(replace(draft, signature=sign(_SIGN_CONTEXT + draft.signed)))


def encode(slip: Slip) -> str:
    """The text of a slip: at most 263 characters, all in the GSM-7 alphabet."""
    data = slip.signed + slip.signature + (slip.r or b"")
    return PREFIX + base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode(text: str) -> Slip:
    """The slip that ``text`` spells; nothing in it is trusted before :func:`check_signature` and :func:`check_file`.

    Raises:
        RecordError: It is malformed.
    """
    data = _bytes_of(text)
    end = _SIGNED.size + _SIGNATURE_BYTES
    if len(data) != {OPEN: end + R_BYTES, SEALED: end}.get(data[0]):
        raise RecordError("the slip has another length or mode")
    mode, commitment, public, size, root, claimed_time = _SIGNED.unpack_from(data)
    signature, r = data[_SIGNED.size : end], data[end:]
    return Slip(commitment, Head(public, size, root), claimed_time, signature, r if mode == OPEN else None)


def check_signature(slip: Slip, verify: Verify) -> None:
    """Check that the log key in the slip signed it, or raise :class:`SignatureError`. Whose key that is stays open."""
    verify(slip.head.log_public, _SIGN_CONTEXT + slip.signed, slip.signature)


def check_file(slip: Slip, file: FileFacts, *, slip_secret: bytes | None = None) -> None:
    """Check that the slip commits to ``file``; a *sealed* one needs the secret of the recovery words.

    Raises:
        RecordError: It commits to another file (``slip.other-file``), or the secret is missing (``slip.sealed``).
    """
    r = slip.r
    if r is None:
        if slip_secret is None:
            raise RecordError("the slip is sealed", code="slip.sealed", advice="give the recovery words")
        r = sealed_r(slip_secret, file.sha256)
    if not hmac.compare_digest(commit(file, r), slip.commitment):
        raise RecordError("the slip does not commit to this file", code="slip.other-file")


def _bytes_of(text: str) -> bytes:
    encoded = text.removeprefix(PREFIX)
    if not text.startswith(PREFIX) or len(text) > MAX_CHARACTERS:
        raise RecordError("this is not a slip")
    try:
        data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecordError("the slip is not base64url") from error
    if not data or base64.urlsafe_b64encode(data).decode("ascii").rstrip("=") != encoded:
        raise RecordError("the slip is not base64url in its one spelling")
    return data
