"""What parties state: attested indicators count once all say the same, and a published review counts for both."""

from __future__ import annotations

import hashlib
import json

import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes
from tests.queued import entries
from tests.web_site import texts, visiting

from foedus.errors import FoedusError
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node import account, people, review_text, statements
from foedus.node.review import review
from foedus.node.statements import Chosen

pytestmark = pytest.mark.e2e
CHIE, KIM = Person("chie", ("approver",)), Person("kim", ("analyst", "releaser"))
WORD, PAGE, RATING = "nato-jpn-itpp-2023", "/programme/statements", "ct-rating"
YEAR = Chosen(WORD, "2026")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("stated") / "nodes")
    nodes.put("nato", bundle(indicator(1)), OPEN)
    nodes.release("nato")
    for party in ("nato", "jpn"):
        with nodes.open(party) as node:
            for one in (CHIE, KIM):
                people.add(node, one.name, one.roles, "a long password")
    return nodes


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "copy")


def figure(nodes, party, name):
    with nodes.open(party) as node:
        [board] = account.score(node, WORD)
        return next(one for one in board.indicators if one.id == name)


def said_to_partner(node):
    with node.store.read() as read:
        own = [one for one in read.logs.logs() if one.own and one.name != MASTER]
        return [one for info in own for one in read.logs.entries(info.name, 0, read.logs.size(info.name))]


def exchange(nodes):
    with nodes.serving_here("nato", "jpn"):
        for party in ("jpn", "nato"):
            nodes.pull(party)


def stated(nodes, party, value, name=RATING):
    with nodes.open(party) as node:
        statements.attest(node, CHIE, YEAR, name, value)


def test_a_value_counts_once_both_parties_state_the_same(nodes):
    stated(nodes, "nato", "limited")
    exchange(nodes)
    assert [figure(nodes, party, RATING).why for party in ("nato", "jpn")] == ["not-attested"] * 2
    stated(nodes, "jpn", "substantial")
    exchange(nodes)
    assert [figure(nodes, party, RATING).why for party in ("nato", "jpn")] == ["attested-differently"] * 2
    stated(nodes, "nato", "substantial")
    exchange(nodes)
    found = [figure(nodes, party, RATING) for party in ("nato", "jpn")]
    assert [(one.actual, one.why) for one in found] == [("substantial", "")] * 2
    assert found[0] == found[1]


def test_the_same_value_again_enters_nothing_and_the_hand_stands_in_the_private_log_alone(nodes):
    for _ in range(2):
        stated(nodes, "nato", "limited")
    with nodes.open("nato") as node:
        [hand] = entries(node, "statement.made")
        assert (hand["person"], hand["what"]) == ("chie", "indicator.attested")
        [one] = [one for one in said_to_partner(node) if one.entry().kind == "indicator.attested"]
        assert one.facts()["value"] == "limited"
        assert b"chie" not in one.body


@pytest.mark.parametrize(
    ("person", "name", "value", "code"),
    [
        (KIM, RATING, "limited", "role-missing"),
        (CHIE, RATING, "middling", "value-not-on-scale"),
        (CHIE, RATING, "", "value-not-on-scale"),
        (CHIE, "wps-post-filled", "one", "value-not-a-number"),
        (CHIE, "wps-post-filled", "true", "value-not-a-number"),
        (CHIE, "wps-post-filled", "NaN", "value-not-a-number"),
        (CHIE, "wps-post-filled", "\ud800", "value-not-a-number"),
        (CHIE, "pd-review", "1", "indicator-computed"),
        (CHIE, "nothing", "1", "indicator-unknown"),
    ],
)
def test_what_cannot_be_stated_is_refused_and_enters_nothing(nodes, person, name, value, code):
    with nodes.open("nato") as node:
        with pytest.raises(FoedusError) as refused:
            statements.attest(node, person, YEAR, name, value)
        assert refused.value.code == code
        assert entries(node, "statement.made") == []


def test_an_indicator_that_is_not_due_in_the_year_is_not_stated(nodes):
    with nodes.open("nato") as node, pytest.raises(FoedusError) as refused:
        statements.attest(node, CHIE, Chosen(WORD, "2023"), RATING, "limited")
    assert refused.value.code == "indicator-not-due"


