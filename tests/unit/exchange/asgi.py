"""A synchronous httpx client that calls an ASGI application in this process, without a socket."""

from __future__ import annotations

import anyio
import httpx


class Asgi(httpx.BaseTransport):
    """Runs each request in an event loop of its own; mistakes of the application come back as its 500."""

    def __init__(self, app, client: tuple[str, int] = ("198.51.100.1", 1)) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return anyio.run(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        raw = b"".join([chunk async for chunk in response.stream])
        return httpx.Response(response.status_code, headers=response.headers, content=raw, request=request)


def asgi_client(
    app, base_url: str = "https://node.example", client=("198.51.100.1", 1), **headers: str
) -> httpx.Client:
    return httpx.Client(transport=Asgi(app, client), base_url=base_url, headers=headers)
