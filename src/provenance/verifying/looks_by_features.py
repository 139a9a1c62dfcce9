"""Which recordings share local features with the file in hand: read from their blobs, as many at once as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance import records
from provenance.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.custodian import Custodian
    from provenance.matching.looks.library import Proposed
    from provenance.matching.looks.sight import Sight


def by_features(custodian: Custodian, file: Sight, sources: Iterable[str], *, deep: bool) -> tuple[list[Proposed], int]:
    """Recordings that share local features, and how many were left out.

    Of as many as are searched by default, the last first, or of all (``deep``).
    """
    from provenance.matching.looks.library import MOST_PROPOSED
    from provenance.matching.looks.sharing import FEATURES_AT_ONCE, ranked_by_features

    found: list[Proposed] = []
    asked: list[tuple[str, bytes]] = []
    count = passed = 0
    for source in reversed(custodian.archive.in_log_order(set(sources))):
        if passed:
            passed += 1
            continue
        rows = _features_of(custodian, source)
        if count + len(rows) > FEATURES_AT_ONCE * _ROW:
            found += ranked_by_features(file, asked)
            asked, count = [], 0
            if not deep:
                passed = 1
                continue
        asked.append((source, rows))
        count += len(rows)
    found += ranked_by_features(file, asked)
    return sorted(found, key=lambda one: -one.weight)[:MOST_PROPOSED], passed


#: Bytes of a local feature in its blob, the number of the picture included.
_ROW: Final = 40


def _features_of(custodian: Custodian, source: str) -> bytes:
    """Rows of the features blob of a recording's first track that has one; none where they cannot be read."""
    try:
        return next(_feature_rows(custodian, source), b"")
    except RecordError:
        return b""


def _feature_rows(custodian: Custodian, source: str) -> Iterator[bytes]:
    from provenance.binding.codec import HEADER_BYTES, parse_header

    for row in records.by_standing(custodian, source):
        for (kind, _), blob in sorted(records.opened_blobs(custodian, row, {"features"}).items()):
            if parse_header(blob).kind == kind:
                yield blob[HEADER_BYTES:]
