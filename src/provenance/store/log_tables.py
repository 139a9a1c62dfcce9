"""The tables of the logs: entries, the tree nodes over them, and the heads that were signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import ArchiveError
from provenance.store.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


class LogTables(Tables):
    """Every log of an archive. What is appended here was signed above."""

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
