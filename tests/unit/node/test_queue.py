"""The queue and what people decide about it, on a whole node: only what was approved goes, as it was approved, once."""

from __future__ import annotations

import hashlib
import json

import pytest
from tests.node_pair import AMBER, OPEN, START, bundle, indicator, stix, stix_id
from tests.queued import (
    ANNA,
    BOTH,
    CHIE,
    DORA,
    ID,
    OPEN_ONES,
    OTHERS,
    SECRET_ONE,
    SECRET_TWO,
    WORD,
    at_hand,
    by_two,
    entries,
    make,
    nodes_whole,
    refused,
    shown,
    state,
    wish,
)

from foedus.errors import ExpiredProgramme, InputError, UnknownParty
from foedus.model.people import Person
from foedus.node import account
from foedus.node.approve import Wish, approve, approve_set, cancel, deny, each, hold
from foedus.node.due import due, upcoming
from foedus.node.offered import offered
from foedus.node.pending import detail, pending
from foedus.node.release import release, release_due
from foedus.node.show import why
from foedus.release.decide import decide_counted

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


# What is in the queue.


def test_the_queue_names_what_is_missing_who_can_give_it_and_the_clause(nato):
    page = pending(nato, "jpn")
    assert [one.object_id for one in page.items] == [SECRET_ONE, SECRET_TWO, THIRD, FOURTH]
    four, limit = page.items[0], page.items[2]
    assert [reason.code for reason in (*four.missing, *limit.missing)] == ["four-eyes-missing", "limit-reached"]
    assert four.who == {"releaser": ("anna", "bo"), "approver": ("bo", "chie", "dora")}
    assert (four.persons, limit.persons, limit.who) == (2, 1, {"approver": ("bo", "chie", "dora")})
    assert any("r-cyber" in sentence and "isa-2010" in sentence for sentence in four.sentences)
    assert {one.state for one in page.items} == {"waiting"}


def test_pages_join_to_the_whole(nato):
    whole, found, after = pending(nato).items, [], ""
    for _ in whole:
        page = pending(nato, limit=1, after=after)
        found += page.items
        after = page.next
    assert (tuple(found), after) == (whole, "")
    with pytest.raises(InputError, match="page"):
        pending(nato, after="elsewhere")


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
def test_pages_join_to_the_whole_wherever_a_limit_fills_up(nodes, monkeypatch, batch):
    nodes.put("nato", bundle(*(indicator(number) for number in range(100, 107))), OPEN)
    monkeypatch.setattr("foedus.store.candidates._ALONG", batch)
    with nodes.open("nato") as node:
        at_hand(node, 2 * 86_400)
        whole, found, after = pending(node).items, [], ""
        for _ in whole:
            page = pending(node, limit=1, after=after)
            found += page.items
            after = page.next
        assert (tuple(found), after) == (whole, "")
        assert len(whole) == 2 + 2 + 7 - 2, "two open ones would go"


def test_a_late_page_under_a_limit_decides_no_more_than_an_early_one(nodes, monkeypatch):
    nodes.put("nato", bundle(*(indicator(number) for number in range(100, 160))), OPEN)
    monkeypatch.setattr("foedus.store.candidates._ALONG", 10)
    decided = []

    def counted(subjects, *given):
        decided.extend(subjects)
        return decide_counted(subjects, *given)

    monkeypatch.setattr("foedus.node.queue.decide_counted", counted)
    with nodes.open("nato") as node:
        at_hand(node)
        after, of_pages = "", []
        while not of_pages or after:
            after = pending(node, limit=5, after=after).next
            of_pages.append(len(decided))
            decided.clear()
    assert len(of_pages) == 13
    assert of_pages[-1] <= 2 * 10, "one batch behind and one ahead"


@pytest.mark.parametrize("end", ["|x|1", "|1|x", "|1|1|r-cyber=x", "|1|1|r-cyber", "|1", "|1|1|=", f"|{9**30}|1"])
def test_where_no_page_ended_is_refused(nato, end):
    with pytest.raises(InputError, match="page"):
        pending(nato, after=f"{ID}|jpn|cyber|cyber{end}")


def test_what_would_go_is_shown_byte_for_byte_and_is_what_goes(nato):
    told = detail(nato, SECRET_TWO, "jpn")
    [one] = told.objects
    assert "INC-1" in one.stored
    assert one.changed
    assert "INC-1" not in one.sent
    assert (told.purpose, told.duties.delete_after) == ("network-defence", "P2Y")
    by_two(nato, SECRET_TWO)
    nato.clock.on(15)
    release(nato)
    bodies = [line.body for line in account.show(nato, f"{ID}|nato|jpn", 0, 100)]
    [sent] = [body for body in bodies if body.get("object_id") == SECRET_TWO]
    assert sent["bytes_hash"] == hashlib.sha256(one.sent.encode()).hexdigest()


