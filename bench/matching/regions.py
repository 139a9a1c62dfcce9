"""Changes inside pictures: how small they may be and still be told, whether the printed limit holds, and false alarms.

    python bench/matching/regions.py FOLDER [--split tune] [--limit N] [--rounds N] [--seed N] > regions.md

Each recording is coded again at two severities, measured as the program measures it, and matched. Changes are then
planted into the measured small pictures of the copy, several in one run, apart in time: after coding, so that a curve
takes minutes. (``family_regions.py`` plants before coding, and ``score.py`` asks the command line.) Three tables:
alarms on the copies as they are; changes at exactly the limit that was printed for the copy, and at twice its area;
detection by kind, area and duration. Counts are of changes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from ground import stock
from sources import sources_in

from provenance.evidence import CHROMA_SIDE, SMALL_SIDE
from provenance.matching.looks.candidates import by_codes
from provenance.matching.looks.changes import changes_in
from provenance.matching.looks.pieces import pieces_of
from provenance.matching.looks.sight import Sight
from provenance.media.child import measure
from provenance.media.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.comparison import Alteration, Limit
    from provenance.matching.looks.pieces import Piece

AREAS = (0.0005, 0.001, 0.003, 0.01, 0.05)
#: Seconds; 0 is one picture.
DURATIONS = (0.0, 0.2, 1.0)
KINDS = ("painted", "blurred", "pixelated", "inpainted", "recoloured", "pasted")
SEVERITIES = {"mild": ("-crf", "28"), "strong": ("-crf", "38", "-vf", "scale=iw/2:-2")}
#: Levels by which recoloured regions differ, and those that are painted at least.
RECOLOURED, PAINTED = 28, 48
#: Seconds between two changes in one run, so that each is told by itself.
APART = 1.2


@dataclass(frozen=True)
class Plant:
    """One change: its square (left, top, side in parts of the picture's grid) and its time in seconds."""

    kind: str
    area: float
    start: float
    seconds: float
    left: float
    top: float

    @property
    def side(self) -> float:
        return float(self.area**0.5)

    def boxes(self, grid: int) -> tuple[slice, slice]:
        low = [round(part * grid) for part in (self.top, self.left)]
        size = max(1, round(self.side * grid))
        return slice(low[0], low[0] + size), slice(low[1], low[1] + size)


class Copy:
    """A questioned file whose small pictures can be changed."""

    def __init__(self, sight: Sight) -> None:
        self.sight = Sight(sight.source, sight.line, sight.track, sight.times)
        self.small, self.colours = sight.small.copy(), sight.colours.copy()

    def changed(self) -> Sight:
        self.sight.__dict__.update(small=self.small, colours=self.colours)  # where cached properties keep them
        return self.sight

    def plant(self, one: Plant, contrast: int, random: np.random.Generator) -> None:
        times = self.sight.times[self.sight.places]
        shown = np.flatnonzero((times >= one.start - 1e-6) & (times < one.start + max(one.seconds, 1e-3)))
        shown = shown if len(shown) else np.array([int(np.abs(times - one.start).argmin())])
        where, coarse = one.boxes(SMALL_SIDE), one.boxes(CHROMA_SIDE)
        if one.kind in {"recoloured", "limit in colour"}:
            self._colour(shown, one, contrast)
            return
        sign = 1 if self.small[shown][:, *where].mean() < 128 else -1
        elsewhere = self.small[int(random.integers(len(self.small)))][::-1, ::-1]
        for at in shown.tolist():
            self.small[at][where] = _filled(self.small[at], where, one.kind, sign * contrast, elsewhere)
        if one.kind in {"painted", "pasted"}:
            self.colours[shown[:, None], :, coarse[0], coarse[1]] = 128

    def _colour(self, shown: np.ndarray, one: Plant, contrast: int) -> None:
        """Both planes in opposite directions, mixed at the edges as box means are."""
        edges = np.arange(CHROMA_SIDE + 1) / CHROMA_SIDE
        cover = [
            np.clip(np.minimum(edges[1:], low + one.side) - np.maximum(edges[:-1], low), 0, None) * CHROMA_SIDE
            for low in (one.top, one.left)
        ]
        part = np.outer(*cover)
        for plane in (0, 1):
            wide = self.colours[shown, plane].astype(float)
            sign = 1 if wide.mean() < 128 else -1
            self.colours[shown, plane] = np.clip(np.rint(wide + sign * contrast * part), 0, 255).astype(np.uint8)


def _filled(
    picture: np.ndarray, where: tuple[slice, slice], kind: str, contrast: int, elsewhere: np.ndarray
) -> np.ndarray:
    part = picture[where].astype(np.float32)
    side = part.shape[0]
    if kind == "painted":
        filled = np.full_like(part, part.mean() + contrast)
    elif kind == "blurred":
        filled = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), max(1.0, side / 3))[where]
    elif kind == "pixelated":
        step = max(2, side // 3)
        small = cv2.resize(part, (max(1, side // step), max(1, side // step)), interpolation=cv2.INTER_AREA)
        filled = cv2.resize(small, part.shape[::-1], interpolation=cv2.INTER_NEAREST)
    elif kind == "inpainted":
        mask = np.zeros_like(picture)
        mask[where] = 1
        filled = cv2.inpaint(np.ascontiguousarray(picture), mask, 3, cv2.INPAINT_TELEA)[where]
    elif kind == "pasted":
        filled = elsewhere[where]
    else:  # exactly as the limit says: so many levels more or less
        filled = part + contrast
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8)


def schedule(sight: Sight, kinds: list[tuple[str, float, float]], random: np.random.Generator) -> Iterator[list[Plant]]:
    """All of ``kinds`` (kind, area, seconds) at drawn places, as many in a run as fit apart in time."""
    now: list[Plant] = []
    start, last = float(sight.times[0]) + 0.5, sight.end - 0.5
    at = start
    for kind, area, seconds in kinds:
        if at + seconds > last and now:
            yield now
            now, at = [], start
        free = max(0.0, 0.92 - area**0.5)
        left, top = 0.04 + random.uniform(0, free, 2)
        late = float(random.uniform(0, 0.4))
        if at + late + seconds <= last:
            now.append(Plant(kind, area, at + late, seconds, float(left), float(top)))
        at += late + seconds + APART
    if now:
        yield now


def is_told(plant: Plant, found: list[Alteration]) -> bool:
    """Whether an alteration lies where and when it was planted."""
    for one in found:
        if one.region is None or (one.questioned and not _meets(plant, one)):
            continue
        left, top, width, height = (float(part) for part in one.region)
        across = min(left + width, plant.left + plant.side) - max(left, plant.left)
        down = min(top + height, plant.top + plant.side) - max(top, plant.top)
        if across > 0 and down > 0:
            return True
    return False


def _meets(plant: Plant, one: Alteration) -> bool:
    assert one.questioned is not None
    start, end = float(one.questioned.start), float(one.questioned.end)
    return start <= plant.start + plant.seconds + 0.2 and plant.start <= end + 0.2


def matched(recording: Path, copy: Path) -> tuple[Sight, Piece] | None:
    with open_source(recording) as source:
        held = Sight.of("evidence", measure(source, depth="full", looking="kept"))
    with open_source(copy) as source:
        file = Sight.of("", measure(source, depth="full", looking="close"))
    if held is None or file is None:
        return None
    free = np.ones(len(file.times), bool)
    found = [piece for proposal in by_codes(file, [held]) for piece in pieces_of(file, held, proposal, free)]
    same = [piece for piece in found if piece.standing == "same"]
    return (file, max(same, key=lambda one: one.weight)) if same else None


class Counts:
    """Changes told and planted, by row of a table."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])

    def run(
        self, file: Sight, piece: Piece, plants: list[Plant], words: tuple[str, ...], levels: int, seed: int
    ) -> None:
        random = np.random.default_rng(seed)
        copy = Copy(file)
        for one in plants:
            copy.plant(one, levels, random)
        found = list(changes_in(copy.changed(), piece).alterations)
        for one in plants:
            row = (*words, one.kind, f"{one.area * 100:.3g} %", f"{one.seconds:g} s")
            self.told[row][0] += is_told(one, found)
            self.told[row][1] += 1


def limit_trials(file: Sight, piece: Piece, limit: Limit, rounds: int, random: np.random.Generator) -> Iterator[tuple]:
    """(times the limit's area, what, told, planted): changes of exactly the contrast and seconds that it states."""
    kinds = ["limit"] + (["limit in colour"] if limit.channels == "luma+chroma" else [])
    for times in (1, 2):
        asked = [(kind, times * float(limit.region), float(limit.seconds)) for kind in kinds for _ in range(rounds)]
        for plants in schedule(file, asked, random):
            counts = Counts()
            counts.run(file, piece, plants, (), limit.contrast, int(random.integers(1 << 30)))
            for (kind, *_), (told, planted) in counts.told.items():
                yield times, kind, told, planted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=("tune", "report", "all"), default="tune")
    parser.add_argument("--limit", type=int, default=None, help="at most N recordings")
    parser.add_argument("--rounds", type=int, default=8, help="changes at the limit, of each kind and copy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-curve", action="store_true", help="the limit and alarms only")
    words = parser.parse_args()
    random = np.random.default_rng(words.seed)
    sources, _ = sources_in([words.folder], words.split)
    curve, limits, alarms = Counts(), defaultdict(lambda: [0, 0]), []
    with tempfile.TemporaryDirectory(prefix="provenance-regions-") as folder:
        for source in sources[: words.limit]:
            for severity, options in SEVERITIES.items():
                copy = Path(folder) / f"{source.path.stem}-{severity}.mp4"
                stock.ffmpeg("-i", source.path, *options, "-c:v", "libx264", "-preset", "veryfast", "-an", copy)
                pair = matched(source.path, copy)
                if pair is None:
                    print(f"not matched: {copy.name}")
                    continue
                file, piece = pair
                plain = changes_in(file, piece)
                alarms.append((copy.name, plain))
                if plain.limit is not None:
                    for times, kind, told, planted in limit_trials(file, piece, plain.limit, words.rounds, random):
                        limits[times, kind, severity][0] += told
                        limits[times, kind, severity][1] += planted
                if not words.no_curve:
                    asked = [(kind, area, seconds) for kind in KINDS for area in AREAS for seconds in DURATIONS]
                    for number, plants in enumerate(schedule(file, asked, random)):
                        for levels, mine in ((RECOLOURED, True), (PAINTED, False)):
                            some = [one for one in plants if (one.kind == "recoloured") is mine]
                            if some:
                                curve.run(file, piece, some, (severity,), levels, words.seed + number)
    _print(curve, limits, alarms)


def _print(curve: Counts, limits: dict, alarms: list) -> None:
    print("| copy | limit | alarms |\n|---|---|---|")
    for name, plain in alarms:
        limit = plain.limit
        told = "none" if limit is None else f"{float(limit.region):.2%}, {float(limit.seconds)} s, {limit.contrast}"
        print(f"| {name} | {told} | {', '.join(one.what or one.kind for one in plain.alterations) or '-'} |")
    print("\n| area | what | severity | told | planted |\n|---|---|---|---|---|")
    for (times, kind, severity), (told, planted) in sorted(limits.items()):
        print(f"| {times} x limit | {kind} | {severity} | {told} | {planted} |")
    print("\n| severity | kind | area | seconds | told | planted |\n|---|---|---|---|---|---|")
    for row, (told, planted) in curve.told.items():
        print(f"| {' | '.join(row)} | {told} | {planted} |")


if __name__ == "__main__":
    main()
