"""Areas: a page for every room from its card and its doors, also for one that is added later; what is urgent, how its input stands."""

from __future__ import annotations

import csv
import io
import sys
from importlib import metadata
from urllib.parse import urlencode

import lxml.html
import pytest
from sqlalchemy import event
from tests.node_pair import AMBER, OPEN, START, bundle, indicator, make_nodes
from tests.web_site import texts, visiting

from foedus import areas
from foedus.model.people import Person
from foedus.node import people, sources
from foedus.node.analyse import analyse
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text
from foedus.store import live

KIM = Person("kim", ("analyst",))
FINN = Person("finn", ("administrator",))
CARD = """
name = "weather"
kinds = ["storm", "indicator"]
formats = ["application/stix+json;version=2.1"]
measures = []
personal = false
layers = ["weather/stations"]
filters = ["kind", "from_at"]
latency = "ingest"
symbols = {indicator = "14014000001702000000"}
[strings.en]
name = "Weather"
about = "Storms at sea"
storm = "Storm"
[strings.ja]
name = "気象"
about = "海上の暴風"
storm = "暴風"
[maturity]
radar = { state = "todo", why = "no radar is read", ja = "レーダーは読み込まない" }
[phrases.ja]
"Where it blew" = "吹いた場所"
[[methods]]
kind = "storm"
source = "Beaufort 1805"
en = { what = "Wind of force ten and more.", limits = "Gusts between readings." }
ja = { what = "風力十以上。", limits = "観測の間の突風は分からない。" }
"""
STORM = b'<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><circle r="9"/></svg>'
ANALYSE = """
import msgspec
from foedus.areas.cyber import analyse as cyber
def analyse(records, **more):
    for one in cyber.analyse(records, **more):
        yield one if isinstance(one, bytes) else msgspec.structs.replace(one, area="weather")
"""
DOORS = """
from foedus.areas.cyber.about import same
from foedus.model.finding import About, Place
from foedus.model.picture import Map, Picture, Track, Words
def about(finding, objects, *, layers):
    return About(kind=finding.kind, title="Wind over Kyushu", urgency=3, confidence=None, places=(Place(32.0, 131.0),), keys=(), contains=())
def show(finding, objects, *, say):
    return Picture("Wind", (Words("It blew."), Map(say("Where it blew"), (Track("eye", (32.0, 33.0), (131.0, 132.0)),))))
"""


@pytest.fixture(scope="module")
def nodes(tmp_path_factory, root):
    nodes = make_nodes(tmp_path_factory.mktemp("areas") / "nodes")
    nodes.put("nato", bundle(indicator(1), indicator(9, labels=["high-risk"])), OPEN)
    with nodes.open("nato") as node:
        for one in (KIM, FINN):
            people.add(node, one.name, one.roles, "a long password")
        source = (root / "src/foedus/areas/maritime/sample/stream.nmea").read_bytes()
        ingest(node, "maritime", io.BytesIO(source), Origin("coast", read_text(node, AMBER, START), AMBER))
        analyse(node, "maritime")
        sources.add(node, KIM, sources.LiveSource("bay", "maritime", "tcp://127.0.0.1:5631"), "PUBLIC TLP:CLEAR")
        with node.store.write() as tx:
            live.put_outage(tx, "live:bay", live.Outage(1_780_272_000_000_000, 1_780_275_600_000_000, "quiet"))
    return nodes


@pytest.fixture
def node(nodes, tmp_path):
    with nodes.copy(tmp_path / "copy").open("nato") as node:
        yield node


@pytest.fixture
def kim(node):
    with visiting(node) as visit:
        yield visit(KIM)


