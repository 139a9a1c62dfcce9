"""An archive: one SQLite file with the records, the log over them and the sealed boxes, and nothing readable beside.

This room stores and finds bytes. It signs nothing, opens no box and parses no statement: `custody` does, above it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from platformdirs import user_data_path

from provenance.errors import ArchiveError
from provenance.store import schema
from provenance.store.connection import FAILURES, immediate, open_database, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlite_utils import Database


def default_path() -> Path:
    """Where the archive lies when neither ``--archive`` nor ``$PROVENANCE_ARCHIVE`` names one."""
    return user_data_path("provenance", appauthor=False) / "archive.sqlite"


@dataclass(frozen=True, slots=True)
class Log:
    """One log of the archive; the last one is the log that grows."""

    log: int
    origin: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One log entry as stored; ``envelope_digest`` is None for padding."""

    log: int
    idx: int
    entry: bytes
    salt: bytes
    envelope_digest: bytes | None


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


class Archive:
    """An open archive. Readers may be many; a writer holds :meth:`writing` for one record at a time."""

    def __init__(self, path: Path, database: Database, *, write: bool) -> None:
        self.path = path
        self.write = write
        self._database = database

    @classmethod
    def open(cls, path: Path, *, write: bool = False, guards: bool = True) -> Archive:
        """Open an archive that exists; raises :class:`ArchiveError` (``archive.missing``) if there is none.

        ``guards``: refuse one that has lost its append-only guards; only the audit, which reports them, does not.
        """
        if not path.is_file() or path.stat().st_size == 0:
            raise ArchiveError(
                "there is no archive here",
                code="archive.missing",
                file=str(path),
                advice="`provenance register FILE` makes one, or name yours with --archive",
            )
        database = open_database(path, write=write)
        try:
            schema.check(database.conn, file=str(path), guards=guards)
        except FAILURES as error:
            database.close()
            raise translated(error, file=str(path)) from error
        except ArchiveError:
            database.close()
            raise
        return cls(path, database, write=write)

    @classmethod
    def open_or_create(cls, path: Path, initialise: Callable[[Archive], None]) -> tuple[Archive, bool]:
        """Open for writing; if there is none, make it and call ``initialise`` in the same transaction.

        Of several processes that start at once one creates, the others wait and use what it made. Returns the archive
        and whether this call created it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        database = open_database(path, write=True)
        archive = cls(path, database, write=True)
        created = False
        try:
            if _is_new(database):
                with immediate(database, file=str(path)):
                    if _is_new(database):  # asked again under the lock: another process may have been first
                        schema.create(database.conn)
                        initialise(archive)
                        created = True
            if not created:
                schema.check(database.conn, file=str(path))
        except FAILURES as error:
            database.close()
            raise translated(error, file=str(path)) from error
        except BaseException:
            database.close()
            raise
        return archive, created

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One record: everything inside is durable on return, or nothing is."""
        with immediate(self._database, file=str(self.path)):
            yield

    def _all(self, sql: str, *values: Any) -> list[Any]:
        try:
            return self._database.execute(sql, values).fetchall()
        except FAILURES as error:
            raise translated(error, file=str(self.path)) from error

    def _one(self, sql: str, *values: Any) -> Any:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    # --- settings ---------------------------------------------------------------------------------------------------

    def setting(self, name: str) -> str | None:
        """The value of a setting, None if it was never set."""
        row = self._one("SELECT value FROM settings WHERE name = ?", name)
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting inside the caller's transaction."""
        self._all("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value)

    # --- logs -------------------------------------------------------------------------------------------------------

    def logs(self) -> list[Log]:
        """Every log of this archive, oldest first."""
        return [Log(*row) for row in self._all("SELECT log, origin, public_key FROM logs ORDER BY log")]

    def current_log(self) -> Log:
        """The log that grows."""
        logs = self.logs()
        if not logs:
            raise ArchiveError("holds no log", code="archive.damaged", file=str(self.path), advice="restore a backup")
        return logs[-1]

    def add_log(self, origin: str, public_key: bytes) -> Log:
        """Begin a log inside the caller's transaction."""
        log = Log(len(self.logs()), origin, public_key)
        self._all("INSERT INTO logs (log, origin, public_key) VALUES (?, ?, ?)", log.log, origin, public_key)
        return log

    def size(self, log: int) -> int:
        """Entries in ``log``."""
        return int(self._one("SELECT coalesce(max(idx) + 1, 0) FROM log_entries WHERE log = ?", log)[0])

    def node(self, log: int) -> Callable[[int, int], bytes]:
        """The look-up of complete subtree hashes that `merkle` asks for."""

        def look_up(level: int, index: int) -> bytes:
            row = self._one("SELECT hash FROM tree_nodes WHERE log = ? AND level = ? AND idx = ?", log, level, index)
            if row is None:
                raise ArchiveError(
                    f"lacks tree node {level}/{index} of log {log}",
                    code="archive.damaged",
                    file=str(self.path),
                    advice="run `provenance audit`",
                )
            return bytes(row[0])

        return look_up

    def add_entry(self, entry: Entry, nodes: list[tuple[int, int, bytes]]) -> None:
        """Append an entry with the tree nodes that it completes, inside the caller's transaction."""
        self._all(
            "INSERT INTO log_entries (log, idx, entry, salt, envelope_digest) VALUES (?, ?, ?, ?, ?)",
            entry.log, entry.idx, entry.entry, entry.salt, entry.envelope_digest,
        )  # fmt: skip
        for level, index, value in nodes:
            self._all(
                "INSERT INTO tree_nodes (log, level, idx, hash) VALUES (?, ?, ?, ?)", entry.log, level, index, value
            )

    def entries(self, log: int, start: int = 0) -> Iterator[Entry]:
        """Entries of ``log`` from ``start`` on, in order."""
        cursor = self._database.execute(
            "SELECT log, idx, entry, salt, envelope_digest FROM log_entries WHERE log = ? AND idx >= ? ORDER BY idx",
            (log, start),
        )
        return (Entry(*row) for row in cursor)

    def entry_of(self, envelope_digest: bytes) -> Entry | None:
        """The log entry of an envelope."""
        row = self._one(
            "SELECT e.log, e.idx, e.entry, e.salt, e.envelope_digest FROM statements s"
            " JOIN log_entries e ON e.log = s.log AND e.idx = s.idx WHERE s.envelope_digest = ?",
            envelope_digest,
        )
        return None if row is None else Entry(*row)

    def last_envelope(self, log: int) -> bytes | None:
        """The digest of the newest envelope in ``log``; None if it holds none yet."""
        row = self._one(
            "SELECT envelope_digest FROM log_entries WHERE log = ? AND envelope_digest IS NOT NULL"
            " ORDER BY idx DESC LIMIT 1",
            log,
        )
        return None if row is None else bytes(row[0])

    def add_head(self, table: str, log: int, size: int, note: str) -> None:
        """Keep a signed head: ``table`` is ``heads`` (every append) or ``checkpoints`` (made to be given away)."""
        if table not in {"heads", "checkpoints"}:
            raise ValueError(table)
        self._all(f"INSERT INTO {table} (log, size, note) VALUES (?, ?, ?)", log, size, note)

    def heads(self, table: str, log: int) -> list[tuple[int, str]]:
        """(size, note) of every head in ``table``, oldest first."""
        if table not in {"heads", "checkpoints"}:
            raise ValueError(table)
        return self._all(f"SELECT size, note FROM {table} WHERE log = ? ORDER BY size", log)

    def last_head(self, log: int) -> tuple[int, str] | None:
        """(size, note) of the newest internal head."""
        row = self._one("SELECT size, note FROM heads WHERE log = ? ORDER BY size DESC LIMIT 1", log)
        return None if row is None else (int(row[0]), str(row[1]))

    def head_note(self, log: int, size: int) -> str | None:
        """The internal head of ``size`` entries."""
        row = self._one("SELECT note FROM heads WHERE log = ? AND size = ?", log, size)
        return None if row is None else str(row[0])

    # --- envelopes and statements -----------------------------------------------------------------------------------

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

    # --- sealed boxes -----------------------------------------------------------------------------------------------

    def add_fields(self, envelope_digest: bytes, box: bytes) -> None:
        """Store the box with the disclosures of one statement."""
        self._all("INSERT INTO sealed_fields (envelope_digest, box) VALUES (?, ?)", envelope_digest, box)

    def fields_box(self, envelope_digest: bytes) -> bytes | None:
        """The box with the disclosures of one statement; None when erased."""
        row = self._one("SELECT box FROM sealed_fields WHERE envelope_digest = ?", envelope_digest)
        return None if row is None else bytes(row[0])

    def add_blob(self, commitment: bytes, envelope_digest: bytes, box: bytes) -> None:
        """Store the box of one committed blob."""
        self._all(
            "INSERT INTO sealed_blobs (commitment, envelope_digest, box) VALUES (?, ?, ?)",
            commitment, envelope_digest, box,
        )  # fmt: skip

    def blob_boxes(self, envelope_digest: bytes) -> Mapping[bytes, bytes]:
        """Commitment → box of every blob that a statement committed to and that is still held."""
        rows = self._all("SELECT commitment, box FROM sealed_blobs WHERE envelope_digest = ?", envelope_digest)
        return {bytes(commitment): bytes(box) for commitment, box in rows}

    # --- look-ups that need the reading key ------------------------------------------------------------------------

    def index_digest(self, keyed_digest: bytes, evidence_id: str) -> None:
        """Remember that bytes with this keyed digest are ``evidence_id``."""
        self._all(
            "INSERT OR IGNORE INTO digest_index (keyed_digest, evidence_id) VALUES (?, ?)", keyed_digest, evidence_id
        )

    def with_digest(self, keyed_digest: bytes) -> list[str]:
        """Evidence ids with this keyed digest, oldest registration first."""
        rows = self._all(
            "SELECT d.evidence_id FROM digest_index d CROSS JOIN statements s ON s.evidence_id = d.evidence_id"
            " AND s.predicate = 'registration' WHERE d.keyed_digest = ? ORDER BY s.log, s.idx",
            keyed_digest,
        )
        return [row[0] for row in rows]

    def digest_rows(self) -> list[tuple[bytes, str]]:
        """Every (keyed digest, evidence id) of the index."""
        return self._all("SELECT keyed_digest, evidence_id FROM digest_index ORDER BY evidence_id, keyed_digest")

    def without_digest(self) -> list[str]:
        """Evidence ids that were registered while locked and are not in the digest index yet."""
        return self._waiting("digest")

    def set_location(self, evidence_id: str, place: bytes, box: bytes) -> None:
        """Remember where bytes are: ``place`` is a keyed digest of the path, ``box`` holds path, size, mtime, seen."""
        self._all(
            "INSERT OR REPLACE INTO locations (evidence_id, place, box) VALUES (?, ?, ?)", evidence_id, place, box
        )

    def locations(self, evidence_id: str) -> list[tuple[bytes, bytes]]:
        """(place, box) of every remembered place of an evidence's bytes."""
        return self._all("SELECT place, box FROM locations WHERE evidence_id = ? ORDER BY place", evidence_id)

    # --- health -----------------------------------------------------------------------------------------------------

    def faults_of_file(self) -> list[str]:
        """What SQLite itself and the append-only guards find wrong; empty when sound."""
        lines = [row[0] for row in self._all("PRAGMA integrity_check(20)")]
        found = [] if lines == ["ok"] else lines
        return found + [f"append-only guard {name} is missing" for name in schema.missing_triggers(self._database.conn)]


def _is_new(database: Database) -> bool:
    (tables,) = database.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables == 0)
