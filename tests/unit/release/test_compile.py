"""A programme becomes one immutable policy: folded, hashed, in force or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.release.sample import AT, clause, forbid, programme, subject

from foedus.errors import InvalidProgramme
from foedus.model import instant
from foedus.model.decision import Facts
from foedus.model.duration import FOREVER_US, shift_us, shortest
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide

JULY = datetime(2026, 7, 1, tzinfo=UTC)


def policy(clauses=None, at=AT, in_force=True, **changes):
    return compile(programme(clauses, **changes), at, digest="d", in_force=in_force)


def outcome(compiled, at=AT, party="jpn", **changes):
    return decide(subject(**changes), party, compiled, at, "", Facts()).outcome


def test_membership_is_folded_at_the_instant_and_the_policy_says_until_when_it_holds():
    before, after = policy(at=JULY - timedelta(microseconds=1)), policy(at=JULY)
    assert before.recipients["nato"].recipient.states == ("DEU", "NOR")
    assert after.recipients["nato"].recipient.states == ("DEU", "NOR", "SWE")
    assert before.valid_until_us == instant.to_us(JULY) == after.valid_from_us
    assert after.valid_until_us == instant.to_us(datetime(2027, 1, 1, tzinfo=UTC))


def test_the_hash_does_not_depend_on_the_instant_within_the_window():
    assert policy(at=AT).hash == policy(at=AT + timedelta(days=3)).hash != policy(at=JULY).hash


@pytest.mark.parametrize(
    "changed",
    [
        clause("r-cyber2"),
        clause("r-cyber", purposes=["network-defence"]),
        clause("r-cyber", what={"tlp_max": "green"}),
        clause("r-cyber", retention={"delete_after": "P1Y"}),
        clause("r-cyber", valid={"from": "2024-01-01", "until": "2026-12-30"}),
    ],
)
def test_one_token_of_a_clause_changes_the_hash(changed):
    assert policy([changed]).hash != policy([clause("r-cyber")]).hash


def test_a_recipients_rules_hash_stands_still_when_only_another_recipients_clauses_change():
    one = policy([clause("aa", to=["jpn"]), clause("bb", to=["nato"])])
    two = policy([clause("aa", to=["jpn"]), clause("bb", to=["nato"], caveats=["ATOMAL"])])
    assert one.hash != two.hash
    assert one.rules_hash("jpn") == two.rules_hash("jpn")
    assert one.rules_hash("nato") != two.rules_hash("nato")


@pytest.mark.parametrize(
    ("changes", "at", "signed", "why"),
    [
        ({}, AT, False, "not signed by every party"),
        ({"status": "negotiation"}, AT, True, "status is negotiation"),
        ({"status": "terminated"}, AT, True, "status is terminated"),
        ({}, datetime(2023, 12, 31, 23, 59, tzinfo=UTC), True, "outside its term"),
        ({}, datetime(2027, 1, 1, tzinfo=UTC), True, "outside its term"),
    ],
)
def test_a_programme_not_in_force_releases_nothing_and_says_so(changes, at, signed, why):
    compiled = policy(at=at, in_force=signed, **changes)
    decision = decide(subject(created_us=0, labelled_us=0), "jpn", compiled, at, "", Facts())
    assert decision.outcome == "withhold"
    assert ("programme-not-in-force", why) in [(reason.code, reason.actual) for reason in decision.reasons]


def test_a_policy_is_not_used_outside_the_window_it_was_compiled_for():
    decision = decide(subject(), "jpn", policy(), JULY, "", Facts())
    assert [reason.code for reason in decision.reasons] == ["policy-stale"]


def test_a_group_reaches_the_state_in_it_and_no_alliance_with_other_members():
    compiled = policy([clause("rr", to=["pacific"])])
    assert outcome(compiled) == "release"
    assert outcome(compiled, party="nato") == "withhold"


def test_a_forbid_strikes_an_alliance_for_one_of_its_members_where_a_permit_would_not_reach_it():
    extra = {"groups": [{"id": "baltic", "name": "x", "countries": ["DEU", "SWE"]}]}
    from_japan = {"party": "nato", "owner": "jpn"}
    assert outcome(policy([clause("rr")], **extra), **from_japan) == "release"
    assert outcome(policy([clause("rr"), forbid("ff", {}, to=["baltic"])], **extra), **from_japan) == "withhold"
    assert outcome(policy([clause("rr", to=["baltic"])], **extra), **from_japan) == "withhold"


@pytest.mark.parametrize(
    "lacking",
    [
        {"purposes": []},
        {"actions": None},
        {"retention": None},
        {"valid": None},
        {"areas": ["*"]},
        {"what": {"object_types": []}},
        {"what": {"max_classification": "cosmic"}},
        {"what": {"unless": "pseudonymised"}},
        {"four_eyes": "sometimes"},
    ],
)
def test_a_permit_that_lacks_a_field_or_has_one_nobody_knows_covers_nothing(lacking):
    assert outcome(policy([clause("rr", **lacking)])) == "withhold"


def test_more_markings_than_a_mask_holds_are_refused():
    with pytest.raises(InvalidProgramme):
        policy([clause("rr", caveats=[f"M{n}" for n in range(60)])])


@pytest.mark.parametrize(
    ("start", "duration", "sign", "end"),
    [
        ("2024-01-31T00:00:00Z", "P1M", 1, "2024-02-29T00:00:00.000000Z"),
        ("2024-03-31T00:00:00Z", "P1M", -1, "2024-02-29T00:00:00.000000Z"),
        ("2024-02-29T12:00:00Z", "P1Y", -1, "2023-02-28T12:00:00.000000Z"),
        ("2024-01-01T00:00:00Z", "PT24H", 1, "2024-01-02T00:00:00.000000Z"),
        ("2024-01-01T00:00:00Z", "P2W", 1, "2024-01-15T00:00:00.000000Z"),
        ("2024-01-01T00:00:00Z", "PT90M", 1, "2024-01-01T01:30:00.000000Z"),
    ],
)
def test_durations_follow_the_calendar(start, duration, sign, end):
    assert instant.text(shift_us(instant.to_us(instant.parse(start)), duration, sign)) == end


def test_durations_beyond_the_calendar_have_no_end_and_nonsense_is_an_error():
    assert shift_us(0, "P99999Y") == FOREVER_US
    assert shift_us(0, "P99999Y", -1) == 0
    assert shortest(("P1Y", "", "P11M", "P52W"), 0) == "P11M"
    with pytest.raises(ValueError, match="duration"):
        shift_us(0, "1 year")
