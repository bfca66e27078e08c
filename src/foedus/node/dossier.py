"""All that the node knows of one object, for people of the own party: versions, who has it, what it is linked with, its story."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foedus.account import bodies
from foedus.account.bodies.exchanges import Batch
from foedus.errors import MalformedRecord
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.entry import LogInfo
from foedus.model.stix import read as read_stix
from foedus.node.account import Line
from foedus.node.chosen import all_edges
from foedus.node.home import Node
from foedus.node.recall_state import Standing, standings_of
from foedus.node.show import Shown, show, versions
from foedus.store import findings, lookups, released, values
from foedus.store.engine import Read
from foedus.store.findings import Held

MOST_RELATED = 20
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


def dossier(node: Node, object_id: str) -> Dossier:
    """Return all that the node knows of an object.

    Raises:
        InputError: the node does not hold it.
    """
    shown = show(node, object_id)
    with node.store.read() as read:
        held = versions(read, object_id)
        current = held[0]
        return Dossier(
            tuple(shown),
            current.room,
            current.urgency,
            current.confidence,
            _text(current.from_us),
            _text(current.to_us),
            tuple(_links(read, current)),
            tuple(_related(read, current)),
            tuple(_has(read, held)),
            tuple(standings_of(node, read, object_id)),
        )


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
        for info in read.logs.logs():
            for line in _naming(read, info.name, object_id):
                lines.append(line)
                if info.own and line.kind == "release.sent":
                    sendings.setdefault(info.origin, set()).add(line.seq)
        receipts = [
            one for info in read.logs.logs() if not info.own for one in _receipts(read, info, sendings, object_id)
        ]
    newest = sorted(lines, key=lambda one: one.at, reverse=True)
    return Traces(tuple(newest[:MOST_ENTRIES]), tuple(receipts))


def _naming(read: Read, name: str, object_id: str) -> Iterator[Line]:
    mark = f'"{object_id}"'.encode()
    for seq, stored in enumerate(read.logs.entries(name, 0, read.logs.size(name))):
        if mark in stored.body:
            entry = stored.entry()
            yield Line(name, seq, entry.at, entry.kind, stored.facts())


def _receipts(read: Read, info: LogInfo, sendings: dict[str, set[int]], object_id: str) -> Iterator[Acknowledged]:
    """Yield the receipts in a partner's log for the entries that sent an object."""
    for seq, stored in enumerate(read.logs.entries(info.name, 0, read.logs.size(info.name))):
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
            yield Acknowledged(info.sender, body.at, body.kind_of_entry, info.name, seq, code)


def _links(read: Read, held: Held) -> Iterator[Linked]:
    """Yield what the object refers to, held or not, and what supports it."""
    paths = {edge.target: edge.path for edge in all_edges(read_stix(held.raw))}
    rows = lookups.resolve_all(read, paths)
    others = {one.object_id: one for one in findings.findings_of(read, rows)}
    for target, path in paths.items():
        other = others.get(target)
        yield _linked(other, path) if other is not None else Linked(target, path)


def _related(read: Read, held: Held) -> Iterator[Linked]:
    """Yield findings that share values with it, and those that tell its story, each once."""
    told = {one.b_seq if one.a_seq == held.seq else one.a_seq: one.why for one in findings.matches_of(read, held.seq)}
    shared = {one.seq: one.shared for one in values.related(read, held.seq, limit=MOST_RELATED)}
    for other in findings.findings_of(read, [*told, *shared]):
        yield _linked(other, told.get(other.seq) or str(shared[other.seq]))


def _linked(other: Held, how: str) -> Linked:
    label = marking(other.label) if other.label else ""
    return Linked(other.object_id, how, other.title or other.object_id, other.kind, other.owner, label)


def _has(read: Read, held: list[Held]) -> Iterator[Has]:
    known = {one.seq: one.version for one in held}
    for one in released.showings(read, held[0].object_id):
        _, programme, party, area = one.view.split("|")
        times = map(_text, (one.added_us, one.expires_us, one.withdrawn_us))
        yield Has(party, programme, area, known.get(one.finding_seq, ""), *times)


def _text(at_us: int | None) -> str:
    return "" if at_us is None else instant.text(at_us)
