"""Which evidence could a questioned file come from? The archive only proposes; `matching` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import records
from provenance.binding.codec import parse_chunks
from provenance.matching.exact import keys
from provenance.store.index import UnitIndex, unit_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.store.archive import Row

#: Candidates that are compared unit by unit. Each costs the reading of its blobs; a file made from more recordings than
#: this is still told from the first ones, and `limits` says so.
CANDIDATES = 64

_HASH_BYTES = 32
#: Leading 64 KiB chunks of a file that are indexed and looked up. A file that was cut off begins like the recording;
#: what is looked for behind the first MiB is found by its coded units.
_CHUNKS = 16
_UNFINISHED = b"unfinished-recording"


def _index(custodian: Custodian) -> UnitIndex:
    return UnitIndex(custodian.archive.path, origin=custodian.archive.logs()[0].origin)


def index_examinations(custodian: Custodian) -> None:
    """Put the units of every examination, and the first chunks of every file, into the index; needs the reading key."""
    with _index(custodian) as index:
        rows = {
            row.envelope_digest: row
            for predicate in ("registration", "examination")
            for row in custodian.archive.statements(predicate=predicate)
        }
        for digest in index.missing(rows):
            row = rows[digest]
            assert row.evidence_id is not None
            index.add(digest, row.evidence_id, index_keys(custodian, row))


def index_keys(custodian: Custodian, row: Row) -> list[int]:
    """The keys under which the index holds one registration or examination."""
    return keys_of_blobs(custodian, row.predicate, records.opened_blobs(custodian, row))


def keys_of_blobs(custodian: Custodian, predicate: str, blobs: Mapping[tuple[str, int], bytes]) -> list[int]:
    """As :func:`index_keys`, of a statement whose blobs were opened and checked already."""
    if predicate == "registration":
        chunks = blobs.get(("chunks", 0))
        return [] if chunks is None else _keyed(custodian, _chunk_keys(b"".join(parse_chunks(chunks))))
    measured = records.measured(blobs)
    return [] if measured is None else _keyed(custodian, _all_keys(measured))


def _all_keys(measured: Measurement) -> Iterator[tuple[str, bytes]]:
    yield from keys(measured)
    if measured.state == "unfinished-recording":
        yield "state", _UNFINISHED


def _chunk_keys(leaves: bytes) -> Iterator[tuple[str, bytes]]:
    for start in range(0, min(len(leaves), _CHUNKS * _HASH_BYTES), _HASH_BYTES):
        yield "chunks", leaves[start : start + _HASH_BYTES]


def _keyed(custodian: Custodian, units: Iterator[tuple[str, bytes]]) -> list[int]:
    secret = custodian.index_secret
    return [unit_key(secret, level, digest) for level, digest in units]


def candidates(custodian: Custodian, measured: Measurement) -> tuple[list[str], int]:
    """Evidence ids that share distinctive units with ``measured`` in log order, and how many more were left out."""
    proposed = _proposed(custodian, keys(measured))
    kept = set(proposed[:CANDIDATES])
    in_order = [row.evidence_id for row in custodian.archive.statements(predicate="registration")]
    return [one for one in in_order if one in kept and one is not None], max(0, len(proposed) - CANDIDATES)


def with_chunks(custodian: Custodian, leaves: bytes) -> list[str]:
    """Evidence ids that share one of the first 64 KiB chunks, most chunks first."""
    return _proposed(custodian, _chunk_keys(leaves))


def unfinished(custodian: Custodian) -> list[str]:
    """Evidence ids of recordings that were registered without their index."""
    return _proposed(custodian, iter([("state", _UNFINISHED)]))


def _proposed(custodian: Custodian, units: Iterator[tuple[str, bytes]]) -> list[str]:
    with _index(custodian) as index:
        return [evidence_id for evidence_id, _ in index.candidates(_keyed(custodian, units))]
