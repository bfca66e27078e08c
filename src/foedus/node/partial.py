"""Partial views: objects that their sender tore parts off, checked against the root in its ledger when they come."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from foedus.errors import BrokenChain, FoedusError
from foedus.model import commitment, ijson
from foedus.model.commitment import PARTIAL_VIEW
from foedus.node.label import Given

_MARK = PARTIAL_VIEW.encode()


class Partial(msgspec.Struct, frozen=True):
    """What a partial view proves of itself.

    ``by`` is the party whose ledger held the root when the object came, empty where it came without a ledger. ``shown`` are
    how many parts the root stands for, ``edited`` the places whose values the sender replaced; ``fault`` is the code of what
    does not join, empty: it verifies.
    """

    by: str
    root: str
    profiles: tuple[str, ...]
    shown: int
    edited: tuple[str, ...]
    fault: str


def require_sound(raw: bytes, root: str) -> None:
    """Check bytes that came against the root that the sender's entry for them holds; an untouched object costs nothing.

    Raises:
        TrustError: entry and object do not hold the same root, or the object does not lead to it.
        InputError: its proof is malformed.
    """
    if not root and _MARK not in raw:
        return
    obj = ijson.decode(raw)
    carried = commitment.proof_of(obj) is not None
    if root and not carried:
        raise BrokenChain("the sender's ledger holds a root, the object no proof", code="commitment-missing")
    if carried and not root:
        raise BrokenChain("the object has a proof, the sender's ledger no root for it", code="commitment-unvouched")
    if root:
        commitment.verify(obj, root)


def faults(objects: Sequence[bytes], given: Mapping[str, Given]) -> dict[str, FoedusError]:
    """Return what is wrong with objects that came, by their SHA-256 (hex); those that are sound are absent."""
    found: dict[str, FoedusError] = {}
    rooted = any(one.commitment for one in given.values())
    for raw in objects:
        if not rooted and _MARK not in raw:
            continue
        sha256 = hashlib.sha256(raw).hexdigest()
        try:
            require_sound(raw, given[sha256].commitment)
        except FoedusError as error:
            found[sha256] = error
    return found


def partial_of(obj: Mapping[str, object], source: str) -> Partial | None:
    """Return what a stored object proves of itself, None where it does not say that it is a partial view."""
    if commitment.note_of(obj) is None:
        return None
    by = source.removeprefix("peer:") if source.startswith("peer:") else ""
    profiles = commitment.profiles_of(obj)
    try:
        tree = commitment.verify(obj)
    except FoedusError as error:
        return Partial(by, "", profiles, 0, (), error.code)
    return Partial(by, tree.root, profiles, len(tree.leaves), tree.edited, "")
