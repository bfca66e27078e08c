"""Amending, due, changing keys and deciding again, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import WORD, done, refused, run, told

from foedus.node import people
from foedus.node.home import Node

PASSWORDS = "one long word\nanother word\n"


@pytest.fixture(scope="module")
def staffed(fresh):
    """Two nodes; one has a releaser and an approver."""
    with Node.open(fresh.nato) as node:
        people.add(node, "ann", ["releaser"], "one long word")
        people.add(node, "bo", ["approver"], "another word")
    return fresh


@pytest.fixture(scope="module")
def wider(staffed):
    """A version that lets tools go, written by hand and signed by both."""
    text = staffed.file.read_bytes()
    edited, path = staffed.base / "edited.yaml", staffed.base / "p-1.2.0.yaml"
    edited.write_bytes(text.replace(b"[indicator, malware,", b"[indicator, tool, malware,"))
    what = ("amend", edited, "--follows", staffed.file, "--version", "1.2.0", "--text", "Tools.", "--on", "2026-06-01")
    assert "to be signed by all" in done("programme", *what, "-o", path)
    for party in (staffed.nato, staffed.jpn):
        done("programme", "sign", path, "-o", path, node=party)
    return path


def test_amending_needs_a_higher_version_and_the_same_programme(staffed):
    what = ("--follows", staffed.file, "--text", "x")
    assert "does not follow" in refused("programme", "amend", staffed.file, *what, "--version", "1.1.0", code=3)
    assert "it is" in refused("programme", "amend", "isac-charter", *what, "--version", "1.2.0", code=3)


def test_what_lets_more_go_is_shown_and_refused_without_two_persons(staffed, wider):
    alone = run("programme", "accept", wider, node=staffed.nato)
    assert alone.exit_code == 5
    assert "AUS, JPN, KOR, NZL gain 1 object type under r-cyber-ip4: tool" in alone.stdout
    assert "two persons must stand for it" in alone.stderr
    wrong = run(
        "programme", "accept", wider, "--as", "ann", "--with", "bo", node=staffed.nato, input="one long word\nno\n"
    )
    assert wrong.exit_code == 5
    assert "no such person, not shown to be them" in wrong.stderr


def test_two_persons_accept_it_and_it_is_entered(staffed, wider):
    both = ("--as", "ann", "--with", "bo")
    assert "is accepted" in done("programme", "accept", wider, *both, node=staffed.nato, input=PASSWORDS)
    kinds = [one["kind"] for one in told("ledger", "show", "master", node=staffed.nato)]
    assert "programme.loosened" in kinds


def test_due_is_sorted_and_says_what_is_overdue(fresh):
    found = told("programme", "due", node=fresh.nato)
    assert [one["days"] for one in found] == sorted(one["days"] for one in found)
    assert {"term-end", "review", "milestone", "activity", "certificate-end"} <= {one["kind"] for one in found}
    printed = done("programme", "due", WORD, node=fresh.nato)
    assert "last day of the term: nothing is released after 2026-12-31" in " ".join(printed.split())
    assert "Due next" in done("node", "status", node=fresh.nato)


def test_the_calendar_is_written_to_a_file_or_told(fresh, tmp_path):
    out = tmp_path / "programme.ics"
    assert "The calendar is in" in done("programme", "calendar", WORD, "-o", str(out), node=fresh.nato)
    assert out.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    found = told("programme", "calendar", WORD, node=fresh.nato)
    assert {"term-end", "review", "milestone", "activity", "certificate-end"} <= {one["kind"] for one in found}


def test_the_iati_file_says_what_it_does_not_hold(fresh, tmp_path):
    out = tmp_path / "programme.xml"
    assert "milestone as result" in done("programme", "iati", WORD, "-o", str(out), node=fresh.nato)
    assert out.read_bytes().startswith(b"<?xml")
    assert told("programme", "iati", WORD, "-o", str(out), node=fresh.nato)["losses"]["clauses"] > 0


def test_no_key_is_used_before_a_version_names_it(staffed):
    made = told("node", "rotate-keys", "--role", "log", node=staffed.jpn)
    assert json.loads(Path(made["card"]).read_text())["party"] == "jpn"
    assert "does not name the next log key" in refused("node", "rotate-keys", "--finish", node=staffed.jpn, code=5)
    assert "a next key waits" in refused("node", "rotate-keys", "--role", "log", node=staffed.jpn)


def test_keeping_the_old_card_gives_it_a_last_day(staffed, tmp_path):
    card = tmp_path / "card.json"
    card.write_text(done("node", "card", node=staffed.jpn))
    what = ("--version", "1.9.0", "--keep-old-until", "2026-06-30", "--on", "2026-06-01")
    text = done("programme", "enrol", staffed.file, card, *what)
    assert '"until":"2026-06-30"' in text.replace(" ", "") or 'until: "2026-06-30"' in text


def test_a_decision_is_taken_again(two):
    [seq] = [one["seq"] for one in told("ledger", "show", "nato/jpn", node=two.nato) if one["kind"] == "release.sent"][
        :1
    ]
    assert told("ledger", "replay", "nato/jpn", seq, node=two.nato)["same"] is True
    assert "comes out as it was entered" in done("ledger", "replay", "nato/jpn", seq, node=two.nato)
    assert "nothing of a decision" in refused("ledger", "replay", "nato/jpn", 0, node=two.nato)
