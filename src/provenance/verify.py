"""The story of a verdict: bytes, then coded units, then pictures - each only if the one before leaves anything open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from typing import TYPE_CHECKING

from provenance import custody, lookup, receipts, records
from provenance.appraise import Case, History, Record, Trust, appraise
from provenance.attest.keys import key_id
from provenance.comparison import Comparison, Note, Segment, SoundComparison, Span
from provenance.errors import MediaError, ProvenanceError, RecordError
from provenance.matching import exact
from provenance.matching.prefix import ByteComparison, compare_chunks
from provenance.media import child
from provenance.media.source import digest, open_source
from provenance.replay import replayed
from provenance.verdict import EvidenceFacts, Finding, Questioned, to_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from provenance.comparison import Axis
    from provenance.custodian import Custodian
    from provenance.evidence import Depth, DigestSet, Measurement, MediaKind
    from provenance.media.source import Source
    from provenance.store.archive import Row
    from provenance.verdict import MeasuredBy, Verdict

    Progress = Callable[[str, int, int | None], None]

#: The name of the other file in ``--against``; never an evidence id.
AGAINST = "against"

_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked about the files. ``at``: the time as of which records are judged."""

    evidence_ids: tuple[str, ...] = ()
    full: bool = False
    max_bytes: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Chunks:
    """Leaf hashes of a file's 64 KiB chunks, one after another, and its size in bytes."""

    leaves: bytes
    size: int


@dataclass(slots=True)
class _File:
    """The questioned file while it is being looked into."""

    source: Source
    digests: DigestSet
    leaves: bytes
    progress: Progress | None
    measured: Measurement | None = None

    def measure(self, depth: Depth) -> Measurement:
        """Measure at ``depth``; what was measured deeper before is used again."""
        if self.measured is None or (depth == "full" and self.measured.depth != "full"):
            phase = "demuxing" if depth == "streams" else "decoding"
            self.measured = child.measure(self.source, depth=depth, progress=_phase(self.progress, phase))
        return self.measured

    def facts(self, kind: MediaKind | None = None) -> Questioned:
        """What the verdict says of the file."""
        known = kind or (self.measured.kind if self.measured else "other")
        return Questioned(self.source.name, self.digests.sha256, self.digests.size, known)


def _phase(progress: Progress | None, phase: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(phase, done, total)


def verify(  # noqa: PLR0913 - each keyword is an option of the command
    custodian: Custodian | None,
    path: Path,
    *,
    evidence_ids: Sequence[str] = (),
    against: Path | None = None,
    full: bool = False,
    max_bytes: int | None = None,
    record: bool = False,
    progress: Progress | None = None,
    at: datetime | None = None,
) -> Verdict:
    """How the file at ``path`` relates to the archive, to ``evidence_ids`` of it, or to the file ``against``.

    Writes nothing, unless ``record`` asks for a verification statement. Raises
    :class:`~provenance.errors.ProvenanceError` for trouble, which is never a verdict.
    """
    questions = Questions(tuple(evidence_ids), full, max_bytes, at)
    with open_source(path, max_bytes=max_bytes) as source:
        digests, leaves = digest(source, _phase(progress, "reading"))
        file = _File(source, digests, leaves, progress)
        if against is not None:
            return _against_file(file, against, questions)
        assert custodian is not None
        verdict = _against_archive(custodian, file, questions)
    return _recorded(custodian, verdict) if record else verdict


# --- two files, no archive ---


def _against_file(file: _File, against: Path, questions: Questions) -> Verdict:
    with open_source(against, max_bytes=questions.max_bytes) as source:
        digests, leaves = digest(source)
        other = _File(source, digests, leaves, file.progress)
        facts = EvidenceFacts(None, digests.sha256)
        if digests == file.digests and not questions.full:
            measured = file.measure("streams")
            comparison = _identical(AGAINST, measured)
            facts = replace(facts, duration=_duration(measured))
        else:
            known = other.measure("full")
            facts = replace(facts, duration=_duration(known))
            comparison = _compared(file, {AGAINST: known}, {AGAINST: _Chunks(leaves, digests.size)}, questions)
            if digests == file.digests:
                comparison = _as_identical(comparison, AGAINST, known)
    return appraise(_case(file, comparison, questions, files={AGAINST: facts}))


# --- the archive ---


def _against_archive(custodian: Custodian, file: _File, questions: Questions) -> Verdict:
    for evidence_id in questions.evidence_ids:
        records.registration_of(custodian, evidence_id)
    if custodian.locked:
        comparison = Comparison("undetermined", "none", altered=dict(_NOTHING_EXAMINED))
        locked = Finding("archive.locked", "informational", "the reading key is not at hand")
        return appraise(_case(file, comparison, questions, findings=(locked,)))
    custody.settle(custodian)
    same = [one for one in records.with_digest(custodian, file.digests) if _asked(one, questions)]
    if same and not questions.full:
        measured = _measured(custodian, same[0])
        comparison = _identical(same[0], measured, same[1:])
        kind = "other" if measured is None else measured.kind
        return appraise(_case(file, comparison, questions, custodian=custodian, kind=kind))
    held = _candidates(custodian, file, questions)
    chunks = {one: _chunks(custodian, one) for one in held.known}
    comparison = _compared(
        file, held.known, chunks, questions, again=lambda: _candidates(custodian, file, questions).known
    )
    if comparison.relation in {"no-match", "undetermined"}:
        comparison = _with_replay(comparison, _replayed(custodian, file, questions))
        comparison = _open_questions(custodian, comparison, questions, held)
    if same:
        comparison = _as_identical(comparison, same[0], held.known.get(same[0]))
    return appraise(_case(file, comparison, questions, custodian=custodian, findings=held.findings, limits=held.limits))


def _chunks(custodian: Custodian, evidence_id: str) -> _Chunks:
    try:
        leaves = b"".join(records.chunks_of(custodian, evidence_id))
        return _Chunks(leaves, records.digests_of(custodian, evidence_id).size)
    except RecordError:  # only a note about equal bytes is lost; `audit` tells what is wrong
        return _Chunks(b"", 0)


def _asked(evidence_id: str, questions: Questions) -> bool:
    return not questions.evidence_ids or evidence_id in questions.evidence_ids


def _measured(custodian: Custodian, evidence_id: str) -> Measurement | None:
    found = records.measurement_of(custodian, evidence_id)
    return None if found is None else found[0]


@dataclass(frozen=True, slots=True)
class _Held:
    """What can be compared with, and what of it could not be opened."""

    known: dict[str, Measurement]
    unreadable: tuple[str, ...]
    limits: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                "evidence.unreadable",
                "informational",
                f"{one}: its sealed measurements could not be opened and compared",
            )
            for one in self.unreadable
        )


