"""Whether matched coded units are decoded with the same parameter sets."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provenance.evidence import ConfigurationChange, Track
    from provenance.matching.align import Run
    from provenance.matching.strand import Strand


def configuration_differs(strand: Strand) -> bool:
    """Whether any run of a packet strand holds units for which other parameter sets hold."""
    return any(_differs(strand.questioned.track, strand.evidence.track, run) for run in strand.runs)


def _differs(questioned: Track, evidence: Track, run: Run) -> bool:
    """Compare at the start of the run and wherever either file changes parameter sets inside it."""
    one = [change.unit for change in questioned.configuration]
    other = [change.unit for change in evidence.configuration]
    places = {0}
    places.update(unit - run.questioned for unit in one if run.questioned < unit < run.questioned_end)
    places.update(unit - run.evidence for unit in other if run.evidence < unit < run.evidence_end)
    return any(
        _in_force(questioned.configuration, one, run.questioned + place)
        != _in_force(evidence.configuration, other, run.evidence + place)
        for place in places
    )


def _in_force(changes: tuple[ConfigurationChange, ...], units: list[int], unit: int) -> bytes | None:
    """The digest that holds at ``unit``; units before the first change (stored, never decoded) go with it."""
    return changes[max(bisect_right(units, unit) - 1, 0)].digest if changes else None
