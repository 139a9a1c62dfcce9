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
from provenance.verdict import (
    ALWAYS,
    BY_LOOKS,
    BY_PRINT,
    INSETS,
    LEFT_OUT,
    NO_MATCH,
    NO_QUORUM,
    Axes,
    EvidenceFacts,
    Finding,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from provenance.attest.statement import Statement
    from provenance.comparison import Comparison
    from provenance.evidence import DigestSet
    from provenance.verdict import CustodyState, LogState, MeasuredBy, Outcome, Questioned, RecordState, Standing


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
    #: Keys that came with the records and are believed in nothing: a signature under one says who signed, by key alone
    shown: tuple[bytes, ...] = ()
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
    appraised = {source: appraise_history(case.trust, history) for source, history in case.histories.items()}
    facts = {**case.files, **{source: one.facts for source, one in appraised.items()}}
    named = None if comparison.source is None else appraised.get(comparison.source)
    used = dict.fromkeys((comparison.source, *(segment.source for segment in comparison.segments)))
    findings = [*case.findings, *(Finding(note.code, note.outcome, note.detail) for note in comparison.notes)]
    findings.extend(finding for source in used if source in appraised for finding in appraised[source].findings)
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
    if case.comparison.relation == "no-match":
        said.append(NO_MATCH)
    if case.comparison.basis == "visual":
        said.append(BY_LOOKS)
    elif any(note.code == "softBinding.none" for note in case.comparison.notes):
        said.append(INSETS)
    if case.comparison.sound.is_by_print:
        said.append(BY_PRINT)
    if with_record:
        said.extend((NO_QUORUM, LEFT_OUT))
    return (*said, *case.limits)


@dataclass(frozen=True, slots=True)
class Appraised:
    """What the records about one item of evidence say: the axes, its facts, and every finding in the order of steps."""

    axes: Axes
    facts: EvidenceFacts
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A record whose envelope and statement parsed.

    ``signer``: the known key that signed it, or None; ``checked``: its signature was checked under some key.
    """

    digest: bytes
    stated: Statement
    fields: dict[str, Any]
    signer: bytes | None
    checked: bool


def appraise_history(trust: Trust, history: History) -> Appraised:
    """Steps 1 to 8 over the records about one item of evidence."""
    steps = _Steps(trust, history)
    read = [one for record in history.records if (one := steps.read(record)) is not None]
    standing = steps.standing_of(read)
    steps.say("time.none", "informational", "no time stamp token is held for this record")
    log = steps.log_state()
    steps.bind(read)
    steps.name_measurer()
    custody = steps.custody_state(read)
    claimed = read[0].fields.get("observed_at") if read else None
    events = tuple(_event(one) for one in read)
    digests = history.digests
    axes = Axes(
        record=steps.record_state(read),
        standing=standing,
        signer=None if not read or read[0].signer is None else trust.signers[read[0].signer],
        time="none",
        claimed=() if claimed is None else ({"at": claimed, "source": "clock of the registering device"},),
        log=log,
        custody=custody,
        custody_as_of=events[-1]["claimed_at"] if events else None,
        events=events,
    )
    sha256 = None if digests is None else digests.sha256
    facts = EvidenceFacts(history.evidence_id, sha256, history.duration, claimed, history.measured_by)
    return Appraised(axes, facts, tuple(steps.findings))


def _event(one: _Read) -> dict[str, Any]:
    return {
        "event": one.stated.event or one.stated.predicate,
        "claimed_at": one.fields.get("observed_at"),
        "key": one.stated.key,
        "how": one.fields.get("how"),
    }


class _Steps:
    def __init__(self, trust: Trust, history: History) -> None:
        self._trust = trust
        self._history = history
        self._known = {key_id(public): public for public in trust.signers}
        self._shown = {key_id(public): public for public in trust.shown}
        self.findings: list[Finding] = []

    def say(self, code: str, outcome: Outcome, detail: str) -> None:
        self.findings.append(Finding(code, outcome, detail))

    def read(self, record: Record) -> _Read | None:
        """Steps 1 and 2: strict parsing, once; the signature under the key that the statement names, if it is known."""
        try:
            parsed = envelope.parse(record.envelope)
            stated = statement.parse(parsed.payload)
            fields = {} if record.fields is None else disclosure.open_fields(record.fields, stated.sd)
        except RecordError as error:
            self.say("record.malformed", "failure", error.message)
            return None
        known = self._known.get(stated.key)
        public = known or self._shown.get(stated.key)
        digest = envelope.digest(record.envelope)
        if public is None:
            self.say("record.signerUnknown", "informational", f"key {stated.key[:16]}; its signature was not checked")
            return _Read(digest, stated, fields, None, checked=False)
        try:
            envelope.verify(parsed, (public,))
        except SignatureError as error:
            self.say("record.signatureInvalid", "failure", error.message)
            return None
        if known is None:
            self.say("record.signerUnknown", "informational", f"key {stated.key[:16]}; its signature checks")
        return _Read(digest, stated, fields, known, checked=True)

    def standing_of(self, read: Sequence[_Read]) -> Standing:
        """Step 3. No statement revokes a key in this version, so that a known signer stands good."""
        signers = {one.signer for one in read}
        if not read or None in signers:
            return "unknown"
        keys = sorted({one.stated.key[:16] for one in read})
        self.say("record.signature", "success", f"{len(read)} records, key {', '.join(keys)}")
        names = sorted({self._trust.signers[signer] for signer in signers if signer is not None})
        self.say("record.signerKnown", "success", ", ".join(names))
        return "good"

    def record_state(self, read: Sequence[_Read]) -> RecordState:
        """The record axis after all steps: any failure about the records themselves makes it invalid."""
        if any(one.code.startswith("record.") and one.outcome == "failure" for one in self.findings) or not read:
            return "invalid"
        if not all(one.checked for one in read):
            return "not-checked"
        return "valid-unknown-signer" if any(one.signer is None for one in read) else "valid-known-signer"

    def log_state(self) -> LogState:
        """Steps 5 and 6 for every record: a head under a log key that this verifier follows, and the path to it."""
        included = [self._is_included(record) for record in self._history.records]
        if not included or not all(included):
            return "not-checked"
        self.say("log.ownOnly", "informational", "no witness has cosigned the log")
        return "own-log-only"

    def _is_included(self, record: Record) -> bool:
        vkeys = [checkpoint.vkey_of(public) for public in self._trust.logs.values()]
        try:
            receipt = proof.parse(record.receipt)
            head = checkpoint.open_checkpoint(receipt.signed_note, vkeys, verify)
            public = self._trust.logs.get(head.origin)
            if public is None:
                raise ProofError(f"no key is known for the log {head.origin}")
            own = [checkpoint.vkey_of(public)]
            proof.verify(receipt, record.envelope, origin=head.origin, vkeys=own, verify_bytes=verify)
        except SignatureError as error:
            self.say("log.checkpointInvalid", "failure", error.message)
            return False
        except RecordError as error:
            self.say("log.notIncluded", "failure", error.message)
            return False
        if record is self._history.records[0]:
            self.say("log.checkpoint", "success", f"{head.size} entries")
            self.say("log.included", "success", f"entry {receipt.index}")
        return True

    def bind(self, read: Sequence[_Read]) -> None:
        """Step 7: all records are about the file with the digests that the registration seals."""
        if not read:
            return
        subjects = {(one.stated.subject.name, one.stated.subject.digest) for one in read}
        if len(subjects) != 1 or read[0].stated.subject.name != self._history.evidence_id:
            self.say("record.subjectMismatch", "failure", "the records are about different files")
            return
        digests, salt = self._history.digests, read[0].fields.get("subject_salt")
        if digests is None or not isinstance(salt, str):
            self.say("record.subjectSealed", "informational", "the digests of the registered file are sealed here")
            return
        try:
            check_subject(read[0].stated.subject.digest, bytes.fromhex(salt), digests)
        except (RecordError, ValueError):
            self.say("record.subjectMismatch", "failure", "digests and salt do not lead to the signed commitment")
            return
        self.say("record.subject", "success", f"sha256 {digests.sha256.hex()}")

    def name_measurer(self) -> None:
        """Step 8: whose measurements were compared."""
        codes: dict[MeasuredBy, tuple[str, Outcome]] = {
            "this-run": ("measurement.thisRun", "success"),
            "this-archive": ("measurement.thisArchive", "success"),
            "claimed": ("measurement.claimed", "informational"),
        }
        code, outcome = codes[self._history.measured_by]
        self.say(code, outcome, self._history.evidence_id)

    def custody_state(self, read: Sequence[_Read]) -> CustodyState:
        """Each branch counts from 0 without a gap, and every record names the one before it."""
        heads: dict[str, tuple[int, bytes]] = {}
        gaps = len(read) < len(self._history.records)
        for one in read:
            branch = one.stated.branch
            if branch is None:
                continue
            seq, before = heads.get(branch.custodian, (-1, b""))
            gaps = gaps or branch.seq != seq + 1 or (bool(before) and before not in branch.prev)
            heads[branch.custodian] = (branch.seq, one.digest)
        if gaps:
            self.say("custody.gap", "failure", "a record between two of those shown is missing or cannot be read")
            return "gaps"
        self.say("custody.noGap", "success", f"{len(read)} records in order")
        return "no-gap-in-what-is-shown"
