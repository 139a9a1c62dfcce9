"""How the sound beside one picture segment lies: in step with its pictures, moved against them, or other.

A cut takes sound away as it takes pictures. Where pictures were compared by looks, a cut of a few can go unseen; the
sound behind it is still the recording's, and lies at another place than before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import MOST_PRINTED, PRINT_RATE
from provenance.matching.background import threshold
from provenance.matching.sounds.heard import Course, beside, pitch_of
from provenance.matching.sounds.search import fitted
from provenance.matching.sounds.states import stretches, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from provenance.comparison import Segment
    from provenance.matching.sounds.heard import Beside, Heard
    from provenance.matching.sounds.states import Stretch

#: Rows by which sound may lie beside its pictures without being told as shifted: 120 ms. Pictures are aligned by looks
#: to 0.1 s (p90), coders delay sound by up to 0.05 s; ITU-R BT.1359-1 calls 90 ms early and 185 ms late acceptable.
IN_STEP: Final = 6
#: Rows to either side in which the sound behind a jump is looked for: a second. What lies farther is left to the search
#: over the whole print.
_NEAR: Final = PRINT_RATE
#: Rows that sound behind a jump has to last: over a second, unrelated sounds at their best of all places had 0.426 of
#: bits wrong at least (``sounds.probe``).
_LASTS: Final = PRINT_RATE
#: Rows of one window (0.25 s): a stretch that is no longer is made of windows that hold sound of both sides of a joint.
_BLURRED: Final = 12
#: Rows of silence that are told of beyond the ends of both prints (a minute), and the least speed reckoned with there.
_SILENT: Final = 60 * PRINT_RATE
_LEAST_SPEED: Final = 1e-3
#: Jumps that are followed inside what one course leaves; what lies behind more of them is told as other sound.
_MOST_JUMPS: Final = 8


@dataclass(frozen=True, slots=True)
class Lain:
    """A stretch and the course along which it was compared; ``away``: rows that this lies behind the one in step."""

    stretch: Stretch
    course: Course
    away: float = 0.0

    @property
    def moved(self) -> bool:
        """Whether it is the recording's sound at another place than beside its pictures."""
        return self.stretch.same and abs(self.away) > IN_STEP


@dataclass(frozen=True, slots=True)
class Part:
    """What was found beside one picture segment; stretches are numbered from questioned row ``first`` on."""

    segment: Segment
    first: int
    course: Course
    parts: tuple[Lain, ...]


def follow(questioned: Heard, evidence: Heard, segments: Iterable[Segment]) -> tuple[Part, ...]:
    """The stretches beside each picture segment: in step at the delay of at most 120 ms that fits best, or moved.

    Joints of pictures are told early or late: what lies at one is also held against the sound on its other side.
    """
    parts = [_beside(questioned, evidence, one) for one in segments]
    pair, found = _Pair(questioned, evidence), []
    for part in parts:
        courses = [other.course for other in parts if other is not part]
        lain = _without_blurs(part.parts)
        lain[0], lain[-1] = (pair.across(one, part.first, courses) for one in (lain[0], lain[-1]))
        found.append(replace(part, parts=tuple(lain)))
    return tuple(found)


def _without_blurs(parts: Iterable[Lain]) -> list[Lain]:
    """``parts`` with what is too short to be told joined to the recording's sound before or behind it."""
    found: list[Lain] = []
    for one in parts:
        before = found[-1] if found else None
        if before is None or one.stretch.same or one.stretch.says > _BLURRED:
            if before is not None and not before.stretch.same and before.stretch.says <= _BLURRED and one.stretch.same:
                found[-1] = replace(one, stretch=replace(one.stretch, first=before.stretch.first))
            else:
                found.append(one)
        elif before.stretch.same:
            found[-1] = replace(before, stretch=replace(before.stretch, last=one.stretch.last))
        else:
            found.append(one)
    return found


def _beside(questioned: Heard, evidence: Heard, segment: Segment) -> Part:
    speed = float(segment.speed)
    start = float((segment.evidence.start - evidence.start) * PRINT_RATE)
    offset = start - speed * float((segment.questioned.start - questioned.start) * PRINT_RATE)
    rows = _rows(questioned, evidence, segment, Course(offset, speed))
    first = int(rows[0])
    pair = _Pair(questioned, evidence)
    course = pair.in_step(rows, Course(offset, speed))
    parts = stretches(beside(questioned, evidence, rows, course))
    found = [lain for one in parts for lain in pair.settled(one, rows, course)]
    return Part(segment, first, course, tuple(found))


