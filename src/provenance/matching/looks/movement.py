"""Do two aligned tracks move alike? By this alone a copy is told from another recording of the same scene.

What counts is what remains when the mean of each stretch is taken away: two recordings of one room look alike, and do
not move alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.looks.laying import HALF, LEAST_ENERGY, unit
from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.laying import Array, Pair

#: Small pictures of a window, windows that are needed to say more than the whole, and how much less alike honest copies
#: are in the lower quartile of windows than as a whole.
_WINDOW, _WINDOWS, _LESS_IN_WINDOWS = 6, 3, 0.15
#: Tiles of the picture each way, in which is looked for something laid over it.
_TILES: Final = 8
#: Part of the plain likeness of the better tiles below which a tile is covered, in part or wholly. Under an inset and
#: a banner on a clip that moves tiles had -0.2 to 0.5, those beside them 0.7 to 1.0; in another event in the same room
#: the walls are alike, and what moves is hidden with the tiles that are not.
_COVERED: Final = 0.6
#: Parts of what is compared, and of all movement of the evidence, that may lie under what is laid over.
_MOST_COVERED, _MOST_HIDDEN = 0.5, 0.75


@dataclass(frozen=True, slots=True)
class Movement:
    """``alike``: correlation of what moves in both; ``energy``: part of the evidence's contrast that moves."""

    alike: float
    energy: float


def movement(pair: Pair, course: Course, evidence_rows: NDArray[np.int64], enough: float) -> Movement:
    """How alike the two tracks move along a course, over the small pictures ``evidence_rows`` of the evidence.

    Of the whole and, of windows of 2 to 3 s, the lower quartile: one change that two recordings of a room share, a lamp
    that goes on, must not stand for everything else that moves. Where that is not ``enough``, what shows nothing of the
    recording, because something was laid over it, is left out.
    """
    there = pair.evidence[evidence_rows]
    here = _at(pair, course.here(pair.evidence_times[evidence_rows]), there)
    there, here = (rows / max(float(rows.std()), 1e-6) for rows in (there, here))
    found = _judged(there, here)
    if found.alike >= enough or found.energy < LEAST_ENERGY:
        return found
    seen = uncovered(there, here, pair.places)
    if seen is None:
        return found
    rest = _judged(there[:, seen], here[:, seen])
    # With what moves hidden, a lamp that goes on in both could be all that is left.
    sure = min(rest.alike, _without_one_change(there[:, seen], here[:, seen], otherwise=0.0))
    return Movement(sure, rest.energy) if sure > found.alike else found


def _judged(there: Array, here: Array) -> Movement:
    whole, energy = _moves_alike(there, here)
    windows = [slice(at, at + _WINDOW) for at in range(0, len(there) - _WINDOW + 1, _WINDOW // 2)]
    if len(windows) < _WINDOWS:
        return Movement(min(whole, _without_one_change(there, here, otherwise=1.0)), energy)
    each = [_moves_alike(there[window], here[window]) for window in windows]
    told = [alike for alike, moved in each if moved >= LEAST_ENERGY]
    if len(told) < _WINDOWS:  # it moves at one moment only
        return Movement(whole, sorted(moved for _, moved in each)[-_WINDOWS])
    return Movement(min(whole, float(np.quantile(told, 0.25)) + _LESS_IN_WINDOWS), energy)


def _without_one_change(there: Array, here: Array, *, otherwise: float) -> float:
    """Likeness of movement without the pattern that explains most of it; ``otherwise`` where that leaves too little.

    A stretch too short for windows: what changes once, like a lamp that goes on, is one pattern whatever it changes.
    Something that moves across the picture is many.
    """
    own = there - there.mean(0)
    values, vectors = np.linalg.eigh((own @ own.T).astype(np.float64))
    keep = np.eye(len(own)) - np.outer(vectors[:, -1], vectors[:, -1])
    if values[:-1].sum() < _LEFT * values.sum() or len(own) <= _WINDOWS:
        return otherwise
    one, other = keep @ own, keep @ (here - here.mean(0))
    alike = correlation(one, other)
    return alike + _LESS_IN_WINDOWS


#: Part of the movement that has to be left when one pattern is taken away.
_LEFT: Final = 0.2


def _moves_alike(there: Array, here: Array) -> tuple[float, float]:
    """Correlation of what remains without the means, and the part of the contrast that it is in the evidence."""
    there, here = there - there.mean(0), here - here.mean(0)
    return correlation(there, here), float(np.sqrt(np.square(there).mean()))


def correlation(there: NDArray[np.floating], here: NDArray[np.floating]) -> float:
    """Correlation of two arrays of one shape that have no mean to take away."""
    below = float(np.sqrt(np.square(there).sum() * np.square(here).sum()))
    return float((there * here).sum()) / max(below, 1e-9)


def uncovered(there: Array, here: Array, places: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Columns in tiles that show the recording; None where there are no others, or too little is left of it.

    ``there``, ``here``: aligned rows of both; ``places``: which of HALF x HALF places their columns are.
    """
    tile = (places // HALF * _TILES // HALF) * _TILES + places % HALF * _TILES // HALF
    tiles = np.unique(tile)
    alike = np.array([correlation(there[:, tile == one], here[:, tile == one]) for one in tiles])
    hidden = tiles[alike < _COVERED * np.quantile(alike, 0.75)]
    covered = np.isin(tile, hidden)
    moving = np.square(there - there.mean(0)).sum(0)
    if not len(hidden) or covered.mean() > _MOST_COVERED or moving[covered].sum() > _MOST_HIDDEN * moving.sum():
        return None
    seen: NDArray[np.bool_] = ~covered
    return seen


def _at(pair: Pair, moments: NDArray[np.float64], there: Array) -> Array:
    """The questioned small pictures at ``moments``: of each two beside it and their mixture, what is most alike.

    A picture of the copy is often one picture of the recording, and sometimes a mixture of two.
    """
    here = pair.questioned_times
    if len(here) == 1:
        return pair.questioned[np.zeros(len(moments), np.int64)]
    after = np.clip(np.searchsorted(here, moments), 1, len(here) - 1)
    share = np.clip((moments - here[after - 1]) / (here[after] - here[after - 1]), 0, 1).astype(np.float32)[:, None]
    one, other = pair.questioned[after - 1], pair.questioned[after]
    choices = np.stack([(1 - share) * one + share * other, pair.questioned[nearest(here, moments)], one, other])
    wanted = unit(there)
    likest = np.stack([(unit(choice) * wanted).sum(1) for choice in choices]).argmax(0)
    return np.asarray(choices[likest, np.arange(len(moments))], np.float32)
