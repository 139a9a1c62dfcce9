"""One questioned file against one evidence: the exact ladder (formats sections 3 and 6).

Packets (with configuration and presentation), then pictures, then sound where the pictures say nothing. What other
evidence is held never enters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provenance.comparison import Alteration, Basis, Comparison, Note
from provenance.matching.changes import changes_of
from provenance.matching.companions import compare_companions
from provenance.matching.configuration import configuration_differs
from provenance.matching.course import follow
from provenance.matching.relation import Found, decide_pair, nothing_found, own_sound, segments_of
from provenance.matching.shown import Turn, shown_differences, turn
from provenance.matching.sound import SoundFound
from provenance.matching.still import compare_still, is_still
from provenance.matching.strand import DISTINCT_SOUND, Anchor, Strand, lay
from provenance.matching.tracks import Pairing, pair_tracks

if TYPE_CHECKING:
    from provenance.evidence import Track
    from provenance.matching.line import Level, Lines

#: Sound found elsewhere that is offered as a place for neutral pictures: the longest stretches, so that many tiny ones
#: cost nothing.
ANCHORS: Final = 64


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both files with their paired tracks; ``source`` is the caller's key of the evidence."""

    files: tuple[Lines, Lines]
    source: str
    videos: Pairing
    sounds: Pairing

    def strand(self, level: Level, tracks: tuple[Track, Track], *, anchors: tuple[Anchor, ...] = ()) -> Strand | None:
        """One track laid along another on one level, or None where either was not measured on it."""
        one, other = self.files[0].of(level, tracks[0]), self.files[1].of(level, tracks[1])
        return None if one is None or other is None else lay(one, other, anchors=anchors)


def compare_pair(questioned: Lines, evidence: Lines, source: str) -> Comparison:
    """How the questioned file relates to one evidence; ``source`` is the caller's key of it."""
    one, other = questioned.measurement, evidence.measurement
    pair = _Pair(
        (questioned, evidence),
        source,
        pair_tracks(one.of_kind("video"), other.of_kind("video")),
        pair_tracks(one.of_kind("sound"), other.of_kind("sound")),
    )
    shared: list[Note] = []
    if pair.videos.pairs:
        by_picture = _by_picture(pair)
        if by_picture.relation != "no-match":
            return by_picture
        shared.extend(by_picture.notes)
    if pair.sounds.pairs:
        by_sound = _by_sound(pair)
        if by_sound.relation != "no-match":
            return by_sound
        shared.extend(by_sound.notes)
    return nothing_found(*dict.fromkeys(shared))


def _by_picture(pair: _Pair) -> Comparison:
    tracks = _main(pair.videos)
    if is_still(pair.files[0], tracks[0]) and not is_still(pair.files[1], tracks[1]):
        return compare_still(*tracks, pair.files, source=pair.source) or nothing_found()
    strands = _strands(pair, tracks, ("packets", "pictures"), anchors=_anchors(pair))
    carried = [strand for strand in strands if strand.runs]
    if not carried:
        return nothing_found(*_shared(strands))
    found = _found(max(carried, key=lambda strand: strand.matched_seconds), pair.source)
    container = pair.files[0].measurement.container
    alterations, notes = shown_differences(
        *tracks, container=container, whole=found.course.is_whole, coded_again=_has_other_header(found, tracks)
    )
    found = _with_configuration(pair, found, explained=bool(alterations))
    found.general.extend(alterations)
    found.notes.extend(notes)
    found.segments = segments_of(found, turned=turn(tracks[0].presentation, tracks[1].presentation))
    compare_companions(found, pair.files, videos=pair.videos, sounds=pair.sounds)
    return decide_pair(found)


def _has_other_header(found: Found, tracks: tuple[Track, Track]) -> bool:
    """Whether the coded header that was read is another coder's: the copy's own, or that of pieces before the copied.

    Where the first unit is the recording's, its header came along with it (docs/adr/0030-headers-that-disagree.md).
    """
    if found.basis == "pictures":
        return True
    first = {change.digest for change in tracks[0].configuration[:1]}
    known = {change.digest for change in tracks[1].configuration}
    return found.strand.partner[0] < 0 and bool(first - known)


