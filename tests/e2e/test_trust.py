"""Who is let in, whose word is taken, and what becomes of a log that is not what it was."""

from __future__ import annotations

import os
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from tests.node_pair import OPEN, bundle, collection, indicator, make_nodes, read_all, stix_id

from foedus.exchange import tls
from foedus.model.instant import parse_ns
from foedus.model.people import Person
from foedus.node import account
from foedus.node.forks import thaw
from foedus.node.show import refused

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
APPROVERS = (Person("ann", ("approver",)), Person("ben", ("approver",)))
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("trust") / "nodes")
    made.send("nato", bundle(*(indicator(number) for number in range(5))), OPEN)
    made.send("jpn", bundle(*(indicator(number) for number in range(100, 103))), OPEN)
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


@pytest.fixture
def no_waiting(monkeypatch):
    """Repeat at once what may be repeated."""
    monkeypatch.setattr("foedus.node.exchange.time", SimpleNamespace(sleep=lambda _: None))


def leaf(nodes, folder, ca_of: str, names: str, at: datetime):
    """Files of a certificate that a party's CA made, with any name and time in it."""
    keys = nodes.path(ca_of) / "keys"
    ca = tls.load_identity((keys / "ca.pem").read_bytes(), (keys / "ca.key").read_bytes())
    return written(folder, tls.issue(ca, tls.NodeName(names, "main"), ["127.0.0.1"], os.urandom, at))


def written(folder, identity: tls.Identity):
    certificate, key = folder / "leaf.pem", folder / "leaf.key"
    certificate.write_bytes(identity.certificate_pem())
    key.write_bytes(identity.key_pem())
    return certificate, key


NOW = datetime.now(UTC)
KNOCKS = {
    "none": lambda nodes, folder: (),
    "wrong party": lambda nodes, folder: leaf(nodes, folder, "jpn", "nato", NOW),
    "another node": lambda nodes, folder: leaf(nodes, folder, "jpn", "kor", NOW),
    "our own": lambda nodes, folder: nodes.certificate("nato"),
    "expired": lambda nodes, folder: leaf(nodes, folder, "jpn", "jpn", NOW - timedelta(days=40)),
    "not yet valid": lambda nodes, folder: leaf(nodes, folder, "jpn", "jpn", NOW + timedelta(days=2)),
    "unknown CA": lambda nodes, folder: written(
        folder,
        tls.issue(tls.create_ca("jpn", os.urandom, NOW), tls.NodeName("jpn", "main"), ["127.0.0.1"], os.urandom, NOW),
    ),
}
AT_THE_DOOR = ("expired", "not yet valid", "unknown CA")


@pytest.mark.parametrize("knock", KNOCKS)
def test_only_the_right_certificate_opens(nodes, tmp_path, knock):
    own = KNOCKS[knock](nodes, tmp_path)
    with nodes.serving_here("nato"):
        with nodes.client_with("nato", *own) as stranger:
            for path in (f"/{WORD}/collections/", f"/peer/{WORD}/checkpoint", "/desk/collections/"):
                if knock in AT_THE_DOOR:
                    with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
                        stranger.get(path)
                else:
                    assert stranger.get(path).status_code == 401, path
        with nodes.client("jpn", "nato") as partner:
            assert partner.get(f"/{WORD}/collections/").status_code == 200


def test_a_peer_with_another_certificate_than_its_card_says_is_not_asked_anything(nodes, tmp_path, no_waiting):
    ca = tls.create_ca("nato", os.urandom, NOW)
    certificate, key = written(tmp_path, tls.issue(ca, tls.NodeName("nato", "main"), ["127.0.0.1"], os.urandom, NOW))
    for mine, theirs in zip(nodes.certificate("nato"), (certificate, key), strict=True):
        mine.chmod(0o600)
        mine.write_bytes(theirs.read_bytes())
    with nodes.serving_here("nato"):
        [pulled] = nodes.pull("jpn")
    assert "no answer" in pulled.error
    assert (pulled.objects, pulled.entries) == (0, 0)


def both_pull(nodes, times: int = 2) -> None:
    with nodes.serving_here("nato", "jpn"):
        for _ in range(times):
            for party in ("nato", "jpn"):
                [pulled] = nodes.pull(party)
                assert pulled.error == ""


def held(nodes, party: str) -> set[str]:
    with nodes.serving_here(party), nodes.desk(party) as tool:
        return {one.decode() for one in read_all(tool, collection(tool, "desk", "cyber"))}


