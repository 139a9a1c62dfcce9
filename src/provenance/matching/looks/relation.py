"""How a questioned file relates to evidence by appearance, once pieces were found (formats section 6).

What was changed inside matched pictures is looked for in :mod:`changes`; ``altered.picture`` is ``none-found`` only
where every segment has a limit down to which changes would have been seen.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.comparison import (
    AXES_OF_KIND,
    WHOLE_PICTURE,
    Alteration,
    Axis,
    Comparison,
    Note,
    Relation,
    Segment,
    SoundComparison,
    Span,
)
from provenance.matching.background import calibration_digest
from provenance.matching.looks.candidates import PROPOSED, by_codes, by_features, by_insets
from provenance.matching.looks.changes import Changes, changes_in, largest, said_of
from provenance.matching.looks.laying import LEAST_ENERGY
from provenance.matching.looks.pieces import LEAST_TOLD, SAME, another_cameras, moving_pieces, pieces_of
from provenance.matching.looks.sight import Sight
from provenance.matching.looks.stills import compare_stills, is_still
from provenance.matching.looks.stretching import stretched
from provenance.matching.relation import NO_AXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from provenance.evidence import Measurement
    from provenance.matching.looks.candidates import Proposal
    from provenance.matching.looks.pieces import Piece

#: Part of the questioned pictures that codes have to explain, so that local features are not asked.
_EXPLAINED: Final = 0.95
#: Seconds that may be missing at either end of a whole, and between pieces: alignment is not surer than that where the
#: picture was cropped or hardly moves.
_SLACK: Final = Fraction(1, 4)
#: Speeds nearer to 1 than this are no alteration (formats section 6: beyond 0.5 %).
_SPEED: Final = 0.005
#: Seconds by which a piece has to drift before its speed is told: moments that a speed is fitted to lie within half.
_DRIFT: Final = 0.15
#: Parts of the picture by which what is seen may fall short of the whole: a box of the small picture.
_EDGE: Final = 0.02


def compare_looks(
    questioned: Measurement, evidence: Mapping[str, Measurement], *, deep: bool = False
) -> Comparison | None:
    """What appearance says; None where nothing was found or the questioned file has no looks."""
    file = Sight.of("", questioned)
    if file is None:
        return None
    if is_still(file):
        return compare_stills(file, [one for source, held in evidence.items() if (one := Sight.of(source, held))])
    return related(
        file, [one for source, held in evidence.items() for one in pieces_with(file, source, held, deep=deep)]
    )


def pieces_with(file: Sight, source: str, measured: Measurement, *, deep: bool = False) -> list[Piece]:
    """What one evidence explains of a file, whatever else is held. ``deep``: by local features in any case."""
    sight = Sight.of(source, measured)
    if sight is None:
        return []
    found: list[Piece] = []
    first: list[Proposal] = []
    for tier in (by_codes, by_features, by_insets):
        if tier is by_insets and any(one.standing == "same" for one in found):
            break  # a small picture in a large one is looked for where nothing else was found
        proposals = tier(file, [sight])[: PROPOSED if deep else _TRIED]
        for proposal in proposals:
            found = _explaining(file, [sight], [proposal], found)
            if not deep and settles(file, found):
                return found
        if tier is not by_insets:  # an inset is too small to follow a view by: a wrong pose was followed out of it
            first = [*proposals[:1], *first]
    return found if _explained(file, found) >= _EXPLAINED else _with_moving(file, sight, first, found)


def _with_moving(file: Sight, sight: Sight, proposals: Iterable[Proposal], found: list[Piece]) -> list[Piece]:
    """What was found, or what explains more of the file where the view may move; local features first."""
    for proposal in proposals:
        again = _explaining(file, (), (), [*found, *moving_pieces(file, sight, proposal)])
        if _explained(file, again) > _explained(file, found) + _MORE:
            found = again
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


def related(file: Sight, pieces: Sequence[Piece]) -> Comparison | None:
    """The comparison that pieces of one or several evidences come to; None without any."""
    found = _explaining(file, (), (), pieces)
    same = sorted((piece for piece in found if piece.standing == "same"), key=lambda one: one.first)
    if same:
        return _same_recording(file, same, [one for one in found if one.standing != "same"], [])
    return _same_scene(file, found, []) if found else None


def looks_of_parts(file: Sight, pieces: Sequence[Piece], parts: Sequence[Span]) -> Comparison | None:
    """What pieces say of ``parts`` of a file of which exact units explain the rest: segments, not how they are related.

    None where nothing looks alike. A piece may reach beyond a part; what is told of it is told of the part alone.
    """
    found = sorted(_explaining(file, (), (), pieces), key=lambda one: one.first)
    same = [part for span in parts for one in found if (part := _inside(file, one, span)) is not None]
    if not same:
        return _same_scene(file, found, []) if any(one.standing != "same" for one in found) else None
    told, notes = _earliest(same)
    segments = _segments(file, told)
    limits = [one.limit for one in segments if one.limit is not None]
    limit = largest(limits) if len(limits) == len(segments) else None
    alterations = tuple(dict.fromkeys(one for segment in segments for one in segment.alterations))
    notes = [Note("softBinding.match", "informational", _words(file, told)), *notes, *said_of(segments, limit)]
    return Comparison(
        "excerpt",
        "visual",
        segments[0].source,
        segments,
        alterations,
        altered=_axes(
            alterations,
            segments,
            examined=limit is not None,
            moves=any(one.steadied is not None for one in told),
        ),
        notes=tuple(notes),
        limit=limit,
        calibration=calibration_digest(),
    )


def _inside(file: Sight, piece: Piece, span: Span) -> Piece | None:
    """What of a piece of the same recording lies in ``span``, if it is longer than the slack."""
    low, high = np.searchsorted(file.times, [float(span.start) - _ROUNDED, float(span.end) - _ROUNDED])
    first, last = max(piece.first, int(low)), min(piece.last, int(high) - 1)
    if piece.standing != "same" or first > last or file.span(first, last).length <= _SLACK:
        return None
    share = Fraction(last - first + 1, piece.last - piece.first + 1)
    return replace(piece, first=first, last=last, told_apart=int(piece.told_apart * share))


#: Seconds that times in floating point may be off: far less than a picture at 1,000 a second.
_ROUNDED: Final = 1e-4


def tells_too_little(file: Sight) -> bool:
    """Whether a file has too few pictures that say anything to be told from others by how it looks and moves."""
    if is_still(file):
        return not file.says.any()
    return file.length() < _LEAST_SECONDS or int(file.says[file.places].sum()) < LEAST_TOLD


#: Seconds below which not being found says nothing: true copies of 4 to 20 pictures were not found.
_LEAST_SECONDS: Final = 0.9


def _explaining(
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


def _explained(file: Sight, pieces: Iterable[Piece]) -> float:
    return sum(one.last - one.first + 1 for one in pieces if one.standing == "same") / file.asked


#: Likeness below which a better pose is looked for: of 8 clips x 22 copies, right poses had 0.95 and more unless
#: something was laid over the picture.
_WELL: Final = 0.95


def _same_recording(file: Sight, pieces: Sequence[Piece], scenes: Sequence[Piece], notes: list[Note]) -> Comparison:
    pieces, ambiguous = _earliest(pieces)
    notes.extend(ambiguous)
    segments = _segments(file, pieces)
    lengths: dict[str, Fraction] = {}
    for one in segments:
        lengths[one.source] = lengths.get(one.source, Fraction(0)) + one.questioned.length
    source = max(lengths, key=lengths.__getitem__)
    evidence = next(piece.evidence for piece in pieces if piece.evidence.source == source)
    unmatched = _gaps(file.whole(), [one.questioned for one in segments])
    own = sorted((one.evidence for one in segments if one.source == source), key=lambda one: one.start)
    missing = _gaps(Span(own[0].start, max(one.end for one in own)), own)
    relation = _relation(segments, unmatched, missing, evidence)
    limits = [one.limit for one in segments if one.limit is not None]
    limit = largest(limits) if len(limits) == len(segments) else None
    inside = [*(Alteration("inserted", gap) for gap in unmatched), *_removed(segments, missing)]
    alterations = tuple(dict.fromkeys(one for segment in segments for one in segment.alterations))
    if relation == "derivative":  # of a composite, segments and gaps tell how it is put together
        alterations = (*alterations, *inside)
    total, whole = file.length(), evidence.length()
    matched = sum((one.questioned.length for one in segments), Fraction(0))
    notes.append(Note("softBinding.match", "informational", _words(file, pieces)))
    notes.extend(said_of(segments, limit))
    return Comparison(
        relation,
        "visual",
        source,
        segments,
        alterations,
        unmatched,
        missing,
        min(matched / total, Fraction(1)) if total else Fraction(0),
        min(sum((one.length for one in own), Fraction(0)) / whole, Fraction(1)) if whole else Fraction(0),
        _axes(alterations, segments, examined=limit is not None, moves=any(piece.steadied for piece in pieces)),
        SoundComparison(),
        tuple(notes),
        _others(file, scenes, {one.source for one in segments}),
        limit=limit,
        calibration=calibration_digest(),
    )


#: Pieces that are examined for changes inside, the longest of them: each takes 0.8 to 1.5 s, and a loop has a hundred.
_EXAMINED: Final = 32


#: Alterations with which the whole is no rendition: in that nothing was found (formats section 6).
_CHANGED: Final = frozenset({"mirror", "speed", "picture", "frozen", "removed", "inserted", "colour"})


def _earliest(pieces: Sequence[Piece]) -> tuple[Sequence[Piece], list[Note]]:
    """A single piece that several places of the recording show as well: the earliest of them, and that there are more.

    Of several pieces each stays where the order of the others puts it.
    """
    several = [piece for piece in pieces if piece.rivals]
    if not several:
        return pieces, []
    first = pieces[0]
    if len(pieces) == 1 and first.rivals[0].offset < first.course.offset:
        pieces = [replace(first, course=first.rivals[0])]
    places = max(len(piece.rivals) for piece in several) + 1
    given = "the earliest is given" if len(pieces) == 1 else "the one that follows from the order of the file is given"
    detail = f"{places} places of the recording look and move alike to the copy; {given}"
    return pieces, [Note("evidence.ambiguous", "informational", detail)]


def _relation(
    segments: Sequence[Segment], unmatched: Sequence[Span], missing: Sequence[Span], evidence: Sight
) -> Relation:
    one_source = len({segment.source for segment in segments}) == 1
    in_order = all(one.evidence.end <= other.evidence.start + _SLACK for one, other in pairwise(segments))
    if not one_source or not in_order:
        return "composite"
    whole = evidence.whole()
    reaches = segments[0].evidence.start <= whole.start + _SLACK and segments[-1].evidence.end >= whole.end - _SLACK
    first, last = segments[0].questioned, segments[-1].questioned
    if any(gap.end <= first.start or gap.start >= last.end for gap in unmatched):
        return "composite"  # something foreign before or after
    if unmatched or missing:
        return "derivative" if reaches else "composite"
    if any(alteration.kind in _CHANGED for segment in segments for alteration in segment.alterations):
        return "derivative" if reaches else "excerpt"
    return "rendition" if reaches else "excerpt"


def _removed(segments: Sequence[Segment], missing: Sequence[Span]) -> list[Alteration]:
    """Where in the questioned file something of the recording was left out."""
    found = []
    for gap in missing:
        before = [one.questioned.end for one in segments if one.evidence.end <= gap.start + _SLACK]
        moment = max(before, default=segments[0].questioned.start)
        found.append(Alteration("removed", Span(moment, moment)))
    return found


def _segments(file: Sight, pieces: Sequence[Piece]) -> tuple[Segment, ...]:
    """The pieces as they are told, in their order; changes are looked for in the longest alone."""
    longest = sorted(pieces, key=lambda one: one.first - one.last)[:_EXAMINED]
    return tuple(_segment(file, piece, examined=any(piece is one for one in longest)) for piece in pieces)


def _segment(file: Sight, piece: Piece, *, examined: bool) -> Segment:
    questioned = file.span(piece.first, piece.last)
    pose = piece.pose.shown(file.track.presentation, piece.evidence.track.presentation)
    turned = pose.turned
    drift = abs(piece.course.speed - 1) * float(questioned.length)
    differs = abs(piece.course.speed - 1) > _SPEED and drift > _DRIFT
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
        region=_region(pose.box),
        place=_region(pose.place),
    )


def _region(box: tuple[float, float, float, float]) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Left, top, width, height as they are told; sides that almost are the picture's are taken for them."""
    left, top, right, bottom = (0.0 if side < _EDGE else 1.0 if side > 1 - _EDGE else side for side in box)
    return _part(left), _part(top), _part(right - left), _part(bottom - top)


