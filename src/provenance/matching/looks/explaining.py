"""Which pieces of which evidence explain a questioned file: proposals tried in turn, the better before the worse."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.matching.looks.candidates import PROPOSED, by_codes, by_features, by_insets
from provenance.matching.looks.pieces import LEAST_TOLD, another_cameras, moving_pieces, pieces_of
from provenance.matching.looks.sight import APART, Sight
from provenance.matching.looks.stills import is_still

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from provenance.evidence import Measurement
    from provenance.matching.looks.candidates import Proposal
    from provenance.matching.looks.pieces import Piece, Standing

#: Part of the questioned pictures that codes have to explain, so that local features are not asked.
_EXPLAINED: Final = 0.95


def pieces_with(file: Sight, source: str, measured: Measurement, *, deep: bool = False) -> list[Piece]:
    """What one evidence explains of a file, whatever else is held. ``deep``: by local features in any case."""
    sight = Sight.of(source, measured, apart=APART)
    if sight is None:
        return []
    found = pieces_between(file, sight, deep=deep)
    if not sight.keeps_more or any(one.standing == "same" for one in found) or _of_another_camera(file, found):
        return found
    # An excerpt of a second out of a short recording is laid by all that was kept of it. Not at first: pictures so near
    # to each other made a filter of the colours a change (docs/adr/0063-short-recordings.md).
    again = [replace(one, evidence=sight) for one in pieces_between(file, replace(sight, apart=0.0), deep=deep)]
    return again if any(one.standing == "same" for one in again) or not found else found


def pieces_between(file: Sight, sight: Sight, *, deep: bool = False, insets: bool = True) -> list[Piece]:
    """As :func:`pieces_with`, of the looks of one evidence or of a part of them; ``insets``: also by small pictures."""
    if not len(file.places) or not len(sight.places):
        return []
    found: list[Piece] = []
    first: list[Proposal] = []
    for tier in (by_codes, by_features, by_insets):
        if tier is by_insets and (not insets or any(one.standing == "same" for one in found)):
            break  # a small picture in a large one is looked for where nothing else was found
        proposals = tier(file, [sight])[: PROPOSED if deep else _TRIED]
        for proposal in proposals:
            found = explaining(file, [sight], [proposal], found)
            if not deep and (settles(file, found) or _of_another_camera(file, found)):
                return found
        if tier is not by_insets:  # an inset is too small to follow a view by: a wrong pose was followed out of it
            first = [*proposals[:1], *first]
    return found if _explained(file, found) >= _EXPLAINED else _with_moving(file, sight, first, found)


def _with_moving(file: Sight, sight: Sight, proposals: Iterable[Proposal], found: list[Piece]) -> list[Piece]:
    """What was found, or what explains more of the file where the view may move; local features first."""
    for proposal in proposals:
        again = explaining(file, (), (), [*found, *moving_pieces(file, sight, proposal)])
        if _explained(file, again) > _explained(file, found) + _MORE:
            found = again
        elif _explained(file, again, "event") > _explained(file, found, "event") + _MORE:
            found = again  # it moves like the recording, and that is what is to be said of it
        if _explained(file, found) >= _EXPLAINED:
            break
    return found


#: Part of the file that has to be explained beyond what poses that stand explain: of a moving view no changes are told.
_MORE: Final = 0.1


#: Proposals of one tier that are looked into in one evidence, unless all are: each costs 0.1 to 0.4 s.
_TRIED: Final = 3


def settles(file: Sight, found: Sequence[Piece]) -> bool:
    """Whether pieces explain the whole file so well that nothing else has to be looked for."""
    return _explained(file, found) >= _EXPLAINED and min(one.likeness for one in found) >= _WELL


def _of_another_camera(file: Sight, found: Sequence[Piece]) -> bool:
    """Whether pieces show so well that another camera saw the whole file, that no other pose has to be looked for.

    By what lies past the recording's edge: the other signs can be made up by a wrong pose.
    """
    pieces = [one for one in found if one.sign == "beyond" and one.likeness >= _WELL]
    return sum(one.last - one.first + 1 for one in pieces) >= _EXPLAINED * file.asked


def tells_too_little(file: Sight) -> bool:
    """Whether a file has too few pictures that say anything to be told from others by how it looks and moves."""
    if is_still(file):
        return not file.says.any()
    return file.length() < _LEAST_SECONDS or int(file.says[file.places].sum()) < LEAST_TOLD


#: Seconds below which not being found says nothing: true copies of 4 to 20 pictures were not found.
_LEAST_SECONDS: Final = 0.9


def explaining(
    file: Sight, held: Sequence[Sight], proposals: Iterable[Proposal], before: Sequence[Piece] = ()
) -> list[Piece]:
    """Pieces that do not overlap: of the same recording first, then by weight. ``before``: found by another tier."""
    sights = {sight.source: sight for sight in held}
    everything = list(before)
    for proposal in proposals:
        if not _settles(file, proposal, everything):
            free = np.ones(len(file.times), bool)
            everything.extend(pieces_of(file, sights[proposal.source], proposal, free))
    everything = another_cameras(everything)
    everything.sort(key=lambda one: (one.standing != "same", -one.weight))
    taken = np.zeros(len(file.times), bool)
    kept: list[Piece] = []
    for piece in everything:
        mine = slice(piece.first, piece.last + 1)
        if taken[mine].mean() < _OVERLAP:
            kept.append(_beside(piece, taken))
            taken[mine] = True
    return [piece for piece in kept if piece.last >= piece.first]


def _settles(file: Sight, proposal: Proposal, found: Sequence[Piece]) -> bool:
    """Whether what was found of this recording leaves nothing that another pose could explain better."""
    own = [piece for piece in found if piece.evidence.source == proposal.source and piece.likeness >= _WELL]
    return _explained(file, own) >= _EXPLAINED


#: Part of a piece that better ones may have explained already.
_OVERLAP: Final = 0.3


def _beside(piece: Piece, taken: NDArray[np.bool_]) -> Piece:
    """The part of a piece that is left beside what is taken."""
    free = np.flatnonzero(~taken[piece.first : piece.last + 1]) + piece.first
    breaks = np.flatnonzero(np.diff(free) > 1)
    runs = np.split(free, breaks + 1)
    longest = max(runs, key=len)
    left = Fraction(len(longest), piece.last - piece.first + 1)
    return replace(piece, first=int(longest[0]), last=int(longest[-1]), told_apart=int(piece.told_apart * left))


def _explained(file: Sight, pieces: Iterable[Piece], standing: Standing = "same") -> float:
    """The part of what was asked about that pieces of the same recording show, or of another standing."""
    return sum(one.last - one.first + 1 for one in pieces if one.standing == standing) / file.asked


#: Likeness below which a better pose is looked for: of 8 clips x 22 copies, right poses had 0.95 and more unless
#: something was laid over the picture.
_WELL: Final = 0.95
