"""What a node concludes from two parties' findings, and what a partner hands in."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from tests.node_pair import (
    AMBER,
    OPEN,
    TAXII,
    bundle,
    collection,
    indicator,
    make_nodes,
    objects_of,
    read_all,
    stix_id,
)
from tests.three_nodes import day, make_pair, opened_at, release_at, served_at

from foedus.node import retention
from foedus.node.exchange import pull
from foedus.node.show import rows, show
from foedus.store.tables import finding

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SHARED = {"pattern": "[domain-name:value = 'both.example']"}


@pytest.fixture
def nodes(tmp_path):
    return make_nodes(tmp_path / "nodes")


def concluded(nodes) -> list[tuple[str, str, str]]:
    with nodes.open("jpn") as node:
        ids = [row.object_id for row in rows(node, kind="both-see-it")]
        return [(one.object["content"], one.owner, one.label) for id_ in ids for one in show(node, id_)[:1]]


def test_a_conclusion_is_no_witness_of_itself(nodes):
    nodes.put("jpn", bundle(indicator(1, **SHARED)), OPEN)
    for number in (10, 11):
        nodes.send("nato", bundle(indicator(number, **SHARED)), OPEN)
        with nodes.serving_here("nato"):
            assert [one.error for one in nodes.pull("jpn")] == [""]
        [(content, owner, _)] = concluded(nodes)
        assert content.endswith("of 1 other owners hold both.example")
        assert owner == "jpn+nato"


def test_a_conclusion_from_two_parties_stays_until_a_person_decides(nodes):
    nodes.put("jpn", bundle(indicator(1, **SHARED)), OPEN)
    nodes.send("nato", bundle(indicator(10, **SHARED)), OPEN)
    with nodes.serving_here("nato", "jpn"):
        nodes.pull("jpn")
        [run] = nodes.release("jpn")
        assert run.counts.release == 1
        with nodes.client("nato", "jpn") as partner:
            seen = read_all(partner, collection(partner, WORD, "released-cyber"))
    assert seen == [indicator(1, **SHARED)]


def test_a_conclusion_ends_with_what_was_received_and_is_deleted_with_it(tmp_path):
    nodes = make_pair(tmp_path / "nodes", {"delete_after: P2Y, review_every: P6M": "delete_after: P7D"})
    nodes.put("jpn", bundle(indicator(1, **SHARED)), AMBER)
    nodes.put("nato", bundle(indicator(10, **SHARED)), AMBER)
    release_at(nodes, "nato", day("06-02"))
    with served_at(nodes, "nato", day("06-02")), opened_at(nodes, "jpn", day("06-02")) as node:
        pull(node)
        assert [row.kind for row in rows(node, kind="both-see-it")] == ["both-see-it"]
        node.clock.at = day("06-09")
        assert rows(node, kind="both-see-it") == []
        assert [one.originator for one in retention.due(node)] == ["nato"]
        assert retention.delete_due(node) > 0
        with node.store.read() as read:
            left = read.connection.execute(select(finding.c.kind, finding.c.owner)).all()
        assert [tuple(one) for one in left] == [("indicator", "jpn")]
    nodes.put("jpn", bundle(indicator(2, **SHARED)), AMBER)
    assert concluded(nodes) == []


def test_what_a_partner_hands_in_is_its_own_and_goes_nowhere(nodes):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "submit-cyber") + "objects/"
        body = bundle(indicator(1), b'{"type":"indicator"}')
        said = partner.post(at, content=body, headers={"content-type": TAXII})
        assert (said.status_code, said.json()["success_count"], said.json()["failure_count"]) == (202, 1, 1)
        status = partner.get(f"/{WORD}/status/{said.json()['id']}/")
        assert status.json()["success_count"] == 1
        assert objects_of(partner.get(at).content) == [indicator(1)]
        nodes.release("nato")
        assert read_all(partner, collection(partner, WORD, "released-cyber")) == []
        released = collection(partner, WORD, "released-cyber") + "objects/"
        assert partner.post(released, content=body, headers={"content-type": TAXII}).status_code in (403, 405)
    with nodes.open("nato") as node:
        [held] = show(node, stix_id("indicator", 1))
    assert (held.owner, held.label) == ("jpn", "no label")
    assert json.loads(indicator(1)) == held.object
