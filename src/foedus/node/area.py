"""A room as people see it: what its card says, how its input stands, what it found last; of every room in one way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from foedus.areas import facts
from foedus.errors import FoedusError
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.picture import Graph, Map, Picture, Series
from foedus.model.stix import read as read_stix
from foedus.node.chosen import all_edges
from foedus.node.home import Node
from foedus.node.label import finding_of
from foedus.node.naming import room_words
from foedus.node.situation import Seen, seen_of
from foedus.node.source_state import SourceState
from foedus.node.status import live_sources
from foedus.store import facets, findings, lookups, quarantine, situation, state
from foedus.store.engine import Read
from foedus.store.findings import FindingQuery

NOW = 3
"""The urgency of what is said to be urgent."""
MOST_URGENT = 5
MOST_NEW = 30
MOST_SOURCES = 10
MOST_PICTURES = 4


class How(msgspec.Struct, frozen=True):
    """How a kind is concluded and what that cannot show, in one language."""

    kind: str
    what: str
    limits: str
    source: str


class Held(msgspec.Struct, frozen=True):
    """A layer file of the node that the room looks at, and its label; without one nothing that rests on it goes."""

    name: str
    label: str


class Taken(msgspec.Struct, frozen=True):
    """Something the room read: when, and under which label."""

    source: str
    at: str
    label: str


class Drawn(msgspec.Struct, frozen=True):
    """The first drawing of the room's picture of one finding."""

    object_id: str
    kind: str
    title: str
    label: str
    picture: Picture


class Tally(msgspec.Struct, frozen=True):
    """How many parts of an area wait for one reason, and since when the latest does."""

    area: str
    code: str
    many: int
    latest: str


class Card(msgspec.Struct, frozen=True):
    """What a room says of itself in one language: its methods, and what it does not do (``limits``)."""

    name: str
    personal: bool
    kinds: tuple[str, ...]
    formats: tuple[str, ...]
    measures: tuple[str, ...]
    filters: tuple[str, ...]
    methods: tuple[How, ...]
    limits: tuple[str, ...]


class Health(msgspec.Struct, frozen=True):
    """How a room's input stands: live sources, files last read, what was refused, layers."""

    sources: tuple[SourceState, ...]
    sources_fault: str
    taken: tuple[Taken, ...]
    refused: tuple[Tally, ...]
    layers: tuple[Held, ...]


class AreaSeen(msgspec.Struct, frozen=True):
    """All that the page of a room shows; ``labels`` and ``owners`` are what findings can be filtered by."""

    card: Card
    urgent: tuple[Seen, ...]
    newest: tuple[Seen, ...]
    labels: tuple[tuple[str, str], ...]
    owners: tuple[str, ...]
    health: Health
    pictures: tuple[Drawn, ...]


class Listed(msgspec.Struct, frozen=True):
    """A room in the list of all: what of it is urgent, how its sources stand, how much of its input was refused."""

    name: str
    urgent: tuple[Seen, ...]
    sources: int
    away: int
    refused: int


def areas(node: Node) -> list[Listed]:
    """Return every room of the node, by name."""
    with node.store.read() as read:
        urgent = _urgent(read, sorted(node.rooms))
        live, _ = live_sources(node, read)
        held = _tallies(read)
    return [
        Listed(
            name,
            urgent[name],
            sum(1 for one in live if one.area == name),
            sum(1 for one in live if one.area == name and one.state != "up"),
            sum(one.many for one in held if one.area == name),
        )
        for name in sorted(node.rooms)
    ]


def tallies(node: Node) -> list[Tally]:
    """Return of each area how many parts wait in quarantine for which reason."""
    with node.store.read() as read:
        return _tallies(read)


