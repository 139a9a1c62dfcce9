"""Is a still of something that is not held taken for it? ``python bench/foreign_stills.py OUT --held F... [--of F...]``

Stills are made of moments of the middle nine tenths of a file, each in four of thirteen variants: of the files
``--of``, which are not held, or else (one by one) of the held ones, each of which is left out with all of its scene.
``--later``: each held recording is cut to its first 40 %, and stills of what comes 1 s and more after it are compared
with that: the same place, camera and day, and another moment. Stills are asked about as ``verify`` does, but measured
in this process; ``--one-by-one`` compares with every recording, also those that its search would not propose.

OUT/rows.jsonl keeps what was seen: a run that was broken off goes on, and ``--again`` asks anew about the stills at
which anything looked alike. Rates are counted by scene (rule of three); synthesised files are counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent / "matching"))
import drawing
from answers import Archive
from ground import stock
from sources import number_of, scene_of

from provenance.custodian import Custodian
from provenance.matching.looks.sight import Sight
from provenance.matching.looks.sightings import Features
from provenance.matching.looks.stills import looks_like
from provenance.media import child
from provenance.media.limits import Limits
from provenance.media.measure import File, measure
from provenance.media.source import open_source
from provenance.verifying.file import FileInHand
from provenance.verifying.known import Known
from provenance.verifying.ladder import climb
from provenance.verifying.questions import Questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.evidence import Measurement

Image = np.ndarray
#: Variants of each moment; part of a recording that is held, and seconds after it, with ``--later``.
EACH, HELD, AFTER = 4, 0.4, 1.0


def _jpeg(image: Image, quality: int) -> Image:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def _wide(image: Image, width: int) -> Image:
    return cv2.resize(image, (width, round(image.shape[0] * width / image.shape[1])), interpolation=cv2.INTER_AREA)


def _part(image: Image, share: float, across: float, down: float) -> Image:
    height, width = image.shape[:2]
    y, x = int(height * (1 - share) * down), int(width * (1 - share) * across)
    return image[y : y + int(height * share), x : x + int(width * share)].copy()


def _captioned(image: Image, lines: int, *, box: bool) -> Image:
    image, (height, width) = image.copy(), image.shape[:2]
    words = drawing.caption(round(width * 0.9), lines, np.random.default_rng(lines), box=box)[: round(height * 0.9)]
    y, x = round(height * 0.95) - len(words), round(width * 0.05)
    under = image[y : y + len(words), x : x + words.shape[1]]
    alpha = words[: len(under), : under.shape[1], 3:] / 255
    under[:] = under * (1 - alpha) + words[: len(under), : under.shape[1], :3] * alpha
    return image


def _screenshot(image: Image, wide: float, high: float) -> Image:
    """Between bars, as a player or a telephone shows it."""
    height, width = image.shape[:2]
    shown = np.full((round(height * high), round(width * wide), 3), 33, np.uint8)
    y, x = (shown.shape[0] - height) // 2, (shown.shape[1] - width) // 2
    shown[y : y + height, x : x + width] = image
    return shown


def _photographed(image: Image, lean: float, noise: float) -> Image:
    random, shown = np.random.default_rng(7), _screenshot(_wide(image, 960), 1.2, 1.2)
    height, width = shown.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + random.uniform(-lean, lean, (4, 2)).astype(np.float32) * [width, height]
    shown = cv2.warpPerspective(shown, cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), (width, height))
    return _jpeg(np.clip(shown * 0.85 + 12 + random.normal(0, noise, shown.shape), 0, 255).astype(np.uint8), 60)


VARIANTS: dict[str, Callable[[Image], Image]] = {
    "as it is": lambda image: image,
    "jpeg 50": lambda image: _jpeg(image, 50),
    "jpeg 12": lambda image: _jpeg(image, 12),
    "320 wide": lambda image: _jpeg(_wide(image, 320), 60),
    "crop 0.9": lambda image: _jpeg(_part(image, 0.9, 0.5, 0.5), 70),
    "crop 0.65": lambda image: _jpeg(_part(image, 0.65, 0.85, 0.15), 50),
    "letters": lambda image: _jpeg(_captioned(image, 1, box=False), 80),
    "a line in a box": lambda image: _jpeg(_captioned(image, 1, box=True), 70),
    "three lines in a box": lambda image: _jpeg(_captioned(image, 3, box=True), 50),
    "screenshot": lambda image: _screenshot(image, 1.4, 1.96),
    "photographed": lambda image: _photographed(image, 0.02, 4),
    "photographed badly": lambda image: _photographed(image, 0.06, 10),
    "mirrored": lambda image: _jpeg(image[:, ::-1].copy(), 60),
}


def held_sight(path: Path) -> Sight:
    """A recording as an archive keeps it."""
    with open_source(path) as source:
        found = Sight.of(path.name, child.measure(source, depth="full", looking="kept"))
    if found is None:
        raise SystemExit(f"{path} has no looks")
    return found


def measured(path: Path) -> Measurement:
    """A still as a questioned file is measured: by the same code as in the child, in this process."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return measure(File(descriptor, path.stat().st_size, Limits(), 1, lambda _: None), "full", "close")
    finally:
        os.close(descriptor)


def seconds_of(path: Path) -> float:
    rows = next(stream.rows for stream in stock.packets(path) if stream.kind == "video")
    return float(max(row.start + row.duration for row in rows) - min(row.start for row in rows))


