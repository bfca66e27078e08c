"""Input that is wrong: told with its place, kept in quarantine, and the rest goes on; at the desk never a server error."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest
from tests.node_pair import OPEN, TAXII, bundle, collection, indicator, make_nodes, read_all, stix, stix_id

from foedus.errors import InputError
from foedus.node.quarantine import dismiss, retry
from foedus.node.show import refused, show

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
GOOD = [indicator(1), indicator(2)]
X = indicator(3)
DEEP = 10**6
# Name, the object between two good ones, code, the place, and what a POST of it answers.
PARTS = (
    ("not UTF-8", X.replace(b"host3", b"\xff\xfe"), "json-malformed", "/objects/1/pattern", 202),
    ("half a surrogate pair", X.replace(b"host3", b"\\ud800"), "json-malformed", "/objects/1/pattern", 202),
    ("a key twice", X.replace(b'"type":', b'"type": "tool", "type":'), "json-duplicate-key", "/objects/1/type", 202),
    ("NaN", X.replace(b'"pattern":', b'"confidence": NaN, "pattern":'), "json-malformed", "/objects/1/confidence", 202),
    ("1e400", X.replace(b'"pattern":', b'"confidence": 1e400, "pattern":'), "json-malformed", "/objects/1/confidence", 202),
    ("a million lists", b'{"type":"tool","x":' + b"[" * DEEP + b"]" * DEEP + b"}", "json-too-deep", "/objects/1/x/0", 400),
    ("an id of another type", X.replace(b"indicator--", b"malware--"), "stix-malformed", "/objects/1/id", 202),
    ("an id that is none", X.replace(b"--00000000", b"--zzzz"), "stix-malformed", "/objects/1/id", 202),
    ("no id", b'{"type":"indicator"}', "stix-malformed", "/objects/1/id", 202),
    ("STIX 3.0", X.replace(b'"2.1"', b'"3.0"'), "stix-version", "/objects/1/spec_version", 202),
    ("no instant", X.replace(b"2026-05-03T06:00:00.000Z", b"yesterday"), "timestamp-malformed", "/objects/1/created", 202),
    ("a number", b"17", "json-not-an-object", "/objects/1", 202),
    ("a list", b"[1,2]", "json-not-an-object", "/objects/1", 202),
    ("no JSON", b'{type:"indicator"}', "json-malformed", "/objects/1", 202),
)  # fmt: skip
# Name, the whole input, code, what a POST of it answers.
WHOLES = (
    ("nothing", b"", "input-empty", 400),
    ("UTF-16", bundle(*GOOD).decode().encode("utf-16"), "encoding", 400),
    ("bytes", b"\0\1\2\xff", "encoding", 400),
    ("HTML", b"<html></html>", "list-no-value", 422),
    ("broken Zstandard", b"\x28\xb5\x2f\xfdxxxx", "compression-broken", 400),
    ("broken gzip", gzip.compress(bundle(*GOOD))[:-20], "compression-broken", 400),
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("bad") / "nodes")
    with made.serving("nato"):
        yield made


@pytest.fixture(scope="module")
def tool(nodes):
    with nodes.desk("nato") as client:
        client.headers["content-type"] = TAXII
        yield client, collection(client, "desk", "cyber") + "objects/"


@pytest.mark.parametrize(
    ("raw", "code", "where", "status"), [case[1:] for case in PARTS], ids=[one[0] for one in PARTS]
)
def test_one_bad_part_is_named_and_the_others_go_on(nodes, tool, raw, code, where, status):
    body = bundle(GOOD[0], raw, GOOD[1])
    done = nodes.put("nato", body, OPEN)
    [part] = done.refused
    assert (done.records, part.code) == (2, code)
    assert part.where.startswith(where)
    assert part.message
    with nodes.open("nato") as node:
        newest = refused(node)[0]
    assert (newest.number, newest.code, newest.state) == (part.number, code, "open")

    client, at = tool
    answer = client.post(at, content=body)
    said = answer.json()
    assert answer.status_code == status
    if status == 202:
        assert (said["success_count"], said["failure_count"]) == (2, 1)
        assert where in said["failures"][0]["message"]
    else:
        assert said["error_code"] == code


@pytest.mark.parametrize(("raw", "code", "status"), [case[1:] for case in WHOLES], ids=[one[0] for one in WHOLES])
def test_what_cannot_be_read_at_all_is_said_once(nodes, tool, raw, code, status):
    done = nodes.put("nato", raw, OPEN)
    assert [part.code for part in done.refused][-1:] == [code]
    client, at = tool
    answer = client.post(at, content=raw)
    assert (answer.status_code, answer.json()["http_status"]) == (status, str(status))


def test_a_file_cut_short_gives_what_came_before(nodes, tool):
    body = bundle(*GOOD, X)[:-60]
    done = nodes.put("nato", body, OPEN)
    assert (done.records, [(part.where, part.code) for part in done.refused]) == (2, [("/objects/2", "json-truncated")])
    client, at = tool
    assert client.post(at, content=body).json()["success_count"] == 2


def test_a_compressed_body_is_not_unpacked_at_the_desk(tool):
    client, at = tool
    answer = client.post(at, content=gzip.compress(bundle(*GOOD)))
    assert (answer.status_code, answer.json()["error_code"]) == (400, "body-compressed")


def test_circles_of_references_stand_and_go_out_together(nodes):
    both = [stix_id("grouping", 1), stix_id("grouping", 2)]
    there = {"relationship_type": "related-to", "source_ref": stix_id("malware", 1)}
    circle = [
        stix("malware", 1, name="A", is_family=True),
        stix("malware", 2, name="B", is_family=True),
        stix("relationship", 1, **there, target_ref=stix_id("malware", 2)),
        stix("relationship", 2, **{**there, "source_ref": stix_id("malware", 2)}, target_ref=stix_id("malware", 1)),
        stix("relationship", 3, **there, target_ref=stix_id("relationship", 3)),
        stix("report", 1, name="itself", published="2026-05-03T06:00:00Z", object_refs=[stix_id("report", 1)]),
        stix("report", 2, name="each", published="2026-05-03T06:00:00Z", object_refs=[stix_id("report", 3), both[0]]),
        stix("report", 3, name="other", published="2026-05-03T06:00:00Z", object_refs=[stix_id("report", 2)]),
    ]
    assert nodes.put("nato", bundle(*circle), OPEN).refused_count == 0
    nodes.release("nato")
    with nodes.client("jpn", "nato") as partner:
        seen = {
            json.loads(one)["id"]: json.loads(one)
            for one in read_all(partner, collection(partner, WORD, "released-cyber"))
        }
    ids = {json.loads(one)["id"] for one in circle}
    assert ids <= set(seen)
    # What does not exist is taken out of a list; what does, stays.
    assert seen[stix_id("report", 2)]["object_refs"] == [stix_id("report", 3)]
    assert seen[stix_id("report", 1)]["object_refs"] == [stix_id("report", 1)]


def test_a_marking_that_does_not_exist_is_taken_and_withheld(nodes):
    unknown = "marking-definition--22222222-2222-4222-8222-222222222222"
    done = nodes.put("nato", bundle(indicator(40, object_marking_refs=[unknown])), OPEN)
    assert (done.records, done.refused_count) == (1, 0)
    assert nodes.why("nato", stix_id("indicator", 40), "jpn").outcome == "withhold"


_HUGE = """
import io, resource, sys
from tests.node_pair import Nodes, OPEN, bundle, indicator
from pathlib import Path

