"""Extension definitions of STIX 2.1 section 7.3 that the room's objects name; they travel with what names them."""

from __future__ import annotations

from functools import cache
from typing import Any

from foedus.model import extension
from foedus.model.extension import Defined
from foedus.model.stix import StixObject

EVENT = "extension-definition--5f0c2c3e-30fb-5d5f-8d5b-2e8a1c1f4a01"
VESSEL = "extension-definition--5f0c2c3e-30fb-5d5f-8d5b-2e8a1c1f4a02"
TRACK = "extension-definition--5f0c2c3e-30fb-5d5f-8d5b-2e8a1c1f4a03"

_TEXT, _NUMBER, _WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer", "minimum": 0}
_TEXTS = {"type": "array", "items": _TEXT}
_PATH = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "at": _TEXT,
            "lat_deg": {"type": "number", "minimum": -90, "maximum": 90},
            "lon_deg": {"type": "number", "minimum": -180, "maximum": 180},
        },
        "required": ["at", "lat_deg", "lon_deg"],
        "additionalProperties": False,
    },
}
_IDENTITY = {
    "type": "object",
    "properties": {"mmsi": _WHOLE, "imo": _WHOLE, "call_sign": _TEXT, "name": _TEXT},
    "required": ["mmsi"],
}
_TRACKS = {
    "type": "array",
    "items": {"type": "object", "properties": {"mmsi": _WHOLE, "path": _PATH}, "required": ["mmsi", "path"]},
}
_MARKS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"mmsi": _WHOLE, "code": _TEXT, "since": _TEXT, "why": _TEXT},
        "required": ["mmsi", "code"],
    },
}
_RULE = {
    "type": "object",
    "properties": {"method": _TEXT, "version": _WHOLE, "settings": {"type": "object", "additionalProperties": _NUMBER}},
    "required": ["method", "version", "settings"],
}
_PROPERTIES: dict[str, dict[str, Any]] = {
    EVENT: {
        "kind": _TEXT, "from": _TEXT, "to": _TEXT, "mmsis": {"type": "array", "items": _WHOLE},
        "identities": {"type": "array", "items": _IDENTITY}, "path": _PATH,
        "tracks": _TRACKS, "marks": _MARKS,
        "measures": {"type": "object", "additionalProperties": {"type": ["number", "string"]}}, "rule": _RULE,
        "unseen": _TEXTS, "because": _TEXTS, "vessel_refs": _TEXTS, "observed_data_ref": _TEXT, "location_ref": _TEXT,
    },
    VESSEL: {
        "mmsi": _WHOLE, "imo": _WHOLE, "imo_valid": {"type": "boolean"}, "call_sign": _TEXT, "name": _TEXT,
        "ship_type": _WHOLE, "length_m": _WHOLE,
    },
    TRACK: {"vessel_refs": _TEXTS, "path": _PATH, "source_ids": _TEXTS},
}  # fmt: skip
_NEEDED = {EVENT: ["kind", "mmsis"], VESSEL: ["mmsi"], TRACK: ["vessel_refs", "path"]}
_NAMES = {
    EVENT: ("maritime-event", "property-extension", "What vessels did, on an incident, by which rule, on what evidence."),
    VESSEL: ("vessel", "new-sco", "A vessel as it names itself: its own properties are those of the schema."),
    TRACK: ("maritime-track", "property-extension", "The fixes of a track, on observed-data."),
}  # fmt: skip


def schema(id_: str) -> dict[str, Any]:
    """Return the JSON schema of an extension's properties (of a vessel's own properties, for that is a new object)."""
    return extension.schema(_PROPERTIES[id_], _NEEDED[id_])


@cache
def definitions() -> tuple[StixObject, ...]:
    """Return the definitions and who made them."""
    return extension.definitions(
        Defined(id_, name, about, schema(id_), kind) for id_, (name, kind, about) in _NAMES.items()
    )
