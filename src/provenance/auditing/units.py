"""The index of exact units beside the archive: a row for every distinctive unit of every measurement, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import ArchiveError
from provenance.lookup import keys_of_blobs
from provenance.store.index import UnitIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.auditing.faults import Faults
    from provenance.auditing.records import Record
    from provenance.custodian import Custodian

#: Statements whose measurements the index holds.
_INDEXED = frozenset({"registration", "examination"})


class UnitCheck:
    """Compares the index with one measurement after another. Nothing to compare: no index, or a locked archive.

    Make one before the ends of the logs are read: what is indexed then was logged before.
    """

    def __init__(self, custodian: Custodian, origin: str, faults: Faults, *, locked: bool) -> None:
        self._custodian = custodian
        self._faults = faults
        self._index: UnitIndex | None = None
        self._indexed: frozenset[bytes] = frozenset()
        self._rows: dict[str, int] = {}
        self._most: dict[str, int] = {}  # evidence id → rows at most: two examinations may share units
        self.pending = 0
        path = custodian.archive.path
        if locked or not path.with_name(path.name + ".index").is_file():
            return
        with faults.noting("index.units", "the index of units"):
            _ = custodian.index_secret  # without it nothing can be compared
            index = UnitIndex(path, origin=origin, write=False)
            if index.of(origin):
                self._index, self._indexed, self._rows = index, frozenset(index.indexed()), index.counts()
            else:
                index.close()
                raise ArchiveError("is another archive's, another version's, or damaged")

    def add(self, record: Record, evidence_id: str, blobs: Mapping[tuple[str, int], bytes]) -> None:
        """Check that the index holds what one record measured; one that was made under lock is not in it yet."""
        if record.statement.predicate not in _INDEXED:
            return
        if self._index is None or record.digest not in self._indexed:
            self.pending += 1
            return
        with self._faults.noting("index.units", f"the index of units, {evidence_id}"):
            wanted = set(keys_of_blobs(self._custodian, record.statement.predicate, blobs))
            lacking = self._index.lacking(evidence_id, wanted)
            if lacking:
                self._faults.add("index.units", f"the index of units, {evidence_id}", f"{lacking} units are missing")
            self._most[evidence_id] = self._most.get(evidence_id, 0) + len(wanted)

    def close(self, unread: set[str]) -> int:
        """Tell rows that no measurement makes; returns how many rows there are.

        ``unread``: evidence ids of which something could not be read, so that it is not known what they measured.
        """
        if self._index is None:
            return 0
        for evidence_id, count in self._rows.items():
            surplus = count - self._most.get(evidence_id, 0)
            if surplus > 0 and evidence_id not in unread:
                where = f"the index of units, {evidence_id!a}"
                self._faults.add("index.units", where, f"{surplus} rows are of no measurement")
        self._index.close()
        return sum(self._rows.values())
