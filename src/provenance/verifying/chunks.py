"""Which 64 KiB chunks two files share, by the leaf hashes of their bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance.matching.prefix import ByteComparison, compare_chunks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.comparison import Comparison

_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Chunks:
    """Leaf hashes of a file's 64 KiB chunks, one after another, and its size in bytes."""

    leaves: bytes
    size: int

    def each(self) -> list[bytes]:
        """The leaf hashes one by one."""
        return [self.leaves[at : at + _HASH_BYTES] for at in range(0, len(self.leaves), _HASH_BYTES)]


def compare_bytes(ours: Chunks, known: Mapping[str, Chunks]) -> dict[str, ByteComparison]:
    """Source → what the chunk trees of both files say."""
    leaves = ours.each()
    return {
        source: compare_chunks(leaves, theirs.each(), sizes=(ours.size, theirs.size))
        for source, theirs in known.items()
        if theirs.leaves
    }


def with_chunks(comparison: Comparison, of_bytes: Mapping[str, ByteComparison]) -> Comparison:
    """Which 64 KiB chunks differ from the evidence that is named, where both files have one length."""
    found = of_bytes.get(comparison.source or "")
    more = () if found is None else tuple(note for note in found.notes if note.code == "hardBinding.chunks")
    return replace(comparison, notes=(*comparison.notes, *more))
