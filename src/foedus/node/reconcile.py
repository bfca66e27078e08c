"""Compare this node's copies of its pair logs with a partner's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec

from foedus.account import checkpoint
from foedus.account.merkle import Position
from foedus.account.reconcile import Comparison, Difference, compare
from foedus.errors import FoedusError, InputError
from foedus.exchange.peer import PeerClient
from foedus.model.entry import LogCopy
from foedus.model.ports import LogSide
from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement, Peer, peers
from foedus.node.copies import Copies
from foedus.node.exchange import session_to
from foedus.node.home import Node

Outcome = Literal["equal", "we-are-behind", "partner-is-behind", "absent", "differs", "forked"]
_ADVICE: dict[Outcome, str] = {
    "equal": "nothing to do",
    "we-are-behind": "nothing is wrong: foedus exchange pull brings the rest",
    "partner-is-behind": "nothing is wrong: the partner takes the rest with its next pull",
    "absent": "nothing to compare: one side has no signed copy yet",
    "differs": "",
    "forked": "the log's signer signed both: keep both notes and tell people; they are proof against it",
}
_OURS = "our rows are not what was signed: foedus ledger verify names them; restore them from the partner's copy"
_THEIRS = "the partner's rows are not what was signed: tell it these numbers, and to run foedus ledger verify"


class Compared(msgspec.Struct, frozen=True):
    """How two copies of a log compare: signed sizes, whether the rows of each lead to the signed root, what differs.

    ``signer`` is the party that signs the log; ``notes`` holds both signed states where they exclude each other;
    ``hashes`` says how many subtree hashes the partner gave.
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
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong; to be behind is not."""
        return self.outcome not in ("differs", "forked") and self.mine_whole and self.theirs_whole


def reconcile(node: Node, party: str, programme: str = "") -> list[Compared]:
    """Compare both logs of a pair with the partner's copies, under one programme or all in force.

    Raises:
        InputError: no such programme, or no enrolled node of that partner in it.
        ExchangeError: the partner cannot be reached or does not answer as it must.
        BrokenChain: its answers contradict each other.
    """
    at = node.clock.now()
    held = [node.agreements.required(programme, at)] if programme else node.agreements.in_force(at)
    found = [(agreement, peer) for agreement in held for peer in peers(agreement, node.party) if peer.party == party]
    if not found:
        known = sorted({peer.party for agreement in held for peer in peers(agreement, node.party)})
        raise InputError(f"no partner {party!r}", code="party-unknown", hint=f"there are: {', '.join(known) or 'none'}")
    return [one for agreement, peer in found for one in _with_peer(node, agreement, peer)]


def _with_peer(node: Node, agreement: Agreement, peer: Peer) -> list[Compared]:
    with session_to(node, peer) as session:
        client = PeerClient(session, peer.card.endpoint, agreement.word)
        word = agreement.programme.id
        # What we sent, the partner received.
        own = _Log(f"{word}|{node.party}|{peer.party}", node.party, "received", node.keys.public("log"))
        other = _Log(f"{word}|{peer.party}|{node.party}", peer.party, "sent", peer.log_key)
        copies = Copies(node.store)
        return [_compared(copies, client, log) for log in (own, other)]


class _Log(msgspec.Struct, frozen=True):
    """One log of the pair: our name of it, who signs it with which key, and what it is to the partner."""

    name: str
    signer: str
    side: LogSide
    key: VerifierKey


def _compared(copies: Copies, client: PeerClient, log: _Log) -> Compared:
    mine, theirs = copies.state(log.name), client.state(log.side)
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

    found = compare((mine.size, theirs.size), partial(_own, copies, log.name), ask)
    return _result(log, mine, theirs, found, asked)


def _own(copies: Copies, name: str, wanted: Sequence[Position]) -> list[bytes]:
    found = copies.subtrees(name, wanted)
    assert found is not None, "only what both copies have is compared"
    return found


def _result(log: _Log, mine: LogCopy | None, theirs: LogCopy | None, found: Comparison, hashes: int) -> Compared:
    whole = (mine is None or _whole(mine, log.key), theirs is None or _whole(theirs, log.key))
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
        notes=tuple(one.note for one in (mine, theirs) if one is not None) if outcome == "forked" else (),
    )


def _outcome(mine: LogCopy | None, theirs: LogCopy | None, found: Comparison, whole: tuple[bool, bool]) -> Outcome:
    if mine is None or theirs is None:
        return "absent"
    if found.differing or mine.origin != theirs.origin:
        return "forked" if all(whole) else "differs"
    if mine.size == theirs.size:
        return "equal"
    return "we-are-behind" if mine.size < theirs.size else "partner-is-behind"


def _whole(copy: LogCopy, key: VerifierKey) -> bool:
    """Say whether a copy's rows lead to a state that the log's signer signed."""
    try:
        signed = checkpoint.open_checkpoint(copy.note, copy.origin, [key])
    except FoedusError:
        return False
    return (signed.size, signed.root) == (copy.size, copy.root)
