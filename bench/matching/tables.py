"""Counts of grades, as markdown. Everything has its n; a rate of nothing failed has its upper bound (rule of three)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from family_regions import AREAS, DURATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grade import Grade

DRAWS = 2000


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def share(flags: Iterable[bool | None]) -> str:
    """``k/n`` of those that apply."""
    known = [one for one in flags if one is not None]
    return f"{sum(known)}/{len(known)}" if known else ""


def quantiles(values: Sequence[float]) -> str:
    """Median and 90th percentile, seconds, and how many there are."""
    return f"{np.median(values):.3f} / {np.quantile(values, 0.9):.3f} ({len(values)})" if values else ""


def bound(failed: int, count: int) -> str:
    """``k/n`` recordings; for none of n, the 95 % bound 3/n."""
    return f"{failed}/{count}" + (f" (< {min(1.0, 3 / count):.2f})" if count and not failed else "")


def recall(grades: Sequence[Grade]) -> str:
    """Share accepted with its 95 % interval: scenes, not copies, are drawn again (cluster bootstrap)."""
    scenes: dict[str, list[bool]] = defaultdict(list)
    for one in grades:
        scenes[one.truth.scene].append(one.accepted)
    counts = np.array([(sum(flags), len(flags)) for flags in scenes.values()], float)
    drawn = counts[np.random.default_rng(1).integers(0, len(counts), (DRAWS, len(counts)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    total = counts.sum(axis=0)
    return f"{total[0] / total[1]:.3f} ({low:.3f}–{high:.3f}; {int(total[1])} copies, {len(scenes)} scenes)"  # noqa: RUF001 - a range


def grouped(grades: Iterable[Grade], key: str) -> dict[str, list[Grade]]:
    found: dict[str, list[Grade]] = defaultdict(list)
    for one in grades:
        found[getattr(one.truth, key)].append(one)
    return found


def transformations(grades: Sequence[Grade]) -> None:
    """Worst first; every transformation has one copy of a recording, so that n counts recordings."""
    print("\n### By transformation, worst first\n")
    groups = grouped((one for one in grades if one.truth.family != "altered regions"), "transformation")
    ordered = sorted(groups.items(), key=lambda item: (np.mean([one.accepted for one in item[1]]), item[0]))
    head = "transformation, family, accepted, named, class right, geometry right, offset s p50 / p90 (n), "
    head += "ends s p50 / p90 (n), cuts found, planted found, sound right, trouble"
    table(head.split(", "), (_row(name, group) for name, group in ordered))


def _row(name: str, group: list[Grade]) -> list[str]:
    cuts = [sum(one.cuts[side] for one in group) for side in (0, 1)]
    return [
        name,
        group[0].truth.family,
        share(one.accepted for one in group),
        share(one.named for one in group),
        share(one.right_class for one in group),
        share(one.geometry for one in group),
        quantiles([value for one in group for value in one.offsets]),
        quantiles([value for one in group for value in one.bounds]),
        f"{cuts[0]}/{cuts[1]}" if cuts[1] else "",
        share(flag for one in group for _, flag in one.planted),
        share(one.sound for one in group),
        str(sum(one.trouble for one in group) or ""),
    ]


def families(grades: Sequence[Grade]) -> None:
    print("\n### By family\n")
    rows = [(name, recall(group)) for name, group in sorted(grouped(grades, "family").items())]
    table(("family", "accepted: share, 95 % interval"), [*rows, ("**all**", recall(grades))])


def totals(grades: Sequence[Grade]) -> None:
    """What the goals of the design speak of."""
    honest = [one for one in grades if one.alarms is not None]
    minutes = sum(one.truth.seconds for one in grades if one.false_cuts is not None) / 60
    false_cuts = sum(one.false_cuts or 0 for one in grades)
    cut = [sum(one.cuts[side] for one in grades) for side in (0, 1)]
    stills = [one for one in grades if one.truth.relation == ("still",)]
    unchanged = [one for one in grades if _sound_kept(one)]
    changed = [one for one in grades if one.truth.family == "sound" and not _sound_kept(one)]
    print("\n### Goals\n")
    rows = [
        ("offset, s: p50 / p90 (n)", quantiles([value for one in grades for value in one.offsets])),
        ("ends of intervals, s: p50 / p90 (n)", quantiles([value for one in grades for value in one.bounds])),
        ("cuts found within 0.2 s, of all cuts", f"{cut[0]}/{cut[1]}"),
        ("false cuts in copies without cuts", f"{false_cuts} in {minutes:.1f} minutes"),
        ("geometry right, of accepted", share(one.geometry for one in grades)),
        ("class right, of accepted", share(one.right_class for one in grades)),
        ("honest copies with an alarm", share(bool(one.alarms) for one in honest)),
        ("recordings with such a copy", _by_recording(honest)),
        ("changed sound named right", share(bool(one.sound) for one in changed)),
        (
            "unchanged sound called something else",
            share(None if one.sound is None else not one.sound for one in unchanged),
        ),
        *_of_stills(stills),
    ]
    table(("", "seen"), rows)


def _of_stills(stills: Sequence[Grade]) -> list[tuple[str, str]]:
    """Retrieval (the goal's top-1), and acceptance, which asks more: of stills and of whole recordings."""
    spans = [one.still_span for one in stills if one.still_span is not None]
    recordings = grouped(stills, "source").values()

    def told(name: str) -> str:
        flags = [[getattr(one, name) for one in group] for group in recordings]
        whole = f"{share(map(all, flags))} recordings with all of theirs"
        return f"{share(flag for group in flags for flag in group)} stills, {whole}"

    return [
        ("stills: right recording named first (top-1)", told("first")),
        ("stills: accepted as of it", told("accepted")),
        ("stills accepted: interval told, s", quantiles(spans)),
    ]


def _sound_kept(one: Grade) -> bool:
    sound = one.truth.sound
    return sound is not None and "same" in sound.relation and not sound.shift


def _by_recording(grades: Sequence[Grade]) -> str:
    recordings = grouped(grades, "source")
    return bound(sum(any(one.alarms for one in group) for group in recordings.values()), len(recordings))


def alarms(grades: Sequence[Grade]) -> None:
    groups = grouped((one for one in grades if one.alarms is not None), "transformation")
    rows = [(name, share(bool(one.alarms) for one in group)) for name, group in sorted(groups.items())]
    print("\n### Alarms on honest copies, by transformation\n")
    table(("transformation", "with an alarm"), [row for row in rows if not row[1].startswith("0/")] or [("none", "")])


def regions(grades: Sequence[Grade]) -> None:
    """Found, of all planted: what was not accepted counts as not found."""
    mine = [one for one in grades if one.truth.family == "altered regions"]
    if not mine:
        return
    print("\n### Altered regions found\n")
    rows: list[Sequence[str]] = []
    for severity in ("mild", "strong"):
        for what in ("painted", "blurred", "recoloured"):
            for duration in DURATIONS:
                names = [f"{what}-{area}-{duration}-{severity}" for area in AREAS]
                cells = [[one for one in mine if one.truth.transformation == name] for name in names]
                told = [share(any(flag for _, flag in one.planted) for one in cell) for cell in cells]
                rows += [(f"{what}, {duration}, {severity}", *told)] if any(cells) else []
    table(("", *AREAS), rows)
