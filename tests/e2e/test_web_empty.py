"""Nothing is there yet: every page of a node that was just made says so, and none is a fault."""

from __future__ import annotations

import pytest
from tests.web_site import texts, visiting

from foedus.model.people import Person
from foedus.node import people
from foedus.node.home import Node
from foedus.node.init import init
from foedus.web.pages import PAGES

pytestmark = pytest.mark.e2e
KIM, FINN = Person("kim", ("analyst", "releaser", "approver")), Person("finn", ("administrator",))
PARTS = {
    "object_id": "indicator--00000000-0000-4000-8000-000000000001",
    "name": "cyber",
    "number": "1",
    "programme": "x",
    "party": "jpn",
}
EMPTY = {
    "/situation": "Nothing found", "/release": "Nothing waits", "/find": "What do you look for?", "/ledger": "never",
    "/quarantine": "Nothing", "/sources": "There is no live source yet.",
}  # fmt: skip


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    directory = tmp_path_factory.mktemp("empty") / "nato"
    init(directory, "nato", ["nato-japan-2023"])
    with Node.open(directory) as node:
        for one in (KIM, FINN):
            people.add(node, one.name, one.roles, "a long password")
        yield node


@pytest.mark.parametrize("twin", ["", ".json", ".csv"])
def test_no_page_of_a_new_node_is_a_fault(node, twin):
    with visiting(node) as visit:
        kim, finn = visit(KIM), visit(FINN)
        for page in PAGES:
            if page.method == "GET":
                visitor = finn if page.who == ("administrator",) else kim
                answer = visitor.get(page.path.format(**PARTS) + twin)
                assert answer.status_code < 500, page.path


def test_an_empty_page_says_what_is_missing(node):
    with visiting(node) as visit:
        kim = visit(KIM)
        for path, said in EMPTY.items():
            assert said in " ".join(texts(kim.get(path), "//main")), path
