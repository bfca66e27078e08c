"""What waits between this node and each party: for people here, for the party to take it, for it to answer a recall."""

from __future__ import annotations

from collections import Counter

import msgspec

from foedus.model import instant
from foedus.node.home import Node
from foedus.node.pending import desks
from foedus.node.queue import on_hold, places_of
from foedus.node.receipts import without_receipt
from foedus.node.view import keep_facets
from foedus.store import recalls


class Waits(msgspec.Struct, frozen=True):
    """How much waits with one party under one programme: findings on hold, what it was sent and did not read, recalls.

    ``recalls`` are those of ours that it did not answer, ``overdue`` those of them whose deadline is past.
    """

    party: str
    programme: str
    on_hold: int
    without_receipt: int
    recalls: int
    overdue: int


def waits(node: Node) -> tuple[Waits, ...]:
    """Return what waits, by party and programme; where nothing does there is no row."""
    held, at_us = _on_hold(node), instant.to_us(node.clock.now())
    with node.store.read() as read:
        own = [info for info in read.logs.logs() if info.own and info.recipient]
        sent = {(info.recipient, info.programme): without_receipt(read, info) for info in own}
        asked = recalls.unanswered(read)
        unsaid = {(one.recipient, one.programme, one.object_id) for one in recalls.waiting(read)}
    called = Counter([*((one.recipient, one.programme) for one in asked), *(one[:2] for one in unsaid)])
    late = Counter((one.recipient, one.programme) for one in asked if one.deadline_us < at_us)
    pairs = sorted({*held, *sent, *called})
    rows = (Waits(*pair, held[pair], sent.get(pair, 0), called[pair], late[pair]) for pair in pairs)
    return tuple(row for row in rows if row.on_hold or row.without_receipt or row.recalls)


def _on_hold(node: Node) -> Counter[tuple[str, str]]:
    """Count what a release run would hold now."""
    found = desks(node, "", "", node.clock.now())
    keep_facets(node, *(desk.policy for desk in found))
    with node.store.read() as read:
        held = [place.desk for some in on_hold(read, places_of(found)) for place, *_ in some]
    return Counter((desk.party, desk.programme) for desk in held)
