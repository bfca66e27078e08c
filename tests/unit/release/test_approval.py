"""What a history of acts amounts to: the right persons, the right roles, the right hash, in time; anything else is nothing."""

from __future__ import annotations

import msgspec
import pytest

from foedus.model.decision import Reason
from foedus.release.approval import Act, Asked, Bound, persons_for, standing

S = 1_000_000
BOUND = Bound("bytes", "label", "jpn", "urn:p", "cyber", "defence", "rules")
STAFF = frozenset({("anna", "releaser"), ("anna", "approver"), ("chie", "releaser"), ("chie", "approver")})
ASKED = Asked(2, "h", 100 * S, 1_000 * S, 15 * S, STAFF)
REQUEST = Act("requested", "anna", "releaser", "h", 50 * S, 1, BOUND)
GIVEN = Act("given", "chie", "approver", "h", 90 * S, 2, BOUND)


def change(act: Act, **to: object) -> Act:
    return msgspec.structs.replace(act, **to)


def at(seconds: float, asked: Asked = ASKED) -> Asked:
    return msgspec.structs.replace(asked, at_us=round(seconds * S))


def test_two_halves_count_down_and_are_due_at_the_very_end():
    history = [REQUEST, GIVEN]
    assert standing([REQUEST], ASKED).word == "requested"
    assert standing(history, at(104.999999)).word == "counting"
    assert standing(history, at(105)).word == "due"
    assert standing(history, at(105)).ends_us == 105 * S


@pytest.mark.parametrize(
    "history",
    [
        [GIVEN],
        [REQUEST, change(GIVEN, person="anna")],
        [REQUEST, change(GIVEN, role="releaser")],
        [change(REQUEST, role="approver"), GIVEN],
        [change(REQUEST, role="analyst"), GIVEN],
        [REQUEST, change(GIVEN, role="auditor")],
        [REQUEST, change(REQUEST, person="bo", seq=2)],
        [change(REQUEST, seq=3), GIVEN],
    ],
)
def test_halves_that_are_not_two_persons_in_two_roles_in_order_never_let_go(history):
    assert standing(history, at(500)).word in ("waiting", "requested")


@pytest.mark.parametrize("act", [REQUEST, GIVEN])
def test_either_half_for_another_hash_voids_both(act):
    history = [change(one, hash="other") if one is act else one for one in (REQUEST, GIVEN)]
    found = standing(history, at(105))
    assert (found.word, found.why_void, len(found.void)) == ("waiting", "changed", 2)


def test_either_half_expires_at_the_instant():
    assert standing([REQUEST, GIVEN], at(1_049.999999)).word == "due"
    assert standing([REQUEST, GIVEN], at(1_050)).why_void == "expired"


@pytest.mark.parametrize("kind", ["denied", "cancelled", "voided", "held"])
def test_what_comes_after_ends_what_was_approved(kind):
    ended = Act(kind, "dora", "approver", "h", 95 * S, 3)
    assert standing([REQUEST, GIVEN, ended], at(500)).word == ("denied" if kind == "denied" else "waiting")
    again = [change(REQUEST, seq=4, at_us=96 * S), change(GIVEN, seq=5, at_us=97 * S)]
    assert standing([REQUEST, GIVEN, ended, *again], at(500)).word == "due"


def test_one_approver_is_enough_where_one_is_asked_for_and_no_other_role():
    one = msgspec.structs.replace(ASKED, persons=1)
    assert standing([GIVEN], at(105, one)).word == "due"
    assert standing([change(GIVEN, role="releaser")], at(105, one)).word == "waiting"
    assert standing([REQUEST], at(105, one)).word == "requested"
    assert standing([GIVEN], at(105, msgspec.structs.replace(ASKED, persons=0))).word == "waiting"


def test_persons_follow_what_is_missing_and_consent_is_nobodys_to_approve():
    four, limit, consent = (
        Reason(code, "", "", "") for code in ("four-eyes-missing", "limit-reached", "consent-missing")
    )
    assert [persons_for(one) for one in ([four], [limit], [four, limit], [consent], [limit, consent], [])] == [
        2,
        1,
        2,
        0,
        0,
        0,
    ]
    assert persons_for([Reason("something-new", "", "", "")]) == 0


@pytest.mark.parametrize("name", Bound.__struct_fields__)
def test_any_part_that_changes_changes_the_hash_and_is_named(name):
    other = msgspec.structs.replace(BOUND, **{name: "x"})
    assert other.hash() != BOUND.hash()
    assert len(BOUND.changed(other)) == 1
    assert BOUND.changed(BOUND) == ()


@pytest.mark.parametrize("gone", [("anna", "releaser"), ("chie", "approver")])
def test_who_may_act_no_more_or_in_another_role_counts_for_nothing(gone):
    found = standing([REQUEST, GIVEN], msgspec.structs.replace(at(105), staff=STAFF - {gone}))
    assert (found.word, found.why_void, found.void) == ("waiting", "person", (REQUEST, GIVEN))
