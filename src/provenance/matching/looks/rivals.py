"""Other places of a recording that a piece shows just as well: loops, repeats, passages in which nothing moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.looks.alignment import LEAST_PICTURES, likeness_along
from provenance.matching.looks.laying import LEAST_ENERGY
from provenance.matching.looks.movement import movement
from provenance.matching.looks.sight import nearest

if TYPE_CHECKING:
    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.edges import Laid
    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

#: Seconds apart from which two places are two.
_APART: Final = 0.5
#: Pictures by which repeats are looked for, and bits of 256 by which their codes may differ in the mean: coding a
#: picture again changes 10 to 30 (design/matching.md).
_ASKED, _REPEATED = 24, 20
#: Likeness, and likeness of movement, by which a place may be worse and still be as good: what coding again changes.
_AS_GOOD: Final = 0.02
#: Places that are looked into.
_MOST: Final = 32


def rivals(laid: Laid, piece: Piece) -> tuple[Course, ...]:
    """Courses on which the piece shows another place of the recording as well, earliest first."""
    found = []
    for shift in _repeats(laid.evidence, piece, laid.questioned)[:_MOST]:
        course = replace(piece.course, offset=piece.course.offset + shift)
        if _is_as_good(laid, piece, course):
            found.append(course)
    return tuple(sorted(found, key=lambda one: one.offset))


def _repeats(evidence: Sight, piece: Piece, questioned: Sight) -> list[float]:
    """Seconds by which what the piece shows lies earlier or later in the recording once more; the likest first."""
    times = evidence.times
    ends = piece.course.speed * questioned.times[[piece.first, piece.last]] + piece.course.offset
    first, last = (int(one) for one in nearest(times, ends))
    asked = np.unique(np.linspace(first, last, _ASKED).astype(np.int64))
    asked = asked[evidence.says[asked]]
    starts = np.arange(len(times) - (last - first))
    if not len(asked) or len(starts) < LEAST_PICTURES:
        return []
    words = np.ascontiguousarray(evidence.codes).view(np.uint64)
    differ = np.zeros(len(starts))
    for picture in asked.tolist():
        other = words[starts + (picture - first)]
        differ += np.bitwise_count(other ^ words[picture]).sum(1)
    differ /= len(asked)
    found: list[float] = []
    for start in np.argsort(differ, kind="stable").tolist():
        shift = float(times[start] - times[first])
        if differ[start] > _REPEATED or len(found) == _MOST:
            break
        if abs(shift) >= _APART and all(abs(shift - other) >= _APART for other in found):
            found.append(shift)
    return found


def _is_as_good(laid: Laid, piece: Piece, course: Course) -> bool:
    rows, likeness, _ = likeness_along(laid.pair, course)
    near = laid.near(course, rows)
    here = laid.pair.questioned_times[near]
    mine = (here >= laid.questioned.times[piece.first] - 1e-3) & (here <= laid.questioned.times[piece.last] + 1e-3)
    if mine.sum() < min(LEAST_PICTURES, piece.told_apart) or likeness[mine].mean() < piece.likeness - _AS_GOOD:
        return False
    moves = movement(laid.pair, course, rows[mine], enough=1.0)
    if piece.moves.energy < LEAST_ENERGY:
        return moves.energy < LEAST_ENERGY
    return moves.alike >= piece.moves.alike - _AS_GOOD
