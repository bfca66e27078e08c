"""An agreement from version to version: amended, loosened by two, left by a party, ended, on nodes that serve."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from tests.node_pair import (
    AMBER,
    OPEN,
    START,
    bundle,
    collection,
    indicator,
    make_nodes,
    objects_of,
    read_all,
    stix,
    stix_id,
)

from foedus.errors import ExpiredProgramme, ForkedLedger, TrustError
from foedus.model.people import Person
from foedus.node import account, programmes
from foedus.store import views

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
URN = f"urn:foedus:programme:{WORD}"
TOOL, INDICATOR = stix_id("tool", 2), stix_id("indicator", 1)
ANN, BO = Person("ann", ("releaser",)), Person("bo", ("approver",))
START_US = int(START.timestamp()) * 1_000_000
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("life") / "nodes")
    made.send("nato", bundle(indicator(1), stix("tool", 2, name="A scanner")), AMBER)
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def file_of(nodes):
    return nodes.directory / "nato-japan-2023.yaml"


def edited(nodes, old: bytes, new: bytes, version: str = "1.2.0", before=None):
    """The next version with one thing changed, in a file of its own; unsigned."""
    before = before or file_of(nodes)
    path = nodes.directory / f"p-{version}-{len(list(nodes.directory.iterdir()))}.yaml"
    raw = before.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new))
    path.write_bytes(
        programmes.amend_text(str(path), str(before), version=version, on=date(2026, 6, 1), text="An amendment.")
    )
    return path


def sign(nodes, path, *parties):
    for party in parties:
        with nodes.open(party) as node:
            path.write_bytes(programmes.sign(node, str(path), role="test"))
    return path


def accept(nodes, path, *parties, persons=()):
    for party in parties:
        with nodes.open(party) as node:
            programmes.accept(node, str(path), persons)


def version_at(nodes, party, at=START + timedelta(days=1)):
    with nodes.open(party) as node:
        return node.agreements.of(WORD, at).programme.version


def refused(nodes, path, party="nato", persons=(ANN, BO)):
    with nodes.open(party) as node, pytest.raises(TrustError) as caught:
        programmes.accept(node, str(path), persons)
    return caught.value.code


def set_clock(nodes, at, *parties):
    for party in parties:
        settings = nodes.path(party) / "node.toml"
        text = re.sub(r"clock_start_at = \S+", f"clock_start_at = {at.isoformat()}", settings.read_text())
        since = datetime.now(UTC).isoformat()
        settings.write_text(re.sub(r"clock_since_at = \S+", f"clock_since_at = {since}", text))


def shown(nodes, reader="jpn", of="nato", root=WORD):
    with nodes.client(reader, of) as client:
        found = read_all(client, collection(client, root, "released-cyber"))
    return sorted(one.split(b'"id": "')[1].split(b'"')[0].decode() for one in found)


def told(answer):
    """What an answer says, without the one id that is made anew for each."""
    return {**answer.json(), "error_id": ""}, {**answer.headers, "date": ""}, answer.status_code


SWAPPED = (b"[indicator, malware, attack-pattern, observed-data", b"[tool, malware, attack-pattern, observed-data")


# Amendment.


def test_a_version_holds_until_the_next_is_signed_by_all_and_accepted(nodes):
    path = sign(nodes, edited(nodes, *SWAPPED), "nato")
    assert refused(nodes, path) == "not-signed"
    assert version_at(nodes, "nato") == "1.1.0"
    sign(nodes, path, "jpn")
    assert version_at(nodes, "nato") == "1.1.0", "signed by all, and nobody accepted it here"
    accept(nodes, path, "nato", "jpn", persons=(ANN, BO))
    assert [version_at(nodes, party) for party in ("nato", "jpn")] == ["1.2.0", "1.2.0"]


def test_the_next_release_decides_anew(nodes):
    with nodes.serving_here("nato"):
        assert shown(nodes) == [INDICATOR]
        first = latest(nodes)
        path = sign(nodes, edited(nodes, *SWAPPED), "nato", "jpn")
        accept(nodes, path, "nato", persons=(ANN, BO))
        nodes.release("nato")
        assert shown(nodes) == [TOOL], "newly covered comes, no longer covered goes"
        assert latest(nodes) > first, "release to this party is when it was released, not when it was ingested"
    with nodes.open("nato") as node:
        kinds = [(one.kind, one.body.get("object_id", "")) for one in account.show(node, f"{URN}|nato|jpn", 0, 100)]
    assert kinds.index(("release.expired", INDICATOR)) < kinds.index(("release.sent", TOOL))


def latest(nodes):
    with nodes.client("jpn", "nato") as client:
        answer = client.get(f"{collection(client, WORD, 'released-cyber')}objects/?match[spec_version]=2.1")
        assert objects_of(answer.content)
        return answer.headers["x-taxii-date-added-last"]


def test_what_does_not_follow_is_refused(nodes):
    second = sign(nodes, edited(nodes, b"2026: 120}", b"2026: 130}"), "nato", "jpn")
    third = sign(nodes, edited(nodes, b"2026: 130}", b"2026: 140}", "1.3.0", second), "nato", "jpn")
    assert refused(nodes, third) == "not-chained", "a version was left out"
    accept(nodes, second, "nato")
    accept(nodes, third, "nato")
    for older in (second, file_of(nodes)):
        assert refused(nodes, older) in {"not-chained", "version-not-higher"}
    assert version_at(nodes, "nato") == "1.3.0"


def test_two_versions_with_one_number_are_a_fork(nodes):
    one = sign(nodes, edited(nodes, b"2026: 120}", b"2026: 130}"), "nato", "jpn")
    other = sign(nodes, edited(nodes, b"2026: 120}", b"2026: 140}"), "nato", "jpn")
    accept(nodes, one, "nato")
    with nodes.open("nato") as node, pytest.raises(ForkedLedger):
        programmes.accept(node, str(other))
    with nodes.open("nato") as node:
        assert node.agreements.of(WORD, START).digest == programmes.digest(str(one))


def test_a_version_that_ends_the_agreement_does_not_bring_back_the_one_before(nodes):
    path = sign(nodes, edited(nodes, b"status: in-force", b"status: terminated"), "nato", "jpn")
    accept(nodes, path, "nato")
    with nodes.open("nato") as node:
        assert node.agreements.in_force(node.clock.now()) == []
        with pytest.raises(ExpiredProgramme):
            node.agreements.required(WORD, node.clock.now())
    assert nodes.release("nato") == []


# Loosening.


@pytest.mark.parametrize(
    "persons",
    [(), (ANN,), (ANN, ANN), (ANN, Person("cy", ("releaser", "analyst"))), (Person("di", ("releaser", "approver")),)],
)
def test_what_lets_more_go_needs_a_releaser_and_an_approver(nodes, persons):
    path = sign(nodes, edited(nodes, *SWAPPED), "nato", "jpn")
    assert refused(nodes, path, persons=persons) == "four-eyes"
    assert version_at(nodes, "nato") == "1.1.0"
    assert nodes.faults("nato") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{caveats_any: [NOFORN, JPN-EYES-ONLY, NATO-ONLY]}", b"{caveats_any: [NOFORN, JPN-EYES-ONLY]}"),
        (b"JPN-EYES-ONLY, NATO-ONLY]}", b"JPN-EYES-ONLY, NATO-ONLY], unless: originator-consent}"),
        (b"{caveats_any: [ORCON], unless: originator-consent}", b"{caveats_any: [ORCON], object_types: [report]}"),
    ],
)
def test_an_amendment_that_widens_what_a_forbid_lets_go_is_refused_to_one_person(nodes, old, new):
    path = sign(nodes, edited(nodes, old, new), "nato", "jpn")
    assert refused(nodes, path, persons=(ANN,)) == "four-eyes"
    assert version_at(nodes, "nato") == "1.1.0"


def test_a_version_that_one_party_alone_signed_is_refused_and_the_one_before_holds(nodes):
    path = sign(nodes, edited(nodes, *SWAPPED), "nato")
    assert refused(nodes, path) == "not-signed"
    assert version_at(nodes, "nato") == "1.1.0"
    assert nodes.release("nato")[0].counts.withdrawn == 0


def test_loosening_is_entered_with_who_stood_for_it_in_the_private_log_alone(nodes):
    path = sign(nodes, edited(nodes, *SWAPPED), "nato", "jpn")
    accept(nodes, path, "nato", persons=(ANN, BO))
    with nodes.open("nato") as node:
        [entry] = [one for one in account.show(node, "master", 0, 100) if one.kind == "programme.loosened"]
        pair = account.show(node, f"{URN}|nato|jpn", 0, 100)
    assert (entry.body["persons"], entry.body["version"], entry.body["changes"]) == (["ann", "bo"], "1.2.0", 1)
    assert "ann" not in str(pair)


def test_what_lets_less_go_needs_nobody(nodes):
    path = sign(
        nodes, edited(nodes, b"[indicator, malware, attack-pattern", b"[malware, attack-pattern"), "nato", "jpn"
    )
    accept(nodes, path, "nato")
    assert nodes.release("nato")[0].counts.withdrawn == 1


# The end of the term.


def test_the_term_ends_with_its_last_day(nodes):
    end = datetime(2027, 1, 1, tzinfo=UTC)
    with nodes.open("nato") as node:
        held = [
            bool(node.agreements.in_force(at)) for at in (end - MICROSECOND, end, end + MICROSECOND, end - MICROSECOND)
        ]
        policy = [
            node.agreements.policy(node.agreements.of(WORD, at), at).ir.not_in_force for at in (end - MICROSECOND, end)
        ]
    assert held == [True, False, False, True]
    assert policy == ["", "outside its term"]


def test_after_the_end_nothing_is_released_or_served_and_receipts_still_come_back(nodes):
    set_clock(nodes, datetime(2027, 1, 1, 0, 1, tzinfo=UTC), "nato", "jpn")
    nodes.put("nato", bundle(indicator(3)), AMBER)
    assert nodes.release("nato") == []
    with nodes.serving_here("nato", "jpn"):
        with nodes.client("jpn", "nato") as client:
            gone, never = client.get(f"/{WORD}/collections/"), client.get("/never-was/collections/")
            assert told(gone) == told(never)
            assert gone.status_code == 404
        [pulled] = nodes.pull("jpn")
        assert (pulled.error, pulled.objects) == ("", 0)
        assert pulled.entries > 0
    with nodes.open("nato") as node:
        [log] = [one for one in account.logs(node) if one.name == f"{URN}|nato|jpn"]
    assert log.signatures == 2, "what was sent before the end is acknowledged after it"


# A party leaves.

ISAC = "energy-isac-charter"
MEMBERS = ("gridco", "windpark", "citypower", "meterlab")


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Four parties, to whom the first has sent something."""
    made = make_nodes(tmp_path_factory.mktemp("isac") / "nodes", {"isac-charter": MEMBERS})
    made.send("gridco", bundle(indicator(1)), OPEN)
    return made


