"""Control by the originator over three served nodes: nothing moves on without its consent, and what it withdraws stops."""

from __future__ import annotations

import pytest
from tests.node_pair import bundle, indicator, stix_id
from tests.three_nodes import BOTH, ORCON, PAIR, RELEASER, THREE, Fixed, day, give, make_three, opened_at, release_at

from foedus.account.ledger import append
from foedus.errors import InputError, TrustError
from foedus.model import instant
from foedus.model.entry import MASTER, Draft
from foedus.model.people import Person
from foedus.node import account, grants
from foedus.node.grants import Wanted
from foedus.node.quarantine import retry
from foedus.node.release import release
from foedus.node.show import refused, show
from foedus.node.show import why as why_at
from foedus.node.signing import sign_log
from foedus.node.view import pair_log
from foedus.store import findings, views

pytestmark = pytest.mark.e2e
URN = f"urn:foedus:programme:{THREE}"
ONE, TWO, OPEN_TWO = (stix_id("indicator", number) for number in (1, 2, 3))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Japan holds what NATO sent it under the programme of two: one ORCON, one that the programme binds."""
    nodes = make_three(tmp_path_factory.mktemp("grants") / "nodes")
    nodes.put("nato", bundle(indicator(1)), ORCON)
    nodes.put("nato", bundle(indicator(2)), BOTH)
    give(nodes, "nato", [ONE], "jpn", programme=PAIR)
    with nodes.open("nato") as node:
        release(node, "jpn", PAIR)
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    return nodes


@pytest.fixture
def nodes(made, tmp_path):
    """The same for each test, its own."""
    return made.copy(tmp_path / "nodes")


def codes(nodes, object_id, party="jpn", to="kor"):
    with nodes.open(party) as node:
        return [reason["code"] for reason in why_at(node, object_id, to, THREE, enter=False)[0].reasons]


def entries(nodes, party, log, kind):
    with nodes.open(party) as node:
        return [line.body for line in account.show(node, log, 0, 1_000) if line.kind == kind]


def kept(nodes, party, object_id):
    with nodes.open(party) as node:
        return show(node, object_id)


def ask(nodes, party, objects, to):
    with nodes.open(party) as node:
        return grants.ask(node, Wanted(tuple(objects), (to,)), RELEASER)


def listed(nodes, party):
    with nodes.open(party) as node:
        return grants.listed(node)


def test_nothing_moves_on_without_a_grant_and_the_reason_is_said(nodes):
    nodes.release("jpn")
    assert codes(nodes, ONE) == ["consent-missing", "onward-consent-missing"]
    assert codes(nodes, TWO) == ["onward-consent-missing"]
    assert entries(nodes, "jpn", f"{URN}|jpn|kor", "release.sent") == []


def test_asked_given_passed_on_withdrawn(nodes):
    with nodes.serving_here("nato", "jpn", "kor"):
        ask(nodes, "jpn", [ONE], "kor")
        nodes.pull("nato")
        assert [(one.holder, one.to) for one in listed(nodes, "nato") if one.state == "pending"] == [("jpn", ("kor",))]
        [grant] = give(nodes, "nato", [ONE], "kor", holder="jpn")
        assert "pending" not in [one.state for one in listed(nodes, "nato")]
        nodes.pull("jpn")
        nodes.release("jpn")
        nodes.pull("kor")
        theirs, [held] = kept(nodes, "jpn", ONE)[0], kept(nodes, "kor", ONE)
        assert (held.owner, held.label, held.object) == ("nato", theirs.label, theirs.object)
        [sent] = entries(nodes, "kor", f"{URN}|jpn|kor", "release.sent")
        assert (sent["originator"], sent["duties"]["onward"]) == ("nato", "originator-consent")
        with nodes.open("nato") as node:
            grants.withdraw(node, grant.id, RELEASER)
        nodes.pull("jpn")
        [back] = entries(nodes, "jpn", f"{URN}|jpn|kor", "recall.requested")
        assert (back["object_id"], back["reason"]) == (ONE, "consent-withdrawn")
        nodes.pull("kor")
        with pytest.raises(InputError):
            kept(nodes, "kor", ONE)
        nodes.pull("jpn")
        [answered] = entries(nodes, "jpn", f"{URN}|kor|jpn", "recall.completed")
        assert (answered["result"], [one.owner for one in kept(nodes, "jpn", ONE)]) == ("deleted", ["nato"])
        nodes.release("jpn")
    assert len(entries(nodes, "jpn", f"{URN}|jpn|kor", "release.sent")) == 1
    assert codes(nodes, ONE) == ["recalled"]
    assert [nodes.faults(party) for party in ("nato", "jpn", "kor")] == [[], [], []]


def test_who_got_it_from_the_holder_needs_a_grant_of_its_own(nodes):
    give(nodes, "nato", [TWO], "kor", holder="jpn", programme=THREE)
    with nodes.serving_here("nato", "jpn", "kor"):
        nodes.pull("jpn")
        nodes.release("jpn")
        nodes.pull("kor")
    assert codes(nodes, TWO, "kor", "jpn") == ["onward-consent-missing"]


def test_a_grant_ends_at_its_instant_and_a_later_one_begins_anew(nodes):
    give(nodes, "nato", [TWO], "kor", holder="jpn", programme=THREE, until="2026-06-10")
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    runs = release_at(nodes, "jpn", day("06-05"), "kor", THREE)
    [sent] = entries(nodes, "jpn", f"{URN}|jpn|kor", "release.sent")
    assert (runs[0].counts.release, sent["expires_at"]) == (1, "2026-06-11T00:00:00.000000Z")
    assert release_at(nodes, "jpn", day("06-11"), "kor", THREE)[0].counts.hold == 2
    give(nodes, "nato", [TWO], "kor", holder="jpn", programme=THREE)
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    assert release_at(nodes, "jpn", day("06-12"), "kor", THREE)[0].counts.release == 1


@pytest.mark.parametrize(
    ("narrow", "goes"),
    [
        ({"purposes": ("situational-awareness",)}, 0),
        ({"purposes": ("network-defence",)}, 1),
        ({"clause": "r-tech"}, 0),
        ({"clause": "r-cyber"}, 1),
        ({"versions": ("2026-05-03T06:00:00.000Z",)}, 1),
    ],
)
def test_a_grant_reaches_no_further_than_it_says(nodes, narrow, goes):
    give(nodes, "nato", [TWO], "kor", holder="jpn", programme=THREE, **narrow)
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    counts = release_at(nodes, "jpn", day("06-02"), "kor", THREE)[0].counts
    assert (counts.release, counts.hold) == (goes, 2 - goes)


def test_an_own_orcon_finding_goes_first_hand_under_an_own_grant_and_nobody_hears_of_it_before(nodes):
    before = entries(nodes, "nato", MASTER, "grant.given")
    assert [(one["parties"], one["object_id"]) for one in before] == [(["nato"], ONE)]
    assert entries(nodes, "nato", f"urn:foedus:programme:{PAIR}|nato|jpn", "grant.given") == []
    [own] = [one for one in listed(nodes, "nato") if one.holder == "nato"]
    with nodes.open("nato") as node:
        grants.withdraw(node, own.id, RELEASER)
        node.clock = Fixed(day("06-03"))
        release(node, "jpn", PAIR)
    [back] = entries(nodes, "nato", f"urn:foedus:programme:{PAIR}|nato|jpn", "recall.requested")
    [made] = entries(nodes, "nato", MASTER, "recall.made")
    assert (back["reason"], made["cause"], made["person"]) == ("consent-withdrawn", "grant.withdrawn", "")


def test_what_another_grant_covers_as_well_is_not_called_back(nodes):
    wide, narrow = (
        give(nodes, "nato", [TWO], "kor", holder="jpn", programme=THREE, until=until)[0] for until in ("", "2026-06-20")
    )
    with nodes.serving_here("nato", "jpn", "kor"):
        nodes.pull("jpn")
        nodes.release("jpn")
        with nodes.open("nato") as node:
            grants.withdraw(node, wide.id, RELEASER)
        nodes.pull("jpn")
        nodes.release("jpn")
        log = f"{URN}|jpn|kor"
        assert [one["cause"] for one in entries(nodes, "jpn", log, "release.expired")] == ["grant-withdrawn"]
        assert [one["expires_at"] for one in entries(nodes, "jpn", log, "release.sent")][1:] == [
            "2026-06-21T00:00:00.000000Z"
        ]
        with nodes.open("nato") as node:
            grants.withdraw(node, narrow.id, RELEASER)
        nodes.pull("jpn")
        [back] = entries(nodes, "jpn", log, "recall.requested")
        assert len(back["sendings"]) == 2


def test_what_does_not_fit_is_refused_to_the_person_and_nothing_is_entered(nodes):
    cases = [
        ({"objects": (stix_id("indicator", 99),)}, "grant-not-originator"),
        ({"to": ("deu",)}, "grant-recipient"),
        ({"to": ("nato",)}, "grant-recipient"),
        ({"purposes": ("gossip",)}, "grant-purpose"),
        ({"clause": "r-nothing"}, "grant-clause"),
        ({"versions": ("2020-01-01T00:00:00.000Z",)}, "grant-version"),
        ({"until": "2026-05-01"}, "grant-until"),
        ({"until": "soon"}, "grant-until"),
        ({"holder": "kor", "to": ("jpn",)}, "grant-not-held"),
    ]
    with nodes.open("nato") as node:
        for wrong, code in cases:
            asked = {"objects": (TWO,), "to": ("kor",), "holder": "jpn", "programme": THREE, **wrong}
            with pytest.raises(InputError) as error:
                grants.give(node, Wanted(**asked), RELEASER)
            assert error.value.code == code
        with pytest.raises(TrustError, match="may not"):
            grants.give(node, Wanted((TWO,), ("kor",), "jpn"), Person("eve", ("analyst",)))
    with nodes.open("jpn") as node, pytest.raises(InputError) as error:
        grants.give(node, Wanted((TWO,), ("kor",), programme=THREE), RELEASER)
    assert error.value.code == "grant-not-originator"
    assert len(listed(nodes, "nato")) == 1


def body(grant="00", **changes):
    """A grant of NATO's to Japan as it stands in an entry, or one that is wrong somewhere."""
    return {
        "at": "2026-06-01T00:00:00.000000Z",
        "programme": URN,
        "parties": ["nato", "jpn"],
        "area": "cyber",
        "grant": grant,
        "object_id": TWO,
        "versions": [],
        "recipients": ["kor"],
        "purposes": [],
        "until": "2026-12-01T00:00:00.000000Z",
        "clause": "",
        **changes,
    }


