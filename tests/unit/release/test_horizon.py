"""Until when a release stands: the first instant at which the same question would be answered otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.release.sample import AT, AT_US, clause, forbid, label, programme, subject

from foedus.model import instant
from foedus.model.decision import Facts
from foedus.model.duration import FOREVER_US
from foedus.model.label import Category, Label, Succession
from foedus.release import horizon
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide_many


def us(day):
    return instant.to_us(instant.parse(f"{day}T00:00:00Z"))


def stands(found=None, clauses=None, party="jpn", facts=None, **changes):
    """Return until when one release stands, asked at every instant at which a policy or a label turns."""
    made, subjects = programme(clauses), [found or subject(**changes)]

    def at(when):
        return compile(made, when, digest="d", in_force=True)

    given = facts or Facts()
    decisions = decide_many(subjects, party, at(AT), AT, "", given)
    turns, turn = horizon.turns_of_labels(subjects, AT_US), at(AT).valid_until_us
    while turn < FOREVER_US:
        turns.add(turn)
        turn = at(instant.from_us(turn)).valid_until_us
    ordered = [horizon.Turn(instant.from_us(one), at(instant.from_us(one))) for one in sorted(turns)]
    [end] = horizon.ends(subjects, decisions, ordered, given)
    assert decisions[0].outcome in ("release", "redact"), decisions[0].reasons
    return end


def test_a_clause_that_ends_takes_it_along_unless_another_goes_on():
    short, long = (clause(name, valid={"from": "2024-01-01", "until": until}) for name, until in
                   (("aa", "2026-06-30"), ("bb", "2026-08-31")))  # fmt: skip
    assert stands(clauses=[short]) == us("2026-07-01")
    assert stands(clauses=[short, long]) == us("2026-09-01")


def test_the_term_ends_it_whatever_its_clause_says():
    assert stands(clauses=[clause("aa", valid={"from": "2024-01-01", "until": "2030-12-31"})]) == us("2027-01-01")


def test_a_new_member_outside_the_audience_ends_it_on_its_day():
    only = Label("JPN", "UNMARKED", (Category("Releasable To", "PERMISSIVE", ("DEU", "NOR")),), tlp="green")
    wide = Label("JPN", "UNMARKED", (Category("Releasable To", "PERMISSIVE", ("DEU", "NOR", "SWE")),), tlp="green")
    assert stands(party="nato", owner="jpn", label=only) == us("2026-07-01")
    assert stands(party="nato", owner="jpn", label=wide) == us("2027-01-01")


@pytest.mark.parametrize(("level", "end"), [("SECRET", "2026-06-02"), ("UNCLASSIFIED", "2027-01-01")])
def test_a_label_that_gives_way_to_a_stricter_one_ends_it_at_that_instant(level, end):
    later = AT + timedelta(days=1)
    assert stands(label=label(successions=(Succession(later, label(level)),))) == us(end)


def test_a_forbid_that_begins_ends_it():
    stop = forbid("ff", {}, valid={"from": "2026-06-15", "until": "2026-06-20"})
    assert stands(clauses=[clause("rr"), stop]) == us("2026-06-15")


def test_a_profile_that_is_asked_for_later_ends_what_went_untouched():
    clauses = [
        clause("rr"),
        clause("pp", redact=["drop-internal-ids"], valid={"from": "2026-06-15", "until": "2026-12-31"}),
    ]
    assert stands(clauses=clauses) == us("2026-06-15")


def test_retention_that_ends_first_is_the_end():
    assert stands(clauses=[clause("rr", retention={"delete_after": "P7D"})]) == us("2026-06-08")


def test_what_a_person_approved_and_what_was_counted_is_not_asked_again():
    clauses = [clause("rr", four_eyes="always", limit={"count": 1, "window": "P1D"})]
    stop = forbid("ff", {}, valid={"from": "2026-06-15", "until": "2026-06-20"}, to=["isac"])
    assert stands(clauses=[*clauses, stop], facts=Facts(approved=frozenset({("indicator--1", "v1")}))) == us(
        "2027-01-01"
    )
