"""Recall where it meets the rest: a frozen pair, what its owner deletes, what a holder must delete."""

from __future__ import annotations

import pytest
from tests.node_pair import JAPAN_AND_KOREA, OPEN, adopt, bundle, collection, indicator, make_nodes, stix_id
from tests.recalling import entries, held, lift, proof, pulled, recall, standings

from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node import account
from foedus.node.forks import Pair, freeze, thaw
from foedus.node.status import status

pytestmark = pytest.mark.e2e
JAPAN = "urn:foedus:programme:nato-jpn-itpp-2023"
X = stix_id("indicator", 1)
TWO = (Person("chie", ("approver",)), Person("dora", ("approver",)))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Japan and Korea hold an indicator of NATO's."""
    nodes = make_nodes(tmp_path_factory.mktemp("seams") / "nodes", JAPAN_AND_KOREA)
    nodes.send("nato", bundle(indicator(1)), OPEN)
    with nodes.serving_here("nato"):
        for party in ("jpn", "kor"):
            nodes.pull(party)
    return nodes


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def frozen(nodes):
    """Freeze the pair with Japan, as two notes that exclude each other would."""
    with nodes.open("nato") as node:
        freeze(node, Pair(JAPAN, "jpn", "jpn", f"{JAPAN}|jpn|nato"), ("one", "other"))


def thawed(nodes):
    with nodes.open("nato") as node:
        thaw(node, "jpn", TWO)
        adopt(node)


def test_a_recall_from_a_frozen_partner_stays_open_and_is_said_after_the_thaw(nodes):
    frozen(nodes)
    made = {one.party: one.entry >= 0 for one in recall(nodes, "nato", X)}
    assert made == {"jpn": False, "kor": True}
    [open_] = [one for one in standings(nodes, "nato") if one.party == "jpn"]
    assert (open_.state, open_.deadline, open_.overdue) == ("waiting", "", False)
    assert entries(nodes, "nato", "recall.requested", f"{JAPAN}|nato|jpn") == []
    with nodes.open("nato") as node:
        assert status(node).recalls_open == 2
    assert nodes.why("nato", X, "jpn", JAPAN).reasons[0]["code"] == "recalled"
    thawed(nodes)
    with nodes.serving_here("nato", "jpn"):
        nodes.pull("jpn")
        nodes.pull("nato")
    assert held(nodes, "jpn", X) == []
    [done] = [one for one in standings(nodes, "nato") if one.party == "jpn"]
    assert (done.state, done.result) == ("completed", "deleted")
    assert proof(nodes, "jpn", X, "nato").absence.proven
    assert nodes.faults("nato") == []


def test_a_recall_that_was_lifted_before_it_was_said_is_never_said(nodes):
    frozen(nodes)
    recall(nodes, "nato", X, "jpn")
    assert [one.party for one in lift(nodes, "nato", X)] == ["jpn"]
    thawed(nodes)
    assert entries(nodes, "nato", "recall.requested") == []
    assert standings(nodes, "nato") == []
    nodes.release("nato")
    assert len(entries(nodes, "nato", "release.sent", f"{JAPAN}|nato|jpn")) == 2


def test_what_the_own_party_deletes_is_called_back_from_whoever_was_sent_it(nodes):
    with nodes.serving_here("nato"), nodes.desk("nato") as tool:
        path = collection(tool, "desk", "cyber")
        assert tool.delete(f"{path}objects/{X}/").status_code == 200
        assert tool.delete(f"{path}objects/{X}/").status_code == 404
        for party in ("jpn", "kor"):
            pulled(nodes, party)
    assert (held(nodes, "jpn", X), held(nodes, "kor", X)) == ([], [])
    [said] = entries(nodes, "nato", "recall.made")
    assert (said["cause"], said["reason"], said["parties"]) == ("finding.deleted", "source-withdrawn", ["jpn", "kor"])
    assert len(entries(nodes, "nato", "finding.deleted")) == 1
    nodes.put("nato", bundle(indicator(1)), OPEN)
    nodes.release("nato")
    assert len(entries(nodes, "nato", "release.sent")) == 2


def test_what_was_sent_to_nobody_is_deleted_without_a_recall(nodes):
    nodes.put("nato", bundle(indicator(5)), OPEN)
    with nodes.serving_here("nato"), nodes.desk("nato") as tool:
        path = collection(tool, "desk", "cyber")
        assert tool.delete(f"{path}objects/{stix_id('indicator', 5)}/").status_code == 200
    assert entries(nodes, "nato", "recall.made") == []
    with nodes.open("nato") as node:
        assert account.show(node, MASTER, -1, 1)[0].kind == "finding.deleted"
