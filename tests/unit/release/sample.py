"""A small programme of three parties, and findings, for the tests of release."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from foedus.model import instant
from foedus.model.decision import Subject
from foedus.model.label import Category, Label
from foedus.model.programme import Programme

AT = datetime(2026, 6, 1, tzinfo=UTC)
AT_US = instant.to_us(AT)
DAY_US = 86_400_000_000


def clause(id: str, **changes: Any) -> dict[str, Any]:
    """A permit of everything two parties exchange in cyber, changed as asked."""
    what = {"object_types": ["indicator", "report"], "max_classification": "restricted", "tlp_max": "amber"}
    base: dict[str, Any] = {
        "id": id,
        "effect": "permit",
        "from": ["nato", "jpn"],
        "to": ["nato", "jpn"],
        "areas": ["cyber"],
        "what": what | changes.pop("what", {}),
        "purposes": ["network-defence", "assessment"],
        "actions": "internally-visible",
        "retention": {"delete_after": "P2Y"},
        "valid": {"from": "2024-01-01", "until": "2026-12-31"},
    }
    return {key: value for key, value in (base | changes).items() if value is not None}


def forbid(id: str, what: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A forbid between all parties in all areas, changed as asked."""
    base = {
        "id": id,
        "effect": "forbid",
        "from": ["nato", "jpn", "isac"],
        "to": ["nato", "jpn", "isac"],
        "areas": ["*"],
    }
    return base | {"what": what} | changes


def programme(clauses: list[dict[str, Any]] | None = None, **changes: Any) -> Programme:
    """NATO (an alliance whose members are dated), Japan and an organisation; one area per argument of clauses."""
    text = "x"
    order = ["unclassified", "restricted", "confidential", "secret"]
    nato = {"PUBLIC": "unclassified", "UNMARKED": "unclassified"}
    nato |= {f"NATO {level.upper()}": level for level in order}
    document = {
        "spec": "foedus/programme/1",
        "id": "urn:foedus:programme:test",
        "version": "1.0.0",
        "status": "in-force",
        "title": text,
        "kind": "itpp",
        "legal_effect": "political",
        "language": "en",
        "term": {"from": "2024-01-01", "until": "2026-12-31"},
        "parties": [
            {
                "id": "nato",
                "kind": "alliance",
                "name": text,
                "clearance": "confidential",
                "tlp_max": "amber+strict",
                "members": [
                    {"from": "2000-01-01", "countries": ["DEU", "NOR"]},
                    {"from": "2026-07-01", "countries": ["SWE"]},
                ],
            },
            {
                "id": "jpn",
                "kind": "state",
                "name": text,
                "country": "JPN",
                "clearance": "restricted",
                "tlp_max": "amber",
            },
            {"id": "isac", "kind": "organisation", "name": text, "clearance": "unclassified", "tlp_max": "green"},
        ],
        "groups": [{"id": "pacific", "name": text, "countries": ["JPN", "AUS"]}],
        "areas": [
            {
                "id": area,
                "number": n,
                "title": text,
                "priority": "main",
                "supports": [],
                "aim": text,
                "activities": [],
                "measurable": "auto",
                "indicators": [],
                "default_purpose": "network-defence",
            }
            for n, area in enumerate(("cyber", "maritime"), 1)
        ],
        "release": {
            "default": "deny",
            "combining": "forbid-overrides",
            "obligations_default": {
                "attribute": "must",
                "encrypt_in_transit": "must",
                "onward": "originator-consent",
                "notify_recall_within": "PT24H",
            },
            "classification_map": {
                "order": order,
                "nato": nato,
                "jpn": {"UNMARKED": "unclassified", "秘": "confidential"},
            },
            "clauses": [clause("r-cyber")] if clauses is None else clauses,
        },
        "review": {
            "body": {"name": text},
            "every": "P1Y",
            "first": "2026-01-31",
            "report": {"sections": [], "due_within": "P90D", "public_version": False},
            "thresholds": {},
            "missing": "not-scored",
        },
    }
    return msgspec.convert(document | changes, Programme)


def label(
    level: str = "RESTRICTED", tlp: Any = "green", to: tuple[str, ...] = ("NATO", "JPN"), **changes: Any
) -> Label:
    """A label of NATO's policy, releasable as asked."""
    categories = [Category("Context", "PERMISSIVE", ("NATO", "Releasable") if to else ("NATO",))]
    if to:
        categories.append(Category("Releasable To", "PERMISSIVE", to))
    categories += changes.pop("more", [])
    return Label("NATO", level, tuple(categories), tlp=tlp, **changes)


def subject(**changes: Any) -> Subject:
    """An indicator of NATO, a day old, that the sample programme releases to Japan."""
    base: dict[str, Any] = {
        "object_id": "indicator--1",
        "version": "v1",
        "area": "cyber",
        "kind": "indicator",
        "owner": "nato",
        "label": label(),
        "created_us": AT_US - DAY_US,
        "labelled_us": AT_US - DAY_US,
    }
    return Subject(**(base | changes))
