"""Two served nodes: what waits for people is nothing to the partner until it goes, by itself, at the end of a countdown."""

from __future__ import annotations

import json
import time

import pytest
from tests.e2e.test_twin import view
from tests.node_pair import AMBER, bundle, collection, indicator, objects_of, read_all, stix_id
from tests.queued import ANNA, CHIE, DORA, OPEN_ONES, SECRET_ONE, SECRET_TWO, WORD, make, wish

from foedus.node.approve import approve, cancel, deny, hold
from foedus.node.pending import detail
from foedus.node.release import release

pytestmark = pytest.mark.e2e
FIRST, SECOND, THIRD, FOURTH = OPEN_ONES


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make(tmp_path_factory.mktemp("served") / "base")
    settings = made.path("nato") / "node.toml"
    settings.write_text(settings.read_text().replace("approve_countdown_s = 15.0", "approve_countdown_s = 2.0"))
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def ids(partner):
    """What the partner's client reads."""
    return {json.loads(one)["id"] for one in read_all(partner, collection(partner, WORD, "released-cyber"))}


def until(partner, object_id):
    """Poll like a client until an object comes; return its bytes as they came."""
    end = time.monotonic() + 30
    path = f"{collection(partner, WORD, 'released-cyber')}objects/{object_id}/"
    while time.monotonic() < end:
        answer = partner.get(path)
        if answer.status_code == 200:
            return objects_of(answer.content)
        time.sleep(0.1)
    raise AssertionError("it never came")


def test_the_serving_node_lets_go_what_two_persons_approved_with_the_very_bytes(nodes):
    with nodes.serving("nato"), nodes.client("jpn", "nato") as partner, nodes.open("nato") as node:
        assert ids(partner) == {FIRST, SECOND}
        [would_go] = detail(node, SECRET_TWO, "jpn").objects
        approve(node, ANNA, wish(SECRET_TWO))
        assert ids(partner) == {FIRST, SECOND}
        told = approve(node, CHIE, wish(SECRET_TWO))
        assert until(partner, SECRET_TWO) == [would_go.sent.encode()]
        at = partner.get(f"{collection(partner, WORD, 'released-cyber')}manifest/?match[id]={SECRET_TWO}")
        assert at.json()["objects"][0]["date_added"] >= told.until
        assert ids(partner) == {FIRST, SECOND, SECRET_TWO}
    assert nodes.faults("nato") == []


def test_the_partner_pulls_what_was_approved_and_answers_for_it(nodes):
    with nodes.open("nato") as node:
        approve(node, CHIE, wish(THIRD))
        approve(node, CHIE, wish(FOURTH))
        cancel(node, DORA, wish(FOURTH))
    with nodes.serving("nato", "jpn"), nodes.client("jpn", "nato") as partner:
        until(partner, THIRD)
        [pulled] = nodes.pull("jpn")
        assert (pulled.error, pulled.objects) == ("", 3)
    assert nodes.faults("jpn") == []


def test_to_the_partner_what_waits_is_denied_held_or_counting_is_exactly_nothing(nodes):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        before = view(partner)
        assert len(before) > 7
        nodes.put("nato", bundle(*(indicator(number, name="waits") for number in range(600, 605))), AMBER)
        with nodes.open("nato") as node:
            release(node)
            waiting, asked, counting, denied, held = (stix_id("indicator", number) for number in range(600, 605))
            assert detail(node, waiting, "jpn").waiting.state == "waiting"
            for one in (asked, counting):
                approve(node, ANNA, wish(one))
            deny(node, CHIE, wish(denied))
            hold(node, ANNA, wish(held), "wait")
            assert view(partner) == before
            approve(node, CHIE, wish(counting))
            during = view(partner)
            assert detail(node, counting, "jpn").waiting.state == "counting"
            assert during == before
            cancel(node, DORA, wish(counting))
            release(node)
            assert detail(node, SECRET_ONE, "jpn").waiting.state == "waiting"
        assert view(partner) == before
