"""Replay: coded units of the evidence found at their registered places in bytes that no longer parse.

A recording cut off before its index was written, or whose index is lost, still holds the units. How it would be shown
is unknown, so that the presentation stays ``cannot-tell`` (formats section 3, docs/adr/0021-cut-off-files.md).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import Axis, Comparison, Note, Relation, Segment, SoundComparison, Span
from provenance.matching.course import HOLE_PART, HOLE_SECONDS
from provenance.matching.line import Lines
from provenance.matching.relation import nothing_found
from provenance.matching.strand import DISTINCT_PICTURES, DISTINCT_SOUND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.evidence import Measurement, Track
    from provenance.matching.line import Line

_AXES: Final[dict[str, Axis]] = {
    "picture": "none-found",
    "sound": "not-examined",
    "timing": "cannot-tell",
    "presentation": "cannot-tell",
}


def replayed(evidence: Measurement, found: Mapping[int, Sequence[bytes | None]], *, source: str) -> Comparison:
    """What the units found at registered offsets say.

    ``found``: track index → for each packet row the digest of what lies at its offset in the questioned bytes, or None
    where they end before it. A digest that differs from the row is a unit not found.
    """
    lines = Lines(evidence)
    tracks = [*evidence.of_kind("video"), *evidence.of_kind("sound")]
    results = [
        (line, _units_found(track, found.get(track.index, ())))
        for track in tracks
        if (line := lines.of("packets", track)) is not None
    ]
    if not any(_is_carried(line, units) for line, units in results):
        return nothing_found()
    main, units = results[0]
    return _comparison(main, units, results, source=source)


def _units_found(track: Track, digests: Sequence[bytes | None]) -> list[int]:
    rows = track.packets
    assert rows is not None
    return [unit for unit, (row, seen) in enumerate(zip(rows.digests, digests, strict=False)) if row == seen]


def _is_carried(line: Line, units: Sequence[int]) -> bool:
    distinct = {line.digests[unit]: unit for unit in units if line.digests[unit] not in line.neutral}
    if line.track.kind == "video":
        return len(distinct) >= min(DISTINCT_PICTURES, len(line.order)) > 0
    return line.length(distinct.values()) >= DISTINCT_SOUND


def _comparison(
    main: Line, units: Sequence[int], results: Sequence[tuple[Line, list[int]]], *, source: str
) -> Comparison:
    if not units:  # only sound was found
        main, units = next((line, found) for line, found in results if found)
    spans = main.spans(units)
    distinct = {main.digests[unit] for unit in units} - main.neutral
    # The questioned file has no time line of its own: its units are told on that of the recording.
    segments = tuple(Segment(span, span, source, "packets", len(distinct)) for span in spans)
    held = set(units)
    inside = [unit for unit in range(min(units), max(units) + 1) if unit not in held]
    missing = main.spans(inside)
    relation: Relation = "composite" if _has_large_hole(missing, spans) else "excerpt"
    total = sum(len(line) for line, _ in results)
    count = sum(len(found) for _, found in results)
    sounds = [len(found) for line, found in results if line.track.kind == "sound"]
    return Comparison(
        relation,
        "packets",
        source,
        segments,
        missing=missing,
        coverage_questioned=Fraction(1),
        coverage_evidence=main.length(units) / (main.length(main.order) or 1),
        altered=dict(_AXES),
        sound=SoundComparison("excerpt" if any(sounds) else "not-checked"),
        notes=(Note("hardBinding.replay", "success", f"{count} of {total} coded units at their registered places"),),
    )


def _has_large_hole(missing: Sequence[Span], spans: Sequence[Span]) -> bool:
    """The rule for holes in an excerpt (docs/adr/0020-holes-in-excerpts.md)."""
    hull = spans[-1].end - spans[0].start
    return any(span.length > HOLE_SECONDS or span.length > hull * HOLE_PART for span in missing)
