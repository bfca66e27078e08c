"""A client of a node's pages for programs of its own people: the same roles, answers and acts, as types.

It speaks to the loopback address of ``node serve --web`` and to no other: beyond this machine the pages are reached by a tunnel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http.cookies import SimpleCookie
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from foedus.errors import ExchangeError, FoedusError, InputError, ReleaseError, StoreError, TrustError
from foedus.node.account import Line
from foedus.node.pending import Waiting
from foedus.node.situation import Seen
from foedus.web import twins

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TIMEOUT_S = 60.0

T = TypeVar("T")


class Client:
    """One person's session with a node; close it after, or use it in a ``with``.

    Args:
        base: the address of the node's pages, as ``http://localhost:8080``.
        token: of a session that is open: ``foedus people sign-in`` keeps one in the file that ``FOEDUS_SESSION`` names.
        language: of titles and sentences, ``en`` or ``ja``.
        transport: how requests go; for tests.

    Raises:
        InputError: not an address of this machine.
    """

    def __init__(
        self, base: str, token: str = "", *, language: str = "en", transport: httpx.BaseTransport | None = None
    ) -> None:
        where = urlsplit(base)
        if where.scheme != "http" or where.hostname not in _LOOPBACK:
            raise InputError("not an address of this machine", code="client-address", where=base, hint="ssh -L")
        home = f"http://localhost:{where.port or 80}"
        self._http = httpx.Client(base_url=home, transport=transport, trust_env=False, timeout=_TIMEOUT_S)
        self._look = f"foedus-look={language}.light.keys"
        self._cookie = ""
        self._token = token
        self._known: twins.Session | None = None

    @classmethod
    def sign_in(cls, base: str, name: str, password: str, *, language: str = "en") -> Self:
        """Return a client with a session of its own; end it with :meth:`sign_out`.

        Raises:
            TrustError: no such person, not that password, or too many tries.
        """
        client = cls(base, language=language)
        try:
            answer = client._send("POST", "/sign-in", form={"name": name, "password": password})
            if answer.status_code != httpx.codes.SEE_OTHER:
                raise TrustError("not signed in", code="sign-in-refused", hint="foedus people list")
        except FoedusError:
            client.close()
            raise
        return client

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; the session stays open."""
        self.close()

    def close(self) -> None:
        """Close its connections; the session stays open."""
        self._http.close()

    def sign_out(self) -> None:
        """End the session."""
        self.act("/sign-out")
        self._token, self._known = "", None

    @property
    def token(self) -> str:
        """The session's token as it is now: each act that asked for a fresh session changed it."""
        return self._token

    def session(self) -> twins.Session:
        """Return who is signed in.

        Raises:
            TrustError: nobody (``signed-out``).
        """
        return self._twin("/session", twins.Session)

    # What the node knows.

    def situation(self, **wanted: str) -> twins.Situated:
        """Return one page of findings; filters as in the page's address: area, kind, owner, urgency, since."""
        return self._twin("/situation", twins.Situated, wanted)

    def findings(self, **wanted: str) -> Iterator[Seen]:
        """Yield all findings that pass the filters, the newest first; the next page is asked for when it is needed."""
        while True:
            found = self.situation(**wanted).situation
            yield from found.items
            if not found.next:
                return
            wanted["after"] = found.next

    def finding(self, object_id: str) -> twins.Found:
        """Return one finding with what is known of it.

        Raises:
            ReleaseError: it is not held.
        """
        return self._twin(f"/finding/{quote(object_id, safe='')}", twins.Found)

    def stix(self, object_id: str, version: str = "") -> bytes:
        """Return the bytes of a finding as they came."""
        return self._file(f"/finding/{quote(object_id, safe='')}/stix", {"version": version})

    def waiting(self, party: str = "") -> Iterator[Waiting]:
        """Yield what waits for people, for one party or all."""
        after = ""
        while True:
            found = self._twin("/release", twins.Queue, {"party": party, "after": after})
            yield from found.items
            after = found.next
            if not after:
                return

    def ledger(self) -> twins.Ledgers:
        """Return how it stands with every partner, every log, and what is due."""
        return self._twin("/ledger", twins.Ledgers)

    def entries(self, log: str) -> Iterator[Line]:
        """Yield the entries of a log, the newest first."""
        before = ""
        while True:
            found = self._twin("/ledger/log", twins.Entries, {"name": log, "before": before})
            yield from found.lines
            if found.earlier is None:
                return
            before = str(found.earlier)

    def proof(self, log: str, seq: int) -> str:
        """Return the proof of an entry, which anybody verifies with the log's public key."""
        return self._file("/ledger/proof", {"name": log, "at": str(seq)}).decode()

    # Programmes.

    def programmes(self) -> twins.SideBySide:
        """Return all programmes of the own party side by side."""
        return self._twin("/programmes", twins.SideBySide)

    def programme(self, word: str = "") -> twins.Board:
        """Return the board of a programme, the first where none is named."""
        return self._twin("/programme", twins.Board, {"programme": word})

    def review(self, word: str = "", period: str = "", on: str = "") -> twins.Review:
        """Return the review of a programme's year."""
        return self._twin("/programme/review", twins.Review, {"programme": word, "period": period, "on": on})

    def review_pdf(self, word: str = "", period: str = "", on: str = "") -> bytes:
        """Return the review on paper, where the node has the extra ``pdf``."""
        return self._file("/programme/review.pdf", {"programme": word, "period": period, "on": on})

    def find(self, text: str) -> twins.Sought:
        """Return the object that has an id, or the values that are written so with the findings that hold them."""
        return self._twin("/find", twins.Sought, {"q": text})

    def statements(self, word: str = "", period: str = "") -> twins.Statements:
        """Return what the parties state for a programme's year, and which reviews were published."""
        return self._twin("/programme/statements", twins.Statements, {"programme": word, "period": period})

    def calendar(self, word: str = "") -> bytes:
        """Return the agenda of a programme (RFC 5545)."""
        return self._file("/programme.ics", {"programme": word})

    def iati(self, word: str = "") -> bytes:
        """Return a programme and its results as an IATI activity."""
        return self._file("/programme/iati.xml", {"programme": word})

    def write(self, review: twins.Review, field: str, text: str) -> None:
        """Write a text of a review that was read before; who wrote there meanwhile is not overwritten.

        Raises:
            InputError: too long, no such field, or somebody wrote meanwhile.
        """
        seen = review.texts.get(field, {}).get("here", {}).get("version", 0)
        form = {"programme": review.word, "period": review.period, "field": field, "seen": str(seen), "text": text}
        self.act("/programme/review", **form)

    # Anything else that /openapi.json describes.

    def read(self, path: str, **query: str) -> Any:
        """Return the JSON twin of any page, as plain values."""
        return self._twin(path, object, query)

    def act(self, path: str, **form: str) -> str:
        """Send a form of the session and return where it led: what the pages can do, by the addresses of ``/openapi.json``.

        Raises:
            FoedusError: it was not done; of the class and code that the node said.
        """
        known = self._known = self._known or self.session()
        answer = self._send("POST", path, form={**form, "csrf": known.csrf})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise self._error(answer, f"{path}: not done")
        return answer.headers["location"]

    def _twin(self, path: str, of: type[T], query: Mapping[str, str] | None = None) -> T:
        answer = self._got(f"{path}.json", query)
        try:
            return msgspec.json.decode(answer.content, type=of, strict=False)
        except msgspec.MsgspecError as error:
            raise ExchangeError(
                "not what this version of the client reads", code="client-version", where=path
            ) from error

    def _file(self, path: str, query: Mapping[str, str]) -> bytes:
        return self._got(path, query).content

    def _got(self, path: str, query: Mapping[str, str] | None) -> httpx.Response:
        given = {name: value for name, value in (query or {}).items() if value}
        answer = self._send("GET", path, query=given)
        if answer.status_code != httpx.codes.OK:
            raise self._error(answer, path)
        return answer

    def _send(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a request as the session, and keep what the answer makes of it.

        Raises:
            ExchangeError: the node did not answer.
        """
        try:
            headers = {"cookie": self._cookies(), "accept": "application/json", "sec-fetch-site": "same-origin"}
            answer = self._http.request(method, path, params=query or None, data=form, headers=headers)
        except httpx.HTTPError as error:
            raise ExchangeError(
                "the node did not answer", code="client-unanswered", where=path, retryable=True
            ) from error
        self._keep(answer)
        return answer

    def _cookies(self) -> str:
        if self._token and not self._cookie:
            self._cookie = self._name()
        return "; ".join([self._look, *([f"{self._cookie}={self._token}"] if self._token else [])])

    def _name(self) -> str:
        """Return what the session's cookie is called on this node."""
        try:
            described = self._http.get("/openapi.json")
            return str(msgspec.json.decode(described.content)["components"]["securitySchemes"]["session"]["name"])
        except (httpx.HTTPError, msgspec.MsgspecError, KeyError, TypeError) as error:
            raise ExchangeError("no node of this kind answers there", code="client-unanswered") from error

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            for name, held in SimpleCookie(line).items():
                if name.startswith("__Host-foedus-"):
                    self._cookie, self._token = name, held.value

    @staticmethod
    def _error(answer: httpx.Response, where: str) -> FoedusError:
        """Return what the node said as the error that it is."""
        try:
            said = msgspec.json.decode(answer.content, type=dict[str, Any])
        except msgspec.MsgspecError:
            said = {}
        refused = said.get("refused") or ""
        inner = refused.get("code", "") if isinstance(refused, dict) else refused
        code = str(inner or said.get("code") or "refused").removeprefix("error.")
        kind = _KINDS.get(answer.status_code, InputError if answer.is_client_error else ExchangeError)
        # A page that says why beside what it shows has a title of its own, which is no reason.
        text = str(said.get("title") or "") if not inner else ""
        return kind(text or f"the node answered {answer.status_code}", code=code, where=where)


_KINDS: Mapping[int, type[FoedusError]] = {
    401: TrustError, 403: TrustError, 404: ReleaseError, 409: TrustError, 503: StoreError,
}  # fmt: skip
