"""One questioned file against one evidence: the exact ladder, and the first relation that holds (formats section 6).

Packets (with configuration and presentation), then pictures, then sound where either file has no picture. What other
evidence is held never enters.
"""

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
    Span,
)
from provenance.matching.changes import Changes, changes_of
from provenance.matching.configuration import configuration_differs
from provenance.matching.course import Course, follow
from provenance.matching.line import block_line, file_start, packet_line, picture_line
from provenance.matching.shown import Turn, shown_differences, turn
from provenance.matching.sound import SoundFound, SoundPair, compare_sound
from provenance.matching.still import compare_still, is_still
from provenance.matching.strand import DISTINCT_SOUND, Anchor, Strand, lay
from provenance.matching.subtitles import caption_track_differences
from provenance.matching.tracks import Pairing, pair_tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.evidence import Measurement, Track
    from provenance.matching.line import Line

#: An excerpt may lack this much inside and stay one excerpt (docs/adr/0006-holes.md): seconds, and part of its length.
HOLE_SECONDS: Final = Fraction(2)
HOLE_PART: Final = Fraction(1, 4)

#: Sound found elsewhere that is offered as a place for neutral pictures: the longest ones.
ANCHORS: Final = 64

NO_AXES: Final[dict[str, Axis]] = {
    "picture": "not-examined",
    "sound": "not-examined",
    "timing": "not-examined",
    "presentation": "not-examined",
}


@dataclass(slots=True)
class _Found:
    """What is known of a pair while the ladder is climbed."""

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
    equal_sound_needed: bool = True


def compare_pair(questioned: Measurement, evidence: Measurement, source: str) -> Comparison:
    """How ``questioned`` relates to one evidence; ``source`` is the caller's key of it."""
    videos = pair_tracks(questioned.of_kind("video"), evidence.of_kind("video"))
    sounds = pair_tracks(questioned.of_kind("sound"), evidence.of_kind("sound"))
    if videos.pairs:
        return _by_picture(questioned, evidence, source, videos=videos, sounds=sounds)
    if sounds.pairs:
        return _by_sound(questioned, evidence, source, videos=videos, sounds=sounds)
    return nothing_found()


def nothing_found(*notes: Note) -> Comparison:
    """The comparison of a pair that shares nothing that discriminates."""
    return Comparison("no-match", "none", altered=dict(NO_AXES), notes=notes)


def _by_picture(
    questioned: Measurement, evidence: Measurement, source: str, *, videos: Pairing, sounds: Pairing
) -> Comparison:
    zeros = (file_start(questioned), file_start(evidence))
    one, other = _main(videos)
    if is_still(questioned, one) and not is_still(evidence, other):
        return compare_still(one, other, zeros, source=source) or nothing_found()
    level = _best_level(one, other, zeros, sounds=sounds)
    if not isinstance(level, Strand):
        return nothing_found(*level)
    found = _found(level, source, "packets" if level.questioned.level == "packets" else "pictures")
    alterations, notes = shown_differences(
        one, other, container=questioned.container, whole=found.course.is_whole
    )
    found.general.extend(alterations)
    found.notes.extend(notes)
    found = _with_configuration(found, zeros, explained=bool(alterations))
    turned = turn(one.presentation, other.presentation)
    found.segments = _segments(found, turned=turned)
    found.general.extend(caption_track_differences(questioned, evidence, whole=found.course.is_whole))
    _compare_tracks(found, videos, sounds, zeros=zeros)
    found.notes.extend(_reveals(found))
    return _decide(found)


def _main(videos: Pairing) -> tuple[Track, Track]:
    """The pair that a player shows: that of the default track, else the first."""
    return next((pair for pair in videos.pairs if pair[0].presentation.default), videos.pairs[0])


