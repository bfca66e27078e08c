"""The node's database: transactions, schema; one SQLite file, or a database in a PostgreSQL server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Connection, Engine, insert, select

from foedus.errors import StoreError
from foedus.model.ports import NotAtOnce
from foedus.store import people_tables, release_tables, review_tables, vault_tables  # noqa: F401 - made with the rest of the schema
from foedus.store.logs import Logs
from foedus.store.postgresql import PostgresServer
from foedus.store.sqlite import FILE, SqliteFile
from foedus.store.state_tables import SCHEMA_VERSION, meta
from foedus.store.tables import finding

__all__ = ["FILE", "Database", "Read", "Store", "Tx"]


# Which row another names is said in the tables, and enforced by neither engine: here for the cost, in SQLite by default.
for _table in finding.metadata.tables.values():
    for _constraint in _table.foreign_key_constraints:
        _constraint.ddl_if(dialect="sqlite")


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


class Database(Protocol):
    """What the store needs of an engine; ``where`` is how its errors name the place."""

    where: str
    writer: Engine
    readers: Engine

    def made(self) -> None:
        """Learn that the tables are there."""

    def changes(self, *, at_once: bool) -> int | None:
        """Return a number that stays as long as nobody commits; None where that cannot be said now."""

    def errors(self) -> AbstractContextManager[None]:
        """Within it what the engine refuses is a StoreError."""

    def close(self) -> None:
        """Close all connections."""


class Store:
    """A node's database; open it once a process, use it from any thread.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory, Store.open(Path(directory)) as store:
    ...     with store.read() as read:
    ...         len(read.logs.logs())
    0
    """

    def __init__(self, database: Database, now_us: Callable[[], int] = lambda: 0) -> None:
        self._database = database
        self._writer, self._readers = database.writer, database.readers
        self._now_us = now_us
        self._writing = threading.Lock()
        self._writer_thread: int | None = None
        self._hurried = threading.local()

    @classmethod
    def open(cls, directory: Path, now_us: Callable[[], int] = lambda: 0, database: str = "") -> Self:
        """Open the database of a node's directory; create its tables where there are none.

        Args:
            directory: the node's directory.
            now_us: the instant of each transaction, microseconds.
            database: the address of a PostgreSQL database; empty: the SQLite file in the directory.

        Raises:
            InputError: that is no such address, or it says a password.
            StoreError: it cannot be opened, is damaged, or was written by another version.
        """
        kept = PostgresServer(database) if database else SqliteFile(directory / FILE)
        store = cls(kept, now_us)
        try:
            with store.write() as tx:
                _create(tx.connection, kept.where)
            kept.made()
        except StoreError:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

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
        with self._database.errors(), self._readers.connect() as connection, connection.begin():
            yield Read(connection, self._now_us())

    def changes(self) -> int | None:
        """Return a number that stays as long as nobody, in any process, commits; None where that cannot be said now.

        Ask before reading: what is read afterwards is at least as new. Within :meth:`at_once` it does not wait for a server.
        """
        return self._database.changes(at_once=self._hurries())

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within it a transaction of this thread raises NotAtOnce instead of being opened."""
        self._hurried.now = True
        try:
            yield
        finally:
            self._hurried.now = False

    def _refuse_hurried(self) -> None:
        if self._hurries():
            raise NotAtOnce

    def _hurries(self) -> bool:
        return getattr(self._hurried, "now", False)

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
                with self._database.errors(), self._writer.begin() as connection:
                    tx = Tx(connection, self._now_us())
                    yield tx
                for act in tx.once_durable:
                    act()
            finally:
                self._writer_thread = None


def _create(connection: Connection, where: str) -> None:
    finding.metadata.create_all(connection)
    found = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    if found is None:
        connection.execute(insert(meta).values(name="schema", value=SCHEMA_VERSION))
    elif found != SCHEMA_VERSION:
        raise StoreError(
            f"the database has schema {found}, this version reads {SCHEMA_VERSION}",
            code="schema-version",
            where=where,
            hint="use the version of foedus that wrote it",
        )
