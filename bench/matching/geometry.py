"""Rectangles as parts of a picture, and where the evidence picture went in the questioned one."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: x, y, width, height as parts of a picture, from its upper left corner.
Rect = tuple[float, float, float, float]
WHOLE: Rect = (0.0, 0.0, 1.0, 1.0)


def mirrored(rect: Rect) -> Rect:
    x, y, width, height = rect
    return (1 - x - width, y, width, height)


def turned(rect: Rect, degrees: int) -> Rect:
    """The rectangle in the picture that was turned clockwise by a multiple of 90."""
    for _ in range(degrees % 360 // 90):
        x, y, width, height = rect
        rect = (1 - y - height, x, height, width)
    return rect


def common(one: Rect, other: Rect) -> Rect | None:
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[0] + one[2], other[0] + other[2]), min(one[1] + one[3], other[1] + other[3])
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def inside(rect: Rect, frame: Rect) -> Rect:
    """``rect`` in parts of ``frame`` instead of the whole."""
    return (
        (rect[0] - frame[0]) / frame[2],
        (rect[1] - frame[1]) / frame[3],
        rect[2] / frame[2],
        rect[3] / frame[3],
    )


def outside(rect: Rect, frame: Rect) -> Rect:
    """``rect``, given in parts of ``frame``, in parts of the whole."""
    return (frame[0] + rect[0] * frame[2], frame[1] + rect[1] * frame[3], rect[2] * frame[2], rect[3] * frame[3])


def overlap(one: Rect, other: Rect) -> float:
    """Area that both cover over area that one of them covers."""
    both = common(one, other)
    area = both[2] * both[3] if both else 0.0
    return area / (one[2] * one[3] + other[2] * other[3] - area)


@dataclass(frozen=True)
class Geometry:
    """The evidence picture, mirrored left-right, then turned clockwise; ``shown`` of it lies at ``placed``.

    ``shown`` is counted in the turned picture; :attr:`region` is the same part of the evidence picture. Not ``exact``:
    the rectangles only bound what perspective, a tilt or a lens made of them.
    """

    mirrored: bool = False
    rotation: int = 0
    shown: Rect = WHOLE
    placed: Rect = WHOLE
    exact: bool = True

    @property
    def region(self) -> Rect:
        upright = turned(self.shown, 360 - self.rotation)
        return mirrored(upright) if self.mirrored else upright

    def mirror(self) -> Geometry:
        turn = -self.rotation % 360
        return replace(
            self,
            mirrored=not self.mirrored,
            rotation=turn,
            shown=mirrored(self.shown),
            placed=mirrored(self.placed),
        )

    def turn(self, degrees: int) -> Geometry:
        return replace(
            self,
            rotation=(self.rotation + degrees) % 360,
            shown=turned(self.shown, degrees),
            placed=turned(self.placed, degrees),
        )

    def crop(self, frame: Rect) -> Geometry:
        left = common(self.placed, frame)
        assert left is not None, "nothing of the evidence is left"
        shown = outside(inside(left, self.placed), self.shown)
        return replace(self, shown=shown, placed=inside(left, frame))

    def put(self, frame: Rect) -> Geometry:
        """The whole present picture becomes the part ``frame`` of a larger one."""
        return replace(self, placed=outside(self.placed, frame))

    def roughly(self) -> Geometry:
        return replace(self, exact=False)
