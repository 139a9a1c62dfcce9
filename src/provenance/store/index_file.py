"""The file beside the archive (``PATH.index``): opened, begun anew where it is another's, replaced where it is damaged.

What it holds is asked for through :class:`provenance.store.index.UnitIndex`.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING, Any, Self

from provenance.errors import ArchiveError
from provenance.store.connection import FAILURES, immediate, open_database, translated

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

INDEX_VERSION = 4
_APPLICATION_ID = 0x70763169  # "pv1i"

#: Before the first place of a log.
NOTHING = (-1, -1)

_TABLES = (
    "CREATE TABLE units (key INTEGER PRIMARY KEY, posting INTEGER NOT NULL)",
    "CREATE TABLE evidence (number INTEGER PRIMARY KEY, evidence_id TEXT NOT NULL UNIQUE)",
    # records that could not be read when their turn came
    "CREATE TABLE left_out (envelope_digest BLOB PRIMARY KEY, evidence_id TEXT NOT NULL)",
    # what is sealed, one box a kind, an evidence and a signer (`segments`)
    "CREATE TABLE segments (evidence INTEGER, kind INTEGER, signer BLOB, box BLOB NOT NULL)",
    "CREATE UNIQUE INDEX segment_places ON segments (kind, evidence, signer)",
    # one row: whose index it is, the last record whose turn has come, how many rows of units and of segments there are
    "CREATE TABLE state (owner BLOB, log INTEGER, idx INTEGER, envelope_digest BLOB, total INTEGER, sealed INTEGER)",
)


class IndexFile:
    """The open file of one archive: ``origin`` is that of its first log, ``secret`` its sealed index secret."""

    def __init__(self, archive: Path, *, origin: str, secret: bytes, write: bool = True) -> None:
        self.path = archive.with_name(archive.name + ".index")
        self._secret = secret
        self._owner = hmac.digest(secret, b"owner\0" + origin.encode(), "sha256")
        self._write = write and _writable(self.path)
        #: why what lay here before had to make way; None: it did not
        self.remade: str | None = None
        self._inode: int | None = None
        if not self._write and not self.path.is_file():
            self._database = None
            return
        self._database = self._opened()
        self._inode = _inode(self.path)

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
                self.remade = "was damaged"
        raise AssertionError

    def _begin(self, database: Any) -> None:
        """Start over inside the file, under its lock: it is new, another version's or another archive's."""
        connection = database.conn
        with immediate(database, file=str(self.path)):
            if _is_usable(connection, self._owner):  # asked again under the lock: another process may have been first
                return
            former = connection.execute(
                "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            if former:
                self.remade = "was of another archive or version"
            for kind, name in former:
                quoted = name.replace('"', '""')
                connection.execute(f'DROP {kind} "{quoted}"')
            for sql in _TABLES:
                connection.execute(sql)
            connection.execute("INSERT INTO state VALUES (?, ?, ?, NULL, 0, 0)", (self._owner, *NOTHING))
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

    def make_way(self) -> bool:
        """Put an empty file in the place of this one, which is closed and turned out to be damaged.

        Returns False, and does nothing, where it cannot be written; another process may have been first.
        """
        if not self._write:
            return False
        if _inode(self.path) == self._inode:
            self._replace()
        return True

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
    tables = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master")}
    if not tables.issuperset(_TABLES):
        return False
    return bool(connection.execute("SELECT owner FROM state").fetchall() == [(owner,)])


def _seen(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from the one that is put into its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _writable(path: Path) -> bool:
    """Whether the index can be written where it lies: SQLite needs the folder, too, for its journal."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
