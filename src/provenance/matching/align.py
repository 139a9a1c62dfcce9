"""Where the units of a questioned line lie on an evidence line: maximal runs of equal units, in near-linear time.

Works like a copy finder: from each unmatched questioned unit that discriminates, follow every early occurrence of it
in the evidence and keep the longest run of equal units. Each questioned unit is consumed once and each run is followed
from at most ``2 * OCCURRENCES + 1`` places, so that repetition (all units equal, period two) stays linear.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from provenance.matching.line import Line

#: Separate occurrences of one unit in the evidence that are followed. Static shots repeat a picture within one
#: occurrence (a stretch of equal units counts once), so that more than a few occurrences are loops or idents.
OCCURRENCES: Final = 8

_ITEM = array("I").itemsize


@dataclass(frozen=True, slots=True)
class Run:
    """``length`` units from ``questioned`` on equal those from ``evidence`` on."""

    questioned: int
    evidence: int
    length: int

    @property
    def questioned_end(self) -> int:
        """First unit after the run on the questioned line."""
        return self.questioned + self.length

    @property
    def evidence_end(self) -> int:
        """First unit after the run on the evidence line."""
        return self.evidence + self.length


def align(questioned: Line, evidence: Line, *, hints: Collection[tuple[int, int]] = ()) -> tuple[Run, ...]:
    """Runs in questioned order, not overlapping there.

    ``hints``: pairs of units at which a run may start although its unit is neutral (known from the sound beside it).
    """
    return _Aligner(questioned, evidence, hints).runs()


class _Aligner:
    def __init__(self, questioned: Line, evidence: Line, hints: Collection[tuple[int, int]]) -> None:
        names: dict[bytes, int] = {}
        self._questioned = array("I", [names.setdefault(digest, len(names)) for digest in questioned.digests])
        self._evidence = array("I", [names.setdefault(digest, len(names)) for digest in evidence.digests])
        neutral = questioned.neutral | evidence.neutral
        self._neutral = {name for digest, name in names.items() if digest in neutral}
        self._hints = dict(hints)
        self._bytes = (self._questioned.tobytes(), self._evidence.tobytes())
        self._stretch_ends = _stretch_ends(self._questioned)
        self._places = _places(self._evidence)

    def runs(self) -> tuple[Run, ...]:
        if self._questioned == self._evidence:  # the whole: neutral units align too, whether or not they carry it
            return (Run(0, 0, len(self._questioned)),) if len(self._questioned) else ()
        found: list[Run] = []
        unit = 0
        while unit < len(self._questioned):
            last = found[-1] if found else None
            held = self._held(unit, last)
            if held > unit:
                unit = held
                continue
            run = self._longest(unit, last)
            if run is None:
                unit += 1
                continue
            found.append(self._grown_backwards(run, last))
            unit = run.questioned_end
        return tuple(found)

    def _held(self, unit: int, last: Run | None) -> int:
        """End of the stretch of ``unit`` if it only repeats the last matched picture for longer than the evidence."""
        if last is None or last.questioned_end != unit or self._questioned[unit] != self._questioned[unit - 1]:
            return unit
        return self._stretch_ends[unit]

    def _longest(self, unit: int, last: Run | None) -> Run | None:
        name = self._questioned[unit]
        along = unit + last.evidence - last.questioned if last else None
        starts: list[int] = []
        if along is not None and 0 <= along < len(self._evidence) and self._evidence[along] == name:
            starts.append(along)
        if unit in self._hints:
            starts.append(self._hints[unit])
        if name not in self._neutral:
            remaining = self._stretch_ends[unit] - unit
            for start, end in self._places.get(name, ()):
                # A stretch of equal units is entered at its start, or so that both stretches end together.
                starts.extend((start, max(start, end - remaining)))
        best: Run | None = None
        for start in dict.fromkeys(starts):
            length = self._equal_units(unit, start)
            if length and (
                best is None or self._rank(length, start, last) > self._rank(best.length, best.evidence, last)
            ):
                best = Run(unit, start, length)
        return best

    @staticmethod
    def _rank(length: int, start: int, last: Run | None) -> tuple[int, bool, int]:
        """Longer first; of equal ones, the nearest that goes forward, then the earliest."""
        return length, last is not None and start >= last.evidence_end, -start

    def _equal_units(self, unit: int, start: int) -> int:
        """Number of equal units from ``unit`` and ``start`` on: doubling steps, then halving ones."""
        questioned, evidence = self._bytes
        a, b = unit * _ITEM, start * _ITEM
        most = min(len(questioned) - a, len(evidence) - b)
        equal, step = 0, _ITEM
        while step >= _ITEM:
            grow = min(step, most - equal)
            same = questioned[a + equal : a + equal + grow] == evidence[b + equal : b + equal + grow]
            if grow and same:
                equal += grow
                step *= 2
            else:
                step = min(step, grow) // (2 * _ITEM) * _ITEM
        return equal // _ITEM

    def _grown_backwards(self, run: Run, last: Run | None) -> Run:
        """``run`` with the equal units before it that no run holds yet."""
        floor = last.questioned_end if last else 0
        evidence_floor = last.evidence_end if last and run.evidence >= last.evidence_end else 0
        unit, start = run.questioned, run.evidence
        while unit > floor and start > evidence_floor and self._questioned[unit - 1] == self._evidence[start - 1]:
            unit, start = unit - 1, start - 1
        return Run(unit, start, run.length + run.questioned - unit)


def _stretch_ends(units: Sequence[int]) -> array[int]:
    """For each unit the end of the stretch of equal units that it lies in."""
    ends = array("I", bytes(_ITEM * len(units)))
    end = len(units)
    for index in range(len(units) - 1, -1, -1):
        if index + 1 < len(units) and units[index] != units[index + 1]:
            end = index + 1
        ends[index] = end
    return ends


def _places(units: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """The first stretches of equal units of each name."""
    places: dict[int, list[tuple[int, int]]] = {}
    start = 0
    for index in range(1, len(units) + 1):
        if index == len(units) or units[index] != units[start]:
            held = places.setdefault(units[start], [])
            if len(held) < OCCURRENCES:
                held.append((start, index))
            start = index
    return places
