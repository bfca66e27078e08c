"""What ends, ends to the instant: on every surface of the sender, and at the recipient, without anything having to run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from tests.node_pair import AMBER, TAXII, bundle, collection, indicator, stix, stix_id
from tests.three_nodes import (
    BOTH,
    PAIR,
    THREE,
    Fixed,
    day,
    give,
    make_pair,
    make_three,
    opened_at,
    release_at,
    served_at,
)

from foedus.errors import InputError, NotReleasable
from foedus.model import instant
from foedus.model.people import Person
from foedus.model.ports import ViewQuery
from foedus.node import account, feed, people, retention
from foedus.node.approve import Wish, approve, hold
from foedus.node.corroborate import due as told_of
from foedus.node.due import due as coming
from foedus.node.exchange import pull, released
from foedus.node.release import release
from foedus.node.show import rows, show, why
from foedus.node.status import status
from foedus.store import bounds, findings, values
from foedus.store.pages import Views
from foedus.store.release_tables import bound

pytestmark = pytest.mark.e2e
URN = f"urn:foedus:programme:{PAIR}"
ONE, TWO = stix_id("indicator", 1), stix_id("indicator", 2)
US = timedelta(microseconds=1)
WEEK = {"delete_after: P2Y, review_every: P6M": "delete_after: P7D"}
BOB = Person("bob", ("releaser", "approver"))
SENT, END = day("06-02"), day("06-09")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One finding, released on 2 June for seven days, and pulled."""
    nodes = make_pair(tmp_path_factory.mktemp("expiry") / "nodes", WEEK)
    nodes.put("nato", bundle(indicator(1)), AMBER)
    release_at(nodes, "nato", SENT)
    with served_at(nodes, "nato", SENT), opened_at(nodes, "jpn", SENT) as node:
        assert [one.objects for one in pull(node)] == [1]
    return nodes


@pytest.fixture
def nodes(made, tmp_path):
    return made.copy(tmp_path / "nodes")


def partner_sees(client, path):
    """Ask every TAXII surface for the finding; return which of them shows it."""
    shown = {}
    for what in (
        "objects/",
        "manifest/",
        f"objects/{ONE}/",
        f"objects/{ONE}/versions/",
        "objects/?match[type]=indicator",
    ):
        answer = client.get(path + what)
        shown[what] = ONE in answer.text or "2026-05-03" in answer.text
    return shown


def test_every_surface_of_the_sender_shows_it_until_before_its_end_and_none_at_it(nodes, tmp_path):
    with served_at(nodes, "nato", END - US) as node, nodes.client("jpn", "nato") as client:
        path = collection(client, PAIR, "released-cyber")
        assert all(partner_sees(client, path).values())
        before = (len(list(released(node, "jpn", URN))), feed.feed(node, "jpn", URN, tmp_path).objects)
        counted = [one.objects for one in status(node).released if one.area == "cyber"]
        node.clock.at = END
        assert not any(partner_sees(client, path).values())
        absent = client.get(f"{path}objects/{stix_id('indicator', 9)}/")
        gone = client.get(f"{path}objects/{ONE}/")
        assert (gone.status_code, gone.headers.get("content-type")) == (absent.status_code, TAXII)
        after = (len(list(released(node, "jpn", URN))), feed.feed(node, "jpn", URN, tmp_path).objects)
        assert (before, counted, after) == ((1, 1), [1], (0, 0))
        assert [one.objects for one in status(node).released if one.area == "cyber"] == [0]


def test_what_was_kept_long_enough_is_not_sent_again(nodes):
    assert [run.counts.release for run in release_at(nodes, "nato", END + timedelta(days=1))] == [0]


def recipient_finds(node):
    """Look for the finding everywhere a person of the recipient may."""
    with node.store.read() as read:
        held = values.holders(read, "domain-name", "host1.example")
        found = [findings.resolve(read, [ONE]), findings.versions_of(read, ONE), held]
    found.append([one for one in rows(node) if one.object_id == ONE])
    found.append(Views(node.store).rows("desk|cyber", ViewQuery(limit=10), instant.to_us(node.clock.now())).rows)
    return [bool(one) for one in found]


