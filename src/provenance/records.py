"""Reading the records of an archive: what is held, what its sealed fields say, what was measured.

Nothing here trusts an index column for a value that it returns: digests, fields and measurements are taken from the
sealed boxes and checked against the commitments in the signed statement.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provenance.attest import disclosure, envelope, statement
from provenance.attest.commitment import BlobCommitment, BlobSecret
from provenance.attest.details import KeyIntroduced
from provenance.attest.keys import SigningKey, key_id
from provenance.binding.codec import from_blobs, parse_chunks
from provenance.binding.packing import unpack
from provenance.custodian import blob_purpose, log_key_name, signing_key_name
from provenance.errors import RecordError, UsageError
from provenance.evidence import DigestSet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from provenance.attest.statement import Statement
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.store.record_tables import Row


#: Names of the sealed fields about a blob, followed by KIND/TRACK.
BLOB, COMMITMENT = "blob/", "commitment/"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of an evidence were seen. ``modified``: nanoseconds; ``seen``: RFC 3339, our clock."""

    path: Path
    size: int
    modified: int
    seen: str


def registration_of(custodian: Custodian, evidence_id: str) -> Row:
    """The registration of ``evidence_id``; raises :class:`UsageError` (``evidence.unknown``)."""
    rows = custodian.archive.statements(evidence_id=evidence_id, predicate="registration")
    if not rows:
        raise UsageError(
            f"{evidence_id} is not in this archive", code="evidence.unknown", advice="`provenance list` shows what is"
        )
    return rows[0]


def examinations_of(custodian: Custodian, evidence_id: str) -> list[Row]:
    """Every examination of ``evidence_id`` that is on record, oldest first, whatever could be measured."""
    return custodian.archive.statements(evidence_id=evidence_id, predicate="examination")


def envelope_named(custodian: Custodian, hex_digest: str) -> bytes:
    """The digest of a stored envelope by its hexadecimal name; raises :class:`UsageError` (``record.unknown``)."""
    try:
        digest = bytes.fromhex(hex_digest)
    except ValueError:
        digest = b""
    if not custodian.archive.statements(envelope_digest=digest):
        raise UsageError(
            f"{hex_digest!r} is neither an evidence id nor a record of this archive",
            code="record.unknown",
            advice="`provenance list` shows what is held",
        )
    return digest


def statement_of(custodian: Custodian, row: Row) -> Statement:
    """The statement in the stored envelope of ``row``.

    Raises :class:`RecordError` (``record.index``) when the envelope is not the one named, or says otherwise than the
    index columns that led to it: nothing is concluded from a column alone. Signatures are for `appraise` and `audit`.
    """
    data = custodian.archive.envelope(row.envelope_digest)
    stated = statement.parse(envelope.parse(data).payload)
    branch = stated.branch
    columns = (row.predicate, row.event, row.evidence_id, row.key_id, row.seq, row.key_seq)
    said = (
        stated.predicate,
        stated.event,
        None if branch is None else branch.evidence_id,
        stated.key,
        None if branch is None else branch.seq,
        stated.key_seq,
    )
    if envelope.digest(data) != row.envelope_digest or columns != said:
        raise RecordError(
            f"record {row.idx} of the log is not what the index of the archive says",
            code="record.index",
            advice="run `provenance audit`",
        )
    return stated


def fields_of(custodian: Custodian, row: Row) -> dict[str, Any]:
    """Name → value of the sealed fields of a statement, each checked against the signed digests."""
    return disclosure.open_fields(custodian.disclosures(row.envelope_digest), statement_of(custodian, row).sd)


def digests_of(custodian: Custodian, evidence_id: str) -> DigestSet:
    """Both digests and the size that were registered; raises :class:`LockedError`."""
    fields = fields_of(custodian, registration_of(custodian, evidence_id))
    try:
        return DigestSet(bytes.fromhex(fields["sha256"]), bytes.fromhex(fields["sha512"]), int(fields["size"]))
    except KeyError as error:
        raise RecordError(f"the digests of {evidence_id} were erased", code="record.erased") from error


def keyed(custodian: Custodian, digests: DigestSet) -> bytes:
    """The row key of a file in the digest index."""
    return hmac.digest(custodian.index_secret, b"file\0" + digests.sha256 + digests.sha512, "sha256")


def with_digest(custodian: Custodian, digests: DigestSet) -> list[str]:
    """Evidence ids with exactly these bytes, earliest first; empty also when the archive is locked.

    The index proposes; what counts are the digests that the registration seals.
    """
    if custodian.locked:
        return []
    indexed = custodian.archive.with_digest(keyed(custodian, digests))
    # What was registered under lock is not in the index before somebody with write access settles it.
    return [one for one in (*indexed, *custodian.archive.without_digest()) if _has_digests(custodian, one, digests)]


