"""Merkle trees against published vectors and the recursive definitions of RFC 6962 section 2.1."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import merkle
from provenance.errors import ProofError

VECTORS = json.loads((Path(__file__).parent / "vectors" / "rfc6962.json").read_text())
LEAVES = [merkle.leaf_hash(bytes.fromhex(text)) for text in VECTORS["leaf_inputs"]]
MOST = 70
MANY = [merkle.leaf_hash(bytes([number])) for number in range(MOST)]
NODE = merkle.in_memory(MANY)


def split(size):
    return 1 << ((size - 1).bit_length() - 1)


def naive_root(leaves):
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_consistency(old, leaves, *, whole=True):
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*naive_consistency(old, leaves[:k], whole=whole), naive_root(leaves[k:])]
    return [*naive_consistency(old - k, leaves[k:], whole=False), naive_root(leaves[:k])]


ROOTS = [naive_root(MANY[:size]) for size in range(MOST + 1)]


def test_published_roots():
    assert merkle.EMPTY_ROOT.hex() == VECTORS["empty_root"]
    assert [merkle.root(LEAVES[:size]).hex() for size in range(1, 9)] == VECTORS["roots"]


def test_published_leaf_and_node():
    assert merkle.leaf_hash(b"L123456").hex() == VECTORS["hasher"]["leaf L123456"]
    assert merkle.node_hash(b"N123", b"N456").hex() == VECTORS["hasher"]["node N123 N456"]


@pytest.mark.parametrize("size", [size for size in VECTORS["golden_roots"] if int(size) < 5000])
def test_published_golden_roots(size):
    leaves = [merkle.leaf_hash(bytes([i & 255, i >> 8])) for i in range(int(size))]
    assert base64.b64encode(merkle.root(leaves)).decode() == VECTORS["golden_roots"][size]


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=str)
def test_published_inclusion_proofs(case):
    index, size = case["index"], case["size"]
    proof = merkle.inclusion_proof(index, size, merkle.in_memory(LEAVES))
    assert [value.hex() for value in proof] == case["proof"]
    merkle.verify_inclusion(LEAVES[index], index, size, proof, bytes.fromhex(VECTORS["roots"][size - 1]))


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=str)
def test_published_consistency_proofs(case):
    old, new = case["old"], case["new"]
    proof = merkle.consistency_proof(old, new, merkle.in_memory(LEAVES))
    assert [value.hex() for value in proof] == case["proof"]
    roots = [bytes.fromhex(VECTORS["roots"][size - 1]) for size in (old, new)]
    merkle.verify_consistency(old, roots[0], new, roots[1], proof)


def test_every_root_and_proof_up_to_70_leaves_is_the_recursive_one():
    for size in range(MOST + 1):
        assert merkle.root(MANY[:size]) == merkle.root_of(size, NODE) == ROOTS[size]
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, NODE)
            assert proof == naive_path(index, MANY[:size])
            merkle.verify_inclusion(MANY[index], index, size, proof, ROOTS[size])


def test_every_consistency_proof_up_to_40_leaves_is_the_recursive_one():
    for size in range(1, 41):
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(old, size, NODE)
            assert proof == naive_consistency(old, MANY[:size])
            merkle.verify_consistency(old, ROOTS[old], size, ROOTS[size], proof)


def test_a_tree_grows_from_new_nodes_alone():
    store = {}
    for size, leaf in enumerate(MANY):
        for level, index, value in merkle.new_nodes(size, leaf, lambda level, index: store[level, index]):
            assert (level, index) not in store
            store[level, index] = value
        assert merkle.root_of(size + 1, lambda level, index: store[level, index]) == ROOTS[size + 1]


def test_an_empty_tree_is_consistent_with_every_tree_and_nothing_else():
    merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, ROOTS[5], [])
    merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, [])
    for bad in [(0, ROOTS[1], 5, ROOTS[5], []), (0, merkle.EMPTY_ROOT, 5, ROOTS[5], [ROOTS[1]])]:
        with pytest.raises(ProofError):
            merkle.verify_consistency(*bad)


@settings(deadline=None)
@given(st.integers(1, MOST), st.data())
def test_a_changed_inclusion_proof_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, NODE)
    other = data.draw(st.integers(0, size).filter(lambda value: value != index))
    changes = [
        (MANY[index], other, size, proof, ROOTS[size]),
        (MANY[(index + 1) % MOST], index, size, proof, ROOTS[size]),
        (MANY[index], index, size, [*proof, ROOTS[size]], ROOTS[size]),
        (MANY[index], index, size, [ROOTS[size], *proof], ROOTS[size]),
        (MANY[index], index, size, [*proof, b""], ROOTS[size]),
        (MANY[index], index, size, proof, ROOTS[size - 1]),
        (b"", index, size, proof, ROOTS[size]),
    ]
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        flipped = [*proof]
        flipped[place] = bytes([flipped[place][0] ^ 8]) + flipped[place][1:]
        changes += [
            (MANY[index], index, size, flipped, ROOTS[size]),
            (MANY[index], index, size, proof[:-1], ROOTS[size]),
            (MANY[index], index, size, proof[1:], ROOTS[size]),
        ]
    for change in changes:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(*change)


@settings(deadline=None)
@given(st.integers(2, MOST), st.data())
def test_a_changed_consistency_proof_is_refused(size, data):
    old = data.draw(st.integers(1, size - 1))
    proof = merkle.consistency_proof(old, size, NODE)
    place = data.draw(st.integers(0, len(proof) - 1))
    flipped = [*proof]
    flipped[place] = bytes([flipped[place][0] ^ 8]) + flipped[place][1:]
    for change in [
        (old, ROOTS[old], size, ROOTS[size], flipped),
        (old, ROOTS[old], size, ROOTS[size], proof[:-1]),
        (old, ROOTS[old], size, ROOTS[size], [*proof, proof[0]]),
        (old, ROOTS[old], size, ROOTS[size], []),
        (old, ROOTS[old - 1], size, ROOTS[size], proof),
        (old, ROOTS[old], size, ROOTS[size - 1], proof),
        (old, ROOTS[old], size, ROOTS[size], [b"", *proof[1:]]),
        (size, ROOTS[size], old, ROOTS[old], proof),
    ]:
        with pytest.raises(ProofError):
            merkle.verify_consistency(*change)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3), (0, 2**63)])
def test_there_is_no_proof_of_a_leaf_outside_the_tree(index, size):
    with pytest.raises(ProofError):
        merkle.inclusion_proof(index, size, NODE)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(MANY[0], index, size, [], MANY[0])


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1), (0, 2**63)])
def test_there_is_no_proof_from_a_larger_tree(old, new):
    with pytest.raises(ProofError):
        merkle.consistency_proof(old, new, NODE)