def test_the_recipient_finds_it_until_before_its_end_and_nowhere_at_it(nodes):
    with opened_at(nodes, "jpn", END - US) as node:
        assert recipient_finds(node) == [True] * 5
        node.clock.at = END
        assert recipient_finds(node) == [False] * 5
        with pytest.raises(InputError, match="no such object"):
            show(node, ONE)


def test_nothing_is_told_of_a_match_with_what_may_be_held_no_longer(nodes):
    same = bundle(stix("indicator", 5, pattern="[domain-name:value = 'host1.example']", pattern_type="stix",
                       valid_from="2026-05-03T06:00:00Z"))  # fmt: skip
    nodes.put("jpn", same, AMBER)
    with opened_at(nodes, "jpn", END - US) as node:
        assert [count(node, at) for at in (END - US, END)] == [1, 0]
        assert [bool(show(node, stix_id("indicator", 5))[0].corroborated)] == [False]


def count(node, at):
    node.clock = Fixed(at)
    with node.store.write() as tx:
        seqs = [one.seq for one in findings.versions_of(tx, stix_id("indicator", 5))]
        return len(told_of(node, tx, f"{URN}|jpn|nato", "cyber", seqs, at))


def test_at_its_end_it_is_to_be_deleted_and_the_next_command_deletes_it_and_enters_that(nodes):
    with opened_at(nodes, "jpn", END - US) as node:
        assert retention.due(node) == []
        node.clock.at = END
        [due] = retention.due(node)
        assert (due.object_id, due.originator, due.peer, due.since) == (
            ONE,
            "nato",
            "nato",
            "2026-06-09T00:00:00.000000Z",
        )
        with node.store.read() as read:
            sha256 = next(iter(findings.findings_of(read, [1]))).sha256
        assert [one.due.day for one in coming(node) if one.due.kind == "retention"] == ["2026-06-09"]
        assert (retention.delete_due(node), retention.delete_due(node), retention.due(node)) == (1, 0, [])
        with node.store.read() as read:
            assert findings.blob_of(read, sha256) is None
            assert list(findings.findings_of(read, [1])) == []
        last = account.show(node, f"{URN}|jpn|nato", -1, 1)[0]
        assert (last.kind, last.body["object_id"], last.body["cause"]) == ("release.expired", ONE, "retention")
        assert [report for report in account.verify(node) if not report.whole] == []


def test_what_comes_again_is_held_again(nodes):
    with opened_at(nodes, "jpn", END) as node:
        retention.delete_due(node)
    nodes.put("nato", bundle(indicator(1, modified="2026-06-05T00:00:00.000Z")), AMBER)
    release_at(nodes, "nato", END + US)
    with served_at(nodes, "nato", END + US), opened_at(nodes, "jpn", END + US) as node:
        assert [one.new for one in pull(node)] == [1]
        assert [one.version for one in show(node, ONE)] == ["2026-06-05T00:00:00.000Z"]


# Turns that are known beforehand.

CLAUSE = {'valid: {from: "2023-07-12", until: "2026-12-31"}': 'valid: {from: "2023-07-12", until: "2026-06-20"}'}
TERM = {'"2026-12-31"': '"2026-06-30"'}


@pytest.mark.parametrize(("changes", "end"), [(CLAUSE, "06-21"), (TERM, "07-01")])
def test_a_release_ends_with_its_clause_and_with_the_term_and_not_before(tmp_path, changes, end):
    nodes = make_pair(tmp_path / "nodes", changes)
    nodes.put("nato", bundle(indicator(1)), AMBER)
    release_at(nodes, "nato", SENT)
    with opened_at(nodes, "nato", day(end) - US) as node:
        assert sent(node, f"{URN}|nato|jpn")["expires_at"] == f"2026-{end}T00:00:00.000000Z"
        assert len(list(released(node, "jpn", URN))) == 1
        node.clock.at = day(end)
        assert list(released(node, "jpn", URN)) == []
        assert why(node, ONE, "jpn", URN, enter=False)[0].outcome == "withhold"


def sent(node, log):
    """Return what the one release entry of a log says."""
    [line] = [one for one in account.show(node, log, 0, 50) if one.kind == "release.sent"]
    return line.body


