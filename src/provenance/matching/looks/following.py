"""Where a copy's view of the recording moves: slow zooms, sways and shakes, followed from anchor to anchor.

A copy that was zoomed or shaken afterwards, or filmed by hand off a screen, lies in no single pose. From the moment at
which one fits best the pose is followed to both sides, from one small picture of the evidence to the next, and each has
to earn its trust. The questioned small pictures are then laid so that the view stands, and compared as all others are.

A pose that is free at every moment also follows how a camera was carried: that shows nothing of the same recording.
So what moves is judged by :mod:`carried` as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold
from provenance.matching.looks.alignment import Search, likeness_along
from provenance.matching.looks.laying import TO_UNIT, lay
from provenance.matching.looks.pose import Pose, mapped, window
from provenance.matching.looks.sight import Sight, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course

    Matrix = NDArray[np.float64]
    Moves = NDArray[np.float64]

#: Correlation of an evidence picture and the questioned one laid on it, from which an anchor is trusted.
TRUSTED: Final = threshold("looks.following.trusted")
#: Parts of the picture by which a corner may move from one anchor to the next.
_STEP: Final = threshold("looks.following.step")
#: Parts of the picture that a corner moves in all, below which the view stands and one pose is enough.
_STANDS: Final = 0.012
#: Anchors that are needed; the part of all moments between the first and the last of them that has to have one.
_LEAST_ANCHORS, _LEAST_PART = 4, 0.6
#: Moments in a row without an anchor after which the view is lost, and anchors at all: 160 s of a recording.
_LOST, _MOST_ANCHORS = 3, 400
#: Boxes around the evidence picture in which questioned pictures are laid while they are followed.
_AROUND: Final = 28
#: Questioned pictures by which a course is looked for.
_SEARCHED: Final = 300


@dataclass(frozen=True)
class Steadied(Sight):
    """A questioned track whose small pictures were laid so that the view stands; all else of it is as it was.

    ``pictures``: shape (n, 96, 96); ``moves``: how far a corner of the view moves in all, in parts of the picture;
    ``views``: maps from each of them to the small picture as it was, in boxes, shape (n, 3, 3).
    """

    pictures: NDArray[np.uint8]
    moves: float
    views: Moves

    @cached_property
    def small(self) -> NDArray[np.uint8]:
        """Luma of the small pictures with the view standing, shape (n, 96, 96)."""
        return self.pictures


@dataclass(frozen=True)
class _Path:
    """Affine maps from the evidence picture to where it lies in the pose ``start``, at questioned ``times``."""

    start: Pose
    times: NDArray[np.float64]
    maps: Moves

    def at(self, times: NDArray[np.float64]) -> Moves:
        """The maps at any times, between anchors by a straight line; shape (n, 3, 3)."""
        flat = self.maps.reshape(len(self.maps), 9)
        return np.column_stack([np.interp(times, self.times, one) for one in flat.T]).reshape(-1, 3, 3)

    def inverses(self, times: NDArray[np.float64]) -> Moves:
        """The maps from the evidence picture to the questioned pictures at these times."""
        found: Moves = self.start.inverse @ self.at(times)
        return found


def followed(
    questioned: Sight, evidence: Sight, pose: Pose, free: NDArray[np.bool_]
) -> Iterator[tuple[Steadied, Pose]]:
    """The questioned track with its view standing and where that lies, for each likely course that can be followed.

    ``free``: small questioned pictures.
    """
    some = np.linspace(0, len(free) - 1, min(len(free), _SEARCHED)).astype(np.int64)
    pair = lay(questioned, evidence, pose, some)
    if pair is None:
        return
    for course in Search(pair, free[some]).likely():
        rows, likeness, _ = likeness_along(pair, course)
        if not len(rows):
            continue
        path = _path(questioned, evidence, pose, course, rows[int(likeness.argmax())])
        if path is None:
            continue
        found = _steadied(questioned, path)
        if found is not None and found[0].moves >= _STANDS:
            yield found


def _path(questioned: Sight, evidence: Sight, pose: Pose, course: Course, seed: int) -> _Path | None:
    """Poses from the evidence picture ``seed`` on to both sides; None where too few can be trusted."""
    laid = _Laid(questioned, evidence, pose, course)
    first = laid.anchor(seed, np.eye(3), None)
    if first is None:
        return None
    anchors = {seed: first}
    for step in (1, -1):
        last, lost, row = first, 0, seed + step
        while laid.reaches(row) and lost < _LOST and len(anchors) < _MOST_ANCHORS:
            found = laid.anchor(row, last, last)
            if found is None:
                lost += 1
            else:
                anchors[row] = last = found
                lost = 0
            row += step
    rows = np.array(sorted(anchors))
    if len(rows) < _LEAST_ANCHORS or len(rows) < _LEAST_PART * (rows[-1] - rows[0] + 1):
        return None
    times = course.here(evidence.times[evidence.places[rows]])
    return _Path(pose, times, np.stack([anchors[row] for row in rows.tolist()]))


@dataclass(frozen=True)
class _Laid:
    """The questioned pictures in one pose, beyond the evidence picture, too; and a course that they follow."""

    questioned: Sight
    evidence: Sight
    pose: Pose
    course: Course

    def reaches(self, row: int) -> bool:
        """Whether there is such a small picture of the evidence, and a questioned one at its moment."""
        if not 0 <= row < len(self.evidence.places):
            return False
        moment = self._moment(row)
        return bool(self.questioned.times[0] - _BESIDE <= moment <= self.questioned.times[-1] + _BESIDE)

    def _moment(self, row: int) -> float:
        return float(self.course.here(self.evidence.times[self.evidence.places[row]]))

    def anchor(self, row: int, start: Matrix, before: Matrix | None) -> Matrix | None:
        """The affine map at one small picture of the evidence, looked for from ``start`` on; None if it earns no trust.

        ``before``: the map at the last anchor, from which it may not be far.
        """
        times = self.questioned.times[self.questioned.places]
        at = int(nearest(times, np.array([self._moment(row)]))[0])
        side = SMALL_SIDE + 2 * _AROUND
        shift = np.array([[1, 0, _AROUND], [0, 1, _AROUND], [0, 0, 1.0]])
        boxes = shift @ np.linalg.inv(TO_UNIT) @ self.pose.matrix @ TO_UNIT
        picture = cv2.warpPerspective(self.questioned.small[at], boxes, (side, side), flags=cv2.INTER_LINEAR)
        whole = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.uint8)
        seen = cv2.warpPerspective(whole, boxes, (side, side), flags=cv2.INTER_NEAREST)
        warp = (shift @ np.linalg.inv(TO_UNIT) @ start @ TO_UNIT)[:2].astype(np.float32)
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ITERATIONS, 1e-4)
        try:
            alike, warp = cv2.findTransformECC(
                self.evidence.small[row], picture, warp, cv2.MOTION_AFFINE, criteria, seen, _BLUR
            )
        except cv2.error:  # it did not converge
            return None
        found = (
            TO_UNIT @ np.linalg.inv(shift) @ np.vstack([warp, [0, 0, 1]]).astype(np.float64) @ np.linalg.inv(TO_UNIT)
        )
        if alike < TRUSTED or not np.isfinite(found).all():
            return None
        far = 0.0 if before is None else float(np.abs(mapped(found, _CORNERS) - mapped(before, _CORNERS)).max())
        return found if far <= _STEP else None


#: Seconds that a moment may lie before the first or after the last questioned picture.
_BESIDE: Final = 0.1
#: Iterations of fitting, and the blur of what is fitted, in boxes.
_ITERATIONS, _BLUR = 40, 5
_CORNERS: Final = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


def _steadied(questioned: Sight, path: _Path) -> tuple[Steadied, Pose] | None:
    """The questioned track, laid so that what all of its pictures show together fills the picture."""
    times = questioned.times[questioned.places]
    inverses = path.inverses(times)
    corners = np.stack([mapped(np.linalg.inv(one), _CORNERS) for one in inverses])
    moves = float(np.ptp(corners, axis=0).max())
    inner = inner_of(corners)
    if inner is None:
        return None
    turned = path.start.turned
    pose = Pose(window(*inner) @ np.linalg.inv(turned.matrix))
    if not pose.is_sound:
        return None
    size = (SMALL_SIDE, SMALL_SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    through = np.linalg.inv(TO_UNIT) @ inverses @ pose.matrix @ TO_UNIT
    small = np.stack(
        [
            cv2.warpPerspective(one, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            for one, matrix in zip(questioned.small, through, strict=True)
        ]
    )
    own = (questioned.source, questioned.line, questioned.track, questioned.times)
    return Steadied(*own, small, moves, through), pose


def inner_of(corners: NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom of a rectangle that lies in all of the figures, shape (n, 4, 2); None if there is none.

    The largest of a coarse grid, then each side moved outwards as far as it goes.
    """
    places = np.linspace(-_WIDER, 1 + _WIDER, _GRID)
    x, y = np.meshgrid(places, places)
    found = _largest(_inside(corners, x.ravel(), y.ravel()).reshape(x.shape))
    if found is None:
        return None
    sides = [float(places[at]) for at in found]
    for side, outwards in enumerate((-1, -1, 1, 1)):
        for _ in range(_FINER):
            again = list(sides)
            again[side] += outwards * (places[1] - places[0]) / _FINER
            left, top, right, bottom = again
            # the figures are convex: what has its corners inside is inside
            if not _inside(corners, np.array([left, right, right, left]), np.array([top, top, bottom, bottom])).all():
                break
            sides = again
    return sides[0], sides[1], sides[2], sides[3]


