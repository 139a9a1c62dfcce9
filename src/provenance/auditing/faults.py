"""What an audit can find wrong: every fault code, what it means, and what to do (docs/formats/audit.md)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Meaning:
    """``plain``: what a fault with this code says; ``advice``: what to do about it."""

    plain: str
    advice: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its code, where it was found, what exactly was found, and what to do."""

    code: str
    where: str
    detail: str
    advice: str


_COMPARE = "Keep this file as it is, restore a backup beside it and compare; ask who could write to this disk."
_OUTSIDE = "Compare with checkpoints, receipts and slips that others hold: they tell what stood here before."
_RESTORE = "Keep this file as it is and restore a backup; what the backup lacks was recorded after it was made."
_ERASE = "If it was erased on purpose, an `erased` record has to say so; else restore a backup."
_REBUILD = "Nothing is lost: the signed bytes are the truth. Restore a backup, or have the index made again."

#: Code → meaning, in the order in which an audit looks.
MEANINGS: Final[dict[str, Meaning]] = {
    # the file
    "archive.integrity": Meaning("SQLite finds pages, rows or indexes of the file damaged.", _RESTORE),
    "archive.unreadable": Meaning("A part of the file cannot be read, so that it was not checked.", _RESTORE),
    "archive.schema": Meaning("Tables, views or triggers are not those that this version makes.", _COMPARE),
    "archive.guards": Meaning("The guards that keep log tables append-only are missing or altered.", _COMPARE),
    "archive.value": Meaning("A stored value has another type, length or form than its column holds.", _COMPARE),
    # the log
    "log.origin": Meaning("The name of the log is not the one that its key makes.", _COMPARE),
    "log.gap": Meaning("Entries are missing inside the log.", _RESTORE),
    "log.entry": Meaning("An entry is not the blinded digest of the record stored for it.", _COMPARE),
    "log.padding": Meaning("An entry without a record is not a padding entry.", _COMPARE),
    "log.node": Meaning("A stored tree node is not the hash of what is below it.", _RESTORE),
    "log.tail-cut": Meaning("Heads, records or tree nodes are left of entries that are gone from the end.", _OUTSIDE),
    "log.continued": Meaning("A continued log does not name the head where the old log ended.", _COMPARE),
    "head.missing": Meaning("The head that was signed when an entry was appended is missing.", _RESTORE),
    "head.malformed": Meaning("A stored head is not a signed checkpoint.", _RESTORE),
    "head.signature": Meaning("A stored head is not signed by the key of its log.", _COMPARE),
    "head.place": Meaning("A stored head speaks of another log or another number of entries.", _COMPARE),
    "head.root": Meaning("The log key signed another root for this number of entries than the entries make.", _OUTSIDE),
    # records
    "record.missing": Meaning("A log entry stands for a record that is not stored.", _RESTORE),
    "record.digest": Meaning("The stored bytes of a record are not those of its digest.", _RESTORE),
    "record.envelope": Meaning("A stored record is not an envelope in its one writer form.", _COMPARE),
    "record.statement": Meaning("The signed content of a record is not a statement of a version known here.", _COMPARE),
    "record.signature": Meaning("A record is not signed by the key that it names.", _COMPARE),
    "record.signer": Meaning("A record is signed by a key that the log never introduced.", _COMPARE),
    "record.subject": Meaning("Records with one evidence id are about different files.", _OUTSIDE),
    "record.registration": Meaning("An evidence id has no registration before its other records, or two.", _OUTSIDE),
    "record.unlogged": Meaning("A stored record is in no log entry.", _COMPARE),
    "order.key": Meaning("The statements of a key are not numbered without gap and repetition.", _OUTSIDE),
    "order.key-prev": Meaning("A statement does not name the one that its key signed before.", _OUTSIDE),
    "order.branch": Meaning("The custody of an item is not numbered without gap and repetition.", _OUTSIDE),
    "order.branch-prev": Meaning("A custody record does not name the one before it.", _OUTSIDE),
    "index.columns": Meaning("The index says something else about a record than its signed bytes.", _REBUILD),
    "index.missing": Meaning("The index lacks a record.", _REBUILD),
    "index.extra": Meaning("The index has a row that no log entry stands behind.", _REBUILD),
    # sealed values
    "sealed.missing": Meaning("The sealed fields of a record are missing; no record says they were erased.", _ERASE),
    "sealed.withheld": Meaning("A record sealed fields that are not among the stored ones.", _ERASE),
    "sealed.box": Meaning("A sealed box does not open: it was changed, cut, or put in another's place.", _RESTORE),
    "sealed.fields": Meaning("Stored fields are malformed or are not those that the record sealed.", _RESTORE),
    "sealed.subject": Meaning("The sealed digests of a file are not what its record commits to.", _OUTSIDE),
    "sealed.blob": Meaning("A stored measurement is not the one that the record commits to.", _RESTORE),
    "sealed.blob-missing": Meaning("A committed measurement is missing, and no record says it was erased.", _ERASE),
    "sealed.blob-form": Meaning("A measurement is as it was committed to, and malformed.", "Examine the file again."),
    "sealed.stray": Meaning("A sealed box belongs to no record.", _COMPARE),
    "sealed.location": Meaning("What is sealed about where a file lies is malformed.", "`provenance locate ID PATH`"),
    "index.digest": Meaning("The index of file digests has a row that the sealed digests do not make.", _REBUILD),
    "index.units": Meaning(
        "The index of exact units beside the archive is not what the measurements make.",
        "Delete the file ending in .index: it is made again. Until then a copy could go unrecognised.",
    ),
    # outside
    "outside.malformed": Meaning("A head held outside is not a signed checkpoint.", "Ask for it again."),
    "outside.signature": Meaning("A head held outside is not signed by the key of the log that it names.", _OUTSIDE),
    "outside.unknown-origin": Meaning("A head held outside is of a log that is not in this archive.", _OUTSIDE),
    "outside.rolled-back": Meaning(
        "The log once had more entries than are here. A restored backup looks so, and a log whose end was cut cleanly.",
        "If it was restored: `provenance archive adopt --copied` begins a new log. Else: who could write to this disk?",
    ),
    "outside.tail-cut": Meaning(
        "The log once had more entries, and left-overs of them are still here: no backup looks so.", _OUTSIDE
    ),
    "outside.fork": Meaning(
        "Two histories were signed with one log key. This also happens when a backup is restored; it does not say"
        " which is right. Entries before the earlier of both heads may be unaffected.",
        _OUTSIDE,
    ),
    # keys
    "key.missing": Meaning(
        "A key file is missing: the archive can be read and not added to.", "Put back a copy of the keys folder."
    ),
    "key.malformed": Meaning("A key file does not hold a key.", "Put back a copy of the keys folder."),
    "key.mismatch": Meaning("A key file holds another key than the log names.", "Put back the keys of this archive."),
    "key.open": Meaning("Others on this machine may read a key file.", "chmod -R go= that folder."),
    # the registered files
    "file.missing": Meaning("The registered bytes are at no place where they were seen.", "`provenance locate`"),
    "file.changed": Meaning(
        "Where registered bytes were seen there are other bytes now.",
        "Look for another copy and `provenance locate` it; do not write over this one.",
    ),
    "file.unreadable": Meaning("The file where registered bytes were seen cannot be read.", "Check disk and owner."),
}


