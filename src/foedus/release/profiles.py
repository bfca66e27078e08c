"""Redaction profiles: each a pure function that says what of an object goes or becomes coarse.

A profile returns its edits, no edit where it finds nothing to hide, or None where the object cannot go at all because
what must be hidden is what the object is (an SCO's id is computed from the value it would hide).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from foedus.model import instant
from foedus.release.edits import Edit, Path, walk

Profile = Callable[[dict[str, Any], bytes], list[Edit] | None]
GRID_DEG = 1.0
# Half a degree's diagonal at the equator, metres: what a coarse position may be off.
_PRECISION_M = 78_700.0

_VICTIM = re.compile(r"victim|affected_(?:org|part|entit|compan)|where_sighted|targeted_(?:org|entit|compan)")
_PUBLIC_SOURCE = re.compile(
    r"cve|cwe|capec|nvd|ghsa|osv|mitre-(?:attack|mobile-attack|ics-attack|atlas|d3fend)|attack|misp-galaxy|tlp",
    re.IGNORECASE,
)
_INTERNAL_HOST = re.compile(
    r"^\w+://(?:[^/.]+|[^/]+\.(?:local|internal|intranet|intra|lan|corp|home|mil\.local)|localhost"
    r"|10\.[\d.]+|127\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|\[(?:fc|fd|fe80)[^/]*)(?::\d+)?(?:/|$)",
    re.IGNORECASE,
)
_INTERNAL_KEY = re.compile(
    r"^x_opencti_|^x_misp_(?:event|object|attribute)?_?(?:uu)?id$|internal|ticket|case_(?:id|number)"
)
_PERSON_KEY = re.compile(
    r"^(?:x_(?:\w+?_)?)?(?:authors?|accounts?|account_login|display_name|screen_name|users?|user_id|username|persons?|handle"
    r"|e?mail|phone|contact_information)$"
)
_PSEUDONYM = re.compile(r"(?:[a-z]+[-:~])?[0-9a-f]{16,64}")
_OWN_FORCE = re.compile(r"^(?:x_(?:\w+?_)?)?own_forces?$")
_LATITUDE, _LONGITUDE = re.compile(r"(?:^|_)lat(?:itude)?(?:_|$)"), re.compile(r"(?:^|_)(?:lon|lng|longitude)(?:_|$)")
_POINTS = re.compile(r"coordinates|positions?|points?|track|bbox|bounds|centroid|fix(?:es)?$|places?$")
_TRAIL = re.compile(
    r"geohash|^h3|mgrs|^utm|wkt|plus_code|what3words|grid_ref|maidenhead|nearest|^port|harbour|anchorage|distance|range_|bearing"
    r"|^zone|_zone$|^corridor|^shore|moved|_km$|_nm$"
    r"|azimuth|course|heading|^cog|picture|svg|^map|sha256|^hashes|because|evidence|records?$|^raw|payload_bin|street_address"
    r"|postal_code|^city|precision|radius|accuracy|uncertainty"
)
_PAIR = re.compile(
    r"[-+]?\d{1,3}[.,]\d{2,}\s*°?\s*[NSEW]?[\s,;/]+[-+]?\d{1,3}[.,]\d{2,}\s*°?\s*[NSEW]?\b"
    r"|\d{1,3}\s*[°º][\d\s.,'\"′″]*[NSEW]?|\b\d{1,3}-\d{2}(?:[-.]\d+)?\s*[NSEW]\b|\b\d{4,7}[NS][\s,/]*\d{5,8}[EW]\b"
)
_NUMBERS = re.compile(r"[-+]?\d{1,3}(?:[.,]\d+)+\s*°?\s*[NSEW]?\b|\d{1,3}\s*°[^\s,;]*")
FREE_TEXT = ("name", "description", "abstract", "content", "summary", "title", "explanation")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d)(:\d\d:\d\d(?:\.\d+)?)Z")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*Z?\b|\b\d{4}Z\b")
_TIME_KEY = re.compile(r"time|^at$|_at$|epoch|first_|last_|start|^end|_end$|seen|since|until|^ts$|_ts$|_ms$|_us$")
_EPOCH_LEAST, _MILLISECONDS = 100_000_000, 100_000_000_000
_SOURCE = re.compile(
    r"^(?:x_(?:\w+?_)?)?(?:created_by_ref|sources?|source_(?:id|name|url|ref)s?|authors?|origins?|provenance|feeds?"
    r"|because|evidence|records?|captures?|collectors?)$"
)
_SENSOR = re.compile(
    r"^(?:x_(?:\w+?_)?)?(?:sensors?|sensor_ids?|sensor_name|stations?|station_ids?|receivers?|receiver_ids?|receiver_type|radars?"
    r"|observers?|heard_by|collectors?|source_ids?)$"
)
_PERSONAL_SCOS = ("user-account", "email-addr", "email-message")


def drop_victim_identity(obj: dict[str, Any], key: bytes) -> list[Edit] | None:  # noqa: ARG001
    """Hide who was hit: victims, where something was sighted, what names an organisation as the target."""
    if obj.get("type") == "identity" and "victim" in (obj.get("roles") or ()):
        return None
    target = str(obj.get("target_ref", ""))
    if obj.get("relationship_type") == "targets" and target.startswith(("identity--", "location--")):
        return None
    return [Edit(path) for path, _ in walk(obj) if _VICTIM.search(_key(path))]


def drop_internal_ids(obj: dict[str, Any], key: bytes) -> list[Edit] | None:  # noqa: ARG001
    """Hide numbers and addresses of the owner's own systems: tickets, cases, internal links, tool ids."""
    edits = [Edit(path) for path, _ in walk(obj) if _INTERNAL_KEY.search(_key(path))]
    for index, reference in enumerate(_list(obj.get("external_references"))):
        url, source = str(reference.get("url", "")), str(reference.get("source_name", ""))
        nameless = "external_id" in reference and not url and not _PUBLIC_SOURCE.fullmatch(source)
        if nameless or _INTERNAL_HOST.search(url):
            edits.append(Edit(("external_references", index)))
    return edits


