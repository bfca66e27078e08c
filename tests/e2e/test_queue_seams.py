"""Approvals where they meet the rest: a recall under another programme, an amendment, the end of what was received."""

from __future__ import annotations

from datetime import date

import pytest
from tests.node_pair import AMBER, bundle, indicator, make_nodes
from tests.queued import (
    ANNA,
    CHIE,
    ID,
    PASSWORD,
    PEOPLE,
    SECRET_ONE,
    at_hand,
    by_two,
    entries,
    make,
    programme,
    shown,
    state,
)

from foedus.node import people, programmes
from foedus.node.approve import Wish, approve
from foedus.node.recall import Order, Target, recall
from foedus.node.release import release
from foedus.programme.packaged import read_shipped

pytestmark = pytest.mark.e2e
OTHER = "urn:foedus:programme:open-to-two"
PERSONS = (ANNA, CHIE)


def test_what_was_called_back_under_another_programme_while_it_counts_does_not_go(tmp_path):
    plain = tmp_path / "plain.yaml"
    plain.write_text(read_shipped("nato-japan-2023").decode().replace(ID, OTHER))
    nodes = make_nodes(tmp_path / "nodes", {str(programme(tmp_path)): ("nato", "jpn"), str(plain): ("nato", "jpn")})
    nodes.put("nato", bundle(indicator(1)), AMBER)
    with nodes.open("nato") as node:
        for person in PEOPLE:
            people.add(node, person.name, person.roles, PASSWORD)
        clock = at_hand(node)
        release(node)
        for person in PERSONS:
            approve(node, person, Wish(SECRET_ONE, "jpn", ID))
        assert len(recall(node, ANNA, Target(SECRET_ONE), Order("wrong"))) == 1
        clock.on(15)
        release(node)
        assert SECRET_ONE not in shown(node)
        assert [one["reason"] for one in entries(node, "approval.voided")] == ["decision"]


def test_an_amendment_in_force_before_the_end_of_the_countdown_voids(tmp_path):
    nodes = make(tmp_path / "made")
    before = tmp_path / "made" / "asks.yaml.yaml"
    with nodes.open("nato") as node:
        at_hand(node)
        by_two(node)
    path = nodes.directory / "next.yaml"
    path.write_bytes(before.read_bytes().replace(b"[indicator, malware,", b"[tool, indicator, malware,", 1))
    text = programmes.amend_text(str(path), str(before), version="1.2.0", on=date(2026, 6, 1), text="One type more.")
    path.write_bytes(text)
    for party in ("nato", "jpn"):
        with nodes.open(party) as node:
            path.write_bytes(programmes.sign(node, str(path), role="test"))
    with nodes.open("nato") as node:
        programmes.accept(node, str(path), PERSONS)
        at_hand(node, 3_615)
        release(node)
        assert SECRET_ONE not in shown(node)
        [voided] = entries(node, "approval.voided")
        assert "rules" in voided["reason"]
        assert state(node).state == "waiting"
