"""RFC 6962 Merkle trees over SHA-256: hashes, roots, inclusion and consistency proofs (section 2.1; RFC 9162 2.1).

The functions hold no tree. They ask a ``node(level, index)`` callable for hashes of *complete* subtrees: level 0 are
the leaf hashes, node ``(level, index)`` covers the leaves ``index << level`` up to, not including,
``(index + 1) << level``. All hashes are 32 raw bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from provenance.errors import ProofError

Node = Callable[[int, int], bytes]

HASH_BYTES = 32
#: RFC 6962 section 2.1: the hash of an empty list is the hash of an empty string.
EMPTY_ROOT = hashlib.sha256(b"").digest()
#: Sizes are stored as SQLite integers and written in 8 bytes: both hold 63 bits without a sign.
MAX_SIZE = 2**63 - 1


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data): the prefix keeps a leaf from passing as a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes in order; :data:`EMPTY_ROOT` for none.

    Level by level: a last node without a sibling moves up unchanged, which is the tree of RFC 6962 (its left part is
    the largest power of two smaller than the size).
    """
    if not leaf_hashes:
        return EMPTY_ROOT
    level = list(leaf_hashes)
    while len(level) > 1:
        above = _pairs(level)
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def in_memory(leaf_hashes: Sequence[bytes]) -> Node:
    """A ``node`` callable over leaf hashes held in memory."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        levels.append(_pairs(levels[-1]))
    return lambda level, index: levels[level][index]


def new_nodes(size: int, leaf: bytes, node: Node) -> list[tuple[int, int, bytes]]:
    """Complete nodes ``(level, index, hash)`` that appending the leaf hash ``leaf`` as number ``size`` creates."""
    made = [(0, size, leaf)]
    level, index, value = made[0]
    while index % 2:
        value = node_hash(node(level, index - 1), value)
        level, index = level + 1, index // 2
        made.append((level, index, value))
    return made


def root_of(size: int, node: Node) -> bytes:
    """Root of the first ``size`` leaves; :data:`EMPTY_ROOT` for none."""
    return _range(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Hashes from the sibling of leaf ``index`` up to the child of the root of ``size`` leaves.

    Raises:
        ProofError: There is no such leaf in a tree of that size.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    proof = []
    level = 0
    while (size - 1) >> level:
        start = ((index >> level) ^ 1) << level
        if start < size:
            proof.append(_range(start, min(start + (1 << level), size), node))
        level += 1
    return proof


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Hashes that lead from the root of ``old`` leaves to the root of ``new`` (RFC 6962 section 2.1.2).

    Empty when nothing is to be shown: equal sizes, or an empty old tree.

    Raises:
        ProofError: The old tree is not the smaller one.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        raise ProofError(f"a tree of {new} cannot extend a tree of {old}")
    if old in {0, new}:
        return []
    proof: list[bytes] = []
    start, end = 0, new
    known = True  # whether the old root is exactly the subtree at hand, which the verifier then has
    while old != end:
        middle = start + _largest_power_below(end - start)
        if old <= middle:
            proof.append(_range(middle, end, node))
            end = middle
        else:
            proof.append(_range(start, middle, node))
            start, known = middle, False
    if not known:
        proof.append(_range(start, end, node))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash ``leaf`` is number ``index`` of the ``size`` leaves under ``root`` (RFC 9162 2.1.3.2).

    Raises:
        ProofError: It is not, or the proof is malformed.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    _check_hashes((leaf, root, *proof))
    value, position, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if position % 2 or position == last:
            value = node_hash(sibling, value)
            while not position % 2 and position:
                position, last = position // 2, last // 2
        else:
            value = node_hash(value, sibling)
        position, last = position // 2, last // 2
    if last or value != root:
        raise ProofError("the inclusion proof does not lead to the root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree under ``new_root`` begins with the tree under ``old_root`` (RFC 9162 section 2.1.4.2).

    Raises:
        ProofError: It does not, or the proof is malformed.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise ProofError(f"a tree of {new_size} cannot extend a tree of {old_size}")
    _check_hashes((old_root, new_root, *proof))
    if old_size in {0, new_size}:
        expected = old_root if old_size else EMPTY_ROOT
        if proof or old_root != expected or (old_size == new_size and old_root != new_root):
            raise ProofError("two roots of one size differ, or nothing was to be shown")
        return
    old_value, new_value = _replay(old_size, new_size, old_root, proof)
    if old_value != old_root or new_value != new_root:
        raise ProofError("the consistency proof does not lead from the old root to the new one")


def _replay(old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Old and new root as the proof has them."""
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)  # a complete old tree is a node of the new one: the prover leaves it out
    if not hashes:
        raise ProofError("the consistency proof is empty")
    position, last = old_size - 1, new_size - 1
    while position % 2:
        position, last = position // 2, last // 2
    old_value = new_value = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if position % 2 or position == last:
            old_value = node_hash(sibling, old_value)
            new_value = node_hash(sibling, new_value)
            while not position % 2 and position:
                position, last = position // 2, last // 2
        else:
            new_value = node_hash(new_value, sibling)
        position, last = position // 2, last // 2
    if last:
        raise ProofError("the consistency proof is too short")
    return old_value, new_value


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofError(f"a hash in a proof is not {HASH_BYTES} bytes")


def _pairs(level: list[bytes]) -> list[bytes]:
    return [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]


def _largest_power_below(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _range(start: int, end: int, node: Node) -> bytes:
    """Root over the leaves ``start`` up to ``end``, where ``start`` is a multiple of a power of two >= the length."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(node(level, start >> level))
        start += 1 << level
    value = parts.pop()
    while parts:
        value = node_hash(parts.pop(), value)
    return value
