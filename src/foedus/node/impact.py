"""Impact of a new version before anybody signs: what the node holds, decided for each party under both; nothing is written.

The store is read once, in batches; per party only counts and a few examples are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from foedus.errors import InputError, UnknownParty
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.decision import Decision, Facts
from foedus.node.agreements import Agreement
from foedus.node.facts import facts_of
from foedus.node.home import Node, Progress, silent
from foedus.node.programmes import bytes_of
from foedus.node.release import BATCH
from foedus.node.subject import subject_of
from foedus.node.view import rooms_of, view_name, with_supports
from foedus.programme import agree
from foedus.programme.document import Document, digest, read_valid
from foedus.release.compile import compile as compile_policy
from foedus.release.impact import GOES, Item, Side, Tally, Verdict, Way, compare
from foedus.release.policy import Policy
from foedus.store import lookups, views
from foedus.store.engine import Read
from foedus.store.findings import Held

Standing = Literal["both", "joins", "leaves"]


class Asked(msgspec.Struct, frozen=True):
    """What somebody wants to see: one party or all, how many examples of each change, on which day (none: now)."""

    party: str = ""
    examples: int = 3
    day: date | None = None


class Example(msgspec.Struct, frozen=True):
    """One object that goes differently: who decided what, and in words why it does not go where it does not."""

    object_id: str
    title: str
    label: str
    area: str
    kind: str
    supports: bool
    before: str
    after: str
    clauses_before: tuple[str, ...]
    clauses_after: tuple[str, ...]
    why_before: str
    why_after: str
    profiles_before: tuple[str, ...]
    profiles_after: tuple[str, ...]
    differs: tuple[str, ...]


class Change(msgspec.Struct, frozen=True):
    """How many objects turn from one outcome to another, or stay and differ, with examples."""

    way: Way
    before: str
    after: str
    objects: int
    examples: tuple[Example, ...]


class PartyImpact(msgspec.Struct, frozen=True):
    """What changes for one party. ``changes``: loosening first; ``different`` has the same outcome and other terms."""

    party: str
    standing: Standing
    objects: int
    loosening: int
    tightening: int
    different: int
    shows_more: int
    unchanged: int
    changes: tuple[Change, ...]
    differs: dict[str, int]
    outcomes: dict[str, int]


class Version(msgspec.Struct, frozen=True):
    """One of the two documents; ``note`` says why nothing goes under it on that day, if so."""

    name: str
    id: str
    version: str
    status: str
    digest: str
    policy_hash: str
    note: str


class Impact(msgspec.Struct, frozen=True):
    """What a new version would change, as of one instant and as if both were signed by everybody."""

    at: str
    old: Version
    new: Version
    findings: int
    parties: tuple[PartyImpact, ...]


class _Compiled(NamedTuple):
    agreement: Agreement
    policy: Policy
    said: Version

    def rooms(self, node: Node, area_id: str) -> Sequence[str]:
        """Return the rooms that serve an area here; none where the node's party is no party of it."""
        programme = self.agreement.programme
        if programme.party(node.party) is None:
            return ()
        return [room for area in programme.areas if area.id == area_id for room in rooms_of(node, area)]


def impact(node: Node, old: str, new: str, asked: Asked | None = None, progress: Progress = silent) -> Impact:
    """Return what would go differently under a new document than under an old one.

    Args:
        node: whose findings are decided on; it is only read.
        old: a file, a programme the node holds by its id or word, or the name of a shipped one.
        new: a file, or the name of a shipped programme.
        asked: which party, how many examples, on which day.
        progress: is told how many findings were decided.

    Raises:
        InputError: no such document, or neither names the node's party.
        InvalidProgramme: one of them has errors.
        UnknownParty: neither document names the party asked for.
    """
    asked = asked or Asked()
    at = node.clock.now() if asked.day is None else datetime.combine(asked.day, time(), UTC)
    sides = (_compiled(_old(node, old, at), old, at), _compiled(_read(new), new, at))
    return _Comparison(node, sides, at, asked).run(progress)


def _read(name: str) -> Document:
    return read_valid(bytes_of(name), name=name)


def _old(node: Node, name: str, at: datetime) -> Document:
    if not Path(name).is_file():
        for held in node.agreements.all(at):
            if name in (held.programme.id, held.word):
                return held.document
    return _read(name)


def _compiled(document: Document, name: str, at: datetime) -> _Compiled:
    programme = document.programme
    # A text still under negotiation is judged as what it is to become; one that ended stays ended.
    agreed = "agreed" if programme.status in ("draft", "negotiation") else programme.status
    own = digest(document)
    as_if = msgspec.structs.replace(programme, status=agreed)
    policy = compile_policy(as_if, at, digest=own, in_force=True)
    agreement = Agreement(document, own, agree.standing(document, at), accepted=False, day=at.date())
    said = Version(name, programme.id, programme.version, programme.status, own, policy.hash, policy.ir.not_in_force)
    return _Compiled(agreement, policy, said)


