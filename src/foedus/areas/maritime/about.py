"""Doors ``about``, ``same`` and ``show``: what a finding says, whether two are one story, how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from foedus.areas.maritime.earth import KM_A_NM, apart_km
from foedus.areas.maritime.extensions import EVENT
from foedus.areas.maritime.said import Step, instant_of, is_partial, said_of, steps_of, title_of
from foedus.areas.maritime.shown import show
from foedus.areas.maritime.watchlist import hits_of, watch_or_none
from foedus.model.finding import About, Finding, Key, Match, Place
from foedus.model.room import Layers
from foedus.model.stix import StixObject

__all__ = ["about", "same", "show"]

NEAR_KM = 50.0
NEAR_TIME = timedelta(hours=1)
FASTEST_KN = 50.0
COARSE_KM = 79.0
"""How far a position may be off that was moved to the middle of its cell of a degree."""
_URGENCY = {
    "combination": 3, "area-interference": 3, "rendezvous": 2, "circle": 2, "identity-twin": 2, "corridor-passage": 2,
    "gap": 1, "loitering": 1, "jump": 1, "zone-entry": 1,
}  # fmt: skip
_LISTED = 3
# Kinds that may tell of one thing: what one party calls a meeting, another, who knows more, a combination.
_ONE_KIND = {"combination": "rendezvous"}
# How much one shared identity says: an IMO number is the hull's, an MMSI is typed in and reused.
_WEIGHT = {"imo": 0.95, "mmsi": 0.9, "call-sign": 0.6}


def about(finding: Finding, objects: Sequence[StixObject], *, layers: Layers) -> About:
    """Say what the node stores of a finding as columns; all of it stands in the finding's head.

    A vessel on one of the node's watch lists makes a finding urgent, whoever found it; the list itself stays where it is.

    Args:
        finding: a conclusion of this room, or somebody's.
        objects: objects it refers to; none are needed.
        layers: watch lists and registers.
    """
    del objects
    said = said_of(finding)
    keys = _keys(said)
    usual = _URGENCY.get(finding.kind, 0)
    urgency = _LISTED if usual and hits_of(keys, watch_or_none(layers)) else usual
    return About(
        kind=finding.kind,
        title=title_of(finding),
        urgency=0 if finding.head.revoked else urgency,
        confidence=finding.head.confidence,
        from_at=instant_of(said.get("from")),
        to_at=instant_of(said.get("to")),
        places=_places(said, COARSE_KM if is_partial(finding) else 0.0),
        keys=keys,
        contains=(),
    )


def same(a: About, b: About) -> Match | None:
    """Say whether two findings are one story.

    Either they are of the same kind (a combination is of that of its meeting), share an identity, their times touch and their
    places are near; or they share an MMSI or IMO number at one time in places between which no vessel can have gone: one
    identity in two places, or a silence during which somebody else heard it.

    The score is that of the strongest shared identity, and of more the surer; symmetric, and blind to who made them.
    """
    mine, theirs = ({(key.kind, key.norm) for key in one.keys} for one in (a, b))
    shared = sorted(
        (Key(kind, norm) for kind, norm in mine & theirs), key=lambda key: (-_weight(key), key.kind, key.norm)
    )
    if not shared or not _touch(a, b, NEAR_TIME):
        return None
    missing = 1.0
    for key in shared:
        missing *= 1 - _weight(key)
    first = shared[0]
    told = f"both tell of {first.kind} {first.norm}"
    if _kind(a) == _kind(b) and _near(a.places, b.places):
        return Match(tuple(shared), round(1 - missing, 4), f"{told} there and then")
    if first.kind in ("imo", "mmsi") and _touch(a, b, timedelta(0)) and _impossible(a, b):
        return Match(tuple(shared), round(1 - missing, 4), f"{told} at one time in places too far apart for one vessel")
    return None


def _kind(one: About) -> str:
    return _ONE_KIND.get(one.kind, one.kind)


def _places(said: Mapping[str, Any], radius_km: float) -> tuple[Place, ...]:
    """Where it began and where it ended."""
    steps = steps_of(said.get("path"))
    since = instant_of(said.get("from"))
    begun: Step | None = next((step for step in steps if since is None or step.at >= since), None)
    ends = [step for step in (begun, steps[-1] if steps else None) if step is not None]
    return tuple(dict.fromkeys(Place(step.lat_deg, step.lon_deg, radius_km) for step in ends))


def _keys(said: Mapping[str, Any]) -> tuple[Key, ...]:
    found: dict[tuple[str, str], Key] = {}
    held = said.get("identities")
    for index, one in enumerate(held if isinstance(held, list) else ()):
        for kind, name in (("mmsi", "mmsi"), ("imo", "imo"), ("call-sign", "call_sign")):
            value = one.get(name) if isinstance(one, dict) else None
            if isinstance(value, (int, str)) and not isinstance(value, bool) and value:
                norm = f"{value:09}" if kind == "mmsi" and isinstance(value, int) else str(value).strip().upper()
                pointer = f"/extensions/{EVENT}/identities/{index}/{name}"
                found.setdefault((kind, norm), Key(kind, norm, str(value), pointer))
    return tuple(found.values())


def _touch(a: About, b: About, slack: timedelta) -> bool:
    """Whether two stretches of time overlap, give or take something; what has no time touches nothing."""
    if a.from_at is None or b.from_at is None:
        return False
    a_to, b_to = a.to_at or a.from_at, b.to_at or b.from_at
    return a.from_at <= b_to + slack and b.from_at <= a_to + slack


def _near(a: Sequence[Place], b: Sequence[Place]) -> bool:
    nearest = _nearest_km(a, b)
    return nearest is not None and nearest <= NEAR_KM


def _impossible(a: About, b: About) -> bool:
    """Whether no vessel gets from any place of one to any of the other in all the time that both take."""
    nearest = _nearest_km(a.places, b.places)
    if nearest is None or a.from_at is None or b.from_at is None:
        return False
    took = max(a.to_at or a.from_at, b.to_at or b.from_at) - min(a.from_at, b.from_at)
    return nearest > NEAR_KM + FASTEST_KN * KM_A_NM * (took / timedelta(hours=1))


def _nearest_km(a: Sequence[Place], b: Sequence[Place]) -> float | None:
    """The least distance of any two places, as little as it may be for how far they may be off; None without places."""
    return min(
        (
            apart_km(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg) - one.radius_km - other.radius_km
            for one in a
            for other in b
        ),
        default=None,
    )


def _weight(key: Key) -> float:
    return _WEIGHT.get(key.kind, 0.1)
