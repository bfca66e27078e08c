"""``foedus recall``: what a person sees, from calling an object back to the proof that it stayed away."""

from __future__ import annotations

import pytest
from tests.unit.cli.conftest import GOES, GOES_TOO, HELD, done, run, told

from foedus.node import people
from foedus.node.home import Node

PASSWORD = "a long enough one"
AS = {"input": f"{PASSWORD}\n"}


@pytest.fixture(scope="module")
def node(two):
    with Node.open(two.nato) as opened:
        people.add(opened, "kim", ["releaser"], PASSWORD)
        people.add(opened, "lee", ["analyst"], PASSWORD)
    return two


def test_an_object_is_called_back_listed_and_proven_absent(node):
    said = done("recall", "make", GOES, "--reason", "wrong", "--as", "kim", node=node.nato, **AS)
    assert f"{GOES} is called back." in said
    assert "jpn" in said
    assert "not seen yet" in done("recall", "list", node=node.nato)
    shown = done("recall", "show", GOES, "--to", "jpn", node=node.nato)
    assert f"nato called {GOES} back from jpn" in shown.replace("\n", " ")
    assert "No later release" in shown
    assert "1 not confirmed" in done("node", "status", node=node.nato)
    assert told("node", "status", node=node.nato)["recalls_open"] == 1


def test_the_statement_is_one_document(node):
    done("recall", "make", GOES_TOO, "--to", "jpn", "--as", "kim", "--json", node=node.nato, **AS)
    [one] = told("recall", "show", GOES_TOO, "--to", "jpn", node=node.nato)
    assert (one["absence"]["proven"], one["absence"]["later"], one["recall"]["reason"]) == (True, [], "other")
    assert one["absence"]["checkpoint"].startswith(one["absence"]["log"])
    lifted = done("recall", "lift", GOES_TOO, "--as", "kim", node=node.nato, **AS)
    assert lifted == f"{GOES_TOO} may be released to jpn again.\n"
    assert ", lifted" in done("recall", "list", node=node.nato)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (("make", GOES, "--as", "lee"), 5, "role-missing"),
        (("make", HELD, "--as", "kim"), 2, "recall-not-sent"),
        (("make", GOES, "--reason", "the source talked", "--as", "kim"), 2, "usage"),
        (("lift", HELD, "--as", "kim"), 2, "recall-none"),
        (("show", HELD, "--to", "jpn"), 2, "recall-none"),
    ],
)
def test_what_cannot_be_done_is_said(node, line, code, said):
    result = run("recall", *line, node=node.nato, **AS)
    assert (result.exit_code, said in result.stderr) == (code, True)


def test_a_wrong_password_calls_nothing_back(node):
    before = told("recall", "list", node=node.nato)
    result = run("recall", "make", GOES, "--as", "kim", node=node.nato, input="another\n")
    assert (result.exit_code, told("recall", "list", node=node.nato)) == (5, before)


def test_where_nothing_was_called_back_the_list_says_so(node):
    assert done("recall", "list", node=node.jpn) == "Nothing was called back.\n"
    assert done("recall", "list", "--waiting", node=node.jpn) == "Nobody has to confirm anything.\n"
    assert "recalls" not in done("node", "status", node=node.jpn)
