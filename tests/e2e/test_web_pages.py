"""Finding, situation, ledger and programme: what the node knows, in pages and their twins, from a node that exchanged."""

import csv
import io
import json
from urllib.parse import quote

import pytest
from sqlalchemy import event
from tests.node_pair import AMBER, OPEN, START, bundle, indicator, make_nodes, stix_id
from tests.web_site import texts, visiting

from foedus.model.people import Person
from foedus.node import account, people
from foedus.node.analyse import analyse
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text

KIM = Person("kim", ("analyst", "releaser", "approver"))
OPEN_ONE, HELD_BACK = stix_id("indicator", 1), stix_id("indicator", 9)
JAPANESE = stix_id("indicator", 21)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory, root):
    nodes = make_nodes(tmp_path_factory.mktemp("web") / "nodes")
    shared = {"pattern": "[domain-name:value = 'both.example']"}
    nodes.put("nato", bundle(*(indicator(n, name=f"Host {n}") for n in range(1, 6))), OPEN)
    nodes.put(
        "nato", bundle(indicator(7, **shared), indicator(9, labels=["high-risk"])), "NATO CONFIDENTIAL TLP:AMBER+STRICT"
    )
    nodes.put("jpn", bundle(indicator(21, **shared)), OPEN)
    with nodes.open("nato") as node:
        people.add(node, KIM.name, KIM.roles, "a long password")
        source = (root / "src/foedus/areas/maritime/sample/stream.nmea").read_bytes()
        ingest(node, "maritime", io.BytesIO(source), Origin("coast", read_text(node, AMBER, START), AMBER))
        analyse(node, "maritime")
    for party in ("nato", "jpn"):
        nodes.release(party)
    with nodes.serving_here("nato", "jpn"):
        for party in ("jpn", "nato", "jpn", "nato"):
            nodes.pull(party)
    return nodes


@pytest.fixture
def node(nodes, tmp_path):
    with nodes.copy(tmp_path / "copy").open("nato") as node:
        yield node


@pytest.fixture
def kim(node):
    with visiting(node) as visit:
        yield visit(KIM)


def gap(kim):
    [found] = [
        one for one in kim.get("/situation.json?area=maritime").json()["situation"]["items"] if one["kind"] == "gap"
    ]
    return found


def test_a_finding_says_who_has_it_since_when_and_who_answered_for_it(kim):
    page = kim.get(f"/finding/{OPEN_ONE}")
    assert "Japan" in texts(page, "//h2[text()='Who has it']/..//td[1]/strong")
    part = kim.get(f"/finding/{OPEN_ONE}/entries")
    assert texts(part, "//li/span") == ["Japan"]
    assert {"release.sent"} <= set(texts(part, "//td[2]"))


def test_a_finding_says_what_shares_a_value_with_it_and_whose_that_is(kim):
    page = kim.get(f"/finding/{stix_id('indicator', 7)}")
    assert JAPANESE in str(kim.get(f"/finding/{stix_id('indicator', 7)}.json").json()["finding"]["related"])
    assert any(
        "both hold the domain-name both.example" in one for one in texts(page, "//h2[text()='Linked with']/..//td[1]")
    )


def test_a_finding_says_why_it_does_not_go(kim):
    page = kim.get(f"/finding/{HELD_BACK}")
    assert "Nobody was sent it." in page.text
    assert "It is withheld." in texts(page, "//ul[@class='why']/li")


@pytest.mark.parametrize("path", ["/situation?urgency=0", "/situation?urgency=0&area=maritime"])
def test_every_finding_of_every_room_has_a_page_with_a_picture(kim, path):
    items = kim.get(path.replace("?", ".json?")).json()["situation"]["items"]
    assert items
    for one in items:
        page = kim.get(f"/finding/{one['object_id']}")
        assert page.status_code == 200, one
        assert texts(page, "//section[contains(@class,'picture')]") != []


def test_a_silence_at_sea_is_drawn_with_its_track_speeds_and_tables(kim):
    page = kim.get(f"/finding/{gap(kim)['object_id']}")
    assert len(texts(page, "//*[local-name()='svg']")) == 2
    assert kim.get(f"/finding/{gap(kim)['object_id']}.json").json()["tracks"][0]["path"]


def test_the_bytes_are_given_as_they_came(node, kim):
    answer = kim.get(f"/finding/{OPEN_ONE}/stix")
    assert answer.content == indicator(1, name="Host 1")
    assert answer.headers["content-disposition"] == f'attachment; filename="{OPEN_ONE}.stix"'
    assert answer.headers["content-security-policy"] == "sandbox"


