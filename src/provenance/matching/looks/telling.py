"""Pieces as the segments of a verdict: ranges, pose in words, what was changed inside, down to which limit."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import Alteration, Segment, Span
from provenance.matching.looks.changes import Changes, changes_in
from provenance.matching.looks.courses import SHORT
from provenance.matching.looks.pose import region_told
from provenance.matching.looks.stretching import stretched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

#: Speeds nearer to 1 than this are no alteration (formats section 6: beyond 0.5 %).
_SPEED: Final = 0.005
#: Seconds by which a piece has to drift before its speed is told: moments that a speed is fitted to lie within half.
_DRIFT: Final = 0.15
#: Pictures by which a file has to be longer or shorter than the recording that it shows whole: one may be left out at
#: an end by coding alone.
_PICTURES: Final = 1.5
#: Pieces that are examined for changes inside, the longest of them: each takes 0.8 to 1.5 s, and a loop has a hundred.
_EXAMINED: Final = 32


def segments_of(file: Sight, pieces: Sequence[Piece]) -> tuple[Segment, ...]:
    """The pieces as they are told, in their order; changes are looked for in the longest alone."""
    longest = sorted(pieces, key=lambda one: one.first - one.last)[:_EXAMINED]
    return tuple(_segment(file, piece, examined=any(piece is one for one in longest)) for piece in pieces)


def _segment(file: Sight, piece: Piece, *, examined: bool) -> Segment:
    questioned = file.span(piece.first, piece.last)
    pose = piece.pose.between(file.as_shown, piece.evidence.as_shown)
    turned = pose.turned
    drift = abs(piece.course.speed - 1) * float(questioned.length)
    least = _DRIFT
    if float(questioned.length) <= SHORT and _from_end_to_end(file, piece):
        least = min(least, _PICTURES * max(file.gap, piece.evidence.gap))
    differs = abs(piece.course.speed - 1) > _SPEED and drift > least
    speed = Fraction(round(piece.course.speed * 10_000), 10_000) if differs else Fraction(1)
    alterations = []
    if turned.mirrored:
        alterations.append(Alteration("mirror"))
    if differs:
        alterations.append(Alteration("speed", what="another speed throughout"))
    if (shape := stretched(file, piece.evidence, piece.pose)) is not None:
        alterations.append(shape)
    # Inside a moving view nothing is laid exactly enough to tell a change from it (docs/adr/0045-moving-views.md).
    changes = changes_in(file, piece) if examined and piece.steadied is None else Changes((), None)
    return Segment(
        questioned,
        Span(_moment(piece, questioned.start, end=False), _moment(piece, questioned.end, end=True)),
        piece.evidence.source,
        "visual",
        piece.told_apart,
        speed=speed,
        mirrored=turned.mirrored,
        rotation=turned.rotation,
        alterations=(*alterations, *changes.alterations),
        limit=changes.limit,
        similarity=Fraction(round(piece.likeness * 1000), 1000),
        region=region_told(pose.box),
        place=region_told(pose.place),
    )


def _from_end_to_end(file: Sight, piece: Piece) -> bool:
    """Whether all of the file shows all of the recording: its speed is as exact as its ends are."""
    ends = piece.course.there(float(file.times[0])), piece.course.there(float(file.times[-1]))
    off = max(abs(ends[0] - piece.evidence.times[0]), abs(ends[1] - piece.evidence.times[-1]))
    return piece.first == 0 and piece.last == len(file.times) - 1 and off < piece.evidence.gap / 2


def _moment(piece: Piece, seconds: Fraction, *, end: bool) -> Fraction:
    """The evidence's moment at a questioned one: the nearest start or end of a picture, within half a picture."""
    evidence = piece.evidence
    moment = piece.course.speed * float(seconds) + piece.course.offset
    if end:  # the last picture is the one that starts a picture before
        last = evidence.nearest(moment - evidence.gap)
        return evidence.span(last, last).end
    first = evidence.nearest(moment)
    return evidence.span(first, first).start
