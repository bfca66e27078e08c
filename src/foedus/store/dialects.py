"""Where the engines differ below the statements: many rows at once, rows as the driver makes them, what is deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, CursorResult, Integer, LargeBinary, Table, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


def insert_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows, given as tuples in the order of ``columns``: by one statement on SQLite, as one copy on PostgreSQL."""
    quoted = tuple(connection.dialect.identifier_preparer.quote(name) for name in (table.name, *columns))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insert(quoted), list(rows))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_copy(quoted)) as copy:
        copy.set_types([_copied(table.c[name].type) for name in columns])
        for row in rows:
            copy.write_row(row)


def streamed(connection: Connection) -> dict[str, bool]:
    """Return with which options a statement is executed whose rows are large: PostgreSQL hands out all of any other at once."""
    return {} if connection.dialect.name == "sqlite" else {"stream_results": True}


def fetching(result: CursorResult[Any]) -> Callable[[int], Sequence[Any]]:
    """Return what gives the next so many rows, as the driver makes them where it may: SQLAlchemy's cost a third more."""
    cursor = result.cursor
    assert cursor is not None
    # What is streamed is partly in SQLAlchemy's hands.
    return cursor.fetchmany if result.dialect.name == "sqlite" else result.fetchmany


def overwrite_deleted(connection: Connection) -> None:
    """Let what this transaction deletes be overwritten with zeros, not only marked as free; PostgreSQL cannot."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


class PlaceOf(FunctionElement[int]):
    """Where bytes begin in others, from 1 on; 0: nowhere. Arguments: the others, the bytes."""

    type = Integer()
    inherit_cache = True
    name = "place_of"


@compiles(PlaceOf, "sqlite")
def _place_sqlite(element: PlaceOf, compiler: Any, **given: Any) -> str:
    return f"instr({compiler.process(element.clauses, **given)})"


@compiles(PlaceOf, "postgresql")
def _place_postgresql(element: PlaceOf, compiler: Any, **given: Any) -> str:
    where, what = (compiler.process(one, **given) for one in element.clauses)
    return f"position({what} in {where})"


# Names come from our own tables, never from input.
@lru_cache(maxsize=64)
def _insert(quoted: tuple[str, ...]) -> str:
    table, *columns = quoted
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608


@lru_cache(maxsize=64)
def _copy(quoted: tuple[str, ...]) -> str:
    table, *columns = quoted
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"


_COPIED: Sequence[tuple[type[TypeEngine[Any]], str]] = (
    *((Boolean, "bool"), (BigInteger, "int8"), (Integer, "int4")),
    *((LargeBinary, "bytea"), (Text, "text")),
)


def _copied(type_: TypeEngine[Any]) -> str:
    """Return PostgreSQL's name of a column's type."""
    return next(name for known, name in _COPIED if isinstance(type_, known))
