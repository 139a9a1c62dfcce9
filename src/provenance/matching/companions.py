"""The tracks beside the matched one: sound, further picture tracks, subtitles, and tracks without partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.comparison import Alteration, Note, SoundComparison
from provenance.matching.sound import SoundFound, SoundPair, compare_sound
from provenance.matching.subtitles import caption_track_differences

if TYPE_CHECKING:
    from provenance.evidence import Track
    from provenance.matching.line import Level, Lines
    from provenance.matching.relation import Found
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
        if track is not found.strand.questioned.track and not _is_within(track, partner, files):
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


def _is_within(track: Track, partner: Track, files: tuple[Lines, Lines]) -> bool:
    """Whether every shown unit of a further picture track is in its partner, on either level."""
    levels: tuple[Level, ...] = ("packets", "pictures")
    for level in levels:
        line, other = files[0].of(level, track), files[1].of(level, partner)
        if line is not None and other is not None:
            held = set(other.digests)
            if all(line.digests[unit] in held for unit in line.order):
                return True
    return False
