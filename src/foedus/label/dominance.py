"""Order between labels, and the dominant label of several.

Source: ADatP-4774.1 section 4.4, rules 1 to 9; TLP, caveats, dates and originators are joined as docs/label.md says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from foedus.errors import LabelUnknown
from foedus.label import nato, tlp
from foedus.label.audience import Expand, audience, reach
from foedus.label.ladder import Ladder, is_open
from foedus.label.names import fold
from foedus.label.spif import Policy
from foedus.label.validity import validate
from foedus.model.label import Category, CategoryType, Label, Succession

_CACHE_LIMIT = 4096
_HINT = "a person decides the label; until then treat it as system-high"


@dataclass(frozen=True)
class Terms:
    """What labels are compared under.

    Attributes:
        expand: the members of a party, group, state or activity on the day; empty for a name nobody knows.
        ladder: the programme's common ladder; without it policies stay incomparable and only known orders hold.
        policies: confidentiality policies (SPIF) by name, for their order, equivalents and validity rules.
        target: the policy in which labels of several policies are joined: the own party's.
        day: for validity windows of policies; None leaves them out.
    """

    expand: Expand
    ladder: Ladder | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)
    target: str = ""
    day: date | None = None

    def policy(self, name: str) -> Policy | None:
        """Return the confidentiality policy of a name, in any case."""
        return next((policy for key, policy in self.policies.items() if fold(key) == fold(name)), None)


def hierarchy(label: Label, terms: Terms) -> int | None:
    """Return how high a classification stands in its own policy; None where nothing says it.

    The policy itself says it first, then the NATO order, then the common ladder.
    """
    policy = terms.policy(label.policy)
    if policy is not None:
        level = policy.level(label.classification)
        return None if level is None else level.hierarchy
    if nato.is_nato(label):
        levels = [fold(level) for level in nato.LEVELS]
        name = fold(label.classification)
        return levels.index(name) if name in levels else None
    return None if terms.ladder is None else terms.ladder.level_anywhere(label)


def leq(a: Label, b: Label, terms: Terms) -> bool:
    """Return whether ``b`` is at least as strict as ``a`` in everything; labels of unmapped policies are incomparable."""
    if tlp.rank(a.tlp) > tlp.rank(b.tlp) or not set(a.caveats) <= set(b.caveats):
        return False
    if not _values(a, "RESTRICTIVE") <= _values(b, "RESTRICTIVE"):
        return False
    if is_open(a):
        return True
    if not _of_policy(a, nato.POLICY if nato.is_nato(b) else b.policy):
        try:
            a = translate(a, b.policy, terms)
        except LabelUnknown:
            return False
    if fold(a.classification) != fold(b.classification):
        low, high = hierarchy(a, terms), hierarchy(b, terms)
        if low is None or high is None or low >= high:
            return False
    return _within(audience(b, terms.expand), audience(a, terms.expand))


def _values(label: Label, kind: CategoryType) -> set[tuple[str, str]]:
    return {(fold(c.tag_set), fold(value)) for c in label.categories if c.type == kind for value in c.values}


def _within(inner: frozenset[str] | None, outer: frozenset[str] | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def join(labels: Sequence[Label], terms: Terms) -> Label:
    """Return the dominant label of several: nobody sees more of the whole than of each part.

    Raises:
        LabelUnknown: no label at all, or a policy decision is required (code ``policy-decision``): policies that nothing
            maps, a level nobody knows, a label that the policy forbids, or an Only whose loss would widen the audience.

    >>> terms = Terms(expand=lambda name: frozenset({name}))
    >>> join([nato.label("SECRET", to=("JPN",)), nato.label("RESTRICTED", to=("JPN", "CHE"))], terms).classification
    'SECRET'
    """
    distinct = list(dict.fromkeys(labels))
    if not distinct:
        raise LabelUnknown("there is no label", hint="give the source a label")
    if len(distinct) == 1:
        return distinct[0]
    closed = [label for label in distinct if not is_open(label)]
    opened = [label for label in distinct if is_open(label)] if closed else []
    policy = _one_policy(closed or distinct, terms)
    inside = [label if _of_policy(label, policy) else translate(label, policy, terms) for label in closed or distinct]
    joined = Label(
        policy=policy,
        classification=_highest(inside, terms),
        categories=_categories(inside, opened),
        tlp=tlp.strictest(*(label.tlp for label in distinct)),
        caveats=tuple(sorted({caveat for label in distinct for caveat in label.caveats})),
        created_at=max((label.created_at for label in distinct if label.created_at), default=None),
        review_at=min((label.review_at for label in distinct if label.review_at), default=None),
        successions=_shared_successions(distinct),
    )
    joined = _fit(_with_originators(joined, distinct), terms)
    _refuse_wider(joined, distinct, terms)
    return joined


class Joins:
    """Joins labels under one set of terms; many findings rest on few sources, so each set of labels is joined once.

    >>> Joins(Terms(expand=lambda name: frozenset({name})))([Label("PUBLIC", "UNMARKED")]).policy
    'PUBLIC'
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._joined: dict[frozenset[Label], Label] = {}

    def __call__(self, labels: Iterable[Label]) -> Label:
        """Return what ``join`` returns, and raise what it raises."""
        key = frozenset(labels)
        label = self._joined.get(key)
        if label is None:
            if len(self._joined) >= _CACHE_LIMIT:
                self._joined.clear()
            label = self._joined[key] = join(tuple(key), self._terms)
        return label


