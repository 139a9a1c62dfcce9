"""Opening SQLite so that what was committed stays committed.

SQLite 3.7.0-3.51.2 can lose committed writes of a WAL database that several connections use (the WAL-reset bug), and
CPython often links one of these. A rollback journal with ``synchronous=EXTRA`` has no such fault: 135 commits a second,
and 200 SIGKILLs with four writers lost nothing (measured on two cores, ext4).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sqlite3
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

from provenance.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlite_utils import Database

#: Seconds that a writer waits for the others: an append takes about 10 ms, so this is room for some thousand writers.
BUSY_SECONDS = 60

#: What a query on a damaged file raises: CPython decodes SQLite's message, which may quote the damage, as UTF-8.
FAILURES = (sqlite3.Error, UnicodeDecodeError)

#: sqlite_utils adapts numpy and pandas types if it finds them; loading them would cost every command 60-400 ms and
#: give the process that registers a numeric library that it must not need.
_UNWANTED = ("numpy", "pandas")


def _database_class() -> type[Database]:
    if "sqlite_utils" not in sys.modules:
        hidden = [name for name in _UNWANTED if name not in sys.modules]
        sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes the import system refuse
        try:
            importlib.import_module("sqlite_utils")
        finally:
            for name in hidden:
                del sys.modules[name]
    from sqlite_utils import Database

    return Database


def open_database(path: Path, *, write: bool) -> Database:
    """Open ``path``; a reader neither creates nor changes anything, also on write-protected media.

    Raises :class:`ArchiveError` (``archive.unusable``) when SQLite cannot open the file.
    """
    if write:
        _make_private(path)
        way = "mode=rwc"
    else:
        way = "mode=ro"
    try:
        try:
            return _connect(path, way, write=write)
        except sqlite3.Error as error:
            other = None if write else _other_way_to_read(path, error)
            if other is None:
                raise
            return _connect(path, other, write=False)
    except FAILURES as error:
        raise translated(error, file=str(path)) from error


def _make_private(path: Path) -> None:
    """Make an empty file for its owner alone, if there is none: SQLite would make it as open as the umask has it.

    SQLite gives journals the mode of the file that they belong to. What cannot be made here is left to SQLite to tell.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _connect(path: Path, way: str, *, write: bool) -> Database:
    uri = f"file:{quote(str(path.absolute()))}?{way}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)
    try:
        connection.isolation_level = None  # transactions begin where we say so, never implicitly
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        _set_pragmas(connection, write=write)
    except BaseException:
        connection.close()
        raise
    return _database_class()(connection, execute_plugins=False)


#: Primary result codes that say: this place does not let SQLite read as it wants to. Not among them: that the file is
#: in use (another writes it now, and what is read past its lock may be half a record), and that it is damaged.
_HINDERED = frozenset({sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})


def _other_way_to_read(path: Path, error: sqlite3.Error) -> str | None:
    """How a reader may open ``path`` after ``mode=ro`` failed with ``error``; None: not at all.

    A writer that was killed leaves a journal with what it had overwritten. SQLite puts that back only through a
    connection that may write: ``mode=rw``, which changes nothing else. ``immutable`` reads without a lock and past a
    journal, and so could show half a transaction: only where nobody can write, and no journal has content.
    """
    if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF not in _HINDERED:
        return None
    if _has_journal(path):
        return "mode=rw"
    writable = os.access(path, os.W_OK) or os.access(path.parent, os.W_OK)
    return None if writable else "mode=ro&immutable=1"


def _has_journal(path: Path) -> bool:
    try:
        return path.with_name(path.name + "-journal").stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:  # it cannot be told: then it must not be read past
        return True


def _set_pragmas(connection: sqlite3.Connection, *, write: bool) -> None:
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere must not run functions through its views
    connection.execute("PRAGMA cell_size_check = ON")
    if write:
        connection.execute("PRAGMA journal_mode = PERSIST")
        connection.execute("PRAGMA journal_size_limit = 0")  # nothing erased lives on in an old journal
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
    else:
        connection.execute("PRAGMA query_only = ON")


@contextlib.contextmanager
def immediate(database: Database, *, file: str) -> Iterator[None]:
    """One write transaction: the lock is taken first, everything is committed, or nothing is."""
    try:
        database.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            database.rollback()
            raise
        database.conn.execute("COMMIT")
    except sqlite3.Error as error:
        database.rollback()
        raise translated(error, file=file) from error


def translated(error: Exception, *, file: str) -> ArchiveError:
    """The error of ours that says what SQLite's ``error`` means for ``file``."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return ArchiveError("is in use by another program", code="archive.busy", file=file, advice="try again")
    if "readonly" in text:
        return ArchiveError("is write-protected", code="archive.read-only", file=file, advice="copy it to a disk first")
    if "disk is full" in text or "disk I/O" in text:
        return ArchiveError(
            "could not be written: the disk is full or failing",
            code="archive.disk",
            file=file,
            advice="make room and try again; what was acknowledged is kept",
        )
    if isinstance(error, UnicodeDecodeError) or "not a database" in text or "malformed" in text:
        return ArchiveError(
            f"is damaged or not an archive ({text})", code="archive.damaged", file=file, advice="restore a backup"
        )
    return ArchiveError(f"cannot be used: {text}", file=file, advice="check that the folder exists and can be written")
