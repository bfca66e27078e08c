"""What the node's people do is entered in its private log, in the transaction that does it."""

from __future__ import annotations

from typing import Any

from foedus.account.bodies import Body, draft
from foedus.account.ledger import append
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.node.home import Node
from foedus.store.engine import Tx


def enter(node: Node, tx: Tx, body: type[Body], **facts: Any) -> None:
    """Enter a body of a kind, now."""
    at = node.clock.now()
    made = body(at=instant.text(instant.to_us(at)), **facts)
    append(tx.logs, MASTER, [draft(made)], at=at, entropy=node.entropy)
