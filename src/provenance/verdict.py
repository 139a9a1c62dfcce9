"""The whole answer about one questioned file, its JSON and its exit status (docs/formats/verdict.md).

A verdict has no truth value: record, time, log, custody and file are separate axes, and "not checked" is a state.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from provenance.comparison import EXACT_BASES, Comparison

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from provenance.comparison import Alteration, Limit, Segment, Span

SCHEMA: Final = "provenance/verdict/v1"

RecordState = Literal["valid-known-signer", "valid-unknown-signer", "disputed", "invalid", "not-checked"]
Standing = Literal["good", "unknown", "disputed", "revoked", "not-checked"]
TimeState = Literal["quorum", "below-quorum", "expired-unrenewed", "none", "not-checked"]
LogState = Literal["witnessed", "own-log-only", "contradicted", "not-checked"]
CustodyState = Literal["no-gap-in-what-is-shown", "gaps", "unknown"]
MeasuredBy = Literal["this-run", "this-archive", "claimed"]
Outcome = Literal["success", "informational", "failure"]

#: Said under every verdict (product.md, "What a verdict says, and never says").
ALWAYS: Final = (
    (
        "This does not show that the scene is true, complete, or what it is said to show. A registered file can be "
        "staged, generated or already edited."
    ),
    "The record starts at first registration; anything done to the file before is unknown.",
)
NO_MATCH: Final = (
    "No match is not a sign of forgery: the copy may be too degraded, or the recording it comes from unregistered."
)
#: Said where pictures were matched by how they look.
BY_LOOKS: Final = (
    "Matched by appearance: changes below the limit stated, any where none is stated, and a second camera at the same "
    "event, above all beside the first or in a few seconds, are not excluded. No rate of error has been measured on "
    "independent recordings."
)
#: Said where pictures were searched by how they look and none was found.
INSETS: Final = (
    "Searched by appearance: a recording that is shown small inside another picture, or beside others, can be missed."
)
#: Said where sound was compared by its print. The length: see ``sounds.overdub`` in matching/background.json.
BY_PRINT: Final = (
    "Sound that was coded again is compared by a print (300 to 2,000 Hz): other sound of less than a second, sound "
    "mixed in under it, and a voice exchanged for one that says the same are not excluded."
)
NO_QUORUM: Final = "No outside party has confirmed this record."
LEFT_OUT: Final = "Later records about this recording, and other records of the key, can be left out unseen."

#: Relations that may end with status 0 (formats section 6).
_EXACT_RELATIONS: Final = frozenset({"identical", "same-streams", "same-pictures", "excerpt", "still"})
_SOUND_UNCHANGED: Final = frozenset({"identical", "same", "excerpt"})

EXACT, COMPARED, TROUBLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked fact: a code of docs/formats/findings.md, its outcome, one line for people."""

    code: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Questioned:
    """The file in hand. ``sha256``: raw bytes; ``size``: bytes; ``kind``: video, image, audio or other."""

    name: str
    sha256: bytes
    size: int
    kind: str


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """What a verdict says of the evidence it names. ``id`` is None where a file was compared and no record.

    ``duration`` in seconds; ``claimed_at``: RFC 3339, by the clock of the registering device.
    """

    id: str | None
    sha256: bytes | None
    duration: Fraction | None = None
    claimed_at: str | None = None
    measured_by: MeasuredBy = "this-run"


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes beside the comparison; ``not-checked`` where there was nothing to check them with."""

    record: RecordState = "not-checked"
    standing: Standing = "not-checked"
    signer: str | None = None
    time: TimeState = "not-checked"
    claimed: tuple[Mapping[str, str], ...] = ()
    log: LogState = "not-checked"
    custody: CustodyState = "unknown"
    custody_as_of: str | None = None
    events: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that was found about one file. ``evidence`` by the sources that ``comparison`` uses."""

    questioned: Questioned
    comparison: Comparison
    evidence: Mapping[str, EvidenceFacts] = field(default_factory=dict)
    axes: Axes = Axes()
    findings: tuple[Finding, ...] = ()
    limits: tuple[str, ...] = ALWAYS
    inputs: Mapping[str, Any] = field(default_factory=dict)
    tool: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is not true or false: ask for its relation, basis and axes")