def _main(videos: Pairing) -> tuple[Track, Track]:
    """The pair that a player shows: that of the default track, else the first."""
    return next((pair for pair in videos.pairs if pair[0].presentation.default), videos.pairs[0])


def _strands(
    pair: _Pair, tracks: tuple[Track, Track], levels: tuple[Level, ...], *, anchors: tuple[Anchor, ...] = ()
) -> list[Strand]:
    """A strand for each level, up to the first that explains every shown unit."""
    strands: list[Strand] = []
    for level in levels:
        strand = pair.strand(level, tracks, anchors=anchors)
        if strand is None:
            continue
        strands.append(strand)
        if strand.runs and strand.matched_seconds == strand.questioned.length(strand.questioned.order):
            break
    return strands


def _shared(strands: list[Strand]) -> list[Note]:
    """Units that both files hold and that carry no match."""
    levels = [strand.questioned.level for strand in strands if strand.shared]
    if not levels:
        return []
    return [Note("evidence.sharedMaterial", "informational", f"shared but not distinctive: {', '.join(levels)}")]


def _anchors(pair: _Pair) -> tuple[Anchor, ...]:
    """Where sound that discriminates is found, so that neutral pictures (a covered lens) can lie beside it."""
    strand = pair.strand("packets", pair.sounds.pairs[0]) if pair.sounds.pairs else None
    if strand is None:
        return ()
    one, other = strand.questioned, strand.evidence
    spans = [
        Anchor(
            one.hull(range(run.questioned, run.questioned_end)),
            other.seconds(other.starts[run.evidence]) - one.seconds(one.starts[run.questioned]),
        )
        for run in strand.runs
    ]
    long = [anchor for anchor in spans if anchor.questioned.length >= DISTINCT_SOUND]
    return tuple(sorted(long, key=lambda anchor: (-anchor.questioned.length, anchor.questioned.start))[:ANCHORS])


def _found(strand: Strand, source: str) -> Found:
    course = follow(strand)
    changes = changes_of(course)
    bases: dict[Level, Basis] = {"packets": "packets", "pictures": "pictures", "blocks": "sound"}
    return Found(source, strand, course, changes, bases[strand.questioned.level], notes=list(changes.notes))


def _with_configuration(pair: _Pair, found: Found, *, explained: bool) -> Found:
    """Same coded units under other parameter sets: explained by the presentation, or the pictures have to say it."""
    strand = found.strand
    if strand.questioned.level != "packets" or not configuration_differs(strand):
        return found
    found.notes.append(Note("configuration.differs", "informational", "other parameter sets for the same coded units"))
    if explained:
        return found
    pictures = pair.strand("pictures", (strand.questioned.track, strand.evidence.track))
    if pictures is None:
        found.general.append(Alteration("picture", what="decoded with other parameters; pictures were not compared"))
        found.cannot_tell.add("picture")
        return found
    if pictures.runs and pictures.matched_seconds >= strand.matched_seconds:
        again = _found(pictures, found.source)
        return replace(again, notes=[*again.notes, *found.notes])
    found.general.append(Alteration("picture", what="decoded with other parameters"))
    return found


def _by_sound(pair: _Pair) -> Comparison:
    """Sound decides where either file has no picture, and is all there is to say where no picture is exact."""
    strands = _strands(pair, pair.sounds.pairs[0], ("packets", "blocks"))
    carried = [strand for strand in strands if strand.runs]
    if not carried:
        return nothing_found(*_shared(strands))
    found = _found(max(carried, key=lambda strand: strand.matched_seconds), pair.source)
    has_picture = pair.videos.pairs or pair.videos.added or pair.videos.removed
    if has_picture:
        found.basis = "sound"
        found.by_sound_alone = bool(pair.videos.pairs)
        what = "no picture matches exactly" if pair.videos.pairs else "one of the files has no picture"
        found.notes.append(Note("sound.sameEvent", "informational", what))
    found.segments = segments_of(found, turned=Turn(0, mirrored=False))
    rest = Pairing(pair.sounds.pairs[1:], pair.sounds.added, pair.sounds.removed)
    compare_companions(found, pair.files, videos=replace(pair.videos, pairs=()), sounds=rest)
    found.sound = SoundFound(own_sound(found))
    return decide_pair(found)
