"""A real PostgreSQL server for tests: started by the first that needs a database, one a process, stopped at its end.

It listens on a socket in a directory of its own and nowhere else, and waits for no disk: what tests kill are nodes, not it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

USER, TEMPLATE = "foedus", "made"
SWITCH = "FOEDUS_TEST_DATABASE"
"""Where the environment says ``postgresql`` here, whole nodes keep their databases in a server."""
_SETTINGS = ("listen_addresses=", "max_connections=200", "autovacuum_naptime=5s")
_HASTY = ("fsync=off", "full_page_writes=off")


@cache
def binaries() -> Path | None:
    """Where the programs of a server of version 15 or newer are."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    known = sorted((path for path in found if int(path.parent.name) >= 15), key=lambda path: int(path.parent.name))
    return known[-1] if known else None


def missing() -> str:
    """Why there can be no server here; empty where there can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed: pip install 'foedus[postgres]'"
    return "" if binaries() else "PostgreSQL 15 or newer is not installed: apt-get install postgresql"


class Server:
    """A server in a directory; ``durable``: it waits for the disk."""

    def __init__(self, *, durable: bool = False) -> None:
        if why := missing():
            pytest.skip(why)
        self.directory = Path(tempfile.mkdtemp(prefix="foedus-pg-", dir="/tmp"))
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        self._run("initdb", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-U", USER)
        self._settings = _SETTINGS if durable else (*_SETTINGS, *_HASTY)
        self.start()
        atexit.register(self.remove)

    def address(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@/{database}?host={self.directory}"

    def start(self) -> None:
        """Start it, or start it again."""
        settings = (*self._settings, f"unix_socket_directories={self.directory}")
        options = " ".join(f"-c {name}" if not name.endswith("=") else f"-c {name}''" for name in settings)
        self._run("pg_ctl", "-w", "-l", str(self.directory / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        self._run("pg_ctl", "-m", "immediate", "stop")

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement outside any transaction."""
        import psycopg

        with psycopg.connect(self.address(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def remove(self) -> None:
        """Stop it and take its directory away."""
        atexit.unregister(self.remove)
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*who, str(binaries() / program), "-D", str(self.directory / "data"), *arguments]
        # Into a file: a server that goes on would hold a pipe open.
        with (self.directory / "out").open("wb") as said:
            subprocess.run(command, check=True, stdout=said, stderr=said, cwd="/")


@cache
def server() -> Server:
    """This process's server, with an empty store to make others from."""
    from foedus.store.engine import Store

    started = Server()
    started.sql(f"CREATE DATABASE {TEMPLATE}")
    Store.open(started.directory, database=started.address(TEMPLATE)).close()
    return started


_free: list[str] = []
_given: dict[Path, str] = {}

# Emptied and used again: to make a database takes as long as what most tests do with it.
_EMPTY = """
DO $$
DECLARE held record; filled boolean;
BEGIN
  FOR held IN SELECT quote_ident(relname) AS name, relkind FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') LOOP
    IF held.relkind = 'S' THEN
      PERFORM setval(held.name::regclass, 1, false);
    ELSE
      EXECUTE 'SELECT EXISTS (SELECT FROM ' || held.name || ')' INTO filled;
      IF filled THEN EXECUTE 'DELETE FROM ' || held.name; END IF;
    END IF;
  END LOOP;
END $$
"""


def database_of(directory: Path) -> str:
    """The address of the database that stands for a directory; empty when first asked for."""
    if directory not in _given:
        _given[directory] = _free.pop() if _free else _made()
    return _given[directory]


def chosen(directory: Path) -> str:
    """The address of the database of a node in a directory; empty, unless tests of nodes are to run on PostgreSQL."""
    return database_of(directory) if os.environ.get(SWITCH) == "postgresql" else ""


def copy_of(settings: Path) -> None:
    """Give a node that was copied with its directory a copy of its database as well, where that is not in it."""
    text = settings.read_text(encoding="utf-8")
    held = re.search(r'(?m)^database = "(postgresql:.+)"$', text)
    if held is not None:
        name = f"c{os.urandom(8).hex()}"
        _leave(_name(held[1]))
        server().sql(f"CREATE DATABASE {name} TEMPLATE {_name(held[1])} STRATEGY FILE_COPY")
        settings.write_text(text.replace(held[1], server().address(name)), encoding="utf-8")


def take_back() -> None:
    """Empty the databases that stood for directories, for others."""
    for address in _given.values():
        name = _name(address)
        _leave(name)
        server().sql(_EMPTY, name)
        _free.append(address)
    _given.clear()


def _leave(name: str) -> None:
    """Send away whoever is connected to a database; nodes come back when they need it."""
    server().sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def _made() -> str:
    address = server().address(f"d{len(_given) + len(_free)}_{os.urandom(4).hex()}")
    server().sql(f"CREATE DATABASE {_name(address)} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    return address


def _name(address: str) -> str:
    return address.split("/")[3].split("?", maxsplit=1)[0]
