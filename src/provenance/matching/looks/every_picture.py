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
from provenance.matching.looks.movement import correlation
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
#: Pictures that are needed, 0.4 s of 30 a second, and most that are compared: 30 take 0.02 s, 600 take 0.2 to 0.4 s.
_LEAST, _MOST = 12, 600
#: Steps from picture to picture that do not count, those with most bits: a cut, a lamp; and bits that have to turn over
#: in the others: with 60 a likeness is off by 0.13.
_SINGLE, _LEAST_TURNED = 2, 60
#: Bits up to which a picture is the one before it, shown again: of 10 a second that were made 30.
_AGAIN: Final = 1
#: Seconds around a course in which a better one is looked for: half of those between small pictures of an evidence.
_AROUND: Final = 0.25
#: Offsets tried to either side, however many pictures a second there are.
_OFFSETS: Final = 8
#: Seconds up to which few small pictures may have taken a wrong speed for the right one: ten of them; chosen.
_SHORT: Final = 4.0
#: By how much a course has to be better than the one that small pictures gave; chosen: noise of one picture's place.
_BETTER: Final = 0.05
#: Part of the evidence picture that has to be seen where codes are worked out from laid small pictures.
_SEEN: Final = 0.95


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
    def asked(self) -> float:
        """What ``at_once`` has to be, at this pace of pictures."""
        return AT_ONCE if self.step <= _DENSE else round(AT_ONCE + SPARSE, 6)

    @property
    def same(self) -> bool:
        """Whether this alone shows the same recording."""
        more = self.asked - AT_ONCE
        sharp = self.at_once >= self.asked and self.apart >= APART + more and self.step <= _SPARSEST
        return sharp and self.alike >= ALIKE and self.changing >= LEAST_CHANGING


#: Nothing can be told.
NOT_TOLD: Final = Coded(0.0, 0.0, 0.0, 0.0, 0, 1.0)


def at_every_picture(laid: Laid, course: Course, first: int, last: int) -> tuple[Coded, Course]:
    """What codes say of the questioned pictures ``first`` to ``last``, on ``course`` or on one near it that they fit.

    All 0 where it cannot be told: in poses that do not show the whole evidence picture, or of too few pictures.
    """
    here = _asked(laid, course, first, last)
    mine = _bits_of(laid, here) if len(here) >= _LEAST else None
    if mine is None:
        return NOT_TOLD, course
    known, best = _compared(laid, course, here, mine), (NOT_TOLD, course)
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
    step = max(laid.evidence.gap, _AROUND / _OFFSETS)
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
    stands, mine = (rows.mean(0, dtype=np.float32) for rows in (evidence.small, pictures))
    slope = float(np.cov(mine[seen], stands[seen])[0, 1] / max(float(mine[seen].var()), 1e-3))
    level = float(stands[seen].mean()) - slope * float(mine[seen].mean())
    return _bits(codes(np.where(seen, np.clip(pictures * np.float32(slope) + level, 0, 255), stands).astype(np.uint8)))


def _bits(rows: NDArray[np.uint8]) -> Array:
    return np.unpackbits(rows, axis=1).astype(np.float32) * 2 - 1


def _compared(laid: Laid, course: Course, here: Rows, mine: Array) -> Coded:
    moments = course.speed * laid.questioned.times[here] + course.offset
    inside = (moments >= laid.evidence.times[0] - laid.evidence.gap) & (moments <= laid.evidence.end)
    if inside.sum() < max(_LEAST, _MOSTLY * len(here)):
        return NOT_TOLD
    theirs = _bits(laid.evidence.codes[nearest(laid.evidence.times, moments[inside])])
    return coded(theirs, mine[inside], moments[inside])


def coded(theirs: Array, mine: Array, moments: NDArray[np.float64]) -> Coded:
    """What bits of two tracks say picture by picture, -1 and 1, shape (pictures, 256); ``moments``: their seconds."""
    # A picture that is shown again is none: it would count as one that turns nothing over at its right place.
    turned = np.minimum(*(np.abs(np.diff(rows, axis=0)).sum(1) / 2 for rows in (theirs, mine)))
    new = np.flatnonzero(np.append(True, turned > _AGAIN))
    if len(new) < _LEAST:
        return NOT_TOLD
    theirs, mine = theirs[new], mine[new]
    one, other = theirs - theirs.mean(0), mine - mine.mean(0)
    at_once, apart = turning_over(theirs, mine)
    step = float(np.median(np.diff(moments[new])))
    return Coded(correlation(one, other), at_once, apart, float(np.square(one).mean()), len(new), step)


def turning_over(theirs: Array, mine: Array) -> tuple[float, float]:
    """How alike bits turn over from picture to picture, and how much less one step to either side; 0 of too few."""
    turns, own = np.diff(theirs, axis=0) / 2, np.diff(mine, axis=0) / 2
    # A light that blinks is one pattern, at whatever picture, and two recordings of a room share it.
    strongest = _strongest(turns)
    turns, own = (rows - (rows @ strongest) @ strongest.T for rows in (turns, own))
    usual = np.sort(np.argsort(np.square(turns).sum(1), kind="stable")[: len(turns) - _SINGLE])
    if np.square(turns[usual]).sum() < _LEAST_TURNED:
        return 0.0, 0.0
    at_once = correlation(turns[usual], own[usual])
    beside = [correlation(turns[usual[1:-1] + off], own[usual[1:-1]]) for off in (-1, 1)]
    return at_once, at_once - max(beside)


def _strongest(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """The pattern that explains most of the rows, of length 1; shape (columns, 1)."""
    if len(rows) >= rows.shape[1]:
        return np.asarray(np.linalg.eigh(rows.T @ rows)[1][:, -1:])
    pattern = rows.T @ np.linalg.eigh(rows @ rows.T)[1][:, -1:]  # of few rows the smaller matrix says the same
    return np.asarray(pattern / max(float(np.linalg.norm(pattern)), 1e-9))


#: Part of the questioned pictures that another course has to reach as well; chosen: a course of fewer is another piece.
_MOSTLY: Final = 0.8
