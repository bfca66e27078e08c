"""Questions which values both hold: those of partners for as long as limits count them, and what was learnt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, exists, func, insert, select

from foedus.store.bulk import bulk_insert
from foedus.store.engine import Read, Tx
from foedus.store.state_tables import asked, learnt

HOUR_US = 3_600 * 1_000_000
DAY_US = 24 * HOUR_US


class Asked(NamedTuple):
    """One question that was answered: whose, its session's id, the area, when, how many points both lists had."""

    peer: str
    session: bytes
    area: str
    at_us: int
    points: int


class Used(NamedTuple):
    """How much of the limits of a peer and area is used up: sessions in the last hour, points in the last day."""

    sessions: int
    points: int


class Learnt(NamedTuple):
    """A value that a peer holds as well, and the session that showed it; ``asker`` is the party that asked."""

    peer: str
    asker: str
    session: bytes
    programme: str
    area: str
    at_us: int
    kind: str
    norm: str


def keep_asked(tx: Tx, kept: Asked) -> None:
    """Keep a question, and forget what no limit counts any more."""
    tx.connection.execute(delete(asked).where(asked.c.at_us <= kept.at_us - DAY_US))
    tx.connection.execute(insert(asked).values(kept._asdict()))


def was_asked(read: Read, peer: str, session: bytes, at_us: int) -> bool:
    """Say whether a session of a peer's was used within the last day, whatever others asked meanwhile."""
    which = (asked.c.peer == peer) & (asked.c.session == session) & (asked.c.at_us > at_us - DAY_US)
    return bool(read.connection.scalar(select(exists().where(which))))


def used(read: Read, peer: str, area: str, at_us: int) -> Used:
    """Return how much a peer has asked about an area."""
    which = (asked.c.peer == peer) & (asked.c.area == area)
    sessions = select(func.count()).select_from(asked).where(which, asked.c.at_us > at_us - HOUR_US)
    points = select(func.coalesce(func.sum(asked.c.points), 0)).where(which, asked.c.at_us > at_us - DAY_US)
    return Used(int(read.connection.scalar(sessions) or 0), int(read.connection.scalar(points) or 0))


def keep_learnt(tx: Tx, kept: Iterable[Learnt]) -> None:
    """Keep what a session showed."""
    bulk_insert(tx.connection, learnt, Learnt._fields, [tuple(one) for one in kept])


def learnt_of(read: Read, peer: str, area: str) -> list[Learnt]:
    """Return what was learnt of a peer in an area, newest first."""
    columns = select(*(learnt.c[name] for name in Learnt._fields)).where(learnt.c.peer == peer, learnt.c.area == area)
    rows = read.connection.execute(columns.order_by(learnt.c.at_us.desc(), learnt.c.kind, learnt.c.norm))
    return [Learnt._make(row) for row in rows]
