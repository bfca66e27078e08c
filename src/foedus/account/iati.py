"""A programme and its results as an IATI activity (version 2.03), and what that format cannot say.

Areas are results, indicators are indicators with a period for every year that has a target, milestones are results of one
unit each. An actual stands only where it was scored. Elements come in the order that the schema asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from lxml import etree

from foedus.account.score import Figure, MilestoneState, Scoreboard
from foedus.model.programme import Area, Indicator, Milestone, Number, Programme, Text

VERSION = "2.03"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ORGANISATION = {"alliance": "40", "state": "10", "organisation": "90"}
_MEASURE = {"unit": "1", "percentage": "2", "nominal": "3", "ordinal": "4", "qualitative": "5"}
_WORDS = ("nominal", "qualitative")
_CLOSED = {"draft": "1", "negotiation": "1", "expired": "4", "superseded": "4", "terminated": "5"}


class Exported(NamedTuple):
    """The document, and what it could not say: a code and how often, in order."""

    raw: bytes
    losses: tuple[tuple[str, int], ...]


def export(programme: Programme, boards: Sequence[Scoreboard], reporter: str, day: date) -> Exported:
    """Return a programme as an IATI file with one activity.

    Args:
        programme: the programme.
        boards: the scoreboards of its years up to the day, oldest first, each with its figures.
        reporter: the party that reports.
        day: the day the figures are of.
    """
    root = etree.Element("iati-activities", {"version": VERSION, "generated-datetime": f"{day.isoformat()}T00:00:00Z"})
    activity = etree.SubElement(root, "iati-activity", {_LANG: programme.language})
    _head(activity, programme, reporter, day)
    figures = {(one.id, one.period): one for board in boards for one in board.indicators}
    writer = _Results(programme, figures)
    for area in programme.areas:
        writer.area(activity, area)
    states = {one.id: one for one in boards[-1].milestones} if boards else {}
    for milestone in programme.milestones:
        writer.milestone(activity, milestone, states.get(milestone.id))
    raw = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return Exported(raw, tuple(_losses(programme)))


def _head(activity: etree._Element, programme: Programme, reporter: str, day: date) -> None:
    etree.SubElement(activity, "iati-identifier").text = f"{_organisation(reporter)}-{programme.id.rsplit(':', 1)[1]}"
    said = next((one for one in programme.parties if one.id == reporter), programme.parties[0])
    attributes = {"ref": _organisation(said.id), "type": _ORGANISATION[said.kind]}
    _say(etree.SubElement(activity, "reporting-org", attributes), said.name)
    _say(etree.SubElement(activity, "title"), programme.title)
    _say(etree.SubElement(activity, "description", type="1"), programme.title)
    for objective in programme.strategic_objectives:
        _say(etree.SubElement(activity, "description", type="2"), objective.title)
    for party in programme.parties:
        given = {"ref": _organisation(party.id), "type": _ORGANISATION[party.kind], "role": "2"}
        _say(etree.SubElement(activity, "participating-org", given), party.name)
    etree.SubElement(activity, "activity-status", code=_status(programme, day))
    for kind, when in _dates(programme, day):
        etree.SubElement(activity, "activity-date", {"type": kind, "iso-date": when})


def _organisation(party: str) -> str:
    """Return a party's identifier: a programme knows no register of organisations."""
    return f"urn:foedus:party:{party}"


def _status(programme: Programme, day: date) -> str:
    if programme.status in _CLOSED:
        return _CLOSED[programme.status]
    if day.isoformat() > programme.term.until:
        return "4"
    return "1" if day.isoformat() < programme.term.start else "2"


def _dates(programme: Programme, day: date) -> Iterator[tuple[str, str]]:
    """Yield planned start and end, and the actual ones that lie behind."""
    term, today = programme.term, day.isoformat()
    begun = programme.status not in ("draft", "negotiation") and term.start <= today
    yield "1", term.start
    if begun:
        yield "2", term.start
    yield "3", term.until
    if begun and term.until < today:
        yield "4", term.until


