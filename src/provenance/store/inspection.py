"""Reading an archive that may be damaged: values as they are stored, a few rows at a time, nothing taken for granted.

The audit reads through this room. It uses a connection of its own, on which a column may hold any type and any bytes,
and it never keeps a read lock between two calls: a long audit must not hold up a registration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from provenance.store import schema
from provenance.store.connection import FAILURES, open_database, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

#: Rows a read: large enough that the statement costs little, small enough that a writer waits under a millisecond.
_PAGE = 256
#: Lines of ``PRAGMA integrity_check``; a file with more damage than this is not told better by more lines.
_LINES = 20

#: What could be left of entries that are gone, and how to count it.
_BEHIND = {
    "heads": "SELECT count(*) FROM heads WHERE log = :log AND (size < 1 OR size >"
    " (SELECT coalesce(max(idx) + 1, 0) FROM log_entries WHERE log = :log))",
    "checkpoints": "SELECT count(*) FROM checkpoints WHERE log = :log AND (size < 1 OR size >"
    " (SELECT coalesce(max(idx) + 1, 0) FROM log_entries WHERE log = :log))",
    "records in the index": "SELECT count(*) FROM statements WHERE log = :log AND idx >="
    " (SELECT coalesce(max(idx) + 1, 0) FROM log_entries WHERE log = :log)",
    "tree nodes": "SELECT count(*) FROM tree_nodes WHERE log = :log AND (level NOT BETWEEN 0 AND 62 OR idx < 0"
    " OR idx >= ((SELECT coalesce(max(idx) + 1, 0) FROM log_entries WHERE log = :log) >> level))",
}

Values = tuple[Any, ...]


class Inspection:
    """An archive file opened for the audit. Every method raises :class:`ArchiveError` where SQLite cannot read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = open_database(path, write=False)
        # A flipped byte can turn a blob into text that is no UTF-8: show it, do not fail on it.
        self._database.conn.text_factory = lambda data: data.decode("utf-8", "surrogateescape")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def _all(self, sql: str, *values: Any) -> list[Values]:
        try:
            return self._database.conn.execute(sql, values).fetchall()
        except FAILURES as error:
            raise translated(error, file=str(self.path)) from error

    def _first(self, sql: str, *values: Any) -> Values | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    # --- the file -----------------------------------------------------------------------------------------------------

    def integrity(self) -> list[str]:
        """What SQLite's own check of pages, rows and indexes finds wrong."""
        lines = [str(row[0]) for row in self._all(f"PRAGMA integrity_check({_LINES})")]
        return [] if lines == ["ok"] else lines

    def missing_guards(self) -> list[str]:
        """Append-only guards that are absent or altered."""
        try:
            return schema.missing_triggers(self._database.conn)
        except FAILURES as error:
            raise translated(error, file=str(self.path)) from error

    def schema_differences(self) -> list[str]:
        """What else in the schema is not as this version makes it."""
        try:
            return schema.differences(self._database.conn)
        except FAILURES as error:
            raise translated(error, file=str(self.path)) from error

    def settings(self) -> list[Values]:
        """(name, value)."""
        return self._all("SELECT name, value FROM settings ORDER BY name")

    # --- the log ------------------------------------------------------------------------------------------------------

    def logs(self) -> list[Values]:
        """(log, origin, public key), oldest first."""
        return self._all("SELECT log, origin, public_key FROM logs ORDER BY log")

    def count_entries(self, log: int) -> int:
        """Rows of ``log``."""
        return int(self._all("SELECT count(*) FROM log_entries WHERE log = ?", log)[0][0])

    def entries(self, log: int, count: int) -> Iterator[Values]:
        """(index, entry, salt, envelope digest) of the first ``count`` rows, lowest index first."""
        last, left = -(2**63), count
        while left > 0:
            rows = self._all(
                "SELECT idx, entry, salt, envelope_digest FROM log_entries WHERE log = ? AND idx > ? ORDER BY idx"
                " LIMIT ?",
                log, last, min(left, _PAGE),
            )  # fmt: skip
            if not rows:
                return
            yield from rows
            last, left = rows[-1][0], left - len(rows)

    def node(self, log: int, level: int, index: int) -> Any:
        """The stored hash of a tree node; None if there is none."""
        row = self._first("SELECT hash FROM tree_nodes WHERE log = ? AND level = ? AND idx = ?", log, level, index)
        return None if row is None else row[0]

    def note(self, table: str, log: int, size: int) -> Any:
        """The stored note of the head (``heads`` or ``checkpoints``) of ``size`` entries; None if there is none."""
        row = self._first(f"SELECT note FROM {_head_table(table)} WHERE log = ? AND size = ?", log, size)
        return None if row is None else row[0]

    def kept_sizes(self, table: str, log: int) -> list[int]:
        """Sizes of which ``table`` keeps a head."""
        sql = f"SELECT size FROM {_head_table(table)} WHERE log = ? AND typeof(size) = 'integer' ORDER BY size"
        return [row[0] for row in self._all(sql, log)]

    def behind_the_end(self, log: int) -> list[str]:
        """What is stored of ``log`` beyond its last entry, a line each.

        Each line comes from one statement, so that a record that is appended meanwhile cannot be taken for a leftover.
        """
        lines = []
        for what, sql in _BEHIND.items():
            try:
                (number,) = self._database.conn.execute(sql, {"log": log}).fetchone()
            except FAILURES as error:
                raise translated(error, file=str(self.path)) from error
            if number:
                lines.append(f"{number} {what}")
        return lines

    # --- records ------------------------------------------------------------------------------------------------------

    def envelope(self, digest: bytes) -> Any:
        """The stored bytes under a digest; None if there are none."""
        row = self._first("SELECT envelope FROM envelopes WHERE digest = ?", digest)
        return None if row is None else row[0]

    def index_row(self, log: int, index: int) -> Values | None:
        """The index columns (as in :class:`store.record_tables.Row`) of the record at a place in the log."""
        return self._first(
            "SELECT envelope_digest, log, idx, predicate, event, evidence_id, key_id, seq, key_seq"
            " FROM statements WHERE log = ? AND idx = ?",
            log, index,
        )  # fmt: skip

    def unlogged(self) -> list[Values]:
        """(envelope digest,) of envelopes that the index of statements does not know."""
        return self._all(
            "SELECT digest FROM envelopes v WHERE NOT EXISTS"
            " (SELECT 1 FROM statements s WHERE s.envelope_digest = v.digest)"
        )

    def unlogged_rows(self) -> list[Values]:
        """(envelope digest, log, index) of index rows that no log entry stands behind."""
        return self._all(
            "SELECT s.envelope_digest, s.log, s.idx FROM statements s"
            " LEFT JOIN log_entries e ON e.log = s.log AND e.idx = s.idx"
            " WHERE e.idx IS NULL OR e.envelope_digest IS NOT s.envelope_digest"
        )

    def waiting_differences(self) -> list[str]:
        """What ``waiting`` says otherwise than the rows that it is made from, a line each."""
        lines = []
        for what, done in schema.WAITING.items():
            wanted = (
                "SELECT evidence_id FROM statements s WHERE predicate = 'registration'"
                f" AND NOT EXISTS ({done.format(id='s.evidence_id')})"
            )
            there = f"SELECT evidence_id FROM waiting WHERE what = '{what}'"
            for one, other, wrong in ((wanted, there, "is not said to wait"), (there, wanted, "is said to wait")):
                rows = self._all(f"{one} EXCEPT {other}")
                lines += [f"{row[0]!a} {wrong} for its {what}" for row in rows]
        return lines

    # --- sealed boxes -------------------------------------------------------------------------------------------------

    def fields_box(self, envelope_digest: bytes) -> Any:
        """The box with the sealed fields of a record; None if there is none."""
        row = self._first("SELECT box FROM sealed_fields WHERE envelope_digest = ?", envelope_digest)
        return None if row is None else row[0]

    def blob_box(self, commitment: bytes) -> Values | None:
        """(envelope digest, box) of a committed blob; None if there is none."""
        return self._first("SELECT envelope_digest, box FROM sealed_blobs WHERE commitment = ?", commitment)

    def stray_boxes(self) -> list[Values]:
        """(what, key of the row) of boxes that belong to no record in the index."""
        return self._all(
            "SELECT 'sealed fields', envelope_digest FROM sealed_fields b WHERE NOT EXISTS"
            " (SELECT 1 FROM statements s WHERE s.envelope_digest = b.envelope_digest) UNION ALL"
            " SELECT 'sealed blob', commitment FROM sealed_blobs b WHERE NOT EXISTS"
            " (SELECT 1 FROM statements s WHERE s.envelope_digest = b.envelope_digest)"
        )

    def blob_rows(self) -> Iterator[Values]:
        """(commitment, log, index) of every blob, with the place in the log of the record it is kept for."""
        yield from self._paged(
            "SELECT b.commitment, s.log, s.idx FROM sealed_blobs b"
            " LEFT JOIN statements s ON s.envelope_digest = b.envelope_digest WHERE b.commitment > ?"
            " ORDER BY b.commitment LIMIT ?",
            first=b"",
        )

    def locations(self) -> list[Values]:
        """(evidence id, place, box)."""
        return self._all("SELECT evidence_id, place, box FROM locations ORDER BY evidence_id, place")

    def digest_rows(self) -> list[Values]:
        """(keyed digest, evidence id, whether a registration of that id is in the index)."""
        return self._all(
            "SELECT d.keyed_digest, d.evidence_id, EXISTS (SELECT 1 FROM statements s"
            " WHERE s.evidence_id = d.evidence_id AND s.predicate = 'registration') FROM digest_index d"
        )

    def _paged(self, sql: str, *, first: Any) -> Iterator[Values]:
        """Rows of a query that orders by its first column, which it asks to be greater than a parameter."""
        last: Any = first
        while rows := self._all(sql, last, _PAGE):
            yield from rows
            last = rows[-1][0]


def _head_table(name: str) -> str:
    """One of the two tables of heads: nothing else is ever put into a statement."""
    tables: Sequence[str] = ("heads", "checkpoints")
    return tables[tables.index(name)]
