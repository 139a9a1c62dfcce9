"""Which moments of two files are laid side by side, so that a person sees what a verdict says. Pure.

Moments are spread over the segments; each alteration that can be seen has one of its own, in the middle of its time;
what only one of the files has is shown beside an empty place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

from provenance.media.render.laid import counterpart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.comparison import Alteration, Comparison, Segment, Span

#: Pairs spread over all segments: a phone shows about two at once, so that these are three screens.
SPREAD: Final = 6
#: Segments, alterations and stretches without a counterpart that are shown, each; what is left out is counted.
MOST_SEGMENTS, MOST_CHANGES, MOST_ALONE = 8, 12, 4

#: Alterations that are seen at a moment. Sound, and how a whole file is shown, are not; what was removed or inserted
#: stands beside an empty place.
_SEEN: Final = frozenset({"picture", "damage", "frozen", "colour", "captions", "crop"})

Why = Literal["spread", "changed", "added", "left-out"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two moments, in seconds as verdicts count them; None where that file has no counterpart.

    ``segment``: number of the segment in the comparison, None without one. ``changes``: alterations in force then;
    ``about``: the one that this pair was chosen for.
    """

    why: Why
    questioned: Fraction | None
    evidence: Fraction | None
    source: str
    segment: int | None = None
    changes: tuple[Alteration, ...] = ()
    about: Alteration | Span | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The pairs in order of the questioned file, and how many segments and alterations have none for want of room."""

    pairs: tuple[Pair, ...]
    left_out: int = 0


def choose(comparison: Comparison, *, spread: int = SPREAD) -> Choice:
    """Pairs for ``comparison``, about ``spread`` of them beside those of alterations; none where nothing matched."""
    if comparison.source is None or not comparison.segments:
        return Choice(())
    numbered = list(enumerate(comparison.segments))
    shown = sorted(sorted(numbered, key=lambda one: -one[1].questioned.length)[:MOST_SEGMENTS])
    everywhere = tuple(one for one in comparison.alterations if one.questioned is not None)
    pairs: list[Pair] = []
    changes: list[Pair] = []
    for (number, segment), count in zip(shown, _shares([one for _, one in shown], spread), strict=True):
        own = _own(segment, everywhere)
        pairs += (_pair(number, segment, moment, own) for moment in _spread(segment.questioned, count))
        told = {pair.about for pair in changes}  # one that reaches over two segments is shown in the first
        changes += (pair for pair in _changes(number, segment, own) if pair.about not in told)
    alone = [*_added(comparison), *_left_out(comparison)]
    left_out = len(comparison.segments) - len(shown) + max(0, len(changes) - MOST_CHANGES)
    pairs += [*changes[:MOST_CHANGES], *alone]
    return Choice(tuple(sorted(pairs, key=_place)), left_out)


def _place(pair: Pair) -> tuple[bool, Fraction, Fraction]:
    """In order of the questioned file; what only the evidence has comes last."""
    return pair.questioned is None, pair.questioned or Fraction(0), pair.evidence or Fraction(0)


def _shares(segments: Sequence[Segment], spread: int) -> list[int]:
    """How many pairs each segment has: by its length, at least one."""
    total = sum((one.questioned.length for one in segments), Fraction(0))
    if not total:
        return [1] * len(segments)
    return [max(1, round(spread * one.questioned.length / total)) for one in segments]


def _spread(span: Span, count: int) -> Iterator[Fraction]:
    if span.length <= 0:
        yield span.start
        return
    for number in range(count):
        yield span.start + span.length * Fraction(2 * number + 1, 2 * count)


def _own(segment: Segment, everywhere: Iterable[Alteration]) -> tuple[Alteration, ...]:
    """Alterations of the segment, and those of the whole file that fall into it."""
    within = (one for one in everywhere if one.questioned is not None and _meets(one.questioned, segment.questioned))
    return tuple(dict.fromkeys([*segment.alterations, *within]))


def _meets(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _holds(one: Alteration, moment: Fraction) -> bool:
    return one.questioned is None or one.questioned.start <= moment < one.questioned.end


def _pair(number: int, segment: Segment, moment: Fraction, own: Sequence[Alteration]) -> Pair:
    in_force = tuple(one for one in own if _holds(one, moment))
    return Pair("spread", moment, counterpart(segment, moment), segment.source, number, in_force)


def _changes(number: int, segment: Segment, own: Sequence[Alteration]) -> Iterator[Pair]:
    """One pair for each alteration that is seen at a time of its own."""
    for one in own:
        if one.kind in _SEEN and one.questioned is not None:
            start = max(one.questioned.start, segment.questioned.start)
            moment = (start + min(one.questioned.end, segment.questioned.end)) / 2
            yield replace(_pair(number, segment, moment, own), why="changed", about=one)


def _added(comparison: Comparison) -> Iterator[Pair]:
    for span in comparison.unmatched[:MOST_ALONE]:
        yield Pair("added", (span.start + span.end) / 2, None, comparison.source or "", about=span)


def _left_out(comparison: Comparison) -> Iterator[Pair]:
    for span in comparison.missing[:MOST_ALONE]:
        yield Pair("left-out", None, (span.start + span.end) / 2, comparison.source or "", about=span)