def _has_digests(custodian: Custodian, evidence_id: str, digests: DigestSet) -> bool:
    try:
        return digests_of(custodian, evidence_id) == digests
    except RecordError:  # a damaged record is told by `audit`, and matches nothing
        return False


def opened_blobs(custodian: Custodian, row: Row, kinds: Collection[str] | None = None) -> dict[tuple[str, int], bytes]:
    """(kind, track) → blob of a statement, each checked against its commitment; of ``kinds`` alone, if named."""
    fields = fields_of(custodian, row)
    found = {}
    for name, value in fields.items():
        if not name.startswith(COMMITMENT):
            continue
        kind, track = name.removeprefix(COMMITMENT).split("/")
        if kinds is not None and kind not in kinds:
            continue
        promised = BlobCommitment.from_field(value)
        box = custodian.archive.blob_box(row.envelope_digest, promised.sha256)
        if box is None:
            raise RecordError(f"the {kind} blob of track {track} is not held any more", code="record.blob-missing")
        blob = unpack(custodian.open_box(box, blob_purpose(promised.sha256)))
        secret = BlobSecret.from_field(fields.get(f"{BLOB}{kind}/{track}"))
        if hashlib.sha256(secret.salt + blob).digest() != promised.sha256:
            raise RecordError(f"the {kind} blob of track {track} is not what was signed", code="record.blob")
        found[kind, int(track)] = blob
    return found


def committed(custodian: Custodian, row: Row) -> frozenset[tuple[str, int]]:
    """(kind, track) of every blob that a statement commits to."""
    names = (name.removeprefix(COMMITMENT) for name in fields_of(custodian, row) if name.startswith(COMMITMENT))
    return frozenset((kind, int(track)) for kind, _, track in (name.partition("/") for name in names))


def stored_bytes(custodian: Custodian, row: Row) -> dict[str, int]:
    """Kind → bytes of the boxes with the blobs of a statement, as they are stored; needs the reading key."""
    lengths = custodian.archive.blob_lengths(row.envelope_digest)
    found: dict[str, int] = {}
    for name, value in fields_of(custodian, row).items():
        if name.startswith(COMMITMENT):
            kind = name.removeprefix(COMMITMENT).partition("/")[0]
            found[kind] = found.get(kind, 0) + lengths.get(BlobCommitment.from_field(value).sha256, 0)
    return found


def measurement_of(custodian: Custodian, evidence_id: str) -> tuple[Measurement, Row] | None:
    """What was last measured of an evidence, by this archive before others; None if nothing was.

    With it the statement that committed to it: what a match rests on has that one's times, never an earlier one's.
    """
    for row in by_standing(custodian, evidence_id):
        found = measured(opened_blobs(custodian, row))
        if found is not None:
            return found, row
    return None


def by_standing(custodian: Custodian, evidence_id: str) -> list[Row]:
    """Examinations of ``evidence_id``, those by keys of this archive first, of these the newest."""
    own = {key_id(public) for public in own_keys(custodian)}
    rows = reversed(examinations_of(custodian, evidence_id))
    return sorted(rows, key=lambda one: one.key_id not in own)  # stable


def measured(blobs: Mapping[tuple[str, int], bytes]) -> Measurement | None:
    """The measurement that opened blobs hold; None when they were erased."""
    return from_blobs(dict(blobs)) if blobs else None


def chunks_of(custodian: Custodian, evidence_id: str) -> tuple[bytes, ...]:
    """The leaf hashes of the registered file's 64 KiB chunks; empty when erased."""
    blobs = opened_blobs(custodian, registration_of(custodian, evidence_id))
    blob = blobs.get(("chunks", 0))
    return () if blob is None else parse_chunks(blob)


def locations(custodian: Custodian, evidence_id: str) -> list[Place]:
    """Where the bytes were seen, the last seen first."""
    places = []
    for place, box in custodian.archive.locations(evidence_id):
        said = json.loads(custodian.open_box(box, location_purpose(evidence_id, place)))
        places.append(Place(Path(said["path"]), said["size"], said["modified"], said["seen"]))
    return sorted(places, key=lambda place: place.seen, reverse=True)


def own_keys(custodian: Custodian) -> list[bytes]:
    """The public halves of the signing keys beside the archive, newest log first.

    The key files are the root of what an archive believes of itself: somebody who rewrites its tables could introduce
    any key in them. A copy without its keys knows no signer.
    """
    found = []
    for log in reversed(custodian.archive.logs()):
        name = signing_key_name(log.log)
        if custodian.keyring.has(name):
            found.append(SigningKey.from_pem(custodian.keyring.read(name)).public)
    return found


