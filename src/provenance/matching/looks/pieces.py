"""What of a questioned file one evidence shows, piece by piece, and whether it is shown to be the same recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.matching.background import threshold
from provenance.matching.looks.alignment import (
    LEAST_ENERGY,
    LEAST_PICTURES,
    best_course,
    lay,
    likeness_along,
    movement,
    refined_pose,
)
from provenance.matching.looks.another_camera import sees_more

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course, Movement, Pair
    from provenance.matching.looks.candidates import Proposal
    from provenance.matching.looks.pose import Pose
    from provenance.matching.looks.sight import Sight

#: ``same``: it moves as the recording does. ``scene``: it looks like it, and does not move like it, or nothing moves.
#: ``event``: it moves as the recording does, and another camera saw it.
Standing = Literal["same", "scene", "event"]

#: Mean likeness of a piece. Wrong pairs of 23 clips had 0.25 at most, but for rooms filmed twice (0.96).
LIKE: Final = 0.4
#: Likeness of movement from which a piece is of the same recording, and small pictures by which it is told
#: (docs/adr/0031-looks.md).
SAME: Final = threshold("looks.movement.same")
LEAST_TOLD: Final = 4
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
        return (self.last - self.first + 1) * self.likeness * self.moves.alike


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
    """The pose refined on aligned pictures, where that makes them more alike.

    A camera that pans at one pace lets a moment that is off be made up for by a pose that is off. So poses refined at
    moments a little earlier and later are tried, too, as long as they get better.
    """
    best = _Settled(pose, pair, best_course(pair, free))
    for shift in _SHIFTS:
        for _ in range(_ROUNDS):
            again = best.moved(questioned, evidence, free, shift)
            if again is None or again.gain <= best.gain:
                break
            best = again
    return best.pose, best.pair


#: Seconds by which moments are shifted to find a better pose, and how often each is tried while it gets better.
_SHIFTS, _ROUNDS = (0.0, 0.12, -0.12, 0.04, -0.04), 3


@dataclass(frozen=True)
class _Settled:
    """A pose, and the best course in it."""

    pose: Pose
    pair: Pair
    course: Course | None

    @property
    def gain(self) -> float:
        return 0.0 if self.course is None else self.course.gain

    def moved(self, questioned: Sight, evidence: Sight, free: NDArray[np.bool_], shift: float) -> _Settled | None:
        """The pose refined at moments that are shifted so; None if there is none."""
        if self.course is None or self.course.gain <= 0:
            return None
        shifted = replace(self.course, offset=self.course.offset + shift)
        pose = refined_pose(questioned, evidence, self.pose, shifted)
        pair = None if pose is None else lay(questioned, evidence, pose)
        return None if pose is None or pair is None else _Settled(pose, pair, best_course(pair, free))


def _piece(
    questioned: Sight,
    evidence: Sight,
    pose: Pose,
    pair: Pair,
    course: Course,
    free: NDArray[np.bool_],
) -> Piece | None:
    rows, likeness, moving = likeness_along(pair, course)
    if not len(rows):
        return None
    whole = _run_of(questioned, evidence, pose, pair, course, free, (rows, likeness, likeness))
    if whole is not None and whole.standing == "same":
        return whole
    # What looks alike all along may have been cut: the part that also moves alike is tried by itself.
    part = _run_of(questioned, evidence, pose, pair, course, free, (rows, likeness, np.minimum(likeness, moving)))
    return part if part is not None and part.standing == "same" else whole


def _run_of(
    questioned: Sight,
    evidence: Sight,
    pose: Pose,
    pair: Pair,
    course: Course,
    free: NDArray[np.bool_],
    along: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
) -> Piece | None:
    """The longest run that is alike: ``along`` has evidence rows, their likeness, and that by which the run is told."""
    rows, likeness, telling = along
    here = pair.questioned_times
    moments = (pair.evidence_times[rows] - course.offset) / course.speed
    nearest = np.clip(np.searchsorted(here, moments - questioned.gap / 2), 0, len(here) - 1)
    good = (telling >= _ONE_LIKE) & free[nearest]
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
    told = len(inside) >= LEAST_TOLD and moves.energy >= LEAST_ENERGY
    standing: Standing = "same" if told and moves.alike >= SAME else "scene"
    if standing == "same" and sees_more(questioned, pose, first, last):
        standing = "event"
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


def another_cameras(pieces: Iterable[Piece]) -> list[Piece]:
    """The same pieces; what one shows to be of another camera is not the same recording in another pose either."""
    told = list(pieces)
    events = [one for one in told if one.standing == "event"]

    def shared(piece: Piece) -> bool:
        mine = (one for one in events if one.evidence.source == piece.evidence.source)
        return any(one.first <= piece.last and piece.first <= one.last for one in mine)

    return [replace(one, standing="event") if one.standing == "same" and shared(one) else one for one in told]
