"""TAXII 2.1 client, pushing: batches in an order a receiver can follow, and one culprit never sinks its neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urljoin

import msgspec

from foedus.errors import ExchangeError, MalformedRecord
from foedus.exchange.session import Reply, Session
from foedus.exchange.taxii.client import ACCEPT, decode, expect
from foedus.model import instant

MAX_BATCH = 500
MAX_BATCH_BYTES = 8 * 2**20
_ENVELOPE_BYTES = len(b'{"objects":[]}')
_ID = re.compile(rb'"([a-z0-9-]{1,250}--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')
_FIRST = {"marking-definition": 0, "identity": 1}
_MAX_WAIT_S = 30.0
_MAX_POLLS = 40


class Refused(NamedTuple):
    """An object the server did not take, and why."""

    raw: bytes
    message: str


class Pushed(NamedTuple):
    """What became of one batch."""

    accepted: list[bytes]
    refused: list[Refused]


class _Detail(msgspec.Struct):
    id: str = ""
    version: str = ""
    message: str = ""


class _Status(msgspec.Struct):
    id: str
    status: str
    failure_count: int = 0
    pending_count: int = 0
    failures: list[_Detail] = []


class _Head(msgspec.Struct):
    id: str = ""
    type: str = ""
    modified: str = ""
    created: str = ""


def push(
    session: Session, root_url: str, collection_url: str, objects: Iterable[bytes], max_content_length: int
) -> Iterator[Pushed]:
    """Send objects to a collection, batch by batch; every object comes back as accepted or refused, once.

    A lost answer is no matter: the same POST again gives the same result.

    Args:
        session: the server.
        root_url: the API root, where statuses are read.
        collection_url: ``…/collections/<id>/``.
        objects: STIX objects, their bytes.
        max_content_length: as the API root says.

    Raises:
        ExchangeError: the server cannot be reached, does not let us, or does not finish.
    """
    pusher = _Push(session, root_url, collection_url)
    for batch in _batches(ordered(list(objects)), min(max_content_length, MAX_BATCH_BYTES)):
        yield pusher.batch(batch)


def ordered(objects: Sequence[bytes]) -> list[bytes]:
    """Return objects so that what is referenced comes before what refers: markings, identities, then the rest.

    Circles are cut where they are met first; versions of one object keep their order.
    """
    by_id: dict[str, list[bytes]] = {}
    for raw in objects:
        by_id.setdefault(_head(raw).id, []).append(raw)
    starts = sorted(by_id, key=lambda id_: _FIRST.get(id_.partition("--")[0], 2))
    done: dict[str, None] = {}
    entered: set[str] = set()
    for start in starts:
        stack = [(start, False)]
        while stack:
            id_, left = stack.pop()
            if left:
                done[id_] = None
            elif id_ not in entered:
                entered.add(id_)
                stack.append((id_, True))
                stack += [(target, False) for target in _mentioned(by_id[id_]) if target in by_id]
    return [raw for id_ in done for raw in by_id[id_]]


class _Push:
    def __init__(self, session: Session, root_url: str, collection_url: str) -> None:
        self._session = session
        self._root_url = root_url
        self._url = urljoin(collection_url, "objects/")

    def batch(self, batch: Sequence[bytes]) -> Pushed:
        """Post one batch; halved on 413, bisected on 400 and 422, until what is refused stands alone."""
        reply = self._post(batch)
        if reply.status in (400, 413, 422):
            if len(batch) == 1:
                return Pushed([], [Refused(batch[0], f"the server answered {reply.status}")])
            return self._halves(batch)
        expect(reply, 202, self._session)
        status = self._finished(decode(reply.body, _Status))
        refused = _blamed(batch, status.failures)
        if len(refused) == status.failure_count:
            return Pushed([raw for index, raw in enumerate(batch) if index not in refused], list(refused.values()))
        if len(batch) == 1:
            return Pushed([], [Refused(batch[0], "the server refused it and does not say why")])
        # The server's failures do not say whose they are: alone, each object answers for itself.
        return self._halves(batch)

    def _halves(self, batch: Sequence[bytes]) -> Pushed:
        middle = len(batch) // 2
        one, two = self.batch(batch[:middle]), self.batch(batch[middle:])
        return Pushed(one.accepted + two.accepted, one.refused + two.refused)

    def _post(self, batch: Sequence[bytes]) -> Reply:
        body = b'{"objects":[' + b",".join(batch) + b"]}"
        return self._session.send("POST", self._url, headers={"accept": ACCEPT, "content-type": ACCEPT}, content=body)

    def _finished(self, status: _Status) -> _Status:
        wait_s = 1.0
        for _ in range(_MAX_POLLS):
            if status.status == "complete":
                return status
            self._session.patience.sleep(wait_s)
            wait_s = min(wait_s * 2, _MAX_WAIT_S)
            url = urljoin(self._root_url, f"status/{status.id}/")
            reply = self._session.get(url, accept=ACCEPT)
            expect(reply, 200, self._session)
            status = decode(reply.body, _Status)
        raise ExchangeError("the server does not finish", retryable=True, code="taxii-pending", hint="push again later")


def _blamed(batch: Sequence[bytes], failures: Sequence[_Detail]) -> dict[int, Refused]:
    """Return which of a batch failed, by index; a server may spell a version its own way."""
    places: dict[tuple[str, int | str], list[int]] = {}
    for index, raw in enumerate(batch):
        head = _head(raw)
        places.setdefault((head.id, _moment(head.modified or head.created)), []).append(index)
    blamed: dict[int, Refused] = {}
    for one in failures:
        for index in places.get((one.id, _moment(one.version)), ()):
            blamed[index] = Refused(batch[index], one.message)
    return blamed


def _batches(objects: Sequence[bytes], max_bytes: int) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = _ENVELOPE_BYTES
    for raw in objects:
        if batch and (len(batch) == MAX_BATCH or size + len(raw) + 1 > max_bytes):
            yield batch
            batch, size = [], _ENVELOPE_BYTES
        batch.append(raw)
        size += len(raw) + 1
    if batch:
        yield batch


def _mentioned(versions: Sequence[bytes]) -> list[str]:
    # Every id that stands as a string anywhere: for an order a superset of the references does no harm.
    return [found.decode() for raw in versions for found in _ID.findall(raw)]


def _head(raw: bytes) -> _Head:
    try:
        return msgspec.json.decode(raw, type=_Head)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _Head()


def _moment(version: str) -> int | str:
    try:
        return instant.parse_ns(version)
    except MalformedRecord:
        return version
