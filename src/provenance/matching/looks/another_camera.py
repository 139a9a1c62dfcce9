"""Did another camera see this? Two cameras side by side look alike and move alike; a copy shows nothing of its own.

A copy can show nothing of the scene beyond the evidence picture. Around it there are bars, a screen's frame, other
footage: at the edge the picture breaks off. Where the scene goes on past the edge instead, a camera saw it that sees
more there than the evidence does. Read from small pictures that are laid on each other already.

No sign of it says nothing: another camera that sees less than the evidence on every side shows none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np

from provenance.evidence import SMALL_SIDE
from provenance.matching.background import threshold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from provenance.matching.looks.pose import Matrix, Pose
    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]
    Edge = Literal["goes on", "breaks off", "not told"]

#: Likeness of the lines on both sides of an edge from which the scene goes on there.
GOES_ON: Final = threshold("looks.camera.goesOn")
#: Change from line to line at the edge, times the greatest inside it, from which the picture breaks off there.
BREAKS: Final = threshold("looks.camera.breaks")
#: Boxes laid out beyond each edge, and pictures looked at, spread over the piece: 12 take 2 ms, and a still edge is the
#: same in all of them.
_BEYOND, _LOOKED = 16, 12
#: First of the two lines inside the edge that are compared, and lines inside that tell how the scene changes.
_INNER, _DEEP = 1, 9
#: Places along an edge that have to be seen on both sides of it: a third.
_LEAST_SEEN: Final = SMALL_SIDE // 3
#: Levels of contrast along a line, below which it says nothing, and boxes above which brightness is shading.
_LEAST_CONTRAST, _SHADING = 2.0, 8.0
#: Some fill the outside from the inside. Lines that repeat the edge change by fewer levels than the first from one to
#: the next: five clips, x264 at CRF 23 and 34, 0.00 to 0.47; a drawn wall beyond the edge 0.54 at least. Of 8 clips 29
#: of 37 mirrored edges were like their image by more than the second (scenes 0.24).
_REPEATED, _MIRRORED = 0.5, 0.85


def at_edges(questioned: Sight, pose: Pose, first: int, last: int) -> Edge:
    """Whether the scene goes on past an edge of the evidence picture in the questioned pictures ``first`` to ``last``.

    ``pose`` lays them on the evidence picture, to about a box; the extra has to be 5 boxes (of 96) wide to be seen.
    """
    here = np.flatnonzero((questioned.places >= first) & (questioned.places <= last))
    if not len(here):
        return "not told"
    chosen = here[np.linspace(0, len(here) - 1, min(len(here), _LOOKED)).astype(np.int64)]
    laid, seen = _laid(questioned.small[chosen], pose.matrix)
    blur = _magnified(pose)
    edges = [_edge(one, mask, blur) for one, mask in zip(_sides(laid), _sides(seen[None]), strict=True)]
    if "breaks off" in edges:  # what surrounds a copy surrounds it on several sides
        return "breaks off"
    return "goes on" if "goes on" in edges else "not told"


def _laid(pictures: NDArray[np.uint8], matrix: Matrix) -> tuple[Array, NDArray[np.bool_]]:
    """Small pictures in the evidence picture's frame with ``_BEYOND`` boxes around it, and where they reach."""
    side = SMALL_SIDE + 2 * _BEYOND
    to_unit = np.array([[1 / SMALL_SIDE, 0, 0.5 / SMALL_SIDE], [0, 1 / SMALL_SIDE, 0.5 / SMALL_SIDE], [0, 0, 1]])
    shift = np.array([[1, 0, _BEYOND], [0, 1, _BEYOND], [0, 0, 1.0]])
    boxes = shift @ np.linalg.inv(to_unit) @ matrix @ to_unit
    laid = np.stack([cv2.warpPerspective(one, boxes, (side, side), flags=cv2.INTER_LINEAR) for one in pictures])
    whole = np.full((SMALL_SIDE, SMALL_SIDE), 255, np.uint8)
    reached = cv2.warpPerspective(whole, boxes, (side, side), flags=cv2.INTER_LINEAR)
    inner = cv2.erode(reached, np.ones((3, 3), np.uint8), borderValue=0) == 255  # noqa: PLR2004 - not mixed with the outside
    return laid.astype(np.float32), inner


def _magnified(pose: Pose) -> float:
    """Boxes of the evidence picture that one box of the questioned picture covers, along the longer way."""
    corners = pose.corners
    return float(np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1).max())


def _sides(pictures: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The same as each edge sees it: (pictures, lines from the outside inwards, places along the edge)."""
    turned = pictures.transpose(0, 2, 1)
    yield from (pictures, pictures[:, ::-1], turned, turned[:, ::-1])


def _edge(laid: Array, seen: NDArray[np.bool_], blur: float) -> Edge:
    """What the picture does at one edge. ``blur``: boxes over which what lies inside may be smeared outwards."""
    edge, outer = _BEYOND, -2 - round(2 * max(blur, 1.0))
    along = slice(_BEYOND, _BEYOND + SMALL_SIDE)
    if edge + outer < 0:
        return "not told"
    places = seen[0, edge + outer : edge + _DEEP, along].all(0)
    if places.sum() < _LEAST_SEEN:
        return "not told"
    block = laid[:, :, along][:, :, places]
    changes = np.abs(np.diff(block, axis=1)).mean((0, 2))
    if changes[edge + outer + 1 : edge + 2].max() > BREAKS * changes[edge + 2 : edge + _DEEP].max():
        return "breaks off"
    outside, inside = (_banded(block[:, edge + at : edge + at + 2].mean(1)) for at in (outer, _INNER))
    if min(float(outside.std()), float(inside.std())) < _LEAST_CONTRAST:
        return "not told"
    if _filled(block, changes, outer):
        return "breaks off"
    return "goes on" if _alike(outside, inside) >= GOES_ON else "not told"


def _filled(block: Array, changes: Array, outer: int) -> bool:
    """Whether what lies beyond the edge was made of what lies inside it: repeated, or mirrored."""
    edge = _BEYOND
    if changes[edge + outer : edge - 1].mean() < _REPEATED:
        return True
    both = (block[:, edge + outer : edge], block[:, edge : edge - outer][:, ::-1])
    # along each place from line to line: a scene that goes on has no reason to turn back there
    return _alike(*(lines - lines.mean(1, keepdims=True) for lines in both)) > _MIRRORED


def _banded(lines: Array) -> Array:
    """What changes quickly along the lines."""
    shading = cv2.GaussianBlur(lines, (0, 0), sigmaX=_SHADING, sigmaY=1e-3, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(lines - shading, np.float32)


def _alike(one: Array, other: Array) -> float:
    """2ab / (aa + bb): unlike a correlation, a faint line is not like a strong one."""
    return 2 * float((one * other).sum()) / max(float(np.square(one).sum() + np.square(other).sum()), 1e-6)