def test_what_others_have_is_told(nato):
    assert detail(nato, THIRD, "jpn").others == ()


# Two persons.


def test_half_an_approval_is_due_until_it_lapses_or_the_other_half_comes(nato):
    def lapses():
        return [(one.due.day, one.due.place) for one in due(nato) if one.due.kind == "approval-end"]

    for object_id in (SECRET_ONE, SECRET_TWO):
        approve(nato, ANNA, wish(object_id))
    assert lapses() == [("2026-06-02", SECRET_ONE), ("2026-06-02", SECRET_TWO)]
    assert "approval-end" in {one.due.kind for one in upcoming(nato, most=5)}
    approve(nato, CHIE, wish(SECRET_ONE), "agreed")
    assert lapses() == [("2026-06-02", SECRET_TWO)]
    nato.clock.on(nato.config.approve_lasts_s)
    assert lapses() == []


def test_two_persons_a_countdown_and_then_it_goes(nato):
    assert approve(nato, ANNA, wish(SECRET_ONE)).done == "requested"
    assert (state(nato).state, state(nato).by) == ("requested", "anna (releaser)")
    told = approve(nato, CHIE, wish(SECRET_ONE))
    assert (told.done, told.until) == ("approved", "2026-06-01T01:00:15.000000Z")
    nato.clock.on(14.999999)
    release(nato)
    assert SECRET_ONE not in shown(nato)
    assert state(nato).state == "counting"
    nato.clock.on(0.000001)
    [run] = release(nato)
    assert SECRET_ONE in shown(nato)
    assert (run.counts.release, run.counts.hold) == (1, 3)
    assert nodes_whole(nato)


def test_every_act_is_in_the_private_log_with_person_role_and_hash(nato):
    by_two(nato)
    bound = state(nato).hash
    [asked] = entries(nato, "approval.requested")
    [given] = entries(nato, "approval.given")
    assert (asked["person"], asked["role"], asked["hash"]) == ("anna", "releaser", bound)
    assert (given["person"], given["role"], given["hash"], given["reason"]) == ("chie", "approver", bound, "agreed")
    assert {asked["object_id"], given["object_id"]} == {SECRET_ONE}


def test_one_person_with_both_roles_gives_one_half(nato):
    assert approve(nato, BOTH, wish(SECRET_ONE)).done == "requested"
    assert refused(approve, nato, BOTH, wish(SECRET_ONE)) == "approval-same-person"
    assert approve(nato, CHIE, wish(SECRET_ONE)).done == "approved"


def test_an_approver_alone_and_two_releasers_are_not_enough(nato):
    assert refused(approve, nato, CHIE, wish(SECRET_ONE)) == "approval-request-missing"
    approve(nato, ANNA, wish(SECRET_ONE))
    assert refused(approve, nato, ANNA, wish(SECRET_ONE)) == "approval-same-person"
    assert refused(approve, nato, Person("ira", ("releaser",)), wish(SECRET_ONE)) == "approval-role"
    nato.clock.on(100)
    release(nato)
    assert SECRET_ONE not in shown(nato)


@pytest.mark.parametrize("act", [approve, deny, cancel])
@pytest.mark.parametrize("person", OTHERS, ids=lambda one: one.name)
def test_nobody_else_decides_anything(nato, act, person):
    approve(nato, ANNA, wish(SECRET_ONE))
    assert refused(act, nato, person, wish(SECRET_ONE)) == "approval-role"
    assert refused(hold, nato, person, wish(THIRD), "because") == "approval-role"


def test_a_releaser_can_neither_deny_nor_take_a_denial_back(nato):
    assert refused(deny, nato, ANNA, wish(SECRET_ONE)) == "approval-role"
    deny(nato, CHIE, wish(SECRET_ONE))
    assert refused(cancel, nato, ANNA, wish(SECRET_ONE)) == "approval-role"


# One person; limits.


def test_one_approval_lets_exactly_one_beyond_the_limit_through(nato):
    assert approve(nato, CHIE, wish(THIRD)).done == "approved"
    nato.clock.on(15)
    release(nato)
    assert shown(nato) == {FIRST, SECOND, THIRD}
    assert [one.object_id for one in pending(nato).items] == [SECRET_ONE, SECRET_TWO, FOURTH]


