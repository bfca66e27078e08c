"""``release pending|approve|deny|cancel|hold``: what people read and type."""

from __future__ import annotations

import json

import pytest
from tests.queued import OPEN_ONES, PASSWORD, SECRET_ONE, SECRET_TWO, make
from tests.unit.cli.conftest import done, run, told

THIRD, FOURTH = OPEN_ONES[2:]
SIGNED = f"{PASSWORD}\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make(tmp_path_factory.mktemp("verbs") / "base")


@pytest.fixture
def nato(base, tmp_path):
    return base.copy(tmp_path / "nodes").path("nato")


def queue(nato):
    return {one["object_id"]: one for one in told("release", "pending", "--to", "jpn", node=nato)["items"]}


def test_release_alone_still_releases_and_says_what_waits_for_people(nato):
    [found] = told("release", "--to", "jpn", node=nato)
    assert found["counts"]["hold"] == 4
    assert "foedus release pending" in done("release", node=nato)


def test_pending_lists_and_shows_one_with_what_redaction_takes(nato, tmp_path):
    listed = done("release", "pending", "--to", "jpn", node=nato)
    assert "releaser: anna, bo; approver: bo, chie, dora" in listed
    assert "4 findings on hold." in listed
    out = tmp_path / "outgoing.json"
    shown = done("release", "pending", SECRET_TWO, "--to", "jpn", "--out", out, node=nato)
    assert '-  "x_ticket": "INC-1"' in shown
    assert "INC-1" not in out.read_text()
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("  -")] == ['"x_ticket":']
    assert "proof of " in shown
    assert "salts" not in shown
    [sent] = told("release", "pending", SECRET_TWO, "--to", "jpn", node=nato)["objects"]
    assert out.read_bytes() == sent["sent"].encode()


def test_pending_goes_on_where_a_list_ended(nato):
    first = told("release", "pending", "--limit", 3, node=nato)
    rest = told("release", "pending", "--after", first["next"], node=nato)
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [3, 1, ""]
    assert "--after" in done("release", "pending", "--limit", 3, node=nato)


def test_two_persons_approve_and_one_takes_it_back(nato):
    asked = done("release", "approve", SECRET_ONE, "--to", "jpn", "--as", "anna", node=nato, input=SIGNED)
    assert "requested" in asked
    assert queue(nato)[SECRET_ONE]["by"] == "anna (releaser)"
    bound = queue(nato)[SECRET_ONE]["hash"]
    given = done(
        "release", "approve", SECRET_ONE, "--to", "jpn", "--hash", bound, "--as", "chie", node=nato, input=SIGNED
    )
    assert " goes at     2026-06-01" in given
    assert f"foedus release cancel {SECRET_ONE} --to jpn" in given
    assert "approved by chie (approver); it goes at 2026-06-01" in " ".join(
        done("release", "pending", node=nato).split()
    )
    assert "approval taken back" in done(
        "release", "cancel", SECRET_ONE, "--to", "jpn", "--as", "dora", node=nato, input=SIGNED
    )


def test_what_was_approved_and_went_is_no_example_of_what_did_not(nato, monkeypatch):
    monkeypatch.setenv("FOEDUS_APPROVE_COUNTDOWN_S", "0")
    for name in ("anna", "chie"):
        done("release", "approve", SECRET_ONE, "--to", "jpn", "--as", name, node=nato, input=SIGNED)
    [found] = told("release", node=nato)
    assert (found["counts"]["hold"], found["counts"]["release"] + found["counts"]["redact"]) == (3, 1)
    assert SECRET_ONE not in [one["object_id"] for one in found["examples"]]


def test_deny_and_hold_are_told_and_listed(nato):
    done("release", "deny", THIRD, "--to", "jpn", "--reason", "a source", "--as", "chie", node=nato, input=SIGNED)
    done("release", "hold", FOURTH, "--to", "jpn", "--reason", "ask", "--as", "anna", node=nato, input=SIGNED)
    found = queue(nato)
    assert (found[THIRD]["state"], found[THIRD]["by"]) == ("denied", "chie (approver)")
    assert "held-by-person" in [reason["code"] for reason in found[FOURTH]["missing"]]


@pytest.mark.parametrize("name", ["eva", "finn"])
def test_an_auditor_and_an_administrator_are_refused(nato, name):
    result = run("release", "approve", THIRD, "--to", "jpn", "--as", name, node=nato, input=SIGNED)
    assert (result.exit_code, "approval-role" in result.stderr, THIRD in result.stderr) == (4, True, True)


def test_a_wrong_password_decides_nothing(nato):
    result = run("release", "approve", THIRD, "--to", "jpn", "--as", "chie", node=nato, input="guess\n")
    assert (result.exit_code, queue(nato)[THIRD]["state"]) == (5, "waiting")


def test_all_lists_hashes_and_asks_before_it_approves(nato):
    line = ("release", "approve", "--all", "--to", "jpn", "--as", "chie")
    refused = run(*line, node=nato, input=f"{SIGNED}n\n")
    assert queue(nato)[THIRD]["state"] == "waiting"
    assert all(queue(nato)[one]["hash"] in refused.stderr for one in (THIRD, FOURTH))
    assert SECRET_ONE not in refused.stderr
    done(*line, node=nato, input=f"{SIGNED}y\n")
    assert {queue(nato)[one]["state"] for one in (THIRD, FOURTH)} == {"counting"}


def test_a_set_is_written_looked_at_and_approved_and_what_changed_drops_out(nato, tmp_path):
    path = tmp_path / "reviewed.json"
    done("release", "pending", "--to", "jpn", "--set", path, node=nato)
    listed = json.loads(path.read_text())
    assert [one["object_id"] for one in listed] == [THIRD, FOURTH]
    listed[1]["hash"] = "0" * 64
    path.write_text(json.dumps(listed))
    result = run("release", "approve", "--set", path, "--as", "chie", node=nato, input=SIGNED)
    assert (result.exit_code, "approval-changed" in result.stdout) == (4, True)
    assert [queue(nato)[one]["state"] for one in (THIRD, FOURTH)] == ["counting", "waiting"]


@pytest.mark.parametrize("text", ["", "{}", '[{"object_id": 1}]', '[{"object_id": "a", "party": "b", "all": true}]'])
def test_a_set_that_is_none_is_refused_with_its_place(nato, tmp_path, text):
    path = tmp_path / "set.json"
    path.write_text(text)
    result = run("release", "approve", "--set", path, "--as", "chie", node=nato, input=SIGNED)
    assert (result.exit_code, str(path) in result.stderr.replace("\n", "")) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "--as", "chie"),
        ("approve", THIRD, "--as", "chie"),
        ("approve", THIRD, "--all", "--to", "jpn", "--as", "chie"),
        ("deny", THIRD, FOURTH, "--to", "jpn", "--hash", "0", "--as", "chie"),
        ("pending", THIRD),
    ],
)
def test_a_line_that_does_not_say_what_or_for_whom_is_refused(nato, words):
    assert run("release", *words, node=nato, input=SIGNED).exit_code == 2


def test_of_several_what_is_refused_is_named_and_the_rest_is_done(nato):
    line = ("release", "approve", THIRD, SECRET_ONE, "--to", "jpn", "--as", "chie")
    result = run(*line, node=nato, input=SIGNED)
    assert (result.exit_code, "approval-request-missing" in result.stdout) == (4, True)
    assert queue(nato)[THIRD]["state"] == "counting"
