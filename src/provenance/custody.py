"""Append attestations: every record is built, signed, logged and sealed in one transaction, durable before it is told.

Reading a statement back, re-hashing it and signing the head happen under the same lock, so that what the head covers is
what the disk holds.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from provenance import merkle, records
from provenance.attest import envelope, statement
from provenance.attest.commitment import BlobSecret, commit_blob, subject_commitment
from provenance.attest.disclosure import MAX_DISCLOSURE, seal_fields
from provenance.attest.keys import verify
from provenance.attest.statement import Branch, Subject
from provenance.binding.codec import split
from provenance.binding.packing import pack
from provenance.clock import observe
from provenance.custodian import INDEX_PURPOSE, blob_purpose, fields_purpose
from provenance.errors import ArchiveError, FileError, RecordError
from provenance.evidence import evidence_id as new_evidence_id
from provenance.media import source as media
from provenance.store import heads
from provenance.store.log_tables import Entry
from provenance.store.record_tables import Row
from provenance.tlog import checkpoint, entry
from provenance.tlog.checkpoint import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from provenance.attest.details import Details
    from provenance.attest.keys import SigningKey
    from provenance.attest.vocabulary import Predicate
    from provenance.custodian import Custodian
    from provenance.evidence import DigestSet
    from provenance.media.source import Source
    from provenance.store.log_tables import Log

_SALT_BYTES = 32
#: The comparison part of a verdict beside the questioned file (formats section 6).
_OF_THE_RECORDS = ("evidence_id", "measured_by", "committed_not_after")
_COMPARISON_PART = ("relation", "basis", "segments", "unmatched", "missing", "coverage", "altered", "audio")


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement before it has its place in the log.

    ``follows``: envelopes of other branches that it follows; ``cosigners``: keys that sign beside the archive's own.
    """

    predicate: Predicate
    subject: Subject
    event: str | None = None
    evidence_id: str | None = None
    details: Details | None = None
    sealed: Mapping[str, Any] = field(default_factory=dict)
    blobs: Mapping[tuple[str, int], bytes] = field(default_factory=dict)
    follows: tuple[bytes, ...] = ()
    cosigners: tuple[SigningKey, ...] = ()


def append_registration(custodian: Custodian, digests: DigestSet, chunks: bytes, sealed: Mapping[str, Any]) -> Row:
    """Register bytes that are new here, inside the caller's transaction; returns the row with the new evidence id."""
    salt = secrets.token_bytes(_SALT_BYTES)
    evidence_id = new_evidence_id(secrets.token_bytes(16))
    draft = Draft(
        predicate="registration",
        subject=Subject.evidence(evidence_id, subject_commitment(salt, digests)),
        evidence_id=evidence_id,
        sealed={
            **sealed,
            "subject_salt": salt.hex(),
            "sha256": digests.sha256.hex(),
            "sha512": digests.sha512.hex(),
            "size": digests.size,
        },
        blobs={("chunks", 0): chunks},
    )
    row = append(custodian, draft)
    if not custodian.locked:
        custodian.archive.index_digest(records.keyed(custodian, digests), evidence_id)
    return row


def append_event(custodian: Custodian, evidence_id: str, event: str, sealed: Mapping[str, Any]) -> Row:
    """Append a custody event about ``evidence_id``, inside the caller's transaction."""
    subject = _subject_of(custodian, evidence_id)
    return append(custodian, Draft("custody", subject, event=event, evidence_id=evidence_id, sealed=sealed))


def append_examination(
    custodian: Custodian, evidence_id: str, blobs: Mapping[tuple[str, int], bytes], sealed: Mapping[str, Any]
) -> Row:
    """Append an examination that commits to ``blobs``, inside the caller's transaction."""
    subject = _subject_of(custodian, evidence_id)
    return append(custodian, Draft("examination", subject, evidence_id=evidence_id, sealed=sealed, blobs=blobs))