def write(nodes, party, *drafts):
    """Enter whatever a party's node would never write itself."""
    with nodes.open(party) as node, node.store.write() as tx:
        log = pair_log(node, tx, URN, "jpn")
        append(tx.logs, log, drafts, at=node.clock.now(), entropy=node.entropy)
        sign_log(node, tx, log)


WRONG = [
    ("grant-malformed", "grant.given", body(until=7)),
    ("grant-malformed", "grant.given", body(until="soon")),
    ("grant-malformed", "grant.given", {"at": "2026-06-01T00:00:00.000000Z"}),
    ("grant-misplaced", "grant.given", body(parties=["kor", "jpn"])),
    ("grant-misplaced", "grant.given", body(programme=f"urn:foedus:programme:{PAIR}")),
    ("grant-until", "grant.given", body(until="2026-05-01T00:00:00.000000Z")),
    ("grant-clause", "grant.given", body(clause="r-nothing")),
    ("grant-purpose", "grant.given", body(purposes=["gossip"])),
    ("grant-recipient", "grant.given", body(recipients=["deu"])),
    ("grant-recipient", "grant.given", body(recipients=["jpn"])),
    ("grant-recipient", "grant.given", body(recipients=[])),
    ("grant-unknown", "grant.withdrawn", body("77")),
]


