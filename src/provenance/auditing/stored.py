"""Values out of a file that may be damaged, checked for type before anything is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provenance.errors import RecordError

HASH_BYTES = 32
#: An index in a log is a SQLite integer that is not negative.
_MAX_INDEX = 2**62


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A row of ``logs``."""

    log: int
    origin: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A row of ``log_entries``; ``digest`` is None for padding."""

    log: int
    index: int
    entry: bytes
    salt: bytes
    digest: bytes | None

    @property
    def where(self) -> str:
        """Its place, for people."""
        return f"log {self.log}, entry {self.index}"


def hash_value(value: Any, what: str) -> bytes:
    """32 bytes; raises :class:`RecordError`."""
    if type(value) is not bytes or len(value) != HASH_BYTES:
        raise RecordError(f"the {what} is not {HASH_BYTES} bytes")
    return value


def blob_value(value: Any, what: str) -> bytes:
    """Bytes; raises :class:`RecordError`."""
    if type(value) is not bytes:
        raise RecordError(f"the {what} is not bytes")
    return value


def text_value(value: Any, what: str) -> str:
    """Text; raises :class:`RecordError`."""
    if type(value) is not str or not value.isprintable():
        raise RecordError(f"the {what} is not text")
    return value


def index_value(value: Any, what: str) -> int:
    """A place in a log; raises :class:`RecordError`."""
    if type(value) is not int or not 0 <= value < _MAX_INDEX:
        raise RecordError(f"the {what} is not a whole number")
    return value


def stored_log(values: tuple[Any, ...]) -> StoredLog:
    """A log of (log, origin, public key); raises :class:`RecordError`."""
    log, origin, public_key = values
    return StoredLog(
        index_value(log, "number of a log"),
        text_value(origin, "origin of a log"),
        hash_value(public_key, "public key of a log"),
    )


def stored_entry(log: int, values: tuple[Any, ...]) -> StoredEntry:
    """An entry of (index, entry, salt, envelope digest); raises :class:`RecordError`."""
    index, entry, salt, digest = values
    return StoredEntry(
        log,
        index_value(index, "index of an entry"),
        hash_value(entry, "log entry"),
        hash_value(salt, "salt of a log entry"),
        None if digest is None else hash_value(digest, "digest of a record"),
    )