def test_receipts_come_back_and_both_verify_whole(nodes):
    both_pull(nodes)
    for party, other in (("nato", "jpn"), ("jpn", "nato")):
        with nodes.open(party) as node:
            states = {one.name: one for one in account.logs(node)}
            own = states[f"urn:foedus:programme:{WORD}|{party}|{other}"]
            assert own.signatures == 2, "signed by us and by the partner"
            with node.store.read() as read:
                note = read.logs.checkpoint(own.name).note
            assert f"— {other}.main" in note
            reports = account.verify(node)
        assert len(reports) == 3
        assert [report.faults for report in reports] == [()] * 3
    assert held(nodes, "nato") == held(nodes, "jpn")


def test_clocks_a_day_apart_lose_nothing(nodes):
    settings = nodes.path("jpn") / "node.toml"
    settings.write_text(
        re.sub(r"clock_start_at = \S+", "clock_start_at = 2026-06-02T00:00:00+00:00", settings.read_text())
    )
    nodes.send("jpn", bundle(indicator(110)), OPEN)
    both_pull(nodes)
    nodes.send("nato", bundle(indicator(10)), OPEN)
    both_pull(nodes)
    assert held(nodes, "nato") == held(nodes, "jpn")
    for party in ("nato", "jpn"):
        assert nodes.faults(party) == []
        with nodes.open(party) as node:
            for log in account.logs(node):
                dates = [parse_ns(line.at) for line in account.show(node, log.name, 0, 1_000)]
                assert dates == sorted(dates), log.name


@pytest.mark.parametrize("column", ["body", "leaf", "salt"])
def test_a_changed_row_of_a_log_is_named(nodes, column):
    with sqlite3.connect(nodes.path("nato") / "foedus.db") as database:
        [log_id] = database.execute("SELECT id FROM log WHERE name = ?", (SENT,)).fetchone()
        [was] = database.execute(f"SELECT {column} FROM entry WHERE log_id = ? AND seq = 3", (log_id,)).fetchone()
        changed = was[:-2] + bytes([was[-2] ^ 1]) + was[-1:]
        database.execute(f"UPDATE entry SET {column} = ? WHERE log_id = ? AND seq = 3", (changed, log_id))
    database.close()
    [report] = nodes.faults("nato")
    assert report.log == SENT
    assert {fault.seq for fault in report.faults} == {3}


def test_bytes_changed_after_release_are_not_taken_by_the_partner(nodes):
    with sqlite3.connect(nodes.path("nato") / "foedus.db") as database:
        [was] = database.execute("SELECT raw FROM blob WHERE instr(raw, 'host3.example')").fetchone()
        database.execute("UPDATE blob SET raw = ? WHERE raw = ?", (was.replace(b"host3", b"evil3"), was))
    database.close()
    with nodes.serving_here("nato"):
        [pulled] = nodes.pull("jpn")
    assert (pulled.error, pulled.objects, pulled.new, pulled.refused) == ("", 5, 4, 1)
    with nodes.open("jpn") as node:
        [one] = refused(node)
    assert one.code == "release-entry-missing"
    assert stix_id("indicator", 3) not in "".join(held(nodes, "jpn"))


def test_a_forked_log_is_refused_and_nothing_of_it_is_stored(nodes, tmp_path):
    fork = nodes.copy(tmp_path / "fork")
    nodes.send("nato", bundle(indicator(20)), OPEN)
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    before = held(nodes, "jpn")
    for number in (30, 31):
        fork.send("nato", bundle(indicator(number)), OPEN)
    with fork.serving_here("nato"):
        [pulled] = nodes.pull("jpn")
    assert "FROZEN" in pulled.error
    assert (pulled.objects, pulled.new, pulled.entries) == (0, 0, 0)
    assert held(nodes, "jpn") == before
    assert nodes.faults("jpn") == []
    with nodes.serving_here("nato"):
        [pulled] = nodes.pull("jpn")
        assert "FROZEN" in pulled.error
        with nodes.open("jpn") as node:
            thaw(node, "nato", APPROVERS)
        [pulled] = nodes.pull("jpn")
        assert pulled.error == ""


def test_a_log_set_back_is_refused_by_the_partner_and_its_receipt_tells_the_sender(nodes, tmp_path):
    old = nodes.copy(tmp_path / "old")
    nodes.send("nato", bundle(indicator(20)), OPEN)
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    with old.serving_here("nato"):
        [pulled] = nodes.pull("jpn")
    assert "older" in pulled.error
    assert pulled.objects == 0
