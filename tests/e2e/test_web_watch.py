"""The watch in the pages: plain forms about one finding and about a set, chips, history, the record of methods."""

from __future__ import annotations

import csv
import io

import pytest
from tests.browsing import Watched, chromium
from tests.node_pair import AMBER, OPEN, START, bundle, indicator, make_nodes, stix_id
from tests.queued import entries
from tests.web_site import texts, visiting

from foedus.model.people import Person
from foedus.node import people, sessions, watch
from foedus.node.analyse import analyse
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text
from foedus.node.watch import Meant
from foedus.web.visit import cookie_name

ANN, BEN, EVA = Person("ann", ("analyst",)), Person("ben", ("releaser",)), Person("eva", ("auditor",))
ONE, OTHER, THIRD = (stix_id("indicator", number) for number in (1, 2, 3))
FORM = f"/finding/{ONE}/watch"
MARKUP = "<b>not</b> a ship"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("web-watch") / "nodes")
    nodes.put("nato", bundle(*(indicator(number, name=f"Host {number}") for number in (1, 2, 3))), OPEN)
    with nodes.open("nato") as node:
        for person in (ANN, BEN, EVA):
            people.add(node, person.name, person.roles, "a long password")
    return nodes


@pytest.fixture
def node(base, tmp_path):
    with base.copy(tmp_path / "nodes").open("nato") as node:
        yield node


@pytest.fixture
def visit(node):
    with visiting(node) as visit:
        yield visit


def sent(visitor, path=f"/finding/{ONE}", action=FORM, **fields):
    return visitor.post(action, {**visitor.form(path, action), **fields})


def test_a_finding_says_who_acknowledged_it_when_and_with_whom_it_is(node, visit):
    ann = visit(ANN)
    assert sent(ann, act="acknowledge").headers["location"] == f"/finding/{ONE}?told=watch-acknowledge"
    sent(ann, act="assign", to="ben")
    page = ann.get(f"/finding/{ONE}?told=watch-assign")
    assert texts(page, "//p[@class='done']") == ["Assigned."]
    assert texts(page, "//h2[text()='Watch']/../p[1]") == ["Acknowledgedwith ben"]
    assert texts(page, "//h2[text()='Watch']/..//tbody/tr/td[2]") == ["assigned", "acknowledged"]
    assert [one["person"] for one in entries(node, "watch.acknowledged", "watch.assigned")] == ["ann", "ann"]


def test_a_dismissal_has_its_reason_and_note_and_can_be_taken_back(visit):
    ann = visit(ANN)
    sent(ann, act="dismiss", why="known-activity", reason=MARKUP)
    page = ann.get(f"/finding/{ONE}")
    assert MARKUP in texts(page, "//h2[text()='Watch']/..//dd")[0]
    assert texts(page, "//button[@value='dismiss']") == []
    page = ann.get(sent(visit(BEN), act="undo").headers["location"])
    assert texts(page, "//h2[text()='Watch']/..//td[2]") == ["taken back", "dismissed as falsetaken back"]


def test_a_page_that_is_old_changes_nothing_and_says_so(node, visit):
    ann = visit(ANN)
    form = ann.form(f"/finding/{ONE}", FORM)
    watch.acknowledge(node, BEN, Meant(ONE))
    answer = ann.post(FORM, {**form, "act": "dismiss", "why": "other"})
    assert (answer.status_code, texts(answer, "//p[@role='alert']/code")) == (403, ["watch-changed"])
    assert entries(node, "watch.dismissed") == []


@pytest.mark.parametrize(
    "fields", [{"act": "burn"}, {"act": "dismiss", "why": "because"}, {"act": "assign", "to": "eva"}, {}]
)
def test_a_form_of_nobodys_making_does_nothing(node, visit, fields):
    assert sent(visit(ANN), **fields).status_code == 403
    assert entries(node, "watch.dismissed", "watch.assigned", "watch.acknowledged") == []


def test_an_auditor_reads_and_has_no_form(node, visit):
    eva = visit(EVA)
    assert texts(eva.get(f"/finding/{ONE}"), f"//form[@action='{FORM}']") == []
    assert texts(eva.get("/situation"), "//input[@name='item']") == []
    ann = visit(ANN)
    assert eva.post(FORM, {"csrf": ann.form(f"/finding/{ONE}", FORM)["csrf"], "act": "acknowledge"}).status_code == 403
    assert (
        eva.post(
            "/watch/set", {"csrf": eva.form("/situation", "/look").get("csrf", ""), "act": "acknowledge"}
        ).status_code
        == 403
    )
    assert entries(node, "watch.acknowledged") == []


