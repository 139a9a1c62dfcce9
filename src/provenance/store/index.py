"""The index of exact units beside the archive (``PATH.index``): which evidence holds a packet or picture.

A row is (key, posting), two 64-bit numbers that nobody without the sealed secret can tell from random ones: the key is
a keyed digest of a unit and of the number of evidences that held it before, the posting is an evidence number under a
mask that is another keyed digest. So rows of one evidence, and rows of one unit, cannot be put together; and as many
random rows go in with each record as pad it (`padded`), so that the rows do not count its units.

Beside them lie what copies that were coded again are searched by, in sealed segments (`segments`).

The index only ever proposes candidates, so a collision costs a comparison and never makes a match. It can be deleted at
any time: it is made again from the sealed blobs.
"""

from __future__ import annotations

import hmac
import secrets
from collections import Counter
from typing import TYPE_CHECKING

from provenance.store.connection import FAILURES, immediate
from provenance.store.index_file import NOTHING
from provenance.store.segments import SegmentTable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.store.segments import Segment

#: Evidences kept for one unit: the earliest registrations win. A unit that is in more pieces of evidence than this says
#: little about which of them a file comes from.
PER_UNIT = 64

#: Keys asked in one statement. SQLite's default limit on variables is 999 before 3.32 and 32,766 after it.
_BATCH = 900
#: Rows that every record has at least: as many as a registration has at most, so that none shows a small file.
_SMALLEST = 16


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


class UnitIndex(SegmentTable):
    """The open index of one archive: ``origin`` is that of its first log, ``secret`` its sealed index secret."""

    # --- what is indexed --------------------------------------------------------------------------------------------

    def indexed_to(self) -> tuple[tuple[int, int], bytes | None]:
        """(log, index) up to which everything is indexed, and the record there; :data:`NOTHING` and None at first."""
        if self._database is None:
            return NOTHING, None
        log, index, digest = self._rows("SELECT log, idx, envelope_digest FROM state")[0]
        return (log, index), digest

    def stamp(self) -> tuple[object, ...]:
        """Equal as long as nothing was added, taken out or made again."""
        if self._database is None:
            return ()
        left_out = self._rows("SELECT count(*) FROM left_out")
        return (self._inode, *self._rows("SELECT * FROM state")[0], *left_out[0])

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
            for table in ("units", "evidence", "left_out", "segments"):
                self._database.conn.execute(f"DELETE FROM {table}")
            self._database.conn.execute(
                "UPDATE state SET log = ?, idx = ?, envelope_digest = NULL, total = 0, sealed = 0", NOTHING
            )

    def add(
        self,
        after: tuple[int, int],
        place: tuple[int, int],
        envelope_digest: bytes,
        evidence_id: str,
        units: set[int] | None,
        segments: Sequence[Segment] = (),
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
                self._insert(connection, evidence_id, units, segments)
            connection.execute("UPDATE state SET log = ?, idx = ?, envelope_digest = ?", (*place, envelope_digest))
        return True

    def left_out(self) -> dict[bytes, str]:
        """Record → evidence id of what could not be read when its turn came."""
        return {} if self._database is None else dict(self._rows("SELECT envelope_digest, evidence_id FROM left_out"))

    def add_left_out(
        self, envelope_digest: bytes, evidence_id: str, units: set[int], segments: Sequence[Segment] = ()
    ) -> None:
        """Index the units of a record that was left out."""
        assert self._database is not None
        assert self._write
        with immediate(self._database, file=str(self.path)):
            connection = self._database.conn
            gone = connection.execute("DELETE FROM left_out WHERE envelope_digest = ?", (envelope_digest,)).rowcount
            if gone:  # else another process was first
                self._insert(connection, evidence_id, units, segments)

    def _insert(
        self, connection: sqlite3.Connection, evidence_id: str, units: set[int], segments: Sequence[Segment]
    ) -> None:
        connection.execute("INSERT OR IGNORE INTO evidence (evidence_id) VALUES (?)", (evidence_id,))
        (number,) = connection.execute("SELECT number FROM evidence WHERE evidence_id = ?", (evidence_id,)).fetchone()
        rows = [(key, number ^ self._mask(key)) for key in self._free_keys(number, units)]
        rows += [(_random(), _random()) for _ in range(padded(len(rows)) - len(rows))]
        # In the order of their keys, the cells within a page would tell one record's rows from the next one's.
        secrets.SystemRandom().shuffle(rows)
        connection.executemany("INSERT INTO units (key, posting) VALUES (?, ?)", rows)
        connection.execute("UPDATE state SET total = total + ?", (len(rows),))
        self._put(connection, number, evidence_id, segments)

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


def _keyed(secret: bytes, what: bytes) -> int:
    return int.from_bytes(hmac.digest(secret, what, "sha256")[:8], "big", signed=True)


def _random() -> int:
    return int.from_bytes(secrets.token_bytes(8), "big", signed=True)


def _batches(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]
