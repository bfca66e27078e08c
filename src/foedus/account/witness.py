"""Whether a checkpoint may be cosigned after the one before, by the rules of a witness.

Source: C2SP tlog-witness, "add-checkpoint".
"""

from __future__ import annotations

from collections.abc import Sequence

from foedus.account import checkpoint, merkle
from foedus.account.checkpoint import LogState
from foedus.errors import BrokenChain, FoedusError
from foedus.model.entry import Checkpoint
from foedus.model.ports import NotWitnessed
from foedus.model.vkey import VerifierKey


def origin_of(note: str) -> str:
    r"""Return the origin that a checkpoint names, not yet verified; empty where that cannot be said.

    >>> origin_of("a.example/log\n0\n")
    'a.example/log'
    """
    return note.partition("\n")[0]


def signed(note: str, origin: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return a checkpoint that its log's key signed.

    Raises:
        NotWitnessed: 422 for an empty log with another root, 403 without a valid signature of a trusted key or with a failing
            one, 400 for what is no checkpoint.
    """
    try:
        return checkpoint.open_checkpoint(note, origin, keys)
    except FoedusError as error:
        if error.code in ("note-unknown-keys", "note-condemned"):
            raise NotWitnessed(403, error.code) from error
        if error.code == "checkpoint-root":
            raise NotWitnessed(422, error.code) from error
        raise NotWitnessed(400, error.code) from error


def judge(said: Checkpoint, old: int, proof: Sequence[bytes], last: Checkpoint | None) -> None:
    """Say whether a signed checkpoint follows the one cosigned last.

    Args:
        said: what its log signed.
        old: the size that the sender takes for the one cosigned last.
        proof: consistency proof from there.
        last: what was cosigned last; None: nothing yet.

    Raises:
        NotWitnessed: 400, 409 or 422.
    """
    before = (
        LogState(said.origin, 0, merkle.EMPTY_ROOT) if last is None else LogState(last.origin, last.size, last.root)
    )
    if old > said.size:
        raise NotWitnessed(400, "submission-size")
    if old != before.size:
        raise NotWitnessed(409, "submission-old", before.size)
    if old == 0:
        # The empty tree is the beginning of every tree: a proof would say nothing.
        if proof:
            raise NotWitnessed(422, "submission-proof")
        return
    try:
        merkle.verify_consistency(old, said.size, before.root, said.root, proof)
    except BrokenChain as error:
        raise NotWitnessed(422, "submission-root" if old == said.size else "submission-proof") from error
