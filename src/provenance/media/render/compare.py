"""Pictures of two files side by side, for the pairs that a comparison asks for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.media.render.laid import counterpart
from provenance.media.render.pairs import choose
from provenance.media.render.sheet import Shown, sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from provenance.media.render.footage import Footage, Still
    from provenance.media.render.pairs import Pair
    from provenance.media.render.words import Words


@dataclass(frozen=True, slots=True)
class Sheet:
    """The PNG, and what it shows."""

    png: bytes
    rows: tuple[Shown, ...]
    left_out: int


def compare(words: Words, questioned: Footage, evidence: Mapping[str, Footage], *, spread: int) -> Sheet:
    """The sheet for the comparison of ``words``; ``evidence``: by source. Raises MediaError.

    The questioned picture is taken first. Its counterpart is the one shown when that begins, and half a picture later,
    so that clocks that round otherwise do not give the neighbour.
    """
    choice = choose(words.comparison, spread=spread)
    pairs = choice.pairs
    mine = _taken({"": questioned}, [("", pair.questioned) for pair in pairs])
    theirs = _taken(
        evidence, [(pair.source, _asked(pair, still, words, evidence)) for pair, still in zip(pairs, mine, strict=True)]
    )
    rows = tuple(Shown(*row) for row in zip(pairs, mine, theirs, strict=True))
    return Sheet(sheet(rows, choice, words), rows, choice.left_out)


def _asked(pair: Pair, still: Still | None, words: Words, evidence: Mapping[str, Footage]) -> Fraction | None:
    """The evidence's moment for a pair, now that its questioned picture is known."""
    if pair.evidence is None or pair.segment is None or still is None:
        return pair.evidence
    segment = words.comparison.segments[pair.segment]
    if not segment.questioned.length or not segment.evidence.length:
        return pair.evidence
    begin, middle = counterpart(segment, still.start), counterpart(segment, still.middle)
    return min(middle, begin + 1 / (2 * evidence[pair.source].rate))


def _taken(files: Mapping[str, Footage], wanted: Sequence[tuple[str, Fraction | None]]) -> list[Still | None]:
    """The pictures ``wanted`` as (source, moment), with one run of the child a file."""
    moments: dict[str, list[Fraction]] = defaultdict(list)
    for source, moment in wanted:
        if moment is not None:
            moments[source].append(moment)
    found: dict[tuple[str, Fraction], Still] = {}
    for source, times in moments.items():
        stills = files[source].stills(times)
        found.update({(source, time): still for time, still in zip(times, stills, strict=True)})
    return [None if moment is None else found[source, moment] for source, moment in wanted]
