"""All that a partner can ask a node for: one probe a kind of endpoint, as the servers' own tables list them.

An endpoint without a probe fails a test of ``tests/e2e/test_twin_worlds.py``; so does a probe of what is no more.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from tests.node_pair import bundle, indicator, stix
from tests.twin import HIDDEN, KOREAN, MISSING, PROGRAMME, SEEN, WORD, Door, Got, World, address, guessed, one
from tests.twin_acts import HIDDEN_BY_ACTS

from foedus.exchange.intersect import Context, Side, packed, unpacked
from foedus.node.exchange import released
from foedus.node.feed import event, feed

TAXII = "application/taxii+json;version=2.1"
JSON = (("accept", TAXII), ("content-type", TAXII))
IDS = [
    *SEEN,
    *HIDDEN.values(),
    *HIDDEN_BY_ACTS,
    MISSING,
    guessed(8),
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
]
METHODS = ("HEAD", "PUT", "PATCH", "OPTIONS", "DELETE")
LIMITS = (*range(1, 14), 999, 1_000, 10**12)
MALFORMED = (
    *("limit=0", "limit=-1", "limit=x", "added_after=yesterday", "next=AAAA", "match[id]=x", "match[version]=all,last"),
    *("limit=1&limit=2", "match[type]=", "match[spec_version]=x", "%ff", "unknown=1"),
)

Asked = tuple[str, Got]


class Probe:
    """Asks as one partner, and keeps every answer."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.answers: list[Asked] = []
        self.note = ""
        """The newest checkpoint of the partner's own log, as it signed it."""

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes = b"",
        headers: Sequence[tuple[str, str]] = (("accept", "*/*"),),
    ) -> Got:
        got = self._door(method, url, body, headers)
        self.answers.append((f"{method} {url} {dict(headers)} {hashlib.sha256(body).hexdigest()[:8]}", got))
        return got

    def every_way(self, url: str) -> Got:
        """Ask with every method but what changes something, as every kind of client, with what is malformed."""
        for method in METHODS:
            self(url, method)
        self(url.rstrip("/"))
        for accept in ("text/html", "application/taxii+json;version=2.0", "", TAXII):
            self(url, headers=[("accept", accept), ("accept-encoding", "gzip")])
        return self(url)

    def pages(self, url: str) -> None:
        """Follow ``next`` to the end."""
        cursor = self._next(self(url))
        while cursor:
            cursor = self._next(self(f"{url}{'&' if '?' in url else '?'}next={cursor}"))

    @staticmethod
    def _next(got: Got) -> str:
        return json.loads(got.body).get("next", "") if got.status == 200 else ""


def shelves(probe: Probe) -> list[str]:
    """Return the paths of the collections a partner sees, and of one it does not."""
    listed = json.loads(probe(f"/{WORD}/collections/").body)["collections"]
    return [f"/{WORD}/collections/{held['id']}/" for held in listed]


def lists(probe: Probe, kind: str) -> None:
    """Ask a list endpoint with every filter."""
    for shelf in shelves(probe):
        url = f"{shelf}{kind}/"
        probe.every_way(url)
        dates = {
            line["date_added"]
            for line in json.loads(probe(f"{shelf}manifest/?match[version]=all").body).get("objects", ())
        }
        for date in sorted(dates):
            micro = int(date[20:26])
            for near in (micro - 1, micro, micro + 1):
                probe(f"{url}?added_after={date[:20]}{near % 1_000_000:06d}Z&match[version]=all")
        for limit in LIMITS:
            probe.pages(f"{url}?limit={limit}&match[version]=all&match[spec_version]=2.0,2.1")
        for match in (
            *(f"match[id]={held}" for held in IDS),
            f"match[id]={','.join(IDS)}",
            *(f"match[type]={held}" for held in ("indicator", "indicator,report", "malware", "x-none")),
            *(f"match[version]={held}" for held in ("first", "last", "first,last", "2026-05-09T06:00:00.000Z")),
            *(f"match[spec_version]={held}" for held in ("2.0", "2.1", "2.0,2.1")),
        ):
            probe.pages(f"{url}?{match}&limit=2")
        for query in MALFORMED:
            probe(f"{url}?{query}")


