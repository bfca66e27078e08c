"""Programmes for others: the calendar, IATI, several side by side; of a node with two partners, in both languages."""

import csv
import io
from typing import get_args

import icalendar
import pytest
from lxml import etree
from tests.node_pair import JAPAN_AND_KOREA, OPEN, bundle, indicator, make_nodes
from tests.web_site import texts, visiting

from foedus.model.people import Person
from foedus.node import account, agenda, people, programmes
from foedus.programme.agenda import Dated
from foedus.programme.calendar import Kind
from foedus.web import words as wording

KIM, ADA = Person("kim", ("analyst", "releaser", "approver")), Person("ada", ("administrator",))
JAPAN, KOREA = "nato-jpn-itpp-2023", "nato-kor-itpp-2023"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("programmes") / "nodes", JAPAN_AND_KOREA)
    nodes.send("nato", bundle(*(indicator(n) for n in range(1, 4))), OPEN)
    return nodes


@pytest.fixture(scope="module")
def node(nodes):
    with nodes.open("nato") as node:
        for one in (KIM, ADA):
            people.add(node, one.name, one.roles, "a long password")
        yield node


@pytest.fixture(scope="module")
def visit(node):
    with visiting(node) as visit:
        yield visit


@pytest.fixture
def kim(visit):
    return visit(KIM)


def events(raw):
    return icalendar.Calendar.from_ical(raw).walk("VEVENT")


def test_the_calendar_reads_back_as_the_agenda(node, kim):
    answer = kim.get(f"/programme.ics?programme={JAPAN}")
    assert answer.headers["content-type"].startswith("text/calendar")
    found, said = events(answer.content), agenda.agenda(node, JAPAN)
    assert [(one["dtstart"].dt.isoformat(), str(one["categories"].cats[0])) for one in found] == [
        (one.day, one.kind) for one in said
    ]
    assert all(one.title in str(event["summary"]) for one, event in zip(said, found, strict=True))


def test_the_calendar_follows_the_rules_of_its_format(kim):
    raw = kim.get("/programme.ics").content
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    uids = [str(one["uid"]) for one in events(raw)]
    assert len(uids) == len(set(uids))
    assert not any(one.errors for one in events(raw))


def test_the_calendar_is_the_same_until_the_programme_changes_and_each_event_keeps_its_name(node, kim):
    first = kim.get("/programme.ics").content
    assert kim.get("/programme.ics").content == first
    kim.cookies["foedus-look"] = "ja.light.keys"
    japanese = kim.get("/programme.ics").content
    assert [one["uid"] for one in events(japanese)] == [one["uid"] for one in events(first)]
    assert any(str(one["summary"]).startswith("評価: ") for one in events(japanese))


def test_stamps_come_from_the_last_signature(node, kim):
    _, programme = programmes.document_of(node, JAPAN)
    [stamp] = {one["dtstamp"].dt.isoformat() for one in events(kim.get("/programme.ics").content)}
    assert stamp[:19] == max(one.at for one in programme.signatures)[:19]


@pytest.mark.parametrize(
    "text", ["a;b,c\\\\d", "one\r\nBEGIN:VALARM\r\nEND:VALARM", "あ" * 200, '"quoted": x', "END:VEVENT", "line\nbreak"]
)
def test_no_text_of_a_programme_breaks_out_of_its_field(node, text):
    _, programme = programmes.document_of(node, JAPAN)
    raw = agenda.calendar_of(programme, [Dated("2026-06-01", "milestone", "m", text, text)], "en", agenda.KINDS)
    [found] = events(raw)
    assert str(found["description"]).replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert not found.subcomponents
    assert max(map(len, raw.split(b"\r\n"))) <= 75


def test_every_kind_of_what_is_due_has_a_word():
    assert set(agenda.KINDS) == set(get_args(Kind))
    assert all(wording.texts("en")[f"calendar.kind.{kind}"] == said for kind, said in agenda.KINDS.items())


def test_the_iati_file_says_the_figures_of_the_board(node, kim):
    answer = kim.get(f"/programme/iati.xml?programme={JAPAN}")
    found = etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False, no_network=True))
    [board] = account.score(node, JAPAN)
    actual = next(one.actual for one in board.indicators if one.id == "cyber-released")
    period = found.findall(".//indicator/period")[3]
    assert period.find("actual").get("value") == str(actual) == "3"
    assert answer.headers["content-disposition"] == f'attachment; filename="{JAPAN}-iati.xml"'


