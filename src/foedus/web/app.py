"""The application: who may see which page, the three forms of each answer, errors that say no content."""

from __future__ import annotations

import hmac
import mimetypes
import os
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import foedus
from foedus.errors import FoedusError, InputError, ReleaseError, StoreError, TrustError
from foedus.node.home import Node
from foedus.picture import sheet
from foedus.web import openapi, render
from foedus.web.answer import Answer, File, Json, Moved, Shown
from foedus.web.guard import Guard
from foedus.web.pages import PAGES
from foedus.web.pages.page import Page
from foedus.web.stream import Streams
from foedus.web.symbols import PATH, Symbols
from foedus.web.visit import Asked, Twin, Visit, cookie_name, cookies_of, form_of, grouped

_MAX_BODY = 256 * 1024
_SUFFIXES: Mapping[str, Twin] = {".json": "json", ".csv": "csv"}


class _Refused(Exception):
    """A request that gets a page of its own: nobody signed in, not for this person, no such page, a form not of ours."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


def application(node: Node) -> ASGIApp:
    """Return the pages of a node's people as an ASGI application; it is for loopback, and checks that it is asked there."""
    mimetypes.add_type("text/javascript", ".mjs")
    routes: list[BaseRoute] = [
        Route(page.path, _endpoint(node, page), methods=[page.method], name=f"{page.method} {page.path}")
        for page in (*PAGES, DESCRIPTION)
    ]
    routes.append(Route("/watch/stream", Streams(node).__call__, methods=["GET"]))
    routes.append(Route(PATH, Symbols(node).__call__, methods=["GET"]))
    static = Mount("/static", _Static(directory=render.STATIC))
    nowhere = Route("/{rest:path}", _endpoint(node, Page("GET", "/", _absent, None)), methods=["GET", "POST"])
    return Guard(_Unsuffixed(Starlette(routes=[static, *routes, nowhere])))


@cache
def _version() -> str:
    """Return what changes in the addresses of our own static files when they change."""
    files = sorted(path for path in render.STATIC.rglob("*") if path.is_file() and "vendor" not in path.parts)
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


class _Static(StaticFiles):
    """Our own files: vendored ones have their version in their path, ours a hash in their address; both never change."""

    def file_response(self, *args: Any, **given: Any) -> Response:
        """Return a file, to be kept by the browser."""
        response = super().file_response(*args, **given)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


