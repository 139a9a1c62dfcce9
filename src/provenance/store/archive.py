"""An archive: one SQLite file with the records, the log over them and the sealed boxes, and nothing readable beside.

This room stores and finds bytes. It signs nothing, opens no box and parses no statement: `custody` does, above it.
`log_tables`, `record_tables` and `sealed_tables` know their tables; here the file is opened, made and written to.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from platformdirs import user_data_path

from provenance.errors import ArchiveError
from provenance.store import schema
from provenance.store.connection import FAILURES, immediate, open_database, translated
from provenance.store.log_tables import LogTables
from provenance.store.record_tables import RecordTables
from provenance.store.sealed_tables import SealedTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlite_utils import Database


def default_path() -> Path:
    """Where the archive lies when neither ``--archive`` nor ``$PROVENANCE_ARCHIVE`` names one."""
    return user_data_path("provenance", appauthor=False) / "archive.sqlite"


class Archive(LogTables, RecordTables, SealedTables):
    """An open archive. Readers may be many; a writer holds :meth:`writing` for one record at a time."""

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

    # --- settings ---------------------------------------------------------------------------------------------------

    def setting(self, name: str) -> str | None:
        """The value of a setting, None if it was never set."""
        row = self._one("SELECT value FROM settings WHERE name = ?", name)
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting inside the caller's transaction."""
        self._all("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value)

    # --- health -----------------------------------------------------------------------------------------------------

    def faults_of_file(self) -> list[str]:
        """What SQLite itself and the append-only guards find wrong; empty when sound."""
        lines = [row[0] for row in self._all("PRAGMA integrity_check(20)")]
        found = [] if lines == ["ok"] else lines
        return found + [f"append-only guard {name} is missing" for name in schema.missing_triggers(self._database.conn)]


def _is_new(database: Database) -> bool:
    (tables,) = database.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables == 0)