class _Comparison:
    """One comparison, at one instant."""

    def __init__(self, node: Node, sides: tuple[_Compiled, _Compiled], at: datetime, asked: Asked) -> None:
        self.node, self.sides, self.at, self.asked = node, sides, at, asked
        self.at_us = instant.to_us(at)
        self.parties = [_ForParty(one, standing, asked.examples) for one, standing in self._recipients()]
        self.findings = 0

    def run(self, progress: Progress) -> Impact:
        """Run it."""
        areas = dict.fromkeys(area.id for side in self.sides for area in side.agreement.programme.areas)
        with self.node.store.read() as read:
            for area in areas:
                rooms = [side.rooms(self.node, area) for side in self.sides]
                self._limits = {one.party: self._facts(read, one.party, area) for one in self.parties}
                for room in dict.fromkeys([*rooms[0], *rooms[1]]):
                    serves = room in rooms[0], room in rooms[1]
                    for heads in _batches(read, room):
                        self._batch(read, area, heads, serves)
                        progress("impact", self.findings, None)
        old, new = (side.said for side in self.sides)
        return Impact(instant.text(self.at_us), old, new, self.findings, tuple(one.told() for one in self.parties))

    def _recipients(self) -> list[tuple[str, Standing]]:
        old, new = ([party.id for party in side.agreement.programme.parties] for side in self.sides)
        own = self.node.party
        if own not in (*old, *new):
            known = ", ".join(dict.fromkeys((*old, *new)))
            hint = f"parties: {known}"
            raise InputError(f"{own} is a party of neither", code="not-a-party", where=self.sides[1].said.id, hint=hint)
        others = [one for one in dict.fromkeys((*old, *new)) if one != own]
        wanted = [one for one in others if self.asked.party in ("", one)]
        if not wanted:
            hint = f"parties: {', '.join(others)}"
            raise UnknownParty(f"neither document has a recipient {self.asked.party!r}", hint=hint)
        return [(one, "leaves" if one not in new else "joins" if one not in old else "both") for one in wanted]

    def _facts(self, read: Read, party: str, area: str) -> list[Facts]:
        """Return what the ledger says before the first finding of an area, under each side."""
        found = []
        for side in self.sides:
            found.append(facts_of(self.node, read, side.agreement, party, area, self.at))
        return found

    def _batch(self, read: Read, area: str, heads: Sequence[Held], serves: tuple[bool, bool]) -> None:
        self.findings += len(heads)
        pairs = list(with_supports(read, heads))
        place = {held.seq: index for index, (held, head) in enumerate(pairs) if held is head}
        items = [Item(subject_of(held, area, head.kind), place[head.seq]) for held, head in pairs]
        for one in self.parties:
            facts = self._limits[one.party]
            old, new = (
                Side(side.policy, self._with_sent(read, side, facts[n], (one.party, area, pairs)), serves[n])
                for n, side in enumerate(self.sides)
            )
            verdicts, counts = compare(items, one.party, old, new, self.at)
            self._limits[one.party] = [
                msgspec.structs.replace(facts[n], counts=counts[n]) for n in range(len(self.sides))
            ]
            for (held, head), verdict in zip(pairs, verdicts, strict=True):
                one.add(held, head, area, verdict)

    def _with_sent(
        self, read: Read, side: _Compiled, facts: Facts, what: tuple[str, str, Sequence[tuple[Held, Held]]]
    ) -> Facts:
        """Return the facts with what the party sees already: only a limit asks for it."""
        party, area, pairs = what
        programme = side.agreement.programme
        if all(clause.limit is None for clause in programme.release.clauses):
            return facts
        known = {held.seq: (held.object_id, held.version) for held, _ in pairs}
        rows = views.shown(read, view_name(programme.id, party, area), sorted(known))
        now = (row.finding_seq for row in rows if row.expires_us is None or row.expires_us > self.at_us)
        return msgspec.structs.replace(facts, sent=frozenset(known[seq] for seq in now))


class _ForParty:
    """Counts and examples for one party."""

    def __init__(self, party: str, standing: Standing, most: int) -> None:
        self.party, self.standing, self.most = party, standing, most
        self.tally = Tally()
        self.examples: dict[tuple[str, str], list[Example]] = {}
        # Where the outcome stays, what shows more than before is what a person must see.
        self.more: dict[tuple[str, str], list[Example]] = {}

    def add(self, held: Held, head: Held, area: str, verdict: Verdict) -> None:
        """Count a verdict, and keep it as an example while there are few."""
        self.tally.add(verdict)
        if verdict.way == "unchanged":
            return
        kept = self.more if verdict.shows_more else self.examples
        of_these = kept.setdefault((verdict.before.outcome, verdict.after.outcome), [])
        if len(of_these) < self.most:
            of_these.append(_example(held, head, area, verdict))

    def told(self) -> PartyImpact:
        """Return the report."""
        tally = self.tally
        return PartyImpact(
            self.party,
            self.standing,
            tally.of.total(),
            tally.count("loosening"),
            tally.count("tightening"),
            tally.count("different"),
            tally.shows_more,
            tally.count("unchanged"),
            tuple(self._changes()),
            dict(sorted(tally.differs.items())),
            {f"{before} -> {after}": count for before, after, count in tally.outcomes()},
        )

    def _changes(self) -> Iterator[Change]:
        ways: tuple[Way, ...] = ("loosening", "tightening", "different")
        for way in ways:
            for before, after, count in self.tally.steps(way):
                examples = [*self.more.get((before, after), ()), *self.examples.get((before, after), ())]
                yield Change(way, before, after, count, tuple(examples[: self.most]))


def _batches(read: Read, room: str) -> Iterator[list[Held]]:
    after = 0
    while heads := lookups.heads_after(read, room, after, BATCH):
        yield heads
        after = heads[-1].seq


def _example(held: Held, head: Held, area: str, verdict: Verdict) -> Example:
    before, after = verdict.before, verdict.after
    return Example(
        held.object_id,
        held.title or head.title,
        marking(held.label) if held.label else "no label",
        area,
        head.kind,
        held is not head,
        before.outcome,
        after.outcome,
        before.clauses,
        after.clauses,
        _why_not(before),
        _why_not(after),
        before.profiles,
        after.profiles,
        verdict.differs,
    )


def _why_not(decision: Decision) -> str:
    if decision.outcome in GOES or not decision.reasons:
        return ""
    first = decision.reasons[0]
    by = f" under {first.clause}" if first.clause else ""
    return f"{first.code}: {first.field} is {first.actual}, needs {first.required}{by}"
