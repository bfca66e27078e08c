"""What was approved and changed, expired, or was forged: it goes back to the queue, and the log says why."""

from __future__ import annotations

import pytest
from tests.node_pair import AMBER, OPEN, bundle, indicator, stix, stix_id
from tests.queued import (
    ANNA,
    CHIE,
    DORA,
    FINN,
    OPEN_ONES,
    SECRET_ONE,
    SECRET_TWO,
    WORD,
    at_hand,
    by_two,
    change_row,
    entries,
    make,
    nodes_whole,
    refused,
    shown,
    state,
    wish,
)

from foedus.model.decision import Facts
from foedus.node import administer
from foedus.node.approve import approve, cancel, hold
from foedus.node.facts import facts_of
from foedus.node.label import relabel_source
from foedus.node.recall import Order, Target, lift, recall
from foedus.node.release import release, release_due

FIRST, SECOND, THIRD, FOURTH = OPEN_ONES


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make(tmp_path_factory.mktemp("queue") / "base")


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


@pytest.fixture
def nato(nodes):
    """NATO's node, an hour after its start; its clock stands."""
    with nodes.open("nato") as node:
        at_hand(node)
        yield node


# What changes voids.


def test_a_newer_version_voids_both_halves_and_the_newer_is_in_the_queue(nodes):
    with nodes.open("nato") as node:
        at_hand(node)
        by_two(node)
    nodes.put("nato", bundle(indicator(1, modified="2026-05-09T06:00:00.000Z")), AMBER)
    with nodes.open("nato") as node:
        at_hand(node, 3_660)
        release(node)
        assert SECRET_ONE not in shown(node)
        assert [one["reason"] for one in entries(node, "approval.voided")] == ["version"]
        assert (state(node).version, state(node).state) == ("2026-05-09T06:00:00.000Z", "waiting")


def test_another_label_voids_both_halves_and_the_entry_names_it(nato):
    by_two(nato)
    with nato.store.read() as read:
        [source] = {held.source for held in versions(read, SECRET_ONE)}
    relabel_source(nato, source, "NATO RESTRICTED Releasable to Japan TLP:GREEN", role="test")
    nato.clock.on(15)
    release(nato)
    assert SECRET_ONE not in shown(nato)
    assert [one["reason"] for one in entries(nato, "approval.voided")] == ["label"]


def versions(read, object_id):
    from foedus.store.findings import versions_of

    return versions_of(read, object_id)


def test_other_bytes_void_what_was_approved_of_a_report_whose_reference_came_to_be_seen(nodes):
    about = stix("report", 9, name="R", published="2026-05-03T06:00:00Z", object_refs=[FIRST, THIRD])
    nodes.put("nato", bundle(about), AMBER)
    report = stix_id("report", 9)
    with nodes.open("nato") as node:
        at_hand(node)
        before = state(node, report).hash
        by_two(node, report)
        approve(node, CHIE, wish(THIRD))
        node.clock.on(14)
        approve_late = approve(node, ANNA, wish(SECRET_ONE))
        assert approve_late.done == "requested"
        node.clock.on(1)
        release(node)
        # Both were approved as they were before either went, and go so.
        assert {report, THIRD} <= shown(node)
        assert before == next(one["hash"] for one in entries(node, "approval.given") if one["object_id"] == report)


def test_a_reference_seen_before_the_end_of_the_countdown_voids(nodes):
    about = stix("report", 9, name="R", published="2026-05-03T06:00:00Z", object_refs=[FIRST, THIRD])
    nodes.put("nato", bundle(about), AMBER)
    report = stix_id("report", 9)
    with nodes.open("nato") as node:
        at_hand(node)
        approve(node, CHIE, wish(THIRD))
        node.clock.on(10)
        by_two(node, report)
        node.clock.on(5)
        release(node)
        assert THIRD in shown(node)
        node.clock.on(10)
        release(node)
        assert report not in shown(node)
        assert [one["reason"] for one in entries(node, "approval.voided")] == ["bytes"]


def test_what_refers_to_what_is_not_seen_cannot_be_approved(nodes):
    relation = stix("relationship", 1, relationship_type="related-to", source_ref=FIRST, target_ref=SECRET_ONE)
    nodes.put("nato", bundle(relation), OPEN)
    with nodes.open("nato") as node:
        at_hand(node)
        assert state(node, stix_id("relationship", 1)).goes is False
        assert refused(approve, node, CHIE, wish(stix_id("relationship", 1))) == "approval-waits"


@pytest.mark.parametrize("gone", [ANNA, CHIE])
def test_who_is_disabled_before_the_end_of_the_countdown_did_not_approve(nato, gone):
    by_two(nato)
    administer.set_disabled(nato, FINN, gone.name, disabled=True)
    nato.clock.on(15)
    release(nato)
    assert SECRET_ONE not in shown(nato)
    assert [one["reason"] for one in entries(nato, "approval.voided")] == ["person"]
    assert state(nato).state == "waiting"


