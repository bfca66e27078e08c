"""What a finding says in its extension, of whoever wrote it: what is not as it should be is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from foedus.areas.maritime.extensions import EVENT
from foedus.errors import FoedusError
from foedus.model import commitment, ijson, instant
from foedus.model.finding import Finding
from foedus.model.stix import StixObject

MAX_TITLE = 300
MAX_PATH = 5_000
MAX_TRACKS = 20


class Step(NamedTuple):
    """A fix of the evidence."""

    at: datetime
    lat_deg: float
    lon_deg: float


def is_partial(finding: Finding) -> bool:
    """Say whether a finding was redacted on its way: then its positions may be coarse."""
    return commitment.note_of(properties(finding.head)) is not None


def said_of(finding: Finding) -> dict[str, Any]:
    """Return the maritime extension of a finding's head; nothing where there is none to read."""
    obj = properties(finding.head)
    extensions = obj.get("extensions")
    held = extensions.get(EVENT) if isinstance(extensions, dict) else None
    return held if isinstance(held, dict) else {}


def properties(head: StixObject) -> dict[str, Any]:
    """Return the properties of an object; none where it cannot be read."""
    try:
        obj = ijson.decode(head.raw)
    except FoedusError:
        return {}
    return obj if isinstance(obj, dict) else {}


def title_of(finding: Finding) -> str:
    """Return what a finding is called."""
    written = properties(finding.head).get("abstract")
    name = finding.head.name or (written if isinstance(written, str) else "")
    return (name or f"{finding.kind}: {finding.head.id}")[:MAX_TITLE]


def instant_of(written: Any) -> datetime | None:
    """Return an instant, None where it is none."""
    try:
        return instant.parse(written) if isinstance(written, str) else None
    except (FoedusError, OverflowError):
        return None


def steps_of(path: Any) -> tuple[Step, ...]:
    """Return the steps of a path, of whoever wrote it: what is no fix is left out."""
    found: list[Step] = []
    for one in path if isinstance(path, list) else ():
        at = instant_of(one.get("at")) if isinstance(one, dict) else None
        lat, lon = (number_of(one.get("lat_deg")), number_of(one.get("lon_deg"))) if at else (None, None)
        if at and lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180:
            found.append(Step(at, lat, lon))
    return tuple(found)


def tracks_of(said: Mapping[str, Any]) -> dict[int, tuple[Step, ...]]:
    """Return the fixes of each vessel among the evidence, by MMSI."""
    held = said.get("tracks")
    found: dict[int, tuple[Step, ...]] = {}
    for one in held if isinstance(held, list) else ():
        mmsi = one.get("mmsi") if isinstance(one, dict) else None
        if (
            not isinstance(mmsi, int)
            or isinstance(mmsi, bool)
            or not 0 <= mmsi < 1_000_000_000
            or len(found) == MAX_TRACKS
        ):
            continue
        if steps := steps_of(one.get("path")):
            found.setdefault(mmsi, tuple(sorted(steps)[:MAX_PATH]))
    return found


def number_of(value: Any) -> float | None:
    """Return a number, None where it is none."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