def test_a_recall_from_the_page_is_in_the_ledger_and_on_the_ledgers_page(node, kim):
    action = f"/finding/{OPEN_ONE}/recall"
    form = {**kim.form(f"/finding/{OPEN_ONE}", action), "act": "recall", "reason": "wrong", "party": "jpn"}
    assert kim.post(action, form).headers["location"] == f"/finding/{OPEN_ONE}?told=recalled"
    assert "taken back" in kim.get(f"/finding/{OPEN_ONE}").text
    assert texts(kim.get("/ledger"), "//h2[starts-with(text(),'Recalls')]/..//td[3]") == ["it is wrong"]
    again = kim.post(action, {**kim.form(f"/finding/{OPEN_ONE}", action), "act": "recall", "reason": "wrong"})
    assert again.status_code == 403
    assert "It was called back before" in again.text


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("owner=jpn", 1), ("area=cyber&kind=indicator&owner=nato", 7), ("urgency=3", 1), ("area=maritime", 1),
        ("since=2026-05-30", 1), ("until=2026-05-29", 8), ("kind=malware", 0), ("label=99", 0),
    ],
)  # fmt: skip
def test_filters_stand_in_the_address_and_hold(kim, query, titles):
    found = kim.get(f"/situation.json?{query}").json()["situation"]["items"]
    own = [one for one in found if one["kind"] in ("indicator", "gap")]
    assert len(own) == titles, [(one["title"], one["at"]) for one in found]


def test_filters_are_chips_that_take_themselves_off(kim):
    page = kim.get("/situation?owner=jpn&area=cyber")
    assert texts(page, "//a[contains(@class,'chip on')]") == [
        "Without this filter:Area: Cyber ×", "Without this filter:Originator: Japan ×",
    ]  # fmt: skip
    assert 'href="/situation?owner=jpn"' in page.text


@pytest.mark.parametrize(
    "query", ["urgency=x", "after=-1", "since=yesterday", "until=2026-13-01", "label=;", "after=99999999999999999999"]
)
def test_a_filter_that_cannot_be_is_refused(kim, query):
    assert kim.get(f"/situation?{query}").status_code == 400


def test_pages_of_findings_follow_each_other_without_gap_or_repeat(kim, monkeypatch):
    monkeypatch.setattr("foedus.node.situation.PAGE_ROWS", 3)
    monkeypatch.setattr("foedus.node.situation.situation.__defaults__", (3,))
    whole, after = [], ""
    while True:
        found = kim.get(f"/situation.json?area=cyber&urgency=0&after={after}").json()["situation"]
        whole += [one["object_id"] for one in found["items"]]
        after = found["next"]
        if not after:
            break
    assert len(whole) == len(set(whole)) == 9


def test_a_page_of_findings_asks_the_database_at_most_twenty_times(node, kim):
    asked = []
    for engine in (node.store._readers, node.store._writer):
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for path in ("/situation", "/situation?area=cyber&owner=nato&since=2026-01-01"):
        asked.clear()
        assert kim.get(path).status_code == 200
        assert 0 < len(asked) <= 20, asked


@pytest.mark.parametrize("query", ["", "area=cyber", "owner=jpn&urgency=0", "since=2026-05-01&until=2026-06-30"])
def test_each_filter_says_how_many_findings_each_of_its_values_would_leave(kim, query):
    counts = kim.get(f"/situation.json?{query}").json()["situation"]["counts"]
    for name in ("area", "kind", "owner", "label", "urgency"):
        for value, held in counts[name].items():
            area = "" if name == "area" or "area" in query else "&area="
            found = kim.get(f"/situation.json?{query}{area}&{name}={quote(value)}").json()["situation"]
            assert (found["total"], len(found["items"])) == (held, held), (name, value)


def placed(kim):
    items = kim.get("/situation.json?area=maritime").json()["situation"]["items"]
    return [(one["object_id"], place) for one in items for place in one["places"]]


def test_the_map_holds_the_places_of_what_passes(kim):
    found = kim.get("/situation/map?area=maritime").json()
    assert found["side_deg"] == 0
    assert sorted((one["id"], one["lat"], one["lon"]) for one in found["points"]) == sorted(
        (object_id, place["lat_deg"], place["lon_deg"]) for object_id, place in placed(kim)
    )
    assert kim.get("/situation/map?area=cyber").json() == {"held": 0, "side_deg": 0, "points": [], "squares": []}