def _best_level(
    one: Track, other: Track, zeros: tuple[Fraction, Fraction], *, sounds: Pairing
) -> Strand | tuple[Note, ...]:
    """The level that explains most of the questioned pictures; packets where both explain as much."""
    anchors = _anchors(sounds, zeros)
    strands: list[Strand] = []
    shared = False
    for make in (packet_line, picture_line):
        questioned, evidence = make(one, zeros[0]), make(other, zeros[1])
        if questioned is None or evidence is None:
            continue
        strand = lay(questioned, evidence, anchors=anchors)
        shared = shared or strand.shared
        if strand.runs:
            strands.append(strand)
            if strand.matched_seconds == questioned.length(questioned.order):
                break
    if strands:
        return max(strands, key=lambda strand: strand.matched_seconds)
    if not shared:
        return ()
    return (Note("evidence.sharedMaterial", "informational", "coded units or pictures that do not discriminate"),)


def _anchors(sounds: Pairing, zeros: tuple[Fraction, Fraction]) -> tuple[Anchor, ...]:
    """Where sound that discriminates is found, so that neutral pictures (a covered lens) can lie beside it."""
    if not sounds.pairs:
        return ()
    one, other = packet_line(sounds.pairs[0][0], zeros[0]), packet_line(sounds.pairs[0][1], zeros[1])
    if one is None or other is None:
        return ()
    strand = lay(one, other)
    spans = [
        Anchor(
            one.hull(range(run.questioned, run.questioned_end)),
            other.seconds(other.starts[run.evidence]) - one.seconds(one.starts[run.questioned]),
        )
        for run in strand.runs
    ]
    long = [anchor for anchor in spans if anchor.questioned.length >= DISTINCT_SOUND]
    return tuple(sorted(long, key=lambda anchor: (-anchor.questioned.length, anchor.questioned.start))[:ANCHORS])


def _found(strand: Strand, source: str, basis: Basis) -> _Found:
    course = follow(strand)
    changes = changes_of(course)
    return _Found(source, strand, course, changes, basis, notes=list(changes.notes))


def _with_configuration(found: _Found, zeros: tuple[Fraction, Fraction], *, explained: bool) -> _Found:
    """Same coded units under other parameter sets: explained by the presentation, or the pictures have to say it."""
    strand = found.strand
    if found.basis != "packets" or not configuration_differs(strand):
        return found
    found.notes.append(Note("configuration.differs", "informational", "other parameter sets for the same coded units"))
    if explained:
        return found
    one, other = picture_line(strand.questioned.track, zeros[0]), picture_line(strand.evidence.track, zeros[1])
    if one is None or other is None:
        found.general.append(Alteration("picture", what="decoded with other parameters; pictures were not compared"))
        found.cannot_tell.add("picture")
        return found
    pictures = lay(one, other)
    if pictures.runs and pictures.matched_seconds >= strand.matched_seconds:
        return replace(_found(pictures, found.source, "pictures"), notes=found.notes)
    found.general.append(Alteration("picture", what="decoded with other parameters"))
    found.notes.append(Note("picture.differs", "failure", "the same coded units decode to other pictures"))
    return found


def _segments(found: _Found, *, turned: Turn) -> tuple[Segment, ...]:
    strand, segments = found.strand, []
    line, other = strand.questioned, strand.evidence
    for stretch, alterations in zip(found.course.stretches, found.changes.of_stretch, strict=True):
        units = [unit for run in stretch.runs for unit in range(run.questioned, run.questioned_end)]
        shown = [unit for unit in units if line.shown[unit]] or units
        pairs = [strand.partner[unit] for unit in shown]
        stored = other.hull([strand.partner[unit] for unit in units])
        places = [place for place in pairs if other.shown[place]] or pairs
        for _, gap in stretch.gaps:
            shown.extend(gap.questioned)
            places.extend(gap.evidence)
        evidence = other.hull(places)
        segments.append(
            Segment(
                line.hull(shown),
                evidence,
                found.source,
                found.basis,
                strand.distinctive(stretch.runs),
                stored_evidence=stored if len(shown) < len(units) and stored != evidence else None,
                speed=stretch.rhythm.speed,
                mirrored=turned.mirrored,
                rotation=turned.rotation,
                alterations=tuple(alterations),
            )
        )
    return tuple(segments)


