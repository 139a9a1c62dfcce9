"""The audit: make everything again from the stored signed bytes, compare, and list all faults (docs/formats/audit.md).

No fault stops it, nothing is changed, and no lock is held for long: records that are appended while it runs are left to
the next audit.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from provenance import records
from provenance.attest.details import LogContinued
from provenance.attest.statement import Subject
from provenance.auditing.copies import CopyCheck, read_places
from provenance.auditing.faults import Fault, Faults
from provenance.auditing.keyfiles import check_key_files
from provenance.auditing.outside import compare, read_outside
from provenance.auditing.records import RecordCheck
from provenance.auditing.sealed import SealedCheck
from provenance.auditing.stored import StoredEntry, StoredLog, stored_entry, stored_log
from provenance.auditing.tree import TreeCheck, check_origin, open_head
from provenance.auditing.units import UnitCheck
from provenance.errors import KeyFileError, LockedError, RecordError
from provenance.store.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provenance.auditing.records import Record
    from provenance.custodian import Custodian
    from provenance.evidence import DigestSet

    Progress = Callable[[str, int, int | None], None]

SCHEMA = "provenance/audit/v1"
State = Literal["self-consistent", "consistent-with-outside", "faults"]
Checked = Literal["checked", "not-checked"]

#: Settings of this version and the values they can have; None: a sealed box.
_SETTINGS: dict[str, frozenset[str] | None] = {
    "captured_default": frozenset({"captured", "unstated"}),
    "index_secret": None,
    "profile": frozenset({"filmer", "organisation"}),
}


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found. ``outside``: whether a head held outside was compared; ``checked``: counts, for people."""

    faults: tuple[Fault, ...]
    erased_by_record: int
    files: Checked
    sealed: Checked
    outside: bool
    checked: Mapping[str, int | str]

    @property
    def state(self) -> State:
        """Without a head from outside, a log that was made anew as a whole cannot be told from the old one."""
        if self.faults:
            return "faults"
        return "consistent-with-outside" if self.outside else "self-consistent"

    @property
    def exit_status(self) -> int:
        """0 without faults, 1 with."""
        return int(bool(self.faults))

    def to_json_value(self) -> dict[str, Any]:
        """The object of ``audit --json``."""
        return {
            "schema": SCHEMA,
            "state": self.state,
            "faults": [asdict(fault) for fault in self.faults],
            "erased_by_record": self.erased_by_record,
            "files": self.files,
            "sealed": self.sealed,
            "checked": dict(self.checked),
        }


def audit(
    custodian: Custodian, *, files: bool = False, progress: Progress | None = None, outside: Sequence[str] = ()
) -> AuditReport:
    """Check an archive; open it with ``guards=False``, so that missing guards are told among the faults.

    ``files``: hash the registered files again where they were last seen. ``outside``: texts of checkpoints, receipts
    and slips that others hold.

    Raises:
        ArchiveError: The file cannot be opened at all.
        KeyFileError: The passphrase is wrong (``key.passphrase``).
    """
    with Inspection(custodian.archive.path) as inspection:
        return _Audit(custodian, inspection, outside, progress=progress).run(files=files)


