"""From records, comparison and policy to a verdict, in numbered steps. Pure: no clock, file or socket; offline.

The steps are those of ARCHITECTURE.md ("Life of a verdict"): 1 parse envelopes, 2 signatures, 3 standing of the
signer, 4 time tokens, 5 checkpoint, 6 inclusion, 7 hard binding, 8 soft binding. No step stops the others: every
finding is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provenance.attest import disclosure, envelope, statement
from provenance.attest.commitment import check_subject
from provenance.attest.keys import key_id, verify
from provenance.errors import ProofError, RecordError, SignatureError
from provenance.tlog import checkpoint, proof
from provenance.verdict import ALWAYS, LEFT_OUT, NO_MATCH, NO_QUORUM, Axes, EvidenceFacts, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from provenance.attest.statement import Statement
    from provenance.comparison import Comparison
    from provenance.evidence import DigestSet
    from provenance.verdict import CustodyState, LogState, MeasuredBy, Outcome, Questioned, RecordState


@dataclass(frozen=True, slots=True)
class Record:
    """One stored record as shown. ``receipt``: tlog-proof text; ``fields``: encoded disclosures, None if locked."""

    envelope: bytes
    receipt: str
    fields: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class History:
    """The records about one item of evidence in log order, the registration first.

    ``digests``: as opened from the registration, None where sealed. ``duration``: seconds of its main track.
    """

    evidence_id: str
    records: tuple[Record, ...]
    digests: DigestSet | None
    duration: Fraction | None = None
    measured_by: MeasuredBy = "claimed"


@dataclass(frozen=True, slots=True)
class Trust:
    """What this verifier believes: key → name of known signers, and the logs (origin → public key) it follows."""

    signers: Mapping[bytes, str] = field(default_factory=dict)
    logs: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a verdict is worked out from. ``histories``: by the sources of the comparison; empty for two files."""

    questioned: Questioned
    comparison: Comparison
    histories: Mapping[str, History] = field(default_factory=dict)
    trust: Trust = Trust()
    findings: tuple[Finding, ...] = ()
    limits: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    tool: Mapping[str, str] = field(default_factory=dict)
    #: For two files without records: source → duration of what was compared with
    files: Mapping[str, EvidenceFacts] = field(default_factory=dict)


def appraise(case: Case) -> Verdict:
    """The verdict on one questioned file."""
    comparison = case.comparison
    facts = dict(case.files)
    appraised: dict[str, _Appraisal] = {}
    for source, history in case.histories.items():
        appraised[source] = one = _Appraisal(case.trust, history)
        one.run()
        facts[source] = one.facts
    named = appraised.get(comparison.source or "")
    used = [comparison.source or "", *(segment.source for segment in comparison.segments)]
    findings = [*case.findings, *(Finding(note.code, note.outcome, note.detail) for note in comparison.notes)]
    for source in dict.fromkeys(used):
        if source in appraised:
            findings.extend(appraised[source].findings)
    return Verdict(
        questioned=case.questioned,
        comparison=comparison,
        evidence=facts,
        axes=Axes() if named is None else named.axes,
        findings=tuple(dict.fromkeys(findings)),
        limits=_limits(case, with_record=named is not None),
        inputs=case.inputs,
        tool=case.tool,
    )


def _limits(case: Case, *, with_record: bool) -> tuple[str, ...]:
    said = [*ALWAYS]
    if case.comparison.relation in {"no-match", "undetermined"}:
        said.append(NO_MATCH)
    if with_record:
        said.extend((NO_QUORUM, LEFT_OUT))
    return (*said, *case.limits)


