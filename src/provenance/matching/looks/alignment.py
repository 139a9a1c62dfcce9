"""Which pictures of two tracks show the same moment, and at which speed: straight courses through their likeness."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.laying import Array, Pair

    Times = NDArray[np.float64]

#: Speeds tried, evidence seconds per questioned second: at 1 first, then in steps of 1 %.
SPEEDS: Final = tuple(step / 100 for step in range(50, 201) if step != 100)  # noqa: PLR2004 - the one tried first
#: A course at speed 1 that is this good is not tried at other speeds.
_GOOD: Final = 0.9
#: Small pictures a stretch has at least: movement of fewer cannot be compared.
LEAST_PICTURES: Final = 3
#: Likeness from which a picture speaks for a course, and not against it.
_FOR: Final = 0.25
#: Seconds that a questioned small picture may lie off the moment of an evidence picture, and still be compared with it.
_OFF_MOMENT: Final = 0.25
#: Part of the usual contrast below which an evidence picture says nothing for or against a course.
_DARK: Final = 0.1
#: Evidence pictures that a course is looked for by, and offsets tried at one speed; and the same of every other speed.
#: With them the search takes 0.1 s at one speed and 1 to 2 s at all of them, however long the files are.
_SEARCH, _SEARCH_OF_SPEEDS = (400, 4_000), (100, 600)
#: Courses of one evidence in one pose: pieces of a file that was put together from it, or a loop's rounds.
MOST_COURSES: Final = 128
#: Gain that one more course has to add: two small pictures that nothing else explains.
_WORTH: Final = 1.0


@dataclass(frozen=True, slots=True)
class Course:
    """Evidence seconds = ``speed`` x questioned seconds + ``offset``.

    ``score``: mean likeness along it; ``gain``: how much speaks for it.
    """

    score: float
    speed: float
    offset: float
    gain: float = 0.0

    def here(self, there: Times) -> Times:
        """Questioned seconds of evidence seconds."""
        moments: Times = (there - self.offset) / self.speed
        return moments

    def there(self, here: float) -> float:
        """Evidence seconds of a questioned second."""
        return float(self.speed * here + self.offset)


def step_of(pair: Pair) -> float:
    """Seconds from one small picture of the questioned track to the next, the median."""
    return float(np.median(np.diff(pair.questioned_times))) if len(pair.questioned_times) > 1 else 0.04


def reached(here: Times, moments: Times, near: NDArray[np.int64], step: float) -> NDArray[np.bool_]:
    """Whether questioned pictures at ``here`` show ``moments``, of which ``near`` are the nearest, ``step`` s apart.

    Not before the first nor after the last. Files of hours have a small picture in seconds only: what lies between two
    of them is not compared.
    """
    inside = (moments >= here[0] - step / 2) & (moments <= here[-1] + step / 2)
    found: NDArray[np.bool_] = inside & (np.abs(here[near] - moments) <= max(_OFF_MOMENT, min(step, 2 * _OFF_MOMENT)))
    return found


class Search:
    """Courses through the likeness of a pair, where the questioned pictures are ``free``."""

    def __init__(self, pair: Pair, free: NDArray[np.bool_]) -> None:
        self._pair = pair
        self._free = free
        self._value = np.where(free[None, :], pair.value, 0.0)
        self._best = self._value.max(1) if self._value.size else np.zeros(0)
        self._step = step_of(pair)
        self._known: dict[float, tuple[Times, NDArray[np.int64], NDArray[np.floating]]] = {}

    def likely(self) -> list[Course]:
        """The best straight course, and that of speed 1 if it is another; none if there is none."""
        best = self.every()[:1]
        plain = self._along((1.0,)) if best and best[0].speed != 1 else None
        return best if plain is None or plain.gain <= 0 else [*best, plain]

    def every(self) -> list[Course]:
        """The best course, then each that explains what those before it do not, at most MOST_COURSES.

        At speed 1 first: a file from which something was cut out is no faster one, so that another speed has to explain
        more than all courses of speed 1 together.
        """
        plain = self._explaining((1.0,), None)
        if plain and self._explained(plain) >= _GOOD:
            return plain
        other = self._along(SPEEDS, most=_SEARCH_OF_SPEEDS)
        if other is not None:
            other = self._along((other.speed,), around=other.offset)
        if other is None or other.gain <= 0 or (plain and not _is_better(other, plain)):
            return plain
        return self._explaining((1.0, other.speed), self._refined(other))

    def _explaining(self, speeds: tuple[float, ...], first: Course | None) -> list[Course]:
        found = [] if first is None else [first]
        base: Times | None = None if first is None else np.maximum(0.0, self.along_questioned(first))
        while len(found) < MOST_COURSES:
            course = self._along(speeds, base=base)
            if course is None or course.gain <= (_WORTH if found else 0):
                break
            course = self._refined(course)
            found.append(course)
            base = np.maximum(0.0 if base is None else base, self.along_questioned(course))
        return found

    def _explained(self, courses: Sequence[Course]) -> float:
        """Mean likeness of the free questioned pictures, each on the course that suits it."""
        values = np.stack([self.along_questioned(one) for one in courses]).max(0)[self._free]
        return float(values.mean()) if len(values) else 0.0

    def along_questioned(self, course: Course) -> Times:
        """How alike each questioned small picture is on this course; -1 where the evidence does not reach."""
        pair = self._pair
        moments = course.here(pair.evidence_times)
        near = nearest(pair.questioned_times, moments)
        close = self._reached(moments, near)
        if not close.any():
            return np.full(len(pair.questioned_times), -1.0)
        contrast = np.linalg.norm(pair.evidence, axis=1)
        rows = np.flatnonzero(close & (contrast >= _DARK * np.median(contrast)))  # black is like everything and nothing
        if not len(rows):
            rows = np.flatnonzero(close)
        values = self._value[rows, near[rows]]
        gap = float(np.median(np.diff(pair.evidence_times))) if len(pair.evidence_times) > 1 else self._step
        out: Times = np.interp(pair.questioned_times, moments[rows], values)
        edge = 0.5 * gap / course.speed + self._step / 2
        outside = (pair.questioned_times < moments[rows[0]] - edge) | (pair.questioned_times > moments[rows[-1]] + edge)
        out[outside] = -1.0
        return out

    def _reached(self, moments: Times, near: NDArray[np.int64]) -> NDArray[np.bool_]:
        return reached(self._pair.questioned_times, moments, near, self._step)

    def _along(
        self,
        speeds: Sequence[float],
        *,
        most: tuple[int, int] = _SEARCH,
        around: float | None = None,
        base: Times | None = None,
    ) -> Course | None:
        """The course along which the most is alike: a long one before a short one that is a little more so.

        ``around``: only offsets within half a second of this one; ``base``: what other courses explain already.
        """
        best: Course | None = None
        for speed in speeds:
            offsets, near, along = self._laid_out(speed, most, around)
            floor = _FOR if base is None else np.maximum(_FOR, base[near])
            gains = np.maximum(along - floor, 0).sum(1)
            at = int(gains.argmax())
            if best is None or gains[at] > best.gain:
                mean = float(along[at].sum()) / max(1, int((along[at] != 0).sum()))
                best = Course(mean, speed, float(offsets[at]), float(gains[at]))
        return best

    def _laid_out(
        self, speed: float, most: tuple[int, int], around: float | None
    ) -> tuple[Times, NDArray[np.int64], NDArray[np.floating]]:
        """Offsets tried, and for each the questioned pictures that evidence pictures fall on, and their likeness."""
        kept = self._known.get(speed) if around is None and most == _SEARCH else None
        if kept is not None:
            return kept
        here, rows = self._pair.questioned_times, self._rows(most[0])
        offsets = self._offsets(rows, speed, most[1], around)
        moments = (self._pair.evidence_times[rows][None, :] - offsets[:, None]) / speed
        near = nearest(here, moments)
        inside = self._reached(moments, near) & self._free[near]
        found = offsets, near, np.where(inside, self._value[rows[None, :], near], 0.0)
        if around is None and most == _SEARCH:  # asked for again by every further course
            self._known[speed] = found
        return found

    def _rows(self, most: int) -> NDArray[np.int64]:
        """All evidence pictures; of many, half spread evenly, half those that are most like something questioned."""
        count = len(self._pair.evidence_times)
        if count <= most:
            return np.arange(count)
        likest = np.argsort(-self._best, kind="stable")[: most // 2]
        return np.unique(np.append(np.linspace(0, count - 1, most // 2).astype(np.int64), likest))

    def _offsets(self, rows: NDArray[np.int64], speed: float, most: int, around: float | None) -> Times:
        """Offsets on a grid, and those of each evidence picture's two likest moments: a grid over hours is coarse."""
        here, there = self._pair.questioned_times, self._pair.evidence_times[rows]
        low, high = there[0] - speed * here[-1], there[-1] - speed * here[0] + self._step
        if around is not None:
            low, high = max(low, around - 0.5), min(high, around + 0.5)
        grid = np.arange(low, high, max(0.02, self._step * speed * 0.75, (high - low) / most))
        if around is not None:
            return np.append(grid, around)
        value = self._value[rows]
        first = value.argmax(1)
        apart = np.abs(here[None, :] - here[first][:, None]) > 2 * _OFF_MOMENT
        second = np.where(apart, value, -1.0).argmax(1)
        voted = np.concatenate([there - speed * here[first], there - speed * here[second]])
        return np.append(grid, voted)

    def _refined(self, course: Course) -> Course:
        """The course through the best questioned moment of each evidence picture, between pictures by a parabola."""
        for _ in range(_ROUNDS):
            again = _fitted(course, *self._peaks(course))
            if abs(again.speed - course.speed) < _SAME_SPEED / 2:
                return again
            course = again
        return course

    def _peaks(self, course: Course) -> tuple[Times, Times, Times]:
        """Best questioned moments near a course, the evidence moments they belong to, and how sharp each is."""
        rows, moments, weights, values = [], [], [], []
        here, value = self._pair.questioned_times, self._value
        around = course.here(self._pair.evidence_times)
        lows, highs = np.searchsorted(here, around - _REACH), np.searchsorted(here, around + _REACH)
        for at in np.flatnonzero(highs - lows >= LEAST_PICTURES).tolist():
            low, high = int(lows[at]), int(highs[at])
            window = value[at, low:high]
            best = int(window.argmax())
            if not 0 < best < len(window) - 1:
                continue
            left, middle, right = (float(window[best + step]) for step in (-1, 0, 1))
            bend = left - 2 * middle + right
            if bend > -_FLAT:  # nothing moves: any moment is as good
                continue
            gap = here[low + best + 1] - here[low + best]
            rows.append(self._pair.evidence_times[at])
            moments.append(here[low + best] + 0.5 * (left - right) / bend * gap)
            weights.append(-bend)
            values.append(middle)
        if not values:
            return np.zeros(0), np.zeros(0), np.zeros(0)
        on_it = np.array(values) >= _PEAK * np.quantile(values, 0.9)  # others are of another course
        sharp = np.array(weights)[on_it]  # at a cut the bend is that of the cut: none may speak for all the others
        weighed = np.minimum(sharp, _SHARPEST * np.median(sharp))
        return np.array(moments)[on_it], np.array(rows)[on_it], weighed


