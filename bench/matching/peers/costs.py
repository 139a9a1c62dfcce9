"""CPU seconds that each peer takes for a second of video, by itself, as its documentation has it; decoding included."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import vpdq
from fingerprints import signatures
from floor import stock

if TYPE_CHECKING:
    from collections.abc import Callable

#: What everything is told against: decoding by the same program, and throwing the pictures away.
DECODED = "decoding alone (ffmpeg -f null)"


def _spent() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def costs(recordings: list[Path]) -> dict[str, float]:
    """Peer → CPU seconds a second of video, over all recordings."""
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as name:
        scratch = Path(name)
        tools: dict[str, Callable[[Path], object]] = {
            DECODED: lambda path: stock.ffmpeg("-i", path, "-map", "0:v:0", "-f", "null", "-"),
            "vPDQ": lambda path: vpdq.computeHash(str(path), seconds_per_hash=1, thread_count=1),
            "ISCC Video-Code": lambda path: signatures(path, scratch, "fps=fps=5,"),
            "MPEG-7 signature": lambda path: signatures(path, scratch),
        }
        total = sum(signatures(path, scratch)[0][-1] for path in recordings)
        return {name: _cost(tool, recordings) / float(total) for name, tool in tools.items()}


def _cost(tool: Callable[[Path], object], recordings: list[Path]) -> float:
    before = _spent()
    for path in recordings:
        tool(path)
    return _spent() - before