def exit_status(verdict: Verdict, *, accept: Collection[str] = (), require: Collection[str] = ()) -> int:
    """0, 1 or 2 as ``diff`` has it (formats section 6); ``accept`` and ``require`` are the words of the options."""
    relation = verdict.comparison.relation
    if relation == "undetermined":
        return TROUBLE
    if any(finding.outcome == "failure" and is_about_records(finding) for finding in verdict.findings):
        return COMPARED
    held = _is_exact(verdict.comparison) or _is_accepted(verdict.comparison, accept)
    return COMPARED if not held or unmet(verdict, require) else EXACT


_RECORD_CODES: Final = ("record.", "log.", "custody.", "measurement.", "time.")


def is_about_records(finding: Finding) -> bool:
    """Whether it was checked on the records; else it is about the two files."""
    return finding.code.startswith(_RECORD_CODES)


def alterations(comparison: Comparison) -> tuple[Alteration, ...]:
    """Every alteration of the whole and of its segments, each once."""
    found = [*comparison.alterations]
    for segment in (*comparison.segments, *comparison.sound.segments):
        found.extend(segment.alterations)
    return tuple(dict.fromkeys(found))


def _is_exact(comparison: Comparison) -> bool:
    if comparison.relation not in _EXACT_RELATIONS or comparison.basis not in EXACT_BASES:
        return False
    if comparison.unmatched or comparison.missing or alterations(comparison):
        return False
    if comparison.altered.get("presentation") == "cannot-tell":  # replayed: nothing says how it would be shown
        return False
    return comparison.basis == "bytes" or comparison.relation == "still" or _sound_holds(comparison)


def _sound_holds(comparison: Comparison) -> bool:
    """Sound that is exact, or on neither side: where one side alone has sound, that is an alteration."""
    return comparison.sound.relation in _SOUND_UNCHANGED | {"absent"}


def _is_accepted(comparison: Comparison, accept: Collection[str]) -> bool:
    if comparison.basis == "sound":  # sound alone is never accepted (section 6)
        return False
    altered_whole = comparison.relation == "derivative" and comparison.basis == "visual" and "rendition" in accept
    if comparison.relation not in accept and not altered_whole:
        return False
    return not _is_changed(comparison) or "altered" in accept


def _is_changed(comparison: Comparison) -> bool:
    """Whether anything was found to be altered, missing or foreign, on any axis."""
    return bool(
        alterations(comparison) or comparison.missing or comparison.unmatched or "found" in comparison.altered.values()
    )


def _is_examined(comparison: Comparison) -> bool:
    """Whether nothing was left out of the look for alterations: equal bytes, or every axis that there is.

    A still has no time line, and sound that is on neither side cannot be altered.
    """
    if comparison.basis == "bytes":
        return True
    left_out = {axis for axis, found in comparison.altered.items() if found != "none-found"}
    if comparison.sound.relation == "absent":
        left_out.discard("sound")
    if comparison.relation == "still":
        left_out -= {"sound", "timing"}
    return bool(comparison.altered) and not left_out


def unmet(verdict: Verdict, require: Collection[str]) -> tuple[str, ...]:
    """Which of the required answers are weaker than asked, in the order asked."""
    axes = verdict.axes
    met = {
        "record=known": axes.record == "valid-known-signer" and axes.standing == "good",
        "log=witnessed": axes.log == "witnessed",
        "time=quorum": axes.time == "quorum",
        "altered=none": not _is_changed(verdict.comparison) and _is_examined(verdict.comparison),
    }
    return tuple(word for word in require if not met[word])


# --- JSON ---


def to_json(verdict: Verdict) -> bytes:
    """The verdict in ASCII JSON: sorted keys, indented, times in seconds rounded half-even to 6 decimals.

    ASCII, so that no character of a file name or tag can steer the terminal that shows it.
    """
    return (json.dumps(to_value(verdict), sort_keys=True, indent=1) + "\n").encode("ascii")