class _Unsuffixed:
    """Takes ``.json`` and ``.csv`` off a page's path: every page has both twins under its own name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and not path.startswith("/static/"):
            suffix = next((one for one in _SUFFIXES if path.endswith(one)), "")
            scope = {**scope, "path": path.removesuffix(suffix), "foedus.twin": _SUFFIXES.get(suffix, "")}
        await self._app(scope, receive, send)


def _endpoint(node: Node, page: Page) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        return await run_in_threadpool(_answered, node, page, request, body)

    return endpoint


async def _body(request: Request) -> bytes:
    """Return the body, or as much of it as shows that it is too large."""
    held = b""
    async for chunk in request.stream():
        held += chunk
        if len(held) > _MAX_BODY:
            break
    return held


def _answered(node: Node, page: Page, request: Request, body: bytes) -> Response:
    try:
        visit = Visit(node, _asked(request, body))
    except InputError:
        return Response(status_code=400)
    try:
        _admit(visit, page, request)
        return _sent(visit, page.show(visit))
    except _Refused as refused:
        if refused.status == 401:
            return _to_sign_in(visit)
        return _sent(visit, _said(visit, refused.status, refused.key))
    except FoedusError as error:
        return _sent(visit, _failed(visit, error))
    except Exception:  # noqa: BLE001 — a mistake of this program: its words may hold what a partner sent
        if os.environ.get("FOEDUS_DEBUG"):
            traceback.print_exc()
        return _sent(visit, _said(visit, 500, "error.fault"))


def _asked(request: Request, body: bytes) -> Asked:
    headers = {name.lower(): value for name, value in request.headers.items()}
    twin: Twin = request.scope.get("foedus.twin") or _accepted(headers.get("accept", ""))
    query = grouped(parse_qsl(request.url.query, keep_blank_values=True))
    posted = request.method == "POST" and not headers.get("content-type", "").startswith("application/json")
    form = form_of(body) if posted else {}
    if request.method == "POST" and not posted:
        form = {"json": [body.decode("utf-8", "replace")], "csrf": [headers.get("x-csrf", "")]}
    cookies = cookies_of(headers.get("cookie", ""))
    return Asked(request.method, request.scope["path"], twin, query, form, headers, request.path_params, cookies)


def _accepted(header: str) -> Twin:
    first = header.partition(",")[0].partition(";")[0].strip()
    return "json" if first == "application/json" else "csv" if first == "text/csv" else "html"


def _admit(visit: Visit, page: Page, request: Request) -> None:
    """Let through who may, with a form of their own session.

    Raises:
        _Refused: nobody signed in, not for this person, or a form of another session.
    """
    if page.who is None:
        return
    if visit.someone is None:
        raise _Refused(401, "error.signed-out")
    if not visit.may(*page.who):
        raise _Refused(403, "error.not-yours")
    if request.method == "POST" and not hmac.compare_digest(visit.csrf, visit.value("csrf")):
        raise _Refused(403, "error.form")


def _to_sign_in(visit: Visit) -> Response:
    if visit.asked.twin != "html" or visit.asked.headers.get("hx-request"):
        return Response(msgspec.json.encode({"code": "signed-out"}), 401, media_type="application/json")
    where = visit.asked.path if visit.asked.method == "GET" and visit.asked.path != "/" else ""
    return RedirectResponse(f"/sign-in{f'?next={quote(where)}' if where else ''}", 303)


def _said(visit: Visit, status: int, key: str) -> Shown:
    data = {"status": status, "code": key, "title": visit.words(f"{key}.title"), "text": visit.words(f"{key}.text")}
    return Shown("error.html", data | {"hint": ""}, status=status)


def _failed(visit: Visit, error: FoedusError) -> Shown:
    """Say an error by its code: its words may quote what a partner sent, so of a fault of this side only the code is said."""
    if isinstance(error, StoreError):
        return _said(visit, 503, "error.busy")
    if isinstance(error, ReleaseError) or error.code in (
        "object-unknown",
        "party-unknown",
        "log-unknown",
        "area-unknown",
        "person-unknown",
        "quarantine-unknown",
    ):
        return _said(visit, 404, "error.absent")
    status = 400 if isinstance(error, InputError) else 403 if isinstance(error, TrustError) else error.http_status
    title = visit.words.known(f"code.{error.code}", visit.words("error.refused.title"))
    return Shown(
        "error.html", {"status": status, "code": error.code, "title": title, "text": "", "hint": ""}, status=status
    )


def _absent(visit: Visit) -> Answer:
    return _said(visit, 404, "error.absent")


def _sent(visit: Visit, answer: Answer) -> Response:
    response = _response(visit, answer)
    for name, value in visit.cookies.items():
        own = name == cookie_name(visit.node)
        age = None if own and value else 0 if own else 31_536_000
        response.set_cookie(name, value, max_age=age, secure=own, httponly=True, samesite="strict")
    return response


def _response(visit: Visit, answer: Answer) -> Response:
    if isinstance(answer, Moved):
        return RedirectResponse(answer.to, 303)
    if isinstance(answer, Json):
        return Response(msgspec.json.encode(answer.data), answer.status, media_type="application/json")
    if isinstance(answer, File):
        headers = {"content-disposition": f'attachment; filename="{answer.name}"'}
        return Response(
            answer.body, headers={**headers, "content-security-policy": "sandbox"}, media_type=answer.media_type
        )
    if visit.asked.twin == "json":
        return Response(msgspec.json.encode(answer.data), answer.status, media_type="application/json")
    if visit.asked.twin == "csv" and answer.table is not None:
        return Response("".join(sheet.lines(*answer.table)), answer.status, media_type="text/csv")
    return Response(render.html(visit, answer, version=_version()), answer.status, media_type="text/html")


def _described(visit: Visit) -> Answer:
    """Describe all addresses of these pages (OpenAPI 3.1)."""
    return Json(openapi.description((*PAGES, DESCRIPTION), cookie_name(visit.node), foedus.__version__))


DESCRIPTION = Page("GET", "/openapi", _described, None)
"""The description has a route of its own: it describes all the others."""
