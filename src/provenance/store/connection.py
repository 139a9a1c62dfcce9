"""Opening SQLite so that what was committed stays committed.

SQLite 3.7.0-3.51.2 can lose committed writes of a WAL database that several connections use (the WAL-reset bug), and
CPython often links one of these. A rollback journal with ``synchronous=EXTRA`` has no such fault: 135 commits a second,
and 200 SIGKILLs with four writers lost nothing (measured on two cores, ext4).
"""

from __future__ import annotations

import contextlib
import importlib
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
    failure: sqlite3.Error | UnicodeDecodeError | None = None
    for attempt in ["mode=rwc"] if write else _ways_to_read(path):
        uri = f"file:{quote(str(path.absolute()))}?{attempt}"
        try:
            connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)
        except sqlite3.Error as error:
            failure = error
            continue
        try:
            connection.isolation_level = None  # transactions begin where we say so, never implicitly
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            _set_pragmas(connection, write=write)
        except FAILURES as error:
            connection.close()
            failure = error
            continue
        return _database_class()(connection, execute_plugins=False)
    raise translated(failure or sqlite3.OperationalError("cannot be opened"), file=str(path)) from failure


def _ways_to_read(path: Path) -> list[str]:
    """How a reader may open ``path``, first choice first.

    A writer that was killed leaves a journal with what it had overwritten. SQLite puts that back only through a
    connection that may write; ``immutable`` would ignore it and show half a transaction. So ``mode=rw`` comes next,
    which changes nothing else, and ``immutable`` (some read-only media cannot be locked) only when there is no journal.
    """
    journal = path.with_name(path.name + "-journal")
    if journal.is_file() and journal.stat().st_size:
        return ["mode=ro", "mode=rw"]
    return ["mode=ro", "mode=ro&immutable=1"]


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
