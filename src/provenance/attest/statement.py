"""Statements: in-toto Statement v1 in one writer form, with a plain part that identifies nobody.

Everything that tells about a file, a person or a place is behind the digests of ``_sd`` (`disclosure`); what is plain
is listed, with its exact grammar, in docs/formats/statement.md.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from provenance.attest import canonical, details, disclosure
from provenance.attest.vocabulary import (
    EVENTS,
    NAMESPACE,
    PREDICATES,
    SCHEMA,
    Predicate,
    SubjectForm,
    predicate_type,
    subject_form,
)
from provenance.errors import RecordError
from provenance.evidence import check_evidence_id

if TYPE_CHECKING:
    from provenance.attest.details import Details

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
SD_ALGORITHM = "sha-256"  # IANA "Named Information Hash Algorithm" name, as RFC 9901 section 4.1.1 asks
COMMITMENT = "provenance-commitment-v1"
SHA256 = "sha256"
#: A statement with 32 digests has about 2.4 kB; 256 KiB hold 5,500 digests, more than any examination seals.
MAX_STATEMENT = 256 * 1024
#: Earlier envelopes that one statement may name: own head, a giver's offer, and room for merged branches.
MAX_PREV = 64

_HASH_BYTES = 32
_KEY_ID = re.compile(r"[0-9a-f]{64}")
#: ISO 8601 week, or nothing (formats section 1).
_PERIOD = re.compile(r"|[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about. ``digest``: the 32 bytes of a commitment (evidence) or of a SHA-256 (the others)."""

    form: SubjectForm
    name: str
    digest: bytes

    @classmethod
    def evidence(cls, evidence_id: str, commitment: bytes) -> Self:
        """An item of evidence, by its id and :func:`commitment.subject_commitment`."""
        return cls("evidence", evidence_id, commitment)

    @classmethod
    def envelope(cls, digest: bytes) -> Self:
        """A signed record, by the SHA-256 of its bytes."""
        return cls("envelope", "envelope", digest)

    @classmethod
    def key(cls, public: bytes) -> Self:
        """A public key."""
        return cls("key", "key", hashlib.sha256(public).digest())

    @classmethod
    def log(cls, origin: str, note: str) -> Self:
        """A log, by its origin and its last good signed note."""
        return cls("log", origin, hashlib.sha256(note.encode()).digest())


@dataclass(frozen=True, slots=True)
class Branch:
    """Place in the custody of one item: branch (``evidence_id``, ``custodian``), number ``seq``.

    ``custodian``: key id under which the branch began. ``prev``: SHA-256 of earlier envelopes, that of the branch
    itself first, then, at `accepted` or `received`, those of the giver.
    """

    evidence_id: str
    custodian: str
    seq: int
    prev: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """The signed content of one record; no value of it exists unchecked.

    ``key``: id of the signer; ``key_seq``: how many statements that key had made before; ``period``: ISO week of
    ``observed_at``, or empty; ``sd``: sorted digests of sealed fields and decoys. ``branch``, ``event`` and ``details``
    are None where the predicate has none.

    Raises:
        RecordError: A member is malformed or does not belong to the predicate.
    """

    predicate: Predicate
    subject: Subject
    key: str
    key_seq: int
    period: str
    sd: tuple[str, ...]
    branch: Branch | None = None
    event: str | None = None
    details: Details | None = None

    def __post_init__(self) -> None:
        if self.predicate not in PREDICATES or self.event not in EVENTS.get(self.predicate, (None,)):
            raise RecordError(f"{self.predicate!r} statements have no event {self.event!r}")
        if _KEY_ID.fullmatch(self.key) is None or not 0 <= self.key_seq <= canonical.MAX_INTEGER:
            raise RecordError("the key of the statement, or its count, is malformed")
        if _PERIOD.fullmatch(self.period) is None:
            raise RecordError("the period is neither empty nor an ISO week")
        disclosure.check_digests(self.sd)
        details.check(self.details, self.event)
        _check_subject(self)
        _check_branch(self)


def dump(statement: Statement) -> bytes:
    """The bytes to sign."""
    return canonical.dump(_to_json(statement))


