"""Impact: the same findings decided under two policies, and what differs; pure, so that it can be asked before anybody signs.

An object that supports others goes only with its head, so its verdict is never better than its head's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from foedus.model.decision import Decision, Facts, Outcome, Reason, Subject
from foedus.release.decide import decide_counted
from foedus.release.policy import Policy

Way = Literal["loosening", "tightening", "different", "unchanged"]

HEIGHT: Mapping[Outcome, int] = {"withhold": 0, "hold": 1, "redact": 2, "release": 3}
"""How much of a finding goes: what is held may go once a person says so, which is more than nothing."""

GOES = frozenset({"release", "redact"})


class Side(msgspec.Struct, frozen=True):
    """One of the two policies, with what the ledger says under it; ``serves`` False: it has no such area for these findings."""

    policy: Policy
    facts: Facts
    serves: bool = True


class Item(NamedTuple):
    """An object to decide on, and the place in its batch of the finding that it belongs to (its own, if it is one)."""

    subject: Subject
    head: int


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What becomes of one object under the old and under the new policy.

    ``differs`` names what is not the same though the outcome is: profiles, clauses, duties, until, purpose.
    """

    way: Way
    before: Decision
    after: Decision
    differs: tuple[str, ...] = ()

    @property
    def shows_more(self) -> bool:
        """Whether it goes redacted both times, and a profile that hid something no longer applies."""
        return self.way == "different" and not set(self.before.profiles) <= set(self.after.profiles)


class Compared(NamedTuple):
    """The verdicts of a batch in its order, and the counters of both sides for the batch after it."""

    verdicts: list[Verdict]
    counts: tuple[Mapping[str, int], Mapping[str, int]]


def compare(items: Sequence[Item], party: str, old: Side, new: Side, at: datetime) -> Compared:
    """Decide on a batch for one party under both policies, and compare object by object.

    Args:
        items: heads and their supports, in the order in which limits are used up.
        party: the recipient's id; a policy that does not know it lets nothing go.
        old: what holds now.
        new: what would hold.
        at: the instant of both decisions; both policies are compiled for it.

    Returns:
        One verdict an item.
    """
    before, old_counts = _decided(items, party, old, at)
    after, new_counts = _decided(items, party, new, at)
    return Compared([verdict(a, b) for a, b in zip(before, after, strict=True)], (old_counts, new_counts))


def verdict(before: Decision, after: Decision) -> Verdict:
    """Compare two decisions about one object.

    What goes neither time is unchanged, whatever withholds it.
    """
    step = HEIGHT[after.outcome] - HEIGHT[before.outcome]
    if step:
        return Verdict("loosening" if step > 0 else "tightening", before, after)
    if before.outcome == "withhold":
        return Verdict("unchanged", before, after)
    differs = tuple(name for name, same in _sameness(before, after) if not same)
    return Verdict("different" if differs else "unchanged", before, after, differs)


def _sameness(before: Decision, after: Decision) -> Iterable[tuple[str, bool]]:
    # Order says nothing: profiles are applied together, clauses hold together.
    yield "profiles", set(before.profiles) == set(after.profiles)
    yield "clauses", set(before.clauses) == set(after.clauses)
    yield "duties", before.duties == after.duties
    yield "until", before.expires_us == after.expires_us
    yield "purpose", before.purpose == after.purpose


class Tally:
    """Counts of verdicts: outcome to outcome, and what differs where the outcome stays."""

    def __init__(self) -> None:
        self.of: Counter[tuple[Way, Outcome, Outcome]] = Counter()
        self.differs: Counter[str] = Counter()
        self.shows_more = 0

    def add(self, one: Verdict) -> None:
        """Count a verdict."""
        self.of[one.way, one.before.outcome, one.after.outcome] += 1
        self.differs.update(one.differs)
        self.shows_more += one.shows_more

    def count(self, way: Way) -> int:
        """Return how many verdicts go one way."""
        return sum(count for (found, *_), count in self.of.items() if found == way)

    def steps(self, way: Way) -> list[tuple[Outcome, Outcome, int]]:
        """Return (before, after, how many) of one way, the largest step first, what goes whole before what goes in part."""
        found = [(before, after, count) for (its, before, after), count in self.of.items() if its == way]
        return sorted(found, key=lambda one: (-abs(HEIGHT[one[1]] - HEIGHT[one[0]]), -HEIGHT[one[1]], -HEIGHT[one[0]]))

    def outcomes(self) -> list[tuple[Outcome, Outcome, int]]:
        """Return (before, after, how many) over all ways, unchanged ones too: together every object once."""
        both: Counter[tuple[Outcome, Outcome]] = Counter()
        for (_, before, after), count in self.of.items():
            both[before, after] += count
        return [(a, b, both[a, b]) for a in HEIGHT for b in HEIGHT if (a, b) in both]


def _decided(items: Sequence[Item], party: str, side: Side, at: datetime) -> tuple[list[Decision], Mapping[str, int]]:
    if not side.serves:
        return [_unserved(item.subject, party, side.policy, at) for item in items], side.facts.counts
    own, counts = decide_counted([item.subject for item in items], party, side.policy, at, "", side.facts)
    return [_with_head(one, own[item.head]) for one, item in zip(own, items, strict=True)], counts


def _unserved(subject: Subject, party: str, policy: Policy, at: datetime) -> Decision:
    reason = Reason("area-not-served", "area", subject.area, "an area of the programme that a room here serves")
    ir = policy.ir
    known = (subject.label.hash() if subject.label else "", party, at, "", ir.programme, ir.digest, policy.hash)
    return Decision("withhold", subject.object_id, subject.version, *known, reasons=(reason,))


def _with_head(own: Decision, head: Decision) -> Decision:
    """Return a support's decision: its own, or its head's where the head goes not and that is less."""
    if head.outcome in GOES or HEIGHT[own.outcome] <= HEIGHT[head.outcome]:
        return own
    return msgspec.structs.replace(
        own,
        outcome=head.outcome,
        clauses=head.clauses,
        reasons=head.reasons,
        duties=head.duties,
        profiles=head.profiles,
        nearest=head.nearest,
        expires_us=head.expires_us,
    )
