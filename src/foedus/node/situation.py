"""The situation: findings by what pages filter by, a page at a time, with where they happened; no row is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from foedus.errors import InputError
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.finding import Place
from foedus.node.home import Node
from foedus.node.naming import room_words
from foedus.store import facets, findings, watch
from foedus.store import situation as stored
from foedus.store.classes import DAY_US, Class
from foedus.store.engine import Read
from foedus.store.findings import FindingQuery, Held
from foedus.store.situation import Span
from foedus.store.watch import Standing

PAGE_ROWS = 50
MINE = "mine"
_STANDS = ("", MINE, watch.OPEN, watch.ACKNOWLEDGED, watch.DISMISSED)


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
    """A page of findings, the last first; ``next`` asks for what follows. The rest is what can be filtered by.

    ``counts`` says of each filter how many findings each of its values would leave, all other filters as they are; ``days``
    are the first and last day on which anything happened. ``placed`` is how many say where, by room and kind, under which labels.
    """

    items: tuple[Seen, ...]
    next: str
    total: int
    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    owners: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    counts: dict[str, dict[str, int]]
    days: tuple[str, ...]
    placed: tuple[tuple[str, str, int], ...]
    placed_labels: tuple[str, ...]


def situation(node: Node, wanted: Wanted, limit: int = PAGE_ROWS, *, person: str = "") -> Situation:
    """Return a page of findings; ``person`` is whose the filter ``mine`` finds.

    Raises:
        InputError: a filter that cannot be.
    """
    rooms = room_words(node)
    asked = filters_of(wanted, person)
    with node.store.read() as read:
        labels = [(str(id_), marking(label)) for id_, label in facets.labels_in_use(read)]
        owners = tuple(facets.owners_in_use(read))
        known = known_in(read, asked.span)
        chosen = asked.passing(known)
        held = stored.newest(read, chosen, asked.span, limit + 1, asked.standing)
        total = stored.how_many(read, {id_: known[id_][1] for id_ in chosen}, asked.span, asked.standing)
        stand = watch.states(read, [one.object_id for one in held])
        ends = stored.days(read)
    kinds = rooms[wanted.area].kinds if wanted.area in rooms else ()
    placed = [known[id_] for id_ in chosen if known[id_][0].placed]
    names = dict(labels)
    return Situation(
        tuple(seen_of(one, stand.get(one.object_id)) for one in held[:limit]),
        f"{_happened(held[limit - 1])}.{held[limit - 1].seq}" if len(held) > limit else "",
        total,
        *(tuple(rooms), kinds, owners, tuple(labels)),
        _counts(known.values(), asked.tests),
        tuple(instant.text(one)[:10] for one in ends or ()),
        _by_kind(placed),
        tuple(sorted({names[str(of.label_id)] for of, _ in placed if of.label_id})),
    )


def _by_kind(known: Iterable[tuple[Class, int]]) -> tuple[tuple[str, str, int], ...]:
    counted: Counter[tuple[str, str]] = Counter()
    for of, held in known:
        counted[of.room, of.kind] += held
    return tuple((room, kind, held) for (room, kind), held in sorted(counted.items()))


class Filters(NamedTuple):
    """Filters as tests of a class, each by its name; the span of time; how findings stand on the watch."""

    tests: Mapping[str, Callable[[Class], bool]]
    span: Span
    standing: Standing

    def passing(self, known: Mapping[int, tuple[Class, int]]) -> list[int]:
        """Return the classes that pass all filters."""
        return [id_ for id_, (of, _) in known.items() if all(test(of) for test in self.tests.values())]


def filters_of(wanted: Wanted, person: str = "") -> Filters:
    """Read filters; ``person`` is whose the filter ``mine`` finds.

    Raises:
        InputError: one that cannot be.
    """
    tests: dict[str, Callable[[Class], bool]] = {"story": lambda of: of.story or of.kind == wanted.kind}
    if wanted.area:
        tests["area"] = lambda of: of.room == wanted.area
    if wanted.kind:
        tests["kind"] = lambda of: of.kind == wanted.kind
    if wanted.owner:
        tests["owner"] = lambda of: of.owner == wanted.owner
    if wanted.label:
        label_id = _number(wanted.label)
        tests["label"] = lambda of: of.label_id == label_id
    if wanted.urgency:
        urgency = _number(wanted.urgency)
        tests["urgency"] = lambda of: of.urgency >= urgency
    span = Span()
    if wanted.since:
        span = span._replace(from_us=_day_us(wanted.since))
    if wanted.until:
        span = span._replace(before_us=_day_us(wanted.until) + DAY_US)
    if wanted.after:
        span = span._replace(after=_place(wanted.after))
    return Filters(tests, span, _standing(wanted, person))


def _standing(wanted: Wanted, person: str) -> Standing:
    if wanted.watch not in _STANDS:
        raise InputError("not a state", code="filter-malformed", hint="open, mine, acknowledged or dismissed")
    return Standing("", person) if wanted.watch == MINE else Standing(wanted.watch)


def known_in(read: Read, span: Span) -> dict[int, tuple[Class, int]]:
    """Return the classes with what each holds within a span of time."""
    every = stored.classes(read)
    if span[:2] == Span()[:2]:
        return every
    within = stored.held_in(read, every, span)
    return {id_: (every[id_][0], held) for id_, held in within.items()}


def _counts(
    known: Iterable[tuple[Class, int]], tests: Mapping[str, Callable[[Class], bool]]
) -> dict[str, dict[str, int]]:
    """Count what each value of each filter would leave: of the classes that pass all others."""
    found: dict[str, Counter[str]] = {name: Counter() for name in _VALUES}
    for of, held in known:
        failed = [name for name, test in tests.items() if not test(of)]
        for name, value in _VALUES.items():
            # Who asks for a kind is shown it, also what only comes along with others.
            if set(failed) <= ({"kind", "story"} if name == "kind" else {name}):
                found[name][value(of)] += held
    # "At least": what is more urgent counts for less urgent as well.
    by_urgency = found["urgency"]
    found["urgency"] = Counter({str(n): sum(by_urgency[str(m)] for m in range(n, 4)) for n in range(4)})
    return {name: dict(sorted(counted.items())) for name, counted in found.items()}


_VALUES: Mapping[str, Callable[[Class], str]] = MappingProxyType(
    {
        "area": lambda of: of.room,
        "kind": lambda of: of.kind,
        "owner": lambda of: of.owner,
        "label": lambda of: str(of.label_id),
        "urgency": lambda of: str(of.urgency),
    }
)


def _place(after: str) -> tuple[int, int]:
    """Read where a page ended."""
    happened, _, seq = after.partition(".")
    return (-_number(happened[1:]) if happened.startswith("-") else _number(happened)), _number(seq)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InputError("not a number", code="filter-malformed", hint="take it from the page")
    return int(text)


def _day_us(text: str) -> int:
    try:
        return instant.to_us(instant.parse(f"{date.fromisoformat(text)}T00:00:00Z"))
    except ValueError as error:
        raise InputError("not a day", code="filter-malformed", hint="YYYY-MM-DD") from error


def listed(read: Read, query: FindingQuery) -> list[Seen]:
    """Return findings as lists show them."""
    held = findings.find(read, query)
    stand = watch.states(read, [one.object_id for one in held])
    return [seen_of(one, stand.get(one.object_id)) for one in held]


def seen_of(one: Held, stand: watch.State | None = None) -> Seen:
    """Return a finding as lists show it, as it stands on the watch."""
    at_us = _happened(one)
    label = marking(one.label) if one.label else "no label"
    title = one.title or one.object_id
    text = instant.text(at_us)
    said = (one.object_id, one.room, one.kind, title, one.owner, label, one.urgency, text, one.places)
    if stand is None:
        return Seen(*said, seen=watch.seen(one.sha256, None))
    changed = stand.sha256 != one.sha256
    return Seen(*said, stand.state, stand.assigned, changed, watch.seen(one.sha256, stand))


def _happened(one: Held) -> int:
    return one.from_us if one.from_us is not None else one.stored_us
