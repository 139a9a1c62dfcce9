"""Which rows along a course are the recording's sound and which are other: the cheapest sequence of two states."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.background import threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.sounds.heard import Beside

#: Errors between which the middle of "the same" and "other" is looked for: half-second stretches of copies had 0.39 at
#: most, of unrelated sound 0.39 at least where the best of all places was taken.
_MIDDLE: Final = (0.30, 0.40)
#: What a row of silence in place of sound weighs, and sound in place of silence: as much as unrelated sound.
_UNLIKE: Final = 0.1
#: Rows at an edge whose windows (0.25 s) hold sound of both sides.
_BLUR: Final = 6


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows ``first`` to ``last`` (numbers among those looked at) in one state; ``error``: mean over loud rows, or 1.

    Rows at the edges, whose windows hold both states, are left out of ``error`` where there are others.
    """

    first: int
    last: int
    same: bool
    error: float
    loud: int
    hushed: int
    added: int

    @property
    def says(self) -> int:
        """Rows that say anything."""
        return self.loud + self.hushed + self.added


def stretches(found: Beside) -> list[Stretch]:
    """The rows looked at, in stretches of one state each; silence on both sides joins its neighbours."""
    if not len(found.errors):
        return []
    same = _states(np.where(found.loud, found.errors - _middle(found), np.where(found.says, _UNLIKE, 0.0)))
    edges = [0, *(np.flatnonzero(np.diff(same)) + 1), len(same)]
    return [_stretch(found, int(one), int(other), same=bool(same[one])) for one, other in pairwise(edges)]


def whole(found: Beside) -> Stretch:
    """All rows looked at as one stretch that is not the recording's sound."""
    return _stretch(found, 0, len(found.errors), same=False)


def _middle(found: Beside) -> float:
    """Half-way between how the sound differs where it is the same, and half of all bits."""
    low, high = _MIDDLE
    alike = found.errors[found.loud & (found.errors < high)]
    return float(np.clip((np.median(alike) + 0.5) / 2, low, high)) if len(alike) else high


def _states(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The cheapest sequence; a row costs its score as "the same", its negative as "other", a change of state more."""
    change = threshold("sounds.change")
    same, other = 0.0, 0.0
    from_other, from_same = np.zeros(len(scores), bool), np.zeros(len(scores), bool)
    for row, score in enumerate(scores.tolist()):
        from_other[row], from_same[row] = other + change < same, same + change < other
        same, other = min(same, other + change) + score, min(other, same + change) - score
    state = same <= other
    states = np.empty(len(scores), bool)
    for row in range(len(scores) - 1, -1, -1):
        states[row] = state
        if state and from_other[row]:
            state = False
        elif not state and from_same[row]:
            state = True
    return states


def _stretch(found: Beside, first: int, behind: int, *, same: bool) -> Stretch:
    part = slice(first, behind)
    loud = found.loud[part]
    inner = loud.copy()
    if behind - first > 3 * _BLUR:
        inner[:_BLUR] = inner[-_BLUR:] = False
    error = float(found.errors[part][inner if inner.any() else loud].mean()) if loud.any() else 1.0
    hushed, added = int(found.hushed[part].sum()), int(found.added[part].sum())
    return Stretch(first, behind - 1, same, error, int(loud.sum()), hushed, added)
