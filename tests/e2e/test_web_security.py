"""Whoever has no session, another's form, or an old cookie gets nothing; and no error says what is held."""

import pytest
from tests.queued import ANNA, CHIE, FINN, OTHERS, PASSWORD, SECRET_ONE, WORD, at_hand, entries, make
from tests.web_site import texts, visiting

from foedus.node import people, sessions
from foedus.web.pages import PAGES

LIAISON = next(one for one in OTHERS if one.name == "gil")
HANA = next(one for one in OTHERS if one.name == "hana")
QUEUE = f"/release/{WORD}/jpn/{SECRET_ONE}"
SEEN_BY_ANYBODY = {"/sign-in", "/sign-in/passkey/begin", "/sign-in/passkey", "/look"}


def filled(path):
    values = {"{programme}": WORD, "{party}": "jpn", "{object_id}": SECRET_ONE, "{number}": "0", "{log}": "master"}
    for name, value in values.items():
        path = path.replace(name, value)
    return path


PATHS = [(page.method, filled(page.path)) for page in PAGES if page.path not in SEEN_BY_ANYBODY]


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with make(tmp_path_factory.mktemp("web") / "guarded").open("nato") as node:
        for one in (LIAISON, HANA):
            people.add(node, one.name, one.roles, PASSWORD, one.party)
        at_hand(node)
        yield node


@pytest.fixture(scope="module")
def visit(node):
    with visiting(node) as visit:
        yield visit


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_without_a_session_every_page_leads_to_sign_in(visit, method, path):
    nobody = visit()
    answer = nobody.get(path) if method == "GET" else nobody.post(path, {"csrf": "0"})
    assert (answer.status_code, answer.headers["location"].partition("?")[0], answer.text) == (303, "/sign-in", "")


@pytest.mark.parametrize("path", ["/release.json", "/release.csv", f"{QUEUE}.json"])
def test_without_a_session_a_twin_says_only_that(visit, path):
    assert (visit().get(path).status_code, visit().get(path).text) == (401, '{"code":"signed-out"}')


@pytest.mark.parametrize("path", sorted({path for method, path in PATHS if method == "POST"}))
def test_a_form_without_the_sessions_own_mark_does_nothing(node, visit, path):
    who = next(page.who for page in PAGES if page.method == "POST" and filled(page.path) == path)
    person = next(one for one in (CHIE, FINN, HANA) if set(one.roles) & set(who))
    theirs, other = visit(person), visit(person)
    foreign = other.form("/settings", "/sign-out")["csrf"]
    for mark in ("", "0", foreign):
        answer = theirs.post(path, {"csrf": mark, "act": "approve", "once": "1", "seen": "", "item": "a|b|c|d"})
        assert answer.status_code == 403
        assert "not of your session" in answer.text
    assert entries(node, "approval.given", "approval.denied", "decision.held", "recall.made") == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_does_nothing_even_with_the_right_mark(node, visit, site):
    chie = visit(CHIE)
    form = {**chie.form(QUEUE, QUEUE), "act": "deny"}
    assert chie.post(QUEUE, form, sec_fetch_site=site).status_code == 403
    assert entries(node, "approval.denied") == []


@pytest.mark.parametrize("person", [FINN, LIAISON], ids=["administrator", "liaison"])
@pytest.mark.parametrize("path", ["/release", QUEUE, f"{QUEUE}/sent/0", "/release.json"])
def test_who_sees_no_findings_gets_none(visit, person, path):
    answer = visit(person).get(path)
    assert answer.status_code == 403
    assert "host1.example" not in answer.text
    assert "four_eyes" not in answer.text


def test_the_cookie_is_of_this_host_alone_and_no_script_reads_it(visit):
    answer = visit().post("/sign-in", {"name": "anna", "password": PASSWORD})
    [cookie] = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-foedus-nato-main=")]
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} == {one.strip() for one in cookie.split(";")[1:]}
    assert "Domain" not in cookie


def test_a_stolen_token_is_worth_nothing_after_the_next_act_or_sign_out(node, visit):
    chie, thief = visit(CHIE), visit()
    thief.cookies.update(chie.cookies)
    assert thief.get("/release").status_code == 200
    chie.post(QUEUE, {**chie.form(QUEUE, QUEUE), "act": "cancel"})
    assert thief.get("/release").status_code == 303
    thief.cookies.update(chie.cookies)
    chie.post("/sign-out", {"csrf": chie.form("/settings", "/sign-out")["csrf"]})
    assert thief.get("/release").status_code == 303


def test_signing_in_gives_a_new_token_whatever_came(node, visit):
    anna = visit(ANNA)
    planted = anna.cookies[anna.name]
    anna.post("/sign-in", {"name": "anna", "password": PASSWORD})
    assert anna.cookies[anna.name] != planted
    with pytest.raises(Exception, match="the session ended"):
        sessions.resume(node, planted)


@pytest.mark.parametrize("name", ["anna", "nobody", "<script>"])
def test_there_is_one_answer_to_whoever_is_not_let_in(visit, name):
    answer = visit().post("/sign-in", {"name": name, "password": "a guess of mine"})
    assert answer.status_code == 403
    assert texts(answer, "//p[@id='refused']")[0].startswith("No such person, not shown to be them")
    assert "<script>" not in answer.text.replace('<script type="module"', "")


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_signing_in_leads_nowhere_else(visit, place):
    answer = visit().post("/sign-in", {"name": "chie", "password": PASSWORD, "next": place})
    assert answer.headers["location"] == "/"
    assert visit().post("/look", {"language": "ja", "next": place}).headers["location"] == "/"


HELD_OR_NOT = [
    SECRET_ONE,
    "indicator--00000000-0000-4000-8000-0000000000ff",
    "<script>alert(1)</script>",
    "%00",
    "a" * 500,
]


@pytest.mark.parametrize("object_id", HELD_OR_NOT[1:])
def test_what_is_not_there_is_not_there_and_nothing_of_it_is_said(visit, object_id):
    answer = visit(ANNA).get(f"/release/{WORD}/jpn/{object_id}")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path", ["/release?after=x", "/release?party=zzz", "/release/none/jpn/x", "/nowhere", "/static/../app.py"]
)
def test_an_error_says_a_code_and_no_content(visit, path):
    answer = visit(ANNA).get(path)
    assert answer.status_code in (400, 404, 422)
    assert "host1.example" not in answer.text
    assert "Traceback" not in answer.text


def test_too_large_a_form_is_refused(visit):
    assert visit(ANNA).post("/look", {"next": "x" * 300_000}).status_code == 400


def test_a_person_who_was_changed_is_out(node, visit):
    hana = next(one for one in OTHERS if one.name == "hana")
    people.add(node, hana.name, hana.roles, PASSWORD)
    there = visit(hana)
    assert there.get("/release").status_code == 200
    people.add(node, hana.name, hana.roles, PASSWORD)
    assert there.get("/release").status_code == 303
