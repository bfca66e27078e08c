"""Doors ``about``, ``same`` and ``show``: what a finding says, whether two are one story, how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from foedus.areas.maritime.earth import apart_km, implied_kn
from foedus.areas.maritime.extensions import EVENT
from foedus.errors import FoedusError
from foedus.model import ijson, instant
from foedus.model.finding import About, Finding, Key, Match, Place
from foedus.model.picture import Line, Map, Pane, Picture, Series, Table, Track, Words
from foedus.model.room import Layers
from foedus.model.stix import StixObject

MAX_TITLE = 300
MAX_PATH = 5_000
NEAR_KM = 50.0
NEAR_TIME = timedelta(hours=1)
_URGENCY = {
    "area-interference": 3, "rendezvous": 2, "circle": 2, "identity-twin": 2, "corridor": 2, "gap": 1, "loitering": 1,
    "jump": 1, "zone": 1,
}  # fmt: skip
# How much one shared identity says: an IMO number is the hull's, an MMSI is typed in and reused.
_WEIGHT = {"imo": 0.95, "mmsi": 0.9, "call-sign": 0.6}
_INNOCENT = {
    "gap": "poor reception, a station switched off in port or in ice, a receiver that was down, fear of pirates",
}
_SPEED_LIMITS = {
    "rendezvous": ("speed_max_kn", 2.0),
    "loitering": ("speed_max_kn", 2.0),
    "jump": ("speed_min_kn", 60.0),
}


class Step(NamedTuple):
    """A fix of the evidence."""

    at: datetime
    lat_deg: float
    lon_deg: float


def about(finding: Finding, objects: Sequence[StixObject], *, layers: Layers) -> About:
    """Say what the node stores of a finding as columns; all of it stands in the finding's head.

    Args:
        finding: a conclusion of this room.
        objects: objects it refers to; none are needed.
        layers: not used.
    """
    del objects, layers
    said = _said(finding)
    steps = _steps(said)
    gone = finding.head.revoked
    return About(
        kind=finding.kind,
        title=_title(finding),
        urgency=0 if gone else _URGENCY.get(finding.kind, 0),
        confidence=finding.head.confidence,
        from_at=_instant(said.get("from")),
        to_at=_instant(said.get("to")),
        places=_places(steps, said),
        keys=_keys(said),
        contains=(),
    )


def same(a: About, b: About) -> Match | None:
    """Say whether two findings are one story: the same kind, a shared identity, times that touch, places that are near.

    The score is that of the strongest shared identity, and of more the surer; symmetric, and blind to who made them.
    """
    if a.kind != b.kind or not _touch(a, b) or not _near(a.places, b.places):
        return None
    mine, theirs = ({(key.kind, key.norm) for key in one.keys} for one in (a, b))
    shared = sorted(
        (Key(kind, norm) for kind, norm in mine & theirs), key=lambda key: (-_weight(key), key.kind, key.norm)
    )
    if not shared:
        return None
    missing = 1.0
    for key in shared:
        missing *= 1 - _weight(key)
    first = shared[0]
    return Match(tuple(shared), round(1 - missing, 4), f"both tell of {first.kind} {first.norm} there and then")


def show(finding: Finding, objects: Sequence[StixObject]) -> Picture:
    """Show a finding: its words, the track on the map, speeds against the thresholds, what was measured and what was not."""
    del objects
    said = _said(finding)
    steps = _steps(said)[:MAX_PATH]
    panes: list[Pane] = [Words(text) for text in _words(finding, said)]
    if steps:
        lats, lons = tuple(step.lat_deg for step in steps), tuple(step.lon_deg for step in steps)
        panes.append(Map("Where", (Track(_who(said), lats, lons),)))
    if len(steps) > 1:
        panes.append(_speeds(finding.kind, said, steps))
    panes.extend(_tables(said, steps))
    return Picture(_title(finding), tuple(panes))


def _said(finding: Finding) -> dict[str, Any]:
    """The maritime extension of a finding's head; nothing where there is none to read."""
    obj = _properties(finding.head)
    extensions = obj.get("extensions")
    held = extensions.get(EVENT) if isinstance(extensions, dict) else None
    return held if isinstance(held, dict) else {}


def _properties(head: StixObject) -> dict[str, Any]:
    try:
        obj = ijson.decode(head.raw)
    except FoedusError:
        return {}
    return obj if isinstance(obj, dict) else {}


