"""A course at any speed, from the moments that single pictures are likest to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.looks.courses import BEYOND, OFF_MOMENT, SPEEDS, Course, reached, step_of
from provenance.matching.looks.fitting import FIT, voted
from provenance.matching.looks.laying import evidence_gap
from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.laying import Pair

    Times = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Likeness = NDArray[np.floating]

#: Seconds by which the ends of a course are moved, first and then, and how often either way.
_TURNED, _TURNS = (0.2, 0.04), 4
#: How often the ends are moved by as much.
_ROUNDS: Final = 3


def of_moments(pair: Pair, value: Likeness, rows: Rows, *, surer: float) -> Course | None:
    """The course on which most evidence pictures ``rows`` have their likest moments; None without any.

    ``value``: likeness, shape (evidence, questioned); ``surer``: what a moment has to be alike more than, to count.
    """
    if len(rows) < FIT:
        return None
    here = pair.questioned_times
    first, second = two_likest(here, value[rows])
    sure = np.take_along_axis(value[rows], np.column_stack([first, second]), 1) - surer
    moments = np.column_stack([here[first], here[second]])
    line = voted(pair.evidence_times[rows], moments, np.maximum(sure, 0), (SPEEDS[0], SPEEDS[-1]))
    return None if line is None else _turned(pair, value, rows, Course(0, *line))


def two_likest(here: Times, value: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each row of ``value`` the likest of the moments ``here``, and the likest of those not near it."""
    first = value.argmax(1)
    apart = np.abs(here[None, :] - here[first][:, None]) > 2 * OFF_MOMENT
    return first, np.where(apart, value, -1.0).argmax(1)


def _turned(pair: Pair, value: Likeness, every: Rows, course: Course) -> Course:
    """The course with its ends moved to where the most is alike: single moments are less sure than all of them."""
    for step in _TURNED:
        shifts = step * np.arange(-_TURNS, _TURNS + 1, dtype=np.float64)
        for _ in range(_ROUNDS):
            again = _turned_by(pair, value, every, course, shifts)
            if again == course:
                break
            course = again
    return course


def _turned_by(pair: Pair, value: Likeness, every: Rows, course: Course, shifts: Times) -> Course:
    here, there = pair.questioned_times, pair.evidence_times[every]
    step = step_of(pair)
    moments = course.here(there)
    on_it = np.flatnonzero(reached(here, moments, nearest(here, moments), step))
    if len(on_it) < FIT:
        return course
    first, last = moments[on_it[[0, -1]]]
    length = there[on_it[-1]] - there[on_it[0]]
    begins, ends = (part.ravel() for part in np.meshgrid(first + shifts, last + shifts, indexing="ij"))
    begins, ends = np.append(first, begins), np.append(last, ends)
    sound = (ends - begins) * SPEEDS[-1] * BEYOND >= length
    sound &= (ends - begins) * SPEEDS[0] <= length * BEYOND
    begins, speeds = begins[sound], length / (ends[sound] - begins[sound])
    if not len(begins) or begins[0] != first:
        return course
    tried = begins[:, None] + (there - there[on_it[0]])[None, :] / speeds[:, None]
    near = nearest(here, tried)
    close = reached(here, tried, near, step)
    alike = np.where(close, value[every[None, :], near], 0.0).sum(1) / np.maximum(close.sum(1), 1)
    # How much of the questioned file they reach, to a row: the faster it is the more rows fall on a second of it.
    reach = np.where(close, tried, -np.inf).max(1) - np.where(close, tried, np.inf).min(1)
    worth = alike * np.clip(reach + evidence_gap(pair) / speeds, 0, np.ptp(here))
    best = int(worth.argmax())
    if worth[best] <= worth[0]:
        return course
    return Course(0, float(speeds[best]), float(there[on_it[0]] - speeds[best] * begins[best]))
