"""Where pictures differ more than noise lets them: boxes that stand out, tied together in space and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.matching.background import calibration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Mask = NDArray[np.bool_]

#: Scales of noise above which a single box counts no more: one edge must not speak for its surroundings.
_CAP: Final = 20.0


@dataclass(frozen=True)
class Detector:
    """Side of a square in boxes → mean difference in scales of noise from which it stands out.

    ``once``: times as much that makes a single picture enough; else two that follow each other are asked.
    """

    limits: dict[int, float]
    once: float

    @classmethod
    def of(cls, channel: str) -> Detector:
        """As calibrated: ``luma`` or ``colours``."""
        table = calibration("looks.changes")[channel]
        return cls({int(side): float(limit) for side, limit in table["limits"].items()}, float(table["once"]))

    def strength(self, apart: Array, scale: Array, seen: Mask) -> Array:
        """How far each square stands out, its limit being 1; the greatest of all sizes, at its middle."""
        size = np.minimum(np.abs(apart) / scale, _CAP) * seen
        best = np.zeros_like(size)
        for side, limit in self.limits.items():
            best = np.maximum(best, squares(size, seen, side) / np.float32(limit))
        return best

    def found(self, strength: Array) -> Mask:
        """Boxes that are the middle of a square that stands out, in this picture and one beside it."""
        lasting = np.zeros_like(strength)
        both = np.minimum(strength[1:], strength[:-1])
        lasting[:-1] = both
        lasting[1:] = np.maximum(lasting[1:], both)
        return (lasting >= 1) | (strength >= self.once)


def covered(areas: Iterable[Area], side: int) -> Mask:
    """Boxes that any of ``areas`` touches, and those beside them, which its edge may reach; shape (side, side)."""
    mask = np.zeros((side, side), np.uint8)
    for area in areas:
        mask |= area.on(side).astype(np.uint8)
    return np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), bool)


def squares(size: Array, seen: Mask, side: int) -> Array:
    """Means over squares that are wholly seen, at their middles; 0 elsewhere."""
    whole = cv2.blur(seen.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT) > 1 - 1e-4
    means = np.stack([cv2.blur(one, (side, side), borderType=cv2.BORDER_CONSTANT) for one in size.astype(np.float32)])
    return np.where(whole, means, 0)


@dataclass(frozen=True)
class Area:
    """Rows ``first`` to ``last`` of the overlaid pictures; ``box``: left, top, right, bottom as parts of the evidence.

    ``mask``: the boxes of it, over all rows; shape (side, side).
    """

    first: int
    last: int
    box: tuple[float, float, float, float]
    mask: Mask

    def on(self, side: int) -> Mask:
        """The mask on a grid of ``side`` boxes a side, with every box that it touches; shape (side, side)."""
        own = len(self.mask)
        if side >= own:
            return np.repeat(np.repeat(self.mask, side // own, axis=0), side // own, axis=1)
        return np.asarray(self.mask.reshape(side, own // side, side, own // side).any((1, 3)), bool)

    def touches(self, other: Area) -> bool:
        """Whether both are at one time and place."""
        left, top, right, bottom = self.box
        x, y, far, low = other.box
        apart = left >= far or x >= right or top >= low or y >= bottom
        return not apart and self.first <= other.last and other.first <= self.last


def areas(found: Mask, apart: Array, scale: Array, side: int) -> list[Area]:
    """Connected in space and time; each with the boxes that differ. ``side``: of the grid."""
    reach = np.ones((5, 5), np.uint8)
    wide = [cv2.dilate(one.astype(np.uint8), reach).astype(np.uint8) for one in found]
    differing = (np.abs(apart) / scale) >= _DIFFERS
    labels = _tied(wide)
    told = []
    for group in labels:
        rows = sorted({row for row, _ in group})
        mask = np.zeros(found.shape[1:], bool)
        for row, part in group:
            mask |= part & differing[row]
        if not mask.any():
            continue
        down, right = np.nonzero(mask)
        box = tuple(float(each) / side for each in (right.min(), down.min(), right.max() + 1, down.max() + 1))
        told.append(Area(rows[0], rows[-1], box, mask))  # type: ignore[arg-type]
    return told


#: Scales of noise from which a box inside a square that stands out is a part of what was changed.
_DIFFERS: Final = 2.5


def _tied(wide: list[NDArray[np.uint8]]) -> list[list[tuple[int, Mask]]]:
    """Parts of each picture, tied to those of the picture before that they overlap."""
    groups: list[list[tuple[int, Mask]]] = []
    open_: list[tuple[Mask, int]] = []
    for row, picture in enumerate(wide):
        count, labels = cv2.connectedComponents(picture)
        now: list[tuple[Mask, int]] = []
        for label in range(1, count):
            part = labels == label
            mine = sorted({group for other, group in open_ if (other & part).any()})
            if mine:
                home = mine[0]
                for group in mine[1:]:
                    groups[home].extend(groups[group])
                    groups[group] = []
                    open_ = [(other, home if one == group else one) for other, one in open_]
                    now = [(other, home if one == group else one) for other, one in now]
            else:
                home = len(groups)
                groups.append([])
            groups[home].append((row, part))
            now.append((part, home))
        open_ = now
    return [group for group in groups if group]
