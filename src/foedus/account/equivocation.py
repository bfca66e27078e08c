"""Proof that whoever signs a log signed two histories of it: a file that anybody verifies with public keys alone.

Either two checkpoints of one size with different roots, or two proof files of one index with different leaf hashes, each
under a signed checkpoint. A consistency proof that fails proves nothing: anybody can make one that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from foedus.account import checkpoint, merkle
from foedus.account.trust import trust_of
from foedus.errors import BrokenChain, InputError, LimitExceeded, MalformedRecord
from foedus.model import ijson
from foedus.model.canonical import canonical
from foedus.model.vkey import VerifierKey

MAX_BYTES = 32 * 2**20
_PROOF = "c2sp.org/tlog-proof@"


class Accusation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: that ``party`` signed both ``statements`` of ``log`` (an origin); ``programmes`` give its keys."""

    v: int
    programme: str
    party: str
    log: str
    statements: tuple[str, str]
    programmes: tuple[str, ...]


class Equivocation(msgspec.Struct, frozen=True):
    """What is proven: ``place`` is the size that has two roots, or the index that has two leaves; ``values`` both (hex)."""

    kind: Literal["two-roots", "two-leaves"]
    party: str
    log: str
    place: int
    values: tuple[str, str]
    programme: str
    programme_digests: tuple[str, ...]


class _Said(msgspec.Struct, frozen=True):
    kind: Literal["two-roots", "two-leaves"]
    place: int
    value: bytes


def leaf_statement(index: int, leaf_hash: bytes, hashes: Sequence[bytes], note: str) -> str:
    """Return the proof file that a leaf hash stands at an index under a checkpoint; the hash is its ``extra``.

    The hash alone suffices and shows nothing of the entry: index and size fix how long the path is.
    """
    return checkpoint.write_proof(checkpoint.Proof(index, tuple(hashes), note, leaf_hash))


def contradiction(statements: tuple[str, str], origin: str, keys: Sequence[VerifierKey]) -> tuple[_Said, _Said]:
    """Return what two statements say, after checking that one signer cannot have meant both.

    Args:
        statements: two checkpoint notes, or two proof files of :func:`leaf_statement`.
        origin: the log.
        keys: the signer's log keys.

    Raises:
        BadSignature: one is not signed by a key, or of another log.
        BrokenChain: they do not exclude each other, or a proof does not hold.
        MalformedRecord: one is neither.
    """
    first, second = (_said(text, origin, keys) for text in statements)
    if (first.kind, first.place) != (second.kind, second.place) or first.value == second.value:
        raise BrokenChain(
            "the two statements do not exclude each other",
            code="equivocation-none",
            where=origin,
            hint="two roots of one size, or two leaves of one index",
        )
    return first, second


def _said(text: str, origin: str, keys: Sequence[VerifierKey]) -> _Said:
    if not text.startswith(_PROOF):
        signed = checkpoint.open_checkpoint(text, origin, keys)
        return _Said("two-roots", signed.size, signed.root)
    proof = checkpoint.read_proof(text)
    signed = checkpoint.open_checkpoint(proof.note, origin, keys)
    value = proof.extra or b""
    merkle.verify_inclusion(proof.index, signed.size, value, proof.hashes, signed.root)
    return _Said("two-leaves", proof.index, value)


def write(accusation: Accusation) -> bytes:
    """Return the file, canonical JSON; what proves nothing is not written.

    Raises:
        FoedusError: what :func:`verify` would raise for it.
    """
    raw = canonical(msgspec.to_builtins(accusation))
    verify(raw)
    return raw


def verify(raw: bytes, trusted_digest: str = "") -> Equivocation:
    """Return what a file proves.

    Args:
        raw: the file.
        trusted_digest: digest of a version of the programme known from elsewhere; empty: the keys vouch for themselves.

    Raises:
        LimitExceeded: more than 32 MiB.
        MalformedRecord: not such a file.
        BadSignature: a signature, or the trusted digest, does not hold.
        BrokenChain: the statements do not exclude each other.
    """
    if len(raw) > MAX_BYTES:
        raise LimitExceeded(f"such a proof has at most {MAX_BYTES} bytes", code="equivocation-too-large")
    try:
        told = msgspec.convert(ijson.loads(raw, max_bytes=MAX_BYTES), Accusation)
    except (InputError, msgspec.ValidationError) as error:
        raise MalformedRecord("not a proof of equivocation", code="equivocation-malformed") from error
    trust = trust_of([text.encode() for text in told.programmes], trusted_digest)
    if told.v != 1 or trust.programme != told.programme:
        raise MalformedRecord("another version, or another programme than it says", code="equivocation-malformed")
    first, second = contradiction(told.statements, told.log, trust.log_keys_of(told.party))
    return Equivocation(
        kind=first.kind,
        party=told.party,
        log=told.log,
        place=first.place,
        values=(first.value.hex(), second.value.hex()),
        programme=told.programme,
        programme_digests=trust.digests,
    )
