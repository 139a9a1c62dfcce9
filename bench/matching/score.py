"""How well copies are found: ``python bench/matching/score.py OUT --archive FOLDER``.

OUT is what ``generate.py`` made. Its recordings are registered with the command line in three archives below FOLDER:
``all``, and two that each lack a half of them. Every copy is verified against ``all``. What the archives lack, and what
was never registered, is verified there too: whatever is accepted then is a false match. Verdicts are kept in FOLDER;
``--again`` prints the tables from them without asking.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tables
import truths
from answers import Archive
from grade import Grade, evidence_ids, grade
from transforms import AGAINST_STRANGERS

FOLDS = (0, 1)


@dataclass(frozen=True)
class Foreign:
    """A file whose recording the archive lacks, and what was accepted nevertheless."""

    name: str
    source: str
    scene: str
    population: str
    archive: str
    accepted: tuple[str, ...]
    by_sound: bool


@dataclass(frozen=True)
class Bench:
    """A generated folder as it lies on disk."""

    out: Path
    run: dict[str, Any]
    copies: tuple[truths.Truth, ...]

    @classmethod
    def of(cls, out: Path) -> Bench:
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
        names = {one["name"] for one in run["sources"] if one["registered"]}
        found = [truths.read(path) for path in sorted((out / "copies").glob("*.json"))]
        needed = [(one, {one.source, *(piece.source for piece in one.pieces)}) for one in found]
        return cls(out, run, tuple(one for one, sources in needed if sources <= names))

    def path(self, truth: truths.Truth) -> Path:
        return self.out / "copies" / truth.copy

    def held(self, fold: int | None) -> list[Path]:
        """What is registered: everything, or all but one fold."""
        return [Path(one["path"]) for one in self.run["sources"] if one["registered"] and one["fold"] != fold]

    def foreign(self, fold: int | None) -> list[tuple[Path, dict[str, str]]]:
        """Files whose recording is not held, each with what it is of: strangers everywhere, else the fold."""
        lacking = (one for one in self.run["sources"] if one["stranger"] or (one["registered"] and one["fold"] == fold))
        told = [(Path(one["path"]), one) for one in lacking]
        by_name = {one["name"]: one for one in self.run["sources"]}
        for truth in self.copies:
            chosen = truth.transformation in AGAINST_STRANGERS or truth.severity == "real"
            if fold is not None and truth.fold == fold and chosen:
                told.append((self.path(truth), by_name[truth.source]))
        return told


def asked(bench: Bench, place: Path) -> dict[str, Any]:
    """Registers, verifies, and gives what was answered: by archive and by file."""
    answers: dict[str, Any] = {"version": bench.run["version"], "archives": {}}
    for fold in (None, *FOLDS):
        name = "all" if fold is None else f"without-{fold}"
        held = bench.held(fold)
        files = [path for path, _ in bench.foreign(fold)]
        files += [bench.path(truth) for truth in bench.copies] if fold is None else []
        if not held or not files:
            continue
        archive = Archive(place / name / "archive")
        archive.register(held)
        verdicts = archive.verify(files)
        by_file = {path.name: verdict for path, verdict in zip(files, verdicts, strict=True)}
        told = {"ids": archive.ids, "verdicts": by_file, "seconds": archive.seconds, "files": archive.verified}
        answers["archives"][name] = told
        print(f"<!-- {name}: {len(held)} registered, {len(files)} verified in {archive.seconds:.0f} s -->", flush=True)
    return answers


def grades_of(bench: Bench, answers: dict[str, Any]) -> list[Grade]:
    told = answers["archives"]["all"]
    known = [truth for truth in bench.copies if truth.copy in told["verdicts"]]
    return [grade(truth, told["verdicts"][truth.copy], told["ids"]) for truth in known]


def foreign_of(bench: Bench, answers: dict[str, Any]) -> list[Foreign]:
    found = []
    for fold in (None, *FOLDS):
        name = "all" if fold is None else f"without-{fold}"
        told = answers["archives"].get(name, {"ids": {}, "verdicts": {}})
        names = {one: source for source, one in told["ids"].items()}
        for path, of in bench.foreign(fold):
            verdict = told["verdicts"].get(path.name)
            if verdict is not None:
                accepted = tuple(sorted(names.get(one, one) for one in evidence_ids(verdict)))
                by_sound = verdict.get("basis") == "sound"
                found.append(Foreign(path.name, of["name"], of["scene"], of["population"], name, accepted, by_sound))
    return found


def false_matches(bench: Bench, foreign: list[Foreign], grades: list[Grade]) -> None:
    """Recordings of which something was accepted as another one, by what the two have to do with one another."""
    scenes = {one["name"]: one["scene"] for one in bench.run["sources"]}
    kinds: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    wrong: list[str] = []

    def count(of: tuple[str, str, str], accepted: tuple[str, ...], what: str, others: set[str]) -> None:
        name, scene, population = of
        kind = "synthetic, " if population == "synthetic" else ""
        for relation, same in (("the same room, another event", True), ("unrelated", False)):
            if any((scenes[other] == scene) is same for other in others if other != name):
                hit = [other for other in accepted if (scenes.get(other) == scene) is same]
                kinds[kind + relation][name].append(bool(hit))
                wrong.extend(f"{what} accepted as {other}" for other in hit)

    held = {
        name: {path.name for path in bench.held(fold)}
        for name, fold in (("all", None), ("without-0", 0), ("without-1", 1))
    }
    for one in foreign:
        what = f"{one.name} ({one.archive}{', by sound' if one.by_sound else ''})"
        count((one.source, one.scene, one.population), one.accepted, what, held[one.archive])
    for each in grades:
        truth = each.truth
        of = (truth.source, truth.scene, truth.population)
        count(of, each.wrong + each.wrong_by_sound, f"{truth.copy} (all)", held["all"])
    print("\n### False matches\n")
    rows = [
        (kind, tables.bound(sum(map(any, flags.values())), len(flags)), str(sum(map(len, flags.values()))))
        for kind, flags in sorted(kinds.items())
    ]
    tables.table(("the recording taken for another one is", "recordings", "comparisons"), rows)
    for line in wrong:
        print(f"- {line}")


def printed(bench: Bench, answers: dict[str, Any]) -> None:
    grades, foreign = grades_of(bench, answers), foreign_of(bench, answers)
    real = [one for one in grades if one.truth.population != "synthetic"]
    made = [one for one in grades if one.truth.population == "synthetic"]
    told = answers["archives"]["all"]
    print(
        f"\n## Matching, half: {bench.run['split']}\n\nCopies of version {bench.run['version']}, {bench.run['ffmpeg']}."
    )
    print(f"Verified in {told['seconds'] / max(1, told['files']):.2f} s a file.")
    false_matches(bench, foreign, grades)
    for title, group in (("Real recordings", real), ("Synthetic recordings (in no rate of the above)", made)):
        if group:
            print(f"\n## {title}")
            tables.totals(group)
            tables.families(group)
            tables.transformations(group)
            tables.regions(group)
            tables.alarms(group)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--archive", type=Path, required=True, metavar="FOLDER", help="for archives and verdicts")
    parser.add_argument("--again", action="store_true", help="print the tables from the verdicts of the last run")
    words = parser.parse_args()
    bench = Bench.of(words.out)
    kept = words.archive / "verdicts.json"
    if words.again:
        answers = json.loads(kept.read_text(encoding="utf-8"))
    else:
        if words.archive.exists() and any(words.archive.iterdir()):
            raise SystemExit(f"{words.archive} is not empty: what an older version measured would be compared with")
        words.archive.mkdir(parents=True, exist_ok=True)
        answers = asked(bench, words.archive)
        kept.write_text(json.dumps(answers) + "\n", encoding="utf-8")
    printed(bench, answers)


if __name__ == "__main__":
    main()
