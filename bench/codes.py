"""What the search over all codes costs: ``python bench/codes.py [--codes 10000000] [--an_hour 7200]``.

Codes are made up (random bits, in runs that change by a few bits a code, as a camera's do), in pieces of evidence of an
hour each; they are counted apart from anything measured on recordings. Building and adding go through the index file,
searching through the library, on one thread. Random codes have no structure that look-alikes have: a real archive
gives the votes more to count, and the distances the same.
"""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np

from provenance.matching.looks import library as searching
from provenance.matching.looks.candidates import Frame
from provenance.matching.looks.kept import _HEAD
from provenance.matching.looks.pose import EIGHT, turned_codes
from provenance.store.index import UnitIndex
from provenance.store.index_file import NOTHING
from provenance.store.segments import CODES, Segment
from yardstick import arguments, folder, heading

SECONDS = 10


def recording(number: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes that change by 8 bits each, and their times, two a second."""
    source = np.random.default_rng(number)
    changes = np.zeros((count, 32), np.uint8)
    places = source.integers(0, 256, (count, 8))
    for column in places.T:
        np.bitwise_xor.at(changes, (np.arange(count), column // 8), (1 << column % 8).astype(np.uint8))
    changes[::240] = source.integers(0, 256, changes[::240].shape, dtype=np.uint8)  # a cut every two minutes
    return np.bitwise_xor.accumulate(changes, axis=0), np.arange(count) / 2


def segment(number: int, count: int) -> bytes:
    codes, times = recording(number, count)
    return _HEAD.pack(0, count) + codes.tobytes() + (times * 100).astype(">u4").tobytes()


def copy_of(number: int, count: int) -> Frame:
    """Ten seconds out of a recording, 20 bits of each code changed."""
    codes, times = recording(number, count)
    first = count // 3
    chosen = codes[first : first + 2 * SECONDS].copy()
    source = np.random.default_rng(0)
    for row in chosen:
        for place in source.choice(256, 20, replace=False):
            row[place // 8] ^= 1 << place % 8
    return Frame(chosen, times[first : first + 2 * SECONDS] - times[first], np.eye(3))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def searched(library: searching.CodeLibrary, frame: Frame) -> dict[int, float]:
    """All variants of a whole picture: eight ways to lay it, nine speeds."""
    best: dict[int, float] = {}
    for way in EIGHT:
        for owner, weight in library._voted(frame, turned_codes(frame.codes, way)):  # noqa: SLF001 - what a search does
            best[owner] = max(best.get(owner, 0.0), weight)
    return best


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints a row with the wall and processor time of what is done inside."""
    start, spent = time.perf_counter(), time.process_time()
    yield
    print(f"| {what} | {time.perf_counter() - start:.2f} ({time.process_time() - spent:.2f}) |", flush=True)


def opened(archive: Path, **options: bool) -> UnitIndex:
    return UnitIndex(archive, origin="provenance/bench", secret=b"s" * 32, **options)


def add(index: UnitIndex, number: int, content: bytes) -> None:
    after = (0, number - 1) if number else NOTHING
    made = [Segment(CODES, b"key", content)]
    assert index.add(after, (0, number), number.to_bytes(4, "big"), f"pv1-{number}", set(), made)


def main() -> None:
    asked = arguments(__doc__, codes=10_000_000, an_hour=7_200)
    faiss.omp_set_num_threads(1)
    count = -(-asked.codes // asked.an_hour)
    heading("codes", "what", "seconds, wall (CPU)")
    with folder() as temporary:
        archive = Path(temporary) / "archive"
        with opened(archive) as index:
            with timed(f"build: {count} recordings of an hour, making their codes included"):
                for number in range(count):
                    add(index, number, segment(number, asked.an_hour))
            content = segment(count, asked.an_hour)
            with timed("update: one more"):
                add(index, count, content)
        before = peak()
        with timed("load: every segment opened"), opened(archive, write=False) as index:
            room = index.segment_bytes(CODES)
            library = searching.CodeLibrary(((name, one.content) for name, one in index.segments(CODES)), room)
        wanted = count // 2
        frame = copy_of(wanted, asked.an_hour)
        with timed(f"search of a {SECONDS} s copy: {8 * len(frame.codes)} questions, one thread"):
            found = searched(library, frame)
        assert max(found, key=found.__getitem__) == wanted
        size = archive.with_name("archive.index").stat().st_size
        print(f"\n{size / 1e6:.0f} MB on disk; highest resident memory {peak():.0f} MB, before loading {before:.0f} MB")


if __name__ == "__main__":
    main()
