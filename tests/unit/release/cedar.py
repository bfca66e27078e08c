"""The same policy as Cedar text, generated from the IR's names: an oracle that shares no mask and no fold with release."""

from __future__ import annotations

from typing import Any

import cedarpy

from foedus.model import instant
from foedus.model.decision import Subject
from foedus.model.duration import shift_us
from foedus.model.label import TLP_ORDER
from foedus.release.conditions import SKEW_US
from foedus.release.facets import all_facets, audience_of, level_of
from foedus.release.policy import PSEUDONYM_PROFILE, Policy, Rule


def text(policy: Policy, at_us: int) -> str:
    """One forbid-unless for each recipient's mandatory part, one permit a permit, one forbid a forbid."""
    parts = []
    for recipient in policy.ir.recipients:
        parts.append(
            f"forbid(principal == Party::{_q(recipient.id)}, action, resource) unless {{ {_mandatory(policy, recipient, at_us)} }};"
        )
    for rule in policy.ir.rules:
        if rule.effect == "permit" and not rule.unusable:
            parts.append(
                f"permit(principal == Party::{_q(rule.recipient)}, action, resource) when {{ {_covers(policy, rule, at_us)} }};"
            )
        elif rule.effect == "forbid":
            parts.append(_forbid(policy, rule, at_us))
    return "\n".join(parts)


def entity(subject: Subject, policy: Policy, at_us: int) -> dict[str, Any]:
    """A finding as a Cedar entity, its label as names."""
    label = subject.label.at(instant.from_us(at_us)) if subject.label else None
    admitted = audience_of(label, subject.owner, policy) if label else frozenset()
    restrictive = [v for c in label.categories if c.type == "RESTRICTIVE" for v in c.values] if label else []
    marks = [_mark(m) for m in (*restrictive, *(label.caveats if label else ()))]
    everyone = {state for r in policy.ir.recipients for state in r.states}
    attrs = {
        "owner": subject.owner,
        "area": subject.area,
        "kind": subject.kind,
        "level": level_of(label, subject.owner, policy) if label else 1_000_000,
        "tlp": TLP_ORDER.index(label.tlp) if label and label.tlp else 5,
        "marks": marks,
        "known": label is not None
        and all(m in _marks(policy) for m in marks)
        and not any(f.unknown & 8 for f in all_facets(label, subject.owner, policy)[:1]),
        "states": sorted(everyone if admitted is None else admitted),
        "created": subject.created_us,
        "labelled": subject.labelled_us,
        "contains": list(subject.contains),
    }
    return {"uid": {"type": "Finding", "id": subject.object_id}, "attrs": attrs, "parents": []}


def allowed(
    subjects: list[Subject], party: str, policy: Policy, at_us: int, purpose: str, consented: bool
) -> list[bool]:
    """Ask Cedar about every finding."""
    policies = cedarpy.PolicySet.from_str(text(policy, at_us))
    import json

    entities = cedarpy.Entities.from_json_str(json.dumps([entity(s, policy, at_us) for s in subjects]))
    requests = [
        {
            "principal": {"type": "Party", "id": party},
            "action": {"type": "Action", "id": "read"},
            "resource": {"type": "Finding", "id": s.object_id},
            "context": {"at": at_us, "purpose": purpose or policy.areas.get(s.area, ""), "consented": consented},
        }
        for s in subjects
    ]
    return [result.allowed for result in cedarpy.is_authorized_batch(requests, policies, entities)]


def _mandatory(policy: Policy, recipient, at_us: int) -> str:
    parties = _set(r.id for r in policy.ir.recipients)
    accepted = {
        _mark(m) for r in policy.ir.rules if r.recipient == recipient.id for m in r.caveats if r.effect == "permit"
    }
    clearance = policy.ir.order.index(recipient.clearance) if recipient.clearance in policy.ir.order else -1
    return " && ".join(
        (
            "false" if policy.ir.not_in_force else "true",
            f"{policy.valid_from_us} <= context.at && context.at < {policy.valid_until_us}",
            f'{parties}.contains(resource.owner) && resource.owner != "{recipient.id}"',
            f"{_set(a for a, _ in policy.ir.areas)}.contains(resource.area)",
            f"{_set(p for r in policy.ir.rules for p in r.purposes)}.contains(context.purpose)",
            "resource.known",
            f"resource.level <= {clearance}",
            f"resource.tlp <= {TLP_ORDER.index(recipient.tlp_max)}",
            f"{_set(accepted | {'ORCON'})}.containsAll(resource.marks)",
            f"resource.states.containsAll({_set(recipient.states)})" if recipient.states else "false",
            f"resource.created >= 0 && resource.created <= {at_us + SKEW_US}",
            "resource.labelled <= context.at",
        )
    )


def _about(policy: Policy, rule: Rule, at_us: int) -> list[str]:
    parts = [
        f"{_set(rule.owners)}.contains(resource.owner)",
        f"{rule.start_us} <= context.at && context.at < {rule.end_us}",
    ]
    if "*" not in rule.areas:
        parts.append(f"{_set(rule.areas)}.contains(resource.area)")
    if rule.types:
        parts.append(f"{_set(rule.types)}.contains(resource.kind)")
    if rule.level_max in policy.ir.order:
        parts.append(f"resource.level <= {policy.ir.order.index(rule.level_max)}")
    if rule.tlp_max:
        parts.append(f"resource.tlp <= {TLP_ORDER.index(rule.tlp_max)}")
    if rule.purposes:
        parts.append(f"{_set(rule.purposes)}.contains(context.purpose)")
    if rule.max_age:
        parts.append(f"resource.created >= {shift_us(at_us, rule.max_age, -1)}")
    if rule.caveats_any:
        parts.append(f"resource.marks.containsAny({_set(map(_mark, rule.caveats_any))})")
    if rule.contains:
        parts.append(f"resource.contains.containsAny({_set(rule.contains)})")
    return parts


def _covers(policy: Policy, rule: Rule, at_us: int) -> str:
    return " && ".join(
        [*_about(policy, rule, at_us), f"{_set({*map(_mark, rule.caveats), 'ORCON'})}.containsAll(resource.marks)"]
    )


def _forbid(policy: Policy, rule: Rule, at_us: int) -> str:
    lifted = "false"
    if rule.unless == "originator-consent":
        lifted = "context.consented"
    elif rule.unless == "pseudonymised":
        permits = [
            r for r in policy.ir.rules if r.recipient == rule.recipient and r.effect == "permit" and not r.unusable
        ]
        masked = [f"({_covers(policy, r, at_us)})" for r in permits if PSEUDONYM_PROFILE in r.profiles]
        lifted = " || ".join(masked) or "false"
    when = " && ".join(_about(policy, rule, at_us))
    return (
        f"forbid(principal == Party::{_q(rule.recipient)}, action, resource) when {{ {when} }} unless {{ {lifted} }};"
    )


def _marks(policy: Policy) -> set[str]:
    named = {_mark(m) for r in policy.ir.rules for m in (*r.caveats, *r.caveats_any)}
    return named | {"ORCON", "NOFORN", "NATO-ONLY", "NOFWD", "*-EYES-ONLY"}


def _mark(name: str) -> str:
    return name.upper()


def _set(values) -> str:
    return f"[{', '.join(_q(v) for v in sorted(set(values)))}]"


def _q(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
