"""The catalogue of ledger events: which fields an indicator's ``where`` and ``field`` may name, by kind.

Only fields that hold one value are in it (and ``parties``, whose filter means: all listed took part); lists and hashes
of batches cannot be compared. A batch receipt is expanded to one event per object before anybody filters it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

RecallReason = Literal[
    "wrong", "not-cleared", "consent-withdrawn", "not-covered", "source-withdrawn", "superseded", "other"
]
"""Why an object is called back: a closed set, so that nothing of the object can be in it."""
DismissReason = Literal["wrong-input", "wrong-conclusion", "known-activity", "duplicate", "other"]
"""Why a person says that a finding is false: a closed set, so that methods can be counted by it."""
RecallResult = Literal["deleted", "superseded", "cannot"]

_COMMON = ("at", "by", "programme", "parties")
_PLACED = (*_COMMON, "area")
_OBJECT = (*_PLACED, "object_id")
_RELEASED = (*_OBJECT, "modified", "object_type", "kind", "decision", "label_hash", "originator", "purpose")
_RECEIPT = (*_RELEASED, "result", "code", "label_valid", "sent_at")
_FINDING = (*_OBJECT, "event_id", "kind")
_WATCHED = (*_COMMON, "object_id", "modified", "hash", "area", "kind", "person", "role", "note_hash")
_SHIFT = (*_COMMON, "shift", "person", "role", "note_hash")
_ACT = (*_OBJECT, "modified", "person", "role", "hash", "bytes_hash", "label_hash", "purpose", "rules_hash", "reason")

_FIELDS: dict[str, tuple[str, ...]] = {
    "release.sent": (
        *_RELEASED,
        "rules_hash",
        "bytes_hash",
        "latency_hours",
        "latency_minutes",
        "expires_at",
        "commitment",
    ),
    "release.run": (*_COMMON, "party", "policy_hash", "inputs_hash", "decisions_root"),
    "release.acknowledged": _RECEIPT,
    "release.denied": (*_OBJECT, "policy_hash"),
    "release.expired": (*_OBJECT, "cause"),
    "decision.held": (*_ACT, "policy_hash"),
    "recall.requested": (*_OBJECT, "deadline", "reason"),
    "recall.completed": (*_OBJECT, "result", "code", "hours", "log", "entry"),
    "recall.made": (*_COMMON, "object_id", "reason", "cause", "person"),
    "recall.lifted": (*_COMMON, "object_id", "person"),
    "recall.refused": (*_COMMON, "log", "entry", "code"),
    "grant.given": (*_OBJECT, "grant", "until", "clause"),
    "grant.withdrawn": (*_OBJECT, "grant"),
    "grant.asked": (*_OBJECT, "grant"),
    "grant.refused": (*_COMMON, "log", "seq", "code"),
    "exchange.received": _RECEIPT,
    "exchange.accepted": _RECEIPT,
    "exchange.refused": _RECEIPT,
    "finding.created": _FINDING,
    "finding.corroborated": _FINDING,
    "finding.endorsed": _FINDING,
    "exercise.completed": (*_PLACED, "exercise_id", "score", "passed"),
    "relief.requested": (*_PLACED, "request_id", "hours"),
    "relief.offered": (*_PLACED, "request_id", "hours"),
    "review.published": (*_COMMON, "review_id", "kind", "public", "days_after_period", "hash"),
    "review.noted": (*_COMMON, "period", "field", "language", "version", "hash", "person"),
    "statement.made": (*_COMMON, "what", "hash", "person"),
    "programme.agreed": (*_COMMON, "digest", "version", "supersedes"),
    "programme.loosened": (*_COMMON, "digest", "version", "supersedes", "changes"),
    "key.changed": (*_COMMON, "digest", "version", "role", "supersedes", "key", "signature"),
    "key.denied": (*_COMMON, "party", "role", "key", "reason"),
    "checkpoint.exchanged": (*_COMMON, "log", "size", "checkpoint_hash"),
    "indicator.attested": (*_PLACED, "indicator", "period", "value"),
    "approval.requested": _ACT,
    "approval.given": _ACT,
    "approval.denied": _ACT,
    "approval.cancelled": _ACT,
    "approval.voided": _ACT,
    "ingest.done": (*_PLACED, "source", "sha256"),
    "source.labelled": (*_PLACED, "source", "role"),
    "source.added": (*_PLACED, "source", "person"),
    "source.removed": (*_PLACED, "source", "person"),
    "source.outage": (*_PLACED, "source", "since", "until", "cause"),
    "quarantine.settled": (*_PLACED, "source", "number", "outcome", "person"),
    "ask.made": (*_PLACED, "session", "points"),
    "ask.answered": (*_PLACED, "session", "points", "peer_points"),
    "ask.learnt": (*_PLACED, "session", "points", "peer_points", "matches"),
    "ask.refused": (*_PLACED, "limit"),
    "person.added": (*_COMMON, "person", "party"),
    "person.changed": (*_COMMON, "person", "party", "change"),
    "session.opened": (*_COMMON, "person", "session", "method"),
    "session.ended": (*_COMMON, "person", "session", "method", "reason"),
    "sign-in.refused": (*_COMMON, "person", "reason", "count"),
    "credential.added": (*_COMMON, "person", "credential"),
    "credential.removed": (*_COMMON, "person", "credential"),
    "ledger.forked": (*_COMMON, "log", "signer"),
    "ledger.disputed": (*_COMMON, "log", "came", "code"),
    "ledger.thawed": (*_COMMON, "log"),
    "entry.refused": (*_COMMON, "log", "entry", "code", "count"),
    "node.restored": (*_COMMON, "log", "reason"),
    "vault.opened": (*_PLACED, "source", "sha256", "person", "reason"),
    "vault.expired": (*_PLACED, "source", "sha256"),
    "break-glass": (*_OBJECT, "use", "modified", "role", "hash", "reason", "until"),
    "break-glass.reviewed": (*_COMMON, "use", "person", "finding"),
    "watch.acknowledged": _WATCHED,
    "watch.assigned": (*_WATCHED, "to"),
    "watch.dismissed": (*_WATCHED, "reason", "method"),
    "watch.undone": (*_WATCHED, "entry"),
    "shift.opened": (*_SHIFT, "after"),
    "shift.noted": _SHIFT,
    "shift.closed": (*_SHIFT, "to"),
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