@pytest.fixture(scope="module")
def left(four, tmp_path_factory):
    """Three that go on, and one that has left."""
    made = four.copy(tmp_path_factory.mktemp("left") / "nodes")
    leave(made)
    return made


def leave(nodes):
    before = nodes.directory / "isac-charter.yaml"
    lines = [line for line in before.read_text().splitlines() if not re.match(r"  (- {id: |  )citypower\b", line)]
    path = nodes.directory / "three.yaml"
    path.write_text("\n".join(lines).replace(", citypower", "") + "\n")
    path.write_bytes(programmes.amend_text(str(path), str(before), version="1.2.0", on=date(2026, 6, 1), text="Three."))
    accept(nodes, sign(nodes, path, "gridco", "windpark", "meterlab"), *MEMBERS)


def test_who_leaves_is_shown_nothing_from_then_on_and_is_nobody(four, tmp_path):
    nodes = four.copy(tmp_path / "nodes")
    with nodes.serving_here("gridco"):
        assert shown(nodes, "citypower", "gridco", ISAC) == [INDICATOR]
        with nodes.client("citypower", "gridco") as client, nodes.client_with("gridco") as nobody:
            assert client.get(f"/{ISAC}/collections/").status_code == 200
            leave(nodes)
            for path in (f"/{ISAC}/collections/", "/never-was/collections/", f"/peer/{ISAC}/checkpoint"):
                assert told(client.get(path)) == told(nobody.get(path))
        with nodes.client("citypower", "gridco") as client, pytest.raises(httpx.TransportError):
            client.get("/taxii2/")


