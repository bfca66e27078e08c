"""One request of somebody: who it is, in which language, what they ask, and how they want the answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from foedus.errors import InputError, TrustError
from foedus.model.people import Person, Role
from foedus.node import people, sessions
from foedus.node.home import Node
from foedus.web.words import LANGUAGES, Words, preferred

Twin = Literal["html", "json", "csv"]
THEMES = ("auto", "light", "dark")
CONTENT: tuple[Role, ...] = ("analyst", "releaser", "approver", "auditor")
"""Who sees findings: an administrator keeps people and sees none, a liaison sees the view of one partner, on pages apart."""
WRITERS: tuple[Role, ...] = ("analyst", "releaser", "approver")
"""Who writes in reviews: all who see findings but an auditor, who only reads."""

# A text in Japanese that is too long by half still comes through, to be given back with the reason.
_MAX_FORM = 192 * 1024
_FIELDS = 1_000


class Look(NamedTuple):
    """How somebody wants pages: language, light or dark, keys on or off."""

    language: str
    theme: str = "auto"
    keys: bool = True

    def text(self) -> str:
        """Return it as a cookie holds it."""
        return f"{self.language}.{self.theme}.{'keys' if self.keys else 'nokeys'}"


class Asked(NamedTuple):
    """The plain parts of a request."""

    method: str
    path: str
    twin: Twin
    query: Mapping[str, Sequence[str]]
    form: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    place: Mapping[str, str]
    cookies: Mapping[str, str]


class Visit:
    """A request, and who it is of.

    Args:
        node: the node.
        asked: what came.
        apart: whether it came to the pages of liaison officers.
    """

    def __init__(self, node: Node, asked: Asked, *, apart: bool = False) -> None:
        self.node = node
        self.apart = apart
        self.asked = asked
        self.look = _look(asked)
        self.words = Words(self.look.language)
        self.cookies: dict[str, str] = {}
        self.token = asked.cookies.get(cookie_name(node), "")
        self.held = self._held()

    def _held(self) -> sessions.Held | None:
        if not self.token:
            return None
        try:
            return sessions.held(self.node, self.token)
        except TrustError:
            return None

    @property
    def someone(self) -> Person | None:
        """Who it is, or nobody."""
        return self.held.person if self.held else None

    @property
    def person(self) -> Person:
        """Who it is; only where the route lets nobody else through."""
        assert self.held is not None, "the route asks for somebody"
        return self.held.person

    @property
    def csrf(self) -> str:
        """What a form of this session holds; empty where there is no session.

        It hangs on the session and not on its token, which changes with each act: a second tab stays good.
        """
        if self.held is None:
            return ""
        key = self.node.keys.secret("cursor")
        return hmac.digest(key, b"form|" + self.held.id.encode(), hashlib.sha256).hex()

    def may(self, *roles: Role) -> bool:
        """Say whether it is somebody of some role."""
        return self.someone is not None and any(self.someone.has(role) for role in roles)

    def value(self, name: str) -> str:
        """Return a field of the form, else of the query; empty where there is none."""
        held = self.asked.form.get(name) or self.asked.query.get(name) or ("",)
        return held[-1]

    def place(self, name: str) -> str:
        """Return a part of the path."""
        return self.asked.place[name]

    def twin_url(self, twin: str, **changed: str) -> str:
        """Return the address of this page's twin, or of the page itself (empty twin), with values of the query changed."""
        query = {name: values for name, values in self.asked.query.items() if name != "told"}
        query |= {name: [value] if value else [] for name, value in changed.items()}
        path = quote(self.asked.path, safe="/") + (f".{twin}" if twin else "")
        pairs = urlencode([(name, value) for name, values in query.items() for value in values])
        return f"{path}?{pairs}" if pairs else path

    def carries(self, token: str) -> None:
        """Let the session go on under another token."""
        self.token = token
        self.cookies[cookie_name(self.node)] = token

    def act(self) -> Person:
        """Return who acts, freshly shown to be them: by the session, or by the password that came with the form.

        Raises:
            TrustError: too long since they showed who they are (``session-stale``), or not that password.
        """
        password = self.value("password")
        if self.held is not None and not self.held.fresh and password:
            found = people.signed_in(self.node, self.person.name, password)
            self.carries(sessions.confirm(self.node, self.token, found))
        used = sessions.fresh(self.node, self.token)
        self.carries(used.token)
        return used.person


def cookie_name(node: Node) -> str:
    """Return the name of the session's cookie: nodes that share a host share its cookies."""
    return f"__Host-foedus-{node.party}-{node.config.name}"


def form_of(body: bytes) -> dict[str, list[str]]:
    """Return the fields of a posted form.

    Raises:
        InputError: it is too large, or not a form.
    """
    if len(body) > _MAX_FORM:
        raise InputError("the form is too large", code="form-too-large")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError as error:
        raise InputError("not a form", code="form-malformed") from error
    return grouped(pairs)


def grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return values by name."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def cookies_of(header: str) -> dict[str, str]:
    """Return the cookies of a header; none where it cannot be read."""
    try:
        return {name: one.value for name, one in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _look(asked: Asked) -> Look:
    language, _, rest = asked.cookies.get("foedus-look", "").partition(".")
    theme, _, keys = rest.partition(".")
    if language not in LANGUAGES:
        language = preferred(asked.headers.get("accept-language", ""))
    return Look(language, theme if theme in THEMES else "auto", keys != "nokeys")