def stills_of(path: Path, count: int, start: float, scratch: Path) -> Iterator[tuple[str, Path]]:
    """``count`` stills of what comes after ``start``, each with a name; the same for the same file."""
    random, end = np.random.default_rng(number_of("still of", path.name, f"{start:.3f}")), seconds_of(path)
    for at in sorted(random.uniform(max(start, 0.05 * end), 0.95 * end, -(-count // EACH))):
        chosen = random.choice(list(VARIANTS), EACH, replace=False)
        if count <= 0:
            return
        picture = scratch / "picture.png"
        stock.ffmpeg("-ss", f"{at:.3f}", "-i", path, "-frames:v", "1", "-update", "1", "-y", picture)
        image = cv2.imread(str(picture))
        for variant in chosen[: min(EACH, count)]:
            cv2.imwrite(str(picture), VARIANTS[variant](image), [cv2.IMWRITE_PNG_COMPRESSION, 1])
            yield f"{path.name} at {at:.3f}, {variant}", picture
        count -= EACH


def by_search(custodian: Custodian, still: Path) -> dict[str, Any]:
    """What the steps of ``verify`` say of a still that was measured in this process."""
    with open_source(still) as source:
        file = FileInHand.read(source, None)
        file.measured = measured(still)
        found = climb(custodian, file, Known({}), Questions())
    accepted = {one.source for one in found.segments}
    alike = [*accepted, *(one[0] for one in found.others if one[0] not in accepted)]
    return {"relation": found.relation, "found": [{"of": one, "accepted": one in accepted} for one in alike]}


def one_by_one(still: Path, held: list[tuple[Sight, Features]]) -> dict[str, Any]:
    """What looks like the still of all that is held: the recording, whether it was accepted, and by what."""
    looked = Sight.of("", measured(still))
    each = [] if looked is None else [two for one, near in held for two in looks_like(looked, 0, [one], near)]
    found = [
        {
            "of": one.seen.evidence.source,
            "accepted": one.standing == "same",
            "likeness": round(one.seen.likeness, 3),
            "telling": round(one.seen.telling, 3),
            "codes": round(one.moments.told.here, 3),
        }
        for one in each
    ]
    return {"asked": len(held), "found": found}


def told(rows: list[dict[str, Any]]) -> None:
    """By population: stills, scenes, those of which anything looked alike, those of which one was accepted."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        kind = "synthesised" if row["file"].startswith("synthetic-") else "real"
        groups[f"{row['mode']}, {kind}"].append(row)
    for name, group in sorted(groups.items()):
        scenes: dict[str, list[bool]] = defaultdict(list)
        for row in group:
            scenes[scene_of(row["file"])].append(any(one["accepted"] for one in row["found"]))
        wrong = sum(map(any, scenes.values()))
        bound = "" if wrong else f" (below {min(1.0, 3 / len(scenes)):.2f}, rule of three)"
        alike = sum(bool(row["found"]) for row in group)
        accepted = sum(map(sum, scenes.values()))
        print(f"{name}: accepted {accepted} of {len(group)} stills, in {wrong} of {len(scenes)} scenes{bound}")
        print(f"  {alike} look alike to anything")
        for row in group:
            for one in row["found"]:
                if one["accepted"]:
                    print(f"  - {row['still']}: {one}")


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--held", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--of", type=Path, nargs="*", default=[], metavar="FILE", help="what stills are of")
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="stills in all")
    parser.add_argument("--one-by-one", action="store_true", help="with everything held, without the search")
    parser.add_argument("--later", action="store_true", help="of later moments of what is held in part")
    parser.add_argument("--again", action="store_true", help="ask anew where anything looked alike")
    words = parser.parse_args()
    words.out.mkdir(parents=True, exist_ok=True)
    kept = words.out / "rows.jsonl"
    rows = [json.loads(line) for line in kept.read_text("utf-8").splitlines()] if kept.exists() else []
    if words.again:
        rows = [row for row in rows if not row["found"]]
        kept.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    mode = "later" if words.later else "one by one" if words.one_by_one else "search"
    known = {row["still"] for row in rows if row["mode"] == mode}
    files = words.of if words.of and not words.later else words.held
    with tempfile.TemporaryDirectory(prefix="provenance-stills-") as name, kept.open("a", encoding="utf-8") as journal:
        scratch, asking = Path(name), Asking(words.held, mode, Path(name))
        for number, path in enumerate(files):
            count = (words.count + number) // len(files)
            ask, start = asking.about(path)
            for still, picture in stills_of(path, count, start, scratch):
                if still not in known:
                    rows.append({"mode": mode, "file": path.name, "still": still, **ask(picture)})
                    journal.write(json.dumps(rows[-1]) + "\n")
                    journal.flush()
    told(rows)


class Asking:
    """What is held, and how a still of one file is asked about."""

    def __init__(self, held: list[Path], mode: str, scratch: Path) -> None:
        self.mode, self.scratch = mode, scratch
        self.held = {path.name: _with_features(held_sight(path)) for path in held} if mode == "one by one" else {}
        if mode == "search":
            archive = Archive(scratch / "archive")
            archive.register(held)
            self.custodian = Custodian.open(archive.path)

    def about(self, path: Path) -> tuple[Callable[[Path], dict[str, Any]], float]:
        """The question, and the second after which stills are made."""
        if self.mode == "search":
            return partial(by_search, self.custodian), 0.0
        if self.mode == "one by one":
            others = [one for name, one in self.held.items() if scene_of(name) != scene_of(path.name)]
            return partial(one_by_one, held=others), 0.0
        end, cut = HELD * seconds_of(path), self.scratch / path.name
        stock.ffmpeg("-i", path, "-t", f"{end:.3f}", "-an", "-c:v", "copy", "-y", cut)
        return partial(one_by_one, held=[_with_features(held_sight(cut))]), end + AFTER


def _with_features(sight: Sight) -> tuple[Sight, Features]:
    return sight, Features([sight])


if __name__ == "__main__":
    main()