class _Audit:
    def __init__(
        self, custodian: Custodian, inspection: Inspection, outside: Sequence[str], *, progress: Progress | None
    ) -> None:
        self._custodian = custodian
        self._inspection = inspection
        self._progress = progress
        self._faults = Faults()
        self._locked = self._is_locked()
        self._logs = self._read_logs()
        # In this order: what was seen outside, or indexed, before the ends are read lies within them.
        self._heads = read_outside(self._logs, outside, self._faults)
        origin = self._logs[0].origin if self._logs else ""
        self._units = UnitCheck(custodian, origin, self._faults, locked=self._locked)
        self._ends = self._read_ends()
        self._records = RecordCheck(inspection, self._faults)
        self._sealed = SealedCheck(custodian, inspection, self._faults, locked=self._locked, ends=self._ends)
        self._digests: dict[str, DigestSet] = {}
        self._trees: dict[int, TreeCheck] = {}

    def run(self, *, files: bool) -> AuditReport:
        """Every check, in the order of docs/formats/audit.md."""
        self._check_file()
        for log in self._logs:
            self._check_log(log)
        self._check_strays()
        self._sealed.close()
        pending = 0 if self._locked else self._check_digest_index()
        unit_rows = self._units.close(self._sealed.unread)
        for head in self._heads:
            tree = self._trees[head.log]
            compare(head, self._ends.get(head.log, tree.size), tree.roots.get(head.head.size), self._faults)
        key_files = check_key_files(self._custodian, self._logs, self._records.introduced_last, self._faults)
        places = self._check_copies(files=files)
        return AuditReport(
            faults=tuple(self._faults.found),
            erased_by_record=self._sealed.erased_by_record,
            files="checked" if files and not self._locked else "not-checked",
            sealed="not-checked" if self._locked else "checked",
            outside=bool(self._heads),
            checked={
                "entries": sum(tree.size for tree in self._trees.values()),
                "heads": sum(tree.heads for tree in self._trees.values()),
                "records": self._records.count,
                "sealed_fields": self._sealed.fields,
                "sealed_blobs": self._sealed.blobs,
                "index_rows": unit_rows,
                "not_indexed_yet": pending + self._units.pending,
                "heads_held_outside": len(self._heads),
                "key_files": key_files,
                **places,
            },
        )

    # --- what there is to check ---------------------------------------------------------------------------------------

    def _is_locked(self) -> bool:
        try:
            _ = self._custodian.reading
        except LockedError:
            return True
        except KeyFileError as error:
            if error.code == "key.passphrase":
                raise  # a mistyped passphrase is no fault of the archive
            return True  # told when the key files are checked
        return False

    def _read_logs(self) -> list[StoredLog]:
        logs = []
        with self._faults.noting("archive.unreadable", "logs"):
            for row in self._inspection.logs():
                with self._faults.noting("archive.value", f"log {row[0]!a}"):
                    logs.append(stored_log(row))
        for log in logs:
            check_origin(log, self._faults)
        if not logs:
            self._faults.add("archive.value", "logs", "the archive holds no log")
        return logs

    def _read_ends(self) -> dict[int, int]:
        ends = {}
        for log in self._logs:
            with self._faults.noting("archive.unreadable", f"log {log.log}"):
                ends[log.log] = self._inspection.count_entries(log.log)
        return ends

    # --- the file -----------------------------------------------------------------------------------------------------

    def _check_file(self) -> None:
        file, inspection = self._custodian.archive.path.name, self._inspection
        for code, lines in (
            ("archive.integrity", inspection.integrity),
            ("archive.schema", inspection.schema_differences),
            ("archive.guards", inspection.missing_guards),
        ):
            with self._faults.noting(code, file):
                for line in lines():
                    self._faults.add(code, file, line)
        with self._faults.noting("archive.unreadable", "settings"):
            found = inspection.settings()
            for name, value in found:
                with self._faults.noting("archive.value", f"setting {name!a}"):
                    self._check_setting(name, value)
            for name in _SETTINGS.keys() - {row[0] for row in found}:
                self._faults.add("archive.value", f"setting {name}", "it is missing")

    def _check_setting(self, name: Any, value: Any) -> None:
        if name not in _SETTINGS:
            raise RecordError("this version knows no such setting")
        values = _SETTINGS[name]
        if values is not None and value not in values:
            raise RecordError(f"{value!a} is not one of its values")
        if values is None and not self._locked:
            _ = self._custodian.index_secret  # opens its box

    # --- log and records ----------------------------------------------------------------------------------------------

    def _check_log(self, log: StoredLog) -> None:
        wanted = frozenset(head.head.size for head in self._heads if head.log == log.log)
        tree = TreeCheck(self._inspection, log, self._faults, wanted)
        self._trees[log.log] = tree
        count, expected = self._ends.get(log.log, 0), 0
        with self._faults.noting("archive.unreadable", f"log {log.log}, from entry {tree.size} on"):
            for done, row in enumerate(self._inspection.entries(log.log, count)):
                with self._faults.noting("archive.value", f"log {log.log}, entry {row[0]!a}"):
                    entry = stored_entry(log.log, row)
                    if entry.index != expected:
                        self._faults.add("log.gap", entry.where, f"the entry before it has number {expected - 1}")
                    expected = entry.index + 1
                    tree.add(entry.entry)
                    self._check_record(log, entry)
                if self._progress:
                    self._progress("records", done + 1, count)
        tree.close()

    def _check_record(self, log: StoredLog, entry: StoredEntry) -> None:
        record = self._records.check(log, entry)
        if record is None:
            if entry.digest is not None:
                self._sealed.skip(entry)
            return
        if isinstance(record.statement.details, LogContinued):
            self._check_continued(log, record, record.statement.details)
        opened = self._sealed.check(record)
        branch = record.statement.branch
        if branch is None:
            return
        if opened.digests is not None:
            self._digests[branch.evidence_id] = opened.digests
        if opened.blobs is not None:
            self._units.add(record, branch.evidence_id, opened.blobs)

    def _check_continued(self, log: StoredLog, record: Record, details: LogContinued) -> None:
        """The first entry of a continued log names the last good head of the log before it."""
        old = next((one for one in self._logs if one.log == log.log - 1), None)
        tree = None if old is None else self._trees[old.log]
        if old is None or tree is None or details.origin != log.origin:
            self._faults.add("log.continued", record.where, "it does not join this log to the one before it")
            return
        with self._faults.noting("log.continued", record.where):
            note = self._inspection.note("heads", old.log, details.size)
            open_head(note, old)
            if record.statement.subject != Subject.log(old.origin, note):
                raise RecordError(f"it names another note than the head of log {old.log}")
            if (details.size, details.root) != (tree.size, tree.root):
                raise RecordError(f"log {old.log} ended with another head")

    def _check_strays(self) -> None:
        with self._faults.noting("archive.unreadable", "index of statements"):
            for digest, log, index in self._inspection.unlogged_rows():
                if digest not in self._records.unindexed:
                    where = f"index row of log {log!a}, entry {index!a}"
                    self._faults.add("index.extra", where, "no log entry has this record")
        with self._faults.noting("archive.unreadable", "what waits"):
            for line in self._inspection.waiting_differences():
                self._faults.add("index.columns", "what waits", line)
        with self._faults.noting("archive.unreadable", "envelopes"):
            for (digest,) in self._inspection.unlogged():
                if digest not in self._records.unindexed:
                    name = digest.hex() if type(digest) is bytes else ascii(digest)
                    self._faults.add("record.unlogged", f"record {name}", "no log entry stands for it")

    # --- indexes and copies -------------------------------------------------------------------------------------------

    def _check_digest_index(self) -> int:
        """Compare the digest index with the sealed digests; returns how many registrations are not in it yet.

        One that is not in it was registered while the archive was locked; the next command that writes adds it.
        """
        missing = set(self._digests)
        with self._faults.noting("archive.unreadable", "digest index"):
            for keyed, evidence_id, registered in self._inspection.digest_rows():
                digests = self._digests.get(evidence_id)
                if digests is None:
                    known = evidence_id in self._records.subjects and evidence_id not in self._sealed.unread
                    wrong = not registered or known
                    detail = "no registration is known whose digests could make it"
                else:
                    wrong = keyed != records.keyed(self._custodian, digests)
                    detail = "the registered digests make another"
                    missing.discard(evidence_id)
                if wrong:
                    self._faults.add("index.digest", f"digest index, {evidence_id!a}", detail)
        return len(missing)

    def _check_copies(self, *, files: bool) -> dict[str, int]:
        if self._locked:
            return {}
        places = read_places(self._custodian, self._inspection, self._faults)
        if not files:
            return {"places": len(places)}
        check = CopyCheck(self._digests, self._faults, self._progress)
        check.check(places)
        return {f"places_{state}": count for state, count in check.counts.items()}
