"""A file of one picture, or of so few that they show no movement: which moment of which recording (docs/adr/0035)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

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
from provenance.matching.background import threshold
from provenance.matching.looks import sightings
from provenance.matching.looks.another_camera import sees_more
from provenance.matching.looks.glimpse import glimpse, lay_one, nearest_row, weight
from provenance.matching.looks.moments import Moments
from provenance.matching.looks.pose import region_told
from provenance.matching.relation import NO_AXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.glimpse import Glimpse, Laid
    from provenance.matching.looks.sight import Sight
    from provenance.matching.looks.sightings import Sighting

#: Pictures of a file that are looked at one by one: with fewer than four small pictures no movement can be compared.
MOST_PICTURES: Final = 3
#: Thresholds of one picture, each measured (background.json, docs/adr/0055).
LIKE: Final = threshold("looks.still.like")
SAME: Final = threshold("looks.still.same")
ROUGHLY: Final = threshold("looks.still.roughly")
TELLING: Final = threshold("looks.still.telling")
TELLING_CODES: Final = threshold("looks.still.telling-codes")
AGREEING: Final = threshold("looks.still.agreeing")
UNUSUAL: Final = threshold("looks.still.unusual")
PART_TELLING: Final = threshold("looks.still.part.telling")
PART_CODES: Final = threshold("looks.still.part.codes")
LEAST_WEIGHT: Final = threshold("looks.still.weight")
LEAST_QUALITY: Final = threshold("looks.still.quality")
LEAST_ENERGY: Final = threshold("looks.movement.energy")
#: Places by which a moment is told from others.
LEAST_PLACES: Final = 16
#: Bits of codes by which it is told, and the part of the recording's picture that has to be seen for that: the rest is
#: filled from the recording itself.
LEAST_BITS, _MOST_OF_IT = 32, 0.6
#: Proposals of each tier that are laid, and those that are followed up.
_TRIED, _FOLLOWED = 5, 3
#: A laid proposal of this likeness needs no further tier.
_WELL: Final = 0.9
#: Part of the questioned picture that lies in the recording's, below which a better moment is looked for nearby; how
#: near, in seconds, and among how many pictures.
_INSIDE, _BETWEEN, _MOST_BETWEEN = 0.9, 4.2, 24
#: Seconds within which a moment lies of the stretches that are told (docs/adr/0055): where codes tell it
#: in nearly the whole picture, and else; and that part of the picture.
EXACT, ROUGH, _WHOLE = 0.2, 0.4, 0.8
#: Stretches of equally good moments that are told.
_MOST_STRETCHES: Final = 12


@dataclass(frozen=True)
class Found:
    """``same``: told from the other moments of the view; ``scene``: it looks alike and is not."""

    seen: Glimpse
    moments: Moments
    standing: Literal["same", "scene"]


def is_still(file: Sight) -> bool:
    """Whether a file has so few pictures that each is looked at by itself."""
    return len(file.times) <= MOST_PICTURES


def shows_anything(file: Sight, at: int) -> bool:
    """Whether picture ``at`` has anything to be told by: less is asked of it than of pictures that vote."""
    return file.track.looks is not None and file.track.looks.qualities[at] >= LEAST_QUALITY


def compare_stills(file: Sight, held: Sequence[Sight]) -> Comparison | None:
    """What appearance says of a file of one to three pictures; None where nothing looks alike."""
    pictures = [at for at in range(len(file.times)) if shows_anything(file, at)]
    held = [one for one in held if len(one.places) and one.says.any()]
    if not pictures or not held:
        return None
    found: dict[int, list[Found]] = {at: [] for at in pictures}
    notes: list[Note] = []
    for one in held:  # each by itself: what else is held neither crowds it out nor moves its score
        library = sightings.Features([one])
        for at in pictures:
            found[at] += looks_like(file, at, [one], library)
        if library.left_out:
            detail = "not every local feature of the recording was searched"
            notes.append(Note("evidence.notMeasured", "informational", detail))
    for at in pictures:
        found[at].sort(key=lambda one: (one.standing != "same", -_weight(one.seen)))
    best = {at: each[0] for at, each in found.items() if each and each[0].standing == "same"}
    sources = {each.seen.evidence.source for each in best.values()}
    if len(best) == len(pictures) and len(sources) == 1:
        return _still(file, best, found, notes)
    everything = [one for each in found.values() for one in each]
    return _same_scene(everything, notes) if everything else None


def looks_like(file: Sight, at: int, held: Sequence[Sight], library: sightings.Features) -> list[Found]:
    """What one picture looks like, one entry a recording, the best first."""
    small = sightings.small_of(file, at)
    laid = _laid(small, sightings.by_codes(file, at, held))
    near = library.like(file.features(at)[1])
    laid += _laid(small, sightings.by_features(file, at, near))
    if max((one[2][1] for one in laid if weight(one[2]) >= LEAST_WEIGHT), default=0.0) < _WELL:
        laid += _laid(small, sightings.by_sliding(file, at, near))
    laid.sort(key=lambda one: -weight(one[2]))
    if laid and laid[0][2][0].inside < _INSIDE:  # the camera pans, and what was proposed is a moment nearby
        around = [(laid[0][0].evidence, place) for place in _around(laid[0][0].evidence, laid[0][0].time)]
        laid += _laid(small, sightings.by_sliding(file, at, around))
        laid.sort(key=lambda one: -weight(one[2]))
    best: dict[str, Glimpse] = {}
    for sighting, row, lain in laid[:_FOLLOWED]:
        seen = glimpse(small, sighting.evidence, row, lain)
        known = best.get(sighting.evidence.source)
        if known is None or _weight(seen) > _weight(known):
            best[sighting.evidence.source] = seen
    ordered = sorted(best.values(), key=lambda one: -_weight(one))
    return [told for one in ordered if (told := _told(file, at, one)) is not None]


def _laid(small: NDArray[np.uint8], proposed: Iterable[Sighting]) -> list[tuple[Sighting, int, Laid]]:
    """Proposals of one tier laid on the kept picture that each names, a few different ones."""
    found, tried = [], set()
    for one in proposed:
        turned = one.pose.turned
        key = one.evidence.source, turned, round(one.time / 4)
        if key in tried:
            continue
        tried.add(key)
        row = nearest_row(one.evidence, one.time)
        lain = lay_one(small, one.evidence, row, one.pose)
        if lain is not None:
            found.append((one, row, lain))
        if len(tried) == _TRIED:
            break
    return found


def _around(evidence: Sight, time: float) -> list[int]:
    """Kept pictures between those with local features, which are 4 s apart."""
    times = evidence.times[evidence.places]
    return [int(place) for place in evidence.places[np.abs(times - time) <= _BETWEEN]][:_MOST_BETWEEN]


def _weight(seen: Glimpse) -> float:
    return weight((seen.view, seen.likeness))


def _told(file: Sight, at: int, seen: Glimpse) -> Found | None:
    if seen.likeness < LIKE or _weight(seen) < LEAST_WEIGHT:
        return None
    moments = Moments(seen)
    differs = seen.energy >= LEAST_ENERGY and seen.places >= LEAST_PLACES
    if not differs or not _is_told(seen, moments) or moments.contradicted(file, at, seen.evidence):
        return Found(seen, moments, "scene")
    # A pan over a place lays a photograph of it on one of its pictures, and what is beyond the edge was never recorded.
    return Found(seen, moments, "scene" if sees_more(file, seen.view.pose, at, at) else "same")


def _is_told(seen: Glimpse, moments: Moments) -> bool:
    """Whether a picture holds what its moment differs from the others of the view by.

    Codes are kept of every picture, small pictures 0.4 s apart: where something moves fast only codes tell. A caption
    spoils codes, and of a small part they say little, because the rest is filled from the recording itself.
    """
    varied = moments.bits >= LEAST_BITS  # else the view is left at once, and no code of it can be wrong
    if varied and moments.telling - moments.usual < UNUSUAL:
        return False
    if seen.view.seen < _MOST_OF_IT:
        by_both = seen.telling >= PART_TELLING and (moments.telling >= PART_CODES or not varied)
        return by_both and seen.likeness >= SAME
    if varied and moments.telling >= TELLING_CODES and seen.likeness >= ROUGHLY:
        return True
    agrees = moments.telling >= AGREEING or not varied
    return agrees and seen.telling >= TELLING and seen.likeness >= SAME


def _still(file: Sight, best: dict[int, Found], found: dict[int, list[Found]], notes: list[Note]) -> Comparison:
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
    pose = seen.view.pose.shown(file.track.presentation, evidence.track.presentation)
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
    seen, moments = one.seen, one.moments
    exact = seen.view.seen >= _WHOLE and moments.bits >= LEAST_BITS and moments.telling >= TELLING_CODES
    return (
        f"likeness {min(seen.likeness, 0.99):.2f}; {min(seen.telling, 0.99):.2f} of a small picture and "
        f"{min(moments.telling, 0.99):.2f} of codes in what this moment differs from others of the view by; "
        f"its time is told within {EXACT if exact else ROUGH} s"
    )


def _same_scene(found: Iterable[Found], notes: list[Note]) -> Comparison:
    shown = {one.seen.evidence.source: one for one in found}
    flat = all(one.seen.energy < LEAST_ENERGY or one.seen.places < LEAST_PLACES for one in shown.values())
    detail = (
        "nothing in that view differs by which moments could be told apart"
        if flat
        else "the place looks alike, and what differs between its moments does not"
    )
    notes.append(Note("softBinding.sameScene", "informational", detail))
    relation: Relation = "undetermined"
    others = tuple((source, relation, "visual", Fraction(1)) for source in shown)
    return Comparison("undetermined", "none", altered=dict(NO_AXES), notes=tuple(notes), others=others)  # type: ignore[arg-type]
