"""The watch: acknowledged, assigned, dismissed, taken back; in the node's own log, and nowhere else."""

from __future__ import annotations

import io
import sqlite3

import pytest
from tests.e2e.test_twin import view
from tests.node_pair import AMBER, OPEN, START, bundle, indicator, make_nodes, stix_id
from tests.queued import entries, nodes_whole

from foedus.errors import FoedusError
from foedus.model.people import Person
from foedus.node import people, watch
from foedus.node.analyse import analyse
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text
from foedus.node.methods import methods
from foedus.node.recall import Order, Target, recall
from foedus.node.situation import Wanted, situation
from foedus.node.watch import Meant
from foedus.store.engine import FILE

pytestmark = pytest.mark.e2e
ANN, BEN, EVA = Person("ann", ("analyst",)), Person("ben", ("releaser",)), Person("eva", ("auditor",))
PASSWORD = "a long password"
ONE, OTHER = stix_id("indicator", 1), stix_id("indicator", 2)
SECRET = "the source told us so"


@pytest.fixture(scope="module")
def base(tmp_path_factory, root):
    nodes = make_nodes(tmp_path_factory.mktemp("watch") / "nodes")
    nodes.put("nato", bundle(*(indicator(number, name=f"Host {number}") for number in (1, 2, 3))), OPEN)
    with nodes.open("nato") as node:
        for person in (ANN, BEN, EVA):
            people.add(node, person.name, person.roles, PASSWORD)
        source = (root / "src/foedus/areas/maritime/sample/stream.nmea").read_bytes()
        ingest(node, "maritime", io.BytesIO(source), Origin("coast", read_text(node, AMBER, START), AMBER))
        analyse(node, "maritime")
    nodes.release("nato")
    return nodes


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


@pytest.fixture
def node(nodes):
    with nodes.open("nato") as node:
        yield node


def code(act, *given):
    with pytest.raises(FoedusError) as told:
        act(*given)
    return told.value.code


def listed(node, state, person=""):
    return {one.object_id for one in situation(node, Wanted(watch=state, urgency="0"), person=person).items}


def gap(node):
    return next(one.object_id for one in situation(node, Wanted(area="maritime")).items if one.kind == "gap")


def test_acknowledging_is_an_entry_with_name_role_and_the_hash_of_what_was_seen(node):
    found = watch.acknowledge(node, ANN, Meant(ONE))
    [entered] = entries(node, "watch.acknowledged")
    assert (entered["person"], entered["role"], entered["object_id"], len(entered["hash"])) == (
        "ann",
        "analyst",
        ONE,
        64,
    )
    assert (found.state, found.acknowledged.person, found.changed) == ("acknowledged", "ann", False)
    assert nodes_whole(node)


def test_assigning_names_who_follows_it_up_and_takes_it_away_again(node):
    assert watch.assign(node, ANN, Meant(ONE), "ben").assigned.to == "ben"
    assert (listed(node, "mine", "ben"), listed(node, "mine", "ann")) == ({ONE}, set())
    assert watch.assign(node, BEN, Meant(ONE), "").assigned is None
    assert listed(node, "mine", "ben") == set()
    assert code(watch.assign, node, ANN, Meant(ONE), "eva") == "watch-person"


def test_what_is_dismissed_counts_against_its_method_until_it_is_taken_back(node):
    watch.dismiss(node, ANN, Meant(gap(node)), "known-activity", "ferry")
    [entered] = entries(node, "watch.dismissed")
    assert (entered["method"], entered["reason"], entered["area"]) == ("gap 1", "known-activity", "maritime")
    record = next(one for one in methods(node) if one.kind == "gap")
    assert (record.told, record.dismissed, record.share) == (1, 1, 1.0)
    assert (record.reasons, record.methods) == ({"known-activity": 1}, {"gap 1": 1})
    watch.undo(node, BEN, Meant(gap(node)))
    assert next(one for one in methods(node, "maritime") if one.kind == "gap").dismissed == 0


def test_lists_hold_what_stands_so(node):
    everything = listed(node, "")
    watch.acknowledge(node, ANN, Meant(ONE))
    watch.dismiss(node, ANN, Meant(OTHER), "duplicate")
    assert (listed(node, "acknowledged"), listed(node, "dismissed")) == ({ONE}, {OTHER})
    assert listed(node, "open") == everything - {ONE, OTHER}
    assert code(situation, node, Wanted(watch="lost")) == "filter-malformed"


