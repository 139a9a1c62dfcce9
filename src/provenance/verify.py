"""The story of a verdict: bytes, then coded units, then pictures - each only if the one before leaves anything open."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from provenance import custody, records
from provenance.appraise import appraise
from provenance.comparison import Comparison, Note
from provenance.matching.relation import NO_AXES
from provenance.media.source import open_source
from provenance.verdict import EvidenceFacts, to_value
from provenance.verifying.case import case_of
from provenance.verifying.file import FileInHand
from provenance.verifying.known import Known, duration, gather, measurement
from provenance.verifying.ladder import climb
from provenance.verifying.questions import Questions
from provenance.verifying.same_bytes import as_identical, identical, no_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from provenance.custodian import Custodian
    from provenance.verdict import Verdict
    from provenance.verifying.file import Progress

#: The name of the other file in ``--against``; never an evidence id.
AGAINST = "against"


def verify(  # noqa: PLR0913 - each keyword is an option of the command
    custodian: Custodian | None,
    path: Path,
    *,
    evidence_ids: Sequence[str] = (),
    against: Path | None = None,
    full: bool = False,
    deep: bool = False,
    max_bytes: int | None = None,
    record: bool = False,
    progress: Progress | None = None,
    at: datetime | None = None,
) -> Verdict:
    """How the file at ``path`` relates to the archive, to ``evidence_ids`` of it, or to the file ``against``.

    Writes nothing, unless ``record`` asks for a verification statement. Raises
    :class:`~provenance.errors.ProvenanceError` for trouble, which is never a verdict.
    """
    questions = Questions(tuple(evidence_ids), full, max_bytes, at, deep)
    with (
        open_source(path, max_bytes=max_bytes) as source,
        closing(FileInHand.read(source, progress)) as file,
    ):
        if against is not None:
            return _against_file(file, against, questions)
        assert custodian is not None
        verdict = _against_archive(custodian, file, questions)
    return _recorded(custodian, verdict) if record else verdict


def _against_file(file: FileInHand, against: Path, questions: Questions) -> Verdict:
    with (
        open_source(against, max_bytes=questions.max_bytes) as source,
        closing(FileInHand.read(source, file.progress, known=True)) as other,
    ):
        if not file.digests.size:
            return appraise(case_of(file, no_bytes(), questions))
        same = other.digests == file.digests
        if same and not questions.full:
            measured = file.measure("streams")
            comparison = identical(AGAINST, measured)
        else:
            measured = other.measure("full")
            comparison = climb(None, file, Known({AGAINST: measured}, {AGAINST: other.chunks}), questions)
            if same:
                comparison = as_identical(comparison, AGAINST, measured)
    facts = EvidenceFacts(None, other.digests.sha256, duration=duration(measured))
    return appraise(case_of(file, comparison, questions, files={AGAINST: facts}))


def _against_archive(custodian: Custodian, file: FileInHand, questions: Questions) -> Verdict:
    for evidence_id in questions.evidence_ids:
        records.registration_of(custodian, evidence_id)
    if custodian.locked:
        locked = Note("archive.locked", "informational", "the reading key is not at hand")
        comparison = Comparison("undetermined", "none", altered=dict(NO_AXES), notes=(locked,))
        return appraise(case_of(file, comparison, questions))
    if not file.digests.size:
        return appraise(case_of(file, no_bytes(), questions, custodian=custodian))
    custody.settle(custodian)
    same = [one for one in records.with_digest(custodian, file.digests) if questions.ask_for(one)]
    if same and not questions.full:
        measured = measurement(custodian, same[0])
        comparison = identical(same[0], measured, same[1:])
        kind = "other" if measured is None else measured.kind
        return appraise(case_of(file, comparison, questions, custodian=custodian, kind=kind))
    known = gather(custodian, file, questions)
    comparison = climb(custodian, file, known, questions)
    if same:
        comparison = as_identical(comparison, same[0], known.measured.get(same[0]))
    return appraise(
        case_of(file, comparison, questions, custodian=custodian, findings=known.findings, limits=known.limits)
    )


def _recorded(custodian: Custodian, verdict: Verdict) -> Verdict:
    """`--record`: a verification statement about the evidence that was named; without one, a line that says so."""
    source = verdict.comparison.source
    if source is None:
        unsaid = "Nothing was recorded: a verification is recorded about an item of evidence, and none was found."
        return replace(verdict, limits=(*verdict.limits, unsaid))
    with custodian.archive.writing():
        custody.append_verification(custodian, source, to_value(verdict))
    custody.remember_head(custodian)
    return verdict
