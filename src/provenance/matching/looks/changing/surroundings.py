"""What the questioned picture shows around the recording: bars of one colour or out of focus, or another picture."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.comparison import Alteration
from provenance.matching.looks.pose import Turned, mapped

if TYPE_CHECKING:
    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

#: Part of the picture's side that a strip has at least: poses are right to about one part in a hundred.
_LEAST: Final = 0.025
#: Levels between neighbouring boxes below which most of a bar lies: of one colour, or blurred; and how much of it. The
#: rest may be an edge of the picture that the pose has missed by a box.
_SMOOTH, _MOST = 4.0, 0.7
#: Pictures looked at.
_SOME: Final = 9

_Box = tuple[float, float, float, float]


def surroundings(questioned: Sight, piece: Piece) -> tuple[Alteration, ...]:
    """Strips of the questioned picture in which the recording does not lie, each as an alteration throughout."""
    wide = 1 / piece.evidence.read
    corners = mapped(piece.pose.inverse, np.array([[0.0, 0], [wide, 0], [wide, 1], [0, 1]]))
    left, top = (float(side) for side in corners.min(0) * (questioned.read, 1))
    right, bottom = (float(side) for side in corners.max(0) * (questioned.read, 1))
    strips = [
        (0.0, 0.0, left, 1.0),
        (right, 0.0, 1.0, 1.0),
        (max(left, 0.0), 0.0, min(right, 1.0), top),
        (max(left, 0.0), bottom, min(right, 1.0), 1.0),
    ]
    told = [one for one in strips if min(one[2] - one[0], one[3] - one[1]) >= _LEAST]
    return tuple(Alteration("picture", None, _shown(questioned, one), _what(questioned, piece, one)) for one in told)


def _what(questioned: Sight, piece: Piece, strip: _Box) -> str:
    inside = np.flatnonzero((questioned.places >= piece.first) & (questioned.places <= piece.last))
    if not len(inside):
        return "bars"
    some = inside[np.unique(np.linspace(0, len(inside) - 1, _SOME).astype(np.int64))]
    side = questioned.small.shape[-1]
    # a box less on every side: the outermost ones mix both pictures
    across = side / questioned.read
    left, top = (math.floor(part * each) + (part > 0) for part, each in zip(strip[:2], (across, side), strict=True))
    right, bottom = (math.ceil(part * each) - (part < 1) for part, each in zip(strip[2:], (across, side), strict=True))
    left, top = min(left, side - 2), min(top, side - 2)
    part = questioned.small[some, top : max(bottom, top + 2), left : max(right, left + 2)].astype(np.float32)
    steps = np.concatenate([np.abs(np.diff(part, axis=axis)).ravel() for axis in (1, 2)])
    return "bars" if float(np.quantile(steps, _MOST)) < _SMOOTH else "another picture around it"


def _shown(questioned: Sight, strip: _Box) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    presentation = questioned.track.presentation
    turn = Turned(presentation.mirrored, presentation.rotation).matrix
    left, top, right, bottom = strip
    places = mapped(turn, np.array([[left, top], [right, bottom]]))
    low, high = np.clip(places.min(0), 0, 1), np.clip(places.max(0), 0, 1)
    x, y, wide, tall = (Fraction(round(float(one) * 1000), 1000) for one in (*low, *(high - low)))
    return x, y, wide, tall
