"""Pairs that are frozen, and where own logs were last known to be the newest."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import insert, select, update

from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import freeze, lease


class Freeze(NamedTuple):
    """A frozen pair: programme and peer, the log that was signed twice, since when, and the two statements that show it."""

    programme: str
    peer: str
    log: str
    origin: str
    at_us: int
    first: str
    second: str


def keep_freeze(tx: Tx, kept: Freeze) -> None:
    """Freeze a pair."""
    tx.connection.execute(insert(freeze).values(kept._asdict()))


def freezes(read: Read) -> list[Freeze]:
    """Return what is frozen now, oldest first."""
    columns = select(*(freeze.c[name] for name in Freeze._fields)).where(freeze.c.thawed_us.is_(None))
    return [Freeze._make(row) for row in read.connection.execute(columns.order_by(freeze.c.id))]


def thaw(tx: Tx, programme: str, peer: str, at_us: int) -> None:
    """Lift the freezes of a pair; their statements stay."""
    which = (freeze.c.programme == programme) & (freeze.c.peer == peer) & freeze.c.thawed_us.is_(None)
    tx.connection.execute(update(freeze).where(which).values(thawed_us=at_us))


def put_place(tx: Tx, log: str, place: str) -> None:
    """Keep in which directory an own log is the newest there is; empty: not known."""
    upsert(tx.connection, lease, {"log": log}, {"place": place})


def places(read: Read) -> dict[str, str]:
    """Return what :func:`put_place` kept of each log."""
    return {row.log: row.place for row in read.connection.execute(select(lease.c.log, lease.c.place))}


def place_of(read: Read, log: str) -> str | None:
    """Return what :func:`put_place` kept, None before."""
    return read.connection.scalar(select(lease.c.place).where(lease.c.log == log))