def objects(probe: Probe, kind: str) -> None:
    """Ask for objects by id: seen, hidden, missing, guessed."""
    tail = "versions/" if kind == "versions" else ""
    for shelf in shelves(probe):
        for held in (*IDS, "x", "indicator--1", quote("../../x", safe="")):
            url = f"{shelf}objects/{held}/{tail}"
            probe(url)
            for query in ("match[version]=all", "match[version]=first", "limit=1", "added_after=2026-06-01T00:00:00Z"):
                probe(f"{url}?{query}")
            if "submit" not in shelf:
                probe(url, "POST", b"{}", JSON)
        for held in (SEEN[3], HIDDEN["red"], MISSING):
            probe.every_way(f"{shelf}objects/{held}/{tail}")


def collection(probe: Probe, _kind: str) -> None:
    for name in (*shelves(probe), *(f"/{WORD}/collections/{alias}/" for alias in ("released-cyber", "none", ""))):
        probe.every_way(name)


def submissions(probe: Probe) -> None:
    """Send what exists hidden, what is seen, what is new, what is broken; read back, delete, send again."""
    shelf = f"/{WORD}/collections/submit-cyber/"
    sent = [
        *(indicator(number, name="a guess") for number in (500, 503, 505, 999)),
        *(indicator(number) for number in (0, 500, 998)),
        *(indicator(600, name=name) for name in ("twisted", "straight")),
        indicator(40, name="mine"),
        indicator(997, pattern="[domain-name:value = 'host500.example']"),
        indicator(996, pattern="[domain-name:value = 'shared.example']"),
        *(address(number) for number in (7, 8)),
        stix("report", 500, name="guess", published="2026-05-03T06:00:00Z", object_refs=[one(500)]),
        stix("relationship", 500, relationship_type="related-to", source_ref=one(500), target_ref=MISSING),
        b'{"type":"indicator"}',
        b"[]",
    ]
    for body in (bundle(*sent), *map(bundle, sent), b"{", b"[]", b'{"objects":1}', b"{}", b""):
        status = probe(f"{shelf}objects/", "POST", body, JSON)
        if status.status == 202:
            probe.every_way(f"/{WORD}/status/{json.loads(status.body)['id']}/")
    probe(f"{shelf}objects/", "POST", bundle(), (("content-type", "text/plain"),))
    probe(f"/{WORD}/collections/released-cyber/objects/", "POST", bundle(), JSON)
    lists(probe, "manifest")
    for held in (one(500), one(999), one(40), SEEN[0], MISSING):
        probe(f"{shelf}objects/{held}/", "DELETE")
        probe(f"{shelf}objects/{held}/")
    probe(f"{shelf}objects/", "POST", bundle(*sent), JSON)
    probe.pages(f"{shelf}objects/?limit=3&match[version]=all")


def statuses(probe: Probe, _kind: str) -> None:
    for name in ("00000000-0000-4000-8000-000000000000", "x", ""):
        probe.every_way(f"/{WORD}/status/{name}/")


TAXII_PROBES: dict[str, Callable[[Probe, str], object]] = {
    "discovery": lambda probe, _: probe.every_way("/taxii2/"),
    "root": lambda probe, _: [
        probe.every_way(f"/{word}/") for word in (WORD, "nato-kor-itpp-2023", "desk", "none", "peer", "")
    ],
    "status": statuses,
    "collections": lambda probe, _: [
        probe.every_way(f"/{word}/collections/") for word in (WORD, "nato-kor-itpp-2023", "desk", "none")
    ],
    "collection": collection,
    "manifest": lists,
    "objects": lists,
    "object": objects,
    "versions": objects,
}


