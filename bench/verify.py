"""What a verification costs with few and with many registrations: ``python bench/verify.py [--runs 5] [--many 1000]``.

Verifies an identical, a re-wrapped and a losslessly re-encoded copy and a stranger against archives of 10 and of many
registrations (one second each, 160x90, all different), and counts the processes that each verification started: an
identical copy starts none, hence decodes nothing.
"""

import os
import subprocess
import sys
from pathlib import Path

from yardstick import Studio, arguments, cost_of, figures, folder, heading, provenance, stock

#: Runs the command line and tells on stderr of every process that it starts.
WATCHED = """
import sys
sys.addaudithook(lambda event, _: event in ("subprocess.Popen", "os.posix_spawn", "os.fork") and
                 sys.stderr.write("CHILD\\n"))
from provenance.__main__ import main
main()
"""


def copies(source: Path, place: Path, studio: Studio) -> dict[str, Path]:
    again, wrapped = place / "again.mkv", place / "wrapped.mkv"
    stock.ffmpeg("-i", source, "-c", "copy", wrapped)
    stock.ffmpeg("-i", source, "-fps_mode", "passthrough", "-c:v", "ffv1", "-c:a", "copy", again)
    return {
        "identical": source,
        "re-wrapped": wrapped,
        "lossless": again,
        "stranger": studio.clip("nobody registered this", seconds=4),
    }


def children(archive: Path, path: Path) -> int:
    """Number of processes that one verification starts."""
    command = [sys.executable, "-c", WATCHED, "--archive", str(archive), "verify", "--json", str(path)]
    state = {"XDG_STATE_HOME": str(archive.parent / "state"), "HOME": str(archive.parent)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **state})
    return done.stderr.count("CHILD")


def main() -> None:
    asked = arguments(__doc__, runs=5, many=1000)
    heading("verify", "copy", "registrations", "wall s: median (worst)", "processes started")
    with folder() as temporary:
        place = Path(temporary)
        studio = Studio(place / "clips")
        source = studio.clip("the one", seconds=4)
        asked_about = copies(source, place, studio)
        for count in (10, asked.many):
            archive = place / f"of-{count}" / "archive"
            archive.parent.mkdir()
            others = [
                studio.clip(f"other {number}", seconds=1, size=(160, 90), sound=None) for number in range(count - 1)
            ]
            done = provenance(archive, "register", source, *others)
            assert done.returncode == 0, done.stderr.decode()[-2000:]
            for name, path in asked_about.items():
                walls = [cost_of(lambda p=path: provenance(archive, "verify", p)).wall for _ in range(asked.runs)]  # noqa: B023 - called at once
                print(f"| {name} | {count} | {figures(walls)} | {children(archive, path)} |", flush=True)


if __name__ == "__main__":
    main()
