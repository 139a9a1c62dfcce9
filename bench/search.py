"""What finding a re-encoded copy costs: ``python bench/search.py [--seconds 60] [--many 1000] [--length 3600]``.

One clip is registered among 9, and among many, made-up recordings of ``length`` seconds (two random codes a second that
change as a camera's do, a plain small picture each 10 s, no local features), re-encoded smaller, and verified; the cost
of examining the copy stands beside. The goal is 1.3 times that and 2 seconds more. A thousand hours take 20 minutes to
be made; ``--at FOLDER`` keeps them for the next time.
"""

import os
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

from codes import recording
from provenance import custody, lookup
from provenance.binding.codec import chunks_blob, to_blobs
from provenance.custodian import Custodian
from provenance.evidence import SMALL_BYTES, DigestSet, Looks, Measurement, PictureRows, Presentation, Track
from yardstick import Studio, arguments, cost_of, figures, folder, heading, provenance, stock

RATE = 2
#: Pictures from one small picture of a made-up recording to the next.
SPARSE = 20
ADDED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from search import add_made_up
add_made_up(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
"""


def made_up(number: int, seconds: int) -> Measurement:
    count = RATE * seconds
    codes, _ = recording(number, count)
    source = np.random.default_rng(number)
    rows = PictureRows(tuple(source.bytes(24) for _ in range(count)), tuple(range(count)), (0,) * count)
    small = tuple(range(0, count, SPARSE))
    looks = Looks(codes.tobytes(), bytes([60]) * count, bytes([128]) * (len(small) * SMALL_BYTES), small)
    track = Track(
        0, "video", "h264", Fraction(1, RATE), presentation=Presentation(default=True), pictures=rows, looks=looks
    )
    return Measurement("video", "whole", "mov", "full", (track,))


def add_made_up(path: Path, count: int, seconds: int) -> None:
    """Register and index ``count`` made-up recordings."""
    with Custodian.open(path, write=True) as custodian:
        with custodian.archive.writing():
            for number in range(count):
                digests = DigestSet(number.to_bytes(32, "big"), bytes(64), 0)
                row = custody.append_registration(custodian, digests, chunks_blob(b"", 0), {})
                custody.append_examination(custodian, row.evidence_id, to_blobs(made_up(number, seconds)), {})
        custody.remember_head(custodian)
        lookup.index_examinations(custodian)


def made(place: Path) -> Path:
    place.mkdir()
    return place


def held(place: Path, source: Path, count: int, length: int) -> Path:
    """The archive of ``source`` and of ``count`` - 1 made-up recordings below ``place``; made unless it is there."""
    archive = place / f"of-{count}" / "archive"
    os.environ.update(XDG_STATE_HOME=str(archive.parent / "state"), HOME=str(archive.parent))
    made_of = archive.parent / "made-of"
    if not made_of.exists():
        made(archive.parent)
        assert provenance(archive, "register", source).returncode == 0
        words = [str(Path(__file__).parent), str(archive), str(count - 1), str(length)]
        assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", ADDED, *words]) == 0
        made_of.write_text(f"{source.name}, {length} s\n")
    assert made_of.read_text() == f"{source.name}, {length} s\n", "made of something else: remove the folder"
    return archive


def main() -> None:
    asked = arguments(__doc__, "at", seconds=60, many=1000, length=3600, runs=1)
    heading("search", "recordings", "verify, CPU s", "wall s", "examine the copy, CPU s", "verify / examine")
    with folder(asked.at) as temporary:
        place = Path(temporary)
        source = Studio(place / "clips").clip("the one", seconds=asked.seconds, size=(1280, 720), fps=30, sound=None)
        copy = place / "copy.mp4"
        stock.ffmpeg("-i", source, "-vf", "scale=960:540", "-c:v", "libx264", "-preset", "veryfast", "-crf", "30", copy)
        measured = []
        for _ in range(asked.runs):
            with folder() as fresh:
                measured.append(cost_of(lambda: provenance(Path(fresh) / "a", "register", copy)))
        examine = sorted(one.cpu for one in measured)[len(measured) // 2]
        for count in (10, asked.many):
            archive = held(place, source, count, asked.length)
            costs = []
            for _ in range(asked.runs):
                costs.append(cost_of(lambda: answers.append(provenance(archive, "verify", copy))))  # noqa: B023 - at once
                assert b"by appearance" in answers[-1].stdout, answers[-1].stdout + answers[-1].stderr
            cpu, wall = [one.cpu for one in costs], [one.wall for one in costs]
            ratio = sorted(cpu)[len(cpu) // 2] / examine
            print(f"| {count} | {figures(cpu)} | {figures(wall)} | {examine:.1f} | {ratio:.2f} |", flush=True)


answers: list = []

if __name__ == "__main__":
    main()
