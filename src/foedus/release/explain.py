"""Say why, for the owner's own staff: data first, sentences second, and what would have to change."""

from __future__ import annotations

from datetime import datetime

import msgspec

from foedus.model import instant
from foedus.model.decision import Decision, Facts, Reason, Subject
from foedus.model.programme import Clause, Programme
from foedus.release.conditions import Case, day_text, mandatory, strikes, uncovered
from foedus.release.decide import decide
from foedus.release.facets import seen
from foedus.release.policy import (
    CONSENT,
    PSEUDONYM_PROFILE,
    PSEUDONYMISED,
    MaskedRecipient,
    MaskedRule,
    Policy,
)

# What nobody can change for one finding: the set of changes that needs it is no advice.
_FIXED = frozenset(
    {"party-unknown", "owner-unknown", "area-unknown", "type-unknown", "category-unknown", "caveat-unknown"}
    | {"area-not-in-clause", "owner-not-in-clause", "type-not-in-clause", "content-not-in-clause", "clause-incomplete"}
    | {"created-missing", "too-old", "recalled", "evaluator-error", "no-clause", "policy-stale"}
    | {"recipient-is-originator"}
)
# What changes the label: advice to its owner alone, never to somebody who holds another's finding.
_RELABEL = {
    "label-missing": "give-label",
    "level-unknown": "map-level",
    "level-above-clearance": "lower-level",
    "level-above-clause": "lower-level",
    "tlp-missing": "give-tlp",
    "tlp-above-party": "lower-tlp",
    "tlp-above-clause": "lower-tlp",
    "category-not-accepted": "drop-caveat",
    "caveat-not-accepted": "drop-caveat",
    "caveat-not-in-clause": "drop-caveat",
    "not-in-audience": "widen-audience",
}
_WORDS = {
    "release": "It is released as it is.",
    "redact": "It is released in part.",
    "hold": "It waits for an act of a person.",
    "withhold": "It is withheld.",
}


class ClauseView(msgspec.Struct, frozen=True):
    """A clause as an explanation shows it: its part, what fails of it, what it rests on and how well that is proven."""

    id: str
    effect: str
    part: str
    failing: tuple[Reason, ...]
    instrument: str = ""
    article: str = ""
    provenance: str = ""


class Explanation(msgspec.Struct, frozen=True):
    """Outcome, failing conditions, clauses, duties with the clause each comes from; then the same as sentences."""

    outcome: str
    reasons: tuple[Reason, ...]
    clauses: tuple[ClauseView, ...]
    duties: tuple[tuple[str, str, str], ...]
    sentences: tuple[str, ...]


def explain(decision: Decision, policy: Policy, programme: Programme) -> Explanation:
    """Explain a decision from itself, the policy it was made under and the programme that policy was compiled from."""
    parts = dict.fromkeys(decision.clauses, "covers" if decision.outcome != "withhold" else "strikes")
    if decision.nearest:
        parts.setdefault(decision.nearest, "nearest")
    clauses = {clause.id: clause for clause in programme.release.clauses}
    views = tuple(_view(clauses[name], part, decision) for name, part in parts.items() if name in clauses)
    duties = _duties(decision, policy)
    return Explanation(decision.outcome, decision.reasons, views, duties, _sentences(decision, views, duties))


def would_release(
    subject: Subject, party: str, policy: Policy, at: datetime, purpose: str, facts: Facts
) -> tuple[tuple[str, ...], ...]:
    """Return the smallest sets of changes that would let a finding go, fewest first; empty where there is none.

    Each change is a word and what it is about, as ``consent:jpn`` or ``lower-level:restricted``. A change of the label
    is named only where the owner decides (``facts.sender``, or nobody in particular).
    """
    decision = decide(subject, party, policy, at, purpose, facts)
    recipient = policy.recipients.get(party)
    if recipient is None or decision.outcome in ("release", "redact"):
        return ()
    case = Case(
        subject, *seen(subject.label, subject.owner, policy, at), recipient, policy, instant.to_us(at), decision.purpose
    )
    mine = facts.sender in ("", subject.owner)
    if decision.outcome == "hold":
        return (tuple(dict.fromkeys(_act(reason, case) for reason in decision.reasons)),)
    recalled = (subject.object_id, subject.version) in facts.recalled
    options = set() if recalled else {_changes(case, permit, recipient, mine=mine) for permit in recipient.permits}
    found = [set(option) for option in options if option is not None]
    least = [sorted(option) for option in found if not any(other < option for other in found)]
    return tuple(tuple(option) for option in sorted(least, key=lambda option: (len(option), option)))


