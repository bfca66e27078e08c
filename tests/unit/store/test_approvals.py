"""The index of people's acts: what may still count, by party, and when an approval was given."""

from __future__ import annotations

from foedus.store import approvals, tables
from foedus.store.approvals import DENIED, GIVEN, HELD, REQUESTED, Row

# The schema has keys into these tables.
assert tables.finding is not None


def row(seq: int, kind: str, party: str = "jpn", at_us: int = 10) -> Row:
    return Row(seq, "urn:p", party, "cyber", f"indicator--{seq}", "v", kind, at_us)


def test_acts_count_until_they_are_closed_each_for_its_party(store):
    rows = [row(1, REQUESTED), row(2, GIVEN), row(3, DENIED), row(4, HELD), row(5, GIVEN, "kor")]
    with store.write() as tx:
        approvals.keep(tx, rows)
        assert approvals.standing(tx, "urn:p", "jpn") == rows[:2]
        assert approvals.held_back(tx, "urn:p", "jpn") == rows[2:4]
        approvals.close(tx, [2, 3])
        assert approvals.standing(tx, "urn:p", "jpn") == rows[:1]
        assert approvals.held_back(tx, "urn:p", "jpn") == rows[3:4]


def test_approvals_given_until_an_instant_name_their_programme_and_party_once(store):
    with store.write() as tx:
        approvals.keep(tx, [row(seq, GIVEN, at_us=at_us) for seq, at_us in ((1, 10), (2, 10), (3, 11))])
        approvals.keep(tx, [row(4, REQUESTED, "kor", 1)])
        assert approvals.given_before(tx, 9) == set()
        assert approvals.given_before(tx, 10) == {("urn:p", "jpn")}
