"""What a party hands in: checked and stored before the answer, with work that what else the node holds does not change.

How long an answer takes would tell the party whether a value it sends is held here. So its findings are stored without label,
values and conclusions; these wait (:func:`foedus.node.analyse.take_up`) in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from foedus.engine import run as engine
from foedus.model import instant
from foedus.model.finding import Finding
from foedus.model.room import Records, Room
from foedus.node.analyse import BATCH, arrival, batched, refuse_conflicts
from foedus.node.home import Node
from foedus.node.ingest import settings_of
from foedus.store import handed_in, objects
from foedus.store.engine import Tx
from foedus.store.objects import Placed


def hand_in(
    node: Node,
    room: Room,
    records: Records,
    party: str,
    note: Callable[[Tx, Sequence[tuple[Finding, Placed]]], list[int]],
) -> None:
    """Store the documents among a party's records, batch by batch.

    Args:
        node: the node.
        room: the room they come through.
        records: the records.
        party: whose they are.
        note: called in the transaction of each batch, with what became of it; returns the rows that must wait for their turn.
    """
    at = node.clock.now()
    now_us = instant.to_us(at)
    # Nothing held, no state: what a room says of a document hangs on the document alone.
    nothing = engine.HeldLayers()
    settings = settings_of(node, room, {"owner": party})
    analysis = engine.analyse(room, records, settings=settings, layers=nothing, state=b"", at=at)
    documents = (msgspec.structs.replace(one, owner=party) for one in analysis if one.document)
    for batch in batched(documents, BATCH):
        arrivals = [arrival(room, one, records.source, nothing)._replace(reference_us=now_us) for one in batch]
        with node.store.write() as tx:
            placed = objects.put_apart(tx, arrivals, now_us)
            refuse_conflicts(node, tx, arrivals, placed)
            handed_in.put(tx, note(tx, list(zip(batch, placed, strict=True))))
