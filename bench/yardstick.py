"""How the benchmarks measure: CPU and wall time of child processes, median and worst of several runs, clips to measure.

Only public tools are compared with: the ffmpeg program of imageio-ffmpeg and openssl.
"""

import argparse
import contextlib
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import stock  # noqa: E402 - the tests folder is no package: its path comes first
from clips import Studio  # noqa: E402

__all__ = ["Cost", "Studio", "arguments", "cost_of", "figures", "folder", "heading", "openssl", "provenance", "stock"]


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU (user and system) and of wall time."""

    cpu: float
    wall: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu + other.cpu, self.wall + other.wall)

    def scaled(self, factor: float) -> "Cost":
        return Cost(self.cpu * factor, self.wall * factor)


def _spent() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def cost_of(action: Callable[[], object]) -> Cost:
    """What an action costs, its finished child processes included."""
    before, start = _spent(), time.perf_counter()
    action()
    return Cost(_spent() - before, time.perf_counter() - start)


def figures(values: list[float]) -> str:
    """``median (worst)`` of several runs."""
    return f"{statistics.median(values):.2f} ({max(values):.2f})"


def folder(kept: Path | None = None) -> contextlib.AbstractContextManager[str | Path]:
    """A place for large files: the system's temporary folder (TMPDIR names another), or one that is ``kept``."""
    if kept is None:
        return tempfile.TemporaryDirectory(prefix="provenance-bench-")
    kept.mkdir(parents=True, exist_ok=True)
    return contextlib.nullcontext(kept.resolve())


def heading(text: str, *columns: str) -> None:
    """A title with the machine under it, and the head of a markdown table."""
    print(f"\n## {text}\n\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns), flush=True)


def arguments(description: str, *paths: str, **defaults: int) -> argparse.Namespace:
    """Whole numbers that a benchmark takes, with their defaults, and ``paths``, which are None unless given."""
    parser = argparse.ArgumentParser(description=description)
    for name in paths:
        parser.add_argument(f"--{name}", type=Path)
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def openssl(path: Path) -> None:
    subprocess.run(["openssl", "dgst", "-sha256", str(path)], check=True, stdout=subprocess.DEVNULL)


def provenance(archive: Path, *words: str | Path) -> subprocess.CompletedProcess:
    """One command against an archive whose state lies beside it."""
    state = {"XDG_STATE_HOME": str(archive.parent / "state"), "HOME": str(archive.parent)}
    command = [sys.executable, "-m", "provenance", "--archive", str(archive), *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, env={**os.environ, **state})
