"""The client: a peer's server as the other side sees it; it believes nothing that it is answered."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urljoin

import msgspec

from foedus.errors import ExchangeError
from foedus.exchange import trees
from foedus.exchange.peer.wire import (
    MAX_ENTRIES,
    MAX_NOTE_BYTES,
    MAX_PAGE_BYTES,
    MAX_PROOF_HASHES,
    TEXT,
    Line,
    Proof,
)
from foedus.exchange.session import Session
from foedus.model.entry import LogCopy, StoredEntry
from foedus.model.ports import LogSide

_T = TypeVar("_T")


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
        return [StoredEntry(one.leaf, one.salt, one.body) for one in (_decoded(line, Line) for line in lines)]

    def consistency(self, old: int, new: int) -> Sequence[bytes] | None:
        """Return the consistency proof between two sizes, not yet verified; None where there is none.

        Raises:
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        body = self._get("consistency", {"old": str(old), "new": str(new)}, MAX_NOTE_BYTES)
        if body is None:
            return None
        proof = _decoded(body, Proof).proof
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
        headers = {"accept": "text/plain", "content-type": TEXT.decode()}
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


def _bad_answer(why: str) -> ExchangeError:
    return ExchangeError(f"the peer does not answer as it must: {why}", code="peer-malformed", hint="compare versions")
