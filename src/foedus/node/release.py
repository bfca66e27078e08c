"""Verb ``release``: candidates to decisions, decisions closed over references, redacted, screened, shown, entered.

The run reads in batches and keeps per object an index, per reference two integers; bytes are read again when they go out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from foedus.account import merkle
from foedus.account.ledger import append, sign
from foedus.account.receipts import ReleaseRun, ReleaseSent, draft
from foedus.model import instant, stix
from foedus.model.canonical import digest
from foedus.model.decision import Decision, Facts
from foedus.model.duration import shift_us
from foedus.model.entry import MASTER, Draft, LogInfo
from foedus.model.programme import Area
from foedus.node import corroborate
from foedus.node.agreements import Agreement
from foedus.node.chosen import Chosen, Pick, all_edges
from foedus.node.facts import facts_of
from foedus.node.home import Node, Progress, silent
from foedus.node.subject import subject_of
from foedus.release.decide import decide_many
from foedus.release.facets import all_facets
from foedus.release.policy import Policy
from foedus.release.predicate import predicate, sql
from foedus.store import candidates, findings, lookups, views
from foedus.store.candidates import Facet, Predicate
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held

BATCH = 500
WRITE = 2_000


class Counts(msgspec.Struct):
    """How many findings went each way."""

    release: int = 0
    redact: int = 0
    hold: int = 0
    withhold: int = 0
    dropped: int = 0
    withdrawn: int = 0
    unchanged: int = 0


class Example(msgspec.Struct, frozen=True):
    """One finding that did not go, and the first reason in words."""

    object_id: str
    outcome: str
    why: str


class Run(msgspec.Struct):
    """A release run to one party under one programme."""

    programme: str
    party: str
    at: str
    policy_hash: str = ""
    counts: Counts = msgspec.field(default_factory=Counts)
    examples: list[Example] = []
    note: str = ""


def view_name(programme: str, party: str, area: str) -> str:
    """Return the name of a party's release view of an area."""
    return f"released|{programme}|{party}|{area}"


def reader_name(programme: str, party: str) -> str:
    """Return the reader whose views share one sequence of instants."""
    return f"{programme}|{party}"


def pair_log(node: Node, tx: Tx, programme: str, party: str) -> str:
    """Return the name of the log of what this node sends a party; opened on first use under a random origin."""
    name = f"{programme}|{node.party}|{party}"
    if tx.logs.log(name) is None:
        origin = f"{node.party}.{node.config.name}/foedus/{node.entropy(16).hex()}"
        tx.logs.open_log(LogInfo(name, origin, programme, node.party, party, own=True))
    return name


def sign_log(node: Node, tx: Tx, name: str) -> None:
    """Sign the state of an own log; what was signed leaves this transaction only with it."""
    key = node.keys.public("log")
    sign(tx.logs, name, node.keys.private("log"), key.name)


def release(node: Node, party: str = "", programme: str = "", progress: Progress = silent) -> list[Run]:
    """Decide on everything that may go, to one party or to every one, under one programme or all in force.

    Raises:
        InputError: the programme is not known here.
        ExpiredProgramme: a programme named is not in force.
    """
    at = node.clock.now()
    held = [node.agreements.required(programme, at)] if programme else node.agreements.in_force(at)
    return [
        _Release(node, agreement, one.id, at).run(progress)
        for agreement in held
        for one in agreement.programme.parties
        if one.id != node.party and party in ("", one.id)
    ]


def rooms_of(node: Node, area: Area) -> list[str]:
    """Return the rooms of this node that serve a programme's area."""
    return [room for room in (area.rooms if area.rooms is not None else (area.id,)) if room in node.rooms]


def keep_facets(node: Node, policy: Policy) -> None:
    """Keep the facets under a policy of every label in use, so that the predicate can compare them."""
    with node.store.write() as tx:
        for label_id, owner, label in candidates.unfaceted(tx, policy.hash):
            rows = [Facet(label_id, owner, *facet) for facet in all_facets(label, owner, policy)]
            candidates.put_facets(tx, policy.hash, rows)