def _title(finding: Finding) -> str:
    written = _properties(finding.head).get("abstract")
    name = finding.head.name or (written if isinstance(written, str) else "")
    return (name or f"{finding.kind}: {finding.head.id}")[:MAX_TITLE]


def _instant(written: Any) -> datetime | None:
    try:
        return instant.parse(written) if isinstance(written, str) else None
    except (FoedusError, OverflowError):
        return None


def _steps(said: Mapping[str, Any]) -> tuple[Step, ...]:
    """The path of the evidence, of whoever wrote it: what is no fix is left out."""
    found: list[Step] = []
    path = said.get("path")
    for one in path if isinstance(path, list) else ():
        at = _instant(one.get("at")) if isinstance(one, dict) else None
        lat, lon = (_number(one.get("lat_deg")), _number(one.get("lon_deg"))) if at else (None, None)
        if at and lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180:
            found.append(Step(at, lat, lon))
    return tuple(found)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _places(steps: Sequence[Step], said: Mapping[str, Any]) -> tuple[Place, ...]:
    """Where it began and where it ended."""
    since = _instant(said.get("from"))
    begun = next((step for step in steps if since is None or step.at >= since), None)
    ends = [step for step in (begun, steps[-1] if steps else None) if step is not None]
    return tuple(dict.fromkeys(Place(step.lat_deg, step.lon_deg) for step in ends))


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


def _touch(a: About, b: About) -> bool:
    """Whether two stretches of time overlap, give or take an hour; what has no time touches nothing."""
    if a.from_at is None or b.from_at is None:
        return False
    a_to, b_to = a.to_at or a.from_at, b.to_at or b.from_at
    return a.from_at <= b_to + NEAR_TIME and b.from_at <= a_to + NEAR_TIME


def _near(a: Sequence[Place], b: Sequence[Place]) -> bool:
    return any(
        apart_km(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg) <= NEAR_KM + one.radius_km + other.radius_km
        for one in a
        for other in b
    )


def _weight(key: Key) -> float:
    return _WEIGHT.get(key.kind, 0.1)


def _words(finding: Finding, said: Mapping[str, Any]) -> list[str]:
    description = _properties(finding.head).get("description")
    words = [description] if isinstance(description, str) and description else []
    if finding.head.revoked:
        words.append("No longer concluded: later data show otherwise.")
    elif finding.kind in _INNOCENT:
        words.append(f"May be innocent: {_INNOCENT[finding.kind]}.")
    unseen = said.get("unseen")
    words.extend(
        f"Not tested: {text}" for text in (unseen if isinstance(unseen, list) else ()) if isinstance(text, str)
    )
    return words


def _who(said: Mapping[str, Any]) -> str:
    held = said.get("mmsis")
    return " and ".join(f"MMSI {one}" for one in held) if isinstance(held, list) and held else "vessel"


def _speeds(kind: str, said: Mapping[str, Any], steps: Sequence[Step]) -> Series:
    """Implied speed between neighbouring fixes, at the later one."""
    pairs = list(pairwise(steps))
    speeds = tuple(
        implied_kn(apart_km(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg), (b.at - a.at) / timedelta(milliseconds=1))
        for a, b in pairs
    )
    line = Line("implied speed", tuple(b.at for _, b in pairs), tuple(round(speed, 1) for speed in speeds), "kn")
    return Series("Speed between fixes", (line,), _thresholds(kind, said))


def _thresholds(kind: str, said: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    if kind not in _SPEED_LIMITS:
        return ()
    name, usual = _SPEED_LIMITS[kind]
    value = _number(_settings(said).get(name, usual))
    return () if value is None else ((name.replace("_", " "), value),)


def _settings(said: Mapping[str, Any]) -> Mapping[str, Any]:
    rule = said.get("rule")
    settings = rule.get("settings") if isinstance(rule, dict) else None
    return settings if isinstance(settings, dict) else {}


def _tables(said: Mapping[str, Any], steps: Sequence[Step]) -> list[Table]:
    made = []
    for title, held in (("Measured", said.get("measures")), ("Thresholds", _settings(said))):
        if isinstance(held, dict) and held:
            told = tuple((name.replace("_", " "), str(value)) for name, value in sorted(held.items()))
            made.append(Table(title, ("what", "value"), told))
    if steps:
        rows = tuple((f"{one.at:%Y-%m-%d %H:%M:%S}", f"{one.lat_deg:.5f}", f"{one.lon_deg:.5f}") for one in steps)
        made.append(Table("Fixes", ("UTC", "latitude", "longitude"), rows))
    return made