def test_when_the_term_is_over_a_partner_is_answered_as_a_stranger_but_for_the_ledger(tmp_path):
    nodes = make_pair(tmp_path / "nodes", TERM)
    nodes.put("nato", bundle(indicator(1)), AMBER)
    release_at(nodes, "nato", SENT)
    with served_at(nodes, "nato", day("07-01") - US) as node, nodes.client("jpn", "nato") as client:
        path = collection(client, PAIR, "released-cyber")
        assert all(partner_sees(client, path).values())
        node.clock.at = day("07-01")
        assert [client.get(one).status_code for one in (path, f"{path}objects/")] == [
            client.get(one).status_code for one in ("/nobody/", "/nobody/collections/")
        ]
        # The evidence outlives the term, what was sent does not.
        assert client.get(f"/peer/{PAIR}/checkpoint").status_code == 200
        assert not any(partner_sees(client, path).values())


# Passing on.


@pytest.fixture
def three(tmp_path):
    """Japan holds a finding of NATO's under the programme of two, and a grant to pass it on to Korea."""
    nodes = make_three(tmp_path / "nodes")
    nodes.put("nato", bundle(indicator(2)), BOTH)
    release_at(nodes, "nato", SENT, "jpn", PAIR)
    give(nodes, "nato", [TWO], "kor", holder="jpn", programme=THREE)
    with served_at(nodes, "nato", SENT), opened_at(nodes, "jpn", SENT) as node:
        pull(node)
    return nodes


def bind(nodes, values):
    """Change what Japan's objects came under, or take it away."""
    with nodes.open("jpn") as node, node.store.write() as tx:
        tx.connection.execute(update(bound).values(values) if values else delete(bound))


def test_a_time_limit_received_binds_whoever_gets_it_next(three):
    bind(three, {"until_us": instant.to_us(END), "purposes": '["network-defence"]'})
    release_at(three, "jpn", SENT + US, "kor", THREE)
    with opened_at(three, "jpn", END - US) as node:
        said = sent(node, f"urn:foedus:programme:{THREE}|jpn|kor")
        assert (said["expires_at"], said["duties"]["purposes"]) == ("2026-06-09T00:00:00.000000Z", ["network-defence"])
        assert len(list(released(node, "kor", THREE))) == 1
        node.clock.at = END
        assert list(released(node, "kor", THREE)) == []
    assert [run.counts.release for run in release_at(three, "jpn", END, "kor", THREE)] == [0]


def test_what_may_be_held_no_longer_is_neither_approved_nor_goes_though_it_was(three):
    bind(three, {"until_us": instant.to_us(END), "purposes": '["network-defence"]'})
    wish = Wish(TWO, "kor", THREE)
    with opened_at(three, "jpn", END - US) as node, node.store.write() as tx:
        bounds.put_end(tx, [one.seq for one in findings.versions_of(tx, TWO)], instant.to_us(END), retention.DESK)
    with opened_at(three, "jpn", END - US) as node:
        people.add(node, BOB.name, BOB.roles, "a long password")
        hold(node, BOB, wish, "not yet")
        assert approve(node, BOB, wish).done == "approved"
        node.clock.at = END
        with pytest.raises(NotReleasable, match="not on hold"):
            approve(node, BOB, wish)
        node.clock.at = END + timedelta(minutes=1)
        assert [run.counts.release for run in release(node, "kor", THREE)] == [0]
        assert list(released(node, "kor", THREE)) == []


def test_for_another_purpose_it_is_not_passed_on(three):
    bind(three, {"purposes": '["training"]'})
    with opened_at(three, "jpn", SENT + US) as node:
        [said] = why(node, TWO, "kor", THREE, enter=False)
    assert (said.outcome, [one["code"] for one in said.reasons]) == ("withhold", ["purpose-not-received"])


def test_without_the_duties_it_came_under_it_is_not_passed_on(three):
    bind(three, None)
    with opened_at(three, "jpn", SENT + US) as node:
        [said] = why(node, TWO, "kor", THREE, enter=False)
    assert (said.outcome, [one["code"] for one in said.reasons]) == ("withhold", ["duties-missing"])
