"""The review of a period: figures with their trend, what was shared and recalled, disputes, versions, what people wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from foedus.account import review as reviewed
from foedus.account.events import Loaded, events
from foedus.account.measure import EntryRef, Period
from foedus.account.review import Flow, ObjectiveScore, Trouble
from foedus.account.score import Scoreboard, score
from foedus.errors import InputError
from foedus.model.entry import MASTER, Event
from foedus.model.instant import text as instant_text
from foedus.model.instant import to_us
from foedus.model.programme import Programme
from foedus.node import account, review_text
from foedus.node.account import LogState
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.review_text import Written


class Agreed(msgspec.Struct, frozen=True):
    """A version that became the agreed one during the period, and where it was entered."""

    version: str
    at: str
    digest: str
    entries: tuple[EntryRef, ...]


class Review(msgspec.Struct, frozen=True):
    """The review of one programme and year as of a day.

    ``boards`` are the scoreboards of the years of the term up to the one reviewed, which is the last: the trend. ``logs`` are
    what all of it rests on, and how far they are signed.
    """

    word: str
    digest: str
    document: Programme
    period: str
    periods: tuple[str, ...]
    day: str
    boards: tuple[Scoreboard, ...]
    objectives: tuple[ObjectiveScore, ...]
    flows: tuple[Flow, ...]
    troubles: tuple[Trouble, ...]
    agreed: tuple[Agreed, ...]
    texts: tuple[Written, ...]
    logs: tuple[LogState, ...]

    @property
    def board(self) -> Scoreboard:
        """The scoreboard of the year reviewed."""
        return self.boards[-1]


def review(node: Node, programme: str, period: str = "", on: str = "") -> Review:
    """Return the review of a programme's year.

    Args:
        node: the node.
        programme: a programme it holds.
        period: the calendar year; absent: the newest of the term that has begun.
        on: the review day; absent: today. Nothing later counts.

    Raises:
        InputError: no such programme, a year outside its term or not begun, or no day, or one to come.
    """
    agreement = node.agreements.of(programme, node.clock.now())
    day = _day(node, on)
    periods = _periods(agreement.programme, day)
    chosen = period or periods[-1]
    if chosen not in periods:
        raise InputError(
            "no year of the term that has begun", code="period-unknown", where=chosen[:20], hint=", ".join(periods)
        )
    found, logs = _entered(node, agreement)
    years = [int(year) for year in periods if year <= chosen]
    span = Period.of(int(chosen), day)
    boards = tuple(score(agreement.programme, found, day, year=year) for year in years)
    return Review(
        word=agreement.word,
        digest=agreement.digest,
        document=agreement.programme,
        period=chosen,
        periods=periods,
        day=day.isoformat(),
        boards=boards,
        objectives=reviewed.objectives(agreement.programme, boards[-1]),
        flows=reviewed.flows(found, agreement.programme.id, span),
        troubles=reviewed.troubles(found, agreement.programme.id, span),
        agreed=_agreed(found, agreement.programme.id, span),
        texts=tuple(review_text.written(node, agreement.programme.id, chosen)),
        logs=logs,
    )


def _day(node: Node, on: str) -> date:
    today = node.clock.now().date()
    try:
        day = date.fromisoformat(on) if on else today
    except ValueError as error:
        raise InputError("no day", code="day-unknown", where=on[:20], hint="2026-06-01") from error
    if day > today:
        raise InputError("a day to come", code="period-future", where=on, hint=f"up to {today.isoformat()}")
    return day


def _periods(programme: Programme, day: date) -> tuple[str, ...]:
    """Return the calendar years of the term that have begun."""
    first, last = int(programme.term.start[:4]), min(int(programme.term.until[:4]), day.year)
    if first > last:
        raise InputError("the term has not begun", code="period-future", where=programme.term.start)
    return tuple(str(year) for year in range(first, last + 1))


def _entered(node: Node, agreement: Agreement) -> tuple[Sequence[Event], tuple[LogState, ...]]:
    """Return the events of the programme's logs and the private one, and how the logs stand."""
    with node.store.read() as read:
        infos = [one for one in read.logs.logs() if one.programme == agreement.programme.id or one.name == MASTER]
        found = list(events(Loaded(read.logs, infos), infos))
    names = {one.name for one in infos}
    return found, tuple(one for one in account.logs(node) if one.name in names)


def _agreed(found: Sequence[Event], programme: str, span: Period) -> tuple[Agreed, ...]:
    """Return each version agreed in the period once, with all the entries that say so."""
    by_digest: dict[str, list[Event]] = {}
    for one in reviewed.within(found, programme, span):
        if one.kind == "programme.agreed":
            by_digest.setdefault(str(one.facts.get("digest")), []).append(one)
    return tuple(
        Agreed(
            str(same[0].facts.get("version")),
            instant_text(to_us(same[0].at)),
            digest,
            tuple(EntryRef(e.log, e.seq) for e in same),
        )
        for digest, same in by_digest.items()
    )
