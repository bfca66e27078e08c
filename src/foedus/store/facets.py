"""What lists can be filtered by: labels and owners in use, from the small table that says so; no finding is counted."""

from __future__ import annotations

from sqlalchemy import select

from foedus.model.label import Label
from foedus.store.engine import Read
from foedus.store.findings import label_of_row
from foedus.store.tables import label, label_use


def labels_in_use(read: Read) -> list[tuple[int, Label]]:
    """Return the labels that findings have, by id."""
    used = select(label_use.c.label_id)
    rows = select(label.c.id, label.c.canonical).where(label.c.id.in_(used)).order_by(label.c.id)
    return [(id_, label_of_row(canonical)) for id_, canonical in read.connection.execute(rows)]


def owners_in_use(read: Read) -> list[str]:
    """Return whose labelled findings are held, by name."""
    return sorted(read.connection.scalars(select(label_use.c.owner).distinct()))
