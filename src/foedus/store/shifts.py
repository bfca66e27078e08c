"""Who had the watch: from and to which entry of the private log, and which row of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import insert, select, update

from foedus.store.engine import Read, Tx
from foedus.store.state_tables import shift


class Shift(NamedTuple):
    """A shift; what is of its end is None while it goes on. ``last_entry`` is the entry after its last one."""

    name: str
    person: str
    after: str
    opened_us: int
    first_entry: int
    first_finding: int
    closed_by: str = ""
    closed_us: int | None = None
    last_entry: int | None = None
    last_finding: int | None = None
    to: str = ""


def keep_shift(tx: Tx, kept: Shift) -> None:
    """Keep a shift that begins."""
    tx.connection.execute(insert(shift).values(kept._asdict()))


def end_shift(tx: Tx, ended: Shift) -> None:
    """Keep how a shift ended."""
    tx.connection.execute(update(shift).where(shift.c.name == ended.name).values(ended._asdict()))


def shift_named(read: Read, name: str) -> Shift | None:
    """Return the shift of a name."""
    return next((Shift._make(row) for row in read.connection.execute(_columns.where(shift.c.name == name))), None)


def shift_after(read: Read, name: str) -> Shift | None:
    """Return the shift that took over from one."""
    return shifts_after(read, [name]).get(name)


def shifts_after(read: Read, names: Sequence[str]) -> dict[str, Shift]:
    """Return the shifts that took over from some, by those."""
    rows = read.connection.execute(_columns.where(shift.c.after.in_(names)).order_by(shift.c.id.desc()))
    return {one.after: one for one in map(Shift._make, rows)}


def newest_shifts(read: Read, limit: int) -> list[Shift]:
    """Return shifts, the newest first."""
    return [Shift._make(row) for row in read.connection.execute(_columns.order_by(shift.c.id.desc()).limit(limit))]


_columns = select(*(shift.c[name] for name in Shift._fields))
