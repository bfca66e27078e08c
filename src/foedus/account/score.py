"""The scoreboard: every indicator's figure with the entries behind it, areas with coverage, milestones.

One function of programme, events and day: whoever holds the same entries comes to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

import msgspec

from foedus.account.measure import (
    ACCRUING,
    EntryRef,
    Measured,
    Period,
    countable,
    exact,
    measure,
    number,
    plain,
    references,
    select,
)
from foedus.errors import InputError
from foedus.model.canonical import canonical
from foedus.model.entry import Event
from foedus.model.programme import Area, Indicator, Milestone, Number, Programme

Rating = Literal["green", "amber", "red", "not-scored"]


class Figure(msgspec.Struct, frozen=True):
    """One indicator in one period.

    ``actual`` and ``score`` are None where nothing can be said; ``why`` then is one of ``too-few``, ``not-attested``,
    ``attested-differently``, ``not-on-scale``, ``not-a-number``, ``no-evidence``. ``n`` is how many values it rests on,
    ``entries`` where they stand.
    """

    id: str
    area: str
    period: str
    weight: Number
    baseline: Number | str
    target: Number | str
    actual: Number | str | None
    score: Number | None
    expected: Number
    status: Rating
    n: int
    entries: tuple[EntryRef, ...]
    why: str = ""


class AreaScore(msgspec.Struct, frozen=True):
    """An area: weighted mean of its scored indicators, and how much of what is due they are (``coverage``)."""

    id: str
    life: str
    score: Number | None
    coverage: Number | None
    status: Rating
    indicators: tuple[str, ...]


class MilestoneState(msgspec.Struct, frozen=True):
    """A milestone on the review day; ``late`` says that it was, or still is, beyond its due day."""

    id: str
    area: str
    due: str
    state: Literal["done", "open"]
    done_on: str | None
    late: bool
    entries: tuple[EntryRef, ...]


class Scoreboard(msgspec.Struct, frozen=True):
    """All figures of a programme on a review day."""

    programme: str
    version: str
    day: str
    period: str
    score: Number | None
    coverage: Number | None
    status: Rating
    areas: tuple[AreaScore, ...]
    indicators: tuple[Figure, ...]
    milestones: tuple[MilestoneState, ...]


class _Line(NamedTuple):
    """A figure with its exact score and expected share: means are taken of these, not of rounded numbers."""

    figure: Figure
    result: Fraction | None
    expected: Fraction
    weight: Fraction


def score(programme: Programme, events: Iterable[Event], day: date, *, year: int | None = None) -> Scoreboard:
    """Return the scoreboard of a programme on a review day.

    Args:
        programme: the version in force.
        events: the events of the logs that both sides hold, in any order.
        day: the review day: nothing later counts.
        year: the year reviewed; absent: the day's own, up to and with it.

    Raises:
        InputError: the year has not begun on the review day.
    """
    period = Period.of(year or day.year, day)
    if year is not None and int(period.year) != year:
        raise InputError("the year reviewed has not begun", code="period-future", where=str(year))
    by_kind = countable(events, programme.id, day)
    holders = _holders(programme)
    found = (_line(programme, item, holders.get(item.id), by_kind, period) for item in programme.indicators)
    lines = [line for line in found if line is not None]
    total, coverage, status = _mean(lines, programme)
    return Scoreboard(
        programme=programme.id,
        version=programme.version,
        day=day.isoformat(),
        period=period.year,
        score=total,
        coverage=coverage,
        status=status,
        areas=tuple(_area(area, lines, programme) for area in programme.areas),
        indicators=tuple(line.figure for line in lines),
        milestones=tuple(_milestone(item, by_kind, day) for item in programme.milestones),
    )


def to_json(board: Scoreboard) -> bytes:
    """Return the RFC 8785 bytes of a scoreboard."""
    return canonical(msgspec.to_builtins(board))


def _holders(programme: Programme) -> dict[str, Area]:
    """Return the area that each indicator counts in: a merged area hands its indicators over."""
    areas = {area.id: area for area in programme.areas}
    holders = {}
    for area in programme.areas:
        holder, passed = area, {area.id}
        while holder.status == "merged" and holder.merged_into in areas and holder.merged_into not in passed:
            holder = areas[holder.merged_into]
            passed.add(holder.id)
        holders.update(dict.fromkeys(area.indicators, holder))
    return holders


def _due(indicator: Indicator, holder: Area | None, period: Period, programme: Programme) -> Period | None:
    """Return the period that an indicator is due for, or None.

    A dropped area's indicator without a target for the year keeps its last due year's score until the term ends.
    """
    if period.year in indicator.targets:
        return period
    earlier = [int(year) for year in indicator.targets if year < period.year]
    if holder is None or holder.status != "dropped" or not earlier or period.day.isoformat() > programme.term.until:
        return None
    return Period(date(max(earlier), 12, 31))


def _line(
    programme: Programme,
    indicator: Indicator,
    holder: Area | None,
    by_kind: Mapping[str, Sequence[Event]],
    reviewed: Period,
) -> _Line | None:
    """Return an indicator's figure, or None where nothing is due."""
    period = _due(indicator, holder, reviewed, programme)
    if period is None:
        return None
    measured, word = _actual(programme, indicator, by_kind, period)
    accrues = indicator.compute is not None and indicator.compute.fn in ACCRUING
    expected = period.share if accrues else Fraction(1)
    target = indicator.targets[period.year]
    result, why = _score(programme, indicator, target, measured.value if word is None else word)
    figure = Figure(
        id=indicator.id,
        area="" if holder is None else holder.id,
        period=period.year,
        weight=indicator.weight,
        baseline=indicator.baseline.value,
        target=target,
        actual=_plain(measured.value) if word is None else word,
        score=_plain(result),
        expected=plain(expected),
        status=rating(result, expected, programme),
        n=measured.n,
        entries=measured.entries,
        why=measured.why or why,
    )
    return _Line(figure, result, expected, exact(indicator.weight))