def parse(payload: bytes) -> Statement:
    """The statement that ``payload`` spells.

    Raises:
        RecordError: It is too large, has unknown, missing or malformed members, or is not in the one writer form.
    """
    value = canonical.load(payload, limit=MAX_STATEMENT, what="statement")
    members = canonical.Members(value, "statement")
    members.constant("_type", STATEMENT_TYPE)
    predicate = _take_predicate(members.text("predicateType"))
    body = canonical.Members(members.take("predicate"), "predicate")
    body.constant("schema", SCHEMA)
    body.constant("predicate", predicate)
    body.constant("_sd_alg", SD_ALGORITHM)
    event = body.text("event") if predicate in EVENTS else None
    statement = Statement(
        predicate,
        _take_subject(members.array("subject"), subject_form(predicate, event)),
        key=body.text("key"),
        key_seq=body.integer("key_seq"),
        period=body.text("period"),
        sd=body.texts("_sd"),
        branch=_take_branch(body) if "branch" in body else None,
        event=event,
        details=details.take(event, body),
    )
    body.end()
    members.end()
    return statement


def _to_json(statement: Statement) -> dict[str, Any]:
    subject, branch = statement.subject, statement.branch
    body: dict[str, Any] = {
        "_sd": list(statement.sd),
        "_sd_alg": SD_ALGORITHM,
        "key": statement.key,
        "key_seq": statement.key_seq,
        "period": statement.period,
        "predicate": statement.predicate,
        "schema": SCHEMA,
        **details.members(statement.details),
    }
    if branch is not None:
        body["branch"] = branch.custodian
        body["evidence_id"] = branch.evidence_id
        body["prev"] = [digest.hex() for digest in branch.prev]
        body["seq"] = branch.seq
    if statement.event is not None:
        body["event"] = statement.event
    return {
        "_type": STATEMENT_TYPE,
        "predicate": body,
        "predicateType": predicate_type(statement.predicate),
        "subject": [{"digest": {_algorithm(subject.form): subject.digest.hex()}, "name": subject.name}],
    }


def _algorithm(form: SubjectForm) -> str:
    return COMMITMENT if form == "evidence" else SHA256


def _take_predicate(text: str) -> Predicate:
    for predicate in PREDICATES:
        if text == predicate_type(predicate):
            return predicate
    raise RecordError(f"this is not a predicate type of {NAMESPACE}", code="record.unknown-predicate")


def _take_subject(values: list[Any], form: SubjectForm) -> Subject:
    if len(values) != 1:
        raise RecordError("a statement has one subject")
    members = canonical.Members(values[0], "subject")
    digests = canonical.Members(members.take("digest"), "digest of the subject")
    subject = Subject(form, members.text("name"), digests.hex(_algorithm(form)))
    digests.end()
    members.end()
    return subject


def _take_branch(body: canonical.Members) -> Branch:
    return Branch(
        evidence_id=body.text("evidence_id"),
        custodian=body.text("branch"),
        seq=body.integer("seq"),
        prev=tuple(canonical.from_hex(text, _HASH_BYTES, "digest in 'prev'") for text in body.texts("prev")),
    )


def _check_subject(statement: Statement) -> None:
    subject = statement.subject
    if subject.form != subject_form(statement.predicate, statement.event) or len(subject.digest) != _HASH_BYTES:
        raise RecordError(f"a {statement.predicate!r} statement has another form of subject")
    match subject.form:
        case "evidence":
            check_evidence_id(subject.name)
        case "log":
            details.check_origin(subject.name)
        case "envelope" | "key" as name:
            if subject.name != name:
                raise RecordError(f"the subject is not named {name!r}")
    if isinstance(statement.details, details.KeyIntroduced):
        own = hashlib.sha256(statement.details.public).digest()
        # A key presents itself: else a stranger could introduce it first, with a recovery key of the stranger's own.
        if subject.digest != own or statement.key != own.hex():
            raise RecordError("a key is introduced by another key")


def _check_branch(statement: Statement) -> None:
    branch, form = statement.branch, statement.subject.form
    if branch is None:
        if form == "evidence":
            raise RecordError("a statement about evidence has its place in a branch")
        return
    if form in {"key", "log"} or (form == "evidence" and branch.evidence_id != statement.subject.name):
        raise RecordError("the branch does not belong to the subject")
    check_evidence_id(branch.evidence_id)
    if _KEY_ID.fullmatch(branch.custodian) is None or not 0 <= branch.seq <= canonical.MAX_INTEGER:
        raise RecordError("the branch, or the number in it, is malformed")
    distinct = len(set(branch.prev)) == len(branch.prev) <= MAX_PREV
    if not distinct or any(len(digest) != _HASH_BYTES for digest in branch.prev) or (branch.seq and not branch.prev):
        raise RecordError("'prev' does not name the earlier envelopes")
