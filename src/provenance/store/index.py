"""The index of exact units beside the archive (``PATH.index``): which evidence holds a packet or picture.

A row is (key, posting), two 64-bit numbers that nobody without the sealed secret can tell from random ones: the key is
a keyed digest of a unit and of the number of evidences that held it before, the posting is an evidence number under a
mask that is another keyed digest. So rows of one evidence, and rows of one unit, cannot be put together; and as many
random rows go in with each record as pad it (`padded`), so that the rows do not count its units.

The index only ever proposes candidates, so a collision costs a comparison and never makes a match. It can be deleted at
any time: it is made again from the sealed blobs.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from provenance.errors import ArchiveError
from provenance.store.connection import FAILURES, immediate, open_database, translated

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

INDEX_VERSION = 2
_APPLICATION_ID = 0x70763169  # "pv1i"

#: Evidences kept for one unit: the earliest registrations win. A unit that is in more pieces of evidence than this says
#: little about which of them a file comes from.
PER_UNIT = 64

#: Before the first place of a log.
NOTHING = (-1, -1)

#: Keys asked in one statement. SQLite's default limit on variables is 999 before 3.32 and 32,766 after it.
_BATCH = 900
#: Rows that every record has at least: as many as a registration has at most, so that none shows a small file.
_SMALLEST = 16

_TABLES = (
    "CREATE TABLE units (key INTEGER PRIMARY KEY, posting INTEGER NOT NULL)",
    "CREATE TABLE evidence (number INTEGER PRIMARY KEY, evidence_id TEXT NOT NULL UNIQUE)",
    # records that could not be read when their turn came
    "CREATE TABLE left_out (envelope_digest BLOB PRIMARY KEY, evidence_id TEXT NOT NULL)",
    # one row: whose index it is, the last record whose turn has come, and how many rows of units there are
    "CREATE TABLE state (owner BLOB, log INTEGER, idx INTEGER, envelope_digest BLOB, total INTEGER)",
)


def unit_key(secret: bytes, level: str, digest: bytes) -> int:
    """The name of one unit in the index: HMAC-SHA-256 under the sealed index secret, its first 8 bytes."""
    return _keyed(secret, level.encode() + b"\0" + digest)


def padded(count: int) -> int:
    """How many rows a record with ``count`` of its own gets: Padmé, as the boxes have it, at most 12 % more."""
    if count <= _SMALLEST:
        return _SMALLEST
    exponent = count.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (count + mask) & ~mask


class UnitIndex:
    """The open index of one archive: ``origin`` is that of its first log, ``secret`` its sealed index secret."""

    def __init__(self, archive: Path, *, origin: str, secret: bytes, write: bool = True) -> None:
        self.path = archive.with_name(archive.name + ".index")
        self._secret = secret
        self._owner = hmac.digest(secret, b"owner\0" + origin.encode(), "sha256")
        self._write = write and _writable(self.path)
        if not self._write and not self.path.is_file():
            self._database = None
            return
        self._database = self._opened()

    def _opened(self) -> Any:
        """The open file. One that is damaged makes way; one that is in use, or on a failing disk, is left alone."""
        for first in (True, False):
            database, seen = None, _seen(self.path)
            try:
                database = open_database(self.path, write=self._write)
                if self._write and not _is_usable(database.conn, self._owner):
                    self._begin(database)
            except FAILURES as error:
                failure = translated(error, file=str(self.path))
            except ArchiveError as error:
                failure = error
            else:
                return database
            if database is not None:
                database.close()
            if not (first and self._write and failure.code == "archive.damaged"):
                raise failure
            if _seen(self.path) == seen:  # else another process has made it anew meanwhile
                self._replace()
        raise AssertionError

    def _begin(self, database: Any) -> None:
        """Start over inside the file, under its lock: it is new, another version's or another archive's."""
        connection = database.conn
        with immediate(database, file=str(self.path)):
            if _is_usable(connection, self._owner):  # asked again under the lock: another process may have been first
                return
            for kind, name in connection.execute(
                "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            ).fetchall():
                quoted = name.replace('"', '""')
                connection.execute(f'DROP {kind} "{quoted}"')
            for sql in _TABLES:
                connection.execute(sql)
            connection.execute("INSERT INTO state VALUES (?, ?, ?, NULL, 0)", (self._owner, *NOTHING))
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {INDEX_VERSION}")

    def _replace(self) -> None:
        """Put an empty file in the place of a damaged one; SQLite refuses to write to a file that lost its name."""
        fresh = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.part")
        try:
            os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            # The journal first: what a damaged file left there must not be put back into the new one.
            self.path.with_name(self.path.name + "-journal").unlink(missing_ok=True)
            fresh.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise ArchiveError(
                f"cannot be made again: {error.strerror}", file=str(self.path), advice="remove it by hand"
            ) from error

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def of_archive(self) -> bool:
        """Whether the file is an index of this version, of this archive, under its secret."""
        try:
            return self._database is not None and _is_usable(self._database.conn, self._owner)
        except FAILURES as error:
            raise self._failed(error) from error

    # --- what is indexed --------------------------------------------------------------------------------------------

    def indexed_to(self) -> tuple[tuple[int, int], bytes | None]:
        """(log, index) up to which everything is indexed, and the record there; :data:`NOTHING` and None at first."""
        if self._database is None:
            return NOTHING, None
        log, index, digest = self._rows("SELECT log, idx, envelope_digest FROM state")[0]
        return (log, index), digest

    @property
    def can_grow(self) -> bool:
        """Whether :meth:`add` can store anything: not on write-protected media."""
        return self._database is not None and self._write

    def clear(self) -> None:
        """Forget everything: the index is of another history of the archive."""
        if not self.can_grow:
            return
        assert self._database is not None
        with immediate(self._database, file=str(self.path)):
            for table in ("units", "evidence", "left_out"):
                self._database.conn.execute(f"DELETE FROM {table}")
            self._database.conn.execute("UPDATE state SET log = ?, idx = ?, envelope_digest = NULL, total = 0", NOTHING)

    def add(
        self,
        after: tuple[int, int],
        place: tuple[int, int],
        envelope_digest: bytes,
        evidence_id: str,
        units: set[int] | None,
    ) -> bool:
        """Index the units of the record at ``place``, the next one after ``after``; None: it cannot be read now.

        Returns False, and does nothing, when ``after`` is not where the index ends: another process was first.
        """
        assert self._database is not None
        assert self._write
        with immediate(self._database, file=str(self.path)):
            connection = self._database.conn
            if self.indexed_to()[0] != after:
                return False
            if units is None:
                connection.execute("INSERT INTO left_out VALUES (?, ?)", (envelope_digest, evidence_id))
            else:
                self._insert(connection, evidence_id, units)
            connection.execute("UPDATE state SET log = ?, idx = ?, envelope_digest = ?", (*place, envelope_digest))
        return True

    def left_out(self) -> dict[bytes, str]:
        """Record → evidence id of what could not be read when its turn came."""
        return {} if self._database is None else dict(self._rows("SELECT envelope_digest, evidence_id FROM left_out"))

    def add_left_out(self, envelope_digest: bytes, evidence_id: str, units: set[int]) -> None:
        """Index the units of a record that was left out."""
        assert self._database is not None
        assert self._write
        with immediate(self._database, file=str(self.path)):
            connection = self._database.conn
            gone = connection.execute("DELETE FROM left_out WHERE envelope_digest = ?", (envelope_digest,)).rowcount
            if gone:  # else another process was first
                self._insert(connection, evidence_id, units)

    def _insert(self, connection: sqlite3.Connection, evidence_id: str, units: set[int]) -> None:
        connection.execute("INSERT OR IGNORE INTO evidence (evidence_id) VALUES (?)", (evidence_id,))
        (number,) = connection.execute("SELECT number FROM evidence WHERE evidence_id = ?", (evidence_id,)).fetchone()
        rows = [(key, number ^ self._mask(key)) for key in self._free_keys(number, units)]
        rows += [(_random(), _random()) for _ in range(padded(len(rows)) - len(rows))]
        # In the order of their keys, the cells within a page would tell one record's rows from the next one's.
        secrets.SystemRandom().shuffle(rows)
        connection.executemany("INSERT INTO units (key, posting) VALUES (?, ?)", rows)
        connection.execute("UPDATE state SET total = total + ?", (len(rows),))

    # --- asking -----------------------------------------------------------------------------------------------------

    def candidates(self, units: Iterable[int]) -> list[tuple[str, int]]:
        """(evidence id, units in common) of every evidence that shares a unit, most units first, then earliest."""
        if self._database is None:
            return []
        votes = Counter(number for _, number in self._holders(set(units)))
        ranked = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
        names = self._names(votes)
        return [(names[number], count) for number, count in ranked if number in names]

    def _names(self, numbers: Iterable[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for batch in _batches(sorted(numbers)):
            marks = ",".join("?" * len(batch))
            found.update(self._rows(f"SELECT number, evidence_id FROM evidence WHERE number IN ({marks})", *batch))
        return found

    def _holders(self, units: set[int]) -> Iterator[tuple[int, int]]:
        """(unit, evidence number) of every row about these units."""
        asked = units
        for turn in range(PER_UNIT):
            keys = {self._row_key(unit, turn): unit for unit in asked}
            postings = self._postings(keys)
            yield from ((keys[key], posting ^ self._mask(key)) for key, posting in postings.items())
            asked = {keys[key] for key in postings}
            if not asked:
                return

    def _free_keys(self, number: int, units: set[int]) -> list[int]:
        """The keys under which evidence ``number`` is to be added to the units that do not have it yet."""
        turns: Counter[int] = Counter()
        there = set()
        for unit, holder in self._holders(units):
            turns[unit] += 1
            if holder == number:
                there.add(unit)
        return [self._row_key(unit, turns[unit]) for unit in units - there if turns[unit] < PER_UNIT]

    def _postings(self, keys: Iterable[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for batch in _batches(sorted(keys)):
            marks = ",".join("?" * len(batch))
            found.update(self._rows(f"SELECT key, posting FROM units WHERE key IN ({marks})", *batch))
        return found

    # --- for the audit ----------------------------------------------------------------------------------------------

    def lacking(self, evidence_id: str, units: Iterable[int]) -> int:
        """How many of ``units`` have no row for ``evidence_id``, though there was room for one."""
        rows = self._rows("SELECT number FROM evidence WHERE evidence_id = ?", evidence_id)
        number = rows[0][0] if rows else None
        wanted = set(units)
        turns: Counter[int] = Counter()
        there = set()
        for unit, holder in self._holders(wanted):
            turns[unit] += 1
            if holder == number:
                there.add(unit)
        return sum(turns[unit] < PER_UNIT for unit in wanted - there)

    def counts(self) -> dict[str, int]:
        """Evidence id → rows; the random rows count for none."""
        names = dict(self._rows("SELECT number, evidence_id FROM evidence"))
        found: Counter[str] = Counter()
        try:
            for key, posting in self._execute("SELECT key, posting FROM units"):
                name = names.get(posting ^ self._mask(key))
                if name is not None:
                    found[name] += 1
        except FAILURES as error:
            raise self._failed(error) from error
        return dict(found)

    def surplus(self) -> int:
        """How many rows there are more than were ever added; negative if there are fewer."""
        ((there, added),) = self._rows("SELECT (SELECT count(*) FROM units), total FROM state")
        return int(there) - int(added)

    # --- keyed numbers ----------------------------------------------------------------------------------------------

    def _row_key(self, unit: int, turn: int) -> int:
        """The key of the row for the evidence that was number ``turn`` to hold ``unit``."""
        return _keyed(self._secret, b"row\0" + unit.to_bytes(8, "big", signed=True) + bytes([turn]))

    def _mask(self, key: int) -> int:
        return _keyed(self._secret, b"posting\0" + key.to_bytes(8, "big", signed=True))

    # --- SQLite -----------------------------------------------------------------------------------------------------

    def _execute(self, sql: str, *values: Any) -> Any:
        assert self._database is not None
        return self._database.execute(sql, values)

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        try:
            return list(self._execute(sql, *values).fetchall())
        except FAILURES as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> ArchiveError:
        found = translated(error, file=str(self.path))
        if found.code == "archive.damaged":
            found.advice = "remove this file: it is made again"
        return found


def _is_usable(connection: sqlite3.Connection, owner: bytes) -> bool:
    """Whether this is an index of this version and owner; raises what SQLite raises where it cannot tell."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if (application, version) != (_APPLICATION_ID, INDEX_VERSION):
        return False
    tables = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")}
    if not tables.issuperset(_TABLES):
        return False
    return bool(connection.execute("SELECT owner FROM state").fetchall() == [(owner,)])


def _keyed(secret: bytes, what: bytes) -> int:
    return int.from_bytes(hmac.digest(secret, what, "sha256")[:8], "big", signed=True)


def _random() -> int:
    return int.from_bytes(secrets.token_bytes(8), "big", signed=True)


def _batches(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]


def _seen(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from the one that is put into its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _writable(path: Path) -> bool:
    """Whether the index can be written where it lies: SQLite needs the folder, too, for its journal."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
