"""What is sealed: boxes open, fields are those that were signed, measurements are those that were committed to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provenance import records
from provenance.attest import disclosure
from provenance.attest.commitment import BlobCommitment, BlobSecret, check_blob, check_subject
from provenance.attest.sealing import recipient_count
from provenance.auditing.stored import blob_value
from provenance.binding import codec
from provenance.binding.packing import unpack
from provenance.custodian import blob_purpose, fields_purpose
from provenance.errors import ProvenanceError, RecordError
from provenance.evidence import DigestSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.auditing.faults import Faults
    from provenance.auditing.records import Record
    from provenance.auditing.stored import StoredEntry
    from provenance.custodian import Custodian
    from provenance.store.inspection import Inspection

#: Place of ``evidence_id`` among the index columns.
_EVIDENCE_COLUMN = 5
_DIGEST_NAMES = ("sha256", "sha512", "size", "subject_salt")


@dataclass(frozen=True, slots=True)
class _Gone:
    """A value that a record promised and that is not stored: a fault unless it was erased by a record."""

    code: str
    evidence_id: str | None
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What one record sealed. ``digests``: of a registration; ``blobs``: by kind and track, None if unreadable."""

    digests: DigestSet | None = None
    blobs: Mapping[tuple[str, int], bytes] | None = None


