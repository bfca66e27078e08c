"""What does not go: each reason said in words, and nothing of it on the wire."""

from __future__ import annotations

import json

import pytest
from tests.node_pair import (
    AMBER,
    JAPAN_AND_KOREA,
    OPEN,
    bundle,
    collection,
    indicator,
    make_nodes,
    read_all,
    stix,
    stix_id,
)

from foedus.errors import ExpiredProgramme
from foedus.node import programmes
from foedus.node.release import release
from foedus.programme.packaged import read_shipped

pytestmark = pytest.mark.e2e
WORD, KOREA = "nato-jpn-itpp-2023", "nato-kor-itpp-2023"
NO_DEFINITION = "marking-definition--11111111-1111-4111-8111-111111111111"
# Label, outcome, the code that must be among the reasons.
CASES = (
    ("NATO SECRET Releasable to Japan TLP:AMBER", "withhold", "level-above-clearance"),
    ("NATO RESTRICTED Releasable to Japan ORCON TLP:AMBER", "hold", "consent-missing"),
    ("NATO RESTRICTED Releasable to Japan NOFORN TLP:AMBER", "withhold", "caveat-not-accepted"),
    ("NATO RESTRICTED TLP:AMBER", "withhold", "not-in-audience"),
    ("NATO RESTRICTED Releasable to Japan TLP:RED", "withhold", "tlp-above-party"),
    ("", "withhold", "label-missing"),
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """NATO, Japan and Korea; a finding for each case, one with a marking nobody knows, and two that go."""
    made = make_nodes(tmp_path_factory.mktemp("withheld") / "nodes", JAPAN_AND_KOREA)
    for number, (label, _, _) in enumerate(CASES):
        made.put("nato", bundle(indicator(number)), label)
    made.put("nato", bundle(indicator(50, object_marking_refs=[NO_DEFINITION])), OPEN)
    made.put("nato", bundle(indicator(60)), AMBER)
    made.send("nato", bundle(stix("malware", 61, name="OPEN", is_family=True)), OPEN)
    with made.serving_here("nato"):
        yield made


@pytest.mark.parametrize("number", range(len(CASES)))
def test_why_says_the_reason(nodes, number):
    _, outcome, code = CASES[number]
    said = nodes.why("nato", stix_id("indicator", number), "jpn")
    assert said.outcome == outcome
    assert code in [reason["code"] for reason in said.reasons]
    assert said.shown_since == ""


def test_a_marking_nobody_mapped_withholds_and_is_named(nodes):
    said = nodes.why("nato", stix_id("indicator", 50), "jpn")
    assert (said.outcome, said.label) == ("withhold", "no label")
    assert any(NO_DEFINITION in sentence for sentence in said.sentences)


def test_only_what_goes_is_on_the_wire(nodes):
    with nodes.client("jpn", "nato") as partner:
        seen = read_all(partner, collection(partner, WORD, "released-cyber"))
    assert {json.loads(one)["id"] for one in seen} == {stix_id("indicator", 60), stix_id("malware", 61)}


def test_a_third_party_sees_nothing_of_what_is_for_japan_only(nodes):
    with nodes.client("jpn", "nato") as japan, nodes.client("kor", "nato") as korea:
        theirs = collection(japan, WORD, "released-cyber")
        seen = read_all(korea, collection(korea, KOREA, "released-cyber"))
        assert {json.loads(one)["id"] for one in seen} == {stix_id("malware", 61)}
        hidden = [theirs, f"{theirs}objects/", f"/{WORD}/", f"/{WORD}/collections/", f"/peer/{WORD}/checkpoint"]
        for path in hidden:
            absent = path.replace(WORD, "nato-nobody-2023")
            assert same(korea.get(path), korea.get(absent)), path
        assert WORD not in korea.get("/taxii2/").text
        with nodes.serving_here("kor"):
            [pulled] = nodes.pull("kor")
    assert (pulled.error, pulled.objects) == ("", 1)


def same(one, other) -> bool:
    """Say whether two answers tell apart nothing but their own number."""
    told = [{**answer.json(), "error_id": ""} for answer in (one, other)]
    kept = [{name: value for name, value in answer.headers.items() if name != "date"} for answer in (one, other)]
    return one.status_code == other.status_code == 404 and told[0] == told[1] and kept[0] == kept[1]


@pytest.mark.parametrize(
    ("agreed", "unsigned", "missing"),
    [
        ({"nato-japan-2023": ("nato", "jpn")}, ("nato", "jpn"), "not signed by nato, jpn"),
        ({"nato-japan-2023": ("nato", "jpn")}, ("jpn",), "not signed by jpn"),
        ({"nato-new-zealand": ("nato", "nzl")}, (), "its status is negotiation"),
    ],
)
def test_a_programme_that_is_not_in_force_releases_nothing_and_says_what_is_missing(
    tmp_path, agreed, unsigned, missing
):
    made = make_nodes(tmp_path / "nodes", agreed, unsigned=unsigned)
    other = next(iter(agreed.values()))[1]
    assert made.send("nato", bundle(indicator(1)), OPEN) == []
    said = made.why("nato", stix_id("indicator", 1), other)
    assert said.outcome == "withhold"
    assert [reason["code"] for reason in said.reasons] == ["programme-not-in-force"]
    assert any(missing in sentence for sentence in said.sentences)
    with made.open("nato") as node:
        [held] = programmes.held(node)
        assert (held.in_force, missing in held.why_not) == (False, True)
        with pytest.raises(ExpiredProgramme, match=missing):
            release(node, programme=held.id)
    assert made.pull("nato") == []
    with made.serving_here("nato"), made.client(other, "nato") as partner:
        assert partner.get(f"/{held.word}/collections/").status_code == 401


MISTAKES = (
    ("status: in-force ", "status: in-farce "),
    ('tlp_max: "amber+strict"\n    name: {en: North', "tlp_max: mauve\n    name: {en: North"),
    ('clearance: confidential\n    tlp_max: "amber+strict"\n    name: {en: Japan',
     'clearance: cosmic\n    tlp_max: "amber+strict"\n    name: {en: Japan'),
    ("country: JPN\n", "country: XJP\n"),
    ('"2017-06-05", countries: [MNE]', '"2017-06-35", countries: [MNE]'),
    ("priority: emerging\n    supports: [dialogue, interop]\n", "priority: emerged\n    supports: [dialogue, interop]\n"),
    ("supports: [interop, resilience]\n", "supports: [interop, resilient]\n"),
    ("stratcom-corroborated]", "stratcom-nothing]"),
    ("default_purpose: network-defence", "default_porpoise: network-defence"),
    ("sources: [bluebook24, yomiuri, globalnet]", "sources: [bluebook24, yomiuri, nowhere]"),
    ("number: 12\n", "number: 11\n"),
    ("combining: forbid-overrides", "combining: permit-overrides"),
    ("default: deny", "default: allow"),
    ("from: [nato, jpn]\n      to: [nato, jpn, ip4]", "from: [nato, mars]\n      to: [nato, jpn, ip4]"),
    ("areas: [stratcom]", "areas: [stratkom]"),
    ("max_classification: restricted, tlp_max: amber}\n      purposes: [assessment",
     "max_classification: cosmic, tlp_max: amber}\n      purposes: [assessment"),
    ("basis: {instrument: jpd-2013}", "basis: {instrument: jpd-1913}"),
    ("redact: [coarsen-sensor-source]", "redact: [coarsen-everything]"),
    ("{delete_after: P2Y, review_every: P6M}", "{delete_after: two years, review_every: P6M}"),
    ("- id: r-launch", "- id: r-maritime"),
)  # fmt: skip


def test_a_programme_with_twenty_mistakes_lists_all_of_them_with_their_lines(tmp_path):
    text = read_shipped("nato-japan-2023").decode()
    path = tmp_path / "mistaken.yaml"
    lines = set()
    for right, wrong in MISTAKES:
        assert right in text, right
        # The line that changes is the first on which the two texts differ.
        before, after = right.split("\n"), wrong.split("\n")
        offset = next(number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1])
        lines.add(text[: text.index(right)].count("\n") + 1 + offset)
        text = text.replace(right, wrong, 1)
    path.write_text(text)
    checked = programmes.check(str(path))
    said = [one for one in checked.remarks if one.severity == "error"]
    assert len(MISTAKES) == len(lines) == 20
    assert not checked.valid
    assert lines - {one.line for one in said} == set()
    assert all(one.code and one.message and str(path) in one.where for one in said)