@pytest.fixture
def weather(tmp_path, monkeypatch):
    """A room of somebody else, found by its entry point."""
    package = tmp_path / "room_weather"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "ingest.py").write_text("from foedus.areas.cyber.ingest import ingest")
    (package / "analyse.py").write_text(ANALYSE)
    (package / "about.py").write_text(DOORS)
    (package / "area.toml").write_text(CARD)
    (package / "symbols").mkdir()
    (package / "symbols" / "indicator.svg").write_bytes(STORM)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(metadata, "entry_points", lambda group: [metadata.EntryPoint("weather", "room_weather", group)])
    areas.discover.cache_clear()
    yield
    areas.discover.cache_clear()
    for name in [name for name in sys.modules if name.startswith("room_weather")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", sorted(areas.rooms()))
def test_every_room_has_a_page_and_both_twins(kim, name):
    page, data = kim.get(f"/area/{name}"), kim.get(f"/area/{name}.json").json()
    assert texts(page, "//h1") == [areas.facts(areas.rooms()[name]).strings.en["name"]]
    rows = list(csv.DictReader(io.StringIO(kim.get(f"/area/{name}.csv").text)))
    items = data["area"]["newest"]
    assert [one["object"] for one in rows] == [one["object_id"] for one in items]
    assert len(texts(page, "//table[@class='queue']/tbody/tr")) == len(items)


def test_a_room_that_is_added_has_its_page_entry_map_filters_methods_and_pictures(weather, nodes, tmp_path):
    with nodes.copy(tmp_path / "with weather").open("nato") as node, visiting(node) as visit:
        ingest(node, "weather", io.BytesIO(bundle(indicator(5))), Origin("sky", read_text(node, OPEN, START), OPEN))
        analyse(node, "weather")
        kim = visit(KIM)
        assert "Weather" in texts(kim.get("/release"), "//nav//a")
        page = lxml.html.fromstring(kim.get("/situation?area=weather&kind=indicator").text)
        [drawn] = page.xpath("//ul[@data-legend]//img/@src")
        assert drawn.startswith("/symbol/weather/indicator.svg?v=")
        answer = kim.get(drawn)
        assert (answer.content, answer.headers["content-type"]) == (STORM, "image/svg+xml")
        assert [kim.get(f"/symbol/{one}.svg").status_code for one in ("weather/storm", "wet/indicator")] == [404] * 2
        page = kim.get("/area/weather")
        assert "now Wind over Kyushu" in texts(page, "//section[contains(@class,'urgent')]//li")[0]
        assert [one.split()[0] for one in texts(page, "//form[@class='filters']/label")] == ["Kind", "From", "To"]
        assert texts(page, "//div[@class='drawings']//figcaption") == ["Where it blew"]
        assert "Gusts between readings." in page.text
        assert "no radar is read" in page.text
        assert kim.get("/area/weather.json").json()["points"][0]["lat"] == 32.0
        kim.cookies["foedus-look"] = "ja.light.keys"
        page = kim.get("/area/weather").text
        assert all(
            one in page for one in ("気象", "海上の暴風", "吹いた場所", "風力十以上。", "レーダーは読み込まない")
        )
        assert all(one not in page for one in ("Storm", "force ten", "no radar"))


def test_what_is_urgent_stands_first(kim):
    page = kim.get("/area/cyber")
    assert "host9.example" in texts(page, "//section[contains(@class,'urgent')]//li")[0]
    assert texts(kim.get("/area/information"), "//section[contains(@class,'urgent')]//li") == []


def test_the_health_of_the_input_is_told(kim):
    told = kim.get("/area/maritime.json").json()["area"]["health"]
    assert [(one["name"], one["state"], len(one["outages"])) for one in told["sources"]] == [("bay", "stopped", 1)]
    assert {one["code"] for one in told["refused"]} == {"checksum-wrong", "mmsi-none"}
    page = kim.get("/area/maritime")
    assert any("not served bay" in one for one in texts(page, "//section/p"))
    [maritime] = [one for one in kim.get("/areas.json").json()["areas"] if one["name"] == "maritime"]
    assert (maritime["sources"], maritime["away"]) == (1, 1)
    assert maritime["refused"] == sum(one["many"] for one in told["refused"])


def test_a_layer_without_a_label_is_told(node, kim):
    folder = node.directory / node.config.layers / "maritime" / "zones"
    folder.mkdir(parents=True)
    (folder / "bay.geojson").write_text("{}")
    (folder / "strait.geojson").write_text("{}")
    (folder / "strait.geojson.label").write_text("PUBLIC TLP:CLEAR")
    held = kim.get("/area/maritime.json").json()["area"]["health"]["layers"]
    assert [(one["name"].rpartition("/")[2], one["label"]) for one in held] == [
        ("bay.geojson", ""), ("strait.geojson", "PUBLIC TLP:CLEAR"),
    ]  # fmt: skip


def test_filters_of_the_card_lead_to_the_situation_of_the_area(kim):
    [form] = [one for one in lxml.html.fromstring(kim.get("/area/maritime").text).forms if one.action == "/situation"]
    fields = dict(form.form_values())
    names = [one.name for one in form.inputs if one.name]
    assert names == ["area", "kind", "urgency", "owner", "label", "since", "until"]
    assert fields["area"] == "maritime"
    found = kim.get(f"/situation.json?{urlencode(fields | {'kind': 'gap'})}").json()["situation"]["items"]
    assert {one["kind"] for one in found} == {"gap"}


@pytest.mark.parametrize("path", ["/area/nowhere", "/area/..%2Fcyber", "/area/%00", "/area/Cyber"])
def test_what_is_no_area_is_no_page(kim, path):
    assert kim.get(path).status_code == 404


def test_japanese_pages_of_our_rooms_speak_japanese(kim):
    kim.cookies["foedus-look"] = "ja.light.keys"
    for name, room in areas.rooms().items():
        card, page = areas.facts(room), kim.get(f"/area/{name}")
        assert texts(page, "//details/summary")[-len(card.methods) :] == [
            card.strings.ja[one.kind] for one in card.methods
        ]
        assert texts(page, "//details/p[1]")[-len(card.methods) :] == [one.ja.what for one in card.methods]
        assert not any(one.en.limits in page.text for one in card.methods)


def test_pictures_speak_japanese_on_japanese_pages(kim):
    kim.cookies["foedus-look"] = "ja.light.keys"
    assert "位置" in texts(kim.get("/area/maritime"), "//div[@class='drawings']//figcaption")
    [silent] = [one for one in kim.get("/area/maritime.json").json()["area"]["pictures"] if one["kind"] == "gap"]
    page = kim.get(f"/finding/{silent['object_id']}").text
    assert all(one in page for one in ("測位間の速力", "無害な説明もありうる：受信不良", "無受信の下限 h", "終了"))
    assert all(one not in page for one in ("Speed between fixes", "May be innocent", "silence min"))


def test_who_sees_no_findings_sees_no_area(node):
    with visiting(node) as visit:
        finn = visit(FINN)
        assert [finn.get(path).status_code for path in ("/areas", "/area/cyber")] == [403, 403]
        assert "/area/" not in finn.get("/settings").text


def test_a_page_of_an_area_asks_the_database_at_most_twenty_times(node, kim):
    asked = []
    for engine in (node.store._readers, node.store._writer):
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for path in ("/areas", "/area/maritime", "/area/cyber"):
        asked.clear()
        page = kim.get(path)
        assert (page.status_code, len(page.content) < 200_000) == (200, True)
        assert 0 < len(asked) <= 20, asked
