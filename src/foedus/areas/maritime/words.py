"""Words: what kinds are called, how sure they are, how innocent they may be, what could not be tested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foedus.areas.maritime.carried import Named
    from foedus.areas.maritime.methods.event import Event

_TITLES = {
    "gap": "Silent",
    "rendezvous": "Met at sea",
    "loitering": "Lay still",
    "jump": "Shown elsewhere at once",
    "identity-twin": "One identity in two places",
    "circle": "Went in circles",
    "area-interference": "Shown in one place that they were not",
    "zone-entry": "Crossed the edge of a zone",
    "corridor-passage": "Slow over a line",
    "combination": "A meeting and what goes with it",
}
INNOCENT = {
    "gap": "poor reception, a station switched off in port or in ice, a receiver that was down, fear of pirates",
    "rendezvous": "tow or convoy, rafting up, pilot and bunker craft, gear beacons, rescue, an anchorage no layer names",
    "loitering": "at anchor or not under command, drifting fishing vessels, platform supply, waiting for a berth",
    "jump": "a receiver, antenna or clock at fault, a set moved between hulls",
    "identity-twin": "default and test identities, gear beacons, a set moved to another hull, a typing error",
    "circle": "survey and search patterns, fishing with a turning gear",
    "area-interference": "a receiver whose clock or place is wrong, a test range",
    "zone-entry": "the shortest way, weather, pilots, an edge drawn otherwise by others",
    "corridor-passage": "weather, traffic, pilots, fishing grounds, a speed limit, engine trouble",
    "combination": "bunkering or repair at sea, reflagging, poor reception; the score is no probability",
}
_UNSEEN = {
    "ports": "ports and anchorages: no layer, so a stay in port is not excluded",
    "shore": "distance to shore: no layer, so waters close to the coast are not excluded",
    "coverage": "coverage: only whether anybody within some 5 to 15 degrees was heard meanwhile, so a dead spot is not excluded",
    "receiver type": "receiver type: not told, so a suspected switch-off is never graded",
    "reception": "reception: what a vessel did while nothing was heard of it",
    "one source": "receivers: whether another one heard the same, so a fault of the receiver is not excluded",
    "sea": "weather, traffic and charts: not known here",
    "meaning": "intent, cargo and owners: not known here",
}
_ALWAYS = {
    "rendezvous": ("reception", "meaning"),
    "loitering": ("reception", "sea"),
    "jump": ("one source",),
    "identity-twin": ("one source",),
    "circle": ("one source",),
    "area-interference": ("one source",),
    "zone-entry": ("reception",),
    "corridor-passage": ("sea", "reception"),
    "combination": ("reception", "meaning"),
}
_UNITS = {"s": " s", "m": " m", "km": " km", "nm": " nm", "kn": " kn", "h": " h", "min": " min", "deg": "°"}
_LONG_S = 600
_CONFIDENCE = {
    "jump": 20,
    "corridor-passage": 30,
    "loitering": 60,
    "circle": 60,
    "identity-twin": 60,
    "area-interference": 80,
}
"""Our choice of how sure a kind is (0 to 100); no measured probability."""


def title(kind: str, mmsis: Sequence[int], vessels: Sequence[Named]) -> str:
    """Return what a finding is called: what happened, and to whom."""
    who = [one.name or f"MMSI {mmsi}" for mmsi, one in zip(mmsis, vessels, strict=True)]
    told = " and ".join(who) if len(who) < 4 else f"{', '.join(who[:3])} and {len(who) - 3} more"
    return f"{_TITLES.get(kind, kind.capitalize().replace('-', ' '))}: {told}"


def measured(name: str, value: float | str) -> str:
    """Return a measured value with its name and unit, as people write them.

    >>> measured("contact_s", 16_324), measured("nearest_m", 124), measured("begins", "crossed"), measured("lat_deg", 29.9)
    ('contact 4 h 32 min', 'nearest 124 m', 'begins: crossed', 'lat 29.9°')
    """
    what, _, unit = name.rpartition("_")
    if not what or unit not in _UNITS or isinstance(value, str):
        return f"{name.replace('_', ' ')}: {value}"
    said = f"{value}{_UNITS[unit]}"
    if unit == "s" and value >= _LONG_S:
        hours, minutes = divmod(round(value / 60), 60)
        said = f"{hours} h {minutes:02} min"
    return f"{what.replace('_', ' ')} {said}"


def confidence(event: Event) -> int:
    """Return how sure an event is, from 0 to 100.

    A gap is surer once it is closed, a meeting the more of it was observed and not interpolated, a crossing when the fixes on
    either side are close in time.
    """
    measures = event.measures
    if event.kind == "gap":
        return 50 if measures["state"] == "closed" else 30
    if event.kind == "rendezvous":
        return round(40 + 40 * float(measures["ticks_observed"]) / max(1.0, float(measures["ticks"])))
    if event.kind == "zone-entry":
        return 80 if measures["time"] == "interpolated" else 50
    return _CONFIDENCE.get(event.kind, 50)


def innocent(kind: str) -> tuple[str, ...]:
    """Return the innocent explanations of a kind, as one text where there are any."""
    return (INNOCENT[kind],) if kind in INNOCENT else ()


def untested(event: Event) -> list[str]:
    """Return what could not be tested or seen, in words."""
    return [_UNSEEN.get(one, one) for one in dict.fromkeys((*event.unseen, *_ALWAYS.get(event.kind, ())))]
