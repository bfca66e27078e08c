"""The description of all addresses (OpenAPI 3.1), made from the routes, their types and what :mod:`described` adds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from foedus.web import twins
from foedus.web.described import DESCRIBED, Given, Said
from foedus.web.pages.page import Page

_REF = "#/components/schemas/{name}"
_ABOUT = (
    "The pages of one node, for its own people, at an address of their machine. Every page has a JSON twin that holds exactly "
    "what it shows, and a CSV twin of its rows. An act is a form with the mark of its session (`csrf`, from `/session.json`); "
    "it answers 303 when it was done, and the page again, with the reason, when it was not."
)


def description(pages: Sequence[Page], cookie: str, version: str) -> dict[str, Any]:
    """Return the description.

    Args:
        pages: all there are.
        cookie: the name of the session's cookie on this node.
        version: the version of the program.
    """
    kinds = [twins.Refused, *(said.twin for said in DESCRIBED.values() if said.twin is not None)]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for page in pages:
        for path, operation in _operations(page):
            paths.setdefault(path, {})[page.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Foedus", "version": version, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": cookie}},
        },
    }


def _operations(page: Page) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a page's addresses: itself, and its twins where it is no file and no act."""
    said = DESCRIBED.get((page.method, page.path), Said())
    schema = {"$ref": _REF.format(name=said.twin.__name__)} if said.twin else {"type": "object"}
    if page.method == "POST":
        yield page.path, _operation(page, said, "", _acted())
    elif said.media == "application/json":
        yield f"{page.path}.json", _operation(page, said, "json", {"200": _body("What it says.", said.media, schema)})
    elif said.media:
        yield page.path, _operation(page, said, "", {"200": _body("The file.", said.media, {"type": "string"})})
    else:
        yield page.path, _operation(page, said, "", {"200": _body("The page.", "text/html", {"type": "string"})})
        if page.path == "/":
            return
        twin = _body("What the page shows.", "application/json", schema)
        yield f"{page.path}.json", _operation(page, said, "json", {"200": twin})
        rows = _body("The rows of the page; of a page without rows its HTML.", "text/csv", {"type": "string"})
        yield f"{page.path}.csv", _operation(page, said, "csv", {"200": rows})


def _operation(page: Page, said: Said, twin: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    doc = " ".join((page.show.__doc__ or "").split("\n\n")[0].split())
    found: dict[str, Any] = {
        "operationId": _id(page, twin),
        "summary": doc,
        "parameters": [*_places(page), *map(_parameter, said.query)],
        "responses": {**answers, **_refused(page)},
        "security": [{"session": []}] if page.who is not None else [],
    }
    if page.who is not None:
        found["x-roles"] = list(page.who)
    if page.method == "POST":
        found["requestBody"] = _form(said, signed=page.who is not None)
    return found


def _id(page: Page, twin: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", page.path) or ["home"]
    return "-".join([page.method.lower(), *words, *([twin] if twin else [])])


def _places(page: Page) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", page.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(one: Given) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": "query",
        "description": one.about,
        "required": one.required,
        "schema": dict(one.schema),
    }


def _form(said: Said, *, signed: bool) -> dict[str, Any]:
    fields = [*said.form, *([Given("csrf", "The mark of the session.", required=True)] if signed else [])]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {one.name: {**one.schema, "description": one.about} for one in fields},
        "required": [one.name for one in fields if one.required],
    }
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def _acted() -> dict[str, Any]:
    return {
        "303": {"description": "Done; where to go.", "headers": {"Location": {"schema": {"type": "string"}}}},
        "200": {"description": "More to say first, or what became of it."},
        "422": {"description": "Not done; the page says why, and keeps what was written."},
    }


def _body(text: str, media: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {media: {"schema": dict(schema)}}}


def _refused(page: Page) -> dict[str, Any]:
    schema = {"$ref": _REF.format(name="Refused")}
    texts = {"400": "Something in the request cannot be.", "404": "Not held, or not there: one answer."}
    if page.who is not None:
        texts |= {
            "401": "Nobody is signed in; a page sends to the sign-in instead.",
            "403": "Not for this role, or refused.",
        }
    return {status: _body(text, "application/json", schema) for status, text in texts.items()}
