"""Which evidence could a questioned file come from? The archive only proposes; `matching` decides."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar, cast

from provenance import records
from provenance.binding.codec import parse_chunks, parse_codes
from provenance.errors import ArchiveError, RecordError
from provenance.matching.exact import keys
from provenance.store.index import UnitIndex, unit_key
from provenance.store.segments import CODES, SOUNDS, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.store.record_tables import Row

T = TypeVar("T")

#: Candidates that are compared unit by unit. Each costs the reading of its blobs; a file made from more recordings than
#: this is still told from the first ones, and `limits` says so.
CANDIDATES = 64

#: Records that the index is made of.
INDEXED = ("registration", "examination")

#: Blobs that the index is made of; small pictures and local features are the larger part, and are not in it.
_INDEXED_KINDS = frozenset({"chunks", "facts", "packets", "pictures", "sound", "codes", "soundprint"})

_HASH_BYTES = 32
#: Leading 64 KiB chunks of a file that are indexed and looked up. A file that was cut off begins like the recording;
#: what is looked for behind the first MiB is found by its coded units.
_CHUNKS = 16
_UNFINISHED = b"unfinished-recording"
#: A file of one chunk that was cut off shares no whole chunk with the recording: such small files are all proposed.
_ONE_CHUNK = b"one-chunk"


def _index(custodian: Custodian) -> UnitIndex:
    origin = custodian.archive.logs()[0].origin
    index = UnitIndex(custodian.archive.path, origin=origin, secret=custodian.index_secret)
    if index.remade is not None:
        _remark(custodian, index, index.remade)
    return index


def _remark(custodian: Custodian, index: UnitIndex, why: str) -> None:
    custodian.remark(f"the index {index.path} {why}: it is made again from the records; no answer rests on it")


def _asked(custodian: Custodian, work: Callable[[UnitIndex], T]) -> T:
    """What ``work`` makes of the open index, in which everything is. One that turns out to be damaged is made again.

    Whether everything is in it is asked of the very file that is then read: another process may have put an empty one
    in the place of a damaged one since, and out of that nothing would be proposed. Raises :class:`ArchiveError`
    (``archive.damaged``) where it cannot be made again.
    """
    index = _index(custodian)
    try:
        with index:
            _fill(custodian, index)
            return work(index)
    except ArchiveError as error:
        if error.code != "archive.damaged" or error.file != str(index.path) or not index.make_way():
            raise
    _remark(custodian, index, "was damaged")
    with _index(custodian) as index:
        _fill(custodian, index)
        return work(index)


def _fill(custodian: Custodian, index: UnitIndex) -> None:
    """Put into the index what it does not have yet; records that could not be read are not tried again."""
    if not index.can_grow:
        return
    if not is_held(custodian, *index.indexed_to()):  # the archive was restored from a backup and has gone on otherwise
        index.clear()
    while not _index_rest(custodian, index):
        pass  # another process indexes, too, and was first with a record: go on from where it is


def index_examinations(custodian: Custodian) -> list[str]:
    """Put the units of every examination, and the first chunks of every file, into the index; needs the reading key.

    Returns the evidence ids of records that are not in it: they cannot be read, or the index cannot be written here.
    Records are indexed in log order, so that the place of the last one tells which are left: with 20,000 registered and
    examined recordings it takes 0.02 ms to see that none is, and took 390 ms to read all rows.
    """
    return _asked(custodian, lambda index: _left_out(custodian, index))


def _left_out(custodian: Custodian, index: UnitIndex) -> list[str]:
    """Evidence ids of records that are not in an index that was filled, after another try to read them."""
    if not index.can_grow:
        after, _ = index.indexed_to()
        return [row.evidence_id for row in custodian.archive.after(after, INDEXED) if row.evidence_id is not None]
    _index_left_out(custodian, index)
    return list(index.left_out().values())


def _index_left_out(custodian: Custodian, index: UnitIndex) -> None:
    for digest, evidence_id in index.left_out().items():
        for row in custodian.archive.statements(envelope_digest=digest):
            found = _readable(custodian, row)
            if found is None:
                continue
            units, segments = found
            if _is_superseded(custodian, index, row):
                segments = []
            index.add_left_out(digest, evidence_id, units, segments)


def _is_superseded(custodian: Custodian, index: UnitIndex, row: Row) -> bool:
    """Whether the index was given a later examination by the same key.

    The order of the log says which one counts, not the order in which records could be read.
    """
    waiting = index.left_out()
    return any(
        (later.log, later.idx) > (row.log, row.idx)
        and later.key_id == row.key_id
        and later.predicate == "examination"
        and later.envelope_digest not in waiting
        for later in custodian.archive.statements(evidence_id=row.evidence_id)
    )


def _index_rest(custodian: Custodian, index: UnitIndex) -> bool:
    after, _ = index.indexed_to()
    for row in custodian.archive.after(after, INDEXED):
        if row.evidence_id is None:  # the columns were changed: `audit` tells
            continue
        place = (row.log, row.idx)
        units, segments = _readable(custodian, row) or (None, ())
        if not index.add(after, place, row.envelope_digest, row.evidence_id, units, segments):
            return False
        after = place
    return True


def _readable(custodian: Custodian, row: Row) -> tuple[set[int], list[Segment]] | None:
    try:
        return index_entry(custodian, row)
    except RecordError:
        return None


def is_held(custodian: Custodian, place: tuple[int, int], digest: bytes | None) -> bool:
    """Whether the archive holds the record ``digest`` at ``place``; nothing is always held."""
    return digest is None or any(
        (row.log, row.idx) == place for row in custodian.archive.statements(envelope_digest=digest)
    )


def index_entry(custodian: Custodian, row: Row) -> tuple[set[int], list[Segment]]:
    """The keys under which the index holds one registration or examination, and what it is searched by."""
    blobs = records.opened_blobs(custodian, row, _INDEXED_KINDS)
    return set(keys_of_blobs(custodian, row.predicate, blobs)), segments_of_blobs(row.predicate, row.key_id, blobs)


def segments_of_blobs(predicate: str, key_id: str, blobs: Mapping[tuple[str, int], bytes]) -> list[Segment]:
    """What copies are searched by, of a statement by ``key_id`` whose blobs were opened and checked already."""
    measured = None if predicate == "registration" else _without_looks(blobs)
    if measured is None:
        return []
    from provenance.matching.looks.kept import segment_of  # loads numpy, which registering alone does not need
    from provenance.matching.sounds import kept as kept_sounds

    shown = [one for one in measured.of_kind("video") if one.pictures and ("codes", one.index) in blobs]
    track = next((one for one in shown if one.presentation.default), shown[0] if shown else None)
    codes, qualities = (b"", b"") if track is None else parse_codes(blobs["codes", track.index])
    if track is not None and len(qualities) != len(track.pictures or ()):
        raise RecordError("a measurement blob is malformed: not one code a picture", code="record.blob")
    content = segment_of(measured, codes, qualities, None if track is None else track.index)
    signer = key_id.encode("ascii")
    return [Segment(CODES, signer, content), Segment(SOUNDS, signer, kept_sounds.segment_of(measured))]


def _without_looks(blobs: Mapping[tuple[str, int], bytes]) -> Measurement | None:
    return records.measured({key: blob for key, blob in blobs.items() if key[0] in _INDEXED_KINDS - {"codes"}})


def keys_of_blobs(custodian: Custodian, predicate: str, blobs: Mapping[tuple[str, int], bytes]) -> list[int]:
    """As :func:`index_keys`, of a statement whose blobs were opened and checked already."""
    if predicate == "registration":
        chunks = blobs.get(("chunks", 0))
        return [] if chunks is None else _keyed(custodian, _chunk_keys(b"".join(parse_chunks(chunks))))
    measured = _without_looks(blobs)
    return [] if measured is None else _keyed(custodian, _all_keys(measured))


def _all_keys(measured: Measurement) -> Iterator[tuple[str, bytes]]:
    yield from keys(measured)
    if measured.state == "unfinished-recording":
        yield "state", _UNFINISHED


def _chunk_keys(leaves: bytes) -> Iterator[tuple[str, bytes]]:
    if len(leaves) == _HASH_BYTES:
        yield "state", _ONE_CHUNK
    for start in range(0, min(len(leaves), _CHUNKS * _HASH_BYTES), _HASH_BYTES):
        yield "chunks", leaves[start : start + _HASH_BYTES]


def _keyed(custodian: Custodian, units: Iterator[tuple[str, bytes]]) -> list[int]:
    secret = custodian.index_secret
    return [unit_key(secret, level, digest) for level, digest in units]


def candidates(custodian: Custodian, measured: Measurement) -> tuple[list[str], int]:
    """Evidence ids that share distinctive units with ``measured`` in log order, and how many more were left out."""
    proposed = _proposed(custodian, keys(measured))
    kept = set(proposed[:CANDIDATES])
    return custodian.archive.in_log_order(kept), max(0, len(proposed) - CANDIDATES)


def with_chunks(custodian: Custodian, leaves: bytes) -> list[str]:
    """Evidence ids that share one of the first 64 KiB chunks, most chunks first; those of one chunk, like it."""
    return _proposed(custodian, _chunk_keys(leaves))


def unfinished(custodian: Custodian) -> list[str]:
    """Evidence ids of recordings that were registered without their index."""
    return _proposed(custodian, iter([("state", _UNFINISHED)]))


def _proposed(custodian: Custodian, units: Iterator[tuple[str, bytes]]) -> list[str]:
    keyed = _keyed(custodian, units)
    return _asked(custodian, lambda index: [evidence_id for evidence_id, _ in index.candidates(keyed)])


# --- what copies that were coded again are searched by ---


def searched(
    custodian: Custodian, kind: int, make: Callable[[Iterator[tuple[str, bytes]], int], T]
) -> tuple[T, list[str]]:
    """What ``make`` makes of all segments of ``kind``, and evidence ids that are not in the index.

    ``make`` is given (evidence id, content) of each, and no fewer bytes than all have together; the same ``make`` of an
    unchanged index is not called again while the archive is open. An index that is damaged is made again; where that
    cannot be, :class:`ArchiveError` (``archive.damaged``) says so.
    """
    unindexed = index_examinations(custodian)
    return _asked(custodian, lambda index: _made(custodian, index, kind, make)), unindexed


def _made(
    custodian: Custodian, index: UnitIndex, kind: int, make: Callable[[Iterator[tuple[str, bytes]], int], T]
) -> T:
    """``make`` of what the index holds now; made before and still the same, it is not made again."""
    now = (make, index.stamp())
    stamp, made = custodian.loaded.get(kind, (None, None))
    if stamp != now:
        custodian.loaded.pop(kind, None)  # never two at once: ten million codes are 400 MB
        room = index.segment_bytes(kind)
        try:
            with closing(index.segments(kind)) as segments:
                made = make(((evidence_id, one.content) for evidence_id, one in segments), room)
        except RecordError as error:  # sealed as it should be, and not what this version puts there
            raise ArchiveError(
                f"holds a segment that cannot be read: {error.message}", code="archive.damaged", file=str(index.path)
            ) from error
        custodian.loaded[kind] = now, made
    return cast("T", made)
