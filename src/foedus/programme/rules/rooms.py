"""What only the installed rooms can say: is there anybody who makes what a clause releases?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from foedus.model.programme import Area, Programme
from foedus.programme.remark import Remark, Severity
from foedus.programme.rules.clauses import EVERY_AREA
from foedus.programme.vocabulary import NODE_KINDS, STIX_TYPES


class RoomFacts(Struct, frozen=True):
    """What a room says about itself: the kinds of findings it makes, and the indicators' event kinds it can feed."""

    kinds: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()


def served(programme: Programme, rooms: Mapping[str, RoomFacts]) -> Iterator[Remark]:
    """P160, P161, P162, P169: areas name rooms that are there; a clause is about something somebody makes.

    A room that is named and not installed here is a warning: the agreement may well be wider than one node. What hangs on it
    cannot be judged here either.
    """
    for n, area in enumerate(programme.areas):
        for i, room in enumerate(area.rooms or ()):
            if room not in rooms:
                hint = f"installed: {', '.join(sorted(rooms))}"
                yield Remark("P162", f"no room {room!r} is installed here", f"/areas/{n}/rooms/{i}", hint, "warning")
    yield from _fed(programme, rooms)
    alive = _alive(programme, rooms)
    elsewhere = {area.id for area in programme.areas if set(area.rooms or ()).difference(rooms)}
    known = STIX_TYPES.union(NODE_KINDS, *(facts.kinds for facts in rooms.values()))
    for i, clause in enumerate(programme.release.clauses):
        base = f"/release/clauses/{i}"
        if clause.areas and EVERY_AREA not in clause.areas and not alive.intersection(clause.areas):
            hint = "name a room in one of its areas, or measure it by attestation"
            severity: Severity = "warning" if elsewhere.intersection(clause.areas) else "error"
            yield Remark("P160", "no area of it has a room or an attested measure", f"{base}/areas", hint, severity)
        unknown = [k for k in range(len(clause.what.object_types)) if clause.what.object_types[k] not in known]
        # One unknown type among known ones is a room not installed here; a clause of nothing else is a mistake.
        severe = len(unknown) == len(clause.what.object_types) and not elsewhere.intersection(clause.areas)
        for k in unknown:
            message = f"nobody makes {clause.what.object_types[k]!r}: no room, no STIX type"
            pointer = f"{base}/what/object_types/{k}"
            yield Remark("P161", message, pointer, "check the spelling", "error" if severe else "warning")


def _fed(programme: Programme, rooms: Mapping[str, RoomFacts]) -> Iterator[Remark]:
    # Events that no room at all feeds (exercises, relief, checkpoints) come from the node and from people.
    from_rooms = frozenset[str]().union(*(facts.measures for facts in rooms.values()))
    sources = {i.id: (n, i.compute.source) for n, i in enumerate(programme.indicators) if i.compute is not None}
    for area in programme.areas:
        serving = [rooms[room] for room in _serving(area) if room in rooms]
        fed = frozenset[str]().union(*(facts.measures for facts in serving))
        for name in area.indicators:
            n, source = sources.get(name, (0, ""))
            if serving and source in from_rooms - fed:
                message = f"no room of {area.id!r} feeds {source}"
                yield Remark("P169", message, f"/indicators/{n}/compute/source", "it may stay at nothing", "warning")


def _serving(area: Area) -> tuple[str, ...]:
    return area.rooms if area.rooms is not None else (area.id,)


def _alive(programme: Programme, rooms: Mapping[str, RoomFacts]) -> frozenset[str]:
    attested = {i.id for i in programme.indicators if i.method == "attested"}
    alive: set[str] = set()
    for area in programme.areas:
        if any(room in rooms for room in _serving(area)) or attested.intersection(area.indicators):
            alive.add(area.id)
    return frozenset(alive)