def _part(of_picture: float) -> Fraction:
    return Fraction(round(of_picture * 1000), 1000)


def _moment(piece: Piece, seconds: Fraction, *, end: bool) -> Fraction:
    """The evidence's moment at a questioned one: the nearest start or end of a picture, within half a picture."""
    evidence = piece.evidence
    moment = piece.course.speed * float(seconds) + piece.course.offset
    if end:  # the last picture is the one that starts a picture before
        last = evidence.nearest(moment - evidence.gap)
        return evidence.span(last, last).end
    first = evidence.nearest(moment)
    return evidence.span(first, first).start


def _gaps(whole: Span, parts: Iterable[Span]) -> tuple[Span, ...]:
    """What ``parts`` leave of ``whole``, but for gaps too short to be told."""
    gaps, at = [], whole.start
    for part in sorted(parts, key=lambda one: one.start):
        if part.start - at > _SLACK:
            gaps.append(Span(at, part.start))
        at = max(at, part.end)
    if whole.end - at > _SLACK:
        gaps.append(Span(at, whole.end))
    return tuple(gaps)


def _axes(
    alterations: Sequence[Alteration], segments: Sequence[Segment], *, examined: bool, moves: bool
) -> dict[str, Axis]:
    axes = dict(NO_AXES)
    axes["picture"] = "none-found" if examined else "cannot-tell"
    # Cuts of less than a quarter of a second inside a piece are not seen, nor are further tracks and captions compared.
    axes["timing"] = axes["presentation"] = "cannot-tell"
    for alteration in alterations:
        for axis in AXES_OF_KIND[alteration.kind]:
            axes[axis] = "found"
    for segment in segments:
        if segment.rotation or segment.region != WHOLE_PICTURE:
            axes["presentation"] = "found"
    if moves:
        axes["presentation"] = "found"
    return axes


