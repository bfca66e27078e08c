"""How psycopg is spoken to: connections as the store wants them, results in binary, text that may hold any character.

PostgreSQL keeps no NUL in text, and what partners name things may hold one: it is written as two other characters, so that
all text stays what it was, and sorts as it did.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from psycopg import Error, IsolationLevel, OperationalError
from psycopg.abc import Buffer
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.string import StrBinaryDumper, StrDumper, TextBinaryLoader, TextLoader

__all__ = ["Error", "OperationalError", "Watch", "connected"]

_SETTINGS = (
    # A machine that dies without a word keeps the lock of its node no longer than that.
    *("tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3"),
    # Lists of hundreds of ids are compared one by one in a plan that is made before they are known.
    "plan_cache_mode = force_custom_plan",
    # Parts of one statement come one after the other, each in its order: no workers beside.
    "max_parallel_workers_per_gather = 0",
)


def connected(address: str, connect_s: int, busy_s: float, *, write: bool) -> psycopg.Connection[Any]:
    """Return a connection: one that writes, or one that reads one state per transaction."""
    connection = _open(address, connect_s)
    for setting in (f"lock_timeout = {round(busy_s * 1_000)}", *_SETTINGS):
        connection.execute(f"SET {setting}")
    if connection.execute("SHOW synchronous_commit").fetchall() == [("off",)]:
        connection.execute("SET synchronous_commit = on")
    connection.autocommit = False
    if not write:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
    return connection


class Watch:
    """A connection that asks which transactions are over, for no longer than somebody waits.

    No commit leaves the answer as it was, and no answer comes again after another.
    """

    def __init__(self, address: str, connect_s: int) -> None:
        self._connection = _open(address, connect_s)
        self._poll = select.poll()
        self._poll.register(self._connection.pgconn.socket, select.POLLIN)

    def over(self, wait_s: float) -> bytes | None:
        """Return which transactions are over.

        Raises:
            Error: no answer came in time; there may be one later, so this is of no use any more.
        """
        server = self._connection.pgconn
        server.send_query(b"SELECT pg_current_snapshot()")
        server.flush()
        said = None
        while (result := self._result(server, wait_s)) is not None:
            said = result.get_value(0, 0)
        return said

    def _result(self, server: PGconn, wait_s: float) -> PGresult | None:
        while server.is_busy():
            if not self._poll.poll(wait_s * 1_000):
                raise Error("no answer in time")
            server.consume_input()
        return server.get_result()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _open(address: str, connect_s: int) -> psycopg.Connection[Any]:
    """Return a connection of which every statement is a transaction of its own."""
    wait_s = conninfo_to_dict(address).get("connect_timeout", connect_s)
    connection = psycopg.connect(
        address, autocommit=True, client_encoding="UTF8", application_name="foedus", connect_timeout=wait_s
    )
    for dumper in (_Dumper, _BinaryDumper):
        connection.adapters.register_dumper(str, dumper)
    for name in ("text", "varchar"):
        connection.adapters.register_loader(name, _Loader)
        connection.adapters.register_loader(name, _BinaryLoader)
    connection.cursor_factory = _Cursor
    connection.server_cursor_factory = _ServerCursor
    return connection


def _written(text: str) -> str:
    r"""Return text without NUL, in the order of the texts: U+0001 is the sign of it, and stands for itself as a pair.

    >>> _written("a") < _written("a\x00") < _written("a\x00b") < _written("a\x01") < _written("a\x02")
    True
    """
    if "\x00" in text or "\x01" in text:
        return text.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01")
    return text


def _read(text: str) -> str:
    r"""Return the text that was written.

    >>> _read(_written("\x00\x01\x02")) == "\x00\x01\x02"
    True
    """
    return text.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01") if "\x01" in text else text


class _Dumper(StrDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_written(obj))


class _BinaryDumper(StrBinaryDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_written(obj))


class _Loader(TextLoader):
    def load(self, data: Buffer) -> str | bytes:
        text = super().load(data)
        return _read(text) if isinstance(text, str) else text


class _BinaryLoader(TextBinaryLoader):
    def load(self, data: Buffer) -> str | bytes:
        text = super().load(data)
        return _read(text) if isinstance(text, str) else text


class _Cursor(psycopg.Cursor[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.format = Format.BINARY


class _ServerCursor(psycopg.ServerCursor[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.format = Format.BINARY
