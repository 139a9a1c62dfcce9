"""The sealed segments of the index: what copies that were coded again are searched by, one box a kind and an evidence.

A segment is opened and searched whole, so that it needs no keys to be looked up by, and is sealed: a code of a picture
or a print of a sound tells who has the film what was registered. What a kind holds is for those who make it to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.attest.sealing import open_segment, seal_segment
from provenance.errors import ArchiveError, RecordError
from provenance.store.connection import FAILURES
from provenance.store.index_file import IndexFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Iterable

#: Kinds of segments by their number, that of the blobs which they are made from (docs/formats/measurements.md).
CODES: Final = 6
SOUNDS: Final = 9
KINDS: Final = frozenset({CODES, SOUNDS})


@dataclass(frozen=True, slots=True)
class Segment:
    """What one examination gives to one kind of search. ``signer``: the id of the key that signed it, in bytes.

    A later examination by the same key takes the place of an earlier one; another key's stands beside it.
    """

    kind: int
    signer: bytes
    content: bytes


class SegmentTable(IndexFile):
    """The table of segments of an open index."""

    def segments(self, kind: int) -> Generator[tuple[str, Segment]]:
        """(evidence id, segment) of everything held of ``kind``, in the order in which evidence was indexed.

        Raises :class:`ArchiveError` (``archive.damaged``) for a segment that was changed, taken away or put elsewhere.
        """
        if self._database is None:
            return
        connection = self._database.conn
        try:
            connection.execute("BEGIN")  # one state of the file: another process may be writing
            rows = connection.cursor()
            try:
                self._check_count()
                rows.execute(
                    "SELECT CAST(evidence_id AS BLOB), CAST(signer AS BLOB), CAST(box AS BLOB)"
                    " FROM segments LEFT JOIN evidence ON number = evidence"
                    " WHERE kind = ? ORDER BY evidence, signer",
                    (kind,),
                )
                for name, signer, box in rows:  # as bytes, because damage is not always text
                    evidence_id = (name or b"").decode("ascii", "replace")
                    yield evidence_id, Segment(kind, signer, self._opened_segment(kind, evidence_id, signer, box))
            finally:
                rows.close()  # a read that is not over would keep its lock, whatever is rolled back
                connection.execute("ROLLBACK")
        except FAILURES as error:
            raise self._failed(error) from error

    def segment_bytes(self, kind: int) -> int:
        """No fewer bytes than all contents of ``kind`` have together."""
        if self._database is None:
            return 0
        return int(self._rows("SELECT ifnull(sum(length(box)), 0) FROM segments WHERE kind = ?", kind)[0][0])

    def _check_count(self) -> None:
        ((there, added),) = self._rows("SELECT (SELECT count(*) FROM segments), sealed FROM state")
        if there != added:
            raise self._changed("holds another number of segments than were put into it")

    def _opened_segment(self, kind: int, evidence_id: str, signer: bytes | None, box: bytes) -> bytes:
        if signer is None:
            raise self._changed("holds a segment of nobody")
        try:
            return open_segment(self._secret, box, self._purpose(kind, evidence_id, signer))
        except RecordError as error:
            raise self._changed("holds a segment that was changed, or is of another evidence") from error

    def _changed(self, why: str) -> ArchiveError:
        return ArchiveError(
            why, code="archive.damaged", file=str(self.path), advice="remove this file: it is made again"
        )

    def _put(self, connection: sqlite3.Connection, number: int, evidence_id: str, segments: Iterable[Segment]) -> None:
        """Put ``segments`` of evidence ``number`` into the table, inside the caller's transaction."""
        for one in segments:
            box = seal_segment(self._secret, one.content, self._purpose(one.kind, evidence_id, one.signer))
            there = connection.execute(
                "DELETE FROM segments WHERE evidence = ? AND kind = ? AND signer = ?", (number, one.kind, one.signer)
            ).rowcount
            connection.execute("INSERT INTO segments VALUES (?, ?, ?, ?)", (number, one.kind, one.signer, box))
            connection.execute("UPDATE state SET sealed = sealed + ?", (1 - there,))

    def _purpose(self, kind: int, evidence_id: str, signer: bytes) -> bytes:
        """What binds a segment to its place, in this index."""
        return b"%s%s%s:%s" % (self._owner, kind.to_bytes(2, "big"), evidence_id.encode(), signer)
