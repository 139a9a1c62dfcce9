"""From records to axes: every step says what it found, and none stops the others."""

import socket
from dataclasses import replace
from fractions import Fraction

import pytest

from provenance import merkle
from provenance.appraise import Case, History, Record, Trust, appraise
from provenance.attest import disclosure, envelope, statement
from provenance.attest.commitment import subject_commitment
from provenance.attest.keys import SigningKey
from provenance.comparison import Comparison, Note, Segment, Span
from provenance.evidence import DigestSet, evidence_id
from provenance.tlog import checkpoint, entry, proof
from provenance.verdict import EvidenceFacts, Questioned, exit_status, to_json

ID = evidence_id(bytes(range(16)))
DIGESTS = DigestSet(b"\1" * 32, b"\2" * 64, 77)
SALT = b"\3" * 32
KEY = SigningKey.from_seed(b"\4" * 32)
LOG = SigningKey.from_seed(b"\5" * 32)
STRANGER = SigningKey.from_seed(b"\6" * 32)
ORIGIN = checkpoint.origin_of(LOG.public)
TRUST = Trust({KEY.public: "this archive"}, logs={ORIGIN: LOG.public})
WHOLE = Span(Fraction(0), Fraction(10))
MATCH = Comparison(
    "same-streams",
    "packets",
    ID,
    (Segment(WHOLE, WHOLE, ID, "packets", 80),),
    coverage_questioned=Fraction(1),
    coverage_evidence=Fraction(1),
    notes=(Note("hardBinding.packets", "success", "80 of 80 shown units"),),
)
QUESTIONED = Questioned("copy.mp4", b"\7" * 32, 12, "video")


def signed(seq, prev, *, key=KEY, commitment=None, predicate="registration", event=None):
    """An envelope and the encoded disclosures of its fields."""
    fields, sd = disclosure.seal_fields({"subject_salt": SALT.hex(), "observed_at": "2026-02-03T12:00:00Z"})
    subject = statement.Subject.evidence(ID, commitment or subject_commitment(SALT, DIGESTS))
    branch = statement.Branch(ID, KEY.key_id, seq, prev)
    stated = statement.Statement(predicate, subject, key.key_id, seq, "", sd, branch, event)
    return envelope.make(statement.dump(stated), [key]), tuple(one.encoded for one in fields)


def logged(envelopes, log=LOG):
    """A receipt for each envelope in a log of exactly these."""
    salts = [bytes([number]) * 32 for number in range(len(envelopes))]
    node = merkle.in_memory([entry.leaf(salt, one) for salt, one in zip(salts, envelopes, strict=True)])
    size = len(envelopes)
    head = checkpoint.Checkpoint(checkpoint.origin_of(log.public), size, merkle.root_of(size, node))
    note = checkpoint.sign(head, log.public, log.sign)
    return [
        proof.Receipt(salt, index, tuple(merkle.inclusion_proof(index, size, node)), note).text
        for index, salt in enumerate(salts)
    ]


def history(**changes):
    first, fields = signed(0, ())
    second, more = signed(1, (envelope.digest(first),), predicate="custody", event="note")
    receipts = logged([first, second])
    records = (Record(first, receipts[0], fields), Record(second, receipts[1], more))
    return replace(History(ID, records, DIGESTS, Fraction(10), "this-archive"), **changes)


def verdict_on(one, trust=TRUST):
    return appraise(Case(QUESTIONED, MATCH, {ID: one}, trust))


def codes(verdict):
    return [finding.code for finding in verdict.findings]


def test_good_records_give_every_axis():
    verdict = verdict_on(history())
    axes = verdict.axes
    assert (axes.record, axes.standing, axes.signer) == ("valid-known-signer", "good", "this archive")
    assert (axes.time, axes.log, axes.custody) == ("none", "own-log-only", "no-gap-in-what-is-shown")
    assert [event["event"] for event in axes.events] == ["registration", "note"]
    assert verdict.evidence[ID].claimed_at == "2026-02-03T12:00:00Z"
    assert not [finding for finding in verdict.findings if finding.outcome == "failure"]
    assert codes(verdict)[0] == "hardBinding.packets"
    assert "No outside party has confirmed this record." in verdict.limits


def test_the_same_inputs_give_the_same_bytes(monkeypatch):
    one = history()
    monkeypatch.setattr(socket, "socket", None)
    assert to_json(verdict_on(one)) == to_json(verdict_on(one))


def damaged(record, **changes):
    return replace(record, **changes)


