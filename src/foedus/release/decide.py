"""Decide on findings: pure, total, explainable; whatever is unknown or goes wrong withholds.

What a whole class of findings has in common (label, owner, area, kind, age) is decided once, with its explanation; then
each finding gets its decision from its class. Only what the ledger says about the single object (a recall, a
grant, an approval, a counter) is looked up one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from foedus.model import instant
from foedus.model.decision import Decision, Duties, Facts, Outcome, Reason, Subject
from foedus.model.duration import FOREVER_US, is_forever, shift_us, shortest
from foedus.model.label import Label
from foedus.release.conditions import SKEW_US, Case, mandatory, policy_reasons, strikes, struck, uncovered
from foedus.release.facets import Facets, seen
from foedus.release.index import Index
from foedus.release.onward import CLAUSE_ONLY, by_object, consents, fitting, handed_down, least, unfit
from foedus.release.policy import CONSENT, ORCON, PSEUDONYM_PROFILE, PSEUDONYMISED, MaskedRule, Policy

# What two persons of the node may lift in need; the consent of another party never is.
LIFTED = frozenset({"four-eyes-missing", "limit-reached"})

HELD = Reason("held-by-person", "approval", "held", "an approver's decision")


class Standing(msgspec.Struct, frozen=True):
    """What holds for every finding of one class before the ledger's facts.

    ``consent``, ``four_eyes`` and ``limits`` say which facts are asked for.
    """

    outcome: Outcome
    label_hash: str
    purpose: str
    clauses: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    duties: Duties | None = None
    profiles: tuple[str, ...] = ()
    nearest: str = ""
    expires_us: int | None = None
    consent: tuple[Reason, ...] = ()
    four_eyes: tuple[Reason, ...] = ()
    limits: tuple[tuple[str, int], ...] = ()


def decide(subject: Subject, party: str, policy: Policy, at: datetime, purpose: str, facts: Facts) -> Decision:
    """Decide whether one finding may go to one party at one instant for one purpose.

    Args:
        subject: the finding, without content.
        party: the recipient's id.
        policy: compiled for an instant whose memberships are those of ``at``.
        at: the instant of the decision.
        purpose: what the party asks it for; empty: the area's default purpose.
        facts: what the ledger says about the object and about earlier releases.

    Returns:
        Release, redact, hold or withhold, with every failing condition. Never raises.
    """
    return decide_many([subject], party, policy, at, purpose, facts)[0]


def decide_many(
    subjects: Iterable[Subject], party: str, policy: Policy, at: datetime, purpose: str, facts: Facts
) -> list[Decision]:
    """Decide on many findings for one party; equal to ``decide`` on each, with limits counted on within the run."""
    return decide_counted(subjects, party, policy, at, purpose, facts)[0]


def decide_counted(
    subjects: Iterable[Subject], party: str, policy: Policy, at: datetime, purpose: str, facts: Facts
) -> tuple[list[Decision], Mapping[str, int]]:
    """Decide on a batch, and return with its decisions the counters of limits for the batch after it."""
    run = _Run(party, policy, at, purpose, facts)
    return [run.decide(subject) for subject in subjects], run.counts


class _Run:
    """One run: classes already decided, releases counted so far."""

    def __init__(self, party: str, policy: Policy, at: datetime, purpose: str, facts: Facts) -> None:
        self.party, self.policy, self.at, self.purpose, self.facts = party, policy, at, purpose, facts
        self.counts = dict(facts.counts)
        self.grants = by_object(facts.grants)
        self.classes: dict[object, Standing] = {}
        # Labels are told apart by identity: this keeps them alive, so that no id is used twice.
        self.labels: list[object] = []
        self.facets: dict[tuple[int, str], tuple[Label | None, Facets, frozenset[str] | None]] = {}
        self.cuts = self._cuts()
        self.index = Index(policy.recipients[party]) if party in policy.recipients else None

    def decide(self, subject: Subject) -> Decision:
        try:
            age = bisect_right(self.cuts, subject.created_us)
            late = subject.labelled_us > self.at_us
            key = (id(subject.label), subject.owner, subject.area, subject.kind, subject.contains, age, late)
            found = self.classes.get(key)
            if found is None:
                self.labels.append(subject.label)
                found = self.classes[key] = self._decide_class(subject, age)
            if self.facts.received is not None and subject.owner != self.facts.sender:
                found = self._bound(found, subject)
            if self.facts.recalled and (subject.object_id, subject.version) in self.facts.recalled:
                found = _denied(found, (Reason("recalled", "object", "recalled", "not recalled"),))
            elif found.outcome != "withhold" and self._asks(found):
                found = self._with_facts(found, subject)
        # The one place that catches everything: XACML's "indeterminate" is a denial, never a way out.
        except Exception as error:  # noqa: BLE001
            reason = Reason("evaluator-error", "evaluator", type(error).__name__, "a decision without error")
            found = Standing("withhold", "", str(self.purpose), reasons=(reason,))
        policy = self.policy.ir
        return Decision(
            found.outcome,
            subject.object_id,
            subject.version,
            found.label_hash,
            self.party,
            self.at,
            found.purpose,
            policy.programme,
            policy.digest,
            self.policy.hash,
            found.clauses,
            found.reasons,
            found.duties,
            found.profiles,
            found.nearest,
            found.expires_us,
        )

    def _decide_class(self, subject: Subject, age: int) -> Standing:
        """Return what the mandatory part and the clauses say of a class, before any fact of the ledger."""
        policy = self.policy
        wanted = self.purpose or policy.areas.get(subject.area, "")
        label_hash = subject.label.hash() if subject.label else ""
        if self.index is None:
            unknown = Reason("party-unknown", "party", self.party, "a party of the programme")
            return Standing("withhold", label_hash, wanted, reasons=(*policy_reasons(policy, self.at_us), unknown))
        case = Case(subject, *self._seen(subject), policy.recipients[self.party], policy, self.at_us, wanted, age)
        found = _standing(case, self.index, label_hash)
        if self.facts.sender in ("", subject.owner):
            # Nobody passes on what is his own.
            consent = tuple(reason for reason in found.consent if reason.code != "onward-consent-missing")
            return msgspec.structs.replace(found, consent=consent)
        return found

    def _seen(self, subject: Subject) -> tuple[Label | None, Facets, frozenset[str] | None]:
        key = (id(subject.label), subject.owner)
        if key not in self.facets:
            self.facets[key] = seen(subject.label, subject.owner, self.policy, self.at)
        return self.facets[key]

    def _cuts(self) -> list[int]:
        """Return the instants at which age turns a decision: missing, too old for some clause, in the future."""
        try:
            self.at_us = instant.to_us(self.at)
            known = self.policy.recipients.get(self.party)
            rules = (*known.permits, *known.forbids) if known else ()
            ages = {rule.rule.max_age for rule in rules if rule.rule.max_age}
            return sorted({0, self.at_us + SKEW_US + 1, *(shift_us(self.at_us, age, -1) for age in ages)})
        except (TypeError, ValueError, AttributeError):
            self.at_us = -1
            return []

    def _bound(self, found: Standing, subject: Subject) -> Standing:
        """Bind what another party owns to the duties it came under."""
        assert self.facts.received is not None, "asked by the caller"
        if found.duties is None:
            return found
        bounds = self.facts.received.get((subject.object_id, subject.version, subject.owner), ())
        reason = unfit(bounds, found.purpose, self.at_us)
        if reason is not None:
            return _denied(found, (reason,))
        bound = fitting(bounds, found.purpose, self.at_us)
        consent = found.consent
        if bound.onward != CLAUSE_ONLY and not consent:
            needed = f"a grant of {subject.owner}"
            consent = (Reason("onward-consent-missing", "owner", subject.owner, needed),)
        ends = min((end for end in (found.expires_us, bound.until_us) if end is not None), default=None)
        duties = handed_down(found.duties, bound)
        return msgspec.structs.replace(found, duties=duties, expires_us=ends, consent=consent)

    def _asks(self, found: Standing) -> bool:
        """Say whether what the ledger says of the single object bears on a class."""
        return bool(found.consent or found.four_eyes or found.limits or self.facts.held)

    def _with_facts(self, found: Standing, subject: Subject) -> Standing:
        facts, version = self.facts, (subject.object_id, subject.version)
        by_two = version in facts.approved
        by_one = by_two or version in facts.cleared
        named = {*found.clauses, *(reason.clause for reason in found.consent)}
        grants = [
            grant.until_us
            for grant in self.grants.get(subject.object_id, ())
            if consents(grant, subject, self.party, found.purpose, named, self.at_us)
        ]
        missing = () if grants else found.consent
        if not by_two:
            missing += found.four_eyes
        if not by_one and not facts.held.isdisjoint((version, (subject.object_id, ""))):
            missing += (HELD,)
        limits = () if version in facts.sent else found.limits
        for clause, count in limits:
            if self.counts.get(clause, 0) >= count and not by_one:
                missing += (
                    Reason("limit-reached", "count", str(count), "a person's decision, or a later window", clause),
                )
        until_us = facts.lifted.get((subject.object_id, subject.version), 0)
        if missing and self.at_us < until_us and all(reason.code in LIFTED for reason in missing):
            ends = min(until_us, until_us if found.expires_us is None else found.expires_us)
            missing, found = (), msgspec.structs.replace(found, expires_us=ends)
        if missing:
            return msgspec.structs.replace(found, outcome="hold", reasons=missing)
        for clause, _ in limits:
            self.counts[clause] = self.counts.get(clause, 0) + 1
        if found.consent:
            ends = min(max(grants), FOREVER_US if found.expires_us is None else found.expires_us)
            return msgspec.structs.replace(found, expires_us=None if is_forever(ends) else ends)
        return found


def _standing(case: Case, index: Index, label_hash: str) -> Standing:
    covering, nearest = index.covering(case)
    reasons = mandatory(case)
    hits = [rule for rule in case.recipient.forbids if strikes(case, rule) and not _lifted(rule, covering)]
    reasons += [struck(case, rule) for rule in hits]
    if nearest:
        reasons += uncovered(case, nearest)
    elif not covering:
        reasons.append(Reason("no-clause", "clauses", "none", f"a permit to {case.recipient.recipient.id}"))
    if not reasons:
        return _allowed(case, covering, label_hash)
    return Standing(
        "withhold",
        label_hash,
        case.purpose,
        clauses=tuple(rule.rule.id for rule in hits),
        reasons=tuple(reasons),
        nearest=nearest.rule.id if nearest else "",
    )


def strictest(rules: list[MaskedRule], policy: Policy, at_us: int) -> Duties:
    """Return the duties of several covering permits: of each kind the strictest."""
    clauses = [rule.rule for rule in rules]
    ir = policy.ir
    shared = frozenset.intersection(*(frozenset(clause.purposes) for clause in clauses))
    return Duties(
        action=least(clause.action for clause in clauses),
        attribute=ir.attribute,
        encrypt_in_transit=ir.encrypt_in_transit,
        onward=ir.onward,
        notify_recall_within=ir.notify_recall_within,
        delete_after=shortest(tuple(clause.delete_after for clause in clauses), at_us),
        review_every=shortest(tuple(clause.review_every for clause in clauses), at_us),
        purposes=tuple(purpose for purpose in clauses[0].purposes if purpose in shared),
    )


def _denied(found: Standing, reasons: tuple[Reason, ...]) -> Standing:
    return Standing("withhold", found.label_hash, found.purpose, reasons=found.reasons + reasons, nearest=found.nearest)


def _lifted(rule: MaskedRule, covering: list[MaskedRule]) -> bool:
    """Say whether a striking forbid is lifted before the facts: consent is asked for later, a profile is there or not."""
    if rule.rule.unless == CONSENT:
        return True
    return rule.rule.unless == PSEUDONYMISED and any(PSEUDONYM_PROFILE in permit.rule.profiles for permit in covering)


def _allowed(case: Case, covering: list[MaskedRule], label_hash: str) -> Standing:
    policy, at_us = case.policy, case.at_us
    profiles = tuple(dict.fromkeys(profile for rule in covering for profile in rule.rule.profiles))
    duties = strictest(covering, policy, at_us)
    ends = [max(rule.rule.end_us for rule in covering)]
    if duties.delete_after:
        ends.append(shift_us(at_us, duties.delete_after))
    return Standing(
        outcome="redact" if profiles else "release",
        label_hash=label_hash,
        purpose=case.purpose,
        clauses=tuple(rule.rule.id for rule in covering),
        duties=duties,
        profiles=profiles,
        expires_us=None if is_forever(min(ends)) else min(ends),
        consent=_consent(case, covering),
        four_eyes=tuple(
            Reason("four-eyes-missing", "approval", "none", "two persons in two roles", rule.rule.id)
            for rule in covering
            if _by_level(rule.rule.four_eyes, case)
        ),
        limits=tuple(
            (rule.rule.id, rule.rule.limit.count)
            for rule in covering
            if rule.rule.limit and _by_level(rule.rule.limit.level or "always", case)
        ),
    )


def _by_level(wanted: str, case: Case) -> bool:
    """Say whether a demand that holds "always" or from a level on is made here; one nobody knows is made."""
    if not wanted or wanted == "always":
        return bool(wanted)
    return wanted not in case.policy.ir.order or case.facets.level >= case.policy.level(wanted)


def _consent(case: Case, covering: list[MaskedRule]) -> tuple[Reason, ...]:
    """Return what only the originator can give: for ORCON always, for a forbid it lifts, and for passing on."""
    needed = f"a grant of {case.subject.owner}"
    marks = (case.facets.cats | case.facets.caveats) & case.policy.marks[ORCON]
    found = [
        Reason("consent-missing", struck(case, rule).field, struck(case, rule).actual, needed, rule.rule.id)
        for rule in case.recipient.forbids
        if rule.rule.unless == CONSENT and strikes(case, rule)
    ]
    if marks and not found:
        found.append(Reason("consent-missing", "label.caveats", ORCON, needed))
    if case.policy.ir.onward == CONSENT and covering:
        found.append(Reason("onward-consent-missing", "owner", case.subject.owner, needed))
    return tuple(found)