def test_a_published_review_counts_for_both_and_its_bytes_stay(nodes):
    with nodes.open("nato") as node:
        review_text.write(node, KIM, review_text.Place(WORD, "2025", "summary", "en"), "A good year.", seen=0)
        made = statements.publish(node, CHIE, Chosen(WORD, "2025"), "annual", public=True)
        raw = statements.published_bytes(node, Chosen(WORD, "2025"), made.sha256)
        assert hashlib.sha256(raw).hexdigest() == made.sha256
        assert raw == statements.content(review(node, WORD, "2025"))
        assert json.loads(raw)["texts"] == [{"field": "summary", "language": "en", "text": "A good year."}]
        assert b"kim" not in raw
        with pytest.raises(FoedusError, match="already"):
            statements.publish(node, CHIE, Chosen(WORD, "2025"), "annual", public=True)
        review_text.write(node, KIM, review_text.Place(WORD, "2025", "summary", "en"), "A better year.", seen=1)
        assert statements.published_bytes(node, Chosen(WORD, "2025"), made.sha256) == raw
        [said] = [one.facts() for one in said_to_partner(node) if one.entry().kind == "review.published"]
        told = (said["hash"], said["days_after_period"], said["kind"], said["public"])
        assert told == (made.sha256, 152, "annual", True)


def test_what_both_publish_of_one_review_counts_once_in_the_figures_of_both(nodes):
    for party in ("nato", "jpn"):
        with nodes.open(party) as node:
            statements.publish(node, CHIE, YEAR, "mid-term", public=True)
    exchange(nodes)
    found = [figure(nodes, party, "pd-review") for party in ("nato", "jpn")]
    assert found[0] == found[1]
    assert (found[0].actual, len(found[0].entries)) == (1, 2)


def test_a_year_that_is_not_over_has_a_mid_term_review_only(nodes):
    with nodes.open("nato") as node:
        with pytest.raises(FoedusError, match="not over"):
            statements.publish(node, CHIE, YEAR, "annual", public=False)
        made = statements.publish(node, CHIE, YEAR, "mid-term", public=False)
        assert statements.published(node, node.agreements.of(WORD, node.clock.now()).programme.id, "2026") == [made]
        [board] = account.score(node, WORD)
        assert next(one for one in board.milestones if one.id == "ms-midterm").state == "done"


@pytest.fixture
def visit(nodes):
    with nodes.open("nato") as node, visiting(node) as visit:
        yield visit


def sent(visitor, **fields):
    csrf = visitor.get(PAGE).text.partition('name="csrf" value="')[2].partition('"')[0]
    return visitor.post(PAGE, {"csrf": csrf, "programme": WORD, "period": "2026", **fields})


def test_the_page_says_what_each_party_stated_and_an_approver_states(visit):
    chie = visit(CHIE)
    answer = sent(chie, act="attest", indicator=RATING, value="limited")
    assert answer.headers["location"].endswith("told=attested")
    page = chie.get(answer.headers["location"])
    [line] = [one for one in texts(page, "//table//tr") if RATING in one]
    assert "limited–does not count yet" in line
    found = chie.get(f"{PAGE}.json?period=2026").json()
    assert next(one for one in found["attested"] if one["id"] == RATING)["said"] == {"nato": "limited"}
    assert f"{WORD},2026,{RATING},nato,limited" in chie.get(f"{PAGE}.csv").text


def test_what_is_wrong_stands_by_its_field_with_what_was_typed(visit):
    answer = sent(visit(CHIE), act="attest", indicator="wps-post-filled", value="o'ne\"<b>")
    assert answer.status_code == 422
    assert "Not a number" in texts(answer, "//details[@open]//span[@role='alert']")[0]
    assert "o&#39;ne&#34;&lt;b&gt;" in answer.text
    answer = sent(visit(CHIE), act="publish", kind="annual")
    assert (answer.status_code, "The year is not over" in answer.text) == (422, True)


def test_a_review_is_published_and_read_on_the_page(visit):
    chie = visit(CHIE)
    page = chie.get(sent(chie, act="publish", kind="mid-term", public="yes").headers["location"])
    assert "everybody" in page.text
    [link] = [one.partition('"')[0] for one in page.text.split('href="')[1:] if one.startswith("/programme/published")]
    answer = chie.get(link.replace("&amp;", "&"))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(answer.content).hexdigest() in link
    assert chie.get("/programme/published?period=2026&hash=zz").status_code == 400


def test_who_is_no_approver_reads_and_does_not_state(visit):
    kim = visit(KIM)
    assert '<select name="value"' not in kim.get(PAGE).text
    assert sent(kim, act="attest", indicator=RATING, value="limited").status_code == 403
