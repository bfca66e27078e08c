"""What is new, told to open pages as it comes: server-sent events, numbers alone; pages that get none work all the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from foedus.errors import FoedusError, TrustError
from foedus.node import sessions
from foedus.node.home import Node
from foedus.node.news import MOST, Feed, News
from foedus.node.sessions import Held
from foedus.web.visit import CONTENT, cookie_name, cookies_of
from foedus.web.words import LANGUAGES, Words

TICK_S = 1.0
BEAT_TICKS = 15
"""After so many ticks without news a line is sent that says nothing: whoever is between must not think that all is over."""
LAST_TICKS = 3_600
MOST_OPEN, MOST_EACH = 200, 20
_RETRY_MS = 5_000
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Streams:
    """The streams of a node's pages.

    Args:
        node: the node.
        tick_s: how often it is looked whether something is new, seconds; no more events go out.
    """

    def __init__(self, node: Node, tick_s: float = TICK_S) -> None:
        self._node = node
        self._tick_s = tick_s
        self._feed = Feed(node)
        self._open: Counter[str] = Counter()

    async def __call__(self, request: Request) -> Response:
        """Open a stream: ``since`` is the row after which something is new."""
        held = await run_in_threadpool(self._whose, request)
        if held is None:
            return Response(status_code=401)
        if not any(held.person.has(role) for role in CONTENT):
            return Response(status_code=403)
        if self._open.total() >= MOST_OPEN or self._open[held.person.name] >= MOST_EACH:
            return Response(status_code=503, headers={"retry-after": "60"})
        since = request.query_params.get("since", "")
        mark = int(since) if since.isascii() and since.isdecimal() and len(since) < 16 else 0
        words = Words(language) if (language := request.query_params.get("lang", "")) in LANGUAGES else Words("en")
        last = request.headers.get("last-event-id", "")
        # Nobody waits for its end when the node stops.
        request.scope.get("extensions", {})["endless"] = {}
        return StreamingResponse(
            self._events(held, mark, words, last), media_type="text/event-stream", headers=_HEADERS
        )

    def _whose(self, request: Request) -> Held | None:
        token = cookies_of(request.headers.get("cookie", "")).get(cookie_name(self._node), "")
        try:
            return sessions.looked_at(self._node, token) if token else None
        except TrustError:
            return None

    async def _events(self, held: Held, mark: int, words: Words, last: str) -> AsyncIterator[bytes]:
        self._open[held.person.name] += 1
        try:
            yield f"retry: {_RETRY_MS}\n\n".encode()
            for tick in range(LAST_TICKS):
                found = await self._asked(self._feed.since, mark)
                if found is not None and (key := _key(found)) != last:
                    last = key
                    yield _event(key, found, words)
                elif tick % BEAT_TICKS == BEAT_TICKS - 1:
                    yield b": here\n\n"
                if (
                    tick % BEAT_TICKS == BEAT_TICKS - 1
                    and await self._asked(sessions.goes_on, self._node, held.id) is False
                ):
                    yield b"event: end\ndata: {}\n\n"
                    return
                await asyncio.sleep(self._tick_s)
        finally:
            self._open[held.person.name] -= 1

    @staticmethod
    async def _asked(ask: Callable[..., Any], *given: Any) -> Any:
        """Ask the node beside the loop; a busy database is asked again at the next tick."""
        try:
            return await run_in_threadpool(ask, *given)
        except FoedusError:
            return None


def said(words: Words, found: News) -> str:
    """Return what is new, in words; empty where nothing is."""
    if not found.new:
        return ""
    if found.new >= MOST:
        return words("news.many", n=MOST - 1)
    return (
        words.count("news.urgent", found.new, urgent=found.urgent)
        if found.urgent
        else words.count("news.new", found.new)
    )


def _key(found: News) -> str:
    return f"{found.new}-{found.urgent}-{found.upto if found.new else found.mark}"


def _event(key: str, found: News, words: Words) -> bytes:
    data = {"new": found.new, "urgent": found.urgent, "upto": found.upto, "said": said(words, found)}
    return b"id: %b\nevent: news\ndata: %b\n\n" % (key.encode(), msgspec.json.encode(data))
