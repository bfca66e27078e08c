"""ATT&CK through the whole line, byte for byte: NATO's node, Japan's node, and the clients other people use."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from tests.node_pair import TAXII, collection, make_nodes, objects_of, read_all

from foedus.exchange.serving import serving
from foedus.exchange.taxii.server import application
from foedus.model.ports import Caller
from foedus.node.backend import Backend

pytestmark = pytest.mark.interop
WORD = "nato-jpn-itpp-2023"
ENTERPRISE = "data/cyber/attack/enterprise-attack-18.1.stix21.json.zst"
ICS = "data/cyber/attack/ics-attack-18.1.json.zst"
GO_FIRST = ("marking-definition", "identity")


def unpacked(path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="zstd")


def by_id(objects) -> dict[str, object]:
    return {one["id"]: one for one in objects}


def test_the_whole_of_enterprise_arrives_byte_for_byte(shared, tmp_path):
    source = shared(ENTERPRISE)
    sent = objects_of(unpacked(source).read())
    nodes = make_nodes(tmp_path / "nodes")
    assert nodes.put("nato", unpacked(source)).refused_count == 0
    [run] = nodes.release("nato")
    assert (run.counts.release, run.counts.redact, run.counts.withhold, run.counts.dropped) == (len(sent), 0, 0, 0)

    with nodes.serving("nato", "jpn"):
        with nodes.client("jpn", "nato") as partner:
            path = collection(partner, WORD, "released-cyber")
            got = read_all(partner, path)
            dates = [
                one["date_added"]
                for one in partner.get(f"{path}manifest/", params={"limit": "1000"})
                .raise_for_status()
                .json()["objects"]
            ]
        assert sorted(got) == sorted(sent)
        assert dates == sorted(set(dates))
        kinds = [json.loads(one)["type"] for one in got]
        assert {kinds.index(kind) < kinds.index("relationship") for kind in GO_FIRST} == {True}

        [pulled] = nodes.pull("jpn")
        assert (pulled.error, pulled.objects, pulled.new, pulled.refused) == ("", len(sent), len(sent), 0)
        assert pulled.acknowledged == len(sent)
        with nodes.desk("jpn") as tool:
            assert sorted(read_all(tool, collection(tool, "desk", "cyber"))) == sorted(sent)
        [again] = nodes.pull("jpn")
        assert (again.objects, again.new, again.error) == (0, 0, "")
    assert nodes.faults("nato") == nodes.faults("jpn") == []


@pytest.fixture(scope="module")
def ics(shared, tmp_path_factory):
    """NATO serving ICS to Japan, and the objects as they came in."""
    source = shared(ICS)
    nodes = make_nodes(tmp_path_factory.mktemp("ics") / "nodes")
    nodes.send("nato", unpacked(source))
    with nodes.serving("nato"):
        yield nodes, json.loads(unpacked(source).read())["objects"]


@pytest.fixture
def taxii2(ics):
    """taxii2-client with Japan's certificate, at the collection of what was released."""
    from taxii2client import v21
    from taxii2client.common import _HTTPConnection

    nodes, _ = ics
    connection = _HTTPConnection(
        verify=str(nodes.ca("nato")), cert=tuple(map(str, nodes.certificate("jpn"))), version="2.1"
    )
    connection.session.trust_env = False
    root = v21.ApiRoot(f"{nodes.url('nato')}/{WORD}/", conn=connection)
    [found] = [one for one in root.collections if one.title == "Released Cyber defence"]
    yield v21, found
    connection.close()


def test_taxii2_client_with_a_certificate_reads_all_of_ics(ics, taxii2):
    v21, released = taxii2
    pages = list(v21.as_pages(released.get_objects, per_request=500))
    assert by_id(one for page in pages for one in page["objects"]) == by_id(ics[1])
    assert sum(len(page["objects"]) for page in pages) == len(ics[1])


def test_stix2_reads_all_of_ics(ics, taxii2):
    import stix2
    from stix2.datastore.taxii import TAXIICollectionSource

    source = TAXIICollectionSource(taxii2[1], allow_custom=True)
    found = source.query()
    # Its own reading of what came in is the measure: it leaves out "revoked": false, for one.
    assert by_id(found) == by_id(stix2.parse(one, allow_custom=True) for one in ics[1])
    malware = [one for one in ics[1] if one["type"] == "malware"]
    assert len(source.query([stix2.Filter("type", "=", "malware")])) == len(malware)
    assert source.get(malware[0]["id"]).name == malware[0]["name"]


class AsJapan(Backend):
    """The node's own backend, which takes a tool that cannot present a certificate for Japan."""

    def identify(self, _credentials):
        return Caller("jpn", "jpn", "partner")


def test_cytaxii2_reads_all_of_ics(ics, monkeypatch):
    from cytaxii2 import cytaxii2

    monkeypatch.setenv("NO_PROXY", "*")
    nodes, objects = ics
    with nodes.open("nato") as node, serving(application(AsJapan(node), cursor_secret=b"s" * 32)) as url:
        client = cytaxii2.cytaxii2(f"{url}/taxii2/", "jpn", "pw")
        assert client.discovery_request()["response"]["default"] == f"{url}/{WORD}/"
        assert client.root_discovery()["response"]["versions"] == [TAXII]
        held = client.collection_request()["response"]["collections"]
        [released] = [one["id"] for one in held if one["alias"] == "released-cyber"]
        found, cursor = [], None
        while True:
            body = client.poll_request(released, limit=500, next=cursor)["response"]
            found += body["objects"]
            if not body["more"]:
                break
            cursor = body["next"]
    assert len(found) == len(objects)
    assert by_id(found) == by_id(objects)


def test_the_raw_bytes_of_one_object_and_of_a_page_are_those_that_came_in(ics, shared):
    nodes, _ = ics
    sent = {json.loads(one)["id"]: one for one in objects_of(unpacked(shared(ICS)).read())}
    with nodes.client("jpn", "nato") as partner:
        path = collection(partner, WORD, "released-cyber")
        for object_id in list(sent)[::300]:
            answer = partner.get(f"{path}objects/{object_id}/").raise_for_status()
            assert objects_of(answer.content) == [sent[object_id]]
        page = partner.get(f"{path}objects/", params={"limit": "50", "match[type]": "malware"}).raise_for_status()
        assert [sent[json.loads(one)["id"]] for one in objects_of(page.content)] == objects_of(page.content)