class _Release:
    """One run to one party under one agreement, at one instant."""

    def __init__(self, node: Node, agreement: Agreement, party: str, at: datetime) -> None:
        self.node = node
        self.agreement = agreement
        self.party = party
        self.at = at
        self.at_us = instant.to_us(at)
        self.policy = node.agreements.policy(agreement, at)
        self.programme = agreement.programme.id
        self.areas = [area for area in agreement.programme.areas if rooms_of(node, area)]
        self.result = Run(self.programme, party, instant.text(self.at_us), self.policy.hash)
        self.decided = merkle.Frontier.of(0, lambda _wanted: [])
        self.inputs = hashlib.sha256()

    def run(self, progress: Progress) -> Run:
        """Run it."""
        keep_facets(self.node, self.policy)
        with self.node.store.write() as tx:
            self.log = pair_log(self.node, tx, self.programme, self.party)
            for area in self.areas:
                views.open_view(tx, self._view(area.id), reader_name(self.programme, self.party))
        self._withdraw()
        chosen = Chosen(self.node.entropy(16))
        with self.node.store.read() as read:
            for area in self.areas:
                self._choose(read, area, chosen, progress)
            chosen.resolve()
            order = self._close(read, chosen)
        self._write(chosen, order, progress)
        self._count_rest()
        self._enter()
        return self.result

    def _view(self, area: str) -> str:
        return view_name(self.programme, self.party, area)

    def _predicate(self, area: str) -> Predicate:
        text, parameters = sql(predicate(self.policy, self.party, area, self.at, ""))
        return Predicate(text, parameters, self.policy.hash, area)

    def _withdraw(self) -> None:
        """Take out of the views what the policy no longer covers."""
        for area in self.areas:
            with self.node.store.read() as read:
                gone = list(candidates.uncovered(read, self._predicate(area.id), self._view(area.id)))
            for start in range(0, len(gone), WRITE):
                rows = gone[start : start + WRITE]
                with self.node.store.write() as tx:
                    views.withdraw_rows(tx, self._view(area.id), [row.added_us for row in rows], self.at_us)
                    append(tx.logs, self.log, [self._expired(row.object_id, area.id) for row in rows], at=self.at,
                           entropy=self.node.entropy)  # fmt: skip
                    sign_log(self.node, tx, self.log)
                self.result.counts.withdrawn += len(rows)

    def _expired(self, object_id: str, area: str) -> Draft:
        facts = {"at": self.result.at, "programme": self.programme, "parties": [self.node.party, self.party]}
        return Draft("release.expired", {**facts, "area": area, "object_id": object_id, "cause": "not-covered"})

    def _choose(self, read: Read, area: Area, chosen: Chosen, progress: Progress) -> None:
        facts = facts_of(self.node, read, self.agreement, self.party, area.id, self.at)
        rooms = rooms_of(self.node, area)
        batch: list[Held] = []
        for held in candidates.candidates(read, self._predicate(area.id), rooms, self._view(area.id)):
            batch.append(held)
            if len(batch) == BATCH:
                self._decide(read, area, batch, (facts, chosen))
                progress("release", len(chosen), None)
                batch = []
        self._decide(read, area, batch, (facts, chosen))

    def _decide(self, read: Read, area: Area, batch: list[Held], into: tuple[Facts, Chosen]) -> None:
        facts, chosen = into
        pairs = list(with_supports(read, batch))
        subjects = [subject_of(held, area.id, head.kind) for held, head in pairs]
        decisions = decide_many(subjects, self.party, self.policy, self.at, "", facts)
        picks: list[Pick] = []
        heads_out: set[int] = set()
        for (held, head), decision in zip(pairs, decisions, strict=True):
            self.decided.append(merkle.leaf_hash(msgspec.json.encode(decision)))
            self.inputs.update(held.sha256 + decision.label_hash.encode())
            goes = decision.outcome in ("release", "redact") and (held is head or head.seq in heads_out)
            if held is head:
                self._tell(held, decision)
                if goes:
                    heads_out.add(held.seq)
            if goes:
                picks.append(Pick(held.seq, area.id, head.kind, decision))
        held_by_seq = {held.seq: held for held, _ in pairs}
        objects = [stix.read(held_by_seq[pick.seq].raw) for pick in picks]
        targets = {edge.target for one in objects for edge in all_edges(one)}
        names = [self._view(one.id) for one in self.areas]
        chosen.add(picks, objects, lookups.visible_ids(read, names, targets, self.at_us))

    def _tell(self, held: Held, decision: Decision) -> None:
        if decision.outcome not in ("hold", "withhold"):
            return
        setattr(self.result.counts, decision.outcome, getattr(self.result.counts, decision.outcome) + 1)
        if len([one for one in self.result.examples if one.outcome == decision.outcome]) < 3:
            first = decision.reasons[0]
            why = f"{first.code}: {first.field} is {first.actual}, needs {first.required}"
            self.result.examples.append(Example(held.object_id, decision.outcome, why))

    def _close(self, read: Read, chosen: Chosen) -> list[int]:
        """Close over references until every object that stays can be made; return the indices that go, in sending order."""
        key = self._pseudonym_key()
        while True:
            chosen.close()
            failed = [
                index
                for index in chosen.to_change()
                for held in findings.findings_of(read, [chosen.pick(index).seq])
                if chosen.outgoing(read, index, held, key) is None
            ]
            if not failed:
                break
            chosen.drop(failed)
        self.result.counts.dropped += chosen.dropped_count()
        for index in chosen.dropped_some(3):
            held_id = chosen.object_ids(read, [index])[0]
            self.result.examples.append(
                Example(held_id, "dropped", "it refers to something the recipient does not see")
            )
        return chosen.in_order()

    def _pseudonym_key(self) -> bytes:
        secret = self.node.keys.secret("token")
        return bytes.fromhex(digest([secret.hex(), self.programme, self.party]))

    def _write(self, chosen: Chosen, order: Sequence[int], progress: Progress) -> None:
        for start in range(0, len(order), WRITE):
            indices = order[start : start + WRITE]
            with self.node.store.write() as tx:
                self._show(tx, chosen, indices)
                sign_log(self.node, tx, self.log)
            progress("release", start + len(indices), len(order))

    def _show(self, tx: Tx, chosen: Chosen, indices: Sequence[int]) -> None:
        by_seq = {one.seq: one for one in findings.findings_of(tx, sorted(chosen.pick(i).seq for i in indices))}
        key = self._pseudonym_key()
        by_area: dict[str, tuple[list[views.Showing], list[Draft]]] = {}
        for index in indices:
            pick = chosen.pick(index)
            held = by_seq[pick.seq]
            out = chosen.outgoing(tx, index, held, key)
            assert out is not None, "the closure made sure of it"
            raw, sha256 = (out.raw, hashlib.sha256(out.raw).digest()) if out.changed else (None, held.sha256)
            expires = _expiry(pick.decision, self.at_us)
            showings, drafts = by_area.setdefault(pick.area, ([], []))
            showings.append(views.Showing(held.seq, expires, raw, sha256 if raw is not None else b""))
            drafts.append(self._sent(held, pick, sha256, expires, changed=out.changed))
            if out.changed:
                self.result.counts.redact += 1
            else:
                self.result.counts.release += 1
        for area, (showings, drafts) in by_area.items():
            views.add_view_rows(tx, self._view(area), showings, self.at_us)
            told = corroborate.due(self.node, tx, self.log, area, [one.seq for one in showings], self.at)
            append(tx.logs, self.log, [*drafts, *told], at=self.at, entropy=self.node.entropy)

    def _sent(self, held: Held, pick: Pick, sha256: bytes, expires: int | None, *, changed: bool) -> Draft:
        decision = pick.decision
        latency_minutes = round(max(0, self.at_us - held.reference_us) / 60_000_000, 3)
        body = ReleaseSent(
            at=self.result.at,
            programme=self.programme,
            parties=(self.node.party, self.party),
            area=pick.area,
            object_id=held.object_id,
            modified=held.version,
            object_type=held.type if held.document else pick.kind,
            kind=pick.kind,
            decision="permit-redacted" if changed else "permit",
            label=msgspec.to_builtins(held.label),
            label_hash=decision.label_hash,
            clauses=decision.clauses,
            rules_hash=self.policy.rules_hash(self.party),
            bytes_hash=sha256.hex(),
            originator=held.owner,
            purpose=decision.purpose,
            duties=msgspec.to_builtins(decision.duties),
            latency_hours=round(latency_minutes / 60, 4),
            latency_minutes=latency_minutes,
            expires_at=None if expires is None else instant.text(expires),
        )
        return draft(body)

    def _count_rest(self) -> None:
        """Count what is withheld (whatever the rooms hold that the predicate did not even choose) and what is shown already."""
        rooms = sorted({room for area in self.areas for room in rooms_of(self.node, area)})
        with self.node.store.read() as read:
            shown = sum(views.view_size(read, self._view(area.id), self.at_us) for area in self.areas)
            heads = lookups.heads_of(read, rooms)
        counts = self.result.counts
        counts.unchanged = shown - counts.release - counts.redact
        gone = counts.release + counts.redact + counts.hold + counts.dropped + counts.unchanged
        counts.withhold = max(0, heads - gone)

    def _enter(self) -> None:
        counts = msgspec.to_builtins(self.result.counts)
        body = ReleaseRun(
            at=self.result.at,
            programme=self.programme,
            party=self.party,
            policy_hash=self.policy.hash,
            counts=counts,
            inputs_hash=self.inputs.hexdigest(),
            decisions_root=self.decided.root().hex(),
        )
        with self.node.store.write() as tx:
            append(tx.logs, MASTER, [draft(body)], at=self.at, entropy=self.node.entropy)
            sign_log(self.node, tx, MASTER)


def with_supports(read: Read, heads: Sequence[Held]) -> Iterator[tuple[Held, Held]]:
    """Yield each head, then its supports, each with its head: clauses match the head, labels are each object's own."""
    supports = findings.supports_of(read, [head.seq for head in heads])
    for head in heads:
        yield head, head
        for held in findings.findings_of(read, supports.get(head.seq, ())):
            yield held, head


def _expiry(decision: Decision, at_us: int) -> int | None:
    ends = [decision.expires_us] if decision.expires_us is not None else []
    if decision.duties is not None and decision.duties.delete_after:
        ends.append(shift_us(at_us, decision.duties.delete_after))
    return min(ends, default=None)
