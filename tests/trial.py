"""One trial: make a transformation, ask the command line about it, grade the answer, keep a row for the table.

Rows are JSON files under ``build/truth/EDITION/`` (one a trial, so that processes do not meet); ``python tests/trial.py
EDITION`` makes the markdown table of them, and a test session does so at its end. A row stands until its trial runs
again; ``make test`` and ``make test-media`` begin with none.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import forge
import grading
import stock
import truth
from case import Case
from clips import Studio
from court import Court

FOLDER = Path(__file__).resolve().parent.parent / "build" / "truth"
#: Editions that this process kept a row for.
kept: set[str] = set()


@dataclass(frozen=True)
class Stand:
    """A file with its archive: the file itself and, where it has pictures to mix with, a second recording."""

    label: str
    source: Path
    folder: Path
    studio: Studio

    @cached_property
    def court(self) -> Court:
        self.folder.mkdir(parents=True)
        return Court(self.folder)

    @cached_property
    def material(self) -> forge.Material:
        made = self.folder / "made"
        made.mkdir(parents=True, exist_ok=True)
        return forge.Material(self.source, made, self.studio)

    @cached_property
    def ids(self) -> dict[str, str]:
        """Evidence ids by the names that the truth table uses."""
        court = self.court
        try:
            partner = [self.material.partner()]
        except (forge.NotPossible, stock.FfmpegFailed):
            partner = []
        found = court.register(self.source, *partner)
        return dict(zip(("evidence", "partner"), found, strict=False))


def attempt(stand: Stand, name: str, edition: str) -> list[str]:
    """Run one trial and keep its row; returns what was wrong. Raises :class:`forge.NotPossible` as a row of its own."""
    ids = stand.ids
    try:
        case = Case(name, stand.material, forge.FORGERIES[name](stand.material))
        wanted = truth.TRUTH[name](case)
        status, verdict = stand.court.verify(case.made)
        if "error" in verdict:
            misses = [f"error {verdict['error']['code']}: {verdict['error']['message']} (status {status})"]
            seen = "error"
        else:
            misses = grading.grade(wanted, case, status, verdict, ids)
            kinds = sorted({a["kind"] for segment in verdict["segments"] for a in segment["alterations"]})
            sound = verdict["audio"]["relation"]
            seen = f"{verdict['relation']}/{verdict['basis']}/{status} {'+'.join(kinds)} · sound {sound}"
    except forge.NotPossible as reason:
        _keep(edition, stand.label, name, {"expected": "not applicable", "seen": "", "why": str(reason), "misses": []})
        raise
    finally:
        shutil.rmtree(stand.material.folder)
        stand.material.folder.mkdir()
    expected = (
        f"{_either(wanted.relation)}/{_either(wanted.basis)}/{_either(wanted.status)} {'+'.join(sorted(wanted.kinds))}"
    )
    row = {"expected": expected, "seen": seen, "why": wanted.why, "misses": misses}
    _keep(edition, stand.label, name, row)
    return misses


def _either(options: frozenset) -> str:
    return " or ".join(str(one) for one in sorted(options, key=str))


def _keep(edition: str, label: str, name: str, row: dict) -> None:
    folder = FOLDER / edition
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"file": label, "transformation": name, **row}, indent=1, sort_keys=True)
    (folder / f"{label}--{name}.json").write_text(text)
    kept.add(edition)


def table(edition: str) -> str:
    """The markdown table of all rows kept: first the count, then every miss, then every row."""
    rows = [json.loads(path.read_text()) for path in sorted((FOLDER / edition).glob("*.json"))]
    asked = [row for row in rows if row["expected"] != "not applicable"]
    missed = [row for row in asked if row["misses"]]
    lines = [f"{len(asked) - len(missed)} of {len(asked)} as expected; {len(rows) - len(asked)} not applicable.", ""]
    by_kind = Counter(row["transformation"] for row in missed)
    if missed:
        lines += ["Misses: " + ", ".join(f"{name} {count}" for name, count in by_kind.most_common()), ""]
    lines += ["| file | transformation | expected | seen | miss, or why |", "|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: (not row["misses"], row["file"], row["transformation"])):
        note = "**" + "; ".join(row["misses"]) + "**" if row["misses"] else row["why"]
        cells = (row["file"], row["transformation"], row["expected"], row["seen"], note.replace("|", "/"))
        lines.append("| " + " | ".join(cell.replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def write_table(edition: str) -> Path | None:
    """Write ``build/truth/EDITION.md`` from the rows kept; None if there are none."""
    if not any((FOLDER / edition).glob("*.json")):
        return None
    out = FOLDER / f"{edition}.md"
    out.write_text(table(edition))
    return out


if __name__ == "__main__":
    print(write_table(sys.argv[1]))
