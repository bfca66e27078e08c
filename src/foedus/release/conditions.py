"""The conditions of a release, one small function a family: each returns every failing condition, never the first only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from foedus.label.names import fold
from foedus.model import instant
from foedus.model.decision import Reason, Subject
from foedus.model.label import TLP_ORDER, Label
from foedus.release.duration import shift_us
from foedus.release.facets import AUDIENCE_TAGS, NO_LABEL, NO_LEVEL, NO_TLP, STRANGE_CAVEAT, Facets, audience_of
from foedus.release.policy import ORCON, UNKNOWN_LEVEL, UNKNOWN_TLP, MaskedRecipient, MaskedRule, Policy, mark_of

# A clock may run ahead by so much; a finding from further in the future has a wrong instant.
SKEW_US = 5 * 60 * 1_000_000


class Case(NamedTuple):
    """One subject before one recipient at one instant, with the label that holds then and its facets."""

    subject: Subject
    label: Label | None
    facets: Facets
    recipient: MaskedRecipient
    policy: Policy
    at_us: int
    purpose: str


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
    subject, facets, clause = case.subject, case.facets, rule.rule
    found: list[tuple[bool, str, str, str, str]] = [
        (not clause.unusable, "clause-incomplete", "clause", f"lacks {clause.unusable}", "a complete permit"),
        (subject.owner in rule.owners, "owner-not-in-clause", "owner", subject.owner, _any(clause.owners)),
        (rule.names_area(subject.area), "area-not-in-clause", "area", subject.area, _any(clause.areas)),
        (_in(subject.kind, rule.types), "type-not-in-clause", "kind", subject.kind, _any(clause.types)),
        (
            facets.level <= rule.level_max,
            "level-above-clause",
            "label.classification",
            level_text(case.policy, facets.level),
            f"at most {clause.level_max}",
        ),
        (
            facets.tlp <= rule.tlp_max,
            "tlp-above-clause",
            "label.tlp",
            tlp_text(facets.tlp),
            f"at most {clause.tlp_max}",
        ),
        (
            not (facets.cats | facets.caveats) & ~rule.allowed,
            "caveat-not-in-clause",
            "label.caveats",
            marks_text(case.policy, (facets.cats | facets.caveats) & ~rule.allowed),
            f"no caveat but {_any(clause.caveats)}",
        ),
        (_in(case.purpose, rule.purposes), "purpose-not-in-clause", "purpose", case.purpose, _any(clause.purposes)),
        (_valid(case, rule), "clause-not-valid", "at", instant.text(case.at_us), _span(rule)),
        (_young(case, rule), "too-old", "created", day_text(subject.created_us), f"at most {clause.max_age} old"),
        (_selected(case, rule), "content-not-in-clause", "contains", _any(subject.contains), _selection(rule)),
    ]
    return [
        Reason(code, where, actual, required, clause.id) for holds, code, where, actual, required in found if not holds
    ]


def strikes(case: Case, rule: MaskedRule) -> bool:
    """Say whether a forbid is about a subject, whatever may lift it."""
    subject, facets = case.subject, case.facets
    return (
        subject.owner in rule.owners
        and rule.names_area(subject.area)
        and _in(subject.kind, rule.types)
        and facets.level <= rule.level_max
        and facets.tlp <= rule.tlp_max
        and _in(case.purpose, rule.purposes)
        and _valid(case, rule)
        and _young(case, rule)
        and _selected(case, rule)
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
    """Return the day of an instant; days suffice for an explanation and let findings of one day share it."""
    return instant.text(us)[:10] if us >= 0 else "missing"


def _known(case: Case) -> Iterator[Reason]:
    subject, policy = case.subject, case.policy
    if subject.owner not in policy.recipients:
        yield Reason("owner-unknown", "owner", subject.owner, "a party of the programme")
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
        admitted = audience_of(label, case.subject.owner, case.policy) or frozenset()
        outside = set(party.recipient.states) - admitted
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
        yield Reason("created-in-future", "created", day_text(created), f"not after {instant.text(at + SKEW_US)}")
    if case.subject.labelled_us > at:
        actual = day_text(case.subject.labelled_us)
        yield Reason("labelled-later", "labelled", actual, "a policy not older than the label")


def _strange(label: Label, policy: Policy) -> str:
    values = [v for c in label.categories if c.type == "RESTRICTIVE" for v in c.values] + list(label.caveats)
    strange = [value for value in values if not mark_of(value, policy.marks)]
    strange += [c.tag_set for c in label.categories if c.type == "PERMISSIVE" and fold(c.tag_set) not in AUDIENCE_TAGS]
    return _any(tuple(strange))


def _in(value: str, known: frozenset[str] | None) -> bool:
    return known is None or value in known


def _valid(case: Case, rule: MaskedRule) -> bool:
    return rule.rule.start_us <= case.at_us < rule.rule.end_us


def _young(case: Case, rule: MaskedRule) -> bool:
    max_age = rule.rule.max_age
    return not max_age or case.subject.created_us >= shift_us(case.at_us, max_age, -1)


def _selected(case: Case, rule: MaskedRule) -> bool:
    """Say whether the content and caveats a clause asks for, if any, are there."""
    marked = not rule.rule.caveats_any or bool((case.facets.cats | case.facets.caveats) & rule.any_of)
    return marked and (not rule.contains or not rule.contains.isdisjoint(case.subject.contains))


def _selection(rule: MaskedRule) -> str:
    return f"one of {_any((*rule.rule.contains, *rule.rule.caveats_any))}"


def _span(rule: MaskedRule) -> str:
    return f"{day_text(rule.rule.start_us)} to before {day_text(rule.rule.end_us)}"


def _any(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "none"
