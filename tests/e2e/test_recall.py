"""A recall between served nodes: gone at once, forgotten by whoever has it, answered, and never there again unless lifted."""

from __future__ import annotations

import io
import json

import pytest
from tests.node_pair import (
    JAPAN_AND_KOREA,
    OPEN,
    TAXII,
    bundle,
    collection,
    indicator,
    make_nodes,
    objects_of,
    read_all,
    stix_id,
)
from tests.recalling import KIM, entries, held, lift, proof, pulled, recall, standings
from tests.twin import working
from tests.unit.cli.conftest import run

from foedus.engine.run import records_from
from foedus.errors import InputError, TrustError
from foedus.model.people import Person
from foedus.node import account
from foedus.node import recall as recalling
from foedus.node.analyse import Analysed, Arriving, conclude
from foedus.node.ask import _agreement
from foedus.node.due import due
from foedus.node.feed import event
from foedus.node.ingest import settings_of
from foedus.node.label import relabel_source
from foedus.node.offered import offered
from foedus.node.recall import Order, Target
from foedus.node.release import release
from foedus.node.show import rows, show, sources
from foedus.node.status import status
from foedus.store import values

pytestmark = pytest.mark.e2e
WORD, KOREA = "nato-jpn-itpp-2023", "nato-kor-itpp-2023"
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"
X, Y = stix_id("indicator", 1), stix_id("indicator", 2)
FIRST, SECOND = "2026-05-03T06:00:00.000Z", "2026-05-04T06:00:00.000Z"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """NATO has released two indicators to Japan and Korea, and both have pulled them."""
    nodes = make_nodes(tmp_path_factory.mktemp("recall") / "nodes", JAPAN_AND_KOREA)
    nodes.send("nato", bundle(indicator(1), indicator(2)), OPEN)
    with nodes.serving_here("nato"):
        for party in ("jpn", "kor"):
            pulled(nodes, party)
    return nodes


@pytest.fixture
def nodes(base, tmp_path):
    copy = base.copy(tmp_path / "nodes")
    with copy.serving_here("nato", "jpn"):
        yield copy


def surfaces(partner, root=WORD):
    """Everything a partner can ask about X: status and body of each."""
    at = collection(partner, root, "released-cyber")
    paths = [
        f"{at}objects/{X}/",
        f"{at}objects/{X}/versions/",
        f"{at}manifest/?match[id]={X}",
        f"{at}objects/?match[id]={X}",
    ]
    return [(one.status_code, one.content) for one in map(partner.get, paths)]


def test_it_leaves_every_view_at_once_and_answers_like_what_never_was(nodes):
    recall(nodes, "nato", X)
    with nodes.client("jpn", "nato") as partner:
        never = [(code, body.replace(X.encode(), b"?")) for code, body in surfaces(partner)]
        assert [code for code, _ in never] == [404, 404, 200, 200]
        assert [json.loads(body) for _, body in never[2:]] == [{}, {}]
        assert [json.loads(one)["id"] for one in read_all(partner, collection(partner, WORD, "released-cyber"))] == [Y]
        # The error's own random id apart, no byte differs from an object that nobody ever had.
        at = collection(partner, WORD, "released-cyber")
        other = partner.get(f"{at}objects/{stix_id('indicator', 999)}/")
        same = [json.loads(one) for one in (other.content, partner.get(f"{at}objects/{X}/").content)]
        assert [{name: value for name, value in one.items() if name != "error_id"} for one in same][0] == {
            name: value for name, value in same[1].items() if name != "error_id"
        }
    with nodes.open("nato") as node:
        event(node, "jpn", WORD, nodes.directory / "event.json")
    assert "host1.example" not in (nodes.directory / "event.json").read_text()


