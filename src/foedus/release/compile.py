"""Compile a programme into the policy of an instant: groups and dated memberships folded, names turned into masks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from foedus.errors import InvalidProgramme
from foedus.label.ladder import Ladder
from foedus.model import instant
from foedus.model.canonical import digest as sha256_of
from foedus.model.duration import FOREVER_US
from foedus.model.programme import Clause, Party, Programme
from foedus.programme.dates import day_of, period
from foedus.programme.membership import members_on
from foedus.release.policy import (
    KNOWN_CAVEATS,
    MASK_BITS,
    NO_CLEARANCE,
    ORCON,
    UNKNOWN_LEVEL,
    UNKNOWN_TLP,
    Limit,
    MaskedRecipient,
    MaskedRule,
    Policy,
    PolicyIR,
    Recipient,
    Rule,
    mark_name,
    mark_of,
    tlp_rank,
)


def compile(programme: Programme, at: datetime, *, digest: str, in_force: bool) -> Policy:  # noqa: A001
    """Return the policy that holds at an instant, and until when it does.

    Args:
        programme: a checked programme.
        at: the instant whose memberships and groups are folded in.
        digest: the programme's digest, written into every decision.
        in_force: whether every party's signature over that digest was verified.

    Returns:
        An immutable policy. One that is not in force releases nothing and says why.

    Raises:
        InvalidProgramme: more recipients or markings than a mask holds.
    """
    at_us = instant.to_us(at)
    start_us, end_us = _window(programme, at_us)
    recipients = tuple(Recipient(p.id, p.kind, states_on(p, at), p.clearance, p.tlp_max) for p in programme.parties)
    states = {recipient.id: recipient.states for recipient in recipients}
    duty = programme.release.obligations_default
    maps = programme.release.classification_map
    ir = PolicyIR(
        programme=programme.id,
        version=programme.version,
        digest=digest,
        not_in_force=_not_in_force(programme, at_us, in_force=in_force),
        order=tuple(maps.get("order", ())),
        maps=tuple((p, tuple(sorted(levels.items()))) for p, levels in sorted(maps.items()) if p != "order"),
        recipients=recipients,
        groups=tuple((group.id, group.countries) for group in programme.groups),
        areas=tuple((area.id, area.default_purpose or "") for area in programme.areas),
        attribute=duty.attribute,
        encrypt_in_transit=duty.encrypt_in_transit,
        onward=duty.onward,
        notify_recall_within=duty.notify_recall_within,
        rules=tuple(
            _rule(clause, programme, recipient, states)
            for clause in programme.release.clauses
            for recipient in recipients
            if _reaches(clause, programme, recipient, states)
        ),
    )
    return from_ir(ir, start_us, end_us)


def from_ir(ir: PolicyIR, valid_from_us: int = 0, valid_until_us: int = FOREVER_US) -> Policy:
    """Return the policy of an IR: how a stored decision is replayed years later.

    Raises:
        InvalidProgramme: more recipients or markings than a mask holds.
    """
    named = {mark_name(name) for rule in ir.rules for name in (*rule.caveats, *rule.caveats_any)}
    names = (*KNOWN_CAVEATS, *sorted(named - set(KNOWN_CAVEATS)))
    if max(len(names), len(ir.recipients)) > MASK_BITS:
        raise InvalidProgramme(
            "more recipients or markings than a mask holds", code="policy-too-wide", hint=f"at most {MASK_BITS} of each"
        )
    marks = {name: 1 << bit for bit, name in enumerate(names)}
    masked = [_masked(rule, ir, marks) for rule in ir.rules]
    return Policy(
        ir=ir,
        hash=sha256_of(msgspec.to_builtins(ir)),
        valid_from_us=valid_from_us,
        valid_until_us=valid_until_us,
        marks=marks,
        recipients={r.id: _recipient(r, 1 << bit, ir, masked) for bit, r in enumerate(ir.recipients)},
        ladder=_ladder(ir),
        areas=dict(ir.areas),
        types=frozenset(kind for rule in ir.rules for kind in rule.types),
        purposes=frozenset(purpose for rule in ir.rules for purpose in rule.purposes),
    )


def states_on(party: Party, at: datetime) -> tuple[str, ...]:
    """Return the states a party consists of at an instant, sorted; an organisation is its own only member."""
    return (party.id,) if party.kind == "organisation" else tuple(sorted(members_on(party, day_of(at))))


def _not_in_force(programme: Programme, at_us: int, *, in_force: bool) -> str:
    if programme.status not in ("agreed", "in-force"):
        return f"status is {programme.status}"
    start_us, end_us = _period_us(programme.term.start, programme.term.until)
    if not start_us <= at_us < end_us:
        return "outside its term"
    return "" if in_force else "not signed by every party"


def _window(programme: Programme, at_us: int) -> tuple[int, int]:
    """Return the span around an instant in which neither a membership nor a validity changes."""
    spans: list[tuple[str, str | None]] = [(programme.term.start, programme.term.until)]
    spans += [(m.start, m.until) for party in programme.parties for m in party.members]
    spans += [(c.valid.start, c.valid.until) for c in programme.release.clauses if c.valid]
    bounds = {bound for start, until in spans for bound in _period_us(start, until)}
    before = max((b for b in bounds if b <= at_us), default=0)
    return before, min((b for b in bounds if b > at_us), default=FOREVER_US)


def _period_us(start: str, until: str | None) -> tuple[int, int]:
    first, end = period(start, until)
    return instant.to_us(first), FOREVER_US if end is None else min(FOREVER_US, instant.to_us(end))


def _countries(names: Iterable[str], programme: Programme, states: dict[str, tuple[str, ...]]) -> set[str]:
    groups = {group.id: group.countries for group in programme.groups}
    return {country for name in names for country in groups.get(name, states.get(name, ()))}


def _reaches(clause: Clause, programme: Programme, recipient: Recipient, states: dict[str, tuple[str, ...]]) -> bool:
    """Say whether a clause is about a recipient.

    A permit reaches a party named, or one that lies wholly in a group named. A forbid is stricter: it strikes a party
    any of whose states it names, alone, in a group or in an alliance.
    """
    if recipient.id in clause.to:
        return True
    if clause.effect == "forbid":
        return bool(_countries(clause.to, programme, states) & set(recipient.states))
    groups = [set(group.countries) for group in programme.groups if group.id in clause.to]
    return bool(recipient.states) and any(set(recipient.states) <= group for group in groups)


def _owners(clause: Clause, programme: Programme, states: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    groups = [set(group.countries) for group in programme.groups if group.id in clause.owners]
    return tuple(
        party
        for party, own in states.items()
        if party in clause.owners or (own and any(set(own) <= group for group in groups))
    )


def _rule(clause: Clause, programme: Programme, recipient: Recipient, states: dict[str, tuple[str, ...]]) -> Rule:
    what, valid = clause.what, clause.valid
    limit = clause.limit
    start_us, end_us = _period_us(valid.start, valid.until) if valid else (0, FOREVER_US)
    return Rule(
        id=clause.id,
        effect=clause.effect,
        recipient=recipient.id,
        owners=_owners(clause, programme, states),
        areas=clause.areas,
        types=what.object_types,
        level_max=what.max_classification or "",
        tlp_max=what.tlp_max or "",
        caveats=clause.caveats,
        caveats_any=what.caveats_any,
        contains=what.contains,
        unless=what.unless or "",
        purposes=clause.purposes,
        start_us=start_us,
        end_us=end_us,
        max_age=what.max_age or "",
        action=clause.actions or "none",
        delete_after=clause.retention.delete_after if clause.retention else "",
        review_every=(clause.retention.review_every or "") if clause.retention else "",
        profiles=clause.redact,
        limit=Limit(limit.count, limit.window, limit.level or "") if limit else None,
        four_eyes=clause.four_eyes or "",
        unusable=_lacks(clause, programme.release.classification_map) if clause.effect == "permit" else "",
    )


def _lacks(clause: Clause, maps: dict[str, Any]) -> str:
    """Name what a permit lacks: a policy field nobody wrote, or one nobody knows, is never a default."""
    what, order = clause.what, maps.get("order", ())
    lacking = {
        "purposes": not clause.purposes,
        "actions": clause.actions is None,
        "retention": clause.retention is None,
        "valid": clause.valid is None,
        "object_types": not what.object_types,
        "max_classification": what.max_classification not in order,
        "tlp_max": what.tlp_max is None,
        "areas": "*" in clause.areas,
        "unless": what.unless is not None,
        "four_eyes": clause.four_eyes is not None and clause.four_eyes != "always" and clause.four_eyes not in order,
    }
    return ", ".join(name for name, missing in lacking.items() if missing)


def _masked(rule: Rule, ir: PolicyIR, marks: dict[str, int]) -> MaskedRule:
    permit = rule.effect == "permit"
    allowed = marks[ORCON] if permit else 0
    for name in rule.caveats:
        allowed |= mark_of(name, marks)
    any_of = 0
    for name in rule.caveats_any:
        any_of |= mark_of(name, marks)
    # A forbid without a ceiling, or with one nobody knows, strikes at every level.
    return MaskedRule(
        rule=rule,
        permit=permit,
        owners=frozenset(rule.owners),
        areas=None if "*" in rule.areas else frozenset(rule.areas),
        types=frozenset(rule.types) if rule.types or permit else None,
        level_max=ir.order.index(rule.level_max) if rule.level_max in ir.order else UNKNOWN_LEVEL,
        tlp_max=tlp_rank(rule.tlp_max) if rule.tlp_max else UNKNOWN_TLP,
        allowed=allowed,
        any_of=any_of,
        contains=frozenset(rule.contains),
        purposes=frozenset(rule.purposes) if rule.purposes or permit else None,
    )


def _recipient(recipient: Recipient, bit: int, ir: PolicyIR, rules: list[MaskedRule]) -> MaskedRecipient:
    mine = [rule for rule in rules if rule.rule.recipient == recipient.id]
    accepted = 0
    for rule in mine:
        accepted |= rule.allowed
    return MaskedRecipient(
        recipient=recipient,
        bit=bit,
        clearance=ir.order.index(recipient.clearance) if recipient.clearance in ir.order else NO_CLEARANCE,
        tlp_max=tlp_rank(recipient.tlp_max),
        marks=accepted,
        permits=tuple(rule for rule in mine if rule.permit),
        forbids=tuple(rule for rule in mine if not rule.permit),
    )


def _ladder(ir: PolicyIR) -> Ladder:
    policies = {r.id: r.states[0] if r.kind == "state" and r.states else r.id.upper() for r in ir.recipients}
    return Ladder(ir.order, {party: dict(levels) for party, levels in ir.maps}, policies)
