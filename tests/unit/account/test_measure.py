"""Filters, periods and the eight functions, each against a hand-computed case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import msgspec
import pytest
from tests.unit.account.small_programme import PROGRAMME_ID, event, sendings

from foedus.account.measure import EntryRef, Period, countable, measure, number, plain, select
from foedus.model.canonical import canonical
from foedus.model.programme import Compute

DAY = date(2025, 12, 31)


def measured(events, day=DAY, **compute):
    compute = {"source": "release.sent", **compute}
    return measure(msgspec.convert(compute, Compute), countable(events, PROGRAMME_ID, day), Period(day))


def passing(where, *events):
    return [e.seq for e in select(countable(events, PROGRAMME_ID, DAY), "release.sent", where)]


# Where


@pytest.mark.parametrize(
    ("where", "facts", "passes"),
    [
        ({"area": "cyber"}, {"area": "cyber"}, True),
        ({"area": "cyber"}, {"area": "space"}, False),
        ({"area": "cyber"}, {}, False),
        ({"decision": ["permit", "permit-redacted"]}, {"decision": "permit-redacted"}, True),
        ({"decision": ["permit", "permit-redacted"]}, {"decision": "denied"}, False),
        ({"passed": True}, {"passed": True}, True),
        ({"passed": True}, {"passed": 1}, False),
        ({"score": 1}, {"score": True}, False),
        ({"score": 1}, {"score": 1.0}, True),
        ({"score": 1}, {"score": "1"}, False),
        ({"parties": ["aaa", "bbb"]}, {"parties": ["bbb", "aaa", "ccc"]}, True),
        ({"parties": ["aaa", "bbb"]}, {"parties": ["aaa"]}, False),
        ({"parties": "aaa"}, {"parties": ["aaa"]}, True),
        ({"parties": ["aaa"]}, {"parties": None}, False),
        ({"days_max": 90}, {"days": 90}, True),
        ({"days_max": 90}, {"days": 91}, False),
        ({"days_max": 90}, {"days": "90"}, False),
        ({"days_max": 90}, {"days": True}, False),
        ({"days_max": 90}, {}, False),
        ({"score_min": 0.5}, {"score": 0.5}, True),
        ({"score_min": 0.5}, {"score": 0.49}, False),
        ({"within_hours": 24}, {"hours": 24}, True),
        ({"within_hours": 24}, {"hours": 24.1}, False),
        ({"area": "cyber", "kind": "x"}, {"area": "cyber", "kind": "y"}, False),
    ],
)
def test_a_filter_lets_pass_what_it_says(where, facts, passes):
    assert passing(where, event(1, **facts)) == ([1] if passes else [])


# Which events count


def test_other_programmes_and_later_days_do_not_count():
    events = [
        event(1),
        event(2, programme="urn:foedus:programme:other"),
        event(3, at="2026-01-01T00:00:00"),
        event(4, at="2025-12-31T23:59:59.999999"),
    ]
    assert [e.seq for e in countable(events, PROGRAMME_ID, DAY)["release.sent"]] == [1, 4]


def test_the_successors_agreement_is_this_programmes_business():
    agreed = event(1, "programme.agreed", programme="urn:foedus:programme:next", supersedes=PROGRAMME_ID)
    assert countable([agreed], PROGRAMME_ID, DAY) == {"programme.agreed": [agreed]}


def test_a_re_sent_object_counts_once_with_its_first_sending():
    events = [event(2, at="2025-03-01T00:00:00", object_id="a"), event(1, at="2024-12-31T00:00:00", object_id="a")]
    assert measured(events, fn="count").value == 0
    assert measured(events, day=date(2024, 12, 31), fn="count").value == 1


def test_an_object_sent_to_two_parties_was_sent_twice():
    events = [event(1, object_id="a"), event(2, object_id="a", parties=["aaa", "ccc"])]
    assert measured(events, fn="count").value == 2


def test_repeated_receipts_change_nothing():
    receipts = [event(n, "release.acknowledged", object_id="a") for n in (1, 2)]
    assert measured(receipts, fn="count", source="release.acknowledged").value == 1


def test_events_that_are_no_objects_are_all_counted():
    events = [event(n, "exercise.completed", object_id=None) for n in (1, 2)]
    assert measured(events, fn="count", source="exercise.completed").value == 2


@pytest.mark.parametrize(("at", "left"), [("2025-12-31T23:00:00", 1), ("2026-01-01T00:00:00", 2)])
def test_recalled_objects_count_nowhere_from_the_day_on(at, left):
    events = [event(1), event(2), event(3, "recall.completed", at=at, object_id="x--1")]
    assert measured(events, fn="count").value == left


def test_a_recall_takes_its_object_out_before_anybody_answers():
    events = [event(1), event(2), event(3, "recall.requested", at="2025-07-01T00:00:00", object_id="x--1")]
    counted = measured(events, fn="count")
    assert (counted.value, counted.entries) == (1, (EntryRef("pair", 2),))


def test_what_is_sent_after_a_recall_counts_from_then_on_whenever_it_is_answered():
    asked = event(2, "recall.requested", at="2025-06-02T00:00:00", object_id="x--1")
    answered = event(3, "recall.completed", at="2025-06-09T00:00:00", object_id="x--1")
    again = event(4, at="2025-06-03T00:00:00", object_id="x--1")
    assert measured([event(1), asked, again, answered], fn="count").entries == (EntryRef("pair", 4),)


@pytest.mark.parametrize(("sent_at", "left"), [("2025-06-01T12:00:00Z", 0), ("2025-06-03T00:00:00Z", 1)])
def test_a_receipt_is_as_old_as_the_sending_it_answers(sent_at, left):
    asked = event(1, "recall.requested", at="2025-06-02T00:00:00", object_id="x--1")
    late = event(2, "release.acknowledged", at="2025-06-04T00:00:00", object_id="x--1", sent_at=sent_at)
    assert measured([asked, late], fn="count", source="release.acknowledged").value == left


def test_recalls_themselves_count():
    events = [event(1), event(2, "recall.completed", object_id="x--1")]
    assert measured(events, fn="count", source="recall.completed").value == 1


# Periods


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2024-12-31T23:59:59.999999", False),
        ("2025-01-01T00:00:00", True),
        ("2025-06-30T23:59:59.999999", True),
        ("2025-07-01T00:00:00", False),
    ],
)
def test_a_period_is_the_calendar_year_up_to_and_with_the_day(at, inside):
    assert measured([event(1, at=at)], day=date(2025, 6, 30), fn="count").value == int(inside)


def test_a_review_after_the_year_sees_the_whole_year():
    assert Period.of(2024, date(2025, 2, 1)).day == date(2024, 12, 31)
    assert Period.of(2025, date(2025, 2, 1)).day == date(2025, 2, 1)


def test_the_elapsed_share_counts_the_day_itself():
    assert Period(date(2025, 1, 1)).share == Fraction(1, 365)
    assert Period(date(2024, 12, 31)).share == 1
    assert Period(date(2024, 3, 1)).elapsed_days == 61


# Functions


def test_count_of_nothing_is_a_true_zero():
    for fn in ("count", "active_days"):
        assert measured([], fn=fn).value == 0
    for fn in ("distinct", "sum"):
        assert measured([], fn=fn, field="latency_hours").value == 0


def test_count_and_distinct():
    events = [event(1, event_id="e1"), event(2, event_id="e1"), event(3, event_id="e2"), event(4)]
    assert measured(events, fn="count").value == 4
    found = measured(events, fn="distinct", field="event_id")
    assert (found.value, found.n) == (2, 2)
    assert found.entries == (EntryRef("pair", 1), EntryRef("pair", 2), EntryRef("pair", 3))


def test_sum_is_exact():
    assert measured(sendings(0.1, 0.2), fn="sum", field="latency_hours").value == Fraction(3, 10)


@pytest.mark.parametrize(
    ("values", "median"), [((5, 1, 3), 3), ((4, 1, 3, 2), Fraction(5, 2)), ((7,), 7), ((0.1, 0.2), Fraction(3, 20))]
)
def test_median_takes_the_mean_of_the_middle_two(values, median):
    assert measured(sendings(*values), fn="median", field="latency_hours").value == median


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (9, 9), (10, 9), (11, 10), (20, 18), (21, 19)])
def test_p90_is_the_nearest_rank(n, rank):
    assert measured(sendings(*range(n, 0, -1)), fn="p90", field="latency_hours").value == rank


def test_max():
    assert measured(sendings(3, 9, 4), fn="max", field="latency_hours").value == 9


@pytest.mark.parametrize("fn", ["median", "p90", "max"])
def test_min_n_guards_order_functions(fn):
    enough = measured(sendings(1, 2, 3), fn=fn, field="latency_hours", min_n=3)
    assert enough.value is not None
    few = measured(sendings(1, 2), fn=fn, field="latency_hours", min_n=3)
    assert (few.value, few.n, few.why) == (None, 2, "too-few")
    assert measured([], fn=fn, field="latency_hours", min_n=0).value is None


def test_what_is_no_number_is_not_averaged():
    events = [*sendings(2, 4), event(8, latency_hours=None), event(9, latency_hours="6"), event(10, latency_hours=True)]
    found = measured(events, fn="median", field="latency_hours")
    assert (found.value, found.n) == (3, 2)
    assert found.entries == (EntryRef("pair", 0), EntryRef("pair", 1))


def test_ratio_over_distinct_values():
    sent = [event(n) for n in range(4)]
    received = [event(10 + n, "release.acknowledged", object_id=f"x--{n}") for n in (0, 1, 9)]
    numerator = {"source": "release.acknowledged"}
    found = measured([*sent, *received], fn="ratio", field="object_id", numerator=numerator, min_n=4)
    assert (found.value, found.n) == (50, 4)
    assert found.entries == tuple(EntryRef("pair", n) for n in (0, 1, 2, 3, 10, 11))
    few = measured([*sent, *received], fn="ratio", field="object_id", numerator=numerator, min_n=5)
    assert (few.value, few.why) == (None, "too-few")
    assert measured([], fn="ratio", field="object_id", numerator=numerator, min_n=0).value is None


def test_ratio_counts_the_numerator_in_the_period_only_and_by_its_own_field():
    sent = [event(1, event_id="e1"), event(2, event_id="e2")]
    endorsed = [
        event(3, "finding.endorsed", story="e1"),
        event(4, "finding.endorsed", at="2024-06-01T00:00:00", story="e2"),
    ]
    numerator = {"source": "finding.endorsed", "field": "story"}
    assert measured([*sent, *endorsed], fn="ratio", field="event_id", numerator=numerator).value == 50


def test_ratio_of_events_of_one_kind():
    events = [event(n, "exchange.received", label_valid=n > 0) for n in range(4)]
    numerator = {"source": "exchange.received", "where": {"label_valid": True}}
    assert measured(events, fn="ratio", source="exchange.received", field="object_id", numerator=numerator).value == 75


def test_active_days_are_distinct_utc_days_of_those_elapsed():
    start = datetime(2025, 1, 1, 23, 59, tzinfo=UTC)
    events = [event(n, "checkpoint.exchanged", at=start + timedelta(minutes=n), object_id=None) for n in range(3)]
    found = measured(events, day=date(2025, 1, 8), fn="active_days", source="checkpoint.exchanged")
    assert (found.value, found.n) == (25, 2)


def test_one_entry_that_holds_many_events_is_named_once():
    events = [msgspec.structs.replace(event(n), seq=7) for n in range(3)]
    assert measured(events, fn="count").entries == (EntryRef("pair", 7),)


@pytest.mark.parametrize("value", [True, None, "1", [], float("nan"), float("inf")])
def test_what_is_no_number(value):
    assert number(value) is None


def test_numbers_are_what_is_written():
    assert number(99.5) == Fraction(199, 2)
    assert number(1e-7) == Fraction(1, 10**7)
    assert (plain(Fraction(7)), plain(Fraction(1, 3))) == (7, 1 / 3)


def test_no_number_is_too_large_to_be_written():
    huge = measured(sendings(1.7e308, 1.7e308), fn="sum", field="latency_hours").value
    for value in (huge, -huge, Fraction(2**53), Fraction(2**60)):
        assert canonical(plain(value))
