"""Merkle trees of any shape against the definition, and proofs against damage."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.account import merkle
from foedus.errors import BrokenChain

SIZES = st.integers(1, 130)


def definition(leaves):
    """RFC 9162 section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + definition(leaves[:k]) + definition(leaves[k:])).digest()


def leaves_of(size):
    return [n.to_bytes(2, "big") for n in range(size)]


def getter(size):
    tree, frontier = {}, merkle.Frontier()
    for leaf in leaves_of(size):
        tree.update({(level, index): value for level, index, value in frontier.append(merkle.leaf_hash(leaf))})
    return lambda wanted: [tree[position] for position in wanted]


@given(SIZES, st.data())
def test_roots_follow_the_definition_at_every_size(size, data):
    part = data.draw(st.integers(0, size))
    assert merkle.root(part, getter(size)) == definition(leaves_of(part))


@given(SIZES, st.data())
def test_every_inclusion_proof_verifies_and_no_other_leaf_does(size, data):
    index = data.draw(st.integers(0, size - 1))
    get = getter(size)
    proof, root = merkle.inclusion(index, size, get), merkle.root(size, get)
    merkle.verify_inclusion(index, size, merkle.leaf_hash(leaves_of(size)[index]), proof, root)
    with pytest.raises(BrokenChain):
        merkle.verify_inclusion(index, size, merkle.leaf_hash(b"other"), proof, root)


@given(SIZES, st.data())
def test_every_consistency_proof_verifies_and_no_other_root_does(size, data):
    old = data.draw(st.integers(1, size))
    get = getter(size)
    proof, old_root, new_root = merkle.consistency(old, size, get), merkle.root(old, get), merkle.root(size, get)
    merkle.verify_consistency(old, size, old_root, new_root, proof)
    with pytest.raises(BrokenChain):
        merkle.verify_consistency(old, size, bytes(32), new_root, proof)
    with pytest.raises(BrokenChain):
        merkle.verify_consistency(old, size, old_root, bytes(32), proof)


@given(st.integers(2, 130), st.data())
def test_a_damaged_proof_never_verifies(size, data):
    get = getter(size)
    index = data.draw(st.integers(0, size - 1))
    proof, leaf = merkle.inclusion(index, size, get), merkle.leaf_hash(leaves_of(size)[index])
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    for damaged in ([*proof[:at], flipped, *proof[at + 1 :]], proof[:at] + proof[at + 1 :], [*proof, proof[at]]):
        with pytest.raises(BrokenChain):
            merkle.verify_inclusion(index, size, leaf, damaged, merkle.root(size, get))