def _is_better(other: Course, plain: Sequence[Course]) -> bool:
    """Whether another speed explains more than speed 1, and better: one picture more would be no reason."""
    together = sum(one.gain for one in plain) - _WORTH * (len(plain) - 1)
    return other.gain > together * _BY_CHANCE and other.score > plain[0].score + _MORE_ALIKE


#: Times the gain of speed 1, and likeness more than it, that the best of all other speeds may have by chance alone.
_BY_CHANCE, _MORE_ALIKE = 1.05, 0.03
#: Seconds around a course in which the best moment of a picture is looked for; and how often, where the speed changes.
_REACH, _ROUNDS = 0.3, 3
#: Part of the likeness of the best moments of a course that a single one has at least.
_PEAK: Final = 0.6
#: Bend of likeness over three pictures below which nothing moves.
_FLAT: Final = 1e-4
#: Times the usual bend that one moment may have as its weight.
_SHARPEST: Final = 2.0
#: Seconds by which a moment may lie off the refined course, and part of the moments that have to lie on a new speed's.
_OFF, _ON_IT = 0.06, 0.7
#: Seconds by which a stretch drifts at another speed before that is told: single moments are off by half as much.
_DRIFT: Final = 0.15
#: Moments that a fit of the speed needs, and seconds that they have to spread over.
_FIT, _SPREAD = 8, 3.0
#: Speeds nearer to 1 than this are 1: half of what formats section 6 tells.
_SAME_SPEED: Final = 0.0025


