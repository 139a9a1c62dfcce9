"""The closed lists of what statements say in plain, and the open list of what they seal (docs/formats/statement.md)."""

from __future__ import annotations

from typing import Literal, get_args

#: Every predicate type is ``NAMESPACE#NAME/v1``. A random UUID (RFC 9562 version 4) names no host and no person.
NAMESPACE = "urn:uuid:025a34c8-57ed-4294-9568-5d7120a4cda1"
SCHEMA = "provenance/statement/v1"

Predicate = Literal["registration", "examination", "custody", "verification", "correction", "key", "log"]
CustodyEvent = Literal[
    "received",
    "received-again",
    "offered",
    "accepted",
    "partly-accepted",
    "refused",
    "returned",
    "exported",
    "derived",
    "published",
    "disposed",
    "erased",
    "fixity",
    "repaired",
    "note",
    "role",
    "transcript",
    "reviewed",
    "restricted",
    "overridden",
    "same-bytes-as",
    "co-signed",
]
KeyEvent = Literal["introduced", "rotated", "revoked"]
LogEvent = Literal["log-continued", "checkpointed"]
#: What a subject is: an item of evidence, the bytes of an envelope, a public key, or the head of a log.
SubjectForm = Literal["evidence", "envelope", "key", "log"]

PREDICATES: tuple[Predicate, ...] = get_args(Predicate)
#: The events of a predicate; the others have none.
EVENTS: dict[Predicate, tuple[str, ...]] = {
    "custody": get_args(CustodyEvent),
    "key": get_args(KeyEvent),
    "log": get_args(LogEvent),
}


def predicate_type(predicate: Predicate) -> str:
    """The URI of a predicate."""
    return f"{NAMESPACE}#{predicate}/v1"


def subject_form(predicate: Predicate, event: str | None) -> SubjectForm:
    """The one form of subject that statements of this predicate and event have."""
    if predicate == "correction" or event == "co-signed":
        return "envelope"
    if predicate == "key":
        return "key"
    return "log" if predicate == "log" else "evidence"


_ANY = frozenset({"clock", "decoys", "key_prev", "note", "observed_at", "tool"})
_HOW_IT_CAME = frozenset({"channel", "claimed_time", "event", "generation", "how", "names", "place", "sender", "url"})
_WHY = frozenset({"authority", "purpose", "reason"})

#: Names of sealed fields and what they hold: docs/formats/statement.md. Others are shown and never interpreted.
#: ``blob/`` and ``commitment/`` are followed by KIND/TRACK.
SEALED_FIELDS: dict[Predicate, frozenset[str]] = {
    "registration": _ANY
    | _HOW_IT_CAME
    | _WHY
    | {"blob/", "commitment/", "device", "file_name", "serials"}
    | {"sha256", "sha512", "size", "subject_salt"},
    "examination": _ANY | {"blob/", "commitment/", "not_measured", "parameters", "sandbox"},
    "custody": _ANY | _HOW_IT_CAME | _WHY | {"after", "before", "file_name", "from", "same_as", "source", "to"},
    "verification": _ANY | _WHY | {"comparison", "questioned"},
    "correction": _ANY | _WHY | {"corrected"},
    "key": _ANY | {"compromised_at", "names", "reason"},
    "log": _ANY | {"reason"},
}
