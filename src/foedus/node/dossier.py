"""All that the node knows of one object, for people of the own party: versions, who has it, what it is linked with, its story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from foedus.account import bodies
from foedus.account.bodies.exchanges import Batch
from foedus.errors import FoedusError, MalformedRecord
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.entry import LogInfo
from foedus.model.picture import Picture
from foedus.model.stix import read as read_stix
from foedus.node import watch
from foedus.node.account import Line
from foedus.node.chosen import all_edges
from foedus.node.home import Node
from foedus.node.recall_state import Standing, standings_of
from foedus.node.show import Around, Shown, Why, around, picture_of, shown_of, versions, whys
from foedus.store.engine import Read
from foedus.store.findings import Held

MOST_ENTRIES = 200


class Linked(msgspec.Struct, frozen=True):
    """Another object: how it is linked with this one, and what is known of it; without title it is not held."""

    object_id: str
    how: str
    title: str = ""
    kind: str = ""
    owner: str = ""
    label: str = ""


class Has(msgspec.Struct, frozen=True):
    """Who is shown it, or was: since when, until when it may be, and when it was taken back."""

    party: str
    programme: str
    area: str
    version: str
    since: str
    until: str = ""
    withdrawn: str = ""


class Dossier(msgspec.Struct, frozen=True):
    """An object as people read it; ``versions`` begins with the current one."""

    versions: tuple[Shown, ...]
    room: str
    urgency: int
    confidence: int | None
    from_at: str
    to_at: str
    links: tuple[Linked, ...]
    related: tuple[Linked, ...]
    has: tuple[Has, ...]
    recalls: tuple[Standing, ...]


class Acknowledged(msgspec.Struct, frozen=True):
    """A partner's receipt for a sending: when it was entered, where, and whether the object was refused."""

    party: str
    at: str
    kind: str
    log: str
    seq: int
    code: str


class Traces(msgspec.Struct, frozen=True):
    """What the ledgers say of an object: entries that name it, and partners' receipts for its sendings."""

    entries: tuple[Line, ...]
    acknowledged: tuple[Acknowledged, ...]


class Seen(NamedTuple):
    """An object and the room's picture of its current version; None: the room cannot draw it."""

    dossier: Dossier
    picture: Picture | None


class Opened(NamedTuple):
    """All that a page says of an object: what becomes of it for each party, how it stands on the watch, who may have that."""

    seen: Seen
    goes: list[Why]
    watch: watch.Standing
    watchers: list[str]


def seen(node: Node, object_id: str, language: str) -> Seen:
    """Return an object with its picture.

    Raises:
        InputError: the node does not hold it.
    """
    with node.store.read() as read:
        held = versions(read, object_id)
        return _seen(node, read, held, around(read, held), language)


def opened(node: Node, object_id: str, language: str) -> Opened:
    """Return all that a page says of an object, as it is at one moment: for each other party under what is in force.

    Raises:
        InputError: the node does not hold it.
    """
    agreements = node.agreements.in_force(node.clock.now())
    pairs = [(one, party.id) for one in agreements for party in one.programme.parties if party.id != node.party]
    with node.store.read() as read:
        held = versions(read, object_id)
        beside = around(read, held)
        return Opened(
            _seen(node, read, held, beside, language),
            whys(node, read, held[0], beside.showings, pairs),
            watch.standing_of(read, held[0]),
            watch.able(read),
        )


def _seen(node: Node, read: Read, held: list[Held], beside: Around, language: str) -> Seen:
    current = held[0]
    found = Dossier(
        tuple(shown_of(one, beside) for one in held),
        current.room,
        current.urgency,
        current.confidence,
        _text(current.from_us),
        _text(current.to_us),
        tuple(_links(current, beside)),
        tuple(_related(current, beside)),
        tuple(_has(held, beside)),
        tuple(standings_of(node, read, current.object_id)),
    )
    try:
        return Seen(found, picture_of(node, current, beside, language))
    except FoedusError:
        # A room that cannot draw what somebody sent takes nothing else of the page with it.
        return Seen(found, None)


