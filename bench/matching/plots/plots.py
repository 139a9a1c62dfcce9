"""Plots and tables of a page: ``python bench/matching/plots/plots.py OUT --archive FOLDER --into DIR``.

From what ``score.py`` kept in FOLDER; nothing is asked again. DIR gets the plots as SVG; the page's text is
printed, with links to them: recall by transformation, worst family first; detection of altered regions; errors of
intervals; and, with ``--peers`` (what ``peers.py`` kept), the other tools on the same copies. Synthetic recordings
are left out, unless ``--made`` asks for them alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import drawn
import numpy as np
from floor import ABOVE, AREAS, DURATIONS, Bench, grades_of, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from floor import Grade

#: Where errors of intervals are told, seconds: a picture, the goal's 0.1 s, a cut's 0.2 s.
_MARKED = (0.02, 0.04, 0.1, 0.2, 0.5, 1.0)


def by_family(grades: Sequence[Grade]) -> list[tuple[str, list[Grade]]]:
    """Families, the worst first."""
    groups = tables.grouped(grades, "family")
    return sorted(groups.items(), key=lambda item: (np.mean([one.accepted for one in item[1]]), item[0]))


def transformations(grades: Sequence[Grade]) -> str:
    """Recall of each transformation, the worst family first and inside it the worst transformation."""
    labels, values = [], []
    for _, family in by_family([one for one in grades if one.truth.family != "altered regions"]):
        groups = tables.grouped(family, "transformation").items()
        shares = [(float(np.mean([one.accepted for one in group])), name, len(group)) for name, group in groups]
        for share, name, count in sorted(shares):
            labels.append(f"{name} ({count})")
            values.append(share)
    return drawn.rows("Accepted as the right recording, by transformation (copies)", labels, [drawn.Series("", values)])


def beside(bench: Bench, grades: Sequence[Grade], counted: dict[str, Any]) -> tuple[str, list[tuple[str, ...]]]:
    """Families by us and by the best variant of each other tool where it takes no wrong pair; plot and table."""
    recall = _recall()
    # only copies that the other tools were asked about as well
    mine = [one for one in grades if one.truth.copy in counted["likeness"] and one.truth.relation != ("still",)]
    families = by_family(mine)
    peers: dict[str, dict[str, tuple[int, int]]] = {}
    names = sorted({peer for rows in counted["likeness"].values() for peer in rows if not _of_stills(peer)})
    for peer in names:
        told = recall.by_family(bench, counted, peer, still=False)
        tool = peer.split(",")[0].split(" ")[0]
        if tool not in peers or _total(told) > _total(peers[tool]):
            peers[tool] = told
    ours = drawn.Series("ours", [float(np.mean([one.accepted for one in group])) for _, group in families])
    others = [
        drawn.Series(tool, [found[name][0] / found[name][1] if name in found else None for name, _ in families])
        for tool, found in peers.items()
    ]
    labels = [f"{name} ({len(group)})" for name, group in families]
    rows = [
        (
            name,
            tables.share(one.accepted for one in group),
            *("/".join(map(str, found[name])) if name in found else "" for found in peers.values()),
        )
        for name, group in families
    ]
    plot = drawn.rows("Accepted, by family: ours, and other tools at their best threshold", labels, [ours, *others])
    return plot, [("family", "ours", *peers), *rows]


def _recall() -> Any:
    """How recall is counted for other tools: their own folder, which needs nothing that they need."""
    sys.path.insert(0, str(ABOVE / "peers"))
    import recall

    return recall


def _of_stills(peer: str) -> bool:
    return peer.startswith(("PDQ", "pHash"))


def _total(found: dict[str, tuple[int, int]]) -> float:
    return sum(one[0] for one in found.values()) / max(1, sum(one[1] for one in found.values()))


def detection(grades: Sequence[Grade], what: str, severity: str) -> str | None:
    """Share of planted regions found, over their area; a curve for each duration. Not accepted counts as not found."""
    places = np.linspace(0, 1, len(AREAS))
    found = []
    for duration in DURATIONS:
        points = []
        for place, area in zip(places.tolist(), AREAS, strict=True):
            name = f"{what}-{area}-{duration}-{severity}"
            cell = [any(flag for _, flag in one.planted) for one in grades if one.truth.transformation == name]
            points += [(place, float(np.mean(cell)))] if cell else []
        found += [drawn.Curve(str(duration), points)] if points else []
    ticks = [(place, str(area)) for place, area in zip(places.tolist(), AREAS, strict=True)]
    across = "area of the region, part of the picture"
    return drawn.curves(f"Found: {what}, {severity} coding", found, across=across, ticks=ticks) if found else None


def errors(grades: Sequence[Grade]) -> str:
    """Share of offsets and of ends of intervals that are off by at most so many seconds; accepted copies only."""
    low, high = 0.01, 2.0
    span = np.log(high / low)

    def curve(name: str, values: list[float]) -> drawn.Curve:
        ordered = np.sort(np.clip(values, low, high))
        shares = np.arange(1, len(ordered) + 1) / max(1, len(ordered))
        places = np.log(ordered / low) / span
        points = list(zip(places.tolist(), shares.tolist(), strict=True))
        return drawn.Curve(f"{name} ({len(values)})", [(0.0, 0.0), *points] if points else [(0.0, 0.0)])

    told = [
        curve("offset", [value for one in grades for value in one.offsets]),
        curve("ends of intervals", [value for one in grades for value in one.bounds]),
    ]
    ticks = [(float(np.log(one / low) / span), f"{one:g}") for one in _MARKED]
    return drawn.curves("Off by at most", told, across="seconds", ticks=ticks)


def _kept(into: Path, name: str, text: str | None) -> None:
    if text is not None:
        (into / f"{name}.svg").write_text(text, encoding="utf-8")
        print(f"\n![{name.replace('-', ' ')}]({into.name}/{name}.svg)\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--archive", type=Path, required=True, metavar="FOLDER", help="where score.py kept verdicts")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where peers.py kept what it counted")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR")
    parser.add_argument("--made", action="store_true", help="synthetic recordings instead of real ones")
    words = parser.parse_args()
    words.into.mkdir(parents=True, exist_ok=True)
    bench = Bench.of(words.out)
    answers = json.loads((words.archive / "verdicts.json").read_text(encoding="utf-8"))
    grades = [one for one in grades_of(bench, answers) if (one.truth.population == "synthetic") is words.made]
    print(f"### Recall by transformation, half: {bench.run['split']}\n\n{tables.recall(grades)}")
    _kept(words.into, "transformations", transformations(grades))
    if words.peers:
        counted = json.loads((words.peers / "counted.json").read_text(encoding="utf-8"))
        plot, (head, *rows) = beside(bench, grades, counted)
        print("### Other tools on the same copies\n")
        tables.table(head, rows)
        _kept(words.into, "peers", plot)
    print("### Intervals")
    _kept(words.into, "intervals", errors(grades))
    print("### Altered regions")
    for what in ("painted", "blurred", "recoloured"):
        for severity in ("mild", "strong"):
            _kept(words.into, f"{what}-{severity}", detection(grades, what, severity))


if __name__ == "__main__":
    main()
