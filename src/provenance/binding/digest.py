"""Digests of a file's bytes in one pass: SHA-256, SHA-512, size, and the leaf hashes of its 64 KiB chunks.

The three hashes run on threads of their own (hashlib releases the interpreter lock on large buffers), so that the cost
is that of the slowest, SHA-512, and not of their sum.
"""

from __future__ import annotations

import hashlib
import threading
from queue import Queue
from typing import TYPE_CHECKING, Protocol, Self

from provenance.evidence import DigestSet

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes of one chunk (formats section 3); the last chunk of a file may be shorter, an empty file has none.
CHUNK_BYTES = 65_536

#: RFC 6962 section 2.1: a leaf hash is SHA-256(0x00 || leaf).
_LEAF_PREFIX = b"\x00"

#: Buffers that may wait for one hash: the reader stays ahead, and memory stays at 3 x 4 buffers.
_WAITING = 4


class Observer(Protocol):
    """What a read of bytes feeds: hashlib's idiom."""

    def update(self, data: bytes, /) -> object:
        """Take the next bytes."""


class ChunkHasher:
    """RFC 6962 leaf hashes, SHA-256(0x00 || chunk), of consecutive 64 KiB chunks."""

    def __init__(self) -> None:
        self._leaves = bytearray()
        self._open = hashlib.sha256(_LEAF_PREFIX)
        self._filled = 0

    def update(self, data: bytes, /) -> None:
        """Take the next bytes, in pieces of any length."""
        view = memoryview(data)
        while view:
            piece = view[: CHUNK_BYTES - self._filled]
            self._open.update(piece)
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == CHUNK_BYTES:
                self._close_chunk()

    def result(self) -> bytes:
        """All leaf hashes, 32 bytes each, in file order."""
        if self._filled:
            self._close_chunk()
        return bytes(self._leaves)

    def _close_chunk(self) -> None:
        self._leaves += self._open.digest()
        self._open = hashlib.sha256(_LEAF_PREFIX)
        self._filled = 0


class _Lane(threading.Thread):
    """Feeds one hash from a bounded queue; ``None`` ends it."""

    def __init__(self, take: Callable[[bytes], object]) -> None:
        super().__init__(daemon=True)
        self.queue: Queue[bytes | None] = Queue(_WAITING)
        self._take = take
        self.start()

    def run(self) -> None:
        while (data := self.queue.get()) is not None:
            self._take(data)


class BytesDigest:
    """Observer of all bytes of one file. ``update`` in order, ``result`` once; leaving the context ends the threads."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        self._chunks = ChunkHasher()
        self._size = 0
        self._lanes = [_Lane(each.update) for each in (self._sha512, self._sha256, self._chunks)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def update(self, data: bytes, /) -> None:
        """Take the next bytes; the buffer must not change afterwards."""
        self._size += len(data)
        for lane in self._lanes:
            lane.queue.put(data)

    def result(self) -> tuple[DigestSet, bytes]:
        """Both digests with the size, and the leaf hashes (32 bytes a chunk, in order)."""
        self._stop()
        return DigestSet(self._sha256.digest(), self._sha512.digest(), self._size), self._chunks.result()

    def _stop(self) -> None:
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            lane.queue.put(None)
        for lane in lanes:
            lane.join()
