"""The proof that an object was sent with parts torn off, as evidence: without the object, and against it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from foedus.errors import BrokenChain
from foedus.model import commitment, ijson
from foedus.model.canonical import canonical


class Redaction(msgspec.Struct, frozen=True):
    """What an entry says of the object that went: the root, the places its sender edited, and whether it was checked.

    ``root`` is empty for an object that went whole. ``checked`` says that the object was at hand: its bytes are those of the
    entry, and they lead to the root.
    """

    root: str
    edited: tuple[str, ...] = ()
    checked: bool = False


def proof_in(raw: bytes) -> bytes:
    """Return the proof that an object carries, canonical; empty where it carries none. It holds no value of the object."""
    proof = commitment.proof_of(ijson.decode(raw))
    return b"" if proof is None else canonical(proof)


def claimed(proof: bytes, body: Mapping[str, object]) -> Redaction | None:
    """Return what a proof says beside the entry it belongs to; None for an entry of an untouched object, or of none.

    Raises:
        BrokenChain: it is not of this entry.
    """
    root = body.get("commitment", "")
    if not proof:
        return Redaction(str(root)) if root else None
    said = ijson.decode(proof)
    if not root or not isinstance(said, dict) or said.get("root") != root:
        raise BrokenChain(
            "the proof of redaction is of another object", code="dispute-redaction", where="redaction.json"
        )
    return Redaction(str(root), tuple(str(place) for place in said.get("edited", ())))


def checked(raw: bytes, proof: bytes, body: Mapping[str, object]) -> Redaction:
    """Return what an object shows of itself against the entry and the proof in evidence.

    Raises:
        BrokenChain: other bytes than were entered, another proof, or bytes that do not lead to the root.
        MalformedRecord: the object's proof is none.
    """
    if hashlib.sha256(raw).hexdigest() != body.get("bytes_hash"):
        raise BrokenChain("the object is not the bytes that were entered", code="dispute-object", where="the object")
    root = str(body.get("commitment", ""))
    if not root:
        return Redaction("", checked=True)
    if proof and proof_in(raw) != proof:
        raise BrokenChain("the object has another proof", code="dispute-redaction", where="redaction.json")
    tree = commitment.verify(ijson.decode(raw), root)
    return Redaction(root, tree.edited, checked=True)
