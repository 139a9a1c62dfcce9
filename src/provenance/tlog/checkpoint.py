"""Checkpoints: signed heads of a log (c2sp.org/tlog-checkpoint; docs/formats/checkpoint.md)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import merkle
from provenance.errors import RecordError
from provenance.tlog import note

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Name of every log key of ours: a name of one's own would link logs and people (formats section 4).
KEY_NAME = "provenance"

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_FIXED_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the log ``origin``: ``size`` entries under ``root``, and opaque extension lines (we write none)."""

    origin: str
    size: int
    root: bytes
    extension: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(line and "\n" not in line for line in (self.origin, *self.extension)):
            raise RecordError("a line of the checkpoint is empty")
        if not 0 <= self.size <= merkle.MAX_SIZE or len(self.root) != merkle.HASH_BYTES:
            raise RecordError("size or root of the checkpoint is malformed")
        if self.size == 0 and self.root != merkle.EMPTY_ROOT:
            raise RecordError("the checkpoint of an empty log has another root")

    @property
    def text(self) -> str:
        """The text that the log signs."""
        lines = (self.origin, str(self.size), note.to_base64(self.root), *self.extension)
        return "".join(f"{line}\n" for line in lines)


def origin_of(first_log_public: bytes) -> str:
    """The origin of a log from the first public key of the log: it names no host and no person."""
    return "provenance/" + hashlib.sha256(first_log_public).hexdigest()[:32]


def vkey_of(log_public: bytes) -> str:
    """The vkey of one of our log keys."""
    return note.Verifier(KEY_NAME, log_public).vkey


def parse(text: str) -> Checkpoint:
    """The head that the text of a note spells; raises :class:`RecordError`."""
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) < _FIXED_LINES or _SIZE.fullmatch(lines[1]) is None:
        raise RecordError("this is not the text of a checkpoint")
    root = note.from_base64(lines[2], "root of the checkpoint")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[_FIXED_LINES:]))


def sign(checkpoint: Checkpoint, log_public: bytes, sign_bytes: note.Sign) -> str:
    """The signed note of a head, by one of our log keys."""
    return note.sign(checkpoint.text, KEY_NAME, log_public, sign_bytes)


def open_checkpoint(signed: str, vkeys: Iterable[str], verify: note.Verify) -> Checkpoint:
    """The head in a note that one of ``vkeys`` signed; the caller decides whether its origin is the one it wants.

    Raises:
        RecordError: It is malformed.
        SignatureError: None of ``vkeys`` signed it, or wrongly.
    """
    return parse(note.open_note(signed, vkeys, verify).text)
