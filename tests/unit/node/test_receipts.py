"""What a partner read of our log is known from its own entries, and what it was sent since is counted."""

from __future__ import annotations

import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes
from tests.recalling import enter

from foedus.model.entry import Draft
from foedus.node.receipts import read_up_to, without_receipt
from foedus.node.waits import Waits, waits

PROGRAMME = "urn:foedus:programme:nato-jpn-itpp-2023"
SENT, THEIRS = f"{PROGRAMME}|nato|jpn", f"{PROGRAMME}|jpn|nato"


@pytest.fixture
def nodes(tmp_path):
    """NATO has sent three objects, and two later, which Japan has not read."""
    made = make_nodes(tmp_path)
    made.send("nato", bundle(*map(indicator, range(3))), OPEN)
    with made.serving_here("nato", "jpn"):
        made.pull("jpn")
        made.send("nato", bundle(indicator(4), indicator(5)), OPEN)
        made.pull("nato")
    return made


def counted(nodes):
    with nodes.open("nato") as node, node.store.read() as read:
        log = read.logs.log(SENT)
        return read_up_to(read, log), without_receipt(read, log)


def test_what_was_sent_since_the_partner_last_read_has_no_receipt(nodes):
    assert counted(nodes) == (4, 2)
    with nodes.open("nato") as node:
        assert waits(node) == (Waits("jpn", PROGRAMME, 0, 2, 0, 0),)


def test_it_is_found_however_much_the_partner_entered_since(nodes):
    enter(nodes, PROGRAMME, "jpn", "nato", *(Draft("x.y", {"n": n}) for n in range(450)))
    with nodes.serving_here("jpn"):
        nodes.pull("nato")
    assert counted(nodes) == (4, 2)


def test_before_the_partner_read_anything_nothing_has_a_receipt(tmp_path):
    nodes = make_nodes(tmp_path)
    nodes.send("nato", bundle(indicator(1)), OPEN)
    assert counted(nodes) == (0, 1)
