"""What of a questioned file one evidence shows, piece by piece, and whether it is shown to be the same recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.matching.background import threshold
from provenance.matching.looks.alignment import LEAST_PICTURES, Search, likeness_along
from provenance.matching.looks.carried import movement_apart
from provenance.matching.looks.copies import told_as_copies
from provenance.matching.looks.edges import Laid, edge, meeting
from provenance.matching.looks.every_picture import NOT_TOLD, at_every_picture
from provenance.matching.looks.following import Steadied, followed
from provenance.matching.looks.laying import LEAST_ENERGY, evidence_gap, lay
from provenance.matching.looks.movement import Movement, movement
from provenance.matching.looks.rivals import rivals
from provenance.matching.looks.runs import FOREIGN, runs_of
from provenance.matching.looks.second_camera import second_camera
from provenance.matching.looks.settling import settled
from provenance.matching.looks.sight import APART, spaced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from provenance.matching.looks.alignment import Course
    from provenance.matching.looks.candidates import Proposal
    from provenance.matching.looks.every_picture import Coded
    from provenance.matching.looks.pose import Pose
    from provenance.matching.looks.runs import Run
    from provenance.matching.looks.second_camera import Sign
    from provenance.matching.looks.sight import Sight

    Rows = NDArray[np.int64]

#: ``same``: it moves as the recording does. ``scene``: it looks like it, and does not move like it, or nothing moves.
#: ``event``: it moves as the recording does, and another camera saw it, or may have.
Standing = Literal["same", "scene", "event"]

#: Mean likeness of a piece. Wrong pairs of 23 clips had 0.25 at most, but for rooms filmed twice (0.96).
LIKE: Final = 0.4
#: Likeness of movement from which a piece is of the same recording, and small pictures by which it is told
#: (docs/adr/0031-looks.md).
SAME: Final = threshold("looks.movement.same")
LEAST_TOLD: Final = 4
#: The same of three small pictures, a copy of 1.2 s.
SHORT_SAME: Final = threshold("looks.short.same")
SHORT_ENERGY: Final = threshold("looks.short.energy")
#: Likeness by which a pose that shows another camera may be worse than one that does not, and be believed.
AS_ALIKE: Final = threshold("looks.camera.asAlike")
#: Likeness of a piece in which nothing moves and that stands beside one of the same recording.
STILL: Final = threshold("looks.still.beside")


@dataclass(frozen=True)
class Piece:
    """Questioned pictures ``first`` to ``last`` show the evidence along ``course``.

    ``told_apart``: small pictures that were compared.
    """

    evidence: Sight
    pose: Pose
    course: Course
    first: int
    last: int
    standing: Standing
    likeness: float
    moves: Movement
    told_apart: int
    #: courses on which it shows another place of the recording as well, earliest first
    rivals: tuple[Course, ...] = ()
    #: the questioned track with its view standing, in which ``pose`` holds, where the view moves
    steadied: Steadied | None = None
    #: of an ``event``: by what it was told
    sign: Sign | None = None
    #: what codes of all pictures say, where small pictures alone do not show that it is the same recording
    coded: Coded | None = None

    @property
    def weight(self) -> float:
        """What orders pieces that compete: how many pictures, and how alike."""
        moves = self.moves.alike if self.coded is None else self.coded.alike
        return (self.last - self.first + 1) * self.likeness * moves


def pieces_of(questioned: Sight, evidence: Sight, proposal: Proposal, free: NDArray[np.bool_]) -> list[Piece]:
    """Pieces among the ``free`` questioned pictures, in order of time; none if the proposal does not hold."""
    free_small = free[questioned.places]
    pose = settled(questioned, evidence, proposal.pose, free_small)
    return [] if pose is None else _pieces_in(questioned, evidence, pose, free_small)


def moving_pieces(questioned: Sight, evidence: Sight, proposal: Proposal) -> list[Piece]:
    """Pieces in which the view moves (docs/adr/0045-moving-views.md); none where it stands or cannot be followed."""
    everywhere = np.ones(len(questioned.places), bool)
    views = followed(questioned, evidence, proposal.pose, everywhere)
    # A wrong speed can be followed for a while as well: the course that shows most is taken.
    found = [_pieces_in(steadied, evidence, pose, everywhere) for steadied, pose in views]
    return max(found, key=lambda one: sum(piece.weight for piece in one if piece.standing != "scene"), default=[])


def _pieces_in(questioned: Sight, evidence: Sight, pose: Pose, free_small: NDArray[np.bool_]) -> list[Piece]:
    pair = lay(questioned, evidence, pose)
    if pair is None:
        return []
    search = Search(pair, free_small)
    courses = [(course, search.along_questioned(course)) for course in search.every()]
    laid = Laid(questioned, evidence, pose, pair)
    runs = runs_of(pair.questioned_times, courses, free_small, evidence_gap(pair))
    pieces = [piece for run in runs if (piece := _piece(laid, run)) is not None]
    pieces = told_as_copies(laid, met(laid, pieces), lambda piece: _judged(laid, _rows_in(laid, piece)))
    told = _extended(questioned, pieces)
    return [replace(one, rivals=_rivals(laid, one)) if one.standing == "same" else one for one in told]


def _rivals(laid: Laid, piece: Piece) -> tuple[Course, ...]:
    """Other places of the recording that it shows as well; of a piece told by codes those that codes tell, too."""
    found = rivals(laid, piece)
    if piece.coded is None:
        return found
    return tuple(one for one in found if at_every_picture(laid, one, piece.first, piece.last)[0].same)


def _piece(laid: Laid, run: Run) -> Piece | None:
    found = _by_small_pictures(laid, run.course, run)
    if found is None:
        return None
    if isinstance(laid.questioned, Steadied):  # where a pose is free, codes follow the evidence's camera
        return found if len(_rows_in(laid, found)) >= LEAST_PICTURES else None
    if found.standing != "scene" and found.told_apart >= _PLENTY:
        return found
    coded, course = at_every_picture(laid, found.course, found.first, found.last)
    if coded.same and course is not found.course:
        again = _by_small_pictures(laid, course, run)
        found, coded = (found, NOT_TOLD) if again is None else (again, coded)
    few = len(_rows_in(laid, found)) < LEAST_PICTURES
    if coded.same and (few or found.standing == "scene"):
        return _seen_by(laid, replace(found, coded=coded))
    return None if few else found


def _rows_in(laid: Laid, piece: Piece) -> Rows:
    """The evidence's small pictures that a piece reaches."""
    rows, _, _ = likeness_along(laid.pair, piece.course)
    near = laid.questioned.places[laid.near(piece.course, rows)]
    return rows[(near >= piece.first) & (near <= piece.last)]