def _fitted(course: Course, here: Times, there: Times, weights: Times) -> Course:
    """The straight line that most moments lie on: at the speed of the course, unless another is clearly better."""
    if not len(here):
        return course
    plain = replace(course, offset=_median(there - course.speed * here, weights))
    if len(here) < _FIT or np.ptp(here) < _SPREAD:
        return plain
    # Theil and Sen: the median slope of moments half the stretch apart bears a quarter of them being wrong.
    order = np.argsort(here, kind="stable")
    half = len(order) // 2
    one, other = order[: len(order) - half], order[half:]
    speed = float(np.median((there[other] - there[one]) / np.maximum(here[other] - here[one], 1e-6)))
    drifting = replace(course, speed=speed, offset=_median(there - speed * here, weights))
    near = np.abs(there - speed * here - drifting.offset) < _OFF
    at_rest = np.abs(there - plain.speed * here - plain.offset) < _OFF
    drifts = near.any() and abs(speed - course.speed) * float(np.ptp(here[near])) >= _DRIFT
    if drifts and near.sum() >= max(_FIT, _ON_IT * len(here)) and near.sum() > at_rest.sum():
        speed, offset = np.polyfit(here[near], there[near], 1, w=np.sqrt(weights[near]))
        drifting = replace(course, speed=float(speed), offset=float(offset))
        if abs(speed - 1) > _SAME_SPEED and SPEEDS[0] <= speed <= SPEEDS[-1]:
            return drifting
    if abs(plain.speed - 1) <= _SAME_SPEED:
        return replace(plain, speed=1.0, offset=_median(there - here, weights))
    return plain


