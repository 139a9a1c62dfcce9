"""A file of one picture that equals a moment of the evidence (docs/adr/0023-stills.md)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from provenance.comparison import Axis, Basis, Comparison, Note, Segment, SoundComparison, Span
from provenance.matching.shown import shown_differences, turn

if TYPE_CHECKING:
    from provenance.evidence import Track
    from provenance.matching.line import Level, Line, Lines


def is_still(file: Lines, track: Track) -> bool:
    """Whether a file shows one picture and has no sound."""
    line = file.of("pictures", track) or file.of("packets", track)
    return line is not None and len(line.order) == 1 and not file.measurement.of_kind("sound")


def compare_still(questioned: Track, evidence: Track, files: tuple[Lines, Lines], *, source: str) -> Comparison | None:
    """The moment, or the interval of equal moments, or None where the evidence does not hold the picture."""
    levels: tuple[Level, ...] = ("packets", "pictures")
    for level in levels if _same_parameters(questioned, evidence) else levels[1:]:
        one, other = files[0].of(level, questioned), files[1].of(level, evidence)
        if one is None or other is None:
            continue
        moments = _moments(one, other)
        if moments:
            return _still(one, other, moments, source=source)
    return None


def _same_parameters(questioned: Track, evidence: Track) -> bool:
    held = {change.digest for change in evidence.configuration}
    return {change.digest for change in questioned.configuration} <= held


def _moments(questioned: Line, evidence: Line) -> list[list[int]]:
    """Stretches of shown evidence units equal to the only questioned one; of a neutral picture, none."""
    digest = questioned.digests[questioned.order[0]]
    if digest in questioned.neutral | evidence.neutral:
        return []
    stretches: list[list[int]] = []
    last = -2
    for place, unit in enumerate(evidence.order):
        if evidence.digests[unit] == digest:
            if place == last + 1:
                stretches[-1].append(unit)
            else:
                stretches.append([unit])
            last = place
    return stretches


def _still(questioned: Line, evidence: Line, moments: list[list[int]], *, source: str) -> Comparison:
    one, other = questioned.track, evidence.track
    alterations, notes = shown_differences(one, other, container="", whole=False)
    first = moments[0]
    if len(moments) > 1:
        words = f"{len(moments)} places show this picture"
        notes.append(Note("evidence.ambiguous", "informational", words))
    basis: Basis = "packets" if questioned.level == "packets" else "pictures"
    start = questioned.seconds(questioned.starts[questioned.order[0]])
    turned = turn(one.presentation, other.presentation)
    segment = Segment(
        Span(start, start),
        Span(evidence.seconds(evidence.starts[first[0]]), evidence.seconds(evidence.starts[first[-1]])),
        source,
        basis,
        1,
        mirrored=turned.mirrored,
        rotation=turned.rotation,
        alterations=tuple(alterations),
    )
    presentation: Axis = "found" if alterations else "none-found"
    altered: dict[str, Axis] = {
        "picture": "none-found",
        "sound": "not-examined",
        "timing": "not-examined",
        "presentation": presentation,
    }
    code = "hardBinding.packets" if basis == "packets" else "hardBinding.pictures"
    covered = evidence.length(first) / (evidence.length(evidence.order) or 1)
    return Comparison(
        "still",
        basis,
        source,
        (segment,),
        tuple(alterations),
        coverage_questioned=Fraction(1),
        coverage_evidence=covered,
        altered=altered,
        sound=SoundComparison("absent"),
        notes=(Note(code, "success", "the picture equals a moment of the recording"), *notes),
    )