def _by_small_pictures(laid: Laid, course: Course, run: Run) -> Piece | None:
    rows, likeness, moving = likeness_along(laid.pair, course)
    near = laid.near(course, rows)
    mine = (near >= run.first) & (near <= run.last)
    whole = _of_rows(laid, course, rows, mine, likeness)
    if whole is None or whole.standing != "scene":
        return whole
    # What looks alike all along may have been cut: the part that also moves alike is tried by itself.
    part = _longest(mine & (np.minimum(likeness, moving) >= FOREIGN))
    again = None if part is None else _of_rows(laid, course, rows, part, likeness)
    return again if again is not None and again.standing != "scene" else whole


def _of_rows(
    laid: Laid, course: Course, rows: Rows, mine: NDArray[np.bool_], likeness: NDArray[np.float64]
) -> Piece | None:
    """The piece that the evidence pictures ``rows[mine]`` show; None if there are none, or they are not alike."""
    chosen = np.flatnonzero(mine)
    if not len(chosen) or float(likeness[chosen].mean()) < LIKE:
        return None
    inside = rows[chosen]
    judged = _judged(laid, inside)
    moves = movement(laid.pair, course, judged, SAME if len(judged) >= _MANY else SHORT_SAME)
    steadied = laid.questioned if isinstance(laid.questioned, Steadied) else None
    if steadied is not None and moves.alike >= SAME:  # a pose that is free follows how the camera was carried, too
        apart = movement_apart(steadied, laid.evidence, laid.pose, course, judged)
        moves = Movement(min(moves.alike, apart.alike), min(moves.energy, apart.energy))
    # Where the next small picture is not like it, or there is none, the piece ends between the two: at the cut.
    moments = course.here(laid.pair.evidence_times[rows])
    low, high = int(chosen[0]), int(chosen[-1])
    before = moments[low - 1] if low > 0 else None
    after = moments[high + 1] if high + 1 < len(moments) else None
    found = Piece(
        laid.evidence,
        laid.pose,
        course,
        edge(laid, course, moments[low], before, step=-1),
        edge(laid, course, moments[high], after, step=1),
        "scene",
        float(likeness[chosen].mean()),
        moves,
        len(judged),
        steadied=steadied,
    )
    return _seen_by(laid, found) if _is_shown(moves, len(judged)) else found


