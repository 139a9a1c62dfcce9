"""What many questioned files cost: ``python bench/batch.py [--files 500] [--recordings 20] [--jobs 2]``.

Small files (2 s, 160x90: copied, re-wrapped, cut, coded again, and strangers) are verified against an archive of small
recordings with one process and with more, and by `verify` for a part of them. Memory: the highest resident set of one
worker and of one process that measures, sampled.
"""

import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Self

from yardstick import Cost, Studio, arguments, cost_of, folder, heading, provenance, stock

_SAMPLE_SECONDS = 0.05
_SMALL = {"seconds": 4, "size": (160, 90)}


def questioned(recordings: list[Path], place: Path, studio: Studio, count: int) -> Path:
    """A folder of ``count`` files of five kinds; bytes differ by what is appended, so that none is known already."""
    place.mkdir()
    stranger = studio.clip("nobody registered this", **_SMALL)
    kinds = {
        "copied": shutil.copy,
        "re-wrapped": lambda source, out: stock.ffmpeg("-i", source, "-c", "copy", out.with_suffix(".mkv")),
        "cut": lambda source, out: stock.ffmpeg("-ss", "1", "-i", source, "-c", "copy", out),
        "coded again": lambda source, out: stock.ffmpeg("-i", source, "-vf", "scale=128:-2", "-crf", "32", out),
        "stranger": lambda _, out: shutil.copy(stranger, out),
    }
    made: dict[tuple[int, str], Path] = {}
    for number in range(count):
        name = list(kinds)[number % len(kinds)]
        which = number // len(kinds) % len(recordings)
        if (which, name) not in made:
            out = place / f"{number:04} {name}.mp4"
            kinds[name](recordings[which], out)
            made[which, name] = out.with_suffix(".mkv") if name == "re-wrapped" else out
        else:
            source = made[which, name]
            again = place / f"{number:04} {name}{source.suffix}"
            shutil.copy(source, again)
            with again.open("ab") as file:  # a `free` box: other bytes, the same recording
                file.write(b"\x00\x00\x00\x0cfree" + number.to_bytes(4, "big"))
    return place


class Memory:
    """The highest resident memory (bytes) of workers and of measuring processes while something runs."""

    def __init__(self) -> None:
        self.highest: dict[str, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        page = os.sysconf("SC_PAGESIZE")
        while not self._over.wait(_SAMPLE_SECONDS):
            for process in Path("/proc").iterdir():
                try:
                    line = (process / "cmdline").read_bytes() if process.name.isdigit() else b""
                    for kind in ("batching.worker", "media.worker"):
                        if f"provenance.{kind}".encode() in line:
                            resident = int((process / "statm").read_text().split()[1]) * page
                            self.highest[kind] = max(self.highest.get(kind, 0), resident)
                except OSError:  # it has ended
                    continue


def timed(archive: Path, *words: object) -> tuple[Cost, Memory, str]:
    """Cost, memory, and the last line said on stderr."""
    said = []
    with Memory() as memory:
        cost = cost_of(lambda: said.append(provenance(archive, *words)))
    return cost, memory, said[0].stderr.decode().strip().rpartition("\n")[2]


def main() -> None:
    asked = arguments(__doc__, files=500, recordings=20, jobs=2, singly=20)
    heading(
        "batch",
        "command",
        "files",
        "wall s",
        "a file: wall s",
        "CPU s",
        "worker, MB",
        "measuring process, MB",
        "summary",
    )
    with folder() as temporary:
        place = Path(temporary)
        studio = Studio(place / "clips")
        recordings = [studio.clip(f"recording {number}", **_SMALL) for number in range(asked.recordings)]
        archive = place / "held" / "archive"
        archive.parent.mkdir()
        done = provenance(archive, "register", *recordings)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        files = questioned(recordings, place / "questioned", studio, asked.files)
        for jobs in dict.fromkeys((1, asked.jobs)):
            cost, memory, told = timed(archive, "batch", "--json", "--jobs", jobs, files)
            highest = [f"{memory.highest.get(kind, 0) / 1e6:.0f}" for kind in ("batching.worker", "media.worker")]
            print(row(f"batch --jobs {jobs}", asked.files, cost, [*highest, told]), flush=True)
        some = sorted(files.iterdir())[: asked.singly]
        cost = sum((timed(archive, "verify", "--json", one)[0] for one in some), Cost(0, 0))
        print(row("verify, one call a file", len(some), cost, ["", "", ""]), flush=True)


def row(command: str, count: int, cost: Cost, rest: list[str]) -> str:
    cells = [command, str(count), f"{cost.wall:.0f}", f"{cost.wall / count:.2f}", f"{cost.cpu / count:.2f}", *rest]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
