"""The sound print of one track in arrays, and how far two prints differ along a straight course."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import log
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.binding.soundprint import HIGHEST, LOWEST
from provenance.comparison import Span
from provenance.evidence import PRINT_BITS, PRINT_RATE
from provenance.matching.background import threshold
from provenance.matching.line import Lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.evidence import Measurement, Track

#: Octaves (natural) between a band and the next: a sound that is higher by so much has its bits one place on.
BAND_STEP: Final = log(HIGHEST / LOWEST) / (PRINT_BITS + 2)


@dataclass(frozen=True)
class Heard:
    """``codes`` u64 and ``levels`` u8, one a row; ``start``: seconds, since the file's start, of the first row."""

    source: str
    track: Track
    codes: NDArray[np.uint64]
    levels: NDArray[np.uint8]
    start: Fraction

    @classmethod
    def of(cls, source: str, measured: Measurement) -> Heard | None:
        """The print of the track that a player plays; None where none was measured or it has no rows."""
        tracks = [one for one in measured.of_kind("sound") if one.sound_print]
        if not tracks:
            return None
        track = next((one for one in tracks if one.presentation.default), tracks[0])
        return cls.of_track(source, track, Lines(measured))

    @classmethod
    def of_track(cls, source: str, track: Track, lines: Lines) -> Heard | None:
        """The print of one track of a file; None where there is none, or nothing says when it starts."""
        line, rows = lines.of("packets", track), track.sound_print
        if line is None or not rows:
            return None
        codes = np.frombuffer(rows.codes, ">u8").astype(np.uint64)
        start = rows.start_pts * track.time_base - line.zero
        return cls(source, track, codes, np.frombuffer(rows.levels, np.uint8), start)

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def is_loud(self) -> NDArray[np.bool_]:
        """Whether each row holds more than silence."""
        return self.levels >= threshold("sounds.silence")

    def row(self, seconds: Fraction) -> int:
        """Number of the row nearest to a moment; may lie outside the print."""
        return round((seconds - self.start) * PRINT_RATE)

    def seconds(self, row: float) -> Fraction:
        """The moment of a row, to a thousandth of a row."""
        return self.start + Fraction(round(row * 1000), 1000 * PRINT_RATE)

    def span(self, first: int, last: int) -> Span:
        """From the moment of row ``first`` to that behind row ``last``."""
        return Span(self.seconds(first), self.seconds(last + 1))


@dataclass(frozen=True, slots=True)
class Course:
    """Questioned row r lies beside evidence row ``offset + speed * r``; its bits are ``pitch`` places higher."""

    offset: float
    speed: float = 1.0
    pitch: int = 0

    def place(self, row: float) -> float:
        """The evidence row beside a questioned one."""
        return self.offset + self.speed * row

    def moved(self, rows: float) -> Course:
        """The same course, ``rows`` later in the evidence."""
        return Course(self.offset + rows, self.speed, self.pitch)


@dataclass(frozen=True, slots=True)
class Beside:
    """Columns, one entry a questioned row: ``errors``, the part of bits that differ; ``loud``: both are there and loud.

    ``hushed``: silent where the evidence is not. ``added``: loud where the evidence is silent.
    """

    errors: NDArray[np.float64]
    loud: NDArray[np.bool_]
    hushed: NDArray[np.bool_]
    added: NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """Errors over the rows in which both are loud; 1 where there are none."""
        return float(self.errors[self.loud].mean()) if self.loud.any() else 1.0

    @property
    def says(self) -> NDArray[np.bool_]:
        """Rows that say anything: silence on both sides does not."""
        return self.loud | self.hushed | self.added


def beside(questioned: Heard, evidence: Heard, rows: NDArray[np.int64], course: Course) -> Beside:
    """How the questioned ``rows`` differ from what lies beside them; what lies outside a print is silence."""
    places = np.rint(course.offset + course.speed * rows).astype(np.int64)
    ours, our_levels = _at(questioned, rows)
    theirs, their_levels = _at(evidence, places)
    differ, bits = differences(ours, theirs, course.pitch)
    silence, gap = threshold("sounds.silence"), threshold("sounds.hushed")
    hushed = (our_levels < silence) & (their_levels >= our_levels + gap)
    added = (their_levels < silence) & (our_levels >= their_levels + gap) & (our_levels >= silence)
    loud = (our_levels >= silence) & (their_levels >= silence)
    return Beside(differ / bits, loud, hushed, added)


def differences(ours: NDArray[np.uint64], theirs: NDArray[np.uint64], pitch: int) -> tuple[NDArray[np.float64], int]:
    """Bits that differ when ours are moved by ``pitch`` bands, and how many are compared."""
    kept = PRINT_BITS - abs(pitch)
    places = np.uint64(abs(pitch))
    if pitch >= 0:
        mask = np.uint64((2**kept - 1) << pitch)
        wrong = ((ours << places) ^ theirs) & mask
    else:
        mask = np.uint64(2**kept - 1)
        wrong = ((ours >> places) ^ theirs) & mask
    return np.bitwise_count(wrong).astype(np.float64), kept


def pitch_of(speed: float) -> int:
    """Places by which bits move where sound is played ``speed`` times as fast and its pitch rises with it."""
    return round(log(speed) / BAND_STEP)


def _at(heard: Heard, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    inside = (rows >= 0) & (rows < len(heard))
    places = np.clip(rows, 0, max(len(heard) - 1, 0))
    return np.where(inside, heard.codes[places], np.uint64(0)), np.where(
        inside, heard.levels[places].astype(np.int64), 0
    )