def test_taking_back_is_an_entry_too_and_goes_one_act_at_a_time(node):
    watch.acknowledge(node, ANN, Meant(ONE))
    watch.dismiss(node, BEN, Meant(ONE), "other")
    assert code(watch.acknowledge, node, ANN, Meant(ONE)) == "watch-dismissed"
    assert watch.undo(node, ANN, Meant(ONE)).state == "acknowledged"
    found = watch.undo(node, ANN, Meant(ONE))
    assert (found.state, [one.act for one in found.history]) == (
        "open",
        ["acknowledged", "dismissed", "undone", "undone"],
    )
    assert code(watch.undo, node, ANN, Meant(ONE)) == "watch-nothing"


def test_the_same_form_twice_is_one_entry_and_an_old_one_is_refused(node):
    seen = watch.standing(node, ONE).seen
    watch.acknowledge(node, ANN, Meant(ONE, seen))
    watch.acknowledge(node, ANN, Meant(ONE, seen))
    assert len(entries(node, "watch.acknowledged")) == 1
    assert code(watch.acknowledge, node, BEN, Meant(ONE)) == "watch-acknowledged"
    assert code(watch.dismiss, node, BEN, Meant(ONE, seen), "other") == "watch-changed"


def test_a_new_version_says_that_it_changed_since_and_can_be_acknowledged_again(nodes, node):
    watch.acknowledge(node, ANN, Meant(ONE))
    nodes.put("nato", bundle(indicator(1, name="Host one", modified="2026-05-20T00:00:00.000Z")), OPEN)
    found = watch.standing(node, ONE)
    assert (found.state, found.changed) == ("acknowledged", True)
    assert not watch.acknowledge(node, BEN, Meant(ONE)).changed


@pytest.mark.parametrize("person", [EVA, Person("finn", ("administrator",)), Person("gil", ("liaison",), "jpn")])
def test_who_may_not_have_the_watch_acts_on_nothing(node, person):
    assert code(watch.acknowledge, node, person, Meant(ONE)) == "role-missing"
    assert entries(node, "watch.acknowledged") == []


def test_a_reason_nobody_knows_a_long_note_and_what_is_not_held_are_refused(node):
    assert code(watch.dismiss, node, ANN, Meant(ONE), "because") == "watch-reason"
    assert code(watch.dismiss, node, ANN, Meant(ONE), "other", "x" * 2_001) == "note-too-long"
    assert code(watch.acknowledge, node, ANN, Meant(stix_id("indicator", 99))) == "object-unknown"


def test_the_log_holds_no_word_of_a_note_and_one_that_was_changed_is_not_shown(node):
    watch.dismiss(node, ANN, Meant(ONE), "other", SECRET)
    assert SECRET not in str(entries(node, "watch.dismissed"))
    assert watch.standing(node, ONE).dismissed.note == SECRET
    with sqlite3.connect(node.directory / FILE) as connection:
        connection.execute("UPDATE watch_act SET note = 'somebody else said so'")
    found = watch.standing(node, ONE).dismissed
    assert (found.note, found.altered) == ("", True)


def test_what_was_written_goes_when_the_object_goes(nodes, node):
    with nodes.open("jpn") as jpn, nodes.serving_here("nato", "jpn"):
        people.add(jpn, ANN.name, ANN.roles, PASSWORD)
        nodes.pull("jpn")
        watch.dismiss(jpn, ANN, Meant(ONE), "other", SECRET)
        recall(node, BEN, Target(ONE), Order("wrong"))
        nodes.pull("jpn")
        with sqlite3.connect(jpn.directory / FILE) as connection:
            assert connection.execute("SELECT seq FROM watch_act UNION SELECT last FROM watch_state").fetchall() == []
        assert len(entries(jpn, "watch.dismissed")) == 1


def test_a_partner_gets_the_same_bytes_whatever_the_watch_says(nodes, node):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        before = view(partner)
        assert any(OTHER.encode() in body for _, _, body in before)
        watch.acknowledge(node, ANN, Meant(ONE))
        watch.assign(node, ANN, Meant(ONE), "ben")
        watch.dismiss(node, ANN, Meant(OTHER), "wrong-conclusion", SECRET)
        watch.undo(node, BEN, Meant(ONE))
        nodes.release("nato")
        assert view(partner) == before