def to_value(verdict: Verdict) -> dict[str, Any]:
    """The verdict as a JSON value (formats section 6)."""
    comparison, axes = verdict.comparison, verdict.axes
    return {
        "schema": SCHEMA,
        "questioned": {
            "name": verdict.questioned.name,
            "sha256": verdict.questioned.sha256.hex(),
            "size": verdict.questioned.size,
            "kind": verdict.questioned.kind,
        },
        "relation": comparison.relation,
        "basis": comparison.basis,
        "evidence": _evidence(verdict),
        "segments": [_segment(segment, verdict) for segment in comparison.segments],
        "unmatched": [_span(span) for span in comparison.unmatched],
        "missing": [_span(span) for span in comparison.missing],
        "coverage": {
            "questioned": rounded(comparison.coverage_questioned),
            "evidence": rounded(comparison.coverage_evidence),
            "picture": _part_seen(comparison),
        },
        "altered": {**comparison.altered, "limit": _whole_limit(comparison)},
        "audio": {
            "relation": comparison.sound.relation,
            "shift": rounded(comparison.sound.shift),
            "segments": [_segment(segment, verdict) for segment in comparison.sound.segments],
        },
        "record": {"state": axes.record, "standing": axes.standing, "signer": axes.signer},
        "time": {
            "state": axes.time,
            "record_not_before": None,
            "record_not_after": None,
            "sources": [],
            "claimed": [dict(one) for one in axes.claimed],
        },
        "log": {"state": axes.log},
        "custody": {"state": axes.custody, "as_of": axes.custody_as_of, "events": [dict(one) for one in axes.events]},
        "findings": [{"code": one.code, "outcome": one.outcome, "detail": one.detail} for one in verdict.findings],
        "others": [
            {
                "evidence_id": verdict.evidence[source].id,
                "relation": relation,
                "basis": basis,
                "coverage": rounded(coverage),
            }
            for source, relation, basis, coverage in comparison.others
        ],
        "limits": list(verdict.limits),
        "inputs": dict(verdict.inputs),
        "tool": dict(verdict.tool),
    }


def rounded(exact: Fraction) -> float:
    """Seconds or a part, half-even to 6 decimals."""
    decimal = Decimal(exact.numerator) / Decimal(exact.denominator)
    return float(decimal.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN))


def _part_seen(comparison: Comparison) -> float:
    """The largest part of the evidence picture that a segment shows."""
    return rounded(max((one.region[2] * one.region[3] for one in comparison.segments), default=Fraction(0)))


def _evidence(verdict: Verdict) -> dict[str, Any] | None:
    if verdict.comparison.source is None:
        return None
    facts = verdict.evidence[verdict.comparison.source]
    return {
        "id": facts.id,
        "sha256": None if facts.sha256 is None else facts.sha256.hex(),
        "duration": None if facts.duration is None else rounded(facts.duration),
        "registered": {"claimed_at": facts.claimed_at, "record_not_after": None},
    }


def _segment(segment: Segment, verdict: Verdict) -> dict[str, Any]:
    facts = verdict.evidence[segment.source]
    return {
        "questioned": _span(segment.questioned),
        "evidence": _span(segment.evidence),
        "evidence_id": facts.id,
        "stored_evidence": None if segment.stored_evidence is None else _span(segment.stored_evidence),
        "basis": segment.basis,
        "similarity": rounded(segment.similarity),
        "speed": rounded(segment.speed),
        "mirrored": segment.mirrored,
        "rotation": segment.rotation,
        "region": [rounded(part) for part in segment.region],
        "place": [rounded(part) for part in segment.place],
        "distinctive": segment.distinctive,
        "measured_by": facts.measured_by,
        "committed_not_after": None,
        "limit": None if segment.limit is None else _limit(segment.limit),
        "alterations": [_alteration(one) for one in segment.alterations],
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "region": rounded(limit.region),
        "seconds": rounded(limit.seconds),
        "contrast": limit.contrast,
        "channels": limit.channels,
    }


def _whole_limit(comparison: Comparison) -> dict[str, Any] | None:
    if comparison.limit is None:
        return None
    return {**_limit(comparison.limit), "calibration": comparison.calibration}


def _alteration(one: Alteration) -> dict[str, Any]:
    return {
        "questioned": None if one.questioned is None else _span(one.questioned),
        "region": None if one.region is None else [rounded(part) for part in one.region],
        "kind": one.kind,
        **({} if one.what is None else {"what": one.what}),
    }


def _span(span: Span) -> list[float]:
    return [rounded(span.start), rounded(span.end)]
