"""Leaves, salts, decoys and nodes: one root over the parts of an object, from a secret seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import rfc8785

from foedus.errors import LimitExceeded, MalformedRecord
from foedus.model.canonical import canonical
from foedus.model.commitment.parts import ELEMENT, Part, parts

SMALLEST, LARGEST = 32, 2**16
"""Number of leaves of the smallest and the largest tree."""
SALT_BYTES, HASH_BYTES = 16, 32

Root = str


class Leaf(NamedTuple):
    """A part that can be shown: the bytes its hash is over, its salt and its place in the tree; ``order`` of an element."""

    part: Part
    value: bytes
    salt: bytes
    position: int
    order: int


class Tree(NamedTuple):
    """What is known of a commitment: of the whole by its maker, of a part by whoever holds a view.

    ``nodes`` holds the hashes known on each level, leaves first; ``edited`` are the places (JSON pointers) of the object at
    hand that the root does not stand for.
    """

    size: int
    leaves: tuple[Leaf, ...]
    nodes: tuple[Mapping[int, bytes], ...]
    edited: tuple[str, ...] = ()

    @property
    def root(self) -> Root:
        """The root, hex."""
        return self.nodes[-1][0].hex()


def commit(obj: Mapping[str, Any], seed: bytes) -> Tree:
    """Return the commitment to an object.

    Args:
        obj: decoded, without a partial-view extension.
        seed: 32 secret bytes of this version of this object; the same seed gives the same root.

    Raises:
        MalformedRecord: a value that has no canonical form (``commitment-value``).
        LimitExceeded: more parts than a tree has leaves.
    """
    found = list(parts(obj))
    size = max(SMALLEST, 1 << len(found).bit_length())
    if size > LARGEST:
        raise LimitExceeded(f"an object of more than {LARGEST - 1} parts", code="commitment-size")
    mac = _hmac(seed)
    places = _permutation(seed, size)
    order = _tokens(seed, found)
    leaves = tuple(
        Leaf(part, value_of(part.value), mac(b"salt" + index.to_bytes(4))[:SALT_BYTES], places[index], order[index])
        for index, part in enumerate(found)
    )
    hashes = {leaf.position: leaf_hash(leaf) for leaf in leaves}
    hashes |= {places[index]: mac(b"decoy" + index.to_bytes(4)) for index in range(len(found), size)}
    return Tree(size, leaves, _levels(hashes, size))


def _hmac(key: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA256 under a key of at most 64 bytes, its two pads hashed once."""
    padded = key.ljust(64, b"\0")
    inner, outer = hashlib.sha256(bytes(b ^ 0x36 for b in padded)), hashlib.sha256(bytes(b ^ 0x5C for b in padded))

    def mac(message: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return second.digest()

    return mac


def _permutation(seed: bytes, size: int) -> list[int]:
    """Return a place in the tree for each leaf, decoys too: the order of 64-bit numbers drawn from the seed."""
    drawn = hashlib.shake_256(b"foedus/commitment/places/1\n" + seed).digest(8 * size)
    ranked = sorted(range(size), key=lambda index: drawn[8 * index : 8 * index + 8])
    places = [0] * size
    for place, index in enumerate(ranked):
        places[index] = place
    return places


def _tokens(seed: bytes, found: Sequence[Part]) -> list[int]:
    """Return an order token for each element of a list, 0 for what is none.

    Steps are drawn over all magnitudes: the largest of a few is about as large as the largest of many, so that a token says
    little of how many elements stand before it.
    """
    drawn = hashlib.shake_256(b"foedus/commitment/order/1\n" + seed).digest(5 * len(found))
    tokens, group, at = [], "", 0
    for index, part in enumerate(found):
        if part.kind != ELEMENT:
            tokens.append(0)
            continue
        at = 0 if part.group != group else at
        group = part.group
        at += 1 + (int.from_bytes(drawn[5 * index : 5 * index + 4]) >> (drawn[5 * index + 4] & 31))
        tokens.append(at)
    return tokens


def value_of(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a part's value.

    Raises:
        MalformedRecord: it has none.
    """
    try:
        return orjson.dumps(value) if type(value) is str else canonical(value)
    except (orjson.JSONEncodeError, rfc8785.CanonicalizationError) as error:
        raise MalformedRecord("a value without canonical form", code="commitment-value") from error


def leaf_hash(leaf: Leaf) -> bytes:
    """Return the hash of a leaf."""
    part = leaf.part
    # An index says how many elements came before; the token only that this one comes after.
    path = f"{part.group}/{leaf.order}" if part.kind == ELEMENT else part.pointer
    return hashlib.sha256(b"\0" + leaf.salt + path.encode() + b"\0" + part.kind + leaf.value).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def _levels(hashes: Mapping[int, bytes], size: int) -> tuple[Mapping[int, bytes], ...]:
    """Return the nodes of a whole tree, level by level."""
    level = [hashes[index] for index in range(size)]
    levels: list[Mapping[int, bytes]] = [hashes]
    while len(level) > 1:
        level = [node_hash(level[index], level[index + 1]) for index in range(0, len(level), 2)]
        levels.append(dict(enumerate(level)))
    return tuple(levels)


def cover(positions: Sequence[int], size: int) -> list[tuple[int, int]]:
    """Return the largest subtrees without any of some leaves, as (level, index): leaves first, left to right."""
    known, found = set(positions), []
    for level in range(size.bit_length() - 1):
        found += [(level, index ^ 1) for index in sorted(known) if index ^ 1 not in known]
        known = {index >> 1 for index in known}
    return found
