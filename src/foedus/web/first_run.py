"""The first page of all: makes a node and its first administrator, for whoever has the token that the command printed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from foedus.errors import FoedusError, InvalidProgramme, TrustError
from foedus.node import programmes
from foedus.node.setup import Setup, Wanted, parties_in
from foedus.web.guard import Guard
from foedus.web.pages.field import NONE, Refusal
from foedus.web.render import STATIC, environment
from foedus.web.words import LANGUAGES, Words, preferred

_FIELDS = Wanted.__struct_fields__
_CODES = {
    "programme-missing": "programme", "not-a-party": "party", "node-name": "name", "node-port": "port", "person-name": "person",
    "password-weak": "password",
}  # fmt: skip
_USUAL = {"name": "main", "port": "8843"}
_MAX_BODY = 64 * 1024


def application(setup: Setup) -> ASGIApp:
    """Return the form as an ASGI application; it is for loopback, and checks that it is asked there."""

    async def endpoint(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_BODY:
                return Response(status_code=413)
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        words = Words(_language(query | form, request))
        answer = await run_in_threadpool(_answered, setup, words, query, form)
        # Once the last page is on its way nothing more is asked here.
        if setup.made is not None:
            setup.done.set()
        return answer

    routes = [Route("/", endpoint, methods=["GET", "POST"]), Mount("/static", StaticFiles(directory=STATIC))]
    return Guard(Starlette(routes=routes))


def _language(given: dict[str, str], request: Request) -> str:
    wanted = given.get("language", "")
    return wanted if wanted in LANGUAGES else preferred(request.headers.get("accept-language", ""))


def _answered(setup: Setup, words: Words, query: dict[str, str], form: dict[str, str]) -> Response:
    try:
        setup.admit(form.get("token", query.get("token", "")))
        if not form:
            return _page(setup, words, {name: query.get(name, _USUAL.get(name, "")) for name in _FIELDS})
        return _made(setup, words, form)
    except TrustError as error:
        return _shown(words, {"step": "refused", "code": error.code}, 403)


def _made(setup: Setup, words: Words, form: dict[str, str]) -> Response:
    typed = {name: form.get(name, "").strip() for name in _FIELDS} | {"password": form.get("password", "")}
    try:
        made = setup.make(setup.token, Wanted(**typed))
    except TrustError:
        raise
    except InvalidProgramme as error:
        return _page(setup, words, typed, Refusal(error.code, "programme"))
    except FoedusError as error:
        return _page(setup, words, typed, Refusal(error.code, _CODES.get(error.code, "")))
    pages = f"http://localhost:{setup.address[1]}/"
    return _shown(words, {"step": "made", "made": made, "web": setup.web, "pages": pages, "person": typed["person"]})


def _page(setup: Setup, words: Words, typed: dict[str, str], refused: Refusal = NONE) -> Response:
    """Show the form: first the programme, then, of its parties, the rest."""
    parties: dict[str, str] = {}
    if typed["programme"] and refused.field != "programme":
        try:
            parties = parties_in(typed["programme"], words.language)
        except FoedusError as error:
            refused = Refusal(error.code, "programme")
    data = {
        "step": "party" if parties else "programme",
        "typed": typed,
        "refused": refused,
        "parties": parties,
        "shipped": programmes.packaged(),
        "token": setup.token,
        "directory": str(setup.directory),
    }
    return _shown(words, data, 422 if refused.code else 200)


def _shown(words: Words, data: dict[str, Any], status: int = 200) -> Response:
    text = environment().get_template("first-run.html").render(**data, t=words, languages=LANGUAGES)
    return Response(text, status, media_type="text/html")
