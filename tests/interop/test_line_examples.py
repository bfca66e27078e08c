"""Other people's example files through the line: MISP events, STIX examples, warning lists."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.node_pair import OPEN, bundle, collection, indicator, make_nodes, read_all, stix, stix_id

from foedus.errors import UnsupportedFormat
from foedus.model import ijson, misp
from foedus.node.feed import feed
from foedus.node.show import refused, show

pytestmark = pytest.mark.interop
WORD = "nato-jpn-itpp-2023"
LIST = "data/cyber/warninglists/public-dns-v4.json"


def files(shared) -> list:
    base = shared("data/cyber")
    return [
        path for folder in ("stix_examples", "misp_events", "tlp") for path in sorted((base / folder).glob("*.json"))
    ]


def misp_objects(path) -> list[misp.MispObject]:
    try:
        # Without white space around it, as it is cut out of a stream: a part without uuid is named by the event's bytes.
        return [one for event in misp.read_events(path.read_bytes().strip()) for one in misp.to_stix(event)]
    except UnsupportedFormat:
        return []


def objects_in(path) -> list[bytes]:
    """The objects a file holds, as STIX: as they are, or the view of the MISP event."""
    held = misp_objects(path)
    if held:
        return [one.object.raw for one in held]
    raw = path.read_bytes()
    return [one.raw for one in ijson.split([raw]) if isinstance(one, ijson.Piece)] if b'"spec_version"' in raw else []


@pytest.fixture(scope="module")
def line(shared, tmp_path_factory):
    """NATO with all examples, released to Japan and pulled; and what became of each file."""
    nodes = make_nodes(tmp_path_factory.mktemp("examples") / "nodes")
    done = {path.name: nodes.put("nato", path.read_bytes()) for path in files(shared)}
    nodes.release("nato")
    with nodes.serving("nato"):
        [pulled] = nodes.pull("jpn")
        assert pulled.error == ""
        yield nodes, done


def test_every_file_is_taken_whole_or_refused_with_the_reason(line, shared):
    for path in files(shared):
        done = line[1][path.name]
        expected = objects_in(path)
        assert done.records == len(expected), path.name
        assert [one.code for one in done.refused] == ([] if expected else ["format-unknown"]), path.name


def test_every_object_stands_at_the_desk_byte_for_byte(line, shared):
    nodes, _ = line
    sent = {raw for path in files(shared) for raw in objects_in(path)}
    with nodes.desk("nato") as tool:
        held = read_all(tool, collection(tool, "desk", "cyber"))
    with nodes.open("nato") as node:
        conflicts = [one for one in refused(node, limit=1_000) if one.code == "version-conflict"]
    # Missing is only what says something else under an id and version that an earlier file has: told, and in quarantine.
    # The same said in other bytes (TLP markings are) is the same: the first bytes stay.
    values = [json.loads(raw) for raw in held]
    missing = {json.loads(raw)["id"] for raw in sent - set(held) if json.loads(raw) not in values}
    assert missing == {one.message.split()[0] for one in conflicts}
    assert set(held) <= sent


def test_parts_for_the_own_organisation_only_never_leave(line, shared, tmp_path):
    nodes, _ = line
    parts = [one for path in files(shared) for one in misp_objects(path)]
    others = [json.loads(raw)["id"] for path in files(shared) if not misp_objects(path) for raw in objects_in(path)]
    wider = {one.object.id for one in parts if one.distribution != 0} | set(others)
    own = {one.object.id for one in parts if one.distribution == 0} - wider
    assert len(own) > 1_000
    with nodes.client("jpn", "nato") as partner:
        seen = read_all(partner, collection(partner, WORD, "released-cyber"))
    ids = {json.loads(raw)["id"] for raw in seen}
    assert ids & wider, "or the test says nothing"
    assert not ids & own
    assert not any(one.encode() in raw for raw in seen for one in own)
    with nodes.open("nato") as node:
        feed(node, "jpn", WORD, tmp_path)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    # An event's objects have their uuids alone; some are those of STIX examples as well.
    uuids = {one.partition("--")[2] for one in own} - {one.partition("--")[2] for one in wider}
    assert len(uuids) > 500
    assert [one for one in uuids if one.encode() in written] == []
    with nodes.serving("jpn"), nodes.desk("jpn") as tool:
        pulled = {json.loads(raw)["id"] for raw in read_all(tool, collection(tool, "desk", "cyber"))}
    assert pulled
    assert not pulled & own


def test_japanese_text_stays_as_it_is(shared, tmp_path):
    path = shared("data/cyber/misp_events/japanese_test_heavy.json")
    event = json.loads(path.read_bytes())["Event"]
    nodes = make_nodes(tmp_path / "nodes")
    nodes.put("nato", path.read_bytes())
    with nodes.open("nato") as node:
        shown = [one.object for raw in objects_in(path) for one in show(node, json.loads(raw)["id"])]
    assert {one["value"] for one in event["Attribute"]} == {one["content"] for one in shown if one["type"] == "note"}
    assert event["info"] in {one["name"] for one in shown if one["type"] == "grouping"}


@pytest.mark.parametrize(("warned", "corroborated"), [(True, 1), (False, 2)])
def test_a_value_on_a_warning_list_corroborates_nothing(shared, tmp_path, warned, corroborated):
    nodes = make_nodes(tmp_path / "nodes")
    if warned:
        folder = nodes.path("jpn") / "layers" / "warninglist"
        folder.mkdir(parents=True)
        shutil.copy(shared(LIST), folder)
    dns = {"pattern": "[ipv4-addr:value = '8.8.8.8']"}
    nodes.send("nato", bundle(indicator(1, **dns), indicator(2, pattern="[domain-name:value = 'both.example']")))
    nodes.put("jpn", bundle(indicator(3, **dns), indicator(4, pattern="[domain-name:value = 'both.example']")))
    with nodes.serving("nato"):
        [pulled] = nodes.pull("jpn")
    assert (pulled.error, pulled.corroborated) == ("", corroborated)
    with nodes.open("jpn") as node:
        assert bool(show(node, stix_id("indicator", 3))[0].corroborated) is not warned
        [said] = show(node, stix_id("indicator", 4))[0].corroborated
    assert stix_id("indicator", 2) in said


def test_names_in_other_scripts_cross_both_nodes_as_bytes(tmp_path):
    nodes = make_nodes(tmp_path / "nodes")
    raw = stix("malware", 1, name="潮流 ツール — «приманка» 🌊", is_family=True)
    nodes.send("nato", bundle(raw), OPEN)
    with nodes.serving("nato", "jpn"):
        nodes.pull("jpn")
        with nodes.desk("jpn") as tool:
            assert read_all(tool, collection(tool, "desk", "cyber")) == [raw]