def test_the_pull_that_takes_it_says_what_whose_and_what_was_done(nodes):
    recall(nodes, "nato", X)
    said = run("exchange", "pull", node=nodes.path("jpn")).stdout
    assert f"nato called back {X} (wrong): nothing of it from there is held any more" in said.replace("\n", " ")
    recall(nodes, "nato", Y, reason="superseded")
    [done] = pulled(nodes, "jpn")
    assert [(one.object_id, one.party, one.reason, one.result) for one in done.recalls] == [
        (Y, "nato", "superseded", "deleted")
    ]
    assert pulled(nodes, "jpn")[0].recalls == []


def test_it_comes_back_by_no_release_run_and_says_why(nodes):
    recall(nodes, "nato", X)
    nodes.release("nato")
    assert len([one for one in entries(nodes, "nato", "release.sent", SENT) if one["object_id"] == X]) == 1
    said = nodes.why("nato", X, "jpn")
    assert (said.outcome, said.reasons[0]["code"], said.would_release) == ("withhold", "recalled", ())


def test_the_recipient_forgets_it_everywhere_and_answers(nodes):
    nodes.put("jpn", bundle(indicator(9, pattern="[domain-name:value = 'host1.example']")), OPEN)
    nodes.send("nato", bundle(indicator(3, pattern="[domain-name:value = 'host9.example']")), OPEN)
    pulled(nodes, "jpn")
    recall(nodes, "nato", X)
    pulled(nodes, "jpn")
    with nodes.open("jpn") as node:
        assert X not in {one.object_id for one in rows(node)}
        with pytest.raises(InputError):
            show(node, X)
        with node.store.read() as read:
            found = values.holders(read, "domain-name", "host1.example")
            assert found is not None
            assert {one.owner for one in found.newest} == {"jpn"}
    with nodes.desk("jpn") as tool:
        assert tool.get(f"{collection(tool, 'desk', 'cyber')}objects/{X}/").status_code == 404
    [answer] = entries(nodes, "jpn", "recall.completed")
    assert (answer["result"], answer["object_id"], answer["passed_on_to"]) == ("deleted", X, [])
    assert nodes.faults("jpn") == []


def test_what_was_concluded_from_it_goes_along(nodes):
    nodes.put("jpn", bundle(indicator(9, pattern="[domain-name:value = 'both.example']")), OPEN)
    shared = stix_id("indicator", 4)
    nodes.send("nato", bundle(indicator(4, pattern="[domain-name:value = 'both.example']")), OPEN)
    pulled(nodes, "jpn")
    with nodes.open("jpn") as node:
        assert [one.kind for one in rows(node, kind="both-see-it")] == ["both-see-it"]
    recall(nodes, "nato", shared)
    pulled(nodes, "jpn")
    with nodes.open("jpn") as node:
        assert rows(node, kind="both-see-it") == []
        [own] = show(node, stix_id("indicator", 9))
    assert own.corroborated == ()
    # A later version of ours touches what the room remembers; what was called back is no witness any more.
    newer = {"pattern": "[domain-name:value = 'both.example']", "modified": SECOND}
    nodes.put("jpn", bundle(indicator(9, **newer)), OPEN)
    with nodes.open("jpn") as node:
        assert rows(node, kind="both-see-it") == []


def test_a_question_which_values_both_hold_does_not_take_it_in(nodes):
    with nodes.open("nato") as node:
        agreement = _agreement(node, "jpn", "cyber", WORD)
        assert ("domain-name", "host1.example") in offered(node, agreement, "jpn", "cyber").values
        recalling.recall(node, KIM, Target(X), Order("wrong"))
        assert ("domain-name", "host1.example") not in offered(node, agreement, "jpn", "cyber").values


def test_who_has_not_confirmed_is_listed_until_it_answers(nodes):
    recall(nodes, "nato", X)
    states = {one.party: (one.state, one.result, one.overdue) for one in standings(nodes, "nato")}
    assert states == {"jpn": ("requested", "", False), "kor": ("requested", "", False)}
    pulled(nodes, "jpn")
    assert {one.party: one.state for one in standings(nodes, "nato")} == {"jpn": "requested", "kor": "requested"}
    nodes.pull("nato")
    [japan, korea] = sorted(standings(nodes, "nato"), key=lambda one: one.party, reverse=False)[::1]
    assert (japan.party, japan.state, japan.result) == ("jpn", "completed", "deleted")
    assert korea.state == "requested"
    with nodes.open("nato") as node:
        assert (status(node).recalls_open, status(node).recalls_overdue) == (1, 0)
        assert [(one.party, one.recalls, one.overdue) for one in status(node).waits] == [("kor", 1, 0)]


