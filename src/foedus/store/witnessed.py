"""The newest state of each partner's log that this node vouches for."""

from __future__ import annotations

from sqlalchemy import delete, select

from foedus.model.entry import Checkpoint
from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import witnessed


def keep_witnessed(tx: Tx, log: str, seen: Checkpoint) -> None:
    """Keep a cosigned checkpoint as the newest of a log; whoever calls compared it with the one before, in this transaction."""
    facts: dict[str, object] = {name: getattr(seen, name) for name in Checkpoint.__struct_fields__}
    upsert(tx.connection, witnessed, {"log": log}, facts)


def witnessed_of(read: Read, log: str) -> Checkpoint | None:
    """Return what was last cosigned of a log, with the cosignature."""
    columns = select(*(witnessed.c[name] for name in Checkpoint.__struct_fields__))
    row = read.connection.execute(columns.where(witnessed.c.log == log)).one_or_none()
    return None if row is None else Checkpoint(*row)


def forget_witnessed(tx: Tx, log: str) -> None:
    """Forget what was cosigned of a log: people let it go on from what is held."""
    tx.connection.execute(delete(witnessed).where(witnessed.c.log == log))
