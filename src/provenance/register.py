"""The story of a registration: hash, sign, log - durable and without a decoder - and only then examine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from provenance import custody, receipts, records
from provenance.binding.codec import chunks_blob
from provenance.errors import ProvenanceError
from provenance.media.source import digest, open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.custodian import Custodian
    from provenance.evidence import DigestSet
    from provenance.media.source import Source

    Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Intake:
    """How a file came, as far as somebody says; every value but ``how`` is sealed as a claim."""

    how: Literal["unstated", "captured", "received"] | None = None
    sender: str | None = None
    channel: str | None = None
    generation: Literal["unknown", "copy", "original"] | None = None
    url: str | None = None
    claimed_time: str | None = None
    claimed_place: str | None = None
    event: str | None = None
    note: str | None = None

    def sealed(self, default: str) -> dict[str, Any]:
        """Sealed fields; ``default`` is what the archive says of files about which nobody says anything."""
        how = self.how or ("received" if self.sender or self.channel or self.url else default)
        said = {
            "how": how,
            "sender": self.sender,
            "channel": self.channel,
            "generation": self.generation or ("unknown" if how == "received" else None),
            "url": self.url,
            "claimed_time": self.claimed_time,
            "place": self.claimed_place,
            "event": self.event,
            "note": self.note,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Registered:
    """What `register --json` says about one file (formats section 7)."""

    file: str
    status: Literal["registered", "already-registered"]
    evidence_id: str
    digests: DigestSet
    log_index: int
    examined: bool = False
    examine_error: str | None = None
    slip: str | None = None
    #: findings of the examination in one line each, for people
    remarks: tuple[str, ...] = field(default=())


def register(
    custodian: Custodian,
    path: Path,
    intake: Intake,
    *,
    examine: bool = True,
    slip: bool = False,
    max_bytes: int | None = None,
    progress: Progress | None = None,
) -> Registered:
    """Register the bytes at ``path``; what is returned is durable, whatever happens in the examination.

    Raises :class:`~provenance.errors.FileError` for a file that cannot be read whole and unchanged, and
    :class:`~provenance.errors.ArchiveError`; an examination that fails is told in the answer.
    """
    with open_source(path, max_bytes=max_bytes) as source:
        digests, leaves = digest(source, _reading(progress))
        done = _record(custodian, source, path, (digests, leaves), intake)
        if slip:
            done = replace(done, slip=receipts.make_slip(custodian, digests))
        if not examine:
            return done
        return _examined(custodian, source, done, progress)


def _record(
    custodian: Custodian, source: Source, path: Path, read: tuple[DigestSet, bytes], intake: Intake
) -> Registered:
    digests, leaves = read
    default = custodian.archive.setting("captured_default") or "unstated"
    sealed = {**intake.sealed(default), "file_name": _text(path.name)}
    with custodian.archive.writing():
        known = records.with_digest(custodian, digests)
        if known:
            recorded = custody.append_event(custodian, known[0], "received-again", sealed)
            status: Literal["registered", "already-registered"] = "already-registered"
        else:
            recorded = custody.append_registration(custodian, digests, chunks_blob(leaves, digests.size), sealed)
            status = "registered"
        evidence_id = known[0] if known else str(recorded.evidence_id)
        custody.remember_location(custodian, evidence_id, source, path)
    unsaid = custody.remember_head(custodian)
    index = records.registration_of(custodian, evidence_id).idx
    return Registered(
        file=source.name,
        status=status,
        evidence_id=evidence_id,
        digests=digests,
        log_index=index,
        remarks=() if unsaid is None else (unsaid,),
    )


def _examined(custodian: Custodian, source: Source, done: Registered, progress: Progress | None) -> Registered:
    from provenance.examine import examine_source  # PyAV's child is not needed to register

    if records.examinations_of(custodian, done.evidence_id):
        return replace(done, examined=records.is_examined(custodian, done.evidence_id))
    try:
        remarks = examine_source(custodian, source, done.evidence_id, progress=progress)
    except ProvenanceError as error:
        return replace(done, examine_error=str(error))
    return replace(
        done,
        examined=not remarks.nothing_measured,
        examine_error=remarks.error,
        remarks=(*done.remarks, *remarks.lines),
    )


def _reading(progress: Progress | None) -> Callable[[int, int], None] | None:
    """The phase of a registration in which the bytes are read."""
    return None if progress is None else lambda done, total: progress("reading", done, total)


def _text(name: str) -> str:
    """A file name as JSON text: bytes that are not UTF-8 are escaped, so that the record stays Unicode."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
