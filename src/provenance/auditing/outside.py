"""Heads that are held outside the archive, compared with the tree that the stored entries make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.attest.keys import verify
from provenance.auditing.tree import open_head
from provenance.errors import ArchiveError, RecordError, SignatureError
from provenance.store import heads
from provenance.tlog import checkpoint, proof, slip
from provenance.tlog import note as notes
from provenance.tlog.checkpoint import Checkpoint, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provenance.auditing.faults import Faults
    from provenance.auditing.stored import StoredLog
    from provenance.tlog.slip import Slip


@dataclass(frozen=True, slots=True)
class OutsideHead:
    """A head whose signature checked, the number of its log, and who holds it."""

    log: int
    head: Checkpoint
    holder: str


def read_outside(logs: Sequence[StoredLog], given: Iterable[str], faults: Faults) -> tuple[OutsideHead, ...]:
    """The heads that this account last saw and those in ``given``, as far as the key of a log here signed them.

    ``given``: texts of checkpoints, receipts and slips.
    """
    by_origin = {log.origin: log for log in logs}
    found = []
    for log in logs:
        holder = f"the last head of log {log.log} that this account saw"
        signed = _last_seen(log, holder, faults)
        if signed is not None and (head := _read(signed, by_origin, holder, faults)):
            found.append(head)
    for number, signed in enumerate(given, 1):
        if head := _read(signed, by_origin, f"number {number} of the heads given", faults):
            found.append(head)
    return tuple(found)


def _last_seen(log: StoredLog, holder: str, faults: Faults) -> str | None:
    try:
        seen = heads.last_seen(log.origin)
    except (ArchiveError, ValueError) as error:
        faults.add("outside.malformed", holder, f"cannot be read: {error}")
        return None
    if seen is None or seen[0] == 0:  # size 0 is noted before a log is durable, and signed by nobody
        return None
    return seen[1]


def _read(text: str, by_origin: Mapping[str, StoredLog], holder: str, faults: Faults) -> OutsideHead | None:
    try:
        kept = slip.decode(text.strip()) if text.startswith(slip.PREFIX) else None
        signed = proof.parse(text).signed_note if text.startswith(proof.HEADER) else text
        origin = checkpoint.parse(notes.split(signed)[0]).origin if kept is None else origin_of(kept.head.log_public)
        log = by_origin.get(origin)
        if log is None:
            faults.add("outside.unknown-origin", holder, "the archive has no log of this name")
            return None
        return OutsideHead(log.log, open_head(signed, log) if kept is None else _slip_head(kept, log), holder)
    except SignatureError as error:
        faults.add("outside.signature", holder, error.message)
    except RecordError as error:
        faults.add("outside.malformed", holder, error.message)
    return None


def _slip_head(kept: Slip, log: StoredLog) -> Checkpoint:
    slip.check_signature(kept, verify)
    return Checkpoint(log.origin, kept.head.size, kept.head.root)


def compare(outside: OutsideHead, size: int, root: bytes | None, faults: Faults) -> None:
    """Compare with the recomputed ``root`` at the head's size; the log has ``size`` entries (None: not recomputed)."""
    head = outside.head
    if head.size > size:
        # Left-overs were told while the tree was made; a backup, whole as it was, has none.
        place = f"log {outside.log}, after entry "
        cut = any(fault.code == "log.tail-cut" and fault.where.startswith(place) for fault in faults.found)
        code = "outside.tail-cut" if cut else "outside.rolled-back"
        faults.add(code, outside.holder, f"it has {head.size} entries, the archive {size}")
    elif root is not None and root != head.root:
        faults.add("outside.fork", outside.holder, f"the first {head.size} entries had another root")
