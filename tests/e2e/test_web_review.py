"""The annual review: every figure from the ledger with its entries, what officials write, twins, paper in both languages."""

import csv
import io
import sys
import unicodedata

import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes, stix_id
from tests.web_site import texts, visiting

from foedus.account.bodies import LedgerDisputed, draft
from foedus.account.ledger import append
from foedus.errors import InputError
from foedus.model.people import Person
from foedus.node import account, people, review_text
from foedus.node.recall import Order, Target, recall
from foedus.node.review import review

KIM, EVA = Person("kim", ("analyst", "releaser", "approver")), Person("eva", ("auditor",))
WORD, PAGE = "nato-jpn-itpp-2023", "/programme/review"
HOSTILE = "<script>alert(1)</script> <img src=//evil.example/x> \u202eevil {{7*191}}"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("review") / "nodes")
    nodes.put("nato", bundle(*(indicator(n) for n in range(1, 6))), OPEN)
    nodes.release("nato")
    with nodes.serving_here("nato", "jpn"):
        for party in ("jpn", "nato"):
            nodes.pull(party)
    with nodes.open("nato") as node:
        for one in (KIM, EVA):
            people.add(node, one.name, one.roles, "a long password")
        recall(node, KIM, Target(stix_id("indicator", 1)), Order("wrong"))
    with nodes.serving_here("nato", "jpn"):
        for party in ("jpn", "nato"):
            nodes.pull(party)
    return nodes


@pytest.fixture
def node(nodes, tmp_path):
    with nodes.copy(tmp_path / "copy").open("nato") as node:
        yield node


@pytest.fixture
def visit(node):
    with visiting(node) as visit:
        yield visit


@pytest.fixture
def kim(visit):
    return visit(KIM)


def write(visitor, text, field="summary", seen="0", **more):
    csrf = mark(visitor)
    fields = {"csrf": csrf, "programme": WORD, "period": "2026", "field": field, "seen": seen, "text": text}
    return visitor.post(PAGE, fields | more)


def mark(visitor):
    return visitor.get(PAGE).text.partition('name="csrf" value="')[2].partition('"')[0]


def versions(node, field="summary"):
    [found] = [one for one in review(node, WORD).texts if one.field == field]
    return [one.text for one in found.versions]


def test_the_review_says_the_figures_of_the_scoreboard_and_what_each_rests_on(node, kim):
    data = kim.get(f"{PAGE}.json").json()
    [board] = account.score(node, WORD)
    shown = {one["id"]: one for area in data["areas"] for one in area["indicators"]}
    assert {one.id: account.figure(one.actual) for one in board.indicators}.items() <= {
        key: one["actual"] for key, one in shown.items()
    }.items()
    assert data["trend"][-1] == {
        "year": "2026", "score": board.score, "coverage": board.coverage, "status": board.status,
    }  # fmt: skip
    rests = {one["id"]: one["ranges"] for one in data["rests"]}
    for one in board.indicators:
        held = [(run["log"], seq) for run in rests[one.id] for seq in range(run["first"], run["last"] + 1)]
        assert held == sorted(map(tuple, one.entries))


def test_the_trend_holds_every_year_of_the_term_that_has_begun(kim):
    data = kim.get(f"{PAGE}.json").json()
    assert data["years"] == data["periods"] == ["2023", "2024", "2025", "2026"]
    assert kim.get(f"{PAGE}.json?period=2024").json()["years"] == ["2023", "2024"]


def test_what_was_recalled_is_counted_as_sent_and_as_recalled_each_with_its_entry(kim):
    data = kim.get(f"{PAGE}.json").json()
    [flow] = data["flows"]
    assert [flow[stage]["n"] for stage in ("sent", "accepted", "refused", "recalled", "answered")] == [5, 5, 0, 1, 1]
    for stage in ("recalled", "answered"):
        [(log, seq)] = flow[stage]["entries"]
        page = kim.get(f"/ledger/log?name={log.replace('|', '%7C')}&at={seq}")
        assert texts(page, "//tr[@class='here']/td[1]") == [str(seq)]
    assert kim.get(f"{PAGE}.json?period=2025").json()["flows"] == []


def test_each_figure_leads_to_its_entries_on_the_page(kim):
    page = kim.get(PAGE)
    assert texts(page, "//tr[@id='rests-nato-jpn-cyber-recalled']/td[1]") == [
        "North Atlantic Treaty Organization → Japan · cyber · Recalled"
    ]
    links = page.text.count('href="#rests-')
    assert links
    assert all(f'id="{one.partition(chr(34))[0]}"' in page.text for one in page.text.split('href="#')[1:])


def test_versions_agreed_in_the_year_stand_with_the_entries_of_both_sides(kim):
    [one] = kim.get(f"{PAGE}.json").json()["agreed"]
    assert one["version"] == "1.1.0"
    assert len(one["entries"]) == 3
    assert kim.get(f"{PAGE}.json?period=2024").json()["agreed"] == []


def test_what_was_refused_of_a_log_is_a_dispute_of_its_year(node, kim):
    at, pair = node.clock.now(), next(one for one in account.logs(node) if "|" in one.name)
    programme = review(node, WORD).document.id
    body = LedgerDisputed(
        at="2026-05-30T00:00:00.000000Z", programme=programme, parties=("nato", "jpn"), log=pair.origin,
        came="receipt", code="receipt-old",
    )  # fmt: skip
    with node.store.write() as tx:
        [seq] = append(tx.logs, "master", [draft(body)], at=at, entropy=node.entropy)
    [found] = kim.get(f"{PAGE}.json").json()["troubles"]
    assert (found["code"], found["entry"]) == ("receipt-old", ["master", seq])
    assert "Something said of a log was refused" in kim.get(PAGE).text