# Node to node.


def peer(what: str, *queries: str) -> Callable[[Probe], None]:
    """Return a probe of something a partner reads: with good and bad queries, of its own programme and others."""

    def ask(probe: Probe) -> None:
        for word in (WORD, "nato-kor-itpp-2023", "none"):
            probe.every_way(f"/peer/{word}/{what}")
            for query in (*queries, "%ff", "x=1"):
                probe(f"/peer/{word}/{what}?{query}")

    return ask


def receipts(probe: Probe) -> None:
    note = probe(f"/peer/{WORD}/checkpoint").body
    for body in (note, b"", b"\xff", b"x" * 70_000):
        probe(f"/peer/{WORD}/receipt", "POST", body)
    probe.every_way(f"/peer/{WORD}/receipt")


def questions(probe: Probe) -> None:
    """Ask which values both hold, seen ones, hidden ones and what nobody has, as often as is answered, and end a session."""
    guesses = [("domain-name", f"host{number}.example") for number in (0, 3, 4, 500, 505, 2_000, 9_999)]
    guesses += [("domain-name", "shared.example"), ("ipv4-addr", "198.51.100.7")]
    for number, values in enumerate((guesses, [], guesses[:1], [], [], [])):
        session, draw = bytes([number]) * 16, _Draw(number)
        side = Side(Context(session, PROGRAMME, "cyber"), values, bytes([number + 1]) * 32, draw)
        said = {"session": session, "points": packed(side.points)}
        for word, area in ((WORD, "none"), ("none", "cyber"), (WORD, "cyber"), (WORD, "cyber")):
            answer = probe(f"/peer/{word}/ask", "POST", _written({**said, "area": area}))
            if answer.status == 200:
                twice = side.again(unpacked(base64.b64decode(json.loads(answer.body)["points"]), ascending=True))
                probe(f"/peer/{WORD}/ask-back", "POST", _written({"session": session, "twice": packed(twice)}))
    probe(f"/peer/{WORD}/ask", "POST", b"{}")
    probe.every_way(f"/peer/{WORD}/ask")


def answers_back(probe: Probe) -> None:
    for session in (bytes([0]) * 16, bytes([9]) * 16):
        probe(f"/peer/{WORD}/ask-back", "POST", _written({"session": session, "twice": b""}))
    probe.every_way(f"/peer/{WORD}/ask-back")


def submissions_to_witness(probe: Probe) -> None:
    """Hand in a checkpoint of one's own: as it is, of other sizes, with a false proof, changed, of another log; and none."""
    url, size = f"/peer/{WORD}/add-checkpoint", int(probe.note.splitlines()[1])
    origin = probe.note.partition("\n")[0]
    proof = base64.b64encode(bytes(32)).decode() + "\n"
    changed = probe.note.replace(f"\n{size}\n", f"\n{size + 1}\n", 1)
    for note in (probe.note, changed, probe.note.replace(origin, "example.org/other"), "", "x"):
        for old, said in ((size, ""), (0, ""), (1, proof), (size + 1, ""), (size, proof), (10**18, proof * 70)):
            probe(url, "POST", f"old {old}\n{said}\n{note}".encode())
    for body in (b"", b"\xff", b"old x\n\n", b"old 0\n", b"old 0\nAAAA\n\nx", b"x" * 70_000):
        probe(url, "POST", body)
    for word in ("nato-kor-itpp-2023", "none"):
        probe(f"/peer/{word}/add-checkpoint", "POST", f"old {size}\n\n{probe.note}".encode())
    probe.every_way(url)


