"""The index of exact units beside the archive: a row for every distinctive unit of every measurement, and no other."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from provenance.errors import ArchiveError
from provenance.lookup import INDEXED, is_held, keys_of_blobs, segments_of_blobs
from provenance.store.index import UnitIndex
from provenance.store.index_file import NOTHING
from provenance.store.segments import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.auditing.faults import Faults
    from provenance.auditing.records import Record
    from provenance.custodian import Custodian


class UnitCheck:
    """Compares the index with one measurement after another. Nothing to compare: no index, or a locked archive.

    Make one before the ends of the logs are read: what is indexed then was logged before.
    """

    def __init__(self, custodian: Custodian, origin: str, faults: Faults, *, locked: bool) -> None:
        self._custodian = custodian
        self._faults = faults
        self._index: UnitIndex | None = None
        self._end = NOTHING  # (log, index) up to which everything is indexed, but for what was left out
        self._left_out: frozenset[bytes] = frozenset()
        self._rows: dict[str, int] = {}
        self._most: dict[str, int] = {}  # evidence id → rows at most: two examinations may share units
        # (evidence id, kind, signer) → digest of the segment, as the index has it and as measurements make it
        self._sealed: dict[tuple[str, int, bytes], bytes] = {}
        self._made: dict[tuple[str, int, bytes], bytes] = {}
        self.pending = 0
        path = custodian.archive.path
        if locked or not path.with_name(path.name + ".index").is_file():
            return
        with faults.noting("index.units", "the index of units"):
            index = UnitIndex(path, origin=origin, secret=custodian.index_secret, write=False)
            try:
                self._read(index)
            except BaseException:
                index.close()
                raise
            self._index = index

    def _read(self, index: UnitIndex) -> None:
        if not index.of_archive():
            raise ArchiveError("is another archive's, another version's, or damaged")
        self._end, digest = index.indexed_to()
        if not is_held(self._custodian, self._end, digest):
            raise ArchiveError("is of another history of this archive; the next command that writes makes it again")
        self._left_out, self._rows = frozenset(index.left_out()), index.counts()
        for kind in KINDS:
            for evidence_id, one in index.segments(kind):
                self._sealed[evidence_id, kind, one.signer] = hashlib.sha256(one.content).digest()
        surplus = index.surplus()
        if surplus:
            detail = f"{abs(surplus)} rows {'too many' if surplus > 0 else 'are missing'}"
            self._faults.add("index.units", "the index of units", detail)

    def add(self, record: Record, evidence_id: str, blobs: Mapping[tuple[str, int], bytes]) -> None:
        """Check that the index holds what one record measured; one that was made under lock is not in it yet."""
        if record.statement.predicate not in INDEXED:
            return
        place = (record.entry.log, record.entry.index)
        if self._index is None or place > self._end or record.digest in self._left_out:
            self.pending += 1
            return
        with self._faults.noting("index.units", f"the index of units, {evidence_id}"):
            wanted = set(keys_of_blobs(self._custodian, record.statement.predicate, blobs))
            lacking = self._index.lacking(evidence_id, wanted)
            if lacking:
                self._faults.add("index.units", f"the index of units, {evidence_id}", f"{lacking} units are missing")
            for one in segments_of_blobs(record.statement.predicate, record.statement.key, blobs):
                self._made[evidence_id, one.kind, one.signer] = hashlib.sha256(one.content).digest()
            self._most[evidence_id] = self._most.get(evidence_id, 0) + len(wanted)

    def close(self, unread: set[str]) -> int:
        """Tell rows that no measurement makes; returns how many rows there are.

        ``unread``: evidence ids of which something could not be read, so that it is not known what they measured.
        """
        if self._index is None:
            return 0
        told = set(unread)
        for evidence_id, count in sorted(self._rows.items()):
            surplus = count - self._most.get(evidence_id, 0)
            if surplus > 0 and evidence_id not in unread:
                where = f"the index of units, {evidence_id!a}"
                self._faults.add("index.units", where, f"{surplus} rows are of no measurement")
                told.add(evidence_id)
        self._check_segments(told)
        self._index.close()
        return sum(self._rows.values())

    def _check_segments(self, passed: set[str]) -> None:
        """What copies are searched by is what the newest examination of each signer makes, and nothing else.

        ``passed``: evidence ids that were told of already, or could not be read.
        """
        for key in sorted(self._sealed.keys() | self._made.keys()):
            if self._sealed.get(key) != self._made.get(key) and key[0] not in passed:
                where = f"the index of units, {key[0]!a}"
                self._faults.add("index.units", where, "what copies are searched by is not what was measured")