def _inside(corners: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether places lie in all of the convex figures."""
    inside = np.ones(x.shape, bool)
    for figure in corners:
        along = np.roll(figure, -1, 0) - figure
        turn = np.sign(along[0, 0] * along[1, 1] - along[0, 1] * along[1, 0])
        for (across, down), (left, top) in zip(along, figure, strict=True):
            inside &= turn * (across * (y - top) - down * (x - left)) >= -_ON_EDGE
    return inside


def _largest(inside: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom places of the largest rectangle; None if it has no area."""
    best = 0
    found: tuple[int, int, int, int] | None = None
    heights = np.zeros(len(inside), np.int64)
    for bottom, row in enumerate(inside):
        heights = np.where(row, heights + 1, 0)
        for left in np.flatnonzero(heights).tolist():
            height = int(heights[left])
            for right in range(left, len(heights)):
                height = min(height, int(heights[right]))
                if not height:
                    break
                area = (height - 1) * (right - left)
                if area > best:
                    best, found = area, (left, bottom - height + 1, right, bottom)
    return found


#: How far around the evidence picture a questioned picture may reach, in its sides, and places looked at each way.
_WIDER, _GRID = 0.5, 51
#: Parts of a step of the grid by which sides are moved, and what is rounded in telling inside from outside.
_FINER, _ON_EDGE = 8, 1e-9
