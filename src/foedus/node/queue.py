"""What is on hold for a party, what exactly would go of it, and what people's acts about it amount to: computed, never kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TypeVar

import msgspec

from foedus.account.bodies import Act as Body
from foedus.account.bodies import ApprovalVoided
from foedus.model import instant, stix
from foedus.model.canonical import digest
from foedus.model.decision import Decision, Facts, Reason
from foedus.model.programme import Area
from foedus.node.acts import Acts, enter
from foedus.node.agreements import Agreement
from foedus.node.chosen import Chosen, Pick, all_edges
from foedus.node.facts import Known, Pair
from foedus.node.home import Node
from foedus.node.subject import subject_of
from foedus.node.view import covering, rooms_of, secrets_of, view_name
from foedus.release.approval import Asked, Bound, Standing, persons_for, standing
from foedus.release.decide import decide, decide_counted, decide_many
from foedus.release.redact import Redacted
from foedus.store import approvals, candidates, findings, lookups, people, views
from foedus.store.approvals import Row
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held
from foedus.store.released import Showing

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


class Told:
    """What bears on the work at desks at one moment, read for all of them in one go, when it is first asked for.

    Args:
        node: the node.
        at: the present.
    """

    def __init__(self, node: Node, at: datetime) -> None:
        self._node = node
        self._at = at
        self.pairs_of_desks: list[Pair] = []
        self.missing: dict[tuple[str, str, str, int], tuple[Reason, ...]] = {}
        self._known: Known | None = None
        self._staff: list[people.Kept] | None = None
        self._supports: dict[int, list[Held]] = {}
        self.seen: dict[str, set[str]] = {}
        self.looked_up: set[str] = set()
        self.at_hand: dict[str, list[Held]] = {}

    def known(self, read: Read) -> Known:
        """Return what the ledger and people's decisions say, as a run would begin with it."""
        if self._known is None:
            self._known = Known(self._node, read, self.pairs_of_desks, self._at)
        return self._known

    def staff(self, read: Read) -> list[people.Kept]:
        """Return the people of the node who may act."""
        if self._staff is None:
            self._staff = [one for one in people.people(read) if not one.disabled]
        return self._staff

    def clear(self) -> None:
        """Forget the findings before: of many, no more than some are at hand."""
        self.missing.clear()
        self._supports.clear()
        self.seen.clear()
        self.at_hand.clear()
        self.looked_up.clear()

    def take(self, read: Read, heads: Iterable[Held]) -> None:
        """Read what supports findings, and what the received ones are bound by, which are decided on next."""
        fresh = [head for head in heads if head.seq not in self._supports]
        found = findings.supporting(read, [head.seq for head in fresh]) if fresh else {}
        self._supports |= {head.seq: found.get(head.seq, []) for head in fresh}
        theirs = [one for head in fresh for one, _ in self.pairs(read, head) if one.owner != self._node.party]
        self.known(read).look_up([(one.object_id, one.version, one.owner) for one in theirs])

    def pairs(self, read: Read, head: Held) -> list[tuple[Held, Held]]:
        """Return a finding and its supports, each with the finding."""
        if head.seq not in self._supports:
            self.take(read, [head])
        return [(head, head), *((one, head) for one in self._supports[head.seq])]

    def look_up(self, read: Read, heads: Sequence[Held]) -> None:
        """Read what items are made from that are asked for next: who sees what they refer to, and what nobody of these sees."""
        self.take(read, heads)
        held = (one for head in heads for one, _ in self.pairs(read, head))
        targets = {edge.target for one in held for edge in all_edges(stix.read(one.raw))} - self.looked_up
        self.seen |= lookups.views_showing(read, targets, instant.to_us(self._at)) if targets else {}
        self.at_hand |= findings.all_of(read, targets) if targets else {}
        self.looked_up |= targets


class Place(NamedTuple):
    """Where something waits at a desk: in which area, from which room."""

    desk: Desk
    area: Area
    room: str


def places_of(desks: Iterable[Desk]) -> list[Place]:
    """Return the places of desks, in order."""
    return [Place(desk, area, room) for desk in desks for area in desk.areas for room in rooms_of(desk.node, area)]


class OnHold(NamedTuple):
    """A finding that a release run would hold at a place, what it is missing, and from where a walk comes to it again."""

    place: Place
    held: Held
    missing: tuple[Reason, ...]
    walked: Walked


def on_hold(
    read: Read, places: Sequence[Place], after_seq: int = 0, walked: Walked = _BEGUN, beside: Sequence[Held] = ()
) -> Iterator[list[OnHold]]:
    """Yield the findings that a release run would hold, current versions, place by place, in batches.

    Args:
        read: the transaction.
        places: where.
        after_seq: the row in the first place from beyond which they are wanted.
        walked: how far an earlier walk came there; under a limit it goes on from that, else the walk begins where the run does.
        beside: other findings that are looked at next.
    """
    facts = [place.desk.facts(read, place.area.id) for place in places]
    begun = [0] * len(places)
    if walked.counts is not None:
        facts[0] = msgspec.structs.replace(facts[0], counts=walked.counts)
        begun[0] = walked.seq
    runs = [place.desk.run(place, begun[n] if place.desk.limited or n else after_seq) for n, place in enumerate(places)]
    for batch in candidates.along(read, runs):
        told = places[0].desk.told
        told.clear()
        told.take(read, [*beside, *(one.held for one in batch)])
        found: list[OnHold] = []
        for n, some in groupby(batch, key=attrgetter("place")):
            coming = list(some)
            current = {one.held.seq for one in coming if one.current}
            here = Walked(begun[n], facts[n].counts)
            begun[n] = coming[-1].held.seq
            held, facts[n] = places[n].desk.held_of(read, places[n], [one.held for one in coming], facts[n])
            begin = 0 if n else after_seq
            found += [OnHold(places[n], one, why, here) for one, why in held if one.seq in current and one.seq > begin]
            told.missing |= {places[n].desk.key(places[n].area, one): why for one, why in held}
        yield found


