"""One track on one level as a line of units in exact time: what the exact ladder aligns.

Units are coded access units (``packets``), decoded pictures (``pictures``) or blocks of decoded sound (``blocks``). All
times are ticks of the line; seconds are counted from the file's start: the earliest shown unit of any picture or sound
track, so that a start shift of the whole file has no effect (formats section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil, floor, lcm
from typing import TYPE_CHECKING, Final, Literal

from provenance.comparison import Span
from provenance.evidence import NO_PTS, PACKET_DISCARD, PACKET_STORED, PICTURE_LOW_INFORMATION
from provenance.matching.common import COMMON_DIGESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from provenance.evidence import Measurement, PacketRows, Track, TrackKind

Level = Literal["packets", "pictures", "blocks"]

#: Decoded sound is measured in blocks of this many sample frames (formats section 3).
BLOCK = 1024

_SHOWN_KINDS: Final[tuple[TrackKind, TrackKind]] = ("video", "sound")

#: A coded unit stored in fewer bytes than this is neutral: coders write the same few bytes for "nothing has changed"
#: into unrelated files. Shared units of still shots had up to 29 bytes at 320x180, 78 at 1280x720, 108 at 1920x1080
#: (bench/small_units.py, x265; docs/adr/0024-neutral-units.md): the limit is 39, 147 and 291 bytes there.
SMALL_PICTURE_BYTES: Final = 32
SMALL_PICTURE_PIXELS: Final = 8000  # one byte more for each of these
#: Silence and pauses: Opus DTX writes 1 to 3 bytes (RFC 6716 section 2.1.9), AAC silence 6 to 23 a packet.
SMALL_SOUND_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Line:
    """Columns of equal length, in the order in which units are aligned (packets: file order).

    ``starts``/``ends`` in ticks of ``tick`` seconds; the end of a shown unit is the start of the next shown one.
    ``shown``: 1 where a player shows the unit. ``order``: shown units in presentation order. ``neutral``: digests that
    may extend a segment but never start one. ``zero``: seconds of the file's start on the line's own clock.
    """

    level: Level
    track: Track
    digests: tuple[bytes, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    shown: bytes
    order: tuple[int, ...]
    neutral: frozenset[bytes]
    tick: Fraction
    zero: Fraction

    def __len__(self) -> int:
        return len(self.digests)

    def seconds(self, ticks: int) -> Fraction:
        """Seconds since the file's start."""
        return ticks * self.tick - self.zero

    def moments(self) -> list[float]:
        """``float(seconds(start))`` of every unit, to the bit: fractions of an hour of pictures take a second."""
        below = self.tick.denominator * self.zero.denominator
        step, zero = self.tick.numerator * self.zero.denominator, self.zero.numerator * self.tick.denominator
        return [(start * step - zero) / below for start in self.starts]

    def spans(self, units: Iterable[int]) -> tuple[Span, ...]:
        """The shown ones among ``units`` as ranges in presentation order, touching ones joined."""
        ranges: list[list[int]] = []
        for unit in sorted((unit for unit in units if self.shown[unit]), key=self.starts.__getitem__):
            if ranges and self.starts[unit] <= ranges[-1][1]:
                ranges[-1][1] = max(ranges[-1][1], self.ends[unit])
            else:
                ranges.append([self.starts[unit], self.ends[unit]])
        return tuple(Span(self.seconds(start), self.seconds(end)) for start, end in ranges)

    def hull(self, units: Sequence[int]) -> Span:
        """From the first start to the last end of ``units`` (at least one)."""
        first = min(self.starts[unit] for unit in units)
        return Span(self.seconds(first), self.seconds(max(self.ends[unit] for unit in units)))

    def length(self, units: Iterable[int]) -> Fraction:
        """Seconds for which the shown ones among ``units`` are shown."""
        return sum(self.ends[unit] - self.starts[unit] for unit in units if self.shown[unit]) * self.tick

    @property
    def precision(self) -> Fraction:
        """One tick of the track's time base, at most 1 ms (formats section 3)."""
        return min(self.track.time_base, Fraction(1, 1000))


