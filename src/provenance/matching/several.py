"""The decision over all candidates: the best pair, or a composite of several. Pairs are compared before, one by one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import (
    AXES_OF_KIND,
    Alteration,
    Axis,
    Basis,
    Comparison,
    Note,
    Relation,
    Segment,
    SoundComparison,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Relations in the order of formats section 6; equal rank: stronger basis, longer coverage, earlier log index.
RANKS: Final[tuple[Relation, ...]] = (
    "identical",
    "same-streams",
    "same-pictures",
    "rendition",
    "still",
    "excerpt",
    "derivative",
    "composite",
    "undetermined",
    "no-match",
)
BASES: Final[tuple[Basis, ...]] = ("bytes", "packets", "pictures", "visual", "sound", "none")

#: A segment of a further recording joins a composite if at least this part of it is not matched by a better one.
NEW_PART: Final = Fraction(1, 2)


def decide(pairs: Mapping[str, Comparison]) -> Comparison | None:
    """The answer over ``pairs`` (source → comparison, sources in log order); None if none of them matches."""
    matches = {source: pair for source, pair in pairs.items() if pair.relation not in {"no-match", "undetermined"}}
    if not matches:
        return None
    ranked = sorted(matches, key=lambda source: _rank(matches[source]))  # stable: earlier log index first
    best = ranked[0]
    answer = matches[best]
    used = {best}
    # A whole recording with something put in stays one, and the other recording is named in ``others``. Where parts of
    # it also had to make room, the file is put together from several.
    if answer.unmatched and (answer.relation != "derivative" or answer.missing):
        answer, used = _composite(matches, ranked)
    others = tuple(
        (source, pair.relation, pair.basis, pair.coverage_questioned)
        for source, pair in matches.items()
        if source not in used
    )
    return replace(answer, others=others)


def _rank(pair: Comparison) -> tuple[bool, int, int, Fraction]:
    """Sound alone never outranks pictures."""
    return pair.basis == "sound", RANKS.index(pair.relation), BASES.index(pair.basis), -pair.coverage_questioned


def _composite(matches: Mapping[str, Comparison], ranked: Sequence[str]) -> tuple[Comparison, set[str]]:
    """Segments of the best pair, then of every next one where they explain what is still unmatched."""
    first = matches[ranked[0]]
    segments = list(first.segments)
    unmatched = list(first.unmatched)
    used = {ranked[0]}
    for source in ranked[1:]:
        if matches[source].basis == "sound" != first.basis:  # pictures decide; sound alone explains none of them
            continue
        for segment in matches[source].segments:
            free = [part for span in unmatched if (part := _overlap(span, segment.questioned)) is not None]
            new = sum((part.length for part in free), Fraction(0))
            if not new or new < segment.questioned.length * NEW_PART:
                continue
            segments.extend(_trimmed(segment, part) for part in free)
            unmatched = [rest for span in unmatched for rest in without(span, segment.questioned)]
            used.add(source)
    if len(used) == 1:
        return first, used
    segments.sort(key=lambda one: (one.questioned.start, one.source))
    return _merged({source: matches[source] for source in matches if source in used}, segments, unmatched), used


def _merged(pairs: Mapping[str, Comparison], segments: Sequence[Segment], unmatched: list[Span]) -> Comparison:
    pieces = tuple(replace(one, alterations=tuple(filter(_is_of_a_piece, one.alterations))) for one in segments)
    longest = max(pairs, key=lambda source: sum(one.questioned.length for one in pieces if one.source == source))
    main = pairs[longest]
    total = sum((pair.coverage_questioned for pair in pairs.values()), Fraction(0))
    alterations = tuple(dict.fromkeys(alteration for piece in pieces for alteration in piece.alterations))
    return Comparison(
        "composite",
        max((pair.basis for pair in pairs.values()), key=BASES.index),
        longest,
        pieces,
        alterations,
        tuple(unmatched),
        main.missing,
        min(total, Fraction(1)),
        main.coverage_evidence,
        _axes(pairs.values(), alterations),
        _sound(pairs, pieces),
        _notes(pairs.values(), alterations),
    )


def _is_of_a_piece(alteration: Alteration) -> bool:
    """Whether an alteration is one of a piece, and not of how the pieces follow each other: segments tell that."""
    span = alteration.questioned
    return alteration.kind != "inserted" and not (alteration.kind == "removed" and span is not None and not span.length)


def _axes(pairs: Iterable[Comparison], alterations: Sequence[Alteration]) -> dict[str, Axis]:
    """Of each axis the gravest state among the recordings used; found only what is still told."""
    order: tuple[Axis, ...] = ("not-examined", "none-found", "cannot-tell", "found")
    found = {axis for alteration in alterations for axis in AXES_OF_KIND[alteration.kind]}
    axes: dict[str, Axis] = {}
    for pair in pairs:
        for axis, state in pair.altered.items():
            told: Axis = "none-found" if state == "found" and axis not in found else state
            axes[axis] = max(axes.get(axis, told), told, key=order.index)
    return axes


def _sound(pairs: Mapping[str, Comparison], segments: Sequence[Segment]) -> SoundComparison:
    """One relation for the sound of all pieces: an excerpt where every piece has its own sound."""
    relations = {pair.sound.relation for pair in pairs.values()}
    pieces = tuple(
        sorted(
            (one for pair in pairs.values() for one in pair.sound.segments),
            key=lambda one: (one.questioned.start, one.source),
        )
    )
    if relations <= {"identical", "same", "excerpt"}:
        return SoundComparison("excerpt", segments=pieces)
    if relations & {"identical", "same", "excerpt"} and segments:
        return SoundComparison("partly-replaced", segments=pieces)
    return next(iter(pairs.values())).sound


def _notes(pairs: Iterable[Comparison], alterations: Sequence[Alteration]) -> tuple[Note, ...]:
    timing = any("timing" in AXES_OF_KIND[alteration.kind] for alteration in alterations)
    notes = dict.fromkeys(note for pair in pairs for note in pair.notes)
    return tuple(note for note in notes if timing or note.code != "timing.differs")


def _overlap(one: Span, other: Span) -> Span | None:
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Span(start, end) if start < end else None


def without(span: Span, taken: Span) -> list[Span]:
    """The parts of ``span`` before and after ``taken``."""
    parts = (Span(span.start, min(span.end, taken.start)), Span(max(span.start, taken.end), span.end))
    return [part for part in parts if part.start < part.end]


def _trimmed(segment: Segment, part: Span) -> Segment:
    """The part of a segment that lies in ``part`` of the questioned time line."""
    if part == segment.questioned:
        return segment
    start = segment.evidence.start + (part.start - segment.questioned.start) * segment.speed
    evidence = Span(start, start + part.length * segment.speed)
    inside = tuple(
        one
        for one in segment.alterations
        if one.questioned is None or (one.questioned.start < part.end and one.questioned.end >= part.start)
    )
    return replace(segment, questioned=part, evidence=evidence, alterations=inside, stored_evidence=None)