def test_a_set_is_done_one_by_one_and_what_changed_is_counted(node, visit):
    ann = visit(ANN)
    page = ann.get("/situation?area=cyber")
    items = [f"{one['object_id']}|{one['seen']}" for one in ann.get("/situation.json").json()["situation"]["items"]]
    assert len(texts(page, "//input[@name='item']")) == len(items) == 3
    watch.dismiss(node, BEN, Meant(ONE), "other")
    form = {**ann.form("/situation?area=cyber", "/watch/set"), "act": "acknowledge", "item": items}
    answer = ann.post("/watch/set", form)
    assert answer.headers["location"] == "/situation?area=cyber&told=2-1"
    told = texts(ann.get(answer.headers["location"]), "//p[@role='status']")
    assert "2 findings done. 1 was left as it is: it changed, or that was done already." in told
    assert {one["object_id"] for one in entries(node, "watch.acknowledged")} == {OTHER, THIRD}


def test_a_set_leads_back_to_these_pages_alone(visit):
    ann = visit(ANN)
    form = {**ann.form("/situation", "/watch/set"), "act": "acknowledge", "next": "https://evil.example/"}
    assert ann.post("/watch/set", form).headers["location"] == "/situation?told=0-0"


def test_chips_and_twins_hold_how_findings_stand(node, visit):
    watch.acknowledge(node, ANN, Meant(ONE))
    watch.assign(node, BEN, Meant(OTHER), "ann")
    ann = visit(ANN)
    for state, ids in (("open", {OTHER, THIRD}), ("acknowledged", {ONE}), ("mine", {OTHER}), ("dismissed", set())):
        found = ann.get(f"/situation.json?watch={state}").json()["situation"]["items"]
        assert {one["object_id"] for one in found} == ids, state
    rows = list(csv.DictReader(io.StringIO(ann.get("/situation.csv").text)))
    assert {one["object"]: (one["watch"], one["assigned"]) for one in rows}[OTHER] == ("open", "ann")
    assert texts(ann.get("/situation?watch=mine"), "//div[@class='chips stands']/a[@aria-current]") == ["Mine"]
    assert ann.get("/situation?watch=lost").status_code == 400


def test_what_methods_told_and_what_was_false_stands_on_a_page_with_twins(node, visit):
    watch.dismiss(node, ANN, Meant(ONE), "duplicate")
    ann = visit(ANN)
    assert texts(ann.get("/watch/methods"), "//tbody/tr/td")[2:] == ["3", "1", "33.3 %", "told already 1"]
    [row] = csv.DictReader(io.StringIO(ann.get("/watch/methods.csv").text))
    assert (row["kind"], row["told"], row["dismissed"], row["duplicate"], row["other"]) == (
        "indicator",
        "3",
        "1",
        "1",
        "0",
    )
    assert ann.get("/watch/methods.json").json()["methods"][0]["methods"] == {"document": 1}


def test_a_shift_is_taken_written_in_and_handed_over_with_plain_forms(node, visit):
    ann, ben = visit(ANN), visit(BEN)
    assert "Nobody has the watch" in ann.get("/watch").text
    shift = {"path": "/watch", "action": "/watch/shift"}
    assert sent(ann, **shift, act="open").headers["location"] == "/watch?told=open"
    sent(ann, act="acknowledge")
    sent(ann, **shift, act="note", reason=MARKUP)
    sent(ann, **shift, act="close", to="ben", reason="over")
    page = ben.get("/watch")
    assert texts(page, "//h1") == ["Shift of ann"]
    assert texts(page, "//h2[text()='Written in this shift']/..//dd") == [
        "ann took the watch", f"ann wrote{MARKUP}", "ann ended the shiftover",
    ]  # fmt: skip
    assert texts(page, "//h2[text()='Done']/..//td[4]") == ["Host 1"]
    assert len(texts(page, "//h2[text()='Open now']/..//tbody/tr")) == 2
    assert "not taken over yet" in page.text
    sent(ben, **shift, act="open")
    name = ben.get("/watch.json").json()["shifts"][1]["name"]
    assert "taken over by ben" in ben.get(f"/watch/shift/{name}").text


