"""The node's database as one SQLite file in its directory: connections, changes, storage errors as StoreError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from foedus.errors import StoreError

FILE = "foedus.db"
BUSY_S = 30.0
_READ_CACHE_KIB = 2_048
_WRITE_CACHE_KIB = 16_384


class SqliteFile:
    """A SQLite database (store.engine.Database).

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self.writer = _engine(path, "BEGIN IMMEDIATE", _WRITE_CACHE_KIB, connections=1)
        self.readers = _engine(path, "BEGIN", _READ_CACHE_KIB, connections=8)
        self._watch: sqlite3.Connection | None = None

    def made(self) -> None:
        """Watch for changes from now on."""
        self._watch = sqlite3.connect(self.where, timeout=0, isolation_level=None, check_same_thread=False)

    def changes(self, *, at_once: bool) -> int | None:  # noqa: ARG002 - the file tells without waiting
        """Return a number that stays as long as nobody commits; None where that cannot be said now."""
        try:
            return int(self._watch.execute("PRAGMA data_version").fetchall()[0][0]) if self._watch else None
        except sqlite3.Error:
            return None

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Within it what the database refuses is a StoreError."""
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            cause = str(error.orig if isinstance(error, DBAPIError) else error).lower()
            for sign, code, message, hint in _CASES:
                if sign in cause:
                    raise StoreError(message, code=code, where=self.where, hint=hint) from error
            raise StoreError(
                "the database refused a statement", where=self.where, hint="see the cause; this is a defect"
            ) from error

    def close(self) -> None:
        """Close all connections."""
        if self._watch is not None:
            self._watch.close()
        self.readers.dispose()
        self.writer.dispose()


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
