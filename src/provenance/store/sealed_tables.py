"""The tables of what is sealed: boxes, and the look-ups under keyed digests, which say nothing without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.store.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Mapping


class SealedTables(Tables):
    """Boxes with fields, blobs and locations, and the digest index. Nothing here is opened."""

    def add_fields(self, envelope_digest: bytes, box: bytes) -> None:
        """Store the box with the disclosures of one statement."""
        self._all("INSERT INTO sealed_fields (envelope_digest, box) VALUES (?, ?)", envelope_digest, box)

    def fields_box(self, envelope_digest: bytes) -> bytes | None:
        """The box with the disclosures of one statement; None when erased."""
        row = self._one("SELECT box FROM sealed_fields WHERE envelope_digest = ?", envelope_digest)
        return None if row is None else bytes(row[0])

    def add_blob(self, commitment: bytes, envelope_digest: bytes, box: bytes) -> None:
        """Store the box of one committed blob."""
        self._all(
            "INSERT INTO sealed_blobs (commitment, envelope_digest, box) VALUES (?, ?, ?)",
            commitment, envelope_digest, box,
        )  # fmt: skip

    def blob_box(self, envelope_digest: bytes, commitment: bytes) -> bytes | None:
        """The box of one blob that a statement committed to; None when it is not held any more."""
        row = self._one(
            "SELECT box FROM sealed_blobs WHERE commitment = ? AND envelope_digest = ?", commitment, envelope_digest
        )
        return None if row is None else bytes(row[0])

    def blob_lengths(self, envelope_digest: bytes) -> Mapping[bytes, int]:
        """Commitment → bytes of the box of every blob that a statement committed to and that is still held."""
        return dict(
            self._all("SELECT commitment, length(box) FROM sealed_blobs WHERE envelope_digest = ?", envelope_digest)
        )

    # --- look-ups that need the reading key ------------------------------------------------------------------------

    def index_digest(self, keyed_digest: bytes, evidence_id: str) -> None:
        """Remember that bytes with this keyed digest are ``evidence_id``."""
        self._all(
            "INSERT OR IGNORE INTO digest_index (keyed_digest, evidence_id) VALUES (?, ?)", keyed_digest, evidence_id
        )

    def with_digest(self, keyed_digest: bytes) -> list[str]:
        """Evidence ids with this keyed digest, oldest registration first."""
        rows = self._all(
            "SELECT d.evidence_id FROM digest_index d CROSS JOIN statements s ON s.evidence_id = d.evidence_id"
            " AND s.predicate = 'registration' WHERE d.keyed_digest = ? ORDER BY s.log, s.idx",
            keyed_digest,
        )
        return [row[0] for row in rows]

    def digest_rows(self) -> list[tuple[bytes, str]]:
        """Every (keyed digest, evidence id) of the index."""
        return self._all("SELECT keyed_digest, evidence_id FROM digest_index ORDER BY evidence_id, keyed_digest")

    def set_location(self, evidence_id: str, place: bytes, box: bytes) -> None:
        """Remember where bytes are: ``place`` is a keyed digest of the path, ``box`` holds path, size, mtime, seen."""
        self._all(
            "INSERT OR REPLACE INTO locations (evidence_id, place, box) VALUES (?, ?, ?)", evidence_id, place, box
        )

    def locations(self, evidence_id: str) -> list[tuple[bytes, bytes]]:
        """(place, box) of every remembered place of an evidence's bytes."""
        return self._all("SELECT place, box FROM locations WHERE evidence_id = ? ORDER BY place", evidence_id)
