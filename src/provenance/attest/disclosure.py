"""Sealed fields: salted values of which only a digest is signed (RFC 9901, flat; docs/formats/disclosure.md)."""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provenance.attest import canonical
from provenance.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

#: RFC 9901 section 9.3 asks for 128 bits.
SALT_BYTES = 16
#: ``_sd`` has a multiple of this many digests, so that the number of fields tells nothing about a video (formats
#: section 2).
MULTIPLE = 32
#: The field whose value re-makes every decoy of its statement.
DECOYS = "decoys"
#: Bytes of an encoded disclosure: a page of text, or the headers of a web page; larger things are blobs.
MAX_DISCLOSURE = 64 * 1024

_SEED_BYTES = 32
_DECOY_CONTEXT = b"provenance/decoy/1\n"
#: A name, then for blobs and commitments ``/KIND/TRACK``. Excludes ``_sd`` and ``...``, reserved by RFC 9901.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}(/[a-z0-9-]{1,32}){0,2}")
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One field that can be shown: 16 random bytes of salt, its name and its value (JSON without floats)."""

    salt: bytes
    name: str
    value: Any

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES:
            raise RecordError(f"the salt of a sealed field has {SALT_BYTES} bytes")
        if _NAME.fullmatch(self.name) is None:
            raise RecordError("a sealed field has no such name")

    @property
    def encoded(self) -> str:
        """Base64url of the JSON array of salt, name and value: what is stored, shown and hashed."""
        text = canonical.dump([canonical.to_base64url(self.salt), self.name, self.value])
        if len(text) > MAX_DISCLOSURE:
            raise RecordError("a sealed field is too large", code="record.too-large")
        return canonical.to_base64url(text)

    @property
    def digest(self) -> str:
        """What stands for the field in ``_sd``."""
        return digest_of(self.encoded)


def digest_of(encoded: str) -> str:
    """Base64url of SHA-256 over the ASCII of an encoded disclosure (RFC 9901 section 4.2.3)."""
    return canonical.to_base64url(hashlib.sha256(encoded.encode("ascii")).digest())


def parse(encoded: str) -> Disclosure:
    """The field that ``encoded`` spells; raises :class:`RecordError` unless it is in the one writer form."""
    if len(encoded) > 4 * MAX_DISCLOSURE // 3 + 4:
        raise RecordError("a sealed field is too large", code="record.too-large")
    data = canonical.from_base64url(encoded, "sealed field")
    parts = canonical.load(data, limit=MAX_DISCLOSURE, what="sealed field")
    if type(parts) is not list or len(parts) != _PARTS or not all(type(part) is str for part in parts[:2]):
        raise RecordError("a sealed field is not salt, name and value")
    salt, name, value = parts
    return Disclosure(canonical.from_base64url(salt, "salt of a sealed field"), name, value)


def seal_fields(fields: Mapping[str, Any]) -> tuple[tuple[Disclosure, ...], tuple[str, ...]]:
    """Fresh disclosures of ``fields`` and of the decoy seed, and the sorted ``_sd`` that hides how many there are.

    Raises:
        RecordError: A name is malformed or reserved, or a value has no place in a record.
    """
    if DECOYS in fields:
        raise RecordError(f"{DECOYS!r} is reserved")
    seed = secrets.token_bytes(_SEED_BYTES)
    named = sorted({**fields, DECOYS: seed.hex()}.items())
    disclosures = tuple(Disclosure(secrets.token_bytes(SALT_BYTES), name, value) for name, value in named)
    decoys = (_decoy(seed, number) for number in range(-len(disclosures) % MULTIPLE))
    return disclosures, tuple(sorted([*(one.digest for one in disclosures), *decoys]))


def check(disclosure: Disclosure, sd: Collection[str]) -> None:
    """Check that a statement with the digests ``sd`` sealed this field; raises :class:`RecordError`."""
    if disclosure.digest not in sd:
        raise RecordError(f"the statement did not seal this {disclosure.name!r}", code="record.disclosure")


def open_fields(encoded: Iterable[str], sd: Collection[str]) -> dict[str, Any]:
    """Name → value of disclosures, each checked against ``sd``.

    Raises:
        RecordError: One is malformed, was not sealed here, or two have one name: a signer could have sealed two values
            to choose from.
    """
    known = frozenset(sd)
    values: dict[str, Any] = {}
    for one in map(parse, encoded):
        check(one, known)
        if one.name in values:
            raise RecordError(f"the field {one.name!r} was sealed twice", code="record.disclosure")
        values[one.name] = one.value
    return values


def decoys_in(disclosure: Disclosure, sd: Collection[str]) -> frozenset[str]:
    """The digests of ``sd`` that the disclosed field :data:`DECOYS` re-makes: behind them is nothing.

    What is left in ``sd`` beside them and the shown fields is the number of fields withheld.

    Raises:
        RecordError: It is not the decoy field, or the statement did not seal it.
    """
    if disclosure.name != DECOYS or type(disclosure.value) is not str:
        raise RecordError("this field does not open decoys")
    check(disclosure, sd)
    seed = canonical.from_hex(disclosure.value, _SEED_BYTES, "decoy seed")
    known, opened = frozenset(sd), set[str]()
    while len(opened) < len(known) and (digest := _decoy(seed, len(opened))) in known:
        opened.add(digest)
    return frozenset(opened)


def check_digests(sd: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ``_sd`` of a statement, or raise :class:`RecordError`: sorted, distinct, 32 or a multiple of it."""
    if not sd or len(sd) % MULTIPLE or any(a >= b for a, b in itertools.pairwise(sd)):
        raise RecordError(f"'_sd' is not a sorted list of a multiple of {MULTIPLE} digests")
    for digest in sd:
        if len(canonical.from_base64url(digest, "digest in '_sd'")) != hashlib.sha256().digest_size:
            raise RecordError("a digest in '_sd' is not 32 bytes")
    return sd


def _decoy(seed: bytes, number: int) -> str:
    return canonical.to_base64url(hashlib.sha256(_DECOY_CONTEXT + seed + number.to_bytes(8, "big")).digest())