def _seen_by(laid: Laid, piece: Piece) -> Piece:
    """A piece that moves as the recording does: of the same recording, or seen by another camera."""
    rows = _judged(laid, _rows_in(laid, piece))
    sign = second_camera(laid, piece.course, rows, (piece.first, piece.last))
    return replace(piece, standing="same" if sign is None else "event", sign=sign)


def _judged(laid: Laid, rows: Rows) -> Rows:
    """Those of small pictures that are looked at: pictures 0.2 s apart are no two witnesses."""
    return rows[spaced(laid.pair.evidence_times[rows], APART)]


def _is_shown(moves: Movement, pictures: int) -> bool:
    """Whether it is the same recording: of few pictures more is asked than of more."""
    if pictures < LEAST_PICTURES:  # of a short recording there are more to be laid by, and none to be told by
        return False
    if pictures < LEAST_TOLD:
        return moves.alike >= SHORT_SAME and moves.energy >= SHORT_ENERGY
    return moves.alike >= (SAME if pictures >= _MANY else SHORT_SAME) and moves.energy >= LEAST_ENERGY


#: Small pictures from which :data:`SAME` is enough. Two cameras carried alike had 0.82 in four, at another event (ADR
#: 45); pieces of four and five pictures of 24 copies that were cut and joined had 0.99 and more.
_MANY: Final = 6
#: Small pictures from which their course is as sure as codes make it, 5 s: such copies of the tune half had 0.00 s.
_PLENTY: Final = 12


def _extended(questioned: Sight, pieces: list[Piece]) -> list[Piece]:
    """Pieces in which nothing moves stand beside one that is shown to be the same, in the order of the recording.

    As black does between equal units: what discriminates nothing extends a match, and never starts one.
    """
    for one, other in (*pairwise(range(len(pieces))), *pairwise(reversed(range(len(pieces))))):
        known, piece = pieces[one], pieces[other]
        still = piece.moves.energy < LEAST_ENERGY or (piece.told_apart < _MANY and piece.moves.alike >= SAME)
        earlier, later = (known, piece) if one < other else (piece, known)
        end = earlier.course.there(questioned.times[earlier.last])
        in_order = later.course.there(questioned.times[later.first]) >= end - _NEAR_CUT
        if known.standing == "same" and piece.standing == "scene" and still and in_order and piece.likeness >= STILL:
            pieces[other] = replace(piece, standing="same")
    return pieces


def _longest(good: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """The longest run, single failures inside it allowed."""
    held = good.copy()
    held[1:-1] |= good[:-2] & good[2:]
    places = np.flatnonzero(held)
    if not len(places):
        return None
    longest = max(np.split(places, np.flatnonzero(np.diff(places) > 1) + 1), key=len)
    inside = longest[good[longest]]
    if not len(inside):
        return None
    run = np.zeros(len(good), bool)
    run[inside[0] : inside[-1] + 1] = True
    return run


def met(laid: Laid, pieces: list[Piece]) -> list[Piece]:
    """Pieces that follow each other without a gap, or overlap, meet at the cut between them."""
    found: list[Piece] = []
    for piece in pieces:
        if found and piece.first - found[-1].last <= _NEAR_CUT / max(laid.questioned.gap, 1e-3):
            before = found[-1]
            last = meeting(laid, before.course, piece.course, (before.last, piece.first))
            if before.first <= last < piece.last:
                found[-1] = replace(before, last=last)
                piece = replace(piece, first=last + 1)  # noqa: PLW2901 - the same piece, from the cut on
        found.append(piece)
    return found


#: Seconds between two pieces that are taken for none: half of what lies between small pictures of an evidence.
_NEAR_CUT: Final = 0.25


def another_cameras(pieces: Iterable[Piece]) -> list[Piece]:
    """The same pieces; what one shows to be of another camera is not the same recording in another pose either.

    Unless its pose is a wrong one: the picture is much more alike in the other (docs/adr/0046-wrong-poses.md). Signs
    other than what is beyond the edge speak of their own pose alone: where all is in its place in another, there is no
    depth (docs/adr/0058-depth.md).
    """
    told = list(pieces)
    events = [one for one in told if one.sign == "beyond"]

    def shared(piece: Piece) -> bool:
        mine = (
            one
            for one in events
            if one.evidence.source == piece.evidence.source and one.likeness >= piece.likeness - AS_ALIKE
        )
        return any(one.first <= piece.last and piece.first <= one.last for one in mine)

    return [
        replace(one, standing="event", sign="beyond") if one.standing == "same" and shared(one) else one for one in told
    ]
