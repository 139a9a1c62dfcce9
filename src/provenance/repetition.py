"""Whether of two verdicts about the same files the later is the earlier again (docs/formats/repeat.md).

What rests on digests has to be equal. What rests on likeness may differ by what was measured between machines, threads
and library builds; the tolerances are given by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sized

State = Literal["equal", "differs", "cannot-tell"]

#: Bases on which floating point has a say.
_SOFT: Final = frozenset({"visual", "sound"})
#: Member of a verdict → the tolerance that holds for numbers in it. Numbers in no such member are exact everywhere.
_KINDS: Final = {
    "questioned": "seconds",
    "evidence": "seconds",
    "stored_evidence": "seconds",
    "unmatched": "seconds",
    "missing": "seconds",
    "shift": "seconds",
    "seconds": "seconds",
    "region": "picture",
    "place": "picture",
    "speed": "speed",
    "similarity": "similarity",
    "coverage": "coverage",
    "distinctive": "count",
}
#: Members that depend on where records are held, not on the two files (formats section 6).
_OF_RECORDS: Final = frozenset({"evidence_id", "measured_by", "committed_not_after"})
_COMPARED: Final = ("relation", "basis", "segments", "unmatched", "missing", "coverage", "altered", "audio")
#: Values are rounded to 6 decimals; two roundings may lie apart by one of them without any difference before.
_ROUNDING: Final = 1.5e-6
#: Differences that are listed; a verdict about other files has one in every member.
MOST_LISTED: Final = 1000
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """``where``: path of a member, as ``segments[0].similarity``. ``tolerance``: None where it has to be equal."""

    where: str
    earlier: Any
    now: Any
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Repetition:
    """How the later verdict compares with the earlier.

    ``largest``: kind of tolerance → largest deviation, of numbers that rest on likeness. ``inputs``: what else was
    different, as thresholds and library builds; it decides nothing. ``why``: why it cannot be told.
    """

    state: State
    differences: tuple[Difference, ...] = ()
    largest: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[Difference, ...] = ()
    why: str | None = None

    @property
    def exact(self) -> bool:
        """Whether everything is the same that has to be equal."""
        return all(one.tolerance is not None for one in self.differences)


def compare(earlier: Mapping[str, Any], now: Mapping[str, Any], tolerances: Mapping[str, float]) -> Repetition:
    """Compare two values of docs/formats/verdict.md; ``earlier`` may hold anything.

    ``tolerances``: a number for each of seconds, picture, speed, similarity, coverage, count.
    """
    walk = _Walk(tolerances)
    inputs = tuple(_inputs(earlier, now))
    if not _same_file(earlier, now):
        return Repetition("cannot-tell", inputs=inputs, why="the earlier verdict is about another file")
    if _is_locked(now) and not _is_locked(earlier):
        return Repetition("cannot-tell", inputs=inputs, why="the archive is locked")
    walk.value("", comparison_part(earlier), comparison_part(now), soft=False, kind=None)
    state: State = "differs" if walk.differences else "equal"
    return Repetition(state, tuple(walk.differences), walk.largest, inputs)


def comparison_part(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """What depends on the two files alone: the same bytes for the same pair, up to the tolerances."""
    part = {name: _without_records(verdict[name]) for name in _COMPARED if name in verdict}
    for name, members in (("questioned", ("sha256", "size", "kind")), ("evidence", ("sha256", "duration"))):
        found = verdict.get(name)
        part[name] = {one: found.get(one) for one in members} if type(found) is dict else found
    return part


def _without_records(value: Any) -> Any:
    """Segments without ids. Deeper than four levels there are none: what is nested deeper stays as it is."""
    if type(value) is dict:
        return {
            name: _segments(item) if name == "segments" else item for name, item in value.items()
        }  # those of `audio`
    return _segments(value)


def _segments(value: Any) -> Any:
    if type(value) is not list:
        return value
    return [
        {name: item for name, item in one.items() if name not in _OF_RECORDS} if type(one) is dict else one
        for one in value
    ]


class _Walk:
    """Goes through both values side by side, as deep as both go."""

    def __init__(self, tolerances: Mapping[str, float]) -> None:
        self.tolerances = tolerances
        self.differences: list[Difference] = []
        self.largest: dict[str, float] = {}

    def value(self, where: str, earlier: Any, now: Any, *, soft: bool, kind: str | None) -> None:
        if type(earlier) is dict and type(now) is dict:
            self._object(where, earlier, now, soft=soft, kind=kind)
        elif type(earlier) is list and type(now) is list:
            self._array(where, earlier, now, soft=soft, kind=kind)
        elif soft and kind is not None and _is_number(earlier) and _is_number(now):
            self._number(where, earlier, now, kind)
        elif earlier != now or (type(earlier) is not type(now) and not (_is_number(earlier) and _is_number(now))):
            self._differs(where, earlier, now)

    def _object(
        self, where: str, earlier: dict[str, Any], now: dict[str, Any], *, soft: bool, kind: str | None
    ) -> None:
        if "basis" in now:
            soft = now["basis"] in _SOFT
        if kind != "coverage":  # `questioned` and `evidence` of the whole are objects, and no times
            kind = None
        for name in sorted({*earlier, *now}):
            path = f"{where}.{name[:_LONGEST]}" if where else name[:_LONGEST]
            if name not in earlier or name not in now:
                self._differs(path, earlier.get(name), now.get(name))
            else:
                self.value(path, earlier[name], now[name], soft=soft, kind=kind or _KINDS.get(name))

    def _array(self, where: str, earlier: list[Any], now: list[Any], *, soft: bool, kind: str | None) -> None:
        if len(earlier) != len(now):
            self._differs(where, earlier, now)
            return
        for number, (one, other) in enumerate(zip(earlier, now, strict=True)):
            self.value(f"{where}[{number}]", one, other, soft=soft, kind=kind)

    def _number(self, where: str, earlier: float, now: float, kind: str) -> None:
        apart = abs(earlier - now)
        self.largest[kind] = max(self.largest.get(kind, 0.0), apart)
        if not apart <= self.tolerances[kind] + _ROUNDING:
            self._differs(where, earlier, now, self.tolerances[kind])

    def _differs(self, where: str, earlier: Any, now: Any, tolerance: float | None = None) -> None:
        if len(self.differences) < MOST_LISTED:
            self.differences.append(Difference(where, _short(earlier), _short(now), tolerance))


def _is_number(value: Any) -> bool:
    return type(value) in {int, float}


def _short(value: Any) -> Any:
    """A value as it is listed: a text is cut, of an array or object its size is told."""
    if type(value) is str:
        return value[:_LONGEST]
    if type(value) is list:
        return _count(value, "value") if value and type(value[0]) in {dict, list} else str(value)[:_LONGEST]
    return _count(value, "member") if type(value) is dict else value


def _count(value: Sized, what: str) -> str:
    return f"{len(value)} {what}{'' if len(value) == 1 else 's'}"


def _same_file(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    found = earlier.get("questioned")
    return type(found) is dict and found.get("sha256") == now["questioned"]["sha256"]


def _is_locked(verdict: Mapping[str, Any]) -> bool:
    findings = verdict.get("findings")
    return type(findings) is list and any(type(one) is dict and one.get("code") == "archive.locked" for one in findings)


def _inputs(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """What the verdicts were worked out from and by, where it is not the same."""
    flat, other = _flat(earlier), _flat(now)
    for name in sorted({*flat, *other}):
        if flat.get(name) != other.get(name):
            yield Difference(name, _short(flat.get(name)), _short(other.get(name)))


#: Inputs that have a say in the comparison; with them the version of this program.
_INPUTS: Final = ("background", "calibration", "full", "deep", "evidence_ids")
#: Libraries of an earlier verdict that are named.
_MOST_LIBRARIES: Final = 32


def _flat(verdict: Mapping[str, Any]) -> dict[str, Any]:
    inputs, tool = verdict.get("inputs"), verdict.get("tool")
    found: dict[str, Any] = {}
    if type(inputs) is dict:
        found.update({name: inputs[name] for name in _INPUTS if name in inputs})
        libraries = inputs.get("libraries")
        if type(libraries) is dict:
            some = list(libraries.items())[:_MOST_LIBRARIES]
            found.update({f"libraries.{name[:_LONGEST]}": value for name, value in some})
    if type(tool) is dict:
        found["provenance"] = tool.get("version")
    return found
