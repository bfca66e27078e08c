"""The node's database in a PostgreSQL server: connections, changes, storage errors as StoreError.

The driver (psycopg, LGPL) is an extra. An address is libpq's, without a password: who may come in is the server's business,
and what a password lies in (a file only the node may read, a service) is libpq's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from foedus.errors import InputError, StoreError

if TYPE_CHECKING:
    import psycopg

    from foedus.store import postgresql_driver as driver

BUSY_S = 30.0
CONNECT_S = 10
AT_ONCE_S = 0.02
"""How long a server on which somebody waits for other work is given to say whether anything changed."""
MIN_VERSION = 150_000

# One writer over all processes: whoever writes into these tables holds this lock until the end of the transaction.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('foedus ' || current_schema(), 0))"


class PostgresServer:
    """A database in a PostgreSQL server (store.engine.Database).

    Args:
        address: ``postgresql://…``, as libpq reads it.
    """

    def __init__(self, address: str) -> None:
        check(address)
        try:
            from foedus.store import postgresql_driver as driver  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise StoreError(
                "the driver for PostgreSQL is not installed",
                code="store-driver",
                hint="pip install 'foedus[postgres]'",
            ) from error
        self.where = address
        self._driver = driver
        self.writer = _engine(lambda: self._connect(write=True), connections=1)
        self.readers = _engine(lambda: self._connect(write=False), connections=8)
        self._watch: driver.Watch | None = None
        self._watching = threading.Lock()
        self._seen: tuple[bytes | None, int] = (None, 0)

        @event.listens_for(self.writer, "begin")
        def lock(connection: Connection) -> None:
            connection.exec_driver_sql(_LOCK)

    def made(self) -> None:
        """Nothing more to do: who watches for changes connects when asked."""

    def changes(self, *, at_once: bool) -> int | None:
        """Return a number that stays as long as nobody commits; None where that cannot be said now, or not without waiting."""
        wait_s = AT_ONCE_S if at_once else BUSY_S
        if not self._watching.acquire(timeout=wait_s):
            return None
        try:
            if self._watch is None and at_once:
                return None
            self._watch = self._watch or self._driver.Watch(self.where, CONNECT_S)
            over = self._watch.over(wait_s)
        except self._driver.Error:
            self._forget_watch()
            return None
        else:
            if over != self._seen[0]:
                self._seen = (over, self._seen[1] + 1)
            return None if over is None else self._seen[1]
        finally:
            self._watching.release()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Within it what the database refuses is a StoreError; its cause is the state alone, since the server names values."""
        try:
            yield
        except (DBAPIError, self._driver.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise self._refusal(cause) from self._driver.Error(_named(cause))

    def close(self) -> None:
        """Close all connections."""
        with self._watching:
            self._forget_watch()
        self.readers.dispose()
        self.writer.dispose()

    def _forget_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
        # Behind another connection may be another server, on which the same words say something else.
        self._watch, self._seen = None, (None, self._seen[1])

    def _connect(self, *, write: bool) -> psycopg.Connection[Any]:
        connection = self._driver.connected(self.where, CONNECT_S, BUSY_S, write=write)
        if (
            connection.info.server_version < MIN_VERSION
            or connection.info.parameter_status("server_encoding") != "UTF8"
        ):
            connection.close()
            raise StoreError(
                "the database is older than PostgreSQL 15, or its encoding is not UTF-8",
                code="store-unfit",
                where=self.where,
                hint="createdb --encoding=UTF8 --template=template0",
            )
        return connection

    def _refusal(self, error: BaseException | None) -> StoreError:
        # Without a state the driver itself says so: no server answered.
        lost = "08" if isinstance(error, self._driver.OperationalError) else ""
        state = getattr(error, "sqlstate", None) or lost
        for states, code, message, hint in _CASES:
            if state.startswith(states):
                return StoreError(message, code=code, where=self.where, hint=hint)
        return StoreError(
            "the database refused a statement",
            where=self.where,
            hint="see the cause and the server's log; this is a defect",
        )


def _named(error: BaseException | None) -> str:
    diag = getattr(error, "diag", None)
    said = (getattr(diag, name, None) for name in ("sqlstate", "table_name", "constraint_name"))
    return " ".join([type(error).__name__, *filter(None, said)])


def check(address: str) -> None:
    """Refuse what is no address of a PostgreSQL database, or says a password.

    Raises:
        InputError: it is none, or it does; the address is not repeated.

    >>> check("postgresql:///foedus?host=/run/postgresql")
    """
    try:
        parts = urlsplit(address)
        asked = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        secret = parts.password is not None or not asked.isdisjoint({"password", "sslpassword"})
    except ValueError:
        parts, secret = urlsplit(""), False
    if secret:
        raise InputError(
            "the address of the database says a password",
            code="database-password",
            hint="take it out: the server may know the node's user, or it lies in a file that PGPASSFILE names",
        )
    if parts.scheme not in ("postgresql", "postgres"):
        raise InputError(
            "not the address of a PostgreSQL database",
            code="database-address",
            hint="as postgresql:///foedus or postgresql://foedus@db.example/foedus",
        )


def _engine(connect: Callable[[], Any], connections: int) -> Engine:
    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=-1,
        pool_use_lifo=True,
        # A server that went and came back, or a network that forgot an idle connection, is nobody's failed request.
        pool_pre_ping=True,
        # Values of a statement that fails stand in its error otherwise, and with a trace on the screen.
        hide_parameters=True,
        use_native_hstore=False,
    )


_UNREACHABLE = ("08", "28", "3D000", "3F000", "57P")
_CASES: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (("55P03", "57014", "40"), "store-busy", "the database is locked by another process", "end it, then repeat"),
    (("53300",), "store-busy", "the database server takes no more connections", "raise max_connections"),
    (("53100",), "store-full", "no space left for the database", "free disk space, then repeat"),
    (("25006", "42501"), "store-readonly", "the database cannot be written", "check the rights of the node's user"),
    (
        _UNREACHABLE,
        "store-unreachable",
        "the database cannot be reached",
        "check that the server runs, the address, and that the node's user may come in",
    ),
    (("58",), "store-io", "the disk failed under the database", "check the server's disk and log"),
    (("XX001", "XX002"), "store-damaged", "the database is damaged", "restore a copy of it"),
)