def test_a_shifts_twins_hold_its_rows_and_a_refusal_says_why(node, visit):
    ann = visit(ANN)
    shift = {"path": "/watch", "action": "/watch/shift"}
    sent(ann, **shift, act="open", reason="=1+1")
    rows = list(csv.DictReader(io.StringIO(ann.get("/watch.csv").text)))
    assert [(one["part"], one["who"], one["note"]) for one in rows if one["part"] == "written"] == [
        ("written", "ann", "'=1+1")
    ]
    assert len([one for one in rows if one["part"] == "open"]) == 3
    for fields, code in (
        ({"act": "note"}, "note-missing"),
        ({"act": "close", "to": "eva"}, "watch-person"),
        ({}, "form-malformed"),
    ):
        assert texts(sent(ann, **shift, **fields), "//p[@role='alert']/code") == [code]
    assert ann.get("/watch/shift/nobody").status_code == 404
    assert texts(visit(EVA).get("/watch"), "//form[@action='/watch/shift']") == []


@pytest.fixture
def listing(node, root):
    """A vessel on a list that lay still."""
    folder = node.directory / "layers" / "maritime" / "watchlist"
    folder.mkdir(parents=True)
    (folder / "un.csv").write_text("mmsi,list,reason\n538000333,UN,<i>seen</i> before\n", encoding="utf-8")
    (folder / "un.csv.label").write_text(AMBER, encoding="utf-8")
    source = (root / "src/foedus/areas/maritime/sample/stream.nmea").read_bytes()
    ingest(node, "maritime", io.BytesIO(source), Origin("coast", read_text(node, AMBER, START), AMBER))
    analyse(node, "maritime")
    return folder


def test_watch_lists_stand_on_the_watch_page_with_their_hits(listing, visit):
    ann = visit(ANN)
    page = ann.get("/watch")
    [hit] = [one for one in ann.get("/watch.json").json()["lists"]["hits"] if one["finding"]["kind"] == "loitering"]
    assert (hit["name"], hit["value"], hit["finding"]["urgency"]) == ("UN", "mmsi 538000333", 3)
    assert "<i>seen</i> before" in texts(page, "//h2[text()='Watch lists']/..//td[4]")
    assert "UN Maritime · 1 line" in texts(page, "//h2[text()='Watch lists']/..//li")[0]
    assert {one["part"] for one in csv.DictReader(io.StringIO(ann.get("/watch.csv").text))} == {"list"}


def test_a_list_that_is_not_understood_is_named_and_takes_nothing_else_along(listing, visit):
    (listing / "un.csv").write_text("mmsi\n12\n", encoding="utf-8")
    page = visit(ANN).get("/watch")
    assert texts(page, "//h2[text()='Watch lists']/..//p/code") == ["maritime/watchlist/un.csv line 2"]


def test_in_a_browser_by_keys_alone_and_without_scripts(node, listing, visit):
    base = str(visit(ANN).client.base_url)
    with chromium() as browser:
        looks = (
            ("en.light.keys", 1400, "/watch", f"/finding/{ONE}"),
            ("ja.dark.keys", 480, "/watch", "/watch/methods"),
        )
        for look, width, *paths in looks:
            with Watched(browser, base, look=look, width=width) as there:
                there.cookie(cookie_name(node), sessions.open_session(node, ANN, "password"))
                for path in paths:
                    page = there.go(path)
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                    assert (there.violations(), there.faults) == ([], []), path
        with Watched(browser, base) as there:
            there.cookie(cookie_name(node), sessions.open_session(node, ANN, "password"))
            page = there.go("/watch")
            page.emulate_media(media="print")
            assert (page.locator("main form:visible").count(), page.locator("main h2:visible").count()) == (0, 1)
            page.emulate_media(media="screen")
            page = there.go("/situation?area=cyber")
            for key in ("j", "x", "j", "x", "w", "Enter"):
                page.keyboard.press(key)
            page.wait_for_url("**told=2-0")
            page.wait_for_selector("html[data-ready]", state="attached")
            page.keyboard.press("?")
            assert "dismiss as false" in page.locator("#keys").inner_text()
            page = there.go(f"/finding/{ONE}")
            for key in ("f", "n", "o", "Enter"):
                page.keyboard.press(key)
            page.wait_for_url("**told=watch-dismiss")
        assert [one["person"] for one in entries(node, "watch.acknowledged")] == ["ann"] * 2
        assert watch.standing(node, ONE).dismissed.note == "no"
        with Watched(browser, base, java_script_enabled=False) as there:
            there.cookie(cookie_name(node), sessions.open_session(node, ANN, "password"))
            there.page.goto("/watch")
            there.page.click("button[value=open]")
            there.page.goto(f"/finding/{ONE}")
            there.page.click("button[value=undo]")
            there.page.goto("/situation?area=cyber")
            there.page.check(f"input[value^='{ONE}']")
            there.page.click("button[value=acknowledge]")
            assert there.page.url.endswith("told=1-0")
    assert len(entries(node, "shift.opened", "watch.undone")) == 2
