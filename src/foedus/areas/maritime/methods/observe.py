"""All methods over one set of tracks, and what one finding takes from another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import ModuleType

from foedus.areas.maritime.methods import circles, corridors, encounters, interference, jumps, loitering, twins, zones
from foedus.areas.maritime.methods.around import NOTHING, Around
from foedus.areas.maritime.methods.event import Event, Fixes

METHODS: Mapping[str, ModuleType] = {
    method.KIND: method for method in (encounters, loitering, jumps, twins, circles, zones, corridors)
}
"""Kind → the module that finds it, among the tracks of a window."""


def observe(
    tracks: Sequence[Fixes], settings: Mapping[str, Mapping[str, float]], around: Around = NOTHING
) -> list[Event]:
    """Let every method look at the tracks; return what stands of it.

    Args:
        tracks: as ``tracks.segment`` gives them.
        settings: of every method, by kind.
        around: the layers.
    """
    events = [
        event
        for kind, method in METHODS.items()
        for event in method.find(tracks, settings.get(kind, method.SETTINGS), around)
    ]
    areas = interference.among(events, settings.get(interference.KIND, interference.SETTINGS))
    return settle([*events, *areas])


def settle(events: Sequence[Event]) -> list[Event]:
    """Drop what another event says better.

    A circle is not also a jump (into it or out of it); a vessel within a rendezvous does not loiter.

    Args:
        events: of all methods over the same tracks.

    Returns:
        The rest, in their order.
    """
    rows: dict[tuple[int, ...], set[int]] = defaultdict(set)
    met: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind == circles.KIND:
            rows[event.mmsis].update(event.rows)
        elif event.kind == encounters.KIND:
            for mmsi in event.mmsis:
                met[mmsi].append(event)
    return [
        event
        for event in events
        if not (event.kind == jumps.KIND and not rows[event.mmsis].isdisjoint(event.rows))
        and not (event.kind == loitering.KIND and _within(event, met[event.mmsis[0]]))
    ]


def _within(event: Event, meetings: Sequence[Event]) -> bool:
    return any(event.from_ms < other.to_ms and other.from_ms < event.to_ms for other in meetings)
