"""Servers that the TAXII bench measures, each in a process of its own.

`python -m tests.bench.taxii_server stub DIRECTORY PORT`: a node whose callers are believed: ``Authorization: Bearer NAME`` is
a partner of that name, or the node's own tool where NAME is ``tool``. `… raw FILE PORT`: a bare ASGI application that sends
the pages of a file, under the node's own protocol settings.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from foedus.exchange.serving import configured
from foedus.exchange.taxii.server import application
from foedus.model.ports import Caller, Credentials
from foedus.node.backend import Backend
from foedus.node.home import Node


class Believing(Backend):
    """The node's own backend, without a look at who calls."""

    def identify(self, credentials: Credentials) -> Caller | None:
        """Return the caller that the header names."""
        name = (credentials.authorization or "").partition(" ")[2]
        return Caller(name, self._node.party, "tool") if name == "tool" else Caller(name, name, "partner")


def raw(pages: list[bytes]) -> ASGIApp:
    """Return an application that answers ``/<n>`` with a page, and does nothing else."""
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
        body = pages[int(scope["path"][1:])]
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length, *headers]})
        await send({"type": "http.response.body", "body": body})

    return answer


def main(kind: str, what: str, port: str) -> None:
    """Serve until the process is ended."""
    if kind == "raw":
        app = raw(msgspec.msgpack.decode(Path(what).read_bytes(), type=list[bytes]))
        uvicorn.Server(configured(app, "127.0.0.1", int(port), None)).run()
        return
    with Node.open(Path(what)) as node:
        app = application(Believing(node), cursor_secret=node.keys.secret("cursor"), entropy=node.entropy)
        uvicorn.Server(configured(app, "127.0.0.1", int(port), None)).run()


if __name__ == "__main__":
    main(*sys.argv[1:4])
