"""Serve: TAXII, peers' evidence, the status page; meanwhile pull, let go what people approved, take up what was handed in.

And keep the live sources: see ``live``.
"""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import ssl
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.types import ASGIApp, Receive, Scope, Send

from foedus.errors import FoedusError, InputError
from foedus.exchange import tls
from foedus.exchange.peer import server as peer_server
from foedus.exchange.serving import serve as serve_app
from foedus.exchange.serving import serving
from foedus.exchange.taxii.server import application
from foedus.node.analyse import take_up
from foedus.node.backend import Backend
from foedus.node.exchange import pull
from foedus.node.home import Node
from foedus.node.live import run as run_live
from foedus.node.notify import tell_due
from foedus.node.pairs import Pairs
from foedus.node.peers import pins_of
from foedus.node.release import release_due
from foedus.node.retention import delete_due
from foedus.node.statuspage import status_page

TICK_S = 1.0
LIVE_STOP_S = 20.0


def app_of(node: Node, *, plain: bool) -> ASGIApp:
    """Return the node's ASGI application.

    Args:
        node: the node.
        plain: served without TLS on loopback: own tools and the status page, no peers.
    """
    backend = Backend(node)
    base = "" if plain else node.config.endpoint
    taxii = application(backend, cursor_secret=node.keys.secret("cursor"), base_url=base, entropy=node.entropy)
    peers = peer_server.application(Pairs(node, backend), entropy=node.entropy)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith("/peer/") and not plain:
            await peers(scope, receive, send)
        elif path == "/" and plain and scope["type"] == "http" and scope["method"] == "GET":
            await _html(send, status_page(node))
        else:
            await taxii(scope, receive, send)

    return dispatch


async def _html(send: Send, page: str) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": page.encode()})


def serve(node: Node, *, plain: str = "", poll: bool = True, web: Mapping[str, ASGIApp] = MappingProxyType({})) -> None:
    """Serve until interrupted.

    Args:
        node: the node.
        plain: ``HOST:PORT`` to serve own tools and the status page on without TLS, loopback only; empty: peers, over TLS.
        poll: whether to pull from the peers meanwhile.
        web: pages for people, each served beside at its address (``HOST:PORT``).

    Raises:
        InputError: a plain or web address that is not on loopback.
    """
    stop = threading.Event()
    live = threading.Thread(target=run_live, args=(node, stop), daemon=True)
    live.start()
    # What people approved is released as each countdown ends, what parties handed in is taken up; to ask whether there is any
    # is one look at an index each.
    for act in (release_due, take_up, tell_due):
        threading.Thread(target=_each_second, args=(node, act, stop), daemon=True).start()
    if poll:
        threading.Thread(target=_poll, args=(node, stop), daemon=True).start()
    with contextlib.ExitStack() as stack:
        stack.callback(live.join, LIVE_STOP_S)
        stack.callback(stop.set)
        settled()
        for address, pages in web.items():
            stack.enter_context(serving(pages, *loopback_of(address)))
        if plain:
            host, port = loopback_of(plain)
            serve_app(app_of(node, plain=True), host, port)
        else:
            serve_app(app_of(node, plain=False), node.config.host, node.config.port, context_of(node))


def settled() -> None:
    """Let the collector of garbage pass over what is there by now, which stays as long as the process serves.

    Looking through all of it took a tenth of a second every twentieth page or so, in the middle of somebody's page.
    """
    gc.collect()
    gc.freeze()


def context_of(node: Node) -> ssl.SSLContext:
    """Return the server's TLS context: the CAs of all enrolled parties, certificates asked for but not demanded of tools.

    Each new connection meets the cards of the day, those denied left out, and the node's newest certificate.
    """
    return tls.following(_Door(node).context)


class _Door:
    """The TLS context as the versions accepted and the node's files make it; made anew when one of them changes."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._made: tuple[object, ssl.SSLContext] | None = None

    def context(self) -> ssl.SSLContext:
        try:
            agreements = self._node.agreements.all(self._node.clock.now())
            # The same list is given until something changes.
            since = (agreements, [path.stat().st_mtime_ns for path in self._node.tls_files])
            if self._made is None or self._made[0] != since:
                cas = pins_of(agreements).cas.values()
                self._made = since, tls.server_context(*self._node.tls_files, cas, required=False)
        except (FoedusError, OSError):
            # A busy database, or a certificate that is being written: the next connection tries again.
            if self._made is None:
                raise
        return self._made[1]


def _poll(node: Node, stop: threading.Event) -> None:
    while not stop.wait(node.config.poll_every_s):
        try:
            delete_due(node)
            pull(node)
        except FoedusError:
            # A peer's fault or a busy database: the next turn tries again, and status shows the last exchange.
            continue


def _each_second(node: Node, act: Callable[[Node], object], stop: threading.Event) -> None:
    while not stop.wait(TICK_S):
        try:
            act(node)
        except FoedusError:
            # A busy database: what is due stays due, and nothing goes half.
            continue


def loopback_of(text: str) -> tuple[str, int]:
    """Return host and port of an address of this machine alone.

    Raises:
        InputError: it is no address, or one that others reach.
    """
    host, _, port = text.rpartition(":")
    try:
        if not ipaddress.ip_address(host.strip("[]")).is_loopback:
            raise InputError("plain HTTP is for loopback only", code="plain-not-loopback", hint="name 127.0.0.1:PORT")
        return host.strip("[]"), int(port)
    except ValueError as error:
        raise InputError("not an address", code="address-malformed", where=text, hint="127.0.0.1:8080") from error
