"""Recalls and answers that are none: each refused with its reason and place, nothing lost, nothing told to the other side."""

from __future__ import annotations

import pytest
from tests.node_pair import JAPAN_AND_KOREA, OPEN, bundle, indicator, make_nodes, stix_id
from tests.recalling import enter, entries, held, pulled, recall, standings

from foedus.model.entry import Draft

pytestmark = pytest.mark.e2e
JAPAN, KOREA = "urn:foedus:programme:nato-jpn-itpp-2023", "urn:foedus:programme:nato-kor-itpp-2023"
X, Y = stix_id("indicator", 1), stix_id("indicator", 2)
VERSION = "2026-05-03T06:00:00.000Z"
DEADLINE = "2026-07-01T00:00:00.000000Z"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """NATO released two indicators to Japan and Korea, Japan one of its own to NATO; all of it was pulled."""
    nodes = make_nodes(tmp_path_factory.mktemp("forged") / "nodes", JAPAN_AND_KOREA)
    nodes.send("nato", bundle(indicator(1), indicator(2)), OPEN)
    nodes.send("jpn", bundle(indicator(50)), OPEN)
    with nodes.serving_here("nato", "jpn"):
        for party in ("jpn", "nato"):
            pulled_by = nodes.pull(party)
            assert pulled_by
    return nodes


@pytest.fixture
def nodes(base, tmp_path):
    copy = base.copy(tmp_path / "nodes")
    with copy.serving_here("nato", "jpn", "kor"):
        yield copy


def place(nodes, object_id, programme=JAPAN, to="jpn"):
    """Return where NATO's log says that it sent an object."""
    with nodes.open("nato") as node, node.store.read() as read:
        log = f"{programme}|nato|{to}"
        stored = enumerate(read.logs.entries(log, 0, read.logs.size(log)))
        found = [
            seq for seq, one in stored if one.entry().kind == "release.sent" and one.facts()["object_id"] == object_id
        ]
    return found[-1]


def asked(*sendings, **changes):
    body = {"at": "2026-06-01T00:00:09.000000Z", "programme": JAPAN, "parties": ["nato", "jpn"], "area": "cyber"}
    body |= {"object_id": X, "versions": [VERSION], "sendings": list(sendings), "reason": "wrong", "deadline": DEADLINE}
    return Draft("recall.requested", {**body, **changes})


def answer(log, entry, /, **changes):
    body = {"at": "2026-06-01T00:00:09.000000Z", "programme": JAPAN, "parties": ["nato", "jpn"], "area": "cyber"}
    body |= {"object_id": X, "versions": [VERSION], "log": log, "entry": entry, "result": "deleted", "code": ""}
    return Draft("recall.completed", {**body, "passed_on_to": [], **changes})


def origin(nodes, log):
    with nodes.open("nato") as node, node.store.read() as read:
        return read.logs.log(log).origin


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"object_id": stix_id("indicator", 50)}, "recall-not-sent"),
        ({"versions": ["2020-01-01T00:00:00.000Z"]}, "recall-not-sent"),
        ({"sendings": []}, "recall-not-sent"),
        ({"sendings": [0]}, "recall-not-sent"),
        ({"sendings": [999]}, "recall-not-sent"),
        ({"area": "space"}, "recall-not-sent"),
        ({"deadline": "never"}, "recall-deadline"),
        ({"deadline": "2026-05-31T00:00:00Z"}, "recall-deadline"),
        ({"reason": "the source is in Minsk"}, "recall-malformed"),
        ({"sendings": {"0": 1}}, "recall-malformed"),
        ({"object_id": 7}, "recall-malformed"),
    ],
)
def test_a_recall_that_is_none_does_nothing(nodes, changes, code):
    before = nodes.faults("jpn")
    seq = place(nodes, X)
    [made] = enter(nodes, JAPAN, "nato", "jpn", asked(seq, **changes))
    nodes.send("nato", bundle(indicator(3)), OPEN)
    pulled(nodes, "jpn")
    assert all(held(nodes, "jpn", one) == ["peer:nato"] for one in (X, Y, stix_id("indicator", 3)))
    [refused] = entries(nodes, "jpn", "recall.refused")
    assert (refused["code"], refused["entry"], refused["log"]) == (code, made, origin(nodes, f"{JAPAN}|nato|jpn"))
    assert entries(nodes, "jpn", "recall.completed") == standings(nodes, "jpn") == before == []
    pulled(nodes, "jpn")
    assert len(entries(nodes, "jpn", "recall.refused")) == 1


def test_a_recall_before_its_sending_stays_refused_when_that_comes(nodes):
    with nodes.open("nato") as node, node.store.read() as read:
        size = read.logs.size(f"{JAPAN}|nato|jpn")
    enter(nodes, JAPAN, "nato", "jpn", asked(size + 1, object_id=stix_id("indicator", 4)))
    nodes.send("nato", bundle(indicator(4)), OPEN)
    assert place(nodes, stix_id("indicator", 4)) == size + 1
    pulled(nodes, "jpn")
    assert held(nodes, "jpn", stix_id("indicator", 4)) == ["peer:nato"]
    assert [one["code"] for one in entries(nodes, "jpn", "recall.refused")] == ["recall-not-sent"]


