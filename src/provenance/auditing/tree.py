"""The tree of one log, made again leaf by leaf and compared with what is stored: nodes, heads and checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import merkle
from provenance.attest.keys import verify
from provenance.auditing.faults import Ranges
from provenance.errors import ProvenanceError, RecordError, SignatureError
from provenance.tlog import checkpoint

if TYPE_CHECKING:
    from provenance.auditing.faults import Faults
    from provenance.auditing.stored import StoredLog
    from provenance.store.inspection import Inspection
    from provenance.tlog.checkpoint import Checkpoint


class TreeCheck:
    """Feed it every entry of a log in order; it notes faults as it goes, and keeps the roots at ``wanted`` sizes."""

    def __init__(self, inspection: Inspection, log: StoredLog, faults: Faults, wanted: frozenset[int]) -> None:
        self._inspection = inspection
        self._log = log
        self._faults = faults
        self._ranges = Ranges(faults, f"log {log.log}, head of size")
        self._wanted = wanted
        self._complete: list[bytes | None] = []  # by level, the complete subtree that waits for its sibling
        self._checkpoints = self._kept_checkpoints()
        self.size = 0
        self.root = merkle.EMPTY_ROOT
        self.heads = 0
        self.roots: dict[int, bytes] = {}

    def _kept_checkpoints(self) -> frozenset[int]:
        with self._faults.noting("archive.unreadable", f"log {self._log.log}, checkpoints"):
            return frozenset(self._inspection.kept_sizes("checkpoints", self._log.log))
        return frozenset()

    def add(self, entry: bytes) -> None:
        """Append the entry, check every node that it completes and every head that is kept of the new size."""
        value, level, index = merkle.leaf_hash(entry), 0, self.size
        self._check_node(level, index, value)
        while index % 2:
            left = self._complete[level]
            assert left is not None  # an odd index has a left sibling that was fed before
            self._complete[level] = None
            value, level, index = merkle.node_hash(left, value), level + 1, index // 2
            self._check_node(level, index, value)
        if level == len(self._complete):
            self._complete.append(None)
        self._complete[level] = value
        self.size += 1
        self.root = self._root()
        if self.size in self._wanted:
            self.roots[self.size] = self.root
        self._check_head("heads", self.root)
        if self.size in self._checkpoints:
            self._check_head("checkpoints", self.root)

    def close(self) -> None:
        """Tell what is stored beyond the end."""
        self._ranges.close()
        where = f"log {self._log.log}, after entry {self.size - 1}"
        with self._faults.noting("archive.unreadable", where):
            for line in self._inspection.behind_the_end(self._log.log):
                self._faults.add("log.tail-cut", where, f"{line} of entries that are not there")

    def _root(self) -> bytes:
        parts = [part for part in self._complete if part is not None]
        value = parts[0]
        for part in parts[1:]:
            value = merkle.node_hash(part, value)
        return value

    def _check_node(self, level: int, index: int, value: bytes) -> None:
        with self._faults.noting("archive.unreadable", f"log {self._log.log}, tree node {level}/{index}"):
            stored = self._inspection.node(self._log.log, level, index)
            if stored != value:
                state = "is missing" if stored is None else "is another than the entries make"
                self._faults.add("log.node", f"log {self._log.log}, tree node {level}/{index}", f"the hash {state}")

    def _check_head(self, table: str, root: bytes) -> None:
        try:
            signed = self._inspection.note(table, self._log.log, self.size)
            if signed is None:
                self._ranges.add("head.missing", self.size, "no head of this size is kept")
                return
            self.heads += 1
            head = open_head(signed, self._log)
        except SignatureError as error:
            self._ranges.add("head.signature", self.size, f"in {table}: {error.message}")
        except RecordError as error:
            self._ranges.add("head.malformed", self.size, f"in {table}: {error.message}")
        except ProvenanceError as error:
            self._ranges.add("archive.unreadable", self.size, f"in {table}: {error.message}")
        else:
            self._compare(table, head, root)

    def _compare(self, table: str, head: Checkpoint, root: bytes) -> None:
        if head.origin != self._log.origin or head.size != self.size:
            self._ranges.add("head.place", self.size, f"in {table}: the note is of another log or size")
        elif head.root != root:
            self._ranges.add("head.root", self.size, f"in {table}: the log key signed another root")


def open_head(signed: object, log: StoredLog) -> Checkpoint:
    """The head in a note that the key of ``log`` signed; raises :class:`RecordError` or :class:`SignatureError`."""
    if type(signed) is not str:
        raise RecordError("the note is not text")
    return checkpoint.open_checkpoint(signed, [checkpoint.vkey_of(log.public_key)], verify)


def check_origin(log: StoredLog, faults: Faults) -> None:
    """The origin of a log is made from its first public key (formats section 4)."""
    if log.origin != checkpoint.origin_of(log.public_key):
        faults.add("log.origin", f"log {log.log}", f"{log.origin} is not the name of this key")
