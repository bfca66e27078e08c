"""``foedus watch``: what people read and type."""

from __future__ import annotations

import pytest
from tests.node_pair import stix_id
from tests.queued import PASSWORD, make
from tests.unit.cli.conftest import done, run, told

ONE = stix_id("indicator", 11)
BO = {"input": f"{PASSWORD}\n"}


@pytest.fixture(scope="module")
def nato(tmp_path_factory):
    return make(tmp_path_factory.mktemp("watch-verbs") / "base").path("nato")


def test_a_finding_is_acknowledged_assigned_dismissed_and_taken_back(nato):
    assert "acknowledged by  bo, " in done("watch", "acknowledge", ONE, "--as", "bo", node=nato, **BO)
    assert told("watch", "assign", ONE, "--as", "bo", node=nato, **BO)["assigned"]["to"] == "bo"
    said = done("watch", "dismiss", ONE, "--reason", "duplicate", "--note", "twice", "--as", "bo", node=nato, **BO)
    assert f"{ONE}: dismissed" in said
    assert [one["object_id"] for one in told("watch", "list", "--state", "dismissed", node=nato)["items"]] == [ONE]
    assert "duplicate 1" in done("watch", "methods", node=nato)
    assert told("watch", "methods", "--area", "cyber", node=nato)[0]["reasons"] == {"duplicate": 1}
    assert told("watch", "undo", ONE, "--as", "bo", node=nato, **BO)["state"] == "acknowledged"
    assert told("watch", "assign", ONE, "--nobody", "--as", "bo", node=nato, **BO)["assigned"] is None
    assert "taken back" in done("watch", "show", ONE, node=nato)


def test_lists_say_what_is_open_and_where_there_is_more(nato):
    assert stix_id("indicator", 12) in done("watch", "list", node=nato)
    assert done("watch", "list", "--area", "maritime", node=nato) == "Nothing.\n"
    assert done("watch", "methods", "--area", "maritime", node=nato) == "Nothing was told yet.\n"


def test_who_may_not_is_refused_with_the_roles_that_may(nato):
    result = run("watch", "acknowledge", ONE, "--as", "eva", node=nato, **BO)
    assert (result.exit_code, "analyst, releaser, approver" in result.stderr) == (5, True)


def test_a_shift_is_taken_written_in_shown_and_handed_over(nato):
    assert done("watch", "shift", node=nato) == "Nobody had the watch yet.\n"
    assert "Shift of bo from" in done("watch", "open", "--note", "quiet", "--as", "bo", node=nato, **BO)
    done("watch", "note", "a call at ten", "--as", "bo", node=nato, **BO)
    shown = done("watch", "shift", node=nato)
    assert ("bo opened quiet" in shown, "bo noted a call at ten" in shown, "Came in: 0" in shown) == (True, True, True)
    assert "handed to anna" in done("watch", "close", "--to", "anna", "--as", "bo", node=nato, **BO)
    [row] = told("watch", "shift", "--list", node=nato)
    assert (row["to"], row["taken_by"]) == ("anna", "")
    assert row["name"] in done("watch", "shift", "--list", node=nato)
    assert told("watch", "shift", row["name"], node=nato)["shift"]["person"] == "bo"
