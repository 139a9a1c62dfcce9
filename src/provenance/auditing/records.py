"""Every stored record: its bytes, digest, signature and statement, what the index says of it, its place in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.attest import envelope, statement
from provenance.attest.details import KeyIntroduced, KeyRotated
from provenance.attest.keys import key_id
from provenance.auditing.stored import blob_value
from provenance.errors import RecordError, SignatureError
from provenance.tlog import entry as entries

if TYPE_CHECKING:
    from provenance.attest.envelope import Envelope
    from provenance.attest.statement import Statement
    from provenance.auditing.faults import Faults
    from provenance.auditing.stored import StoredEntry, StoredLog
    from provenance.store.inspection import Inspection, Values


@dataclass(frozen=True, slots=True)
class Record:
    """A record that parses, wherever else it is faulty. ``previous``: the record that its key signed before."""

    entry: StoredEntry
    digest: bytes
    statement: Statement
    previous: bytes | None

    @property
    def where(self) -> str:
        """Its place and kind, for people."""
        stated = self.statement
        kind = stated.predicate if stated.event is None else f"{stated.predicate} {stated.event}"
        about = "" if stated.branch is None else f" of {stated.branch.evidence_id}"
        return f"{self.entry.where} ({kind}{about})"


class RecordCheck:
    """Checks records in log order and remembers what the next ones must follow."""

    def __init__(self, inspection: Inspection, faults: Faults) -> None:
        self._inspection = inspection
        self._faults = faults
        self.keys: dict[str, bytes] = {}  # id → public key, of every key that a log introduced
        self.introduced_last: str | None = None
        self.count = 0
        self.subjects: dict[str, bytes] = {}  # evidence id → commitment of its registration
        self._of_key: dict[str, tuple[int, bytes]] = {}
        self._of_branch: dict[tuple[str, str], tuple[int, bytes]] = {}
        self.unindexed: set[bytes] = set()

    def check(self, log: StoredLog, entry: StoredEntry) -> Record | None:
        """Check the record behind an entry; None for padding and where nothing can be read."""
        if entry.digest is None:
            if entries.entry(entry.salt, entries.PADDING) != entry.entry:
                self._faults.add("log.padding", entry.where, "it has no record and is no padding")
            return None
        content = self._content(entry, entry.digest)
        if content is None:
            return None
        self.count += 1
        if entries.entry(entry.salt, content) != entry.entry:
            self._faults.add("log.entry", entry.where, "the entry is not made from this record and salt")
        try:
            signed = envelope.parse(content)
        except RecordError as error:
            self._faults.add("record.envelope", entry.where, error.message)
            return None
        try:
            stated = statement.parse(signed.payload)
        except RecordError as error:
            self._faults.add("record.statement", entry.where, error.message)
            return None
        record = Record(entry, entry.digest, stated, self._of_key.get(stated.key, (0, None))[1])
        self._check_signature(log, record, signed)
        self._introduce(log, record)
        self._check_index(record)
        self._check_order(record)
        self._check_subject(record)
        return record

    def _content(self, entry: StoredEntry, digest: bytes) -> bytes | None:
        with self._faults.noting("archive.unreadable", entry.where):
            stored = self._inspection.envelope(digest)
            if stored is None:
                self._faults.add("record.missing", entry.where, f"no bytes are stored for {digest.hex()}")
                return None
            try:
                content = blob_value(stored, "record")
            except RecordError as error:
                self._faults.add("archive.value", entry.where, error.message)
                return None
            if envelope.digest(content) != digest:
                self._faults.add("record.digest", entry.where, f"the stored bytes are not {digest.hex()}")
            return content
        return None

    # --- who signed ---------------------------------------------------------------------------------------------------

    def _check_signature(self, log: StoredLog, record: Record, signed: Envelope) -> None:
        stated = record.statement
        own = self.keys.get(stated.key) or self._own_introduction(stated) or self._next_introduction(log, record)
        if own is None:
            self._faults.add("record.signer", record.where, f"key {stated.key} was not introduced before")
            return
        try:
            signers = envelope.verify(signed, [own, *self.keys.values()])
        except SignatureError as error:
            self._faults.add("record.signature", record.where, error.message)
            return
        if own not in signers:
            self._faults.add("record.signature", record.where, f"key {stated.key} did not sign it")
        elif stated.event == "log-continued" and not any(key_id(one) in self.keys for one in signers):
            self._faults.add("record.signer", record.where, "no key of the old log signed that it goes on")

    @staticmethod
    def _own_introduction(stated: Statement) -> bytes | None:
        return stated.details.public if isinstance(stated.details, KeyIntroduced) else None

    def _next_introduction(self, log: StoredLog, record: Record) -> bytes | None:
        """A continued log begins with a statement by a key that presents itself only in the next entry."""
        if record.statement.event != "log-continued" or record.entry.index or not log.log:
            return None
        row = self._inspection.index_row(log.log, 1)
        content = None if row is None else self._inspection.envelope(row[0])
        try:
            stated = statement.parse(envelope.parse(blob_value(content, "record")).payload)
        except RecordError:
            return None  # told when its own turn comes
        return self._own_introduction(stated) if stated.key == record.statement.key else None

    def _introduce(self, log: StoredLog, record: Record) -> None:
        details = record.statement.details
        if isinstance(details, KeyIntroduced) and details.origin != log.origin:
            self._faults.add("record.signer", record.where, f"the key presents itself to the log {details.origin}")
        elif isinstance(details, KeyIntroduced | KeyRotated):
            self.introduced_last = key_id(details.public)
            self.keys[self.introduced_last] = details.public

    # --- what the index says ------------------------------------------------------------------------------------------

    def _check_index(self, record: Record) -> None:
        with self._faults.noting("archive.unreadable", record.where):
            stored = self._inspection.index_row(record.entry.log, record.entry.index)
            if stored is None:
                self.unindexed.add(record.digest)
                self._faults.add("index.missing", record.where, "the index has no row for this place in the log")
            elif stored != _index_row(record):
                self.unindexed.add(record.digest)
                names = ("digest", "log", "idx", "predicate", "event", "evidence_id", "key_id", "seq", "key_seq")
                pairs = zip(names, stored, _index_row(record), strict=True)
                wrong = ", ".join(name for name, one, other in pairs if one != other)
                self._faults.add("index.columns", record.where, f"the index differs from the signed bytes in {wrong}")

    # --- order --------------------------------------------------------------------------------------------------------

    def _check_order(self, record: Record) -> None:
        stated = record.statement
        before = self._of_key.get(stated.key)
        expected = 0 if before is None else before[0] + 1
        if stated.key_seq != expected:
            self._faults.add(
                "order.key", record.where, f"statement {stated.key_seq} of its key follows number {expected - 1}"
            )
        self._of_key[stated.key] = (stated.key_seq, record.digest)
        if stated.branch is not None:
            self._check_branch(record)

    def _check_branch(self, record: Record) -> None:
        branch = record.statement.branch
        assert branch is not None
        if branch.custodian != record.statement.key and branch.custodian not in self.keys:
            self._faults.add("order.branch", record.where, f"the branch began under {branch.custodian}, unknown")
        place = (branch.evidence_id, branch.custodian)
        before = self._of_branch.get(place)
        expected = 0 if before is None else before[0] + 1
        if branch.seq != expected:
            self._faults.add("order.branch", record.where, f"custody number {branch.seq} follows number {expected - 1}")
        if before is not None and branch.prev[:1] != (before[1],):
            self._faults.add("order.branch-prev", record.where, f"the record before it is {before[1].hex()}")
        self._of_branch[place] = (branch.seq, record.digest)

    def _check_subject(self, record: Record) -> None:
        subject, predicate = record.statement.subject, record.statement.predicate
        if subject.form != "evidence":
            return
        known = self.subjects.get(subject.name)
        if (known is None) != (predicate == "registration"):
            fault = "it has no registration before it" if known is None else "it is registered a second time"
            self._faults.add("record.registration", record.where, fault)
        if known is not None and known != subject.digest:
            self._faults.add("record.subject", record.where, "it commits to another file than the registration")
        self.subjects.setdefault(subject.name, subject.digest)


def _index_row(record: Record) -> Values:
    """The index columns as the signed bytes have them."""
    stated, entry = record.statement, record.entry
    branch = stated.branch
    return (
        record.digest, entry.log, entry.index, stated.predicate, stated.event,
        None if branch is None else branch.evidence_id, stated.key, None if branch is None else branch.seq,
        stated.key_seq,
    )  # fmt: skip
