"""Entries that came with a partner's log: what the node must do about each kind, in the transaction that takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from foedus.account import bodies, rotation
from foedus.account.bodies import EntryRefused, KeyChanged, ReleaseSent
from foedus.account.ledger import append
from foedus.errors import MalformedRecord, TrustError
from foedus.model import instant
from foedus.model.entry import MASTER, LogInfo, StoredEntry
from foedus.model.label import Label
from foedus.node import granted, retention
from foedus.node.agreements import KEY_FIELDS
from foedus.node.home import Node
from foedus.node.recalled import completed, requested
from foedus.store import bounds, evidence
from foedus.store.engine import Tx
from foedus.store.evidence import Sent

Came = Sequence[tuple[int, StoredEntry]]
"""Entries of one kind with their place in the log, ascending."""
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


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


def _sent(tx: Tx, node: Node, log: LogInfo, came: Came) -> None:
    """Index which entry vouches for which bytes, and what it binds them by; one that is no sending vouches for nothing."""
    sound: Came = [(seq, stored) for seq, stored in came if _vouches(stored)]
    _refuse(tx, node, log, [(seq, "entry-body") for seq in _others(came, sound)])
    bounds.keep(tx, log.name, [one for seq, stored in sound if (one := retention.came(seq, stored)) is not None])
    rows: list[Sent] = []
    for seq, stored in sound:
        facts = stored.facts()
        rows.append(Sent(seq, facts["area"], bytes.fromhex(facts["bytes_hash"])))
    evidence.index_sent(tx, log.name, rows)


def _vouches(stored: StoredEntry) -> bool:
    try:
        body = bodies.read(stored)
        msgspec.convert(body.label if isinstance(body, ReleaseSent) else None, Label)
    except (MalformedRecord, msgspec.ValidationError):
        return False
    return isinstance(body, ReleaseSent) and _HASH.fullmatch(body.bytes_hash) is not None


def _others(came: Came, sound: Came) -> list[int]:
    known = {seq for seq, _ in sound}
    return [seq for seq, _ in came if seq not in known]


def _of_grants(tx: Tx, node: Node, log: LogInfo, came: Came) -> None:
    """Take what a partner consents to, withdraws or asks for."""
    for one in came:
        granted.take(tx, node, log, one)


def _key_changed(tx: Tx, node: Node, log: LogInfo, came: Came) -> None:
    """Refuse that a key follows another which did not sign that."""
    refused: list[tuple[int, str]] = []
    for seq, stored in came:
        try:
            body = bodies.read(stored)
            assert isinstance(body, KeyChanged), "the kind has this body"
            role = KEY_FIELDS.get(body.role)
            known = node.agreements.keys_of(log.programme, log.sender, role) if role else []
            rotation.check(body, known)
        except (MalformedRecord, TrustError) as error:
            refused.append((seq, error.code))
    _refuse(tx, node, log, refused)


def _refuse(tx: Tx, node: Node, log: LogInfo, refused: Sequence[tuple[int, str]]) -> None:
    """Enter that entries count for nothing: of each code the first, and how many there are."""
    at = node.clock.now()
    places: dict[str, list[int]] = {}
    for seq, code in refused:
        places.setdefault(code, []).append(seq)
    told = [
        EntryRefused(
            at=instant.text(instant.to_us(at)),
            programme=log.programme,
            parties=(log.sender, log.recipient),
            log=log.origin,
            entry=seqs[0],
            code=code,
            count=len(seqs),
        )
        for code, seqs in places.items()
    ]
    append(tx.logs, MASTER, [bodies.draft(body) for body in told], at=at, entropy=node.entropy)


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
