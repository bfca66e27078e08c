"""No history of acts lets something go without the persons, the roles and the hash it needs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foedus.release.approval import Act, Asked, standing

PEOPLE = ("anna", "bo", "chie")
ROLES = ("releaser", "approver", "auditor", "analyst")
STAFF = st.frozensets(st.sampled_from([(name, role) for name in PEOPLE for role in ROLES]), min_size=8)
KINDS = ("requested", "given", "denied", "cancelled", "voided", "held")


@st.composite
def histories(draw):
    count = draw(st.integers(0, 7))
    return [
        Act(
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(PEOPLE)),
            draw(st.sampled_from(ROLES)),
            draw(st.sampled_from(("h", "h", "h", "other"))),
            draw(st.integers(0, 60)),
            seq,
        )
        for seq in range(count)
    ]


@given(histories(), st.integers(0, 2), st.integers(0, 120), STAFF)
def test_what_is_due_has_its_halves_and_nothing_after_them(history, persons, at_us, staff):
    found = standing(history, Asked(persons, "h", at_us, 50, 15, staff))
    if found.word not in ("due", "counting"):
        return
    given_ = found.approval
    after = [act for act in history if act.seq > given_.seq]
    assert persons in (1, 2)
    assert (given_.kind, given_.role, given_.hash) == ("given", "approver", "h")
    assert not after
    assert (given_.person, "approver") in staff
    assert at_us < given_.at_us + 50
    assert (found.word == "due") == (at_us >= given_.at_us + 15)
    if persons == 2:
        request = found.request
        assert (request.kind, request.role, request.hash) == ("requested", "releaser", "h")
        assert request.person != given_.person
        assert (request.person, "releaser") in staff
        assert request.seq < given_.seq
        assert at_us < request.at_us + 50


@given(histories(), st.integers(0, 2), st.integers(0, 120), STAFF, st.randoms())
def test_the_order_in_which_acts_are_read_does_not_matter(history, persons, at_us, staff, random):
    asked = Asked(persons, "h", at_us, 50, 15, staff)
    mixed = list(history)
    random.shuffle(mixed)
    assert standing(mixed, asked) == standing(history, asked)
