"""Pictures of both files laid on each other, one pair for each small picture of the evidence.

All that honest copying does to a picture as a whole is taken out here: where it lies (to a fraction of a box, picture
by picture: hands shake), which of the questioned pictures it is, how sharp it is. What is left are differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import CHROMA_SIDE, SMALL_SIDE
from provenance.matching.background import calibration
from provenance.matching.looks.changing.lens import BOTH, CAP, Lens, moved, off, settled_lens, soft, unmoved
from provenance.matching.looks.changing.tone import Tone, colours_fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.changing.lens import Moved
    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]
    Matrix = NDArray[np.float64]

#: Questioned pictures tried on either side of the nearest one (matching.md, point 6).
_BESIDE: Final = 2
#: Blurs of the evidence tried, in boxes: a copy of 144 lines, or small inside bars, is softer than the evidence.
_BLURS: Final = (0.0, 0.6, 0.9, 1.3, 1.9, 2.8)
#: Pairs that the pose is settled on.
_SETTLED: Final = 8


@dataclass(frozen=True)
class Overlaid:
    """Pairs of pictures, one row each, in the evidence picture's frame.

    ``wanted``: questioned seconds at which the evidence's pictures should be, ``moments``: those of the pictures that
    were paired with them; shape (n,). ``gap``: seconds between questioned small pictures.
    ``evidence``, ``questioned``: luma of shape (n, 96, 96), the former in
    the copy's tone; ``beside``: the questioned pictures before and after, shape (2, n, 96, 96). ``colours`` and
    ``questioned_colours``: shape (n, 2, 24, 24). ``seen``, ``seen_colours``: where both show something. ``as_coded``:
    luma and colours of the evidence in its own tone. ``converted``: whether pictures may be of moments that no picture
    of the evidence has.
    """

    wanted: NDArray[np.float64]
    moments: NDArray[np.float64]
    gap: float
    evidence: Array
    questioned: Array
    beside: Array
    colours: Array
    questioned_colours: Array
    colours_beside: Array
    seen: NDArray[np.bool_]
    seen_colours: NDArray[np.bool_]
    as_coded: tuple[Array, Array]
    converted: bool = False

    def moves(self, beside: Array) -> Array:
        """What changes from the picture before to the one after, as far as a picture is of another moment.

        A course that is off by the same everywhere is no other moment: what counts is how moments stray from a line.
        Of a rate that was converted times say nothing of that: they are multiples of the new one.
        """
        late = self.moments - self.wanted
        if len(late) >= _LINE:
            late = late - np.polyval(np.polyfit(self.wanted, late, 1), self.wanted)
        share = np.minimum(1.0, np.abs(late) / (self.gap / 2)).astype(np.float32)
        if self.converted:
            share = np.maximum(share, np.float32(_CONVERTED))
        return np.asarray(np.abs(beside[1] - beside[0]) * share[:, None, None], np.float32)

    def without(self, rows: NDArray[np.bool_]) -> Overlaid:
        """The other rows."""
        kept = ~rows
        return Overlaid(
            self.wanted[kept],
            self.moments[kept],
            self.gap,
            self.evidence[kept],
            self.questioned[kept],
            self.beside[:, kept],
            self.colours[kept],
            self.questioned_colours[kept],
            self.colours_beside[:, kept],
            self.seen,
            self.seen_colours,
            (self.as_coded[0][kept], self.as_coded[1][kept]),
            self.converted,
        )


def overlaid(questioned: Sight, piece: Piece, rows: NDArray[np.int64]) -> Overlaid | None:
    """Pairs for these rows of the evidence's small pictures; None where too little of the picture is seen."""
    evidence = piece.evidence
    lens = Lens(questioned, piece.pose.matrix)
    if lens.seen.mean() < _LEAST_SEEN:
        return None
    moments = (evidence.times[evidence.places[rows]] - piece.course.offset) / piece.course.speed
    here = questioned.times[questioned.places]
    nearest = np.clip(np.searchsorted(here, moments - questioned.gap / 2), 0, len(here) - 1)
    there = soft(evidence.small[rows].astype(np.float32), BOTH)
    some = np.unique(np.linspace(0, len(rows) - 1, _SETTLED).astype(np.int64))
    lens = _settled_pose(lens, there[some], nearest[some], len(here))
    first = np.stack([lens.luma(at) for at in nearest[some]])
    there, tone = _as_sharp(there, some, first, lens.seen)
    like = tone.of_luma(there)
    best = [_settled(lens, picture, at, len(here)) for at, picture in zip(nearest.tolist(), like, strict=True)]
    chosen, moves = [one.at for one in best], [one.move for one in best]
    pictures = np.stack([one.laid for one in best])
    tone = Tone.fitted(there, pictures, lens.seen)
    last = len(here) - 1
    beside = np.stack(
        [
            [lens.luma(min(max(at + step, 0), last), move) for at, move in zip(chosen, moves, strict=True)]
            for step in (-1, 1)
        ]
    )
    own = evidence.colours[rows].astype(np.float32)
    shown = np.stack([lens.colours(at, move) for at, move in zip(chosen, moves, strict=True)])
    small = on_coarse_grid(there)
    colours_beside = np.stack(
        [
            [lens.colours(min(max(at + step, 0), last), move) for at, move in zip(chosen, moves, strict=True)]
            for step in (-1, 1)
        ]
    )
    predicted = colours_fitted(small, own, shown, lens.seen_colours)
    return Overlaid(
        moments,
        here[np.array(chosen)],
        float(np.median(np.diff(here))) if len(here) > 1 else questioned.gap,
        tone.settled(there, pictures, lens.seen),
        pictures,
        beside,
        predicted,
        shown,
        colours_beside,
        lens.seen,
        lens.seen_colours,
        (there, own),
        _is_converted(questioned, piece),
    )