def append_verification(custodian: Custodian, evidence_id: str, verdict: Mapping[str, Any]) -> Row:
    """Append what was found about a questioned file, inside the caller's transaction; all of it is sealed.

    It holds the comparison part of the verdict (formats section 6). One too long for a sealed field is told without its
    segments, with the SHA-256 of the whole.
    """
    subject = _subject_of(custodian, evidence_id)
    comparison = comparison_part(verdict)
    whole = json.dumps(comparison, sort_keys=True, separators=(",", ":")).encode("ascii")
    if len(whole) > MAX_DISCLOSURE // 2:
        short = {name: value for name, value in comparison.items() if not isinstance(value, list)}
        short["audio"] = {"relation": comparison["audio"]["relation"]}
        comparison = {**short, "sha256": hashlib.sha256(whole).hexdigest()}
    sealed = {"questioned": verdict["questioned"], "comparison": comparison}
    return append(custodian, Draft("verification", subject, evidence_id=evidence_id, sealed=sealed))


def comparison_part(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a verdict that is the same for the same pair of files, whatever else is held; no floats in it."""
    part: dict[str, Any] = {name: without_floats(verdict[name]) for name in _COMPARISON_PART}
    for segment in (*part["segments"], *part["audio"]["segments"]):
        for name in _OF_THE_RECORDS:
            segment.pop(name, None)
    return part


def without_floats(value: Any) -> Any:
    """``value`` with every float as a rational ``n/d`` (formats section 6)."""
    if isinstance(value, float):
        exact = Fraction(str(value))
        return f"{exact.numerator}/{exact.denominator}"
    if isinstance(value, dict):
        return {name: without_floats(item) for name, item in value.items()}
    return [without_floats(item) for item in value] if isinstance(value, list) else value


def append(custodian: Custodian, draft: Draft) -> Row:
    """Build, sign, log and seal one statement, inside the caller's transaction.

    Raises :class:`ArchiveError` when this is not the archive that this account last saw (formats section 4).
    """
    archive, signing = custodian.archive, custodian.signing
    custodian.check_continuity()
    log = archive.current_log()
    own = _last_of_key(custodian, log, signing.key_id)
    sealed_blobs = _seal_blobs(custodian, draft.blobs)
    observed = observe()
    disclosures, sd = seal_fields(
        {
            **draft.sealed,
            **sealed_blobs.fields,
            "observed_at": observed.text,
            "clock": {"source": observed.source, "sync": observed.sync},
            "tool": tool_facts(),
            "key_prev": [] if own is None else [own.digest.hex()],
        }
    )
    branch = _branch(custodian, draft, signing.key_id)
    stated = statement.Statement(
        draft.predicate,
        draft.subject,
        key=signing.key_id,
        key_seq=0 if own is None else own.key_seq + 1,
        period=observed.week if archive.setting("profile") == "organisation" else "",
        sd=sd,
        branch=branch,
        event=draft.event,
        details=draft.details,
    )
    signed = envelope.make(statement.dump(stated), [signing, *draft.cosigners])
    digest = envelope.digest(signed)
    row = Row(
        digest, log.log, archive.size(log.log), draft.predicate, draft.event,
        draft.evidence_id, stated.key, None if branch is None else branch.seq, stated.key_seq,
    )  # fmt: skip
    archive.add_envelope(row, signed)
    texts = json.dumps([one.encoded for one in disclosures]).encode()
    archive.add_fields(digest, custodian.seal(texts, fields_purpose(digest)))
    for commitment, box in sealed_blobs.boxes.items():
        archive.add_blob(commitment, digest, box)
    _log(custodian, log, digest)
    return row


@dataclass(frozen=True, slots=True)
class _Last:
    digest: bytes
    key_seq: int


def _last_of_key(custodian: Custodian, log: Log, key_id: str) -> _Last | None:
    """The newest statement in the log, which the same key signed; read from its envelope, not from a column.

    A log has one signing key, so that its numbers follow the order of its entries: none is signed twice.
    """
    digest = custodian.archive.last_envelope(log.log)
    if digest is None:
        return None
    stored = custodian.archive.envelope(digest)
    stated = statement.parse(envelope.parse(stored).payload)
    if envelope.digest(stored) != digest or stated.key != key_id:
        raise RecordError(
            "the newest record of the log is not by the key that signs here",
            code="record.index",
            advice="run `provenance audit`",
        )
    return _Last(digest, stated.key_seq)


def _branch(custodian: Custodian, draft: Draft, key_id: str) -> Branch | None:
    if draft.evidence_id is None:
        return None
    last = custodian.archive.last_statement(key_id=key_id, evidence_id=draft.evidence_id)
    if last is None or last.seq is None:
        return Branch(draft.evidence_id, key_id, 0, draft.follows)
    records.statement_of(custodian, last)
    return Branch(draft.evidence_id, key_id, last.seq + 1, (last.envelope_digest, *draft.follows))


@dataclass(frozen=True, slots=True)
class _SealedBlobs:
    fields: dict[str, Any]
    boxes: dict[bytes, bytes]


def _seal_blobs(custodian: Custodian, blobs: Mapping[tuple[str, int], bytes]) -> _SealedBlobs:
    sealed = _SealedBlobs({}, {})
    for (kind, track), blob in sorted(blobs.items()):
        secret = BlobSecret.fresh()
        header, rows = split(blob)
        commitment = commit_blob(header, rows, secret)
        sealed.fields[f"{records.BLOB}{kind}/{track}"] = secret.to_field()
        sealed.fields[f"{records.COMMITMENT}{kind}/{track}"] = commitment.to_field()
        sealed.boxes[commitment.sha256] = custodian.seal(pack(blob), blob_purpose(commitment.sha256))
    return sealed


def _log(custodian: Custodian, log: Log, digest: bytes) -> None:
    """Append the entry of a stored envelope, over the bytes that the database gives back."""
    archive = custodian.archive
    stored = archive.envelope(digest)
    if envelope.digest(stored) != digest:
        raise ArchiveError("gave back other bytes than were stored", code="archive.damaged", file=str(archive.path))
    _add_entry(custodian, log, stored, digest)


def append_padding(custodian: Custodian, multiple: int) -> None:
    """Fill the log up to a multiple of ``multiple``, in the caller's transaction: entries that stand for nothing."""
    log = custodian.archive.current_log()
    custodian.check_continuity()
    for _ in range(-custodian.archive.size(log.log) % multiple):
        _add_entry(custodian, log, entry.PADDING, None)


def _add_entry(custodian: Custodian, log: Log, content: bytes, digest: bytes | None) -> None:
    """Blind and append one entry, and sign the head that it makes."""
    archive = custodian.archive
    size, node = archive.size(log.log), archive.node(log.log)
    _check_tree(custodian, log, size)
    salt = entry.fresh_salt()
    nodes = merkle.new_nodes(size, entry.leaf(salt, content), node)
    archive.add_entry(Entry(log.log, size, entry.entry(salt, content), salt, digest), nodes)
    head = Checkpoint(log.origin, size + 1, merkle.root_of(size + 1, node))
    archive.add_head("heads", log.log, size + 1, sign_head(custodian, log, head))


def _check_tree(custodian: Custodian, log: Log, size: int) -> None:
    """Raise unless the stored tree leads to the last head that was signed: a wrong root would be signed for good."""
    archive = custodian.archive
    last = archive.last_head(log.log)
    if last is None and size == 0:
        return
    if last is not None and last[0] == size:
        signed = checkpoint.open_checkpoint(last[1], [checkpoint.vkey_of(log.public_key)], verify)
        if signed == Checkpoint(log.origin, size, merkle.root_of(size, archive.node(log.log))):
            return
    raise ArchiveError(
        "holds a log that does not lead to its last signed head; nothing was added",
        code="archive.damaged",
        file=str(archive.path),
        advice="run `provenance audit`, and restore a backup",
    )


def sign_head(custodian: Custodian, log: Log, head: Checkpoint) -> str:
    """The signed note over ``head`` by the log's key."""
    return checkpoint.sign(head, log.public_key, custodian.log_key.sign)


def remember_head(custodian: Custodian) -> str | None:
    """Tell this account's memory of the newest head; called when the transaction is durable.

    What was recorded stands, so that a memory that cannot be written is no error: the answer is a line that says so.
    """
    log = custodian.archive.current_log()
    head = custodian.archive.last_head(log.log)
    try:
        if head is not None:
            heads.remember(log.origin, *head)
    except ArchiveError as error:
        return f"The last head could not be noted outside the archive ({error}); the record itself is safe."
    return None


def set_index_secret(custodian: Custodian) -> None:
    """Make the secret under which digests and units are indexed, readable with the reading key alone."""
    box = custodian.seal(secrets.token_bytes(_SALT_BYTES), INDEX_PURPOSE)
    custodian.archive.set_setting("index_secret", box.hex())


def tool_facts() -> dict[str, str]:
    """What made a record: never kernel release, path, host or locale (formats section 1)."""
    return {"name": "provenance", "version": version("provenance"), "os": platform.system(), "arch": platform.machine()}


def _subject_of(custodian: Custodian, evidence_id: str) -> Subject:
    return records.statement_of(custodian, records.registration_of(custodian, evidence_id)).subject


# --- where the bytes are ---


def remember_location(custodian: Custodian, evidence_id: str, source: Source, path: Path) -> None:
    """Note where the bytes of an evidence were seen, inside the caller's transaction.

    On a locked device the path cannot be looked up, so that the same place may be noted twice.
    """
    absolute = os.fsdecode(path.absolute())
    place = secrets.token_bytes(_SALT_BYTES) if custodian.locked else records.place_of(custodian, absolute)
    said = {
        "path": absolute,
        "size": source.stat.st_size,
        "modified": source.stat.st_mtime_ns,
        "seen": observe().text,
    }
    box = custodian.seal(json.dumps(said).encode("ascii"), records.location_purpose(evidence_id, place))
    custodian.archive.set_location(evidence_id, place, box)


def locate(
    custodian: Custodian, evidence_id: str, path: Path, progress: Callable[[str, int, int | None], None] | None = None
) -> None:
    """Re-hash the file at ``path`` and note that the bytes of ``evidence_id`` are there.

    Raises :class:`FileError` (``file.other-bytes``) when the file is not what was registered.
    """
    wanted = records.digests_of(custodian, evidence_id)
    with media.open_source(path) as source:
        found, _ = media.digest(
            source, None if progress is None else lambda done, total: progress("reading", done, total)
        )
        if found != wanted:
            raise FileError(
                "is not what was registered: its digests differ",
                code="file.other-bytes",
                file=source.name,
                advice="`provenance verify` tells how it relates",
            )
        with custodian.archive.writing():
            remember_location(custodian, evidence_id, source, path)


# --- after a time under lock ---


def settle(custodian: Custodian) -> Sequence[tuple[str, str]]:
    """Index what was registered while locked; the same bytes under two ids are joined by ``same-bytes-as``.

    Returns the joined pairs (later id, earlier id).
    """
    if custodian.locked or not custodian.archive.write or not custodian.is_continuous():
        return ()
    joined = []
    for evidence_id in custodian.archive.without_digest():
        try:
            digests = records.digests_of(custodian, evidence_id)
        except RecordError:  # damaged: `audit` tells; the others must not wait for it
            continue
        with custodian.archive.writing():
            keyed = records.keyed(custodian, digests)
            known = custodian.archive.with_digest(keyed)
            custodian.archive.index_digest(keyed, evidence_id)
            if known and evidence_id not in known:
                append_event(custodian, evidence_id, "same-bytes-as", {"same_as": known[0]})
                joined.append((evidence_id, known[0]))
        remember_head(custodian)
    return joined
