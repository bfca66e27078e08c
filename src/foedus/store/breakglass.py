"""Holds that two persons lifted in need, and their review."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.release_tables import glass


class Broken(NamedTuple):
    """One hold that was lifted; ``second`` empty: asked for by one person so far; ``verdict`` empty: not reviewed."""

    id: str
    programme: str
    party: str
    area: str
    object_id: str
    version: str
    sha256: str
    reason: str
    by: str
    second: str
    at_us: int
    until_us: int
    reviewer: str = ""
    verdict: str = ""


def keep(tx: Tx, kept: Broken) -> None:
    """Keep one, new or as it stands now."""
    values: dict[str, object] = {name: held for name, held in kept._asdict().items() if name != "id"}
    upsert(tx.connection, glass, {"id": kept.id}, values)


def all_broken(read: Read) -> list[Broken]:
    """Return all, the newest first."""
    rows = read.connection.execute(select(*(glass.c[name] for name in Broken._fields)))
    return sorted((Broken._make(row) for row in rows), key=lambda one: (-one.at_us, one.id))


def lifted(read: Read, programme: str, party: str, at_us: int) -> dict[tuple[str, str], int]:
    """Return until when holds on (object id, version) are lifted for a party."""
    which = (glass.c.programme == programme) & (glass.c.party == party) & (glass.c.second != "")
    columns = select(glass.c.object_id, glass.c.version, glass.c.until_us).where(which, glass.c.until_us > at_us)
    rows = read.connection.execute(columns.order_by(glass.c.until_us))
    return {(object_id, version): until_us for object_id, version, until_us in rows}