def area(node: Node, name: str, language: str) -> AreaSeen:
    """Return what is known of a room.

    Raises:
        InputError: there is no such room.
    """
    room = node.room(name).name
    with node.store.read() as read:
        newest = findings.find(read, FindingQuery(limit=MOST_NEW, room=room, stories=True))
        return AreaSeen(
            card(node, room, language),
            _urgent(read, [room])[room],
            tuple(map(seen_of, newest)),
            tuple((str(id_), marking(label)) for id_, label in facets.labels_in_use(read)),
            tuple(facets.owners_in_use(read)),
            _health(node, read, room),
            _pictures(node, read, newest, language),
        )


def card(node: Node, room: str, language: str) -> Card:
    """Return what a room says of itself in a language of people."""
    said = facts(node.rooms[room])
    spoken = [(one, one.ja if language == "ja" else one.en) for one in said.methods]
    missing = [one for one in said.maturity.values() if one.state != "done"]
    return Card(
        room,
        said.personal,
        said.kinds,
        said.formats,
        said.measures,
        said.filters,
        tuple(How(one.kind, words.what, words.limits, one.source) for one, words in spoken),
        tuple(one.ja or one.why if language == "ja" else one.why for one in missing),
    )


def _urgent(read: Read, rooms: Sequence[str]) -> dict[str, tuple[Seen, ...]]:
    """Return what is urgent in each room, what happened last first."""
    groups: dict[str, list[int]] = {room: [] for room in rooms}
    for id_, (of, _) in situation.classes(read).items():
        if of.story and of.urgency >= NOW and of.room in groups:
            groups[of.room].append(id_)
    found = situation.newest_of_each(read, groups, MOST_URGENT)
    return {room: tuple(map(seen_of, held)) for room, held in found.items()}


def _tallies(read: Read) -> list[Tally]:
    return [Tally(one.area, one.code, one.many, instant.text(one.latest_us)) for one in quarantine.open_by_code(read)]


def _health(node: Node, read: Read, room: str) -> Health:
    live, fault = live_sources(node, read)
    taken = state.newest_sources(read, room, MOST_SOURCES)
    return Health(
        tuple(one for one in live if one.area == room),
        fault,
        tuple(Taken(one.id, instant.text(one.at_us), marking(one.label) if one.label else "") for one in taken),
        tuple(one for one in _tallies(read) if one.area == room),
        tuple(
            Held(name, node.layers.label_text(name) or "")
            for prefix in facts(node.rooms[room]).layers
            for name in node.layers.names(prefix)
        ),
    )


def _pictures(node: Node, read: Read, newest: Sequence[findings.Held], language: str) -> tuple[Drawn, ...]:
    """Return what the room draws of its newest findings, of each kind one."""
    kinds: dict[str, findings.Held] = {}
    for one in newest:
        kinds.setdefault(one.kind, one)
    found: list[Drawn] = []
    for one, pane in _glances(node, read, list(kinds.values())[:MOST_PICTURES], language):
        label = marking(one.label) if one.label else "no label"
        found.append(Drawn(one.object_id, one.kind, one.title or one.object_id, label, pane))
    return tuple(found)


def _glances(
    node: Node, read: Read, held: Sequence[findings.Held], language: str
) -> Iterator[tuple[findings.Held, Picture]]:
    """Yield of some findings what their room draws first: a map, graph or series, else whatever stands first."""
    words = room_words(node)
    parsed = {one.seq: read_stix(one.raw) for one in held}
    targets = {seq: {edge.target for edge in all_edges(obj)} for seq, obj in parsed.items()}
    seqs = lookups.resolve_all(read, {target for of in targets.values() for target in of})
    objects = [read_stix(one.raw) for one in findings.findings_of(read, sorted(set(seqs)))]
    for one in held:
        near = [obj for obj in objects if obj.id in targets[one.seq]]
        try:
            drawn = node.rooms[one.room].show(finding_of(one), near, say=words[one.room].say(language))
        except FoedusError:
            # A room that cannot draw what somebody sent takes nothing else of the page with it.
            continue
        first = sorted(drawn.panes, key=lambda pane: not isinstance(pane, (Map, Graph, Series)))[:1]
        yield one, Picture(drawn.title, tuple(first))
