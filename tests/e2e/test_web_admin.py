"""People, parties, sources and quarantine: who may see and change what; what a form refuses stands by its field, and nothing is lost."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import event
from tests.node_pair import OPEN, bundle, indicator, make_nodes
from tests.queued import at_hand
from tests.web_site import texts, visiting

from foedus.model.people import Person
from foedus.node import account, administer, passkeys, people, sources, vault
from foedus.store import passkeys as kept_passkeys
from foedus.store import quarantine

PASSWORD = "a long password"
KIM = Person("kim", ("analyst",))
RIO = Person("rio", ("releaser",))
FINN = Person("finn", ("administrator",))
GIL = Person("gil", ("liaison",), "jpn")
SECRET = "agent-at-pier-9"
HELD = [
    quarantine.Refusal("maritime", "file:coast", "line 2", "checksum-wrong", "the checksum should be 4A", "ask the station", b"!AIVDM,1*4B"),
    quarantine.Refusal("cyber", f"file:{SECRET}", f"/{SECRET}", "json-malformed", f"not JSON near {SECRET}", "", b"{<script>"),
]  # fmt: skip


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("admin") / "nodes")
    nodes.put("nato", bundle(indicator(1)), OPEN)
    with nodes.open("nato") as node:
        for one in (KIM, RIO, FINN, GIL):
            people.add(node, one.name, one.roles, PASSWORD, one.party)
        with node.store.write() as tx:
            quarantine.put_refusals(tx, HELD, 1_780_272_000_000_000)
            sealed = quarantine.Refusal(
                "information", "file:posts", "line 1", "post-empty", "nothing in it", "", b"a name"
            )
            vault.refuse(node, tx, [sealed])
    return nodes


@pytest.fixture
def node(nodes, tmp_path):
    with nodes.copy(tmp_path / "copy").open("nato") as node:
        yield node


@pytest.fixture
def visit(node):
    with visiting(node) as visit:
        yield visit


@pytest.fixture(scope="module")
def still(nodes, tmp_path_factory):
    """A node that no test changes."""
    with nodes.copy(tmp_path_factory.mktemp("still") / "copy").open("nato") as node:
        yield node


@pytest.fixture(scope="module")
def look(still):
    with visiting(still) as visit:
        yield visit


def kinds(node):
    return [line.kind for line in account.show(node, "master", max(0, account.logs(node)[0].entries - 50), 50)]


def sent(visitor, path, action=None, **fields):
    """Send a form of a page, with its hidden fields."""
    return visitor.post(action or path, {"csrf": visitor.form(path, action or path)["csrf"], **fields})


def wrong(page):
    """What stands by which field of a form."""
    return dict(zip(texts(page, "//span[@class='wrong']/@id/.."), texts(page, "//span[@class='wrong']"), strict=True))


@pytest.mark.parametrize(
    ("path", "kim", "rio", "finn", "gil"),
    [
        ("/sources", 200, 200, 200, 403), ("/quarantine", 200, 200, 200, 403), ("/quarantine/2", 200, 200, 403, 403),
        ("/parties", 200, 200, 200, 403), ("/people", 403, 403, 200, 403), ("/person?name=kim", 403, 403, 200, 403),
    ],
)  # fmt: skip
def test_who_sees_which_page(look, path, kim, rio, finn, gil):
    assert [look(one).get(path).status_code for one in (KIM, RIO, FINN, GIL)] == [kim, rio, finn, gil]
    assert look().get(path).status_code == 303


@pytest.mark.parametrize("path", ["/sources", "/sources/remove", "/quarantine/1", "/people", "/person"])
def test_who_may_not_act_does_not(look, still, path):
    before = (len(sources.listed(still.directory)), [one.name for one in administer.everyone(still)])
    for person in (RIO, GIL, KIM if path in ("/people", "/person") else FINN):
        assert (
            look(person).post(path, {"name": "eve", "act": "aside", "role": "analyst", "new": PASSWORD}).status_code
            == 403
        )
    assert before == (len(sources.listed(still.directory)), [one.name for one in administer.everyone(still)])


# --- people -----------------------------------------------------------------------------------------------------------


def test_an_administrator_adds_a_person_who_then_signs_in(visit, node):
    finn = visit(FINN)
    answer = sent(finn, "/people", name="Ann", role="analyst", party="", new="four unrelated words here")
    assert answer.headers["location"] == "/people?told=added"
    assert people.signed_in(node, "Ann", "four unrelated words here").roles == ("analyst",)
    assert "person.added" in kinds(node)
    rows = list(csv.DictReader(io.StringIO(finn.get("/people.csv").text)))
    assert {row["name"]: row["roles"] for row in rows}["Ann"] == "analyst"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "a/b"}, "Not a name"), ({"name": "kim"}, "There is somebody of that name"),
        ({"role": ""}, "Choose at least one role"), ({"role": "king"}, "Choose at least one role"),
        ({"role": ["analyst", "administrator"]}, "One person cannot hold these together"),
        ({"role": "liaison"}, "A liaison needs a party"), ({"role": "liaison", "party": "xyz"}, "party-unknown"),
        ({"new": "hunter2"}, "Not taken as a password"), ({"new": "ann's own password", "name": "\U0001f680"}, "Not a name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_lost(look, still, changed, said):
    form = {"name": "Ann", "role": "analyst", "party": "", "new": "four unrelated words here"} | changed
    page = sent(look(FINN), "/people", **form)
    assert page.status_code == 422
    [why] = texts(page, "//*[@class='wrong']")
    assert said in why
    assert form["name"] in page.text
    checked = texts(page, "//input[@name='role'][@checked]/@value/..")
    assert len(checked) == len(
        [one for one in ([form["role"]] if isinstance(form["role"], str) else form["role"]) if one not in ("", "king")]
    )
    assert form["new"] not in page.text
    assert len(administer.everyone(still)) == 4


def test_roles_access_and_password_of_others_are_changed_and_entered(visit, node):
    finn = visit(FINN)
    for fields in (
        {"act": "roles", "role": "releaser"}, {"act": "disable"}, {"act": "enable"}, {"act": "password", "new": "quite another phrase"},
    ):  # fmt: skip
        csrf = finn.form("/people", "/people")["csrf"]
        answer = finn.post("/person", {"csrf": csrf, "name": "kim", **fields})
        assert answer.headers["location"] == f"/person?name=kim&told={fields['act']}"
    assert people.signed_in(node, "kim", "quite another phrase").roles == ("releaser",)
    assert kinds(node).count("person.changed") == 4


def test_a_lost_passkey_is_removed_by_an_administrator(visit, node):
    with node.store.write() as tx:
        kept_passkeys.keep_passkey(tx, kept_passkeys.Passkey(b"k", "kim", b"h", b"p", 0, "usb", "Blue key", 1))
    finn = visit(FINN)
    page = finn.get("/person?name=kim")
    assert "Blue key" in page.text
    [key] = passkeys.passkeys(node, "kim")
    csrf = finn.form("/people", "/people")["csrf"]
    assert finn.post("/person", {"csrf": csrf, "name": "kim", "act": "passkey", "passkey": key.id}).status_code == 303
    assert passkeys.passkeys(node, "kim") == []


def test_nobody_shuts_themselves_out_or_changes_their_own_roles(visit, node):
    finn = visit(FINN)
    assert texts(finn.get("/person?name=finn"), "//button[@value='disable']") == []
    csrf = finn.form("/people", "/people")["csrf"]
    for act in ({"act": "disable"}, {"act": "roles", "role": "analyst"}):
        page = finn.post("/person", {"csrf": csrf, "name": "finn", **act})
        assert page.status_code == 422
        assert "another administrator does it" in page.text
    assert finn.get("/person?name=nobody").status_code == 404


def test_a_session_that_rested_asks_again_who_it_is(visit, node):
    clock = at_hand(node, 0)
    finn = visit(FINN)
    clock.on(11 * 60)
    form = {"name": "Ann", "role": "analyst", "party": "", "new": "four unrelated words here"}
    page = sent(finn, "/people", **form)
    assert page.status_code == 422
    assert any("too long since you showed" in one for one in texts(page, "//*[@class='wrong']"))
    assert "Ann" in page.text
    assert sent(finn, "/people", **form, password="not mine").status_code == 422
    assert sent(finn, "/people", **form, password=PASSWORD).status_code == 303


# --- sources ----------------------------------------------------------------------------------------------------------


def test_an_analyst_opens_and_closes_a_source(visit, node):
    kim = visit(KIM)
    form = {"name": "bay", "area": "maritime", "uri": "tcp://127.0.0.1:5631", "label": "PUBLIC TLP:CLEAR"}
    assert sent(kim, "/sources", **form).headers["location"] == "/sources?told=added"
    [row] = csv.DictReader(io.StringIO(kim.get("/sources.csv").text))
    assert (row["name"], row["state"], row["label"]) == ("bay", "stopped", "PUBLIC TLP:CLEAR")
    assert sent(kim, "/sources", "/sources/remove", source="bay").headers["location"] == "/sources?told=removed"
    assert sources.listed(node.directory) == ()
    assert {"source.added", "source.removed"} <= set(kinds(node))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "Bay 9"}, "Not a name for a source"), ({"uri": "http://bay:80"}, "Not an address"), ({"uri": "tcp://bay"}, "Not an address"),
        ({"area": "cyber"}, "reads no live sources"), ({"area": "nowhere"}, "area-unknown"), ({"label": "SECRETISH"}, "Not understood as a label"),
        ({"label": ""}, "Not understood as a label"),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_is_refused_by_its_field_and_nothing_is_lost(look, still, changed, said):
    form = {"name": "bay", "area": "maritime", "uri": "tcp://127.0.0.1:5631", "label": "PUBLIC TLP:CLEAR"} | changed
    page = sent(look(KIM), "/sources", **form)
    assert page.status_code == 422
    [why] = texts(page, "//*[@class='wrong']")
    assert said in why
    for name in ("name", "uri", "label"):
        assert f'name="{name}" value="{form[name]}"' in page.text
    assert sources.listed(still.directory) == ()


def test_a_list_that_cannot_be_read_is_said_and_hides_nothing_else(visit, node):
    (node.directory / sources.FILE).write_text("[[source")
    page = visit(FINN).get("/sources")
    assert page.status_code == 200
    assert "cannot be read" in page.text
    assert visit(KIM).get("/area/maritime").status_code == 200


# --- quarantine -------------------------------------------------------------------------------------------------------


def test_who_sees_no_content_sees_how_much_was_refused_and_why(look):
    page, data = look(FINN).get("/quarantine"), look(FINN).get("/quarantine.json").text
    assert len(texts(page, "//tbody/tr")) == 3
    for text in (page.text, data, look(FINN).get("/quarantine.csv").text):
        assert SECRET not in text
        assert "json-malformed" in text
    assert SECRET in look(RIO).get("/quarantine").text


def test_a_part_is_shown_with_its_bytes_escaped_and_one_that_may_be_personal_without(look):
    page = look(KIM).get("/quarantine/2")
    assert texts(page, "//pre") == ["{<script>"]
    assert page.text.count("<script>") == 0
    sealed = look(KIM).get("/quarantine/3.json")
    assert (sealed.json()["part"]["sealed"], sealed.json()["part"]["refused"]["head"]) == (True, "")
    assert "encrypted in the vault" in look(KIM).get("/quarantine/3").text


def test_an_area_alone_and_page_by_page(look, monkeypatch):
    kim = look(KIM)
    assert [one["area"] for one in kim.get("/quarantine.json?area=cyber").json()["parts"]] == ["cyber"]
    monkeypatch.setattr("foedus.web.pages.quarantine.PAGE_ROWS", 2)
    first = kim.get("/quarantine.json").json()
    second = kim.get(f"/quarantine.json?before={first['next']}").json()
    assert [one["number"] for one in (*first["parts"], *second["parts"])] == [3, 2, 1]
    assert second["next"] == ""


def test_a_part_is_put_aside_or_tried_again_and_what_is_refused_again_is_said(node, visit):
    kim = visit(KIM)
    page = sent(kim, "/quarantine/2", act="retry")
    assert page.status_code == 422
    assert "It was refused again:" in page.text
    assert sent(kim, "/quarantine/2", act="aside").headers["location"] == "/quarantine?told=aside"
    assert [one["number"] for one in kim.get("/quarantine.json").json()["parts"]] == [3, 1]
    [one] = [line.body for line in account.show(node, "master", 0, 1_000) if line.kind == "quarantine.settled"]
    assert (one["number"], one["outcome"], one["person"], one["area"]) == (2, "discarded", "kim", "cyber")
    page = sent(kim, "/quarantine/3", act="retry")
    assert page.status_code == 422
    assert "mend the source" in page.text


@pytest.mark.parametrize("path", ["/quarantine/99", "/quarantine/x", "/quarantine/-1", "/quarantine?before=x"])
def test_a_part_that_is_not_there_is_no_page(look, path):
    assert look(KIM).get(path).status_code == 404


# --- parties and all --------------------------------------------------------------------------------------------------


def test_parties_stand_with_the_keys_and_certificates_of_their_nodes(look, still):
    data = look(FINN).get("/parties.json").json()
    [programme] = data["programmes"]
    held = {party["party"]: party["nodes"] for party in programme["parties"]}
    assert {name: [known["state"] for known in nodes] for name, nodes in held.items()} == {
        "nato": ["holds"],
        "jpn": ["holds"],
    }
    [card] = next(one for one in still.agreements.all(still.clock.now())[0].programme.parties if one.id == "jpn").nodes
    assert all(card.log_key.startswith(key) for role, key in held["jpn"][0]["keys"] if role == "log")
    assert held["jpn"][0]["certificate_until"] > "2030"
    assert data["own"]["certificate_until"] > "2026"
    rows = list(csv.DictReader(io.StringIO(look(FINN).get("/parties.csv").text)))
    assert [row["party"] for row in rows] == ["nato", "jpn"]


def test_an_administrator_reads_what_each_setting_means(look):
    page = look(FINN).get("/settings")
    assert "How long personal data is kept as it came, encrypted." in page.text
    assert "vault_days" not in look(KIM).get("/settings").text


def test_pages_of_many_people_and_sources_ask_the_database_at_most_twenty_times(visit, node):
    with node.store.write() as tx:
        for number in range(30):
            people.keep(node, tx, people.kept_people.Kept(f"person {number}", "analyst", "", ""), "", None)
    for number in range(sources.MOST):
        sources.add(
            node,
            KIM,
            sources.LiveSource(f"s{number}", "maritime", f"udp://127.0.0.1:{6000 + number}"),
            "PUBLIC TLP:CLEAR",
        )
    finn, asked = visit(FINN), []
    for engine in (node.store._readers, node.store._writer):
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for path in ("/people", "/person?name=kim", "/sources", "/quarantine", "/parties", "/settings"):
        asked.clear()
        assert finn.get(path).status_code == 200
        assert 0 < len(asked) <= 20, (path, asked)
