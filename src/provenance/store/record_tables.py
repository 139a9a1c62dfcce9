"""The tables of the records: envelopes as they were signed, and the index columns read from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provenance.errors import ArchiveError
from provenance.store.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Row:
    """The index columns of one statement, as they can be read again from its envelope."""

    envelope_digest: bytes
    log: int
    idx: int
    predicate: str
    event: str | None
    evidence_id: str | None
    key_id: str
    seq: int | None
    key_seq: int


class RecordTables(Tables):
    """Envelopes, statements, and which of what is registered waits for something."""

    def add_envelope(self, row: Row, envelope: bytes) -> None:
        """Store an envelope's exact bytes with the index columns read from it, inside the caller's transaction."""
        self._all("INSERT INTO envelopes (digest, envelope) VALUES (?, ?)", row.envelope_digest, envelope)
        self.add_statement(row)

    def add_statement(self, row: Row) -> None:
        """Store the index columns of one statement."""
        self._all(
            "INSERT INTO statements (envelope_digest, log, idx, predicate, event, evidence_id, key_id, seq, key_seq)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.envelope_digest, row.log, row.idx, row.predicate, row.event, row.evidence_id, row.key_id, row.seq,
            row.key_seq,
        )  # fmt: skip

    def envelope(self, digest: bytes) -> bytes:
        """The stored bytes of an envelope; raises :class:`ArchiveError` when they are gone."""
        row = self._one("SELECT envelope FROM envelopes WHERE digest = ?", digest)
        if row is None:
            raise ArchiveError(
                f"lacks the envelope {digest.hex()}",
                code="archive.damaged",
                file=str(self.path),
                advice="run `provenance audit`",
            )
        return bytes(row[0])

    def statements(self, **equal: Any) -> list[Row]:
        """Index rows where the named columns have these values (None = any), in log order."""
        named = {name: value for name, value in equal.items() if value is not None}
        columns = set(Row.__slots__)
        if not set(named) <= columns:
            raise ValueError(f"no such column: {sorted(set(named) - columns)}")
        where = " AND ".join(f"{name} = ?" for name in named) or "1"
        sql = (
            "SELECT envelope_digest, log, idx, predicate, event, evidence_id, key_id, seq, key_seq"
            f" FROM statements WHERE {where} ORDER BY log, idx"
        )
        return [Row(*row) for row in self._all(sql, *named.values())]

    def last_statement(self, *, key_id: str, evidence_id: str | None = None) -> Row | None:
        """The newest statement of a key, or of its branch on one evidence id."""
        sql = (
            "SELECT envelope_digest, log, idx, predicate, event, evidence_id, key_id, seq, key_seq FROM statements"
            " WHERE key_id = ?"
        )
        if evidence_id is None:
            row = self._one(f"{sql} ORDER BY key_seq DESC LIMIT 1", key_id)
        else:
            row = self._one(f"{sql} AND evidence_id = ? ORDER BY seq DESC LIMIT 1", key_id, evidence_id)
        return None if row is None else Row(*row)

    def pending(self) -> list[str]:
        """Evidence ids that were registered and never examined, oldest first."""
        return self._waiting("examination")

    def without_digest(self) -> list[str]:
        """Evidence ids that were registered while locked and are not in the digest index yet."""
        return self._waiting("digest")

    def _waiting(self, what: str) -> list[str]:
        # CROSS JOIN: what waits is few and everything registered is many, and only we know it.
        rows = self._all(
            "SELECT w.evidence_id FROM waiting w CROSS JOIN statements s ON s.evidence_id = w.evidence_id"
            " AND s.predicate = 'registration' WHERE w.what = ? ORDER BY s.log, s.idx",
            what,
        )
        return [row[0] for row in rows]

    def after(self, place: tuple[int, int], predicates: tuple[str, ...]) -> list[Row]:
        """Index rows of these predicates that come after (log, index) in log order."""
        marks = ",".join("?" * len(predicates))
        rows = self._all(
            "SELECT envelope_digest, log, idx, predicate, event, evidence_id, key_id, seq, key_seq FROM statements"
            f" WHERE (log, idx) > (?, ?) AND predicate IN ({marks}) ORDER BY log, idx",
            *place, *predicates,
        )  # fmt: skip
        return [Row(*row) for row in rows]

    def in_log_order(self, evidence_ids: Iterable[str]) -> list[str]:
        """Those of ``evidence_ids`` that are registered here, oldest registration first."""
        found = []
        for evidence_id in set(evidence_ids):
            place = self._one(
                "SELECT log, idx FROM statements WHERE evidence_id = ? AND predicate = 'registration'"
                " ORDER BY log, idx LIMIT 1",
                evidence_id,
            )
            if place is not None:
                found.append((tuple(place), evidence_id))
        return [evidence_id for _, evidence_id in sorted(found)]