def test_the_same_log_pulled_again_and_the_same_recall_made_again_change_nothing(nodes):
    recall(nodes, "nato", X)
    for _ in range(3):
        pulled(nodes, "jpn")
        nodes.pull("nato")
    assert len(entries(nodes, "jpn", "recall.completed")) == 1
    with pytest.raises(InputError, match="before"):
        recall(nodes, "nato", X)
    assert len(entries(nodes, "nato", "recall.requested", SENT)) == 1
    assert entries(nodes, "nato", "recall.refused") == entries(nodes, "jpn", "recall.refused") == []


def test_called_back_before_it_was_pulled_it_is_never_taken(nodes):
    nodes.send("nato", bundle(indicator(5)), OPEN)
    recall(nodes, "nato", stix_id("indicator", 5))
    [done] = pulled(nodes, "jpn")
    assert (done.objects, held(nodes, "jpn", stix_id("indicator", 5))) == (0, [])
    assert entries(nodes, "jpn", "recall.completed")[0]["result"] == "deleted"


def test_only_parties_named_are_asked_and_others_do_not_move(nodes):
    with nodes.client("kor", "nato") as korea:
        before = [korea.get(f"/peer/{KOREA}/checkpoint").content, surfaces(korea, KOREA)]
        recall(nodes, "nato", X, "jpn")
        pulled(nodes, "jpn")
        nodes.pull("nato")
        assert [korea.get(f"/peer/{KOREA}/checkpoint").content, surfaces(korea, KOREA)] == before
    assert held(nodes, "kor", X) == ["peer:nato"]


def test_one_version_is_called_back_and_a_later_one_stays(nodes):
    nodes.send("nato", bundle(indicator(1, modified=SECOND)), OPEN)
    pulled(nodes, "jpn")
    [made] = recall(nodes, "nato", X, "jpn", version=FIRST)
    assert made.versions == (FIRST,)
    pulled(nodes, "jpn")
    with nodes.open("jpn") as node:
        assert [one.version for one in show(node, X)] == [SECOND]
    assert entries(nodes, "jpn", "recall.completed")[0]["result"] == "superseded"
    [again] = recall(nodes, "nato", X, "jpn")
    assert again.versions == (SECOND,)


def test_lifted_it_is_released_anew_and_taken_again(nodes):
    recall(nodes, "nato", X, "jpn")
    pulled(nodes, "jpn")
    assert [one.party for one in lift(nodes, "nato", X)] == ["jpn"]
    with pytest.raises(InputError, match="keeps it back"):
        lift(nodes, "nato", X)
    nodes.release("nato")
    pulled(nodes, "jpn")
    assert held(nodes, "jpn", X) == ["peer:nato"]
    assert entries(nodes, "nato", "recall.lifted")[0]["person"] == "kim"
    shown = proof(nodes, "jpn", X, "nato")
    assert (shown.absence.proven, len(shown.absence.later)) == (False, 1)
    [made] = recall(nodes, "nato", X, "jpn")
    pulled(nodes, "jpn")
    assert held(nodes, "jpn", X) == []
    assert [one["entry"] for one in entries(nodes, "jpn", "recall.completed")][-1] == made.entry


def test_both_sides_prove_that_nothing_was_sent_after(nodes):
    recall(nodes, "nato", X, "jpn")
    pulled(nodes, "jpn")
    nodes.send("nato", bundle(indicator(6)), OPEN)
    pulled(nodes, "jpn")
    ours, theirs = proof(nodes, "nato", X, "jpn"), proof(nodes, "jpn", X, "nato")
    for shown in (ours, theirs):
        assert (shown.absence.proven, shown.absence.later, shown.absence.log) == (True, (), ours.absence.log)
        assert "nato.main/log" in shown.absence.signed_by
    assert theirs.absence.entries > theirs.recall.entry + 1
    assert "jpn.main/cosign" in ours.receipt
    assert (ours.recall.direction, theirs.recall.direction) == ("made", "taken")