def _of_policy(label: Label, policy: str) -> bool:
    return fold(label.policy) == fold(policy) or (fold(policy) == "nato" and nato.is_nato(label))


def _one_policy(labels: Sequence[Label], terms: Terms) -> str:
    policies = {"nato" if nato.is_nato(label) else fold(label.policy): label.policy for label in labels}
    if len(policies) == 1:
        return nato.POLICY if "nato" in policies else min(label.policy for label in labels)
    if not terms.target:
        raise _decision("labels of several policies: " + ", ".join(sorted(policies.values())))
    return terms.target


def _highest(labels: Sequence[Label], terms: Terms) -> str:
    names = {fold(label.classification): label.classification for label in labels}
    if len(names) == 1:
        return min(label.classification for label in labels)
    ranked = []
    for label in labels:
        rank = hierarchy(label, terms)
        if rank is None:
            raise _decision(f"{label.policy} has no known place for {label.classification}")
        ranked.append((rank, fold(label.classification), label.classification))
    top = max(rank for rank, _, _ in ranked)
    highest = [(name, written) for rank, name, written in ranked if rank == top]
    if len({name for name, _ in highest}) > 1:
        raise _decision("different classifications stand equally high: " + ", ".join(sorted(w for _, w in highest)))
    return min(written for _, written in highest)


def _categories(labels: Sequence[Label], opened: Sequence[Label]) -> tuple[Category, ...]:
    """Unite what restricts and what informs, intersect what permits; an open label permits everything."""
    keys = {(fold(c.tag_set), c.type): c.tag_set for label in (*labels, *opened) for c in label.categories}
    joined = []
    for (folded, kind), tag_set in sorted(keys.items()):
        held = [_of(label, folded, kind) for label in labels]
        spelled: dict[str, str] = {}
        for values in (*held, *(_of(label, folded, kind) for label in opened if kind != "PERMISSIVE")):
            for name, value in values.items():
                spelled[name] = min(value, spelled.get(name, value))
        chosen = set(spelled)
        if kind == "PERMISSIVE":
            chosen = set.intersection(*(set(values) for values in held))
        if chosen:
            joined.append(Category(tag_set, kind, tuple(spelled[name] for name in sorted(chosen))))
    return tuple(joined)


def _of(label: Label, tag_set: str, kind: CategoryType) -> dict[str, str]:
    return {
        fold(value): value
        for category in label.categories
        if fold(category.tag_set) == tag_set and category.type == kind
        for value in category.values
    }


def _shared_successions(labels: Sequence[Label]) -> tuple[Succession, ...]:
    first = labels[0].successions
    return first if all(label.successions == first for label in labels) else ()


def _with_originators(joined: Label, labels: Sequence[Label]) -> Label:
    owners = tuple(sorted({owner for label in labels for owner in label.owners()}))
    first = owners[0] if owners else ""
    return msgspec.structs.replace(joined, originator=first, originators=owners if len(owners) > 1 else ())


def _fit(joined: Label, terms: Terms) -> Label:
    """Drop what has lost its meaning in the join, then ask the policy whether such a label may be."""
    if nato.is_nato(joined):
        joined = _fit_nato(joined)
    policy = terms.policy(joined.policy)
    if policy is not None:
        problems = validate(joined, policy, day=terms.day)
        if problems:
            raise _decision(f"{policy.name} forbids the joined label: {problems[0].where}: {problems[0].message}")
    return joined


