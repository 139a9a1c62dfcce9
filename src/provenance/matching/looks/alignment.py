"""Two tracks in one pose: which pictures show the same moment, at which speed, and whether they move alike.

Small pictures are compared after a band-pass, which leaves contrast, gain and slow shading out of it. Alignment is read
from the likeness of all pairs. Whether it is the same recording is read from movement alone: what remains when the mean
of each stretch is taken away. Two recordings of one room look alike; they do not move alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold
from provenance.matching.looks.pose import Pose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]

#: Widths of the two Gaussians whose difference is compared, in boxes of the small picture: noise and blocks below the
#: first, shading and exposure above the second.
_FINE, _COARSE = 1.0, 8.0
#: Part of the evidence picture that has to be seen.
_LEAST_SEEN: Final = 0.03
#: Speeds tried, evidence seconds per questioned second: at 1 first, then in steps of 1 %.
SPEEDS: Final = tuple(step / 100 for step in range(50, 201) if step != 100)  # noqa: PLR2004 - the one tried first
#: A course at speed 1 that is this good is not tried at other speeds.
_GOOD: Final = 0.9
#: Part of the contrast that moves, below which movement cannot be compared.
LEAST_ENERGY: Final = threshold("looks.movement.energy")
#: Small pictures a stretch has at least: movement of fewer cannot be compared.
LEAST_PICTURES: Final = 3


@dataclass(frozen=True)
class Pair:
    """Band-passed small pictures of both tracks where both show something, one row each, and their likeness.

    ``likeness``: shape (evidence pictures, questioned pictures), correlations; ``moving``: the same of what remains
    when each track's own mean is taken away, by which a fixed camera's pictures are told apart. ``moves``: whether
    enough of each evidence picture does.
    """

    questioned_times: NDArray[np.float64]
    evidence_times: NDArray[np.float64]
    questioned: Array
    evidence: Array
    likeness: Array
    moving: Array
    moves: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Course:
    """Evidence seconds = ``speed`` x questioned seconds + ``offset``.

    ``score``: mean likeness along it; ``gain``: how much speaks for it.
    """

    score: float
    speed: float
    offset: float
    gain: float = 0.0


def lay(questioned: Sight, evidence: Sight, pose: Pose) -> Pair | None:
    """Both tracks in the evidence picture's frame; None if too little of it is seen."""
    warped, mask = _warped(questioned.small, pose)
    if float(mask.mean()) < _LEAST_SEEN:
        return None
    one, other = _band(warped, mask), _band(evidence.small.astype(np.float32), mask)
    own = other - other.mean(0)
    moves = np.linalg.norm(own, axis=1) >= LEAST_ENERGY * np.linalg.norm(other, axis=1)
    return Pair(
        questioned.times[questioned.places],
        evidence.times[evidence.places],
        one,
        other,
        _unit(other) @ _unit(one).T,
        _unit(own) @ _unit(one - one.mean(0)).T,
        moves,
    )


def _warped(pictures: NDArray[np.uint8], pose: Pose) -> tuple[Array, NDArray[np.bool_]]:
    """The questioned small pictures as they lie in the evidence picture, and where they do."""
    side = SMALL_SIDE
    matrix = np.linalg.inv(_TO_UNIT) @ pose.matrix @ _TO_UNIT
    out = np.stack([cv2.warpPerspective(one, matrix, (side, side), flags=cv2.INTER_LINEAR) for one in pictures])
    all_of_it = np.full((side, side), 255, np.uint8)
    mask = cv2.warpPerspective(all_of_it, matrix, (side, side), flags=cv2.INTER_LINEAR)
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=0) == 255  # noqa: PLR2004 - not mixed with the outside
    return out.astype(np.float32), inner


def _band(pictures: Array, mask: NDArray[np.bool_]) -> Array:
    """What lies between two blurs, inside the mask alone, at every second place of every second line."""
    weight = mask.astype(np.float32)
    kept = mask[::2, ::2]  # the blur has left nothing finer
    rows = np.empty((len(pictures), int(kept.sum())), np.float32)
    under = [np.maximum(cv2.GaussianBlur(weight, (0, 0), width), 1e-3) for width in (_FINE, _COARSE)]
    for at, picture in enumerate(pictures):
        inside = picture * weight
        fine, coarse = (
            cv2.GaussianBlur(inside, (0, 0), width) / below
            for width, below in zip((_FINE, _COARSE), under, strict=True)
        )
        rows[at] = (fine - coarse)[::2, ::2][kept]
    return rows


