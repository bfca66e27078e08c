"""The description of the pages, compared with the pages; and the client that reads them, against a served node."""

import json
import re

import httpx
import jsonschema
import lxml.html
import pytest
from openapi_spec_validator import validate
from tests.node_pair import AMBER, OPEN, bundle, indicator, make_nodes, stix_id
from tests.web_site import Visitor, site

from foedus.client import Client
from foedus.errors import ExchangeError, InputError, ReleaseError, TrustError
from foedus.model.people import Person
from foedus.node import account, people, sessions
from foedus.node.pending import pending
from foedus.web.described import DESCRIBED
from foedus.web.pages import PAGES

KIM, PASSWORD, WORD = Person("kim", ("analyst", "releaser", "approver")), "a long password", "nato-jpn-itpp-2023"
ONE = stix_id("indicator", 1)
HELD = "NATO CONFIDENTIAL TLP:AMBER+STRICT"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("client") / "nodes")
    nodes.put("nato", bundle(*(indicator(n) for n in range(1, 56))), OPEN)
    nodes.put("nato", bundle(indicator(60)), AMBER)
    nodes.release("nato")
    with nodes.serving_here("nato", "jpn"):
        for party in ("jpn", "nato"):
            nodes.pull(party)
    with nodes.open("nato") as node:
        people.add(node, KIM.name, KIM.roles, PASSWORD)
    return nodes


@pytest.fixture(scope="module")
def node(nodes):
    with nodes.open("nato") as node:
        yield node


@pytest.fixture(scope="module")
def base(node):
    with site(node) as base:
        yield base


@pytest.fixture(scope="module")
def description(base):
    return httpx.get(f"{base}/openapi.json").json()


@pytest.fixture
def client(node, base):
    with Client(base, sessions.open_session(node, KIM, "password")) as client:
        yield client


# The description.


def test_the_description_is_valid_and_names_every_route_and_no_other(description):
    validate(description)
    described = {(method.upper(), path) for path, item in description["paths"].items() for method in item}
    routes = {(page.method, page.path) for page in PAGES}
    bare = {(method, re.sub(r"\.(json|csv)$", "", path)) for method, path in described} - {("GET", "/openapi")}
    assert bare == routes
    assert set(DESCRIBED) <= routes | {("GET", "/openapi")}


def test_every_operation_has_a_name_of_its_own_a_summary_and_the_roles_it_is_for(description):
    found = [one for item in description["paths"].values() for one in item.values()]
    assert len({one["operationId"] for one in found}) == len(found)
    assert all(one["summary"] for one in found)
    assert description["paths"]["/programme/review"]["post"]["x-roles"] == ["analyst", "releaser", "approver"]
    assert description["paths"]["/sign-in"]["get"]["security"] == []


PLACES = {"object_id": ONE, "programme": WORD, "party": "jpn", "number": "0"}
TWINS = [(path, said.twin) for (method, path), said in DESCRIBED.items() if said.twin is not None]


@pytest.mark.parametrize(("path", "twin"), TWINS, ids=lambda one: one if isinstance(one, str) else one.__name__)
def test_a_twin_is_what_the_description_says_no_more_and_no_less(client, description, path, twin):
    query = {"name": "master"} if path == "/ledger/log" else {}
    data = client.read(path.format(**PLACES), **query)
    schema = {"$ref": f"#/components/schemas/{twin.__name__}", "components": description["components"]}
    jsonschema.validate(data, schema)
    assert set(data) <= set(twin.__struct_fields__)


def test_forms_of_the_pages_hold_the_fields_that_are_described(node, base, description):
    visitor = Visitor(node, base, KIM)
    seen = set()
    with visitor.client:
        for path in ("/release", f"/finding/{ONE}", "/programme/review", "/settings", "/ledger"):
            for form in lxml.html.fromstring(visitor.get(path).text).xpath("//form[@method='post']"):
                route = next(p.path for p in PAGES if p.method == "POST" and matches(p.path, form.get("action")))
                body = description["paths"][route]["post"]["requestBody"]["content"]
                [schema] = [one["schema"] for one in body.values()]
                names = {one.get("name") for one in form.xpath(".//*[@name]")}
                if ("POST", route) in DESCRIBED:
                    seen.add(route)
                    assert names - {"username"} <= set(schema["properties"]), route
    assert {"/finding/{object_id}/recall", "/programme/review", "/settings/password"} <= seen


def matches(path, action):
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), action)


# The client.


def test_signing_in_gives_a_session_and_signing_out_ends_it(base):
    with Client.sign_in(base, "kim", PASSWORD) as client:
        said, token = client.session(), client.token
        assert (said.name, said.roles, said.fresh) == (KIM.name, KIM.roles, True)
        client.sign_out()
    with Client(base, token) as again, pytest.raises(TrustError) as caught:
        again.session()
    assert caught.value.code == "signed-out"


