"""A programme's agenda as a calendar (RFC 5545): what it names a day for, and what is owed under it on this node."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

import icalendar

from foedus.account.score import Scoreboard
from foedus.model import instant
from foedus.model.programme import Programme, in_language
from foedus.node import account, due
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.owed import Owed, owed
from foedus.programme.agenda import Dated
from foedus.programme.agenda import agenda as of_programme

KINDS: Mapping[str, str] = {
    "renewal": "Say whether it goes on",
    "term-end": "Last day of the term",
    "review": "Review",
    "report": "Report of the review",
    "milestone": "Milestone",
    "activity": "Activity",
    "clause-end": "Last day of a clause",
    "key-end": "Last day of a card",
    "certificate-end": "A certificate ends",
    "approval-end": "A request lapses",
    "recall": "A partner confirms a recall",
    "retention": "Delete what came",
}
"""What each kind of thing is called, in English; pages have words of their own."""


def agenda(node: Node, programme: str, language: str = "en", board: Scoreboard | None = None) -> tuple[Dated, ...]:
    """Return the agenda of a programme, the earliest first, with what is owed under it and the node's own certificates.

    Args:
        node: the node.
        programme: a programme it holds.
        language: of the titles.
        board: its scoreboard, where the caller has it; computed where milestones need it otherwise.

    Raises:
        InputError: the programme is not known here.
    """
    return of(node, node.agreements.of(programme, node.clock.now()), language, board, owed(node))


def of(node: Node, held: Agreement, language: str, board: Scoreboard | None, owing: Owed) -> tuple[Dated, ...]:
    """Return the same of an agreement at hand, with what is owed under all of them."""
    reached = _reached(node, held.programme, board)
    return tuple(sorted([*of_programme(held.programme, language, reached), *_owed(node, held, owing)]))


def ics(node: Node, programme: str, language: str = "en", kinds: Mapping[str, str] = KINDS) -> bytes:
    """Return the agenda of a programme as a calendar; the same state of the node gives the same bytes.

    Every event keeps its UID while its day moves. ``DTSTAMP`` is the newest signature of the version, for that is when the
    days were last agreed.

    Args:
        node: the node.
        programme: a programme it holds.
        language: of the titles.
        kinds: what each kind is called in that language.
    """
    held = node.agreements.of(programme, node.clock.now())
    return calendar_of(held.programme, agenda(node, programme, language), language, kinds)


def calendar_of(programme: Programme, found: Iterable[Dated], language: str, kinds: Mapping[str, str]) -> bytes:
    """Return an agenda as a calendar, every text escaped and every line folded as the format asks."""
    calendar, stamp = icalendar.Calendar(), _stamp(programme)
    calendar.add("prodid", "-//Foedus//Programme agenda//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", in_language(programme.title, language))
    for one in found:
        calendar.add_component(_event(programme.id, one, stamp, kinds))
    return bytes(calendar.to_ical())


def _event(programme: str, one: Dated, stamp: datetime, kinds: Mapping[str, str]) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", str(uuid.uuid5(uuid.NAMESPACE_URL, f"{programme}#{one.kind}/{one.key}")))
    event.add("dtstamp", stamp)
    event.add("dtstart", date.fromisoformat(one.day))
    event.add("summary", f"{'✓ ' if one.done else ''}{kinds[one.kind]}{': ' if one.title else ''}{one.title}")
    event.add("categories", [one.kind])
    if one.note:
        event.add("description", one.note)
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _stamp(programme: Programme) -> datetime:
    """Return when the version was last signed; of one that nobody signed, the beginning of its term."""
    signed = [one.at for one in programme.signatures]
    return instant.parse(max(signed) if signed else f"{programme.term.start}T00:00:00Z").replace(microsecond=0)


def _reached(node: Node, programme: Programme, board: Scoreboard | None) -> tuple[str, ...]:
    """Return the milestones that the ledger's entries prove; of a programme without any the ledger is not read."""
    if not any(one.evidence for one in programme.milestones):
        return ()
    known = board or account.score(node, programme.id)[0]
    return tuple(one.id for one in known.milestones if one.done_on)


def _owed(node: Node, held: Agreement, owing: Owed) -> Iterator[Dated]:
    for one in due.owed_now(node, held, owing):
        # How many objects are to be deleted changes from day to day; which partner's they are does not.
        of_peer = f"{one.due.day}/{one.due.text.partition(' (')[0]}"
        key = of_peer if one.due.kind == "retention" else f"{one.due.place}/{one.due.text}"
        yield Dated(one.due.day, one.due.kind, key, one.due.place, one.due.text)
