"""The straight line through moments that belong together: speed and offset of a course, to less than a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.laying import Pair

    Times = NDArray[np.float64]

#: Seconds around a course in which the best moment of a picture is looked for, and pictures that lie there at least.
_REACH, _LEAST_NEAR = 0.3, 3
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
FIT, SPREAD = 8, 3.0
#: Speeds nearer to 1 than this are 1: half of what formats section 6 tells.
SAME_SPEED: Final = 0.0025
#: How far apart in their row two moments lie that propose a line; and seconds by which a moment may lie off it: the
#: nearest ones propose speeds that are off by a tenth, which fitting to what lies near mends.
_APART: Final = (2, 3, 5, 8, 13, 21, 34, 55, 89)
_NEAR: Final = 0.12
#: Lines that are fitted again.
_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class Peaks:
    """Best questioned moments ``here``, the evidence moments ``there`` that they belong to, and how sharp each is."""

    here: Times
    there: Times
    sharp: Times


def peaks(pair: Pair, value: NDArray[np.floating], course: Course) -> Peaks:
    """The best moments near a course, between pictures by a parabola. ``value``: shape (evidence, questioned)."""
    rows, moments, weights, values = [], [], [], []
    here = pair.questioned_times
    around = course.here(pair.evidence_times)
    lows, highs = np.searchsorted(here, around - _REACH), np.searchsorted(here, around + _REACH)
    for at in np.flatnonzero(highs - lows >= _LEAST_NEAR).tolist():
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
        rows.append(pair.evidence_times[at])
        moments.append(here[low + best] + 0.5 * (left - right) / bend * gap)
        weights.append(-bend)
        values.append(middle)
    if not values:
        return Peaks(np.zeros(0), np.zeros(0), np.zeros(0))
    on_it = np.array(values) >= _PEAK * np.quantile(values, 0.9)  # others are of another course
    sharp = np.array(weights)[on_it]  # at a cut the bend is that of the cut: none may speak for all the others
    weighed = np.minimum(sharp, _SHARPEST * np.median(sharp))
    return Peaks(np.array(moments)[on_it], np.array(rows)[on_it], weighed)


def fitted(course: Course, best: Peaks) -> Course:
    """The straight line that most moments lie on: at the speed of the course, unless another is clearly better."""
    here, there, weights = best.here, best.there, best.sharp
    if not len(here):
        return course
    plain = replace(course, offset=_median(there - course.speed * here, weights))
    if len(here) < FIT or np.ptp(here) < SPREAD:
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
    most = near.sum() >= max(FIT, _ON_IT * len(here))
    # A speed that is not 1 was not told from others that are nearly the same yet: it is as the moments say.
    if most and (abs(course.speed - 1) > SAME_SPEED or (drifts and near.sum() > at_rest.sum())):
        speed, offset = np.polyfit(here[near], there[near], 1, w=np.sqrt(weights[near]))
        if abs(speed - 1) > SAME_SPEED:
            return replace(course, speed=float(speed), offset=float(offset))
    if abs(plain.speed - 1) <= SAME_SPEED:
        return replace(plain, speed=1.0, offset=_median(there - here, weights))
    return plain


def _median(values: Times, weights: Times) -> float:
    order = np.argsort(values, kind="stable")
    heavy = np.cumsum(weights[order])
    return float(values[order[int(np.searchsorted(heavy, heavy[-1] / 2))]])


def voted(
    there: Times, here: Times, sure: NDArray[np.floating], speeds: tuple[float, float]
) -> tuple[float, float] | None:
    """Speed and offset of the line on which most moments lie; None where no two propose one.

    ``there``: evidence seconds, ascending; ``here``: questioned seconds that each is likest to, shape (n, k); ``sure``:
    how much each counts, the same shape. Two of them propose a line, all tell how many lie on it. Unlike a grid of
    speeds it costs the same for any, and is as exact as the moments are.
    """
    proposed = np.concatenate([_through(there, here, sure, apart) for apart in _APART if apart < len(there)])
    proposed = proposed[(proposed[:, 0] >= speeds[0]) & (proposed[:, 0] <= speeds[1])]
    if not len(proposed):
        return None
    weights = np.array([_on_line(there, here, sure, line).sum() for line in proposed])
    best, most = None, 0.0
    for line in proposed[np.argsort(-weights, kind="stable")[:_KEPT]]:
        again = _drawn(there, here, sure, line)
        weight = float(_on_line(there, here, sure, again).sum())
        if weight > most and speeds[0] <= again[0] <= speeds[1]:
            best, most = again, weight
    return None if best is None else (float(best[0]), float(best[1]))


def _through(there: Times, here: Times, sure: NDArray[np.floating], apart: int) -> Times:
    """Lines (speed, offset) through the likest moments of rows so many apart, shape (n, 2)."""
    rise, run = there[apart:] - there[:-apart], here[apart:, 0] - here[:-apart, 0]
    forward = (run > 0) & (sure[apart:, 0] > 0) & (sure[:-apart, 0] > 0)
    speed = rise[forward] / run[forward]
    return np.column_stack([speed, there[:-apart][forward] - speed * here[:-apart, 0][forward]])


def _on_line(there: Times, here: Times, sure: NDArray[np.floating], line: Times) -> NDArray[np.floating]:
    """How much each moment counts for a line: 0 off it."""
    off = np.abs(there[:, None] - line[0] * here - line[1])
    counted: NDArray[np.floating] = np.where(off < _NEAR, sure, 0)
    return counted


def _drawn(there: Times, here: Times, sure: NDArray[np.floating], line: Times) -> Times:
    """The line, fitted to what lies on it, twice."""
    for _ in range(2):
        weights = _on_line(there, here, sure, line)
        rows, columns = np.nonzero(weights)
        if len(rows) < FIT or np.ptp(here[rows, columns]) <= 0:
            return line
        line = np.polyfit(here[rows, columns], there[rows], 1, w=np.sqrt(weights[rows, columns]))
    return line
