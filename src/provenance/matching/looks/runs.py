"""Which stretch of a questioned file follows which course: the most likely way through all of it, by Viterbi."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course

#: Likeness of what follows no course: a small picture that is more alike belongs to a piece.
FOREIGN: Final = 0.3
#: What going over to another course, or to none and back, costs, in small pictures of the evidence that are wholly
#: alike: a better course has to be better for about two of them.
_JUMP, _LEAVE = 0.6, 0.3
#: Times as much that being less alike than that counts: one picture of something else is told.
_AGAINST: Final = 2.0
#: Times at which a way is looked for: a three-hour file has one each second.
_MOST_STEPS: Final = 12_000


@dataclass(frozen=True, slots=True)
class Run:
    """Questioned small pictures ``first`` to ``last`` follow ``course``."""

    course: Course
    first: int
    last: int


def runs_of(
    times: NDArray[np.float64],
    values: Sequence[tuple[Course, NDArray[np.float64]]],
    free: NDArray[np.bool_],
    gap: float,
) -> list[Run]:
    """The runs of the best way, in order of time.

    ``times``: of the questioned small pictures; ``values``: how alike each is along each course, -1 where it has none;
    ``free``: which may belong to a run at all; ``gap``: seconds between small pictures of the evidence.
    """
    if not values or not len(times):
        return []
    steps = np.arange(0, len(times), -(-len(times) // _MOST_STEPS))
    worth = np.stack([np.where(free[steps], value[steps], -1.0) for _, value in values]) - FOREIGN
    worth = np.where(worth < 0, _AGAINST * worth, worth)
    # What one evidence picture says is interpolated to all questioned ones near it: each counts its part of that.
    spacing = np.diff(times[steps], append=times[steps[-1]] + (times[-1] - times[0]) / max(1, len(times) - 1))
    worth *= np.clip(spacing / max(gap, 1e-3), 0, 1)[None, :]
    way = _way(worth)
    breaks = np.flatnonzero(np.diff(way)) + 1
    found = []
    for part in np.split(np.arange(len(steps)), breaks):
        state = int(way[part[0]])
        if state >= 0:
            last = steps[part[-1] + 1] - 1 if part[-1] + 1 < len(steps) else len(times) - 1
            found.append(Run(values[state][0], int(steps[part[0]]), int(last)))
    return found


def _way(worth: NDArray[np.float64]) -> NDArray[np.int64]:
    """The course at each time, -1 for none. ``worth``: shape (courses, times), above what no course is worth."""
    states = np.vstack([np.zeros(worth.shape[1]), worth])
    total = states[:, 0].copy()
    came = np.zeros(states.shape, np.int32)
    own = np.arange(len(states), dtype=np.int32)
    cost = np.append(_LEAVE, np.full(len(worth), _JUMP))  # into none; into a course from another
    for at in range(1, states.shape[1]):
        best = int(total.argmax())
        arriving = total[best] - (cost if best else _LEAVE)
        jumps = arriving > total
        came[:, at] = np.where(jumps, best, own)
        total = np.where(jumps, arriving, total) + states[:, at]
    way = np.empty(states.shape[1], np.int64)
    state = int(total.argmax())
    for at in range(states.shape[1] - 1, -1, -1):
        way[at] = state - 1
        state = int(came[state, at])
    return way
