"""Merkle tree of RFC 9162 (hashing as in RFC 6962): append, root, proofs and their verification.

A tree is known by the hashes of its *complete* subtrees, addressed (level, index): (0, i) is leaf i, (l, i) covers the
leaves ``i << l`` to ``(i + 1) << l``. Whoever keeps them hands a getter; the functions here keep nothing.

Source: RFC 9162 sections 2.1.1 to 2.1.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from foedus.errors import BrokenChain

Position = tuple[int, int]
NodeGetter = Callable[[Sequence[Position]], Sequence[bytes]]
Node = tuple[int, int, bytes]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf.

    >>> leaf_hash(b"").hex()[:8]
    '6e340b9c'
    """
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(start: int, end: int) -> list[Position]:
    """Return the complete subtrees that the tree over leaves ``start <= i < end`` is made of, largest first.

    ``start`` is a multiple of the smallest power of two that is not below ``end - start``, as in every split of RFC 9162.

    >>> cover(0, 7)
    [(2, 0), (1, 2), (0, 6)]
    """
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of a cover (largest first); of nothing, the hash of nothing."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def root(size: int, get: NodeGetter) -> bytes:
    """Return the root of the first ``size`` leaves."""
    return fold(get(cover(0, size)))


class Frontier:
    """The right edge of a growing tree: the complete subtrees not yet paired, at most one a level.

    Args:
        size: how many leaves there are already.
        hashes: their cover's hashes, largest first.
    """

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self._edge = list(hashes)
        if len(self._edge) != size.bit_count():
            raise BrokenChain("the right edge does not belong to the size of the tree", where=f"size {size}")

    @classmethod
    def of(cls, size: int, get: NodeGetter) -> Frontier:
        """Return the right edge of a kept tree."""
        return cls(size, get(cover(0, size)))

    def append(self, leaf: bytes) -> list[Node]:
        """Append a leaf hash; return the subtrees it completed, the leaf first, as (level, index, hash)."""
        level, index, value = 0, self.size, leaf
        grown = [(level, index, value)]
        while index & 1:
            level, index, value = level + 1, index >> 1, node_hash(self._edge.pop(), value)
            grown.append((level, index, value))
        self._edge.append(value)
        self.size += 1
        return grown

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        return fold(self._edge)


def _gather(parts: Sequence[Sequence[Position]], get: NodeGetter) -> list[bytes]:
    """Return one root for each cover, with a single question to the getter."""
    hashes = get([position for part in parts for position in part])
    roots, at = [], 0
    for part in parts:
        roots.append(fold(hashes[at : at + len(part)]))
        at += len(part)
    return roots


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(index: int, size: int, get: NodeGetter) -> list[bytes]:
    """Return the inclusion proof of a leaf, from its sibling up.

    Raises:
        BrokenChain: no such leaf in a tree of that size.
    """
    return _gather(path(index, size), get)


def path(index: int, size: int) -> list[list[Position]]:
    """Return what the inclusion proof of a leaf is made from: the complete subtrees of each of its hashes.

    Raises:
        BrokenChain: no such leaf in a tree of that size.
    Source: RFC 9162 section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise BrokenChain("no such leaf in the tree", where=f"leaf {index} of {size}")
    parts, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            parts.append(cover(middle, end))
            end = middle
        else:
            parts.append(cover(start, middle))
            start = middle
    return parts[::-1]


def consistency(old: int, new: int, get: NodeGetter) -> list[bytes]:
    """Return the proof that a tree of ``old`` leaves is the beginning of one of ``new`` leaves.

    Raises:
        BrokenChain: ``old`` is 0, or larger than ``new``.
    Source: RFC 9162 section 2.1.4.1.
    """
    if not 0 < old <= new:
        raise BrokenChain("no consistency to prove between these sizes", where=f"sizes {old} and {new}")
    parts, start, end = [], 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            parts.append(cover(middle, end))
            end = middle
        else:
            parts.append(cover(start, middle))
            start = middle
    # The old tree's own last part is known to the verifier exactly when it is the whole old tree.
    if start:
        parts.append(cover(start, end))
    return _gather(parts[::-1], get)


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root_hash: bytes) -> None:
    """Check that a leaf hash stands at an index of the tree with that root.

    Raises:
        BrokenChain: it does not, or the proof is too long, too short, or holds something that is no hash.
    Source: RFC 9162 section 2.1.3.2.
    """
    _only_hashes(leaf, root_hash, *proof)
    if not 0 <= index < size:
        raise BrokenChain("no such leaf in the tree", where=f"leaf {index} of {size}")
    fn, sn, value = index, size - 1, leaf
    for part in proof:
        if sn == 0:
            raise BrokenChain("the inclusion proof is too long", where=f"leaf {index} of {size}")
        if fn & 1 or fn == sn:
            value = node_hash(part, value)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            value = node_hash(value, part)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise BrokenChain("the inclusion proof is too short", where=f"leaf {index} of {size}")
    if value != root_hash:
        raise BrokenChain("the inclusion proof does not lead to the root", where=f"leaf {index} of {size}")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree with ``old_root`` is the beginning of the tree with ``new_root``.

    An empty old tree is refused: it is the beginning of every tree, so such a proof says nothing.

    Raises:
        BrokenChain: it is not, or the proof is too long, too short, or holds something that is no hash.
    Source: RFC 9162 section 2.1.4.2.
    """
    where = f"sizes {old} and {new}"
    if not 0 < old <= new:
        raise BrokenChain("no consistency to prove between these sizes", where=where)
    if old == new:
        if proof or old_root != new_root:
            raise BrokenChain("one size has two roots, or a proof where none belongs", where=where)
        return
    _only_hashes(old_root, new_root, *proof)
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise BrokenChain("the consistency proof is too short", where=where)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for part in path[1:]:
        if sn == 0:
            raise BrokenChain("the consistency proof is too long", where=where)
        if fn & 1 or fn == sn:
            fr, sr = node_hash(part, fr), node_hash(part, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, part)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != old_root or sr != new_root:
        raise BrokenChain("the consistency proof does not join the two roots", where=where)


def _only_hashes(*values: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in values):
        raise BrokenChain("a hash does not have 32 bytes", hint="SHA-256 hashes only")
