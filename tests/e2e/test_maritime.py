"""AIS from a file to a partner: read, concluded, shown, released, pulled; and two parties that hear the same silence."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from tests.node_pair import OPEN, make_nodes
from tests.unit.cli.conftest import done, refused, told

from foedus.areas.maritime.extensions import EVENT
from foedus.node.show import rows

pytestmark = pytest.mark.e2e
STREAM = Path(str(resources.files("foedus.areas.maritime"))) / "sample" / "stream.nmea"
BARE = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\n"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("sea") / "nodes")
    read = told("ingest", "maritime", STREAM, "--label", OPEN, "--no-analyse", node=made.path("nato"))["ingested"][0]
    assert (read["records"], read["refused_count"]) == (217, 3)
    return made


@pytest.fixture(scope="module")
def silence(nodes) -> str:
    """The id of what was found in the stream."""
    assert told("analyse", "maritime", node=nodes.path("nato"))["concluded"] == {"gap": 1, "loitering": 1}
    return _id("stream.nmea", "gap")


def _id(file: str, kind: str) -> str:
    """The id of what the room's sample must give."""
    found = json.loads((STREAM.parent / "expected.json").read_text(encoding="utf-8"))["files"][file]["findings"]
    [one] = [one["id"] for one in found if one["kind"] == kind]
    return one


def test_a_silence_is_shown_with_its_evidence(nodes, silence):
    words = done("show", silence, node=nodes.path("nato"))
    for text in ("Silent: KOHAKU STAR", "duration 15.0 h", "Where", "Speed between fixes", "Not tested: ports", OPEN):
        assert text in words


def test_nothing_waits_and_nothing_is_found_twice(nodes, silence):
    assert told("analyse", "maritime", node=nodes.path("nato"))["new"] == 0


def test_it_reaches_the_partner_with_all_it_refers_to(nodes, silence):
    nodes.release("nato")
    with nodes.serving("nato"):
        nodes.pull("jpn")
    assert "Silent: KOHAKU STAR" in done("show", silence, node=nodes.path("jpn"))
    assert nodes.faults("jpn") == []


def test_a_finding_in_a_file_is_taken_as_it_came_and_is_of_its_kind(nodes, silence, tmp_path):
    [one, *_] = json.loads((STREAM.parent / "bundle.json").read_text(encoding="utf-8"))["objects"]
    other = f"{one['id'][:-4]}0000"
    theirs = tmp_path / "theirs.json"
    theirs.write_text(json.dumps(one | {"id": other}), encoding="utf-8")
    found = told("ingest", "maritime", theirs, "--label", OPEN, node=nodes.path("jpn"))["analysed"]
    assert (found["new"], found["concluded"]) == (1, {})
    assert other in done("show", "--list", "--kind", "gap", node=nodes.path("jpn"))


def test_a_stream_without_times_needs_its_start_in_a_file_of_settings(nodes, tmp_path):
    raw, settings = tmp_path / "bare.nmea", tmp_path / "bare.toml"
    raw.write_bytes(BARE)
    assert "time-none" in done_anyway("ingest", "maritime", raw, "--label", OPEN, "--json", node=nodes.path("nato"))
    settings.write_text('start = "2026-05-30T12:00:00Z"\n', encoding="utf-8")
    read = told("ingest", "maritime", raw, "--label", OPEN, "--settings", settings, node=nodes.path("nato"))[
        "ingested"
    ][0]
    assert (read["records"], read["refused_count"]) == (1, 0)


def done_anyway(*args, node) -> str:
    """What a command printed that took nothing of what it was given."""
    from tests.unit.cli.conftest import run

    result = run(*args, node=node)
    assert result.exit_code == 2
    return result.stdout


@pytest.mark.parametrize(("text", "code"), [("start = ", "settings-malformed"), (None, "file-missing")])
def test_a_file_of_settings_that_is_none_is_refused(nodes, tmp_path, text, code):
    settings = tmp_path / "x.toml"
    if text is not None:
        settings.write_text(text, encoding="utf-8")
    assert code in refused("ingest", "maritime", STREAM, "--settings", settings, node=nodes.path("nato"))


@pytest.mark.parametrize("at_once", [True, False], ids=["in one run", "in two"])
def test_what_supports_two_findings_goes_once_and_both_go(tmp_path, at_once):
    made = make_nodes(tmp_path / "nodes")
    for name in ("stream.nmea", "table.csv"):
        [read] = told("ingest", "maritime", STREAM.parent / name, "--label", OPEN, node=made.path("nato"))["ingested"]
        assert read["records"] > 0
        if not at_once:
            made.release("nato")
    made.release("nato")
    with made.serving("nato"):
        made.pull("jpn")
    with made.open("jpn") as node:
        assert len(rows(node, kind="gap")) == 2
    assert made.faults("jpn") == []


MEETING = STREAM.parent / "meeting.nmea"
WATCHED = "imo,list,reason\n9074729,UNSC 1718,oil\n"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Both heard the same sea, Japan first; NATO has a watch list of its own, which is no one else's."""
    made = make_nodes(tmp_path_factory.mktemp("met") / "nodes")
    lists = made.path("nato") / "layers" / "maritime" / "watchlist"
    lists.mkdir(parents=True)
    (lists / "unsc.csv").write_text(WATCHED, encoding="utf-8")
    (lists / "unsc.csv.label").write_text("NATO RESTRICTED TLP:AMBER", encoding="utf-8")
    for party in ("jpn", "nato"):
        told("ingest", "maritime", MEETING, "--label", OPEN, node=made.path(party))
    made.release("nato")
    with made.serving("nato"):
        made.pull("jpn")
    return made


