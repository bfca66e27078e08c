"""Watch lists of the rooms that have some, and the findings that came in about what is on them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foedus.areas import watched
from foedus.errors import FoedusError
from foedus.model.room import Layers, ListDoor
from foedus.node.home import Node
from foedus.node.situation import Seen, listed
from foedus.store import findings, values
from foedus.store.findings import FindingQuery

MOST = 100
# What is on a list is urgent from the moment it comes in.
_URGENCY = 3


class ListState(msgspec.Struct, frozen=True):
    """A watch list: whose room, in which file, how many lines, and the label a person wrote beside it (empty: none)."""

    area: str
    file: str
    name: str
    lines: int
    label: str


class ListHit(msgspec.Struct, frozen=True):
    """A finding about something on a list: by which value, and what the list says of it."""

    finding: Seen
    file: str
    name: str
    value: str
    reason: str


class WatchLists(msgspec.Struct, frozen=True):
    """The lists, the newest hits, and where a list is not understood (its room then has none)."""

    lists: tuple[ListState, ...]
    hits: tuple[ListHit, ...]
    faults: tuple[str, ...]


def watch_lists(node: Node) -> WatchLists:
    """Return the watch lists of all rooms, with the newest hundred urgent findings of each that are about something on one."""
    lists: list[ListState] = []
    hits: list[ListHit] = []
    faults: list[str] = []
    layers = node.layers.for_run()
    for area, room in sorted(node.rooms.items()):
        door = watched(room)
        if door is None:
            continue
        try:
            found = door.lists(layers)
        except FoedusError as error:
            faults.append(error.where)
            continue
        lists += [ListState(area, *one, node.layers.label_text(one.file) or "") for one in found]
        hits += _hits(node, area, door, layers) if found else ()
    return WatchLists(tuple(lists), tuple(hits), tuple(faults))


def _hits(node: Node, area: str, door: ListDoor, layers: Layers) -> Iterator[ListHit]:
    with node.store.read() as read:
        seen = listed(read, FindingQuery(MOST, room=area, min_urgency=_URGENCY, stories=True))
        rows = findings.resolve(read, [one.object_id for one in seen])
        keys = values.keys_of(read, list(rows.values()))
    for one in seen:
        for hit in door.on_lists(keys.get(rows[one.object_id], []), layers):
            yield ListHit(one, *hit)
