"""RFC 9162 trees: the field's own vectors, known answers, and what must be refused."""

from __future__ import annotations

import base64
import json
from functools import partial

import pytest

from foedus.account import merkle
from foedus.errors import BrokenChain

SMALL = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43"]


def grow(leaves):
    """Return the kept nodes of a tree and its frontier."""
    tree, frontier = {}, merkle.Frontier()
    for leaf in leaves:
        tree.update({(level, index): value for level, index, value in frontier.append(merkle.leaf_hash(leaf))})
    return tree, frontier


def getter(tree):
    return lambda wanted: [tree[position] for position in wanted]


def vectors(path, kind):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if row["file"].split("/")[0] == kind]


def plain(value):
    return base64.b64decode(value or "")


def refused(check):
    try:
        check()
    except BrokenChain:
        return True
    return False


def test_every_inclusion_vector_gives_its_verdict(shared):
    rows = vectors(shared("data/trust/rfc6962/vectors.jsonl"), "inclusion")
    assert len(rows) == 98
    for row in rows:
        proof = [plain(part) for part in row["proof"] or ()]
        index, size = row["leafIdx"], row["treeSize"]
        check = partial(merkle.verify_inclusion, index, size, plain(row["leafHash"]), proof, plain(row["root"]))
        assert refused(check) == row["wantErr"], row["file"]


def test_every_consistency_vector_gives_its_verdict(shared):
    rows = vectors(shared("data/trust/rfc6962/vectors.jsonl"), "consistency")
    assert len(rows) == 98
    for row in rows:
        proof = [plain(part) for part in row["proof"] or ()]
        roots = plain(row["root1"]), plain(row["root2"])
        check = partial(merkle.verify_consistency, row["size1"], row["size2"], *roots, proof)
        assert refused(check) == row["wantErr"], row["file"]


def test_known_roots_and_proofs(shared):
    known = json.loads(shared("data/trust/kat/tlog_kat.json").read_text())
    leaves = [bytes.fromhex(leaf) for leaf in known["rfc6962_leaves_hex"]]
    tree, _ = grow(leaves)
    for size, root in enumerate(known["roots_hex"]):
        assert merkle.root(size, getter(tree)).hex() == root
        assert grow(leaves[:size])[1].root().hex() == root
    for sizes, proof in known["inclusion_hex"].items():
        index, size = map(int, sizes.split(","))
        assert [part.hex() for part in merkle.inclusion(index, size, getter(tree))] == proof
    for sizes, proof in known["consistency_hex"].items():
        old, new = map(int, sizes.split(","))
        assert [part.hex() for part in merkle.consistency(old, new, getter(tree))] == proof


def test_known_hashes(shared):
    known = json.loads(shared("data/trust/kat/tlog_kat.json").read_text())["hash_kat"]
    assert merkle.EMPTY_ROOT.hex() == known["empty_root"]
    assert merkle.leaf_hash(b"").hex() == known["empty_leaf"]
    assert merkle.leaf_hash(b"L123456").hex() == known["leaf_L123456"]
    assert merkle.node_hash(b"N123", b"N456").hex() == known["node_N123_N456"]


def test_an_append_completes_one_subtree_a_level():
    _, frontier = grow(SMALL[:3])
    assert [(level, index) for level, index, _ in frontier.append(merkle.leaf_hash(b"x"))] == [(0, 3), (1, 1), (2, 0)]
    assert [(level, index) for level, index, _ in frontier.append(merkle.leaf_hash(b"y"))] == [(0, 4)]


def test_a_frontier_goes_on_from_kept_nodes():
    tree, frontier = grow(SMALL)
    again = merkle.Frontier.of(len(SMALL), getter(tree))
    assert again.root() == frontier.root()
    assert again.append(b"z" * 32) == frontier.append(b"z" * 32)


def test_a_frontier_of_another_size_is_refused():
    with pytest.raises(BrokenChain):
        merkle.Frontier(3, [b"x" * 32])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_of_a_leaf_that_is_not_there(index, size):
    tree, _ = grow(SMALL)
    with pytest.raises(BrokenChain):
        merkle.inclusion(index, size, getter(tree))
    with pytest.raises(BrokenChain):
        merkle.verify_inclusion(index, size, b"x" * 32, [], b"x" * 32)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (0, 0)])
def test_no_consistency_from_nothing_or_backwards(old, new):
    tree, _ = grow(SMALL)
    with pytest.raises(BrokenChain):
        merkle.consistency(old, new, getter(tree))
    with pytest.raises(BrokenChain):
        merkle.verify_consistency(old, new, b"x" * 32, b"x" * 32, [])


def test_hashes_of_another_length_are_refused():
    tree, _ = grow(SMALL)
    proof = merkle.inclusion(1, 6, getter(tree))
    root = merkle.root(6, getter(tree))
    leaf = tree[(0, 1)]
    merkle.verify_inclusion(1, 6, leaf, proof, root)
    with pytest.raises(BrokenChain, match="32 bytes"):
        merkle.verify_inclusion(1, 6, leaf, [proof[0] + b"\x00", *proof[1:]], root)
