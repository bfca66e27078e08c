"""What a party hands in: read back at once, concluded soon after, by whatever runs next; nothing twice, nothing of what went."""

from __future__ import annotations

import time

import pytest
from tests.node_pair import OPEN, TAXII, bundle, collection, indicator, make_nodes, stix, stix_id

from foedus.errors import StoreError
from foedus.node import analyse as analysing
from foedus.node.analyse import analyse, take_up
from foedus.node.exchange import pull
from foedus.node.label import read_text
from foedus.node.release import release
from foedus.store import findings, handed_in, state, torn, values
from foedus.store.state import Source

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
JSON = {"content-type": TAXII}
SOURCE = "submit:jpn"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
SENT = indicator(100, pattern="[domain-name:value = 'host1.example']")
TORN = stix("malware", 101, is_family=False, name="m", description="quiet",
            granular_markings=[{"marking_ref": RED, "selectors": ["description"]}])  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """NATO holds a value, and says what label Japan's submissions have."""
    made = make_nodes(tmp_path_factory.mktemp("handed") / "nodes")
    made.put("nato", bundle(indicator(1)), OPEN)
    with made.open("nato") as node, node.store.write() as tx:
        at = node.clock.now()
        state.keep_source(tx, Source(SOURCE, "cyber", "Japan", "", read_text(node, OPEN, at), "test", 0))
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "copy")


@pytest.fixture
def node(nodes):
    with nodes.open("nato") as held:
        yield held


def hand_in(nodes, *sent, delete=()):
    """Hand something in, read it back, delete some of it."""
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "submit-cyber") + "objects/"
        answer = partner.post(at, content=bundle(*sent), headers=JSON).json()
        assert answer["success_count"] == len(sent)
        assert len(partner.get(at).json()["objects"]) == len(sent)
        for object_id in delete:
            assert partner.delete(f"{at}{object_id}/").status_code == 200


def holders(node):
    with node.store.read() as read:
        return values.holders(read, "domain-name", "host1.example").held


def waits(node):
    with node.store.read() as read:
        return [one.raw for one in handed_in.waiting(read)]


def label(node, object_id):
    with node.store.read() as read:
        [held] = findings.versions_of(read, object_id)
        return held.label


RUNS = {"analyse": lambda node: analyse(node, "cyber"), "release": release, "pull": pull, "its turn": take_up}


@pytest.mark.parametrize("run", RUNS)
def test_it_waits_and_is_taken_up_by_whatever_runs_next(nodes, node, run):
    hand_in(nodes, SENT)
    assert (waits(node), holders(node), label(node, stix_id("indicator", 100))) == ([SENT], 1, None)
    RUNS[run](node)
    assert waits(node) == []
    # The two indicators, and the conclusion that both parties see the value.
    assert holders(node) == 3
    assert label(node, stix_id("indicator", 100)).tlp == "clear"


def test_a_serving_node_takes_it_up_by_itself(nodes, node):
    with nodes.serving("nato"), nodes.client("jpn", "nato") as partner:
        partner.post(
            collection(partner, WORD, "submit-cyber") + "objects/", content=bundle(SENT), headers=JSON
        ).raise_for_status()
        for _ in range(300):
            if holders(node) == 3:
                break
            time.sleep(0.1)
    assert holders(node) == 3


def test_what_was_deleted_meanwhile_gets_no_label(nodes, node):
    hand_in(nodes, SENT, TORN, delete=[stix_id("indicator", 100), stix_id("malware", 101)])
    take_up(node)
    assert waits(node) == []
    assert label(node, stix_id("indicator", 100)) is label(node, stix_id("malware", 101)) is None
    assert release(node, "jpn")[0].counts.release == 1  # the node's own


def test_what_is_deleted_later_goes_neither_whole_nor_torn(nodes, node):
    hand_in(nodes, TORN)
    take_up(node)
    with node.store.read() as read:
        [seq] = [held.seq for held in findings.versions_of(read, stix_id("malware", 101))]
        assert torn.rest_of(read, seq) is not None
    hand_in(nodes, TORN, delete=[stix_id("malware", 101)])
    with node.store.read() as read:
        assert torn.rest_of(read, seq) is None


def test_what_comes_again_after_it_was_deleted_is_taken_up_again(nodes, node):
    hand_in(nodes, SENT, delete=[stix_id("indicator", 100)])
    take_up(node)
    hand_in(nodes, SENT)
    take_up(node)
    assert label(node, stix_id("indicator", 100)) is not None
    assert (waits(node), holders(node)) == ([], 3)


def test_what_comes_twice_is_taken_up_once(nodes, node):
    for _ in range(2):
        hand_in(nodes, SENT)
        take_up(node)
    hand_in(nodes, SENT)
    assert (waits(node), holders(node)) == ([], 3)


def test_what_another_run_took_up_meanwhile_is_left_to_it(nodes, node, monkeypatch):
    """Both read the same list; the room's state was moved, and who comes second looks again."""
    hand_in(nodes, SENT)
    second, conclude = nodes.open("nato"), analysing.conclude

    def late(*args):
        monkeypatch.setattr(analysing, "conclude", conclude)
        take_up(second)
        raise StoreError("another run has changed the room's state", code="state-moved")

    monkeypatch.setattr(analysing, "conclude", late)
    take_up(node)
    second.close()
    assert (waits(node), holders(node)) == ([], 3)
