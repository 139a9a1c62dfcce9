"""What leaves the archive on purpose: checkpoints, receipts and slips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from provenance import custody, merkle, records
from provenance.attest.keys import verify
from provenance.clock import observe
from provenance.errors import ArchiveError
from provenance.evidence import is_evidence_id
from provenance.tlog import checkpoint as checkpoints
from provenance.tlog import note, slip
from provenance.tlog.proof import Receipt

if TYPE_CHECKING:
    from provenance.custodian import Custodian
    from provenance.evidence import DigestSet

#: A public checkpoint of a filmer's log has a size that is a multiple of this, so that it tells no count (formats § 4).
PAD_TO = 64


def checkpoint(custodian: Custodian, *, pad: bool = False) -> str:
    """Make a public checkpoint of the log that grows: a signed note to hand out. It is kept and never withdrawn."""
    archive = custodian.archive
    log = archive.current_log()
    with archive.writing():
        custodian.check_continuity()
        if pad or archive.setting("profile") == "filmer":
            custody.append_padding(custodian, PAD_TO)
        size, signed = _head(custodian)
        kept = dict(archive.heads("checkpoints", log.log))
        if size not in kept:
            archive.add_head("checkpoints", log.log, size, signed)
    custody.remember_head(custodian)
    return signed


def receipt(custodian: Custodian, item: str) -> str:
    """A receipt (tlog-proof) for the registration of an evidence id, or for the envelope with this hex digest."""
    if is_evidence_id(item):
        digest = records.registration_of(custodian, item).envelope_digest
    else:
        digest = records.envelope_named(custodian, item)
    return receipt_of(custodian, digest)


def receipt_of(custodian: Custodian, envelope_digest: bytes) -> str:
    """The receipt of a stored envelope under the newest head of its log."""
    entry = custodian.archive.entry_of(envelope_digest)
    last = None if entry is None else custodian.archive.last_head(entry.log)
    if entry is None or last is None:
        raise ArchiveError(
            "the log does not hold this record", code="log.missing-entry", advice="run `provenance audit`"
        )
    size, signed = last
    path = merkle.inclusion_proof(entry.idx, size, custodian.archive.node(entry.log))
    return Receipt(entry.salt, entry.idx, tuple(path), signed).text


def _head(custodian: Custodian) -> tuple[int, str]:
    last = custodian.archive.last_head(custodian.archive.current_log().log)
    assert last is not None  # a log begins with an entry
    return last


def make_slip(custodian: Custodian, digests: DigestSet) -> str:
    """A slip in mode *open* for a registered file, at the newest head."""
    log = custodian.archive.current_log()
    head = checkpoints.parse(note.split(_head(custodian)[1])[0])
    return slip.make(
        slip.FileFacts(digests.sha256, digests.size),
        slip.Head(log.public_key, head.size, head.root),
        claimed_time=int(observe().at.timestamp()),
        r=slip.fresh_r(),
        sealed=False,
        sign=custodian.log_key.sign,
    )


@dataclass(frozen=True, slots=True)
class CheckedSlip:
    """What a slip says after its signature was checked. ``claimed_at``: by the clock of the device that made it."""

    mode: str
    log_origin: str
    size: int
    root: bytes
    claimed_at: datetime


def read_slip(text: str) -> CheckedSlip:
    """Decode a slip and check its signature; raises :class:`~provenance.errors.RecordError`.

    Whose log key signed it is not known from the slip alone.
    """
    one = slip.decode(text.strip())
    slip.check_signature(one, verify)
    return CheckedSlip(
        mode="sealed" if one.r is None else "open",
        log_origin=checkpoints.origin_of(one.head.log_public),
        size=one.head.size,
        root=one.head.root,
        claimed_at=datetime.fromtimestamp(one.claimed_time, UTC),
    )


def check_slip(text: str, digests: DigestSet, *, slip_secret: bytes | None = None) -> CheckedSlip:
    """As :func:`read_slip`, and check that it commits to the file with these digests (``slip.other-file``)."""
    checked = read_slip(text)
    slip.check_file(slip.decode(text.strip()), slip.FileFacts(digests.sha256, digests.size), slip_secret=slip_secret)
    return checked
