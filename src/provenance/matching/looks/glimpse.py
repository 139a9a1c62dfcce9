"""One picture laid in a recording: which moment looks like it, in which pose, and whether it is told from the others.

A single picture carries no movement. What stands for it is what the recording's own pictures of that view differ in:
people, hands, cars. A still of another event in the same room has the room, and not them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.pose import Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]
    Small = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

_SIDE: Final = SMALL_SIDE
#: Places of a small picture's boxes as parts of the picture.
_TO_UNIT: Final = np.array([[1 / _SIDE, 0, 0.5 / _SIDE], [0, 1 / _SIDE, 0.5 / _SIDE], [0, 0, 1]])
_FROM_UNIT: Final = np.linalg.inv(_TO_UNIT)
#: Widths of the two Gaussians whose difference is compared, as in alignment; and the places that are left: each second.
_FINE, _COARSE, _PLACES = 1.0, 8.0, _SIDE // 2
#: Tiles of the evidence picture in either direction, and the part of them that something laid over the picture (a
#: caption, a banner) may spoil: 20 % of the picture spoil up to a third of the tiles.
_TILES, _SPOILT = 6, 0.35
_TILE: Final = _PLACES // _TILES
#: Part of the evidence picture that has to be seen for that.
_ENOUGH: Final = 0.25
#: Places of a band that vary by themselves: it is smooth over about this many.
_SMOOTH: Final = 8
#: Part of the evidence picture that has to be seen.
_LEAST_SEEN: Final = 0.04
_STEPS: Final = 50
#: Small pictures to either side of the best one in which a pose is settled anew: the camera may move.
_BESIDE: Final = 4
#: Pictures of one recording that are compared at first.
_AT_FIRST: Final = 400
#: Likeness from which two pictures of a recording are of one view.
_SAME_VIEW: Final = 0.5
#: Seconds around a moment that are not asked what is usual in the view, and those that are where it is left at once.
_OWN, _NEIGHBOURS = 0.7, 2.0
#: Contrast, as a part of the picture's, by which a place differs from what is usual there.
_DIFFERS: Final = 0.35
#: Contrast within which a place is as it was, and the part of other moments in which it may be so.
_RECURS, _SELDOM = 0.2, 0.15


@dataclass(frozen=True)
class View:
    """A questioned picture in the evidence picture's frame, band-passed: shape (48, 48), zero outside ``mask``."""

    pose: Pose
    mask: Mask
    band: Array
    warped: Small

    @property
    def seen(self) -> float:
        """Part of the evidence picture that it shows."""
        return float(self.mask.mean())

    @property
    def inside(self) -> float:
        """Part of the questioned picture that lies in the evidence picture."""
        return self.seen / max(float(cv2.contourArea(self.pose.corners.astype(np.float32))), 1e-6)


@dataclass(frozen=True)
class Glimpse:
    """What one pose in one recording shows.

    ``best``: row of the small picture that is most alike, ``likeness`` of the two; ``rivals``: likeness of every small
    picture in this pose (NaN where it was not asked). ``telling``: likeness at the ``places`` where this moment differs
    from what is usual in the view; ``energy``: how much it does; ``same_view``: rows of the
    small pictures of the view.
    """

    evidence: Sight
    view: View
    best: int
    likeness: float
    rivals: NDArray[np.float64]
    telling: float
    energy: float
    places: int
    same_view: NDArray[np.int64]


