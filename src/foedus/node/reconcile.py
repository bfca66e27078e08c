"""Compare this node's copies of its pair logs with a partner's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec

from foedus.account import checkpoint, equivocation, merkle
from foedus.account.equivocation import Accusation, Equivocation
from foedus.account.merkle import NodeGetter, Position
from foedus.account.reconcile import Comparison, Difference, compare
from foedus.errors import FoedusError, InputError
from foedus.exchange.peer import PeerClient
from foedus.model.entry import LogCopy, LogInfo
from foedus.model.ports import LogSide
from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement, Peer, peers
from foedus.node.copies import Copies
from foedus.node.dispute import programmes_of
from foedus.node.exchange import session_to
from foedus.node.home import Node

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
        own = _log(node, word, (node.party, peer.party), "received")
        other = _log(node, word, (peer.party, node.party), "sent")
        copies = Copies(node.store)
        return [_compared(copies, client, log) for log in (own, other)]


class _Log(msgspec.Struct, frozen=True):
    """One log of the pair: our name of it, who signs it with which keys, and what it is to the partner."""

    name: str
    signer: str
    side: LogSide
    keys: tuple[VerifierKey, ...]


def _log(node: Node, programme: str, pair: tuple[str, str], side: LogSide) -> _Log:
    name = "|".join((programme, *pair))
    info = LogInfo(name, "", programme, *pair, own=pair[0] == node.party)
    return _Log(name, pair[0], side, tuple(node.log_keys(info)))


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


def evidence(node: Node, forked: Compared) -> bytes:
    """Return the proof against a log's signer as a file that anybody verifies.

    Raises:
        InputError: the comparison found no such thing.
    """
    if len(forked.statements) != 2:
        raise InputError("nothing proves that the log was signed twice", code="equivocation-none", where=forked.log)
    versions = tuple(raw.decode() for raw in programmes_of(node, forked.log))
    programme = forked.log.partition("|")[0]
    statements = (forked.statements[0], forked.statements[1])
    return equivocation.write(Accusation(1, programme, forked.signer, forked.origin, statements, versions))


def verify(raw: bytes, digest: str = "") -> Equivocation:
    """Return what a proof of equivocation proves; needs no node.

    Raises:
        FoedusError: it proves nothing, and why.
    """
    return equivocation.verify(raw, digest)


def _own(copies: Copies, name: str, wanted: Sequence[Position]) -> list[bytes]:
    found = copies.subtrees(name, wanted)
    assert found is not None, "only what both copies have is compared"
    return found


def _result(log: _Log, mine: LogCopy | None, theirs: LogCopy | None, found: Comparison, hashes: int) -> Compared:
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