def test_a_recall_is_no_more_work_in_a_long_log_than_in_a_short_one(base, tmp_path):
    steps = []
    for count in (3, 600):
        nodes = base.copy(tmp_path / str(count))
        nodes.send("nato", bundle(*map(indicator, range(100, 100 + count))), OPEN)
        with nodes.open("nato") as node, working(node) as work:
            recalling.recall(node, KIM, Target(X), Order("wrong"))
            steps.append(work().steps)
    # Proofs over a tree of more levels are a little more work; reading the log through would be thousands of steps.
    assert steps[1] < steps[0] + 1_000


def test_who_and_why_stands_in_the_private_log_and_no_person_in_the_partners(nodes):
    recall(nodes, "nato", X, reason="not-cleared")
    [made] = entries(nodes, "nato", "recall.made")
    assert (made["person"], made["reason"], made["parties"]) == ("kim", "not-cleared", ["jpn", "kor"])
    for log in (SENT, f"urn:foedus:programme:{KOREA}|nato|kor"):
        [asked] = entries(nodes, "nato", "recall.requested", log)
        assert "kim" not in json.dumps(asked)
        assert asked["deadline"] > asked["at"]


def test_only_a_releaser_recalls_and_lifts(nodes):
    with nodes.open("nato") as node:
        for role in ("analyst", "approver", "auditor", "liaison", "administrator"):
            with pytest.raises(TrustError, match="releaser"):
                recalling.recall(node, Person("lee", (role,)), Target(X), Order("wrong"))
            with pytest.raises(TrustError, match="releaser"):
                recalling.lift(node, Person("lee", (role,)), X)
    assert entries(nodes, "nato", "recall.requested") == []


def test_what_nobody_was_sent_cannot_be_called_back(nodes):
    nodes.put("nato", bundle(indicator(8)), "")
    for number in (8, 77):
        with pytest.raises(InputError, match="nobody was sent"):
            recall(nodes, "nato", stix_id("indicator", number))
    with pytest.raises(InputError, match="nobody was sent"):
        recall(nodes, "nato", X, version="1999-01-01T00:00:00.000Z")


def test_bytes_from_an_own_source_stay_with_it_and_own_people_alone_are_told(nodes):
    nodes.put("jpn", bundle(indicator(1)), OPEN)
    recall(nodes, "nato", X, "jpn")
    said = run("exchange", "pull", node=nodes.path("jpn")).stdout
    assert "the same bytes from elsewhere stay" in said.replace("\n", " ")
    with nodes.open("jpn") as node:
        assert [one.owner for one in show(node, X)] == ["jpn"]
    [answer] = entries(nodes, "jpn", "recall.completed")
    assert (answer["result"], answer["code"]) == ("deleted", "")
    [own] = standings(nodes, "jpn")
    assert (own.result, own.code) == ("deleted", "other-source")


def test_an_object_of_that_id_from_the_partner_is_its_own(nodes):
    recall(nodes, "nato", X, "jpn")
    with nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "submit-cyber") + "objects/"
        changed = indicator(1, name="what Japan says of it")
        said = partner.post(at, content=bundle(changed), headers={"content-type": TAXII})
        assert (said.status_code, said.json()["success_count"]) == (202, 1)
        assert objects_of(partner.get(at).content) == [changed]
    nodes.release("nato")
    with nodes.open("nato") as node:
        assert sorted(one.owner for one in show(node, X)) == ["jpn", "nato"]


