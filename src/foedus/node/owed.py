"""What people and partners owe by a day: approvals that lapse, recalls nobody confirmed, objects whose time is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from foedus.model import instant
from foedus.node import retention
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.retention import ToDelete
from foedus.programme import calendar
from foedus.programme.calendar import Due
from foedus.programme.dates import day_of
from foedus.store import approvals, recalls
from foedus.store.recalls import Recall


class Owed(NamedTuple):
    """What is owed under all programmes, read in one go: requests and approvals, recalls without an answer, what is over."""

    asked: list[approvals.Row]
    recalls: list[Recall]
    over: list[ToDelete]


def owed(node: Node) -> Owed:
    """Return what is owed now."""
    over = retention.due(node)
    with node.store.read() as read:
        return Owed(approvals.all_standing(read), recalls.unanswered(read), over)


def of_people(node: Node, owing: Owed, agreement: Agreement) -> Iterator[Due]:
    """Yield when requests for an approval lapse that nobody answered yet."""
    at = node.clock.now()
    since_us = instant.to_us(at - timedelta(seconds=node.config.approve_lasts_s))
    mine = [row for row in owing.asked if row.programme == agreement.programme.id]
    for party in agreement.programme.parties:
        asked = {(row.area, row.object_id, row.version): row for row in mine if row.party == party.id}
        for row in asked.values():
            if row.kind == approvals.REQUESTED and row.at_us > since_us:
                lapses = instant.from_us(row.at_us) + timedelta(seconds=node.config.approve_lasts_s)
                text = f"the request to let {row.object_id} go to {party.id} lapses: foedus release pending"
                yield calendar.on(day_of(lapses), at.date(), "approval-end", text, row.object_id)


def of_partners(node: Node, owing: Owed, agreement: Agreement) -> Iterator[Due]:
    """Yield until when a partner must say what became of what was called back."""
    today = node.clock.now().date()
    for one in owing.recalls:
        if one.programme == agreement.programme.id:
            text = f"{one.recipient} confirms that {one.object_id} was called back: foedus recall list"
            yield calendar.on(_day(one.deadline_us), today, "recall", text, one.object_id)


def of_node(node: Node, owing: Owed, agreement: Agreement) -> Iterator[Due]:
    """Yield what came from each partner and is to be deleted, by the day its time was over."""
    today = node.clock.now().date()
    over: dict[tuple[date, str], set[tuple[str, str]]] = defaultdict(set)
    for one in owing.over:
        if one.programme == agreement.programme.id:
            over[day_of(instant.parse(one.since)), one.peer].add((one.object_id, one.version))
    for (day, peer), objects in over.items():
        text = (
            f"delete what came from {peer} ({len(objects)}): foedus show --due lists it, foedus exchange pull does it"
        )
        yield calendar.on(day, today, "retention", text, "")


def _day(at_us: int) -> date:
    return day_of(instant.from_us(at_us))