def _compare_tracks(
    found: _Found, videos: Pairing, sounds: Pairing, *, zeros: tuple[Fraction, Fraction]
) -> None:
    """Added and removed tracks, and the sound of every pair of sound tracks; the first one is the verdict's."""
    changed = [(track, "added") for track in (*videos.added, *sounds.added)]
    changed += [(track, "removed") for track in (*videos.removed, *sounds.removed)]
    for track, how in changed:
        name = "picture" if track.kind == "video" else "sound"
        found.general.append(Alteration("track", what=f"{name} track {track.index} {how}"))
    if changed:
        words = ", ".join(f"{track.kind} track {track.index} {how}" for track, how in changed)
        found.notes.append(Note("tracks.differ", "failure", words))
    whole = found.course.is_whole
    others = [
        compare_sound(SoundPair(one, other, zeros, found.segments, whole)) for one, other in sounds.pairs
    ]
    if others:
        found.sound = others[0]
        for sound in others:
            found.general.extend(sound.alterations)
            found.notes.extend(sound.notes)
    elif sounds.removed:
        found.sound = SoundFound(SoundComparison("absent"))
    elif sounds.added:
        found.sound = SoundFound(SoundComparison("different"))
    else:
        found.equal_sound_needed = False
    for one, other in videos.pairs:
        if one is not found.strand.questioned.track and not _is_within(one, other, zeros):
            found.general.append(Alteration("track", what=f"picture track {one.index} differs"))


def _is_within(one: Track, other: Track, zeros: tuple[Fraction, Fraction]) -> bool:
    """Whether every shown unit of a further picture track is in its partner."""
    makes: Sequence[Callable[[Track, Fraction], Line | None]] = (packet_line, picture_line)
    for make in makes:
        line, evidence = make(one, zeros[0]), make(other, zeros[1])
        if line is not None and evidence is not None:
            held = set(evidence.digests)
            if all(line.digests[unit] in held for unit in line.order):
                return True
    return False


def _reveals(found: _Found) -> list[Note]:
    strand = found.strand
    revealed = sum(
        1
        for unit, other in enumerate(strand.partner)
        if other >= 0 and strand.questioned.shown[unit] and not strand.evidence.shown[other]
    )
    if not revealed:
        return []
    return [Note("presentation.revealed", "informational", f"{revealed} units that the recording does not show")]


def _by_sound(
    questioned: Measurement, evidence: Measurement, source: str, *, videos: Pairing, sounds: Pairing
) -> Comparison:
    """Sound decides where either file has no picture."""
    zeros = (file_start(questioned), file_start(evidence))
    one, other = sounds.pairs[0]
    makes: Sequence[Callable[[Track, Fraction], Line | None]] = (packet_line, block_line)
    strands = []
    shared = False
    for make in makes:
        line, place = make(one, zeros[0]), make(other, zeros[1])
        if line is not None and place is not None:
            strand = lay(line, place)
            shared = shared or strand.shared
            strands.extend([strand] if strand.runs else [])
    if not strands:
        note = Note("evidence.sharedMaterial", "informational", "sound that does not discriminate")
        return nothing_found(*([note] if shared else []))
    strand = max(strands, key=lambda one: one.matched_seconds)
    alone = not (videos.added or videos.removed)
    found = _found(strand, source, "packets" if alone and strand.questioned.level == "packets" else "sound")
    found.equal_sound_needed = False
    if not alone:
        found.notes.append(Note("sound.sameEvent", "informational", "one of the files has no picture"))
    found.segments = _segments(found, turned=Turn(0, mirrored=False))
    rest = Pairing(sounds.pairs[1:], sounds.added, sounds.removed)
    _compare_tracks(found, videos, rest, zeros=zeros)
    found.sound = SoundFound(_own_sound(found))
    return _decide(found)


