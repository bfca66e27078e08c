"""What is on hold for a party, what exactly would go of it, and what people's acts about it amount to: computed, never kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from foedus.account.bodies import Act as Body
from foedus.account.bodies import ApprovalVoided
from foedus.model import instant, stix
from foedus.model.canonical import digest
from foedus.model.decision import Decision, Facts, Reason
from foedus.model.programme import Area
from foedus.node.acts import Acts, acts_of, enter
from foedus.node.agreements import Agreement
from foedus.node.chosen import Chosen, Pick, all_edges
from foedus.node.facts import facts_of
from foedus.node.home import Node
from foedus.node.subject import subject_of
from foedus.node.view import covering, rooms_of, secrets_of, view_name, with_supports
from foedus.release.approval import Asked, Bound, Standing, persons_for, standing
from foedus.release.decide import decide, decide_counted, decide_many
from foedus.release.redact import Redacted
from foedus.store import approvals, candidates, findings, lookups, people, views
from foedus.store.approvals import Row
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held

BATCH = 500
TOLD = ("release", "redact")
WAITS = ""

_Body = TypeVar("_Body", bound=Body)


class Out(NamedTuple):
    """One object as it would go: what was chosen, what is stored, what leaves."""

    pick: Pick
    held: Held
    out: Redacted


class Item(NamedTuple):
    """One finding on its way to a party.

    ``missing`` is what it is on hold for, nothing where it is not; ``outs`` the finding and its supports as they would
    go, nothing while it refers to what the party does not see; ``decision`` what becomes of it once approved.
    """

    area: Area
    held: Held
    missing: tuple[Reason, ...]
    decision: Decision
    bound: Bound
    outs: list[Out]
    standing: Standing

    @property
    def hash(self) -> str:
        """What an approval binds."""
        return self.bound.hash()

    @property
    def persons(self) -> int:
        """How many persons must let it go; 0: none can."""
        return persons_for(self.missing)


class Walked(NamedTuple):
    """How far a walk came: behind which row it goes on, and what the windows of limits held there."""

    seq: int = 0
    counts: Mapping[str, int] | None = None


_BEGUN = Walked()


class OnHold(NamedTuple):
    """A finding that a release run would hold, what it is missing, and from where a walk comes to it again."""

    held: Held
    missing: tuple[Reason, ...]
    walked: Walked


class Desk:
    """What may wait for people on its way to one party under one agreement, at one instant."""

    def __init__(self, node: Node, agreement: Agreement, party: str, at: datetime) -> None:
        self.node = node
        self.agreement = agreement
        self.party = party
        self.at = at
        self.at_us = instant.to_us(at)
        self.policy = node.agreements.policy(agreement, at)
        self.programme = agreement.programme.id
        self.areas = [area for area in agreement.programme.areas if rooms_of(node, area)]
        self._facts: dict[str, Facts] = {}
        self._acts: Acts | None = None
        self._staff: frozenset[tuple[str, str]] | None = None
        self._pairs: dict[int, list[tuple[Held, Held]]] = {}

    @cached_property
    def limited(self) -> bool:
        """Whether any permit to the party has a limit, so that what goes before decides what is on hold."""
        recipient = self.policy.recipients.get(self.party)
        return recipient is not None and any(rule.rule.limit for rule in recipient.permits)

    def view(self, area: str) -> str:
        """Return the party's view of an area."""
        return view_name(self.programme, self.party, area)

    def facts(self, read: Read, area: str) -> Facts:
        """Return what the ledger says, as a run would begin with it."""
        if area not in self._facts:
            self._facts[area] = facts_of(self.node, read, self.agreement, self.party, area, self.at)
        return self._facts[area]

    def on_hold(
        self, read: Read, area: Area, room: str, after_seq: int = 0, walked: Walked = _BEGUN
    ) -> Iterator[OnHold]:
        """Yield the findings of a room behind a row that a release run would hold, current versions.

        Under a limit those before count: the walk begins where the run does, or where an earlier one came to.
        """
        facts = self.facts(read, area.id)
        if walked.counts is not None:
            facts = msgspec.structs.replace(facts, counts=walked.counts)
        covered = covering(self.policy, self.party, area.id, self.at)
        start = walked.seq if self.limited else after_seq
        heads = candidates.candidates(read, covered, [room], self.view(area.id), after_seq=start)
        while batch := list(islice(heads, BATCH)):
            pairs = list(with_supports(read, batch)) if self.limited else [(held, held) for held in batch]
            subjects = [subject_of(held, area.id, head.kind) for held, head in pairs]
            decisions, counts = decide_counted(subjects, self.party, self.policy, self.at, "", facts)
            here = Walked(start, facts.counts)
            start, facts = batch[-1].seq, msgspec.structs.replace(facts, counts=counts)
            found = [
                OnHold(held, decision.reasons, here)
                for (held, head), decision in zip(pairs, decisions, strict=True)
                if held is head and held.seq > after_seq and decision.outcome == "hold"
            ]
            current = findings.current_of(read, [one.held.seq for one in found])
            yield from (one for one in found if one.held.seq in current)

    def on_hold_as(self, read: Read, area: Area, held: Held) -> tuple[Reason, ...] | None:
        """Return what a finding is missing now, nothing where it would go; None where no act of a person lets it go."""
        found = decide(
            subject_of(held, area.id, held.kind), self.party, self.policy, self.at, "", self.facts(read, area.id)
        )
        if found.outcome in TOLD and self.limited:
            walk = self.on_hold(read, area, held.room, held.seq - 1)
            return next((one.missing for one in walk if one.held.seq == held.seq), ())
        if found.outcome == "hold":
            return found.reasons
        return () if found.outcome in TOLD else None

    def located(self, read: Read, object_id: str) -> list[Item]:
        """Return the current versions of an object that clauses let go to the party and that its views do not show."""
        found: list[Item] = []
        owners: set[str] = set()
        # Of each owner the first is the current one.
        for held in findings.versions_of(read, object_id):
            if held.owner in owners or not held.head:
                continue
            owners.add(held.owner)
            for area in self.areas:
                if held.room in rooms_of(self.node, area):
                    missing = self.on_hold_as(read, area, held)
                    if missing is not None and not self._shows(read, area, held):
                        found.append(self.item(read, area, held, missing))
        return found

    def _shows(self, read: Read, area: Area, held: Held) -> bool:
        rows = views.shown(read, self.view(area.id), [held.seq])
        return any(row.label_id == held.label_id for row in rows)

    def look_up(self, read: Read, heads: Sequence[Held]) -> None:
        """Read what supports findings whose items are asked for next, all in one go."""
        self._pairs = {}
        for held, head in with_supports(read, heads):
            self._pairs.setdefault(head.seq, []).append((held, head))

    def item(self, read: Read, area: Area, held: Held, missing: tuple[Reason, ...]) -> Item:
        """Return a finding with what would go of it, alone, to what the party sees now."""
        pairs = self._pairs.pop(held.seq, None) or list(with_supports(read, [held]))
        versions = frozenset((one.object_id, one.version) for one, _ in pairs)
        facts = msgspec.structs.replace(self.facts(read, area.id), approved=versions)
        subjects = [subject_of(one, area.id, held.kind) for one, _ in pairs]
        decisions = decide_many(subjects, self.party, self.policy, self.at, "", facts)
        going = [
            (one, decision)
            for (one, _), decision in zip(pairs, decisions, strict=True)
            if one is held or decision.outcome in TOLD
        ]
        outs = self._outs(read, area, going)
        if outs and all(out.held is not held for out in outs):
            outs = []
        bound = self._bound(area.id, outs, decisions[0])
        acts = self.acts(read).about(area.id, held.object_id, held.version)
        persons = persons_for(missing) if missing else 1
        return Item(
            area, held, missing, decisions[0], bound, outs, standing(acts, self.asked(read, persons, bound.hash()))
        )

    def asked(self, read: Read, persons: int, hash: str) -> Asked:
        """Return what an approval must meet under the node's settings."""
        config = self.node.config
        lasts_us, countdown_us = (
            round(one * 1_000_000) for one in (config.approve_lasts_s, config.approve_countdown_s)
        )
        if self._staff is None:
            self._staff = people.able(read)
        return Asked(persons, hash, self.at_us, lasts_us, countdown_us, self._staff)

    def acts(self, read: Read) -> Acts:
        """Return people's acts, read once."""
        if self._acts is None:
            self._acts = acts_of(self.node, read, self.programme, self.party)
        return self._acts

    def _outs(self, read: Read, area: Area, going: Sequence[tuple[Held, Decision]]) -> list[Out]:
        chosen = Chosen(self.node.entropy(16))
        kind = going[0][0].kind
        objects = [stix.read(held.raw) for held, _ in going]
        targets = {edge.target for one in objects for edge in all_edges(one)}
        names = [self.view(one.id) for one in self.areas] if targets else []
        seen = lookups.visible_ids(read, names, targets, self.at_us) if targets else set()
        chosen.add([Pick(held.seq, area.id, kind, decision) for held, decision in going], objects, seen)
        chosen.resolve()
        secrets = secrets_of(self.node, self.programme, self.party)
        chosen.settle(read, secrets, [held for held, _ in going])
        found: list[Out] = []
        for index in chosen.in_order():
            held = going[index][0]
            out = chosen.outgoing(read, index, held, secrets)
            assert out is not None, "it settled"
            found.append(Out(chosen.pick(index), held, out))
        return found

    def _bound(self, area: str, outs: Sequence[Out], decision: Decision) -> Bound:
        ordered = sorted(outs, key=lambda one: one.held.seq)
        sent = [hashlib.sha256(one.out.raw).hexdigest() for one in ordered]
        labels = [one.pick.decision.label_hash for one in ordered]
        alone = len(ordered) == 1
        return Bound(
            bytes_hash=sent[0] if alone else digest(sent) if sent else "",
            label_hash=labels[0] if alone else digest(labels) if labels else decision.label_hash,
            party=self.party,
            programme=self.programme,
            area=area,
            purpose=decision.purpose,
            rules_hash=self.policy.rules_hash(self.party),
        )

    def ready(self, tx: Tx) -> list[Item]:
        """Return what people approved and whose countdown is over; what does not stand any more is void, and entered."""
        acts = self.acts(tx)
        for row in acts.altered:
            self.void(tx, [row], "the index was altered")
        by_version: dict[tuple[str, str, str], list[Row]] = {}
        for row in approvals.standing(tx, self.programme, self.party):
            by_version.setdefault((row.area, row.object_id, row.version), []).append(row)
        ready: list[Item] = []
        for rows in by_version.values():
            found = self._stands(tx, rows)
            if isinstance(found, Item):
                ready.append(found)
            if isinstance(found, str) and found:
                self.void(tx, rows, found)
            elif found != WAITS:
                approvals.close(tx, [row.seq for row in rows])
        return ready

    def _stands(self, tx: Tx, rows: list[Row]) -> Item | str | None:
        """Return the item of requests and approvals that goes now, why they are void, WAITS, or None for what went."""
        area = next((one for one in self.areas if one.id == rows[0].area), None)
        versions = findings.versions_of(tx, rows[0].object_id)
        held = next((one for one in versions if one.version == rows[0].version and one.head), None)
        if area is None or held is None:
            return "object"
        if self._went(tx, area, held, rows[0].at_us):
            return None
        missing = self.on_hold_as(tx, area, held)
        if missing is None or held.seq not in findings.current_of(tx, [held.seq]):
            return "decision" if missing is None else "version"
        item = self.item(tx, area, held, missing)
        if item.standing.void:
            return changes(item)
        if item.standing.word == "due":
            return item
        given = any(row.kind == approvals.GIVEN for row in rows)
        return "persons" if given and item.standing.word != "counting" else WAITS

    def _went(self, read: Read, area: Area, held: Held, since_us: int) -> bool:
        """Say whether the party was shown the object since: an approval counts once."""
        view = self.view(area.id)
        now = [row.added_us for row in views.shown(read, view, [held.seq])]
        before = [added_us for added_us, _ in views.shown_before(read, view, held.object_id)]
        return any(added_us >= since_us for added_us in (*now, *before))

    def void(self, tx: Tx, rows: Sequence[Row], why: str) -> None:
        """Enter that requests and approvals count no more, and why."""
        row = rows[-1]
        body = self.body(ApprovalVoided, row.area, row.object_id, modified=row.version, reason=why)
        enter(self.node, tx, [body], self.at)
        approvals.close(tx, [one.seq for one in rows])

    def body(self, kind: type[_Body], area: str, object_id: str, **more: str) -> _Body:
        """Return the body of an act."""
        parties = (self.node.party, self.party)
        at = instant.text(self.at_us)
        return kind(at=at, programme=self.programme, parties=parties, area=area, object_id=object_id, **more)


def changes(item: Item) -> str:
    """Return what changed since the halves that are void now were given."""
    if item.standing.why_void in ("expired", "person"):
        return item.standing.why_void
    parts = (name for act in item.standing.void if act.bound for name in act.bound.changed(item.bound))
    return ", ".join(dict.fromkeys(parts)) or "hash"


def apart(items: Iterable[Item]) -> Iterator[list[Out]]:
    """Yield what goes of items in as few lists as there can be with no object twice in one: two findings may share a support."""
    outs: list[Out] = []
    seqs: set[int] = set()
    for item in items:
        if not seqs.isdisjoint(out.held.seq for out in item.outs):
            yield outs
            outs, seqs = [], set()
        outs += item.outs
        seqs.update(out.held.seq for out in item.outs)
    if outs:
        yield outs