def test_a_limit_is_one_for_all_batches_of_a_run(nodes):
    nodes.put("nato", bundle(*(indicator(number) for number in range(100, 1_200))), OPEN)
    with nodes.open("nato") as node:
        at_hand(node, 2 * 86_400)
        [run] = release(node)
        assert (run.counts.release, run.counts.hold) == (2, 1_102)
        assert len(pending(node, limit=5_000).items) == 1_102


def test_a_releasers_word_on_what_one_approver_lets_go_is_a_request(nato):
    assert approve(nato, ANNA, wish(THIRD)).done == "requested"
    nato.clock.on(60)
    release(nato)
    assert THIRD not in shown(nato)
    assert approve(nato, CHIE, wish(THIRD)).done == "approved"


# Denied, taken back, held.


def test_what_is_denied_stays_when_the_limit_has_room_again(nato):
    deny(nato, CHIE, wish(THIRD), "names a source")
    assert state(nato, THIRD).state == "denied"
    nato.clock.on(2 * 86_400)
    release(nato)
    assert THIRD not in shown(nato)
    assert FOURTH in shown(nato)
    assert cancel(nato, DORA, wish(THIRD)).done == "denial taken back"
    release(nato)
    assert THIRD in shown(nato)


def test_a_denial_is_taken_back_by_an_approver_alone(nato):
    deny(nato, CHIE, wish(THIRD))
    assert refused(cancel, nato, ANNA, wish(THIRD)) == "approval-role"
    assert state(nato, THIRD).state == "denied"
    assert cancel(nato, DORA, wish(THIRD)).done == "denial taken back"
    assert (state(nato, THIRD).state, entries(nato, "approval.cancelled")[0]["reason"]) == ("waiting", "denial")


def test_asking_why_something_does_not_go_holds_nothing_back(nato):
    approve(nato, ANNA, wish(SECRET_ONE))
    [told] = why(nato, SECRET_ONE, "jpn")
    assert (told.outcome, len(entries(nato, "decision.held"))) == ("hold", 1)
    assert [reason.code for reason in state(nato).missing] == ["four-eyes-missing"]
    approve(nato, CHIE, wish(SECRET_ONE))
    nato.clock.on(15)
    release(nato)
    assert SECRET_ONE in shown(nato)


@pytest.mark.parametrize("act", [deny, cancel])
def test_a_countdown_can_be_stopped_and_nothing_goes_at_its_end(nato, act):
    by_two(nato)
    nato.clock.on(14)
    act(nato, DORA, wish(SECRET_ONE))
    nato.clock.on(60)
    release(nato)
    release_due(nato)
    assert SECRET_ONE not in shown(nato)
    assert state(nato).state == ("denied" if act is deny else "waiting")


def test_after_it_went_there_is_nothing_to_take_back(nato):
    by_two(nato)
    nato.clock.on(15)
    release(nato)
    for act in (cancel, deny, approve):
        assert refused(act, nato, CHIE, wish(SECRET_ONE)) == "approval-not-held"


def test_a_person_holds_back_every_version_until_it_is_taken_back(nodes):
    nodes.put("nato", bundle(stix("malware", 61, name="M", is_family=True)), OPEN)
    held = stix_id("malware", 61)
    with nodes.open("nato") as node:
        at_hand(node, 2 * 86_400)
        with pytest.raises(InputError, match="reason"):
            hold(node, ANNA, wish(held), " ")
        hold(node, ANNA, wish(held), "ask the owner first")
        [entry] = entries(node, "decision.held")
        assert (entry["person"], entry["role"], entry["reason"]) == ("anna", "releaser", "ask the owner first")
    newer = stix("malware", 61, name="N", is_family=True, modified="2026-05-09T06:00:00.000Z")
    nodes.put("nato", bundle(newer), OPEN)
    with nodes.open("nato") as node:
        at_hand(node, 2 * 86_400 + 60)
        release(node)
        assert held not in shown(node)
        assert [reason.code for reason in state(node, held).missing][0] == "held-by-person"
        assert cancel(node, ANNA, wish(held)).done == "hold taken back"
        node.clock.on(86_401)
        release(node)
        assert held in shown(node)


def test_a_hold_ends_what_was_approved_and_an_approval_after_it_lets_that_version_go(nato):
    approve(nato, CHIE, wish(THIRD))
    hold(nato, ANNA, wish(THIRD), "wait")
    nato.clock.on(60)
    release(nato)
    assert THIRD not in shown(nato)
    approve(nato, CHIE, wish(THIRD))
    nato.clock.on(15)
    release(nato)
    assert THIRD in shown(nato)


