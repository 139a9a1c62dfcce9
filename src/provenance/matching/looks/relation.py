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
from provenance.matching.looks.changes import largest, said_of
from provenance.matching.looks.exactness import words_of
from provenance.matching.looks.explaining import explaining, pieces_with
from provenance.matching.looks.laying import LEAST_ENERGY
from provenance.matching.looks.second_camera import SIGNS
from provenance.matching.looks.sight import APART, Sight
from provenance.matching.looks.stills import compare_stills, is_still
from provenance.matching.looks.telling import segments_of
from provenance.matching.relation import NO_AXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provenance.evidence import Measurement
    from provenance.matching.looks.pieces import Piece

#: Seconds that may be missing at either end of a whole, and between pieces: alignment is not surer than that where the
#: picture was cropped or hardly moves.
_SLACK: Final = Fraction(1, 4)


def compare_looks(
    questioned: Measurement, evidence: Mapping[str, Measurement], *, deep: bool = False
) -> Comparison | None:
    """What appearance says; None where nothing was found or the questioned file has no looks."""
    file = Sight.of("", questioned)
    if file is None:
        return None
    if is_still(file):
        return compare_stills(
            file, [one for source, held in evidence.items() if (one := Sight.of(source, held, apart=APART))]
        )
    return related(
        file, [one for source, held in evidence.items() for one in pieces_with(file, source, held, deep=deep)]
    )


def related(file: Sight, pieces: Sequence[Piece]) -> Comparison | None:
    """The comparison that pieces of one or several evidences come to; None without any."""
    found = explaining(file, (), (), pieces)
    same = sorted((piece for piece in found if piece.standing == "same"), key=lambda one: one.first)
    if same:
        return _same_recording(file, same, [one for one in found if one.standing != "same"], [])
    return _same_scene(file, found, []) if found else None


def looks_of_parts(file: Sight, pieces: Sequence[Piece], parts: Sequence[Span]) -> Comparison | None:
    """What pieces say of ``parts`` of a file of which exact units explain the rest: segments, not how they are related.

    None where nothing looks alike. A piece may reach beyond a part; what is told of it is told of the part alone.
    """
    found = sorted(explaining(file, (), (), pieces), key=lambda one: one.first)
    same = [part for span in parts for one in found if (part := _inside(file, one, span)) is not None]
    if not same:
        return _same_scene(file, found, []) if any(one.standing != "same" for one in found) else None
    told, notes = same, _earliest(same)[1]  # what lies beside says which of several places it is
    segments = segments_of(file, told)
    limits = [one.limit for one in segments if one.limit is not None]
    limit = largest(limits) if len(limits) == len(segments) else None
    alterations = tuple(dict.fromkeys(one for segment in segments for one in segment.alterations))
    notes = [
        Note("softBinding.match", "informational", words_of(file, told, segments)),
        *notes,
        *said_of(segments, limit),
    ]
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


def _same_recording(file: Sight, pieces: Sequence[Piece], scenes: Sequence[Piece], notes: list[Note]) -> Comparison:
    pieces, ambiguous = _earliest(pieces)
    notes.extend(ambiguous)
    segments = segments_of(file, pieces)
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
    notes.append(Note("softBinding.match", "informational", words_of(file, pieces, segments)))
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
    events = [piece for piece in pieces if piece.standing == "event"]
    if events:
        sign = min((piece.sign for piece in events if piece.sign), key=list(SIGNS).index)
        longest = max((one for one in events if one.sign == sign), key=lambda one: one.last - one.first)
        ends = file.span(longest.first, longest.last)
        start, end = (max(0.0, longest.course.there(float(moment))) for moment in (ends.start, ends.end))
        where = f"most of it at {start:.1f} s to {end:.1f} s of the recording"
        notes.append(Note("softBinding.sameEvent", "informational", f"{SIGNS[sign]}; {where}"))
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