def _unit(rows: Array) -> Array:
    centred: Array = rows - rows.mean(1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return centred


def refined_pose(questioned: Sight, evidence: Sight, pose: Pose, course: Course) -> Pose | None:
    """``pose``, moved so that aligned pictures lie on each other as well as they can; None if that cannot be found.

    Enhanced correlation coefficient (Evangelidis and Psarakis, 2008), as OpenCV has it, on several pictures: the median
    of where they put the corners, because a camera that pans can make up for a moment that is a little off.
    """
    moments = (evidence.times[evidence.places] - course.offset) / course.speed
    here = questioned.times[questioned.places]
    inside = np.flatnonzero((moments >= here[0]) & (moments <= here[-1]) & evidence.says[evidence.places])
    if not len(inside):
        return None
    start = np.linalg.inv(_TO_UNIT) @ np.linalg.inv(pose.matrix) @ _TO_UNIT
    start = (start / start[2, 2]).astype(np.float32)
    steps = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, 1e-5)
    everywhere = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.uint8)
    corners = []
    for row in inside[np.linspace(0, len(inside) - 1, min(len(inside), _REFINED)).astype(np.int64)].tolist():
        nearest = int(np.clip(np.searchsorted(here, moments[row] - questioned.gap / 2), 0, len(here) - 1))
        one, other = evidence.small[row], questioned.small[nearest]
        try:
            _, found = cv2.findTransformECC(one, other, start.copy(), cv2.MOTION_HOMOGRAPHY, steps, everywhere, 5)
            matrix = _TO_UNIT @ np.linalg.inv(found.astype(np.float64)) @ np.linalg.inv(_TO_UNIT)
        except (cv2.error, np.linalg.LinAlgError):  # it did not converge
            continue
        placed = Pose(matrix).corners
        if np.isfinite(placed).all():
            corners.append(placed)
    if not corners:
        return None
    try:
        moved = Pose.of_corners(np.median(np.stack(corners), axis=0))
    except np.linalg.LinAlgError:  # three of them on one line
        return None
    return moved if moved.is_sound else None


#: Places of a small picture's boxes as parts of the picture.
_TO_UNIT: Final = np.array([[1 / SMALL_SIDE, 0, 0.5 / SMALL_SIDE], [0, 1 / SMALL_SIDE, 0.5 / SMALL_SIDE], [0, 0, 1]])
_STEPS: Final = 60
#: Pictures that a pose is refined on.
_REFINED: Final = 5


def best_course(pair: Pair, free: NDArray[np.bool_]) -> Course | None:
    """The best straight course over questioned pictures that are ``free``; None if none is long enough."""
    likeness = np.where(free[None, :], (pair.likeness + pair.moving) / 2, 0.0)
    found = _along(pair, likeness, free, (1.0,))
    if found is None or found.score < _GOOD:
        other = _along(pair, likeness, free, SPEEDS, most=(_ROWS_OF_SPEEDS, _OFFSETS_OF_SPEEDS))
        if other is not None:
            other = _along(pair, likeness, free, (other.speed,), around=other.offset)
        # another speed has 150 times as many courses to be the best one by chance
        if other is not None and (found is None or _is_better(other, found)):
            found = other
    return None if found is None else _refined(pair, found)


def _is_better(other: Course, found: Course) -> bool:
    """Whether another speed explains more than speed 1, and better: one picture more would be no reason."""
    return other.gain > found.gain * _BY_CHANCE and other.score > found.score + _MORE_ALIKE


#: Times the gain of speed 1, and likeness more than it, that the best of all other speeds may have by chance alone.
_BY_CHANCE, _MORE_ALIKE = 1.05, 0.03
#: Likeness from which a picture speaks for a course, and not against it.
_FOR: Final = 0.25


