"""A partner's liaison officer sees what their party was given, as it was given, and of anything else no byte."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from sqlalchemy import event
from tests.node_pair import AMBER, OPEN, bundle, indicator, make_nodes, stix_id
from tests.twin import HIDDEN, MISSING, PROGRAMME, SECRETS, SEEN, WORD, Twins, later, visible
from tests.twin_acts import ACTS, make_base
from tests.web_site import texts, visiting

from foedus.model.people import Person
from foedus.node import people
from foedus.node.recall import Order, Target, recall
from foedus.web.app import for_liaisons
from foedus.web.pages import LIAISON_PAGES, PAGES

pytestmark = pytest.mark.e2e
PASSWORD = "a long password"
GIL, LEE = Person("gil", ("liaison",), "jpn"), Person("lee", ("liaison",), "kor")
RIO = Person("rio", ("releaser",))
ALL = {**SECRETS, **ACTS}
BOTH = {"nato-japan-2023": ("nato", "jpn"), "nato-korea-2023": ("nato", "kor")}
PAIR = f"{PROGRAMME}|nato|jpn"
HOSTILE = "<script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>\u202e{{7*191}}"


def asked() -> list[str]:
    """Return all that a liaison may ask for, and much that they may not."""
    queries = (
        *(
            "",
            "area=cyber",
            "area=space",
            "area=none",
            "kind=indicator",
            "kind=malware",
            "owner=nato",
            "owner=kor",
            "owner=zzz",
        ),
        *(
            "label=PUBLIC+TLP%3ACLEAR",
            "label=NATO+SECRET+TLP%3ARED",
            "label=1",
            "label=2",
            "since=2026-06-01",
            "until=2026-05-31",
        ),
        *("since=x", "after=1", "after=x", "after=99999999999999999", "programme=nato-kor-itpp-2023", "programme=none"),
        f"programme={WORD}&area=cyber&kind=indicator&owner=nato&since=2026-05-01&until=2026-12-31",
    )
    ids = (*SEEN[:3], *HIDDEN.values(), MISSING)
    return [
        *(f"/situation{twin}?{query}" for twin in ("", ".json", ".csv") for query in queries),
        *(f"/finding/{one}{rest}" for one in ids for rest in ("", ".json", ".csv", "/stix", "/stix?version=x")),
        *("/ledger", "/ledger.json", "/session", "/nowhere", "/watch", "/openapi.json"),
        *(f"/ledger/log.json?name={quote(name)}" for name in (PAIR, "master", PAIR.replace("jpn", "kor"), "none", "")),
        *(f"/ledger/proof?name={quote(name)}&at=0" for name in (PAIR, "master", "none")),
    ]


def probed(world) -> list[tuple[object, ...]]:
    node = world.node()
    people.add(node, GIL.name, GIL.roles, PASSWORD, party="jpn")
    with visiting(node, for_liaisons) as visit:
        gil, found = visit(GIL), []
        # The mark of a session's forms is random: no two sessions have the same.
        mark = gil.get("/session.json").json()["csrf"].encode()
        for look in ("en.light.keys", "ja.dark.keys"):
            gil.cookies["foedus-look"] = look
            for path in asked():
                answer = gil.get(path)
                kept = sorted((name, value) for name, value in answer.headers.items() if name != "date")
                found.append((path, look, answer.status_code, kept, answer.content.replace(mark, b"")))
    return found


@pytest.fixture(scope="module")
def twin_base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("liaison") / "twins").directory


def test_what_is_hidden_changes_no_byte_of_any_page(twin_base, tmp_path):
    twins = Twins(twin_base, tmp_path)
    visible(twins.bare)
    later(twins.bare)
    visible(twins.full)
    for secret in ALL.values():
        secret(twins.full)
    later(twins.full)
    bare, full = probed(twins.bare), probed(twins.full)
    twins.close()
    assert [one[:3] for one, other in zip(bare, full, strict=True) if one != other] == []
    assert {status for _, _, status, _, _ in bare} == {200, 303, 400, 404, 405} & {
        status for _, _, status, _, _ in bare
    }
    assert sum(status == 200 for _, _, status, _, _ in bare) > 60


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("given") / "nodes", BOTH)
    nodes.put(
        "nato", bundle(*(indicator(n, name=f"Host {n}") for n in range(1, 56)), indicator(70, name=HOSTILE)), OPEN
    )
    nodes.put("nato", bundle(indicator(60, name="Secret host")), "NATO SECRET TLP:RED")
    nodes.put("nato", bundle(indicator(61, x_ticket="INC-7", name="Redacted host")), AMBER)
    nodes.release("nato")
    with nodes.open("nato") as node:
        for one in (GIL, LEE, RIO):
            people.add(node, one.name, one.roles, PASSWORD, party=one.party)
    return nodes


@pytest.fixture
def node(base, tmp_path):
    with base.copy(tmp_path / "copy").open("nato") as node:
        yield node


@pytest.fixture
def visit(node):
    with visiting(node, for_liaisons) as visit:
        yield visit


@pytest.fixture
def gil(visit):
    return visit(GIL)


def items(gil, query=""):
    return gil.get(f"/situation.json?{query}").json()["given"]["items"]


def test_all_that_was_given_comes_page_by_page_once(gil):
    first = gil.get("/situation.json").json()["given"]
    rest = gil.get(f"/situation.json?after={first['next']}").json()["given"]
    found = [one["object_id"] for one in (*first["items"], *rest["items"])]
    assert (len(first["items"]), rest["next"], len(found), len(set(found))) == (50, "", 57, 57)
    assert stix_id("indicator", 60) not in found
    assert first["total"] == 57


@pytest.mark.parametrize("name", ["area", "kind", "owner", "label"])
def test_each_choice_says_how_many_it_leaves(gil, name):
    counts = gil.get("/situation.json").json()["given"]["counts"][name]
    assert counts
    for value, held in counts.items():
        found = gil.get(f"/situation.json?{name}={quote(value)}").json()["given"]
        assert found["total"] == held
        assert len(found["items"]) == min(held, 50)


def test_days_bound_when_it_was_given(gil):
    assert items(gil, "until=2026-05-31") == []
    assert len(items(gil, "since=2026-06-01&until=2026-06-01")) == 50
    assert gil.get("/situation?since=x").status_code == 400


def test_what_was_taken_out_stands_nowhere(gil):
    redacted = stix_id("indicator", 61)
    for path in (
        f"/finding/{redacted}",
        f"/finding/{redacted}.json",
        f"/finding/{redacted}/stix",
        "/situation",
        "/situation.json",
    ):
        answer = gil.get(path)
        assert answer.status_code == 200
        assert "INC-7" not in answer.text, path
    assert "Redacted host" in gil.get(f"/finding/{redacted}").text


def test_a_recall_takes_it_away_at_once(node, gil):
    one = stix_id("indicator", 1)
    assert gil.get(f"/finding/{one}").status_code == 200
    recall(node, RIO, Target(one), Order("wrong"))
    assert gil.get(f"/finding/{one}").status_code == 404
    assert one not in {item["object_id"] for item in items(gil)}
    assert gil.get("/situation.json").json()["given"]["total"] == 56


def test_another_party_is_given_what_is_its_own(visit):
    lee = visit(LEE)
    given = {
        one["object_id"]
        for one in (*items(lee), *items(lee, "after=" + lee.get("/situation.json").json()["given"]["next"]))
    }
    assert stix_id("indicator", 1) in given
    assert stix_id("indicator", 61) not in given
    assert lee.get(f"/finding/{stix_id('indicator', 61)}").status_code == 404
    assert lee.get(f"/ledger/log?name={quote(PAIR)}").status_code == 404
    assert [one["name"] for one in lee.get("/ledger.json").json()["logs"]] == [PAIR.replace("jpn", "kor")]
    assert lee.get(f"/situation?programme={WORD}").status_code == 400


def test_only_a_liaison_gets_in_and_everybody_else_gets_one_answer(visit):
    answers = set()
    for name, password in (("rio", PASSWORD), ("rio", "wrong"), ("nobody", PASSWORD), ("gil", "wrong")):
        answer = visit().post("/sign-in", {"name": name, "password": password})
        answers.add((answer.status_code, *texts(answer, "//main//p")))
    assert len(answers) == 1
    assert answers.pop()[0] == 403
    gil = visit()
    assert gil.post("/sign-in", {"name": "gil", "password": PASSWORD}).headers["location"] == "/"
    assert gil.get("/").headers["location"] == "/situation"
    assert visit(RIO).get("/situation").status_code == 403


def test_nothing_of_the_staff_is_there(gil):
    own = {(one.method, one.path) for one in LIAISON_PAGES}
    for page in PAGES:
        if (page.method, page.path) in own:
            continue
        path = page.path.format(**dict.fromkeys(("object_id", "name", "number", "programme", "party"), "1"))
        answer = gil.get(path) if page.method == "GET" else gil.post(path, {"csrf": "x"})
        assert answer.status_code == 404, page.path
    assert gil.get("/watch/stream").status_code == 404
    assert gil.get("/finding/x/beside").status_code == 404


def test_what_a_partner_wrote_is_text(gil):
    for path in ("/situation", f"/finding/{stix_id('indicator', 70)}"):
        page = gil.get(path)
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        assert "\\u202e" in page.text
        assert "1337" not in page.text


def test_the_logs_of_the_pair_are_read_entry_by_entry_with_proofs(gil):
    [sent] = [one for one in gil.get("/ledger.json").json()["logs"] if one["name"] == PAIR]
    assert sent["entries"] > 50
    page = gil.get(f"/ledger/log?name={quote(PAIR)}")
    assert len(texts(page, "//tbody/tr")) == 50
    assert gil.get(f"/ledger/proof?name={quote(PAIR)}&at=0").text.startswith("c2sp.org/tlog-proof")
    assert gil.get("/ledger/log?name=master").status_code == 404


def test_a_page_asks_the_database_at_most_twenty_times(node, gil):
    for path in (
        "/situation",
        f"/finding/{stix_id('indicator', 1)}",
        "/ledger",
        f"/ledger/log?name={quote(PAIR)}",
        "/situation.json?area=cyber&kind=indicator",
    ):
        said: list[str] = []

        def keep(*given, said=said):
            if not str(given[2]).startswith("BEGIN"):
                said.append(str(given[2]))

        for engine in (node.store._readers, node.store._writer):
            event.listen(engine, "before_cursor_execute", keep)
        assert gil.get(path).status_code == 200
        for engine in (node.store._readers, node.store._writer):
            event.remove(engine, "before_cursor_execute", keep)
        assert 0 < len(said) <= 20, path
