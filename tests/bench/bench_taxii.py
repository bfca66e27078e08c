"""TAXII: the node's desk over HTTP beside OpenTAXII 0.9.3 on SQLite, release views, a page against the bare server, polls.

One worker each, loopback without TLS, one connection, ATT&CK Enterprise, medians of three; the client does the same for both
and shares the machine with the server, so CPU seconds of the server's processes stand beside wall time. OpenTAXII stores what
is posted and then answers 500, for this release cannot write its own status; the work counts all the same.

`python -m tests.bench.bench_taxii [part ...]`: parts are desk, release, page and poll; all of them where none is named.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
from tests.bench.line_step import pair
from tests.bench.measure import attack_bytes, head, row
from tests.bench.opentaxii_peer import free_port, opentaxii
from tests.bench.taxii_client import Client, Cost, Envelope, await_port, rss_mb, start

from foedus.exchange.session import Patience, Session
from foedus.exchange.taxii.client import pull
from foedus.model import ijson, instant, stix
from foedus.model.finding import About, Finding
from foedus.model.ports import PullState
from foedus.node import init
from foedus.node.analyse import analyse
from foedus.node.home import Node
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text
from foedus.node.release import release
from foedus.programme import packaged
from foedus.store import views
from foedus.store.engine import FILE
from foedus.store.objects import Arrival, put_findings

BATCH, ROUNDS = 500, 3
# With all of them a page of 1,000 takes the peer more than ten seconds, and a round a quarter of an hour.
PEER_OBJECTS = 3_000
KEPT = 500
POLLED = 100_000
ISAC = ("gridco", "windpark", "citypower", "meterlab")
_UUID = re.compile(rb"--[0-9a-f]{4}(?=[0-9a-f]{4}-)")
MARKING = "  markings: {marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168: statement}\n  clauses:"


class Taken(NamedTuple):
    """Rate by wall time and by CPU time of the server, objects a second."""

    wall: float
    cpu: float

    def text(self) -> str:
        """Return both."""
        return f"{self.wall:,.0f} objects/s, {self.cpu:,.0f} per CPU-s"


def median(taken: Sequence[Taken]) -> Taken:
    """Return the median of each."""
    return Taken(statistics.median(one.wall for one in taken), statistics.median(one.cpu for one in taken))


def rate(pid: int, run: Callable[[], int]) -> Taken:
    """Measure something that returns how many objects it moved."""
    cost = Cost(pid, run)
    assert isinstance(cost.result, int)
    return Taken(cost.result / cost.wall, cost.result / cost.cpu)


def attack() -> list[bytes]:
    """Return ATT&CK's objects as bytes."""
    return [piece.raw for piece in ijson.split([attack_bytes()]) if isinstance(piece, ijson.Piece)]


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[tuple[str, int]]:
    """Run a server of the bench; yield its URL and process id."""
    port = free_port()
    module, *rest = [word.replace("PORT", str(port)) for word in arguments]
    process = start(f"tests.bench.{module}", *rest)
    try:
        url = f"http://127.0.0.1:{port}"
        await_port(url, process)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def desk(base: Path) -> Iterator[tuple[Client, int]]:
    """Serve a new node's desk as a person would; yield a tool's client of its collection."""
    with contextlib.ExitStack() as stack:
        pair(base, {"nato": free_port(), "jpn": free_port()})
        with Node.open(base / "nato") as node:
            secret = init.token(node, "bench")
        url, pid = stack.enter_context(served("line_step", "serve_plain", str(base / "nato"), "127.0.0.1:PORT"))
        yield collection(url, "desk", "cyber", f"Bearer {secret}"), pid


def collection(url: str, root: str, alias: str, authorization: str) -> Client:
    """Return a client of one collection."""
    found = msgspec.json.decode(Client(url, authorization).get(f"/{root}/collections/"))["collections"]
    [one] = [one for one in found if one["alias"] == alias]
    return Client(f"{url}/{root}/collections/{one['id']}/", authorization)


def post(client: Client, objects: Sequence[bytes], expect: Sequence[int] = (202,)) -> int:
    """Post objects in batches; return how many."""
    for at in range(0, len(objects), BATCH):
        answer = client.post("objects/", b'{"objects":[' + b",".join(objects[at : at + BATCH]) + b"]}", expect)
        if expect == (202,):
            done = msgspec.json.decode(answer)
            assert done["failure_count"] == 0, done["failures"][:1]
    return len(objects)