def _is_converted(questioned: Sight, piece: Piece) -> bool:
    """Whether pictures follow each other at another rate than those of the evidence, or so many times slower."""
    rate = piece.course.speed * questioned.gap / max(piece.evidence.gap, 1e-3)
    return abs(rate / max(1, round(rate)) - 1) > _RATE


#: How much of what changes from the picture before to the one after counts where a rate was converted: the picture may
#: be of a moment half way to either.
_CONVERTED: Final = float(calibration("looks.changes")["noise"]["converted"])
#: Part by which rates of one recording differ without having been converted: 30 and 29.97, a clock of milliseconds.
_RATE: Final = 0.02
#: Pictures through whose moments a line is laid.
_LINE: Final = 4
#: Part of the evidence picture that has to be seen for changes to be looked for.
_LEAST_SEEN: Final = 0.03


def on_coarse_grid(pictures: Array) -> Array:
    """Luma on the grid of the colour planes."""
    count, step = len(pictures), SMALL_SIDE // CHROMA_SIDE
    means: Array = pictures.reshape(count, CHROMA_SIDE, step, CHROMA_SIDE, step).mean((2, 4))
    return means


def _settled_pose(lens: Lens, there: Array, nearest: NDArray[np.int64], count: int) -> Lens:
    """The pose settled on some pairs, each with the questioned picture that is most like it."""
    first = np.stack([lens.luma(at) for at in nearest.tolist()])
    like = Tone.fitted(there, first, lens.seen).of_luma(there)
    chosen = []
    for at, one in zip(nearest.tolist(), like, strict=True):
        tried = [other for other in range(at - _BESIDE, at + _BESIDE + 1) if 0 <= other < count]
        chosen.append(min(tried, key=lambda other, one=one: off(lens.luma(other), one, lens)))  # type: ignore[misc]
    return settled_lens(lens, like, np.array(chosen))


def _as_sharp(there: Array, some: NDArray[np.int64], first: Array, seen: NDArray[np.bool_]) -> tuple[Array, Tone]:
    """The evidence as soft as the copy is, and the copy's tone, by ``some`` of the pictures."""
    best: tuple[float, float, Tone] | None = None
    for width in _BLURS:
        softer = soft(there[some], width)
        tone = Tone.fitted(softer, first, seen)
        off = float(np.minimum(np.abs(first - tone.of_luma(softer))[:, seen], CAP).mean())
        if best is None or off < best[0] - _SHARPER:
            best = off, width, tone
    assert best is not None
    return soft(there, best[1]), best[2]


#: Levels by which a further blur must bring the pictures nearer.
_SHARPER: Final = 0.02


def _settled(lens: Lens, like: Array, nearest: int, count: int) -> Moved:
    """The questioned picture that is most like one of the evidence, moved so that it lies there."""
    beside = range(nearest - _BESIDE, nearest + _BESIDE + 1)
    tried = {at: unmoved(lens, like, at) for at in beside if 0 <= at < count}
    first = min(tried.values(), key=lambda one: (one.off, abs(one.at - nearest)))
    best = moved(lens, like, first)
    for at in (first.at - 1, first.at + 1):  # a move can make up for a moment that is off: ask near neighbours, too
        if at in tried and tried[at].off < _NEAR * tried[best.at].off:
            other = moved(lens, like, tried[at])
            if other.off < best.off - _CLEARLY:
                best = other
    return best


#: Levels by which a neighbouring picture must be nearer to be taken.
_CLEARLY: Final = 0.02
#: Times the difference of the best picture that a neighbour may have to be asked.
_NEAR: Final = 1.3
