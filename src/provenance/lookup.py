"""Which evidence could a questioned file come from? The archive only proposes; `matching` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import records
from provenance.matching.exact import keys
from provenance.store.index import UnitIndex, unit_key

if TYPE_CHECKING:
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement

#: Candidates that are compared unit by unit. Each costs the reading of its blobs; a file made from more recordings than
#: this is still told from the first ones, and `limits` says so.
CANDIDATES = 64


def _index(custodian: Custodian) -> UnitIndex:
    return UnitIndex(
        custodian.archive.path, origin=custodian.archive.logs()[0].origin, write=custodian.archive.path.exists()
    )


def index_examinations(custodian: Custodian) -> None:
    """Put the distinctive units of every examination that is not in the index there; needs the reading key."""
    with _index(custodian) as index:
        rows = {row.envelope_digest: row for row in custodian.archive.statements(predicate="examination")}
        for digest in index.missing(rows):
            row = rows[digest]
            blobs = records.opened_blobs(custodian, row)
            assert row.evidence_id is not None
            index.add(digest, row.evidence_id, _unit_keys(custodian, records.measured(blobs)))


def _unit_keys(custodian: Custodian, measured: Measurement | None) -> list[int]:
    if measured is None:
        return []
    secret = custodian.index_secret
    return [unit_key(secret, level, digest) for level, digest in keys(measured)]


def candidates(custodian: Custodian, measured: Measurement) -> tuple[list[str], int]:
    """Evidence ids that share distinctive units with ``measured`` in log order, and how many more were left out."""
    with _index(custodian) as index:
        proposed = index.candidates(_unit_keys(custodian, measured))
    kept = {evidence_id for evidence_id, _ in proposed[:CANDIDATES]}
    in_order = [row.evidence_id for row in custodian.archive.statements(predicate="registration")]
    return [one for one in in_order if one in kept and one is not None], max(0, len(proposed) - CANDIDATES)