def test_the_views_of_who_left_are_closed(left):
    with left.open("gridco") as node, node.store.read() as read:
        sizes = [
            views.view_size(read, f"released|urn:foedus:programme:{ISAC}|{party}|cyber", START_US + 10**12)
            for party in ("windpark", "citypower")
        ]
    assert sizes == [1, 0]


def test_the_others_go_on(left):
    left.send("gridco", bundle(indicator(2)), OPEN)
    with left.serving_here("gridco"):
        [pulled] = [one for one in left.pull("windpark") if one.peer == "gridco"]
    assert (pulled.error, pulled.new) == ("", 2)


def test_nothing_is_entered_for_who_left_and_its_log_still_verifies(left):
    name = f"urn:foedus:programme:{ISAC}|gridco|citypower"
    left.release("gridco")
    with left.open("gridco") as node:
        kinds = [line.kind for line in account.show(node, name, 0, 100)]
        [report] = account.verify(node, name)
    assert kinds == ["programme.agreed", "release.sent"]
    assert report.whole


def test_its_own_node_knows_that_it_left(left):
    with left.open("citypower") as node:
        assert node.agreements.in_force(node.clock.now()) == []
        assert [report for report in account.verify(node) if not report.whole] == []
        assert "1.2.0" in {one.version for one in programmes.held(node)}
    assert left.release("citypower") == left.pull("citypower") == []
