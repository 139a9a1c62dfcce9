"""What follows when all bytes are equal; nothing has to be decoded for it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from provenance.comparison import Comparison, Note, Segment, SoundComparison, Span
from provenance.matching.relation import NO_AXES
from provenance.verifying.known import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.evidence import Measurement


def identical(source: str, measured: Measurement | None, others: Sequence[str] = ()) -> Comparison:
    """All bytes are equal: everything else follows. ``others``: further sources with the same bytes."""
    seconds = None if measured is None else duration(measured)
    silent = measured is not None and not measured.of_kind("sound")
    whole = Span(seconds * 0, seconds) if seconds else None
    segments = () if whole is None else (Segment(whole, whole, source, "bytes", 0),)
    one = Fraction(1)
    return Comparison(
        "identical",
        "bytes",
        source,
        segments=segments,
        coverage_questioned=one,
        coverage_evidence=one,
        altered=dict.fromkeys(NO_AXES, "none-found"),
        sound=SoundComparison("absent" if silent else "identical"),
        notes=(Note("hardBinding.match", "success", "SHA-256, SHA-512 and size are equal"),),
        others=tuple((other, "identical", "bytes", one) for other in others),
    )


def no_bytes() -> Comparison:
    """A file without a byte: it equals every other such file, which tells nothing of either (docs/adr/0071)."""
    note = Note("questioned.empty", "informational", "0 bytes")
    return Comparison("undetermined", "none", altered=dict(NO_AXES), notes=(note,))


def as_identical(comparison: Comparison, source: str, measured: Measurement | None) -> Comparison:
    """What `--full` found about a file whose bytes are known: identical, with the deeper findings kept."""
    answer = identical(source, measured)
    return replace(answer, notes=(*answer.notes, *comparison.notes), others=comparison.others)
