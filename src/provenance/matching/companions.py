"""The tracks beside the matched one: sound, further picture tracks, subtitles, and tracks without partner."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from provenance.comparison import Alteration, Note, SoundComparison
from provenance.matching.changes import changes_of
from provenance.matching.configuration import configuration_differs
from provenance.matching.course import follow
from provenance.matching.shown import shown_differences
from provenance.matching.sound import SoundFound, SoundPair, compare_sound
from provenance.matching.strand import lay
from provenance.matching.subtitles import caption_track_differences

if TYPE_CHECKING:
    from provenance.evidence import Track
    from provenance.matching.line import Level, Lines
    from provenance.matching.relation import Found
    from provenance.matching.strand import Strand
    from provenance.matching.tracks import Pairing


def compare_companions(found: Found, files: tuple[Lines, Lines], *, videos: Pairing, sounds: Pairing) -> None:
    """Add to ``found`` what the other tracks say; the sound of the first pair is the verdict's."""
    one, other = files[0].measurement, files[1].measurement
    whole = found.course.is_whole
    line = found.strand.questioned
    picture = line.length(line.order[len(line.order) // 2 : len(line.order) // 2 + 1])
    found.general.extend(caption_track_differences(one, other, whole=whole))
    _add_unpaired(found, videos, sounds)
    for track, partner in videos.pairs:
        if track is not found.strand.questioned.track:
            found.general.extend(_differences_of_further(found, (track, partner), files))
    compared = [compare_sound(SoundPair(*pair, files, found.segments, whole, picture)) for pair in sounds.pairs]
    for sound in compared:
        found.general.extend(sound.alterations)
        found.notes.extend(sound.notes)
    if compared:
        found.sound = compared[0]
    elif sounds.removed:
        found.sound = SoundFound(SoundComparison("absent"))
    elif sounds.added:
        found.sound = SoundFound(SoundComparison("different"))
    else:
        found.has_sound = False
        found.sound = SoundFound(SoundComparison("absent"))


def _add_unpaired(found: Found, videos: Pairing, sounds: Pairing) -> None:
    changed = [(track, "added") for track in (*videos.added, *sounds.added)]
    changed += [(track, "removed") for track in (*videos.removed, *sounds.removed)]
    if not changed:
        return
    words = [f"{'picture' if track.kind == 'video' else 'sound'} track {track.index} {how}" for track, how in changed]
    found.general.extend(Alteration("track", what=what) for what in words)
    found.notes.append(Note("tracks.differ", "failure", ", ".join(words)))


def _differences_of_further(found: Found, tracks: tuple[Track, Track], files: tuple[Lines, Lines]) -> list[Alteration]:
    """What differs in a further picture track: how it is shown, else which units it has and when."""
    one, other = tracks
    differs = [Alteration("track", what=f"picture track {one.index} differs")]
    if not _shows_anything(files[0], one):
        return differs if found.course.is_whole and _shows_anything(files[1], other) else []
    container, whole = files[0].measurement.container, found.course.is_whole
    shown, _ = shown_differences(one, other, container=container, whole=whole)
    told = [replace(alteration, what=f"picture track {one.index}: {alteration.what}") for alteration in shown]
    return told if _is_beside(found, tracks, files, explained=bool(told)) else [*told, *differs]


def _is_beside(found: Found, tracks: tuple[Track, Track], files: tuple[Lines, Lines], *, explained: bool) -> bool:
    """Whether a further picture track is the evidence's, and at its place beside the first one.

    ``explained``: that it is shown differently is told, which other parameter sets come with.
    """
    levels: tuple[Level, ...] = ("packets", "pictures")
    for level in levels:
        line, partner = files[0].of(level, tracks[0]), files[1].of(level, tracks[1])
        strand = None if line is None or partner is None else lay(line, partner, related=True)
        if strand is None or not strand.runs or not _runs_along(found, strand):
            continue
        if explained or level != "packets" or not configuration_differs(strand):
            return True
    return False


def _shows_anything(file: Lines, track: Track) -> bool:
    levels: tuple[Level, ...] = ("packets", "pictures")
    return any((line := file.of(level, track)) is not None and line.order for level in levels)


def _runs_along(found: Found, strand: Strand) -> bool:
    """Whether all of ``strand`` is one piece, decoded alike, and moved against the evidence as the first track is."""
    course = follow(strand)
    changes = changes_of(course)
    if changes.unmatched or changes.missing or any(changes.of_stretch) or len(course.stretches) != 1:
        return False
    if found.course.is_whole and not course.is_whole:
        return False
    return abs(_offset(strand) - _offset(found.strand)) <= _rounding(found, strand)


def _offset(strand: Strand) -> Fraction:
    """Seconds from a questioned unit to the evidence unit that it is, at the first one that both files show."""
    unit, partner = next(iter(strand.shown_pairs), (strand.runs[0].questioned, strand.runs[0].evidence))
    line, other = strand.questioned, strand.evidence
    return other.seconds(other.starts[partner]) - line.seconds(line.starts[unit])


def _rounding(found: Found, strand: Strand) -> Fraction:
    """Seconds by which two tracks of a copy may have moved against each other; at a cut, by one picture."""
    lines = (found.strand.questioned, found.strand.evidence, strand.questioned, strand.evidence)
    rounding = sum((line.precision for line in lines), Fraction(0))
    if found.course.is_whole:
        return rounding
    line = found.strand.questioned
    return rounding + line.length(line.order[len(line.order) // 2 : len(line.order) // 2 + 1])
