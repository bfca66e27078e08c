"""Passing on: what the originator consented to, and what a received object is bound by wherever it goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from foedus.model import instant
from foedus.model.decision import Bound, Duties, Grant, Reason, Subject
from foedus.model.duration import FOREVER_US
from foedus.model.programme import Action
from foedus.release.policy import CONSENT

ACTIONS: tuple[Action, ...] = (
    "none",
    "contact-for-instruction",
    "internally-visible",
    "externally-visible-indirect",
    "externally-visible-direct",
)
_RANK: Mapping[str, int] = {action: rank for rank, action in enumerate(ACTIONS)}
# Of all values only this one lets an object move on by a clause alone.
CLAUSE_ONLY = "clause-only"


def least(actions: Iterable[str]) -> Action:
    """Return the strictest of some actions; one nobody knows allows none."""
    return ACTIONS[min(_RANK.get(action, 0) for action in actions)]


def by_object(grants: Sequence[Grant]) -> Mapping[str, tuple[Grant, ...]]:
    """Return grants by the object they are about."""
    found: dict[str, tuple[Grant, ...]] = {}
    for grant in grants:
        found[grant.object_id] = (*found.get(grant.object_id, ()), grant)
    return found


def consents(grant: Grant, subject: Subject, party: str, purpose: str, clauses: Collection[str], at_us: int) -> bool:
    """Say whether a grant consents to one release: of this version, to this party, for this purpose, by one of these clauses."""
    return (
        grant.object_id == subject.object_id
        and grant.owner in ("", subject.owner)
        and party in grant.recipients
        and (not grant.versions or subject.version in grant.versions)
        and (not grant.purposes or purpose in grant.purposes)
        and (not grant.clause or grant.clause in clauses)
        and at_us < grant.until_us
    )


def unfit(bounds: Sequence[Bound], purpose: str, at_us: int) -> Reason | None:
    """Return why a received object may not be passed on for a purpose, or None."""
    if not bounds:
        return Reason("duties-missing", "received", "none", "an entry of its sender that says its duties")
    live = [bound for bound in bounds if _ends(bound) > at_us]
    if not live:
        ended = instant.text(max(_ends(bound) for bound in bounds))
        return Reason("retention-ended", "received", f"until {ended}", "a later end")
    if not any(purpose in bound.purposes for bound in live):
        known = sorted({name for bound in live for name in bound.purposes})
        return Reason("purpose-not-received", "purpose", purpose, ", ".join(known) or "none")
    return None


def fitting(bounds: Sequence[Bound], purpose: str, at_us: int) -> Bound:
    """Return the one of several bounds under which an object goes on: that asks for no consent, then that ends last."""
    fit = [bound for bound in bounds if _ends(bound) > at_us and purpose in bound.purposes]
    return max(fit, key=lambda bound: (bound.onward == CLAUSE_ONLY, _ends(bound)))


def handed_down(duties: Duties, bound: Bound) -> Duties:
    """Return the duties of who gets it next: never wider than those it came under."""
    return msgspec.structs.replace(
        duties,
        purposes=tuple(purpose for purpose in duties.purposes if purpose in bound.purposes),
        action=least((duties.action, bound.action)),
        onward=duties.onward if bound.onward == CLAUSE_ONLY else CONSENT,
    )


def _ends(bound: Bound) -> int:
    return FOREVER_US if bound.until_us is None else bound.until_us
