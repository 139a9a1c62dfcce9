"""Recall of each peer where it accepts no wrong pair, as markdown, with the intervals that our own tables have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from floor import Bench, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from floor import truths

#: What vPDQ documents: this per cent of hashes within 31 bits.
DOCUMENTED = 80.0


@dataclass(frozen=True)
class Trial:
    """One copy as one peer has it; what the tables count."""

    truth: truths.Truth
    accepted: bool


@dataclass(frozen=True)
class Threshold:
    """``wrong``: pairs of a file and a recording that it is not of; ``highest``: the most alike of them."""

    highest: float
    wrong: int
    pair: str


def threshold(bench: Bench, told: dict[str, Any], peer: str, *, rooms: bool) -> Threshold:
    """The likeness that no wrong pair reaches past; ``rooms``: pairs of one room at two events count as well."""
    scenes = {one["name"]: one["scene"] for one in bench.run["sources"]}
    by_copy = {one.copy: one for one in bench.copies}
    highest, count, worst = -np.inf, 0, ""
    for name, rows in told["likeness"].items():
        truth = by_copy.get(name)
        own = {truth.source, *(piece.source for piece in truth.pieces)} if truth else {name}
        scene = {scenes[one] for one in own}
        for recording, alike in rows.get(peer, {}).items():
            if recording in own or (not rooms and scenes[recording] in scene):
                continue
            count += 1
            if alike > highest:
                highest, worst = alike, f"{name} as {recording}"
    return Threshold(highest, count, worst)


def trials(bench: Bench, told: dict[str, Any], peer: str, least: float, *, still: bool) -> list[Trial]:
    """Every copy with a picture that was asked about; what a peer could not read is a miss."""
    asked = [one for one in bench.copies if one.copy in told["likeness"]]
    mine = [one for one in asked if one.picture and (one.relation == ("still",)) is still]
    return [
        Trial(one, told["likeness"].get(one.copy, {}).get(peer, {}).get(one.source, -np.inf) > least) for one in mine
    ]


def printed(bench: Bench, told: dict[str, Any], video: Sequence[str], stills: Sequence[str]) -> None:
    print(f"\n## Peers, half: {told['split']}\n\nCopies of version {told['version']}.")
    for title, peers, still in (("Videos", video, False), ("Stills", stills, True)):
        print(f"\n### {title}: recall where no wrong pair is accepted\n")
        for rooms in (True, False):
            print(f"\nWrong pairs {'of one room at two events count' if rooms else 'of different scenes only'}.\n")
            _recalls(bench, told, peers, still=still, rooms=rooms)
        _by_family(bench, told, peers, still=still)
    _offsets(told)
    if "costs" in told:
        print("\n### CPU seconds for a second of video\n")
        tables.table(("", "CPU s / s"), ((name, f"{value:.4f}") for name, value in told["costs"].items()))


def _recalls(bench: Bench, told: dict[str, Any], peers: Iterable[str], *, still: bool, rooms: bool) -> None:
    rows = []
    for peer in peers:
        best = threshold(bench, told, peer, rooms=rooms)
        found = trials(bench, told, peer, best.highest, still=still)
        if found:
            rows.append((peer, tables.recall(found), f"{best.highest:.1f}", str(best.wrong), best.pair))
    documented = trials(bench, told, peers[0], DOCUMENTED - 1e-9, still=still) if not still else []
    if documented:
        wrong = _wrong(bench, told, peers[0], DOCUMENTED)
        rows.append(("vPDQ as documented (80 %, 31 bits)", tables.recall(documented), "80.0", f"{wrong} accepted", ""))
    tables.table(("peer", "recall, 95 % interval", "threshold", "wrong pairs", "the most alike"), rows)


def _wrong(bench: Bench, told: dict[str, Any], peer: str, least: float) -> int:
    """Wrong pairs that a fixed threshold accepts."""
    by_copy = {one.copy: one for one in bench.copies}
    found = 0
    for name, rows in told["likeness"].items():
        truth = by_copy.get(name)
        own = {truth.source, *(piece.source for piece in truth.pieces)} if truth else {name}
        found += sum(alike >= least for recording, alike in rows.get(peer, {}).items() if recording not in own)
    return found


def by_family(bench: Bench, told: dict[str, Any], peer: str, *, still: bool) -> dict[str, tuple[int, int]]:
    """Family → accepted and all copies, at the threshold that pairs of one room set, too."""
    best = threshold(bench, told, peer, rooms=True)
    groups = tables.grouped(trials(bench, told, peer, best.highest, still=still), "family")
    return {name: (sum(one.accepted for one in group), len(group)) for name, group in sorted(groups.items())}


def _by_family(bench: Bench, told: dict[str, Any], peers: Sequence[str], *, still: bool) -> None:
    each = {peer: by_family(bench, told, peer, still=still) for peer in peers}
    families = sorted({name for found in each.values() for name in found})
    print("\nBy family, wrong pairs of one room counted:\n")
    rows = [
        (family, *("/".join(map(str, each[peer][family])) if family in each[peer] else "" for peer in peers))
        for family in families
    ]
    tables.table(("family", *peers), rows)


def _offsets(told: dict[str, Any]) -> None:
    known = [one for one in told["offsets"].values() if one is not None]
    print("\n### Offsets by MPEG-7 signatures, all copies, right recording given\n")
    tables.table(("offset, s: p50 / p90 (n)",), [(tables.quantiles(known),)])