class Faults:
    """The faults of one audit, in the order found."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, code: str, where: str, detail: str) -> None:
        """Note a fault."""
        fault = Fault(code, where, detail, MEANINGS[code].advice)
        self.found.append(fault)

    @contextlib.contextmanager
    def noting(self, code: str, where: str) -> Iterator[None]:
        """Note any error of ours inside as a fault, and go on behind the block."""
        try:
            yield
        except ProvenanceError as error:
            self.add(code, where, error.message)


class Ranges:
    """Faults that follow one another, entry by entry, told as one: ``sizes 7-19``."""

    def __init__(self, faults: Faults, place: str) -> None:
        self._faults = faults
        self._place = place
        self._runs: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, code: str, number: int, detail: str) -> None:
        """Note a fault at ``number``; numbers come in rising order."""
        run = self._runs.get((code, detail))
        if run is not None and run[1] + 1 < number:
            self._tell(code, detail, run)
            run = None
        self._runs[code, detail] = (number if run is None else run[0], number)

    def close(self) -> None:
        """Tell the runs that are still open."""
        for (code, detail), run in self._runs.items():
            self._tell(code, detail, run)
        self._runs.clear()

    def _tell(self, code: str, detail: str, run: tuple[int, int]) -> None:
        first, last = run
        self._faults.add(code, f"{self._place} {first}" if first == last else f"{self._place}s {first}-{last}", detail)
