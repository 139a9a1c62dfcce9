"""A file in hand: its bytes are digested at once, the rest is measured step by step, only as deep as is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.media import child
from provenance.media.source import digest
from provenance.verdict import Questioned
from provenance.verifying.chunks import Chunks

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.evidence import Depth, DigestSet, Looking, Measurement, MediaKind
    from provenance.media.source import Source

    Progress = Callable[[str, int, int | None], None]


@dataclass(slots=True)
class FileInHand:
    """A file while it is being looked into: the questioned file, or the one it is compared with; closed afterwards."""

    source: Source
    digests: DigestSet
    chunks: Chunks
    progress: Progress | None
    looking: Looking
    measured: Measurement | None = None
    #: a child that has demuxed the file and may be asked to decode it, too
    _child: child.Measuring | None = None

    @classmethod
    def read(cls, source: Source, progress: Progress | None, *, known: bool = False) -> FileInHand:
        """Digest all bytes. ``known``: the file that is compared with, which is looked at as an archive would have.

        ``progress`` is not told of reading that one.
        """
        digests, leaves = digest(source, None if known else _phase(progress, "reading"))
        return cls(source, digests, Chunks(leaves, digests.size), progress, "kept" if known else "close")

    def measure(self, depth: Depth) -> Measurement:
        """Measure at ``depth``; what was measured deeper before is used again.

        Where pictures are decoded, they are looked at, too.
        """
        if self.measured is None or (depth == "full" and self.measured.depth != "full"):
            phase = "demuxing" if depth == "streams" else "decoding"
            asked, self._child = self._child or child.Measuring(self.source, looking=self.looking), None
            try:
                self.measured = asked.measure(depth, _phase(self.progress, phase), last=depth == "full")
                if depth == "streams":
                    self._child = asked
            finally:
                if self._child is None:
                    asked.close()
        return self.measured

    def close(self) -> None:
        """Nothing more is measured: a child that waits is ended."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def facts(self, kind: MediaKind | None = None) -> Questioned:
        """What the verdict says of the file."""
        known = kind or (self.measured.kind if self.measured else "other")
        return Questioned(self.source.name, self.digests.sha256, self.digests.size, known)


def _phase(progress: Progress | None, phase: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(phase, done, total)
