"""Synthetic measurements: a recording as lists of units, and what editing does to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from fractions import Fraction

from provenance.evidence import (
    PACKET_KEY,
    PICTURE_LOW_INFORMATION,
    ConfigurationChange,
    Measurement,
    PacketRows,
    PictureRows,
    Presentation,
    Shown,
    SoundBlockRows,
    Track,
)
from provenance.matching.exact import compare

STEP = 512  # ticks of 1/12800 s: 25 pictures a second
TICK = Fraction(1, 12800)
SOUND_STEP = 1024
SOUND_TICK = Fraction(1, 48000)
SHOWN = Shown((640, 360), Fraction(1), "tv", "bt709", "bt709", "bt709")
PRESENTATION = Presentation(stated=SHOWN, coded=SHOWN, default=True, pixel_format="yuv420p")
SOUND_PRESENTATION = Presentation(default=True, sample_rate=48000, channels=2)


def digest(*parts):
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()[:24]


@dataclass(frozen=True)
class Unit:
    digest: bytes
    pts: int
    duration: int
    flags: int = 0
    size: int = 900
    dull: bool = False
    picture: bytes = b""
    level: int = 60


@dataclass(frozen=True)
class Clip:
    """``video`` in decode order, ``sound`` in order; both with pts of their own tick."""

    video: tuple[Unit, ...] = ()
    sound: tuple[Unit, ...] = ()
    presentation: Presentation = PRESENTATION
    sound_presentation: Presentation = SOUND_PRESENTATION
    configuration: bytes = b"parameter sets of this coder"[:24]
    container: str = "mov"
    tick: Fraction = TICK
    sound_tick: Fraction = SOUND_TICK

    def measure(self, depth="full", **changes):
        tracks = []
        if self.video:
            tracks.append(self._video_track(depth))
        if self.sound:
            tracks.append(self._sound_track(depth, len(tracks)))
        made = Measurement("video" if self.video else "audio", "whole", self.container, depth, tuple(tracks))
        return replace(made, **changes)

    def _video_track(self, depth):
        shown = sorted((unit for unit in self.video if not unit.flags & 6), key=lambda unit: unit.pts)
        pictures = PictureRows(
            tuple(unit.picture for unit in shown),
            tuple(unit.pts for unit in shown),
            tuple(PICTURE_LOW_INFORMATION if unit.dull else 0 for unit in shown),
        )
        return Track(
            0,
            "video",
            "h264",
            self.tick,
            (ConfigurationChange(0, self.configuration),),
            self.presentation,
            rows_of(self.video),
            pictures if depth == "full" else None,
        )

    def _sound_track(self, depth, index):
        shown = [unit for unit in self.sound if not unit.flags & 6]
        blocks = SoundBlockRows(
            tuple(digest("pcm", unit.picture) for unit in shown),
            bytes(unit.level for unit in shown),
            shown[0].pts if shown else 0,
            48000,
        )
        return Track(
            index,
            "sound",
            "aac",
            self.sound_tick,
            (ConfigurationChange(0, digest("aac lc 48000 2")),),
            self.sound_presentation,
            rows_of(self.sound),
            sound=blocks if depth == "full" else None,
        )


def rows_of(units):
    return PacketRows(
        tuple(unit.digest for unit in units),
        tuple(unit.pts for unit in units),
        tuple(unit.duration for unit in units),
        tuple(unit.flags for unit in units),
        tuple(range(100, 100 + 1000 * len(units), 1000)),
        tuple(unit.size for unit in units),
    )


def recording(name, pictures=100, *, gop=25, reorder=2, sound=True):
    """A recording: key picture every ``gop``; ``reorder`` pictures stored after the one that follows them."""
    order = []
    for start in range(0, pictures, gop):
        group = list(range(start, min(start + gop, pictures)))
        order.append(group[0])
        rest = group[1:]
        while rest:
            block, rest = rest[: reorder + 1], rest[reorder + 1 :]
            order.extend([block[-1], *block[:-1]])
    video = tuple(
        Unit(
            digest(name, "packet", number),
            number * STEP,
            STEP,
            PACKET_KEY if number % gop == 0 else 0,
            900 + number % 97,
            picture=digest(name, "picture", number),
        )
        for number in order
    )
    return Clip(video, tuple(sound_of(name, pictures)) if sound else ())


def sound_of(name, pictures):
    """Sound packets for as long as ``pictures`` last."""
    count = -(-pictures * STEP * 48000 // (12800 * SOUND_STEP))
    for number in range(count):
        level = 20 + int.from_bytes(digest(name, "level", number)[:1]) % 70
        picture = digest(name, "block", number)
        yield Unit(
            digest(name, "sound", number),
            number * SOUND_STEP,
            SOUND_STEP,
            1,
            300 + number % 50,
            picture=picture,
            level=level,
        )


def moved(units, ticks):
    return tuple(replace(unit, pts=unit.pts + ticks) for unit in units)


def cut(clip, first, last):
    """Stream-copied from stored unit ``first`` to ``last``, sound beside, shifted to start at zero."""
    video = clip.video[first:last]
    start = min(unit.pts for unit in video)
    end = max(unit.pts + unit.duration for unit in video)
    low, high = (ticks * TICK / SOUND_TICK for ticks in (start, end))
    kept = [unit for unit in clip.sound if low <= unit.pts and unit.pts + unit.duration <= high]
    shift = int(start * TICK / SOUND_TICK)
    return replace(clip, video=moved(video, -start), sound=moved(kept, -shift))


def joined(*clips):
    """One after another, each on its own time."""
    video, sound, at = [], [], 0
    for clip in clips:
        video.extend(moved(clip.video, at))
        sound.extend(moved(clip.sound, int(at * TICK / SOUND_TICK)))
        at = max(unit.pts + unit.duration for unit in video)
    return replace(clips[0], video=tuple(video), sound=tuple(sound))


def recoded(clip, name="other coder"):
    """The same pictures and sound in other coded units, one for one."""
    video = sorted(clip.video, key=lambda unit: unit.pts)
    return replace(
        clip,
        video=tuple(replace(unit, digest=digest(name, unit.digest)) for unit in video),
        configuration=digest(name),
    )


def seconds(pictures):
    return pictures * STEP * TICK


def related(questioned, *evidence, depth="full"):
    """The comparison of a clip with others, whose sources are ``0``, ``1``, …"""
    known = {str(number): clip.measure() for number, clip in enumerate(evidence)}
    return compare(questioned.measure(depth), known)


def kinds(comparison):
    return sorted({alteration.kind for alteration in comparison.alterations})


def codes(comparison):
    return {note.code for note in comparison.notes}


def places(comparison):
    """(questioned, evidence, source) of every segment, seconds as fractions."""
    return [
        ((one.questioned.start, one.questioned.end), (one.evidence.start, one.evidence.end), one.source)
        for one in comparison.segments
    ]


def with_video(clip, change):
    """``clip`` with its pictures changed one by one: ``change(number, unit)`` gives the unit or None."""
    made = [change(number, unit) for number, unit in enumerate(clip.video)]
    return replace(clip, video=tuple(unit for unit in made if unit is not None))


def shown_as(clip, **changes):
    """``clip`` with other values in both what the container and what the coded header states."""
    shown = replace(SHOWN, **changes)
    return replace(clip, presentation=replace(clip.presentation, stated=shown, coded=shown))