def test_what_another_pairs_log_sent_cannot_be_called_back_in_this_one(nodes):
    seq = place(nodes, Y, KOREA, "kor")
    enter(nodes, JAPAN, "nato", "jpn", asked(seq + 40, object_id=Y))
    pulled(nodes, "jpn")
    assert held(nodes, "jpn", Y) == ["peer:nato"]


def test_japan_cannot_call_back_what_nato_sent_it(nodes):
    enter(nodes, JAPAN, "jpn", "nato", asked(place(nodes, X)))
    nodes.pull("nato")
    assert held(nodes, "nato", X) == ["a source"] or len(held(nodes, "nato", X)) == 1
    assert [one["code"] for one in entries(nodes, "nato", "recall.refused")] == ["recall-not-sent"]


def test_the_same_recall_twice_with_another_reason_and_deadline_changes_nothing(nodes):
    recall(nodes, "nato", X, "jpn")
    enter(nodes, JAPAN, "nato", "jpn", asked(place(nodes, X), reason="other", deadline="2026-06-01T00:00:10Z"))
    pulled(nodes, "jpn")
    [taken] = standings(nodes, "jpn")
    assert (taken.reason, len(entries(nodes, "jpn", "recall.completed"))) == ("wrong", 1)
    assert entries(nodes, "jpn", "recall.refused") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"entry": 0}, "recall-unknown"),
        ({"entry": 4_000}, "recall-unknown"),
        ({"object_id": Y}, "recall-unknown"),
        ({"versions": []}, "recall-unknown"),
        ({"log": "nato.main/foedus/none"}, "recall-unknown"),
        ({"result": "burnt"}, "recall-malformed"),
        ({"passed_on_to": ["kor"]}, "recall-passed-on"),
        ({"passed_on_to": ["\x1b[31m"]}, "recall-passed-on"),
    ],
)
def test_an_answer_that_is_none_leaves_the_recall_open(nodes, changes, code):
    [made] = recall(nodes, "nato", X, "jpn")
    log = origin(nodes, made.log)
    [seq] = enter(nodes, JAPAN, "jpn", "nato", answer(log, made.entry, **changes))
    nodes.pull("nato")
    [refused] = entries(nodes, "nato", "recall.refused")
    assert (refused["code"], refused["entry"]) == (code, seq)
    assert standings(nodes, "nato")[0].result == ""
    pulled(nodes, "jpn")
    nodes.pull("nato")
    assert standings(nodes, "nato")[0].result == "deleted"


def test_an_answer_before_the_recall_counts_for_nothing_afterwards(nodes):
    log = f"{JAPAN}|nato|jpn"
    with nodes.open("nato") as node, node.store.read() as read:
        size = read.logs.size(log)
    enter(nodes, JAPAN, "jpn", "nato", answer(origin(nodes, log), size))
    nodes.pull("nato")
    [made] = recall(nodes, "nato", X, "jpn")
    assert made.entry == size
    nodes.pull("nato")
    assert standings(nodes, "nato")[0].state == "requested"
    assert [one["code"] for one in entries(nodes, "nato", "recall.refused")] == ["recall-unknown"]


def test_a_partner_that_says_nothing_readable_of_what_it_read_has_seen_nothing(nodes):
    recall(nodes, "nato", X, "jpn")
    enter(nodes, JAPAN, "jpn", "nato", Draft("checkpoint.exchanged", {"log": 7, "size": "all"}))
    pulled(nodes, "nato")
    assert standings(nodes, "nato")[0].state == "requested"


def test_another_party_cannot_answer_for_it(nodes):
    [made] = recall(nodes, "nato", X, "jpn")
    enter(nodes, KOREA, "kor", "nato", answer(origin(nodes, made.log), made.entry))
    nodes.pull("nato")
    assert standings(nodes, "nato")[0].state == "requested"
    assert [one["code"] for one in entries(nodes, "nato", "recall.refused")] == ["recall-unknown"]


def test_the_first_of_two_answers_stands(nodes):
    [made] = recall(nodes, "nato", X, "jpn")
    log = origin(nodes, made.log)
    said = [answer(log, made.entry, result=result, code="c") for result in ("cannot", "deleted")]
    enter(nodes, JAPAN, "jpn", "nato", said[0], said[0], said[1])
    nodes.pull("nato")
    assert standings(nodes, "nato")[0].result == "cannot"
    assert [one["code"] for one in entries(nodes, "nato", "recall.refused")] == ["recall-answered"]


def test_a_peer_that_goes_on_serving_what_it_called_back_is_not_believed(nodes):
    nodes.send("nato", bundle(indicator(6)), OPEN)
    number = stix_id("indicator", 6)
    # Nothing leaves the view: the entry alone says that it was called back.
    enter(nodes, JAPAN, "nato", "jpn", asked(place(nodes, number), object_id=number))
    [done] = pulled(nodes, "jpn")
    assert (done.objects, held(nodes, "jpn", number)) == (1, [])
    [receipt] = [one for one in entries(nodes, "jpn", "exchange.refused") if one["refused"]]
    assert receipt["refused"] == [{"object_id": number, "code": "recalled"}]
    assert nodes.faults("jpn") == nodes.faults("nato") == []