def introduced_keys(custodian: Custodian) -> list[bytes]:
    """The signing keys that present themselves in the logs: what they are called, not that they can be believed."""
    found = []
    for row in custodian.archive.statements(predicate="key", event="introduced"):
        details = statement_of(custodian, row).details
        if isinstance(details, KeyIntroduced):
            found.append(details.public)
    return found


def own_logs(custodian: Custodian) -> dict[str, bytes]:
    """Origin → public key of the logs whose key lies beside the archive, and of the others as its tables name them."""
    logs = {}
    for log in custodian.archive.logs():
        name = log_key_name(log.log)
        key_file = SigningKey.from_pem(custodian.keyring.read(name)).public if custodian.keyring.has(name) else None
        logs[log.origin] = log.public_key if key_file is None else key_file
    return logs


def place_of(custodian: Custodian, path: str) -> bytes:
    """The row key of a place: tells nobody else which path it is."""
    return hmac.digest(custodian.index_secret, b"place\0" + path.encode("utf-8", "surrogateescape"), "sha256")


def location_purpose(evidence_id: str, place: bytes) -> bytes:
    """What binds the box with a location to its row."""
    return b"location:" + evidence_id.encode() + b":" + place


def listing(custodian: Custodian) -> list[dict[str, Any]]:
    """`list --json`: one object a registration, in log order; nulls and ``sealed`` where the archive is locked."""
    return [_listed(custodian, row) for row in custodian.archive.statements(predicate="registration")]


def _listed(custodian: Custodian, row: Row) -> dict[str, Any]:
    assert row.evidence_id is not None
    fields: dict[str, Any] = {}
    unreadable = False
    if not custodian.locked:
        try:
            fields = fields_of(custodian, row)
        except RecordError:  # one damaged record must not hide the others; `audit` tells what is wrong with it
            unreadable = True
    names = ("sha256", "size", "observed_at", "file_name", "how")
    return {
        "evidence_id": row.evidence_id,
        "log": row.log,
        "log_index": row.idx,
        "examined": is_examined(custodian, row.evidence_id),
        "sealed": custodian.locked,
        "unreadable": unreadable,
        **{name: fields.get(name) for name in names},
    }


def is_examined(custodian: Custodian, evidence_id: str) -> bool:
    """Whether something of the evidence was measured; under lock, whether an examination is on record."""
    rows = examinations_of(custodian, evidence_id)
    if custodian.locked:
        return bool(rows)
    try:
        return any(fields_of(custodian, row).get("media", {}).get("measured", True) for row in rows)
    except RecordError:
        return False


def show(custodian: Custodian, evidence_id: str) -> dict[str, Any]:
    """`show --json`: an evidence with every statement about it, its tracks and where its bytes were seen."""
    row = registration_of(custodian, evidence_id)
    shown = _listed(custodian, row)
    shown["statements"] = [_stated(custodian, one) for one in custodian.archive.statements(evidence_id=evidence_id)]
    shown["locations"] = None
    shown["measured"] = None
    if not custodian.locked:
        shown["locations"] = [
            {"path": str(place.path), "size": place.size, "last_seen": place.seen}
            for place in locations(custodian, evidence_id)
        ]
        examination = measurement_of(custodian, evidence_id)
        if examination is not None:
            stored = stored_bytes(custodian, examination[1])
            shown["measured"] = {**_measured(examination[0]), "stored_bytes": dict(sorted(stored.items()))}
    return shown


def _stated(custodian: Custodian, row: Row) -> dict[str, Any]:
    stated = statement_of(custodian, row)
    fields: Mapping[str, Any] | None = None if custodian.locked else fields_of(custodian, row)
    hidden = ("subject_salt", "key_prev")
    said = None if fields is None else {k: v for k, v in fields.items() if k not in hidden and "/" not in k}
    return {
        "log_index": row.idx,
        "predicate": stated.predicate,
        "event": stated.event,
        "key": stated.key,
        "envelope": row.envelope_digest.hex(),
        "fields": said,
    }


def _measured(found: Measurement) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "state": found.state,
        "container": found.container,
        "tracks": [
            {
                "index": track.index,
                "kind": track.kind,
                "codec": track.codec,
                "packets": None if track.packets is None else len(track.packets),
                "pictures": None if track.pictures is None else len(track.pictures),
                "duration": _seconds(track.presentation.duration),
                "size": track.presentation.stated.size,
                "rotation": track.presentation.rotation,
            }
            for track in found.tracks
        ],
        "not_measured": [{"what": gap.what, "track": gap.track, "why": gap.why} for gap in found.not_measured],
    }


def _seconds(exact: Any) -> float | None:
    return None if exact is None else round(float(exact), 6)
