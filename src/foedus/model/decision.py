"""Decision: release, redact, hold or withhold of one finding to one party at one instant, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from foedus.model.label import Label

Outcome = Literal["release", "redact", "hold", "withhold"]


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What a decision needs to know of a finding; no content.

    ``area`` is the programme's area; ``owner`` the first originator's party id; ``created_us`` the reference instant in
    microseconds (-1: missing); ``labelled_us`` when its label was given; ``contains`` content classes.
    """

    object_id: str
    version: str
    area: str
    kind: str
    owner: str
    label: Label | None
    created_us: int
    labelled_us: int = 0
    contains: tuple[str, ...] = ()


class Grant(msgspec.Struct, frozen=True):
    """The originator's consent, read from the ledger: one object, recipients, until when.

    ``versions``, ``purposes`` and ``clause`` narrow it, where they are not empty; ``owner`` is who gave it.
    """

    object_id: str
    recipients: tuple[str, ...]
    until_us: int
    entry: str = ""
    owner: str = ""
    versions: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    clause: str = ""


class Bound(msgspec.Struct, frozen=True):
    """What a received object is bound by, as its sender's entry said; ``until_us`` None: no end."""

    purposes: tuple[str, ...]
    onward: str
    action: str
    until_us: int | None


class Facts(msgspec.Struct, frozen=True):
    """What the ledger says that bears on a decision.

    ``counts`` holds, per clause id, how many releases the clause's window already has for this party;
    ``recalled`` and ``sent`` hold (object id, version); what was sent takes no second place in a limit. ``approved``
    is what two persons in two roles let go, ``cleared`` what one approver did, ``held`` what a person holds back
    (without a version: every one); an approval counts here only for what exactly it was given for.
    ``sender`` is the party whose node decides: what another
    party owns is passed on, not sent; empty where that does not matter.
    ``received`` holds, by (object id, version, owner), what others' objects came under; None where that is not asked.
    ``lifted`` says until when two persons lifted what a person of the node may lift.
    """

    grants: tuple[Grant, ...] = ()
    recalled: frozenset[tuple[str, str]] = frozenset()
    approved: frozenset[tuple[str, str]] = frozenset()
    cleared: frozenset[tuple[str, str]] = frozenset()
    held: frozenset[tuple[str, str]] = frozenset()
    counts: Mapping[str, int] = {}
    sender: str = ""
    sent: frozenset[tuple[str, str]] = frozenset()
    received: Mapping[tuple[str, str, str], tuple[Bound, ...]] | None = None
    lifted: Mapping[tuple[str, str], int] = {}


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One failing condition: stable code, the field it is about, what was found, what would be needed, by which clause."""

    code: str
    field: str
    actual: str
    required: str
    clause: str = ""


class Duties(msgspec.Struct, frozen=True, gc=False):
    """What the recipient takes on with a release; the strictest of the covering clauses."""

    action: str = "none"
    attribute: str = "must"
    encrypt_in_transit: str = "must"
    onward: str = "originator-consent"
    notify_recall_within: str = "PT24H"
    delete_after: str = ""
    review_every: str = ""
    purposes: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, gc=False):
    """One finding, one party, one instant.

    ``clauses`` are the permits that cover it, or the forbids that struck; ``nearest`` the permit that failed fewest
    conditions; ``profiles`` the redaction profiles to apply; ``expires_us`` the end of what covers it.
    """

    outcome: Outcome
    object_id: str
    version: str
    label_hash: str
    party: str
    at: datetime
    purpose: str
    programme: str
    programme_digest: str
    policy_hash: str
    clauses: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    duties: Duties | None = None
    profiles: tuple[str, ...] = ()
    nearest: str = ""
    expires_us: int | None = None
    would_release: tuple[tuple[str, ...], ...] = ()