def _rows(questioned: Heard, evidence: Heard, segment: Segment, course: Course) -> NDArray[np.int64]:
    """Questioned rows of ``segment``, but for those far from all rows of both prints, where there is silence on both.

    A picture can be held for days in silence, and a forged file can state that it is held for ages.
    """
    low, high = questioned.row(segment.questioned.start), questioned.row(segment.questioned.end)
    slope = max(course.speed, _LEAST_SPEED)
    ends = (-course.offset / slope, (len(evidence) - course.offset) / slope)
    first = min(max(low, min(0, floor(ends[0])) - _SILENT), max(high - 1, low))
    last = min(high, max(len(questioned), ceil(ends[1])) + _SILENT, first + MOST_PRINTED)
    return np.arange(first, max(last, first + 1))


@dataclass(frozen=True, slots=True)
class _Pair:
    questioned: Heard
    evidence: Heard

    def beside(self, rows: NDArray[np.int64], course: Course) -> Beside:
        return beside(self.questioned, self.evidence, rows, course)

    def in_step(self, rows: NDArray[np.int64], start: Course) -> Course:
        """The course near ``start`` along which fewest bits differ, with the pitch and without, its speed fitted."""
        tried = [
            Course(start.offset + step, start.speed, pitch)
            for pitch in sorted({0, pitch_of(start.speed)}, key=abs)
            for step in sorted(range(-IN_STEP, IN_STEP + 1), key=abs)
        ]
        best = min(tried, key=lambda one: self.beside(rows, one).mean)
        better = fitted(self.questioned, self.evidence, best, range(int(rows[0]), int(rows[-1]) + 1))
        if max(abs(better.place(float(end)) - start.place(float(end))) for end in (rows[0], rows[-1])) > IN_STEP:
            return best
        return min((best, better), key=lambda one: self.beside(rows, one).mean)

    def settled(self, one: Stretch, rows: NDArray[np.int64], course: Course, jumps: int = 0) -> Iterator[Lain]:
        """``one`` (numbered in ``rows``) as it is, or parted where the recording's sound lies beside the course."""
        mine = rows[one.first : one.last + 1]
        moved = None if one.same or one.loud < _LASTS or jumps == _MOST_JUMPS else self._moved(mine, course)
        if moved is None:
            yield Lain(one, course)
            return
        for again in stretches(self.beside(mine, moved)):
            placed = replace(again, first=again.first + one.first, last=again.last + one.first)
            if again.same:
                yield Lain(placed, moved, moved.offset - course.offset)
                continue
            left = whole(self.beside(rows[placed.first : placed.last + 1], course))
            yield from self.settled(replace(left, first=placed.first, last=placed.last), rows, course, jumps + 1)

    def across(self, one: Lain, first: int, courses: Iterable[Course]) -> Lain:
        """A short stretch that is not the recording's, or the same along one of ``courses``, if it is there."""
        stretch = one.stretch
        if stretch.same or stretch.says >= _LASTS:
            return one
        rows = np.arange(first + stretch.first, first + stretch.last + 1)
        for course in courses:
            there = whole(self.beside(rows, course))
            if there.error <= threshold("sounds.same") and there.loud >= there.says / 2:
                placed = replace(there, first=stretch.first, last=stretch.last, same=True)
                middle = float(rows[len(rows) // 2])
                return Lain(placed, course, course.place(middle) - one.course.place(middle))
        return one

    def _moved(self, rows: NDArray[np.int64], course: Course) -> Course | None:
        """The course at most a second beside ``course`` along which most of ``rows`` are the recording's sound."""
        best, most = None, (_LASTS - 1, 0.0)
        for step in range(-_NEAR, _NEAR + 1):
            if abs(step) <= IN_STEP:
                continue
            tried = course.moved(float(step))
            found = self.beside(rows, tried)
            errors = np.where(found.loud, found.errors, 0.5)
            explained = _explained(errors), -float(errors.mean())
            if explained > most:
                best, most = tried, explained
        return best


def _explained(errors: NDArray[np.float64]) -> int:
    """Rows in windows of a second, in which so few bits differ that it is the recording's sound."""
    if len(errors) < _LASTS:
        return 0
    sums = np.concatenate([[0.0], np.cumsum(errors)])
    good = (sums[_LASTS:] - sums[:-_LASTS]) / _LASTS <= threshold("sounds.same")
    return int((np.convolve(good, np.ones(_LASTS)) > 0).sum())
