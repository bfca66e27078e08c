"""What a partner was given, for its liaison officer to look at here: as its release views show it, and nothing besides.

What is said of a finding is computed from the bytes shown, by its room and without this node's layers. So the same stands here
whether or not anything exists that the partner may not see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from foedus.engine.run import HeldLayers
from foedus.errors import FoedusError, InputError, NotReleasable
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.finding import About, Finding, Place
from foedus.model.picture import Picture
from foedus.model.stix import read as read_stix
from foedus.node.agreements import Agreement
from foedus.node.chosen import all_edges
from foedus.node.home import Node
from foedus.node.naming import room_words
from foedus.node.situation import day_us
from foedus.node.view import view_name
from foedus.store import findings
from foedus.store import given as stored
from foedus.store.engine import Read
from foedus.store.given import DAY_US, Given, Held, Wanted

PAGE_ROWS = 50
_LAST = 2**62


class Choice(msgspec.Struct, frozen=True):
    """What somebody filters by, as a page's address says it; empty: all. Days are those of coming, both counted."""

    programme: str = ""
    area: str = ""
    kind: str = ""
    owner: str = ""
    label: str = ""
    since: str = ""
    until: str = ""
    after: str = ""


class Seen(msgspec.Struct, frozen=True):
    """One finding that the partner was given; ``at`` is when it happened where that is said, ``since`` when it was given."""

    object_id: str
    room: str
    kind: str
    title: str
    owner: str
    label: str
    urgency: int
    at: str
    since: str
    places: tuple[Place, ...]


class Page(msgspec.Struct, frozen=True):
    """Findings, the last given first; ``next`` asks for what follows. ``counts`` says what each value of a filter would leave."""

    items: tuple[Seen, ...]
    next: str
    total: int
    programme: str
    programmes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    days: tuple[str, ...]


class Version(msgspec.Struct, frozen=True):
    """A version of an object as it is shown: since when, until when, its bytes."""

    version: str
    since: str
    until: str
    label: str
    raw: bytes


class Beside(msgspec.Struct, frozen=True):
    """Another object that the partner was given and that this one refers to."""

    how: str
    object_id: str
    title: str


class One(msgspec.Struct, frozen=True):
    """A finding with all that the partner was given about it, the version given last first."""

    seen: Seen
    versions: tuple[Version, ...]
    links: tuple[Beside, ...]
    picture: Picture | None


class _Views(NamedTuple):
    """The views of a party under one agreement: by name the area, and by area the row."""

    agreement: Agreement
    areas: dict[str, str]
    rows: dict[str, int]


def page(node: Node, party: str, choice: Choice) -> Page:
    """Return a page of what a party was given under one programme.

    Raises:
        InputError: no such programme, or a filter that cannot be.
    """
    with node.store.read() as read:
        views = _views(node, read, party, choice.programme)
        held = stored.tallies(read, views.areas)
        names = {id_: marking(one) for id_, one in stored.labels(read, (one.label_id for one in held)).items()}
        tests = _tests(choice, names)
        passing = [one for one in held if all(test(one) for test in tests.values())]
        found = _walk(read, views, (choice, names), passing)
    more = len(found) > PAGE_ROWS
    return Page(
        tuple(_seen(node, one) for one in found[:PAGE_ROWS]),
        str(found[PAGE_ROWS - 1].added_us) if more else "",
        sum(one.heads for one in passing),
        views.agreement.word,
        tuple(one.word for one in _agreements(node, party)),
        _counts(held, tests, names),
        tuple(instant.text(day * DAY_US)[:10] for day in _ends(held)),
    )


def one(node: Node, party: str, object_id: str, language: str) -> One:
    """Return what a party was given of a finding, under any programme.

    Raises:
        NotReleasable: it is shown nothing of that id, as if there were none.
    """
    with node.store.read() as read:
        views = [id_ for agreement in _agreements(node, party) for id_ in _rows(read, agreement, party).values()]
        versions = stored.shown_of(read, views, [object_id])
        if not versions:
            raise NotReleasable("nothing of this id", code="object-unknown", where=object_id[:90])
        current = versions[0]
        edges = list(all_edges(read_stix(current.raw)))
        supports = findings.supports_of(read, [current.seq]).get(current.seq, ())
        near = stored.shown_of(read, views, sorted({edge.target for edge in edges}), sorted(supports))
    last = {given.object_id: given for given in reversed(near)}
    titles = {id_: _about(node, given).title or id_ for id_, given in last.items()}
    return One(
        _seen(node, current),
        tuple(_version(given) for given in versions),
        tuple(Beside(edge.path, edge.target, titles[edge.target]) for edge in edges if edge.target in titles),
        _picture(node, current, list(last.values()), language),
    )


def logs_of(node: Node, party: str) -> list[str]:
    """Return the logs of what goes between this node and a party: all entries in them are the party's to know."""
    pairs = [(node.party, party), (party, node.party)]
    names = [f"{one.programme.id}|{a}|{b}" for one in _agreements(node, party) for a, b in pairs]
    with node.store.read() as read:
        return [name for name in names if read.logs.log(name) is not None]


def _agreements(node: Node, party: str) -> list[Agreement]:
    held = node.agreements.all(node.clock.now())
    return [one for one in held if one.programme.party(party) and one.programme.party(node.party)]


