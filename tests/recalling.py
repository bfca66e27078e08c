"""Recalls in tests: a releaser's word, forged entries signed by the forger, and what stands in ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.node_pair import Nodes

from foedus.account.ledger import append
from foedus.model.entry import Draft
from foedus.model.people import Person
from foedus.node import recall as recalling
from foedus.node import recall_state
from foedus.node.exchange import Pulled
from foedus.node.recall import Lifted, Made, Order, Target
from foedus.node.recall_state import Shown, Standing
from foedus.node.signing import sign_log
from foedus.node.view import pair_log
from foedus.store import findings

KIM = Person("kim", ("releaser",))


def recall(
    nodes: Nodes, party: str, object_id: str, *to: str, version: str | None = None, reason: Any = "wrong"
) -> list[Made]:
    """Call an object back at a releaser's word."""
    with nodes.open(party) as node:
        return recalling.recall(node, KIM, Target(object_id, version), Order(reason, parties=to))


def lift(nodes: Nodes, party: str, object_id: str, to: str = "") -> list[Lifted]:
    """Lift a recall at a releaser's word."""
    with nodes.open(party) as node:
        return recalling.lift(node, KIM, object_id, to)


def standings(nodes: Nodes, party: str) -> list[Standing]:
    """Return the recalls of a node."""
    with nodes.open(party) as node:
        return recall_state.standings(node)


def proof(nodes: Nodes, party: str, object_id: str, other: str) -> Shown:
    """Return the one recall of an object between two parties, with its proof."""
    with nodes.open(party) as node:
        [found] = recall_state.show(node, object_id, other)
        return found


def pulled(nodes: Nodes, party: str) -> list[Pulled]:
    """Pull, from everybody, and from nobody in vain."""
    found = nodes.pull(party)
    assert not any(one.error for one in found), found
    return found


def held(nodes: Nodes, party: str, object_id: str) -> list[str]:
    """Return the sources of what a node holds under an id."""
    with nodes.open(party) as node, node.store.read() as read:
        return [one.source for one in findings.versions_of(read, object_id)]


def enter(nodes: Nodes, programme: str, party: str, to: str, *drafts: Draft) -> range:
    """Append entries to a node's own pair log and sign it, whatever they say."""
    with nodes.open(party) as node, node.store.write() as tx:
        log = pair_log(node, tx, programme, to)
        made = append(tx.logs, log, drafts, at=node.clock.now(), entropy=node.entropy)
        sign_log(node, tx, log)
        return made


def entries(nodes: Nodes, party: str, kind: str, log: str = "") -> Sequence[dict[str, Any]]:
    """Return the bodies of a kind of entry in a node's own logs, or in one log."""
    with nodes.open(party) as node, node.store.read() as read:
        names = [one.name for one in read.logs.logs() if one.own and log in ("", one.name)]
        stored = [one for name in names for one in read.logs.entries(name, 0, read.logs.size(name))]
        return [one.facts() for one in stored if one.entry().kind == kind]