def pseudonymise_private_persons(obj: dict[str, Any], key: bytes) -> list[Edit] | None:
    """Replace persons by pseudonyms under a key; an account or address whose id is computed from it cannot go."""
    if obj.get("type") in _PERSONAL_SCOS:
        return None
    edits = [
        Edit(path, pseudonym(value, key)) for path, value in walk(obj) if isinstance(value, str) and _person(path, obj)
    ]
    if obj.get("type") == "identity" and obj.get("identity_class") == "individual":
        edits += [Edit((name,)) for name in ("contact_information", "description") if name in obj]
    return [edit for edit in edits if not isinstance(edit.value, str) or edit.value]


def coarsen_positions(obj: dict[str, Any], key: bytes) -> list[Edit] | None:  # noqa: ARG001
    """Move every position to the middle of its one-degree cell, and take away what a finer one could be read from.

    Bytes that nobody looks into may hold positions, such as the records a finding rests on: they stay.
    """
    if obj.get("type") == "artifact" and "payload_bin" in obj:
        return None
    exact = [edit for path, value in walk(obj) for edit in _coarse(path, value)]
    hides = _NUMBERS if exact else _PAIR
    texts = [
        Edit(path, hides.sub("[coarse]", value))
        for path, value in walk(obj)
        if isinstance(value, str) and _key(path) in FREE_TEXT
    ]
    if not exact:
        return texts
    trail = [Edit(path) for path, _ in walk(obj) if _TRAIL.search(_key(path)) and not _PROTECTED.issuperset(path)]
    if "latitude" in obj:
        trail.append(Edit(("precision",), max(_PRECISION_M, float(obj.get("precision") or 0))))
    return exact + texts + trail


def coarsen_own_force_positions(obj: dict[str, Any], key: bytes) -> list[Edit] | None:
    """Do as ``coarsen_positions`` for an object that says it is about own forces (``own_force`` true)."""
    own = any(value is True and _OWN_FORCE.match(_key(path)) for path, value in walk(obj))
    return coarsen_positions(obj, key) if own else []


def coarsen_sensor_source(obj: dict[str, Any], key: bytes) -> list[Edit] | None:  # noqa: ARG001
    """Hide which sensor, station or receiver saw it, wherever that is named."""
    return [Edit(path) for path, _ in walk(obj) if _SENSOR.match(_key(path))]


def counted(obj: dict[str, Any], key: bytes) -> list[Edit] | None:  # noqa: ARG001
    """Leave of a sighting its count and its days: not who saw it, where, or in which data."""
    if obj.get("type") != "sighting":
        return []
    hidden = ("where_sighted_refs", "observed_data_refs", "created_by_ref", "description", "external_references")
    edits = [Edit((name,)) for name in hidden]
    return edits + [
        Edit((name,), f"{obj[name][:10]}T00:00:00.000Z")
        for name in ("first_seen", "last_seen")
        if _instant(obj.get(name))
    ]


