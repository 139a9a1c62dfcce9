"""A pose refined on aligned pictures, together with the moments at which they are aligned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.alignment import LEAST_PICTURES, LEFT_WHOLE, Search, at_best, likeness_along
from provenance.matching.looks.laying import HALF, TO_UNIT, lay
from provenance.matching.looks.movement import uncovered
from provenance.matching.looks.pose import Pose
from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.laying import Pair
    from provenance.matching.looks.sight import Sight

    Rows = NDArray[np.int64]

#: Seconds by which moments are shifted to find a better pose, and how often each is tried while it gets better.
_SHIFTS, _ROUNDS = (0.0, 0.12, -0.12, 0.04, -0.04), 3
#: Likeness at which a pose is good enough: `fixtures/city.mp4`, cropped to 0.6, had 0.992 in one that was off by three
#: pictures.
_GOOD: Final = 0.997
#: Pictures that a pose is judged by, and seconds around their moments in which questioned pictures are laid under them.
_JUDGED, _AROUND = 16, 0.3
#: Part of the best likeness along a course from which a picture is on it: others are from elsewhere in the recording.
_ON_IT: Final = 0.7
#: Pictures that a pose is refined on, and steps of refining.
_REFINED, _STEPS = 5, 60
#: Evidence seconds by which a pose may move the moments.
_WITHIN: Final = np.linspace(-0.24, 0.24, 25)


def settled(questioned: Sight, evidence: Sight, pose: Pose, free: NDArray[np.bool_]) -> Pose | None:
    """The pose refined on aligned pictures, where that makes them more alike; None if nothing can be aligned.

    A camera that moves on makes up for a pose that is off by a moment or a speed that is: `fixtures/city.mp4`, cropped
    to 0.75, was alike by 0.94 at speed 1.12 and by 0.99 at 1. So speed 1 is tried as well wherever another explains
    more, and courses are looked for again in what was refined, as long as that gets better.
    ``free``: small questioned pictures.
    """
    some = np.linspace(0, len(free) - 1, min(len(free), _SETTLED_ON)).astype(np.int64)
    best: tuple[Pose, float] | None = None
    for _ in range(_AGAIN):
        pair = lay(questioned, evidence, pose if best is None else best[0], some)
        search = None if pair is None else Search(pair, free[some])
        likely = [] if search is None else search.likely()
        if search is None or pair is None or not likely:
            break
        from_here = pose if best is None else best[0]
        again = max((_settled(questioned, evidence, from_here, pair, one) for one in likely), key=lambda one: one[1])
        whole = search.from_end_to_end()
        if whole is not None and whole not in likely:
            # A camera that pans makes up for a speed by a pose: that it was trimmed instead is as likely.
            other = _settled(questioned, evidence, from_here, pair, whole)
            again = other if 1 - other[1] <= LEFT_WHOLE * (1 - again[1]) else again
        if best is not None and again[1] <= best[1] + _BETTER:
            break
        best = again
        if best[1] >= _GOOD:
            break
    return None if best is None else best[0]


#: Questioned pictures by which a course is looked for first, and a pose settled; and how often, while it gets better.
#: Of 34 crops of `fixtures/city.mp4`, most of which began at the whole picture's pose, four rounds left 9 on the way, 3
#: to 5 pictures off, where two or three more were needed; with 12 none is off by more than one.
_SETTLED_ON, _AGAIN = 900, 12


def _settled(questioned: Sight, evidence: Sight, pose: Pose, pair: Pair, course: Course) -> tuple[Pose, float]:
    """The pose refined by one course, and how alike it makes pictures.

    A camera that pans at one pace lets a moment that is off be made up for by a pose that is off. So poses refined at
    moments a little earlier and later are tried, too, as long as they get better.
    """
    judge = _Judge.of(questioned, evidence, pair, course)
    best = None if judge is None else judge.judged(pose, course)
    if judge is None or best is None:
        return pose, 0.0
    everywhere = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.uint8)
    seen = judge.seen(*best) if best[1].score < _LAID_OVER else everywhere
    for shift in _SHIFTS:
        for _ in range(_ROUNDS):
            if best[1].score >= _GOOD:
                return best[0], best[1].score
            moved = judge.refined(best[0], replace(best[1], offset=best[1].offset + shift), seen)
            again = None if moved is None else judge.judged(moved, best[1])
            if again is None or again[1].score <= best[1].score + _BETTER:
                break
            best = again
    return best[0], best[1].score


#: Likeness below which something may be laid over the picture, which a pose is not refined on.
_LAID_OVER: Final = 0.8
#: Likeness that a further round has to add.
_BETTER: Final = 5e-4


@dataclass(frozen=True)
class _Judge:
    """Evidence pictures (places among its small ones) that are on the course, and questioned ones around them."""

    questioned: Sight
    evidence: Sight
    there: Rows
    here: Rows

    @classmethod
    def of(cls, questioned: Sight, evidence: Sight, pair: Pair, course: Course) -> _Judge | None:
        rows, likeness, moving = likeness_along(pair, course)
        if len(rows) < LEAST_PICTURES:
            return None
        value = (likeness + moving) / 2
        on_it = rows[(value >= _ON_IT * value.max()) & evidence.says[evidence.places[rows]]]
        if not len(on_it):
            return None
        there = on_it[np.linspace(0, len(on_it) - 1, min(len(on_it), _JUDGED)).astype(np.int64)]
        times = questioned.times[questioned.places]
        moments = course.here(evidence.times[evidence.places[there]])
        steps = max(1, round(_AROUND / max(float(np.median(np.diff(times))) if len(times) > 1 else 1.0, 0.02)))
        every = nearest(times, moments)[:, None] + np.arange(-steps, steps + 1)[None, :]
        return cls(questioned, evidence, there, np.unique(np.clip(every, 0, len(times) - 1)))

    def judged(self, pose: Pose, course: Course) -> tuple[Pose, Course] | None:
        """The pose with the course at its best moments; None if too little of the picture is seen in it."""
        pair = lay(self.questioned, self.evidence, pose, self.here, self.there)
        return None if pair is None else (pose, at_best(pair, course, _WITHIN))

    def seen(self, pose: Pose, course: Course) -> NDArray[np.uint8]:
        """Where the questioned picture shows the evidence, 255 or 0: a pose is not refined on what is laid over it."""
        everywhere = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.uint8)
        pair = lay(self.questioned, self.evidence, pose, self.here, self.there)
        if pair is None:
            return everywhere
        near = nearest(pair.questioned_times, course.here(pair.evidence_times))
        shown = uncovered(pair.evidence, pair.questioned[near], pair.places)
        if shown is None:
            return everywhere
        half = np.full(HALF * HALF, 255, np.uint8)
        half[pair.places[~shown]] = 0
        whole = half.reshape(HALF, HALF).repeat(2, 0).repeat(2, 1)
        matrix = np.linalg.inv(TO_UNIT) @ np.linalg.inv(pose.matrix) @ TO_UNIT
        size = (SMALL_SIDE, SMALL_SIDE)
        return np.asarray(cv2.warpPerspective(whole, matrix, size, flags=cv2.INTER_NEAREST, borderValue=255), np.uint8)

    def refined(self, pose: Pose, course: Course, seen: NDArray[np.uint8]) -> Pose | None:
        """``pose``, moved so that aligned pictures lie on each other as well as they can; None if that is not found.

        Enhanced correlation coefficient (Evangelidis and Psarakis, 2008), as OpenCV has it, on several pictures: the
        median of where they put the corners, because a camera that pans can make up for a moment that is a little off.
        """
        times = self.questioned.times[self.questioned.places]
        chosen = self.there[np.linspace(0, len(self.there) - 1, min(len(self.there), _REFINED)).astype(np.int64)]
        near = nearest(times, course.here(self.evidence.times[self.evidence.places[chosen]]))
        start = np.linalg.inv(TO_UNIT) @ np.linalg.inv(pose.matrix) @ TO_UNIT
        start = (start / start[2, 2]).astype(np.float32)
        placed = [
            corners
            for row, picture in zip(chosen.tolist(), near.tolist(), strict=True)
            if (corners := _placed(self.evidence.small[row], self.questioned.small[picture], start, seen)) is not None
        ]
        if not placed:
            return None
        try:
            moved = Pose.of_corners(np.median(np.stack(placed), axis=0))
        except np.linalg.LinAlgError:  # three of them on one line
            return None
        return moved if moved.is_sound else None


def _placed(
    one: NDArray[np.uint8], other: NDArray[np.uint8], start: NDArray[np.float32], seen: NDArray[np.uint8]
) -> NDArray[np.float64] | None:
    """Where the corners of one small questioned picture lie in one of the evidence; None if it did not converge."""
    steps = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, 1e-5)
    try:
        _, found = cv2.findTransformECC(one, other, start.copy(), cv2.MOTION_HOMOGRAPHY, steps, seen, 5)
        corners = Pose(TO_UNIT @ np.linalg.inv(found.astype(np.float64)) @ np.linalg.inv(TO_UNIT)).corners
    except (cv2.error, np.linalg.LinAlgError):
        return None
    return corners if np.isfinite(corners).all() else None
