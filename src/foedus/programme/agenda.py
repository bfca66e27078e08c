"""The agenda of a whole term: every day that a programme names, each thing under a name that stays while its day moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

import msgspec

from foedus.model.programme import Activity, Programme, in_language
from foedus.programme.calendar import Kind, later, times
from foedus.programme.dates import parse_day

MOST_TIMES = 400
"""How often one activity stands in an agenda; what comes again by the hour would fill it."""


class Dated(msgspec.Struct, frozen=True, order=True):
    """Something of a day: ``key`` names it within its kind whatever its day is, ``done`` says that it is reached."""

    day: str
    kind: Kind
    key: str
    title: str
    note: str = ""
    done: bool = False


def agenda(programme: Programme, language: str, reached: Sequence[str] = ()) -> tuple[Dated, ...]:
    """Return everything a programme names a day for, past and to come, the earliest first.

    Args:
        programme: a checked programme.
        language: the language of the titles, where the programme has it.
        reached: the milestones that are done, whatever the document says.
    """
    parts = (_term(programme, language), _reviews(programme), _activities(programme, language), _ends(programme))
    return tuple(sorted([*_milestones(programme, language, reached), *(one for part in parts for one in part)]))


def _term(programme: Programme, language: str) -> Iterator[Dated]:
    term, title = programme.term, in_language(programme.title, language)
    yield Dated(term.until, "term-end", "term", title)
    if term.notice_before_end:
        notice = later(date.fromisoformat(term.until), term.notice_before_end, -1)
        yield Dated(notice.isoformat(), "renewal", "term", title, term.notice_before_end)


def _reviews(programme: Programme) -> Iterator[Dated]:
    held = programme.review
    # The last span of the term is reviewed after it.
    last = later(date.fromisoformat(programme.term.until), held.every)
    for number, day in enumerate(times(date.fromisoformat(held.first), held.every, last), 1):
        yield Dated(day.isoformat(), "review", str(number), held.body.name)
        report = later(day, held.report.due_within)
        yield Dated(report.isoformat(), "report", str(number), held.body.name, day.isoformat())


def _milestones(programme: Programme, language: str, reached: Sequence[str]) -> Iterator[Dated]:
    for one in programme.milestones:
        done = one.done is not None or one.id in reached
        yield Dated(one.due, "milestone", one.id, in_language(one.title, language), one.area, done)


def _activities(programme: Programme, language: str) -> Iterator[Dated]:
    for area in programme.areas:
        for one in area.activities if area.status == "open" else ():
            title = in_language(one.text, language)
            for number, day in enumerate(_times(programme, one), 1):
                yield Dated(day.isoformat(), "activity", f"{area.id}/{one.id}/{number}", title, area.id)


def _times(programme: Programme, one: Activity) -> Iterator[date]:
    first = parse_day(one.due or "")
    if one.recurs is None:
        return iter([first] if first is not None else [])
    begun = first or later(date.fromisoformat(programme.term.start), one.recurs) - timedelta(days=1)
    return islice(times(begun, one.recurs, date.fromisoformat(programme.term.until)), MOST_TIMES)


def _ends(programme: Programme) -> Iterator[Dated]:
    for clause in programme.release.clauses:
        if clause.valid is not None and clause.valid.until != programme.term.until:
            yield Dated(clause.valid.until, "clause-end", clause.id, clause.id)
    for party in programme.parties:
        for card in party.nodes:
            if card.until:
                yield Dated(card.until, "key-end", f"{party.id}/{card.id}/{card.until}", f"{party.id}/{card.id}")
