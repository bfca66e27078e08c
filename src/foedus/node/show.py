"""What a node holds and why something goes or does not go: for people of the own party."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from foedus.account.ledger import append
from foedus.errors import FoedusError, InputError
from foedus.label.text import marking
from foedus.model import ijson, instant
from foedus.model.entry import MASTER, Draft
from foedus.model.finding import Key
from foedus.model.picture import Picture
from foedus.model.stix import read as read_stix
from foedus.node import vault
from foedus.node.agreements import Agreement, why_not
from foedus.node.chosen import all_edges
from foedus.node.facts import Known
from foedus.node.home import Node
from foedus.node.label import Labeller, finding_of
from foedus.node.naming import room_words
from foedus.node.partial import Partial, partial_of
from foedus.node.subject import subject_of
from foedus.node.view import rooms_of, view_name
from foedus.release.decide import decide
from foedus.release.explain import explain, would_release
from foedus.store import findings, lookups, quarantine, state, torn, values
from foedus.store.engine import Read
from foedus.store.findings import Held, Neighbour
from foedus.store.released import Showing
from foedus.store.released import showings as showings_of
from foedus.store.values import Related

MOST_RELATED = 20


class Shown(msgspec.Struct, frozen=True):
    """One version of an object: its label in words, where it came from, who may see it since when, what tells the same story.

    ``partial`` says what a part of an object proves; None: it is whole, as far as it says.
    """

    object_id: str
    version: str
    type: str
    kind: str
    title: str
    owner: str
    label: str
    source: str
    pointer: str
    stored_at: str
    because: tuple[str, ...]
    values: tuple[dict[str, Any], ...]
    released: tuple[tuple[str, str], ...]
    corroborated: tuple[str, ...]
    partial: Partial | None
    object: Any


class Why(msgspec.Struct, frozen=True):
    """Why one object goes, or does not go, to one party under one programme."""

    object_id: str
    version: str
    party: str
    programme: str
    area: str
    outcome: str
    label: str
    sentences: tuple[str, ...]
    reasons: tuple[dict[str, str], ...]
    clauses: tuple[dict[str, Any], ...]
    duties: tuple[tuple[str, str, str], ...]
    waits_for: tuple[str, ...]
    would_release: tuple[tuple[str, ...], ...]
    shown_since: str
    programme_digest: str
    policy_hash: str


class Row(msgspec.Struct, frozen=True):
    """One finding in a list."""

    object_id: str
    kind: str
    title: str
    owner: str
    label: str
    urgency: int


class Source(msgspec.Struct, frozen=True):
    """A source with the label a person gave it."""

    id: str
    area: str
    uri: str
    label: str
    given_by: str
    at: str


class Refused(msgspec.Struct, frozen=True):
    """A part in quarantine; ``head`` is what is kept of its bytes, as text."""

    number: int
    at: str
    area: str
    source: str
    where: str
    code: str
    message: str
    hint: str
    state: str
    head: str = ""


def versions(read: Read, object_id: str) -> list[Held]:
    """Return every version held of an object.

    Raises:
        InputError: the node does not hold it.
    """
    held = findings.versions_of(read, object_id)
    if not held:
        raise InputError(
            "this node holds no such object", code="object-unknown", where=object_id, hint="foedus show --list"
        )
    return held


class Around(NamedTuple):
    """What is held around the versions of an object: where they are shown, what they hold, what stands beside them."""

    showings: list[Showing]
    values: dict[int, list[Key]]
    beside: list[Neighbour]
    related: list[Related]

    def matching(self, held: Held) -> list[Neighbour]:
        """Return what tells the story of a version, the surest first."""
        found = [one for one in self.beside if one.how == "match" and one.of == held.seq]
        return sorted(found, key=lambda one: (-one.score, *sorted((one.of, one.held.seq))))

    def targets(self) -> list[Held]:
        """Return what the current version refers to, by row."""
        return [one.held for one in self.beside if one.how == "target"]

    def pictured(self, held: Held) -> list[Held]:
        """Return what a picture of the current version is made from beside it: what it refers to, what supports it."""
        supports = [one.held for one in self.beside if one.how == "support" and one.of == held.seq]
        return sorted({one.seq: one for one in (*self.targets(), *supports)}.values(), key=lambda one: one.seq)


def around(read: Read, held: Sequence[Held]) -> Around:
    """Return what is held around the versions of an object, the current one first; as many questions for one as for all."""
    seqs = [one.seq for one in held]
    related = values.related(read, seqs[0], limit=MOST_RELATED)
    targets = {edge.target for edge in all_edges(read_stix(held[0].raw))}
    beside = findings.neighbours(read, seqs, targets, [one.seq for one in related])
    return Around(showings_of(read, held[0].object_id), values.values_by(read, seqs), beside, related)


def show(node: Node, object_id: str) -> list[Shown]:
    """Return what the node holds of an object, each version."""
    with node.store.read() as read:
        held = versions(read, object_id)
        beside = around(read, held)
        return [shown_of(one, beside) for one in held]


def shown_of(held: Held, beside: Around) -> Shown:
    """Return a version as people read it."""
    showings = [one for one in beside.showings if one.finding_seq == held.seq]
    released = [(one.view.split("|")[2], instant.text(one.added_us)) for one in showings if one.withdrawn_us is None]
    obj = ijson.decode(held.raw)
    return Shown(
        held.object_id,
        held.version,
        held.type,
        held.kind,
        held.title,
        held.owner,
        marking(held.label) if held.label else "no label",
        held.source,
        held.pointer,
        instant.text(held.stored_us),
        held.because,
        tuple(
            {"kind": key.kind, "value": key.norm, "warned": list(key.warned)} for key in beside.values.get(held.seq, ())
        ),
        tuple(released),
        tuple(f"{one.held.owner} {one.held.object_id}: {one.why}" for one in beside.matching(held)),
        partial_of(obj, held.source),
        obj,
    )


def picture(node: Node, object_id: str, language: str = "en") -> Picture:
    """Return the room's picture of an object's current version, from the objects this node holds."""
    with node.store.read() as read:
        held = versions(read, object_id)
        return picture_of(node, held[0], around(read, held[:1]), language)


def picture_of(node: Node, held: Held, beside: Around, language: str = "en") -> Picture:
    """Return the room's picture of a finding at hand, with what it refers to and what supports it."""
    objects = [read_stix(one.raw) for one in beside.pictured(held)]
    return node.rooms[held.room].show(finding_of(held), objects, say=room_words(node)[held.room].say(language))


