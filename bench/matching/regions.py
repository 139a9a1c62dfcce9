"""Changes inside pictures: how small they may be and still be told, whether the printed limit holds, and false alarms.

    python bench/matching/regions.py FOLDER [--split tune] [--kinds painted …] [--rounds N] [--rows FILE] > regions.md
    python bench/matching/regions.py --from FILE … > regions.md

Each recording is coded again in several ways, measured as the program measures it, and matched. Changes are then
planted into the measured small pictures of the copy, several in one run, apart in time: after coding, so that a curve
takes minutes. (``family_regions.py`` plants before coding, and ``score.py`` asks the command line.) Three tables:
alarms on the copies as they are; changes at exactly the limit that was printed for the copy, and at twice its area, in
changes and in recordings; detection by kind, area and duration. ``--rows`` keeps the counts, so that several runs can
be told as one.
"""

from __future__ import annotations

import argparse
import json
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
from provenance.matching.looks.candidates import by_codes, by_features
from provenance.matching.looks.changes import changes_in
from provenance.matching.looks.pieces import pieces_of
from provenance.matching.looks.pose import mapped
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
#: How a copy is coded that the whole curve is asked of; and those that the limit alone is asked of.
CODED = {
    "CRF 23": ("-crf", "23"),
    "CRF 32": ("-crf", "32"),
    "half size": ("-crf", "28", "-vf", "scale=trunc(iw/4)*2:-2"),
}
LIMIT_ONLY = {
    "cropped": ("-crf", "28", "-vf", "crop=trunc(iw*0.4)*2:trunc(ih*0.4)*2"),
    "bars": ("-crf", "28", "-vf", "pad=iw:trunc(ih*0.65)*2:0:(oh-ih)/2"),
    "20 a second": ("-crf", "28", "-vf", "fps=20"),
}
#: Levels by which recoloured regions differ, and those that are painted at least.
RECOLOURED, PAINTED = 28, 48
#: Seconds between two changes in one run, so that each is told by itself.
APART = 1.2
#: Part of all pictures' area and time that one run changes.
MOST = 0.01


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


def schedule(
    sight: Sight, piece: Piece, kinds: list[tuple[str, float, float]], random: np.random.Generator
) -> Iterator[list[Plant]]:
    """All of ``kinds`` (kind, area, seconds) at drawn places inside of what is shown, as many in a run as fit.

    Noise is learnt from the file: what changes a large part of it for half of the time hides itself.
    """
    shown = mapped(piece.pose.inverse, np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]))
    least, most = np.clip(shown.min(0), 0, 1) + 0.04, np.clip(shown.max(0), 0, 1) - 0.04
    now: list[Plant] = []
    start, last = float(sight.times[0]) + 0.5, sight.end - 0.5
    at = start
    for kind, area, seconds in kinds:
        spent = sum(one.area * one.seconds for one in now) + area * seconds
        if now and (at + seconds > last or spent > MOST * (last - start)):
            yield now
            now, at = [], start
        left, top = least + random.uniform(0, 1, 2) * np.maximum(most - least - area**0.5, 0)
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
    for tier in (by_codes, by_features):
        found = [piece for proposal in tier(file, [held]) for piece in pieces_of(file, held, proposal, free)]
        same = [piece for piece in found if piece.standing == "same"]
        if same:
            return file, max(same, key=lambda one: one.weight)
    return None


def asked_of(
    file: Sight, piece: Piece, plants: list[Plant], levels: dict[str, int], seed: int
) -> Iterator[tuple[Plant, bool]]:
    """Each change planted, and whether it was told."""
    random = np.random.default_rng(seed)
    copy = Copy(file)
    for one in plants:
        copy.plant(one, levels.get(one.kind, PAINTED), random)
    found = list(changes_in(copy.changed(), piece).alterations)
    for one in plants:
        yield one, is_told(one, found)


def limit_trials(
    pair: tuple[Sight, Piece], limit: Limit, rounds: int, random: np.random.Generator
) -> Iterator[tuple[int, str, bool]]:
    """(times the limit's area, what, whether told): changes of exactly the contrast and seconds that it states."""
    kinds = ["limit"] + (["limit in colour"] if limit.channels == "luma+chroma" else [])
    for times in (1, 2):
        asked = [(kind, times * float(limit.region), float(limit.seconds)) for kind in kinds for _ in range(rounds)]
        for plants in schedule(*pair, asked, random):
            levels = dict.fromkeys(kinds, limit.contrast)
            for one, told in asked_of(*pair, plants, levels, int(random.integers(1 << 30))):
                yield times, one.kind, told


