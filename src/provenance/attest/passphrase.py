"""A secret under a passphrase: scrypt, then AES-256-GCM (docs/formats/keys.md)."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provenance.attest import canonical
from provenance.errors import KeyFileError, RecordError

#: OWASP Password Storage Cheat Sheet (2023): scrypt with N = 2**17, r = 8, p = 1 (128 MiB, about 0.4 s here). Version 1
#: of the form knows these alone, so that a hostile file cannot ask for more memory or for less work.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
#: OpenSSL wants room beside the 128 * N * r bytes of scrypt itself.
_SCRYPT_MEMORY = 2 * 128 * SCRYPT_N * SCRYPT_R
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32


def lock(secret: bytes, passphrase: str, bound_to: bytes) -> dict[str, Any]:
    """The JSON members that hold ``secret`` under the passphrase; ``bound_to`` names its only place.

    Raises:
        KeyFileError: The passphrase is empty (``key.passphrase``).
    """
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, secret, bound_to)
    return {
        "data": canonical.to_base64(sealed),
        "kdf": "scrypt",
        "n": SCRYPT_N,
        "nonce": nonce.hex(),
        "p": SCRYPT_P,
        "r": SCRYPT_R,
        "salt": salt.hex(),
    }


def unlock(value: Any, passphrase: str, bound_to: bytes) -> bytes:
    """The secret that :func:`lock` put under the passphrase.

    Raises:
        RecordError: The members are malformed.
        KeyFileError: The passphrase is wrong, or the file was changed: nothing tells which (``key.passphrase``).
    """
    members = canonical.Members(value, "protected part")
    members.constant("kdf", "scrypt")
    if (members.integer("n"), members.integer("r"), members.integer("p")) != (SCRYPT_N, SCRYPT_R, SCRYPT_P):
        raise RecordError("the protected part has other scrypt parameters than version 1")
    salt, nonce = members.hex("salt", _SALT_BYTES), members.hex("nonce", _NONCE_BYTES)
    sealed = canonical.from_base64(members.text("data"), "protected part")
    members.end()
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, bound_to)
    except InvalidTag as error:
        raise KeyFileError(
            "the passphrase does not open this file", code="key.passphrase", advice="mind capitals and the keyboard"
        ) from error


def _key(passphrase: str, salt: bytes) -> bytes:
    # RFC 8265 section 4.2.2: the same passphrase typed on another system may come in another Unicode form.
    text = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    if not text:
        raise KeyFileError("an empty passphrase protects nothing", code="key.passphrase")
    return hashlib.scrypt(text, salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, maxmem=_SCRYPT_MEMORY, dklen=_KEY_BYTES)
