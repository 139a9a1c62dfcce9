"""Receipts: a record is in a log, shown offline (c2sp.org/tlog-proof; docs/formats/receipt.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import merkle
from provenance.errors import ProofError, RecordError
from provenance.tlog import checkpoint, note
from provenance.tlog.entry import SALT_BYTES, leaf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.tlog.checkpoint import Checkpoint

HEADER = "c2sp.org/tlog-proof@v1"
#: A note, and at most 63 hashes of a path.
MAX_RECEIPT = note.MAX_NOTE + 4096
#: A tree of 2**63 entries is 63 levels high.
MAX_PATH = 63

_FIXED_LINES = 3  # header, extra, index
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """Entry ``index`` is under the head of ``signed_note``: the blinding salt, the path to the root, and the note."""

    salt: bytes
    index: int
    path: tuple[bytes, ...]
    signed_note: str

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES or not 0 <= self.index <= merkle.MAX_SIZE:
            raise RecordError("salt or index of the receipt is malformed")
        if len(self.path) > MAX_PATH or any(len(value) != merkle.HASH_BYTES for value in self.path):
            raise RecordError("the path of the receipt is malformed")
        note.split(self.signed_note)

    @property
    def text(self) -> str:
        """The content of a ``.tlog-proof`` file."""
        path = "".join(f"{note.to_base64(value)}\n" for value in self.path)
        return f"{HEADER}\nextra {note.to_base64(self.salt)}\nindex {self.index}\n{path}\n{self.signed_note}"


def parse(text: str) -> Receipt:
    """The receipt that the text of a ``.tlog-proof`` file spells; nothing in it is trusted before :func:`verify`.

    Raises:
        RecordError: It is malformed, or carries no salt.
    """
    if len(text) > MAX_RECEIPT:
        raise RecordError("the receipt is too large", code="record.too-large")
    head, blank, signed_note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < _FIXED_LINES or lines[0] != HEADER:
        raise RecordError("this is not a receipt")
    extra, index = lines[1].removeprefix("extra "), lines[2].removeprefix("index ")
    if "extra " + extra != lines[1] or "index " + index != lines[2] or _INDEX.fullmatch(index) is None:
        raise RecordError("salt or index of the receipt is malformed")
    return Receipt(
        note.from_base64(extra, "salt of the receipt"),
        int(index),
        tuple(note.from_base64(line, "path of the receipt") for line in lines[_FIXED_LINES:]),
        signed_note,
    )


def verify(
    receipt: Receipt, envelope: bytes, *, origin: str, vkeys: Iterable[str], verify_bytes: note.Verify
) -> Checkpoint:
    """Check that the log ``origin``, by one of the keys ``vkeys``, holds this very envelope; its head is the answer.

    Raises:
        SignatureError: None of ``vkeys`` signed the head.
        ProofError: The head is of another log, or the envelope is not the entry under it.
        RecordError: The note is no checkpoint.
    """
    head = checkpoint.open_checkpoint(receipt.signed_note, vkeys, verify_bytes)
    if head.origin != origin:
        raise ProofError("the receipt is from another log")
    merkle.verify_inclusion(leaf(receipt.salt, envelope), receipt.index, head.size, receipt.path, head.root)
    return head
