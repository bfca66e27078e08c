"""The situation: findings by what pages filter by, a page at a time, with where they happened; rows are never counted."""

from __future__ import annotations

from datetime import date

import msgspec

from foedus.errors import InputError
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.finding import Place
from foedus.node.home import Node
from foedus.node.naming import room_words
from foedus.store import facets, findings, watch
from foedus.store.engine import Read
from foedus.store.findings import FindingQuery, Held

PAGE_ROWS = 50
MINE = "mine"
_STANDS = ("", MINE, watch.OPEN, watch.ACKNOWLEDGED, watch.DISMISSED)
_DAY_US = 86_400 * 1_000_000


class Wanted(msgspec.Struct, frozen=True):
    """What somebody filters by, as a page's address says it; empty: all. ``since`` and ``until`` are days, both counted.

    ``watch`` is ``open``, ``mine``, ``acknowledged`` or ``dismissed``.
    """

    area: str = ""
    kind: str = ""
    owner: str = ""
    label: str = ""
    urgency: str = ""
    since: str = ""
    until: str = ""
    after: str = ""
    watch: str = ""


class Seen(msgspec.Struct, frozen=True):
    """One finding in the list; ``at`` is when it happened, or when it was stored where that is not said.

    ``watch`` is how it stands on the watch, for which ``seen`` is what an act binds; ``changed``: it did since the last act.
    """

    object_id: str
    room: str
    kind: str
    title: str
    owner: str
    label: str
    urgency: int
    at: str
    places: tuple[Place, ...]
    watch: str = watch.OPEN
    assigned: str = ""
    changed: bool = False
    seen: str = ""


class Situation(msgspec.Struct, frozen=True):
    """A page of findings, the newest first; ``next`` asks for what follows. The rest is what can be filtered by."""

    items: tuple[Seen, ...]
    next: str
    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    owners: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


def situation(node: Node, wanted: Wanted, limit: int = PAGE_ROWS, *, person: str = "") -> Situation:
    """Return a page of findings; ``person`` is whose the filter ``mine`` finds.

    Raises:
        InputError: a filter that cannot be.
    """
    rooms = room_words(node)
    with node.store.read() as read:
        labels = [(str(id_), marking(label)) for id_, label in facets.labels_in_use(read)]
        owners = tuple(facets.owners_in_use(read))
        held = findings.find(read, _query(wanted, limit + 1, person))
        stand = watch.states(read, [one.object_id for one in held])
    kinds = rooms[wanted.area].kinds if wanted.area in rooms else ()
    more = str(held[limit - 1].seq) if len(held) > limit else ""
    items = tuple(_seen(one, stand.get(one.object_id)) for one in held[:limit])
    return Situation(items, more, tuple(rooms), kinds, owners, tuple(labels))


def listed(read: Read, query: FindingQuery) -> list[Seen]:
    """Return findings as lists show them."""
    held = findings.find(read, query)
    stand = watch.states(read, [one.object_id for one in held])
    return [_seen(one, stand.get(one.object_id)) for one in held]


def _query(wanted: Wanted, limit: int, person: str) -> FindingQuery:
    if wanted.watch not in _STANDS:
        raise InputError("not a state", code="filter-malformed", hint="open, mine, acknowledged or dismissed")
    return FindingQuery(
        limit=limit,
        before_seq=_number(wanted.after) if wanted.after else None,
        room=wanted.area,
        kind=wanted.kind,
        stories=not wanted.kind,
        owner=wanted.owner,
        label_id=_number(wanted.label) if wanted.label else None,
        min_urgency=_number(wanted.urgency or "0"),
        from_us=_day_us(wanted.since) if wanted.since else None,
        before_us=_day_us(wanted.until) + _DAY_US if wanted.until else None,
        watch="" if wanted.watch == MINE else wanted.watch,
        assigned=person if wanted.watch == MINE else "",
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InputError("not a number", code="filter-malformed", hint="take it from the page")
    return int(text)


def _day_us(text: str) -> int:
    try:
        return instant.to_us(instant.parse(f"{date.fromisoformat(text)}T00:00:00Z"))
    except ValueError as error:
        raise InputError("not a day", code="filter-malformed", hint="YYYY-MM-DD") from error


def _seen(one: Held, stand: watch.State | None) -> Seen:
    at_us = one.from_us if one.from_us is not None else one.stored_us
    label = marking(one.label) if one.label else "no label"
    title = one.title or one.object_id
    text = instant.text(at_us)
    said = (one.object_id, one.room, one.kind, title, one.owner, label, one.urgency, text, one.places)
    if stand is None:
        return Seen(*said, seen=watch.seen(one.sha256, None))
    changed = stand.sha256 != one.sha256
    return Seen(*said, stand.state, stand.assigned, changed, watch.seen(one.sha256, stand))
