"""Holds that two persons lifted in need, and their review."""

from __future__ import annotations

from collections.abc import Collection
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import literal, select, union_all

from foedus.store import recalls
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


class Exceptions(NamedTuple):
    """Until when holds on (object id, version) are lifted, by programme and party; what is called back, by party."""

    lifted: dict[tuple[str, str], dict[tuple[str, str], int]]
    withheld: dict[str, set[tuple[str, str]]]


def exceptions(read: Read, parties: Collection[str], at_us: int) -> Exceptions:
    """Return what people lifted for some parties, and what this node called back from them, in one question."""
    back = recalls.withheld_from(parties).subquery()
    names = ("programme", "party", "object_id", "version", "until_us")
    given = select(*(glass.c[name] for name in names)).where(
        glass.c.party.in_(parties), glass.c.second != "", glass.c.until_us > at_us
    )
    called = select(literal(""), *back.c, literal(0))
    found = Exceptions({}, {})
    # Of several the last one counts, which is the one that ends last.
    rows = read.connection.execute(union_all(given, called)).fetchall()
    for programme, party, object_id, version, until_us in sorted(rows, key=itemgetter(-1)):
        if programme:
            found.lifted.setdefault((programme, party), {})[object_id, version] = until_us
        else:
            found.withheld.setdefault(party, set()).add((object_id, version))
    return found