class Desk:
    """What may wait for people on its way to one party under one agreement, at one instant.

    Args:
        node: the node.
        agreement: under which.
        party: to whom.
        at: the present.
        told: what bears on this desk and others; None: it is alone.
    """

    def __init__(self, node: Node, agreement: Agreement, party: str, at: datetime, told: Told | None = None) -> None:
        self.node = node
        self.agreement = agreement
        self.party = party
        self.at = at
        self.at_us = instant.to_us(at)
        self.policy = node.agreements.policy(agreement, at)
        self.programme = agreement.programme.id
        self.areas = [area for area in agreement.programme.areas if rooms_of(node, area)]
        self.told = told or Told(node, at)
        self.told.pairs_of_desks.append((agreement, party))
        self._facts: dict[str, Facts] = {}

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
            self._facts[area] = self.told.known(read).facts(self.agreement, self.party, area)
        return self._facts[area]

    def run(self, place: Place, after_seq: int) -> candidates.Run:
        """Return what may go from a place, from beyond a row on."""
        covered = covering(self.policy, self.party, place.area.id, self.at)
        return candidates.Run(covered, place.room, self.view(place.area.id), after_seq)

    def held_of(
        self, read: Read, place: Place, heads: Sequence[Held], facts: Facts
    ) -> tuple[list[tuple[Held, tuple[Reason, ...]]], Facts]:
        """Return those of some findings that a release run would hold and what each is missing; the facts after them."""
        alone = [(head, head) for head in heads]
        both = [pair for head in heads for pair in self.told.pairs(read, head)] if self.limited else alone
        subjects = [subject_of(held, place.area.id, head.kind) for held, head in both]
        decisions, counts = decide_counted(subjects, self.party, self.policy, self.at, "", facts)
        found = [
            (held, decision.reasons)
            for (held, head), decision in zip(both, decisions, strict=True)
            if held is head and decision.outcome == "hold"
        ]
        return found, msgspec.structs.replace(facts, counts=counts)

    def key(self, area: Area, held: Held) -> tuple[str, str, str, int]:
        """Return what a finding on its way to the party is known by."""
        return self.programme, self.party, area.id, held.seq

    def on_hold_as(self, read: Read, area: Area, held: Held) -> tuple[Reason, ...] | None:
        """Return what a finding is missing now, nothing where it would go; None where no act of a person lets it go."""
        if self.key(area, held) in self.told.missing:
            return self.told.missing[self.key(area, held)]
        self.told.take(read, [held])
        found = decide(
            subject_of(held, area.id, held.kind), self.party, self.policy, self.at, "", self.facts(read, area.id)
        )
        if found.outcome in TOLD and self.limited:
            walk = on_hold(read, [Place(self, area, held.room)], held.seq - 1)
            return next((one.missing for some in walk for one in some if one.held.seq == held.seq), ())
        if found.outcome == "hold":
            return found.reasons
        return () if found.outcome in TOLD else None

    def located(self, read: Read, versions: Sequence[Held], showings: Sequence[Showing]) -> list[Item]:
        """Return the current versions of an object that clauses let go to the party and that its views do not show.

        Args:
            read: the transaction.
            versions: all that are held of it, the current ones first.
            showings: where it is shown, and was.
        """
        found: list[Item] = []
        owners: set[str] = set()
        shown = {(one.view, one.finding_seq, one.label_id) for one in showings if one.withdrawn_us is None}
        # Of each owner the first is the current one.
        for held in versions:
            if held.owner in owners or not held.head:
                continue
            owners.add(held.owner)
            for area in self.areas:
                if held.room in rooms_of(self.node, area):
                    missing = self.on_hold_as(read, area, held)
                    if missing is not None and (self.view(area.id), held.seq, held.label_id) not in shown:
                        found.append(self.item(read, area, held, missing))
        return found

    def item(self, read: Read, area: Area, held: Held, missing: tuple[Reason, ...]) -> Item:
        """Return a finding with what would go of it, alone, to what the party sees now."""
        pairs = self.told.pairs(read, held)
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
        staff = frozenset((one.name, role) for one in self.told.staff(read) for role in one.roles.split())
        return Asked(persons, hash, self.at_us, lasts_us, countdown_us, staff)

    def acts(self, read: Read) -> Acts:
        """Return people's acts, read once."""
        return self.told.known(read).acts(self.agreement, self.party)

    def _outs(self, read: Read, area: Area, going: Sequence[tuple[Held, Decision]]) -> list[Out]:
        objects = [stix.read(held.raw) for held, _ in going]
        targets = {edge.target for one in objects for edge in all_edges(one)}
        if not targets <= self.told.looked_up:
            self.told.look_up(read, [going[0][0]])
        chosen = Chosen(self.node.entropy(16), self.told.looked_up, self.told.at_hand)
        kind = going[0][0].kind
        names = {self.view(one.id) for one in self.areas}
        seen = {one for one in targets if not names.isdisjoint(self.told.seen.get(one, ()))}
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
