"""Whether pictures lie on each other at all: where a pose is wrong, everything differs and nothing was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.changing.overlay import Overlaid

    Array = NDArray[np.float32]

#: Boxes of a tile's side; part of it that has to be seen; levels of contrast below which it tells nothing.
_TILE, _SEEN, _FLAT = 12, 0.7, 3.0
#: Tiles that are needed to tell.
_LEAST: Final = 4


def lies(laid: Overlaid) -> bool:
    """Whether what is seen in both follows the same lines in the better tiles; true where too few tell.

    The better ones: what was laid over a copy may cover three quarters of it.
    """
    alike = likeness_of_tiles(laid.evidence, laid.questioned, laid.seen)
    return len(alike) < _LEAST or float(np.quantile(alike, _BETTER)) >= float(calibration("looks.changes")["lies"])


#: Quantile of the tiles' likeness that is asked.
_BETTER: Final = 0.75


def likeness_of_tiles(evidence: Array, questioned: Array, seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Correlation over all pictures in each tile that has contrast; pictures of shape (n, 96, 96)."""
    told = []
    for down in range(0, SMALL_SIDE, _TILE):
        for right in range(0, SMALL_SIDE, _TILE):
            place = np.s_[down : down + _TILE, right : right + _TILE]
            inside = seen[place]
            if inside.mean() < _SEEN:
                continue
            one, other = (each[:, *place][:, inside].astype(np.float64) for each in (evidence, questioned))
            one -= one.mean(1, keepdims=True)
            other -= other.mean(1, keepdims=True)
            if min(float(one.std()), float(other.std())) >= _FLAT:
                told.append(float((one * other).sum() / np.sqrt((one * one).sum() * (other * other).sum())))
    return np.array(told)
