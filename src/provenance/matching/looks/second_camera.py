"""Which sign a piece shows that a second camera recorded it, at the same event.

It looks and moves as the recording does; what is left are four signs, the surest first. None of them is no sign of a
copy: from the same spot, on a stand, and seeing no more than the recording, a second camera shows none. So what shows
none is left open, unless something speaks for a copy (:mod:`copies`).
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
#: (:mod:`depth`); it does not share how the recording's camera shook, or too little is seen to tell (:mod:`by_hand`);
#: nothing of all that, and nothing for a copy. All but the first speak of their own pose alone: a wrong one can make
#: them up.
Sign = Literal["beyond", "depth", "hand", "view", "beside"]

#: What each sign of another camera comes to, the surest first.
SIGNS: Final[Mapping[Sign, str]] = {
    "beyond": "it shows more of the scene than the recording does, and moves like it",
    "depth": "it moves like the recording, and near and far things lie otherwise to each other in it",
    "hand": "it moves like the recording, and does not share how the recording's camera shook: another camera, or a "
    "copy whose view was steadied",
    "view": "it moves like the recording, and its view moves by itself; too little is seen to tell whether by the hand "
    "of another camera or of who filmed a copy",
    "beside": "it moves like the recording, and its picture is not the recording's whole picture; nothing tells a copy "
    "that was cropped from what another camera beside this one recorded",
}


def second_camera(laid: Laid, course: Course, rows: Rows, pictures: tuple[int, int]) -> Sign | None:
    """The surest sign, or None: of questioned ``pictures``, first and last, and the evidence's small ones ``rows``."""
    edge = at_edges(laid.questioned, laid.pose, *pictures)
    if edge == "goes on":
        return "beyond"
    sign, is_open = _in_small_pictures(laid, course, rows) if len(rows) else (None, False)
    if sign or edge == "breaks off":  # at the recording's very edge: a screen, bars or a layout show it
        return sign
    return "view" if is_open else "beside"


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
