"""Compares a verdict with what the truth table accepts, and says what is wrong in words."""

from __future__ import annotations

from fractions import Fraction

from case import Case, Piece
from truth import Expectation


def grade(wanted: Expectation, case: Case, status: int, verdict: dict, ids: dict[str, str]) -> list[str]:
    """What is wrong with an answer, in words; empty if nothing is. ``ids``: evidence id of "evidence" and "partner"."""
    first = _misses(wanted, case, status, verdict, ids)
    if not first or any(not _misses(other, case, status, verdict, ids) for other in wanted.otherwise):
        return []
    return first


def _misses(wanted: Expectation, case: Case, status: int, verdict: dict, ids: dict[str, str]) -> list[str]:
    misses = [
        f"{name} {seen!r}, expected {_words(accepted)}"
        for name, seen, accepted in (
            ("relation", verdict["relation"], wanted.relation),
            ("basis", verdict["basis"], wanted.basis),
            ("status", status, wanted.status),
            ("sound", verdict["audio"]["relation"], wanted.sound),
        )
        if accepted is not None and seen not in accepted
    ]
    kinds = {alteration["kind"] for segment in verdict["segments"] for alteration in segment["alterations"]}
    misses += [f"no alteration {kind}" for kind in sorted(wanted.kinds) if not kinds & set(kind.split("|"))]
    allowed = wanted.tolerated.union(*(kind.split("|") for kind in wanted.kinds))
    misses += [f"unexpected alteration {kind}" for kind in sorted(kinds - allowed)]
    misses += [m for piece in wanted.pieces if (m := _missing_piece(piece, case, verdict, ids))]
    misses += [f"foreign {_range(one)} not told" for one in wanted.foreign if not _told_foreign(one, case, verdict)]
    return misses + _details(wanted, case, verdict)


def _details(wanted: Expectation, case: Case, verdict: dict) -> list[str]:
    misses = []
    if wanted.altered_at is not None:
        ranges = [a["questioned"] for segment in verdict["segments"] for a in segment["alterations"] if a["questioned"]]
        near = case.tolerance + wanted.slack
        places = {wanted.altered_at, wanted.altered_at + case.leads[0]}  # the file may begin before its pictures
        if not any(a - near <= place <= b + near for a, b in _exact(ranges) for place in places):
            misses.append(f"nothing altered at {float(wanted.altered_at):.2f}")
    speeds = [segment["speed"] for segment in verdict["segments"]]
    if wanted.speed is not None and not any(abs(speed - wanted.speed) < 0.02 for speed in speeds):
        misses.append(f"speed {speeds}, expected {float(wanted.speed)}")
    if wanted.shift is not None and abs(verdict["audio"]["shift"] - wanted.shift) > 0.05:
        misses.append(f"shift {verdict['audio']['shift']}, expected {float(wanted.shift)}")
    codes = {finding["code"] for finding in verdict["findings"]}
    if wanted.finding is not None and wanted.finding not in codes:
        misses.append(f"no finding {wanted.finding}")
    return misses


def _exact(ranges: list[list[float]]) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(start), Fraction(end)) for start, end in ranges]


#: A verdict rounds seconds to 6 decimals.
ROUNDED = Fraction(1, 10**6)


def _missing_piece(piece: Piece, case: Case, verdict: dict, ids: dict[str, str]) -> str | None:
    made_lead, source_lead = case.leads
    for segment in verdict["segments"]:
        if segment["evidence_id"] != ids[piece.source]:
            continue
        lead = source_lead if piece.source == "evidence" else Fraction(0)
        there = _close(segment["questioned"], piece.questioned, made_lead, case.tolerance, held=piece.held)
        if there and _close(segment["evidence"], piece.evidence, lead, case.tolerance):
            return None
    seen = [(segment["questioned"], segment["evidence"]) for segment in verdict["segments"]]
    return f"no segment {_range(piece.questioned)} = {piece.source} {_range(piece.evidence)} among {seen}"


def _close(
    seen: list[float],
    wanted: tuple[Fraction, Fraction],
    lead: Fraction,
    tolerance: Fraction,
    *,
    held: Fraction = Fraction(0),
) -> bool:
    """Whether both ends agree, counted from the first shown picture or from the earliest unit of the file."""
    start, end = Fraction(seen[0]), Fraction(seen[1])
    tolerance += ROUNDED
    return any(
        abs(start - wanted[0] - shift) <= tolerance and -tolerance <= end - wanted[1] - shift <= held + tolerance
        for shift in {0, lead}
    )


def _told_foreign(one: tuple[Fraction, Fraction], case: Case, verdict: dict) -> bool:
    return any(_close(seen, one, case.leads[0], case.tolerance) for seen in verdict["unmatched"])


def _range(pair: tuple[Fraction, Fraction]) -> str:
    return f"[{float(pair[0]):.2f}-{float(pair[1]):.2f}]"


def _words(accepted: frozenset) -> str:
    return " or ".join(str(one) for one in sorted(accepted, key=str))
