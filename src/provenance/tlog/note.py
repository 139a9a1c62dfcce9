"""Signed notes: text with Ed25519 signature lines (c2sp.org/signed-note; docs/formats/checkpoint.md).

Signing and verifying are callables of the caller, so that this room needs the standard library alone. A ``Verify``
takes public key, signed bytes and signature, and raises :class:`SignatureError` when they do not belong together.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from provenance.errors import RecordError, SignatureError

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, bytes], None]

#: Signature type of plain Ed25519 in the specification; others (witnesses, ML-DSA) are ignored as unknown.
ED25519 = 0x01
#: The specification asks for at least 16; public witness networks stay under 64.
MAX_SIGNATURES = 64
#: 64 post-quantum signatures of 5 kB in base64 and a text of a few lines.
MAX_NOTE = 512 * 1024

_DASH = "\N{EM DASH} "
_KEY_ID_BYTES = 4
_PUBLIC_BYTES = 32
_CONTROL = " "  # U+0020: characters before it are control characters


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that notes are checked with: its name and its 32-byte Ed25519 public key."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name) or len(self.public) != _PUBLIC_BYTES:
            raise RecordError("this is not a verifier key")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        named = self.name.encode() + b"\n" + bytes([ED25519]) + self.public
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """Its text: name, key id and key."""
        key = to_base64(bytes([ED25519]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{key}"


@dataclass(frozen=True, slots=True)
class Opened:
    """The text of a note, and who of the keys asked for signed it (at least one)."""

    text: str
    signers: tuple[Verifier, ...]


def parse_vkey(vkey: str) -> Verifier:
    """The key of a vkey; raises :class:`RecordError` if it is malformed or not Ed25519."""
    name, _, rest = vkey.partition("+")
    _, _, encoded = rest.partition("+")
    key = from_base64(encoded, "verifier key")
    if key[:1] != bytes([ED25519]):
        raise RecordError("this is not an Ed25519 verifier key")
    verifier = Verifier(name, key[1:])
    if verifier.vkey != vkey:
        raise RecordError("the verifier key does not fit its id")
    return verifier


def sign(text: str, name: str, public: bytes, sign_bytes: Sign) -> str:
    """The note of ``text`` with one signature line; raises :class:`RecordError` if the text cannot be a note."""
    _check_text(text)
    verifier = Verifier(name, public)
    signature = to_base64(verifier.key_id + sign_bytes(text.encode()))
    return f"{text}\n{_DASH}{name} {signature}\n"


def open_note(note: str, vkeys: Iterable[str], verify: Verify) -> Opened:
    """The text of a note that at least one of ``vkeys`` signed.

    Signature lines of other keys are ignored; one of a key of ``vkeys`` that does not check refuses the note.

    Raises:
        RecordError: The note or a vkey is malformed.
        SignatureError: No line, or a wrong one, is by a key of ``vkeys``.
    """
    text, lines = split(note)
    asked = tuple(dict.fromkeys(map(parse_vkey, vkeys)))
    known = {(verifier.name, verifier.key_id): verifier for verifier in asked}
    if len(known) != len(asked):
        raise RecordError("two verifier keys have one name and id")
    signers: list[Verifier] = []
    for name, signature in lines:
        verifier = known.get((name, signature[:_KEY_ID_BYTES]))
        if verifier is None:
            continue
        verify(verifier.public, text.encode(), signature[_KEY_ID_BYTES:])
        if verifier in signers:
            raise RecordError("one key signed the note twice")
        signers.append(verifier)
    if not signers:
        raise SignatureError("no signature of the note is by a key that was asked for")
    return Opened(text, tuple(signers))


def split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text of a note, and name and signature (key id first) of each line, unverified; raises :class:`RecordError`."""
    _check_characters(note)
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise RecordError("the note lacks its signature lines")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise RecordError(f"the note has more than {MAX_SIGNATURES} signatures")
    _check_text(text + "\n")
    return text + "\n", [_signature(line) for line in lines]


def from_bytes(data: bytes, what: str) -> str:
    """The text in a file of a note, receipt or slip; raises :class:`RecordError` unless it is UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordError(f"the {what} is not UTF-8 text") from error


def to_base64(data: bytes) -> str:
    """RFC 4648 section 4, with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """The bytes of :func:`to_base64`; raises :class:`RecordError` on any other spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecordError(f"the {what} is not base64") from error
    if to_base64(data) != text:
        raise RecordError(f"the {what} is not base64 in its one spelling")
    return data


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _is_name(name):
        raise RecordError("a signature line of the note is malformed")
    signature = from_base64(encoded, "signature of the note")
    if len(signature) <= _KEY_ID_BYTES:
        raise RecordError("a signature of the note is empty")
    return name, signature


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() or char < _CONTROL for char in name)


def _check_text(text: str) -> None:
    _check_characters(text)
    if not text.endswith("\n") or text == "\n":
        raise RecordError("the text of a note ends its last line")


def _check_characters(text: str) -> None:
    if any(char < _CONTROL and char != "\n" for char in text):
        raise RecordError("a note holds a control character")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise RecordError("a note holds half a surrogate pair") from error
    if size > MAX_NOTE:
        raise RecordError(f"a note is larger than {MAX_NOTE} bytes", code="record.too-large")
