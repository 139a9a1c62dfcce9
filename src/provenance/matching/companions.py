"""The tracks beside the matched one: sound, further picture tracks, subtitles, and tracks without partner."""

from __future__ import annotations

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
        if track is not found.strand.questioned.track and not _is_beside(found, (track, partner), files):
            found.general.append(Alteration("track", what=f"picture track {track.index} differs"))
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


def _is_beside(found: Found, tracks: tuple[Track, Track], files: tuple[Lines, Lines]) -> bool:
    """Whether a further picture track is the evidence's, shown the same way and at its place beside the first one."""
    one, other = tracks
    if not _shows_anything(files[0], one):
        return not (found.course.is_whole and _shows_anything(files[1], other))
    container, whole = files[0].measurement.container, found.course.is_whole
    if shown_differences(one, other, container=container, whole=whole)[0]:
        return False
    levels: tuple[Level, ...] = ("packets", "pictures")
    for level in levels:
        line, partner = files[0].of(level, one), files[1].of(level, other)
        strand = None if line is None or partner is None else lay(line, partner, related=True)
        if strand is not None and strand.runs and _runs_along(found, strand):
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
    if strand.questioned.level == "packets" and configuration_differs(strand):
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
