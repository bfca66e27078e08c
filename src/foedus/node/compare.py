"""Compare one log of a pair with the peer's copy of it, and say whether its signer signed two histories."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

import msgspec

from foedus.account import checkpoint, equivocation, merkle
from foedus.account.merkle import NodeGetter, Position
from foedus.account.reconcile import Comparison, Difference, compare
from foedus.errors import FoedusError
from foedus.exchange.peer.client import PeerClient
from foedus.model.entry import LogCopy
from foedus.model.ports import LogSide
from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement
from foedus.node.copies import Copies
from foedus.node.home import Node
from foedus.node.logkeys import log_keys

Outcome = Literal["equal", "we-are-behind", "partner-is-behind", "absent", "differs", "forked"]
_ADVICE: dict[Outcome, str] = {
    "equal": "nothing to do",
    "we-are-behind": "nothing is wrong: foedus exchange pull brings the rest",
    "partner-is-behind": "nothing is wrong: the partner takes the rest with its next pull",
    "absent": "nothing to compare: one side has no signed copy yet",
    "differs": "",
    "forked": "the log's signer signed two histories: --evidence FILE writes the proof; tell people",
}
_OURS = "our rows are not what was signed: foedus ledger verify names them; restore them from the partner's copy"
_THEIRS = "the partner's rows are not what was signed: tell it these numbers, and to run foedus ledger verify"


class Compared(msgspec.Struct, frozen=True):
    """How two copies of a log compare: signed sizes, whether the rows of each lead to the signed root, what differs.

    ``signer`` is the party that signs the log; ``statements`` are two notes or two proof files that it cannot have meant
    both, where the log is forked; ``hashes`` says how many subtree hashes the partner gave.
    """

    log: str
    origin: str
    signer: str
    outcome: Outcome
    mine: int | None
    theirs: int | None
    mine_whole: bool
    theirs_whole: bool
    differing: tuple[Difference, ...]
    hashes: int
    advice: str
    statements: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong; to be behind is not."""
        return self.outcome not in ("differs", "forked") and self.mine_whole and self.theirs_whole


class PairLog(msgspec.Struct, frozen=True):
    """One log of the pair: our name of it, who signs it with which keys, and what it is to the partner."""

    name: str
    signer: str
    side: LogSide
    keys: list[VerifierKey]


def pair_logs(node: Node, agreement: Agreement, party: str) -> tuple[PairLog, PairLog]:
    """Return both logs of the pair with a party: what we send, which it received, and what it sends."""
    word = agreement.programme.id
    own, other = (log_keys(node, agreement, signer) for signer in (node.party, party))
    return (
        PairLog(f"{word}|{node.party}|{party}", node.party, "received", own),
        PairLog(f"{word}|{party}|{node.party}", party, "sent", other),
    )


def compared(copies: Copies, client: PeerClient, log: PairLog) -> Compared:
    """Return how our copy of a log compares with the peer's.

    Raises:
        ExchangeError: the peer cannot be reached or does not answer as it must.
        BrokenChain: its answers contradict each other.
    """
    # Each side hashes its rows again before it answers: at the same time, not one after the other.
    with ThreadPoolExecutor(1) as beside:
        asked_for = beside.submit(client.state, log.side)
        mine, theirs = copies.state(log.name), asked_for.result()
    nothing = Comparison((), (0, 0), (0, 0))
    if mine is None or theirs is None:
        return _result(log, mine, theirs, nothing, 0)
    if (mine.origin, mine.size, mine.root) == (theirs.origin, theirs.size, theirs.root):
        return _result(log, mine, theirs, nothing, 0)
    asked = 0

    def ask(wanted: Sequence[Position]) -> list[bytes]:
        nonlocal asked
        asked += len(wanted)
        return client.subtrees(log.side, wanted)

    own = partial(_own, copies, log.name)
    found = compare((mine.size, theirs.size), own, ask)
    result = _result(log, mine, theirs, found, asked)
    if result.outcome != "forked" or mine.origin != theirs.origin:
        return result
    statements = _statements(found, (mine, own), (theirs, ask))
    equivocation.contradiction(statements, mine.origin, log.keys)
    return msgspec.structs.replace(result, statements=statements, hashes=asked)


def _statements(
    found: Comparison, mine: tuple[LogCopy, NodeGetter], theirs: tuple[LogCopy, NodeGetter]
) -> tuple[str, str]:
    """Return what the signer signed twice: two roots of one size, else two leaves at the first index that differs."""
    if mine[0].size == theirs[0].size:
        return mine[0].note, theirs[0].note
    first = found.differing[0]
    ours, others = (
        equivocation.leaf_statement(
            first.seq, bytes.fromhex(value), merkle.inclusion(first.seq, copy.size, get), copy.note
        )
        for value, (copy, get) in ((first.mine, mine), (first.theirs, theirs))
    )
    return ours, others


def _own(copies: Copies, name: str, wanted: Sequence[Position]) -> list[bytes]:
    found = copies.subtrees(name, wanted)
    assert found is not None, "only what both copies have is compared"
    return found


def _result(log: PairLog, mine: LogCopy | None, theirs: LogCopy | None, found: Comparison, hashes: int) -> Compared:
    whole = (mine is None or _whole(mine, log.keys), theirs is None or _whole(theirs, log.keys))
    outcome = _outcome(mine, theirs, found, whole)
    said = [text for text, fine in ((_OURS, whole[0]), (_THEIRS, whole[1])) if not fine]
    held = mine or theirs
    return Compared(
        log=log.name,
        origin="" if held is None else held.origin,
        signer=log.signer,
        outcome=outcome,
        mine=None if mine is None else mine.size,
        theirs=None if theirs is None else theirs.size,
        mine_whole=whole[0],
        theirs_whole=whole[1],
        differing=found.differing,
        hashes=hashes,
        advice="; ".join(said) or _ADVICE[outcome],
    )


def _outcome(mine: LogCopy | None, theirs: LogCopy | None, found: Comparison, whole: tuple[bool, bool]) -> Outcome:
    if mine is None or theirs is None:
        return "absent"
    if found.differing or mine.origin != theirs.origin:
        return "forked" if all(whole) else "differs"
    if mine.size == theirs.size:
        return "equal"
    return "we-are-behind" if mine.size < theirs.size else "partner-is-behind"


def _whole(copy: LogCopy, keys: Sequence[VerifierKey]) -> bool:
    """Say whether a copy's rows lead to a state that the log's signer signed."""
    try:
        signed = checkpoint.open_checkpoint(copy.note, copy.origin, keys)
    except FoedusError:
        return False
    return (signed.size, signed.root) == (copy.size, copy.root)
