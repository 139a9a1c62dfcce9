"""What of a questioned file one evidence shows, piece by piece, and whether it is shown to be the same recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.matching.looks.alignment import LEAST_PICTURES, best_course, lay, likeness_along, movement, refined_pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course, Movement, Pair
    from provenance.matching.looks.candidates import Proposal
    from provenance.matching.looks.pose import Pose
    from provenance.matching.looks.sight import Sight

#: ``same``: it moves as the recording does. ``scene``: it looks like it, and does not move like it, or nothing moves.
Standing = Literal["same", "scene"]

#: Mean likeness of a piece. Wrong pairs of 23 clips had 0.25 at most, but for rooms filmed twice (0.96).
LIKE: Final = 0.4
#: Likeness of movement from which a piece is of the same recording (bench/matching).
SAME: Final = 0.8
#: Part of the contrast that moves, below which movement cannot be compared.
LEAST_ENERGY: Final = 0.08
#: Likeness of one small picture from which it belongs to a piece.
_ONE_LIKE: Final = 0.3
#: Pieces looked for in one evidence.
_MOST: Final = 16


@dataclass(frozen=True)
class Piece:
    """Questioned pictures ``first`` to ``last`` show the evidence along ``course``.

    ``told_apart``: small pictures that were compared.
    """

    evidence: Sight
    pose: Pose
    course: Course
    first: int
    last: int
    standing: Standing
    likeness: float
    moves: Movement
    told_apart: int

    @property
    def weight(self) -> float:
        """What orders pieces that compete: how many pictures, and how alike."""
        return (self.last - self.first + 1) * self.likeness


def pieces_of(questioned: Sight, evidence: Sight, proposal: Proposal, free: NDArray[np.bool_]) -> list[Piece]:
    """Pieces among the ``free`` questioned pictures, the best first; none if the proposal does not hold."""
    pose = proposal.pose
    pair = lay(questioned, evidence, pose)
    if pair is None:
        return []
    free_small = free[questioned.places].copy()
    pose, pair = _settled(questioned, evidence, pose, pair, free_small)
    found: list[Piece] = []
    for _ in range(_MOST):
        if free_small.sum() < LEAST_PICTURES:
            break
        course = best_course(pair, free_small)
        if course is None or course.gain <= 0:
            break
        piece = _piece(questioned, evidence, pose, pair, course, free_small)
        if piece is None:
            break
        found.append(piece)
        free_small &= (questioned.places < piece.first) | (questioned.places > piece.last)
    return found


def _settled(questioned: Sight, evidence: Sight, pose: Pose, pair: Pair, free: NDArray[np.bool_]) -> tuple[Pose, Pair]:
    """The pose refined on aligned pictures, where that makes them more alike; twice, as a better pose aligns better."""
    for _ in range(_ROUNDS):
        course = best_course(pair, free)
        if course is None or course.gain <= 0:
            break
        moved = refined_pose(questioned, evidence, pose, course)
        again = None if moved is None else lay(questioned, evidence, moved)
        better = None if again is None else best_course(again, free)
        if moved is None or again is None or better is None or better.gain <= course.gain:
            break
        pose, pair = moved, again
    return pose, pair


_ROUNDS: Final = 2


def _piece(
    questioned: Sight,
    evidence: Sight,
    pose: Pose,
    pair: Pair,
    course: Course,
    free: NDArray[np.bool_],
) -> Piece | None:
    rows, likeness = likeness_along(pair, course)
    if not len(rows):
        return None
    here = pair.questioned_times
    moments = (pair.evidence_times[rows] - course.offset) / course.speed
    nearest = np.clip(np.searchsorted(here, moments - questioned.gap / 2), 0, len(here) - 1)
    good = (likeness >= _ONE_LIKE) & free[nearest]
    run = _longest(good)
    if run is None:
        return None
    low, high = run
    inside = rows[low : high + 1]
    mean = float(likeness[low : high + 1].mean())
    if mean < LIKE or len(inside) < LEAST_PICTURES:
        return None
    moves = movement(pair, course, inside)
    # Where the next small picture is not like it, or there is none, the piece ends between the two: at the cut.
    before = moments[low - 1] if low > 0 else None
    after = moments[high + 1] if high + 1 < len(moments) else None
    first = _edge(questioned, evidence, course, moments[low], before, step=-1)
    last = _edge(questioned, evidence, course, moments[high], after, step=1)
    standing: Standing = "same" if moves.alike >= SAME and moves.energy >= LEAST_ENERGY else "scene"
    return Piece(evidence, pose, course, first, last, standing, mean, moves, len(inside))


def _longest(good: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and last place of the longest run, single failures inside it allowed."""
    held = good.copy()
    held[1:-1] |= good[:-2] & good[2:]
    places = np.flatnonzero(held)
    if not len(places):
        return None
    breaks = np.flatnonzero(np.diff(places) > 1)
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(places) - 1)
    longest = int((ends - starts).argmax())
    low, high = int(places[starts[longest]]), int(places[ends[longest]])
    inside = np.flatnonzero(good[low : high + 1])
    return (low + int(inside[0]), low + int(inside[-1])) if len(inside) else None


def _edge(
    questioned: Sight,
    evidence: Sight,
    course: Course,
    known: float,
    beyond: float | None,
    *,
    step: int,
) -> int:
    """The questioned picture at which a piece begins (``step`` -1) or ends (1).

    ``known``: moment of the outermost small picture that is like it; ``beyond``: of the next one, which is not, or None
    where the evidence ends. Between them the piece reaches to the greatest change of the questioned picture.
    """
    times = questioned.times
    inner = int(np.clip(np.searchsorted(times, known - questioned.gap / 2), 0, len(times) - 1))
    if beyond is None:  # the evidence has no further small picture: up to its first or last picture
        limit = evidence.times[0] if step < 0 else evidence.end - evidence.gap
        moment = (limit - course.offset) / course.speed
        outer = int(np.clip(np.searchsorted(times, moment - questioned.gap / 2), 0, len(times) - 1))
        far = outer + step * round(_SEARCH / max(questioned.gap, 1e-3))
    else:
        outer = int(np.clip(np.searchsorted(times, beyond - questioned.gap / 2), 0, len(times) - 1))
        far = outer
    outer = min(outer, inner) if step < 0 else max(outer, inner)
    cut = _cut(questioned, inner, min(max(far, 0), len(times) - 1), certain=beyond is not None)
    if cut is None:
        return outer
    return cut if step > 0 else cut + 1


#: Seconds past the end of the evidence within which a cut in the questioned file counts as the piece's end.
_SEARCH: Final = 0.1
#: Bits of a code that change from one picture to the next at a cut, at least; and times the median change around it.
_CUT_BITS, _CUT_TIMES = 60, 4.0


def _cut(questioned: Sight, one: int, other: int, *, certain: bool) -> int | None:
    """The last picture before the greatest change between two; None unless it is a cut or one is ``certain``."""
    low, high = min(one, other), max(one, other)
    if high <= low:
        return None
    bits = np.unpackbits(questioned.codes[low : high + 1], axis=1)
    changed = np.count_nonzero(bits[1:] != bits[:-1], axis=1)
    at = int(changed.argmax())
    if not certain and changed[at] < max(_CUT_BITS, _CUT_TIMES * float(np.median(changed))):
        return None
    return low + at