def shown(nodes, party: str, kind: str) -> dict:
    """The finding of a kind that a party concluded itself."""
    rows = told("show", "--list", "--kind", kind, node=nodes.path(party))
    [own] = [row["object_id"] for row in rows if row["owner"] == party]
    return told("show", own, node=nodes.path(party))[0]


def test_a_meeting_reaches_the_partner_with_its_picture_label_explanation_and_entry(pair):
    id_ = _id("meeting.nmea", "rendezvous")
    words = done("show", id_, node=pair.path("jpn"))
    for text in ("Met at sea: GOLDEN LOTUS and MORNING CALM", "Distance", "distance m", "Speed between fixes", OPEN):
        assert text in words
    assert "May be innocent: tow or convoy" in words
    assert "Not tested: ports and anchorages" in words
    sent = [
        one
        for one in told("ledger", "show", "nato/jpn", "--limit", 100, node=pair.path("nato"))
        if one["kind"] == "release.sent"
    ]
    assert any(id_ in json.dumps(one) for one in sent)
    assert (
        pair.why("nato", id_, "jpn").outcome == "redact"
    )  # its clause hides own forces' positions; here are none to hide


def test_what_only_comes_along_is_listed_where_it_is_asked_for(pair):
    listed = told("show", "--list", node=pair.path("jpn"))
    assert {row["kind"] for row in listed} == {"gap", "rendezvous", "combination"}
    assert told("show", "--list", "--kind", "location", node=pair.path("jpn"))


def test_what_both_concluded_is_one_story(pair):
    theirs = shown(pair, "jpn", "rendezvous")
    assert any(f"nato {_id('meeting.nmea', 'rendezvous')}" in line for line in theirs["corroborated"])
    assert any("there and then" in line for line in shown(pair, "jpn", "gap")["corroborated"])
    assert "finding.corroborated" in done("ledger", "show", "master", "--limit", 50, node=pair.path("jpn"))


def test_a_list_makes_its_owner_look_and_stays_at_home(pair):
    urgent = told("show", "--list", "--kind", "gap", node=pair.path("nato"))
    assert [row["urgency"] for row in urgent] == [3]
    combined = shown(pair, "nato", "combination")
    assert combined["label"] == "NATO RESTRICTED TLP:AMBER"
    assert _id("meeting.nmea", "combination") not in done("show", "--list", node=pair.path("jpn"))
    [from_nato] = [
        row for row in told("show", "--list", "--kind", "gap", node=pair.path("jpn")) if row["owner"] == "nato"
    ]
    assert "UNSC" not in done("show", from_nato["object_id"], node=pair.path("jpn"))


def test_a_layer_without_a_label_keeps_what_rests_on_it_at_home(pair, tmp_path):
    made = pair.copy(tmp_path / "nodes")
    (made.path("nato") / "layers" / "maritime" / "watchlist" / "unsc.csv.label").unlink()
    own = shown(made, "nato", "combination")
    grounds = done("label", "show", own["object_id"], node=made.path("nato"))
    assert "maritime/watchlist/unsc.csv" in grounds
    assert "no label" in grounds


def test_thresholds_of_a_node_and_of_a_run_are_used(nodes, tmp_path):
    made = nodes.copy(tmp_path / "nodes")
    kept = made.path("jpn") / "settings" / "maritime.toml"
    kept.parent.mkdir()
    kept.write_text("[rendezvous]\ncontact_min_h = 3\ndistance_m = 600\n", encoding="utf-8")
    once = tmp_path / "once.toml"
    once.write_text("[rendezvous]\ndistance_m = 550\n", encoding="utf-8")
    told("ingest", "maritime", MEETING, "--label", OPEN, "--settings", once, node=made.path("jpn"))
    settings = shown(made, "jpn", "rendezvous")["object"]["extensions"][EVENT]["rule"]["settings"]
    assert (settings["contact_min_h"], settings["distance_m"]) == (3, 550)
    once.write_text("[rendezvous]\ndistance = 550\n", encoding="utf-8")
    assert "settings-unknown" in refused(
        "ingest", "maritime", MEETING, "--label", OPEN, "--settings", once, node=made.path("nato")
    )


def test_a_bad_layer_is_named_with_its_place_and_nothing_is_lost(nodes, tmp_path):
    made = nodes.copy(tmp_path / "nodes")
    list_ = made.path("jpn") / "layers" / "maritime" / "watchlist" / "a.csv"
    list_.parent.mkdir(parents=True)
    list_.write_text("imo\nnot a number\n", encoding="utf-8")
    said = refused("ingest", "maritime", MEETING, "--label", OPEN, node=made.path("jpn"))
    assert "maritime/watchlist/a.csv line 2" in said
    list_.unlink()
    assert told("analyse", "maritime", node=made.path("jpn"))["concluded"]["rendezvous"] == 1
