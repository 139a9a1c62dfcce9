"""Bytes an hour of video by kind: ``python bench/storage.py FOLDER [NAME ...]``.

Examines each clip of FOLDER as an archive would (all that match one of NAME, else all) and prints what its blobs take
as they are, packed, and sealed, and how many codes a second the index keeps.
"""

import sys
from collections import Counter
from pathlib import Path

from provenance.attest import sealing
from provenance.attest.keys import ReadingKey
from provenance.binding.codec import to_blobs
from provenance.binding.packing import pack, unpack
from provenance.lookup import segments_of_blobs
from provenance.matching.looks.kept import parse_segment
from provenance.media.child import measure
from provenance.media.source import open_source
from yardstick import heading

KINDS = ("small", "features", "packets", "sound", "pictures", "codes", "soundprint", "facts")


def measured(path: Path) -> tuple[float, dict[tuple[str, int], bytes]]:
    with open_source(path) as source:
        found = measure(source, depth="full", looking="kept")
    return max(float(track.presentation.duration or 0) for track in found.of_kind("video")), to_blobs(found)


def main() -> None:
    place, names = Path(sys.argv[1]), sys.argv[2:]
    key = ReadingKey.generate().public
    heading("storage, MB an hour of video", "clip", "", "all", *KINDS, "codes a second in the index")
    for path in sorted(place.iterdir()):
        if path.suffix == ".json" or (names and not any(name in path.name for name in names)):
            continue
        seconds, blobs = measured(path)
        rows = {"as they are": Counter(), "packed": Counter(), "sealed": Counter()}
        for (kind, _), blob in blobs.items():
            packed = pack(blob)
            assert unpack(packed) == blob
            for row, size in zip(
                rows, (len(blob), len(packed), len(sealing.seal(packed, [key], b"bench"))), strict=True
            ):
                rows[row][kind] += size
        kept = parse_segment(segments_of_blobs("examination", "bench", blobs)[0].content)
        for row, sizes in rows.items():
            hourly = [sum(sizes.values()), *(sizes[kind] for kind in KINDS)]
            told = " | ".join(f"{size * 3600 / seconds / 1e6:.1f}" for size in hourly)
            print(f"| {path.stem} | {row} | {told} | {len(kept.codes) / seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
