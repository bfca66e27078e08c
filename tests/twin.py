"""Twin worlds: nodes that differ only in what a partner may not see, and a probe that compares every byte it can get.

Both worlds are copies of the same made nodes: same keys, ids, programmes. Their clocks stand where the test puts them, and
randomness is a function of what it is drawn for (:class:`Drawn`), so that what a partner sees needs no normalising at all:
salts, ids of submissions, origins of logs come out equal unless something hidden moved them.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from uuid import UUID, uuid5

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import event
from tests.node_pair import AMBER, OPEN, Nodes, bundle, indicator, stix, stix_id

from foedus.engine import run as engine
from foedus.exchange.serving import serving
from foedus.model.label import Label
from foedus.node import config as settings
from foedus.node.analyse import Analysed, Arriving, analyse, conclude
from foedus.node.ask import Learnt, ask
from foedus.node.exchange import Pulled, pull
from foedus.node.home import Node
from foedus.node.ingest import Ingested, Origin, ingest
from foedus.node.init import token
from foedus.node.label import Given, read_text
from foedus.node.release import Run, release
from foedus.node.serve import app_of, context_of

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
RED = "NATO SECRET TLP:RED"
KOREA = "NATO RESTRICTED Releasable to Republic of Korea TLP:AMBER"
WORD = "nato-jpn-itpp-2023"
PROGRAMME = f"urn:foedus:programme:{WORD}"
KOREAN = "urn:foedus:programme:nato-kor-itpp-2023"
_NAMES = ("log_name", "view", "reader", "caller")


class Drawn:
    """Randomness that depends on what it is drawn for, and on how often before: hidden work does not move what is seen."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._times: dict[tuple[str, ...], int] = {}

    def __call__(self, size: int) -> bytes:
        key = _purpose()
        # The id of an error answer is new each time, whoever it goes to: here it is always the same.
        self._times[key] = count = 1 if key[0] == "problem" else self._times.get(key, 0) + 1
        return hashlib.shake_256(repr((self._seed, key, count)).encode()).digest(size)


def _purpose() -> tuple[str, ...]:
    """Name the function that draws, and the log, view or caller it draws for."""
    found: list[str] = []
    frame = sys._getframe(2)
    for _ in range(20):
        if "/foedus/" in frame.f_code.co_filename:
            if not found:
                found.append(frame.f_code.co_qualname)
            found += [f"{name}={frame.f_locals[name]}" for name in _NAMES if name in frame.f_locals]
        if frame.f_back is None:
            break
        frame = frame.f_back
    return tuple(found)


class Stopped:
    """A clock that shows what it is set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Got(NamedTuple):
    """An answer whole: status, headers in their order, body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: str) -> str:
        return dict(self.headers).get(name.encode(), b"").decode()


class Door:
    """A node's own application, asked by somebody who shows a certificate, or none; from another machine."""

    def __init__(self, app: Any, certificate: bytes | None, headers: Sequence[tuple[str, str]] = ()) -> None:
        self._app = app
        self._certificate = certificate
        self._headers = headers
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def __call__(
        self, method: str, url: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = (("accept", "*/*"),)
    ) -> Got:
        path, _, query = url.partition("?")
        given = [("host", "nato.example"), ("content-length", str(len(body))), *self._headers, *headers]
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given],
            "client": ("192.0.2.9", 50_000),
            "scheme": "https",
            "extensions": {"tls": {"client_cert_chain": [self._certificate] if self._certificate else []}},
        }
        return self._loop.run_until_complete(self._ask(scope, body))

    async def _ask(self, scope: dict[str, Any], body: bytes) -> Got:
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return Got(start["status"], tuple(start["headers"]), b"".join(parts))


