"""Find: an object by its id, the findings that hold a value, and nothing by anything else."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest
from tests.node_pair import AMBER, OPEN, START, bundle, indicator, make_nodes, stix_id
from tests.web_site import asking, texts, visiting

from foedus.model.people import Person
from foedus.node import people
from foedus.node.analyse import analyse
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text

pytestmark = pytest.mark.e2e
KIM = Person("kim", ("analyst",))
SHARED = {"pattern": "[domain-name:value = 'both.example']"}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def node(tmp_path_factory, root):
    nodes = make_nodes(tmp_path_factory.mktemp("find") / "nodes")
    nodes.put(
        "nato", bundle(*(indicator(n, **SHARED, name=f"Host {n}") for n in (1, 2)), indicator(3, name=HOSTILE)), OPEN
    )
    with nodes.open("nato") as node:
        people.add(node, KIM.name, KIM.roles, "a long password")
        source = (root / "src/foedus/areas/maritime/sample/stream.nmea").read_bytes()
        ingest(node, "maritime", io.BytesIO(source), Origin("coast", read_text(node, AMBER, START), AMBER))
        analyse(node, "maritime")
        yield node


@pytest.fixture
def kim(node):
    with visiting(node) as visit:
        yield visit(KIM)


def found(kim, text):
    return kim.get(f"/find.json?q={quote(text)}").json()


def test_an_id_leads_to_its_object(kim):
    one = stix_id("indicator", 1)
    assert kim.get(f"/find?q=%20{one}%20").headers["location"] == f"/finding/{one}"
    assert found(kim, one)["object_id"] == one


@pytest.mark.parametrize("text", ["both.example", " BOTH.Example ", "both[.]example", "both(.)example"])
def test_a_value_is_found_however_it_is_written_with_all_that_hold_it(kim, text):
    [of] = found(kim, text)["values"]
    assert (of["kind"], of["value"], of["held"], of["more"]) == ("domain-name", "both.example", 2, False)
    assert {one["object_id"] for one in of["items"]} == {stix_id("indicator", 1), stix_id("indicator", 2)}
    page = kim.get(f"/find?q={quote(text)}")
    assert sorted(texts(page, "//tbody//a")) == ["Host 1", "Host 2"]


def test_a_value_of_another_room_is_found_too(kim):
    [of] = found(kim, "538000333")["values"]
    assert {one["room"] for one in of["items"]} == {"maritime"}


@pytest.mark.parametrize(
    "text", ["", "   ", "both", "example", "%", "Host 1", "no.example", "\x00", "' OR 1=1 --", "indicator--x"]
)
def test_nothing_else_finds_anything(kim, text):
    assert (found(kim, text)["values"], found(kim, text)["object_id"]) == ([], "")


def test_what_is_too_long_is_refused_and_what_is_typed_is_text(kim):
    answer = kim.get(f"/find?q={'x' * 2_049}")
    assert (answer.status_code, texts(answer, "//p[@role='alert']")[0].split(" <")[0][:7]) == (422, "At most")
    page = kim.get(f"/find?q={quote(HOSTILE + chr(0x202E))}")
    assert HOSTILE not in page.text


def test_it_asks_few_questions(node, kim):
    kim.get("/find?q=both.example")
    with asking(node) as asked:
        assert kim.get("/find?q=both.example").status_code == 200
    assert len(asked) <= 20