def raw(node: Node, object_id: str, version: str = "") -> bytes:
    """Return the bytes of an object as they came, of the current version or of one named.

    Raises:
        InputError: the node does not hold it.
    """
    with node.store.read() as read:
        held = versions(read, object_id)
    return next((one.raw for one in held if one.version == version), held[0].raw)


def traces(node: Node, object_id: str) -> Traces:
    """Return what the ledgers say of an object; it looks through all of them, so it is for who asks."""
    with node.store.read() as read:
        lines: list[Line] = []
        sendings: dict[str, set[int]] = {}
        logs = {info.name: info for info in read.logs.logs()}
        for line in _naming(read, logs, object_id):
            lines.append(line)
            if logs[line.log].own and line.kind == "release.sent":
                sendings.setdefault(logs[line.log].origin, set()).add(line.seq)
        theirs = {name: info for name, info in logs.items() if not info.own}
        receipts = list(_receipts(read, theirs, sendings, object_id))
    newest = sorted(lines, key=lambda one: one.at, reverse=True)
    return Traces(tuple(newest[:MOST_ENTRIES]), tuple(receipts))


def _naming(read: Read, logs: Iterable[str], object_id: str) -> Iterator[Line]:
    mark = f'"{object_id}"'.encode()
    for name, seq, stored in read.logs.since(dict.fromkeys(logs, 0)):
        if mark in stored.body:
            entry = stored.entry()
            yield Line(name, seq, entry.at, entry.kind, stored.facts())


def _receipts(
    read: Read, logs: Mapping[str, LogInfo], sendings: dict[str, set[int]], object_id: str
) -> Iterator[Acknowledged]:
    """Yield the receipts in partners' logs for the entries that sent an object."""
    for name, seq, stored in read.logs.since(dict.fromkeys(logs, 0)):
        if b'"release.acknowledged"' not in stored.leaf and b'"exchange.refused"' not in stored.leaf:
            continue
        try:
            body = bodies.read(stored)
        except MalformedRecord:
            continue
        if not isinstance(body, Batch) or not any(
            body.range[0] <= n < body.range[1] for n in sendings.get(body.log, ())
        ):
            continue
        code = next((one.code for one in body.refused if one.object_id == object_id), "")
        if code or body.kind_of_entry == "release.acknowledged":
            yield Acknowledged(logs[name].sender, body.at, body.kind_of_entry, name, seq, code)


def _links(held: Held, beside: Around) -> Iterator[Linked]:
    """Yield what the object refers to, held or not."""
    others = {one.object_id: one for one in beside.targets()}
    for target, path in {edge.target: edge.path for edge in all_edges(read_stix(held.raw))}.items():
        other = others.get(target)
        yield _linked(other, path) if other is not None else Linked(target, path)


def _related(held: Held, beside: Around) -> Iterator[Linked]:
    """Yield findings that share values with it, and those that tell its story, each once."""
    told = {one.held.seq: one.why for one in beside.matching(held)}
    shared = {one.seq: one.shared for one in beside.related}
    others = {one.held.seq: one.held for one in beside.beside if one.held.seq in told or one.held.seq in shared}
    for seq, other in others.items():
        yield _linked(other, told.get(seq) or str(shared[seq]))


def _linked(other: Held, how: str) -> Linked:
    label = marking(other.label) if other.label else ""
    return Linked(other.object_id, how, other.title or other.object_id, other.kind, other.owner, label)


def _has(held: list[Held], beside: Around) -> Iterator[Has]:
    known = {one.seq: one.version for one in held}
    for one in beside.showings:
        _, programme, party, area = one.view.split("|")
        times = map(_text, (one.added_us, one.expires_us, one.withdrawn_us))
        yield Has(party, programme, area, known.get(one.finding_seq, ""), *times)


def _text(at_us: int | None) -> str:
    return "" if at_us is None else instant.text(at_us)