def _views(node: Node, read: Read, party: str, programme: str) -> _Views:
    held = _agreements(node, party)
    chosen = next((one for one in held if programme in ("", one.word)), None)
    if chosen is None:
        raise InputError("no such programme", code="programme-unknown")
    areas = {view_name(chosen.programme.id, party, area.id): area.id for area in chosen.programme.areas}
    return _Views(chosen, areas, _rows(read, chosen, party))


def _rows(read: Read, agreement: Agreement, party: str) -> dict[str, int]:
    names = {view_name(agreement.programme.id, party, area.id): area.id for area in agreement.programme.areas}
    return {names[name]: id_ for name, id_ in stored.view_ids(read, names).items()}


def _tests(choice: Choice, names: Mapping[int, str]) -> dict[str, Callable[[Held], bool]]:
    tests: dict[str, Callable[[Held], bool]] = {}
    if choice.area:
        tests["area"] = lambda one: one.area == choice.area
    if choice.kind:
        tests["kind"] = lambda one: one.kind == choice.kind
    if choice.owner:
        tests["owner"] = lambda one: one.owner == choice.owner
    if choice.label:
        tests["label"] = lambda one: names.get(one.label_id, "") == choice.label
    since, until = (day_us(text) // DAY_US if text else 0 for text in (choice.since, choice.until))
    if choice.since or choice.until:
        tests["days"] = lambda one: since <= one.day and (not choice.until or one.day <= until)
    return tests


def _walk(read: Read, views: _Views, asked: tuple[Choice, Mapping[int, str]], passing: Sequence[Held]) -> list[Given]:
    """Return the rows of a page and one more, from the days that hold what passes; where much lapsed, from twice as many."""
    choice, names = asked
    labels = [id_ for id_, name in names.items() if name == choice.label] if choice.label else None
    before_us, found, reach = _before(choice.after), list[Given](), PAGE_ROWS + 1
    days = Counter[int]()
    for one in passing:
        days[one.day] += one.heads
    left = sorted(day for day in days if day * DAY_US < before_us)
    ids = [views.rows[area] for area in sorted({one.area for one in passing}) if area in views.rows]
    while left and len(found) <= PAGE_ROWS:
        counted = 0
        while left and counted < reach:
            day = left.pop()
            counted += days[day]
        wanted = Wanted(ids, day * DAY_US, before_us, choice.kind, choice.owner, labels)
        found += stored.given(read, wanted, PAGE_ROWS + 1 - len(found))
        before_us, reach = day * DAY_US, reach * 2
    return found


def _before(after: str) -> int:
    if not after:
        return _LAST
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise InputError("not a number", code="filter-malformed", hint="take it from the page")
    return int(after)


def _counts(
    held: Sequence[Held], tests: Mapping[str, Callable[[Held], bool]], names: Mapping[int, str]
) -> dict[str, dict[str, int]]:
    """Count what each value of each filter would leave: of what passes all others."""
    values: Mapping[str, Callable[[Held], str]] = {
        "area": lambda one: one.area,
        "kind": lambda one: one.kind,
        "owner": lambda one: one.owner,
        "label": lambda one: names.get(one.label_id, ""),
    }
    found: dict[str, Counter[str]] = {name: Counter() for name in values}
    for one in held:
        failed = {name for name, test in tests.items() if not test(one)}
        for name, value in values.items():
            if failed <= {name} and value(one):
                found[name][value(one)] += one.heads
    return {name: dict(sorted(counted.items())) for name, counted in found.items()}


def _ends(held: Sequence[Held]) -> tuple[int, ...]:
    days = [one.day for one in held]
    return (min(days), max(days)) if days else ()


def _finding(given: Given) -> Finding:
    head = read_stix(given.raw)
    return Finding(given.room, given.kind, head, (), document=given.document, owner=given.owner, label=given.label)


def _about(node: Node, given: Given) -> About:
    """Say what its room says of a finding, from the bytes shown and none of this node's layers."""
    try:
        return node.rooms[given.room].about(_finding(given), (), layers=HeldLayers())
    except (FoedusError, KeyError):
        return About(given.kind, given.object_id)


def _seen(node: Node, given: Given) -> Seen:
    about = _about(node, given)
    at = instant.text(instant.to_us(about.from_at)) if about.from_at else ""
    label = marking(given.label) if given.label else ""
    said = (given.object_id, given.room, given.kind, about.title or given.object_id, given.owner, label, about.urgency)
    return Seen(*said, at, instant.text(given.added_us), about.places)


def _version(given: Given) -> Version:
    until = instant.text(given.expires_us) if given.expires_us is not None else ""
    label = marking(given.label) if given.label else ""
    return Version(given.version, instant.text(given.added_us), until, label, given.raw)


def _picture(node: Node, given: Given, near: Sequence[Given], language: str) -> Picture | None:
    say = room_words(node)[given.room].say(language) if given.room in node.rooms else None
    if say is None:
        return None
    try:
        return node.rooms[given.room].show(_finding(given), [read_stix(one.raw) for one in near], say=say)
    except FoedusError:
        # A room that cannot draw it takes nothing else of the page with it.
        return None