def _same_scene(file: Sight, pieces: Sequence[Piece], notes: list[Note]) -> Comparison:
    if any(piece.standing == "event" for piece in pieces):
        detail = "it shows more of the scene than the recording does, and moves like it"
        notes.append(Note("softBinding.sameEvent", "informational", detail))
        return _undetermined(file, pieces, notes)
    still = all(piece.moves.energy < LEAST_ENERGY for piece in pieces)
    detail = "nothing moves by which recordings could be told apart" if still else "it looks alike and moves otherwise"
    notes.append(Note("softBinding.sameScene", "informational", detail))
    return _undetermined(file, pieces, notes)


def _undetermined(file: Sight, pieces: Sequence[Piece], notes: list[Note]) -> Comparison:
    return Comparison(
        "undetermined", "none", altered=dict(NO_AXES), notes=tuple(notes), others=_others(file, pieces, ())
    )


def _others(
    file: Sight, pieces: Iterable[Piece], used: Iterable[str]
) -> tuple[tuple[str, Relation, Literal["visual"], Fraction], ...]:
    """Recordings that look alike and were not shown to be the same, each with the part of the file that does."""
    shown: dict[str, Fraction] = {}
    for piece in pieces:
        if piece.evidence.source not in used:
            length = file.span(piece.first, piece.last).length
            shown[piece.evidence.source] = shown.get(piece.evidence.source, Fraction(0)) + length
    total = file.length() or Fraction(1)
    return tuple(
        (source, "undetermined", "visual", min(length / total, Fraction(1))) for source, length in shown.items()
    )


def _words(file: Sight, pieces: Sequence[Piece]) -> str:
    alike = min(_MOST_TOLD, *(piece.moves.alike for piece in pieces))
    # A copy shows a picture of the recording from half a picture before to half a picture after its moment.
    within = max(max(file.gap, piece.evidence.gap) for piece in pieces) / 2
    views = [piece.steadied.moves for piece in pieces if piece.steadied is not None]
    moving = (
        f"; the view moves, by {max(views):.0%} of the picture; regions are what is seen throughout" if views else ""
    )
    return (
        f"{sum(piece.told_apart for piece in pieces)} pictures; likeness of movement {alike:.2f}, where {SAME} is "
        f"asked; times are told within {within:.3f} s{moving}"
    )


#: A likeness is never told as certain.
_MOST_TOLD: Final = 0.99
