"""Local features of two pictures that are each other's, and what they say about how one lies on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.float32]
    Described = NDArray[np.uint8]

#: Figures of a projective map; OpenCV gives none where it finds none.
_PERSPECTIVE: Final = 9


def agreeing(
    questioned: tuple[Places, Described], evidence: tuple[Places, Described], *, bits: int, ratio: float
) -> tuple[Places, Places]:
    """Places (n, 2) of features in both pictures that are alike by ``bits``, and by ``ratio`` more than to the next.

    Each picture as places (parts of the picture) and descriptors (n, 32).
    """
    (places, described), (there, theirs) = questioned, evidence
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(described, theirs, k=2) if len(described) and len(theirs) else ()
    kept = [
        pair[0]
        for pair in matches
        if len(pair) == 2 and pair[0].distance <= bits and pair[0].distance < ratio * pair[1].distance  # noqa: PLR2004
    ]
    return places[[match.queryIdx for match in kept]], there[[match.trainIdx for match in kept]]


def in_perspective(one: Places, other: Places, *, off: float, tries: int) -> tuple[NDArray[np.float64], int] | None:
    """The map of most places ``one`` to ``other``, and of how many; None where there is none. ``off``: parts off it."""
    matrix, inside = cv2.findHomography(one, other, cv2.RANSAC, off, maxIters=tries)
    if np.size(matrix) != _PERSPECTIVE:
        return None
    return np.asarray(matrix, np.float64), int(inside.sum())