def _median(values: Times, weights: Times) -> float:
    order = np.argsort(values, kind="stable")
    heavy = np.cumsum(weights[order])
    return float(values[order[int(np.searchsorted(heavy, heavy[-1] / 2))]])


def likeness_along(pair: Pair, course: Course) -> tuple[NDArray[np.int64], Times, Times]:
    """Small pictures of the evidence that the questioned track reaches on this course, their likeness, and of movement.

    Where an evidence picture does not move, the latter is 1: it speaks against nothing.
    """
    here = pair.questioned_times
    moments = course.here(pair.evidence_times)
    near = nearest(here, moments)
    rows = np.flatnonzero(reached(here, moments, near, step_of(pair)))
    moving = np.where(pair.moves[rows], pair.moving[rows, near[rows]], 1.0)
    return rows, pair.likeness[rows, near[rows]].astype(np.float64), moving.astype(np.float64)


def at_best(pair: Pair, course: Course, shifts: Times) -> Course:
    """The same course, earlier or later by the one of ``shifts`` (evidence seconds) at which the most is alike."""
    moments = (pair.evidence_times[None, :] - course.offset - shifts[:, None]) / course.speed
    near = nearest(pair.questioned_times, moments)
    value: Array = pair.value[np.arange(len(pair.evidence_times))[None, :], near].mean(1)
    at = int(value.argmax())
    score = float(value[at])
    return replace(course, offset=course.offset + float(shifts[at]), score=score, gain=score)
