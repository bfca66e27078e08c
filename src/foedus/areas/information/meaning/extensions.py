"""Extension definitions of STIX 2.1 section 7.3 that the objects of this package name; they travel with what names them."""

from __future__ import annotations

from functools import cache
from typing import Any

from foedus.model import stix
from foedus.model.canonical import canonical
from foedus.model.stix import StixObject

CASE = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a01"
CHANNEL = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a02"
CLAIM = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a03"
# OpenCTI's own, for object types that the standard lacks.
NEW_SDO = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba"
NEW_SCO = "extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82"
_MAKER = "identity--5f0c2c3e-30fb-5d5f-8d5b-2e8a1c1f4a00"
_DATED = {"spec_version": "2.1", "created": "2026-06-01T00:00:00.000Z", "modified": "2026-06-01T00:00:00.000Z"}
_TEXT, _OBJECT = {"type": "string"}, {"type": ["object", "null"]}
_PROPERTIES: dict[str, dict[str, Any]] = {
    CASE: {
        "stage": _TEXT, "from": _TEXT, "to": _TEXT, "languages": {"type": "array", "items": _TEXT},
        "coordination": _OBJECT, "inauthenticity": _OBJECT, "foreignness": _OBJECT, "attribution": _OBJECT,
        "techniques": {"type": "array", "items": {"type": "object"}}, "coverage": {"type": "object"}, "pack_sha256": _TEXT,
        "claims": {"type": "array", "items": {"type": "object"}}, "shared": {"type": "array", "items": {"type": "object"}},
        "timeline": {"type": "array", "items": {"type": "object"}}, "unseen": {"type": "array", "items": _TEXT},
    },
    CHANNEL: {"tier": _TEXT, "listing": _OBJECT},
    CLAIM: {"claim": _TEXT, "language": _TEXT, "variants": {"type": "object"}, "anchors": {"type": "array", "items": _TEXT}},
}  # fmt: skip
_NAMES = {
    CASE: ("information-case", "What was measured, and what people judged, each apart, on an incident or grouping."),
    CHANNEL: ("information-channel", "The tier of a public channel and the list it comes from."),
    CLAIM: ("information-claim", "A claim in words, with its variants by language and its anchors."),
}
_OPENCTI = {
    "type": "extension-definition",
    "id": NEW_SDO,
    "created_by_ref": _MAKER,
    "name": "Object types of OpenCTI",
    "description": "Described by Foedus, so that objects of these types can be sent along; the types are OpenCTI's.",
    "schema": canonical({"type": "object"}).decode(),
    "version": "1.0.0",
    "extension_types": ["new-sdo"],
}


def schema(id_: str) -> dict[str, Any]:
    """Return the JSON schema of an extension's properties."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"extension_type": {"const": "property-extension"}, **_PROPERTIES[id_]},
        "additionalProperties": False,
    }


@cache
def definitions() -> tuple[StixObject, ...]:
    """Return the definitions and who made them."""
    maker = {"type": "identity", "id": _MAKER, "name": "Foedus", "identity_class": "system"}
    made = [stix.read(canonical(_DATED | maker))]
    for id_, (name, about) in _NAMES.items():
        held = {
            "type": "extension-definition",
            "id": id_,
            "created_by_ref": _MAKER,
            "name": name,
            "description": about,
            "schema": canonical(schema(id_)).decode(),
            "version": "1.0.0",
            "extension_types": ["property-extension"],
        }
        made.append(stix.read(canonical(_DATED | held)))
    return (*made, stix.read(canonical(_DATED | _OPENCTI)))
