"""Where in one print another one sounds: short probes at all places, then each course followed as far as it goes.

Proposals of sources and courses between two prints; what is decided from them is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import PRINT_RATE
from provenance.matching.background import threshold
from provenance.matching.sounds.heard import Course, beside, differences, pitch_of
from provenance.matching.sounds.states import stretches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from provenance.matching.sounds.heard import Heard

#: A probe: 16 rows, every fourth, over 1.3 s; a course that is 1 % off in speed is off by a third of a row at its ends.
_PROBE_ROWS, _PROBE_STEP = 16, 4
#: Part of a probe that has to be loud on both sides.
_LOUD: Final = 0.75
#: Rows from one place at which a probe is held to the next: 40 ms, against windows of 250 ms.
_PLACE_STEP: Final = 2
#: Probes of one file, spread evenly; the shorter of the two is probed, so that a few seconds are found in hours.
_MOST_PROBES: Final = 64
#: Speeds beside 1 that are tried: in steps of 2 %, with the pitch and without.
_SPEEDS: Final = (0.98, 1.02, 0.96, 1.04, 0.94, 1.06, 0.92, 1.08, 0.9, 1.1)
#: Places of one probe that are followed.
_HITS: Final = 3
#: Loud rows by which files are explained, so that other speeds are not asked.
_EXPLAINED: Final = 0.5
#: Rows of a block whose best place the course is fitted to, and rows that it may lie beside the course.
_BLOCK, _BESIDE = 32, 3
#: Rows by which a run has to drift before its speed is told: 40 ms.
_DRIFT: Final = 2.0


@dataclass(frozen=True, slots=True)
class Run:
    """Questioned rows ``first`` to ``last`` lie along ``course``: ``loud`` of them, with this ``error`` of bits."""

    course: Course
    first: int
    last: int
    error: float
    loud: int

    @property
    def weight(self) -> float:
        """Loud rows by how much nearer they are to none than to half of the bits wrong."""
        return self.loud * (0.5 - self.error)


def runs(questioned: Heard, evidence: Heard) -> list[Run]:
    """Where the sound of ``evidence`` is found in ``questioned``, the longest first; they do not overlap."""
    loud = questioned.is_loud
    found: list[Run] = []
    for tier in ((1.0,), _SPEEDS):
        free = loud.copy()
        for _, course, row in _hits(questioned, evidence, free, tier):
            if not free[row]:
                continue  # explained by a course that was followed meanwhile
            run = _followed(questioned, evidence, course, row)
            if run is not None:
                found.append(run)
                free[run.first : run.last + 1] = False
        if loud.sum() - free.sum() >= loud.sum() * _EXPLAINED:
            break
    return _beside_each_other(found)


def _beside_each_other(found: Iterable[Run]) -> list[Run]:
    """The runs that explain most, without what better ones explain; nearly the same speed fits for a while, too."""
    kept: list[Run] = []
    for run in sorted(found, key=lambda one: -one.weight):
        first, last = run.first, run.last
        for other in kept:
            if other.first <= first <= other.last:
                first = other.last + 1
            if other.first <= last <= other.last:
                last = other.first - 1
        inside = any(first <= other.first <= last for other in kept)
        if not inside and last - first >= (run.last - run.first) / 2:
            kept.append(replace(run, first=first, last=last))
    return kept


def _hits(
    questioned: Heard, evidence: Heard, free: NDArray[np.bool_], speeds: Iterable[float] = (1.0, *_SPEEDS)
) -> Iterator[tuple[float, Course, int]]:
    """(error, course, questioned row) of places where a probe of the shorter print fits into the longer, best first."""
    swapped = len(evidence) < len(questioned)
    probed, searched = (evidence, questioned) if swapped else (questioned, evidence)
    found = []
    for speed in speeds:
        for pitch in {0, pitch_of(speed)}:
            for row in _probes(probed, probed.is_loud if swapped else free):
                for error, place in _places(probed, searched, row, Course(0.0, speed, pitch)):
                    course = Course(place - speed * row, speed, pitch)
                    if swapped:
                        course = Course(row - place / speed, 1 / speed, -pitch)
                    found.append((error, course, place if swapped else row))
    yield from sorted(found, key=lambda one: one[0])


def _probes(heard: Heard, wanted: NDArray[np.bool_]) -> list[int]:
    """Middle rows of stretches that say something, at least half a probe apart, spread evenly."""
    length = _PROBE_ROWS * _PROBE_STEP
    sums = np.concatenate([[0], np.cumsum(wanted)])
    starts = np.arange(0, max(len(heard) - length + 1, 0), length // 2)
    filled = starts[(sums[starts + length] - sums[starts]) >= length * _LOUD]
    if len(filled) > _MOST_PROBES:
        filled = filled[np.linspace(0, len(filled) - 1, _MOST_PROBES).astype(np.int64)]
    return [int(start) + length // 2 for start in filled]


def _places(probed: Heard, searched: Heard, row: int, way: Course) -> list[tuple[float, int]]:
    """The best places for the probe around ``row``: error and the row of ``searched`` at its middle."""
    steps = (np.arange(_PROBE_ROWS) - _PROBE_ROWS // 2) * _PROBE_STEP
    shifts = np.rint(steps * way.speed).astype(np.int64)
    low, high = -int(shifts.min()), len(searched) - int(shifts.max())
    if high <= low:
        return []
    middles = np.arange(low, high, _PLACE_STEP)
    wrong, bits, loud = np.zeros(len(middles)), 1, np.zeros(len(middles))
    is_loud = searched.is_loud
    for step, shift in zip(steps, shifts, strict=True):
        codes = searched.codes[low + shift : high + shift : _PLACE_STEP]
        differ, bits = differences(probed.codes[row + step], codes, way.pitch)
        wrong += differ
        loud += is_loud[low + shift : high + shift : _PLACE_STEP]
    errors = np.where(loud >= _PROBE_ROWS * _LOUD, wrong / (bits * _PROBE_ROWS), 1.0)
    best = []
    for _ in range(_HITS):
        at = int(np.argmin(errors))
        if errors[at] > threshold("sounds.probe"):
            break
        best.append((float(errors[at]), int(middles[at])))
        errors[max(0, at - PRINT_RATE // 4) : at + PRINT_RATE // 4] = 1.0
    return best


def _followed(questioned: Heard, evidence: Heard, course: Course, row: int) -> Run | None:
    """The stretch around ``row`` along the course, which is fitted better the longer it gets."""
    half = _PROBE_ROWS * _PROBE_STEP
    while True:
        low, high = max(0, row - half), min(len(questioned), row + half)
        course = fitted(questioned, evidence, course, range(low, high))
        if (low, high) == (0, len(questioned)):
            break
        half *= 2
    run = _run(questioned, evidence, course, row)
    if run is not None and abs(course.speed - 1) * (run.last - run.first) < _DRIFT and course.speed != 1:
        middle = (run.first + run.last) / 2
        straight = Course(course.place(middle) - middle, 1.0, course.pitch)
        run = _run(questioned, evidence, straight, row) or run
    return run


def _run(questioned: Heard, evidence: Heard, course: Course, row: int) -> Run | None:
    ends = sorted(((0 - course.offset) / course.speed, (len(evidence) - 1 - course.offset) / course.speed))
    low, high = max(0, int(np.ceil(ends[0]))), min(len(questioned) - 1, int(ends[1]))
    if not low <= row <= high:
        return None
    parts = stretches(beside(questioned, evidence, np.arange(low, high + 1), course))
    mine = next(one for one in parts if one.first <= row - low <= one.last)
    return Run(course, low + mine.first, low + mine.last, mine.error, mine.loud) if mine.same else None


def fitted(questioned: Heard, evidence: Heard, course: Course, rows: range) -> Course:
    """The line through the best places of blocks, each of them near the course as it was."""
    numbers = np.arange(rows.start, rows.start + len(rows) // _BLOCK * _BLOCK)
    if not len(numbers):
        return course
    steps = np.arange(-_BESIDE, _BESIDE + 1)
    tried = [beside(questioned, evidence, numbers, course.moved(float(step))) for step in steps]
    loud = np.stack([one.loud.reshape(-1, _BLOCK).sum(axis=1) for one in tried])
    wrong = np.stack([np.where(one.loud, one.errors, 0).reshape(-1, _BLOCK).sum(axis=1) for one in tried])
    errors = np.where(loud >= _BLOCK // 2, wrong / np.maximum(loud, 1), 1.0)
    best = errors.argmin(axis=0)
    fits = errors.min(axis=0) <= threshold("sounds.same")
    if fits.sum() == 0:
        return course
    middles = numbers.reshape(-1, _BLOCK).mean(axis=1)[fits]
    away = steps[best[fits]] + _between(errors, best)[fits]
    if len(middles) == 1 or np.ptp(middles) < 2 * _BLOCK:
        return course.moved(float(np.median(away)))
    slope, constant = np.polyfit(middles, away, 1)
    return Course(course.offset + float(constant), course.speed + float(slope), course.pitch)


def _between(errors: NDArray[np.float64], best: NDArray[np.int64]) -> NDArray[np.float64]:
    """Part of a row by which the lowest error lies beside the best step: the vertex of a parabola through three."""
    columns = np.arange(errors.shape[1])
    inner = np.clip(best, 1, len(errors) - 2)
    before, here, behind = (errors[inner + step, columns] for step in (-1, 0, 1))
    bend = before - 2 * here + behind
    part = np.where(bend > 0, (before - behind) / (2 * np.where(bend > 0, bend, 1)), 0.0)
    return np.where(inner == best, np.clip(part, -0.5, 0.5), 0.0)
