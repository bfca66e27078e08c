"""Deterministic ids as OpenCTI makes them, so that it merges what it knows instead of doubling it.

UUIDv5 over RFC 8785 JSON of what an object is known by; names in lower case without surrounding space, NFC before (OpenCTI
itself does not normalise). Two narratives of one name are one object there: name the claim, not a topic.

Source: pycti 7.261026.0, ``generate_id`` of each entity.
"""

from __future__ import annotations

import unicodedata
import uuid

from foedus.model.canonical import canonical
from foedus.model.stix import SCO_NAMESPACE

NAMED = frozenset({"narrative", "channel", "event", "campaign", "intrusion-set", "language"})


def named(kind: str, name: str) -> str:
    """Return the id of what is known by its name.

    >>> named("channel", "Example News")
    'channel--98dd6e56-55a1-56a1-b655-617fabdf9f92'
    """
    return _id(kind, {"name": _norm(name)})


def incident(name: str, created: str) -> str:
    """Return the id of an incident, known by its name and its ``created`` as written."""
    return _id("incident", {"name": _norm(name), "created": created})


def grouping(name: str, context: str, created: str) -> str:
    """Return the id of a grouping."""
    return _id("grouping", {"name": _norm(name), "context": context, "created": created})


def media_content(url: str) -> str:
    """Return the id of an article or post, known by its address."""
    return _id("media-content", {"url": url})


def relationship(verb: str, source: str, target: str) -> str:
    """Return the id of a relationship without times."""
    return _id("relationship", {"relationship_type": verb, "source_ref": source, "target_ref": target})


def _norm(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower().strip()


def _id(kind: str, known_by: dict[str, str]) -> str:
    return f"{kind}--{uuid.uuid5(SCO_NAMESPACE, canonical(known_by).decode())}"
