"""What the groups of tables of one archive share: the open file, and reading and writing rows in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.store.connection import FAILURES, translated

if TYPE_CHECKING:
    from pathlib import Path

    from sqlite_utils import Database


class Tables:
    """Tables of the open archive at ``path``; every failure of SQLite comes out as an :class:`ArchiveError`."""

    def __init__(self, path: Path, database: Database, *, write: bool) -> None:
        self.path = path
        self.write = write
        self._database = database

    def _all(self, sql: str, *values: Any) -> list[Any]:
        try:
            return self._database.execute(sql, values).fetchall()
        except FAILURES as error:
            raise translated(error, file=str(self.path)) from error

    def _one(self, sql: str, *values: Any) -> Any:
        rows = self._all(sql, *values)
        return rows[0] if rows else None