@pytest.mark.parametrize(("code", "kind", "wrong"), WRONG)
def test_a_wrong_entry_counts_for_nothing_is_entered_with_its_place_and_stops_nothing_else(nodes, code, kind, wrong):
    write(nodes, "nato", Draft(kind, wrong), Draft("grant.given", body("0a", object_id=ONE)))
    with nodes.serving_here("nato"):
        assert [one.error for one in nodes.pull("jpn") if one.peer == "nato"] == ["", ""]
    [refused] = entries(nodes, "jpn", MASTER, "grant.refused")
    assert (refused["code"], refused["seq"], refused["programme"]) == (code, 1, URN)
    assert (codes(nodes, ONE), codes(nodes, TWO)) == ([], ["onward-consent-missing"])


def test_a_grant_by_anybody_else_counts_for_nothing(nodes):
    write(nodes, "kor", Draft("grant.given", body(parties=["kor", "jpn"], recipients=["nato"])))
    with nodes.serving_here("kor"):
        nodes.pull("jpn")
    assert [one["code"] for one in entries(nodes, "jpn", MASTER, "grant.refused")] == ["grant-not-originator"]
    write(nodes, "kor", Draft("grant.given", body("01", parties=["kor", "jpn"], object_id=stix_id("indicator", 70))))
    assert codes(nodes, TWO) == ["onward-consent-missing"]