def _own_sound(found: _Found) -> SoundComparison:
    if not found.course.is_whole or found.changes.missing or found.changes.unmatched:
        return SoundComparison("excerpt", segments=found.segments)
    return SoundComparison("identical" if found.strand.questioned.level == "packets" else "same")


def _decide(found: _Found) -> Comparison:
    """The first relation that holds, and everything that was found on the way."""
    strand, changes = found.strand, found.changes
    line, other = strand.questioned, strand.evidence
    alterations = [alteration for segment in found.segments for alteration in segment.alterations]
    alterations.extend(found.general)
    relation = _relation(found, bool(alterations))
    matched = line.length(line.order) - line.length(changes.unmatched)
    if found.course.partial is not None:
        matched -= line.length([found.course.partial])
    covered = {place for place in strand.partner if place >= 0} - _hidden_places(strand)
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
        (_match_note(found), *_difference_notes(alterations), *found.notes, *_shared_note(found)),
    )


def _hidden_places(strand: Strand) -> set[int]:
    return {
        other for unit, other in enumerate(strand.partner) if other >= 0 and not strand.questioned.shown[unit]
    }


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


def _relation(found: _Found, altered: bool) -> Relation:  # noqa: FBT001 -- read by name at its only call
    course, changes = found.course, found.changes
    if course.is_whole:
        if altered or changes.unmatched or changes.missing:
            return "derivative"
        exact_sound = found.sound.comparison.relation
        if found.basis == "packets" and (exact_sound == "identical" or not found.equal_sound_needed):
            return "same-streams"
        if exact_sound in {"identical", "same"} or not found.equal_sound_needed:
            return "same-pictures"
        return "derivative"
    if not course.in_order or course.foreign_ends or changes.foreign:
        return "composite"
    hull = sum((segment.evidence.length for segment in found.segments), Fraction(0)) + sum(changes.holes)
    if any(hole > HOLE_SECONDS or hole > hull * HOLE_PART for hole in changes.holes):
        return "composite"
    return "excerpt"


def _axes(found: _Found, alterations: Sequence[Alteration]) -> dict[str, Axis]:
    axes: dict[str, Axis] = dict.fromkeys(NO_AXES, "none-found")
    relation = found.sound.comparison.relation
    if relation in {"absent", "not-checked"}:
        axes["sound"] = "not-examined"
    if found.strand.questioned.track.kind == "sound":
        axes["picture"] = "not-examined"
    for alteration in alterations:
        for axis in AXES_OF_KIND[alteration.kind]:
            axes[axis] = "found"
    if relation == "different":
        axes["sound"] = "cannot-tell"
    for axis in found.cannot_tell:
        axes[axis] = "cannot-tell"
    return axes


def _part(seconds: Fraction, of: Fraction) -> Fraction:
    return min(max(seconds / of, Fraction(0)), Fraction(1)) if of else Fraction(0)


def _match_note(found: _Found) -> Note:
    line = found.strand.questioned
    matched = sum(1 for unit, other in enumerate(found.strand.partner) if other >= 0 and line.shown[unit])
    code = {"packets": "hardBinding.packets", "pictures": "hardBinding.pictures", "blocks": "hardBinding.sound"}
    return Note(code[line.level], "success", f"{matched} of {len(line.order)} shown units")


def _difference_notes(alterations: Sequence[Alteration]) -> list[Note]:
    """One note for each sort of difference that no other note names."""
    kinds = {alteration.kind for alteration in alterations}
    sorts = (
        ("picture.damaged", {"damage"}),
        ("picture.differs", {"picture"}),
        ("timing.differs", {"removed", "inserted", "frozen", "speed"}),
        ("presentation.hidden", {"hidden"}),
    )
    return [
        Note(code, "failure", ", ".join(sorted(kinds & named)))
        for code, named in sorts
        if kinds & named and not (code == "picture.differs" and "picture" not in kinds)
    ]


def _shared_note(found: _Found) -> list[Note]:
    if not found.strand.shared or not found.changes.unmatched:
        return []
    return [Note("evidence.sharedMaterial", "informational", "also outside the matched parts")]