def test_a_wrong_password_is_one_answer(base):
    for name in ("kim", "nobody"):
        with pytest.raises(TrustError) as caught:
            Client.sign_in(base, name, "wrong")
        assert caught.value.code == "sign-in-refused"


@pytest.mark.parametrize(
    "base",
    ["http://example.org:8080", "https://localhost", "http://localhost.evil.example", "file:///etc", "localhost"],
)
def test_a_password_goes_to_this_machine_alone(base):
    with pytest.raises(InputError) as caught:
        Client.sign_in(base, "kim", PASSWORD)
    assert caught.value.code == "client-address"


def test_findings_come_page_by_page_each_once(client):
    found = list(client.findings(area="cyber"))
    assert len({one.object_id for one in found}) == len(found) == 56
    assert next(iter(client.findings(owner="nato"))).owner == "nato"


def test_a_finding_comes_with_its_bytes_and_what_becomes_of_it(client):
    found = client.finding(ONE)
    assert found.current.object_id == ONE
    assert client.stix(ONE) == indicator(1)
    assert [one.party for one in found.goes] == ["jpn"]


def test_the_ledger_is_read_entry_by_entry_with_proofs(node, client):
    log = next(one for one in client.ledger().logs if one.own and "|" in one.name)
    found = list(client.entries(log.name))
    assert [one.seq for one in found] == list(range(log.entries - 1, -1, -1))
    assert log.entries > 50
    assert client.proof(log.name, 0) == account.prove(node, log.name, 0)


def test_what_waits_is_what_the_queue_holds(node, client):
    assert [one.hash for one in client.waiting("jpn")] == [one.hash for one in pending(node, "jpn").items]


def test_programmes_and_reviews_are_types(node, client):
    [board] = account.score(node, WORD)
    assert client.programmes().programmes[0].score == board.score
    assert client.programme().chosen.word == WORD
    said = client.review(period="2025")
    assert (said.period, said.years) == ("2025", ("2023", "2024", "2025"))
    assert client.calendar().startswith(b"BEGIN:VCALENDAR")
    assert client.iati().startswith(b"<?xml")


def test_a_text_is_written_and_not_over_what_was_not_seen(client):
    before = client.review()
    client.write(before, "summary", "From a program.")
    assert client.review().texts["summary"]["here"]["text"] == "From a program."
    with pytest.raises(InputError) as caught:
        client.write(before, "summary", "Again.")
    assert caught.value.code == "review-text-changed"


def test_an_act_is_done_once_and_changes_the_token(client):
    before = client.token
    path = f"/finding/{stix_id('indicator', 2)}/recall"
    assert client.act(path, act="recall", reason="wrong", party="jpn").endswith("told=recalled")
    assert client.token != before
    with pytest.raises(TrustError) as caught:
        client.act(path, act="recall", reason="wrong", party="jpn")
    assert caught.value.code == "recall-made"


@pytest.mark.parametrize(
    ("asked", "kind", "code"),
    [
        (lambda one: one.finding("indicator--00000000-0000-4000-8000-00000000dead"), ReleaseError, "absent"),
        (lambda one: one.review(period="1999"), InputError, "period-unknown"),
        (lambda one: one.programme("x").chosen and one.review("x"), InputError, "programme-unknown"),
        (lambda one: one.situation(urgency="x"), InputError, "filter-malformed"),
        (lambda one: list(one.entries("nothing")), ReleaseError, "absent"),
        (lambda one: one.read("/nowhere"), ReleaseError, "absent"),
        (lambda one: one.act("/finding/x--1/recall", act="recall", reason="nonsense"), InputError, "form-malformed"),
    ],
)
def test_what_the_node_refuses_is_the_error_that_it_said(client, asked, kind, code):
    with pytest.raises(kind) as caught:
        asked(client)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(200, text="<html>"), httpx.Response(200, json={"name": 1}), httpx.Response(200, json=[])],
    ids=["html", "wrong", "list"],
)
def test_what_is_no_answer_of_a_node_is_said_to_be_none(answer):
    with Client("http://localhost:1", transport=httpx.MockTransport(lambda _: answer)) as client:
        with pytest.raises(ExchangeError) as caught:
            client.session()
    assert caught.value.code == "client-version"


def test_a_node_that_does_not_answer_may_be_asked_again():
    with Client("http://localhost:1") as client, pytest.raises(ExchangeError) as caught:
        client.session()
    assert caught.value.retryable


def test_the_client_says_no_token(client):
    assert client.token not in repr(client)
    assert client.token not in json.dumps({k: repr(v) for k, v in vars(client).items() if k != "_token"})
