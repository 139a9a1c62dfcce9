"""DSSE v1.0.2 envelopes with Ed25519 signatures, in one writer form (docs/formats/envelope.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from provenance.attest import canonical
from provenance.attest.keys import SIGNATURE_BYTES, key_id
from provenance.attest.keys import verify as verify_signature
from provenance.attest.statement import MAX_STATEMENT
from provenance.errors import RecordError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.attest.keys import SigningKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
#: Giver, receiver, and a few who review: 16 leaves room and bounds the work of a reader.
MAX_SIGNATURES = 16
#: A statement in base64, and 200 bytes a signature.
MAX_ENVELOPE = MAX_STATEMENT * 4 // 3 + 8 * 1024


@dataclass(frozen=True, slots=True)
class Signature:
    """64 bytes, and the id that its envelope gives the key: a hint, never a reason to accept."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope; nothing in it is trusted before :func:`verify`."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: type and payload, each behind its length (DSSE's PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def make(payload: bytes, signers: Sequence[SigningKey]) -> bytes:
    """The envelope of ``payload``, signed by each of ``signers``.

    Raises:
        RecordError: There is no signer, one twice, too many, or the payload is too large.
    """
    signed = pae(PAYLOAD_TYPE, payload)
    made = [Signature(signer.key_id, signer.sign(signed)) for signer in signers]
    envelope = Envelope(payload, PAYLOAD_TYPE, tuple(sorted(made, key=lambda one: one.keyid)))
    _check(envelope)
    return _dump(envelope)


def parse(data: bytes) -> Envelope:
    """The envelope that ``data`` spells; raises :class:`RecordError` unless it is in the one writer form."""
    members = canonical.Members(canonical.load(data, limit=MAX_ENVELOPE, what="envelope"), "envelope")
    members.constant("payloadType", PAYLOAD_TYPE)
    payload = canonical.from_base64(members.text("payload"), "payload")
    signatures = []
    for value in members.array("signatures"):
        one = canonical.Members(value, "signature")
        keyid = canonical.from_hex(one.text("keyid"), 32, "keyid").hex()
        signatures.append(Signature(keyid, canonical.from_base64(one.text("sig"), "signature")))
        one.end()
    members.end()
    envelope = Envelope(payload, PAYLOAD_TYPE, tuple(signatures))
    _check(envelope)
    return envelope


def verify(envelope: Envelope, publics: Iterable[bytes]) -> tuple[bytes, ...]:
    """The distinct keys of ``publics`` that signed the payload, in the order of ``publics``.

    Signatures of other keys are ignored, as DSSE asks. One that carries the id of a key of ``publics`` and does not
    check under it, or checks under a key with another id, refuses the whole: our writer never makes either.

    Raises:
        SignatureError: None of ``publics`` signed, or a signature is mislabelled.
    """
    signed = pae(envelope.payload_type, envelope.payload)
    candidates = tuple(dict.fromkeys(publics))
    accepted = {public for one in envelope.signatures for public in candidates if _signed_by(one, public, signed)}
    if not accepted:
        raise SignatureError("no signature is by a key that was asked for")
    return tuple(public for public in candidates if public in accepted)


def digest(data: bytes) -> bytes:
    """SHA-256 of the exact bytes of an envelope: how records and the log name it."""
    return hashlib.sha256(data).digest()


def _signed_by(signature: Signature, public: bytes, signed: bytes) -> bool:
    """Whether ``public`` made the signature, decided by the signature alone; a label that disagrees refuses it."""
    labelled = signature.keyid == key_id(public)
    try:
        verify_signature(public, signed, signature.sig)
    except SignatureError:
        if labelled:
            raise
        return False
    if not labelled:
        raise SignatureError("a signature carries the id of another key", code="record.signature-label")
    return True


def _check(envelope: Envelope) -> None:
    ids = [one.keyid for one in envelope.signatures]
    if not 1 <= len(ids) <= MAX_SIGNATURES:
        raise RecordError(f"an envelope has 1 to {MAX_SIGNATURES} signatures")
    if any(a >= b for a, b in pairwise(ids)):
        raise RecordError("the signatures are not sorted by distinct keys")
    if any(len(one.sig) != SIGNATURE_BYTES for one in envelope.signatures):
        raise RecordError(f"an Ed25519 signature has {SIGNATURE_BYTES} bytes")
    if len(envelope.payload) > MAX_STATEMENT:
        raise RecordError(f"the payload is larger than {MAX_STATEMENT} bytes", code="record.too-large")


def _dump(envelope: Envelope) -> bytes:
    return canonical.dump(
        {
            "payload": canonical.to_base64(envelope.payload),
            "payloadType": envelope.payload_type,
            "signatures": [{"keyid": one.keyid, "sig": canonical.to_base64(one.sig)} for one in envelope.signatures],
        }
    )
