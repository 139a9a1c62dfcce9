"""What prints say of sound beside exact pictures that is not exact itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provenance.comparison import Note
from provenance.matching.sounds.companion import compare_prints
from provenance.matching.sounds.heard import Heard

if TYPE_CHECKING:
    from provenance.comparison import Alteration
    from provenance.matching.sound import SoundFound, SoundPair


def compare_by_print(pair: SoundPair, whole: Alteration) -> SoundFound | None:
    """The relation by print; None where prints say nothing clear, or are not there.

    The units are others, which is told as an alteration over ``whole`` whatever the print says (ADR 32).
    """
    source = pair.segments[0].source if pair.segments else ""
    ours = Heard.of_track("", pair.questioned, pair.files[0])
    theirs = Heard.of_track(source, pair.evidence, pair.files[1])
    if ours is None or theirs is None:
        return None
    found = compare_prints(ours, theirs, pair.segments, whole=pair.whole)
    if found is None or found.comparison.relation == "different":
        return None
    if not found.by_print_alone:
        return found
    note = Note("sound.differs", "failure", "the sound is not exactly that of the recording")
    coded = replace(whole, what="coded again, and like the recording's by its print")
    return replace(found, alterations=(coded,), notes=(note, *found.notes))
