"""Two tracks laid over each other in one pose, and how alike each two of their small pictures are.

Small pictures are compared after a band-pass, which leaves contrast, gain and slow shading out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.pose import Pose
    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]
    Rows = NDArray[np.int64]

#: Widths of the two Gaussians whose difference is compared, in boxes of the small picture: noise and blocks below the
#: first, shading and exposure above the second.
_FINE, _COARSE = 1.0, 8.0
#: Part of the evidence picture that has to be seen.
_LEAST_SEEN: Final = 0.03
#: Part of the contrast that moves, below which movement cannot be compared.
LEAST_ENERGY: Final = threshold("looks.movement.energy")
#: Side of what is compared: the fine blur has left nothing that every second place does not show.
HALF: Final = SMALL_SIDE // 2

#: Places of a small picture's boxes as parts of the picture.
TO_UNIT: Final = np.array([[1 / SMALL_SIDE, 0, 0.5 / SMALL_SIDE], [0, 1 / SMALL_SIDE, 0.5 / SMALL_SIDE], [0, 0, 1]])


@dataclass(frozen=True)
class Pair:
    """Band-passed small pictures of both tracks where both show something, one row each, and their likeness.

    ``likeness``: shape (evidence pictures, questioned pictures), correlations; ``moving``: the same of what remains
    when each track's own mean is taken away, by which a fixed camera's pictures are told apart. ``moves``: whether
    enough of each evidence picture does. ``places``: which of HALF x HALF places the columns of both are.
    ``questioned_span``, ``evidence_span``: seconds of each track's first and last picture, small or not.
    """

    questioned_times: NDArray[np.float64]
    evidence_times: NDArray[np.float64]
    questioned: Array
    evidence: Array
    likeness: Array
    moving: Array
    moves: NDArray[np.bool_]
    places: Rows
    questioned_span: tuple[float, float]
    evidence_span: tuple[float, float]

    @property
    def value(self) -> Array:
        """What a course is looked for by: likeness, and of what moves, half each."""
        both: Array = (self.likeness + self.moving) / np.float32(2)
        return both


def lay(
    questioned: Sight, evidence: Sight, pose: Pose, here: Rows | None = None, there: Rows | None = None
) -> Pair | None:
    """Both tracks in the evidence picture's frame; None if too little of it is seen.

    ``here``, ``there``: which small pictures of either; all of them by default.
    """
    mine = questioned.small if here is None else questioned.small[here]
    theirs = evidence.small if there is None else evidence.small[there]
    laid, mask = warped(mine, pose)
    if float(mask.mean()) < _LEAST_SEEN:
        return None
    one, other = banded(laid, mask), banded(theirs, mask)
    own = other - other.mean(0)
    moves = np.linalg.norm(own, axis=1) >= LEAST_ENERGY * np.linalg.norm(other, axis=1)
    return Pair(
        questioned.times[questioned.places if here is None else questioned.places[here]],
        evidence.times[evidence.places if there is None else evidence.places[there]],
        one,
        other,
        unit(other) @ unit(one).T,
        unit(own) @ unit(one - one.mean(0)).T,
        moves,
        np.flatnonzero(mask[::2, ::2]),
        _span(questioned),
        _span(evidence),
    )


def _span(track: Sight) -> tuple[float, float]:
    return float(track.times[0]), float(track.times[-1])


def warped(pictures: NDArray[np.uint8], pose: Pose) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The questioned small pictures as they lie in the evidence picture, and where they do."""
    side = SMALL_SIDE
    matrix = np.linalg.inv(TO_UNIT) @ pose.matrix @ TO_UNIT
    out = np.stack([cv2.warpPerspective(one, matrix, (side, side), flags=cv2.INTER_LINEAR) for one in pictures])
    all_of_it = np.full((side, side), 255, np.uint8)
    mask = cv2.warpPerspective(all_of_it, matrix, (side, side), flags=cv2.INTER_LINEAR)
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=0) == 255  # noqa: PLR2004 - not mixed with the outside
    return out.astype(np.uint8), inner


def banded(pictures: NDArray[np.uint8] | Array, mask: NDArray[np.bool_]) -> Array:
    """What lies between two blurs, inside the mask alone, at every second place of every second line."""
    weight = mask.astype(np.float32)
    kept = mask[::2, ::2]
    rows = np.empty((len(pictures), int(kept.sum())), np.float32)
    fine_under = cv2.GaussianBlur(weight, (0, 0), _FINE)[::2, ::2]
    coarse_under = np.maximum(cv2.GaussianBlur(fine_under, (0, 0), _COARSE / 2), 1e-3)
    fine_under = np.maximum(fine_under, 1e-3)
    for at, picture in enumerate(pictures):
        fine = cv2.GaussianBlur(picture.astype(np.float32) * weight, (0, 0), _FINE)[::2, ::2]
        coarse = cv2.GaussianBlur(fine, (0, 0), _COARSE / 2)  # the wide blur does not need every place either
        rows[at] = (fine / fine_under - coarse / coarse_under)[kept]
    return rows


def unit(rows: Array) -> Array:
    """Each row without its mean, of length 1: products of two are correlations."""
    centred: Array = rows - rows.mean(1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return centred


def evidence_gap(pair: Pair) -> float:
    """Seconds between small pictures of the evidence, the median."""
    return float(np.median(np.diff(pair.evidence_times))) if len(pair.evidence_times) > 1 else 0.4
