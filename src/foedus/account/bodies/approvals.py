"""Bodies about what people decide of releases: approvals, holds, break-glass."""

from __future__ import annotations

from typing import ClassVar, Literal

from foedus.account.bodies.body import Body, Placed


class Act(Placed, frozen=True, kw_only=True):
    """What a person did about one object version on its way to one party, and in which role.

    ``hash`` binds what exactly would go; the hashes after it are its parts.
    """

    object_id: str
    modified: str = ""
    person: str = ""
    role: str = ""
    hash: str = ""
    bytes_hash: str = ""
    label_hash: str = ""
    purpose: str = ""
    rules_hash: str = ""
    reason: str = ""


class ApprovalRequested(Act, frozen=True, kw_only=True):
    """The first half of two: a releaser asks for exactly this to go."""

    kind_of_entry: ClassVar[str] = "approval.requested"


class ApprovalGiven(Act, frozen=True, kw_only=True):
    """An approver lets exactly this go, once, after a countdown."""

    kind_of_entry: ClassVar[str] = "approval.given"


class ApprovalDenied(Act, frozen=True, kw_only=True):
    """An approver denies it."""

    kind_of_entry: ClassVar[str] = "approval.denied"


class ApprovalCancelled(Act, frozen=True, kw_only=True):
    """A person took back what stood: an approval, a request, a denial or a hold, as ``reason`` says."""

    kind_of_entry: ClassVar[str] = "approval.cancelled"


class ApprovalVoided(Act, frozen=True, kw_only=True):
    """What was requested or approved is not what would go any more: ``reason`` names what changed; no person did it."""

    kind_of_entry: ClassVar[str] = "approval.voided"


class DecisionHeld(Act, frozen=True, kw_only=True):
    """A person holds an object back, every version of it; or asked about one that is on hold (``reasons``)."""

    kind_of_entry: ClassVar[str] = "decision.held"

    reasons: tuple[str, ...] = ()
    policy_hash: str = ""


class BreakGlass(Placed, frozen=True, kw_only=True):
    """Two persons lifted a hold in need: ``hash`` is of the object's bytes, ``persons`` who asked and who agreed."""

    kind_of_entry: ClassVar[str] = "break-glass"

    use: str
    object_id: str
    modified: str
    hash: str
    persons: tuple[str, str]
    role: str
    reason: str
    until: str


class BreakGlassReviewed(Body, frozen=True, kw_only=True):
    """An auditor said what is to be thought of a use."""

    kind_of_entry: ClassVar[str] = "break-glass.reviewed"

    use: str
    person: str
    finding: Literal["ok", "not-ok"]
