"""TAXII 2.1 client, pulling: resumes where a committed state says, never by its own clock, and never without an end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin

import msgspec

from foedus.errors import ExchangeError, MalformedRecord
from foedus.exchange.http import TAXII
from foedus.exchange.session import Reply, Session
from foedus.model import ijson, instant
from foedus.model.ports import PullState

ACCEPT = TAXII.decode()
_LIMIT = 1_000
_MAX_LIMIT = 5_000
_MAX_EMPTY_PAGES = 100
T = TypeVar("T")


class Page(NamedTuple):
    """What one answer brought: objects as received, what could not be cut out, and the state to commit with them."""

    objects: list[bytes]
    state_after: PullState
    refused: list[ijson.Refused]


class RemoteCollection(msgspec.Struct, frozen=True):
    """A collection as a server describes it."""

    id: str
    title: str
    can_read: bool
    can_write: bool
    alias: str = ""
    description: str = ""


class _Discovery(msgspec.Struct):
    api_roots: list[str] = []


class _Root(msgspec.Struct):
    max_content_length: int


class _Collections(msgspec.Struct):
    collections: list[RemoteCollection] = []


class _Envelope(msgspec.Struct):
    more: bool = False
    next: str = ""


class _Got(NamedTuple):
    """One page as it was read off the wire."""

    objects: list[bytes]
    refused: list[ijson.Refused]
    envelope: _Envelope
    last: str
    hash: str


def api_roots(session: Session, discovery_url: str) -> list[str]:
    """Return the URLs of a server's API roots, relative ones resolved against discovery."""
    found = _resource(session, discovery_url, _Discovery)
    return [urljoin(discovery_url, root) for root in found.api_roots]


def max_content_length(session: Session, root_url: str) -> int:
    """Return how long a body the API root takes."""
    return _resource(session, root_url, _Root).max_content_length


def collections(session: Session, root_url: str) -> list[RemoteCollection]:
    """Return the collections of an API root."""
    return _resource(session, urljoin(root_url, "collections/"), _Collections).collections


def pull(session: Session, collection_url: str, state: PullState) -> Iterator[Page]:
    """Yield the pages of a collection after a state.

    Each page's ``state_after`` is to be written in the transaction that stores its objects; a crash in between costs that one
    page again. Objects are cut out of the answer and not yet checked: whoever stores them reads them strictly.

    Args:
        session: the server.
        collection_url: ``…/collections/<id>/``.
        state: where the last committed page ended; empty at first.

    Raises:
        ExchangeError: the server cannot be reached, or pages in a way that has no end (``taxii-loop``, ``taxii-paging``).
    """
    return _Poll(session, collection_url, state).pages()


