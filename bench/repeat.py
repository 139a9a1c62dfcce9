"""How far verdicts about the same files lie apart between machines: ``python bench/repeat.py [--python NAME=PATH …]``.

One exact pair and some by looks are compared under other numbers of threads, with vector instructions of numpy and
OpenCV switched off, with other kernels of OpenBLAS, and by other interpreters (``--python``: environments of one's own
that hold other versions of numpy or OpenCV). Exact parts have to be equal byte by byte; of the rest the largest
deviations are printed, which the tolerances in background.json rest on. ``--media`` adds recordings of a folder.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from provenance import threads
from provenance.matching import background
from provenance.repetition import compare, comparison_part
from yardstick import ROOT, Studio, heading, stock

#: Runs the command line; what is switched off reaches the process that measures, too, which otherwise gets an
#: environment of its own.
EVERYWHERE = """
import os
from provenance.media import process
names = ("NPY_DISABLE_CPU_FEATURES", "OPENCV_CPU_DISABLE", "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS",
         "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
process._ENVIRONMENT = process._ENVIRONMENT | {name: os.environ[name] for name in names if name in os.environ}
from provenance.__main__ import main
main()
"""
#: Every instruction set that numpy would choose at run time.
DISPATCHED = "import numpy._core._multiarray_umath as m; print(' '.join(m.__cpu_dispatch__))"
OPENCV_OFF = "AVX512-SKX,AVX512-COMMON,AVX512-CNL,AVX512-CLX,AVX512-ICL,AVX2,FMA3,FP16,AVX,SSE4.2,SSE4.1"
CORES = ("Haswell", "SkylakeX", "Zen", "Nehalem", "Prescott")
#: Copies by looks: ffmpeg's words.
COPIES = {
    "cropped": ("-vf", "crop=iw*0.8:ih*0.8:iw*0.05:ih*0.1", "-crf", "28"),
    "mirrored excerpt": ("-ss", "1", "-vf", "hflip,scale=360:-2", "-crf", "28"),
    "scaled, coded again": ("-vf", "scale=320:-2", "-crf", "32"),
    "faster, with bars": ("-vf", "setpts=PTS/1.25,pad=iw:ih*1.25:0:ih*0.125", "-an", "-crf", "28"),
}


@dataclass(frozen=True)
class Condition:
    name: str
    environment: dict[str, str] = field(default_factory=dict)
    interpreter: str = sys.executable
    cores: str | None = None


def of_threads(count: int) -> dict[str, str]:
    return dict.fromkeys(threads.NAMES, str(count))


def conditions(interpreters: dict[str, str]) -> list[Condition]:
    dispatched = subprocess.run([sys.executable, "-c", DISPATCHED], check=True, capture_output=True, text=True).stdout
    return [
        Condition("as it is, again"),
        *(Condition(f"{count} threads", of_threads(count)) for count in (1, 2, 4)),
        Condition("one core", of_threads(1), cores="0"),
        Condition("numpy without " + dispatched.strip(), {"NPY_DISABLE_CPU_FEATURES": dispatched.strip()}),
        Condition("OpenCV without AVX and SSE4", {"OPENCV_CPU_DISABLE": OPENCV_OFF}),
        *(Condition(f"OpenBLAS for {core}", {"OPENBLAS_CORETYPE": core}) for core in CORES),
        *(Condition(name, interpreter=path) for name, path in interpreters.items()),
    ]


def verdict(condition: Condition, copy: Path, recording: Path, home: Path) -> dict:
    environment = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home), **condition.environment}
    pinned = ["taskset", "-c", condition.cores] if condition.cores else []
    command = [*pinned, condition.interpreter, "-c", EVERYWHERE, "verify", "--json", copy, "--against", recording]
    done = subprocess.run(command, check=False, capture_output=True, env=environment)
    if not done.stdout:
        raise SystemExit(f"{condition.name}: {done.stderr.decode()[-500:]}")
    return json.loads(done.stdout)


def pairs(place: Path, recordings: list[Path]) -> list[tuple[str, Path, Path]]:
    """(what it is, copy, recording): an exact cut of the first, and one kind of copy of each."""
    cut = place / "cut.mkv"
    stock.ffmpeg("-i", recordings[0], "-t", "2", "-c", "copy", cut)
    made = [(f"{recordings[0].stem}: cut", cut, recordings[0])]
    kinds = list(COPIES.items())
    for number, recording in enumerate(recordings):
        name, words = kinds[number % len(kinds)]
        copy = place / f"{number}-copy.mp4"
        before, rest = (words[:2], words[2:]) if words[0] == "-ss" else ((), words)
        stock.ffmpeg(*before, "-i", recording, *rest, "-c:v", "libx264", "-preset", "veryfast", copy)
        made.append((f"{recording.stem}: {name}", copy, recording))
    return made


def shortened(recording: Path, place: Path) -> Path:
    """The recording as it is registered here: 5 s, 480 wide. What costs is decoding, again and again."""
    short = place / f"{recording.stem}.mp4"
    small = ("-t", "5", "-vf", "scale=480:-2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18")
    stock.ffmpeg("-i", recording, "-map", "0:v:0", "-map", "0:a:0?", *small, short)
    return short


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH", help="another interpreter")
    parser.add_argument("--media", type=Path, help="a folder of recordings")
    parser.add_argument("--only", action="append", default=[], help="names of recordings in it")
    parser.add_argument("--jobs", type=int, default=1, help="conditions at a time")
    asked = parser.parse_args()
    interpreters = dict(one.split("=", 1) for one in asked.python)
    tolerances = {name: background.tolerance(name) for name in background.TOLERANCES}
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as temporary:
        place = Path(temporary)
        recordings = [shortened(ROOT / "fixtures" / "city.mp4", place)]
        if asked.media:
            found = sorted(path for path in asked.media.iterdir() if not asked.only or path.stem in asked.only)
            recordings += [shortened(path, place) for path in found]
        else:
            recordings.append(Studio(place / "clips").clip("repeated", seconds=4))
        every = pairs(place, recordings)
        first = {name: verdict(Condition("as it is"), copy, recording, place) for name, copy, recording in every}
        for name, found in first.items():
            print(f"{name}: {found['relation']}, {found['basis']}", flush=True)
        heading("repeat", "condition", "exact parts", *background.TOLERANCES, "beyond the tolerance")
        with ThreadPoolExecutor(asked.jobs) as pool:
            rows = [pool.submit(row, one, every, first, tolerances, place) for one in conditions(interpreters)]
            for done in rows:
                print(done.result(), flush=True)


def row(condition: Condition, every: list, first: dict, tolerances: dict, place: Path) -> str:
    largest: dict[str, float] = {}
    exact, beyond = [], []
    for name, copy, recording in every:
        now = verdict(condition, copy, recording, place)
        if now["basis"] not in {"visual", "sound"}:
            same = json.dumps(comparison_part(now), sort_keys=True) == json.dumps(
                comparison_part(first[name]), sort_keys=True
            )
            exact.append("equal" if same else f"{name} DIFFERS")
        found = compare(first[name], now, tolerances)
        beyond += [f"{name}: {one.where} {one.earlier} {one.now}" for one in found.differences]
        largest = {kind: max(largest.get(kind, 0), found.largest.get(kind, 0)) for kind in tolerances}
    cells = [condition.name, ", ".join(exact), *(f"{largest[kind]:.6g}" for kind in tolerances)]
    return "| " + " | ".join([*cells, "; ".join(beyond) or "none"]) + " |"


if __name__ == "__main__":
    main()