#: Evidence pictures that a course is looked for by, and offsets tried at one speed. With them the search takes 0.1 s at
#: one speed, however long the files are.
_ROWS, _OFFSETS = 400, 8_000
#: The same for each of the other speeds: 2 s for all of them.
_ROWS_OF_SPEEDS, _OFFSETS_OF_SPEEDS = 100, 2_000


def _along(
    pair: Pair,
    likeness: Array,
    free: NDArray[np.bool_],
    speeds: Iterable[float],
    *,
    most: tuple[int, int] = (_ROWS, _OFFSETS),
    around: float | None = None,
) -> Course | None:
    """The course along which the most is alike: a long one before a short one that is a little more so.

    ``around``: only offsets within half a second of this one.
    """
    here = pair.questioned_times
    step = float(np.median(np.diff(here))) if len(here) > 1 else 0.04
    rows = np.arange(0, len(pair.evidence_times), -(-len(pair.evidence_times) // most[0]))
    there = pair.evidence_times[rows]
    best: Course | None = None
    for speed in speeds:
        low, high = there[0] - speed * here[-1], there[-1] - speed * here[0] + step
        if around is not None:
            low, high = max(low, around - 0.5), min(high, around + 0.5)
        offsets = np.arange(low, high, max(0.02, step * speed * 0.75, (high - low) / most[1]))
        if not len(offsets):
            continue
        moments = (there[None, :] - offsets[:, None]) / speed
        nearest = np.clip(np.searchsorted(here, moments - step / 2), 0, len(here) - 1)
        inside = (moments >= here[0] - step / 2) & (moments <= here[-1] + step / 2) & free[nearest]
        along = np.where(inside, likeness[rows[None, :], nearest], 0.0)
        gains = np.maximum(along - _FOR, 0).sum(1)
        at = int(gains.argmax())
        if best is None or gains[at] > best.gain:
            mean = float(along[at].sum()) / max(1, int(inside[at].sum()))
            best = Course(mean, speed, float(offsets[at]), float(gains[at]))
    return best


def _refined(pair: Pair, course: Course) -> Course:
    """The course through the best questioned moment of each evidence picture, between pictures by a parabola."""
    rows, moments, weights = [], [], []
    here = pair.questioned_times
    if len(here) < LEAST_PICTURES:
        return course
    for at, there in enumerate(pair.evidence_times):
        moment = (there - course.offset) / course.speed
        low, high = np.searchsorted(here, (moment - _REACH, moment + _REACH))
        if high - low < LEAST_PICTURES:
            continue
        window = (pair.likeness[at, low:high] + pair.moving[at, low:high]) / 2
        best = int(window.argmax())
        if not 0 < best < len(window) - 1 or window[best] < _PEAK * course.score:
            continue
        left, middle, right = (float(window[best + step]) for step in (-1, 0, 1))
        bend = left - 2 * middle + right
        if bend > -_FLAT:  # nothing moves: any moment is as good
            continue
        shift = 0.5 * (left - right) / bend
        gap = here[low + best + 1] - here[low + best]
        rows.append(there)
        moments.append(here[low + best] + shift * gap)
        weights.append(-bend)
    return _fitted(course, np.array(moments), np.array(rows), np.array(weights))


#: Seconds around a course in which the best moment of a picture is looked for.
_REACH: Final = 0.3
#: Part of the likeness along a course that a single moment has at least.
_PEAK: Final = 0.6
#: Bend of likeness over three pictures below which nothing moves.
_FLAT: Final = 1e-4
#: Seconds by which a moment may lie off the refined course.
_OFF: Final = 0.1
#: Moments that a fit of the speed needs, and seconds that they have to spread over.
_FIT, _SPREAD = 8, 4.0
#: Speeds nearer to 1 than this are 1: half of what formats section 6 tells.
_SAME_SPEED: Final = 0.0025


def _fitted(
    course: Course, here: NDArray[np.float64], there: NDArray[np.float64], weights: NDArray[np.float64]
) -> Course:
    if not len(here):
        return course
    offset = float(np.median(there - course.speed * here))
    fitted = replace(course, offset=offset)
    near = np.abs(there - fitted.speed * here - fitted.offset) < _OFF
    if near.sum() >= _FIT and np.ptp(here[near]) >= _SPREAD:
        speed, offset = np.polyfit(here[near], there[near], 1, w=np.sqrt(weights[near]))
        if abs(speed - 1) > _SAME_SPEED and abs(speed - course.speed) < 0.02:  # noqa: PLR2004 - two steps of the search
            return replace(course, speed=float(speed), offset=float(offset))
    if abs(fitted.speed - 1) <= _SAME_SPEED:
        return replace(course, speed=1.0, offset=float(np.median(there - here)))
    return fitted


@dataclass(frozen=True, slots=True)
class Movement:
    """``alike``: correlation of what moves in both; ``energy``: part of the evidence's contrast that moves."""

    alike: float
    energy: float


def movement(pair: Pair, course: Course, evidence_rows: NDArray[np.int64]) -> Movement:
    """How alike the two tracks move along a course, over the small pictures ``evidence_rows`` of the evidence.

    Of the whole and, of windows of 2 to 3 s, the lower quartile: one change that two recordings of a room share, a lamp
    that goes on, must not stand for everything else that moves.
    """
    moments = (pair.evidence_times[evidence_rows] - course.offset) / course.speed
    there, here = pair.evidence[evidence_rows], _at(pair, moments)
    there, here = (rows / max(float(rows.std()), 1e-6) for rows in (there, here))
    whole, energy = _moves_alike(there, here)
    windows = [slice(at, at + _WINDOW) for at in range(0, len(there) - _WINDOW + 1, _WINDOW // 2)]
    if len(windows) < _WINDOWS:
        return Movement(whole, energy)
    each = [_moves_alike(there[window], here[window]) for window in windows]
    told = [alike for alike, moved in each if moved >= LEAST_ENERGY]
    if len(told) < _WINDOWS:  # it moves at one moment only
        return Movement(whole, sorted(moved for _, moved in each)[-_WINDOWS])
    return Movement(min(whole, float(np.quantile(told, 0.25)) + _LESS_IN_WINDOWS), energy)


#: Small pictures of a window, windows that are needed to say more than the whole, and how much less alike honest copies
#: are in the lower quartile of windows than as a whole.
_WINDOW, _WINDOWS, _LESS_IN_WINDOWS = 6, 3, 0.15


def _moves_alike(there: Array, here: Array) -> tuple[float, float]:
    """Correlation of what remains without the means, and the part of the contrast that it is in the evidence."""
    there, here = there - there.mean(0), here - here.mean(0)
    energy = float(np.sqrt(np.square(there).mean()))
    below = float(np.sqrt(np.square(there).sum() * np.square(here).sum()))
    return float((there * here).sum()) / max(below, 1e-9), energy


def _at(pair: Pair, moments: NDArray[np.float64]) -> Array:
    """The questioned small pictures at ``moments``, mixed of the two beside each."""
    here = pair.questioned_times
    after = np.clip(np.searchsorted(here, moments), 1, max(1, len(here) - 1))
    if len(here) == 1:
        return pair.questioned[np.zeros(len(moments), np.int64)]
    share = np.clip((moments - here[after - 1]) / (here[after] - here[after - 1]), 0, 1).astype(np.float32)[:, None]
    return (1 - share) * pair.questioned[after - 1] + share * pair.questioned[after]


def likeness_along(pair: Pair, course: Course) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Small pictures of the evidence that the questioned track reaches on this course, their likeness, and of movement.

    Where an evidence picture does not move, the latter is 1: it speaks against nothing.
    """
    here = pair.questioned_times
    step = float(np.median(np.diff(here))) if len(here) > 1 else 0.04
    moments = (pair.evidence_times - course.offset) / course.speed
    rows = np.flatnonzero((moments >= here[0] - step / 2) & (moments <= here[-1] + step))
    if not len(rows):
        return rows, np.zeros(0), np.zeros(0)
    nearest = np.clip(np.searchsorted(here, moments[rows] - step / 2), 0, len(here) - 1)
    moving = np.where(pair.moves[rows], pair.moving[rows, nearest], 1.0)
    return rows, pair.likeness[rows, nearest].astype(np.float64), moving.astype(np.float64)