@pytest.mark.parametrize("again", [body(), body(recipients=["kor"], until="2026-07-01T00:00:00.000000Z")])
def test_the_same_grant_twice_or_otherwise_changes_nothing(nodes, again):
    write(nodes, "nato", Draft("grant.given", body()), Draft("grant.given", again))
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    assert [one["code"] for one in entries(nodes, "jpn", MASTER, "grant.refused")] == ["grant-replayed"]
    assert [one.until for one in listed(nodes, "jpn")] == ["2026-12-01T00:00:00.000000Z"]


def test_a_withdrawal_that_comes_first_wins_and_one_about_another_object_is_refused(nodes):
    with nodes.serving_here("nato"):
        write(nodes, "nato", Draft("grant.withdrawn", body()))
        nodes.pull("jpn")
        write(nodes, "nato", Draft("grant.given", body()), Draft("grant.given", body("02", object_id=ONE)))
        nodes.pull("jpn")
        write(nodes, "nato", Draft("grant.withdrawn", body("02")))
        nodes.pull("jpn")
    said = [one["code"] for one in entries(nodes, "jpn", MASTER, "grant.refused")]
    assert said == ["grant-unknown", "grant-withdrawn", "grant-contradicted"]
    assert (codes(nodes, ONE), codes(nodes, TWO)) == ([], ["onward-consent-missing"])


def test_a_forbid_that_consent_does_not_lift_beats_the_grant(nodes):
    marked = "NATO RESTRICTED Releasable to Japan, KOR NATO-ONLY TLP:AMBER"
    nodes.put("nato", bundle(indicator(3)), marked)
    give(nodes, "nato", [OPEN_TWO], "jpn", programme=PAIR)
    assert nodes.why("nato", OPEN_TWO, "jpn", PAIR).outcome == "withhold"


def test_a_question_about_what_was_never_sent_is_not_shown_and_not_answered(nodes):
    nodes.put("nato", bundle(indicator(3)), BOTH)
    asked = {name: body()[name] for name in ("at", "programme", "area", "grant", "recipients", "purposes")}
    with nodes.open("jpn") as node, node.store.write() as tx:
        log = pair_log(node, tx, URN, "nato")
        drafts = [Draft("grant.asked", {**asked, "parties": ["jpn", "nato"], "object_id": OPEN_TWO})]
        append(tx.logs, log, drafts, at=node.clock.now(), entropy=node.entropy)
        sign_log(node, tx, log)
    with nodes.serving_here("jpn"):
        nodes.pull("nato")
    assert [one["code"] for one in entries(nodes, "nato", MASTER, "grant.refused")] == ["grant-not-originator"]
    assert "pending" not in [one.state for one in listed(nodes, "nato")]


def test_a_sender_that_names_us_or_a_stranger_as_originator_is_not_believed(nodes):
    with nodes.serving_here("nato"):
        for owner, number in (("jpn", 21), ("deu", 22)):
            nodes.put("nato", bundle(indicator(number)), BOTH)
            with nodes.open("nato") as node:
                claimed(node, stix_id("indicator", number), owner)
        assert [one.refused for one in nodes.pull("jpn") if one.peer == "nato"] == [2, 0]
    with nodes.open("jpn") as node:
        parts = [one for one in refused(node) if one.code == "originator-false"]
        assert len(parts) == 2
        with pytest.raises(InputError, match="cannot be it"):
            retry(node, parts[0].number)
    for number in (21, 22):
        with opened_at(nodes, "jpn", day("06-02")) as node, pytest.raises(InputError):
            show(node, stix_id("indicator", number))


def claimed(node, object_id, owner):
    """Show one object under an entry that names a false originator."""
    urn = f"urn:foedus:programme:{PAIR}"
    log, view = f"{urn}|nato|jpn", f"released|{urn}|jpn|cyber"
    real = next(line.body for line in account.show(node, log, 0, 100) if line.kind == "release.sent")
    with node.store.write() as tx:
        [held] = findings.versions_of(tx, object_id)
        false = {**real, "object_id": object_id, "bytes_hash": held.sha256.hex(), "originator": owner}
        views.add_view_rows(tx, view, [views.Showing(held.seq)], instant.to_us(node.clock.now()))
        append(tx.logs, log, [Draft("release.sent", false)], at=node.clock.now(), entropy=node.entropy)
        sign_log(node, tx, log)
