"""Servers that the TAXII bench measures, each in a process of its own.

`python -m tests.bench.taxii_server stub DIRECTORY PORT`: a node whose callers are believed: ``Authorization: Bearer NAME`` is
a partner of that name, or the node's own tool where NAME is ``tool``. `… raw FILE PORT DATABASE`: a bare ASGI application
under the node's own protocol settings, that sends the pages of a file, or pages of rows it reads with bare sqlite3.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import anyio.to_thread
import msgspec
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from foedus.exchange.serving import configured
from foedus.exchange.taxii.server import application
from foedus.model.ports import Caller, Credentials
from foedus.node.backend import Backend
from foedus.node.home import Node

_ROWS = (
    "SELECT b.raw FROM view_row v JOIN blob b ON b.id = v.blob_id JOIN view w ON w.id = v.view_id"
    " WHERE w.name = 'desk|cyber' AND v.added_us > ? ORDER BY v.added_us LIMIT 1000"
)


class Believing(Backend):
    """The node's own backend, without a look at who calls."""

    def identify(self, credentials: Credentials) -> Caller | None:
        """Return the caller that the header names."""
        name = (credentials.authorization or "").partition(" ")[2]
        return Caller(name, self._node.party, "tool") if name == "tool" else Caller(name, name, "partner")


def raw(pages: list[bytes], database: str) -> ASGIApp:
    """Return an application that answers ``/<n>`` with a page, ``/after/<us>`` with rows, and does nothing else."""
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA cache_size = -2048")
    headers = [
        (b"content-type", b"application/taxii+json;version=2.1"),
        (b"cache-control", b"private, no-store"),
        (b"vary", b"Accept, Authorization, Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-taxii-date-added-first", b"2026-06-01T00:00:00.000000Z"),
        (b"x-taxii-date-added-last", b"2026-06-01T00:00:00.000000Z"),
    ]

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        number = int(scope["path"].rpartition("/")[2])
        if scope["path"].startswith("/after/"):
            rows = await anyio.to_thread.run_sync(lambda: connection.execute(_ROWS, (number,)).fetchall())
            body = b",".join([row[0] for row in rows])
        else:
            body = pages[number]
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length, *headers]})
        await send({"type": "http.response.body", "body": body})

    return answer


def main(kind: str, what: str, port: str, database: str = "") -> None:
    """Serve until the process is ended."""
    if kind == "raw":
        app = raw(msgspec.msgpack.decode(Path(what).read_bytes(), type=list[bytes]), database)
        uvicorn.Server(configured(app, "127.0.0.1", int(port), None)).run()
        return
    with Node.open(Path(what)) as node:
        app = application(Believing(node), cursor_secret=node.keys.secret("cursor"), entropy=node.entropy)
        uvicorn.Server(configured(app, "127.0.0.1", int(port), None)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
