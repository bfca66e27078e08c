"""Many rows at once: the one function that PostgreSQL will need in another form (COPY)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import Column, Connection, Table, and_, func, insert, select, update

CHUNK = 500
"""Values in one IN list."""

T = TypeVar("T")


def bulk_insert(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows, given as tuples in the order of ``columns``."""
    if rows:
        quoted = tuple(connection.dialect.identifier_preparer.quote(name) for name in (table.name, *columns))
        connection.exec_driver_sql(_statement(quoted), list(rows))


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


@lru_cache(maxsize=64)
def _statement(quoted: tuple[str, ...]) -> str:
    table, *columns = quoted
    # Names come from our own tables, never from input.
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
