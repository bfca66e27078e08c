"""Bodies about releases: what went, what is no longer shown, and the runs that decided."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from foedus.account.bodies.body import Body, Placed


class ReleaseSent(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """One object went to one party.

    ``commitment`` is the root that a view of it with parts torn off verifies against; empty: all of it went.
    """

    kind_of_entry: ClassVar[str] = "release.sent"

    object_id: str
    modified: str
    object_type: str
    kind: str
    decision: Literal["permit", "permit-redacted"]
    label: dict[str, Any]
    label_hash: str
    clauses: tuple[str, ...]
    rules_hash: str
    bytes_hash: str
    originator: str
    purpose: str
    duties: dict[str, Any]
    latency_hours: float | None
    latency_minutes: float | None
    expires_at: str | None
    commitment: str = ""


class ReleaseExpired(Placed, frozen=True, kw_only=True):
    """An object is no longer shown to a party, or, by its recipient, no longer held; ``cause`` says why."""

    kind_of_entry: ClassVar[str] = "release.expired"

    object_id: str
    cause: str


class ReleaseRun(Body, frozen=True, kw_only=True):
    """One run of release to one party, in the master log: how many, and hashes that pin what was decided."""

    kind_of_entry: ClassVar[str] = "release.run"

    programme: str
    party: str
    policy_hash: str
    counts: dict[str, int]
    inputs_hash: str
    decisions_root: str
