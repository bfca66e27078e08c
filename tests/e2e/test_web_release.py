"""The release queue in a browser without scripts: what waits, why, what leaves; decisions reach the ledger once."""

import hashlib
import json
from urllib.parse import quote

import pytest
from tests.bench.bench_web import arrivals, keep
from tests.queued import (
    ANNA,
    BOTH,
    CHIE,
    DORA,
    ID,
    OPEN_ONES,
    PEOPLE,
    SECRET_ONE,
    SECRET_TWO,
    WORD,
    at_hand,
    entries,
    make,
    shown,
)
from tests.web_site import texts, visiting

from foedus.node.pending import Ended, desks, detail
from foedus.node.queue import Place, on_hold
from foedus.node.release import release_due
from foedus.node.view import keep_facets

EVA = next(one for one in PEOPLE if one.name == "eva")
GIVEN = ("approval.requested", "approval.given", "approval.denied", "approval.cancelled", "decision.held")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make(tmp_path_factory.mktemp("web") / "queue")


@pytest.fixture
def node(base, tmp_path):
    with base.copy(tmp_path / "copy").open("nato") as node:
        at_hand(node)
        yield node


@pytest.fixture
def visit(node):
    with visiting(node) as visit:
        yield visit


def path(object_id=SECRET_ONE):
    return f"/release/{WORD}/jpn/{object_id}"


def send(visitor, act, object_id=SECRET_ONE, **fields):
    form = visitor.form(path(object_id), path(object_id))
    return visitor.post(path(object_id), {**form, "act": act, **fields})


def done(node):
    return [(one["entry"], one["person"], one["object_id"]) for one in entries(node, *GIVEN)]


def test_the_queue_says_what_waits_for_whom_and_why(visit):
    page = visit(ANNA).get("/release")
    assert texts(page, "//tbody/tr/td[3]") == ["Japan"] * 4
    assert texts(page, "//tbody/tr/td[5]")[0] == "two persons r-cyber"


def test_a_finding_shows_why_with_the_text_of_the_clause(visit):
    page = visit(ANNA).get(path(SECRET_TWO))
    assert any("four_eyes: restricted" in one for one in texts(page, "//figure/pre"))
    assert "It waits for an act of a person." in texts(page, "//ul[@class='why']/li")


def test_what_redaction_takes_is_marked(visit):
    page = visit(ANNA).get(path(SECRET_TWO))
    assert texts(page, "//span[@class='gone']") == ['- "x_ticket": "INC-1"']


def test_the_bytes_that_would_leave_are_given_exactly(node, visit):
    answer = visit(ANNA).get(f"{path(SECRET_TWO)}/sent/0")
    sent = detail(node, SECRET_TWO, "jpn").objects[0].sent
    assert answer.content == sent.encode()
    assert answer.headers["content-disposition"].startswith("attachment")
    page = visit(ANNA).get(path(SECRET_TWO))
    assert hashlib.sha256(answer.content).hexdigest() in page.text


def test_two_persons_let_it_go_and_each_sees_where_it_stands(node, visit):
    assert send(visit(ANNA), "approve").headers["location"] == f"{path()}?told=requested"
    assert "requested" in texts(visit(CHIE).get(path()), "//section[1]//span[contains(@class,'state')]")
    assert send(visit(CHIE), "approve", reason="agreed").status_code == 303
    assert done(node) == [("approval.requested", "anna", SECRET_ONE), ("approval.given", "chie", SECRET_ONE)]
    assert entries(node, "approval.given")[0]["reason"] == "agreed"


def test_after_the_countdown_it_is_gone_from_the_queue_and_with_the_partner(node, visit):
    send(visit(ANNA), "approve")
    send(visit(CHIE), "approve")
    assert SECRET_ONE not in shown(node)
    node.clock.on(16)
    release_due(node)
    assert SECRET_ONE in shown(node)
    assert visit(CHIE).get(path()).status_code == 404


def test_during_the_countdown_it_is_taken_back(node, visit):
    send(visit(ANNA), "approve")
    send(visit(CHIE), "approve")
    assert send(visit(DORA), "cancel").headers["location"].endswith("told=taken-back")
    node.clock.on(60)
    release_due(node)
    assert SECRET_ONE not in shown(node)


def test_one_person_is_never_both(node, visit):
    send(visit(BOTH), "approve")
    answer = send(visit(BOTH), "approve")
    assert answer.status_code == 403
    assert "another person approves it" in answer.text
    assert len(done(node)) == 1


@pytest.mark.parametrize(("act", "entry"), [("deny", "approval.denied"), ("hold", "decision.held")])
def test_deny_and_hold_are_entered_with_their_reason(node, visit, act, entry):
    send(visit(CHIE), act, OPEN_ONES[2], reason="ask first")
    assert [(one["entry"], one["reason"]) for one in entries(node, *GIVEN)] == [(entry, "ask first")]


def test_a_second_click_does_nothing_twice(node, visit):
    chie = visit(CHIE)
    form = {**chie.form(path(), path()), "act": "deny"}
    first, second = chie.post(path(), form), chie.post(path(), form)
    assert first.headers["location"] == second.headers["location"]
    assert len(done(node)) == 1


