"""All methods over one set of tracks, and what one finding takes from another."""

from __future__ import annotations

from collections.abc import Sequence

from foedus.areas.maritime.methods import circles, encounters, jumps, loitering
from foedus.areas.maritime.methods.event import Event


def settle(events: Sequence[Event]) -> list[Event]:
    """Drop what another event says better.

    A circle is not also a jump (into it or out of it); a vessel within a rendezvous does not loiter.

    Args:
        events: of all methods over the same tracks.

    Returns:
        The rest, in their order.
    """
    return [event for event in events if not any(_covers(other, event) for other in events)]


def _covers(other: Event, event: Event) -> bool:
    if (other.kind, event.kind) == (circles.KIND, jumps.KIND):
        return other.mmsis == event.mmsis and bool(set(other.rows) & set(event.rows))
    if (other.kind, event.kind) == (encounters.KIND, loitering.KIND):
        return event.mmsis[0] in other.mmsis and event.from_ms < other.to_ms and other.from_ms < event.to_ms
    return False
