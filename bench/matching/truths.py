"""What is true of one copy, as the JSON file beside it says it. Times are seconds since the earliest shown unit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from geometry import WHOLE, Rect

if TYPE_CHECKING:
    from pathlib import Path

Range = tuple[float, float]


@dataclass(frozen=True)
class Piece:
    """A range of the questioned file, and where it comes from."""

    questioned: Range
    evidence: Range
    source: str
    speed: float = 1.0

    def at(self, questioned: float) -> float:
        """The evidence time that belongs to a questioned time."""
        return self.evidence[0] + (questioned - self.questioned[0]) * self.speed


@dataclass(frozen=True)
class Planted:
    """What was altered on purpose. ``questioned`` None: throughout; ``region`` None: the whole picture, or none."""

    kind: str
    what: str
    questioned: Range | None = None
    region: Rect | None = None


@dataclass(frozen=True)
class Sound:
    """What the verdict should call the sound: any of ``relation``; ``shift`` None: not counted."""

    relation: tuple[str, ...]
    shift: float | None = 0.0


@dataclass(frozen=True)
class Truth:
    """``relation``: any of ``whole``, ``excerpt``, ``composite``, ``still``. ``sound`` None: not counted."""

    copy: str
    source: str
    scene: str
    population: str
    fold: int
    transformation: str
    family: str
    severity: str
    relation: tuple[str, ...]
    pieces: tuple[Piece, ...]
    seconds: float
    speed: float = 1.0
    mirrored: bool = False
    rotation: int = 0
    region: Rect = WHOLE
    placed: Rect = WHOLE
    exact_geometry: bool = True
    planted: tuple[Planted, ...] = ()
    sound: Sound | None = None
    picture: bool = True  # False: nothing of the evidence can be seen, its sound alone is there
    size: tuple[int, int] = (0, 0)
    leads: tuple[float, float] = (0.0, 0.0)  # first picture after the earliest unit: questioned, evidence
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def cuts(self) -> list[float]:
        """Questioned times inside the file at which its time line leaves the evidence's: sorted."""
        ends = [time for piece in self.pieces for time in piece.questioned]
        ends += [time for one in self.planted if one.kind in {"frozen", "inserted"} for time in one.questioned or ()]
        ends += [one.questioned[0] for one in self.planted if one.kind == "removed" and one.questioned]
        inner = sorted(time for time in ends if 0.05 < time < self.seconds - 0.05)
        return [time for place, time in enumerate(inner) if not place or time - inner[place - 1] > 0.02]

    @property
    def honest(self) -> bool:
        """No alteration of the picture or of its order was planted."""
        return not any(one.kind in {"picture", "inserted", "removed", "frozen"} for one in self.planted)


def write(truth: Truth, path: Path) -> None:
    path.write_text(json.dumps(_rounded(asdict(truth)), indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Truth:
    value = json.loads(path.read_text(encoding="utf-8"))
    value["pieces"] = tuple(Piece(**_tuples(one)) for one in value["pieces"])
    value["planted"] = tuple(Planted(**_tuples(one)) for one in value["planted"])
    value["sound"] = Sound(**_tuples(value["sound"])) if value["sound"] else None
    return Truth(**{name: one if name == "extra" else _tuple(one) for name, one in value.items()})


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tuples(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _tuple(one) for name, one in value.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value
