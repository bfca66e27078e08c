"""The pages of a served node, visited as a browser without scripts does: cookies, forms and links, nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import lxml.html
from sqlalchemy import event
from starlette.types import ASGIApp

from foedus.exchange.serving import serving
from foedus.model.people import Person
from foedus.node import sessions
from foedus.node.home import Node
from foedus.web.app import application
from foedus.web.visit import cookie_name

SAME_SITE = {"sec-fetch-site": "same-origin"}


@contextlib.contextmanager
def site(node: Node, pages: Callable[[Node], ASGIApp] = application) -> Iterator[str]:
    """Serve a node's pages; gives their address."""
    with serving(pages(node)) as base:
        yield f"http://localhost:{urlsplit(base).port}"


class Visitor:
    """A browser of one person.

    Args:
        node: the node whose pages it visits.
        base: where they are.
        person: who is signed in; None: nobody.
    """

    def __init__(self, node: Node, base: str, person: Person | None = None) -> None:
        self.client = httpx.Client(base_url=base, trust_env=False, timeout=30)
        self.name = cookie_name(node)
        self.cookies: dict[str, str] = {}
        if person is not None:
            self.cookies[self.name] = sessions.open_session(node, person, "password")

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page."""
        return self._kept(self.client.get(path, headers=self._headers(headers)))

    def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        """Send a form, from a page of the same site where nothing else is said."""
        return self._kept(self.client.post(path, data=fields or {}, headers=self._headers({**SAME_SITE, **headers})))

    def form(self, path: str, action: str) -> dict[str, str]:
        """Return the hidden fields of the form on a page that goes to an address."""
        page = lxml.html.fromstring(self.get(path).text)
        [found] = page.xpath(f"//form[@action='{action}']")
        return {one.get("name"): one.get("value") for one in found.xpath(".//input[@type='hidden']")}

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"cookie": held, **{name.replace("_", "-"): value for name, value in more.items()}}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer


@contextlib.contextmanager
def asking(node: Node) -> Iterator[list[str]]:
    """Give the statements that a node's database is asked meanwhile; the begin of a transaction asks nothing."""
    asked: list[str] = []

    def keep(*given: object) -> None:
        if not str(given[2]).startswith("BEGIN"):
            asked.append(str(given[2]))

    engines = (node.store._readers, node.store._writer)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", keep)
    try:
        yield asked
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", keep)


@contextlib.contextmanager
def visiting(node: Node, pages: Callable[[Node], ASGIApp] = application) -> Iterator[Callable[..., Visitor]]:
    """Serve a node's pages; gives what makes a visitor of a person, or of nobody."""
    with site(node, pages) as base, contextlib.ExitStack() as stack:

        def visit(person: Person | None = None) -> Visitor:
            found = Visitor(node, base, person)
            stack.enter_context(found.client)
            return found

        yield visit


def texts(answer: httpx.Response, path: str) -> list[str]:
    """Return the texts of elements of a page."""
    return [" ".join(one.text_content().split()) for one in lxml.html.fromstring(answer.text).xpath(path)]
