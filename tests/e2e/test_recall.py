"""A recall between served nodes: gone at once, forgotten by whoever has it, answered, passed on, and proven not to come back."""

from __future__ import annotations

import json

import pytest
from tests.node_pair import OPEN, bundle, collection, indicator, make_nodes, read_all, stix, stix_id

from foedus.errors import InputError
from foedus.model.people import Person
from foedus.node import recall as recalling
from foedus.node import recall_state
from foedus.node.recall import Order, Target
from foedus.node.show import rows, show

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
X = stix_id("indicator", 1)
KIM = Person("kim", ("releaser",))


def test_smoke(tmp_path):
    nodes = make_nodes(tmp_path / "nodes")
    nodes.put("jpn", bundle(indicator(7, pattern="[domain-name:value = 'host1.example']")), OPEN)
    nodes.send("nato", bundle(indicator(1), indicator(2)), OPEN)
    with nodes.serving_here("nato", "jpn"):
        print(nodes.pull("jpn"))
        with nodes.open("nato") as node:
            made = recalling.recall(node, KIM, Target(X), Order("wrong"))
            print(made)
            print(recall_state.standings(node))
        print(nodes.release("nato"))
        print(nodes.pull("jpn"))
        with nodes.open("jpn") as node:
            print(rows(node))
            print(recall_state.standings(node))
            print(recall_state.show(node, X, "nato"))
        print(nodes.pull("nato"))
        with nodes.open("nato") as node:
            print(recall_state.show(node, X, "jpn"))
    assert not nodes.faults("nato")
    assert not nodes.faults("jpn")
    assert 0