class World:
    """The nodes of one world, open, with clocks that stand still until they are moved."""

    def __init__(self, directory: Path) -> None:
        self.nodes = Nodes(directory)
        self.clock = Stopped(START)
        self._open: dict[str, Node] = {}
        self._apps: dict[str, Any] = {}
        self._doors: list[Door] = []
        self.last: list[Callable[[], None]] = []
        """What is done when all else is there."""

    def close(self) -> None:
        for door in self._doors:
            door.close()
        for node in self._open.values():
            node.close()

    def node(self, party: str = "nato") -> Node:
        if party not in self._open:
            path = self.nodes.path(party)
            self._open[party] = Node(path, settings.read(path), self.clock, Drawn(party.encode()))
        return self._open[party]

    def pass_(self, **span: float) -> datetime:
        """Let time pass in all nodes."""
        self.clock.at += timedelta(**span)
        return self.clock.at

    def app(self, party: str = "nato") -> Any:
        if party not in self._apps:
            self._apps[party] = app_of(self.node(party), plain=False)
        return self._apps[party]

    def door(self, who: str = "jpn", to: str = "nato") -> Door:
        """Open a node to a partner's certificate."""
        certificate = x509.load_pem_x509_certificate(self.node(who).tls_files[0].read_bytes())
        return self._door(self.app(to), certificate.public_bytes(Encoding.DER))

    def stranger(self, to: str = "nato") -> Door:
        """Open a node to somebody without a certificate."""
        return self._door(self.app(to), None)

    def desk(self, to: str = "nato") -> Door:
        """Open a node to one of its own tools."""
        return self._door(self.app(to), None, [("authorization", f"Bearer {token(self.node(to), 'tool')}")])

    def _door(self, app: Any, certificate: bytes | None, headers: Sequence[tuple[str, str]] = ()) -> Door:
        self._doors.append(Door(app, certificate, headers))
        return self._doors[-1]

    # One verb each.

    def ingest(self, source: bytes, label: str, party: str = "nato", *, name: str = "a source") -> Ingested:
        node = self.node(party)
        given = read_text(node, label, node.clock.now()) if label else None
        return ingest(node, "cyber", io.BytesIO(source), Origin(name, given, label))

    def put(self, source: bytes, label: str = OPEN, party: str = "nato") -> Ingested:
        done = self.ingest(source, label, party)
        analyse(self.node(party), "cyber")
        return done

    def release(self, party: str = "nato", to: str = "") -> list[Run]:
        return release(self.node(party), to)

    def take(self, source: str, owner: str, label: Label, *objects: bytes) -> None:
        """Store what a partner's node handed over and its ledger said to be somebody's."""
        node = self.node()
        room = node.rooms["cyber"]
        held = engine.records_from(room.ingest(io.BytesIO(bundle(*objects)), settings={"format": "stix"}), source)
        given = {hashlib.sha256(one).hexdigest(): Given(label, owner) for one in objects}
        conclude(Arriving(node, room, held, given=given), Analysed("cyber"))

    @contextlib.contextmanager
    def serving(self, *parties: str) -> Iterator[None]:
        """Serve nodes over TLS."""
        with contextlib.ExitStack() as stack:
            for party in parties:
                node = self.node(party)
                app = self.app(party)
                stack.enter_context(serving(app, node.config.host, node.config.port, context_of(node)))
            yield

    def pull(self, who: str = "jpn", of: str = "nato") -> list[Pulled]:
        with self.serving(of):
            return pull(self.node(who), of)

    def ask(self, who: str, of: str = "nato") -> Learnt:
        with self.serving(of):
            return ask(self.node(who), of, "cyber")

    def dump(self, party: str) -> list[str]:
        """Return all a node's database holds, but for the place on this machine's disk where it lies."""
        with contextlib.closing(sqlite3.connect(self.nodes.path(party) / "foedus.db")) as connection:
            return [line for line in connection.iterdump() if not line.startswith('INSERT INTO "lease"')]


class Twins:
    """Two worlds: ``bare``, and ``full``, which also holds what the partner may not see."""

    def __init__(self, base: Path, directory: Path) -> None:
        for name in ("bare", "full"):
            Nodes(base).copy(directory / name)
        self.bare, self.full = World(directory / "bare"), World(directory / "full")

    def __iter__(self) -> Iterator[World]:
        return iter((self.bare, self.full))

    def close(self) -> None:
        for world in self:
            world.close()

    def both(self, act: Callable[[World], Any]) -> None:
        """Do the same in both worlds."""
        for world in self:
            act(world)