def coarsen_times(obj: dict[str, Any], key: bytes) -> list[Edit] | None:  # noqa: ARG001
    """Cut every instant of what was observed to its hour: not those of the version, which its creator alone can change."""
    edits: list[Edit] = []
    for path, value in walk(obj):
        if isinstance(value, str) and path[0] not in ("created", "modified"):
            match = _MOMENT.fullmatch(value)
            if match is not None:
                edits.append(Edit(path, _hour(match, up=_key(path) == "valid_until")))
            elif _key(path) in FREE_TEXT:
                edits.append(Edit(path, _CLOCK.sub("[coarse]", value)))
        elif _is_epoch(path, value):
            edits.append(Edit(path, value - value % (3_600 if value < _MILLISECONDS else 3_600_000)))
    return edits


def drop_sources(obj: dict[str, Any], key: bytes) -> list[Edit] | None:  # noqa: ARG001
    """Hide where it comes from: reports it cites, its creator and authors, what it rests on; numbers of public lists stay."""
    cited = [
        Edit(("external_references", index))
        for index, reference in enumerate(_list(obj.get("external_references")))
        if not _PUBLIC_SOURCE.fullmatch(str(reference.get("source_name", "")))
    ]
    named = [path for path, _ in walk(obj) if path[0] != "external_references" and _SOURCE.match(_key(path))]
    return cited + [Edit(path) for path in named]


def _hour(match: re.Match[str], *, up: bool) -> str:
    """Return an instant cut to its hour; an end that may not fall on its beginning goes to the next one."""
    hour = match[1]
    if up and match[2].strip(":.0"):
        hour = instant.text(instant.to_us(instant.parse(f"{hour}:00:00Z")) + 3_600_000_000)[:13]
    return f"{hour}:00:00.000Z"


def _is_epoch(path: Path, value: Any) -> bool:
    return type(value) is int and value > _EPOCH_LEAST and bool(_TIME_KEY.search(_key(path)))


def pseudonym(value: str, key: bytes) -> str:
    """Return the pseudonym of a person's name under a key; one that already is a pseudonym stays.

    >>> pseudonym("person-0123456789abcdef", b"k")
    'person-0123456789abcdef'
    """
    if not value or _PSEUDONYM.fullmatch(value):
        return value
    return "person-" + hmac.new(key, b"foedus/pseudonym/1\n" + value.encode(), hashlib.sha256).hexdigest()[:20]


def coarse_deg(value: float) -> float:
    """Return the middle of the grid cell of a latitude or longitude.

    >>> coarse_deg(35.1), coarse_deg(-0.2), coarse_deg(180.0)
    (35.5, -0.5, 179.5)
    """
    # The pole and the date line belong to the last cell before them: 90.5 is no latitude.
    inside = value - GRID_DEG / 2 if value in (90.0, 180.0) else value
    return math.floor(inside / GRID_DEG) * GRID_DEG + GRID_DEG / 2


PROFILES: dict[str, Profile] = {
    "drop-victim-identity": drop_victim_identity,
    "drop-internal-ids": drop_internal_ids,
    "pseudonymise-private-persons": pseudonymise_private_persons,
    "coarsen-own-force-positions": coarsen_own_force_positions,
    "coarsen-sensor-source": coarsen_sensor_source,
    "coarsen-positions": coarsen_positions,
    "coarsen-times": coarsen_times,
    "drop-sources": drop_sources,
    "counted": counted,
}

_PROTECTED = frozenset({"type", "id", "spec_version", "created", "modified", "precision"})


def _key(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _list(value: Any) -> list[dict[str, Any]]:
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []


def _instant(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 10 and value[10] in "Tt"


def _person(path: Path, obj: dict[str, Any]) -> bool:
    if path == ("name",):
        return obj.get("type") == "identity" and obj.get("identity_class") == "individual"
    return bool(_PERSON_KEY.match(_key(path)))


def _coarse(path: Path, value: Any) -> Iterable[Edit]:
    """Yield the coarse value of a place that holds a position, if it does; beyond two numbers a point says too much."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    name = _key(path)
    if isinstance(path[-1], int):
        if any(isinstance(part, str) and _POINTS.search(part) for part in path):
            yield Edit(path, coarse_deg(value)) if path[-1] < 2 or name in ("bbox", "bounds") else Edit(path)
    elif _LATITUDE.search(name) or _LONGITUDE.search(name):
        yield Edit(path, coarse_deg(value))
