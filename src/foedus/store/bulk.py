"""Many rows at once, and statements by key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Column, Connection, Table, and_, func, insert, select, update

from foedus.store.dialects import insert_rows

CHUNK = 500
"""Values in one IN list."""

T = TypeVar("T")


def bulk_insert(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows, given as tuples in the order of ``columns``."""
    if rows:
        insert_rows(connection, table, columns, rows)


def first_free(connection: Connection, column: Column[int]) -> int:
    """Return the next id of a table; sound because there is one writer."""
    newest = connection.scalar(select(func.max(column)))
    return 1 if newest is None else int(newest) + 1


def upsert(connection: Connection, table: Table, key: dict[str, object], values: dict[str, object]) -> None:
    """Write the row of a key, new or changed; sound because there is one writer."""
    which = and_(*(table.c[name] == held for name, held in key.items()))
    if connection.execute(update(table).where(which).values(values)).rowcount == 0:
        connection.execute(insert(table).values({**key, **values}))


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield slices small enough for one IN list.

    >>> [len(chunk) for chunk in chunks(range(1_100))]
    [500, 500, 100]
    """
    for start in range(0, len(values), size):
        yield values[start : start + size]
