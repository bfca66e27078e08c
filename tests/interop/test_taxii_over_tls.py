"""The whole way between two nodes: one mTLS server with TAXII and the peer protocol, real sockets, writers at work."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.unit.exchange.memory_backend import MemoryBackend, basic, identifier
from tests.unit.exchange.samples import indicator

from foedus.errors import ExchangeError, TrustError
from foedus.exchange.peer import server as peer
from foedus.exchange.peer.client import PeerClient
from foedus.exchange.serving import serving
from foedus.exchange.session import Patience, Session
from foedus.exchange.taxii import server as taxii
from foedus.exchange.taxii.client import pull
from foedus.exchange.tls import NodeName, Pins, client_context, create_ca, issue, party_of, server_context, spki_sha256
from foedus.model.entry import StoredEntry
from foedus.model.ports import Caller, PullState

pytestmark = pytest.mark.interop
NOW = datetime.now(UTC)
PARTIES = ("kat", "bel", "stranger")
CAS = {party: create_ca(party, os.urandom, NOW - timedelta(days=90)) for party in PARTIES}
PINS = Pins(
    {(party, "main"): {spki_sha256(CAS[party].certificate)} for party in ("kat", "bel")},
    [CAS["kat"].certificate, CAS["bel"].certificate],
)
PATIENCE = Patience(lambda _: None, lambda: datetime.now(UTC), lambda: 0.0, tries=2)


def caller_of(credentials) -> Caller | None:
    try:
        party = party_of(credentials.certificate, PINS, datetime.now(UTC))
    except TrustError:
        return None
    return Caller(f"{party} node", party, "partner")


class TlsBackend(MemoryBackend):
    def identify(self, credentials):
        return caller_of(credentials) or super().identify(credentials)


class TlsLogs:
    entries_ = [StoredEntry(b"leaf", b"salt", b"body")] * 3

    def identify(self, credentials):
        return caller_of(credentials)

    def checkpoint(self, caller, programme):
        return f"{caller.party}\n" if programme == "foedus" else None

    def entries(self, caller, programme, start, limit):
        return self.entries_[start : start + limit]

    def consistency(self, caller, programme, old, new):
        return []

    def accept(self, caller, programme, note):
        return "thanks"

    def spend(self, caller, what):
        return 0


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")

    def write(ca: str, party: str, at: datetime = NOW):
        leaf = issue(CAS[ca], NodeName(party, "main"), ["127.0.0.1"], os.urandom, at)
        certificate, key = folder / f"{ca}-{party}-{at:%j}.crt", folder / f"{ca}-{party}-{at:%j}.key"
        certificate.write_bytes(leaf.certificate_pem())
        key.write_bytes(leaf.key_pem())
        return certificate, key

    return write


@pytest.fixture
def backend():
    return TlsBackend()


@pytest.fixture
def url(files, backend):
    routes = [
        Mount("/peer", app=peer.application(TlsLogs())),
        Mount("/", app=taxii.application(backend, cursor_secret=b"s")),
    ]
    context = server_context(*files("bel", "bel"), PINS.cas.values(), required=False)
    with serving(Starlette(routes=routes), context=context) as base:
        yield base


@pytest.fixture
def session(url):
    """Makes sessions, with a certificate, a password or nothing, and closes them."""
    with contextlib.ExitStack() as stack:

        def make(*own, auth=None) -> Session:
            context = client_context(CAS["bel"].certificate, *own)
            return Session(stack.enter_context(httpx.Client(verify=context, trust_env=False, auth=auth)), url, PATIENCE)

        yield make


def released(url: str, party: str) -> str:
    return f"{url}/foedus/collections/{identifier(party, f'released|{party}')}/"


def test_a_node_pulls_what_its_party_may_see_and_no_other(url, files, backend, session):
    backend.release("released|kat", indicator(1))
    backend.release("released|bel", indicator(2))
    kat = session(*files("kat", "kat"))
    assert [one.objects for one in pull(kat, released(url, "kat"), PullState())] == [[indicator(1)]]
    with pytest.raises(ExchangeError) as caught:
        list(pull(kat, released(url, "bel"), PullState()))
    assert caught.value.code == "taxii-status"


def test_a_tool_without_a_certificate_logs_in_with_a_password(url, session):
    assert list(pull(session(auth=("kat", "pw")), released(url, "kat"), PullState()))
    with pytest.raises(ExchangeError) as caught:
        list(pull(session(), released(url, "kat"), PullState()))
    assert caught.value.code == "exchange-login"


def test_the_peer_protocol_over_the_same_server(url, files, session):
    one = PeerClient(session(*files("kat", "kat")), url, "foedus")
    assert one.checkpoint() == "kat\n"
    assert one.entries(1) == TlsLogs.entries_[1:]
    assert one.send_receipt("note\n") == "thanks"
    assert PeerClient(session(*files("kat", "kat")), url, "hidden").checkpoint() is None


@pytest.mark.parametrize(
    ("ca", "party", "days"),
    [("stranger", "kat", 0), ("kat", "kat", -40), ("kat", "kat", 40), ("kat", "bel", 0), ("", "", 0)],
)
def test_nobody_else_gets_in(url, files, ca, party, days, session):
    """Unknown CA, expired, not yet valid, wrong party, no certificate."""
    own = files(ca, party, NOW + timedelta(days=days)) if ca else ()
    with pytest.raises(ExchangeError):
        PeerClient(session(*own), url, "foedus").checkpoint()
    with pytest.raises(ExchangeError):
        list(pull(session(*own), released(url, "kat"), PullState()))


def test_pages_by_next_and_by_date_lose_nothing_while_a_writer_works(url, files, backend):
    total, page = 300, 20

    def write() -> None:
        for number in range(total):
            backend.release("released|kat", indicator(number))

    writer = threading.Thread(target=write)
    writer.start()
    client = httpx.Client(verify=client_context(CAS["bel"].certificate, *files("kat", "kat")), trust_env=False)
    by_next: list[str] = []
    by_date: list[str] = []
    cursor, after, date = "", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"
    objects = released(url, "kat") + "objects/"
    with client:
        while len(by_next) < total or len(by_date) < total:
            params = {"limit": page, "added_after": after} | ({"next": cursor} if cursor else {})
            answer = client.get(objects, params=params)
            by_next += [one["id"] for one in answer.json().get("objects", [])]
            cursor = answer.json().get("next", "")
            after = after if cursor else answer.headers["x-taxii-date-added-last"]
            answer = client.get(objects, params={"limit": page, "added_after": date})
            by_date += [one["id"] for one in answer.json().get("objects", [])]
            date = answer.headers["x-taxii-date-added-last"]
    writer.join()
    assert len(by_next) == len(set(by_next)) == total
    assert by_next == by_date


def test_a_server_in_the_main_thread_ends_on_a_signal(tmp_path):
    script = (
        "from foedus.exchange.serving import serve\n"
        "from foedus.exchange.taxii.server import application\n"
        "from tests.unit.exchange.memory_backend import MemoryBackend\n"
        "import sys\n"
        "serve(application(MemoryBackend(), cursor_secret=b's'), '127.0.0.1', int(sys.argv[1]))\n"
    )
    with serving(taxii.application(MemoryBackend(), cursor_secret=b"s")) as free:
        port = free.rsplit(":", 1)[1]
    process = subprocess.Popen([sys.executable, "-c", script, port], cwd=os.getcwd())
    try:
        with httpx.Client(trust_env=False, headers={"authorization": basic("kat")}) as client:
            for _ in range(200):
                try:
                    assert client.get(f"http://127.0.0.1:{port}/taxii2/").status_code == 200
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
        # uvicorn finishes what runs and then lets the signal have its usual effect.
        assert process.wait(10) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
