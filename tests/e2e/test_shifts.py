"""Shifts: taken, written in, handed over; what came in, what was done, what is open."""

from __future__ import annotations

import sqlite3

import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes, stix_id
from tests.queued import entries, nodes_whole

from foedus.errors import FoedusError
from foedus.model.people import Person
from foedus.node import people, shifts, watch
from foedus.node.watch import Meant
from foedus.store.engine import FILE

pytestmark = pytest.mark.e2e
ANN, BEN, EVA = Person("ann", ("analyst",)), Person("ben", ("approver",)), Person("eva", ("auditor",))
PASSWORD = "a long password"
SECRET = "call the harbour master"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("shifts") / "nodes")
    nodes.put("nato", bundle(indicator(1, name="Before")), OPEN)
    with nodes.open("nato") as node:
        for person in (ANN, BEN, EVA):
            people.add(node, person.name, person.roles, PASSWORD)
    return nodes


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


@pytest.fixture
def node(nodes):
    with nodes.open("nato") as node:
        yield node


def came(node, name=""):
    return [one.title for one in shifts.report(node, name).came]


def code(act, *given):
    with pytest.raises(FoedusError) as told:
        act(*given)
    return told.value.code


def test_a_shift_says_what_came_in_what_was_done_what_is_open_and_what_was_written(nodes, node):
    shifts.open_shift(node, ANN, "quiet so far")
    nodes.put("nato", bundle(indicator(2, name="Came"), indicator(3, name="Came too")), OPEN)
    watch.acknowledge(node, ANN, Meant(stix_id("indicator", 2)))
    shifts.write(node, BEN, SECRET)
    found = shifts.report(node)
    assert came(node) == ["Came too", "Came"]
    assert [(one.act, one.person, one.object_id) for one in found.acts] == [
        ("acknowledged", "ann", stix_id("indicator", 2))
    ]
    assert (found.titles, found.labels) == ({stix_id("indicator", 2): "Came"}, (OPEN,))
    assert [one.title for one in found.open] == ["Came too", "Before"]
    assert [(one.act, one.person, one.note) for one in found.wrote] == [
        ("noted", "ben", SECRET),
        ("opened", "ann", "quiet so far"),
    ]
    assert (found.shift.closed_at, found.more) == ("", ())


def test_the_next_shift_begins_where_the_last_ended_and_says_who_took_over(nodes, node):
    first = shifts.open_shift(node, ANN)
    closed = shifts.close_shift(node, ANN, "two ships to look at", "ben", first.name)
    assert (closed.to, closed.taken_by, closed.closed_by) == ("ben", "", "ann")
    nodes.put("nato", bundle(indicator(2, name="Between the two")), OPEN)
    second = shifts.open_shift(node, BEN)
    assert (came(node), came(node, first.name)) == (["Between the two"], [])
    assert [(one.name, one.taken_by) for one in shifts.listing(node)] == [(second.name, ""), (first.name, "ben")]
    assert [one["after"] for one in entries(node, "shift.opened")] == ["", first.name]
    assert [one["to"] for one in entries(node, "shift.closed")] == ["ben"]
    assert nodes_whole(node)


def test_one_has_the_watch_at_a_time_and_anybody_who_may_can_end_it(node):
    first = shifts.open_shift(node, ANN)
    assert shifts.open_shift(node, ANN) == first
    assert code(shifts.open_shift, node, BEN) == "shift-open"
    assert shifts.close_shift(node, BEN).closed_by == "ben"
    assert code(shifts.close_shift, node, ANN) == "shift-none"
    assert code(shifts.write, node, ANN, "too late") == "shift-none"


def test_forms_sent_twice_do_one_thing_and_old_ones_nothing(node):
    first = shifts.open_shift(node, ANN)
    for _ in range(2):
        shifts.write(node, ANN, "once")
    for _ in range(2):
        shifts.close_shift(node, ANN, "", "", first.name)
    assert [len(entries(node, kind)) for kind in ("shift.opened", "shift.noted", "shift.closed")] == [1, 1, 1]
    shifts.open_shift(node, ANN)
    assert code(shifts.close_shift, node, BEN, "", "", first.name) == "shift-changed"


def test_what_cannot_be_is_refused(node):
    assert code(shifts.open_shift, node, EVA) == "role-missing"
    assert code(shifts.open_shift, node, ANN, "x" * 2_001) == "note-too-long"
    shifts.open_shift(node, ANN)
    assert code(shifts.write, node, ANN, "  ") == "note-missing"
    assert code(shifts.close_shift, node, ANN, "", "eva") == "watch-person"
    assert code(shifts.report, node, "nobody") == "object-unknown"


def test_no_shift_is_nothing_to_report(node):
    assert (shifts.report(node), shifts.listing(node)) == (None, [])


def test_the_log_holds_no_word_of_what_was_written_and_what_was_changed_is_not_shown(node):
    shifts.open_shift(node, ANN, SECRET)
    assert SECRET not in str(entries(node, "shift.opened"))
    with sqlite3.connect(node.directory / FILE) as connection:
        connection.execute("UPDATE watch_act SET note = 'nothing to see'")
    [wrote] = shifts.report(node).wrote
    assert (wrote.note, wrote.altered) == ("", True)


def test_a_long_shift_says_that_there_is_more(node, monkeypatch):
    monkeypatch.setattr(shifts, "MOST", 1)
    shifts.open_shift(node, ANN)
    shifts.write(node, ANN, "one")
    found = shifts.report(node)
    assert (found.more, [one.note for one in found.wrote]) == (("acts",), ["one"])