def test_a_byte_changed_in_an_envelope_makes_the_record_invalid_and_hides_nothing_else():
    one = history()
    first = one.records[0]
    broken = first.envelope.replace(b'"sig":"', b'"sig":"A', 1)[:-1] + b"}"
    verdict = verdict_on(replace(one, records=(damaged(first, envelope=broken), one.records[1])))
    assert verdict.axes.record == "invalid"
    assert "record.malformed" in codes(verdict)
    assert "log.notIncluded" in codes(verdict)
    assert verdict.axes.custody == "gaps"
    assert exit_status(verdict) == 1


def test_a_signature_of_another_key_is_no_signature():
    one = history()
    payload = envelope.parse(one.records[0].envelope).payload
    forged = envelope.make(payload, [STRANGER])
    verdict = verdict_on(replace(one, records=(damaged(one.records[0], envelope=forged), one.records[1])))
    assert "record.signatureInvalid" in codes(verdict)
    assert verdict.axes.record == "invalid"


def test_a_signer_that_this_verifier_does_not_know_is_not_checked():
    verdict = verdict_on(history(), Trust({}, logs=TRUST.logs))
    assert "record.signerUnknown" in codes(verdict)
    assert (verdict.axes.record, verdict.axes.standing) == ("not-checked", "unknown")


@pytest.mark.parametrize("trust", [Trust(TRUST.signers, logs={}), Trust(TRUST.signers, logs={ORIGIN: STRANGER.public})])
def test_a_log_key_that_is_not_followed_checks_nothing(trust):
    verdict = verdict_on(history(), trust)
    assert verdict.axes.log == "not-checked"
    assert {"log.checkpointInvalid", "log.notIncluded"} & set(codes(verdict))


def test_a_receipt_for_another_record_is_not_inclusion():
    one = history()
    swapped = (
        damaged(one.records[0], receipt=one.records[1].receipt),
        damaged(one.records[1], receipt=one.records[0].receipt),
    )
    verdict = verdict_on(replace(one, records=swapped))
    assert codes(verdict).count("log.notIncluded") >= 1
    assert exit_status(verdict) == 1


def test_records_about_another_file_are_told():
    one = history(digests=replace(DIGESTS, size=78))
    assert "record.subjectMismatch" in codes(verdict_on(one))
    other, fields = signed(0, (), commitment=b"\x08" * 32)
    mixed = replace(history(), records=(Record(other, logged([other])[0], fields), history().records[1]))
    assert "record.subjectMismatch" in codes(verdict_on(mixed))


def test_sealed_digests_are_not_checked_and_not_a_failure():
    one = history(digests=None)
    sealed = replace(one, records=tuple(replace(record, fields=None) for record in one.records))
    verdict = verdict_on(sealed)
    assert "record.subjectSealed" in codes(verdict)
    assert verdict.axes.record == "valid-known-signer"
    assert verdict.evidence[ID].sha256 is None


def test_a_disclosure_that_was_not_sealed_is_refused():
    one = history()
    foreign = disclosure.Disclosure(b"\0" * 16, "sender", "somebody else").encoded
    first = damaged(one.records[0], fields=(*one.records[0].fields, foreign))
    assert "record.malformed" in codes(verdict_on(replace(one, records=(first, one.records[1]))))


def test_a_record_left_out_of_a_branch_is_a_gap():
    first, fields = signed(0, ())
    third, more = signed(2, (b"\x09" * 32,), predicate="custody", event="note")
    receipts = logged([first, third])
    one = History(ID, (Record(first, receipts[0], fields), Record(third, receipts[1], more)), DIGESTS)
    verdict = verdict_on(one)
    assert (verdict.axes.custody, "custody.gap" in codes(verdict)) == ("gaps", True)
    assert exit_status(verdict) == 1


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("this-run", "measurement.thisRun"),
        ("this-archive", "measurement.thisArchive"),
        ("claimed", "measurement.claimed"),
    ],
)
def test_who_measured_is_told(by, code):
    verdict = verdict_on(history(measured_by=by))
    assert code in codes(verdict)
    assert verdict.evidence[ID].measured_by == by


def test_two_files_without_records_leave_the_other_axes_unchecked():
    comparison = replace(MATCH, source="against", segments=(replace(MATCH.segments[0], source="against"),))
    facts = EvidenceFacts(None, b"\1" * 32)
    verdict = appraise(Case(QUESTIONED, comparison, files={"against": facts}))
    assert (verdict.axes.record, verdict.axes.time, verdict.axes.log, verdict.axes.custody) == (
        *("not-checked", "not-checked", "not-checked"),
        "unknown",
    )
    assert b'"id": null' in to_json(verdict)


def test_no_match_says_that_it_is_no_sign_of_forgery():
    verdict = appraise(Case(QUESTIONED, Comparison("no-match", "none")))
    assert any(limit.startswith("No match is not a sign of forgery") for limit in verdict.limits)
