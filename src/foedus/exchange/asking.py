"""How an intersection goes over the wire between two nodes: two requests, both of JSON, points in base64.

``POST /peer/<programme>/ask``       {"session", "area", "points"} answered by {"points", "twice"}
``POST /peer/<programme>/ask-back``  {"session", "twice"}          answered by {}

``points`` are the sender's own, multiplied once; ``twice`` the other side's, multiplied again, in the order they came.
"""

from __future__ import annotations

import binascii
from typing import Annotated, NamedTuple, TypeVar
from urllib.parse import urljoin

import msgspec

from foedus.errors import ExchangeError, MalformedRecord
from foedus.exchange.intersect import MAX_POINTS, POINT_BYTES, packed, unpacked
from foedus.exchange.session import Session
from foedus.model.ports import Answered, Asking

SESSION_BYTES = 16
# Base64 makes 4 of 3; what stands around the points is short.
MAX_QUESTION_BYTES = MAX_POINTS * POINT_BYTES * 4 // 3 + 1_024
MAX_ANSWER_BYTES = 2 * MAX_QUESTION_BYTES
_JSON = "application/json"

_T = TypeVar("_T", bound=msgspec.Struct)


class _Question(msgspec.Struct, frozen=True):
    session: Annotated[bytes, msgspec.Meta(min_length=SESSION_BYTES, max_length=SESSION_BYTES)]
    area: Annotated[str, msgspec.Meta(max_length=200)]
    points: bytes


class _Answer(msgspec.Struct, frozen=True):
    points: bytes
    twice: bytes


class _Back(msgspec.Struct, frozen=True):
    session: Annotated[bytes, msgspec.Meta(min_length=SESSION_BYTES, max_length=SESSION_BYTES)]
    twice: bytes


class Returned(NamedTuple):
    """What the asking side hands back: the answering side's points, multiplied by both."""

    session: bytes
    twice: list[bytes]


def question_of(body: bytes) -> Asking:
    """Return the question that a body holds.

    Raises:
        MalformedRecord: it holds none.
    """
    said = _read(body, _Question)
    return Asking(said.session, said.area, unpacked(said.points, ascending=True))


def returned_of(body: bytes) -> Returned:
    """Return what a second request hands back.

    Raises:
        MalformedRecord: it is none.
    """
    said = _read(body, _Back)
    return Returned(said.session, unpacked(said.twice, ascending=False))


def answer_bytes(answered: Answered) -> bytes:
    """Return the body of an answer."""
    return msgspec.json.encode(_Answer(packed(answered.points), packed(answered.twice)))


class AskClient:
    """The asking side's requests to one peer under one programme.

    Args:
        session: to the peer, with our certificate and its CA pinned; it must not repeat requests, a session is for one use.
        base_url: the peer's endpoint.
        programme: the programme's word in the path.
    """

    def __init__(self, session: Session, base_url: str, programme: str) -> None:
        self._session = session
        self._url = urljoin(base_url, f"/peer/{programme}/")

    def ask(self, asking: Asking) -> Answered:
        """Send the own points; return the peer's points, and the own ones multiplied again.

        Raises:
            ExchangeError: the peer cannot be reached, has answered often enough (``exchange-too-often``),
                does not answer (``ask-refused``), or not as it must (``peer-malformed``).
        """
        body = self._post("ask", _Question(asking.session, asking.area, packed(asking.points)))
        try:
            said = _read(body, _Answer)
            answered = Answered(unpacked(said.points, ascending=True), unpacked(said.twice, ascending=False))
        except MalformedRecord as error:
            raise _bad_answer(error.message) from error
        if len(answered.twice) != len(asking.points):
            raise _bad_answer("not as many points as were sent")
        return answered

    def back(self, returned: Returned) -> None:
        """Hand the peer's points back, multiplied by both, so that it learns the same.

        Raises:
            ExchangeError: see :meth:`ask`.
        """
        self._post("ask-back", _Back(returned.session, packed(returned.twice)))

    def _post(self, what: str, said: msgspec.Struct) -> bytes:
        headers = {"accept": _JSON, "content-type": _JSON}
        reply = self._session.send("POST", self._url + what, headers=headers, content=msgspec.json.encode(said))
        if reply.status != 200:
            raise ExchangeError(
                f"the peer does not answer the question ({reply.status})",
                code="ask-refused",
                hint="is the area one of a programme in force on both nodes?",
            )
        if len(reply.body) > MAX_ANSWER_BYTES:
            raise _bad_answer("too long")
        return reply.body


def _read(body: bytes, type_: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, binascii.Error, RecursionError, UnicodeDecodeError) as error:
        raise MalformedRecord("not what this request holds", code="ask-malformed", hint="compare versions") from error


def _bad_answer(why: str) -> ExchangeError:
    return ExchangeError(f"the peer does not answer as it must: {why}", code="peer-malformed", hint="compare versions")