def _candidates(custodian: Custodian, file: _File, questions: Questions) -> _Held:
    """Evidence to compare with: what was asked for, else what the index proposes."""
    left_out, unreadable = 0, dict[str, None]()
    if questions.evidence_ids:
        wanted = list(questions.evidence_ids)
    else:
        unindexed = lookup.index_examinations(custodian)
        wanted, left_out = lookup.candidates(custodian, file.measure("full" if questions.full else "streams"))
        # On write-protected media the index cannot follow: what is not in it is compared without being asked for.
        wanted = list(dict.fromkeys((*wanted, *unindexed[: lookup.CANDIDATES])))
        unreadable.update(dict.fromkeys(unindexed[lookup.CANDIDATES :]))
    known = {}
    for evidence_id in wanted:
        try:
            measured = _measured(custodian, evidence_id)
        except RecordError:
            unreadable[evidence_id] = None
            continue
        if measured is not None:
            known[evidence_id] = measured
    limits = (f"{left_out} further candidates were not compared.",) if left_out else ()
    return _Held(known, tuple(unreadable), limits)


def _open_questions(custodian: Custodian, comparison: Comparison, questions: Questions, held: _Held) -> Comparison:
    """`no-match` holds only if everything held could be compared (formats section 6, relation 7)."""
    if comparison.relation != "no-match":
        return comparison
    pending = [one for one in custodian.archive.pending() if _asked(one, questions)]
    notes = list(comparison.notes)
    if pending:
        notes.append(
            Note("evidence.notMeasured", "informational", f"{len(pending)} registered recordings were never examined")
        )
    undecided = bool(pending or held.unreadable)
    return replace(comparison, relation="undetermined" if undecided else "no-match", notes=tuple(notes))


def _with_replay(comparison: Comparison, replay: Comparison | None) -> Comparison:
    """What replay adds: its match, or that something could not be searched; the earlier notes stay."""
    if replay is None:
        return comparison
    if replay.relation != "undetermined":
        return replay
    return replace(comparison, relation="undetermined", notes=(*comparison.notes, *replay.notes))


def _replayed(custodian: Custodian, file: _File, questions: Questions) -> Comparison | None:
    """Registered units at their places in a file that cannot be played, or of a repaired file in an unfinished one."""
    return replayed(custodian, file.source, file.measure("streams"), file.leaves, questions.evidence_ids)


# --- comparing ---

_AXES = ("picture", "sound", "timing", "presentation")
_NOTHING_EXAMINED: dict[str, Axis] = dict.fromkeys(_AXES, "not-examined")
_NONE_FOUND: dict[str, Axis] = dict.fromkeys(_AXES, "none-found")


