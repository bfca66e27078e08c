"""Extension definitions (STIX 2.1 section 7.3) of our own: who made them, and the objects that travel with what names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from foedus.model import stix
from foedus.model.canonical import canonical
from foedus.model.stix import StixObject

MAKER = "identity--5f0c2c3e-30fb-5d5f-8d5b-2e8a1c1f4a00"
DATED: Mapping[str, str] = {
    "spec_version": "2.1",
    "created": "2026-06-01T00:00:00.000Z",
    "modified": "2026-06-01T00:00:00.000Z",
}


class Defined(NamedTuple):
    """One extension: its id, its name, what it is for, the JSON schema of its properties, of which type it is."""

    id: str
    name: str
    about: str
    schema: Mapping[str, Any]
    type: str = "property-extension"


def schema(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """Return the JSON schema of an object that may have other properties beside."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
    }


def definitions(defined: Iterable[Defined]) -> tuple[StixObject, ...]:
    """Return the identity of the maker, then a definition of each extension."""
    maker: dict[str, Any] = {"type": "identity", "id": MAKER, "name": "Foedus", "identity_class": "system"}
    made: list[dict[str, Any]] = [
        {
            "type": "extension-definition",
            "id": one.id,
            "created_by_ref": MAKER,
            "name": one.name,
            "description": one.about,
            "schema": canonical(dict(one.schema)).decode(),
            "version": "1.0.0",
            "extension_types": [one.type],
        }
        for one in defined
    ]
    return tuple(stix.read(canonical({**DATED, **one})) for one in (maker, *made))
