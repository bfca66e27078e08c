"""Take a partner's keys no more, at once and alone, before any version says so."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foedus.account.bodies import KeyDenied, draft
from foedus.account.ledger import append
from foedus.errors import InputError
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.programme import Card
from foedus.node.home import Node
from foedus.node.signing import sign_log
from foedus.store import denials
from foedus.store.denials import DeniedKey

FIELDS = {"sign": "sign_key", "log": "log_key", "cosign": "cosign_key", "tls-ca": "ca_spki_sha256"}
USUAL = ("log", "cosign", "tls-ca")


class Denied(msgspec.Struct, frozen=True):
    """A key that was denied: whose, for which role, as its card wrote it."""

    party: str
    role: str
    key: str


def deny(node: Node, name: str, roles: Sequence[str], reason: str) -> list[Denied]:
    """Deny the keys of a partner's node in every programme held, and enter that in the private log.

    Args:
        node: the node.
        name: ``party/node``.
        roles: which keys; none: all but the one that signs programmes, with which the partner gives itself new ones.
        reason: why, in words.

    Raises:
        InputError: no such node of a partner, or a role that nobody knows.
    """
    if [role for role in roles if role not in FIELDS]:
        raise InputError("no such key", code="role-unknown", hint=f"some of {', '.join(FIELDS)}")
    party, _, node_id = name.partition("/")
    cards = _cards(node, party, node_id)
    if not cards or party == node.party:
        raise InputError(f"no node {name!r} of a partner", code="node-unknown", hint="write party/node, as jpn/main")
    found = [Denied(party, role, getattr(card, FIELDS[role])) for role in roles or USUAL for card in cards]
    found = list(dict.fromkeys(found))
    at = node.clock.now()
    at_us = instant.to_us(at)
    bodies = [
        KeyDenied(at=instant.text(at_us), party=party, role=one.role, key=one.key, reason=reason) for one in found
    ]
    with node.store.write() as tx:
        for one in found:
            denials.deny_key(tx, DeniedKey(one.key, party, one.role, at_us))
        append(tx.logs, MASTER, [draft(body) for body in bodies], at=at, entropy=node.entropy)
        sign_log(node, tx, MASTER)
    return found


def _cards(node: Node, party: str, node_id: str) -> list[Card]:
    held = node.agreements.all(node.clock.now())
    return [card for one in held if (found := one.programme.party(party)) for card in found.nodes if card.id == node_id]