def rows(
    node: Node, *, room: str = "", kind: str = "", owner: str = "", limit: int = 50, every: bool = False
) -> list[Row]:
    """Return the newest findings; what only comes along with others is there with ``every``, or where its kind is asked for."""
    query = findings.FindingQuery(limit=limit, room=room, kind=kind, owner=owner, stories=not (kind or every))
    with node.store.read() as read:
        return [
            Row(
                one.object_id,
                one.kind,
                one.title,
                one.owner,
                marking(one.label) if one.label else "no label",
                one.urgency,
            )
            for one in findings.find(read, query)
        ]


def why(node: Node, object_id: str, party: str, programme: str = "", *, enter: bool = True) -> list[Why]:
    """Explain, for one party, what becomes of an object now, under each programme in force or the one named.

    Asking about a denial is itself entered in the private log.
    """
    at = node.clock.now()
    agreements = [node.agreements.of(programme, at)] if programme else node.agreements.all(at)
    chosen = [one for one in agreements if one.programme.party(party) is not None]
    if not chosen:
        raise InputError(f"no programme here names {party!r}", code="party-unknown", hint="foedus programme show")
    with node.store.read() as read:
        held = versions(read, object_id)[0]
        pairs = [(agreement, party) for agreement in chosen]
        found = whys(node, read, held, showings_of(read, object_id), pairs)
    if enter:
        _enter(node, [one for one in found if one.outcome in ("hold", "withhold")])
    return found


def whys(
    node: Node, read: Read, held: Held, showings: Sequence[Showing], pairs: Sequence[tuple[Agreement, str]]
) -> list[Why]:
    """Explain, for parties under agreements, what becomes of a finding now, by area."""
    reasons = _Reasons(node, read, held, showings, pairs)
    return [
        reasons.why(agreement, party, area.id)
        for agreement, party in pairs
        for area in agreement.programme.areas
        if held.room in rooms_of(node, area)
    ]


