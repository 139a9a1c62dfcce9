"""What appearance does not compare: further tracks, subtitles, captions. Told, so that none counts as equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.comparison import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.evidence import Measurement, Track, TrackKind

_CODE: Final = "presentation.notCompared"
#: Kinds of tracks of which at most the first was compared, with their names, and how many of each that is.
_KINDS: Final[tuple[tuple[TrackKind, str, int], ...]] = (
    ("video", "picture", 1),
    ("sound", "sound", 1),
    ("subtitle", "subtitle", 0),
)


def left_aside(questioned: Measurement, evidence: Mapping[str, Measurement]) -> tuple[Note, ...]:
    """Notes on what of the file in hand and of the recordings that it was matched with was not compared."""
    files = [("the file in hand", (questioned,)), ("the recording", tuple(evidence.values()))]
    return tuple(
        Note(_CODE, "informational", f"by appearance, and in {whose}: {what}")
        for whose, measured in files
        for what in dict.fromkeys(one for each in measured for one in _not_compared(each))
    )


def _not_compared(measured: Measurement) -> Iterator[str]:
    for kind, name, compared in _KINDS:
        further = len(measured.of_kind(kind)) - compared
        if further > 0:
            yield f"{further} {'further ' if compared else ''}{name} track{'s' if further > 1 else ''}"
    units = sum(track.presentation.captions for track in measured.of_kind("video"))
    if units:
        yield f"captions inside {units} coded pictures"
    sounds = [track for track in measured.of_kind("sound") if track.packets]
    played = _played(sounds)
    if played is not None and not played.sound_print and any(track.sound_print for track in sounds):
        yield f"sound track {played.index}, which players play: it has no print, and another track was compared"


def _played(sounds: Sequence[Track]) -> Track | None:
    return next((track for track in sounds if track.presentation.default), sounds[0] if sounds else None)
