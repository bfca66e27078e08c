"""What a page asks the database: at most twenty statements, whatever is held and however many partners, labels and acts there are."""

from __future__ import annotations

import re

import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes, stix, stix_id
from tests.queued import PASSWORD, SetClock, programme
from tests.web_site import asking, visiting

from foedus.model.people import Person
from foedus.node import approve, grants, people, shifts, statements, watch
from foedus.node.approve import Wish
from foedus.node.recall import Order, Target, lift, recall
from foedus.web.pages import PAGES

pytestmark = pytest.mark.e2e
MOST = 20
KIM, LEO = (Person(name, ("analyst", "releaser", "approver")) for name in ("kim", "leo"))
FINN = Person("finn", ("administrator",))
PARTNERS, ONE = ("jpn", "kor", "aus", "nzl"), ("jpn",)
TO_ALL = "NATO RESTRICTED Releasable to Japan, KOR, AUS, NZL TLP:AMBER"
LABELS = ("NATO UNCLASSIFIED", "NATO UNCLASSIFIED TLP:GREEN", "PUBLIC TLP:GREEN", "NATO UNCLASSIFIED TLP:AMBER")
US = stix_id("identity", 1)
WAITS, DENIED, GIVEN, SENT, BACK = (stix_id("indicator", number) for number in (2, 3, 4, 11, 12))
WORD = "nato-jpn-itpp-2023"
ITEM, FINDING = f"/release/{WORD}/jpn/{WAITS}", f"/finding/{SENT}"
GROWS_NOT = ("/release", ITEM, FINDING, f"/finding/{WAITS}", "/ledger", "/programmes", "/watch", "/programme/review")

HELD = {"programme": WORD, "party": "jpn", "object_id": WAITS, "number": "0"}
"""What stands in an address for each part of a path; a page with a part of its own gives its address below."""
ADDRESSES = {
    "/finding/{object_id}": (
        f"/finding/{WAITS}",
        FINDING,
        f"/finding/{BACK}",
        f"/finding/{stix_id('relationship', 1)}",
    ),
    "/area/{name}": ("/area/cyber",),
    "/find": ("/find?q=host1.example", f"/find?q={WAITS}"),
    "/watch/shift/{name}": ("/watch/shift/@shift",),
    "/quarantine/{number}": ("/quarantine/1",),
    "/situation": ("/situation", f"/situation?at={WAITS}", "/situation?watch=acknowledged&urgency=0"),
    "/ledger/log": ("/ledger/log?name=master", f"/ledger/log?name=urn:foedus:programme:{WORD}|nato|jpn"),
    "/ledger/proof": ("/ledger/proof?name=master&at=3",),
    "/programme/published": (f"/programme/published?programme={WORD}&period=2026&hash=@hash",),
    "/person": ("/person?name=kim",),
}


def with_partner(directory, party):
    """The programme that asks for people and has a limit, of NATO and another partner than Japan."""
    swapped = {"jpn": party, party: "jpn", "JPN": party.upper(), party.upper(): "JPN"} if party != "jpn" else {}
    text = programme(directory).read_text(encoding="utf-8")
    path = directory / f"{party}.yaml"
    path.write_text(re.sub(rf"\b(jpn|JPN|{party}|{party.upper()})\b", lambda m: swapped.get(m[0], m[0]), text))
    return str(path)


