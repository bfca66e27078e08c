"""The conditions of a release, one small function a family: each returns every failing condition, never the first only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from foedus.label.names import fold
from foedus.model import instant
from foedus.model.decision import Reason, Subject
from foedus.model.duration import shift_us
from foedus.model.label import TLP_ORDER, Label
from foedus.release.facets import AUDIENCE_TAGS, NO_LABEL, NO_LEVEL, NO_TLP, STRANGE_CAVEAT, Facets
from foedus.release.policy import ORCON, UNKNOWN_LEVEL, UNKNOWN_TLP, MaskedRecipient, MaskedRule, Policy, mark_of

# A clock may run ahead by so much; a finding from further in the future has a wrong instant.
SKEW_US = 5 * 60 * 1_000_000

# Whether it holds, code, field, what was found, what would be needed.
_Check = tuple[bool, str, str, str, str]


class Case(NamedTuple):
    """One subject before one recipient at one instant, with the label that holds then, its facets and audience.

    ``age`` stands for the ages that no rule of the recipient tells apart.
    """

    subject: Subject
    label: Label | None
    facets: Facets
    admitted: frozenset[str] | None
    recipient: MaskedRecipient
    policy: Policy
    at_us: int
    purpose: str
    age: int = 0


def policy_reasons(policy: Policy, at_us: int) -> Iterator[Reason]:
    """Yield why a policy lets nothing go at an instant."""
    if policy.ir.not_in_force:
        yield Reason("programme-not-in-force", "programme", policy.ir.not_in_force, "in force")
    if not policy.valid_from_us <= at_us < policy.valid_until_us:
        required = f"compiled for {instant.text(at_us)}"
        yield Reason(
            "policy-stale", "policy", f"from {policy.valid_from_us} until {policy.valid_until_us} us", required
        )


def mandatory(case: Case) -> list[Reason]:
    """Return every failing condition of the mandatory part, which no clause can lift."""
    return [
        *policy_reasons(case.policy, case.at_us),
        *_known(case),
        *_label(case),
        *_instants(case),
    ]


def uncovered(case: Case, rule: MaskedRule) -> list[Reason]:
    """Return every condition by which a permit fails to cover a subject; empty when it covers."""
    return [
        Reason(code, where, actual, required, rule.rule.id)
        for holds, code, where, actual, required in (*_scope(case, rule), *_handling(case, rule))
        if not holds
    ]


def _scope(case: Case, rule: MaskedRule) -> tuple[_Check, ...]:
    """Return what a permit asks of a subject and of the request."""
    subject, clause = case.subject, rule.rule
    valid = in_validity(case, rule)
    # Instants are dear to write and seldom needed.
    span = ("", "") if valid else (instant.text(case.at_us), _span(rule))
    purposes = _any(clause.purposes)
    return (
        (not clause.unusable, "clause-incomplete", "clause", f"lacks {clause.unusable}", "a complete permit"),
        (subject.owner in rule.owners, "owner-not-in-clause", "owner", subject.owner, _any(clause.owners)),
        (rule.names_area(subject.area), "area-not-in-clause", "area", subject.area, _any(clause.areas)),
        (is_known(subject.kind, rule.types), "type-not-in-clause", "kind", subject.kind, _any(clause.types)),
        (is_known(case.purpose, rule.purposes), "purpose-not-in-clause", "purpose", case.purpose, purposes),
        (valid, "clause-not-valid", "at", *span),
        (is_young(case, rule), "too-old", "created", "older", f"at most {clause.max_age} old"),
        (is_selected(case, rule), "content-not-in-clause", "contains", _any(subject.contains), _selection(rule)),
    )


def _handling(case: Case, rule: MaskedRule) -> tuple[_Check, ...]:
    """Return what a permit asks of a label."""
    facets, policy = case.facets, case.policy
    level, tlp = f"at most {rule.rule.level_max}", f"at most {rule.rule.tlp_max}"
    beyond = (facets.cats | facets.caveats) & ~rule.allowed
    accepted = f"no caveat but {_any(rule.rule.caveats)}"
    classification = level_text(policy, facets.level)
    return (
        (facets.level <= rule.level_max, "level-above-clause", "label.classification", classification, level),
        (facets.tlp <= rule.tlp_max, "tlp-above-clause", "label.tlp", tlp_text(facets.tlp), tlp),
        (not beyond, "caveat-not-in-clause", "label.caveats", marks_text(policy, beyond), accepted),
    )


def strikes(case: Case, rule: MaskedRule) -> bool:
    """Say whether a forbid is about a subject, whatever may lift it."""
    subject, facets = case.subject, case.facets
    return (
        subject.owner in rule.owners
        and rule.names_area(subject.area)
        and is_known(subject.kind, rule.types)
        and facets.level <= rule.level_max
        and facets.tlp <= rule.tlp_max
        and is_known(case.purpose, rule.purposes)
        and in_validity(case, rule)
        and is_young(case, rule)
        and is_selected(case, rule)
    )


def struck(case: Case, rule: MaskedRule) -> Reason:
    """Return the condition a striking forbid breaks: what it is about, and what would lift it."""
    marks = (case.facets.cats | case.facets.caveats) & rule.any_of
    content = tuple(c for c in case.subject.contains if c in rule.contains)
    where = "label.caveats" if marks else "contains" if content else "clause"
    actual = marks_text(case.policy, marks) if marks else _any(content) if content else rule.rule.id
    required = "absent, or " + rule.rule.unless if rule.rule.unless else "absent"
    return Reason("forbidden", where, actual, required, rule.rule.id)


def level_text(policy: Policy, level: int) -> str:
    """Return the name of a rank on the common ladder."""
    return policy.ir.order[level] if 0 <= level < len(policy.ir.order) else "none"


def tlp_text(tlp: int) -> str:
    """Return the name of a TLP rank."""
    return TLP_ORDER[tlp] if 0 <= tlp < len(TLP_ORDER) else "none"


def marks_text(policy: Policy, mask: int) -> str:
    """Return the names of the restrictive values in a mask."""
    return _any(tuple(name for name, bit in policy.marks.items() if bit & mask))


def day_text(us: int) -> str:
    """Return the day of an instant."""
    return instant.text(us)[:10]


def _known(case: Case) -> Iterator[Reason]:
    subject, policy = case.subject, case.policy
    if subject.owner not in policy.recipients:
        yield Reason("owner-unknown", "owner", subject.owner, "a party of the programme")
    elif subject.owner == case.recipient.recipient.id:
        # What a party gave is not given back to it, and no clause is needed for it to keep its own.
        yield Reason("recipient-is-originator", "owner", subject.owner, "another party's finding")
    if subject.area not in policy.areas:
        yield Reason("area-unknown", "area", subject.area, "an area of the programme")
    if subject.kind not in policy.types:
        yield Reason("type-unknown", "kind", subject.kind, "a type that some clause names")
    if case.purpose not in policy.purposes:
        yield Reason("purpose-unknown", "purpose", case.purpose, "a purpose that some clause names")


def _label(case: Case) -> Iterator[Reason]:
    label, facets, party = case.label, case.facets, case.recipient
    if label is None or facets.unknown & NO_LABEL:
        yield Reason("label-missing", "label", "none", "a label given by a person")
        return
    yield from _ceilings(case, label)
    if facets.unknown & ~(NO_LEVEL | NO_TLP):
        code = "caveat-unknown" if facets.unknown & STRANGE_CAVEAT else "category-unknown"
        yield Reason(code, "label.caveats", _strange(label, case.policy), "values that the programme names")
    for code, where, mask in (
        ("category-not-accepted", "label.categories", facets.cats),
        ("caveat-not-accepted", "label.caveats", facets.caveats),
    ):
        beyond = mask & ~(party.marks | case.policy.marks[ORCON])
        if beyond:
            yield Reason(code, where, marks_text(case.policy, beyond), f"accepted for {party.recipient.id}")
    if not facets.audience & party.bit:
        outside = set(party.recipient.states) - (case.admitted or frozenset())
        missing = _any(tuple(sorted(outside))) if party.recipient.states else "no state on that day"
        yield Reason("not-in-audience", "label.audience", f"without {missing}", f"every state of {party.recipient.id}")


def _ceilings(case: Case, label: Label) -> Iterator[Reason]:
    facets, party, policy = case.facets, case.recipient, case.policy
    ceiling = f"at most {party.recipient.clearance}"
    if facets.level == UNKNOWN_LEVEL:
        actual = f"{label.policy} {label.classification}"
        yield Reason("level-unknown", "label.classification", actual, "a level of the classification map")
    elif facets.level > party.clearance:
        yield Reason("level-above-clearance", "label.classification", level_text(policy, facets.level), ceiling)
    if facets.tlp == UNKNOWN_TLP:
        yield Reason("tlp-missing", "label.tlp", "none", "a TLP given by a person")
    elif facets.tlp > party.tlp_max:
        yield Reason("tlp-above-party", "label.tlp", tlp_text(facets.tlp), f"at most {party.recipient.tlp_max}")


def _instants(case: Case) -> Iterator[Reason]:
    created, at = case.subject.created_us, case.at_us
    if created < 0:
        yield Reason("created-missing", "created", "none", "an instant")
    elif created > at + SKEW_US:
        yield Reason("created-in-future", "created", "later", f"not after {instant.text(at + SKEW_US)}")
    if case.subject.labelled_us > at:
        yield Reason("labelled-later", "labelled", "later", "a policy not older than the label")


def _strange(label: Label, policy: Policy) -> str:
    values = [v for c in label.categories if c.type == "RESTRICTIVE" for v in c.values] + list(label.caveats)
    strange = [value for value in values if not mark_of(value, policy.marks)]
    strange += [c.tag_set for c in label.categories if c.type == "PERMISSIVE" and fold(c.tag_set) not in AUDIENCE_TAGS]
    return _any(tuple(strange))


def is_known(value: str, known: frozenset[str] | None) -> bool:
    """Say whether a value is among those a rule names; a rule that names none does not ask."""
    return known is None or value in known


def in_validity(case: Case, rule: MaskedRule) -> bool:
    """Say whether a rule is valid at the instant: its start counts, its end does not."""
    return rule.rule.start_us <= case.at_us < rule.rule.end_us


def is_young(case: Case, rule: MaskedRule) -> bool:
    """Say whether a subject is no older than a rule allows."""
    max_age = rule.rule.max_age
    return not max_age or case.subject.created_us >= shift_us(case.at_us, max_age, -1)


def is_selected(case: Case, rule: MaskedRule) -> bool:
    """Say whether the content and caveats a clause asks for, if any, are there."""
    marked = not rule.rule.caveats_any or bool((case.facets.cats | case.facets.caveats) & rule.any_of)
    return marked and (not rule.contains or not rule.contains.isdisjoint(case.subject.contains))


def _selection(rule: MaskedRule) -> str:
    return f"one of {_any((*rule.rule.contains, *rule.rule.caveats_any))}"


def _span(rule: MaskedRule) -> str:
    return f"{day_text(rule.rule.start_us)} to before {day_text(rule.rule.end_us)}"


def _any(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "none"
