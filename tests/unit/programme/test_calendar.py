"""What a programme asks for by a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.programme import read, read_shipped
from foedus.programme.calendar import due

JAPAN, ISAC = (read(read_shipped(name)).programme for name in ("nato-japan-2023", "isac-charter"))


def told(programme, day, *kinds):
    return [(one.day, one.days, one.kind) for one in due(programme, day) if one.kind in kinds]


@pytest.mark.parametrize(
    ("day", "days"),
    [(date(2028, 6, 29), 1), (date(2028, 6, 30), 0), (date(2028, 7, 1), -1), (date(2028, 12, 31), -184)],
)
def test_renewal_is_asked_for_its_notice_before_the_end_and_stays_until_it(day, days):
    assert told(ISAC, day, "renewal") == [("2028-06-30", days, "renewal")]


def test_the_term_ends_on_its_last_day_and_is_no_news_after():
    assert told(ISAC, date(2028, 12, 31), "term-end") == [("2028-12-31", 0, "term-end")]
    assert told(ISAC, date(2029, 1, 1), "term-end") == []


@pytest.mark.parametrize(
    ("day", "review", "report"),
    [
        (date(2023, 6, 1), "2024-01-31", "2024-04-30"),
        (date(2024, 1, 31), "2024-01-31", "2024-04-30"),
        (date(2024, 2, 1), "2025-01-31", "2024-04-30"),
        (date(2024, 5, 1), "2025-01-31", "2025-05-01"),
    ],
)
def test_the_next_review_and_the_report_that_is_waited_for(day, review, report):
    assert [one[0] for one in told(JAPAN, day, "review")] == [review]
    assert [one[0] for one in told(JAPAN, day, "report")] == [report]


def test_open_milestones_are_overdue_until_they_are_done():
    found = [one for one in due(JAPAN, date(2026, 6, 1)) if one.kind == "milestone"]
    assert [(one.text.split()[1], one.days) for one in found] == [("ms-midterm", -486), ("ms-successor", 213)]


def test_what_comes_again_is_told_once_a_span():
    found = [one for one in due(ISAC, date(2026, 6, 1)) if one.kind == "activity"]
    assert [(one.day, one.text) for one in found] == [
        ("2026-12-31", "exercise drill-annual of area drills (every P1Y)")
    ]


def test_the_31st_comes_back_after_a_short_month():
    text = read_shipped("isac-charter").replace(b"every: P1Y", b"every: P1M")
    programme = read(text).programme
    days = [told(programme, date(2026, month, 1), "review")[0][0] for month in (2, 3, 4)]
    assert days == ["2026-02-28", "2026-03-31", "2026-04-30"]


@given(st.dates(date(2022, 1, 1), date(2030, 1, 1)), st.integers(1, 400))
def test_nothing_that_lies_ahead_is_lost_as_days_go_by(day, later):
    """What is due on a later day was announced on every day before it, or comes again."""
    then = day + timedelta(days=later)
    ahead = {(one.day, one.place) for one in due(JAPAN, day)}
    once = {(o.day, o.place) for o in due(JAPAN, then) if o.kind in {"milestone", "term-end", "clause-end", "key-end"}}
    assert once <= ahead
    assert [one.days for one in due(JAPAN, day)] == sorted(one.days for one in due(JAPAN, day))


def test_the_last_span_is_reviewed_after_the_term():
    assert told(JAPAN, date(2026, 12, 31), "review", "report") == [
        ("2027-01-31", 31, "review"),
        ("2027-05-01", 121, "report"),
    ]
    assert told(JAPAN, date(2027, 5, 2), "review", "report") == []