def _compared(
    file: _File,
    known: Mapping[str, Measurement],
    chunks: Mapping[str, _Chunks],
    questions: Questions,
    *,
    again: Callable[[], Mapping[str, Measurement]] | None = None,
) -> Comparison:
    """Compare coded units; decode if they leave anything open. ``again``: look for candidates with pictures too."""
    of_bytes = _of_bytes(file, chunks)
    prefixes = {source: found.prefix for source, found in of_bytes.items()}
    measured = file.measure("full" if questions.full else "streams")
    if measured.depth == "streams" and exact.levels_left_open(measured, known):
        try:
            measured = file.measure("full")
        except MediaError as error:
            comparison = _with_chunks(exact.compare(measured, known, chunks=prefixes), of_bytes)
            note = Note("questioned.notMeasured", "informational", error.message)
            return replace(comparison, notes=(*comparison.notes, note))
        known = known if again is None else {**again(), **known}
    return _with_chunks(exact.compare(measured, known, chunks=prefixes), of_bytes)


def _of_bytes(file: _File, held: Mapping[str, _Chunks]) -> dict[str, ByteComparison]:
    """Source → what the chunk trees of both files say."""
    ours = _leaves(file.leaves)
    return {
        source: compare_chunks(ours, _leaves(theirs.leaves), sizes=(file.digests.size, theirs.size))
        for source, theirs in held.items()
        if theirs.leaves
    }


def _leaves(joined: bytes) -> list[bytes]:
    return [joined[at : at + _HASH_BYTES] for at in range(0, len(joined), _HASH_BYTES)]


def _with_chunks(comparison: Comparison, of_bytes: Mapping[str, ByteComparison]) -> Comparison:
    """Which 64 KiB chunks differ from the evidence that is named, where both files have one length."""
    found = of_bytes.get(comparison.source or "")
    more = () if found is None else tuple(note for note in found.notes if note.code == "hardBinding.chunks")
    return replace(comparison, notes=(*comparison.notes, *more))


def _identical(source: str, measured: Measurement | None, others: Sequence[str] = ()) -> Comparison:
    """All bytes are equal: everything else follows."""
    duration = None if measured is None else _duration(measured)
    silent = measured is not None and not measured.of_kind("sound")
    whole = Span(duration * 0, duration) if duration else None
    segments = () if whole is None else (Segment(whole, whole, source, "bytes", 0),)
    one = Fraction(1)
    return Comparison(
        "identical",
        "bytes",
        source,
        segments=segments,
        coverage_questioned=one,
        coverage_evidence=one,
        altered=dict(_NONE_FOUND),
        sound=SoundComparison("absent" if silent else "identical"),
        notes=(Note("hardBinding.match", "success", "SHA-256, SHA-512 and size are equal"),),
        others=tuple((other, "identical", "bytes", one) for other in others),
    )


def _as_identical(comparison: Comparison, source: str, measured: Measurement | None) -> Comparison:
    """What `--full` found about a file whose bytes are known: identical, with the deeper findings kept."""
    identical = _identical(source, measured)
    return replace(identical, notes=(*identical.notes, *comparison.notes), others=comparison.others)


def _duration(measured: Measurement) -> Fraction | None:
    """Seconds of the first picture track, else of the first sound track."""
    for kind in ("video", "sound"):
        for track in measured.tracks:
            if track.kind == kind and track.presentation.duration is not None:
                return track.presentation.duration
    return None


# --- the verdict ---


def _case(
    file: _File,
    comparison: Comparison,
    questions: Questions,
    *,
    custodian: Custodian | None = None,
    kind: MediaKind | None = None,
    findings: tuple[Finding, ...] = (),
    limits: tuple[str, ...] = (),
    files: Mapping[str, EvidenceFacts] | None = None,
) -> Case:
    used = dict.fromkeys(
        one
        for one in (
            comparison.source,
            *(segment.source for segment in (*comparison.segments, *comparison.sound.segments)),
            *(other[0] for other in comparison.others),
        )
        if one is not None
    )
    at = questions.at or datetime.now(UTC)
    return Case(
        questioned=file.facts(kind),
        comparison=comparison,
        histories={} if custodian is None else {one: _history(custodian, one) for one in used},
        trust=Trust() if custodian is None else _own_trust(custodian),
        findings=findings,
        limits=limits,
        inputs=_inputs(file, custodian, questions, at),
        tool={"name": "provenance", "version": version("provenance")},
        files=files or {},
    )


def _inputs(file: _File, custodian: Custodian | None, questions: Questions, at: datetime) -> dict[str, object]:
    """What the verdict was worked out from beside the file itself."""
    return {
        "policy": None if custodian is None else "this archive's own keys",
        "at": None if questions.at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "evidence_ids": list(questions.evidence_ids),
        "full": questions.full,
        "libraries": {} if file.measured is None else dict(file.measured.libraries),
        "background": None,
        "calibration": None,
    }


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
        duration=None if measured is None else _duration(measured),
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
