"""Runs an ASGI application under uvicorn so that it learns who connected, and so that no input is without a limit."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from foedus.errors import ExchangeError, InputError
from foedus.exchange.http import Refusal, is_loopback, problem

if TYPE_CHECKING:
    import asyncio

MAX_LINE_BYTES = 64 * 1024
MAX_HEADER_BYTES = 64 * 1024
_STOP_S = 10
ENDLESS = "endless"
"""The extension in the scope of a request whose answer has no end of its own."""


class WithPeer(HttpToolsProtocol):
    """uvicorn's httptools protocol that gives the application the client's certificate.

    It fills the ASGI ``tls`` extension, holds request line and headers to 64 kB, and answers what is no HTTP with an error
    resource. No other implementation does the first: :func:`configured` allows no other.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the certificate once: TLS is done when this is called, and there is no renegotiation in TLS 1.3."""
        super().connection_made(cast("asyncio.Transport", transport))
        ssl_object = transport.get_extra_info("ssl_object")
        der = ssl_object.getpeercert(binary_form=True) if ssl_object else None
        self._tls = {"client_cert_chain": [der] if der else []}
        self._too_long = 0
        self._in_head = False
        self._unfinished_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which keeps a header until it ends: one without an end is cut off here."""
        if self._unfinished_bytes > MAX_LINE_BYTES + MAX_HEADER_BYTES:
            self._too_long = 431
            self.send_400_response("")
            return
        super().data_received(data)
        self._unfinished_bytes = self._unfinished_bytes + len(data) if self._in_head else 0

    def on_message_begin(self) -> None:
        """Put the certificate into the scope of the next request."""
        super().on_message_begin()
        self.scope["extensions"] = {"tls": self._tls}  # type: ignore[dict-item]  # wider than uvicorn declares it
        self._header_bytes = 0
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Begin the request."""
        self._in_head = False
        super().on_headers_complete()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line, up to 64 kB."""
        super().on_url(url)
        if len(self.url) > MAX_LINE_BYTES:
            self._too_long = 414
            raise ValueError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, up to 64 kB of all."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES:
            self._too_long = 431
            raise ValueError
        super().on_header(name, value)

    def shutdown(self) -> None:
        """End an idle connection at once when the server stops: a TLS goodbye would wait for the peer's, up to 30 s.

        So is one whose answer goes on until somebody ends it (extension ``endless``): there is nothing to wait for.
        """
        if self.cycle is None or self.cycle.response_complete or ENDLESS in self.cycle.scope.get("extensions", {}):
            self.transport.abort()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own signature
        """Answer what cannot be read as a request, without repeating any of it."""
        status = self._too_long or 400
        answer = problem(Refusal(status, "request-malformed"), os.urandom)
        head = (
            f"HTTP/1.1 {status} \r\ncontent-type: {answer.content_type.decode()}\r\n"
            f"content-length: {len(answer.body)}\r\ncache-control: private, no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + answer.body)
        self.transport.close()


def configured(app: ASGIApp, host: str, port: int, context: ssl.SSLContext | None) -> uvicorn.Config:
    """Return the one configuration that the node serves with.

    Raises:
        InputError: plain HTTP on an address that is not loopback.
    """
    if context is None and not is_loopback(host):
        raise InputError(
            "plain HTTP only on a loopback address",
            code="tls-required",
            where="endpoint",
            hint="give the node a certificate",
        )
    settings: dict[str, Any] = {"ssl_context_factory": lambda *_: context} if context else {}
    return uvicorn.Config(
        app,
        host,
        port,
        http=WithPeer,
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        # No Server header, and no header of a proxy is believed: the certificate must be the client's own.
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_S,
        **settings,
    )


def serve(app: ASGIApp, host: str, port: int, context: ssl.SSLContext | None = None) -> None:
    """Serve in this thread until SIGINT or SIGTERM; running requests are finished first.

    Raises:
        InputError: plain HTTP on an address that is not loopback.
        ExchangeError: the port is taken or may not be opened.
    """
    with _listening(configured(app, host, port, context)) as (server, listener):
        server.run(sockets=[listener])


@contextlib.contextmanager
def serving(
    app: ASGIApp, host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve in a thread as long as the block runs; gives the base URL, with the port that was free where 0 was asked for.

    Raises:
        InputError: plain HTTP on an address that is not loopback.
        ExchangeError: the port is taken or may not be opened, or the server did not start.
    """
    with _listening(configured(app, host, port, context)) as (server, listener):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="foedus-http")
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise ExchangeError("the server did not start", code="server-start")
                thread.join(0.005)
            where = f"[{host}]" if ":" in host else host
            yield f"{'https' if context else 'http'}://{where}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def _listening(config: uvicorn.Config) -> Iterator[tuple[uvicorn.Server, socket.socket]]:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
        except OSError as error:
            raise ExchangeError(
                "cannot listen on this address", code="port-taken", where=str(config.port), hint="choose another port"
            ) from error
        listener.set_inheritable(True)
        yield uvicorn.Server(config), listener
