"""Other tools on the same copies: ``python bench/matching/peers/peers.py OUT --at FOLDER``.

In an environment of its own: ``peers.txt`` beside this file says what is in it. OUT is what ``generate.py`` made.
FOLDER keeps fingerprints and what was counted (``counted.json``); a run that was broken off goes on, and copies that
are made later are added. Each peer is given its best threshold: the lowest at which no wrong pair of copy and
recording is accepted, known only after the count, which none of them has in use.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fingerprints
import likeness
import recall
from costs import costs
from floor import Bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprints import Fingerprints
    from floor import truths

#: Peers for videos, and for stills.
VIDEO: dict[str, Callable[[Fingerprints, Fingerprints], float]] = {
    "vPDQ, share within 31 bits": likeness.vpdq_share,
    "vPDQ, bits for 80 %": likeness.vpdq_near(0.8),
    "vPDQ, bits for 50 %": likeness.vpdq_near(0.5),
    "vPDQ, bits for 20 %": likeness.vpdq_near(0.2),
    "ISCC Video-Code, 256 bits": likeness.iscc,
    "MPEG-7 signature, our look-up": likeness.mpeg7,
}
STILL: dict[str, Callable[[Fingerprints, Fingerprints], float]] = {
    "PDQ, 5 pictures a second": likeness.pdq_still,
    "pHash 64 bits, 5 pictures a second": likeness.phash_still,
}


def measured(paths: list[Path], folder: Path, workers: int) -> dict[str, Fingerprints]:
    """Fingerprints of every file; one that a peer breaks on is named and left out."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers) as pool:
        for done, _ in enumerate(pool.map(partial(_tried, folder=folder), paths), 1):
            if done % 100 == 0:
                print(f"<!-- {done} of {len(paths)} -->", file=sys.stderr, flush=True)
    return {path.name: fingerprints.of(path, folder) for path in paths if (folder / f"{path.name}.json").exists()}


def _tried(path: Path, folder: Path) -> None:
    try:
        fingerprints.of(path, folder)
    except Exception as error:  # noqa: BLE001 - foreign tools fail in their own ways; one file must not end the run
        print(f"{path.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def counted(bench: Bench, held: dict[str, Fingerprints], copies: dict[str, Fingerprints]) -> dict[str, Any]:
    """Likeness of every copy, and of every stranger, to every recording, by peer."""
    found: dict[str, Any] = {
        "version": bench.run["version"],
        "split": bench.run["split"],
        "likeness": {},
        "offsets": {},
    }
    strangers = {one["name"] for one in bench.run["sources"] if one["stranger"]}
    for truth in bench.copies:
        if truth.copy not in copies or not truth.picture:
            continue
        table = STILL if truth.relation == ("still",) else VIDEO
        found["likeness"][truth.copy] = _row(table, copies[truth.copy], held)
        right = held.get(truth.source)
        if truth.relation != ("still",) and right is not None:
            found["offsets"][truth.copy] = _away(truth, copies[truth.copy], right)
    for name in sorted(strangers & copies.keys()):
        found["likeness"][name] = _row(VIDEO, copies[name], held)
    return found


def _row(
    table: dict[str, Callable[[Fingerprints, Fingerprints], float]],
    copy: Fingerprints,
    held: dict[str, Fingerprints],
) -> dict[str, dict[str, float]]:
    """Peer → recording → likeness."""
    return {
        peer: {name: max(alike(copy, one), -1e9) for name, one in held.items() if "without" not in one.kept}
        for peer, alike in table.items()
        if "without" not in copy.kept
    }


def _away(truth: truths.Truth, copy: Fingerprints, right: Fingerprints) -> float | None:
    """Seconds by which the look-up of MPEG-7 signatures misses the evidence time of what it found."""
    found = None if "without" in copy.kept else likeness.looked_up(copy, right)
    if found is None:
        return None
    middle = (found.start + found.end) / 2
    questioned = middle + truth.leads[0]  # its times begin with the first picture, the truth's with the earliest unit
    mine = [one for one in truth.pieces if one.source == truth.source]
    piece = min(mine, key=lambda one: max(one.questioned[0] - questioned, questioned - one.questioned[1], 0.0))
    return abs(middle + found.offset + truth.leads[1] - piece.at(questioned))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--at", type=Path, required=True, metavar="FOLDER", help="for fingerprints and counts")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--measure", action="store_true", help="fingerprints only; nothing is compared")
    parser.add_argument("--kept", action="store_true", help="compare only what has fingerprints already")
    parser.add_argument("--again", action="store_true", help="print the tables from the counts of the last run")
    parser.add_argument("--costs", action="store_true", help="time every peer on the recordings, too")
    words = parser.parse_args()
    bench, kept = Bench.of(words.out), words.at / "counted.json"
    recordings = bench.held(None)
    if not words.again:
        strangers = [Path(one["path"]) for one in bench.run["sources"] if one["stranger"]]
        files = [*strangers, *map(bench.path, bench.copies)]
        folder = words.at / "fingerprints"
        wanted = [path for path in (*recordings, *files) if not words.kept or (folder / f"{path.name}.json").exists()]
        found = measured(wanted, folder, words.workers)
        if words.measure:
            return
        held = {path.name: found[path.name] for path in recordings if path.name in found}
        told = counted(bench, held, {path.name: found[path.name] for path in files if path.name in found})
        if words.costs:
            told["costs"] = costs(recordings)
        kept.write_text(json.dumps(told) + "\n", encoding="utf-8")
    recall.printed(bench, json.loads(kept.read_text(encoding="utf-8")), tuple(VIDEO), tuple(STILL))


if __name__ == "__main__":
    main()
