"""What is said of a still: the moments of one recording, or that a place looks alike (docs/adr/0035, 0055, 0065)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import (
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
from provenance.matching.looks.pose import region_told
from provenance.matching.relation import NO_AXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.matching.looks.sight import Sight
    from provenance.matching.looks.stills import Found

#: Seconds within which a moment lies of the stretches that are told (docs/adr/0055): where codes tell it
#: in nearly the whole picture, and else.
EXACT, ROUGH = 0.2, 0.4
#: Stretches of equally good moments that are told.
_MOST_STRETCHES: Final = 12
#: Why a picture that looks like a recording is not said to come from it. Of a place in which nothing moves pictures of
#: two occasions are as alike as pictures of one (docs/adr/0065).
_UNTOLD: Final = (
    "nothing in that view differs by which moments could be told apart, so that this is a picture of that time or "
    "another one of the same unchanged place"
)
_UNLIKE: Final = (
    "the place looks alike, and what differs between its moments is not shown to be the same: it can be another "
    "moment, or too little of what differs is seen"
)


def still_found(file: Sight, best: dict[int, Found], found: dict[int, list[Found]], notes: list[Note]) -> Comparison:
    """The moments that were told: ``best`` and ``found`` by number of the picture."""
    segments = tuple(segment for at, one in best.items() for segment in _segments(file, at, one))
    source = segments[0].source
    evidence = next(iter(best.values())).seen.evidence
    alterations = tuple(dict.fromkeys(one for segment in segments for one in segment.alterations))
    first = next(iter(best.values()))
    notes.append(Note("softBinding.still", "informational", _words(first)))
    places = len(first.moments.stretches)
    if places > 1:
        first_ones = f"; the likeliest {_MOST_STRETCHES} are told" if places > _MOST_STRETCHES else ""
        detail = f"{places} places show this picture equally well{first_ones}"
        notes.append(Note("evidence.ambiguous", "informational", detail))
    length = sum((one.evidence.length for one in segments), Fraction(0))
    whole = evidence.length()
    others = {
        one.seen.evidence.source: ("undetermined", "visual", Fraction(1))
        for each in found.values()
        for one in each
        if one.seen.evidence.source != source
    }
    return Comparison(
        "still",
        "visual",
        source,
        segments,
        alterations,
        coverage_questioned=Fraction(1),
        coverage_evidence=min(length / whole, Fraction(1)) if whole else Fraction(0),
        altered=_axes(alterations, segments),
        sound=SoundComparison("absent"),
        notes=tuple(notes),
        others=tuple((name, *told) for name, told in others.items()),  # type: ignore[misc]
    )


def _segments(file: Sight, at: int, one: Found) -> list[Segment]:
    """One for each stretch of equally good moments."""
    seen = one.seen
    evidence, start = seen.evidence, file.span(at, at).start
    pose = seen.view.pose.between(file.as_shown, evidence.as_shown)
    turned = pose.turned
    return [
        Segment(
            Span(start, start),
            Span(evidence.span(first, first).start, evidence.span(last, last).start),
            evidence.source,
            "visual",
            1,
            mirrored=turned.mirrored,
            rotation=turned.rotation,
            alterations=(Alteration("mirror"),) if turned.mirrored else (),
            similarity=Fraction(round(seen.likeness * 1000), 1000),
            region=region_told(pose.box),
            place=region_told(pose.place),
        )
        for first, last in one.moments.stretches[:_MOST_STRETCHES]
    ]


def _axes(alterations: Sequence[Alteration], segments: Sequence[Segment]) -> dict[str, Axis]:
    axes = dict(NO_AXES)
    if alterations or any(one.rotation or one.region != WHOLE_PICTURE for one in segments):
        axes["presentation"] = "found"
    return axes


def _words(one: Found) -> str:
    seen = one.seen
    by = f"{min(seen.telling, 0.99):.2f} of a small picture and {min(one.moments.told.here, 0.99):.2f} of codes"
    if one.beside is not None:
        by = f"beside what is laid over it {min(one.beside.here, 0.99):.2f} of codes"
    return (
        f"likeness {min(seen.likeness, 0.99):.2f}; {by} in what this moment differs from others of the view by; "
        f"its time is told within {EXACT if one.is_exact else ROUGH} s"
    )


def scene_found(found: Iterable[Found], notes: list[Note]) -> Comparison:
    """Recordings of the place, the likeliest first; where the picture lies in the first of them is in the words."""
    shown: dict[str, Found] = {}
    for one in found:
        shown.setdefault(one.seen.evidence.source, one)
    likeliest = next(iter(shown.values()))
    which = "the recording" if len(shown) == 1 else "the first recording named"
    detail = f"{_place(likeliest)} of {which}; {_UNTOLD if likeliest.is_flat else _UNLIKE}"
    notes.append(Note("softBinding.sameScene", "informational", detail))
    relation: Relation = "undetermined"
    others = tuple((source, relation, "visual", Fraction(1)) for source in shown)
    return Comparison("undetermined", "none", altered=dict(NO_AXES), notes=tuple(notes), others=others)  # type: ignore[arg-type]


def _place(found: Found) -> str:
    """``most like 0.00 to 1.96 s``: from the first to the last picture of the stretch with the best moment."""
    first, last = (found.seen.evidence.span(at, at).start for at in found.moments.stretches[0])
    told = f"{float(first):.2f} s" if first == last else f"{float(first):.2f} to {float(last):.2f} s"
    more = len(found.moments.stretches) - 1
    return f"most like {told}" + (f" and {more} more places" if more else "")
