"""What speaks for a copy, where no sign says that another camera saw it. One of these is enough (docs/adr/0068).

- It shows the very same part of the scene: a second camera sees a little more here, a little less there.
- The file begins and ends where the recording does: cameras are not started and stopped at the same pictures by chance.
- It shares how the recording's camera shook: its view stands though that camera did not.
- Another piece of the file in the same pose is a copy.
- Its picture breaks off at the recording's very edge (:mod:`another_camera`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.background import threshold
from provenance.matching.looks.by_hand import shake_is_shared
from provenance.matching.looks.following import Steadied
from provenance.matching.looks.laying import warped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.edges import Laid
    from provenance.matching.looks.pieces import Piece

    Rows = NDArray[np.int64]

#: Parts of the picture by which corners may lie beside the recording's, and both still show the same.
SAME_PART: Final = threshold("looks.copy.samePart")
#: Pictures, of the file that has fewer a second, by which both begin, or end, together.
TOGETHER: Final = threshold("looks.copy.together")
#: Likeness of movement from which a piece may share the recording's shake.
SHARED: Final = threshold("looks.copy.shared")
#: Seconds that those pictures are at most: at a picture a second nothing is told to the picture.
_LATEST: Final = 0.25
#: Pictures at either end of a file by which a piece may miss it: ends are placed to about one.
_MISSED: Final = 2
_UNIT_CORNERS: Final = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


def told_as_copies(laid: Laid, pieces: Sequence[Piece], rows_in: Callable[[Piece], Rows]) -> list[Piece]:
    """The same pieces of one pose, in order of time; those that were left open and are copies, as such.

    ``rows_in``: the evidence's small pictures that a piece reaches.
    """
    left = [one for one in pieces if one.sign == "beside"]
    if not left:
        return list(pieces)
    longest = max(left, key=lambda one: one.told_apart)
    known = any(one.standing == "same" for one in pieces)
    if (
        known
        or _is_whole(laid, pieces)
        or _shows_the_same_part(laid)
        or _shares_the_shake(laid, longest, rows_in(longest))
    ):
        return [replace(one, standing="same", sign=None) if one.sign == "beside" else one for one in pieces]
    return list(pieces)


def _shows_the_same_part(laid: Laid) -> bool:
    """Whether its corners are the recording's, also mirrored or turned."""
    whole = laid.pose.between(laid.questioned.as_shown, laid.evidence.as_shown)
    apart = np.abs(whole.corners[:, None] - _UNIT_CORNERS[None]).max(-1)
    return bool((apart.min(1) <= SAME_PART).all())


def _is_whole(laid: Laid, pieces: Sequence[Piece]) -> bool:
    """Whether the file begins where the recording does, and ends where it ends."""
    here, there = laid.questioned.times, laid.evidence.times
    first, last = pieces[0], pieces[-1]
    if first.first > _MISSED or len(here) - 1 - last.last > _MISSED:
        return False
    late = min(TOGETHER * max(laid.questioned.gap * abs(first.course.speed), laid.evidence.gap), _LATEST)
    ends = (first.course.there(float(here[0])) - there[0], last.course.there(float(here[-1])) - there[-1])
    return bool(max(map(abs, ends)) <= late)


def _shares_the_shake(laid: Laid, piece: Piece, rows: Rows) -> bool:
    if isinstance(laid.questioned, Steadied) or not len(rows):  # its view moves; or too little of it is seen
        return False
    if piece.moves.alike < SHARED:
        return False
    here, seen = warped(laid.questioned.small[laid.near(piece.course, rows)], laid.pose)
    return shake_is_shared(laid.evidence.small[rows], here, seen)
