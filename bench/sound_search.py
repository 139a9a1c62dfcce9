"""Are recordings found by their sound among many, and what does that cost? Behind ``search.sounds.farthest``.

Words (docs/formats/archive.md) of ``--hours`` of made-up sound, random bits that are counted apart from anything
measured on sounds, stand beside those of real and made-up sounds. Copies of 8 s are asked about: is their recording the
first that is proposed? Prints the share, CPU seconds of loading and of one search, the size of all segments and the
highest resident memory. Run: ``python bench/sound_search.py FILE-OR-FOLDER... [--hours 1000]``
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from made_sounds import made_sounds
from provenance.matching.sounds.kept import PrintLibrary, segment_of
from sound_named import coded, heard, measured
from sounds import RATE, ffmpeg, samples, written

if TYPE_CHECKING:
    from collections.abc import Iterator

COPIES = {
    "aac 64k": ("aac 64k",),
    "opus 16k": ("opus 16k",),
    "telephone": ("aac 64k", "-af", "highpass=f=300,lowpass=f=3400,aresample=8000"),
    "tempo +2 %": ("aac 64k", "-af", "atempo=1.02"),
}


def made_up(hours: int) -> Iterator[tuple[str, bytes]]:
    """Segments of an hour each."""
    random, count = np.random.default_rng(0), 7200
    for number in range(hours):
        rows = (np.arange(count) * 25).astype(">u4")
        yield f"hour {number}", b"\0" + count.to_bytes(4, "big") + random.bytes(32 * count) + rows.tobytes()


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--hours", type=int, default=1000)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), {}
        for path in [one for each in words.paths for one in (sorted(each.iterdir()) if each.is_dir() else [each])]:
            files[path.stem] = folder / f"{path.stem}.wav"
            ffmpeg("-i", path, "-vn", "-ac", "1", "-ar", RATE, "-c:a", "pcm_s16le", files[path.stem])
        for number, (title, sound) in enumerate(made_sounds().items()):
            files[title] = written(folder / f"made {number}.wav", sound * 32767)
        segments = [(title, segment_of(measured(path))) for title, path in files.items()]
        room = sum(len(one) for _, one in segments) + words.hours * 7200 * 36
        start = time.process_time()
        library = PrintLibrary((one for each in (segments, made_up(words.hours)) for one in each), room)
        print(f"{len(files)} sounds and {words.hours} hours: {room / 1e6:.0f} MB, made and loaded in CPU", end=" ")
        print(f"{time.process_time() - start:.1f} s")
        for copy, how in COPIES.items():
            places, spent = [], []
            for title, path in files.items():
                sound = samples(path)
                first = max(0, len(sound) // 2 - 4 * RATE)
                part = written(folder / "part.wav", sound[first + 7 : first + 7 + 8 * RATE])
                asked = heard(coded(part, *how))
                start = time.process_time()
                ranked = library.ranked(asked)
                spent.append(time.process_time() - start)
                places.append(ranked.index(title) + 1 if title in ranked else None)
            late = {title: place for title, place in zip(files, places, strict=True) if place != 1}
            print(f"{copy}: first in {places.count(1)} of {len(places)}, else {late}; {max(spent):.2f} s CPU at most")
        print(f"highest resident memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
