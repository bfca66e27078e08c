"""Node to node, beside TAXII: the sender's log of a pair, its checkpoint, proofs, and the receipt that comes back.

mTLS only, under ``/peer/<programme>/``::

    GET  checkpoint                  the newest signed checkpoint, a C2SP note
    GET  entries?start=&limit=       JSON lines {"leaf", "salt", "body"}, base64, from ``start``
    GET  consistency?old=&new=       JSON {"proof": [base64]}
    GET  state?log=                  JSON {"origin", "size", "root", "note"}: a log of the pair as its rows say
    GET  subtrees?log=&at=           JSON {"hashes": [base64]}: subtrees of it, ``level-index`` joined by dots
    GET  returned?start=&limit=      entries of the caller's own log, as this node took them
    POST receipt                     the cosigned checkpoint, answered by one line
    POST add-checkpoint              a checkpoint of the caller's log to cosign, see :mod:`foedus.exchange.witness`
    GET  <origin hash>/checkpoint    what was cosigned of that log last
    POST ask, ask-back               which values both hold, see :mod:`foedus.exchange.asking`

A programme without such a log, hidden or absent, is 404; asking needs no log. What comes in on either side is hostile until
checked: sizes are limited here, signatures and proofs are checked by whoever called.
"""

from __future__ import annotations

import binascii
import os
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, urljoin

import anyio.to_thread
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from foedus.errors import ExchangeError, FoedusError, MalformedRecord
from foedus.exchange import asking, http, trees, witness
from foedus.exchange.http import Answer, Refusal, Request
from foedus.exchange.session import Session
from foedus.model.entry import LogCopy, StoredEntry
from foedus.model.ports import AskedTooOften, Caller, Credentials, LogSide, NotWitnessed, PeerLogs

MAX_ENTRIES = 1_000
MAX_PAGE_BYTES = 8 * 2**20
MAX_NOTE_BYTES = 64 * 1024
MAX_PROOF_HASHES = 63
_JSON, _LINES, _TEXT = b"application/json", b"application/jsonl", b"text/plain; charset=utf-8"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_POSTS = {
    "receipt": MAX_NOTE_BYTES,
    "add-checkpoint": witness.MAX_BODY_BYTES,
    "ask": asking.MAX_QUESTION_BYTES,
    "ask-back": asking.MAX_QUESTION_BYTES,
}
_METHODS = {
    **dict.fromkeys(("checkpoint", "entries", "consistency", "state", "subtrees", "returned"), "GET"),
    **dict.fromkeys(_POSTS, "POST"),
}
# What needs no log to be asked: the first question, and the first checkpoint, of a pair.
_FIRST = ("ask", "ask-back", "add-checkpoint")
_ORIGIN_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LATER_S = b"3600"

_T = TypeVar("_T")


class _Line(msgspec.Struct, frozen=True):
    leaf: bytes
    salt: bytes
    body: bytes


class _Proof(msgspec.Struct, frozen=True):
    proof: list[bytes]


class _Post(NamedTuple):
    """A request whose body may now be read."""

    caller: Caller
    programme: str
    what: str


def application(logs: PeerLogs, *, entropy: Callable[[int], bytes] = os.urandom) -> Starlette:
    """Return the node-to-node server; mount it so that it sees the whole path, ``/peer/...``.

    Args:
        logs: what the node shares with each caller; called off the event loop.
        entropy: where error ids come from.
    """
    server = PeerServer(logs, entropy)
    app = Starlette(exception_handlers={Exception: server.broken})
    app.router.default = server
    return app


