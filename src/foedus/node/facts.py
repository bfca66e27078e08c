"""What the ledger and people's decisions say that bears on a decision: read for a recipient and an area, given to ``release``."""

from __future__ import annotations

from datetime import datetime

from foedus.model import instant
from foedus.model.decision import Facts
from foedus.node.acts import held_back
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.limits import counts_of
from foedus.store import recalls
from foedus.store.engine import Read


def facts_of(node: Node, read: Read, agreement: Agreement, party: str, area: str, at: datetime) -> Facts:
    """Return the facts before the first finding of an area is decided on for a party."""
    log = f"{agreement.programme.id}|{node.party}|{party}"
    known = read.logs.log(log) is not None
    counts = counts_of(read, agreement, log, area, instant.to_us(at)) if known else {}
    held = held_back(read, agreement.programme.id, party)
    return Facts(sender=node.party, counts=counts, held=held, recalled=recalls.withheld(read, party))
