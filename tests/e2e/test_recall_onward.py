"""A recall goes on to whom the object went on to, and says so only to whom that is known."""

from __future__ import annotations

import pytest
from tests.node_pair import bundle, indicator, make_nodes, stix_id
from tests.recalling import entries, held, proof, pulled, recall, standings

from foedus.node.recall import Order, Target, make
from foedus.node.release import release
from foedus.node.show import show
from foedus.programme.packaged import read_shipped

pytestmark = pytest.mark.e2e
ISAC = "urn:foedus:programme:energy-isac-charter"
OTHER = "urn:foedus:programme:energy-isac-other"
X = stix_id("indicator", 1)
LABEL = "PUBLIC TLP:CLEAR"


def charter(directory, name, id_=ISAC):
    """Write a charter under which members pass on without asking."""
    path = directory / name
    text = read_shipped("isac-charter").decode().replace("onward: originator-consent", "onward: clause-only")
    path.write_text(text.replace(ISAC, id_))
    return str(path)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """GridCo's indicator at Windpark, which passed it on to City Power, under one charter or another."""
    directory = tmp_path_factory.mktemp("onward")
    members = ("gridco", "windpark", "citypower", "meterlab")
    agreed = {charter(directory, "one"): members, charter(directory, "two", OTHER): members}
    return make_nodes(directory / "nodes", agreed)


@pytest.fixture
def nodes(base, tmp_path):
    copy = base.copy(tmp_path / "nodes")
    with copy.serving_here("gridco", "windpark", "citypower", "meterlab"):
        yield copy


def spread(nodes, onward=ISAC, *, direct=False):
    """GridCo to Windpark, Windpark to City Power; with ``direct`` GridCo to City Power as well."""
    nodes.put("gridco", bundle(indicator(1)), LABEL)
    with nodes.open("gridco") as node:
        for party in ("windpark", *(["citypower"] if direct else [])):
            release(node, party, ISAC)
    if direct:
        pulled(nodes, "citypower")
    pulled(nodes, "windpark")
    with nodes.open("windpark") as node:
        release(node, "citypower", onward)
    pulled(nodes, "citypower")
    assert held(nodes, "citypower", X) == ["peer:windpark", *(["peer:gridco"] if direct else [])]


def settle(nodes, rounds=3):
    for _ in range(rounds):
        for party in ("windpark", "citypower", "gridco"):
            pulled(nodes, party)


def test_it_reaches_who_was_never_sent_it_by_the_originator(nodes):
    spread(nodes)
    recall(nodes, "gridco", X, reason="source-withdrawn")
    settle(nodes)
    assert held(nodes, "windpark", X) == held(nodes, "citypower", X) == []
    [ours] = standings(nodes, "gridco")
    assert (ours.party, ours.result, ours.passed_on_to) == ("windpark", "deleted", ("citypower",))
    made = [one for one in standings(nodes, "windpark") if one.direction == "made"]
    assert {(one.party, one.reason, one.result) for one in made} == {("citypower", "source-withdrawn", "deleted")}
    [said] = entries(nodes, "windpark", "recall.made")
    assert (said["cause"], said["person"]) == ("passed-on", "")
    assert proof(nodes, "citypower", X, "windpark").absence.proven
    assert all(nodes.faults(party) == [] for party in ("gridco", "windpark", "citypower"))


def test_whom_it_was_passed_on_to_under_another_programme_is_not_told(nodes):
    spread(nodes, OTHER)
    recall(nodes, "gridco", X)
    settle(nodes)
    assert len(entries(nodes, "windpark", "recall.requested", f"{OTHER}|windpark|citypower")) == 1
    [answer] = entries(nodes, "windpark", "recall.completed", f"{ISAC}|windpark|gridco")
    assert (answer["result"], answer["passed_on_to"]) == ("deleted", [])
    assert held(nodes, "citypower", X) == []


def test_who_was_sent_it_by_both_keeps_it_until_both_call_it_back(nodes):
    spread(nodes, direct=True)
    recall(nodes, "gridco", X, "citypower")
    pulled(nodes, "citypower")
    assert held(nodes, "citypower", X) == ["peer:windpark"]
    [answer] = entries(nodes, "citypower", "recall.completed")
    assert (answer["result"], answer["code"]) == ("deleted", "")
    assert standings(nodes, "citypower")[0].code == "other-source"
    with nodes.open("citypower") as node:
        [kept] = show(node, X)
    assert (kept.owner, kept.because, kept.label) == ("gridco", ("source:peer:windpark",), LABEL)
    recall(nodes, "gridco", X, "windpark")
    settle(nodes)
    assert held(nodes, "citypower", X) == []


def test_an_automatic_cause_recalls_without_a_person_within_its_own_transaction(nodes):
    spread(nodes)
    with nodes.open("gridco") as node:
        order = Order("consent-withdrawn", "grant.withdrawn", parties=("windpark",), programme=ISAC)
        with node.store.write() as tx:
            made = make(node, tx, [Target(X)], order)
        with node.store.write() as tx:
            assert make(node, tx, [Target(X)], order) == []
    assert [(one.party, one.reason) for one in made] == [("windpark", "consent-withdrawn")]
    [said] = entries(nodes, "gridco", "recall.made")
    assert (said["cause"], said["person"]) == ("grant.withdrawn", "")
