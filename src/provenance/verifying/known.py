"""What a questioned file is compared with: what an archive holds and the index proposes, or one other file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from provenance import lookup, records
from provenance.errors import RecordError
from provenance.verdict import Finding
from provenance.verifying.chunks import Chunks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.verifying.file import FileInHand
    from provenance.verifying.questions import Questions


@dataclass(frozen=True, slots=True)
class Known:
    """Source → what was measured of it, and its chunks; and what of it could not be opened."""

    measured: Mapping[str, Measurement]
    chunks: Mapping[str, Chunks] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What could not be opened, as the verdict tells it."""
        return tuple(
            Finding(
                "evidence.unreadable",
                "informational",
                f"{one}: its sealed measurements could not be opened and compared",
            )
            for one in self.unreadable
        )


def gather(custodian: Custodian, file: FileInHand, questions: Questions) -> Known:
    """Evidence to compare with, and its chunks."""
    found = candidates(custodian, file, questions)
    return replace(found, chunks={one: _chunks(custodian, one) for one in found.measured})


def candidates(custodian: Custodian, file: FileInHand, questions: Questions) -> Known:
    """Evidence that was asked for, else what the index proposes for what is measured of the file by now."""
    left_out, unreadable = 0, dict[str, None]()
    if questions.evidence_ids:
        wanted = list(questions.evidence_ids)
    else:
        unindexed = lookup.index_examinations(custodian)
        wanted, left_out = lookup.candidates(custodian, file.measure("full" if questions.full else "streams"))
        # On write-protected media the index cannot follow: what is not in it is compared without being asked for.
        wanted = list(dict.fromkeys((*wanted, *unindexed[: lookup.CANDIDATES])))
        unreadable.update(dict.fromkeys(unindexed[lookup.CANDIDATES :]))
    found = {}
    for evidence_id in wanted:
        try:
            measured = measurement(custodian, evidence_id)
        except RecordError:
            unreadable[evidence_id] = None
            continue
        if measured is not None:
            found[evidence_id] = measured
    limits = (f"{left_out} further candidates were not compared.",) if left_out else ()
    return Known(found, unreadable=tuple(unreadable), limits=limits)


def measurement(custodian: Custodian, evidence_id: str) -> Measurement | None:
    """What was measured of ``evidence_id``; None if nothing was. Raises :class:`RecordError`."""
    found = records.measurement_of(custodian, evidence_id)
    return None if found is None else found[0]


def _chunks(custodian: Custodian, evidence_id: str) -> Chunks:
    try:
        leaves = b"".join(records.chunks_of(custodian, evidence_id))
        return Chunks(leaves, records.digests_of(custodian, evidence_id).size)
    except RecordError:  # only a note about equal bytes is lost; `audit` tells what is wrong
        return Chunks(b"", 0)


def duration(measured: Measurement) -> Fraction | None:
    """Seconds of the first picture track, else of the first sound track."""
    for kind in ("video", "sound"):
        for track in measured.tracks:
            if track.kind == kind and track.presentation.duration is not None:
                return track.presentation.duration
    return None
