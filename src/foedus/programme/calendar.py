"""What a programme asks for by a day: its renewal, reviews, milestones, activities, the last days of clauses and cards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

from foedus.model import instant
from foedus.model.duration import shift_us
from foedus.model.programme import Activity, Area, Programme, in_language
from foedus.programme.dates import day_of, parse_day, period

Kind = Literal[
    "renewal", "term-end", "review", "report", "milestone", "activity", "clause-end", "key-end", "certificate-end",
    "approval-end", "recall", "retention",
]  # fmt: skip
MAX_STEPS = 10_000


class Due(msgspec.Struct, frozen=True, order=True):
    """Something due on a day: ``days`` left (below zero: overdue), of which kind, what in words, where it stands."""

    day: str
    days: int
    kind: Kind
    text: str
    place: str


def due(programme: Programme, day: date) -> tuple[Due, ...]:
    """Return what is due from a day on, the earliest first, and what is overdue and can be seen to be.

    Of what comes again, the next time alone. A milestone counts until it is done.

    Args:
        programme: a checked programme.
        day: today.
    """
    found = [*_term(programme), *_reviews(programme, day), *_milestones(programme), *_activities(programme, day)]
    found += [*_clauses(programme), *_cards(programme)]
    kept = [one for one in found if one[0] >= day or one[1] in ("milestone", "renewal")]
    return tuple(sorted(on(when, day, kind, text, place) for when, kind, text, place in kept))


def on(when: date, today: date, kind: Kind, text: str, place: str) -> Due:
    """Return what is due on a day, as of today."""
    return Due(when.isoformat(), (when - today).days, kind, text, place)


_Found = tuple[date, Kind, str, str]


def _term(programme: Programme) -> Iterator[_Found]:
    term = programme.term
    last = date.fromisoformat(term.until)
    yield last, "term-end", f"last day of the term: nothing is released after {term.until}", "/term/until"
    if term.notice_before_end:
        notice = later(last, term.notice_before_end, -1)
        text = f"say whether it goes on: {term.notice_before_end} before its end on {term.until}"
        yield notice, "renewal", text, "/term/notice_before_end"


def _reviews(programme: Programme, day: date) -> Iterator[_Found]:
    review = programme.review
    within = review.report.due_within
    # The last span of the term is reviewed after it.
    last = later(date.fromisoformat(programme.term.until), review.every)
    reviews = list(times(date.fromisoformat(review.first), review.every, last))
    coming = next((one for one in reviews if one >= day), None)
    if coming is not None:
        yield coming, "review", f"review by {review.body.name}", "/review"
    reports = [(later(one, within), one) for one in reviews]
    waited = next(((until, of) for until, of in reports if until >= day), None)
    if waited is not None:
        yield waited[0], "report", f"report of the review of {waited[1]}", "/review/report/due_within"


def _milestones(programme: Programme) -> Iterator[_Found]:
    for i, one in enumerate(programme.milestones):
        if one.done is None:
            text = f"milestone {one.id} of area {one.area}: {in_language(one.title)}"
            yield date.fromisoformat(one.due), "milestone", text, f"/milestones/{i}"


def _activities(programme: Programme, day: date) -> Iterator[_Found]:
    for i, area in enumerate(programme.areas):
        for j, one in enumerate(area.activities if area.status == "open" else ()):
            when = _activity(programme, one, day)
            if when is not None:
                yield when, "activity", _activity_text(area, one), f"/areas/{i}/activities/{j}"


def _activity(programme: Programme, one: Activity, day: date) -> date | None:
    # What comes again without a first day is counted from the beginning of the term: once by the end of each span.
    first = parse_day(one.due or "")
    if one.recurs is None:
        return first
    begun = first or later(date.fromisoformat(programme.term.start), one.recurs) - timedelta(days=1)
    until = date.fromisoformat(programme.term.until)
    return next((when for when in times(begun, one.recurs, until) if when >= day), None)


def _activity_text(area: Area, one: Activity) -> str:
    again = f" (every {one.recurs})" if one.recurs else ""
    lead = f", lead {one.lead}" if one.lead else ""
    return f"{one.kind} {one.id} of area {area.id}{again}{lead}"


def _clauses(programme: Programme) -> Iterator[_Found]:
    for i, clause in enumerate(programme.release.clauses):
        if clause.valid is not None and clause.valid.until != programme.term.until:
            last = date.fromisoformat(clause.valid.until)
            yield last, "clause-end", f"last day of clause {clause.id}", f"/release/clauses/{i}/valid/until"


def _cards(programme: Programme) -> Iterator[_Found]:
    for i, party in enumerate(programme.parties):
        for j, card in enumerate(party.nodes):
            last = parse_day(card.until or "")
            if last is not None:
                yield last, "key-end", f"last day of a card of {party.id}/{card.id}", f"/parties/{i}/nodes/{j}/until"


def times(first: date, every: str, until: date) -> Iterator[date]:
    """Yield a day and when it comes again, up to a last day."""
    for step in range(MAX_STEPS):
        # Counted from the first time, not from the last: the 31st comes again after a short month.
        when = later(first, _times_over(every, step)) if step else first
        if when > until:
            return
        yield when


def _times_over(duration: str, times: int) -> str:
    head, number, unit = (
        ("PT", duration[2:-1], duration[-1]) if duration.startswith("PT") else ("P", duration[1:-1], duration[-1])
    )
    return f"{head}{int(number) * times}{unit}"


def later(day: date, duration: str, sign: int = 1) -> date:
    """Return the day a duration later, or earlier (sign -1)."""
    at, _ = period(day.isoformat(), None)
    return day_of(instant.from_us(shift_us(instant.to_us(at), duration, sign)))