class SealedCheck:
    """Checks the boxes of records; a locked archive only has their presence and form checked."""

    def __init__(
        self, custodian: Custodian, inspection: Inspection, faults: Faults, *, locked: bool, ends: Mapping[int, int]
    ) -> None:
        self._custodian = custodian
        self._inspection = inspection
        self._faults = faults
        self._locked = locked
        self._ends = ends  # by log, the entries that there were when the audit began
        self._gone: list[_Gone] = []
        self._erased: set[str] = set()
        self._promised: set[bytes] = set()
        self._unread: set[tuple[int, int]] = set()  # places in the log of records whose fields could not be read
        self.unread: set[str] = set()  # and their evidence ids: what follows from the fields cannot be checked
        self.fields = 0
        self.blobs = 0
        self.erased_by_record = 0

    def check(self, record: Record) -> Opened:
        """Check everything that ``record`` sealed."""
        branch = record.statement.branch
        if record.statement.event == "erased" and branch is not None:
            self._erased.add(branch.evidence_id)
        box = self._box(record)
        if self._locked and box is not None:
            with self._faults.noting("sealed.box", record.where):
                recipient_count(box)
        fields = None if box is None or self._locked else self._fields(record, box)
        if fields is None:
            self._leave_unread(record)
            return Opened()
        self._check_previous(record, fields)
        return Opened(self._digests(record, fields), self._parsed(record, self._blobs(record, fields)))

    def skip(self, entry: StoredEntry) -> None:
        """Take note of an entry whose record could not be read; the index alone says what it was about."""
        self._unread.add((entry.log, entry.index))
        with self._faults.noting("archive.unreadable", entry.where):
            row = self._inspection.index_row(entry.log, entry.index)
            if row is not None:
                self.unread.add(str(row[_EVIDENCE_COLUMN]))

    def _leave_unread(self, record: Record) -> None:
        self._unread.add((record.entry.log, record.entry.index))
        if record.statement.branch is not None:
            self.unread.add(record.statement.branch.evidence_id)

    def close(self) -> None:
        """Decide what of the missing values was erased by a record, and tell boxes that belong to nothing."""
        for gone in self._gone:
            if gone.evidence_id in self._erased:
                self.erased_by_record += 1
            else:
                self._faults.add(gone.code, gone.where, gone.detail)
        with self._faults.noting("archive.unreadable", "sealed boxes"):
            for what, key in self._inspection.stray_boxes():
                name = key.hex() if type(key) is bytes else ascii(key)
                self._faults.add("sealed.stray", f"{what} {name}", "no record in the index has it")
        with self._faults.noting("archive.unreadable", "sealed blobs"):
            for commitment, log, index in self._inspection.blob_rows():
                # A record that was appended after the audit began has not been asked for its promises.
                if type(index) is int and index < self._ends.get(log, 0):
                    self._check_kept(commitment, told=(log, index) in self._unread)

    def _check_kept(self, commitment: bytes, *, told: bool) -> None:
        """``told``: the fields that would promise the blob could not be read."""
        where = f"sealed blob {commitment.hex()}"
        if not self._locked:
            if commitment not in self._promised and not told:
                self._faults.add("sealed.stray", where, "no record commits to it")
            return
        row = self._inspection.blob_box(commitment)
        if row is not None:
            with self._faults.noting("sealed.box", where):
                recipient_count(blob_value(row[1], "box"))

    # --- fields -------------------------------------------------------------------------------------------------------

    def _box(self, record: Record) -> bytes | None:
        try:
            stored = self._inspection.fields_box(record.digest)
            if stored is not None:
                return blob_value(stored, "box with the sealed fields")
        except ProvenanceError as error:
            self._faults.add("sealed.box", record.where, error.message)
            return None
        self._miss("sealed.missing", record, "no box with its sealed fields is stored")
        return None

    def _miss(self, code: str, record: Record, detail: str) -> None:
        branch = record.statement.branch
        self._gone.append(_Gone(code, None if branch is None else branch.evidence_id, record.where, detail))

    def _fields(self, record: Record, box: bytes) -> dict[str, Any] | None:
        """Name → value of every stored field that the record sealed; None when the box does not open."""
        try:
            plain = self._custodian.open_box(box, fields_purpose(record.digest))
        except ProvenanceError as error:
            self._faults.add("sealed.box", record.where, error.message)
            return None
        try:
            texts = _texts(plain)
        except RecordError as error:
            self._faults.add("sealed.fields", record.where, error.message)
            return None
        left, fields = set(record.statement.sd), dict[str, Any]()
        for text in texts:
            with self._faults.noting("sealed.fields", record.where):
                one = disclosure.parse(text)
                disclosure.check(one, left)
                if one.name in fields:
                    raise RecordError(f"the field {one.name!r} was sealed twice")
                left.discard(one.digest)
                fields[one.name] = one.value
                if one.name == disclosure.DECOYS:
                    left -= disclosure.decoys_in(one, record.statement.sd)
        self.fields += len(fields)
        if left:
            self._leave_unread(record)
            self._miss("sealed.withheld", record, f"{len(left)} sealed fields are not among the stored ones")
        return fields

    def _check_previous(self, record: Record, fields: Mapping[str, Any]) -> None:
        if "key_prev" not in fields:
            return  # told as withheld
        expected = [] if record.previous is None else [record.previous.hex()]
        if fields["key_prev"] != expected:
            self._faults.add("order.key-prev", record.where, "the sealed digest of the statement before it is another")

    def _digests(self, record: Record, fields: Mapping[str, Any]) -> DigestSet | None:
        if record.statement.predicate != "registration" or not all(name in fields for name in _DIGEST_NAMES):
            return None
        with self._faults.noting("sealed.subject", record.where):
            salt, digests = _digest_fields(fields)
            check_subject(record.statement.subject.digest, salt, digests)
            return digests
        return None

    # --- blobs --------------------------------------------------------------------------------------------------------

    def _blobs(self, record: Record, fields: Mapping[str, Any]) -> dict[tuple[str, int], bytes]:
        blobs = {}
        for name, value in sorted(fields.items()):
            if not name.startswith(records.COMMITMENT):
                continue
            where = f"{record.where}, {name.removeprefix(records.COMMITMENT)}"
            with self._faults.noting("sealed.fields", where):
                promised = BlobCommitment.from_field(value)
                secret = BlobSecret.from_field(fields.get(records.BLOB + name.removeprefix(records.COMMITMENT)))
                blob = self._blob(record, promised, secret, where)
                if blob is not None:
                    self.blobs += 1
                    blobs[_blob_key(name)] = blob
        return blobs

    def _blob(self, record: Record, promised: BlobCommitment, secret: BlobSecret, where: str) -> bytes | None:
        self._promised.add(promised.sha256)
        with self._faults.noting("archive.unreadable", where):
            row = self._inspection.blob_box(promised.sha256)
            if row is None:
                self._miss("sealed.blob-missing", record, f"no box is stored for {where.rpartition(', ')[2]}")
                return None
            try:
                if row[0] != record.digest:
                    raise RecordError("its box is kept for another record")
                stored = self._custodian.open_box(blob_value(row[1], "box"), blob_purpose(promised.sha256))
            except RecordError as error:
                self._faults.add("sealed.box", where, error.message)
                return None
            with self._faults.noting("sealed.blob", where):
                blob = unpack(stored)
                header, rows = codec.split(blob)
                check_blob(promised, header, rows, secret)
                return blob
        return None

    def _parsed(self, record: Record, blobs: dict[tuple[str, int], bytes]) -> Mapping[tuple[str, int], bytes] | None:
        """The blobs, if all of them parse."""
        with self._faults.noting("sealed.blob-form", record.where):
            if ("chunks", 0) in blobs:
                codec.parse_chunks(blobs["chunks", 0])
            if record.statement.predicate == "examination" and blobs:
                codec.from_blobs(blobs)
            return blobs
        return None


def _texts(plain: bytes) -> list[str]:
    try:
        texts = json.loads(plain)
    except ValueError as error:
        raise RecordError("the sealed fields are not JSON") from error
    if type(texts) is not list or not all(type(text) is str for text in texts):
        raise RecordError("the sealed fields are not a list of disclosures")
    return texts


def _digest_fields(fields: Mapping[str, Any]) -> tuple[bytes, DigestSet]:
    """Salt and digests of a registration; raises :class:`RecordError`."""
    try:
        values = [bytes.fromhex(fields[name]) for name in ("subject_salt", "sha256", "sha512")]
        size = int(fields["size"])
        size.to_bytes(8, "big")
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordError("the sealed digests are malformed") from error
    return values[0], DigestSet(values[1], values[2], size)


def _blob_key(name: str) -> tuple[str, int]:
    """(kind, track) of ``commitment/KIND/TRACK``; raises :class:`RecordError`."""
    kind, _, track = name.removeprefix(records.COMMITMENT).partition("/")
    if not track.isdecimal():
        raise RecordError("a committed measurement is of no track")
    return kind, int(track)
