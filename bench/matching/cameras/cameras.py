"""Two cameras at one event: ``python bench/matching/cameras/cameras.py CLIPS OUT --archive FOLDER``.

Makes what is not there yet, registers what the first camera recorded with the command line, and verifies what the
others did (as it is, coded again, excerpts) and copies of the first, which must still be found. Then the reverse: the
second camera is registered, the first verified. Nothing of another camera may be accepted. ``--rooms``: recordings of
one real room against one another (only with ``--split report``: tuning has none). ``--places``: these drawn ones and no
recordings; ``--cases``, ``--variants``: some of them. ``--again`` prints the table once more.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import copies
import numpy as np
import views
from cases import ANOTHER_CAMERA, ANOTHER_EVENT, CASES, COPY, PLACES, SECONDS
from floor import Archive, Footage, evidence_ids, material, scene_of, sources_in, tables
from hand import film
from places import SIZE, Place, Stand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases import Case
    from hand import Hand
    from numpy.typing import NDArray


#: Seconds of excerpts out of the middle of what another camera recorded: ten and six small pictures.
_EXCERPTS = (4.0, 2.5)


@dataclass(frozen=True)
class Pair:
    """Two files of one place, and how they are related. ``scene``: what counts as independent."""

    scene: str
    case: str
    kind: str
    evidence: str
    questioned: str
    made: str  # "synthetic" or "recording"
    variant: str = "as it is"


def drawn(names: Sequence[str], out: Path, cases: Sequence[Case] = CASES) -> list[Pair]:
    """All pairs of these places; files that are there already are kept."""
    out.mkdir(parents=True, exist_ok=True)
    return [pair for name in names for pair in _in_place(Place(name), out, cases)]


def generated(clips: Path, out: Path, split: str, limit: int | None) -> list[Pair]:
    """All pairs; files that are there already are kept."""
    found = drawn(PLACES[:limit], out)
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as folder:
        scratch = Path(folder)
        sources, _ = sources_in([clips], split)
        largest = {scene_of(one.name): one for one in sources if not one.name.startswith("asl_")}
        for source in list(largest.values())[:limit]:
            found += _of_recording(Footage(source, material(source.path, scratch)), out, scratch)
    return found


def _in_place(place: Place, out: Path, cases: Sequence[Case]) -> list[Pair]:
    stem = place.name.replace(" ", "-")

    def filmed(name: str, event: int, stand: Stand, hand: Hand, rate: float, delay: float = 0.0) -> Path:
        path = out / f"{stem}__{name.replace(' ', '-').replace(',', '')}{hand.suffix}"
        if not path.exists():
            times = delay + np.arange(int((SECONDS - delay) * rate)) / rate
            film(place.seen(event, stand, hand, times), path, hand, rate=rate, size=SIZE)
        return path

    found = []
    for case in cases:
        evidence = filmed(case.evidence.name, 1, Stand(), case.evidence, 25.0)
        second = filmed(case.name, 1, case.stand, case.hand, case.rate, delay=0.387)
        found += _variants(place.name, case, evidence, second, "synthetic")
    for hand in {case.evidence.name: case.evidence for case in cases}.values():
        evidence = filmed(hand.name, 1, Stand(), hand, 25.0)
        other = filmed(f"{hand.name} later", 2, Stand(), hand, 25.0)
        found.append(Pair(place.name, hand.name, ANOTHER_EVENT, evidence.name, other.name, "synthetic"))
        found += _copies(place.name, evidence, out, rate=25.0, size=SIZE, made="synthetic")
    return found


def _of_recording(footage: Footage, out: Path, scratch: Path) -> list[Pair]:
    source, size, rate = footage.source, views.size_of(footage), footage.rate
    shown: list[NDArray[np.uint8]] = []

    def filmed(name: str, view: views.View, hand: Hand) -> Path:
        path = out / f"{source.path.stem}__{name.replace(' ', '-').replace(',', '')}{hand.suffix}"
        if not path.exists():
            if not shown:
                shown.append(views.pictures(footage))
            sound = views.heard(footage, view, hand, scratch)
            film(views.seen(shown[0], view, hand, rate=rate, size=size), path, hand, rate=rate, size=size, sound=sound)
        return path

    found = []
    for case in CASES:
        evidence = filmed(case.evidence.name, views.EVIDENCE, case.evidence)
        name = source.name + case.name
        view = views.beside(name, case.away, case.lean) if case.away else views.inside(name, case.lean)
        second = filmed(case.name, view, case.hand)
        found += _variants(source.scene, case, evidence, second, "recording")
    for hand in {case.evidence.name: case.evidence for case in CASES}.values():
        evidence = filmed(hand.name, views.EVIDENCE, hand)
        found += _copies(source.scene, evidence, out, rate=rate, size=size, made="recording")
    return found


def _variants(scene: str, case: Case, evidence: Path, second: Path, made: str) -> list[Pair]:
    again = second.with_name(f"{second.stem}__again.mp4")
    parts = {seconds: second.with_name(f"{second.stem}__excerpt-{seconds}.mp4") for seconds in _EXCERPTS}
    if not again.exists():
        copies.recoded(second, again)
    for seconds, part in parts.items():
        if not part.exists():
            copies.excerpt(second, part, seconds)
    told = ((second, "as it is"), (again, "coded again"), *((part, f"excerpt of {s} s") for s, part in parts.items()))
    found = [Pair(scene, case.name, ANOTHER_CAMERA, evidence.name, path.name, made, variant) for path, variant in told]
    return [*found, Pair(scene, case.name, ANOTHER_CAMERA, second.name, evidence.name, made, "reverse")]


def _copies(scene: str, evidence: Path, out: Path, *, rate: float, size: tuple[int, int], made: str) -> list[Pair]:
    kinds = {
        "coded again": lambda path, _: copies.recoded(evidence, path),
        "excerpt": lambda path, _: copies.excerpt(evidence, path),
        "shaken": lambda path, to: copies.held(evidence, path, to, rate=rate, size=size, zoom=1.06, lean=0.0),
        "screen, frame seen": lambda path, to: copies.held(
            evidence, path, to, rate=rate, size=size, zoom=0.85, lean=0.03
        ),
        "screen, closer": lambda path, to: copies.held(evidence, path, to, rate=rate, size=size, zoom=1.15, lean=0.03),
    }
    found = []
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as folder:
        for kind, make in kinds.items():
            path = out / f"{evidence.stem}__copy-{kind.replace(' ', '-').replace(',', '')}.mp4"
            if not path.exists():
                make(path, Path(folder))
            case = f"{kind}{' (evidence on a stand)' if 'stand' in evidence.stem else ''}"
            found.append(Pair(scene, case, COPY, evidence.name, path.name, made))
    return found


def rooms(clips: Path, split: str) -> tuple[list[Pair], dict[str, Path]]:
    """Recordings of one real room, each against every other."""
    sources, _ = sources_in([clips], split)
    mine = [one for one in sources if one.population == "same room" and not one.name.startswith("synthetic-")]
    found = [
        Pair(one.name, one.scene, ANOTHER_EVENT, other.name, one.name, "recording")
        for one in mine
        for other in mine
        if one != other
    ]
    return found, {one.name: one.path for one in mine}


def asked(pairs: list[Pair], paths: dict[str, Path], place: Path) -> list[dict[str, Any]]:
    """What was answered of each pair: registered by itself with those that are not of its place."""
    found: list[dict[str, Any]] = []
    for number, group in enumerate(_archives(pairs)):
        archive = Archive(place / str(number) / "archive")
        evidence = sorted({pair.evidence for pair in group})
        questioned = sorted({pair.questioned for pair in group})
        archive.register([paths[name] for name in evidence])
        verdicts = dict(zip(questioned, archive.verify([paths[name] for name in questioned]), strict=True))
        for pair in group:
            verdict = verdicts[pair.questioned]
            told = {
                "relation": verdict.get("relation", "error"),
                "basis": verdict.get("basis"),
                "accepted": archive.ids[pair.evidence] in evidence_ids(verdict),
                "findings": [one.get("code") for one in verdict.get("findings", ())],
                "details": [
                    one.get("detail") for one in verdict.get("findings", ()) if "softBinding" in one.get("code", "")
                ],
            }
            found.append({**asdict(pair), **told})
        print(f"<!-- {len(evidence)} registered, {len(questioned)} verified in {archive.seconds:.0f} s -->", flush=True)
    return found


def _archives(pairs: list[Pair]) -> list[list[Pair]]:
    """No archive holds two recordings of one place, so that nothing is explained by another."""
    archives: list[tuple[dict[str, str], list[Pair]]] = []
    for pair in pairs:
        for held, group in archives:
            if held.get(pair.scene, pair.evidence) == pair.evidence:
                held[pair.scene] = pair.evidence
                group.append(pair)
                break
        else:
            archives.append(({pair.scene: pair.evidence}, [pair]))
    return [group for _, group in archives]


def printed(told: list[dict[str, Any]]) -> None:
    """Accepted, of all: places or recordings in which anything was, for these are what is independent."""
    for kind in (ANOTHER_CAMERA, ANOTHER_EVENT, COPY):
        for made in ("recording", "synthetic"):
            mine = [one for one in told if one["kind"] == kind and one["made"] == made]
            if not mine:
                continue
            print(f"\n### {kind}, {made}\n")
            groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
            for one in mine:
                groups[one["case"], one["variant"]].append(one)
                groups["all", ""].append(one)
            head = ("case", "variant", "scenes accepted", "files accepted", "same event said", "same scene said")
            tables.table(head, (_row(name, group) for name, group in groups.items()))


def _row(name: tuple[str, str], group: list[dict[str, Any]]) -> tuple[str, ...]:
    scenes: dict[str, list[bool]] = defaultdict(list)
    for one in group:
        scenes[one["scene"]].append(one["accepted"])
    said = [
        tables.share(code in one["findings"] for one in group)
        for code in ("softBinding.sameEvent", "softBinding.sameScene")
    ]
    files = tables.share(one["accepted"] for one in group)
    return (*name, tables.bound(sum(map(any, scenes.values())), len(scenes)), files, *said)


def _asked_for(words: argparse.Namespace) -> list[Pair]:
    if not words.places:
        return generated(words.clips, words.out, words.split, words.limit)
    cases = [case for case in CASES if case.name in (words.cases or {one.name for one in CASES})]
    pairs = drawn([f"place {letter}" for letter in words.places], words.out, cases)
    return [one for one in pairs if not words.variants or one.variant in words.variants]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--archive", type=Path, required=True, metavar="FOLDER", help="for archives and answers; new")
    parser.add_argument("--split", choices=("tune", "report"), default="tune")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N synthetic places and N recordings")
    parser.add_argument(
        "--rooms", action="store_true", help="real rooms with several events, too; of the reporting half"
    )
    parser.add_argument("--places", nargs="+", metavar="LETTER", help="drawn places alone, and which")
    parser.add_argument("--cases", nargs="+", metavar="CASE", help="with --places: second cameras, by their names")
    parser.add_argument("--variants", nargs="+", metavar="VARIANT", help="with --places: some; copies are 'as it is'")
    parser.add_argument("--make", action="store_true", help="make the files, ask nothing")
    parser.add_argument("--again", action="store_true", help="print the table from the last run")
    words = parser.parse_args()
    kept = words.archive / "answers.json"
    if not words.again:
        pairs = _asked_for(words)
        paths = {name: words.out / name for pair in pairs for name in (pair.evidence, pair.questioned)}
        if words.rooms:
            more, real = rooms(words.clips, words.split)
            pairs, paths = pairs + more, {**paths, **real}
        (words.out / "pairs.json").write_text(json.dumps([asdict(pair) for pair in pairs], indent=1) + "\n")
        if words.make:
            return
        words.archive.mkdir(parents=True, exist_ok=False)
        kept.write_text(json.dumps(asked(pairs, paths, words.archive)) + "\n", encoding="utf-8")
    printed(json.loads(kept.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
