"""The smallest change that would have been seen: worked out on the same pictures, with the same noise and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import CHROMA_SIDE, SMALL_SIDE
from provenance.matching.background import calibration
from provenance.matching.looks.changing.areas import squares
from provenance.matching.looks.changing.noise import differences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.changing.areas import Detector

    Array = NDArray[np.float32]

#: Levels of contrast asked about, of 255, in this order.
CONTRASTS: Final = (8, 12, 16, 24, 32, 48, 64, 96)
#: Scales of noise above which a box counts no more (as in :mod:`areas`).
_CAP: Final = 20.0
#: Pairs of pictures that are asked, spread evenly.
_PAIRS: Final = 6
_LIGHTEST: Final = 255


@dataclass(frozen=True)
class Seen:
    """``sides``: contrast in levels → the smallest side, in boxes, of a square of that contrast that would be seen."""

    sides: dict[int, int]

    def mixed(self, boxes: int) -> Seen:
        """The same where a square laid on the copy is mixed at its edges over so many boxes of the evidence."""
        return Seen({contrast: side + boxes for contrast, side in self.sides.items()})


def seen_sides(detector: Detector, evidence: Array, questioned: Array, scale: Array, seen: NDArray[np.bool_]) -> Seen:
    """Ask of squares everywhere, lighter and darker, in pairs of pictures: would almost all of them stand out?"""
    wanted = float(calibration("looks.changes")["seen"])
    rows = np.unique(np.linspace(0, max(0, len(evidence) - 2), min(_PAIRS, max(1, len(evidence) - 1))).astype(int))
    sides: dict[int, int] = {}
    for contrast in CONTRASTS:
        parts: dict[int, list[float]] = {side: [] for side in detector.limits}
        for sign in (-1, 1):
            # what is dark already cannot be made darker
            possible = (questioned[rows] + sign * contrast >= 0) & (questioned[rows] + sign * contrast <= _LIGHTEST)
            first = _planted(evidence[rows], questioned[rows], scale[rows], sign * contrast)
            after = np.minimum(rows + 1, len(evidence) - 1)
            second = _planted(evidence[after], questioned[after], scale[after], sign * contrast)
            for side, limit in detector.limits.items():
                both = np.minimum(squares(first * seen, seen, side), squares(second * seen, seen, side))
                asked = squares(possible.astype(np.float32) * seen, seen, side) > 1 - 1e-4
                parts[side].append(float((both[asked] >= limit).mean()) if asked.any() else 1.0)
        good = [side for side, each in parts.items() if min(each) >= wanted]
        if good:
            sides[contrast] = min(good) + 1  # a square of one box more holds one of these wherever it lies
    return Seen(sides)


def _planted(evidence: Array, questioned: Array, scale: Array, contrast: int) -> Array:
    changed = np.clip(questioned + np.float32(contrast), 0, 255)
    apart = differences(evidence, changed, np.empty((0, *changed.shape), np.float32))
    return np.minimum(np.abs(apart) / scale, _CAP)


def smallest(light: Seen, tints: list[Seen], *, part: float) -> tuple[float, int, bool] | None:
    """Part of the questioned picture, contrast, and whether colour is included; None where nothing would be seen.

    ``part``: how much of the questioned picture's area the evidence picture's is. Of all contrasts, the one whose
    product with the area is smallest.
    """
    told: list[tuple[float, float, int, bool]] = []
    for contrast, side in light.sides.items():
        area = (side / SMALL_SIDE) ** 2
        coarse = [_coarse(one, contrast) for one in tints]
        both = None if None in coarse else max(area, *(one for one in coarse if one is not None))
        if both is not None:
            told.append((both * contrast, both * part, contrast, True))
        else:
            told.append((area * contrast * _WITHOUT_COLOUR, area * part, contrast, False))
    if not told:
        return None
    _, region, contrast, colours = min(told)
    return region, contrast, colours


#: A limit for luma alone is worth less than one that holds for colour, too.
_WITHOUT_COLOUR: Final = 10.0


def _coarse(tint: Seen, contrast: int) -> float | None:
    """Part of the evidence picture. A region of less than two boxes fills one of them to a known part, at least."""
    sides = [side for least, side in tint.sides.items() if least <= contrast]
    if not sides:
        return None
    side = float(min(sides))
    if side == 2:  # noqa: PLR2004 - one box, wherever the region lies
        least = min(least for least, one in tint.sides.items() if one == 2)  # noqa: PLR2004
        side = max(1.0, 2 * (least / contrast) ** 0.5)
    return (side / CHROMA_SIDE) ** 2
