"""What edit lists do to runs of packets: units that are demuxed again for decoding, and jumps of time inside a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.matching.align import Run
from provenance.matching.timing import rhythm

#: Jumps of time in one run of equal units that are told one by one; more of them are another rhythm, told as such.
MOST_JUMPS: Final = 32

if TYPE_CHECKING:
    from provenance.matching.strand import Strand
    from provenance.matching.timing import Scale


def edited_runs(strand: Strand, scale: Scale) -> tuple[Run, ...]:
    """The runs of ``strand``, without units demuxed again, cut where time jumps."""
    runs: list[Run] = []
    for run in strand.runs:
        left = run
        if runs and left.evidence < runs[-1].evidence_end:
            runs[-1] = _without_hidden_end(strand, runs[-1], floor=left.evidence)
            left = _without_hidden_start(strand, left, floor=runs[-1].evidence_end)
        runs.append(left)
    return tuple(piece for run in runs for piece in _cut_where_time_jumps(strand, scale, run))


def _without_hidden_end(strand: Strand, run: Run, *, floor: int) -> Run:
    """``run`` without hidden questioned units at its end that the next run, from ``floor`` on, holds again."""
    length = run.length
    while length > 1 and run.evidence + length > floor and not strand.questioned.shown[run.questioned + length - 1]:
        length -= 1
    return Run(run.questioned, run.evidence, length)


def _without_hidden_start(strand: Strand, run: Run, *, floor: int) -> Run:
    """``run`` without hidden questioned units at its start that the run before, up to ``floor``, holds already."""
    skip = 0
    while skip + 1 < run.length and run.evidence + skip < floor and not strand.questioned.shown[run.questioned + skip]:
        skip += 1
    return Run(run.questioned + skip, run.evidence + skip, run.length - skip)


def _cut_where_time_jumps(strand: Strand, scale: Scale, run: Run) -> list[Run]:
    """Pieces of constant offset; the whole run where it has one rhythm, or none at all."""
    shown = [
        pair
        for pair in enumerate(range(run.evidence, run.evidence_end), run.questioned)
        if strand.questioned.shown[pair[0]] and strand.evidence.shown[pair[1]]
    ]
    if not shown or not rhythm(scale, scale.moments(shown)).uneven:
        return [run]
    cuts = [run.questioned]
    offset: int | None = None
    for pair in shown:
        ((moment, other),) = scale.moments([pair])
        if offset is None or abs(moment - other - offset) > scale.tolerance:
            cuts.extend([] if offset is None else [pair[0]])
            offset = moment - other
    if len(cuts) > MOST_JUMPS:
        return [run]
    ends = [*cuts[1:], run.questioned_end]
    return [
        Run(start, run.evidence + start - run.questioned, end - start) for start, end in zip(cuts, ends, strict=True)
    ]