class PeerServer:
    """The ASGI endpoint; made by :func:`application`."""

    def __init__(self, logs: PeerLogs, entropy: Callable[[int], bytes]) -> None:
        self._logs = logs
        self._entropy = entropy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = http.request_of(scope)
        answer = await anyio.to_thread.run_sync(self._guarded, lambda: self.answer(request))
        if isinstance(answer, _Post):
            post = answer
            try:
                body = await http.read_body(receive, _POSTS[post.what])
            except Refusal as refusal:
                answer = http.problem(refusal, self._entropy, _JSON)
            else:
                if body is None:
                    return
                answer = await anyio.to_thread.run_sync(self._guarded, lambda: self._posted(post, body))
        assert isinstance(answer, Answer)
        await http.send_answer(send, answer)

    async def broken(self, _request: StarletteRequest, _error: Exception) -> Response:
        """Answer for a mistake of our own, saying nothing about it."""
        answer = http.problem(Refusal(500, "internal"), self._entropy, _JSON)
        return Response(answer.body, answer.status, {"content-type": answer.content_type.decode()})

    def answer(self, request: Request) -> Answer | _Post:
        """Return the answer, or the request whose body may now be read.

        Raises:
            Refusal: 401 without a partner's certificate, then 404, 405, 413, 400.
        """
        # Only the certificate counts here: a token or password never opens the logs of a pair.
        caller = self._logs.identify(Credentials(certificate=request.certificate))
        if caller is None or caller.kind != "partner":
            raise Refusal(401, "certificate-required", "connect with the node's certificate")
        match request.path.split("/"):
            case ["", "peer", programme, what] if programme and what in _METHODS:
                self._spend(caller, what)
            case ["", "peer", programme, origin, "checkpoint"] if programme and _ORIGIN_HASH.fullmatch(origin):
                self._spend(caller, "witnessed")
                return self._witnessed(caller, programme, origin, request.method)
            case _:
                raise _absent()
        # Which programme these name is looked at with their body.
        if what not in _FIRST and not self._known(caller, programme, what):
            raise _absent()
        if request.method != _METHODS[what]:
            raise Refusal(405, "method-unknown", headers=((b"allow", _METHODS[what].encode()),))
        if what in _POSTS:
            http.check_length(request, _POSTS[what])
            return _Post(caller, programme, what)
        read = {"checkpoint": self._checkpoint, "entries": self._entries, "consistency": self._consistency}
        read |= {"state": self._state, "subtrees": self._subtrees, "returned": self._returned}
        return read[what](caller, programme, request.query)

    def _known(self, caller: Caller, programme: str, what: str) -> bool:
        """Say whether the caller may know of anything here; asked before the query is read."""
        if what == "returned":
            return self._logs.holds(caller, programme, "received")
        if what in ("state", "subtrees"):
            return any(self._logs.holds(caller, programme, side) for side in trees.SIDES)
        return self._logs.checkpoint(caller, programme) is not None

    def _spend(self, caller: Caller, what: str) -> None:
        """Count the request, whether or not there is what it asks for."""
        wait_s = self._logs.spend(caller, what)
        if wait_s:
            raise Refusal(429, "peer-too-often", "ask later", ((b"retry-after", str(wait_s).encode()),))

    def _guarded(self, act: Callable[[], Answer | _Post]) -> Answer | _Post:
        try:
            return act()
        except Refusal as refusal:
            return http.problem(refusal, self._entropy, _JSON)
        except FoedusError as error:
            return http.problem(http.refusal_of(error), self._entropy, _JSON)

    def _checkpoint(self, caller: Caller, programme: str, _query: bytes) -> Answer:
        note = self._logs.checkpoint(caller, programme)
        if note is None:
            raise _absent()
        return Answer(200, note.encode(), _TEXT)

    def _entries(self, caller: Caller, programme: str, query: bytes) -> Answer:
        asked = _numbers(query, {"start": 0, "limit": MAX_ENTRIES})
        return _page(self._logs.entries(caller, programme, asked["start"], min(asked["limit"], MAX_ENTRIES)))

    def _returned(self, caller: Caller, programme: str, query: bytes) -> Answer:
        asked = _numbers(query, {"start": 0, "limit": MAX_ENTRIES})
        return _page(self._logs.returned(caller, programme, asked["start"], min(asked["limit"], MAX_ENTRIES)))

    def _consistency(self, caller: Caller, programme: str, query: bytes) -> Answer:
        asked = _numbers(query, {"old": None, "new": None})
        if asked["old"] > asked["new"]:
            raise _malformed("old")
        proof = self._logs.consistency(caller, programme, asked["old"], asked["new"])
        if proof is None:
            raise _absent()
        return Answer(200, msgspec.json.encode(_Proof(list(proof))), _JSON)

    def _posted(self, post: _Post, body: bytes) -> Answer:
        read = {"receipt": self._receipt, "ask": self._ask, "ask-back": self._ask_back, "add-checkpoint": self._add}
        return read[post.what](post, body)

    def _ask(self, post: _Post, body: bytes) -> Answer:
        question = asking.question_of(body)
        try:
            answered = self._logs.ask(post.caller, post.programme, question)
        except AskedTooOften as error:
            raise Refusal(429, "ask-too-often", "ask later", ((b"retry-after", _LATER_S),)) from error
        if answered is None:
            raise _absent()
        return Answer(200, asking.answer_bytes(answered), _JSON)

    def _ask_back(self, post: _Post, body: bytes) -> Answer:
        returned = asking.returned_of(body)
        if not self._logs.ask_back(post.caller, post.programme, returned.session, returned.twice):
            raise _absent()
        return Answer(200, b"{}", _JSON)

    def _add(self, post: _Post, body: bytes) -> Answer:
        handed = witness.submission_of(body)
        try:
            lines = self._logs.witness(post.caller, post.programme, *handed)
        except NotWitnessed as refused:
            if refused.status == 409:
                return Answer(409, b"%d\n" % refused.size, witness.SIZE_TYPE)
            if refused.status == 404:
                raise _absent() from refused
            raise Refusal(refused.status, refused.code) from refused
        return Answer(200, lines.encode(), _TEXT)

    def _witnessed(self, caller: Caller, programme: str, origin: str, method: str) -> Answer:
        note = self._logs.witnessed(caller, programme, origin)
        if note is None:
            raise _absent()
        if method != "GET":
            raise Refusal(405, "method-unknown", headers=((b"allow", b"GET"),))
        return Answer(200, note.encode(), _TEXT)

    def _state(self, caller: Caller, programme: str, query: bytes) -> Answer:
        side, _ = trees.asked(query, places=False)
        found = self._logs.copy(caller, programme, side)
        if found is None:
            raise _absent()
        return Answer(200, msgspec.json.encode(trees.state_of(found)), _JSON)

    def _subtrees(self, caller: Caller, programme: str, query: bytes) -> Answer:
        side, places = trees.asked(query, places=True)
        found = self._logs.subtrees(caller, programme, side, places)
        if found is None:
            raise _absent()
        return Answer(200, msgspec.json.encode(trees.Hashes(list(found))), _JSON)

    def _receipt(self, post: _Post, body: bytes) -> Answer:
        try:
            note = body.decode()
        except UnicodeDecodeError as error:
            raise MalformedRecord("a receipt is UTF-8 text", code="receipt-malformed") from error
        return Answer(200, self._logs.accept(post.caller, post.programme, note).encode() + b"\n", _TEXT)


