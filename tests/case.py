"""What the stock ffmpeg program says about a file and what was made of it: the facts that verdicts are graded by."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import stock
from material import Material, NotPossible

#: Sound of which nothing was changed; an excerpt's sound may be told either way (formats: "beside the picture").
UNTOUCHED = frozenset({"identical", "same", "excerpt"})
NO_SOUND = frozenset({"absent", "not-checked"})
#: Places in time agree within this many seconds, or more where pictures last longer (:attr:`Case.tolerance`).
TOLERANCE = Fraction(1, 10)


@dataclass(frozen=True)
class Piece:
    """A range of the questioned file and where it comes from; seconds after the first shown picture of each file."""

    questioned: tuple[Fraction, Fraction]
    evidence: tuple[Fraction, Fraction]
    source: str = "evidence"  # or "partner"
    held: Fraction = Fraction(0)  # seconds that the last picture stays beyond its own, until the next is shown


@dataclass(frozen=True)
class Case:
    """A file, what was made of it, and what ffmpeg says about both."""

    name: str
    material: Material
    made: Path

    @cached_property
    def streams(self) -> tuple[stock.Stream, ...]:
        try:
            return stock.packets(self.made)
        except stock.FfmpegFailed:
            return ()

    @cached_property
    def pictures(self) -> tuple[stock.Row, ...]:
        return stock.pictures(self.made) if any(stream.kind == "video" for stream in self.streams) else ()

    @cached_property
    def shown(self) -> list[str]:
        return [row.digest for row in self.pictures]

    @cached_property
    def was_shown(self) -> list[str]:
        return [row.digest for row in self.material.pictures]

    @cached_property
    def tolerance(self) -> Fraction:
        """Seconds: :data:`TOLERANCE`, four pictures (a reordering at a cut), or the longest picture."""
        durations = sorted(row.duration for row in self.material.pictures) or [Fraction(0)]
        return max(TOLERANCE, 4 * durations[len(durations) // 2], durations[-1])

    @property
    def sound(self) -> frozenset[str]:
        return UNTOUCHED if self.material.sounds else NO_SOUND

    def lead(self, streams: tuple[stock.Stream, ...], pictures: tuple[stock.Row, ...]) -> Fraction:
        """Seconds from the earliest unit of any track to the first shown picture."""
        starts = [row.start for stream in streams for row in stream.rows[:8]]
        return (
            max(Fraction(0), pictures[0].start - max(Fraction(0), min(starts))) if starts and pictures else Fraction(0)
        )

    @cached_property
    def leads(self) -> tuple[Fraction, Fraction]:
        """Of the made file and of the evidence: their time lines may be counted from either."""
        return self.lead(self.streams, self.pictures), self.lead(self.material.streams, self.material.pictures)

    @cached_property
    def runs(self) -> tuple[Piece, ...]:
        """Stretches of the made file whose pictures are consecutive pictures of the evidence, by decoded digests."""
        return runs_of(self.pictures, self.material.pictures, "evidence")

    @cached_property
    def hull(self) -> Piece:
        """From the first to the last picture that the evidence has, in both files."""
        if not self.runs:
            raise NotPossible("ffmpeg shows no picture of the recording in the result")
        first, last = self.runs[0], self.runs[-1]
        return Piece((first.questioned[0], last.questioned[1]), (first.evidence[0], last.evidence[1]))

    @cached_property
    def moved(self) -> Fraction:
        """Most that the time between two neighbouring pictures differs from that in the evidence, seconds."""
        made, source = self.pictures, self.material.pictures
        return max(
            (
                abs((made[a + n + 1].start - made[a + n].start) - (source[c + n + 1].start - source[c + n].start))
                for a, b, c, _ in _aligned(made, source)
                for n in range(b - a)
            ),
            default=Fraction(0),
        )

    def in_order(self) -> bool:
        """Whether the runs follow one another in the evidence without repeating anything."""
        return all(a.evidence[1] <= b.evidence[0] for a, b in zip(self.runs, self.runs[1:], strict=False))

    @cached_property
    def changed_packets(self) -> list[Fraction]:
        """Times, after the first shown picture, of picture packets of equal size and other bytes, in place."""
        pairs = zip(self.material.videos[0].rows, self.streams[0].rows, strict=False)
        first = self.material.first
        return [old.start - first for old, new in pairs if old.digest != new.digest and old.size == new.size]


def _aligned(made: tuple[stock.Row, ...], source: tuple[stock.Row, ...]) -> list[list[int]]:
    """First and last in ``made``, first and last in ``source``, of stretches of equal consecutive pictures."""
    places: dict[str, list[int]] = {}
    for number, row in enumerate(source):
        places.setdefault(row.digest, []).append(number)
    runs: list[list[int]] = []
    for number, row in enumerate(made):
        where = places.get(row.digest, [])
        if runs and runs[-1][1] == number - 1 and runs[-1][3] + 1 in where:
            runs[-1][1], runs[-1][3] = number, runs[-1][3] + 1
        elif where:
            later = [place for place in where if not runs or place > runs[-1][3]]
            place = (later or where)[0]
            runs.append([number, number, place, place])
    return runs


def runs_of(made: tuple[stock.Row, ...], source: tuple[stock.Row, ...], name: str) -> tuple[Piece, ...]:
    """Stretches of ``made`` whose pictures are consecutive pictures of ``source``."""
    zero, origin = (made[0].start if made else 0), (source[0].start if source else 0)
    starts = [*(row.start - zero for row in made), Fraction(0)]
    return tuple(
        Piece(
            (starts[a], made[b].end - zero),
            (source[c].start - origin, source[d].end - origin),
            name,
            max(Fraction(0), starts[b + 1] - (made[b].end - zero)),
        )
        for a, b, c, d in _aligned(made, source)
    )