class _Results:
    """Writes results of one programme.

    Args:
        programme: the programme.
        figures: every figure, by indicator and year.
    """

    def __init__(self, programme: Programme, figures: Mapping[tuple[str, str], Figure]) -> None:
        self._programme = programme
        self._figures = figures

    def area(self, activity: etree._Element, area: Area) -> None:
        """Write an area that has indicators; the format has no result without any."""
        indicators = [one for one in self._programme.indicators if one.id in area.indicators]
        if not indicators:
            return
        result = etree.SubElement(activity, "result", {"type": "2", "aggregation-status": "false"})
        _say(etree.SubElement(result, "title"), area.title)
        _say(etree.SubElement(result, "description"), area.aim)
        for one in indicators:
            self._indicator(result, one)

    def milestone(self, activity: etree._Element, one: Milestone, state: MilestoneState | None) -> None:
        """Write a milestone: one unit by its day, reached or not."""
        result = etree.SubElement(activity, "result", {"type": "1", "aggregation-status": "false"})
        _say(etree.SubElement(result, "title"), one.title)
        counted = {"measure": "1", "ascending": "true", "aggregation-status": "false"}
        indicator = etree.SubElement(result, "indicator", counted)
        _say(etree.SubElement(indicator, "title"), one.title)
        start = self._programme.term.start
        etree.SubElement(indicator, "baseline", {"year": start[:4], "iso-date": start, "value": "0"})
        period = _period(indicator, min(start, one.due), one.due)
        etree.SubElement(period, "target", value="1")
        if state is not None and state.done_on:
            _comment(etree.SubElement(period, "actual", value="1"), state.done_on)

    def _indicator(self, result: etree._Element, one: Indicator) -> None:
        given = {
            "measure": _MEASURE[one.measure],
            "ascending": "true" if one.direction == "up" else "false",
            "aggregation-status": "false",
        }
        indicator = etree.SubElement(result, "indicator", given)
        _say(etree.SubElement(indicator, "title"), one.title)
        if one.unit:
            _say(etree.SubElement(indicator, "description"), one.unit)
        dated = {"year": one.baseline.date[:4], "iso-date": one.baseline.date}
        self._value(etree.SubElement(indicator, "baseline", dated), one, one.baseline.value)
        for year in sorted(one.targets):
            period = _period(indicator, f"{year}-01-01", f"{year}-12-31")
            self._value(etree.SubElement(period, "target"), one, one.targets[year])
            figure = self._figures.get((one.id, year))
            if figure is not None and figure.score is not None and figure.actual is not None:
                self._value(etree.SubElement(period, "actual"), one, figure.actual)

    def _value(self, element: etree._Element, one: Indicator, value: Number | str) -> None:
        """Write a value: a number as it is, a step of a scale as its rank, any other word as a comment."""
        if not isinstance(value, str) and one.measure != "qualitative":
            element.set("value", str(value))
            return
        steps = [step.value for step in self._programme.scales.get(one.scale or "", ())]
        if value in steps and one.measure not in _WORDS:
            element.set("value", str(steps.index(str(value)) + 1))
            ranks = ", ".join(f"{rank} {step}" for rank, step in enumerate(steps, 1))
            _comment(element, f"{value} ({one.scale}: {ranks})")
        else:
            _comment(element, str(value))


def _period(indicator: etree._Element, start: str, end: str) -> etree._Element:
    period = etree.SubElement(indicator, "period")
    etree.SubElement(period, "period-start", {"iso-date": start})
    etree.SubElement(period, "period-end", {"iso-date": end})
    return period


def _comment(element: etree._Element, text: str) -> None:
    _say(etree.SubElement(element, "comment"), text)


def _say(element: etree._Element, text: Text) -> None:
    """Write a text in every language it has; one without stands in the language of the activity."""
    for language, said in {"": text}.items() if isinstance(text, str) else text.items():
        etree.SubElement(element, "narrative", {_LANG: language} if language else {}).text = said


def _losses(programme: Programme) -> Iterator[tuple[str, int]]:
    """Yield what an activity cannot say, and how many of each there are."""
    bare = sum(not any(one.id in area.indicators for one in programme.indicators) for area in programme.areas)
    scaled = sum(one.measure == "ordinal" for one in programme.indicators)
    worded = sum(one.measure in _WORDS for one in programme.indicators)
    found = (
        ("clauses", len(programme.release.clauses)),
        ("instruments", len(programme.instruments)),
        ("groups", len(programme.groups)),
        ("areas-without-indicator", bare),
        ("activities", sum(len(area.activities) for area in programme.areas)),
        ("which-objective-an-area-serves", sum(len(area.supports) for area in programme.areas)),
        ("weights", sum(one.weight != 1 for one in programme.indicators)),
        ("computation", sum(one.compute is not None for one in programme.indicators)),
        ("scale-as-rank", scaled),
        ("word-as-comment", worded),
        ("milestone-as-result", len(programme.milestones)),
        ("identifier-of-no-register", len(programme.parties)),
    )
    return ((code, count) for code, count in found if count)