class PeerClient:
    """The other side of a peer's server, for one programme.

    Args:
        session: to the peer, with our certificate and its CA pinned.
        base_url: the peer's endpoint.
        programme: the programme's word in the path.
    """

    def __init__(self, session: Session, base_url: str, programme: str) -> None:
        self._session = session
        self._url = urljoin(base_url, f"/peer/{programme}/")

    def checkpoint(self) -> str | None:
        """Return the newest checkpoint of the peer's log to us, not yet verified; None where there is no such log.

        Raises:
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        body = self._get("checkpoint", {}, MAX_NOTE_BYTES)
        return None if body is None else _text(body)

    def entries(self, start: int, limit: int = MAX_ENTRIES) -> list[StoredEntry]:
        """Return entries from ``start`` on, as many as the peer gives at once; none: the log ends there, or there is none.

        Raises:
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        return self._page("entries", start, limit)

    def returned(self, start: int, limit: int = MAX_ENTRIES) -> list[StoredEntry]:
        """Return entries of our own log as the peer took them, from ``start`` on.

        Raises:
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        return self._page("returned", start, limit)

    def _page(self, what: str, start: int, limit: int) -> list[StoredEntry]:
        # One entry may go beyond the page's limit, never more.
        body = self._get(what, {"start": str(start), "limit": str(limit)}, 2 * MAX_PAGE_BYTES) or b""
        lines = body.splitlines()
        if len(lines) > limit:
            raise _bad_answer("more entries than were asked for")
        return [StoredEntry(one.leaf, one.salt, one.body) for one in (_decoded(line, _Line) for line in lines)]

    def consistency(self, old: int, new: int) -> Sequence[bytes] | None:
        """Return the consistency proof between two sizes, not yet verified; None where there is none.

        Raises:
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        body = self._get("consistency", {"old": str(old), "new": str(new)}, MAX_NOTE_BYTES)
        if body is None:
            return None
        proof = _decoded(body, _Proof).proof
        if len(proof) > MAX_PROOF_HASHES or any(len(one) != 32 for one in proof):
            raise _bad_answer("not a proof")
        return proof

    def state(self, side: LogSide) -> LogCopy | None:
        """Return the state of the peer's copy of a log of the pair, not yet verified; None where it has none.

        Raises:
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        body = self._get("state", {"log": side}, 2 * MAX_NOTE_BYTES)
        if body is None:
            return None
        found = _decoded(body, trees.State).copy()
        if found is None:
            raise _bad_answer("not a state")
        return found

    def subtrees(self, side: LogSide, wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return subtree hashes of the peer's copy, 256 a request.

        Raises:
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        found: list[bytes] = []
        for start in range(0, len(wanted), trees.MAX_HASHES):
            part = wanted[start : start + trees.MAX_HASHES]
            body = self._get("subtrees", {"log": side, "at": trees.written(part)}, MAX_NOTE_BYTES)
            hashes = [] if body is None else _decoded(body, trees.Hashes).hashes
            if len(hashes) != len(part) or any(len(one) != trees.HASH_BYTES for one in hashes):
                raise _bad_answer("not the subtrees asked for")
            found += hashes
        return found

    def send_receipt(self, note: str) -> str:
        """Send our cosigned checkpoint of the peer's log; return its one line.

        Raises:
            ExchangeError: the peer cannot be reached, or refuses it (``receipt-refused``).
        """
        headers = {"accept": "text/plain", "content-type": _TEXT.decode()}
        reply = self._session.send("POST", self._url + "receipt", headers=headers, content=note.encode())
        if reply.status != 200:
            raise ExchangeError(
                f"the peer refuses the receipt ({reply.status})", code="receipt-refused", hint="run verify"
            )
        if len(reply.body) > MAX_NOTE_BYTES:
            raise _bad_answer("too long")
        return _text(reply.body).rstrip("\n")

    def _get(self, what: str, params: dict[str, str], max_bytes: int) -> bytes | None:
        reply = self._session.get(self._url + what, params, accept="*/*")
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise _bad_answer(f"status {reply.status}")
        if len(reply.body) > max_bytes:
            raise _bad_answer("too long")
        return reply.body


def _page(found: Sequence[StoredEntry] | None) -> Answer:
    """Return entries as one page."""
    if found is None:
        raise _absent()
    lines: list[bytes] = []
    size = 0
    for entry in found:
        line = msgspec.json.encode(_Line(entry.leaf, entry.salt, entry.body))
        size += len(line) + 1
        # The first goes out however long it is: an empty page would mean the end of the log.
        if lines and size > MAX_PAGE_BYTES:
            break
        lines.append(line)
    return Answer(200, b"".join(line + b"\n" for line in lines), _LINES)


def _numbers(query: bytes, known: dict[str, int | None]) -> dict[str, int]:
    try:
        said = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise _malformed("query") from error
    values = dict(known)
    for name, value in said:
        if name in known:
            if not _NUMBER.fullmatch(value):
                raise _malformed(name)
            values[name] = int(value)
    for name, number in values.items():
        if number is None:
            raise _malformed(name)
    return {name: number for name, number in values.items() if number is not None}


def _decoded(line: bytes, type_: type[_T]) -> _T:
    try:
        return msgspec.json.decode(line, type=type_)
    except (msgspec.MsgspecError, binascii.Error, RecursionError, UnicodeDecodeError) as error:
        raise _bad_answer("not what was asked for") from error


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _bad_answer("no text") from error


def _malformed(name: str) -> MalformedRecord:
    return MalformedRecord(
        "malformed parameter", code="parameter-malformed", where=name, hint="a whole number from 0 on"
    )


def _absent() -> Refusal:
    return Refusal(404, "not-found", "nothing here for this caller")


def _bad_answer(why: str) -> ExchangeError:
    return ExchangeError(f"the peer does not answer as it must: {why}", code="peer-malformed", hint="compare versions")
