"""What the review of a period says beside the scoreboard: what was shared and recalled, and which entries tell of trouble.

Pure over events: whoever holds the same entries comes to the same figures, and each names the entries it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

from foedus.account.measure import EntryRef, Period, exact, plain, references
from foedus.account.score import Rating, Scoreboard, rating
from foedus.model.entry import Event
from foedus.model.instant import text, to_us
from foedus.model.programme import Number, Programme

DISPUTED = (
    "ledger.forked", "ledger.disputed", "ledger.thawed", "entry.refused", "recall.refused", "grant.refused", "node.restored",
)  # fmt: skip
"""Kinds of entries that say that something between the parties was not as it should be, or was mended."""

_STAGES = {
    "release.sent": "sent",
    "exchange.accepted": "accepted",
    "exchange.refused": "refused",
    "recall.requested": "recalled",
    "recall.completed": "answered",
}


class Counted(msgspec.Struct, frozen=True):
    """How many objects, and where each stands first."""

    n: int
    entries: tuple[EntryRef, ...]


class Flow(msgspec.Struct, frozen=True):
    """What one party gave another in an area during the period, each object counted once a column."""

    sender: str
    recipient: str
    area: str
    sent: Counted
    accepted: Counted
    refused: Counted
    recalled: Counted
    answered: Counted


class Trouble(msgspec.Struct, frozen=True):
    """An entry of trouble: its kind, when, a stable code or reason where it has one, and where it stands."""

    kind: str
    at: str
    code: str
    entry: EntryRef


class ObjectiveScore(msgspec.Struct, frozen=True):
    """A strategic objective: weighted mean of the scored indicators of the areas that serve it, and their share of those due."""

    id: str
    areas: tuple[str, ...]
    score: Number | None
    coverage: Number | None
    status: Rating


def objectives(programme: Programme, board: Scoreboard) -> tuple[ObjectiveScore, ...]:
    """Return every objective with its score; an area that serves several counts in each of them."""
    return tuple(_objective(programme, board, one.id) for one in programme.strategic_objectives)


def _objective(programme: Programme, board: Scoreboard, objective: str) -> ObjectiveScore:
    areas = tuple(area.id for area in programme.areas if objective in area.supports)
    due = [one for one in board.indicators if one.area in areas]
    scored = [one for one in due if one.score is not None]
    weight = sum((exact(one.weight) for one in scored), Fraction(0))
    whole = sum((exact(one.weight) for one in due), Fraction(0))
    if not weight:
        return ObjectiveScore(objective, areas, None, 0 if whole else None, "not-scored")
    total = sum((exact(one.weight) * exact(one.score or 0) for one in scored), Fraction(0)) / weight
    expected = sum((exact(one.weight) * exact(one.expected) for one in scored), Fraction(0)) / weight
    status = rating(total, expected, programme)
    return ObjectiveScore(objective, areas, plain(total), plain(weight / whole), status)


class _Way(NamedTuple):
    sender: str
    recipient: str
    area: str


def flows(events: Iterable[Event], programme: str, period: Period) -> tuple[Flow, ...]:
    """Return what went which way in a period, by area; what was recalled since is counted as sent, and as recalled.

    Args:
        events: the events of the logs that both sides hold, in any order.
        programme: the programme's id.
        period: the period; nothing outside it counts.
    """
    found: dict[_Way, dict[str, dict[str, Event]]] = {}
    for event in within(events, programme, period):
        way, stage = _way(event), _STAGES.get(event.kind)
        if way is not None and stage is not None:
            by_object = found.setdefault(way, {}).setdefault(stage, {})
            by_object.setdefault(str(event.facts.get("object_id")), event)
    return tuple(_flow(way, stages) for way, stages in sorted(found.items()))


def troubles(events: Iterable[Event], programme: str, period: Period) -> tuple[Trouble, ...]:
    """Return the entries of a period that tell of something disputed, refused or restored under a programme."""
    return tuple(
        Trouble(one.kind, text(to_us(one.at)), str(one.facts.get("code") or one.facts.get("reason") or ""), _ref(one))
        for one in within(events, programme, period)
        if one.kind in DISPUTED
    )


def within(events: Iterable[Event], programme: str, period: Period) -> Sequence[Event]:
    """Return the events of a programme in a period, the oldest first."""
    kept = [
        one for one in events if period.start_at <= one.at < period.end_at and one.facts.get("programme") == programme
    ]
    return sorted(kept, key=lambda one: (one.at, one.log, one.seq))


def _way(event: Event) -> _Way | None:
    parties: Sequence[str] = event.facts.get("parties") or ()
    return _Way(parties[0], parties[1], str(event.facts.get("area", ""))) if len(parties) == 2 else None


def _flow(way: _Way, stages: dict[str, dict[str, Event]]) -> Flow:
    def counted(stage: str) -> Counted:
        found = list(stages.get(stage, {}).values())
        return Counted(len(found), references(found))

    sender, recipient, area = way
    return Flow(sender, recipient, area, *map(counted, _STAGES.values()))


def _ref(event: Event) -> EntryRef:
    return EntryRef(event.log, event.seq)