class Lines:
    """The lines of one file, made when first asked for."""

    def __init__(self, measurement: Measurement) -> None:
        self.measurement = measurement
        self._zero = _file_start(measurement)
        self._made: dict[tuple[Level, int], Line | None] = {}

    @property
    def zero(self) -> Fraction:
        """Seconds of the file's start on its own clock: what a verdict's times count from."""
        return self._zero

    def of(self, level: Level, track: Track) -> Line | None:
        """The line of one track of the file on one level, or None where it was not measured."""
        key = (level, track.index)
        if key not in self._made:
            self._made[key] = _MAKERS[level](track, self._zero)
        return self._made[key]


def _packet_line(track: Track, zero: Fraction) -> Line | None:
    rows = track.packets
    if rows is None or not len(rows):
        return None
    starts = _filled_pts(rows)
    shown = bytes(not flags & (PACKET_DISCARD | PACKET_STORED) for flags in rows.flags)
    neutral = _small_units(track, rows) | (
        _silent_units(track, rows, starts) if track.kind == "sound" else _dull_units(track, rows)
    )
    return _line("packets", track, rows.digests, starts, shown, rows.durations, neutral, track.time_base, zero)


def _picture_line(track: Track, zero: Fraction) -> Line | None:
    rows = track.pictures
    if rows is None or not len(rows):
        return None
    neutral = frozenset(
        digest for digest, flags in zip(rows.digests, rows.flags, strict=True) if flags & PICTURE_LOW_INFORMATION
    )
    last = rows.pts[-1] - rows.pts[-2] if len(rows) > 1 else _picture_duration(track, rows.pts[-1])
    durations = (max(last, 0),) * len(rows)
    shown = b"\x01" * len(rows)
    return _line("pictures", track, rows.digests, rows.pts, shown, durations, neutral, track.time_base, zero)


