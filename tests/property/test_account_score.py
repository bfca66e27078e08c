"""Figures at their boundaries, whatever the events."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.account.small_programme import PROGRAMME_ID, event, indicator, programme, sendings

from foedus.account.measure import Period, countable, measure
from foedus.account.score import score, to_json
from foedus.model.programme import Compute

DAY = date(2025, 12, 31)
VALUES = st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=40)
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


def value_of(fn, values, **more):
    compute = msgspec.convert({"fn": fn, "source": "release.sent", "field": "latency_hours", **more}, Compute)
    return measure(compute, countable(sendings(*values), PROGRAMME_ID, DAY), Period(DAY)).value


@given(VALUES)
def test_order_functions_agree_with_the_definition(values):
    assert value_of("median", values) == Fraction(statistics.median(map(Fraction, values)))
    assert value_of("p90", values) == sorted(values)[math.ceil(Fraction(9, 10) * len(values)) - 1]
    assert value_of("max", values) == max(values)
    assert value_of("sum", values) == sum(values)


@given(VALUES, st.integers(0, 45))
def test_min_n_decides_between_a_value_and_none(values, least):
    for fn in ("median", "p90", "max"):
        assert (value_of(fn, values, min_n=least) is None) == (len(values) < least)


@given(st.lists(INSTANTS, max_size=20), st.dates(date(2024, 1, 1), date(2026, 12, 31)))
def test_only_events_of_the_year_up_to_the_day_count(instants, day):
    board = score(
        programme(indicator(targets={str(day.year): 5})), [event(n, at=at) for n, at in enumerate(instants)], day
    )
    inside = [at for at in instants if at.year == day.year and at.date() <= day]
    assert board.indicators[0].actual == len(inside)


@given(st.integers(-100, 100), st.integers(-100, 100), st.integers(-100, 100))
def test_the_score_stays_within_bounds_and_meets_its_ends(baseline, target, actual):
    item = indicator(
        direction="up" if target >= baseline else "down",
        baseline={"date": "2024-01-01", "value": baseline},
        targets={"2025": target},
        compute={"fn": "max", "source": "release.sent", "field": "latency_hours"},
    )
    found = score(programme(item), sendings(actual), DAY).indicators[0].score
    reached = actual >= target if item["direction"] == "up" else actual <= target
    assert 0 <= found <= 1
    assert (found == 1) == reached


@given(st.permutations(range(12)), st.lists(st.integers(0, 11), max_size=4))
def test_order_and_repetition_of_events_change_no_byte(order, repeated):
    document = programme(indicator(compute={"fn": "median", "source": "release.sent", "field": "latency_hours"}))
    start = datetime(2025, 1, 1, tzinfo=UTC)
    events = [event(n, at=start + timedelta(days=n), latency_hours=n) for n in range(12)]
    mixed = [events[n] for n in order] + [events[n] for n in repeated]
    assert to_json(score(document, mixed, DAY)) == to_json(score(document, events, DAY))


@given(st.sets(st.integers(0, 9)))
def test_recalled_objects_are_missing_from_every_figure(recalled):
    events = sendings(*range(10))
    recalls = [event(50 + n, "recall.completed", object_id=f"x--{n}") for n in recalled]
    board = score(programme(indicator()), [*events, *recalls], DAY)
    assert board.indicators[0].actual == 10 - len(recalled)
    assert {ref.seq for ref in board.indicators[0].entries} == set(range(10)) - recalled