def witnessed(probe: Probe) -> None:
    """Ask what was cosigned last: of one's own log, of those of others, of what nobody has."""
    origins = [probe.note.partition("\n")[0], probe(f"/peer/{WORD}/checkpoint").body.decode().partition("\n")[0]]
    origins += [f"{KOREAN}|kor|nato", f"{KOREAN}|nato|kor", "example.org/none"]
    for word in (WORD, "nato-kor-itpp-2023", "none"):
        for origin in origins:
            probe(f"/peer/{word}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint")
        probe(f"/peer/{word}/{'0' * 63}/checkpoint")
    probe.every_way(f"/peer/{WORD}/{hashlib.sha256(origins[0].encode()).hexdigest()}/checkpoint")


class _Draw:
    """The partner's own randomness: the same in both worlds."""

    def __init__(self, seed: int) -> None:
        self._drawn = seed * 1_000_000

    def __call__(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._drawn.to_bytes(8)).digest(size)


def _written(said: dict[str, object]) -> bytes:
    return json.dumps(
        {name: base64.b64encode(held).decode() if isinstance(held, bytes) else held for name, held in said.items()}
    ).encode()


PEER_PROBES: dict[str, Callable[[Probe], None]] = {
    "checkpoint": peer("checkpoint"),
    "entries": peer("entries", *(f"start={start}&limit={limit}" for start in (0, 1, 5, 10**9) for limit in (0, 1, 3))),
    "consistency": peer("consistency", *(f"old={old}&new={new}" for old in (0, 1, 2) for new in (1, 5, 12, 13, 10**9))),
    "state": peer("state", "log=sent", "log=received", "log=x"),
    "subtrees": peer(
        "subtrees", *(f"log={log}&at={at}" for log in ("sent", "received") for at in ("0-0", "3-0", "40-0"))
    ),
    "returned": peer("returned", *(f"start={start}&limit={limit}" for start in (0, 1, 10**9) for limit in (0, 1, 3))),
    "receipt": receipts,
    "add-checkpoint": submissions_to_witness,
    "witnessed": witnessed,
    "ask": questions,
    "ask-back": answers_back,
}
"""In the order in which they are asked."""

ROUTED = {"/peer/", "/"}
"""Where the node's application looks before it gives a request to TAXII; the second is for plain loopback alone."""


def probed(world: World, who: str = "jpn", *, changing: bool = True) -> list[Asked]:
    """Return every answer that a partner gets in a world."""
    probe = _prober(world, who)
    for kind, ask in TAXII_PROBES.items():
        ask(probe, kind)
    for path in ("/", "/x", "//", "/taxii2/x/", "/peer/", f"/peer/{WORD}/", f"/peer/{WORD}/x", "/metrics", "/status"):
        probe.every_way(path)
    for ask_peer in PEER_PROBES.values():
        ask_peer(probe)
    if changing:
        submissions(probe)
    return probe.answers


def ledgers_probed(world: World, who: str = "jpn") -> list[Asked]:
    """Return every answer that a partner gets about our log of the pair, of those that it may ask for often."""
    probe = _prober(world, who)
    for kind in ("checkpoint", "entries", "consistency"):
        PEER_PROBES[kind](probe)
    return probe.answers


def _prober(world: World, who: str) -> Probe:
    probe = Probe(world.door(who))
    with world.node(who).store.read() as read:
        held = read.logs.checkpoint(f"{PROGRAMME}|{who}|nato")
    assert held is not None, "it has released something"
    probe.note = held.note
    return probe


def stranger_probed(world: World) -> list[Asked]:
    """Return what somebody without a certificate gets."""
    probe = Probe(world.stranger())
    for path in ("/", "/taxii2/", f"/{WORD}/", f"/{WORD}/collections/", f"/peer/{WORD}/checkpoint", "/desk/"):
        probe.every_way(path)
    return probe.answers


def exported(world: World, directory: Path, party: str = "jpn") -> dict[str, bytes]:
    """Return what the node's own people hand a partner by other ways: its feed, its event, the stream that push sends."""
    node = world.node()
    feed(node, party, PROGRAMME, directory / "feed")
    event(node, party, PROGRAMME, directory / "event.json")
    files = {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    return files | {"push": b"\n".join(released(node, party, PROGRAMME))}
