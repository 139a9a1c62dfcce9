"""Twelve words on paper, and the keys that they re-make when a device is lost (docs/formats/keys.md)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

from provenance.attest import canonical
from provenance.attest.keys import ReadingKey, SigningKey
from provenance.attest.passphrase import lock, unlock
from provenance.errors import KeyFileError, RecordError

#: BIP 39: 128 bits of entropy are 12 words, 4 bits of the last one being a checksum.
ENTROPY_BYTES = 16
WORDS = 12
EXPORT_KIND = "provenance/recovery/v1"
#: An export holds key files: a few kB. The limit leaves room for many keys.
_MAX_EXPORT = 1 << 20

_EXPORT_PLACE = f"{EXPORT_KIND}\n".encode()
_SIGNING_INFO = b"provenance/recovery/signing/1"
_READING_INFO = b"provenance/recovery/reading/1"
_SLIP_INFO = b"provenance/recovery/slip/1"
_NEXT_INFO = b"provenance/recovery/next/1"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the words re-make; none of it is stored beside the signing key.

    ``signing`` may revoke the archive's first signing key, ``following`` is the one that is to follow it.
    """

    signing: SigningKey
    following: SigningKey
    reading: ReadingKey
    slip_secret: bytes


def new_words() -> str:
    """Twelve fresh words, separated by spaces."""
    return words_of(secrets.token_bytes(ENTROPY_BYTES))


def words_of(entropy: bytes) -> str:
    """The BIP 39 English words of 16 bytes."""
    if len(entropy) != ENTROPY_BYTES:
        raise KeyFileError("recovery words are made of 16 bytes", code="key.words")
    return _dictionary().to_mnemonic(entropy)


def entropy_of(words: str) -> bytes:
    """The 16 bytes behind twelve words; capitals and extra spaces do not matter.

    Raises:
        KeyFileError: A word is not in the list, or the words do not belong together (``key.words``).
    """
    given = words.lower().split()
    if len(given) != WORDS:
        raise KeyFileError(f"{len(given)} words were given, not {WORDS}", code="key.words")
    known = frozenset(_dictionary().wordlist)
    unknown = [str(place) for place, word in enumerate(given, 1) if word not in known]
    if unknown:
        raise KeyFileError(
            f"not in the list of recovery words: word {', '.join(unknown)}",
            code="key.words",
            advice="check the spelling",
        )
    try:
        return bytes(_dictionary().to_entropy(given))
    except ValueError as error:
        raise KeyFileError(
            "these words do not belong together", code="key.words", advice="check their order and spelling"
        ) from error


def recover(words: str) -> Recovery:
    """The keys that twelve words re-make; raises :class:`KeyFileError` as :func:`entropy_of`."""
    entropy = entropy_of(words)
    return Recovery(
        signing=SigningKey.from_seed(_derive(entropy, _SIGNING_INFO)),
        following=SigningKey.from_seed(_derive(entropy, _NEXT_INFO)),
        reading=ReadingKey.from_private(_derive(entropy, _READING_INFO)),
        slip_secret=_derive(entropy, _SLIP_INFO),
    )


def protect(data: bytes, passphrase: str) -> bytes:
    """The text of a recovery export: ``data`` under the passphrase; raises :class:`KeyFileError`."""
    members = {"kind": EXPORT_KIND, "protected": lock(data, passphrase, _EXPORT_PLACE)}
    return canonical.dump(members) + b"\n"


def unprotect(export: bytes, passphrase: str) -> bytes:
    """What :func:`protect` put under the passphrase.

    Raises:
        KeyFileError: It is malformed, or the passphrase is wrong (``key.passphrase``).
    """
    try:
        value = canonical.load(export.removesuffix(b"\n"), limit=_MAX_EXPORT, what="recovery export")
        members = canonical.Members(value, "recovery export")
        members.constant("kind", EXPORT_KIND)
        protected = members.take("protected")
        members.end()
        return unlock(protected, passphrase, _EXPORT_PLACE)
    except RecordError as error:
        raise KeyFileError("this is not a recovery export", code="key.malformed") from error


def _derive(entropy: bytes, info: bytes) -> bytes:
    # The entropy is uniform: HKDF (RFC 5869) separates the four uses, nothing needs stretching.
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(entropy)


@cache
def _dictionary() -> Mnemonic:
    return Mnemonic("english")
