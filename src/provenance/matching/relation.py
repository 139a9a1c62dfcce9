"""The first relation that holds for one pair (formats section 6), decided on what is presented."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
)
from provenance.matching.course import HOLE_PART, HOLE_SECONDS
from provenance.matching.sound import SoundFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.matching.changes import Changes
    from provenance.matching.course import Course
    from provenance.matching.shown import Turn
    from provenance.matching.strand import Strand

NO_AXES: Final[dict[str, Axis]] = {
    "picture": "not-examined",
    "sound": "not-examined",
    "timing": "not-examined",
    "presentation": "not-examined",
}


@dataclass(slots=True)
class Found:
    """What is known of a pair when the ladder has been climbed; ``general``: alterations that hold throughout."""

    source: str
    strand: Strand
    course: Course
    changes: Changes
    basis: Basis
    segments: tuple[Segment, ...] = ()
    general: list[Alteration] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    sound: SoundFound = field(default_factory=lambda: SoundFound(SoundComparison()))
    cannot_tell: set[str] = field(default_factory=set)
    has_sound: bool = True
    by_sound_alone: bool = False


def nothing_found(*notes: Note) -> Comparison:
    """The comparison of a pair that shares nothing that discriminates."""
    return Comparison("no-match", "none", altered=dict(NO_AXES), notes=notes)


def segments_of(found: Found, *, turned: Turn) -> tuple[Segment, ...]:
    """One segment for each stretch: what both files show of it, and what the questioned file stores beyond that."""
    strand, segments = found.strand, []
    line, other = strand.questioned, strand.evidence
    for stretch, alterations in zip(found.course.stretches, found.changes.of_stretch, strict=True):
        units = [unit for run in stretch.runs for unit in range(run.questioned, run.questioned_end)]
        shown = [unit for unit in units if line.shown[unit]] or units
        hides = len(shown) < len(units)
        # Both spans are of what both files show, so that one maps onto the other; what one of them only stores is told
        # as stored or revealed.
        both = [unit for unit in shown if other.shown[strand.partner[unit]]] or shown
        places = [strand.partner[unit] for unit in both]
        for _, gap in stretch.gaps:
            both.extend(gap.questioned)
            places.extend(gap.evidence)
        evidence, stored = other.hull(places), other.hull([strand.partner[unit] for unit in units])
        segments.append(
            Segment(
                line.hull(both),
                evidence,
                found.source,
                found.basis,
                strand.distinctive(stretch.runs),
                stored_evidence=stored if hides and stored != evidence else None,
                speed=stretch.rhythm.speed,
                mirrored=turned.mirrored,
                rotation=turned.rotation,
                alterations=tuple(alterations),
            )
        )
    return tuple(segments)


def own_sound(found: Found) -> SoundComparison:
    """The audio relation where the sound itself is what was matched."""
    if not found.course.is_whole or found.changes.missing or found.changes.unmatched:
        return SoundComparison("excerpt", segments=found.segments)
    return SoundComparison("identical" if found.strand.questioned.level == "packets" else "same")


def decide_pair(found: Found) -> Comparison:
    """The first relation that holds, and everything that was found on the way."""
    strand, changes = found.strand, found.changes
    line, other = strand.questioned, strand.evidence
    alterations = [alteration for segment in found.segments for alteration in segment.alterations]
    alterations.extend(found.general)
    relation = _relation(found, altered=bool(alterations))
    matched = line.length(line.order) - line.length(changes.unmatched)
    if found.course.partial is not None:
        matched -= line.length([found.course.partial])
    covered = {other for unit, other in enumerate(strand.partner) if other >= 0 and line.shown[unit]}
    whole = other.length(other.order)
    return Comparison(
        relation,
        found.basis,
        found.source,
        _with_general(found.segments, found.general),
        tuple(alterations),
        line.spans(changes.unmatched),
        other.spans(changes.missing),
        _part(matched, line.length(line.order)),
        _part(other.length(covered), whole),
        _axes(found, alterations),
        found.sound.comparison,
        (_match_note(found), *_difference_notes(alterations), *found.notes, *_reveals(found), *_shared_note(found)),
    )


def _with_general(segments: Sequence[Segment], general: Sequence[Alteration]) -> tuple[Segment, ...]:
    """Alterations that hold throughout are told with every segment; those with a place, with the segment there."""
    placed = []
    for number, segment in enumerate(segments):
        following = segments[number + 1].questioned.start if number + 1 < len(segments) else None
        start = None if number == 0 else segment.questioned.start
        mine = [one for one in general if one.questioned is None or _is_between(one.questioned.start, start, following)]
        placed.append(replace(segment, alterations=(*segment.alterations, *mine)))
    return tuple(placed)


def _is_between(moment: Fraction, start: Fraction | None, end: Fraction | None) -> bool:
    return (start is None or moment >= start) and (end is None or moment < end)


def _relation(found: Found, *, altered: bool) -> Relation:
    course, changes = found.course, found.changes
    if course.is_whole:
        return _relation_of_whole(found, altered=altered or bool(changes.unmatched or changes.missing))
    if not course.in_order or course.foreign_ends or changes.foreign:
        return "composite"
    hull = sum((segment.evidence.length for segment in found.segments), Fraction(0)) + sum(changes.holes)
    if any(hole > HOLE_SECONDS or hole > hull * HOLE_PART for hole in changes.holes):
        return "composite"
    return "excerpt"


def _relation_of_whole(found: Found, *, altered: bool) -> Relation:
    """The recording from its first to its last unit."""
    if found.by_sound_alone:
        return "excerpt"
    sound = found.sound.comparison.relation
    if altered or (found.has_sound and sound not in {"identical", "same"}):
        return "derivative"
    if found.basis == "packets" and (sound == "identical" or not found.has_sound):
        return "same-streams"
    return "same-pictures"


def _axes(found: Found, alterations: Sequence[Alteration]) -> dict[str, Axis]:
    axes: dict[str, Axis] = dict.fromkeys(NO_AXES, "none-found")
    relation = found.sound.comparison.relation
    if relation in {"absent", "not-checked"}:
        axes["sound"] = "not-examined"
    if found.strand.questioned.track.kind == "sound":
        axes["picture"] = axes["presentation"] = "cannot-tell" if found.by_sound_alone else "not-examined"
    for alteration in alterations:
        for axis in AXES_OF_KIND[alteration.kind]:
            axes[axis] = "found"
    if relation == "different" or found.sound.by_print_alone:
        axes["sound"] = "none-found" if found.sound.throughout else "cannot-tell"
    for axis in found.cannot_tell:
        axes[axis] = "cannot-tell"
    return axes


def _part(seconds: Fraction, of: Fraction) -> Fraction:
    return min(max(seconds / of, Fraction(0)), Fraction(1)) if of else Fraction(0)


def _match_note(found: Found) -> Note:
    line = found.strand.questioned
    matched = sum(1 for unit, other in enumerate(found.strand.partner) if other >= 0 and line.shown[unit])
    code = {"packets": "hardBinding.packets", "pictures": "hardBinding.pictures", "blocks": "hardBinding.sound"}
    return Note(code[line.level], "success", f"{matched} of {len(line.order)} shown units")


def _reveals(found: Found) -> list[Note]:
    strand = found.strand
    revealed = sum(
        1
        for unit, other in enumerate(strand.partner)
        if other >= 0 and strand.questioned.shown[unit] and not strand.evidence.shown[other]
    )
    if not revealed:
        return []
    return [Note("presentation.revealed", "informational", f"{revealed} units that the recording does not show")]


def _difference_notes(alterations: Sequence[Alteration]) -> list[Note]:
    """One note for each sort of difference that no other note names."""
    kinds = {alteration.kind for alteration in alterations}
    sorts = (
        ("picture.damaged", {"damage"}),
        ("picture.differs", {"picture"}),
        ("timing.differs", {"removed", "inserted", "frozen", "speed"}),
        ("presentation.hidden", {"hidden"}),
        ("presentation.differs", {"captions"}),
    )
    return [Note(code, "failure", ", ".join(sorted(kinds & named))) for code, named in sorts if kinds & named]


def _shared_note(found: Found) -> list[Note]:
    if not found.strand.shared or not found.changes.unmatched:
        return []
    return [Note("evidence.sharedMaterial", "informational", "also outside the matched parts")]
