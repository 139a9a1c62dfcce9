"""Statements: one spelling, a closed plain part, one form of subject for each predicate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attest import details, disclosure, statement
from provenance.attest.statement import Branch, Statement, Subject
from provenance.attest.vocabulary import EVENTS, PREDICATES, predicate_type, subject_form
from provenance.errors import RecordError
from provenance.evidence import evidence_id

ID = evidence_id(bytes(16))
PUBLIC = bytes(range(32))
KEY = hashlib.sha256(PUBLIC).hexdigest()
ORIGIN = "provenance/" + "0" * 32
SD = disclosure.seal_fields({})[1]
HASH = hashlib.sha256(b"earlier").digest()
BRANCH = Branch(ID, KEY, 3, (HASH,))
DETAILS = {
    "introduced": details.KeyIntroduced(PUBLIC, ORIGIN, next=HASH, recovery=b"\x07" * 32),
    "rotated": details.KeyRotated(b"\x09" * 32),
    "checkpointed": details.LogHead(7, HASH),
    "log-continued": details.LogContinued(ORIGIN, 7, HASH, (7, None)),
}
SUBJECTS = {
    "evidence": Subject.evidence(ID, HASH),
    "envelope": Subject.envelope(HASH),
    "key": Subject.key(PUBLIC),
    "log": Subject.log(ORIGIN, "note\n"),
}


def make(predicate, event=None, **changes):
    form = subject_form(predicate, event)
    values = {
        "key": KEY,
        "key_seq": 5,
        "period": "2026-W47",
        "sd": SD,
        "branch": BRANCH if form in {"evidence", "envelope"} else None,
        "event": event,
        "details": DETAILS.get(event),
    }
    return Statement(predicate, SUBJECTS[form], **(values | changes))


EVERY = [(predicate, event) for predicate in PREDICATES for event in EVENTS.get(predicate, (None,))]
REGISTRATION = statement.dump(make("registration"))


def changed(change):
    """The registration after ``change`` of its JSON, in the one writer form."""
    value = json.loads(REGISTRATION)
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(("predicate", "event"), EVERY, ids=str)
def test_every_statement_is_read_back_byte_for_byte(predicate, event):
    made = make(predicate, event)
    payload = statement.dump(made)
    assert statement.parse(payload) == made
    assert statement.dump(statement.parse(payload)) == payload
    value = json.loads(payload)
    assert value["_type"] == "https://in-toto.io/Statement/v1"
    assert value["predicateType"] == predicate_type(predicate)
    assert len(value["subject"]) == 1


def test_the_plain_part_of_a_registration_is_closed():
    value = json.loads(REGISTRATION)
    assert set(value["predicate"]) == {
        "_sd",
        "_sd_alg",
        "branch",
        "evidence_id",
        "key",
        "key_seq",
        "period",
        "predicate",
        "prev",
        "schema",
        "seq",
    }
    assert value["subject"] == [{"digest": {"provenance-commitment-v1": HASH.hex()}, "name": ID}]


@settings(deadline=None)
@given(
    st.integers(0, 2**53 - 1),
    st.integers(1, 2**53 - 1),
    st.sampled_from(["", "2011-W01", "2036-W53"]),
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True),
)
def test_any_place_in_a_branch_is_read_back(key_seq, seq, period, prev):
    made = make("custody", "note", key_seq=key_seq, period=period, branch=Branch(ID, KEY, seq, tuple(prev)))
    assert statement.parse(statement.dump(made)) == made


def test_every_changed_byte_is_refused_or_is_another_statement():
    original = statement.parse(REGISTRATION)
    for place in range(len(REGISTRATION)):
        data = bytearray(REGISTRATION)
        data[place] ^= 1 << place % 7
        try:
            other = statement.parse(bytes(data))
        except RecordError:
            continue
        assert other != original
        assert statement.dump(other) == bytes(data)


@pytest.mark.parametrize(
    "payload",
    [
        REGISTRATION + b"\n",
        b" " + REGISTRATION,
        b"\xef\xbb\xbf" + REGISTRATION,
        REGISTRATION.replace(b'"seq":3', b'"seq":3,"seq":3'),
        REGISTRATION.replace(b'"seq":3', b'"seq":3.0'),
        REGISTRATION.replace(b'"seq":3', b'"seq":03'),
        REGISTRATION.replace(b'"seq":3', b'"seq":true'),
        REGISTRATION.replace(b'"seq":3', b'"seq":-1'),
        REGISTRATION.replace(b'"seq":3', b'"seq":NaN'),
        b"null",
        b"[]",
        b"",
        b"{" * 100_000,
        b"x" * (statement.MAX_STATEMENT + 1),
    ],
)
def test_other_spellings_are_refused(payload):
    with pytest.raises(RecordError):
        statement.parse(payload)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(extra=1),
        lambda value: value["predicate"].update(place="Menton"),
        lambda value: value["predicate"].update(event="note"),
        lambda value: value["predicate"].pop("period"),
        lambda value: value["predicate"].pop("branch"),
        lambda value: value["predicate"].pop("seq"),
        lambda value: value["predicate"].update(schema="provenance/statement/v2"),
        lambda value: value["predicate"].update(_sd_alg="sha-512"),
        lambda value: value["predicate"].update(predicate="examination"),
        lambda value: value["predicate"].update(evidence_id=evidence_id(b"\x01" * 16)),
        lambda value: value["predicate"].update(period="2026-11-18"),
        lambda value: value["predicate"].update(period="2026-W54"),
        lambda value: value["predicate"].update(period="2026-W47\n"),
        lambda value: value["predicate"].update(key=KEY.upper()),
        lambda value: value["predicate"].update(prev=[HASH.hex(), HASH.hex()]),
        lambda value: value["predicate"].update(prev=[]),
        lambda value: value["predicate"].update(prev=[HASH.hex()[:-2]]),
        lambda value: value["predicate"].update(prev=[f"{i:064x}" for i in range(65)]),
        lambda value: value["predicate"].update(prev="x"),
        lambda value: value["predicate"].update(_sd=list(SD[::-1])),
        lambda value: value["predicate"].update(_sd=list(SD[:-1])),
        lambda value: value["predicate"].update(_sd=[1] * 32),
        lambda value: value.update(predicateType=predicate_type("examination")),
        lambda value: value.update(predicateType="https://slsa.dev/provenance/v1"),
        lambda value: value.update(_type="https://in-toto.io/Statement/v0.1"),
        lambda value: value.update(subject=[]),
        lambda value: value.update(subject=value["subject"] * 2),
        lambda value: value["subject"][0].update(name="clip.mp4"),
        lambda value: value["subject"][0].update(uri="file:///clip.mp4"),
        lambda value: value["subject"][0]["digest"].update(sha256=HASH.hex()),
        lambda value: value["subject"][0].update(digest={"sha256": HASH.hex()}),
    ],
)
def test_what_a_registration_must_not_say_is_refused(change):
    with pytest.raises(RecordError):
        statement.parse(changed(change))


@pytest.mark.parametrize(("predicate", "event"), EVERY, ids=str)
@pytest.mark.parametrize("form", SUBJECTS)
def test_each_predicate_has_one_form_of_subject(predicate, event, form):
    if form != subject_form(predicate, event):
        with pytest.raises(RecordError):
            replace(make(predicate, event), subject=SUBJECTS[form])


@pytest.mark.parametrize(
    ("predicate", "event"),
    [("custody", None), ("custody", "introduced"), ("key", "note"), ("registration", "note"), ("custody", "forged")],
)
def test_an_event_of_another_predicate_is_refused(predicate, event):
    with pytest.raises(RecordError):
        make(predicate, event)


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ("introduced", None),
        ("introduced", DETAILS["rotated"]),
        ("introduced", replace(DETAILS["introduced"], origin="example.com/log")),
        ("introduced", replace(DETAILS["introduced"], recovery=PUBLIC)),
        ("introduced", replace(DETAILS["introduced"], next=bytes.fromhex(KEY))),
        ("introduced", replace(DETAILS["introduced"], next=b"short")),
        ("introduced", replace(DETAILS["introduced"], public=b"\x08" * 32)),
        ("rotated", details.KeyRotated(b"short")),
        ("revoked", DETAILS["rotated"]),
        ("checkpointed", details.LogHead(-1, HASH)),
        ("checkpointed", details.LogHead(1, b"")),
        ("log-continued", details.LogContinued(ORIGIN, 7, HASH, (6, None))),
        ("log-continued", details.LogContinued(ORIGIN, 7, HASH, (7, 7))),
        ("log-continued", details.LogContinued("elsewhere", 7, HASH)),
    ],
)
def test_details_of_another_event_or_value_are_refused(event, wrong):
    predicate = "log" if event in EVENTS["log"] else "key"
    with pytest.raises(RecordError):
        make(predicate, event, details=wrong)


@pytest.mark.parametrize("lost", [[7], [7, 8, 9], ["7", None], [True, None], [7, False], {}, 7])
def test_a_malformed_range_of_lost_entries_is_refused(lost):
    value = json.loads(statement.dump(make("log", "log-continued")))
    value["predicate"]["lost"] = lost
    with pytest.raises(RecordError):
        statement.parse(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def test_a_key_is_introduced_by_itself_alone():
    with pytest.raises(RecordError, match="another key"):
        make("key", "introduced", key=hashlib.sha256(b"\x08" * 32).hexdigest())


def test_corrections_may_stand_outside_any_branch_and_keys_always_do():
    outside = make("correction", branch=None)
    assert statement.parse(statement.dump(outside)) == outside
    for predicate, event in (("key", "revoked"), ("log", "checkpointed")):
        with pytest.raises(RecordError):
            make(predicate, event, branch=BRANCH)
    with pytest.raises(RecordError):
        make("examination", branch=None)