def _fit_nato(joined: Label) -> Label:
    own = {fold(value) for value in nato.contexts(joined)}
    to = nato.permissive(joined, nato.RELEASABLE_TO)
    opened = bool(own) and len(to) > 1 and any(fold(value) == "releasable" for value in joined.values(nato.CONTEXT))
    kept = []
    for category in joined.categories:
        name = fold(category.tag_set)
        if name == "administrative" and fold(joined.classification) != "unclassified":
            continue
        if name == "releasable to" and not opened:
            continue
        values = category.values
        if name == "context":
            values = tuple(value for value in values if opened or fold(value) != "releasable")
        if values:
            # The context stands first, as people write it.
            kept.append(
                Category(category.tag_set, category.type, tuple(sorted(values, key=lambda v: fold(v) not in own)))
            )
    return msgspec.structs.replace(joined, categories=tuple(kept))


def _refuse_wider(joined: Label, labels: Sequence[Label], terms: Terms) -> None:
    reached = audience(joined, terms.expand)
    for label in labels:
        if not _within(reached, audience(label, terms.expand)):
            raise _decision(f"no {joined.policy} label is as narrow as all of them together")
        for succession in label.successions:
            # One that raises the label may not get lost; one that lowers it may.
            if succession not in joined.successions and not leq(succession.label, joined, terms):
                raise _decision(
                    f"a later label of {label.policy} {label.classification} is stricter than the joined one"
                )


def translate(label: Label, policy: str, terms: Terms) -> Label:
    """Return a label's equivalent in another policy, never lower and never for more states.

    First the originator's own alternative, then an equivalent the policy itself lists, then the programme's ladder.

    Raises:
        LabelUnknown: there is none (code ``policy-decision``).
    """
    if is_open(label):
        raise _decision(f"PUBLIC has no equivalent in {policy}")
    for alternative in label.alternatives:
        if fold(alternative.policy) == fold(policy):
            found = msgspec.structs.replace(
                alternative, tlp=tlp.strictest(label.tlp, alternative.tlp), caveats=_united(label, alternative)
            )
            return _no_wider(found, label, terms)
    classification = _listed(label, policy, terms) or _on_ladder(label, policy, terms)
    if classification is None:
        raise _decision(f"{label.policy} {label.classification} has no equivalent in {policy}")
    kept = tuple(c for c in label.categories if c.type != "PERMISSIVE" and fold(c.tag_set) != "administrative")
    core, wider = reach(label)
    bare = msgspec.structs.replace(label, policy=policy, classification=classification, categories=(), alternatives=())
    names = tuple(dict.fromkeys((*core, *wider)))
    to = tuple(name for name in names if fold(name) != fold(policy))
    if nato.is_nato(bare):
        permissive = nato.label(classification, to=to).categories
    else:
        permissive = (Category(nato.RELEASABLE_TO, "PERMISSIVE", to),) if to else ()
    return _no_wider(msgspec.structs.replace(bare, categories=(*kept, *permissive), successions=()), label, terms)


def _united(a: Label, b: Label) -> tuple[str, ...]:
    return tuple(sorted({*a.caveats, *b.caveats}))


def _no_wider(found: Label, label: Label, terms: Terms) -> Label:
    if not _within(audience(found, terms.expand), audience(label, terms.expand)):
        raise _decision(f"{label.policy} {label.classification} is for fewer than any {found.policy} label")
    return found


def _listed(label: Label, policy: str, terms: Terms) -> str | None:
    """Return the equivalent the policy lists for a level of the foreign one, highest first where it lists several."""
    ours, theirs = terms.policy(policy), terms.policy(label.policy)
    level = None if theirs is None else theirs.level(label.classification)
    if ours is None or level is None:
        return None
    fitting = [
        own
        for own in ours.levels
        for other in own.equivalents
        if fold(other.policy) == fold(label.policy) and other.lacv == level.lacv and other.applied != "encrypt"
    ]
    return max(fitting, key=lambda own: own.hierarchy).name if fitting else None


def _on_ladder(label: Label, policy: str, terms: Terms) -> str | None:
    if terms.ladder is None:
        return None
    rung = terms.ladder.level_anywhere(label)
    return None if rung is None else terms.ladder.equivalent(rung, policy)


def _decision(reason: str) -> LabelUnknown:
    return LabelUnknown(f"policy decision required: {reason}", code="policy-decision", hint=_HINT)
