"""The machine's date is 2028: a demonstration goes on in its own time, and a real node says that its programme has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.node_pair import OPEN, bundle, collection, indicator, make_nodes, read_all, stix_id

from foedus.node import programmes
from foedus.node.clock import SystemClock

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
AHEAD = datetime(2028, 2, 29, 12, tzinfo=UTC) - datetime.now(UTC)


class In2028(SystemClock):
    """The machine's clock, set to leap day 2028; certificates stay with the real one, for TLS asks no clock of ours."""

    later = timedelta(0)

    def now(self) -> datetime:
        return super().now() + AHEAD + self.later


@pytest.fixture(autouse=True)
def in_2028(monkeypatch):
    for module in ("clock", "init"):
        monkeypatch.setattr(f"foedus.node.{module}.SystemClock", In2028)


def test_a_demonstration_runs_in_its_own_time(tmp_path):
    nodes = make_nodes(tmp_path / "nodes")
    nodes.send("nato", bundle(*(indicator(number) for number in range(5))), OPEN)
    with nodes.serving_here("nato", "jpn"):
        for _ in range(2):
            assert [one.error for party in ("jpn", "nato") for one in nodes.pull(party)] == ["", ""]
        with nodes.desk("jpn") as tool:
            assert len(read_all(tool, collection(tool, "desk", "cyber"))) == 5
        with nodes.client("jpn", "nato") as partner:
            answer = partner.get(f"{collection(partner, WORD, 'released-cyber')}objects/")
    assert answer.headers["x-taxii-date-added-last"].startswith("2026-06-01T00:0")
    assert nodes.faults("nato") == nodes.faults("jpn") == []
    assert nodes.why("nato", stix_id("indicator", 1), "jpn").shown_since.startswith("2026-06-01")


def test_a_node_on_the_machines_clock_releases_nothing_after_the_term(tmp_path):
    nodes = make_nodes(tmp_path / "nodes", start_at=None)
    assert nodes.send("nato", bundle(indicator(1)), OPEN) == []
    said = nodes.why("nato", stix_id("indicator", 1), "jpn")
    assert said.outcome == "withhold"
    assert any("2026-12-31" in sentence for sentence in said.sentences), said.sentences
    with nodes.open("nato") as node:
        assert node.clock.now() > datetime(2028, 2, 28, tzinfo=UTC)
        [held] = programmes.held(node)
    assert not held.in_force
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        assert partner.get(f"/{WORD}/collections/").status_code == 404


def test_a_term_that_ends_while_the_node_serves_closes_the_door(tmp_path):
    """The last hour of the term, then an hour later: what was visible is not, without a restart."""
    nodes = make_nodes(tmp_path / "nodes", start_at=datetime(2026, 12, 31, 23, tzinfo=UTC))
    nodes.send("nato", bundle(indicator(1)), OPEN)
    with nodes.serving_here("nato") as _, nodes.client("jpn", "nato") as partner:
        path = f"{collection(partner, WORD, 'released-cyber')}objects/"
        assert partner.get(path).status_code == 200
        In2028.later = timedelta(hours=1)
        try:
            assert partner.get(path).status_code == 404
        finally:
            In2028.later = timedelta(0)
        assert partner.get(path).status_code == 200