def rows_of(recording: Path, copy: Path, words: argparse.Namespace) -> Iterator[list[object]]:
    """Rows of one copy: [table, recording, coding, …]."""
    about = [recording.stem, copy.stem]
    pair = matched(recording, copy)
    if pair is None:
        yield ["not matched", *about]
        return
    random = np.random.default_rng(words.seed)
    plain = changes_in(*pair)
    limit = plain.limit
    told = "none" if limit is None else f"{float(limit.region):.2%}, {float(limit.seconds)} s, {limit.contrast}"
    seen = [one.what or one.kind for one in plain.alterations if one.what != "bars"]
    yield ["alarms", *about, told, ", ".join(seen) or "-"]
    if limit is not None:
        for times, kind, found in limit_trials(pair, limit, words.rounds, random):
            yield ["limit", *about, times, kind, found]
    if copy.stem in LIMIT_ONLY or words.no_curve:
        return
    asked = [(kind, area, seconds) for kind in words.kinds for area in AREAS for seconds in DURATIONS]
    order = [asked[at] for at in random.permutation(len(asked))]
    for number, plants in enumerate(schedule(*pair, order, random)):
        for one, found in asked_of(*pair, plants, {"recoloured": RECOLOURED}, words.seed + number):
            yield ["curve", *about, one.kind, one.area, one.seconds, found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--split", choices=("tune", "report", "all"), default="tune")
    parser.add_argument("--also", nargs="+", default=[], type=Path, metavar="FILE", help="more recordings")
    parser.add_argument("--limit", type=int, default=None, help="at most N recordings")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rounds", type=int, default=8, help="changes at the limit, of each kind and copy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-curve", action="store_true", help="the limit and alarms only")
    parser.add_argument("--rows", type=Path, help="keep the counts in this file, too")
    parser.add_argument("--from", dest="kept", nargs="+", type=Path, default=[], help="tell counts that were kept")
    words = parser.parse_args()
    rows = [json.loads(line) for path in words.kept for line in path.read_text().splitlines()]
    if words.folder is not None:
        sources, _ = sources_in([words.folder], words.split, words.also)
        with tempfile.TemporaryDirectory(prefix="provenance-regions-") as folder:
            for source in [one for one in sources if not one.stranger][: words.limit]:
                for coding, options in (CODED | LIMIT_ONLY).items():
                    copy = Path(folder) / f"{coding}.mp4"
                    stock.ffmpeg("-y", "-i", source.path, *options, *_CODING, "-an", copy)
                    for row in rows_of(source.path, copy, words):
                        rows.append(row)
                        if words.rows:
                            with words.rows.open("a") as out:
                                out.write(json.dumps(row) + "\n")
    tell(rows)


_CODING = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")


def tell(rows: list[list]) -> None:
    print("| recording | copy | limit | alarms |\n|---|---|---|---|")
    for table, *row in rows:
        if table == "alarms":
            print(f"| {' | '.join(row)} |")
        elif table == "not matched":
            print(f"| {' | '.join(row)} | not matched | |")
    print("\n| area | what | copy | told | planted | recordings with all told |\n|---|---|---|---|---|---|")
    limits = _grouped([(f"{row[3]} x limit", row[4], row[2], row[1], row[5]) for row in rows if row[0] == "limit"])
    for words, by_recording in sorted(limits.items()):
        whole = sum(all(each) for each in by_recording.values())
        told = [one for each in by_recording.values() for one in each]
        print(f"| {' | '.join(words)} | {sum(told)} | {len(told)} | {whole} of {len(by_recording)} |")
    print("\n| kind | copy | area | one picture | 0.2 s | 1 s |\n|---|---|---|---|---|---|")
    curve: dict[tuple, list[bool]] = defaultdict(list)
    for table, _recording, *row in rows:
        if table == "curve":
            coding, kind, area, seconds, told = row
            curve[kind, coding, area, seconds].append(told)
    for kind, coding, area in dict.fromkeys(sorted(key[:3] for key in curve)):
        cells = (curve.get((kind, coding, area, seconds), []) for seconds in DURATIONS)
        shown = (f"{sum(each)} of {len(each)}" for each in cells)
        print(f"| {kind} | {coding} | {area:.2%} | {' | '.join(shown)} |")


def _grouped(rows: list[tuple]) -> dict[tuple[str, ...], dict[str, list[bool]]]:
    """By all but the last two: recording → what was told of it."""
    found: dict[tuple[str, ...], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for *words, recording, told in rows:
        found[tuple(words)][recording].append(told)
    return found


if __name__ == "__main__":
    main()