class Work(NamedTuple):
    """What the database did for a request: statements, and steps of its virtual machine."""

    statements: tuple[str, ...]
    steps: int


@contextlib.contextmanager
def working(node: Node) -> Iterator[Callable[[], Work]]:
    """Count what the node's database does; the function given returns what was done since it was called last."""
    statements: list[str] = []
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    def on_checkout(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 1)

    def on_execute(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    def done() -> Work:
        found = Work(tuple(statements), steps[0])
        statements.clear()
        steps[0] = 0
        return found

    engines = [node.store._readers, node.store._writer]
    for one in engines:
        event.listen(one, "checkout", on_checkout)
        event.listen(one, "before_cursor_execute", on_execute)
    try:
        yield done
    finally:
        for one in engines:
            event.remove(one, "checkout", on_checkout)
            event.remove(one, "before_cursor_execute", on_execute)


# What stands in both worlds.


def ip(number: int) -> str:
    return f"198.51.100.{number % 250}"


def address(number: int) -> bytes:
    """A STIX object whose id anybody can compute."""
    return f'{{"type":"ipv4-addr","spec_version":"2.1","id":"{guessed(number)}","value":"{ip(number)}"}}'.encode()


def guessed(number: int) -> str:
    """The id that STIX gives an address: UUIDv5 over its canonical properties."""
    said = '{"value":"' + ip(number) + '"}'
    return f"ipv4-addr--{uuid5(UUID('00abedb4-aa42-466c-9c01-fed23315a9b7'), said)}"


def relation(number: int, source: str, target: str) -> bytes:
    return stix("relationship", number, relationship_type="related-to", source_ref=source, target_ref=target)


def one(number: int) -> str:
    return stix_id("indicator", number)


GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
SHARED = "[domain-name:value = 'shared.example']"
SEEN = [one(number) for number in range(9)]
HIDDEN = {
    "red": one(500),
    "korea": one(501),
    "relation": stix_id("relationship", 500),
    "target": stix_id("malware", 500),
    "sighting": stix_id("sighting", 500),
    "unlabelled": one(503),
    "address": guessed(7),
    "desk": one(504),
    "submitted": one(505),
    "report": stix_id("report", 500),
}
MISSING = one(999)


def visible(world: World) -> None:
    """Fill a world with what the partner sees, and with objects that refer to what it does not."""
    report = {"name": "r", "published": "2026-05-03T06:00:00Z"}
    world.put(
        bundle(
            *map(indicator, range(8)),
            indicator(8, pattern=SHARED),
            indicator(0, modified="2026-05-04T06:00:00.000Z", name="second"),
            relation(1, SEEN[0], SEEN[1]),
            # A required reference to what is not there, or hidden: it does not go. A list: it is pruned.
            relation(2, SEEN[0], HIDDEN["target"]),
            stix("report", 1, object_refs=[SEEN[2], HIDDEN["red"]], **report),
        )
    )
    world.put(bundle(indicator(20), indicator(21)), AMBER)
    world.put(
        bundle(indicator(700, pattern=SHARED), indicator(701, pattern="[domain-name:value = 'host3.example']")),
        OPEN,
        "jpn",
    )
    world.release()
    world.release("jpn")
    with world.serving("jpn"):
        pull(world.node(), "jpn")
    world.pass_(minutes=1)


def later(world: World) -> None:
    """An hour on, more that the partner may see: under a marking of the standard, of a value it holds itself; a new version."""
    world.pass_(hours=1)
    world.put(
        bundle(
            indicator(30, object_marking_refs=[CLEAR]),
            indicator(31, pattern=SHARED),
            indicator(1, modified="2026-05-05T06:00:00.000Z", name="second"),
            relation(30, SEEN[1], SEEN[2]),
        )
    )
    world.put(bundle(indicator(32, object_marking_refs=[GREEN])), AMBER)
    with world.serving("jpn"):
        pull(world.node(), "jpn")
    world.release()
    for act in world.last:
        act()


# What only the full world holds, each by its own way in.


def red(world: World) -> None:
    world.put(bundle(indicator(500), stix("malware", 500, is_family=False, name="quiet"), address(7)), RED)


def third_party(world: World) -> None:
    world.put(bundle(indicator(501)), KOREA)
    world.release(to="kor")


def hidden_relation(world: World) -> None:
    world.put(bundle(relation(500, SEEN[0], SEEN[1])), RED)


def hidden_version(world: World) -> None:
    newer = [indicator(n, modified="2026-05-09T06:00:00.000Z", name="secret", revoked=True) for n in (3, 4)]
    world.put(bundle(*newer), RED)


def hidden_sighting(world: World) -> None:
    world.put(bundle(stix("sighting", 500, sighting_of_ref=SEEN[0], count=7)), RED)


def hidden_marking(world: World) -> None:
    """A third party says something else under the id of TLP:GREEN, and defines a marking of its own."""
    tlp = {"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {"tlp_2_0": "red"}}
    false = [stix("marking-definition", 0, id=marking, name="TLP:RED", extensions=tlp) for marking in (GREEN, CLEAR)]
    own = stix("marking-definition", 500, definition_type="statement", definition={"statement": "quiet"})
    submit(world, "kor", bundle(*false, own))


def unlabelled(world: World) -> None:
    world.put(bundle(indicator(503)), "")


def quarantined(world: World) -> None:
    world.put(b'{"type":"bundle","objects":[{"type":"indicator"},{"id":1}]}', OPEN)


def desk_tool(world: World) -> None:
    posted = world.desk()("POST", "/desk/collections/cyber/objects/", bundle(indicator(504), b"{}"), JSON)
    assert posted.status == 202, posted


def submit(world: World, who: str, body: bytes) -> Got:
    word = "nato-kor-itpp-2023" if who == "kor" else WORD
    posted = world.door(who)("POST", f"/{word}/collections/submit-cyber/objects/", body, JSON)
    assert posted.status == 202, posted
    return posted


def third_partys_submission(world: World) -> None:
    submit(world, "kor", bundle(indicator(505), indicator(506), b"{}"))


def third_partys_pull(world: World) -> None:
    world.put(bundle(indicator(507)), KOREA)
    world.release(to="kor")
    world.pull("kor")


def third_partys_question(world: World) -> None:
    world.put(bundle(indicator(900)), OPEN, "kor")
    world.ask("kor")


def common_value(world: World) -> None:
    """More findings than a value may have to say something hold one that the partner sees as well."""
    many = [indicator(2_000 + n, pattern=SHARED) for n in range(120)]
    world.put(bundle(*many), RED)


def forwarded(world: World) -> None:
    """A third party hands on, as the reader's own, objects with other content than the reader has, and a later version."""
    label = Label("PUBLIC", "UNCLASSIFIED", tlp="clear", originator="jpn")
    twisted = [indicator(600, name="twisted"), indicator(40, name="twisted")]
    world.take("peer:kor", "jpn", label, *twisted, indicator(40, modified="2026-05-09T06:00:00.000Z"))


def hidden_report(world: World) -> None:
    world.put(bundle(stix("report", 500, name="q", published="2026-05-03T06:00:00Z", object_refs=[*SEEN[:3]])), RED)


JSON = (("accept", "*/*"), ("content-type", "application/taxii+json;version=2.1"))
SECRETS: dict[str, Callable[[World], None]] = {
    act.__name__: act
    for act in (
        *(red, third_party, hidden_relation, hidden_version, hidden_sighting, hidden_marking, unlabelled, quarantined),
        *(desk_tool, third_partys_submission, third_partys_pull, third_partys_question, common_value, forwarded),
        hidden_report,
    )
}
