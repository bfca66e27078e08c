"""Live sources: how far each was taken, and when it was not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select

from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.state_tables import live_place, outage, room_state

MAX_OUTAGES = 1_000
"""Of each source, the latest."""


class Place(NamedTuple):
    """How far a stream was taken: bytes in files of records, bytes and lines analysed; when something last came."""

    recorded: int = 0
    analysed: int = 0
    lines: int = 0
    heard_us: int = -1


class Outage(NamedTuple):
    """A time in which a source was not there, and why: ``lost``, ``quiet`` or ``stopped``."""

    from_us: int
    to_us: int
    cause: str


def place_of(read: Read, source: str) -> Place:
    """Return how far a stream was taken."""
    columns = (live_place.c[name] for name in Place._fields)
    row = read.connection.execute(select(*columns).where(live_place.c.source == source)).one_or_none()
    return Place() if row is None else Place(*row)


def put_place(tx: Tx, source: str, place: Place) -> None:
    """Keep how far a stream was taken, in the transaction of what was concluded from it."""
    upsert(tx.connection, live_place, {"source": source}, dict(place._asdict()))


def outages(read: Read, source: str, limit: int = MAX_OUTAGES) -> Sequence[Outage]:
    """Return the outages of a source, the latest first."""
    columns = select(outage.c.from_us, outage.c.to_us, outage.c.cause).where(outage.c.source == source)
    return [Outage(*row) for row in read.connection.execute(columns.order_by(outage.c.from_us.desc()).limit(limit))]


def outages_of(read: Read, sources: Sequence[str], limit: int) -> dict[str, list[Outage]]:
    """Return the latest outages of each of some sources; those without any are absent."""
    place = func.row_number().over(partition_by=outage.c.source, order_by=outage.c.from_us.desc()).label("place")
    columns = select(outage.c.source, outage.c.from_us, outage.c.to_us, outage.c.cause, place)
    ranked = columns.where(outage.c.source.in_(sources)).subquery()
    found: dict[str, list[Outage]] = {}
    rows = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.source, ranked.c.place)
    for row in read.connection.execute(rows):
        found.setdefault(row.source, []).append(Outage(row.from_us, row.to_us, row.cause))
    return found


def put_outage(tx: Tx, source: str, one: Outage) -> None:
    """Keep an outage, and let go of those that are too many."""
    upsert(tx.connection, outage, {"source": source, "from_us": one.from_us}, {"to_us": one.to_us, "cause": one.cause})
    begins = select(outage.c.from_us).where(outage.c.source == source).order_by(outage.c.from_us.desc())
    oldest = tx.connection.scalar(begins.offset(MAX_OUTAGES).limit(1))
    if oldest is not None:
        tx.connection.execute(delete(outage).where((outage.c.source == source) & (outage.c.from_us <= oldest)))


def state_version(read: Read, room: str) -> int:
    """Return the version of a room's state without the state, which may be large."""
    return read.connection.scalar(select(room_state.c.version).where(room_state.c.room == room)) or 0