class _Poll:
    """One poll of one collection; see :func:`pull`."""

    def __init__(self, session: Session, collection_url: str, state: PullState) -> None:
        self._session = session
        self._url = urljoin(collection_url, "objects/")
        self._state = state
        self._limit = _LIMIT
        # Objects at the date a page ended with, known already: only servers that page by date alone send them again.
        self._known: set[bytes] = set()
        self._last = ""
        self._restarted = False

    def pages(self) -> Iterator[Page]:
        """Yield page after page until the server has no more."""
        empty = 0
        while True:
            got = self._ask()
            if got is None:
                continue
            empty = 0 if got.objects else empty + 1
            if empty > _MAX_EMPTY_PAGES:
                raise _loop("empty pages without an end")
            # An empty page's header says nothing: it may be anything, even the server's clock.
            self._last = got.last if got.objects else self._last
            if not got.envelope.more:
                after = PullState(added_after=self._last or self._state.added_after)
                yield Page(self._new(got.objects), after, got.refused)
                return
            if not got.envelope.next:
                yield from self._by_date(got)
                continue
            self._refuse_loop(got)
            self._state = PullState(self._state.added_after, got.envelope.next, got.hash)
            yield Page(got.objects, self._state, got.refused)

    def _ask(self) -> _Got | None:
        params = {"match[version]": "all", "limit": str(self._limit)}
        if self._state.added_after:
            params["added_after"] = self._state.added_after
        if self._state.next:
            params["next"] = self._state.next
        reply = self._session.get(self._url, params, accept=ACCEPT)
        if reply.status in (400, 404) and self._state.next and not self._restarted:
            # The server forgot the cursor: from the last mark again; what is known is stored idempotently.
            self._restarted = True
            self._state = PullState(self._state.added_after)
            return None
        expect(reply, 200, self._session)
        return _page_of(reply)

    def _refuse_loop(self, got: _Got) -> None:
        if got.envelope.next == self._state.next:
            raise _loop("the same next twice running")
        if got.objects and got.hash == self._state.page_hash:
            raise _loop("the same page twice running")

    def _by_date(self, got: _Got) -> Iterator[Page]:
        """Go on by date, from one microsecond before the last: such servers may give many objects one date."""
        new = self._new(got.objects)
        if not new:
            self._limit *= 2
            if self._limit > _MAX_LIMIT:
                raise ExchangeError(
                    "the server gives more objects one date than a page holds, and no next",
                    code="taxii-paging",
                    hint="the server's fault: report it to its operator",
                )
            return
        if not got.last:
            raise ExchangeError("more without next and without X-TAXII-Date-Added-Last", code="taxii-paging")
        self._known = {hashlib.sha256(raw).digest() for raw in got.objects}
        self._state = PullState(instant.text(_us(got.last) - 1), "", got.hash)
        yield Page(new, self._state, got.refused)

    def _new(self, objects: list[bytes]) -> list[bytes]:
        if not self._known:
            return objects
        return [raw for raw in objects if hashlib.sha256(raw).digest() not in self._known]


def _page_of(reply: Reply) -> _Got:
    objects: list[bytes] = []
    refused: list[ijson.Refused] = []
    envelope = decode(reply.body, _Envelope)
    for piece in ijson.split([reply.body]) if b'"objects"' in reply.body else ():
        if isinstance(piece, ijson.Piece):
            objects.append(piece.raw)
        else:
            refused.append(piece)
    last = reply.headers.get("x-taxii-date-added-last", "")
    if last:
        _us(last)
    return _Got(objects, refused, envelope, last, hashlib.sha256(b"\n".join(objects)).hexdigest())


def _resource(session: Session, url: str, type_: type[T]) -> T:
    reply = session.get(url, accept=ACCEPT)
    expect(reply, 200, session)
    return decode(reply.body, type_)


def expect(reply: Reply, status: int, session: Session) -> None:
    """Refuse an answer of another status, or one that is no TAXII.

    Raises:
        ExchangeError: ``taxii-status`` or ``taxii-media-type``.
    """
    if reply.status != status:
        raise ExchangeError(
            f"the server answered {reply.status}", code="taxii-status", where="HTTP", hint="check URL and rights"
        )
    type_ = reply.headers.get("content-type", "").split(";")[0].strip().lower()
    if type_ == "application/json":
        session.warn("the server sends application/json instead of TAXII's media type")
    elif type_ != "application/taxii+json":
        raise ExchangeError("the answer is no TAXII", code="taxii-media-type", hint="is this a TAXII 2.1 server?")


def decode(body: bytes, type_: type[T]) -> T:
    """Return a typed resource.

    Raises:
        ExchangeError: ``taxii-malformed``.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ExchangeError("the answer is no resource of TAXII", code="taxii-malformed") from error


def _us(text: str) -> int:
    try:
        return instant.parse_ns(text) // 1_000
    except MalformedRecord as error:
        raise ExchangeError("X-TAXII-Date-Added-Last is no instant", code="taxii-malformed") from error


def _loop(why: str) -> ExchangeError:
    return ExchangeError(f"the server pages in a circle: {why}", code="taxii-loop", hint="report it to its operator")
