"""Which sign a piece shows that a second camera recorded it, at the same event.

It looks and moves as the recording does; what is left are four signs, the surest first. None of them says nothing: from
the same spot, on a stand, and seeing no more than the recording, there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.matching.looks.another_camera import at_edges
from provenance.matching.looks.by_hand import hands
from provenance.matching.looks.depth import parallax
from provenance.matching.looks.following import Steadied
from provenance.matching.looks.laying import TO_UNIT, warped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.edges import Laid

    Rows = NDArray[np.int64]

#: The scene goes on past the recording's edge (:mod:`another_camera`); near things lie otherwise against far ones
#: (:mod:`depth`); it does not share how the recording's camera shook, or too little is seen to tell (:mod:`by_hand`).
#: All but the first speak of their own pose alone: a wrong one can make them up.
Sign = Literal["beyond", "depth", "hand", "view"]

#: What each sign of another camera comes to, the surest first.
SIGNS: Final[Mapping[Sign, str]] = {
    "beyond": "it shows more of the scene than the recording does, and moves like it",
    "depth": "it moves like the recording, and near and far things lie otherwise to each other in it",
    "hand": "it moves like the recording, and does not share how the recording's camera shook: another camera, or a "
    "copy whose view was steadied",
    "view": "it moves like the recording, and its view moves by itself; too little is seen to tell whether by the hand "
    "of another camera or of who filmed a copy",
}


def second_camera(laid: Laid, course: Course, rows: Rows, pictures: tuple[int, int]) -> Sign | None:
    """The surest sign, or None: of questioned ``pictures``, first and last, and the evidence's small ones ``rows``."""
    edge = at_edges(laid.questioned, laid.pose, *pictures)
    if edge == "goes on":
        return "beyond"
    if not len(rows):
        return None
    near = laid.near(course, rows)
    there, (here, seen) = laid.evidence.small[rows], warped(laid.questioned.small[near], laid.pose)
    if parallax(there, here, seen).shown:
        return "depth"
    held = hands(there, here, seen, _views(laid, near))
    if held.another:
        return "hand"
    # What breaks off at the recording's very edge is a screen or a layout that shows it.
    return "view" if held.open and edge != "breaks off" else None


def _views(laid: Laid, near: Rows) -> NDArray[np.float64] | None:
    """Where questioned small pictures that were made to stand lie in those as they were, from the evidence picture."""
    if not isinstance(laid.questioned, Steadied):
        return None
    steadied = np.linalg.inv(TO_UNIT) @ laid.pose.matrix @ TO_UNIT
    return np.asarray(laid.questioned.views[near] @ np.linalg.inv(steadied))
