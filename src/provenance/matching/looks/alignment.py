"""Which pictures of two tracks show the same moment, and at which speed: straight courses through their likeness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.looks.courses import BEYOND, SHORT, SPEEDS, Course, reached, step_of
from provenance.matching.looks.fitting import SAME_SPEED, SPREAD, fitted, peaks
from provenance.matching.looks.sight import nearest
from provenance.matching.looks.speeds import of_moments, two_likest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.laying import Array, Pair

    Times = NDArray[np.float64]

__all__ = ["LEAST_PICTURES", "LEFT_WHOLE", "Course", "Search", "at_best", "likeness_along"]

#: A course at speed 1 that is this good is not tried at other speeds.
_GOOD: Final = 0.9
#: Small pictures a stretch has at least: movement of fewer cannot be compared.
LEAST_PICTURES: Final = 3
#: Likeness from which a picture speaks for a course, and not against it.
_FOR: Final = 0.25
#: Part of the usual contrast below which an evidence picture says nothing for or against a course.
_DARK: Final = 0.1
#: Evidence pictures that a course is looked for by, and offsets tried at one speed; and the same of every other speed.
#: With them the search takes 0.1 s at one speed and 1 to 2 s at all of them, however long the files are.
_SEARCH, _SEARCH_OF_SPEEDS = (400, 4_000), (100, 600)
#: Courses of one evidence in one pose: pieces of a file that was put together from it, or a loop's rounds.
MOST_COURSES: Final = 128
#: Gain that one more course has to add: two small pictures that nothing else explains.
_WORTH: Final = 1.0


class Search:
    """Courses through the likeness of a pair, where the questioned pictures are ``free``."""

    def __init__(self, pair: Pair, free: NDArray[np.bool_]) -> None:
        self._pair = pair
        self._free = free
        self._value = np.where(free[None, :], pair.value, 0.0)
        # Without either track's own mean an excerpt is like other moments more than like its own: not for exact speeds.
        self._plainly = np.where(free[None, :], pair.likeness, 0.0)
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
        moved = self._voted() if plain else None
        if moved is not None and abs(moved.speed - 1) > SAME_SPEED and self._errs_less(moved, plain):
            return self._explaining((1.0, moved.speed), moved)
        whole = self.from_end_to_end() if plain else None
        if whole is not None:
            return self._of_a_whole(whole, plain)
        if plain and self._explained(plain) >= _GOOD:
            return plain
        other = self._along(SPEEDS, most=_SEARCH_OF_SPEEDS)
        if other is not None:
            other = self._along((other.speed,), around=other.offset)
        if other is None or other.gain <= 0:
            return plain
        drift = abs(other.speed - 1) * float(np.ptp(self._pair.questioned_times))
        if plain and not (_is_better(other, plain) and drift >= _LEAST_DRIFT):
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
            if abs(course.speed - 1) > SAME_SPEED:
                course = self._refined(course, self._plainly)
            if any(
                (one.speed, one.offset) == (course.speed, course.offset) for one in found
            ):  # fitting took it back to one that is known: so would every further round
                break
            found.append(course)
            base = np.maximum(0.0 if base is None else base, self.along_questioned(course))
        return found

    def _explained(self, courses: Sequence[Course]) -> float:
        """Mean likeness of the free questioned pictures, each on the course that suits it."""
        values = np.stack([self.along_questioned(one) for one in courses]).max(0)[self._free]
        return float(values.mean()) if len(values) else 0.0

    def along_questioned(self, course: Course) -> Times:
        """How alike each questioned small picture is on this course; -1 where the evidence does not reach."""
        return self._along_questioned(course, self._value)

    def _along_questioned(self, course: Course, value: NDArray[np.floating]) -> Times:
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
        values = value[rows, near[rows]]
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
        first, second = two_likest(here, self._value[rows])
        likest = np.concatenate([there - speed * here[first], there - speed * here[second]])
        return np.append(grid, likest)

    def _refined(self, course: Course, value: NDArray[np.floating] | None = None) -> Course:
        """The course through the best questioned moment of each evidence picture."""
        value = self._value if value is None else value
        for _ in range(_ROUNDS):
            again = fitted(course, peaks(self._pair, value, course))
            if not SPEEDS[0] <= again.speed * BEYOND <= SPEEDS[-1] * BEYOND**2:
                return course
            if abs(again.speed - course.speed) < SAME_SPEED / 2:
                return again
            course = again
        return course

    def _voted(self) -> Course | None:
        """The course on which most evidence pictures' likest moments lie, whatever its speed; None without any."""
        line = of_moments(self._pair, self._plainly, self._rows(_SEARCH_OF_SPEEDS[0]), surer=_FOR)
        if line is None:
            return None
        course = self._refined(line, self._plainly)
        along = self._along_questioned(course, self._plainly)
        mine = along[self._free & (along >= _FOR)]
        return replace(course, score=float(mine.mean()), gain=float(len(mine))) if len(mine) else None

    def _errs_less(self, other: Course, plain: Sequence[Course]) -> bool:
        """Whether another speed leaves clearly less unexplained than courses of speed 1 where it explains anything.

        A camera that moves on at one pace makes every moment like its neighbours: a wrong speed is nearly as alike as
        the right one, but what it leaves is several times as much.
        """
        with_it, without = self._left_by([other]), self._left_by(plain)
        mine = self._free & (with_it <= 1 - _FOR)
        if not mine.any() or mine.sum() < _AS_LONG * (self._free & (without <= 1 - _FOR)).sum():
            return False
        spread = float(np.ptp(self._pair.questioned_times[mine]))
        told = spread >= SPREAD and abs(other.speed - 1) * spread >= _LEAST_DRIFT
        return told and bool(with_it[mine].mean() <= _LEFT * without[mine].mean())

    def from_end_to_end(self) -> Course | None:
        """The course of a short file that shows the whole recording a little faster or slower; None of any other."""
        (begins, ends), (first, last) = self._pair.questioned_span, self._pair.evidence_span
        if not 0 < ends - begins <= SHORT or not self._free.all():
            return None
        speed = (last - first) / (ends - begins)
        if not SAME_SPEED < abs(speed - 1) <= _A_LITTLE:
            return None
        course = Course(0.0, speed, first - speed * begins)
        along = self.along_questioned(course)
        return replace(course, score=float(along.mean()), gain=float(len(along)))

    def _of_a_whole(self, whole: Course, plain: list[Course]) -> list[Course]:
        """The courses of a short file as long as the recording, nearly: at another speed, or with a jump, or as it was.

        What was cut out, or held, in the middle makes a file shorter or longer as a speed does.
        """
        (begins, ends), (first, last) = self._pair.questioned_span, self._pair.evidence_span
        early, late = (Course(0.0, 1.0, offset, 1.0) for offset in (first - begins, last - ends))
        at_speed, at_one, before, after = (self._at_evidence(some) for some in ([whole], plain, [early], [late]))
        rows = np.isfinite(at_speed) & np.isfinite(at_one)
        sped, apart, *parts = (1 - np.clip(one[rows], 0, 1) for one in (at_speed, at_one, before, after))
        up_to, from_on = (np.append(0.0, np.cumsum(one)) for one in parts)
        jumped = float((up_to + from_on[-1] - from_on).min())
        if not rows.any():
            return plain
        if sped.sum() <= LEFT_WHOLE * min(apart.sum(), jumped):
            return [whole]
        return [early, late] if jumped <= LEFT_WHOLE * min(apart.sum(), sped.sum()) else plain

    def _at_evidence(self, courses: Sequence[Course]) -> Times:
        """How alike each evidence picture is on the best of some courses; -inf where none reaches it."""
        here = self._pair.questioned_times
        found = np.full(len(self._pair.evidence_times), -np.inf)
        for course in courses:
            moments = course.here(self._pair.evidence_times)
            near = nearest(here, moments)
            rows = np.flatnonzero(self._reached(moments, near))
            found[rows] = np.maximum(found[rows], self._value[rows, near[rows]])
        return found

    def _left_by(self, courses: Sequence[Course]) -> Times:
        """What the best of some courses leaves unexplained of each questioned picture: 0 where they are the same."""
        left: Times = 1 - np.stack([self._along_questioned(one, self._plainly) for one in courses]).max(0)
        return left


def _is_better(other: Course, plain: Sequence[Course]) -> bool:
    """Whether another speed explains more than speed 1, and better: one picture more would be no reason."""
    together = sum(one.gain for one in plain) - _WORTH * (len(plain) - 1)
    return other.gain > together * _BY_CHANCE and other.score > plain[0].score + _MORE_ALIKE


#: Times the gain of speed 1, and likeness more than it, that the best of all other speeds may have by chance alone.
_BY_CHANCE, _MORE_ALIKE = 1.05, 0.03
#: How often a course is fitted again, where the speed changes.
_ROUNDS: Final = 3
#: Part of what courses of speed 1 leave unexplained that another speed may leave; part of what they explain that it has
#: to; and seconds by which it has to drift, as in a fit. `fixtures/city.mp4` at 0.5 to 1.3 times left 0.00 to 0.03.
_LEFT, _AS_LONG, _LEAST_DRIFT = 0.5, 0.9, 0.15
#: The most by which the speed of a course from end to end is not 1, chosen; and the part of what speed 1 leaves
#: unexplained that it may leave: at 1.05 and 0.95 times the speed it left 0.16 to 0.73, 2.4 s (docs/adr/0068).
_A_LITTLE, LEFT_WHOLE = 0.12, 0.75


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
