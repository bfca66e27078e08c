"""Labels of what is left of findings once their marked parts are torn off."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from foedus.model.label import Label
from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.findings import label_of
from foedus.store.objects import keep_labels, keep_uses
from foedus.store.release_tables import torn


def keep_rest(tx: Tx, rests: Mapping[int, tuple[str, Label]]) -> None:
    """Keep the owner and the label of what is left, by the finding's row."""
    ids = keep_labels(tx, [label for _, label in rests.values()])
    for seq, (_, label) in rests.items():
        upsert(tx.connection, torn, {"finding_seq": seq}, {"label_id": ids[label.hash()]})
    keep_uses(tx, {(ids[label.hash()], owner) for owner, label in rests.values()})


def rest_of(read: Read, seq: int) -> Label | None:
    """Return the label of what is left of a finding, None where nothing can be torn off."""
    label_id = read.connection.scalar(select(torn.c.label_id).where(torn.c.finding_seq == seq))
    return None if label_id is None else label_of(read, label_id)
