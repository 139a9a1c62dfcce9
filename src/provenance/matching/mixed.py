"""Exact segments, and beside them what appearance says of the parts that share no unit (ADR 0053).

A smart cut codes only the pictures before its first key picture again; an edit copies one piece and codes another. What
is exact stays as it was found; what looks like a recording stands beside it with its own basis, and the whole is then
said on the weaker one.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provenance.comparison import AXES_OF_KIND, Alteration, Axis, Comparison, Relation, Segment, SoundComparison, Span
from provenance.matching.several import without

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.comparison import SoundRelation

#: Seconds from which on a part that shares no unit is asked about by its looks: what codes of every picture tell
#: (docs/adr/0064-every-picture.md).
LEAST_PART: Final = Fraction(7, 10)
#: Seconds by which segments of the same recording may lie apart and follow each other: alignment by looks is not surer.
_SLACK: Final = Fraction(1, 4)
#: Seconds of a window of the sound print: at the seam between two segments it hears both.
_WINDOW: Final = Fraction(1, 4)
_KEPT: Final[frozenset[SoundRelation]] = frozenset({"identical", "same", "excerpt"})
_STATES: Final[tuple[Axis, ...]] = ("not-examined", "none-found", "cannot-tell", "found")


def open_parts(comparison: Comparison) -> tuple[Span, ...]:
    """Parts of the questioned file that an exact comparison leaves to be asked about by their looks."""
    if comparison.basis not in {"packets", "pictures"} or comparison.relation == "still":
        return ()
    return tuple(span for span in comparison.unmatched if span.length >= LEAST_PART)


def completed(exact: Comparison, looks: Comparison, wholes: Mapping[str, Span]) -> Comparison:
    """``exact`` with the segments of ``looks``, which lie in its open parts. ``wholes``: source → all that it shows."""
    looks = _without_seams(looks)
    segments = tuple(sorted((*exact.segments, *looks.segments), key=lambda one: one.questioned.start))
    source = _longest(segments)
    own = sorted((one.evidence for one in segments if one.source == source), key=lambda one: one.start)
    missing = _missing(exact, own, source)
    unmatched = _left(exact.unmatched, looks.segments)
    relation = _relation(exact.relation, segments, (*unmatched, *missing), wholes[source])
    alterations = tuple(dict.fromkeys((*exact.alterations, *looks.alterations)))
    if not unmatched and not missing:  # what stood for the parts that are explained now
        alterations = tuple(one for one in alterations if not _is_seam(one))
        segments = tuple(
            replace(one, alterations=tuple(each for each in one.alterations if not _is_seam(each))) for one in segments
        )
    if relation == "rendition" and alterations:
        relation = "derivative"
    used = {one.source for one in segments}
    explained = sum((one.questioned.length for one in looks.segments), Fraction(0))
    open_seconds = sum((one.length for one in exact.unmatched), Fraction(0))
    return replace(
        exact,
        relation=relation,
        basis="visual",
        source=source,
        segments=segments,
        alterations=alterations,
        unmatched=unmatched,
        missing=missing,
        coverage_questioned=min(
            exact.coverage_questioned + (1 - exact.coverage_questioned) * explained / open_seconds, Fraction(1)
        ),
        coverage_evidence=min(sum((one.length for one in own), Fraction(0)) / wholes[source].length, Fraction(1)),
        altered=_axes(exact, looks, alterations),
        sound=_sound(exact.sound, looks.sound),
        notes=tuple(dict.fromkeys((*exact.notes, *looks.notes))),
        others=tuple(dict.fromkeys(one for one in (*exact.others, *looks.others) if one[0] not in used)),
        limit=looks.limit,
        calibration=looks.calibration,
    )


def _without_seams(looks: Comparison) -> Comparison:
    """``looks`` without other sound that is no longer than a window of the print, and as near to the end of a segment.

    Containers join sound a few units off there, and the exact ladder leaves such seams out as well.
    """
    edges = [edge for one in looks.segments for edge in (one.questioned.start, one.questioned.end)]

    def is_seam(one: Alteration) -> bool:
        span = one.questioned
        if one.kind != "sound" or span is None or span.length > _WINDOW:
            return False
        return any(span.start - _WINDOW <= edge <= span.end + _WINDOW for edge in edges)

    kept = tuple(one for one in looks.alterations if not is_seam(one))
    if len(kept) == len(looks.alterations):
        return looks
    segments = tuple(
        replace(one, alterations=tuple(each for each in one.alterations if not is_seam(each))) for one in looks.segments
    )
    heard = any(one.kind == "sound" for one in kept)
    altered: dict[str, Axis] = looks.altered if heard else {**looks.altered, "sound": "cannot-tell"}
    sound = looks.sound if heard else replace(looks.sound, relation="excerpt")
    notes = tuple(one for one in looks.notes if heard or one.code != "sound.differs")
    return replace(looks, segments=segments, alterations=kept, altered=altered, sound=sound, notes=notes)


def _longest(segments: Sequence[Segment]) -> str:
    lengths: dict[str, Fraction] = {}
    for one in segments:
        lengths[one.source] = lengths.get(one.source, Fraction(0)) + one.questioned.length
    return max(lengths, key=lengths.__getitem__)


def _missing(exact: Comparison, own: Sequence[Span], source: str) -> tuple[Span, ...]:
    """What is left out of ``source`` between its segments, in order of time; what exact units say is not softened."""
    told = list(exact.missing) if source == exact.source else []
    for span in own:
        told = [rest for one in told for rest in without(one, span)]
    reached = own[0].end
    for span in own[1:]:
        if span.start - reached > _SLACK and not any(one.start < span.start and one.end > reached for one in told):
            told.append(Span(reached, span.start))
        reached = max(reached, span.end)
    return tuple(sorted(told, key=lambda one: one.start))


def _left(unmatched: Sequence[Span], found: Sequence[Segment]) -> tuple[Span, ...]:
    """What is still unmatched; of a part that was explained, edges within the slack are not told."""
    left: list[Span] = []
    for span in unmatched:
        mine = [one.questioned for one in found if one.questioned.start < span.end and one.questioned.end > span.start]
        rest = [span]
        for taken in mine:
            rest = [part for one in rest for part in without(one, taken)]
        left.extend(part for part in rest if not mine or part.length > _SLACK)
    return tuple(left)


def _relation(before: Relation, segments: Sequence[Segment], left: Sequence[Span], whole: Span) -> Relation:
    """The first relation that holds, now that more is known (formats section 6)."""
    in_order = all(one.evidence.end <= other.evidence.start + _SLACK for one, other in pairwise(segments))
    if left or not in_order or len({one.source for one in segments}) > 1:
        return "derivative" if before == "derivative" else "composite"
    reaches = segments[0].evidence.start <= whole.start + _SLACK and segments[-1].evidence.end >= whole.end - _SLACK
    return "rendition" if reaches else "excerpt"


def _is_seam(alteration: Alteration) -> bool:
    """Whether it says how pieces follow each other: something stood between them, or was cut out there."""
    span = alteration.questioned
    return alteration.kind == "inserted" or (alteration.kind == "removed" and span is not None and not span.length)


def _axes(exact: Comparison, looks: Comparison, alterations: Sequence[Alteration]) -> dict[str, Axis]:
    """Of each axis the graver state; found only what is still told, or what looks found of geometry."""
    found = {axis for alteration in alterations for axis in AXES_OF_KIND[alteration.kind]}
    axes: dict[str, Axis] = {}
    for axis, state in exact.altered.items():
        kept: Axis = "none-found" if state == "found" and axis not in found else state
        axes[axis] = max(kept, looks.altered.get(axis, kept), key=_STATES.index)
    return {axis: "found" if axis in found else state for axis, state in axes.items()}


def _sound(exact: SoundComparison, looks: SoundComparison) -> SoundComparison:
    """One relation for the sound beside all segments."""
    segments = tuple(sorted((*exact.segments, *looks.segments), key=lambda one: one.questioned.start))
    if looks.relation in {exact.relation, "not-checked"}:
        return replace(exact, segments=segments)
    if {exact.relation, looks.relation} <= _KEPT:
        return replace(exact, relation="excerpt", segments=segments)
    if exact.relation in _KEPT or looks.relation in {*_KEPT, "partly-replaced"}:
        return replace(exact, relation="partly-replaced", segments=segments)
    return replace(exact, segments=segments)
