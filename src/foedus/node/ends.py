"""Until when what goes under an agreement stands, whatever turns on the way: a policy's end, a label's succession."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foedus.model import instant
from foedus.model.decision import Decision, Facts, Subject
from foedus.node.agreements import Agreement
from foedus.release import horizon
from foedus.release.compile import compile as compile_policy
from foedus.release.policy import Policy


class Ends:
    """The turns ahead of one run under one agreement.

    Args:
        agreement: the agreement.
        policy: compiled from it for the instant of the run.
        at_us: that instant.
    """

    def __init__(self, agreement: Agreement, policy: Policy, at_us: int) -> None:
        self._agreement = agreement
        self._policy = policy
        self._at_us = at_us
        self._later: dict[int, Policy] = {}

    def lasting(self, subjects: Sequence[Subject], decisions: Sequence[Decision], facts: Facts) -> list[Decision]:
        """Return decisions in their order, each that lets something go with the instant until which it does."""
        goes = [n for n, one in enumerate(decisions) if one.outcome in ("release", "redact")]
        going, let = [subjects[n] for n in goes], [decisions[n] for n in goes]
        last = horizon.latest(let)
        at_once = self._turns(last) | {turn for turn in horizon.turns_of_labels(going, self._at_us) if turn < last}
        turns = [horizon.Turn(instant.from_us(turn), self._policy_at(turn)) for turn in sorted(at_once)]
        found = list(decisions)
        for n, end in zip(goes, horizon.ends(going, let, turns, facts), strict=True):
            found[n] = msgspec.structs.replace(decisions[n], expires_us=end)
        return found

    def _turns(self, last_us: int) -> set[int]:
        """Return the instants before ``last_us`` at which another policy holds."""
        turns: set[int] = set()
        turn = self._policy.valid_until_us
        while turn < last_us:
            turns.add(turn)
            turn = self._policy_at(turn).valid_until_us
        return turns

    def _policy_at(self, at_us: int) -> Policy:
        if at_us not in self._later:
            agreement = self._agreement
            self._later[at_us] = compile_policy(
                agreement.programme, instant.from_us(at_us), digest=agreement.digest, in_force=agreement.in_force
            )
        return self._later[at_us]