def _block_line(track: Track, zero: Fraction) -> Line | None:
    rows = track.sound
    if rows is None or not len(rows) or not rows.sample_rate:
        return None
    rate = lcm(track.time_base.denominator, rows.sample_rate)
    tick = Fraction(1, rate)
    block = BLOCK * (rate // rows.sample_rate)
    first = int(rows.start_pts * track.time_base / tick)
    starts = tuple(range(first, first + block * len(rows), block))
    neutral = frozenset(digest for digest, level in zip(rows.digests, rows.levels, strict=True) if level == 0)
    shown = b"\x01" * len(rows)
    return _line("blocks", track, rows.digests, starts, shown, (block,) * len(rows), neutral, tick, zero)


def blocks_within(line: Line, span: Span) -> range:
    """Blocks of a block line that lie wholly within ``span``; they are of one length and follow each other."""
    length = line.ends[0] - line.starts[0]
    first = ceil(((span.start + line.zero) / line.tick - line.starts[0]) / length)
    last = floor(((span.end + line.zero) / line.tick - line.starts[0]) / length)
    return range(max(first, 0), min(max(last, 0), len(line)))


def _file_start(measurement: Measurement) -> Fraction:
    """Seconds, on the file's own clock, of the earliest shown unit of any picture or sound track.

    Sound before time 0 is the lead-in of a coder or of a cut: it does not move the start of the file.
    """
    pictures, sounds = (
        [start for track in measurement.of_kind(kind) if (start := _first_shown(track)) is not None]
        for kind in _SHOWN_KINDS
    )
    return min([*pictures, *(max(start, Fraction(0)) for start in sounds)], default=Fraction(0))


def _first_shown(track: Track) -> Fraction | None:
    rows = track.packets
    if rows is not None and len(rows):
        shown = [
            pts
            for pts, flags in zip(rows.pts, rows.flags, strict=True)
            if pts != NO_PTS and not flags & (PACKET_DISCARD | PACKET_STORED)
        ]
        if shown:
            return min(shown) * track.time_base
    if track.pictures is not None and len(track.pictures):
        return track.pictures.pts[0] * track.time_base
    return track.presentation.start


def _line(  # noqa: PLR0913, PLR0917 -- the one place where columns become a line
    level: Level,
    track: Track,
    digests: tuple[bytes, ...],
    starts: tuple[int, ...],
    shown: bytes,
    durations: tuple[int, ...],
    neutral: frozenset[bytes],
    tick: Fraction,
    zero: Fraction,
) -> Line:
    ends = [start + duration for start, duration in zip(starts, durations, strict=True)]
    order = tuple(sorted((unit for unit in range(len(starts)) if shown[unit]), key=starts.__getitem__))
    if track.kind == "video":  # a picture is held until the next one is shown, whatever duration the container states
        for unit, following in pairwise(order):
            ends[unit] = starts[following]
    return Line(level, track, digests, starts, tuple(ends), shown, order, neutral | COMMON_DIGESTS, tick, zero)


def _filled_pts(rows: PacketRows) -> tuple[int, ...]:
    """pts, where a unit carries none that of the unit before it plus its duration."""
    if NO_PTS not in rows.pts:
        return rows.pts
    filled: list[int] = []
    following = 0
    for pts, duration in zip(rows.pts, rows.durations, strict=True):
        filled.append(following if pts == NO_PTS else pts)
        following = filled[-1] + max(duration, 1)
    return tuple(filled)


def _picture_duration(track: Track, pts: int) -> int:
    """Duration of the packet of the only picture, in ticks; 0 if it is not known."""
    rows = track.packets
    if rows is None:
        return 0
    return next((long for start, long in zip(rows.pts, rows.durations, strict=True) if start == pts), 0)


def _small_units(track: Track, rows: PacketRows) -> frozenset[bytes]:
    limit = SMALL_SOUND_BYTES
    if track.kind == "video":
        width, height = track.presentation.coded.size or track.presentation.stated.size or (0, 0)
        limit = SMALL_PICTURE_BYTES + width * height // SMALL_PICTURE_PIXELS
    return frozenset(digest for digest, size in zip(rows.digests, rows.sizes, strict=True) if size < limit)


def _dull_units(track: Track, rows: PacketRows) -> frozenset[bytes]:
    """Packets whose picture is of low information; where pictures were not measured, none."""
    pictures = track.pictures
    if pictures is None:
        return frozenset()
    dull = {pts for pts, flags in zip(pictures.pts, pictures.flags, strict=True) if flags & PICTURE_LOW_INFORMATION}
    return frozenset(digest for digest, pts in zip(rows.digests, rows.pts, strict=True) if pts in dull)


def _silent_units(track: Track, rows: PacketRows, starts: Sequence[int]) -> frozenset[bytes]:
    """Packets all of whose decoded blocks are silent; where sound was not decoded, none."""
    blocks = track.sound
    if blocks is None or not len(blocks) or not blocks.sample_rate:
        return frozenset()
    loud = [0, *accumulate(level > 0 for level in blocks.levels)]
    # Block number = (pts - first pts) * above // below; sound outside the measured blocks counts as silent.
    above = track.time_base.numerator * blocks.sample_rate
    below = track.time_base.denominator * BLOCK
    most = len(blocks)
    silent = []
    for digest, start, duration in zip(rows.digests, starts, rows.durations, strict=True):
        ticks = start - blocks.start_pts
        first = min(max(ticks * above // below, 0), most)
        last = min(max((ticks + max(duration, 1)) * above // below + 1, 0), most)
        if loud[first] == loud[last]:
            silent.append(digest)
    return frozenset(silent)


_MAKERS: Final[dict[Level, Callable[[Track, Fraction], Line | None]]] = {
    "packets": _packet_line,
    "pictures": _picture_line,
    "blocks": _block_line,
}
