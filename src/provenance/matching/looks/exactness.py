"""What a match by looks rests on, in words: how many pictures, how alike, and how exactly times are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.matching.looks.pieces import SAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.comparison import Segment
    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

#: A likeness is never told as certain.
_MOST_TOLD: Final = 0.99
#: Pictures of the recording, beside half of the longer picture, within which small pictures tell times, and small
#: pictures from which one is enough. Of 131 pieces of copies (37 transformations, and cuts at five
#: rates), 13 were off by more than half a picture: by up to 1 more, a piece of four small pictures by 1.5 more
#: (docs/adr/0072-how-exactly-times-are-told.md).
_ONE_OFF, _TWO_OFF, _MANY = 1, 2, 6
#: Questioned pictures past a small picture of the recording in which the edge of a change is looked for.
_NEAR: Final = 2


def words_of(file: Sight, pieces: Sequence[Piece], segments: Sequence[Segment]) -> str:
    """What the pieces rest on, and within how many seconds times of the recording, and of changes, are told."""
    small = [piece.moves.alike for piece in pieces if piece.coded is None]
    coded = [piece.coded for piece in pieces if piece.coded is not None]
    told = []
    if small:
        seen = sum(piece.told_apart for piece in pieces if piece.coded is None)
        told.append(f"{seen} pictures; likeness of movement {min(_MOST_TOLD, *small):.2f}, where {SAME} is asked")
    if coded:
        alike = min(_MOST_TOLD, *(one.at_once for one in coded))
        told.append(
            f"{sum(one.pictures for one in coded)} pictures by what changes from each to the next, alike by "
            f"{alike:.2f}, where {max(one.asked for one in coded)} is asked"
        )
    told.append(f"times are told within {max(within(file, piece) for piece in pieces):.3f} s")
    if any(one.kind in {"picture", "colour"} and one.questioned for each in segments for one in each.alterations):
        edges = max(piece.evidence.pace for piece in pieces) + _NEAR * file.gap
        told[-1] += f", where changes begin and end within {edges:.2f} s"
    views = [piece.steadied.moves for piece in pieces if piece.steadied is not None]
    if views:
        told.append(f"the view moves, by {max(views):.0%} of the picture; regions are what is seen throughout")
    return "; ".join(told)


def within(file: Sight, piece: Piece) -> float:
    """Seconds within which the recording's times of a piece are told.

    A copy shows a picture of the recording from half a picture before to half a picture after its moment. Which picture
    that is, codes of every picture tell; small pictures may be one off: where the camera moves, or something is laid
    over, a pose that is a little off makes up for a moment that is.
    """
    half = max(file.gap, piece.evidence.gap) / 2
    if piece.coded is not None:
        return half
    return half + (_ONE_OFF if piece.told_apart >= _MANY else _TWO_OFF) * piece.evidence.gap
