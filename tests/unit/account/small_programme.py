"""A small programme, and events for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from foedus.model.entry import Event
from foedus.model.programme import Programme

PROGRAMME_ID = "urn:foedus:programme:test"
SCALE = [
    {"value": "no-evidence", "score": None},
    {"value": "not-started", "score": 0},
    {"value": "limited", "score": 0.33},
    {"value": "substantial", "score": 0.67},
    {"value": "complete", "score": 1},
]


def indicator(name: str = "first", **changes: Any) -> dict[str, Any]:
    base = {
        "id": name,
        "title": name,
        "measure": "unit",
        "direction": "up",
        "method": "computed",
        "baseline": {"date": "2024-01-01", "value": 0},
        "targets": {"2025": 10},
        "compute": {"fn": "count", "source": "release.sent"},
    }
    return {**base, **changes}


def attested(name: str = "rated", **changes: Any) -> dict[str, Any]:
    base = indicator(name, method="attested", measure="ordinal", scale="ogp5", targets={"2025": "complete"})
    base.pop("compute")
    return {**base, "baseline": {"date": "2024-01-01", "value": "not-started"}, **changes}


def area(name: str, *indicators: str, **changes: Any) -> dict[str, Any]:
    base = {"id": name, "number": 1, "title": name, "priority": "p1", "supports": [], "aim": "", "activities": []}
    return {**base, "measurable": "auto", "indicators": list(indicators), **changes}


def programme(*indicators: dict[str, Any], areas: list[dict[str, Any]] | None = None, **changes: Any) -> Programme:
    """Return a programme of two parties; without areas all indicators belong to one."""
    document = {
        "spec": "foedus/programme/1",
        "id": PROGRAMME_ID,
        "version": "1.0.0",
        "status": "in-force",
        "title": "Test",
        "kind": "itpp",
        "legal_effect": "political",
        "language": "en",
        "term": {"from": "2024-01-01", "until": "2026-12-31"},
        "parties": [{"id": party, "kind": "state", "name": party, "country": "JPN"} for party in ("aaa", "bbb")],
        "areas": areas if areas is not None else [area("cyber", *(item["id"] for item in indicators))],
        "indicators": list(indicators),
        "scales": {"ogp5": SCALE},
        "release": {
            "default": "deny",
            "combining": "forbid-overrides",
            "obligations_default": {
                "attribute": "must",
                "encrypt_in_transit": "must",
                "onward": "clause-only",
                "notify_recall_within": "PT24H",
            },
            "classification_map": {},
            "clauses": [],
        },
        "review": {
            "body": {"name": "Body"},
            "every": "P1Y",
            "first": "2025-01-31",
            "report": {"sections": [], "due_within": "P90D", "public_version": True},
            "thresholds": {"green": 0.9, "amber": 0.6},
            "missing": "not-scored",
        },
        **changes,
    }
    return msgspec.convert(document, Programme)


def event(
    number: int, source: str = "release.sent", /, at: datetime | str = "2025-06-01T12:00:00", **facts: Any
) -> Event:
    """Return the event of entry ``number``; its object id is of that number where none is given."""
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at
    base = {"programme": PROGRAMME_ID, "parties": ["aaa", "bbb"], "by": "aaa", "object_id": f"x--{number}"}
    return Event(source, instant, {**base, **facts}, "pair", number)


def sendings(*values: float, field: str = "latency_hours", **facts: Any) -> list[Event]:
    """Return one sending a value, an hour apart."""
    start = datetime(2025, 6, 1, tzinfo=UTC)
    return [event(n, at=start + timedelta(hours=n), **{field: value}, **facts) for n, value in enumerate(values)]
