"""What an object stands under, and a recipient must therefore see before it: markings and extension definitions."""

from __future__ import annotations

from typing import Any

import orjson

from foedus.label.stix import SCHEMES
from foedus.label.tlp import of_marking
from foedus.model.commitment import PARTIAL_VIEW
from foedus.model.misp import EXTENSION as MISP
from foedus.model.stix import StixObject
from foedus.release.closure import REQUIRED, Edge

# Extensions whose meaning every node knows; any other must be defined by an object that the recipient sees.
KNOWN_EXTENSIONS = frozenset({*SCHEMES, PARTIAL_VIEW, MISP})


def bindings_of(obj: StixObject) -> list[Edge]:
    """Return an object's markings and foreign extensions as references it cannot stand without.

    TLP markings are constants of the standard: everybody sees them. The text of any other marking may be secret, so it
    must be released by itself first; and an extension that nobody defined to the recipient is withheld with its object.
    """
    found = [
        Edge(f"object_marking_refs/{index}", marking, REQUIRED)
        for index, marking in enumerate(obj.markings)
        if of_marking(marking) is None
    ]
    if obj.granular:
        found += _granular(orjson.loads(obj.raw))
    found += [
        Edge(f"extensions/{name}", name, REQUIRED)
        for name in obj.extensions
        if name.startswith("extension-definition--") and name not in KNOWN_EXTENSIONS
    ]
    return found


def _granular(obj: dict[str, Any]) -> list[Edge]:
    return [
        Edge(f"granular_markings/{index}/marking_ref", marking, REQUIRED)
        for index, one in enumerate(obj["granular_markings"])
        if (marking := one.get("marking_ref")) and of_marking(marking) is None
    ]
