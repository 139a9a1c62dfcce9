"""How much memory an examination takes: ``python bench/memory.py [--minutes 10]`` (Linux: reads /proc).

Registers and examines minutes of 1080p30 H.264 with sound, and prints the highest sum of resident memory (RSS) of the
command and of every process it started, sampled every 20 ms, and the highest of each alone.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from yardstick import Studio, arguments, folder, heading, stock


def resident(process: int) -> dict[int, int]:
    """Bytes of resident memory of a process and of all that it started, by process id."""
    found = {}
    waiting = [process]
    while waiting:
        one = waiting.pop()
        try:
            found[one] = int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, IndexError):  # it ended meanwhile
            continue
    return found


def main() -> None:
    asked = arguments(__doc__, minutes=10)
    heading("memory", "clip", "highest sum MB", "highest of one process MB", "wall s")
    with folder() as temporary:
        place = Path(temporary)
        scene = Studio(place / "scene").clip("bench", size=(640, 360), fps=30, seconds=8, gop=30)
        short, path = place / "short.mp4", place / "long.mp4"
        graph = "scale=1920:1080,noise=alls=10:allf=t+u,format=yuv420p"
        stock.ffmpeg("-i", scene, "-vf", graph, "-c:v", "libx264", "-preset", "veryfast", "-b:v", "8M", short)
        loops = asked.minutes * 60 // 8
        stock.ffmpeg("-stream_loop", str(loops), "-i", short, "-t", str(asked.minutes * 60), "-c", "copy", path)
        archive = place / "archive"
        environment = {**os.environ, "XDG_STATE_HOME": str(place / "state"), "HOME": str(place)}
        command = [sys.executable, "-m", "provenance", "--archive", str(archive), "--quiet", "register", str(path)]
        start, total, single = time.perf_counter(), 0, 0
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
            while running.poll() is None:
                now = resident(running.pid)
                total, single = max(total, sum(now.values())), max(single, *now.values(), 0)
                time.sleep(0.02)
        assert running.returncode == 0
        wall = time.perf_counter() - start
        print(f"| {asked.minutes} min 1080p30 | {total / 1e6:.0f} | {single / 1e6:.0f} | {wall:.0f} |")


if __name__ == "__main__":
    main()
