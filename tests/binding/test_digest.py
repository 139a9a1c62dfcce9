"""One pass over bytes gives both digests and the chunk leaf hashes."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.binding.digest import CHUNK_BYTES, BytesDigest, ChunkHasher


def naive(data):
    chunks = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    return b"".join(hashlib.sha256(b"\x00" + chunk).digest() for chunk in chunks)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3 * CHUNK_BYTES + 2), st.lists(st.integers(1, 2 * CHUNK_BYTES), min_size=1, max_size=5))
def test_digests_do_not_depend_on_how_the_bytes_come(size, pieces):
    data = (b"0123456789abcde" * (size // 15 + 1))[:size]
    with BytesDigest() as observer:
        at = turn = 0
        while at < size:
            step = pieces[turn % len(pieces)]
            observer.update(data[at : at + step])
            at, turn = at + step, turn + 1
        digests, leaves = observer.result()
    assert digests.sha256 == hashlib.sha256(data).digest()
    assert digests.sha512 == hashlib.sha512(data).digest()
    assert digests.size == size
    assert leaves == naive(data)


def test_no_bytes_have_no_chunks():
    assert ChunkHasher().result() == b""


def test_an_abandoned_observer_leaves_no_thread():
    import threading

    before = threading.active_count()
    with BytesDigest() as observer:
        observer.update(b"x" * 100)
    assert threading.active_count() == before
