"""TAXII 2.1 server: eleven endpoints over release views.

The order of checks is one straight line in :meth:`TaxiiServer.answer`: authentication, path and right, method, Accept,
Content-Type and length, parameters, body. It never looks outside the caller's view and never rebuilds an object.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from foedus.errors import FoedusError, InputError, UnsupportedFormat
from foedus.exchange import http
from foedus.exchange.http import Answer, Refusal, Request
from foedus.exchange.taxii import parameters, resources
from foedus.exchange.taxii.cursor import Cursors, Mark, bad_cursor
from foedus.exchange.taxii.negotiate import acceptable, postable
from foedus.exchange.taxii.parameters import Parameters
from foedus.exchange.taxii.paths import Target, found, methods_of
from foedus.model.ports import Credentials, NotAtOnce, TaxiiBackend, ViewQuery

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?", re.ASCII)
_LOGIN = ((b"www-authenticate", b'Basic realm="taxii", charset="UTF-8"'),)
_EVERY_SPEC_VERSION = ("2.0", "2.1")


def application(
    backend: TaxiiBackend,
    *,
    cursor_secret: bytes,
    old_secrets: Sequence[bytes] = (),
    base_url: str = "",
    entropy: Callable[[int], bytes] = os.urandom,
) -> Starlette:
    """Return the TAXII 2.1 server as an ASGI application.

    Args:
        backend: what the node knows; called off the event loop.
        cursor_secret: key of the paging cursors.
        old_secrets: earlier keys whose cursors are still taken.
        base_url: the node's own ``https://host:port``; empty: taken from each request.
        entropy: where error ids come from.
    """
    server = TaxiiServer(backend, Cursors(cursor_secret, old_secrets), base_url, entropy)
    app = Starlette(exception_handlers={Exception: server.broken})
    app.router.default = server
    return app


class TaxiiServer:
    """The ASGI endpoint; made by :func:`application`."""

    def __init__(self, backend: TaxiiBackend, cursors: Cursors, base_url: str, entropy: Callable[[int], bytes]) -> None:
        self._backend = backend
        self._cursors = cursors
        self._base_url = base_url.rstrip("/")
        self._entropy = entropy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: from memory at once, else one hop off the loop for reading, two for writing."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = http.request_of(scope)
        answer = self._at_once(request) if request.method == "GET" else None
        if answer is None:
            answer = await anyio.to_thread.run_sync(self._packed, request, lambda: self.answer(request))
        if isinstance(answer, Target):
            target = answer
            try:
                body = await http.read_body(receive, self._backend.max_content_length)
            except Refusal as refusal:
                answer = http.problem(refusal, self._entropy)
            else:
                if body is None:
                    return
                answer = await anyio.to_thread.run_sync(self._packed, request, lambda: self._add(target, body))
        assert isinstance(answer, Answer)
        await http.send_answer(send, answer)

    async def broken(self, _request: StarletteRequest, _error: Exception) -> Response:
        """Answer for a mistake of our own: the error resource, and nothing about the mistake."""
        answer = http.problem(Refusal(500, "internal"), self._entropy)
        return Response(answer.body, answer.status, {"content-type": answer.content_type.decode()})

    def answer(self, request: Request) -> Answer | Target:
        """Return the answer, or the collection whose POST may now be read.

        Raises:
            Refusal: from the first check that fails, in the order of this module's docstring.
        """
        credentials = Credentials(request.certificate, request.header(b"authorization"))
        caller = self._backend.identify(credentials)
        if caller is None:
            raise Refusal(401, "login-required", "show a client certificate, a token or a password", _LOGIN)
        target = found(self._backend, caller, request)
        methods = methods_of(target.kind)
        if request.method not in methods:
            raise Refusal(405, "method-unknown", headers=((b"allow", ", ".join(methods).encode()),))
        if not acceptable(request.header(b"accept")):
            raise Refusal(406, "accept-unknown", f"accept {resources.VERSION}")
        if request.method == "POST":
            if not postable(request.header(b"content-type"), request.header(b"content-encoding")):
                raise Refusal(415, "content-type-unknown", f"send {resources.VERSION}, not compressed")
            http.check_length(request, self._backend.max_content_length)
            return target
        if request.method == "DELETE":
            return self._delete(target, request)
        return self._get(target, request)

    def _at_once(self, request: Request) -> Answer | Target | None:
        """Return the answer that memory holds, None where there is more to do than a hop to another thread costs."""
        try:
            with self._backend.at_once():
                answer = self._guarded(lambda: self.answer(request))
        except NotAtOnce:
            return None
        return None if isinstance(answer, Answer) and http.compresses(answer, request) else answer

    def _packed(self, request: Request, act: Callable[[], Answer | Target]) -> Answer | Target:
        answer = self._guarded(act)
        return http.compressed(answer, request) if isinstance(answer, Answer) else answer

    def _guarded(self, act: Callable[[], Answer | Target]) -> Answer | Target:
        try:
            return act()
        except Refusal as refusal:
            return http.problem(refusal, self._entropy)
        except FoedusError as error:
            return http.problem(http.refusal_of(error), self._entropy)

    def _get(self, target: Target, request: Request) -> Answer:
        if target.kind == "discovery":
            base = self._base_url or _base_of(request)
            return resources.discovery("Foedus", [f"{base}/{root.path}/" for root in target.roots])
        if target.kind == "root":
            return resources.api_root(target.root, self._backend.max_content_length)
        if target.kind == "status":
            assert target.submission is not None
            return resources.status(target.submission, 200)
        if target.kind == "collections":
            return resources.collections(target.collections)
        if target.kind == "collection":
            return resources.collection(target.collection)
        return self._page(target, request)

    def _page(self, target: Target, request: Request) -> Answer:
        filters = {"object": parameters.OBJECT_FILTERS, "versions": parameters.VERSIONS_FILTERS}
        asked = parameters.read(request.query, filters.get(target.kind, parameters.LIST_FILTERS))
        bound_to = (target.caller.party, target.collection.view, target.kind, target.object_id, *asked.match)
        mark = self._mark(asked, bound_to)
        query = _view_query(target, asked, mark)
        at_us, views = target.at_us, self._backend.views()
        if target.kind in ("objects", "object"):
            key, (body, first_us, last_us, more) = b"objects", views.page(target.collection.view, query, at_us)
        else:
            rows, more = views.rows(target.collection.view, query, at_us)
            first_us, last_us = (rows[0].added_us, rows[-1].added_us) if rows else (None, None)
            manifest = target.kind == "manifest"
            key, body = (
                (b"objects", resources.manifest_lines(rows))
                if manifest
                else (b"versions", resources.version_texts(rows))
            )
        if first_us is None or last_us is None:
            # So that a client which takes its next mark from the header stays where it is.
            reached = max(query.position_us or 0, query.added_after_us or 0)
            return resources.page(key, b"", "", resources.dates(reached, reached))
        cursor = self._cursors.seal(Mark(last_us, query.added_after_us), bound_to) if more else ""
        return resources.page(key, body, cursor, resources.dates(first_us, last_us))

    def _mark(self, asked: Parameters, bound_to: Sequence[str]) -> Mark | None:
        if asked.next is None:
            return None
        mark = self._cursors.open(asked.next, bound_to)
        # A client may leave added_after out once it has a cursor; it may not change it.
        if asked.added_after_us is not None and asked.added_after_us != mark.added_after_us:
            raise bad_cursor()
        return mark

    def _add(self, target: Target, body: bytes) -> Answer:
        try:
            submission = self._backend.add(target.caller, target.root.path, target.collection, body)
        except InputError as error:
            # Also for what is too deep or has too many members: 413 is about Content-Length alone.
            raise Refusal(422 if isinstance(error, UnsupportedFormat) else 400, error.code, str(error)) from error
        return resources.status(submission, 202)

    def _delete(self, target: Target, request: Request) -> Answer:
        asked = parameters.read(request.query, parameters.DELETE_FILTERS)
        query = ViewQuery(
            limit=parameters.MAX_LIMIT,
            ids=(target.object_id,),
            versions=asked.versions or ("all",),
            # Without a word on versions all of the object goes; "the latest spec version" only narrows what was chosen.
            spec_versions=asked.spec_versions or (() if asked.versions else _EVERY_SPEC_VERSION),
        )
        if not self._backend.delete(target.caller, target.collection, target.object_id, query):
            raise Refusal(404, "not-found")
        return Answer(200, b"")


def _view_query(target: Target, asked: Parameters, mark: Mark | None) -> ViewQuery:
    return ViewQuery(
        limit=asked.limit,
        added_after_us=mark.added_after_us if mark else asked.added_after_us,
        position_us=mark.position_us if mark else None,
        ids=(target.object_id,) if target.object_id else asked.ids,
        types=asked.types,
        versions=("all",) if target.kind == "versions" else asked.versions or ("last",),
        spec_versions=asked.spec_versions,
    )


def _base_of(request: Request) -> str:
    # cytaxii2 needs an absolute default; a Host that is none gives relative roots, which the standard allows.
    host = request.header(b"host") or ""
    return f"{request.scheme}://{host}" if _HOST.fullmatch(host) else ""
