"""Which units of a video track should have given a picture and did not, and what that makes uncertain.

Pure rules over rows (formats section 3): discard flags, stored units, hidden pictures, and what comes before the first
key unit are not expected; field pairs are one unit already.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provenance.binding.packets import usual_step
from provenance.binding.ticks import bounded
from provenance.evidence import (
    NO_PTS,
    PACKET_CORRUPT,
    PACKET_DISCARD,
    PACKET_KEY,
    PACKET_STORED,
    PICTURE_DECODER_DEPENDENT,
    Damage,
    PacketRows,
    PictureRows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet
    from fractions import Fraction

#: Codecs in which every unit gives exactly one picture, or says that it gives none: only there is a missing picture
#: a finding. Others (MPEG-4 with packed or empty VOPs, Theora's repeats) are judged by decoder errors alone.
_ONE_PICTURE_A_UNIT = frozenset({"h264", "hevc", "av1", "vp8", "vp9", "mpeg2video", "mjpeg", "ffv1", "prores", "dnxhd"})

#: Units whose pts give the usual distance of pictures where no duration is stated.
_SAMPLE = 64
#: Ranges told of one track; what comes later is told as one, so that a forged file cannot make the list grow.
_MAX_RANGES = 1000


def is_hidden(codec: str, unit: bytes) -> bool:
    """Whether a unit says that it is not shown: VP8 (RFC 6386 section 9.1), VP9 (bitstream clause 6.2)."""
    if codec == "vp8":
        return bool(unit) and not unit[0] & 0x10
    if codec != "vp9" or not unit or _ends_in_superframe_index(unit):
        return False  # a superframe is there to carry one shown picture
    profile = (unit[0] >> 5 & 1) | (unit[0] >> 4 & 1) << 1
    after = 3 if profile < 3 else 2  # noqa: PLR2004 - profile 3 has a reserved bit
    show_existing = unit[0] >> after & 1
    return not show_existing and not unit[0] >> (after - 2) & 1


def _ends_in_superframe_index(unit: bytes) -> bool:
    return unit[-1] & 0xE0 == 0xC0  # noqa: PLR2004 - VP9 annex B.3 marker


def missing(codec: str, rows: PacketRows, pictures: PictureRows, hidden: AbstractSet[int]) -> set[int]:
    """The pts of units that were expected to give a picture and gave none."""
    if codec not in _ONE_PICTURE_A_UNIT:
        return set()
    keys = [index for index, flags in enumerate(rows.flags) if flags & PACKET_KEY]
    if not keys:
        return set()
    first, begin = keys[0], rows.pts[keys[0]]
    expected = {
        rows.pts[index]
        for index in range(first, len(rows))
        if not rows.flags[index] & (PACKET_DISCARD | PACKET_STORED) and rows.pts[index] >= begin
    }
    return expected - set(pictures.pts) - hidden - {NO_PTS}


def uncertain(rows: PacketRows, troubles: AbstractSet[int]) -> list[set[int]]:
    """The pts of pictures that may depend on the decoder, a set for each stretch from a trouble to the next key unit.

    Pictures that are shown before that key unit and coded after it lean on the damaged ones, too.
    """
    stretches = []
    index, count = 0, len(rows)
    while index < count:
        if rows.pts[index] not in troubles and not rows.flags[index] & PACKET_CORRUPT:
            index += 1
            continue
        stretch = {rows.pts[index]}
        index += 1
        while index < count and not rows.flags[index] & PACKET_KEY:
            stretch.add(rows.pts[index])
            index += 1
        if index < count:
            key = rows.pts[index]
            following = index + 1
            while following < count and not rows.flags[following] & PACKET_KEY:
                if rows.pts[following] < key:
                    stretch.add(rows.pts[following])
                following += 1
        stretches.append(stretch - {NO_PTS})
    return [stretch for stretch in stretches if stretch]


def mark(pictures: PictureRows, stretches: Iterable[AbstractSet[int]]) -> PictureRows:
    """``pictures`` with those in ``stretches`` marked as decoder-dependent."""
    touched = set().union(*stretches)
    return replace(
        pictures,
        flags=tuple(
            flags | PICTURE_DECODER_DEPENDENT if pts in touched else flags
            for pts, flags in zip(pictures.pts, pictures.flags, strict=True)
        ),
    )


def ranges(
    track: int, rows: PacketRows, stretches: Iterable[AbstractSet[int]], time_base: Fraction
) -> tuple[Damage, ...]:
    """The stretches in seconds; those that touch are one."""
    step = usual_step(rows.pts[:_SAMPLE])
    durations = dict(zip(rows.pts, rows.durations, strict=True))
    found: list[tuple[int, int]] = []
    for stretch in sorted(stretches, key=min):
        start, last = min(stretch), max(stretch)
        end = last + (durations.get(last) or step)
        if found and (start <= found[-1][1] or len(found) == _MAX_RANGES):
            start, end = found[-1][0], max(end, found.pop()[1])
        found.append((start, end))
    return tuple(
        Damage(
            track,
            bounded(start, time_base) * time_base,
            bounded(end, time_base) * time_base,
            "units that do not decode as coded",
        )
        for start, end in found
    )