@pytest.mark.parametrize(("zoom", "side"), [("", 20), ("2", 10), ("3", 5), ("9", 2.5), ("x", 20)])
def test_very_many_places_are_numbers_in_squares_smaller_as_one_comes_near(kim, monkeypatch, zoom, side):
    monkeypatch.setattr("foedus.node.on_map.MOST_POINTS", 0)
    found = kim.get(f"/situation/map?area=maritime&zoom={zoom}").json()
    held = sum(one["held"] for one in found["squares"])
    assert (found["side_deg"], found["points"], held) == (side, [], len({object_id for object_id, _ in placed(kim)}))
    place = gap(kim)["places"][0]
    near = [one for one in found["squares"] if abs(one["lat"] - place["lat_deg"]) <= side / 2]
    assert any(abs(one["lon"] - place["lon_deg"]) <= side / 2 for one in near)


def test_the_range_of_time_is_two_fields_and_says_whether_it_follows(kim):
    follows, stands = kim.get("/situation"), kim.get("/situation?since=2026-01-01&until=2026-12-31&area=cyber")
    assert texts(follows, "//fieldset/legend/span") == ["up to now: what comes is shown."]
    assert texts(stands, "//fieldset/legend//a") == ["Follow again"]
    assert 'href="/situation?area=cyber"' in stands.text
    assert 'name="until" value="2026-12-31"' in stands.text


def test_twins_hold_exactly_the_rows_of_the_page(kim):
    page, rows = kim.get("/situation"), list(csv.reader(io.StringIO(kim.get("/situation.csv").text)))
    ids = [one["object_id"] for one in kim.get("/situation.json").json()["situation"]["items"]]
    assert [row[0] for row in rows[1:]] == ids
    assert len(texts(page, "//tbody/tr")) == len(ids)


def test_the_ledger_page_says_how_it_stands_with_each_partner(node, kim):
    [row] = kim.get("/ledger.json").json()["partners"]
    log = next(one for one in account.logs(node) if one.name == row["sent"]["name"])
    assert (row["party"], row["sent"]["entries"], row["sent"]["signed"]) == ("jpn", log.entries, log.signed)
    assert row["last_exchange"]
    assert row["received"]["receipted"] > 0


def test_every_log_is_read_entry_by_entry_and_each_signed_entry_gives_its_proof(node, kim):
    log = next(one for one in account.logs(node) if one.own and "|" in one.name)
    page = kim.get("/ledger/log?name=" + log.name.replace("|", "%7C"))
    assert len(texts(page, "//tbody/tr")) == log.entries
    proof = kim.get("/ledger/proof?at=0&name=" + log.name.replace("|", "%7C"))
    assert proof.text == account.prove(node, log.name, 0)


def test_verifying_says_of_each_log_that_it_is_whole(node, kim):
    page = kim.post("/ledger/verify", {"csrf": kim.form("/ledger", "/ledger/verify")["csrf"]})
    assert texts(page, "//section[@role='status']//span") == ["whole"] * len(account.logs(node))


@pytest.mark.parametrize(
    "query", ["name=nobody", "name=master&at=x", "name=master&before=-1", "name=", "name=master&at=1e9"]
)
def test_a_log_or_entry_that_is_not_there_is_no_page(kim, query):
    assert kim.get(f"/ledger/log?{query}").status_code in (400, 404)


def test_the_programme_leads_from_objectives_over_areas_to_figures_and_their_entries(node, kim):
    data = kim.get("/programme.json").json()
    board = account.score(node, data["chosen"]["id"])[0]
    figures = {one["id"]: one for area in data["areas"] for one in area["indicators"]}
    for one in board.indicators:
        assert figures[one.id]["actual"] == account.figure(one.actual)
        assert [(e["log"], e["seq"]) for e in figures[one.id]["entries"]] == [tuple(ref) for ref in one.entries]
    ids = {area["id"] for area in data["areas"]}
    assert data["objectives"]
    assert all(set(one["areas"]) <= ids for one in data["objectives"])


def test_each_figure_opens_the_entries_it_rests_on(kim):
    data = json.loads(kim.get("/programme.json").text)
    ref = next(e for area in data["areas"] for one in area["indicators"] for e in one["entries"])
    page = kim.get(f"/ledger/log?name={ref['log'].replace('|', '%7C')}&at={ref['seq']}")
    assert texts(page, "//tr[@class='here']/td[1]") == [str(ref["seq"])]


def test_japanese_names_areas_kinds_and_parties(kim):
    kim.cookies["foedus-look"] = "ja.dark.keys"
    page = kim.get("/situation?area=maritime")
    assert page.text.startswith('<!doctype html>\n<html lang="ja" data-theme="dark"')
    assert "海上" in page.text
    assert "日本国" in kim.get("/ledger").text


def test_the_evidence_beside_a_list_has_its_twin_too(kim):
    found = kim.get(f"/finding/{gap(kim)['object_id']}/beside.json")
    assert found.status_code == 200
    assert found.json()["current"]["object_id"] == gap(kim)["object_id"]