class _Reasons:
    """What becomes of one finding for several parties; what bears on all of them is read once."""

    def __init__(
        self, node: Node, read: Read, held: Held, showings: Sequence[Showing], pairs: Sequence[tuple[Agreement, str]]
    ) -> None:
        self._node = node
        self._read = read
        self._held = held
        self._at = node.clock.now()
        self._shown = {one.view: one for one in showings if one.finding_seq == held.seq and one.withdrawn_us is None}
        self._edges = all_edges(read_stix(held.raw))
        self._known = Known(node, read, pairs, self._at)
        if held.owner != node.party:
            self._known.look_up([(held.object_id, held.version, held.owner)])

    @cached_property
    def _seen(self) -> dict[str, set[str]]:
        """The views that show what it refers to."""
        targets = {edge.target for edge in self._edges}
        return lookups.views_showing(self._read, targets, instant.to_us(self._at))

    @cached_property
    def _torn(self) -> bool:
        """Whether something is left of it without the parts that are marked apart."""
        return torn.rest_of(self._read, self._held.seq) is not None

    @cached_property
    def _unlabelled(self) -> FoedusError | None:
        labeller = Labeller(self._node, self._at) if self._held.label is None else None
        return None if labeller is None else labeller.why_unlabelled(self._read, finding_of(self._held))

    def why(self, agreement: Agreement, party: str, area: str) -> Why:
        """Explain it for one party and area."""
        held, at, programme = self._held, self._at, agreement.programme
        policy = self._node.agreements.policy(agreement, at)
        facts = self._known.facts(agreement, party, area)
        row = self._shown.get(view_name(programme.id, party, area))
        if row is not None and row.label_id == held.label_id:
            # It went: whoever had to approve it did.
            facts = msgspec.structs.replace(facts, approved=frozenset({(held.object_id, held.version)}))
        subject = subject_of(held, area, held.kind)
        decision = decide(subject, party, policy, at, "", facts)
        told = explain(decision, policy, programme)
        names = {view_name(programme.id, party, one.id) for one in programme.areas}
        goes = decision.outcome in ("release", "redact")
        return Why(
            held.object_id,
            held.version,
            party,
            programme.id,
            area,
            decision.outcome,
            marking(held.label) if held.label else "no label",
            (*told.sentences, *self._beside(agreement, went=row is not None and decision.outcome == "withhold")),
            tuple(msgspec.to_builtins(reason) for reason in decision.reasons),
            tuple(msgspec.to_builtins(clause) for clause in told.clauses),
            told.duties,
            self._waits_for(names) if goes and row is None else (),
            () if goes else would_release(subject, party, policy, at, "", facts),
            instant.text(row.added_us) if row is not None else "",
            decision.programme_digest,
            decision.policy_hash,
        )

    def _beside(self, agreement: Agreement, *, went: bool) -> Iterator[str]:
        """Yield in sentences what the decision alone does not say."""
        if not agreement.in_force:
            yield f"The programme is not in force: {why_not(agreement)}."
        if went and self._torn:
            yield "What is left of it without the parts that are marked apart went."
        if self._unlabelled is not None:
            yield f"It has no label: {self._unlabelled}"

    def _waits_for(self, names: set[str]) -> tuple[str, ...]:
        """References that a recipient does not see yet, and without which the object may not stand."""
        return tuple(
            f"{edge.path}: {edge.target}"
            for edge in self._edges
            if edge.kind and names.isdisjoint(self._seen.get(edge.target, ()))
        )


def _enter(node: Node, denied: Sequence[Why]) -> None:
    if not denied:
        return
    at = node.clock.now()
    drafts = [
        Draft(
            "release.denied" if one.outcome == "withhold" else "decision.held",
            {
                "at": instant.text(instant.to_us(at)),
                "programme": one.programme,
                "parties": [node.party, one.party],
                "area": one.area,
                "object_id": one.object_id,
                "reasons": [reason["code"] for reason in one.reasons],
                "policy_hash": one.policy_hash,
            },
        )
        for one in denied
    ]
    with node.store.write() as tx:
        append(tx.logs, MASTER, drafts, at=at, entropy=node.entropy)


def sources(node: Node) -> list[Source]:
    """Return the sources of all rooms with their labels."""
    with node.store.read() as read:
        held = [one for room in sorted(node.rooms) for one in state.sources(read, room)]
    return [
        Source(
            one.id,
            one.area,
            one.uri,
            marking(one.label) if one.label else "no label",
            one.given_by,
            instant.text(one.at_us),
        )
        for one in held
    ]


def refused(
    node: Node, *, all_states: bool = False, limit: int = 100, area: str = "", before: int | None = None
) -> list[Refused]:
    """Return the newest parts in quarantine, the open ones or all; of one area, before one number, where asked."""
    with node.store.read() as read:
        held = quarantine.refusals(read, area=area, before_id=before, limit=limit)
        for word in ("accepted", "discarded") if all_states else ():
            held += quarantine.refusals(read, word, area=area, before_id=before, limit=limit)
    return [refused_of(one) for one in sorted(held, key=lambda one: -one.id)]


def refused_one(node: Node, number: int) -> Refused:
    """Return one part in quarantine with what is kept of its bytes.

    Raises:
        InputError: there is none of that number.
    """
    with node.store.read() as read:
        found = quarantine.refusal(read, number)
        held = None if found is None else vault.whole(node, read, found)
    if held is None:
        raise InputError(f"no part {number} in quarantine", code="quarantine-unknown", hint="foedus quarantine list")
    return msgspec.structs.replace(refused_of(held), head=held.refusal.raw.decode("utf-8", "backslashreplace"))


def refused_of(one: quarantine.Quarantined) -> Refused:
    """Return a part as people read it, without its bytes."""
    part = one.refusal
    at = instant.text(one.at_us)
    return Refused(one.id, at, part.area, part.source, part.where, part.code, part.message, part.hint, one.state)
