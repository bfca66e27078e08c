"""The scoreboard: formula, scales, coverage, lights, areas, milestones, attestations, bytes."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
import yaml
from tests.unit.account.small_programme import area, attested, event, indicator, programme, sendings

from foedus.account.score import score, to_json
from foedus.errors import InputError
from foedus.model.programme import Programme

DAY = date(2025, 12, 31)
NEXT = date(2026, 2, 1)


def figure(item, events=(), day=DAY, **changes):
    (found,) = score(programme(item, **changes), events, day).indicators
    return found


def counted(actual, target=10, **changes):
    """Return the figure of a count."""
    return figure(indicator(targets={"2025": target}, **changes), [event(n) for n in range(actual)])


def attestations(value, *by, at="2025-12-01T00:00:00", first=50):
    facts = {"indicator": "rated", "period": "2025", "value": value, "object_id": None}
    return [event(first + n, "indicator.attested", at=at, **facts, by=party) for n, party in enumerate(by)]


# Score


@pytest.mark.parametrize(("actual", "expected"), [(0, 0), (3, 0.3), (10, 1), (11, 1)])
def test_score_is_the_clamped_share_of_the_way(actual, expected):
    found = counted(actual)
    assert (found.actual, found.score, found.n) == (actual, expected, actual)
    assert [ref.seq for ref in found.entries] == list(range(actual))


@pytest.mark.parametrize(("hours", "expected"), [(80, 0), (72, 0), (39, 0.5), (6, 1), (2, 1)])
def test_the_same_formula_serves_downwards(hours, expected):
    item = indicator(
        direction="down",
        baseline={"date": "2024-01-01", "value": 72},
        targets={"2025": 6},
        compute={"fn": "median", "source": "release.sent", "field": "latency_hours", "min_n": 1},
    )
    assert figure(item, sendings(hours)).score == expected


def test_below_the_baseline_is_zero():
    assert counted(3, baseline={"date": "2024-01-01", "value": 5}).score == 0


@pytest.mark.parametrize(
    ("direction", "actual", "expected"), [("up", 4, 0), ("up", 5, 1), ("down", 5, 1), ("down", 6, 0)]
)
def test_a_target_equal_to_the_baseline_is_to_be_held(direction, actual, expected):
    assert counted(actual, 5, direction=direction, baseline={"date": "2024-01-01", "value": 5}).score == expected


def test_too_few_values_are_not_scored_and_never_zero():
    item = indicator(compute={"fn": "median", "source": "release.sent", "field": "latency_hours", "min_n": 5})
    found = figure(item, sendings(1, 2, 3, 4))
    assert (found.actual, found.score, found.status, found.why, found.n) == (None, None, "not-scored", "too-few", 4)


def test_an_indicator_without_a_target_for_the_year_enters_nothing():
    board = score(programme(indicator(targets={"2024": 1, "2026": 1})), [], DAY)
    assert board.indicators == ()
    assert (board.score, board.coverage, board.status) == (None, None, "not-scored")
    assert board.areas[0].coverage is None


# Lights


@pytest.mark.parametrize(
    ("actual", "day", "light"),
    [
        (9, date(2025, 12, 31), "green"),
        (8, date(2025, 12, 31), "amber"),
        (6, date(2025, 12, 31), "amber"),
        (5, date(2025, 12, 31), "red"),
        (5, date(2025, 7, 1), "green"),
        (0, date(2025, 1, 1), "red"),
    ],
)
def test_lights_compare_with_the_share_of_the_year_for_counts(actual, day, light):
    events = [event(n, at="2025-01-01T00:00:00") for n in range(actual)]
    assert figure(indicator(), events, day).status == light


def test_levels_are_expected_whole_from_the_first_day():
    item = indicator(compute={"fn": "max", "source": "release.sent", "field": "latency_hours"})
    events = [event(1, at="2025-01-01T00:00:00", latency_hours=5)]
    found = figure(item, events, date(2025, 1, 1))
    assert (found.expected, found.score, found.status) == (1, 0.5, "red")


# Scales and attestations


def test_an_attested_value_counts_when_both_parties_signed_the_same():
    found = figure(attested(), attestations("limited", "aaa", "bbb"))
    assert (found.actual, found.score, found.n) == ("limited", 0.33, 2)
    assert [ref.seq for ref in found.entries] == [50, 51]


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([], "not-attested"),
        (attestations("limited", "aaa"), "not-attested"),
        (attestations("limited", "aaa", "aaa"), "not-attested"),
        (attestations("limited", "aaa", "ccc"), "not-attested"),
        ([*attestations("limited", "aaa"), *attestations("complete", "bbb", first=60)], "attested-differently"),
        (attestations("no-evidence", "aaa", "bbb"), "no-evidence"),
        (attestations("splendid", "aaa", "bbb"), "not-on-scale"),
        (attestations(1, "aaa", "bbb"), "not-on-scale"),
        (attestations("limited", "aaa", "bbb", at="2026-01-01T00:00:00"), "not-attested"),
    ],
)
def test_anything_less_is_not_scored(events, why):
    found = figure(attested(), events)
    assert (found.score, found.status, found.why) == (None, "not-scored", why)


def test_the_newest_statement_of_each_party_counts():
    old = attestations("limited", "aaa", "bbb", at="2025-11-01T00:00:00")
    new = attestations("complete", "aaa", first=60)
    assert figure(attested(), [*new, *old]).why == "attested-differently"
    both = attestations("complete", "aaa", "bbb", first=60)
    assert figure(attested(), [*both, *old]).score == 1


def test_another_years_statement_does_not_count():
    facts = {"indicator": "rated", "period": "2024", "value": "limited"}
    events = [event(n, "indicator.attested", **facts, by=by) for n, by in enumerate(("aaa", "bbb"))]
    assert figure(attested(), events).why == "not-attested"


def test_attested_numbers_need_no_scale():
    item = attested(measure="unit", scale=None, targets={"2025": 2}, baseline={"date": "2024-01-01", "value": 0})
    assert figure(item, attestations(1, "aaa", "bbb")).score == 0.5
    assert figure(item, attestations("one", "aaa", "bbb")).why == "not-a-number"


def test_a_score_between_two_steps_of_a_scale():
    item = attested(baseline={"date": "2024-01-01", "value": "limited"}, targets={"2025": "complete"})
    assert figure(item, attestations("substantial", "aaa", "bbb")).score == pytest.approx(0.34 / 0.67)


def test_a_review_in_the_next_year_takes_later_statements_and_recalls():
    late = attestations("complete", "aaa", "bbb", at="2026-01-15T00:00:00")
    after = event(9, at="2026-01-01T00:00:00")
    board = score(programme(attested(), indicator()), [event(1), event(2), after, *late], NEXT, year=2025)
    assert (board.day, board.period) == ("2026-02-01", "2025")
    assert [line.score for line in board.indicators] == [1, 0.2]
    recall = event(3, "recall.completed", at="2026-01-20T00:00:00", object_id="x--1")
    board = score(programme(indicator()), [event(1), event(2), recall], NEXT, year=2025)
    assert board.indicators[0].actual == 1


def test_a_year_that_has_not_begun_is_refused():
    with pytest.raises(InputError):
        score(programme(indicator()), [], DAY, year=2026)


# Areas


def two(**second):
    return [indicator("first", weight=3), attested("rated", weight=1, **second)]


def test_an_area_shows_score_and_coverage_together():
    board = score(programme(*two()), [event(n) for n in range(5)], DAY)
    (cyber,) = board.areas
    assert (cyber.score, cyber.coverage, cyber.indicators) == (0.5, 0.75, ("first", "rated"))
    assert (board.score, board.coverage) == (0.5, 0.75)


def test_weights_weigh():
    events = [*(event(n) for n in range(5)), *attestations("complete", "aaa", "bbb")]
    board = score(programme(*two()), events, DAY)
    assert (board.score, board.coverage, board.status) == (0.625, 1, "amber")


def test_no_area_score_without_a_scored_indicator():
    (cyber,) = score(programme(attested()), [], DAY).areas
    assert (cyber.score, cyber.coverage, cyber.status) == (None, 0, "not-scored")


def test_the_programmes_score_does_not_move_when_areas_are_regrouped():
    items = [
        indicator(name, weight=w, targets={"2025": t}) for name, w, t in [("x1", 1, 5), ("x2", 2, 10), ("x3", 4, 20)]
    ]
    events = [event(n) for n in range(5)]
    apart = programme(*items, areas=[area("one", "x1"), area("two", "x2", "x3")])
    together = programme(*items, areas=[area("one", "x1", "x2", "x3")])
    assert score(apart, events, DAY).score == score(together, events, DAY).score == pytest.approx((1 + 1 + 1) / 7)


def test_a_merged_area_hands_its_indicators_over():
    areas = [area("one", "x1", status="merged", merged_into="two"), area("two", "x2")]
    board = score(programme(indicator("x1"), indicator("x2"), areas=areas), [event(1)], DAY)
    one, merged = board.areas
    assert (one.life, one.indicators, one.score) == ("merged", (), None)
    assert merged.indicators == ("x1", "x2")


def test_areas_merged_in_a_circle_do_not_hang():
    areas = [
        area("one", "x1", status="merged", merged_into="two"),
        area("two", "x2", status="merged", merged_into="one"),
    ]
    assert len(score(programme(indicator("x1"), indicator("x2"), areas=areas), [], DAY).indicators) == 2


def test_a_dropped_indicator_keeps_its_last_score_until_the_term_ends():
    item = indicator(targets={"2023": 1, "2024": 4})
    events = [event(1, at="2024-05-01T00:00:00"), event(2)]
    areas = [area("cyber", "first", status="dropped")]
    found = figure(item, events, areas=areas)
    assert (found.period, found.actual, found.score, found.expected) == ("2024", 1, 0.25, 1)
    assert score(programme(item, areas=areas), events, date(2026, 12, 31)).score == 0.25
    assert score(programme(item, areas=areas), events, date(2027, 1, 1)).score is None
    assert score(programme(item), events, DAY).score is None


# Milestones


def milestone(events=(), day=DAY, **changes):
    item = {"id": "m1", "area": "cyber", "title": "M", "due": "2025-06-30", **changes}
    (found,) = score(programme(milestones=[item]), events, day).milestones
    return found.state, found.done_on, found.late, [ref.seq for ref in found.entries]


def test_a_milestone_is_done_on_the_day_the_programme_states():
    assert milestone(done={"date": "2025-06-30"}) == ("done", "2025-06-30", False, [])
    assert milestone(done={"date": "2025-07-01"}) == ("done", "2025-07-01", True, [])
    assert milestone(done={"date": "2025-06-30"}, day=date(2025, 6, 29)) == ("open", None, False, [])


def test_a_milestone_is_done_by_its_first_evidence():
    held = [event(n, "review.published", at=f"2025-0{n}-01T00:00:00", kind="mid-term", object_id=None) for n in (3, 2)]
    other = event(9, "review.published", at="2025-01-01T00:00:00", kind="annual")
    evidence = {"source": "review.published", "where": {"kind": "mid-term"}}
    assert milestone([*held, other], evidence=evidence) == ("done", "2025-02-01", False, [2, 3])
    assert milestone([other], evidence=evidence) == ("open", None, True, [])


# Bytes


def test_the_same_entries_in_any_order_give_the_same_bytes():
    events = [*(event(n) for n in range(7)), *attestations("limited", "aaa", "bbb")]
    document = programme(*two())
    board = to_json(score(document, events, DAY))
    assert board == to_json(score(document, events[::-1], DAY))
    assert b'"entries":[["pair",0],["pair",1]' in board
    assert board.startswith(b'{"areas":[{"coverage":1,"id":"cyber"')


def test_every_scored_figure_names_entries():
    events = [*(event(n) for n in range(7)), *attestations("limited", "aaa", "bbb")]
    assert all(line.entries for line in score(programme(*two()), events, DAY).indicators)


def test_a_whole_real_programme_is_scored(shared):
    document = yaml.safe_load(shared("examples/nato-japan-2023.yaml").read_text())
    for item in document["indicators"]:
        item["targets"] = {str(year): value for year, value in item["targets"].items()}
    real = msgspec.convert(document, Programme)
    facts = {"programme": real.id, "area": "cyber", "parties": ["nato", "jpn"], "decision": "permit"}
    sent = [event(n, **facts, latency_hours=12) for n in range(100)]
    board = score(real, sent, DAY)
    due = [item for item in real.indicators if "2025" in item.targets]
    assert [line.id for line in board.indicators] == [item.id for item in due]
    scored = {line.id: line.score for line in board.indicators if line.id.startswith("cyber-")}
    assert scored == {"cyber-released": 1, "cyber-latency": 1, "cyber-ack": 0, "cyber-exercise": 0}
    assert board.areas[0].score == 0.6
    assert {item.id: item.state for item in board.milestones}["ms-line"] == "done"
