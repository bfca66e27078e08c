"""``foedus grant``, ``foedus break-glass`` and ``foedus show --due`` as people run them."""

from __future__ import annotations

import pytest
from tests.node_pair import bundle, indicator, stix_id
from tests.unit.cli.conftest import done, run, told

from foedus.node import people

MARKED = stix_id("indicator", 41)
SECRET = "correct horse\n"


@pytest.fixture(scope="module")
def nato(fresh):
    fresh.nodes.put("nato", bundle(indicator(41)), "NATO RESTRICTED Releasable to Japan ORCON TLP:AMBER")
    with fresh.nodes.open("nato") as node:
        people.add(node, "ada", ["releaser"], SECRET.strip())
        people.add(node, "ann", ["analyst"], SECRET.strip())
    return fresh.nato


def test_a_releaser_gives_lists_and_withdraws(nato):
    assert "No grants yet" in done("grant", "list", node=nato)
    said = done("grant", "give", MARKED, "--to", "jpn", "--until", "2026-07-01", "--as", "ada", node=nato, input=SECRET)
    assert "in force" in said
    assert "Next: foedus release" in said
    assert told("release", "--to", "jpn", node=nato)[0]["counts"]["release"] == 1
    [one] = told("grant", "list", node=nato)
    assert (one["state"], one["to"], one["until"]) == ("in force", ["jpn"], "2026-07-02T00:00:00.000000Z")
    done("grant", "withdraw", one["id"], "--as", "ada", node=nato, input=SECRET)
    assert [each["state"] for each in told("grant", "list", node=nato)] == ["withdrawn"]


@pytest.mark.parametrize(
    ("args", "exit_code", "says"),
    [
        (("grant", "give", MARKED, "--to", "jpn", "--as", "ann"), 5, "role: releaser"),
        (("grant", "give", MARKED, "--to", "deu", "--as", "ada"), 2, "no programme in force has all of"),
        (("grant", "withdraw", "00", "--as", "ada"), 2, "foedus grant list"),
        (("grant", "ask", MARKED, "--to", "jpn", "--as", "ada"), 2, "no object of another party"),
        (("break-glass", "ask", MARKED, "--to", "jpn", "--reason", "now", "--as", "ada"), 4, "foedus why"),
        (("break-glass", "agree", "00", "--as", "ada"), 5, "role: approver"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(nato, args, exit_code, says):
    result = run(*args, node=nato, input=SECRET)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert says in result.stderr


def test_nothing_waits_and_nothing_is_to_be_deleted(nato):
    assert "No use waits" in done("break-glass", "list", node=nato)
    assert "Nothing is to be deleted" in done("show", "--due", node=nato)
    assert told("show", "--due", node=nato) == []
