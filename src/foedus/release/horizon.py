"""Until when a release stands: the first instant at which the same question would be answered otherwise.

Memberships, clauses, the term of the programme and the succession of labels turn at known instants. Each is asked about
beforehand, so that what was released ends at its instant, without anything having to run then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from foedus.model import instant
from foedus.model.decision import Decision, Facts, Subject
from foedus.model.duration import FOREVER_US
from foedus.release.decide import LIFTED, decide_many
from foedus.release.policy import Policy


class Turn(NamedTuple):
    """An instant at which a decision may turn, and the policy that holds from then on."""

    at: datetime
    policy: Policy


def turns_of_labels(subjects: Sequence[Subject], at_us: int) -> set[int]:
    """Return the later instants at which a label of some subjects gives way to its successor."""
    labels = {id(one.label): one.label for one in subjects if one.label is not None and one.label.successions}
    turns = (instant.to_us(succession.at) for label in labels.values() for succession in label.successions)
    return {turn for turn in turns if turn > at_us}


def latest(decisions: Sequence[Decision]) -> int:
    """Return the last instant at which one of some decisions ends by itself: no turn beyond it matters."""
    return max((FOREVER_US if one.expires_us is None else one.expires_us for one in decisions), default=0)


def ends(
    subjects: Sequence[Subject], decisions: Sequence[Decision], turns: Sequence[Turn], facts: Facts
) -> list[int | None]:
    """Return until when each of some releases stands: its own end, or the first turn at which it would not go as it went.

    Args:
        subjects: the findings.
        decisions: what lets them go now, in the same order, all to one party.
        turns: ascending, after the instant of the decisions.
        facts: the facts they were decided under.
    """
    found = [one.expires_us for one in decisions]
    for turn in turns:
        at_us = instant.to_us(turn.at)
        open_ = [n for n, end in enumerate(found) if end is None or end > at_us]
        for n, then in zip(open_, _then(subjects, decisions, open_, turn, facts), strict=True):
            if not _stands(decisions[n], then):
                found[n] = at_us
    return found


def _then(
    subjects: Sequence[Subject], decisions: Sequence[Decision], which: list[int], turn: Turn, facts: Facts
) -> Iterator[Decision]:
    if which:
        first = decisions[which[0]]
        # Purposes stay what they were asked for: a class has one, and it stands in each of its decisions.
        yield from decide_many([subjects[n] for n in which], first.party, turn.policy, turn.at, "", facts)


def _stands(now: Decision, then: Decision) -> bool:
    kept = then.outcome in ("release", "redact") or (
        # What a person decided once and what was counted once is not asked again for what was sent.
        then.outcome == "hold" and all(reason.code in LIFTED for reason in then.reasons)
    )
    return kept and set(then.profiles) <= set(now.profiles)