class _Appraisal:
    """The steps over the records of one item of evidence."""

    def __init__(self, trust: Trust, history: History) -> None:
        self._trust = trust
        self._history = history
        self.findings: list[Finding] = []
        self._statements: list[Statement] = []
        self._signed: list[bytes] = []
        self._fields: list[dict[str, Any]] = []
        self._logged = True
        self._failed = False

    def _say(self, code: str, outcome: Outcome, detail: str) -> None:
        self.findings.append(Finding(code, outcome, detail))
        self._failed = self._failed or outcome == "failure"

    def run(self) -> None:
        """All steps, in order."""
        for record in self._history.records:
            self._parse_and_check(record)
            self._log_of(record)
        self._standing()
        self._say("time.none", "informational", "no time stamp token is held for this record")
        if self._logged:
            self._say("log.ownOnly", "informational", "no witness has cosigned the log")
        self._hard_binding()
        self._soft_binding()
        self._custody_order()

    def _parse_and_check(self, record: Record) -> None:
        """Steps 1 and 2: strict parsing, once; a signature by a key that this verifier knows and the record names."""
        try:
            parsed = envelope.parse(record.envelope)
            stated = statement.parse(parsed.payload)
        except RecordError as error:
            self._say("record.malformed", "failure", error.message)
            return
        try:
            signed = envelope.verify(parsed, tuple(self._trust.signers))
        except SignatureError as error:
            self._say("record.signatureInvalid", "failure", error.message)
            return
        if stated.key not in {key_id(public) for public in signed}:
            self._say("record.signatureInvalid", "failure", f"not signed by the key {stated.key[:16]} that it names")
            return
        self._statements.append(stated)
        self._signed.append(signed[0])
        try:
            self._fields.append({} if record.fields is None else disclosure.open_fields(record.fields, stated.sd))
        except RecordError as error:
            self._fields.append({})
            self._say("record.malformed", "failure", error.message)

    def _standing(self) -> None:
        """Step 3: nothing revokes a key yet, so that a known signer stands good."""
        if self._statements and not self._failed:
            name = self._trust.signers[self._signed[0]]
            self._say(
                "record.signature", "success", f"{len(self._statements)} records, key {self._statements[0].key[:16]}"
            )
            self._say("record.signerKnown", "success", name)

    def _log_of(self, record: Record) -> None:
        """Steps 5 and 6: the head under a log key that this verifier follows, and the path to it."""
        try:
            receipt = proof.parse(record.receipt)
            vkeys = [checkpoint.vkey_of(public) for public in self._trust.logs.values()]
            head = checkpoint.open_checkpoint(receipt.signed_note, vkeys, verify)
            public = self._trust.logs.get(head.origin)
            if public is None:
                raise ProofError(f"no key is known for the log {head.origin}")
            proof.verify(
                receipt,
                record.envelope,
                origin=head.origin,
                vkeys=[checkpoint.vkey_of(public)],
                verify_bytes=verify,
            )
        except SignatureError as error:
            self._logged = False
            self._say("log.checkpointInvalid", "failure", error.message)
        except (ProofError, RecordError) as error:
            self._logged = False
            self._say("log.notIncluded", "failure", error.message)
        else:
            if record is self._history.records[0]:
                self._say("log.checkpoint", "success", f"{head.size} entries")
                self._say("log.included", "success", f"entry {receipt.index}")

    def _hard_binding(self) -> None:
        """Step 7: all records are about the file with the digests that the registration seals."""
        if not self._statements:
            return
        subjects = {(stated.subject.name, stated.subject.digest) for stated in self._statements}
        if len(subjects) != 1 or self._statements[0].subject.name != self._history.evidence_id:
            self._say("record.subjectMismatch", "failure", "the records are about different files")
            return
        digests, salt = self._history.digests, self._fields[0].get("subject_salt")
        if digests is None or not isinstance(salt, str):
            self._say("record.subjectSealed", "informational", "the digests of the registered file are sealed here")
            return
        try:
            check_subject(self._statements[0].subject.digest, bytes.fromhex(salt), digests)
        except (RecordError, ValueError):
            self._say(
                "record.subjectMismatch", "failure", "digests and salt do not lead to the commitment that was signed"
            )
            return
        self._say("record.subject", "success", f"sha256 {digests.sha256.hex()}")

    def _soft_binding(self) -> None:
        """Step 8: whose measurements were compared."""
        code, outcome = {
            "this-run": ("measurement.thisRun", "success"),
            "this-archive": ("measurement.thisArchive", "success"),
            "claimed": ("measurement.claimed", "informational"),
        }[self._history.measured_by]
        self._say(code, "success" if outcome == "success" else "informational", self._history.evidence_id)

    def _custody_order(self) -> None:
        """Each branch counts from 0 without a gap, and every record names the one before it."""
        branches: dict[str, list[tuple[Statement, bytes]]] = {}
        for stated, record in zip(self._statements, self._history.records, strict=False):
            if stated.branch is not None:
                branches.setdefault(stated.branch.custodian, []).append((stated, envelope.digest(record.envelope)))
        self._gaps = False
        for chain in branches.values():
            before: bytes | None = None
            for number, (stated, digest) in enumerate(chain):
                assert stated.branch is not None
                follows = before is None or before in stated.branch.prev
                if stated.branch.seq != number or not follows:
                    self._gaps = True
                before = digest
        if self._gaps:
            self._say("custody.gap", "failure", "a record between two of those shown is missing")
        else:
            self._say("custody.noGap", "success", f"{len(self._statements)} records in order")

    @property
    def axes(self) -> Axes:
        """The axes after :meth:`run`."""
        good = bool(self._statements) and not self._failed
        record: RecordState = "valid-known-signer" if good else "invalid"
        log: LogState = "own-log-only" if self._logged else "not-checked"
        custody: CustodyState = "gaps" if self._gaps else "no-gap-in-what-is-shown"
        known = self._trust.signers.get(self._signed[0]) if self._signed else None
        claimed = self.facts.claimed_at
        return Axes(
            record=record,
            standing="good" if good else "unknown",
            signer=known,
            time="none",
            claimed=() if claimed is None else ({"at": claimed, "source": "clock of the registering device"},),
            log=log,
            custody=custody,
            custody_as_of=self._events()[-1]["claimed_at"] if self._statements else None,
            events=tuple(self._events()),
        )

    def _events(self) -> list[dict[str, Any]]:
        return [
            {
                "event": stated.event or stated.predicate,
                "claimed_at": fields.get("observed_at"),
                "key": stated.key,
                "how": fields.get("how"),
            }
            for stated, fields in zip(self._statements, self._fields, strict=True)
        ]

    @property
    def facts(self) -> EvidenceFacts:
        """What the verdict says of the evidence itself."""
        digests = self._history.digests
        return EvidenceFacts(
            id=self._history.evidence_id,
            sha256=None if digests is None else digests.sha256,
            duration=self._history.duration,
            claimed_at=self._fields[0].get("observed_at") if self._fields else None,
            measured_by=self._history.measured_by,
        )