class Huge(io.RawIOBase):
    # A bundle whose second object is one string of a gigabyte.
    def __init__(self):
        head, tail = bundle(indicator(70), b'{"type":"tool","name":"?"}', indicator(71)).split(b"?")
        self.parts = iter([head, *[b"a" * 2**20] * 1024, tail])
        self.held = b""
    def readable(self):
        return True
    def read(self, size=-1):
        self.held = self.held or next(self.parts, b"")
        part, self.held = self.held[:size], self.held[size:]
        return part

nodes = Nodes(Path(sys.argv[1]))
nodes.ingest("nato", bundle(indicator(72)), OPEN)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
done = nodes.ingest("nato", Huge(), OPEN)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(done.records, done.refused[0].code, done.refused[0].where, (after - before) // 1024)
"""


def test_a_string_of_a_gigabyte_is_refused_in_bounded_memory(nodes, root):
    told = subprocess.run(
        [sys.executable, "-c", _HUGE, str(nodes.directory)], capture_output=True, text=True, cwd=root, check=True
    )
    records, code, where, grown_mb = told.stdout.split()
    assert (records, code, where) == ("2", "json-too-large", "/objects/1")
    assert int(grown_mb) < 100


@pytest.fixture
def pair(tmp_path):
    made = make_nodes(tmp_path / "nodes")
    made.send("nato", bundle(indicator(1)), OPEN)
    return made


def test_a_part_that_was_not_vouched_for_is_taken_up_again_once_it_is(pair, monkeypatch):
    with pair.serving_here("nato"):
        with monkeypatch.context() as patched:
            patched.setattr("foedus.node.exchange.evidence.sent_bytes", lambda *_: {})
            [pulled] = pair.pull("jpn")
        assert (pulled.new, pulled.refused) == (0, 1)
    with pair.open("jpn") as node:
        [part] = refused(node)
        assert part.code == "release-entry-missing"
        assert retry(node, part.number).taken == 1
        [held] = show(node, stix_id("indicator", 1))
        assert (held.owner, held.label) == ("nato", "PUBLIC TLP:CLEAR")
        assert refused(node) == []


def test_a_part_that_nothing_vouches_for_stays_out(pair):
    """Somebody tampers with the sender's store: trying again does not make the peer's bytes our own."""
    import sqlite3

    with sqlite3.connect(pair.path("nato") / "foedus.db") as database:
        database.execute(
            "UPDATE blob SET raw = CAST(replace(CAST(raw AS TEXT), 'host1', 'evil1') AS BLOB) WHERE instr(raw, 'host1')"
        )
    database.close()
    with pair.serving_here("nato"):
        [pulled] = pair.pull("jpn")
    assert pulled.refused == 1
    with pair.open("jpn") as node:
        [part] = refused(node)
        with pytest.raises(InputError, match="vouches"):
            retry(node, part.number)
        assert [one.number for one in refused(node)] == [part.number]
        dismiss(node, part.number)
        assert refused(node) == []


def test_trying_a_bad_part_again_says_the_same_again(pair):
    number = pair.put("nato", bundle(b'{"type":"indicator"}'), OPEN).refused[0].number
    with pair.open("nato") as node:
        again = retry(node, number)
        assert (again.taken, len(again.refused)) == (0, 1)
        assert [one.number for one in refused(node)] == [number]