def test_what_is_held_back_is_told_to_nobody_who_asks_which_values_both_hold(nodes):
    nodes.put("nato", bundle(indicator(90)), "NATO UNCLASSIFIED Releasable to Japan TLP:AMBER")
    with nodes.open("nato") as node:
        at_hand(node, 2 * 86_400)
        agreement = node.agreements.required(WORD, node.clock.now())
        value = ("domain-name", "host90.example")
        assert value in {(kind, norm) for kind, norm in offered(node, agreement, "jpn", "cyber").values}
        hold(node, ANNA, wish(stix_id("indicator", 90)), "wait")
        assert value not in {(kind, norm) for kind, norm in offered(node, agreement, "jpn", "cyber").values}


# What is not there, and where nothing is in force.


def test_what_is_not_on_hold_is_refused_with_its_place(nato):
    assert refused(approve, nato, CHIE, wish(FIRST)) == "approval-not-held"
    assert refused(approve, nato, CHIE, wish(stix_id("indicator", 999))) == "approval-not-held"
    assert refused(cancel, nato, CHIE, wish(THIRD)) == "approval-nothing"
    with pytest.raises(UnknownParty):
        approve(nato, CHIE, Wish(THIRD, "kor"))


def test_consent_is_nobodys_to_approve(nodes):
    nodes.put("nato", bundle(indicator(80)), f"{AMBER} ORCON")
    with nodes.open("nato") as node:
        at_hand(node)
        assert state(node, stix_id("indicator", 80)).persons == 0
        assert refused(approve, node, ANNA, wish(stix_id("indicator", 80))) == "approval-cannot"


def test_nothing_is_approved_or_let_go_once_the_programme_has_lapsed(nato):
    by_two(nato)
    at_hand(nato, 250 * 86_400)
    assert release(nato) == release_due(nato) == []
    for named in ("", WORD):
        with pytest.raises(ExpiredProgramme):
            approve(nato, CHIE, Wish(THIRD, "jpn", named))
    assert SECRET_ONE not in shown(nato)


def test_of_several_the_refused_one_does_not_stop_the_others(nato):
    told = each(lambda one: approve(nato, CHIE, one), [wish(THIRD), wish(SECRET_ONE), wish(FOURTH)])
    assert [one.done for one in told] == ["approved", "refused", "approved"]
    assert told[1].code == "approval-request-missing"


# A listed set.


def test_a_set_lets_exactly_its_hashes_go_and_what_changed_or_takes_two_drops_out(nato):
    listed = [wish(one.object_id, one.hash) for one in pending(nato).items]
    listed[3] = wish(FOURTH, "0" * 64)
    told = approve_set(nato, CHIE, listed)
    assert [one.code for one in told] == ["approval-two-persons", "approval-two-persons", "", "approval-changed"]
    nato.clock.on(15)
    release(nato)
    assert shown(nato) == {FIRST, SECOND, THIRD}


def test_a_set_takes_no_halves_even_from_who_could_give_the_second(nato):
    approve(nato, ANNA, wish(SECRET_ONE))
    [told] = approve_set(nato, CHIE, [wish(SECRET_ONE, state(nato).hash)])
    assert told.code == "approval-two-persons"


# Runs.


def test_when_a_countdown_ends_only_what_was_approved_goes_and_the_run_is_entered(nodes):
    nodes.put("nato", bundle(indicator(90)), OPEN)
    with nodes.open("nato") as node:
        at_hand(node, 2 * 86_400)
        by_two(node)
        assert release_due(node) == []
        node.clock.on(15)
        [run] = release_due(node)
        assert (run.counts.release, shown(node)) == (1, {FIRST, SECOND, SECRET_ONE})
        assert release_due(node) == []
        assert entries(node, "release.run")[-1]["counts"]["release"] == 1
        assert nodes_whole(node)


def test_a_view_shows_what_was_approved_since_the_end_of_its_countdown_at_the_earliest(nato):
    until = by_two(nato).until
    nato.clock.on(40)
    release(nato)
    [told] = why(nato, SECRET_ONE, "jpn", enter=False)
    assert (told.outcome, told.shown_since >= until) == ("redact", True)


def test_runs_without_approvals_write_no_more_than_before(nato):
    release(nato)
    assert [one["entry"] for one in entries(nato, "approval.voided", "decision.held")] == []
    assert json.dumps(entries(nato, "release.run")[-1]["counts"]["hold"]) == "4"
    assert START < nato.clock.now()
