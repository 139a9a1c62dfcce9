"""Putting a case together: the comparison, the records as stored, and whom this archive trusts, for `appraise`."""

from __future__ import annotations

import contextlib
from datetime import UTC
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from provenance import receipts, records
from provenance.appraise import Case, History, Record, Trust
from provenance.attest.keys import key_id
from provenance.errors import ProvenanceError, RecordError
from provenance.matching import background
from provenance.verifying.known import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.comparison import Comparison
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement, MediaKind
    from provenance.store.record_tables import Row
    from provenance.verdict import EvidenceFacts, Finding, MeasuredBy
    from provenance.verifying.file import FileInHand
    from provenance.verifying.questions import Questions


def case_of(
    file: FileInHand,
    comparison: Comparison,
    questions: Questions,
    *,
    custodian: Custodian | None = None,
    kind: MediaKind | None = None,
    findings: tuple[Finding, ...] = (),
    limits: tuple[str, ...] = (),
    files: Mapping[str, EvidenceFacts] | None = None,
) -> Case:
    """All that the verdict is worked out from.

    ``kind``: of the questioned file, where it was not measured; ``files``: facts of what lies in no archive.
    """
    used = dict.fromkeys(
        one
        for one in (
            comparison.source,
            *(segment.source for segment in (*comparison.segments, *comparison.sound.segments)),
            *(other[0] for other in comparison.others),
        )
        if one is not None
    )
    return Case(
        questioned=file.facts(kind),
        comparison=comparison,
        histories={} if custodian is None else {one: _history(custodian, one) for one in used},
        trust=Trust() if custodian is None else _own_trust(custodian),
        findings=findings,
        limits=limits,
        inputs=_inputs(file, comparison, custodian, questions),
        tool={"name": "provenance", "version": version("provenance")},
        files=files or {},
    )


def _inputs(
    file: FileInHand, comparison: Comparison, custodian: Custodian | None, questions: Questions
) -> dict[str, object]:
    """What the verdict was worked out from beside the file itself."""
    at = questions.at
    return {
        "policy": None if custodian is None else "this archive's own keys",
        "at": None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "evidence_ids": list(questions.evidence_ids),
        "full": questions.full,
        "deep": questions.deep,
        "libraries": {} if file.measured is None else {**_builds(), **file.measured.libraries},
        "background": background.digest(),
        "calibration": comparison.calibration,
    }


#: Distributions whose arithmetic has a say in likeness; another build may come out a little different.
_BUILDS = ("faiss-cpu", "numpy", "opencv-python-headless")


def _builds() -> dict[str, str]:
    """Their versions, read from package metadata: nothing is loaded for it."""
    found = {}
    for name in _BUILDS:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _own_trust(custodian: Custodian) -> Trust:
    """The policy of an archive that nobody told anything: the keys that lie beside it, and its logs."""
    return Trust(
        signers=dict.fromkeys(records.own_keys(custodian), "this archive"),
        shown=tuple(records.introduced_keys(custodian)),
        logs=records.own_logs(custodian),
    )


def _history(custodian: Custodian, evidence_id: str) -> History:
    """The records about one item as stored; what is damaged is told by `appraise`, or stands as not at hand."""
    measured, measured_by = _safely_measured(custodian, evidence_id)
    try:
        digests = records.digests_of(custodian, evidence_id)
    except ProvenanceError:
        digests = None
    return History(
        evidence_id=evidence_id,
        records=tuple(_record(custodian, row) for row in custodian.archive.statements(evidence_id=evidence_id)),
        digests=digests,
        duration=None if measured is None else duration(measured),
        measured_by=measured_by,
    )


def _record(custodian: Custodian, row: Row) -> Record:
    try:
        fields: tuple[str, ...] | None = custodian.disclosures(row.envelope_digest)
    except RecordError:
        fields = None
    return Record(
        custodian.archive.envelope(row.envelope_digest), receipts.receipt_of(custodian, row.envelope_digest), fields
    )


def _safely_measured(custodian: Custodian, evidence_id: str) -> tuple[Measurement | None, MeasuredBy]:
    """What was measured, and by whom: only the own key's examination counts as this archive's (formats section 1)."""
    try:
        found = records.measurement_of(custodian, evidence_id)
    except ProvenanceError:  # told as a finding where the candidates are gathered
        return None, "claimed"
    if found is None:
        return None, "claimed"
    own = {key_id(public) for public in records.own_keys(custodian)}
    return found[0], "this-archive" if found[1].key_id in own else "claimed"
