"""To the picture: where a piece of a questioned file begins and ends, and where two of them meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.looks.candidates import FARTHEST
from provenance.matching.looks.pose import as_one_of_eight
from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.laying import Pair
    from provenance.matching.looks.pose import Pose
    from provenance.matching.looks.sight import Sight

    Rows = NDArray[np.int64]

#: Seconds past the end of the evidence within which a cut in the questioned file counts as the piece's end.
_SEARCH: Final = 0.1
#: Seconds around a meeting of two pieces in which the cut may lie: two small pictures of the evidence.
_AROUND: Final = 0.8
#: Bits of a code that change from one picture to the next at a cut, at least; and times the median change around it.
_CUT_BITS, _CUT_TIMES = 60, 4.0


@dataclass(frozen=True)
class Laid:
    """A questioned track and an evidence in one pose."""

    questioned: Sight
    evidence: Sight
    pose: Pose
    pair: Pair

    def near(self, course: Course, rows: Rows) -> Rows:
        """The questioned small pictures nearest to the evidence's small pictures ``rows``."""
        return nearest(self.pair.questioned_times, course.here(self.pair.evidence_times[rows]))

    def bits(self, course: Course, first: int, last: int) -> NDArray[np.int64] | None:
        """Bits by which codes of questioned pictures differ from the evidence's there; None in other poses.

        The evidence has a code of every picture and a small picture of few: where whole pictures lie on each other,
        codes tell a cut to the picture.
        """
        if self.codes is None:
            return None
        moments = course.speed * self.questioned.times[first : last + 1] + course.offset
        theirs = self.evidence.codes[nearest(self.evidence.times, moments)]
        return np.asarray(np.bitwise_count(self.codes[first : last + 1] ^ theirs).sum(1), np.int64)

    @cached_property
    def codes(self) -> NDArray[np.uint8] | None:
        """Codes of the questioned pictures as the evidence lies; None where the pose is none of the eight."""
        return as_one_of_eight(self.questioned.codes, self.pose)


def edge(laid: Laid, course: Course, known: float, beyond: float | None, *, step: int) -> int:
    """The questioned picture at which a piece begins (``step`` -1) or ends (1).

    ``known``: moment of the outermost small picture that is like it; ``beyond``: of the next one, which is not, or None
    where the evidence ends. Between them the piece reaches as far as codes are alike, else to the greatest change.
    """
    questioned, evidence = laid.questioned, laid.evidence
    inner = questioned.nearest(known)
    if beyond is None:  # the evidence has no further small picture: up to its first or last picture
        limit = evidence.times[0] if step < 0 else evidence.times[-1]
        outer = questioned.nearest(float(course.here(np.array([limit]))[0]))
        far = outer + step * round(_SEARCH / max(questioned.gap, 1e-3))
    else:
        far = outer = questioned.nearest(beyond)
    outer = min(outer, inner) if step < 0 else max(outer, inner)
    far = min(max(far, 0), len(questioned.times) - 1)
    low, high = min(inner, far), max(inner, far)
    told = laid.bits(course, low, high) if beyond is not None else None
    if told is not None:
        good = np.cumsum(FARTHEST - (told if step > 0 else told[::-1]))
        return inner + step * int(good.argmax()) if good.max() > 0 else inner
    cut = _cut(questioned, low, high, certain=beyond is not None)
    if cut is None:
        return outer
    return cut if step > 0 else cut + 1


def meeting(laid: Laid, one: Course, other: Course, between: tuple[int, int]) -> int:
    """The last questioned picture on course ``one`` before course ``other`` begins, near the pictures ``between``."""
    around = round(_AROUND / max(laid.questioned.gap, 1e-3))
    low, high = max(0, min(between) - around), min(len(laid.questioned.times) - 1, max(between) + around)
    first, second = laid.bits(one, low, high), laid.bits(other, low, high)
    if first is None or second is None:
        cut = _cut(laid.questioned, *sorted(between), certain=True)
        return between[0] if cut is None else cut
    cost = np.cumsum(first) + (second.sum() - np.cumsum(second))
    best = np.flatnonzero(cost == cost.min())  # where nothing moves many are as good: the one nearest to the old place
    return low + int(best[np.abs(low + best - sum(between) / 2).argmin()])


def _cut(questioned: Sight, low: int, high: int, *, certain: bool) -> int | None:
    """The last picture before the greatest change between two; None unless it is a cut or one is ``certain``."""
    if high <= low:
        return None
    bits = np.bitwise_count(questioned.codes[low + 1 : high + 1] ^ questioned.codes[low:high]).sum(1)
    at = int(bits.argmax())
    if not certain and bits[at] < max(_CUT_BITS, _CUT_TIMES * float(np.median(bits))):
        return None
    if len(questioned.places) == len(questioned.times):  # small pictures tell a change that no code does
        small = questioned.small[low : high + 1].astype(np.int16)
        at = int(np.abs(np.diff(small, axis=0)).mean((1, 2)).argmax())
    return low + at
