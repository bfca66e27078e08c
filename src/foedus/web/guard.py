"""What holds for every request and every answer: whose pages may send it here, and what a browser may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOME = "localhost"
_LOOPBACK = frozenset({HOME, "127.0.0.1", "::1"})
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""On every answer."""


class Guard:
    """Lets in what this machine's own pages send, and gives every answer its headers.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with_headers = _headed(send)
        refused = _refused(scope["method"], Headers(scope=scope))
        if refused is not None:
            await _bare(with_headers, *refused)
        elif (away := _to_home(scope)) is not None:
            await _bare(with_headers, 307, away)
        else:
            await self._app(scope, receive, with_headers)


def _refused(method: str, headers: Headers) -> tuple[int] | None:
    """Return the status for what another name or another site's page sends; None where it is ours."""
    host = urlsplit(f"//{headers.get('host', '')}").hostname
    # A name that somebody else's server resolves to this machine is not this machine.
    if host not in _LOOPBACK:
        return (421,)
    if method in ("GET", "HEAD"):
        return None
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return None if site == "same-origin" else (403,)
    ours = origin is None or urlsplit(origin).netloc == headers.get("host")
    return None if ours else (403,)


def _to_home(scope: Scope) -> str | None:
    """Return where a page asked for by address is: one name, one jar of cookies, and passkeys know no addresses."""
    host = urlsplit(f"//{Headers(scope=scope).get('host', '')}")
    if host.hostname == HOME or scope["method"] not in ("GET", "HEAD"):
        return None
    port = f":{host.port}" if host.port else ""
    query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
    path = scope.get("raw_path", b"/").decode("latin-1")
    return f"http://{HOME}{port}/{path.lstrip('/')}{query}"


def _headed(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return with_headers


async def _bare(send: Send, status: int, location: str = "") -> None:
    headers = [(b"content-length", b"0")]
    if location:
        headers.append((b"location", location.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
