"""What stands beside pictures that are laid side by side. Plain words; names only where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provenance.comparison import WHOLE_PICTURE, Alteration, Comparison, Segment, Span
from provenance.verdict import ALWAYS
from provenance.verdict_text import headline, looked_for, moment
from provenance.verdict_words import ALTERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from provenance.media.render.pairs import Pair


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one comparison.

    ``names``: of the questioned file (key None) and of sources, if they are shown.
    ``registered``: what it was compared with is held as registered.
    """

    comparison: Comparison
    names: Mapping[str | None, str] = field(default_factory=dict)
    registered: bool = True

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources in the order of their letters, B on."""
        every = [self.comparison.source or "", *(segment.source for segment in self.comparison.segments)]
        return tuple(dict.fromkeys(every))

    def letter(self, source: str | None) -> str:
        """A is the questioned file, B the first recording, and so on."""
        return "A" if source is None else chr(ord("B") + self.sources.index(source) % 25)

    @property
    def headline(self) -> str:
        """The sentence of the verdict."""
        return f"{headline(self.comparison, registered=self.registered)}."

    @property
    def columns(self) -> tuple[str, str]:
        """Headings of the two columns."""
        several = len(self.sources) > 1
        letters = f"B to {self.letter(self.sources[-1])}" if several else "B"
        return "A: the file in question", f"{letters}: the recording{'s' if several else ''} compared with"

    def named(self) -> list[str]:
        """One line a file with its name; none where names are not shown."""
        files: tuple[str | None, ...] = (None, *self.sources)
        return [f"{self.letter(one)}: {self.names[one]}" for one in files if one in self.names]

    def time(self, source: str | None, seconds: Fraction) -> str:
        """A time code with its letter."""
        return f"{self.letter(source)} {moment(seconds)}"

    def segment(self, number: int) -> str:
        """Where a segment lies in both files, and how the recording is laid."""
        one = self.comparison.segments[number]
        count = len(self.comparison.segments)
        which = f"Part {number + 1} of {count}: " if count > 1 else ""
        letter = self.letter(one.source)
        where = f"{which}A {span(one.questioned)} is {letter} {span(one.evidence)}."
        return " ".join([where, *_laid(one, letter)])

    def pair(self, pair: Pair) -> str:
        """What a pair was chosen for; nothing for one that only shows the alignment."""
        if isinstance(pair.about, Alteration) and pair.about.questioned is not None:
            what = f" ({pair.about.what})" if pair.about.what else ""
            return f"Changed at {span(pair.about.questioned)}: {ALTERATIONS[pair.about.kind].said}{what}."
        if isinstance(pair.about, Span):
            if pair.why == "added":
                return f"A {span(pair.about)} has no counterpart."
            return f"{self.letter(pair.source)} {span(pair.about)} is left out of A."
        return ""

    @property
    def limits(self) -> list[str]:
        """What has to be said under pictures: how far they were examined, and what no comparison shows."""
        return [*_examined(self.comparison), f"{ALWAYS[0].split('. ')[0]}."]


def _examined(comparison: Comparison) -> list[str]:
    """How far changes inside the pictures were looked for; nothing where pictures are equal one by one."""
    axis = comparison.altered.get("picture")
    if axis == "not-examined":
        return ["Whether anything inside the pictures was changed was not examined."]
    said = looked_for(comparison) if axis == "cannot-tell" or comparison.limit is not None else None
    if said is not None:
        return [f"{said[0].upper()}{said[1:]}."]
    return ["Whether anything inside the pictures was changed cannot be told."] if axis == "cannot-tell" else []


def _laid(segment: Segment, letter: str) -> list[str]:
    said = []
    if segment.speed != 1:
        said.append(f"A runs at {float(segment.speed):.3g} times the speed of {letter}.")
    how = ["mirrored"] * segment.mirrored + [f"turned clockwise by {segment.rotation} degrees"] * bool(segment.rotation)
    if how:
        said.append(f"{letter} is shown {' and '.join(how)} here, as A is.")
    if segment.region != WHOLE_PICTURE:
        said.append(f"A shows the part of {letter} inside the broken line.")
    return said


def span(one: Span) -> str:
    """``00:03.000-00:04.200``; one time where it has no length."""
    return moment(one.start) if one.start == one.end else f"{moment(one.start)}-{moment(one.end)}"
