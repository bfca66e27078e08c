"""Compare this node's copies of its pair logs with a partner's."""

from __future__ import annotations

from foedus.account import equivocation
from foedus.account.equivocation import Accusation, Equivocation
from foedus.errors import InputError
from foedus.exchange.peer.client import PeerClient
from foedus.node.agreements import Agreement
from foedus.node.compare import Compared, compared, pair_logs
from foedus.node.copies import Copies
from foedus.node.dispute import programmes_of
from foedus.node.exchange import session_to
from foedus.node.home import Node
from foedus.node.peers import Peer, peers

__all__ = ["Compared", "evidence", "reconcile", "verify"]


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
        copies = Copies(node.store)
        return [compared(copies, client, log) for log in pair_logs(node, agreement, peer.party)]


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
