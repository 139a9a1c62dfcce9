"""The index of exact units beside the archive (``PATH.index``): which evidence holds a packet or picture.

A row is (first 8 bytes of a keyed digest as a signed integer, evidence number): nobody without the reading key can ask
it about a file. It only ever proposes candidates, so a collision costs a comparison and never makes a match. It can be
deleted at any time: it is made again from the sealed blobs.
"""

from __future__ import annotations

import hmac
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from provenance.store.connection import FAILURES, immediate, open_database, translated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

INDEX_VERSION = 1
_APPLICATION_ID = 0x70763169  # "pv1i"

#: Evidences proposed for one unit: the earliest registrations win. A unit that is in more pieces of evidence than
#: this says little about which of them a file comes from.
PER_UNIT = 64

#: Keys asked in one statement. SQLite's default limit on variables is 999 before 3.32 and 32,766 after it.
_BATCH = 900

_TABLES = (
    "CREATE TABLE units (key INTEGER NOT NULL, evidence INTEGER NOT NULL, PRIMARY KEY (key, evidence)) WITHOUT ROWID",
    "CREATE TABLE evidence (number INTEGER PRIMARY KEY, evidence_id TEXT NOT NULL UNIQUE)",
    "CREATE TABLE indexed (envelope_digest BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE of_archive (origin TEXT NOT NULL)",
)


def unit_key(secret: bytes, level: str, digest: bytes) -> int:
    """The row key of one unit: HMAC-SHA-256 under the sealed index secret, its first 8 bytes."""
    return int.from_bytes(hmac.digest(secret, level.encode() + b"\0" + digest, "sha256")[:8], "big", signed=True)


class UnitIndex:
    """The open index of one archive."""

    def __init__(self, archive: Path, *, origin: str, write: bool = True) -> None:
        self.path = archive.with_name(archive.name + ".index")
        self._write = write and _writable(self.path)
        if not self._write and not self.path.is_file():
            self._database = None
            return
        self._database = open_database(self.path, write=self._write)
        if not self._usable(origin) and self._write:
            self._rebuild(origin)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _usable(self, origin: str) -> bool:
        assert self._database is not None
        connection = self._database.conn
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            if (application, version) != (_APPLICATION_ID, INDEX_VERSION):
                return False
            return bool(connection.execute("SELECT origin FROM of_archive").fetchone() == (origin,))
        except FAILURES:
            return False

    def _rebuild(self, origin: str) -> None:
        """Start over: the file is another version's, another archive's, or damaged."""
        assert self._database is not None
        self._database.close()
        for suffix in ("", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self._database = open_database(self.path, write=True)
        with immediate(self._database, file=str(self.path)):
            connection = self._database.conn
            for sql in _TABLES:
                connection.execute(sql)
            connection.execute("INSERT INTO of_archive (origin) VALUES (?)", (origin,))
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {INDEX_VERSION}")

    def missing(self, envelope_digests: Iterable[bytes]) -> list[bytes]:
        """Those examinations that are not indexed yet."""
        if self._database is None:
            return list(envelope_digests)
        done = self.indexed()
        return [digest for digest in envelope_digests if digest not in done]

    def indexed(self) -> set[bytes]:
        """Envelope digests of the examinations that are indexed."""
        return {row[0] for row in self._rows("SELECT envelope_digest FROM indexed")}

    def add(self, envelope_digest: bytes, evidence_id: str, keys: Iterable[int]) -> None:
        """Index the units of one examination; does nothing on write-protected media."""
        if self._database is None or not self._write:
            return
        with immediate(self._database, file=str(self.path)):
            connection = self._database.conn
            connection.execute("INSERT OR IGNORE INTO evidence (evidence_id) VALUES (?)", (evidence_id,))
            (number,) = connection.execute(
                "SELECT number FROM evidence WHERE evidence_id = ?", (evidence_id,)
            ).fetchone()
            connection.executemany(
                "INSERT OR IGNORE INTO units (key, evidence) VALUES (?, ?)",
                ((key, number) for key in sorted(set(keys))),
            )
            connection.execute("INSERT OR IGNORE INTO indexed (envelope_digest) VALUES (?)", (envelope_digest,))

    def candidates(self, keys: Iterable[int]) -> list[tuple[str, int]]:
        """(evidence id, units in common) of every evidence that shares a unit, most units first, then earliest."""
        if self._database is None:
            return []
        votes: Counter[int] = Counter()
        wanted = sorted(set(keys))
        try:
            for start in range(0, len(wanted), _BATCH):
                votes.update(self._batch(wanted[start : start + _BATCH]))
            names = dict(self._database.execute("SELECT number, evidence_id FROM evidence"))
        except FAILURES as error:
            raise translated(error, file=str(self.path)) from error
        ranked = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
        return [(names[number], count) for number, count in ranked if number in names]

    def lacking(self, evidence_id: str, keys: Iterable[int]) -> int:
        """How many of ``keys`` have no row for ``evidence_id``: for the audit."""
        lacking = 0
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            joined = "units JOIN evidence ON evidence = number"
            sql = f"SELECT count(*) FROM {joined} WHERE evidence_id = ? AND key IN ({marks})"
            lacking += len(batch) - self._rows(sql, evidence_id, *batch)[0][0]
        return lacking

    def counts(self) -> dict[str, int]:
        """Evidence id → rows: for the audit."""
        return dict(
            self._rows(
                "SELECT coalesce(evidence_id, 'no evidence'), count(*) FROM units LEFT JOIN evidence"
                " ON evidence = number GROUP BY evidence"
            )
        )

    def of(self, origin: str) -> bool:
        """Whether the file is an index of this version, of the archive whose first log is ``origin``."""
        return self._database is not None and self._usable(origin)

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        assert self._database is not None
        try:
            return self._database.execute(sql, values).fetchall()
        except FAILURES as error:
            raise translated(error, file=str(self.path)) from error

    def _batch(self, keys: list[int]) -> Counter[int]:
        assert self._database is not None
        marks = ",".join("?" * len(keys))
        rows = self._database.execute(
            f"SELECT key, evidence FROM units WHERE key IN ({marks}) ORDER BY key, evidence",
            keys,
        )
        votes: Counter[int] = Counter()
        per_unit: Counter[int] = Counter()
        for key, evidence in rows:
            per_unit[key] += 1
            if per_unit[key] <= PER_UNIT:
                votes[evidence] += 1
        return votes


def _writable(path: Path) -> bool:
    """Whether the index can be written where it lies."""
    import os

    return os.access(path if path.exists() else path.parent, os.W_OK)
