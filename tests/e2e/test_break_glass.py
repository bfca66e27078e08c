"""Break-glass: two persons in two roles, what their own node holds, for a short time, reviewed by a third."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.node_pair import AMBER, bundle, indicator, stix_id
from tests.three_nodes import PAIR, Fixed, day, make_pair, opened_at

from foedus.errors import InputError, NotReleasable, TrustError
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node import account, administer, breakglass, people
from foedus.node.breakglass import Wanted
from foedus.node.exchange import released
from foedus.node.recall import Order, Target, recall
from foedus.node.release import release

pytestmark = pytest.mark.e2e
ADA, BOB, EVE = Person("ada", ("releaser", "approver")), Person("bob", ("approver",)), Person("eve", ("auditor",))
FINN = Person("finn", ("administrator",))
BOTH = Person("bob", ("auditor", "approver"))
HELD, ORCON, SECRET = (stix_id("indicator", number) for number in (1, 2, 3))
AT = day("06-02")
US = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    nodes = make_pair(tmp_path_factory.mktemp("glass") / "nodes", {"      caveats: []\n": "      four_eyes: always\n"})
    nodes.put("nato", bundle(indicator(1)), AMBER)
    nodes.put("nato", bundle(indicator(2)), AMBER.replace(" TLP", " ORCON TLP"))
    nodes.put("nato", bundle(indicator(3)), "NATO SECRET Releasable to Japan TLP:AMBER")
    with nodes.open("nato") as node:
        for person in (ADA, BOB, FINN):
            people.add(node, person.name, person.roles, "a long password")
    return nodes


@pytest.fixture
def node(made, tmp_path):
    with opened_at(made.copy(tmp_path / "nodes"), "nato", AT) as held:
        yield held


def ask(node, object_id=HELD, lasts="PT1H", person=ADA, reason="attack under way"):
    return breakglass.ask(node, Wanted(object_id, "jpn", reason, lasts), person)


def sent(node):
    return release(node, "jpn")[0].counts.release


def kinds(node):
    return [line.kind for line in account.show(node, MASTER, -1, 3)]


def test_two_persons_lift_it_for_a_time_and_an_auditor_reviews_it(node):
    use = ask(node)
    assert (sent(node), use.state) == (0, "asked")
    assert breakglass.agree(node, use.id, BOB).state == "lifted"
    entry = account.show(node, MASTER, -1, 1)[0]
    assert (entry.kind, entry.body["persons"], entry.body["reason"]) == (
        "break-glass",
        ["ada", "bob"],
        "attack under way",
    )
    assert sent(node) == 1
    node.clock = Fixed(AT + timedelta(hours=1) - US)
    assert len(list(released(node, "jpn", PAIR))) == 1
    node.clock = Fixed(AT + timedelta(hours=1))
    assert (list(released(node, "jpn", PAIR)), sent(node)) == ([], 0)
    assert [one.state for one in breakglass.uses(node)] == ["to review"]
    assert breakglass.review(node, use.id, "not-ok", EVE).state == "not-ok"
    assert (breakglass.uses(node), kinds(node)[-1]) == ([], "break-glass.reviewed")


@pytest.mark.parametrize("object_id", [ORCON, SECRET])
def test_it_lifts_no_consent_and_no_denial(node, object_id):
    with pytest.raises(NotReleasable) as refused:
        ask(node, object_id)
    assert refused.value.code == "break-glass-refused"
    assert breakglass.uses(node, all_=True) == []


def test_what_is_not_held_needs_none(node):
    use = ask(node)
    breakglass.agree(node, use.id, BOB)
    with pytest.raises(NotReleasable, match="nothing holds it"):
        ask(node)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"lasts": "PT25H"}, "break-glass-time"),
        ({"lasts": "PT0H"}, "break-glass-time"),
        ({"lasts": "an hour"}, "break-glass-time"),
        ({"reason": "  "}, "break-glass-reason"),
        ({"object_id": stix_id("indicator", 9)}, "object-unknown"),
    ],
)
def test_what_is_asked_wrongly_is_refused(node, wrong, code):
    with pytest.raises(InputError) as refused:
        ask(node, **wrong)
    assert refused.value.code == code


def test_nobody_does_two_parts_of_it_or_one_without_the_role(node):
    use = ask(node)
    for act in (
        lambda: ask(node, person=BOB),
        lambda: breakglass.agree(node, use.id, ADA),
        lambda: breakglass.agree(node, use.id, EVE),
    ):
        with pytest.raises(TrustError):
            act()
    breakglass.agree(node, use.id, BOB)
    for person in (BOTH, ADA):
        with pytest.raises(TrustError):
            breakglass.review(node, use.id, "ok", person)


def test_it_is_answered_once_in_its_time_and_reviewed_once(node):
    use, late = ask(node), ask(node)
    for wrong in (use.id, "00"):
        with pytest.raises(InputError):
            breakglass.review(node, wrong, "ok", EVE)
    breakglass.agree(node, use.id, BOB)
    with pytest.raises(InputError):
        breakglass.agree(node, use.id, BOB)
    breakglass.review(node, use.id, "ok", EVE)
    node.clock = Fixed(AT + timedelta(hours=1))
    for act in (lambda: breakglass.agree(node, late.id, BOB), lambda: breakglass.review(node, use.id, "ok", EVE)):
        with pytest.raises(InputError):
            act()


def test_another_version_than_was_asked_for_is_not_lifted(made, tmp_path):
    nodes = made.copy(tmp_path / "nodes")
    with opened_at(nodes, "nato", AT) as node:
        use = ask(node)
    nodes.put("nato", bundle(indicator(1, modified="2026-05-20T00:00:00.000Z")), AMBER)
    with opened_at(nodes, "nato", AT) as node, pytest.raises(NotReleasable) as refused:
        breakglass.agree(node, use.id, BOB)
    assert refused.value.code == "break-glass-changed"


@pytest.mark.parametrize("gone", [ADA, BOB])
def test_the_word_of_one_who_may_act_no_more_lifts_nothing(node, gone):
    use = ask(node)
    administer.set_disabled(node, FINN, gone.name, disabled=True)
    with pytest.raises(TrustError, match="may not any more"):
        breakglass.agree(node, use.id, BOB)
    assert sent(node) == 0


def test_what_was_called_back_is_not_lifted(node):
    use = ask(node)
    breakglass.agree(node, use.id, BOB)
    assert sent(node) == 1
    recall(node, ADA, Target(HELD), Order("wrong"))
    with pytest.raises(NotReleasable, match="does not lift recalled"):
        ask(node)
    assert (sent(node), list(released(node, "jpn", PAIR))) == (0, [])
