"""Where a questioned picture lies in the evidence picture: a projective map of unit squares, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.binding.looks import FREQUENCIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

_MIRROR: Final = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]])
#: A quarter turn clockwise of the picture's content, in coordinates that grow to the right and down.
_TURN: Final = np.array([[0, -1.0, 1], [1, 0, 0], [0, 0, 1]])
#: Corners of a picture, clockwise from the upper left.
_CORNERS: Final = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64)
#: The picture that is shared has at least this part of either picture: less is not enough to see anything by.
_LEAST_PART: Final = 0.02
#: A picture may show at most this many times its own area of the evidence picture's plane (it is small in bars).
_MOST_AREA: Final = 60.0


@dataclass(frozen=True, slots=True)
class Turned:
    """``mirrored`` left-right, then turned clockwise by ``rotation`` degrees."""

    mirrored: bool
    rotation: int

    @property
    def matrix(self) -> Matrix:
        """The map of unit squares: places in the picture as it was, to places in it as it is then."""
        turns = np.linalg.matrix_power(_TURN, self.rotation // 90)
        return turns @ _MIRROR if self.mirrored else turns


#: The eight ways to lay a picture.
EIGHT: Final = tuple(Turned(mirrored, rotation) for mirrored in (False, True) for rotation in (0, 90, 180, 270))


def turned_codes(codes: NDArray[np.uint8], turned: Turned) -> NDArray[np.uint8]:
    """The codes that the pictures would have, mirrored and turned so; exact but where a frequency is zero."""
    bits = np.unpackbits(codes, axis=1).reshape(-1, FREQUENCIES, FREQUENCIES).astype(bool)
    odd = np.arange(1, FREQUENCIES + 1) % 2 == 1  # a cosine of odd frequency changes its sign when it is reversed
    if turned.mirrored:
        bits = bits ^ odd[None, None, :]
    for _ in range(turned.rotation // 90):  # a quarter turn clockwise: transpose, then reverse left-right
        bits = bits.transpose(0, 2, 1) ^ odd[None, None, :]
    return np.packbits(bits.reshape(len(bits), -1), axis=1)


@dataclass(frozen=True)
class Pose:
    """``matrix`` maps places in the questioned picture to places in the evidence picture (both as they are coded)."""

    matrix: Matrix

    @classmethod
    def of_corners(cls, corners: Matrix) -> Pose:
        """The pose that puts the questioned picture's corners (clockwise from the upper left) there, shape (4, 2)."""
        rows, wanted = [], []
        for (x, y), (u, v) in zip(_CORNERS[:, :2], corners, strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            wanted += [u, v]
        return cls(np.append(np.linalg.solve(np.array(rows), np.array(wanted)), 1.0).reshape(3, 3))

    @property
    def inverse(self) -> Matrix:
        """The map from places in the evidence picture to places in the questioned one."""
        return np.linalg.inv(self.matrix).astype(np.float64)

    @cached_property
    def corners(self) -> Matrix:
        """Where the corners of the questioned picture lie in the evidence picture, shape (4, 2)."""
        return mapped(self.matrix, _CORNERS[:, :2])

    @property
    def is_sound(self) -> bool:
        """Whether it maps the picture to a convex figure of sensible size that overlaps the evidence picture."""
        depth = _CORNERS @ self.matrix[2]
        if (np.sign(depth) != np.sign(depth[0])).any() or (np.abs(depth) < 1e-6).any():  # noqa: PLR2004 - at infinity
            return False
        before, after = self.corners - np.roll(self.corners, 1, 0), np.roll(self.corners, -1, 0) - self.corners
        bends = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        if not ((bends > 0).all() or (bends < 0).all()):
            return False
        left, top, right, bottom = self.box
        seen = max(0.0, right - left) * max(0.0, bottom - top)
        return _LEAST_PART < _area(self.corners) < _MOST_AREA and seen > _LEAST_PART

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the part of the evidence picture that is seen, as parts of it."""
        return _bounds(self.corners)

    @property
    def place(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the part of the questioned picture in which the evidence picture is seen."""
        return _bounds(mapped(self.inverse, _CORNERS[:, :2]))

    def between(self, questioned: Matrix, evidence: Matrix) -> Pose:
        """The same between other squares, given the maps of these to those: as pictures are shown, not as read."""
        return Pose(evidence @ self.matrix @ np.linalg.inv(questioned))

    @property
    def turned(self) -> Turned:
        """The nearest of the eight ways that make the questioned picture from the evidence picture."""
        linear = _linear(np.linalg.inv(self.matrix).astype(np.float64))
        linear /= np.linalg.norm(linear, axis=0)
        return max(EIGHT, key=lambda one: float((linear * one.matrix[:2, :2]).sum()))


def mapped(matrix: Matrix, places: Matrix) -> Matrix:
    """``places`` (n, 2) through a projective map."""
    lifted = np.column_stack([places, np.ones(len(places))]) @ matrix.T
    return lifted[:, :2] / lifted[:, 2:]


def _bounds(corners: Matrix) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what lies inside the unit square."""
    low, high = np.clip(corners.min(0), 0, 1), np.clip(corners.max(0), 0, 1)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def region_told(box: tuple[float, float, float, float]) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Left, top, width, height as a verdict tells them; sides that almost are the picture's are taken for them."""
    left, top, right, bottom = (0.0 if side < _EDGE else 1.0 if side > 1 - _EDGE else side for side in box)
    return _part(left), _part(top), _part(right - left), _part(bottom - top)


#: Parts of the picture by which what is seen may fall short of the whole: a box of the small picture.
_EDGE: Final = 0.02


def _part(of_picture: float) -> Fraction:
    return Fraction(round(of_picture * 1000), 1000)


def window(left: float, top: float, right: float, bottom: float) -> Matrix:
    """The map of the unit square to a part of a picture."""
    return np.array([[right - left, 0, left], [0, bottom - top, top], [0, 0, 1]])


def _linear(matrix: Matrix) -> Matrix:
    """The map near the middle of the picture: its derivative there."""
    step = 1e-3
    at = mapped(matrix, np.array([[0.5, 0.5], [0.5 + step, 0.5], [0.5, 0.5 + step]]))
    return np.column_stack([at[1] - at[0], at[2] - at[0]]) / step


def _area(corners: Matrix) -> float:
    following = np.roll(corners, -1, 0)
    return abs(float((corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1]).sum())) / 2


def as_one_of_eight(codes: NDArray[np.uint8], pose: Pose) -> NDArray[np.uint8] | None:
    """The codes that the pictures have in ``pose``, where it is one of the eight; None in others."""
    for way in EIGHT:
        if np.abs(Pose(way.matrix).corners - pose.corners).max() <= _EIGHT_WITHIN:
            return turned_codes(codes, way)
    return None


#: Parts of the picture by which a pose may differ from one of the eight, and codes of whole pictures be compared.
_EIGHT_WITHIN: Final = 0.04
