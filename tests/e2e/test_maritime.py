"""AIS from a file to a partner: read, concluded, shown, released, pulled; and two parties that hear the same silence."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from tests.node_pair import OPEN, make_nodes
from tests.unit.cli.conftest import done, refused, told

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
    for text in ("Silent: KOHAKU STAR", "duration h 15", "Where", "Speed between fixes", "Not tested: ports", OPEN):
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
