"""What sound that was coded again says: beside pictures that were matched by looks, or alone (formats section 6)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provenance.comparison import AXES_OF_KIND, Alteration, Axis, Comparison, Note, Relation, Segment, SoundComparison
from provenance.comparison import Span as _Span
from provenance.evidence import PRINT_RATE
from provenance.matching.background import threshold
from provenance.matching.relation import NO_AXES
from provenance.matching.sound import SoundFound
from provenance.matching.sounds.companion import compare_prints, run_segment
from provenance.matching.sounds.heard import Heard
from provenance.matching.sounds.search import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provenance.evidence import Measurement
    from provenance.matching.sounds.search import Run

#: Seconds that may be missing at either end of a whole, and between pieces: a window of the print at each edge.
_SLACK: Final = Fraction(1, 2)
#: Speeds nearer to 1 than this are no alteration (formats section 6: beyond 0.5 %).
_SPEED: Final = Fraction(5, 1000)


def with_sound(comparison: Comparison, questioned: Measurement, evidence: Mapping[str, Measurement]) -> Comparison:
    """``comparison``, which is by looks, with what can be said of the sound beside its pictures."""
    found = _beside_looks(comparison, questioned, evidence)
    altered: dict[str, Axis] = dict(comparison.altered)
    if found.throughout:
        altered["sound"] = "none-found"
    elif found.comparison.relation in {"same", "excerpt", "different"} and not found.comparison.shift:
        altered["sound"] = "cannot-tell"
    elif found.alterations:
        for one in found.alterations:
            altered.update(dict.fromkeys(AXES_OF_KIND[one.kind], "found"))
    relation = comparison.relation
    if relation == "rendition" and found.alterations:
        relation = "derivative"
    return replace(
        comparison,
        relation=relation,
        segments=_with_alterations(comparison.segments, found.alterations),
        alterations=(*comparison.alterations, *found.alterations),
        altered=altered,
        sound=found.comparison,
        notes=(*comparison.notes, *found.notes),
    )


def _with_alterations(segments: Sequence[Segment], found: Sequence[Alteration]) -> tuple[Segment, ...]:
    """Each alteration of the sound with the picture segments that it is beside."""
    return tuple(
        replace(one, alterations=(*one.alterations, *(each for each in found if _is_beside(each, one))))
        for one in segments
    )


def _is_beside(alteration: Alteration, segment: Segment) -> bool:
    span = alteration.questioned
    return span is None or (span.start < segment.questioned.end and span.end > segment.questioned.start)


def _beside_looks(comparison: Comparison, questioned: Measurement, evidence: Mapping[str, Measurement]) -> SoundFound:
    sources = list(dict.fromkeys(one.source for one in comparison.segments))
    whole = comparison.relation in {"rendition", "derivative"}
    found = {one: _of_source(comparison.segments, questioned, one, evidence[one], whole=whole) for one in sources}
    if len(found) == 1:
        return next(iter(found.values()))
    relations = {one.comparison.relation for one in found.values()}
    kept = {"same", "excerpt"}
    segments = tuple(segment for one in found.values() for segment in one.comparison.segments)
    alterations = tuple(alteration for one in found.values() for alteration in one.alterations)
    notes = tuple(dict.fromkeys(note for one in found.values() for note in one.notes))
    if relations <= kept:
        sound = SoundComparison("excerpt", segments=segments)
        return SoundFound(sound, alterations, notes, throughout=all(one.throughout for one in found.values()))
    if len(relations) == 1:
        return SoundFound(SoundComparison(relations.pop(), segments=segments), alterations, notes)
    if relations & (kept | {"partly-replaced"}):
        return SoundFound(SoundComparison("partly-replaced", segments=segments), alterations, notes)
    return SoundFound(SoundComparison("different", segments=segments), alterations, notes)


def _of_source(
    segments: Sequence[Segment], questioned: Measurement, source: str, evidence: Measurement, *, whole: bool
) -> SoundFound:
    """What the sound beside the pictures of one recording is."""
    ours, theirs = questioned.of_kind("sound"), evidence.of_kind("sound")
    if not ours and not theirs:
        return SoundFound(SoundComparison("absent"))
    if not ours or not theirs:
        how, track = ("removed", theirs[0]) if theirs else ("added", ours[0])
        words = f"sound track {track.index} {how}"
        return SoundFound(
            SoundComparison("absent" if theirs else "different"),
            (Alteration("track", what=words),),
            (Note("tracks.differ", "failure", words),),
        )
    heard, known = Heard.of("", questioned), Heard.of(source, evidence)
    found = None
    if heard is not None and known is not None:
        found = compare_prints(heard, known, segments, whole=whole)
    return found or SoundFound(SoundComparison(), (), (_not_compared(heard, known),))


def _not_compared(heard: Heard | None, known: Heard | None) -> Note:
    why = "at the speed of its pictures, its print does not say whether it is the recording's"
    if heard is None or known is None:
        why = f"no print of the sound of {'the file' if heard is None else 'the recording'} was measured"
    return Note("sound.notCompared", "informational", why)


def compare_alone(questioned: Measurement, evidence: Mapping[str, Measurement]) -> Comparison | None:
    """What sound says where pictures say nothing; None where none is found or there is no print."""
    heard = Heard.of("", questioned)
    if heard is None:
        return None
    held = {source: known for source, one in evidence.items() if (known := Heard.of(source, one)) is not None}
    found = [(source, run) for source, known in held.items() for run in runs(heard, known) if _is_carried(heard, run)]
    chosen = _chosen(found)
    if not chosen:
        return None
    segments = tuple(
        run_segment(heard, held[source], run) for source, run in sorted(chosen, key=lambda one: one[1].first)
    )
    return _of_segments(heard, held, segments, questioned, evidence)


def _is_carried(heard: Heard, run: Run) -> bool:
    """Whether a run is long enough: two seconds, or nearly all of a shorter sound but at least one."""
    least = threshold("sounds.alone") * PRINT_RATE
    return run.error <= threshold("sounds.probe") and (
        run.loud >= least or (run.loud >= PRINT_RATE and run.loud >= 0.9 * float(heard.is_loud.sum()))
    )


def _chosen(found: Iterable[tuple[str, Run]]) -> list[tuple[str, Run]]:
    """Runs that do not overlap by more than a slack, the longest first."""
    chosen: list[tuple[str, Run]] = []
    for source, run in sorted(found, key=lambda one: -one[1].loud):
        shared = sum(max(0, min(run.last, one.last) - max(run.first, one.first) + 1) for _, one in chosen)
        if shared <= 0.3 * (run.last - run.first + 1):
            first, last = run.first, run.last
            for _, one in chosen:
                first = one.last + 1 if one.first <= first <= one.last else first
                last = one.first - 1 if one.first <= last <= one.last else last
            if last > first:
                chosen.append((source, replace(run, first=first, last=last)))
    return chosen


def _of_segments(
    heard: Heard,
    held: Mapping[str, Heard],
    segments: tuple[Segment, ...],
    questioned: Measurement,
    evidence: Mapping[str, Measurement],
) -> Comparison:
    lengths: dict[str, Fraction] = {}
    for one in segments:
        lengths[one.source] = lengths.get(one.source, Fraction(0)) + one.questioned.length
    source = max(lengths, key=lengths.__getitem__)
    known = held[source]
    unmatched = _loud_gaps(heard, [one.questioned for one in segments])
    own = sorted((one.evidence for one in segments if one.source == source), key=lambda one: one.start)
    missing = _loud_gaps(known, own, inside=_Span(own[0].start, max(one.end for one in own)))
    fast = tuple(
        Alteration("speed", one.questioned, what="another speed") for one in segments if abs(one.speed - 1) > _SPEED
    )
    whole = not _loud_gaps(known, own) and not unmatched and len(lengths) == 1
    relation = _relation(segments, whole=whole, foreign=bool(unmatched or missing), altered=bool(fast))
    axes: dict[str, Axis] = dict(NO_AXES)
    both = bool(questioned.of_kind("video") and evidence[source].of_kind("video"))
    axes["picture"] = axes["presentation"] = "cannot-tell" if both else "not-examined"
    axes["sound"] = "none-found" if not unmatched and not missing else "cannot-tell"
    axes["timing"] = "found" if fast else "not-examined"
    detail = "no picture matches" if both else "one of the files has no picture"
    total, length = _loud(heard), _loud(known)
    matched = sum((one.distinctive for one in segments), 0)
    mine = sum((one.distinctive for one in segments if one.source == source), 0)
    return Comparison(
        relation,
        "sound",
        source,
        segments,
        fast,
        unmatched,
        missing,
        min(Fraction(matched, total), Fraction(1)) if total else Fraction(0),
        min(Fraction(mine, length), Fraction(1)) if length else Fraction(0),
        axes,
        SoundComparison("same" if whole else "excerpt", segments=segments),
        (Note("sound.sameEvent", "informational", detail),),
    )


def _relation(segments: Sequence[Segment], *, whole: bool, foreign: bool, altered: bool) -> Relation:
    in_order = all(
        one.source == other.source and one.evidence.end <= other.evidence.start + _SLACK
        for one, other in pairwise(segments)
    )
    if not in_order or foreign:
        return "composite"
    if not whole:
        return "excerpt"
    return "derivative" if altered else "rendition"


def _loud(heard: Heard) -> int:
    return int(heard.is_loud.sum())


def _loud_gaps(heard: Heard, parts: Iterable[_Span], inside: _Span | None = None) -> tuple[_Span, ...]:
    """What ``parts`` leave of a sound, but for silence and for gaps too short to be told."""
    rows = heard.is_loud.nonzero()[0]
    if not len(rows):
        return ()
    at, end = heard.seconds(int(rows[0])), heard.seconds(int(rows[-1]) + 1)
    if inside is not None:
        at, end = max(at, inside.start), min(end, inside.end)
    gaps = []
    for part in [*sorted(parts, key=lambda one: one.start), _Span(end, end)]:
        if part.start - at > _SLACK and (gap := _trimmed(heard, at, min(part.start, end))) is not None:
            gaps.append(gap)
        at = max(at, part.end)
    return tuple(gaps)


def _trimmed(heard: Heard, start: Fraction, end: Fraction) -> _Span | None:
    """The loud part of a gap, None if it is shorter than a slack."""
    first, last = max(heard.row(start), 0), min(heard.row(end), len(heard))
    loud = heard.is_loud[first:last].nonzero()[0]
    if len(loud) <= _SLACK * PRINT_RATE:
        return None
    return heard.span(first + int(loud[0]), first + int(loud[-1]))
