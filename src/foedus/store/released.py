"""Where an object is shown, and was: one question each over all release views, for people of the own party."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import null, select, union_all

from foedus.store.engine import Read
from foedus.store.tables import view, view_past, view_row

_RELEASED = view.c.name.startswith("released|")


class Showing(NamedTuple):
    """A row of a release view that is, or was; ``withdrawn_us`` None: it is there, until ``expires_us`` where there is an end."""

    view: str
    finding_seq: int
    added_us: int
    expires_us: int | None
    label_id: int | None
    withdrawn_us: int | None = None


def showings(read: Read, object_id: str) -> list[Showing]:
    """Return every row of every release view that shows an object or did, the newest first."""
    now, past = (
        select(view.c.name, *(table.c[name] for name in Showing._fields[1:5]), withdrawn)
        .join(view, view.c.id == table.c.view_id)
        .where(table.c.object_id == object_id, _RELEASED)
        for table, withdrawn in ((view_row, null()), (view_past, view_past.c.withdrawn_us))
    )
    found = [Showing(*row) for row in read.connection.execute(union_all(now, past))]
    return sorted(found, key=lambda one: (-one.added_us, one.view))