def test_what_lies_in_quarantine_or_was_handed_in_goes_too(nodes):
    number = stix_id("indicator", 40)
    with nodes.client("nato", "jpn") as partner:
        at = collection(partner, WORD, "submit-cyber") + "objects/"
        partner.post(at, content=bundle(indicator(40, name="in other words")), headers={"content-type": TAXII})
    nodes.send("nato", bundle(indicator(40)), OPEN)
    pulled(nodes, "jpn")
    with nodes.open("jpn") as node:
        assert (status(node).quarantine, held(nodes, "jpn", number)) == (1, ["submit:nato"])
    recall(nodes, "nato", number, "jpn")
    pulled(nodes, "jpn")
    with nodes.open("jpn") as node:
        assert (status(node).quarantine, held(nodes, "jpn", number)) == (0, [])
    assert entries(nodes, "jpn", "recall.completed")[0]["result"] == "deleted"


def test_it_leaves_the_figures_of_both_sides_at_once(nodes):
    def counted(party):
        with nodes.open(party) as node:
            [board] = [one for one in account.score(node) if one.programme.endswith(WORD)]
            return {entry for one in board.indicators for entry in one.entries if entry.log == SENT}

    [seq] = [one.seq for one in _lines(nodes, SENT) if (one.kind, one.body.get("object_id")) == ("release.sent", X)]
    assert (SENT, seq) in counted("nato") == counted("jpn")
    recall(nodes, "nato", X, "jpn")
    assert (SENT, seq) not in counted("nato")
    pulled(nodes, "jpn")
    assert counted("jpn") == counted("nato") != set()


def _lines(nodes, log):
    with nodes.open("nato") as node:
        return account.show(node, log, 0, 1_000)


def owing(node, kind):
    return [one.due for one in due(node) if one.due.kind == kind]


def test_who_is_late_is_overdue(nodes, monkeypatch):
    [made] = recall(nodes, "nato", X, "jpn")
    assert made.deadline[:13] == "2026-06-02T00"
    monkeypatch.setenv("FOEDUS_CLOCK_START_AT", "2026-06-03T00:00:00Z")
    assert [one.overdue for one in standings(nodes, "nato")] == [True]
    with nodes.open("nato") as node:
        assert (status(node).recalls_open, status(node).recalls_overdue) == (1, 1)
        assert [(one.days, one.place) for one in owing(node, "recall")] == [(-1, X)]
    listed = run("recall", "list", node=nodes.path("nato"))
    assert (listed.exit_code, "overdue: not seen yet" in listed.stdout) == (6, True)
    pulled(nodes, "jpn")
    nodes.pull("nato")
    with nodes.open("nato") as node:
        assert owing(node, "recall") == []
    assert run("recall", "list", node=nodes.path("nato")).exit_code == 0


def test_bytes_that_come_late_are_not_stored(nodes):
    recall(nodes, "nato", X, "jpn")
    pulled(nodes, "jpn")
    with nodes.open("jpn") as node:
        room = node.room("cyber")
        settings = {"format": "stix", "owner": "nato"}
        batches = room.ingest(io.BytesIO(bundle(indicator(1))), settings=settings_of(node, room, settings))
        result = Analysed("cyber")
        conclude(Arriving(node, room, records_from(batches, "peer:nato"), settings=settings), result)
    assert (result.new, held(nodes, "jpn", X)) == (0, [])


def test_called_back_while_a_run_goes_on_it_is_not_shown_by_it(nodes):
    nodes.put("nato", bundle(*(indicator(number) for number in range(1_000, 1_500))), OPEN)
    with nodes.open("nato") as node:
        for one in sources(node):
            relabel_source(node, one.id, "PUBLIC TLP:GREEN", role="test")
    called: list[str] = []

    def meanwhile(step: str, _done: int, _total: int | None) -> None:
        if step == "release" and not called:
            called.extend(one.party for one in recall(nodes, "nato", X, "jpn"))

    with nodes.open("nato") as node:
        release(node, "jpn", progress=meanwhile)
    assert called == ["jpn"]
    assert len([one for one in entries(nodes, "nato", "release.sent", SENT) if one["object_id"] == X]) == 1
    with nodes.client("jpn", "nato") as partner:
        assert surfaces(partner)[0][0] == 404
