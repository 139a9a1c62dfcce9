"""What a copy did to light and colour as a whole: gain, offset, curve and shading, fitted so that changes do not count.

Recoding, range, filters, a display and a camera before it change pictures everywhere alike. That is fitted and taken
out; a change inside the picture is what such a fit does not explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import SMALL_SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Columns = NDArray[np.float64]

#: Boxes that a fit is made on, at most; rounds in which those that it does not explain lose their weight.
_SAMPLES, _ROUNDS = 12_000, 6
_MIDDLE, _RANGE = 128.0, 128.0


@dataclass(frozen=True)
class Tone:
    """Questioned luma as a function of the evidence's and of the place: a cubic, and shading of second order."""

    weights: NDArray[np.float64]

    @classmethod
    def fitted(cls, evidence: Array, questioned: Array, seen: NDArray[np.bool_]) -> Tone:
        """Fitted on pictures of shape (n, side, side), where ``seen``."""
        places = np.flatnonzero(seen)
        step = -(-len(places) * len(evidence) // _SAMPLES)
        some = places[::step]
        level = (evidence.reshape(len(evidence), -1)[:, some].astype(np.float64) - _MIDDLE) / _RANGE
        columns = np.stack([*_curve(level), *(np.broadcast_to(one, level.shape) for one in _shading(some))], axis=-1)
        wanted = questioned.reshape(len(questioned), -1)[:, some].astype(np.float64)
        return cls(_robust(columns.reshape(wanted.size, -1), wanted.ravel()))

    def of_luma(self, evidence: Array) -> Array:
        """What the copy would show of these pictures."""
        level = (evidence - np.float32(_MIDDLE)) / np.float32(_RANGE)
        none, one, two, three, *places = (np.float32(weight) for weight in self.weights)
        shading = sum(weight * part for weight, part in zip(places, _shading(np.arange(SMALL_SIDE**2)), strict=True))
        shown = none + level * (one + level * (two + level * three))
        darker = np.asarray(shading, np.float32).reshape(SMALL_SIDE, SMALL_SIDE)
        return np.asarray(shown + darker, np.float32)

    def settled(self, evidence: Array, questioned: Array, seen: NDArray[np.bool_]) -> Array:
        """As :meth:`of_luma`, with a gain and an offset of each picture: lamps flicker, cameras adjust."""
        lifted = self.of_luma(evidence)
        low, high = _ends(lifted, questioned, seen)
        shown = np.clip(lifted, low, high)  # a filter that lifts contrast cuts off both ends
        beyond = ((lifted < low) | (lifted > high))[:, seen]
        if float(beyond.mean()) > 2 * _CLIPPED:  # a box at an end mixes what was cut off with what was not
            near = (lifted < low + _MIXED) | (lifted > high - _MIXED)
            shown = np.where(near, np.clip(questioned, shown - 2 * _MIXED, shown + 2 * _MIXED), shown)
        for at, other in enumerate(questioned):
            level, wanted = shown[at][seen].astype(np.float64), other[seen].astype(np.float64)
            columns = np.column_stack([np.ones(len(level)), level - level.mean()])
            offset, gain = _robust(columns[::2], (wanted - level)[::2])
            shown[at] += np.float32(offset) + np.float32(gain) * (shown[at] - np.float32(level.mean()))
        return shown


def _ends(lifted: Array, questioned: Array, seen: NDArray[np.bool_]) -> tuple[float, float]:
    """Levels at which the copy was cut off; 0 and 255 where it goes on, as a few boxes in a shadow do."""
    told, shown = lifted[:, seen], questioned[:, seen]
    ends = [float(edge) for edge in np.quantile(shown, (_CLIPPED, 1 - _CLIPPED))]
    for at, (beyond, whole) in enumerate(((told < ends[0] - _BEYOND, 0.0), (told > ends[1] + _BEYOND, 255.0))):
        if beyond.any():
            followed = float(np.median(np.abs(shown - told)[beyond]))
            if followed <= float(np.median(np.abs(shown - ends[at])[beyond])):
                ends[at] = whole
    return ends[0], ends[1]


#: Levels past an end from which a box says whether the copy goes on there: nearer ones are both.
_BEYOND: Final = 2.0
#: Part of the boxes beyond which the copy's levels are its lightest or darkest.
_CLIPPED: Final = 0.002
#: Levels from such an end within which boxes hold pixels that were cut off.
_MIXED: Final = 12.0


def _curve(level: Columns) -> list[Columns]:
    return [np.ones_like(level), level, level**2, level**3]


def _shading(places: NDArray[np.int64]) -> list[Columns]:
    """What shading of second order is made of, at places of the grid."""
    down, right = ((one + 0.5) / SMALL_SIDE * 2 - 1 for one in np.divmod(places, SMALL_SIDE))
    return [right, down, right**2, down**2, right * down]


def colours_fitted(luma: Array, evidence: Array, questioned: Array, seen: NDArray[np.bool_]) -> Array:
    """The colour planes that the copy would show: linear in the evidence's luma and colours, and in the place.

    ``luma``: shape (n, side, side); the others: (n, 2, side, side). A further offset for each picture.
    """
    side = evidence.shape[-1]
    level = (luma.astype(np.float64) - _MIDDLE) / _RANGE
    blue, red = ((evidence[:, one].astype(np.float64) - _MIDDLE) / _RANGE for one in (0, 1))
    down, right = (np.broadcast_to(one, level.shape) for one in (np.mgrid[:side, :side] + 0.5) / side * 2 - 1)
    parts = [np.ones_like(level), level, blue, red, level * blue, level * red, level**2, right, down]
    columns = np.stack(parts, axis=-1)
    inside = columns[:, seen].reshape(-1, len(parts))
    step = -(-len(inside) // _SAMPLES)
    out = np.empty_like(questioned)
    for plane in (0, 1):
        told = questioned[:, plane][:, seen].reshape(-1).astype(np.float64)
        out[:, plane] = columns @ _robust(inside[::step], told[::step])
        out[:, plane] += np.median((questioned[:, plane] - out[:, plane])[:, seen], axis=1)[:, None, None]
    return out


def _robust(columns: Columns, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least squares in which what lies far off loses its weight (Cauchy's weights)."""
    weights: NDArray[np.float64] = np.ones(len(wanted))
    ridge = np.eye(columns.shape[1]) * (_RIDGE * len(wanted))
    found: NDArray[np.float64] = np.zeros(columns.shape[1])
    for _ in range(_ROUNDS):
        heavy = columns * weights[:, None]
        found = np.asarray(np.linalg.solve(columns.T @ heavy + ridge, heavy.T @ wanted), np.float64)
        apart = np.abs(wanted - columns @ found)
        scale = max(1.4826 * float(np.median(apart)), _FINEST)
        weights = np.asarray(1 / (1 + np.square(apart / (2 * scale))), np.float64)
    return found


#: Keeps a fit on flat pictures from running away; a part of the mean square of a column.
_RIDGE: Final = 1e-6
#: Levels below which a difference is rounding.
_FINEST: Final = 0.3


def colouring(
    evidence: tuple[Array, Array], questioned: tuple[Array, Array], seen: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> str | None:
    """What was done to light and colour throughout, in words; None where both stayed nearly as they were.

    ``evidence`` and ``questioned``: luma (n, 96, 96) and colours (n, 2, 24, 24) of the pictures as they are coded.
    """
    own, shown = (_blocks(one, seen[1]) for one in (evidence[1], questioned[1]))
    if not own.size:
        return None
    colourful, left = (float(np.quantile(np.abs(one - _MIDDLE), 0.9)) for one in (own, shown))
    if left <= _GREY and colourful >= _COLOURFUL:
        return "grey"
    other = max(_OTHER_COLOURS, _PART_OF_COLOURS * colourful)
    if float(np.quantile(np.abs(_filtered(own, shown) - own), 0.75)) >= other:  # much may be grey in either
        return "colours changed"
    apart = _blocks(questioned[0][:, None], seen[0]) - _blocks(evidence[0][:, None], seen[0])
    return "light changed" if apart.size and float(np.median(np.abs(apart))) >= _OTHER_LIGHT else None


def in_range(planes: tuple[Array, Array], *, full: bool, wanted: bool) -> tuple[Array, Array]:
    """Luma and colours in full range, or not, as the same light and colours are in the range that is ``wanted``.

    Source: ITU-T H.273, equations 20 to 22 and 26 to 28: luma from 16 over 219 levels, colours over 224.
    """
    if full == wanted:
        return planes
    luma, colours = planes[0].astype(np.float32), planes[1].astype(np.float32) - _MIDDLE
    if full:
        return luma * _LUMA + _BLACK, colours * _CHROMA + _MIDDLE
    return (luma - _BLACK) / _LUMA, colours / _CHROMA + _MIDDLE


#: Black of limited range, and what levels of full range are times as many of it (8 bits).
_BLACK, _LUMA, _CHROMA = 16.0, 219 / 255, 224 / 255


def _filtered(own: Array, shown: Array) -> Array:
    """What a filter that is linear in both colours makes of ``own``, fitted to ``shown``.

    Boxes of a small picture that was turned hold other samples than before: where colours are patchy that moves single
    blocks by much, and all of them together by little.
    """
    blue, red = (own[:, plane].ravel().astype(np.float64) - _MIDDLE for plane in (0, 1))
    columns = np.column_stack([np.ones_like(blue), blue, red])
    out = np.empty_like(own)
    for plane in (0, 1):
        weights = _robust(columns, shown[:, plane].ravel().astype(np.float64))
        out[:, plane] = (columns @ weights).reshape(own[:, plane].shape)
    return out


def _blocks(planes: Array, seen: NDArray[np.bool_]) -> Array:
    """Means over what is seen of blocks of a quarter of the side, if half is: what softness and noise leave alone."""
    count, channels, side, _ = planes.shape
    step = side // _PARTS
    sums = (planes * seen).reshape(count, channels, _PARTS, step, _PARTS, step).sum((3, 5))
    boxes = seen.reshape(_PARTS, step, _PARTS, step).sum((1, 3))
    shown = boxes >= step**2 / 2
    return np.asarray(sums[:, :, shown] / boxes[shown], np.float32)


_PARTS: Final = 4
#: Levels from grey that a grey picture keeps at most in nine places of ten, and that one in colours has at least.
_GREY, _COLOURFUL = 2.0, 5.0
#: Levels by which a quarter of the picture differs in colour, or half of it in light, from which a filter is told.
#: Codecs leave 0.2 to 1.5; a matrix that a player takes wrongly moves colours by about 2.
_OTHER_COLOURS, _OTHER_LIGHT = 3.0, 7.0
#: The same as a part of how colourful the recording is: sampling moves colours by a part of themselves.
_PART_OF_COLOURS: Final = 0.15
