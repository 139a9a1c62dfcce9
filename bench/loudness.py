"""How alike are the loudness curves of one sound re-encoded, and of unrelated sounds? Behind ``ALIKE`` and ``OTHER``.

Every file with sound in a folder is coded again at low bit rates and compared with itself, and with every other file at
the same places. Run: ``python bench/loudness.py FOLDER``; prints the distribution of the best correlation within the
delays that coders make.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg

from provenance.matching.loudness import DELAY_BLOCKS, LEAST_BLOCKS, correlation
from provenance.media.child import measure
from provenance.media.source import open_source

CODINGS = (("-c:a", "aac", "-b:a", "32k"), ("-c:a", "libopus", "-b:a", "16k"), ("-c:a", "libmp3lame", "-b:a", "48k"))


def levels(path: Path) -> bytes:
    """Level bytes of the first sound track; empty without one."""
    with open_source(path) as source:
        sounds = measure(source, depth="full").of_kind("sound")
    return sounds[0].sound.levels if sounds and sounds[0].sound is not None else b""


def coded_again(path: Path, coding: tuple[str, ...], out: Path) -> Path:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    rate = ("-ar", "48000")
    subprocess.run([program, "-v", "fatal", "-y", "-i", str(path), "-vn", *rate, *coding, str(out)], check=True)
    return out


def best(one: bytes, other: bytes) -> float:
    """The best correlation within the delays that coders make."""
    count = min(len(one), len(other)) - 2 * DELAY_BLOCKS
    middle = one[DELAY_BLOCKS : DELAY_BLOCKS + count]
    return max(correlation(middle, other[delay : delay + count]) for delay in range(2 * DELAY_BLOCKS + 1))


def told(name: str, values: list[float]) -> None:
    ordered = sorted(values)
    quantiles = [ordered[int((len(ordered) - 1) * part)] for part in (0, 0.05, 0.5, 0.95, 1)]
    print(
        f"{name:12} {len(values):4} pairs  min {quantiles[0]:.2f}  5% {quantiles[1]:.2f}  median {quantiles[2]:.2f}"
        f"  95% {quantiles[3]:.2f}  max {quantiles[4]:.2f}"
    )


def main(folder: Path) -> None:
    same: list[float] = []
    curves: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        for path in sorted(one for one in folder.rglob("*") if one.suffix.lower() in {".mp4", ".mov", ".mkv", ".avi"}):
            base = Path(name) / "base.mkv"
            try:
                reference = levels(coded_again(path, ("-c:a", "pcm_s16le"), base))
            except subprocess.CalledProcessError:  # no sound
                continue
            if len(reference) < LEAST_BLOCKS or not any(reference):
                continue
            curves[path.name] = reference
            same.extend(best(reference, levels(coded_again(base, one, Path(name) / "again.mkv"))) for one in CODINGS)
    told("re-encoded", same)
    pairs = {names: best(*map(curves.__getitem__, names)) for names in itertools.combinations(curves, 2)}
    told("unrelated", list(pairs.values()))
    for names in sorted(pairs, key=pairs.__getitem__, reverse=True)[:5]:
        print(f"  {pairs[names]:.2f}  {' and '.join(names)}")  # twins of one recording show here


if __name__ == "__main__":
    main(Path(sys.argv[1]))
