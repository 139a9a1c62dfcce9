"""How alike are stills to the recording they are of, to others of the room, and to foreign ones? Behind looks.still.*.

OUT is what ``bench/matching/generate.py FOLDER OUT --only stills`` made. Every still is compared with its own
recording, with the others of its scene, and with all others. Run: ``python bench/stills.py OUT``; prints what was
accepted, and the distribution of likeness and of what differs. ``--every N`` takes every N-th still alone.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from provenance.matching.looks import sightings
from provenance.matching.looks.sight import Sight
from provenance.matching.looks.stills import Found, looks_like
from provenance.media.child import measure
from provenance.media.source import open_source


def sight(path: Path, *, kept: bool) -> Sight | None:
    """The looks of a file, as an archive keeps them or as a questioned file has them."""
    with open_source(path) as source:
        return Sight.of(path.name, measure(source, depth="full", looking="kept" if kept else "close"))


def told(kind: str, found: list[Found | None]) -> None:
    """One line: how many were laid, how many accepted, and quantiles of those laid."""
    laid = [one for one in found if one is not None]
    accepted = sum(one.standing == "same" for one in laid)
    print(f"{kind}: {len(found)} compared, {len(laid)} look alike, {accepted} accepted")
    columns = {
        "likeness": [one.seen.likeness for one in laid],
        "telling": [one.seen.telling for one in laid],
        "codes": [one.moments.told.here for one in laid],
        "places": [one.seen.places for one in laid],
    }
    for name, values in columns.items():
        if values:
            print(f"  {name}: " + " ".join(f"{value:.3f}" for value in np.quantile(values, (0, 0.1, 0.5, 0.9, 1))))


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th still alone")
    words = parser.parse_args()
    run = json.loads((words.out / "run.json").read_text(encoding="utf-8"))
    scenes = {one["name"]: one["scene"] for one in run["sources"]}
    sights = [sight(Path(one["path"]), kept=True) for one in run["sources"]]
    held = [one for one in sights if one is not None]
    found: dict[str, list[Found | None]] = defaultdict(list)
    for path in sorted((words.out / "copies").glob("*.json"))[:: words.every]:
        truth = json.loads(path.read_text(encoding="utf-8"))
        if truth["family"] != "stills" or truth["source"] not in scenes:
            continue
        still = sight(words.out / "copies" / truth["copy"], kept=False)
        if still is None:
            continue
        groups = {
            "its own recording": [one for one in held if one.source == truth["source"]],
            "others of the room": [
                one for one in held if one.source != truth["source"] and scenes[one.source] == truth["scene"]
            ],
            "foreign": [one for one in held if scenes[one.source] != truth["scene"]],
        }
        for kind, group in groups.items():
            if group:
                best = looks_like(still, 0, group, sightings.Features(group))
                found[kind].append(best[0] if best else None)
    for kind, each in found.items():
        told(kind, each)


if __name__ == "__main__":
    main()
