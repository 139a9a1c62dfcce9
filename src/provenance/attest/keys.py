"""Keys: Ed25519 to sign, X25519 to read what is sealed, and the files that hold them (docs/formats/keys.md)."""

from __future__ import annotations

import hashlib
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from provenance.attest import canonical
from provenance.attest.passphrase import lock, unlock
from provenance.errors import KeyFileError, RecordError, SignatureError

KEY_BYTES = 32
SIGNATURE_BYTES = 64
READING_KIND = "provenance/reading-key/v1"
PUBLIC_PREFIX = "PVK1:"
#: Bytes of SHA-256 that let a mistyped recipient key be noticed: one error in 2**32 goes unseen.
_CHECK_BYTES = 4
#: A key file is under 1 kB; more is something else.
_MAX_FILE = 4096

_FIELD_PRIME = 2**255 - 19  # RFC 8032 section 5.1
#: y coordinates of the points of order 1, 2, 4 and 8. Under such a public key one signature fits many messages, so
#: that its holder could deny what was signed: the order-8 pair is in libsodium's ed25519_has_small_order, too.
_WEAK_Y = frozenset(
    {
        0,
        1,
        _FIELD_PRIME - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)


def key_id(public: bytes) -> str:
    """SHA-256 of a public key in hexadecimal: how statements and envelopes name a key."""
    return hashlib.sha256(public).hexdigest()


def check_public(public: bytes) -> bytes:
    """Return an Ed25519 public key, or raise :class:`SignatureError` (``key.weak``) if it cannot bind its holder."""
    y = int.from_bytes(public, "little") % 2**255
    if len(public) != KEY_BYTES or y >= _FIELD_PRIME or y in _WEAK_Y:
        raise SignatureError("this is not an Ed25519 public key that can bind its holder", code="key.weak")
    return public


def verify(public: bytes, data: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature (RFC 8032) of ``data`` under the 32-byte key ``public``.

    Raises:
        SignatureError: It does not check, or the key is malformed or of small order.
    """
    check_public(public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError("the signature does not check") from error


class SigningKey:
    """An Ed25519 private key. It works unattended: its file has no passphrase and is readable by its owner alone."""

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's random source."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed (RFC 8032 section 5.1.5)."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, data: bytes) -> Self:
        """The key of a PKCS #8 file; raises :class:`KeyFileError`."""
        try:
            private = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError("this is not a signing key file", code="key.malformed") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileError("this key file does not hold an Ed25519 key", code="key.malformed")
        return cls(private)

    @property
    def key_id(self) -> str:
        """The id of the public key."""
        return key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """64 bytes of signature."""
        return self._private.sign(data)

    def to_pem(self) -> bytes:
        """PKCS #8, PEM, without encryption (``openssl pkey`` reads it)."""
        return self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class ReadingKey:
    """An X25519 private key: it opens everything that is sealed to its public key."""

    __slots__ = ("_private", "public")

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's random source."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_private(cls, private: bytes) -> Self:
        """The key of 32 private bytes; raises :class:`KeyFileError`."""
        if len(private) != KEY_BYTES:
            raise KeyFileError("a reading key has 32 bytes", code="key.malformed")
        return cls(X25519PrivateKey.from_private_bytes(private))

    @classmethod
    def from_file(cls, data: bytes, passphrase: str | None) -> Self:
        """The key of a file that :meth:`to_file` made, opened with the passphrase if it needs one.

        Raises:
            KeyFileError: It is malformed; or a passphrase is missing or wrong (``key.passphrase``).
        """
        members = _reading_members(data)
        public = members.take("public")
        try:
            if "protected" in members:
                if passphrase is None:
                    raise KeyFileError("the reading key needs its passphrase", code="key.passphrase")
                private = unlock(members.take("protected"), passphrase, _bound_to(public))
            else:
                private = members.hex("private", KEY_BYTES)
            members.end()
        except RecordError as error:
            raise _malformed_reading_key() from error
        key = cls.from_private(private)
        if key.public.hex() != public:
            raise _malformed_reading_key()
        return key

    @property
    def exchange_key(self) -> X25519PrivateKey:
        """The key as the sealing library takes it."""
        return self._private

    @property
    def private(self) -> bytes:
        """The 32 private bytes."""
        return self._private.private_bytes_raw()

    def to_file(self, passphrase: str | None) -> bytes:
        """The text of a key file: under the passphrase, or plain when that is None."""
        public = self.public.hex()
        members: dict[str, object] = {"kind": READING_KIND, "public": public}
        if passphrase is None:
            members["private"] = self.private.hex()
        else:
            members["protected"] = lock(self.private, passphrase, _bound_to(public))
        return canonical.dump(members) + b"\n"


def needs_passphrase(data: bytes) -> bool:
    """Whether the private part of a reading key file is under a passphrase; raises :class:`KeyFileError`."""
    return "protected" in _reading_members(data)


def public_text(public: bytes) -> str:
    """The line of an ``ORG.pub`` file: ``PVK1:`` and base64url of the X25519 key and of 4 bytes against mistyping."""
    return PUBLIC_PREFIX + canonical.to_base64url(public + _check_bytes(public)) + "\n"


def parse_public_text(text: str) -> bytes:
    """The X25519 key of :func:`public_text`; white space around it is ignored.

    Raises:
        KeyFileError: It is malformed, mistyped, or a key that everybody could read.
    """
    line = text.strip()
    try:
        data = canonical.from_base64url(line.removeprefix(PUBLIC_PREFIX), "recipient key")
    except RecordError as error:
        raise KeyFileError("this is not a recipient key", code="key.malformed") from error
    public, check = data[:KEY_BYTES], data[KEY_BYTES:]
    if not line.startswith(PUBLIC_PREFIX) or len(public) != KEY_BYTES or check != _check_bytes(public):
        raise KeyFileError("this is not a recipient key, or it was mistyped", code="key.malformed")
    return check_recipient(public)


def check_recipient(public: bytes) -> bytes:
    """Return an X25519 public key; raise :class:`KeyFileError` for one of small order (RFC 7748 section 6.1)."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise KeyFileError("what is sealed to this recipient key would be open to all", code="key.weak") from error
    return public


def _check_bytes(public: bytes) -> bytes:
    return hashlib.sha256(b"provenance/reading-key/1\n" + public).digest()[:_CHECK_BYTES]


def _bound_to(public: str) -> bytes:
    return f"{READING_KIND}\n{public}\n".encode()


def _reading_members(data: bytes) -> canonical.Members:
    try:
        members = canonical.Members(
            canonical.load(data.removesuffix(b"\n"), limit=_MAX_FILE, what="reading key file"), "reading key file"
        )
        members.constant("kind", READING_KIND)
    except RecordError as error:
        raise _malformed_reading_key() from error
    return members


def _malformed_reading_key() -> KeyFileError:
    return KeyFileError("this is not a reading key file", code="key.malformed")
