"""What two 64 KiB chunk trees say about the bytes of two files: informational, whatever the content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.comparison import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Bytes of a chunk (formats section 3).
CHUNK: Final = 64 * 1024

#: Ranges of differing chunks that a note lists.
LISTED: Final = 16


@dataclass(frozen=True, slots=True)
class ByteComparison:
    """``prefix``: bytes that both files begin with; ``differing``: half-open ranges of chunk numbers."""

    prefix: int
    differing: tuple[tuple[int, int], ...]
    notes: tuple[Note, ...]


def compare_chunks(questioned: Sequence[bytes], evidence: Sequence[bytes], *, sizes: tuple[int, int]) -> ByteComparison:
    """Compare leaf hashes chunk by chunk; ``sizes``: bytes of the questioned and of the registered file.

    The last chunk of a shorter file is incomplete, so that an equal beginning is told in whole chunks.
    """
    common = min(len(questioned), len(evidence))
    ranges: list[list[int]] = []
    for chunk in range(common):
        if questioned[chunk] == evidence[chunk]:
            continue
        if ranges and ranges[-1][1] == chunk:
            ranges[-1][1] = chunk + 1
        else:
            ranges.append([chunk, chunk + 1])
    same = ranges[0][0] if ranges else common
    prefix = min(same * CHUNK, *sizes)
    differing = tuple((start, end) for start, end in ranges)
    return ByteComparison(prefix, differing, tuple(_notes(prefix, differing, sizes)))


def _notes(prefix: int, differing: tuple[tuple[int, int], ...], sizes: tuple[int, int]) -> list[Note]:
    notes = []
    if prefix:
        notes.append(Note("hardBinding.prefix", "informational", f"identical prefix of {prefix} bytes"))
    if differing and prefix and sizes[0] == sizes[1]:
        words = ", ".join(f"{start}-{end - 1}" if end - start > 1 else f"{start}" for start, end in differing[:LISTED])
        more = f" and {len(differing) - LISTED} more ranges" if len(differing) > LISTED else ""
        notes.append(Note("hardBinding.chunks", "informational", f"chunks that differ: {words}{more}"))
    return notes
