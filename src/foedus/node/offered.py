"""Which values a question may take in: a match tells that this node holds the value, so it is decided like a release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import msgspec

from foedus.exchange.intersect import MAX_POINTS, Value
from foedus.model import stix
from foedus.model.decision import Decision, Facts
from foedus.node.agreements import Agreement
from foedus.node.facts import facts_of
from foedus.node.home import Node
from foedus.node.label import finding_of
from foedus.node.subject import subject_of
from foedus.node.view import covering, keep_facets, rooms_of, view_name
from foedus.release.decide import decide_many
from foedus.release.redact import redact
from foedus.store import candidates, findings, values, views
from foedus.store.engine import Read
from foedus.store.findings import Held

BATCH = 500
TOLD = ("release", "redact")


class Offered(NamedTuple):
    """Own values that may be compared, each with the rows of findings that hold it; how many more were beyond the limit."""

    values: dict[Value, list[int]]
    left_out: int


def offered(node: Node, agreement: Agreement, party: str, area: str) -> Offered:
    """Return the values of an area that a party may learn this node holds; where nothing says so, a value is left out.

    They stand in a finding that the node's party owns, not revoked, whose decision for the party under the programme now is
    release or redact: without a label, or without a clause that covers it, none is; and what is held waits for a person, so
    nothing of it is told before. The newest version counts; where that may not be told, an older one does that
    the party sees already, for a newer one that is hidden must not show. Of what would go out redacted, only
    values that are still in what would go. What only a supporting object holds is left out, for its label is its own. Values
    on warning lists say nothing and are left out, and so are those that more than a hundred of these findings hold; of more
    than the settings take, the newest are kept. What may not be told makes no difference to any of this.
    """
    policy = node.agreements.policy(agreement, node.clock.now())
    keep_facets(node, policy)
    with node.store.read() as read:
        found = _Offers(node, agreement, party, area)
        found.collect(read)
    return Offered(found.values, found.left_out)


class _Offers:
    """The values of one area for one party, at one instant."""

    def __init__(self, node: Node, agreement: Agreement, party: str, area: str) -> None:
        self.node = node
        self.agreement = agreement
        self.party = party
        self.area = area
        self.view = view_name(agreement.programme.id, party, area)
        self.at: datetime = node.clock.now()
        self.policy = node.agreements.policy(agreement, self.at)
        self.most = max(0, min(node.config.ask_max_values, MAX_POINTS))
        self.layers = node.layers.for_run()
        self.values: dict[Value, list[int]] = {}
        self.left_out = 0

    def collect(self, read: Read) -> None:
        programme = self.agreement.programme
        [area] = [one for one in programme.areas if one.id == self.area]
        facts = facts_of(self.node, read, self.agreement, self.party, self.area, self.at)
        covered = covering(self.policy, self.party, self.area, self.at)
        held = candidates.candidates(read, covered, rooms_of(self.node, area), self.view, which="all")
        own = (one for one in held if one.owner == self.node.party)
        while batch := list(islice(own, BATCH)):
            self._take(read, batch, facts)
        self.values = {value: seqs for value, seqs in self.values.items() if len(seqs) <= values.COMMON}

    def _take(self, read: Read, batch: Sequence[Held], facts: Facts) -> None:
        told = self._told(batch, facts)
        newer = findings.newer_than(read, list(told))
        others = findings.findings_of(read, sorted({seq for seqs in newer.values() for seq in seqs} - told.keys()))
        known = {*told, *self._told([one for one in others if one.head], facts)}
        shown = {row.finding_seq for row in views.shown(read, self.view, list(newer))}
        told = {
            seq: one for seq, one in told.items() if seq not in newer or (seq in shown and known.isdisjoint(newer[seq]))
        }
        supported = findings.supports_of(read, list(told))
        seen: dict[int, set[Value] | None] = {
            seq: self._seen(held, decision, alone=seq in supported) for seq, (held, decision) in told.items()
        }
        for value, seqs in values.telling(read, list(told), self.node.party).items():
            self._add(value, [seq for seq in seqs if _in(seen[seq], value)])

    def _told(self, batch: Sequence[Held], facts: Facts) -> dict[int, tuple[Held, Decision]]:
        subjects = [subject_of(held, self.area, held.kind) for held in batch]
        decisions = decide_many(subjects, self.party, self.policy, self.at, "", facts)
        both = zip(batch, decisions, strict=True)
        return {held.seq: (held, decision) for held, decision in both if decision.outcome in TOLD}

    def _seen(self, held: Held, decision: Decision, *, alone: bool) -> set[Value] | None:
        """Return the values in what would go of a finding's head; None where that is all that is stored of it."""
        raw = held.raw
        if decision.profiles:
            # Only what is left counts here, so any key for pseudonyms does.
            out = redact(raw, decision.profiles, key=b"ask")
            if out is None:
                return set()
            raw, alone = out.raw, alone or out.changed
        if not alone:
            return None
        head = msgspec.structs.replace(finding_of(held), head=stix.read(raw))
        return {(key.kind, key.norm) for key in self.node.rooms[held.room].about(head, (), layers=self.layers).keys}

    def _add(self, value: Value, seqs: list[int]) -> None:
        if not seqs:
            return
        # Findings come oldest first: what is held again moves to the end, what is beyond the limit goes from the front.
        self.values[value] = [*self.values.pop(value, ()), *seqs]
        while len(self.values) > self.most:
            del self.values[next(iter(self.values))]
            self.left_out += 1


def _in(seen: set[Value] | None, value: Value) -> bool:
    return seen is None or value in seen