def test_who_looked_before_somebody_else_decided_looks_again(node, visit):
    chie, dora = visit(CHIE), visit(DORA)
    old = {**dora.form(path(), path()), "act": "deny"}
    send(chie, "deny")
    answer = dora.post(path(), old)
    assert answer.status_code == 409
    assert "changed since you looked" in answer.text
    assert len(done(node)) == 1


def test_an_auditor_sees_everything_and_has_no_form(visit):
    page = visit(EVA).get(path())
    assert page.status_code == 200
    assert texts(page, "//form[@class='acts']") == []


def test_what_a_role_may_not_do_is_refused_though_the_form_is_forged(node, visit):
    eva = visit(EVA)
    item = detail(node, SECRET_ONE, "jpn").waiting
    form = {
        "csrf": eva.form("/settings", "/sign-out")["csrf"],
        "once": "1",
        "seen": f"{item.hash}|waiting|",
        "act": "approve",
    }
    assert eva.post(path(), form).status_code == 403
    assert done(node) == []


def test_after_a_while_the_password_is_asked_for_and_nothing_typed_is_lost(node, visit):
    anna = visit(ANNA)
    form = {**anna.form(path(), path()), "act": "approve", "reason": "for the exercise"}
    node.clock.on(11 * 60)
    asked = anna.post(path(), form)
    assert asked.status_code == 403
    assert 'name="password"' in asked.text
    assert "for the exercise" in asked.text
    again = anna.post(path(), {**anna.form(path(), path()), "act": "approve", "password": "a long password"})
    assert again.status_code == 303
    assert len(done(node)) == 1


def test_a_set_is_listed_before_it_goes_and_goes_exactly(node, visit):
    chie = visit(CHIE)
    items = [f"{one}|jpn|{ID}|{detail(node, one, 'jpn').waiting.hash}" for one in OPEN_ONES[2:]]
    listed = chie.post("/release/set", {"csrf": chie.form("/release", "/release/set")["csrf"], "item": items})
    assert texts(listed, "//tbody//code") == [f"{one.rpartition('|')[2][:16]}…" for one in items]
    assert done(node) == []
    form = {"csrf": chie.form("/settings", "/sign-out")["csrf"], "item": items, "sure": "yes", "once": "7"}
    assert "2 approved." in chie.post("/release/set", form).text
    assert {one for _, _, one in done(node)} == set(OPEN_ONES[2:])


def test_what_needs_two_persons_drops_out_of_a_set(node, visit):
    chie = visit(CHIE)
    item = f"{SECRET_ONE}|jpn|{ID}|{detail(node, SECRET_ONE, 'jpn').waiting.hash}"
    form = {"csrf": chie.form("/settings", "/sign-out")["csrf"], "item": [item], "sure": "yes", "once": "8"}
    assert "It needs two persons" in chie.post("/release/set", form).text
    assert done(node) == []


def test_the_twins_are_the_page(visit):
    anna = visit(ANNA)
    ids = [one["object_id"] for one in anna.get("/release.json").json()["items"]]
    assert [row.split(",")[0] for row in anna.get("/release.csv").text.splitlines()[1:]] == ids
    assert len(texts(anna.get("/release"), "//tbody/tr")) == len(ids) == 4
    assert json.loads(anna.get(f"{path()}.json").text)["item"]["object_id"] == SECRET_ONE


def test_pages_go_on_where_one_ended(node, visit, monkeypatch):
    monkeypatch.setattr("foedus.web.pages.release.PAGE_ROWS", 3)
    anna = visit(ANNA)
    first = anna.get("/release.json").json()
    rest = anna.get("/release.json?after=" + first["next"].replace("|", "%7C")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, "")


@pytest.fixture(scope="module")
def twenty_thousand(tmp_path_factory):
    nodes = make(tmp_path_factory.mktemp("many") / "made")
    with nodes.open("nato") as node:
        batch = list(arrivals(node, 20_000, 20_000))
        for start in range(0, len(batch), 5_000):
            keep(node.store, batch[start : start + 5_000])
        yield node


def test_a_queue_of_twenty_thousand_is_as_short_a_page_at_its_end_as_at_its_beginning(twenty_thousand):
    node = twenty_thousand
    [desk] = desks(node, "jpn", "", node.clock.now())
    keep_facets(node, desk.policy)
    [area] = [one for one in desk.areas if one.id == "cyber"]
    with node.store.read() as read:
        waiting = [one for some in on_hold(read, [Place(desk, area, "cyber")]) for one in some]
    assert len(waiting) == 20_000 + 4
    ending = waiting[-25]
    after = Ended((desk.programme, "jpn", "cyber", "cyber"), ending.held.seq, ending.walked).text()
    with visiting(node) as visit:
        anna = visit(ANNA)
        for query, rows in (("", 50), (f"?after={quote(after)}", 24)):
            page = anna.get(f"/release{query}")
            found = texts(page, "//tr[@data-row]")
            assert len(found) == rows
            assert len(page.content) < 200_000
        assert [one["object_id"] for one in anna.get(f"/release.json?after={quote(after)}").json()["items"]] == [
            one.held.object_id for one in waiting[-24:]
        ]
