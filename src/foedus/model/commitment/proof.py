"""What travels with a view: made, read, verified, and two of them put together."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from foedus.errors import BrokenChain, MalformedRecord
from foedus.model.commitment.parts import ELEMENT, PARTIAL_VIEW, Part, parts, put
from foedus.model.commitment.tree import (
    HASH_BYTES,
    LARGEST,
    SALT_BYTES,
    SMALLEST,
    Leaf,
    Root,
    Tree,
    cover,
    leaf_hash,
    node_hash,
    value_of,
)
from foedus.model.stix import VERSIONED_TYPES

_HINT = "ask the sender for the object again"


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What travels with a view, member ``commitment`` of its extension; bytes are base64.

    ``leaves`` (places in the tree) and ``salts`` are those of the parts shown and not edited, in the order in which
    ``parts`` yields them.
    ``order`` holds the tokens of lists, ascending. ``cover`` are the hashes of the largest subtrees that hide everything
    below: level by level from the leaves, left to right; which they are follows from the leaves.
    """

    root: Root
    size: int
    leaves: tuple[int, ...]
    salts: str
    order: dict[str, tuple[int, ...]]
    cover: str
    edited: tuple[str, ...]


def redact(tree: Tree, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the proof for an object made of what a tree holds: parts left out, or replaced by others.

    A tree that came with a view can be made to show less by whoever holds it; the root stays.

    Args:
        tree: of the object before.
        shown: the object after; what it shares with the one before is proven, all else is listed as edited.
    """
    kept, edited = _aligned(tree.leaves, list(parts(shown)))
    positions = [leaf.position for leaf in kept]
    order: dict[str, list[int]] = {}
    for leaf in kept:
        if leaf.part.kind == ELEMENT:
            order.setdefault(leaf.part.group, []).append(leaf.order)
    return {
        "root": tree.root,
        "size": tree.size,
        "leaves": positions,
        "salts": _base64(b"".join(leaf.salt for leaf in kept)),
        "order": order,
        "cover": _base64(b"".join(tree.nodes[level][index] for level, index in cover(positions, tree.size))),
        "edited": edited,
    }


def note_of(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the extension by which an object says that it is a partial view; None where it does not."""
    extensions = obj.get("extensions")
    note = extensions.get(PARTIAL_VIEW) if type(extensions) is dict else None
    return note if type(note) is dict else None


def proof_of(obj: Mapping[str, Any]) -> Any:
    """Return the proof that an object carries, as it is; None where it carries none."""
    return (note_of(obj) or {}).get("commitment")


def profiles_of(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the profiles that a partial view names."""
    named = (note_of(obj) or {}).get("profiles")
    return tuple(str(name) for name in named) if type(named) is list else ()


def verify(obj: Mapping[str, Any], root: Root = "") -> Tree:
    """Return what an object proves of the one it was made from.

    Args:
        obj: decoded, with the proof in its partial-view extension.
        root: the root that a ledger holds; empty: the object's own, which then stands for nothing but itself.

    Raises:
        MalformedRecord: no proof, or not in its one form (``commitment-malformed``); a number that is not written as RFC 8785
            writes it (``commitment-number``); a place shown twice, or one too many or too few (``commitment-parts``); an
            object without what makes it one (``commitment-mandatory``).
        BrokenChain: the root is another (``commitment-differs``), or does not follow from what is shown
            (``commitment-root``).
    """
    proof = _read(proof_of(obj))
    if root and proof.root != root:
        raise BrokenChain("the ledger holds another root", code="commitment-differs", hint=_HINT)
    leaves = _shown(obj, proof)
    _require_whole(obj, proof)
    levels: list[dict[int, bytes]] = [{leaf.position: leaf_hash(leaf) for leaf in leaves}]
    hidden, places = _pieces(proof.cover, HASH_BYTES), cover(proof.leaves, proof.size)
    if len(hidden) != len(places):
        raise _bad_parts("the cover is not that of the positions")
    levels += [{} for _ in range(proof.size.bit_length() - 1)]
    for (level, index), value in zip(places, hidden, strict=True):
        levels[level][index] = value
    for below, above in pairwise(levels):
        # Of each pair one was computed from what is shown; the other too, or it is in the cover.
        for index in {at >> 1 for at in below}:
            above[index] = node_hash(below[2 * index], below[2 * index + 1])
    tree = Tree(proof.size, leaves, tuple(levels), proof.edited)
    if tree.root != proof.root:
        raise BrokenChain("what is shown is not what was committed to", code="commitment-root", hint=_HINT)
    return tree


def merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object that two views of one version show together, with its proof; edited values are left out.

    Raises:
        BrokenChain: the views are of different roots (``commitment-differs``), or one does not verify.
        MalformedRecord: one does not verify.
    """
    first = verify(one)
    second = verify(other, first.root)
    leaves = {leaf.position: leaf for leaf in (*first.leaves, *second.leaves)}
    nodes = tuple({**a, **b} for a, b in zip(first.nodes, second.nodes, strict=True))
    ordered = tuple(sorted(leaves.values(), key=lambda leaf: leaf.order))
    merged: dict[str, Any] = {}
    for leaf in ordered:
        put(merged, leaf.part)
    profiles = sorted({*profiles_of(one), *profiles_of(other)})
    tree = Tree(first.size, ordered, nodes)
    return with_proof(merged, profiles, redact(tree, merged))


def with_proof(shown: Mapping[str, Any], profiles: Sequence[str], proof: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an object that says it is a partial view, by which profiles, and proves it; never how much is missing."""
    note: dict[str, Any] = {"extension_type": "property-extension", "partial_view": True}
    if profiles:
        note["profiles"] = list(profiles)
    if proof is not None:
        note["commitment"] = proof
    return {**shown, "extensions": {**shown.get("extensions", {}), PARTIAL_VIEW: note}}


def _aligned(leaves: Sequence[Leaf], shown: Sequence[Part]) -> tuple[list[Leaf], list[str]]:
    """Return the leaves that are shown, in the order of what is shown, and the places that are none of them."""
    fixed = {leaf.part.pointer: leaf for leaf in leaves if leaf.part.kind != ELEMENT}
    lists: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        if leaf.part.kind == ELEMENT:
            lists.setdefault(leaf.part.group, []).append(leaf)
    kept: list[Leaf] = []
    edited: list[str] = []
    for part in shown:
        if part.kind == ELEMENT:
            found = _next(lists.get(part.group, []), part)
        else:
            found = fixed.get(part.pointer)
            found = found if found and found.part.kind == part.kind and _same(found, part) else None
        if found is None:
            edited.append(part.pointer)
        else:
            kept.append(found)
    return kept, edited


def _next(left: list[Leaf], part: Part) -> Leaf | None:
    """Return the first leaf of a list that a part is, and take it and those before it out."""
    for index, leaf in enumerate(left):
        if _same(leaf, part):
            del left[: index + 1]
            return leaf
    return None


def _same(leaf: Leaf, part: Part) -> bool:
    if type(part.value) is str:
        return bool(leaf.part.value == part.value)
    return leaf.value == value_of(part.value)


def _read(given: Any) -> Proof:
    """Return a proof of the one form that a proof has."""
    try:
        proof = msgspec.convert(given, Proof)
    except msgspec.ValidationError as error:
        raise _malformed("no proof of a partial view") from error
    size = proof.size
    if not SMALLEST <= size <= LARGEST or size & (size - 1) or len(proof.root) != 2 * HASH_BYTES:
        raise _malformed("a tree of no such size")
    if len(set(proof.leaves)) != len(proof.leaves) or not all(0 <= at < size for at in proof.leaves):
        raise _bad_parts("a position twice, or beyond the tree")
    if not all(proof.order.values()):
        raise _bad_parts("a list without elements")
    if any(a >= b for tokens in proof.order.values() for a, b in zip((0, *tokens), tokens, strict=False)):
        raise _bad_parts("order tokens that do not ascend")
    return proof


def _shown(obj: Mapping[str, Any], proof: Proof) -> tuple[Leaf, ...]:
    """Return the parts of an object that its proof stands for, as leaves."""
    edited = set(proof.edited)
    found = list(parts(obj))
    kept = [part for part in found if part.pointer not in edited]
    salts = _pieces(proof.salts, SALT_BYTES)
    tokens = {group: iter(order) for group, order in proof.order.items()}
    if len(kept) + len(edited) != len(found) or len(edited) != len(proof.edited):
        raise _bad_parts("an edited place that is not there, or named twice")
    if not len(kept) == len(salts) == len(proof.leaves):
        raise _bad_parts("more parts than proven, or fewer")
    leaves = []
    for part, salt, position in zip(kept, salts, proof.leaves, strict=True):
        order = next(tokens.get(part.group, iter(())), 0) if part.kind == ELEMENT else 0
        if type(part.value) is not str:
            _require_plain(part.value, part.pointer)
        leaves.append(Leaf(part, value_of(part.value), salt, position, order))
    if any(next(rest, None) is not None for rest in tokens.values()):
        raise _bad_parts("more order tokens than elements")
    return tuple(leaves)


def _require_whole(obj: Mapping[str, Any], proof: Proof) -> None:
    """Refuse an object without its identity, or with one that the root does not stand for."""
    names = ("type", "id", "created", "modified") if str(obj.get("type")) in VERSIONED_TYPES else ("type", "id")
    for name in names:
        if name not in obj or f"/{name}" in proof.edited:
            raise MalformedRecord("no object without it", code="commitment-mandatory", where=f"/{name}", hint=_HINT)


def _require_plain(value: Any, pointer: str) -> None:
    """Refuse numbers that RFC 8785 writes otherwise: one value, one spelling."""
    kind = type(value)
    if kind is float and value.is_integer() and abs(value) < 1e21:
        raise MalformedRecord("a whole number written as a fraction", code="commitment-number", where=pointer)
    if kind is dict or kind is list:
        for item in value.values() if kind is dict else value:
            _require_plain(item, pointer)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _pieces(text: str, size: int) -> list[bytes]:
    """Return what base64 in its one spelling holds, in pieces."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("not base64") from error
    if len(raw) % size or _base64(raw) != text:
        raise _malformed("base64 of another length, or spelling")
    return [raw[start : start + size] for start in range(0, len(raw), size)]


def _malformed(message: str) -> MalformedRecord:
    where = f"/extensions/{PARTIAL_VIEW}"
    return MalformedRecord(message, code="commitment-malformed", where=where, hint=_HINT)


def _bad_parts(message: str) -> MalformedRecord:
    where = f"/extensions/{PARTIAL_VIEW}"
    return MalformedRecord(message, code="commitment-parts", where=where, hint=_HINT)
