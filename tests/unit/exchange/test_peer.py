"""Node to node: both ends in one process, and hostile ends on either side."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from tests.unit.exchange.asgi import asgi_client

from foedus.errors import BadSignature, ExchangeError
from foedus.exchange.peer import server as peer
from foedus.exchange.peer.client import PeerClient
from foedus.exchange.peer.server import application
from foedus.exchange.session import Patience, Session
from foedus.exchange.witness import origin_hash as origin_hash_of
from foedus.model.entry import LogCopy, StoredEntry
from foedus.model.ports import Caller, NotWitnessed

BASE = "https://node.example"
PATIENCE = Patience(lambda _: None, lambda: datetime(2026, 6, 1, tzinfo=UTC), lambda: 0.0, tries=2)


class Logs:
    """One log, ``treaty``, kept for the party whose certificate is ``kat``."""

    def __init__(self, entries: list[StoredEntry] | None = None) -> None:
        self.log = entries or [StoredEntry(b'{"seq":%d}' % n, bytes([n]) * 16, b"\xff\n%d" % n) for n in range(5)]
        self.receipts: list[str] = []
        self.waits: dict[str, int] = {}

    def identify(self, credentials):
        if credentials.authorization:
            raise AssertionError("only the certificate counts")
        kinds = {b"kat": Caller("kat", "kat", "partner"), b"tool": Caller("tool", "kat", "tool")}
        return kinds.get(credentials.certificate)

    def checkpoint(self, caller, programme):
        return "origin\n5\nroot\n" if programme == "treaty" else None

    def entries(self, caller, programme, start, limit):
        return self.log[start : start + limit]

    def consistency(self, caller, programme, old, new):
        return [bytes([old]) * 32, bytes([new]) * 32] if new <= 5 else None

    def spend(self, caller, what):
        return self.waits.get(what, 0)

    def returned(self, caller, programme, start, limit):
        return self.log[start : start + limit] if programme == "treaty" else None

    def witness(self, caller, programme, old, proof, note):
        if programme != "treaty":
            raise NotWitnessed(404, "origin-unknown")
        if old != 3:
            raise NotWitnessed(409, "submission-old", 3)
        if proof:
            raise NotWitnessed(422, "submission-proof")
        return "\u2014 witness line\n" if note == "good\n" else ""

    def witnessed(self, caller, programme, origin_hash):
        return "cosigned\n" if programme == "treaty" and origin_hash == origin_hash_of("origin") else None

    def holds(self, caller, programme, side):
        return programme == "treaty" and side == "sent"

    def copy(self, caller, programme, side):
        return LogCopy("origin", 5, bytes(32), "note\n") if side == "sent" else None

    def subtrees(self, caller, programme, side, wanted):
        whole = side == "sent" and all((index + 1) << level <= 5 for level, index in wanted)
        return [bytes([level, index]) * 16 for level, index in wanted] if whole else None

    def accept(self, caller, programme, note):
        if note != "good\n":
            raise BadSignature("the receipt does not verify", hint="sign it")
        self.receipts.append(note)
        return "taken 5"


def http_client(logs: Logs, certificate: bytes | None = b"kat") -> httpx.Client:
    app = application(logs)

    async def with_peer(scope, receive, send) -> None:
        scope["extensions"] = {"tls": {"client_cert_chain": [certificate] if certificate else []}}
        await app(scope, receive, send)

    return asgi_client(with_peer, BASE, authorization="Basic nobody")


def peer_of(logs: Logs, programme: str = "treaty") -> PeerClient:
    return PeerClient(Session(http_client(logs), BASE, PATIENCE), BASE, programme)


def test_a_peer_reads_checkpoint_entries_and_proof():
    one = peer_of(Logs())
    assert one.checkpoint() == "origin\n5\nroot\n"
    assert one.entries(0) == Logs().log
    assert one.entries(3) == Logs().log[3:]
    assert one.entries(1, 2) == Logs().log[1:3]
    assert one.entries(5) == []
    assert one.consistency(2, 5) == [b"\2" * 32, b"\5" * 32]
    assert one.consistency(2, 9) is None


def test_a_peer_reads_the_state_and_subtrees_of_a_copy():
    one = peer_of(Logs())
    assert one.state("sent") == LogCopy("origin", 5, bytes(32), "note\n")
    assert one.state("received") is None
    assert one.subtrees("sent", [(2, 0), (0, 4)]) == [b"\2\0" * 16, b"\0\4" * 16]
    many = [(0, seq % 5) for seq in range(600)]
    assert one.subtrees("sent", many) == [bytes([0, seq]) * 16 for _, seq in many]
    assert one.subtrees("sent", []) == []
    for side, wanted in (("received", (0, 0)), ("sent", (3, 0))):
        with pytest.raises(ExchangeError) as caught:
            one.subtrees(side, [wanted])
        assert caught.value.code == "peer-malformed"


TOO_MANY = ".".join(["0-0"] * 257)


@pytest.mark.parametrize("query", [
    "", "log=", "log=x&at=0-0", "log=sent&log=sent&at=0-0", "at=0-0", "log=sent", "log=sent&at=", "log=sent&at=0",
    "log=sent&at=0-0.", "log=sent&at=-1-0", "log=sent&at=00-0", "log=sent&at=0-00", "log=sent&at=54-0",
    "log=sent&at=0-99999999999999999", "log=sent&at=0-%D9%A1", "log=sent&at=0-0%0A", f"log=sent&at={TOO_MANY}",
    "log=sent&at=0-0%FF",
])  # fmt: skip
def test_a_malformed_question_for_subtrees_is_400_without_its_content(query):
    answer = http_client(Logs()).get(f"/peer/treaty/subtrees?{query}")
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "parameter-malformed"
    assert "99999" not in answer.text
    assert len(answer.content) < 400
    # Who may not know of the programme learns nothing by asking badly.
    assert http_client(Logs()).get(f"/peer/other/subtrees?{query}").status_code == 404


def test_a_receipt_is_taken_or_refused_with_a_reason():
    logs = Logs()
    assert peer_of(logs).send_receipt("good\n") == "taken 5"
    assert logs.receipts == ["good\n"]
    with pytest.raises(ExchangeError) as caught:
        peer_of(logs).send_receipt("bad\n")
    assert caught.value.code == "receipt-refused"
    answer = http_client(logs).post("/peer/treaty/receipt", content=b"bad\n")
    assert answer.status_code == 422
    assert answer.json()["error_code"] == "signature-bad"


def test_a_programme_that_is_hidden_or_absent_is_404_everywhere():
    one = peer_of(Logs(), "other")
    assert one.checkpoint() is None
    assert one.entries(0) == []
    assert one.consistency(0, 1) is None
    assert one.state("sent") is None
    client = http_client(Logs())
    for path in (
        "/peer/other/checkpoint",
        "/peer/other/receipt",
        "/peer/other/state?log=sent",
        "/peer/other/subtrees?log=sent&at=0-0",
        "/peer//checkpoint",
        "/peer/treaty/",
        "/peer/treaty/x",
        "/",
    ):
        assert {client.get(path).status_code, client.put(path).status_code} == {404}


@pytest.mark.parametrize("certificate", [None, b"stranger", b"tool"])
def test_only_a_partners_certificate_opens_it(certificate):
    client = http_client(Logs(), certificate)
    for path in ("/peer/treaty/checkpoint", "/peer/other/checkpoint", "/"):
        assert client.get(path).status_code == 401


def test_other_methods_are_405():
    response = http_client(Logs()).get("/peer/treaty/receipt")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "query",
    ["entries?start=-1", "entries?start=x", "entries?start=1e3", "entries?limit=99999999999999999", "entries?start=",
     "consistency?old=1", "consistency", "consistency?old=3&new=2", "entries?start=%ff"],
)  # fmt: skip
def test_malformed_numbers_are_400(query):
    assert http_client(Logs()).get("/peer/treaty/" + query).status_code == 400


def test_a_long_receipt_is_413_and_one_that_is_no_text_400():
    client = http_client(Logs())
    assert client.post("/peer/treaty/receipt", content=b"x" * 70_000).status_code == 413
    assert client.post("/peer/treaty/receipt", content=b"\xff").status_code == 400


def test_a_page_of_entries_is_bounded_by_bytes_and_never_empty_before_the_end(monkeypatch):
    monkeypatch.setattr(peer, "MAX_PAGE_BYTES", 3_000)
    logs = Logs([StoredEntry(b"l", b"s", b"b" * 2_000)] * 4)
    one = peer_of(logs)
    assert [len(one.entries(start)) for start in range(5)] == [1, 1, 1, 1, 0]


def hostile(content: bytes) -> PeerClient:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    return PeerClient(Session(httpx.Client(transport=transport), BASE, PATIENCE), BASE, "treaty")


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense",
        b'{"leaf":"!","salt":"","body":""}',
        b"[" * 5_000,
        b'{"leaf":"","salt":"","body":""}\n' * 3,
        b"x" * 70_000,
        b"\xff",
    ],
)
def test_a_hostile_peer_ends_in_an_exchange_error(content):
    asking = (
        lambda one: one.entries(0, 2),
        lambda one: one.consistency(1, 2),
        lambda one: one.state("sent"),
        lambda one: one.subtrees("sent", [(0, 0)]),
    )
    for ask in asking:
        with pytest.raises(ExchangeError):
            ask(hostile(content))


def test_a_proof_of_other_than_hashes_or_of_too_many_is_refused():
    zeros = b'"' + b"A" * 43 + b'="'
    assert hostile(b'{"proof":[' + zeros + b"]}").consistency(1, 2) == [bytes(32)]
    for proof in (b'"AAAA"', b",".join([zeros] * 64)):
        with pytest.raises(ExchangeError):
            hostile(b'{"proof":[' + proof + b"]}").consistency(1, 2)


def test_a_state_that_is_none_and_hashes_that_were_not_asked_for_are_refused():
    state = b'{"origin":"o","size":%d,"root":"%s","note":""}'
    zeros = b"A" * 43 + b"="
    assert hostile(state % (1, zeros)).state("sent").root == bytes(32)
    for size, root in ((-1, zeros), (1, b"AAAA")):
        with pytest.raises(ExchangeError):
            hostile(state % (size, root)).state("sent")
    for hashes in (b"", b'"AAAA"', b'"%s","%s"' % (zeros, zeros)):
        with pytest.raises(ExchangeError):
            hostile(b'{"hashes":[' + hashes + b"]}").subtrees("sent", [(0, 0)])


def test_a_mistake_of_our_own_says_nothing(monkeypatch):
    logs = Logs()
    monkeypatch.setattr(logs, "entries", lambda *_: 1 / 0)
    response = http_client(logs).get("/peer/treaty/entries")
    assert response.status_code == 500
    assert "division" not in response.text