@pytest.mark.parametrize("look", ["en", "ja"])
def test_what_the_iati_file_does_not_say_is_said_beside_it(kim, look):
    kim.cookies["foedus-look"] = f"{look}.light.keys"
    page, data = kim.get("/programme/iati"), kim.get("/programme/iati.json").json()
    assert texts(page, "//tbody/tr/td[1]") == [
        wording.texts(look)[f"iati.loss.{one['code']}"] for one in data["losses"]
    ]


def test_the_alliance_sees_all_its_programmes_side_by_side(node, kim):
    page, data = kim.get("/programmes"), kim.get("/programmes.json").json()
    assert [one["word"] for one in data["programmes"]] == [JAPAN, KOREA]
    for one in data["programmes"]:
        [board] = account.score(node, one["word"])
        assert (one["score"], one["coverage"], one["status"]) == (board.score, board.coverage, board.status)
    assert texts(page, "//h2[text()='Areas']/..//th") == ["Area", JAPAN, KOREA]
    assert "Republic of Korea" in texts(page, "//h2[text()='How they stand']/..//tbody/tr[2]/td[2]")[0]


def test_what_a_programme_has_not_is_said_to_be_none_and_is_no_row_of_its_own(node, kim):
    data = kim.get("/programmes.json").json()
    for part in ("areas", "indicators"):
        for at, word in enumerate((JAPAN, KOREA)):
            [board] = account.score(node, word)
            held = {row["id"]: row["cells"][at] for row in data[part]}
            stated = {one.id: one for one in getattr(board, part)}
            assert {key for key, cell in held.items() if cell} == stated.keys()
            assert all(held[key]["score"] == one.score for key, one in stated.items())


def test_objectives_have_a_score_and_coverage_of_the_areas_that_serve_them(node, kim):
    [programme, _] = kim.get("/programmes.json").json()["programmes"]
    assert [one["title"] for one in programme["objectives"]] == [
        "Strengthen dialogue and consultations", "Promote practical cooperation and enhance interoperability",
        "Reinforce resilience at every stage from peacetime to crisis",
    ]  # fmt: skip
    assert all(0 <= one["score"] <= 1 and 0 < one["coverage"] <= 1 for one in programme["objectives"])


def test_what_is_late_and_what_comes_next_is_said_of_each(node, kim):
    data = kim.get("/programmes.json").json()
    for one in data["programmes"]:
        assert [each["day"] for each in one["coming"]] == sorted(each["day"] for each in one["coming"])
        assert all(each["day"] >= data["today"] > late["day"] for each in one["coming"] for late in one["late"])
    assert [one["key"] for one in data["programmes"][0]["late"]] == ["ms-midterm"]


def test_a_partner_sees_its_own_alone(nodes):
    with nodes.open("jpn") as node:
        people.add(node, KIM.name, KIM.roles, "a long password")
        with visiting(node) as visit:
            visitor = visit(KIM)
            assert [one["word"] for one in visitor.get("/programmes.json").json()["programmes"]] == [JAPAN]
            assert KOREA not in visitor.get("/programmes").text


def test_the_csv_twin_holds_every_cell(kim):
    data, rows = kim.get("/programmes.json").json(), list(csv.DictReader(io.StringIO(kim.get("/programmes.csv").text)))
    for part, row in (("areas", "area"), ("indicators", "indicator")):
        cells = sum(cell is not None for each in data[part] for cell in each["cells"])
        assert sum(one["row"] == row for one in rows) == cells
    assert {one["programme"] for one in rows} == {JAPAN, KOREA}


PAGES = ["/programmes", "/programme.ics", "/programme/iati", "/programme/iati.xml"]


@pytest.mark.parametrize("path", PAGES)
def test_what_a_programme_gives_is_for_those_who_see_findings(visit, path):
    assert visit(ADA).get(path).status_code == 403
    assert visit().get(path).status_code == 303


@pytest.mark.parametrize("path", PAGES[1:])
def test_a_programme_that_is_not_held_gives_nothing(visit, path):
    assert visit(KIM).get(f"{path}?programme=nothing").status_code == 400
