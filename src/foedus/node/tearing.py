"""Tear-lines: what is withheld whole may go without the parts that are marked apart, under the label of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property

import msgspec

from foedus.model import stix
from foedus.model.decision import Decision, Facts, Subject
from foedus.model.label import Label
from foedus.model.stix import StixObject
from foedus.node.chosen import Pick, Torn
from foedus.node.ends import Ends
from foedus.node.home import Node
from foedus.node.label import Labeller, finding_of
from foedus.node.subject import subject_of
from foedus.release.decide import decide, decide_counted
from foedus.release.policy import Policy
from foedus.store.engine import Read
from foedus.store.findings import Held

_GOES = ("release", "redact")


class Tearing:
    """Tears for one recipient at one instant.

    Args:
        node: the node.
        party: the recipient.
        policy: compiled for the instant.
        at: the instant.
        ends: until when things stand under the agreement.
    """

    def __init__(self, node: Node, party: str, policy: Policy, at: datetime, ends: Ends) -> None:
        self._node = node
        self._party = party
        self._policy = policy
        self._at = at
        self._ends = ends

    @cached_property
    def _labeller(self) -> Labeller:
        # It reads every marking definition: only a run that tears something pays for that.
        return Labeller(self._node, self._at)

    def picks(
        self, read: Read, candidates: Iterable[Held], area: str, facts: Facts
    ) -> Iterator[tuple[Pick, StixObject, Decision]]:
        """Yield what may go of objects that are withheld whole, each with what is left of it and the decision on that."""
        for held in candidates:
            subject = subject_of(held, area, held.kind)
            torn = self._torn(read, held, subject, facts)
            left = torn.tear(held.raw) if torn is not None else None
            if torn is None or left is None:
                continue
            rest = msgspec.structs.replace(subject, label=torn.label)
            decided, counts = decide_counted([rest], self._party, self._policy, self._at, "", facts)
            [decision] = self._ends.lasting([rest], decided, facts)
            facts = msgspec.structs.replace(facts, counts=counts)
            if decision.outcome in _GOES:
                yield Pick(held.seq, area, held.kind, decision, torn), stix.read(left.raw), decision

    def label(self, read: Read, held: Held, pick: Pick, raw: bytes) -> Label | None:
        """Return the label of what is shown of an object: of its remaining parts, never lower than any of them.

        A label that does not follow from the markings alone (a person gave it, a sender said it) stays what it is.
        """
        if pick.torn is not None:
            return pick.torn.label
        if b"granular_markings" not in held.raw:
            return held.label
        whole = finding_of(held)
        if self._labeller.label(read, whole).label != held.label:
            return held.label
        shown = msgspec.structs.replace(whole, head=stix.read(raw))
        return self._labeller.label(read, shown).label or held.label

    def _torn(self, read: Read, held: Held, subject: Subject, facts: Facts) -> Torn | None:
        """Return what must be torn off an object, None where it goes whole, is held, or cannot go at all."""
        if self._outcome(subject, subject.label, facts) != "withhold":
            return None
        labels = self._labeller.paths(read, finding_of(held))
        hidden = {path for path, label in labels.items() if path and self._outcome(subject, label, facts) not in _GOES}
        label = self._labeller.joined([label for path, label in labels.items() if path not in hidden])
        return Torn(tuple(sorted(hidden)), label) if hidden and label is not None else None

    def _outcome(self, subject: Subject, label: Label | None, facts: Facts) -> str:
        asked = msgspec.structs.replace(subject, label=label)
        return decide(asked, self._party, self._policy, self._at, "", facts).outcome
