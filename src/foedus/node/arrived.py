"""Entries that came with a partner's log: what the node must do about each kind, in the transaction that takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from foedus.account import bodies, rotation
from foedus.account.bodies import KeyChanged
from foedus.model.entry import LogInfo, StoredEntry
from foedus.node import granted, retention
from foedus.node.agreements import KEY_FIELDS
from foedus.node.home import Node
from foedus.node.recalled import completed, requested
from foedus.store import bounds, evidence
from foedus.store.engine import Tx
from foedus.store.evidence import Sent

Came = Sequence[tuple[int, StoredEntry]]
"""Entries of one kind with their place in the log, ascending."""


def arrived(tx: Tx, node: Node, log: LogInfo, start: int, end: int) -> None:
    """Act on the entries ``start <= seq < end`` of a partner's log, which was verified up to there."""
    by_kind: dict[str, list[tuple[int, StoredEntry]]] = {}
    for seq, stored in enumerate(tx.logs.entries(log.name, start, end), start):
        kind = stored.entry().kind
        if kind in _ACTS:
            by_kind.setdefault(kind, []).append((seq, stored))
    for kind, act in _ACTS.items():
        if kind in by_kind:
            act(tx, node, log, by_kind[kind])


def _sent(tx: Tx, _node: Node, log: LogInfo, came: Came) -> None:
    """Index which entry vouches for which bytes, and what it binds them by."""
    bounds.keep(tx, log.name, [one for seq, stored in came if (one := retention.came(seq, stored)) is not None])
    rows: list[Sent] = []
    for seq, stored in came:
        facts = stored.facts()
        rows.append(Sent(seq, facts["area"], bytes.fromhex(facts["bytes_hash"])))
    evidence.index_sent(tx, log.name, rows)


def _of_grants(tx: Tx, node: Node, log: LogInfo, came: Came) -> None:
    """Take what a partner consents to, withdraws or asks for."""
    for one in came:
        granted.take(tx, node, log, one)


def _key_changed(_tx: Tx, node: Node, log: LogInfo, came: Came) -> None:
    """Refuse a log in which a key is said to follow one that did not sign that."""
    for _, stored in came:
        body = bodies.read(stored)
        assert isinstance(body, KeyChanged), "the kind has this body"
        role = KEY_FIELDS.get(body.role)
        known = node.agreements.keys_of(log.programme, log.sender, role) if role else []
        rotation.check(body, known)


_ACTS: Mapping[str, Callable[[Tx, Node, LogInfo, Came], None]] = MappingProxyType(
    {
        "release.sent": _sent,
        "key.changed": _key_changed,
        "recall.requested": requested,
        "recall.completed": completed,
        "grant.given": _of_grants,
        "grant.withdrawn": _of_grants,
        "grant.asked": _of_grants,
    }
)