def test_who_has_another_role_before_the_end_of_the_countdown_did_not_approve(nato):
    by_two(nato)
    administer.change_roles(nato, FINN, CHIE.name, ["analyst"])
    nato.clock.on(15)
    release_due(nato)
    assert SECRET_ONE not in shown(nato)


def test_what_was_called_back_while_it_counts_does_not_go(nato):
    by_two(nato)
    nato.clock.on(15)
    release(nato)
    recall(nato, ANNA, Target(SECRET_ONE), Order("wrong"))
    assert refused(approve, nato, ANNA, wish(SECRET_ONE)) == "approval-not-held"
    nato.clock.on(60)
    release(nato)
    assert SECRET_ONE not in shown(nato)


def test_what_was_called_back_and_lifted_needs_its_approvals_anew(nato):
    by_two(nato)
    nato.clock.on(15)
    release(nato)
    recall(nato, ANNA, Target(SECRET_ONE), Order("wrong"))
    lift(nato, ANNA, SECRET_ONE)
    nato.clock.on(15)
    release(nato)
    assert SECRET_ONE not in shown(nato)
    assert state(nato).state == "waiting"


def test_an_approval_expires_and_says_so(nato):
    approve(nato, ANNA, wish(SECRET_ONE))
    nato.clock.on(86_400)
    assert state(nato).void == "expired"
    assert refused(approve, nato, CHIE, wish(SECRET_ONE)) == "approval-request-missing"
    assert [one["reason"] for one in entries(nato, "approval.voided")] == ["expired"]


def test_an_approval_never_picked_up_expires(nato):
    by_two(nato)
    nato.clock.on(86_400)
    release(nato)
    assert SECRET_ONE not in shown(nato)
    assert [one["reason"] for one in entries(nato, "approval.voided")] == ["expired"]


def test_an_approval_for_another_hash_is_refused(nato):
    good = state(nato).hash
    assert refused(approve, nato, ANNA, wish(SECRET_ONE, state(nato, SECRET_TWO).hash)) == "approval-changed"
    assert approve(nato, ANNA, wish(SECRET_ONE, good)).hash == good


# Forged, replayed, altered.


def test_a_row_without_an_entry_lets_nothing_go(nato):
    approve(nato, ANNA, wish(SECRET_ONE))
    change_row(
        nato,
        "INSERT INTO approval SELECT seq + 1000, programme, party, area, object_id, version, 'approval.given', at_us, 1 FROM approval",
    )
    nato.clock.on(60)
    release(nato)
    assert SECRET_ONE not in shown(nato)
    assert [one["reason"] for one in entries(nato, "approval.voided")] == ["the index was altered"]


@pytest.mark.parametrize(
    "changed",
    [
        f"object_id = '{SECRET_TWO}'",
        "version = 'v'",
        "party = 'kor'",
        "area = 'space'",
        "at_us = at_us - 20000000",
        "kind = 'approval.requested'",
        "programme = 'urn:other'",
    ],
)
def test_an_approval_whose_row_is_not_its_entry_is_void(nato, changed):
    by_two(nato)
    change_row(nato, f"UPDATE approval SET {changed} WHERE kind = 'approval.given'")
    nato.clock.on(60)
    release(nato)
    release_due(nato)
    assert not {SECRET_ONE, SECRET_TWO} & shown(nato)


def test_an_entry_altered_in_the_log_is_no_approval(nato):
    by_two(nato)
    change_row(
        nato,
        "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'approver', 'approvex') AS BLOB) WHERE CAST(leaf AS TEXT) LIKE '%approval.given%'",
    )
    nato.clock.on(60)
    release(nato)
    assert SECRET_ONE not in shown(nato)
    assert not nodes_whole(nato)


def test_an_approval_opened_again_after_it_was_taken_back_or_used_lets_nothing_go(nato):
    by_two(nato)
    cancel(nato, DORA, wish(SECRET_ONE))
    approve(nato, CHIE, wish(THIRD))
    nato.clock.on(15)
    release(nato)
    change_row(nato, "UPDATE approval SET open = 1")
    before = len(entries(nato, "release.run"))
    nato.clock.on(15)
    assert [run.counts.release for run in release_due(nato)] == [0]
    assert shown(nato) == {FIRST, SECOND, THIRD}
    assert len(entries(nato, "release.run")) == before


def test_a_hold_whose_row_was_turned_to_another_object_holds_both(nato):
    hold(nato, ANNA, wish(THIRD), "wait")
    change_row(nato, f"UPDATE approval SET object_id = '{FOURTH}'")
    agreement = nato.agreements.required(WORD, nato.clock.now())
    with nato.store.read() as read:
        facts: Facts = facts_of(nato, read, agreement, "jpn", "cyber", nato.clock.now())
    assert facts.held == {(THIRD, ""), (FOURTH, "")}
