"""The server: what a peer may ask, in which order it is checked, and what it is answered."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

import anyio.to_thread
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from foedus.errors import FoedusError, MalformedRecord
from foedus.exchange import asking, http, trees, witness
from foedus.exchange.http import Answer, Refusal, Request
from foedus.exchange.peer.wire import (
    JSON,
    LINES,
    MAX_ENTRIES,
    MAX_NOTE_BYTES,
    MAX_PAGE_BYTES,
    TEXT,
    Line,
    Proof,
)
from foedus.model.entry import StoredEntry
from foedus.model.ports import AskedTooOften, Caller, Credentials, NotWitnessed, PeerLogs

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
                answer = http.problem(refusal, self._entropy, JSON)
            else:
                if body is None:
                    return
                answer = await anyio.to_thread.run_sync(self._guarded, lambda: self._posted(post, body))
        assert isinstance(answer, Answer)
        await http.send_answer(send, answer)

    async def broken(self, _request: StarletteRequest, _error: Exception) -> Response:
        """Answer for a mistake of our own, saying nothing about it."""
        answer = http.problem(Refusal(500, "internal"), self._entropy, JSON)
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
            return http.problem(refusal, self._entropy, JSON)
        except FoedusError as error:
            return http.problem(http.refusal_of(error), self._entropy, JSON)

    def _checkpoint(self, caller: Caller, programme: str, _query: bytes) -> Answer:
        note = self._logs.checkpoint(caller, programme)
        if note is None:
            raise _absent()
        return Answer(200, note.encode(), TEXT)

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
        return Answer(200, msgspec.json.encode(Proof(list(proof))), JSON)

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
        return Answer(200, asking.answer_bytes(answered), JSON)

    def _ask_back(self, post: _Post, body: bytes) -> Answer:
        returned = asking.returned_of(body)
        if not self._logs.ask_back(post.caller, post.programme, returned.session, returned.twice):
            raise _absent()
        return Answer(200, b"{}", JSON)

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
        return Answer(200, lines.encode(), TEXT)

    def _witnessed(self, caller: Caller, programme: str, origin: str, method: str) -> Answer:
        note = self._logs.witnessed(caller, programme, origin)
        if note is None:
            raise _absent()
        if method != "GET":
            raise Refusal(405, "method-unknown", headers=((b"allow", b"GET"),))
        return Answer(200, note.encode(), TEXT)

    def _state(self, caller: Caller, programme: str, query: bytes) -> Answer:
        side, _ = trees.asked(query, places=False)
        found = self._logs.copy(caller, programme, side)
        if found is None:
            raise _absent()
        return Answer(200, msgspec.json.encode(trees.state_of(found)), JSON)

    def _subtrees(self, caller: Caller, programme: str, query: bytes) -> Answer:
        side, places = trees.asked(query, places=True)
        found = self._logs.subtrees(caller, programme, side, places)
        if found is None:
            raise _absent()
        return Answer(200, msgspec.json.encode(trees.Hashes(list(found))), JSON)

    def _receipt(self, post: _Post, body: bytes) -> Answer:
        try:
            note = body.decode()
        except UnicodeDecodeError as error:
            raise MalformedRecord("a receipt is UTF-8 text", code="receipt-malformed") from error
        return Answer(200, self._logs.accept(post.caller, post.programme, note).encode() + b"\n", TEXT)


def _page(found: Sequence[StoredEntry] | None) -> Answer:
    """Return entries as one page."""
    if found is None:
        raise _absent()
    lines: list[bytes] = []
    size = 0
    for entry in found:
        line = msgspec.json.encode(Line(entry.leaf, entry.salt, entry.body))
        size += len(line) + 1
        # The first goes out however long it is: an empty page would mean the end of the log.
        if lines and size > MAX_PAGE_BYTES:
            break
        lines.append(line)
    return Answer(200, b"".join(line + b"\n" for line in lines), LINES)


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


def _malformed(name: str) -> MalformedRecord:
    return MalformedRecord(
        "malformed parameter", code="parameter-malformed", where=name, hint="a whole number from 0 on"
    )


def _absent() -> Refusal:
    return Refusal(404, "not-found", "nothing here for this caller")
