"""Do two tracks change at the same pictures? By codes, of which an evidence has one a picture.

Small pictures of an evidence are few: a copy of two seconds has five. What happens between them its codes know,
coarsely in place and to the picture in time. Which bits turn over at which picture is a matter of shake, noise and
sampling: another recording of the place, carried alike or showing one gesture again, does not change at the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.binding.looks import codes
from provenance.matching.background import threshold
from provenance.matching.looks.laying import warped
from provenance.matching.looks.pose import EIGHT, Pose, turned_codes
from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.edges import Laid

    Array = NDArray[np.float32]
    Rows = NDArray[np.int64]

#: Correlations of what changes and of bits that turn over from one picture to the next, by how much the latter is less
#: a picture earlier or later, and part of the bits that changes, from which both are the same recording
#: (docs/adr/0064-every-picture.md).
ALIKE: Final = threshold("looks.coded.alike")
AT_ONCE: Final = threshold("looks.coded.atOnce")
APART: Final = threshold("looks.coded.apart")
LEAST_CHANGING: Final = threshold("looks.coded.changing")
#: How much more is asked of both where pictures are further apart than the first of these seconds; beyond the second
#: a hand moves so far from one to the next that two of them turn over the same bits.
SPARSE: Final = threshold("looks.coded.sparse")
_DENSE, _SPARSEST = 1 / 20, 1 / 12
#: Pictures that are needed, 0.4 s of 30 a second, and most that are compared, a minute.
_LEAST, _MOST = 12, 1_800
#: Steps from picture to picture that do not count, those with most bits: a cut, a lamp; and bits that have to turn over
#: in the others: with 60 a likeness is off by 0.13.
_SINGLE, _LEAST_TURNED = 2, 60
#: Seconds around a course in which a better one is looked for: half of those between small pictures of an evidence.
_AROUND: Final = 0.25
#: Seconds up to which few small pictures may have taken a wrong speed for the right one.
_SHORT: Final = 4.0
#: By how much a course has to be better than the one that small pictures gave.
_BETTER: Final = 0.05
#: Part of the evidence picture that has to be seen where codes are worked out from laid small pictures.
_SEEN: Final = 0.95
#: Parts of the picture by which a pose may differ from one of the eight, and codes of whole pictures be compared.
EIGHT_WITHIN: Final = 0.04


@dataclass(frozen=True, slots=True)
class Coded:
    """``alike``: correlation of what changes in both codes; ``at_once``: of the bits that turn over, step by step.

    ``apart``: by how much the latter is less one step earlier or later; ``changing``: part of the evidence's bits that
    changes, 0 to 1; ``pictures``: how many were compared, ``step`` seconds apart.
    """

    alike: float
    at_once: float
    apart: float
    changing: float
    pictures: int
    step: float

    @property
    def same(self) -> bool:
        """Whether this alone shows the same recording."""
        more = 0.0 if self.step <= _DENSE else SPARSE
        sharp = self.at_once >= AT_ONCE + more and self.apart >= APART + more and self.step <= _SPARSEST
        return sharp and self.alike >= ALIKE and self.changing >= LEAST_CHANGING


_NOT_TOLD: Final = Coded(0.0, 0.0, 0.0, 0.0, 0, 1.0)


def turned(laid: Laid) -> NDArray[np.uint8] | None:
    """Codes of all questioned pictures as the evidence lies, where the pose is one of the eight; None in others."""
    for way in EIGHT:
        if np.abs(Pose(way.matrix).corners - laid.pose.corners).max() <= EIGHT_WITHIN:
            return turned_codes(laid.questioned.codes, way)
    return None


def at_every_picture(laid: Laid, course: Course, first: int, last: int) -> tuple[Coded, Course]:
    """What codes say of the questioned pictures ``first`` to ``last``, on ``course`` or on one near it that they fit.

    All 0 where it cannot be told: in poses that do not show the whole evidence picture, or of too few pictures.
    """
    here = _asked(laid, course, first, last)
    mine = _bits_of(laid, here) if len(here) >= _LEAST else None
    if mine is None:
        return _NOT_TOLD, course
    known, best = _compared(laid, course, here, mine), (_NOT_TOLD, course)
    for other in _near(laid, course, here):
        found = _compared(laid, other, here, mine)
        if found.same and found.at_once > best[0].at_once:
            best = found, other
    return best if best[0].at_once > known.at_once + _BETTER else (known, course)


def _asked(laid: Laid, course: Course, first: int, last: int) -> Rows:
    """Questioned pictures, as many as the sparser of the two has."""
    questioned, evidence = laid.questioned, laid.evidence
    here: Rows = np.arange(first, last + 1)
    if evidence.gap / course.speed > questioned.gap:
        ends = np.searchsorted(evidence.times, course.speed * questioned.times[[first, last]] + course.offset)
        here = np.unique(nearest(questioned.times, course.here(evidence.times[ends[0] : ends[1] + 1])))
        here = here[(here >= first) & (here <= last)]
    return here[:_MOST]


def _near(laid: Laid, course: Course, here: Rows) -> list[Course]:
    """Courses of the same speed around this one, and of speed 1 where it could have been taken for another."""
    times = laid.questioned.times[here]
    step = max(laid.evidence.gap, 1e-3)
    offs = step * np.arange(-round(_AROUND / step), round(_AROUND / step) + 1)
    found = [replace(course, offset=float(course.offset + off)) for off in offs]
    if course.speed != 1 and times[-1] - times[0] <= _SHORT:
        middle = course.there(float(times.mean())) - float(times.mean())
        found += [replace(course, speed=1.0, offset=float(middle + off)) for off in offs]
    return found


def _bits_of(laid: Laid, here: Rows) -> Array | None:
    """Bits of the codes of questioned pictures ``here`` as the evidence lies, -1 and 1."""
    if laid.codes is not None:
        return _bits(laid.codes[here])
    questioned, evidence = laid.questioned, laid.evidence
    near = np.searchsorted(questioned.places, here)
    near = np.minimum(near, len(questioned.places) - 1)
    if not np.array_equal(questioned.places[near], here):  # not every picture has a small one
        return None
    pictures, seen = warped(questioned.small[near], laid.pose)
    if seen.mean() < _SEEN:
        return None
    # What is not seen, a line at the edge, stands: it takes no part in what changes.
    stands = evidence.small.astype(np.float32).mean(0)
    slope, level = np.polyfit(pictures.astype(np.float32).mean(0)[seen], stands[seen], 1)
    return _bits(codes(np.where(seen, np.clip(pictures * slope + level, 0, 255), stands).astype(np.uint8)))


def _bits(rows: NDArray[np.uint8]) -> Array:
    return np.unpackbits(rows, axis=1).astype(np.float32) * 2 - 1


def _compared(laid: Laid, course: Course, here: Rows, mine: Array) -> Coded:
    moments = course.speed * laid.questioned.times[here] + course.offset
    inside = (moments >= laid.evidence.times[0] - laid.evidence.gap) & (moments <= laid.evidence.end)
    if inside.sum() < max(_LEAST, _MOSTLY * len(here)):
        return _NOT_TOLD
    rows = nearest(laid.evidence.times, moments[inside])
    theirs = _bits(laid.evidence.codes[rows])
    one, other = theirs - theirs.mean(0), mine[inside] - mine[inside].mean(0)
    at_once, apart = turning_over(theirs, mine[inside])
    step = float(np.median(np.diff(moments[inside])))
    return Coded(correlation(one, other), at_once, apart, float(np.square(one).mean()), len(rows), step)


def turning_over(theirs: Array, mine: Array) -> tuple[float, float]:
    """How alike bits turn over from picture to picture, and how much less one step to either side; 0 of too few."""
    turns, own = np.diff(theirs, axis=0) / 2, np.diff(mine, axis=0) / 2
    usual = np.sort(np.argsort(np.square(turns).sum(1), kind="stable")[: len(turns) - _SINGLE])
    if np.square(turns[usual]).sum() < _LEAST_TURNED:
        return 0.0, 0.0
    at_once = correlation(turns[usual], own[usual])
    beside = [correlation(turns[usual[1:-1] + off], own[usual[1:-1]]) for off in (-1, 1)]
    return at_once, at_once - max(beside)


#: Part of the questioned pictures that another course has to reach as well.
_MOSTLY: Final = 0.8


def correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Correlation of two arrays of one shape that have no mean to take away."""
    below = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
    return float((one * other).sum()) / max(below, 1e-9)
