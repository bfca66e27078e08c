"""The database file: connections, transactions, schema; storage errors as StoreError."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from foedus.errors import StoreError
from foedus.model.ports import NotAtOnce
from foedus.store import people_tables, release_tables, review_tables, vault_tables  # noqa: F401 - made with the rest of the schema
from foedus.store.logs import Logs
from foedus.store.state_tables import SCHEMA_VERSION, meta
from foedus.store.tables import finding

FILE = "foedus.db"
BUSY_S = 30.0
_READ_CACHE_KIB = 2_048
_WRITE_CACHE_KIB = 16_384


class Read:
    """One consistent state of the database, for the length of a ``with store.read()``.

    ``at_us`` is its instant: what was received and may be held no longer is not found. 0 where nobody said one.
    """

    def __init__(self, connection: Connection, at_us: int = 0) -> None:
        self.connection = connection
        self.at_us = at_us
        self.logs = Logs(connection)


class Tx(Read):
    """One write transaction: all of it becomes durable at the end of ``with store.write()``, or nothing."""

    def __init__(self, connection: Connection, at_us: int = 0) -> None:
        super().__init__(connection, at_us)
        self.once_durable: list[Callable[[], None]] = []
        """What is done after the commit, before the caller goes on."""


class Store:
    """A node's database; open it once a process, use it from any thread.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory, Store.open(Path(directory)) as store:
    ...     with store.read() as read:
    ...         len(read.logs.logs())
    0
    """

    def __init__(self, path: Path, now_us: Callable[[], int] = lambda: 0) -> None:
        self.path = path
        self._now_us = now_us
        self._writing = threading.Lock()
        self._writer_thread: int | None = None
        self._hurried = threading.local()
        self._watch: sqlite3.Connection | None = None
        self._writer = _engine(path, "BEGIN IMMEDIATE", _WRITE_CACHE_KIB, connections=1)
        self._readers = _engine(path, "BEGIN", _READ_CACHE_KIB, connections=8)

    @classmethod
    def open(cls, directory: Path, now_us: Callable[[], int] = lambda: 0) -> Self:
        """Open the database of a node's directory; create it where there is none.

        Args:
            directory: the node's directory.
            now_us: the instant of each transaction, microseconds.

        Raises:
            StoreError: it cannot be opened, is damaged, or was written by another version.
        """
        store = cls(directory / FILE, now_us)
        try:
            with store.write() as tx:
                _create(tx.connection, store.path)
            store._watch = sqlite3.connect(store.path, timeout=0, isolation_level=None, check_same_thread=False)
        except StoreError:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close all connections."""
        if self._watch is not None:
            self._watch.close()
        self._readers.dispose()
        self._writer.dispose()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @contextmanager
    def read(self) -> Iterator[Read]:
        """Open a read transaction: what others commit meanwhile is not seen. Keep it short.

        Raises:
            StoreError: the database cannot be read.
        """
        self._refuse_hurried()
        with _storage_errors(self.path), self._readers.connect() as connection, connection.begin():
            yield Read(connection, self._now_us())

    def changes(self) -> int | None:
        """Return a number that stays as long as nobody, in any process, commits; None where that cannot be said now.

        It never waits. Ask before reading: what is read afterwards is at least as new.
        """
        try:
            return int(self._watch.execute("PRAGMA data_version").fetchall()[0][0]) if self._watch else None
        except sqlite3.Error:
            return None

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within it a transaction of this thread raises NotAtOnce instead of being opened."""
        self._hurried.now = True
        try:
            yield
        finally:
            self._hurried.now = False

    def _refuse_hurried(self) -> None:
        if getattr(self._hurried, "now", False):
            raise NotAtOnce

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open the write transaction: one at a time over all threads and processes.

        Raises:
            StoreError: the database cannot be written, or stayed locked by another process.
        """
        self._refuse_hurried()
        if self._writer_thread == threading.get_ident():
            raise StoreError("a write transaction is open in this thread", code="write-nested", hint="pass its Tx on")
        with self._writing:
            self._writer_thread = threading.get_ident()
            try:
                with _storage_errors(self.path), self._writer.begin() as connection:
                    tx = Tx(connection, self._now_us())
                    yield tx
                for act in tx.once_durable:
                    act()
            finally:
                self._writer_thread = None


def _engine(path: Path, begin: str, cache_kib: int, connections: int) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=-1,
        pool_use_lifo=True,
        # Values of a statement that fails stand in its error otherwise, and with a trace on the screen.
        hide_parameters=True,
        connect_args={"timeout": BUSY_S, "check_same_thread": False, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: Any) -> None:
        # The driver must not open transactions on its own: ours begin explicitly, below.
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"cache_size = -{cache_kib}",
            "wal_autocheckpoint = 4000",
            "journal_size_limit = 67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _create(connection: Connection, path: Path) -> None:
    finding.metadata.create_all(connection)
    found = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    if found is None:
        connection.execute(insert(meta).values(name="schema", value=SCHEMA_VERSION))
    elif found != SCHEMA_VERSION:
        raise StoreError(
            f"the database has schema {found}, this version reads {SCHEMA_VERSION}",
            code="schema-version",
            where=str(path),
            hint="use the version of foedus that wrote it",
        )


_CASES = (
    ("locked", "store-busy", "the database is locked by another process", "end the other writer, then repeat"),
    ("full", "store-full", "no space left for the database", "free disk space, then repeat; nothing was half written"),
    ("readonly", "store-readonly", "the database cannot be written", "check owner and rights of the directory"),
    (
        "unable to open",
        "store-unreachable",
        "the database cannot be opened",
        "check that the directory exists and its rights",
    ),
    ("disk i/o", "store-io", "the disk failed under the database", "check the disk; restore a copy of the directory"),
    ("malformed", "store-damaged", "the database is damaged", "restore a copy of the node's directory"),
    ("not a database", "store-damaged", "the file is no database", "restore a copy of the node's directory"),
)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = str(error.orig if isinstance(error, DBAPIError) else error).lower()
        for sign, code, message, hint in _CASES:
            if sign in cause:
                raise StoreError(message, code=code, where=str(path), hint=hint) from error
        raise StoreError(
            "the database refused a statement", where=str(path), hint="see the cause; this is a defect"
        ) from error