def _changes(case: Case, permit: MaskedRule, recipient: MaskedRecipient, *, mine: bool) -> tuple[str, ...] | None:
    """Return what would make one permit cover and nothing else stand against it; None: no change does."""
    reasons = mandatory(case) + uncovered(case, permit)
    changes: set[str] = set()
    for reason in reasons:
        change = _change(reason, case, permit, mine=mine)
        if change is None:
            return None
        changes.add(change)
    for rule in recipient.forbids:
        if not strikes(case, rule) or rule.rule.unless == CONSENT:
            continue
        if rule.rule.unless == PSEUDONYMISED:
            if PSEUDONYM_PROFILE not in permit.rule.profiles:
                changes.add(f"profile:{PSEUDONYM_PROFILE}")
        elif rule.rule.caveats_any and mine:
            changes.add(f"drop-caveat:{', '.join(rule.rule.caveats_any)}")
        else:
            return None
    return tuple(sorted(changes))


def _change(reason: Reason, case: Case, permit: MaskedRule, *, mine: bool) -> str | None:
    if reason.code in _FIXED:
        return None
    if reason.code in _RELABEL:
        return f"{_RELABEL[reason.code]}:{_target(reason, case, permit)}" if mine else None
    if reason.code in ("purpose-unknown", "purpose-not-in-clause"):
        return f"purpose:{permit.rule.purposes[0]}" if permit.rule.purposes else None
    if reason.code == "clause-not-valid":
        return f"later:{instant.text(permit.rule.start_us)[:10]}" if case.at_us < permit.rule.start_us else None
    if reason.code in ("created-in-future", "labelled-later"):
        return f"later:{day_text(max(case.subject.created_us, case.subject.labelled_us))}"
    return "programme-in-force" if reason.code == "programme-not-in-force" else None


def _target(reason: Reason, case: Case, permit: MaskedRule) -> str:
    """Return the value a label needs so that both the recipient's ceiling and the clause's are kept."""
    party, policy = case.recipient, case.policy
    if reason.code.startswith("level"):
        return policy.ir.order[max(0, min(party.clearance, permit.level_max))]
    if reason.code.startswith("tlp"):
        return permit.rule.tlp_max if permit.tlp_max <= party.tlp_max else party.recipient.tlp_max
    return party.recipient.id if reason.code == "not-in-audience" else reason.actual


def _act(reason: Reason, case: Case) -> str:
    if reason.code.endswith("consent-missing"):
        return f"consent:{case.subject.owner}"
    if reason.code == "held-by-person":
        return "approval:one-person"
    return "approval:two-persons" if reason.code == "four-eyes-missing" else f"window:{reason.clause}"


def _view(clause: Clause, part: str, decision: Decision) -> ClauseView:
    basis, provenance = clause.basis, clause.provenance
    return ClauseView(
        id=clause.id,
        effect=clause.effect,
        part=part,
        failing=tuple(reason for reason in decision.reasons if reason.clause == clause.id),
        instrument=basis.instrument if basis else "",
        article=(basis.article or "") if basis else "",
        provenance=provenance.status if provenance else "illustrative",
    )


def _duties(decision: Decision, policy: Policy) -> tuple[tuple[str, str, str], ...]:
    """Return each duty with its value and the clause it comes from (``obligations_default`` where from none)."""
    duties = decision.duties
    if duties is None:
        return ()
    rules = [r for r in policy.ir.rules if r.recipient == decision.party and r.id in decision.clauses]
    sources = {
        "action": next((rule.id for rule in rules if rule.action == duties.action), ""),
        "delete_after": next((rule.id for rule in rules if rule.delete_after == duties.delete_after), ""),
        "review_every": next((rule.id for rule in rules if rule.review_every == duties.review_every), ""),
        "purposes": ", ".join(rule.id for rule in rules),
    }
    values = msgspec.structs.asdict(duties) | {"purposes": ", ".join(duties.purposes)}
    return tuple((name, value, sources.get(name, "obligations_default")) for name, value in values.items() if value)


def _sentences(
    decision: Decision, views: tuple[ClauseView, ...], duties: tuple[tuple[str, str, str], ...]
) -> tuple[str, ...]:
    found = [_WORDS[decision.outcome]]
    for reason in decision.reasons:
        by = f" (clause {reason.clause})" if reason.clause else ""
        found.append(f"{reason.field} is {reason.actual or 'empty'}; needed: {reason.required}{by}.")
    for view in views:
        basis = f", on the basis of {view.instrument} {view.article}".rstrip() if view.instrument else ""
        found.append(f"Clause {view.id} ({view.provenance}) {_PARTS[view.part]}{basis}.")
    if decision.profiles:
        found.append(f"Profiles applied: {', '.join(decision.profiles)}.")
    found += [f"Duty {name}: {value} ({source})." for name, value, source in duties]
    return tuple(found)


_PARTS = {"covers": "covers it", "strikes": "forbids it", "nearest": "comes nearest to covering it"}
