"""Make copies with their truth: ``python bench/matching/generate.py FOLDER OUT``.

FOLDER is any folder of videos; OUT gets ``copies/NAME__TRANSFORMATION.*`` each with a ``.json`` beside it, and
``run.json``: which recordings there are, which of them is to be registered, what could not be made and why. What is
there already is kept: a run that was broken off goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path

import truths
from footage import Context, Footage, material
from ground import NotPossible, Studio, stock
from making import Transformation, real_copy
from sources import Source, sources_in
from synthetic import synthesise
from transforms import chosen

FAILED = "ffmpeg failed"


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=("tune", "report", "all"), default="tune")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="transformations, or families of them")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N recordings, of as many scenes as there are")
    parser.add_argument("--severity", choices=("mild", "strong"))
    parser.add_argument("--no-synthetic", action="store_true", help="real recordings only")
    parser.add_argument("--also", nargs="+", default=[], type=Path, metavar="FILE", help="more recordings of that half")
    return parser.parse_args()


def limited(sources: list[Source], limit: int | None) -> list[Source]:
    """One of each scene, then the second of each, and so on; strangers stay, they are not copied."""
    kept = [one for one in sources if not one.stranger]
    if limit is None:
        return kept
    rank = {one.name: sum(other.scene == one.scene for other in kept[:place]) for place, one in enumerate(kept)}
    return sorted(kept, key=lambda one: (one.population == "synthetic", rank[one.name], one.name))[:limit]


def version() -> str:
    """Digest of the files that decide what a copy looks like: other files, other copies."""
    own = sorted(Path(__file__).parent.glob("*.py"))
    told = [path for path in own if path.name not in {"score.py", "grade.py", "tables.py", "check.py"}]
    return hashlib.sha256(b"".join(path.read_bytes() for path in told)).hexdigest()[:12]


def make(source: Source, transformation: Transformation, folder: Path, context: Context) -> str | None:
    """One copy, unless it is there; why not, if it is not possible. The truth is written last: it says all is there."""
    stem = f"{source.path.stem}__{transformation.name}"
    beside = folder / f"{stem}.json"
    if beside.exists():
        return None
    try:
        truth = transformation(source.path, folder / stem, context)
    except NotPossible as reason:
        return str(reason)
    except stock.FfmpegFailed as error:
        return f"{FAILED}: {error}"
    truths.write(truth, beside)
    return None


def main() -> None:
    words = asked()
    out: Path = words.out
    copies = out / "copies"
    copies.mkdir(parents=True, exist_ok=True)
    folders = [words.folder] if words.no_synthetic else [words.folder, synthesise(out / "synthetic")]
    sources, real = sources_in(folders, words.split, words.also)
    taken = limited(sources, words.limit)
    skipped: list[tuple[str, str, str]] = []
    refuse_mixture(out, words.split)
    note(out, words.split, (sources, taken), skipped)
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as name:
        scratch = Path(name)
        known = {one.path: Footage(one, material(one.path, scratch)) for one in sources}
        strangers = tuple(known[one.path] for one in sources if one.stranger)
        registered = tuple(known[one.path] for one in taken)
        for source in taken:
            begun, count = time.monotonic(), 0
            for transformation in chosen(words.only, words.severity, words.split):
                part = scratch / source.path.stem
                part.mkdir(exist_ok=True)
                context = Context(part, Studio(scratch / "clips"), strangers, registered, known)
                reason = make(source, transformation, copies, context)
                skipped += [(source.name, transformation.name, reason)] if reason else []
                count += not reason
                shutil.rmtree(part)
            print(f"{source.name}: {count} copies, {time.monotonic() - begun:.0f} s", flush=True)
        if not words.only:
            real_copies(real, taken, copies, known)
    note(out, words.split, (sources, taken), skipped)
    failed = [reason for *_, reason in skipped if reason.startswith(FAILED)]
    print(f"{len(skipped)} not possible, {len(failed)} of them because ffmpeg failed")


def real_copies(real: list[Path], taken: list[Source], copies: Path, known: dict[Path, Footage]) -> None:
    """Copies that somebody else made, of recordings that are taken."""
    by_name = {one.name: known[one.path] for one in taken}
    for path in real:
        truth = real_copy(path, by_name)
        if truth:
            shutil.copyfile(path, copies / path.name)
            truths.write(truth, copies / f"{path.stem}.json")


def note(out: Path, split: str, both: tuple[list[Source], list[Source]], skipped: list[tuple[str, str, str]]) -> None:
    sources, taken = both
    names = {one.name for one in taken}
    told = [
        {
            "path": str(one.path),
            "name": one.name,
            "scene": one.scene,
            "population": one.population,
            "fold": one.fold,
            "registered": one.name in names,
            "stranger": one.stranger,
        }
        for one in sources
        if one.name in names or one.stranger
    ]
    run = {"split": split, "version": version(), "ffmpeg": _ffmpeg(), "sources": told, "not_possible": skipped}
    (out / "run.json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")


def refuse_mixture(out: Path, split: str) -> None:
    """Copies of another half, or made by other code, do not belong into one folder."""
    path = out / "run.json"
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        if (before["split"], before["version"]) != (split, version()):
            raise SystemExit(
                f"{out} holds copies of {before['split']} made by version {before['version']}: name another"
            )


def _ffmpeg() -> str:
    import subprocess

    said = subprocess.run([stock.program(), "-version"], capture_output=True, text=True, check=True).stdout
    return said.split("\n", 1)[0].split(" Copyright")[0]


if __name__ == "__main__":
    main()
