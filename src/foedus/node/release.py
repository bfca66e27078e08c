"""Verb ``release``: candidates to decisions, decisions closed over references, redacted, screened, shown, entered.

The run reads in batches and keeps per object an index, per reference two integers; bytes are read again when they go out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from foedus.account import merkle
from foedus.account.bodies import ReleaseExpired, ReleaseRun, ReleaseSent, draft
from foedus.account.ledger import append
from foedus.model import instant, stix
from foedus.model.decision import Decision
from foedus.model.duration import shift_us
from foedus.model.entry import MASTER, Draft
from foedus.model.label import Label
from foedus.model.programme import Area
from foedus.node import corroborate
from foedus.node.agreements import Agreement
from foedus.node.analyse import take_up
from foedus.node.chosen import Chosen, Pick, all_edges
from foedus.node.ends import Ends
from foedus.node.facts import facts_of
from foedus.node.home import Node, Progress, silent
from foedus.node.queue import Desk, Out, apart
from foedus.node.signing import sign_log, why_halted
from foedus.node.subject import subject_of
from foedus.node.tearing import Tearing
from foedus.node.view import (
    covering,
    keep_facets,
    pair_log,
    reader_name,
    rooms_of,
    secrets_of,
    view_name,
    with_supports,
)
from foedus.release.decide import decide_counted
from foedus.release.redact import Redacted
from foedus.store import approvals, candidates, evidence, findings, lookups, recalls, views
from foedus.store.candidates import Predicate
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


def release(node: Node, party: str = "", programme: str = "", progress: Progress = silent) -> list[Run]:
    """Decide on everything that may go, to one party or to every one, under one programme or all in force.

    Raises:
        InputError: the programme is not known here.
        ExpiredProgramme: a programme named is not in force.
    """
    take_up(node)
    at = node.clock.now()
    held = [node.agreements.required(programme, at)] if programme else node.agreements.in_force(at)
    return [
        _Release(node, agreement, one.id, at).run(progress)
        for agreement in held
        for one in agreement.programme.parties
        if one.id != node.party and party in ("", one.id)
    ]


def release_due(node: Node) -> list[Run]:
    """Release what people approved and whose countdown is over, and nothing else."""
    at = node.clock.now()
    with node.store.read() as read:
        due = approvals.given_before(read, instant.to_us(at) - round(node.config.approve_countdown_s * 1_000_000))
    held = {agreement.programme.id: agreement for agreement in node.agreements.in_force(at)} if due else {}
    return [
        _Release(node, held[programme], party, at).run_approved()
        for programme, party in sorted(due)
        if programme in held
    ]


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
        self.left: set[int] = set()
        self.ends = Ends(agreement, self.policy, self.at_us)
        self.tearing = Tearing(node, party, self.policy, at, self.ends)

    def run(self, progress: Progress) -> Run:
        """Run it; to whom nothing may be signed, nothing goes, and the run says why."""
        with self.node.store.read() as read:
            self.result.note = why_halted(self.node, read, self.programme, self.party)
        if self.result.note:
            return self.result
        keep_facets(self.node, self.policy)
        with self.node.store.write() as tx:
            self._open(tx)
        self._withdraw()
        with self.node.store.read() as read:
            chosen, order = self._chosen(read, progress)
        self._write(chosen, order, progress)
        self.result.counts.hold -= self._approved()
        self._count_rest()
        self._enter()
        return self.result

    def _chosen(self, read: Read, progress: Progress) -> tuple[Chosen, list[int]]:
        """Choose what goes; where a clause has a limit, again without what cannot stand, which would take places unseen."""
        limited = any(clause.limit is not None for clause in self.agreement.programme.release.clauses)
        while True:
            self._begin()
            chosen = Chosen(self.node.entropy(16))
            for area in self.areas:
                self._choose(read, area, chosen, progress)
            chosen.resolve()
            order = self._close(read, chosen)
            left = [chosen.pick(index).seq for index in chosen.dropped_some(len(chosen))] if limited else []
            if not left:
                return chosen, order
            self.left.update(left)

    def _begin(self) -> None:
        self.decided = merkle.Frontier.of(0, lambda _wanted: [])
        self.inputs = hashlib.sha256()
        self.supports: set[tuple[str, int]] = set()
        counts = self.result.counts
        counts.hold = counts.withhold = 0
        counts.dropped = len(self.left)
        self.result.examples = []

    def run_approved(self) -> Run:
        """Release what is approved alone; nothing while the pair is halted."""
        with self.node.store.read() as read:
            self.result.note = why_halted(self.node, read, self.programme, self.party)
        if self.result.note:
            return self.result
        self._begin()
        keep_facets(self.node, self.policy)
        if self._approved():
            self._count_rest()
            self._enter()
        return self.result

    def _open(self, tx: Tx) -> None:
        self.log = pair_log(self.node, tx, self.programme, self.party)
        for area in self.areas:
            views.open_view(tx, self._view(area.id), reader_name(self.programme, self.party))

    def _view(self, area: str) -> str:
        return view_name(self.programme, self.party, area)

    def _predicate(self, area: str) -> Predicate:
        return covering(self.policy, self.party, area, self.at, again_us=self.at_us)

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
        return draft(
            ReleaseExpired(
                at=self.result.at,
                programme=self.programme,
                parties=(self.node.party, self.party),
                area=area,
                object_id=object_id,
                cause="not-covered",
            )
        )

    def _choose(self, read: Read, area: Area, chosen: Chosen, progress: Progress) -> None:
        self.facts = facts_of(self.node, read, self.agreement, self.party, area.id, self.at)
        rooms = rooms_of(self.node, area)
        batch: list[Held] = []
        for held in candidates.candidates(read, self._predicate(area.id), rooms, self._view(area.id)):
            batch.append(held)
            if len(batch) == BATCH:
                self._decide(read, area, batch, chosen)
                progress("release", len(chosen), None)
                batch = []
        self._decide(read, area, batch, chosen)
        self._tear(read, area, chosen)

    def _tear(self, read: Read, area: Area, chosen: Chosen) -> None:
        """Choose what is withheld whole and may go without the parts that are marked apart."""
        rooms, view = rooms_of(self.node, area), self._view(area.id)
        held = candidates.candidates(read, self._predicate(area.id), rooms, view, which="torn")
        names = [self._view(one.id) for one in self.areas]
        wanted = (one for one in held if one.seq not in self.left)
        for pick, left, decision in self.tearing.picks(read, wanted, area.id, self.facts):
            self.decided.append(merkle.leaf_hash(msgspec.json.encode(decision)))
            self.inputs.update(bytes.fromhex(left.sha256) + decision.label_hash.encode())
            targets = {edge.target for edge in all_edges(left)}
            chosen.add([pick], [left], lookups.visible_ids(read, names, targets, self.at_us))

    def _decide(self, read: Read, area: Area, batch: list[Held], chosen: Chosen) -> None:
        pairs = [pair for pair in with_supports(read, batch) if pair[0].seq not in self.left]
        subjects = [subject_of(held, area.id, head.kind) for held, head in pairs]
        decided, counts = decide_counted(subjects, self.party, self.policy, self.at, "", self.facts)
        decisions = self.ends.lasting(subjects, decided, self.facts)
        # A limit is one for the whole run, not one a batch.
        self.facts = msgspec.structs.replace(self.facts, counts=counts)
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
            # What supports several findings goes once.
            if goes and (area.id, held.seq) not in self.supports:
                if held is not head:
                    self.supports.add((area.id, held.seq))
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
        chosen.settle(read, secrets_of(self.node, self.programme, self.party))
        dropped = [chosen.pick(index) for index in chosen.dropped_some(len(chosen))]
        self.result.counts.dropped += sum((one.area, one.seq) not in self.supports for one in dropped)
        for index in chosen.dropped_some(3):
            held_id = chosen.object_ids(read, [index])[0]
            self.result.examples.append(
                Example(held_id, "dropped", "it refers to something the recipient does not see")
            )
        return chosen.in_order()

    def _write(self, chosen: Chosen, order: Sequence[int], progress: Progress) -> None:
        for start in range(0, len(order), WRITE):
            indices = order[start : start + WRITE]
            with self.node.store.write() as tx:
                self._show(tx, chosen, indices)
                sign_log(self.node, tx, self.log)
            progress("release", start + len(indices), len(order))

    def _show(self, tx: Tx, chosen: Chosen, indices: Sequence[int]) -> None:
        by_seq = {one.seq: one for one in findings.findings_of(tx, sorted(chosen.pick(i).seq for i in indices))}
        # What was recalled, or is gone, since it was decided on does not go any more.
        back = recalls.withheld(tx, self.party)
        by_seq = {seq: one for seq, one in by_seq.items() if (one.object_id, one.version) not in back}
        secrets = secrets_of(self.node, self.programme, self.party)
        outs: list[Out] = []
        for index in (one for one in indices if chosen.pick(one).seq in by_seq):
            pick = chosen.pick(index)
            made = chosen.outgoing(tx, index, by_seq[pick.seq], secrets)
            assert made is not None, "the closure made sure of it"
            outs.append(Out(pick, by_seq[pick.seq], made))
        self._put(tx, outs)

    def _approved(self) -> int:
        """Let go what people approved, once each countdown is over: the very bytes that the approval's hash is over."""
        with self.node.store.read() as read:
            if not approvals.standing(read, self.programme, self.party):
                return 0
        with self.node.store.write() as tx:
            ready = Desk(self.node, self.agreement, self.party, self.at).ready(tx)
            if ready:
                self._open(tx)
            for outs in apart(ready):
                self._put(tx, self._lasting(tx, outs))
            for item in ready:
                self.inputs.update(bytes.fromhex(item.hash))
                self.decided.append(merkle.leaf_hash(msgspec.json.encode(item.decision)))
            if ready:
                sign_log(self.node, tx, self.log)
            sign_log(self.node, tx, MASTER)
        went = {item.held.object_id for item in ready}
        self.result.examples = [one for one in self.result.examples if one.object_id not in went]
        return len(ready)

    def _lasting(self, tx: Tx, outs: Sequence[Out]) -> list[Out]:
        """Return what goes with the instant until which it stands."""
        found: list[Out] = []
        for pick, held, out in outs:
            facts = facts_of(self.node, tx, self.agreement, self.party, pick.area, self.at)
            [lasting] = self.ends.lasting([subject_of(held, pick.area, pick.kind)], [pick.decision], facts)
            found.append(Out(pick._replace(decision=lasting), held, out))
        return found

    def _put(self, tx: Tx, outs: Sequence[Out]) -> None:
        by_area: dict[str, tuple[list[views.Showing], list[Draft]]] = {}
        for pick, held, out in outs:
            raw, sha256 = (out.raw, hashlib.sha256(out.raw).digest()) if out.changed else (None, held.sha256)
            expires, once = _expiry(pick.decision, self.at_us)
            showings, drafts = by_area.setdefault(pick.area, ([], []))
            showings.append(views.Showing(held.seq, expires, raw, sha256 if raw is not None else b"", once=once))
            label = self.tearing.label(tx, held, pick, out.raw) if out.changed else held.label
            drafts.append(self._sent(held, pick, (sha256, out, label), expires))
            if out.changed:
                self.result.counts.redact += 1
            else:
                self.result.counts.release += 1
        for area, (showings, drafts) in by_area.items():
            views.add_view_rows(tx, self._view(area), showings, self.at_us)
            # What was torn off an object may be what it matched by, and the hash of the whole would let it be guessed.
            whole = [one.seq for one in showings if one.raw is None]
            told = corroborate.due(self.node, tx, self.log, area, whole, self.at)
            seqs = append(tx.logs, self.log, [*drafts, *told], at=self.at, entropy=self.node.entropy)
            sent = [held.object_id for pick, held, _ in outs if pick.area == area]
            evidence.index_sendings(tx, self.log, zip(sent, seqs, strict=False))

    def _sent(self, held: Held, pick: Pick, what: tuple[bytes, Redacted, Label | None], expires: int | None) -> Draft:
        decision, (sha256, out, label) = pick.decision, what
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
            decision="permit-redacted" if out.changed else "permit",
            label=msgspec.to_builtins(label),
            label_hash=label.hash() if label else "",
            clauses=decision.clauses,
            rules_hash=self.policy.rules_hash(self.party),
            bytes_hash=sha256.hex(),
            commitment=out.root,
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
            names = [self._view(area.id) for area in self.areas]
            shown = sum(views.view_size(read, name, self.at_us) for name in names)
            gone = sum(views.heads_shown(read, name, self.at_us) for name in names)
            heads = lookups.heads_of(read, rooms)
        counts = self.result.counts
        counts.unchanged = shown - counts.release - counts.redact
        counts.withhold = max(0, heads - gone - counts.hold - counts.dropped)

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


def _expiry(decision: Decision, at_us: int) -> tuple[int | None, bool]:
    """Return until when a release stands, and whether it is then over for good: what was kept long enough does not go again."""
    duties = decision.duties
    retained = shift_us(at_us, duties.delete_after) if duties is not None and duties.delete_after else None
    ends = [end for end in (decision.expires_us, retained) if end is not None]
    found = min(ends, default=None)
    return found, found is not None and found == retained