def typical_ms(pid: int, run: Callable[[], object], times: int = 30) -> float:
    """Return the median wall time of a request, milliseconds."""
    return statistics.median(Cost(pid, run).wall for _ in range(times)) * 1e3


def repeat(run: Callable[[Any], object], over: Iterable[Any]) -> None:
    """Call something for each, keeping nothing: megabytes that pile up would be measured too."""
    for one in over:
        run(one)


# The desk beside OpenTAXII.


class Side(NamedTuple):
    """Figures of one server."""

    ingest: list[Taken]
    large: list[Taken]
    small: list[Taken]
    one: list[float]
    manifest: list[float]
    first: list[float]
    memory: list[float]


def measured(client: Client, pid: int, objects: Sequence[bytes], side: Side, expect: Sequence[int]) -> None:
    """Fill a server and read it, once."""
    side.ingest.append(rate(pid, lambda: post(client, objects, expect)))
    side.first.append(Cost(pid, lambda: client.get("objects/", limit=1000)).wall * 1e3)
    for limit, taken in ((1000, side.large), (100, side.small)):
        taken.append(rate(pid, lambda limit=limit: client.walk("objects/", limit)))
    ids = iter([msgspec.json.decode(raw)["id"] for raw in objects[:: len(objects) // 40]])
    side.one.append(typical_ms(pid, lambda: client.get("objects/", **{"match[id]": next(ids)})))
    side.manifest.append(typical_ms(pid, lambda: client.get("manifest/", limit=100)))
    side.memory.append(rss_mb(pid))


def desk_beside_peer() -> None:
    """Ingest and reading, both servers in turn."""
    objects = attack()
    ours, theirs = (Side([], [], [], [], [], [], []) for _ in range(2))
    with tempfile.TemporaryDirectory() as name:
        for times in range(ROUNDS):
            with desk(Path(name) / str(times)) as (client, pid):
                measured(client, pid, objects, ours, (202,))
            with opentaxii(Path(tempfile.gettempdir()) / "foedus-bench-peers") as (url, pid):
                measured(Client(url), pid, objects[:PEER_OBJECTS], theirs, (202, 500))
    head(f"Desk over HTTP: {len(objects):,} objects; OpenTAXII: the first {PEER_OBJECTS:,} of them")
    for what, a, b, least, times in (
        (f"POST, {BATCH} a batch", ours.ingest, theirs.ingest, 3_000, 20.0),
        ("paged through, limit 1,000", ours.large, theirs.large, 10_000, 2.5),
        ("paged through, limit 100", ours.small, theirs.small, 5_000, 0.0),
    ):
        mine, other = median(a), median(b)
        ratio = f"{mine.wall / other.wall:.1f}x, {mine.cpu / other.cpu:.1f}x by CPU"
        row(what, mine.text(), peer=other.text(), bar=f"{least:,} objects/s", met=mine.wall >= least)
        met = mine.wall / other.wall >= times if times else None
        row("  beside the peer", ratio, bar=f"{times:g}x" if times else "", met=met)
    for what, mine_ms, other_ms, most in (
        ("first page of 1,000", ours.first, theirs.first, 100),
        ("`match[id]`", ours.one, theirs.one, 5),
        ("manifest of 100", ours.manifest, theirs.manifest, 10),
    ):
        taken = statistics.median(mine_ms)
        peer = f"{statistics.median(other_ms):.1f} ms"
        row(what, f"{taken:.1f} ms", peer=peer, bar=f"{most} ms", met=taken <= most)
    held = statistics.median(ours.memory)
    peer = f"{statistics.median(theirs.memory):.0f} MB"
    row("resident memory after all that", f"{held:.0f} MB", peer=peer, bar="250 MB", met=held <= 250)


# Release views.


def charter(path: Path) -> str:
    """Write the charter of an ISAC under which all of ATT&CK may go to all members; return the file."""
    text = packaged.read_shipped("isac-charter").decode()
    clause = text.index("id: r-open")
    types = sorted({msgspec.json.decode(raw)["type"] for raw in attack()})
    text = text[:clause] + re.sub(
        r"object_types: \[[^\]]*\]", f"object_types: [{', '.join(types)}]", text[clause:], count=1
    )
    path.write_text(text.replace("  clauses:", MARKING, 1), encoding="utf-8")
    return str(path)


def released(base: Path) -> Path:
    """Make the node of an ISAC's member that released ATT&CK to the three others; return its directory."""
    pair(base, dict.fromkeys(ISAC, free_port()), charter(base / "charter.yaml"))
    with Node.open(base / ISAC[0]) as node:
        label = "PUBLIC TLP:CLEAR"
        origin = Origin("attack", read_text(node, label, node.clock.now()), label)
        ingest(node, "cyber", io.BytesIO(attack_bytes()), origin)
        analyse(node, "cyber")
        for party in ISAC[1:]:
            for run in release(node, party):
                counts = run.counts
                assert counts.release + counts.redact > 20_000, counts
    return base / ISAC[0]


def release_views(directory: Path) -> None:
    """Page through three partners' release views and the unfiltered desk in turn, on the same server."""
    with served("taxii_server", "stub", str(directory), "PORT") as (url, pid):
        clients = {"desk": collection(url, "desk", "cyber", "Bearer tool")}
        clients |= {
            party: collection(url, "energy-isac-charter", "released-cyber", f"Bearer {party}") for party in ISAC[1:]
        }
        taken: dict[str, list[Taken]] = {name: [] for name in clients}
        for _ in range(ROUNDS):
            for name, client in clients.items():
                taken[name].append(rate(pid, lambda client=client: client.walk("objects/", 1000)))
        memory = rss_mb(pid)
    head("Three recipients' release views, paged through at limit 1,000, the same server in turn")
    whole = median(taken["desk"])
    row("unfiltered desk", whole.text())
    for party in ISAC[1:]:
        mine = median(taken[party])
        share = f"{mine.wall / whole.wall:.0%}, {mine.cpu / whole.cpu:.0%} by CPU"
        row(f"view of {party}", f"{mine.text()}: {share}", bar="70%", met=mine.wall >= 0.7 * whole.wall)
    row("resident memory after all that", f"{memory:.0f} MB", bar="250 MB", met=memory <= 250)


# A page beside the bare server.


def page_beside_raw(directory: Path) -> None:
    """Send the same bytes from the node and from a bare ASGI application, in turn: pages read anew, and one page kept."""
    with served("taxii_server", "stub", str(directory), "PORT") as (url, _):
        paths, bodies, marks = pages_of(collection(url, "desk", "cyber", "Bearer tool"))
    file = directory.parent / "pages"
    file.write_bytes(msgspec.msgpack.encode(bodies))
    cold, warm, bare_rows, bare_all, bare_one = ([] for _ in range(5))
    for _ in range(ROUNDS):
        with served("taxii_server", "stub", str(directory), "PORT") as (url, pid):
            client = collection(url, "desk", "cyber", "Bearer tool")
            client.get("manifest/", limit=1)
            cold.append(Cost(pid, lambda: repeat(lambda one: client.get("objects/", **one), paths)))
            client.get("objects/", **paths[0])
            warm.append(Cost(pid, lambda: repeat(lambda _: client.get("objects/", **paths[0]), range(KEPT))))
        with served("taxii_server", "raw", str(file), "PORT", str(directory / FILE)) as (url, pid):
            bare = Client(url)
            bare.get("/after/0")
            bare_rows.append(Cost(pid, lambda: repeat(lambda mark: bare.get(f"/after/{mark}"), marks)))
            bare_all.append(Cost(pid, lambda: repeat(lambda number: bare.get(f"/{number}"), range(len(bodies)))))
            bare_one.append(Cost(pid, lambda: repeat(lambda _: bare.get("/0"), range(KEPT))))
    size = sum(map(len, bodies)) / len(bodies) / 1e6
    head(
        f"A page of 1,000 objects ({size:.2f} MB on average, the kept one {len(bodies[0]) / 1e6:.2f} MB) beside a bare server"
    )
    for what, mine, other, times in (
        ("read anew, beside bare sqlite3 and the same settings", cold, bare_rows, len(paths)),
        ("read anew, beside the bare server with all bytes in memory", cold, bare_all, len(paths)),
        ("kept, beside the bare server with its bytes in memory", warm, bare_one, KEPT),
    ):
        for kind, whose in (("wall", "time of the client"), ("cpu", "CPU of the server")):
            a, b = (statistics.median(getattr(one, kind) for one in side) / times * 1e6 for side in (mine, other))
            row(
                f"page {what}: {whose}", f"{a:,.0f} us", peer=f"{b:,.0f} us: {a / b:.2f}x", bar="1.5x", met=a <= 1.5 * b
            )


def pages_of(client: Client) -> tuple[list[dict[str, str | int]], list[bytes], list[int]]:
    """Return the queries, bodies, and starting marks (microseconds) of all pages of a collection."""
    asked, bodies, marks = [], [], []
    query: dict[str, str | int] = {"limit": 1000}
    mark = 0
    while query:
        asked.append(query)
        marks.append(mark)
        bodies.append(client.get("objects/", **query))
        mark = instant.parse_ns(client.last) // 1_000
        page = msgspec.json.decode(bodies[-1], type=Envelope)
        query = {"limit": 1000, "next": page.next} if page.more else {}
    return asked, bodies, marks


# Polls.


def polls(base: Path) -> None:
    """Poll a collection of very many objects in which nothing is new, as the node's own client does."""
    base.mkdir()
    pair(base, {"nato": free_port(), "jpn": free_port()})
    objects = attack()
    with Node.open(base / "nato") as node:
        for copy in range(POLLED // len(objects) + 1):
            show(node, [_UUID.sub(b"--%04x" % copy, raw) for raw in objects[: POLLED - copy * len(objects)]])
    with served("taxii_server", "stub", str(base / "nato"), "PORT") as (url, pid):
        client = collection(url, "desk", "cyber", "Bearer tool")
        asked: list[str] = []
        hooks = {"request": [lambda request: asked.append(str(request.url))]}
        headers = {"authorization": "Bearer tool"}
        patience = Patience(time.sleep, lambda: datetime.now(UTC), random.random)
        with httpx.Client(headers=headers, event_hooks=hooks, trust_env=False, timeout=60) as http:
            session = Session(http, url, patience)
            *_, last = pull(session, client.url, PullState())
            everything = len(asked)
            asked.clear()
            taken = [Cost(pid, lambda: list(pull(session, client.url, last.state_after))) for _ in range(ROUNDS)]
    wall = statistics.median(one.wall for one in taken)
    head(f"A poll of {POLLED:,} objects in which nothing is new")
    row(
        "requests for a collection",
        f"{len(asked) // ROUNDS}",
        peer=f"first pull: {everything}",
        bar="1",
        met=len(asked) == ROUNDS,
    )
    row("time", f"{wall * 1e3:.1f} ms", bar="1,000 ms", met=wall < 1)


def show(node: Node, objects: Sequence[bytes]) -> None:
    """Put objects on the desk without analysis: only that they are there counts."""
    label = read_text(node, "PUBLIC TLP:CLEAR", node.clock.now())
    for at in range(0, len(objects), 5_000):
        arrivals = []
        for raw in objects[at : at + 5_000]:
            item = stix.read(raw)
            finding = Finding("cyber", item.type, item, ("source:bench",), document=True, owner="nato", label=label)
            arrivals.append(Arrival(finding, About(item.type, item.name), "bench", 1, 1))
        with node.store.write() as tx:
            views.open_view(tx, "desk|cyber", "desk")
            placed = put_findings(tx, arrivals, 1)
            views.add_view_rows(tx, "desk|cyber", [views.Showing(one.seq) for one in placed], 1)


def main(parts: Sequence[str]) -> None:
    """Print the tables."""
    chosen = parts or ("desk", "release", "page", "poll")
    if "desk" in chosen:
        desk_beside_peer()
    with tempfile.TemporaryDirectory() as name:
        if {"release", "page"} & set(chosen):
            directory = released(Path(name))
            if "release" in chosen:
                release_views(directory)
            if "page" in chosen:
                page_beside_raw(directory)
        if "poll" in chosen:
            polls(Path(name) / "polled")


if __name__ == "__main__":
    main(sys.argv[1:])
