"""The catalogue of ledger events: which fields an indicator's ``where`` and ``field`` may name, by kind.

Only fields that hold one value are in it (and ``parties``, whose filter means: all listed took part); lists and hashes
of batches cannot be compared. A batch receipt is expanded to one event per object before anybody filters it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_COMMON = ("at", "by", "programme", "parties")
_PLACED = (*_COMMON, "area")
_OBJECT = (*_PLACED, "object_id")
_RELEASED = (*_OBJECT, "modified", "object_type", "kind", "decision", "label_hash", "originator", "purpose")
_RECEIPT = (*_RELEASED, "result", "code", "label_valid")
_FINDING = (*_OBJECT, "event_id", "kind")

_FIELDS: dict[str, tuple[str, ...]] = {
    "release.sent": (*_RELEASED, "rules_hash", "bytes_hash", "latency_hours", "latency_minutes", "expires_at"),
    "release.run": (*_COMMON, "party", "policy_hash", "inputs_hash", "decisions_root"),
    "release.acknowledged": _RECEIPT,
    "release.denied": (*_OBJECT, "policy_hash"),
    "release.expired": (*_OBJECT, "cause"),
    "decision.held": (*_OBJECT, "policy_hash"),
    "recall.requested": (*_OBJECT, "deadline"),
    "recall.completed": (*_OBJECT, "result", "hours"),
    "grant.given": (*_OBJECT, "until", "clause"),
    "grant.withdrawn": (*_OBJECT, "until", "clause"),
    "exchange.received": _RECEIPT,
    "exchange.accepted": _RECEIPT,
    "exchange.refused": _RECEIPT,
    "finding.created": _FINDING,
    "finding.corroborated": _FINDING,
    "finding.endorsed": _FINDING,
    "exercise.completed": (*_PLACED, "exercise_id", "score", "passed"),
    "relief.requested": (*_PLACED, "request_id", "hours"),
    "relief.offered": (*_PLACED, "request_id", "hours"),
    "review.published": (*_PLACED, "review_id", "kind", "public", "days_after_period", "hash"),
    "programme.agreed": (*_COMMON, "digest", "version", "supersedes"),
    "programme.loosened": (*_COMMON, "digest", "version", "supersedes", "changes"),
    "key.changed": (*_COMMON, "digest", "version", "role", "supersedes", "key", "signature"),
    "key.denied": (*_COMMON, "party", "role", "key", "reason"),
    "checkpoint.exchanged": (*_COMMON, "log", "size", "checkpoint_hash"),
    "indicator.attested": (*_PLACED, "indicator", "period", "value"),
    "approval.given": (*_PLACED, "role", "hash", "reason"),
    "approval.voided": (*_PLACED, "role", "hash", "reason"),
    "ingest.done": (*_PLACED, "source", "sha256"),
    "source.labelled": (*_PLACED, "source", "role"),
    "ask.made": (*_PLACED, "session", "points"),
    "ask.answered": (*_PLACED, "session", "points", "peer_points"),
    "ask.learnt": (*_PLACED, "session", "points", "peer_points", "matches"),
    "ask.refused": (*_PLACED, "limit"),
    "node.restored": (*_COMMON, "reason"),
    "break-glass": (*_PLACED, "role", "hash", "reason"),
}

EVENT_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {kind: frozenset(fields) for kind, fields in _FIELDS.items()}
)

INDICATOR_EVENTS: frozenset[str] = frozenset(
    {
        "release.sent",
        "release.denied",
        "release.acknowledged",
        "recall.completed",
        "finding.created",
        "finding.corroborated",
        "finding.endorsed",
        "exchange.received",
        "exchange.accepted",
        "exercise.completed",
        "checkpoint.exchanged",
        "relief.requested",
        "relief.offered",
        "review.published",
        "programme.agreed",
    }
)


def filtered_field(key: str) -> str:
    """Return the field that a key of a ``where`` filter compares.

    ``<field>_max`` and ``<field>_min`` bound a field, ``within_hours`` bounds ``hours``; any other key is the field.

    >>> filtered_field("days_after_period_max"), filtered_field("within_hours"), filtered_field("area")
    ('days_after_period', 'hours', 'area')
    """
    if key == "within_hours":
        return "hours"
    return key[:-4] if key.endswith(("_max", "_min")) else key
