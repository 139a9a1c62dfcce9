"""Commitments that hide: to a file (the subject) and to a blob of measurements (docs/formats/commitments.md)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from provenance import merkle
from provenance.attest import canonical
from provenance.errors import ProofError, RecordError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.evidence import DigestSet

SALT_BYTES = 32
_SUBJECT_CONTEXT = b"provenance/subject/v1\n"


def subject_commitment(salt: bytes, digests: DigestSet) -> bytes:
    """What stands for a file in statements: 32 bytes that tell nothing without ``salt`` (field ``subject_salt``)."""
    if (len(salt), len(digests.sha256), len(digests.sha512)) != (SALT_BYTES, 32, 64) or digests.size < 0:
        raise RecordError("salt or digests of a subject are malformed")
    size = digests.size.to_bytes(8, "big")
    return hashlib.sha256(_SUBJECT_CONTEXT + salt + digests.sha256 + digests.sha512 + size).digest()


def check_subject(commitment: bytes, salt: bytes, digests: DigestSet) -> None:
    """Check that ``commitment`` is to the file with these digests; raises :class:`RecordError`."""
    if not hmac.compare_digest(commitment, subject_commitment(salt, digests)):
        raise RecordError("the statement is not about this file", code="record.subject")


@dataclass(frozen=True, slots=True)
class BlobSecret:
    """What opens the commitment to one blob: the sealed field ``blob/KIND/TRACK``. Both parts have 32 random bytes."""

    salt: bytes
    k_blob: bytes

    @classmethod
    def fresh(cls) -> Self:
        """A new secret from the system's random source."""
        return cls(secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES))

    @classmethod
    def from_field(cls, value: Any) -> Self:
        """The secret of a sealed field; raises :class:`RecordError`."""
        members = canonical.Members(value, "blob secret")
        secret = cls(salt=members.hex("salt"), k_blob=members.hex("k_blob"))
        members.end()
        return secret

    def to_field(self) -> dict[str, str]:
        """The value of the sealed field."""
        return {"k_blob": self.k_blob.hex(), "salt": self.salt.hex()}


@dataclass(frozen=True, slots=True)
class BlobCommitment:
    """A commitment to one blob: the sealed field ``commitment/KIND/TRACK``.

    ``sha256`` is over salt and blob, ``root`` over the salted rows; ``rows`` of ``width`` bytes follow the header.
    """

    sha256: bytes
    root: bytes
    rows: int
    width: int

    @classmethod
    def from_field(cls, value: Any) -> Self:
        """The commitment of a sealed field; raises :class:`RecordError`."""
        members = canonical.Members(value, "blob commitment")
        commitment = cls(
            sha256=members.hex("sha256"),
            root=members.hex("root"),
            rows=members.integer("rows"),
            width=members.integer("width"),
        )
        members.end()
        return commitment

    def to_field(self) -> dict[str, str | int]:
        """The value of the sealed field."""
        return {"root": self.root.hex(), "rows": self.rows, "sha256": self.sha256.hex(), "width": self.width}


@dataclass(frozen=True, slots=True)
class RowOpening:
    """One row shown without its neighbours: its place, its salt, its bytes and the path to the root."""

    index: int
    salt: bytes
    row: bytes
    proof: tuple[bytes, ...]


def commit_blob(header: bytes, rows: Sequence[bytes], secret: BlobSecret) -> BlobCommitment:
    """Commit to the blob ``header`` ‖ rows, and to each row alone.

    Raises:
        RecordError: The rows differ in width.
    """
    width = len(rows[0]) if rows else 0
    if any(len(row) != width for row in rows):
        raise RecordError("the rows of a blob differ in width")
    whole = hashlib.sha256(secret.salt + header)
    whole.update(b"".join(rows))
    return BlobCommitment(whole.digest(), merkle.root(_leaves(rows, secret.k_blob)), len(rows), width)


def check_blob(commitment: BlobCommitment, header: bytes, rows: Sequence[bytes], secret: BlobSecret) -> None:
    """Check that ``commitment`` is to this blob; raises :class:`RecordError` (``record.blob``)."""
    if commit_blob(header, rows, secret) != commitment:
        raise RecordError("the blob is not the one that was committed to", code="record.blob")


def open_row(rows: Sequence[bytes], secret: BlobSecret, index: int) -> RowOpening:
    """Show row ``index`` alone; raises :class:`ProofError` if there is none."""
    node = merkle.in_memory(_leaves(rows, secret.k_blob))
    proof = tuple(merkle.inclusion_proof(index, len(rows), node))
    return RowOpening(index, _row_salt(secret.k_blob, index), rows[index], proof)


def verify_row(opening: RowOpening, commitment: BlobCommitment) -> None:
    """Check that an opened row is the one that was committed to at its place; raises :class:`ProofError`."""
    if len(opening.salt) != SALT_BYTES or len(opening.row) != commitment.width:
        raise ProofError("the opened row has another width")
    leaf = merkle.leaf_hash(opening.salt + opening.row)
    merkle.verify_inclusion(leaf, opening.index, commitment.rows, opening.proof, commitment.root)


def _row_salt(k_blob: bytes, index: int) -> bytes:
    return hmac.digest(k_blob, index.to_bytes(8, "big"), "sha256")


def _leaves(rows: Sequence[bytes], k_blob: bytes) -> list[bytes]:
    # The names are local and the formula of merkle.leaf_hash is repeated: 100,000 rows must take under 0.4 s.
    digest, sha256 = hmac.digest, hashlib.sha256
    return [
        sha256(b"\x00" + digest(k_blob, index.to_bytes(8, "big"), "sha256") + row).digest()
        for index, row in enumerate(rows)
    ]
