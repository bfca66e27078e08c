"""Where an object is shown, and was: one question each over all release views, for people of the own party."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from foedus.store.engine import Read
from foedus.store.tables import view, view_past, view_row

_RELEASED = view.c.name.startswith("released|")


class Showing(NamedTuple):
    """A row of a release view that is, or was; ``withdrawn_us`` None: it is there, until ``expires_us`` where there is an end."""

    view: str
    finding_seq: int
    added_us: int
    expires_us: int | None
    withdrawn_us: int | None = None


def showings(read: Read, object_id: str) -> list[Showing]:
    """Return every row of every release view that shows an object or did, the newest first."""
    now = (
        select(view.c.name, view_row.c.finding_seq, view_row.c.added_us, view_row.c.expires_us)
        .join(view, view.c.id == view_row.c.view_id)
        .where(view_row.c.object_id == object_id, _RELEASED)
    )
    past = (
        select(
            view.c.name,
            view_past.c.finding_seq,
            view_past.c.added_us,
            view_past.c.expires_us,
            view_past.c.withdrawn_us,
        )
        .join(view, view.c.id == view_past.c.view_id)
        .where(view_past.c.object_id == object_id, _RELEASED)
    )
    found = [Showing(*row) for statement in (now, past) for row in read.connection.execute(statement)]
    return sorted(found, key=lambda one: (-one.added_us, one.view))