def make(directory, partners, labels):
    """NATO with partners: versions, references, supports; what waits, went, was called back, acknowledged, is on the watch."""
    nodes = make_nodes(directory / "nodes", {with_partner(directory, party): ("nato", party) for party in partners})
    first = [indicator(number, created_by_ref=US) for number in range(1, 7)]
    nodes.put("nato", bundle(*first, stix("identity", 1, name="Us", identity_class="organization")), TO_ALL)
    malware = stix("malware", 1, name="m", is_family=True)
    ends = {"source_ref": WAITS, "target_ref": stix_id("malware", 1)}
    nodes.put("nato", bundle(malware, stix("relationship", 1, relationship_type="indicates", **ends)), TO_ALL)
    nodes.put("nato", bundle(indicator(2, created_by_ref=US, modified="2026-05-04T06:00:00.000Z")), TO_ALL)
    nodes.put("nato", bundle(*(indicator(number) for number in range(11, 17))), OPEN)
    nodes.put("nato", bundle(b'{"type":"indicator","id":"indicator--no"}'), OPEN)
    for number, label in enumerate(labels):
        nodes.put("nato", bundle(*(indicator(20 + number * 5 + n) for n in range(5))), label)
    with nodes.open("nato") as node:
        for one in (KIM, LEO, FINN):
            people.add(node, one.name, one.roles, PASSWORD)
    nodes.release("nato")
    with nodes.serving_here("nato", *partners):
        for party in (*partners, "nato"):
            nodes.pull(party)
    with nodes.open("nato") as node:
        act(node, partners)
    return nodes


def act(node, partners):
    """Acts of people about what waits, what went, and what they watch."""
    for party in partners:
        for number in (2, 4, 5, 6):
            approve.approve(node, KIM, Wish(stix_id("indicator", number), party))
        approve.approve(node, LEO, Wish(GIVEN, party))
        approve.deny(node, KIM, Wish(DENIED, party), "no")
        approve.hold(node, KIM, Wish(stix_id("indicator", 14), party), "wait")
    for one in (SENT, BACK):
        recall(node, KIM, Target(one), Order("wrong"))
    lift(node, KIM, BACK, "jpn")
    grants.give(node, grants.Wanted((SENT,), ("jpn",), programme=WORD), KIM)
    shifts.open_shift(node, KIM, "quiet")
    for one in (WAITS, SENT, BACK):
        watch.acknowledge(node, KIM, watch.Meant(one))
        watch.assign(node, KIM, watch.Meant(one), "leo")
        watch.dismiss(node, LEO, watch.Meant(one), watch.REASONS[0], "no")
        watch.undo(node, LEO, watch.Meant(one))
    shifts.write(node, KIM, "a note")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    with make(tmp_path_factory.mktemp("many"), PARTNERS, LABELS).open("nato") as node:
        yield node


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    with make(tmp_path_factory.mktemp("few"), ONE, LABELS[:1]).open("nato") as node:
        yield node


def addresses():
    """Every page that can be asked for, by an address that shows something."""
    return [(page, one) for page in PAGES if page.method == "GET" for one in ADDRESSES.get(page.path, (page.path,))]


def asked(node, visitor, path):
    """The statements of a page, the second time it is asked for, when programmes are looked up anew."""
    for _ in range(2):
        node.clock.on(1)
        # Which pairs are frozen is known for a second of the wall clock.
        node.freezes.forget()
        with asking(node) as found:
            answer = visitor.get(path)
        assert answer.status_code < 400, (path, answer.status_code)
    return found


def at_hand(node):
    node.clock = SetClock(node.clock.now())


def test_every_page_asks_the_database_twenty_questions_at_most(many):
    at_hand(many)
    shift = shifts.report(many).shift.name
    made = statements.publish(many, KIM, statements.Chosen(WORD), "mid-term", public=False)
    over = {}
    with visiting(many) as visit:
        kim, finn = visit(KIM), visit(FINN)
        for page, address in addresses():
            path = address.format(**HELD).replace("@shift", shift).replace("@hash", made.sha256)
            visitor = finn if page.who == ("administrator",) else kim
            found = asked(many, visitor, path)
            if len(found) > MOST:
                over[path] = found
    assert not over, {path: len(found) for path, found in over.items()}


def test_what_a_page_asks_does_not_grow_with_partners_programmes_labels_and_acts(few, many):
    counts = []
    for node in (few, many):
        at_hand(node)
        with visiting(node) as visit:
            kim = visit(KIM)
            counts.append({path: len(asked(node, kim, path)) for path in GROWS_NOT})
    assert counts[0] == counts[1]