def _actual(
    programme: Programme, indicator: Indicator, by_kind: Mapping[str, Sequence[Event]], period: Period
) -> tuple[Measured, str | None]:
    """Return the measured value, and the word where an attested value is one."""
    if indicator.compute is not None and indicator.method == "computed":
        return measure(indicator.compute, by_kind, period), None
    where = {"indicator": indicator.id, "period": period.year}
    newest = {str(event.facts.get("by")): event for event in select(by_kind, "indicator.attested", where)}
    signed = [newest[party.id] for party in programme.parties if party.id in newest]
    values = {canonical(event.facts.get("value")) for event in signed}
    if len(signed) < len(programme.parties):
        return Measured(None, 0, references(signed), "not-attested"), None
    if len(values) > 1:
        return Measured(None, 0, references(signed), "attested-differently"), None
    value = signed[0].facts.get("value")
    measured = Measured(number(value), len(signed), references(signed))
    return measured, value if isinstance(value, str) else None


def _score(
    programme: Programme, indicator: Indicator, target: Number | str, actual: Fraction | str | None
) -> tuple[Fraction | None, str]:
    """Return clamp((actual - baseline) / (target - baseline), 0, 1), one formula for both directions, or why not."""
    if actual is None:
        return None, "not-a-number"
    if indicator.scale is not None:
        steps = {step.value: step.score for step in programme.scales.get(indicator.scale, ())}
        if actual not in steps:
            return None, "not-on-scale"
        if steps[str(actual)] is None:
            return None, "no-evidence"
        ends = [number(steps.get(str(value))) for value in (actual, indicator.baseline.value, target)]
    else:
        ends = [actual if isinstance(actual, Fraction) else None, number(indicator.baseline.value), number(target)]
    found, baseline, goal = ends
    if found is None or baseline is None or goal is None:
        return None, "not-a-number"
    if goal == baseline:
        # Nothing to gain, only to hold.
        held = found >= goal if indicator.direction == "up" else found <= goal
        return Fraction(int(held)), ""
    return min(Fraction(1), max(Fraction(0), (found - baseline) / (goal - baseline))), ""


def rating(result: Fraction | None, expected: Fraction, programme: Programme) -> Rating:
    """Return the light: score over expected share, against the programme's thresholds."""
    if result is None:
        return "not-scored"
    for light in ("green", "amber"):
        threshold = number(programme.review.thresholds.get(light))
        if threshold is not None and result / expected >= threshold:
            return "green" if light == "green" else "amber"
    return "red"


def _mean(lines: Iterable[_Line], programme: Programme) -> tuple[Number | None, Number | None, Rating]:
    """Return weighted mean of the scored, their share of the weight due, and the light of the mean."""
    due = scored = total = expected = Fraction(0)
    for line in lines:
        due += line.weight
        if line.result is not None:
            scored += line.weight
            total += line.weight * line.result
            expected += line.weight * line.expected
    if not scored:
        return None, 0 if due else None, "not-scored"
    light = rating(total / scored, expected / scored, programme)
    return plain(total / scored), plain(scored / due), light


def _plain(value: Fraction | None) -> Number | None:
    return None if value is None else plain(value)


def _area(area: Area, lines: Iterable[_Line], programme: Programme) -> AreaScore:
    own = [line for line in lines if line.figure.area == area.id]
    mean, coverage, status = _mean(own, programme)
    return AreaScore(
        id=area.id,
        life=area.status,
        score=mean,
        coverage=coverage,
        status=status,
        indicators=tuple(line.figure.id for line in own),
    )


def _milestone(item: Milestone, by_kind: Mapping[str, Sequence[Event]], day: date) -> MilestoneState:
    """Return a milestone's state: done on a day that the programme states, or on that of its first evidence."""
    done_on: str | None = None
    entries: tuple[EntryRef, ...] = ()
    if item.done is not None and item.done.date <= day.isoformat():
        done_on = item.done.date
    elif item.evidence is not None:
        found = select(by_kind, item.evidence.source, item.evidence.where)
        entries = references(found)
        done_on = found[0].at.date().isoformat() if found else None
    return MilestoneState(
        id=item.id,
        area=item.area,
        due=item.due,
        state="open" if done_on is None else "done",
        done_on=done_on,
        late=(done_on or day.isoformat()) > item.due,
        entries=entries,
    )
