"""Extension definitions of STIX 2.1 section 7.3 that the objects of this package name; they travel with what names them."""

from __future__ import annotations

from functools import cache
from typing import Any

from foedus.model import extension
from foedus.model.extension import Defined
from foedus.model.stix import StixObject

CASE = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a01"
CHANNEL = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a02"
CLAIM = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a03"
OPTIONS = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a05"
UPTAKE = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a04"
EVIDENCE = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a11"
CAMPAIGN = "extension-definition--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a12"
# OpenCTI's own, for object types that the standard lacks.
NEW_SDO = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba"
NEW_SCO = "extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82"
_TEXT, _OBJECT = {"type": "string"}, {"type": ["object", "null"]}
_PROPERTIES: dict[str, dict[str, Any]] = {
    CASE: {
        "stage": _TEXT, "from": _TEXT, "to": _TEXT, "languages": {"type": "array", "items": _TEXT},
        "coordination": _OBJECT, "inauthenticity": _OBJECT, "foreignness": _OBJECT, "attribution": _OBJECT,
        "techniques": {"type": "array", "items": {"type": "object"}}, "coverage": {"type": "object"}, "pack_sha256": _TEXT,
        "claims": {"type": "array", "items": {"type": "object"}}, "shared": {"type": "array", "items": {"type": "object"}},
        **{name: {"type": "array", "items": {"type": "object"}} for name in ("timeline", "communities", "ties", "first_seen")},
        "unseen": {"type": "array", "items": _TEXT},
    },
    EVIDENCE: {
        "method": {"type": "object"}, "coverage": {"type": "object"}, "cells": {"type": "array", "items": {"type": "object"}},
        "public_items": {"type": "array", "items": _TEXT}, "public_whole": {"type": "boolean"}, "result_sha256": _TEXT,
        "k": {"type": "integer"},
    },
    CAMPAIGN: {
        "method": _TEXT, "parameters": {"type": "object"}, "weeks": {"type": "array", "items": _TEXT},
        "accounts": {"type": "integer"},
    },
    CHANNEL: {"tier": _TEXT, "listing": _OBJECT},
    OPTIONS: {"options": {"type": "array", "items": {"type": "object"}}, "licence": _TEXT},
    UPTAKE: {
        "line": {"type": "object"}, "narratives": {"type": "array", "items": {"type": "object"}}, "from": _TEXT, "to": _TEXT,
        "days": {"type": "array", "items": {"type": "object"}}, "method": _TEXT, "parameters": {"type": "object"},
        "coverage": {"type": "object"}, "unseen": {"type": "array", "items": _TEXT},
    },
    CLAIM: {"claim": _TEXT, "language": _TEXT, "variants": {"type": "object"}, "anchors": {"type": "array", "items": _TEXT}},
}  # fmt: skip
_NAMES = {
    CASE: ("information-case", "What was measured, and what people judged, each apart, on an incident or grouping."),
    CHANNEL: ("information-channel", "The tier of a public channel and the list it comes from."),
    OPTIONS: ("information-options", "What a person may answer: countermeasures that neither deceive nor censor."),
    UPTAKE: (
        "information-uptake",
        "How a line to take stood in a week: figures by day, none of fewer than three channels.",
    ),
    EVIDENCE: (
        "information-evidence",
        "How a case was measured and on how much, on a note about it; no account, no post.",
    ),
    CAMPAIGN: (
        "information-campaign",
        "In which weeks one set of accounts came back, on a campaign; not who is behind it.",
    ),
    CLAIM: ("information-claim", "A claim in words, with its variants by language and its anchors."),
}
_OPENCTI = Defined(
    NEW_SDO,
    "Object types of OpenCTI",
    "Described by Foedus, so that objects of these types can be sent along; the types are OpenCTI's.",
    {"type": "object"},
    "new-sdo",
)


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
    own = [Defined(id_, name, about, schema(id_)) for id_, (name, about) in _NAMES.items()]
    return extension.definitions([*own, _OPENCTI])