def test_the_csv_twin_holds_every_figure_of_the_page(kim):
    rows = list(csv.DictReader(io.StringIO(kim.get(f"{PAGE}.csv").text)))
    data = kim.get(f"{PAGE}.json").json()
    ids = [one["id"] for area in data["areas"] for one in area["indicators"]]
    assert [row["id"] for row in rows if row["section"] == "indicator"] == ids
    assert {row["actual"] for row in rows if row["section"] == "sent"} == {"5"}


def test_a_text_is_saved_versioned_and_entered_by_its_hash(node, kim):
    assert write(kim, "A good year.\r\n").headers["location"].endswith("told=saved#text-summary")
    assert write(kim, "A better year.", seen="1").status_code == 303
    assert versions(node) == ["A better year.", "A good year."]
    assert "A better year." in kim.get(PAGE).text
    newest = [one for one in account.show(node, "master", -1, 5) if one.kind == "review.noted"][-1]
    assert (newest.body["version"], newest.body["person"]) == (2, "kim")
    assert "better" not in str(newest.body)


def test_the_same_text_again_is_one_version(node, kim):
    for _ in range(2):
        assert write(kim, "Once.").status_code == 303
    assert versions(node) == ["Once."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("あ" * 4001, "The text is too long"), ("bell\x07", "The text holds control characters")],
)
def test_a_text_that_cannot_be_taken_stays_in_its_field_with_the_reason(kim, text, sentence):
    answer = write(kim, text, field="area.cyber")
    assert answer.status_code == 422
    [shown] = texts(answer, "//p[@id='why-area.cyber']")
    assert shown.startswith(sentence)
    assert text.replace("\x07", "\\u0007") in answer.text
    assert review_text.MOST == 4_000


def test_who_writes_over_what_they_did_not_see_gets_both_texts(node, kim):
    write(kim, "Theirs.")
    answer = write(kim, "Mine.", seen="0")
    assert answer.status_code == 422
    assert "Somebody else wrote here meanwhile" in answer.text
    assert "Theirs." in answer.text
    assert texts(answer, "//details[@id='text-summary']//textarea") == ["Mine."]
    assert versions(node) == ["Theirs."]


def test_each_language_has_its_text_and_shows_the_other_marked_so(node, kim):
    write(kim, "In English.")
    kim.cookies["foedus-look"] = "ja.light.keys"
    assert texts(kim.get(PAGE), "//div[@class='said'][@lang='en']") == ["In English."]
    assert write(kim, "日本語で。").status_code == 303
    assert {one.language for one in review(node, WORD).texts} == {"en", "ja"}


def test_an_auditor_reads_and_does_not_write(visit):
    eva = visit(EVA)
    assert "<textarea" not in eva.get(PAGE).text
    assert write(eva, "x", csrf="x").status_code == 403


@pytest.mark.parametrize("field", ["", "nothing", "area.nothing", "master"])
def test_a_field_that_no_review_has_is_refused(kim, field):
    assert write(kim, "x", field=field).status_code == 400


@pytest.mark.parametrize("query", ["period=2022", "period=2027", "period=x", "on=2026-13-01", "on=2026-06-02", "on=x"])
def test_a_year_or_day_that_cannot_be_is_refused(kim, query):
    assert kim.get(f"{PAGE}?{query}").status_code == 400


def test_a_programme_that_is_not_held_is_refused_as_elsewhere(node, kim):
    assert kim.get(f"{PAGE}?programme=nothing").status_code == 400
    with pytest.raises(InputError):
        review(node, "nothing")


def paper(visitor, look):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    pytest.importorskip("weasyprint", reason="the extra pdf is not installed")
    visitor.cookies["foedus-look"] = f"{look}.light.keys"
    answer = visitor.get("/programme/review.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content, pypdf.PdfReader(io.BytesIO(answer.content))


def test_on_paper_it_is_the_page_in_japanese_with_its_fonts_inside(kim):
    kim.cookies["foedus-look"] = "ja.light.keys"
    write(kim, "着実な一年でした。")
    _, read = paper(kim, "ja")
    # Some glyphs of these fonts stand for two characters that look alike; what is extracted is compared as such.
    said = unicodedata.normalize("NFKC", "".join(page.extract_text() for page in read.pages))
    for words in ("2026年の評価", "計画の状況", "共有と回収", "着実な一年でした", "日本国"):
        assert words in said, said[:300]
    assert read.pages[0].mediabox.width == pytest.approx(595.28, abs=0.1)
    fonts = [font.get_object() for page in read.pages for font in page["/Resources"]["/Font"].values()]
    inside = [one["/DescendantFonts"][0].get_object()["/FontDescriptor"] for one in fonts]
    assert all({"/FontFile2", "/FontFile3"} & set(one.get_object()) for one in inside)


def test_nothing_that_is_written_makes_the_paper_fetch_or_run_anything_and_it_is_the_same_again(kim):
    write(kim, HOSTILE)
    raw, read = paper(kim, "en")
    said = "".join(page.extract_text() for page in read.pages)
    assert "<script>alert(1)</script>" in said
    assert "{{7*191}}" in said
    assert b"/URI (http://evil" not in raw
    assert b"/JavaScript" not in raw
    assert paper(kim, "en")[0] == raw


def test_without_the_extra_the_page_says_what_to_do(kim, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = kim.get("/programme/review.pdf")
    assert answer.status_code == 400
    assert "This node makes no PDFs" in answer.text
