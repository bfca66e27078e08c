"""Keys that this node takes no more: from a person's word on, until for ever."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import denied_key


class DeniedKey(NamedTuple):
    """A key as the card wrote it, whose it is, for which role, since when."""

    value: str
    party: str
    role: str
    at_us: int


def deny_key(tx: Tx, denied: DeniedKey) -> None:
    """Keep a denial; the same key again changes nothing that matters."""
    facts: dict[str, object] = {name: held for name, held in denied._asdict().items() if name != "value"}
    upsert(tx.connection, denied_key, {"value": denied.value}, facts)


def denied_keys(read: Read) -> list[DeniedKey]:
    """Return all denials, by key."""
    columns = select(*(denied_key.c[name] for name in DeniedKey._fields)).order_by(denied_key.c.value)
    return [DeniedKey._make(row) for row in read.connection.execute(columns)]