def view(small: Small, pose: Pose) -> View | None:
    """A small picture laid by ``pose``; None if too little of the evidence picture is seen."""
    matrix, size = _FROM_UNIT @ pose.matrix @ _TO_UNIT, (_SIDE, _SIDE)
    warped = np.asarray(cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)
    whole = cv2.warpPerspective(np.full(size, 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.erode(whole, np.ones((3, 3), np.uint8), borderValue=0) == 255  # noqa: PLR2004 - not mixed with the outside
    if float(mask.mean()) < _LEAST_SEEN:
        return None
    return View(pose, mask, banded(warped[None], mask)[0], warped)


def banded(pictures: Small, mask: Mask) -> Array:
    """What lies between two blurs inside the mask, at every second place of every second line; shape (n, 48, 48)."""
    weight = mask.astype(np.float32)
    kept = mask[::2, ::2]
    under = [np.maximum(cv2.GaussianBlur(weight, (0, 0), width), 1e-3) for width in (_FINE, _COARSE)]
    bands = np.empty((len(pictures), _PLACES, _PLACES), np.float32)
    for at, picture in enumerate(pictures):
        inside = picture.astype(np.float32) * weight
        fine, coarse = (
            cv2.GaussianBlur(inside, (0, 0), width) / below
            for width, below in zip((_FINE, _COARSE), under, strict=True)
        )
        bands[at] = (fine - coarse)[::2, ::2]
    bands -= bands[:, kept].mean(1)[:, None, None]
    bands *= kept
    return bands


def likeness(bands: Array, band: Array) -> NDArray[np.float64]:
    """Of each band with ``band``: correlation over all tiles, or without those that something may be laid over."""
    both, own, other = (_tiles(one) for one in (bands * band, bands * bands, (band * band)[None]))
    whole = both.sum(1) / np.maximum(np.sqrt(own.sum(1) * other.sum(1)), 1e-6)
    kept = _unspoilt(both, own, other)
    left = [(one * kept).sum(1) for one in (both, own, np.broadcast_to(other, own.shape))]
    kept_places = float((band != 0).mean())
    spared = left[0] / np.maximum(np.sqrt(left[1] * left[2]), 1e-6)
    if kept_places < _ENOUGH:  # of a small part, what is left by chance is too little
        return np.asarray(whole, np.float64)
    return np.asarray(np.maximum(whole, spared), np.float64)


def _tiles(values: Array) -> Array:
    """Sums over tiles, shape (n, 36)."""
    sums: Array = values.reshape(-1, _TILES, _TILE, _TILES, _TILE).sum((2, 4)).reshape(-1, _TILES**2)
    return sums


def _unspoilt(both: Array, own: Array, other: Array) -> NDArray[np.bool_]:
    """Tiles that are most alike: all but the worst third of those that are seen."""
    alike = both / np.maximum(np.sqrt(own * other), 1e-6)
    seen = np.broadcast_to(other > 0, alike.shape)
    ordered = np.argsort(np.argsort(np.where(seen, alike, np.inf), axis=1), axis=1)
    spoilt = (seen.sum(1) * _SPOILT).astype(np.int64)[:, None]
    return np.asarray((ordered >= spoilt) & seen)


def _settled(evidence: Small, questioned: Small, pose: Pose) -> Pose:
    """``pose`` moved so that the two pictures lie on each other as well as they can (ECC), or as it was."""
    start = np.linalg.inv(_FROM_UNIT @ pose.matrix @ _TO_UNIT)
    steps = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, 1e-4)
    try:
        start = (start / start[2, 2]).astype(np.float32)
        where = _clear(evidence, questioned, pose)
        _, found = cv2.findTransformECC(evidence, questioned, start, cv2.MOTION_HOMOGRAPHY, steps, where, 5)
        moved = Pose(_TO_UNIT @ np.linalg.inv(found.astype(np.float64)) @ _FROM_UNIT)
    except (cv2.error, np.linalg.LinAlgError):  # it did not converge
        return pose
    return moved if np.isfinite(moved.corners).all() and moved.is_sound else pose


def _clear(evidence: Small, questioned: Small, pose: Pose) -> Small:
    """Places of the questioned picture where nothing seems to be laid over it."""
    everywhere = np.full((_SIDE, _SIDE), 255, np.uint8)
    laid = view(questioned, pose)
    if laid is None:
        return everywhere
    bands = banded(evidence[None], laid.mask)
    parts = (_tiles(one) for one in (bands * laid.band, bands * bands, (laid.band**2)[None]))
    clear = _unspoilt(*parts)[0].reshape(_TILES, _TILES).astype(np.uint8) * np.uint8(255)
    clear = cv2.resize(clear, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)
    matrix = np.linalg.inv(_FROM_UNIT @ pose.matrix @ _TO_UNIT)
    back = np.asarray(cv2.warpPerspective(clear, matrix, (_SIDE, _SIDE), flags=cv2.INTER_NEAREST), np.uint8)
    return back if back.any() else everywhere


Laid = tuple[View, float]


def weight(laid: Laid) -> float:
    """How much a likeness says: Fisher's z of a correlation over so many places, in standard deviations."""
    count = float(laid[0].mask[::2, ::2].sum()) * (1 - _SPOILT) / _SMOOTH
    return float(np.arctanh(min(max(laid[1], 0.0), 0.999))) * float(np.sqrt(max(count - 3, 0.0)))


def lay_one(small: Small, evidence: Sight, row: int, pose: Pose) -> Laid | None:
    """The better of ``pose`` and what it settles to on one small picture, and how alike the two are then."""
    there = evidence.small[row]
    found = []
    for one in (pose, _settled(there, small, pose)):
        laid = view(small, one)
        if laid is not None:
            found.append((laid, float(likeness(banded(there[None], laid.mask), laid.band)[0])))
    return max(found, key=weight, default=None)


def nearest_row(evidence: Sight, time: float) -> int:
    """The small picture nearest to a moment."""
    return int(np.abs(evidence.times[evidence.places] - time).argmin())


def glimpse(small: Small, evidence: Sight, row: int, laid: Laid) -> Glimpse:
    """The best moment for a picture that was laid on one small picture of the recording."""
    for _ in range(2):  # a better moment gives a better pose, which gives a better moment
        best = _best(evidence, laid[0], row)
        again = lay_one(small, evidence, best, laid[0].pose)
        if again is None or best == row or weight(again) <= weight(laid):
            break
        laid, row = again, best
    return _told(evidence, *_beside(small, evidence, laid, row))


def _rows(evidence: Sight, around: int) -> NDArray[np.int64]:
    """Small pictures that are asked: spread evenly, and those around one."""
    count = len(evidence.places)
    spread = np.linspace(0, count - 1, min(count, _AT_FIRST)).astype(np.int64)
    return np.unique(np.concatenate([spread, np.arange(max(0, around - 10), min(count, around + 11))]))


def _best(evidence: Sight, laid: View, row: int) -> int:
    """The moment that is most alike and whose difference from the usual is most alike, in one pose."""
    rows = _rows(evidence, row)
    bands = banded(evidence.small[rows], laid.mask)
    alike = likeness(bands, laid.band)
    group = likeness(bands, bands[int(np.searchsorted(rows, row))]) >= _SAME_VIEW
    usual = bands[group].mean(0)
    own, other = bands - usual, as_strong(laid.band, usual) - usual
    moving = (own * other).sum((1, 2)) / np.maximum(np.linalg.norm(own, axis=(1, 2)) * np.linalg.norm(other), 1e-6)
    return int(rows[int(np.where(group, alike + moving, alike).argmax())])


def as_strong(band: Array, like: Array) -> Array:
    """``band`` with the contrast that it has in ``like``."""
    return band * (float((band * like).sum()) / max(float((band * band).sum()), 1e-6))


def _beside(small: Small, evidence: Sight, laid: Laid, row: int) -> tuple[View, float, int]:
    """The most alike picture around ``row``, each in a pose of its own, going outwards."""
    best, where = laid, row
    for step in (1, -1):
        pose = laid[0].pose
        for now in range(row + step, row + (_BESIDE + 1) * step, step):
            found = lay_one(small, evidence, now, pose) if 0 <= now < len(evidence.places) else None
            if found is None:
                break
            pose = found[0].pose
            if weight(found) > weight(best):  # not the likeness alone: it grows where less is seen
                best, where = found, now
    return *best, where


def _told(evidence: Sight, laid: View, alike: float, best: int) -> Glimpse:
    """Whether the picture holds what tells its best moment from the others of the view."""
    rows = _rows(evidence, best)
    bands = banded(evidence.small[rows], laid.mask)
    rivals = np.full(len(evidence.places), np.nan)
    rivals[rows] = likeness(bands, laid.band)
    there = bands[int(np.searchsorted(rows, best))]
    away = np.abs(evidence.times[evidence.places][rows] - evidence.times[evidence.places[best]])
    group = likeness(bands, there) >= _SAME_VIEW
    others = group & (away > _OWN)
    if others.sum() < _LEAST_OTHERS:  # the view is left at once: what lies beside it in time is unlike it
        others = (away > 0) & (away < _NEIGHBOURS)
    if not others.any():
        return Glimpse(evidence, laid, best, alike, rivals, 0.0, 0.0, 0, rows[group])
    usual = as_strong(
        np.median(bands[others], axis=0), there
    )  # light and sharpness change, too: they tell no moments apart
    own, other = there - usual, as_strong(laid.band, there) - usual
    contrast = float(there[laid.mask[::2, ::2]].std())
    differs = np.abs(own) > _DIFFERS * contrast
    # what is seen often is not what tells this moment: an empty chair is empty at other events, too
    differs &= (np.abs(bands[others] - there) < _RECURS * contrast).mean(0) < _SELDOM
    energy = float(np.linalg.norm(own) / max(float(np.linalg.norm(there)), 1e-6))
    clear = differs & _spared(there, laid.band)
    told = _cosine(own[differs], other[differs])
    if clear.sum() >= differs.sum() / 2:  # a caption may lie over some of what moves, not over most of it
        told = max(told, _cosine(own[clear], other[clear]))
    return Glimpse(
        evidence,
        laid,
        best,
        alike,
        rivals,
        told,
        energy,
        int(differs.sum()),
        rows[group],
    )


def _spared(there: Array, band: Array) -> Mask:
    """Places in tiles that nothing seems to be laid over."""
    parts = (_tiles(one) for one in (there[None] * band, there[None] ** 2, (band**2)[None]))
    return np.kron(_unspoilt(*parts)[0].reshape(_TILES, _TILES), np.ones((_TILE, _TILE), bool))


#: Pictures of a view that say what is usual in it.
_LEAST_OTHERS: Final = 3


def _cosine(one: Array, other: Array) -> float:
    return float((one * other).sum()) / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-6)
