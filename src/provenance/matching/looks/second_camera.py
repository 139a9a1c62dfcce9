"""Which sign a piece shows that a second camera recorded it, at the same event.

It looks and moves as the recording does; what is left are four signs, the surest first, and one for pieces that are too
short for them. None of them says nothing: from the same spot, on a stand, and seeing no more than the recording, there
is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.matching.background import threshold
from provenance.matching.looks.another_camera import at_edges
from provenance.matching.looks.by_hand import MANY, hands
from provenance.matching.looks.depth import parallax
from provenance.matching.looks.following import Steadied
from provenance.matching.looks.laying import TO_UNIT, warped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.edges import Laid
    from provenance.matching.looks.pose import Pose

    Rows = NDArray[np.int64]

#: The scene goes on past the recording's edge (:mod:`another_camera`); near things lie otherwise against far ones
#: (:mod:`depth`); it does not share how the recording's camera shook, or too little is seen to tell (:mod:`by_hand`);
#: or too little is seen of all of them. All but the first speak of their own pose alone: a wrong one can make them up.
Sign = Literal["beyond", "depth", "hand", "view", "short"]

#: What each sign of another camera comes to, the surest first.
SIGNS: Final[Mapping[Sign, str]] = {
    "beyond": "it shows more of the scene than the recording does, and moves like it",
    "depth": "it moves like the recording, and near and far things lie otherwise to each other in it",
    "hand": "it moves like the recording, and does not share how the recording's camera shook: another camera, or a "
    "copy whose view was steadied",
    "view": "it moves like the recording, and its view moves by itself; too little is seen to tell whether by the hand "
    "of another camera or of who filmed a copy",
    "short": "it moves like the recording, shows another part of the scene, and is too short to tell a copy that was "
    "cropped from what a camera beside this one recorded",
}

#: Parts of the picture by which corners may lie beside the recording's, and both still show the same.
SAME_PART: Final = threshold("looks.short.samePart")
#: Pictures, of the file that has fewer a second, by which both begin or end together.
TOGETHER: Final = threshold("looks.short.together")
_UNIT_CORNERS: Final = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


def second_camera(laid: Laid, course: Course, rows: Rows, pictures: tuple[int, int]) -> Sign | None:
    """The surest sign, or None: of questioned ``pictures``, first and last, and the evidence's small ones ``rows``."""
    edge = at_edges(laid.questioned, laid.pose, *pictures)
    if edge == "goes on":
        return "beyond"
    sign, is_open = _in_small_pictures(laid, course, rows) if len(rows) else (None, False)
    # What breaks off at the recording's very edge is a screen or a layout that shows it.
    if sign or len(rows) >= MANY or edge == "breaks off" or _together(laid, course, pictures):
        return sign
    if is_open:
        return "view"
    return None if _shows_the_same_part(laid.pose) else "short"


def _in_small_pictures(laid: Laid, course: Course, rows: Rows) -> tuple[Sign | None, bool]:
    """The sign that shows, and whether the view moves by itself and it stays open by whose hand."""
    near = laid.near(course, rows)
    there, (here, seen) = laid.evidence.small[rows], warped(laid.questioned.small[near], laid.pose)
    if parallax(there, here, seen).shown:
        return "depth", False
    held = hands(there, here, seen, _views(laid, near))
    return "hand" if held.another else None, held.open


def _views(laid: Laid, near: Rows) -> NDArray[np.float64] | None:
    """Where questioned small pictures that were made to stand lie in those as they were, from the evidence picture."""
    if not isinstance(laid.questioned, Steadied):
        return None
    steadied = np.linalg.inv(TO_UNIT) @ laid.pose.matrix @ TO_UNIT
    return np.asarray(laid.questioned.views[near] @ np.linalg.inv(steadied))


def _shows_the_same_part(pose: Pose) -> bool:
    """Whether its corners are the recording's: one beside it sees a little more here, less there."""
    apart = np.abs(pose.corners[:, None] - _UNIT_CORNERS[None]).max(-1)
    return bool((apart.min(1) <= SAME_PART).all())


def _together(laid: Laid, course: Course, pictures: tuple[int, int]) -> bool:
    """Whether the file begins where the recording does, or ends there: no other camera was started with it."""
    here, there = laid.questioned.times, laid.evidence.times
    late = TOGETHER * max(laid.questioned.gap * abs(course.speed), laid.evidence.gap)
    first, last = pictures
    begins = first == 0 and abs(course.there(float(here[0])) - there[0]) <= late
    ends = last == len(here) - 1 and abs(course.there(float(here[-1])) - there[-1]) <= late
    return bool(begins or ends)
