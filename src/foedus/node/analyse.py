"""Verb ``analyse``: a room concludes Findings from Records; they are labelled, described and stored with the room's state."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from foedus.account.bodies import FindingCreated, draft
from foedus.account.ledger import append
from foedus.engine import run as engine
from foedus.errors import StoreError
from foedus.model import ijson, instant, stix
from foedus.model.entry import MASTER, Draft
from foedus.model.finding import Finding
from foedus.model.room import Layers, Records, Room
from foedus.model.stix import StixObject
from foedus.node import packs, retention, vault
from foedus.node.corroborate import Came, corroborate
from foedus.node.expire import expire
from foedus.node.home import Node, Progress, silent
from foedus.node.ingest import done_mark, settings_of, waiting
from foedus.node.label import Given, Labeller, keep_rests
from foedus.node.turns import alone
from foedus.store import evidence, findings, handed_in, lookups, objects, recalls, state, views
from foedus.store.engine import Tx
from foedus.store.handed_in import Waiting
from foedus.store.objects import Arrival, Placed
from foedus.store.quarantine import Refusal

BATCH = 500
TRIES = 3
_Place = Callable[[Tx, Sequence[Arrival], int], list[Placed]]
DESK = "desk"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one object that came in: id, version, ``new | newer | older | same | conflict``."""

    id: str
    version: str
    placed: str
    sha256: str


class Analysed(msgspec.Struct):
    """What a run stored: documents, conclusions by kind, and what was there already."""

    area: str
    new: int = 0
    same: int = 0
    conflicts: int = 0
    unlabelled: int = 0
    corroborated: int = 0
    concluded: dict[str, int] = {}

    def take(self, finding: Finding, placed: Placed) -> None:
        """Count one finding."""
        if placed.outcome == "conflict":
            self.conflicts += 1
        elif placed.outcome == "same":
            self.same += 1
        else:
            self.new += 1
            self.unlabelled += finding.label is None
            if not finding.document:
                self.concluded[finding.kind] = self.concluded.get(finding.kind, 0) + 1


def analyse(node: Node, area: str, settings: Mapping[str, Any] | None = None, progress: Progress = silent) -> Analysed:
    """Analyse the records of a room that wait for it.

    Findings and the room's state go in together; after a crash the same records give the same findings again.
    """
    room = node.room(area)
    expire(node)  # nothing may rest on what is over, also where no turn of the node has deleted it yet
    take_up(node)
    result = Analysed(room.name)
    for records in waiting(node, room.name):
        conclude(Arriving(node, room, records, settings=settings), result, progress)
        for path in records.paths:
            done_mark(_path(path)).touch()
    return result


def take_up(node: Node) -> None:
    """Label what parties handed in, and draw conclusions from it: what follows from it is no work of their requests.

    After a crash what was not concluded to its end is concluded again; it adds nothing twice.
    """
    after_seq, tries = -1, TRIES
    while True:
        with node.store.read() as read:
            held = handed_in.waiting(read, after_seq)
        if not held:
            return
        try:
            _take_up(node, held)
        except StoreError as error:
            # Somebody else took some of it up, or it is gone: look again, and in the end leave it for the next turn.
            if error.code != "state-moved":
                raise
            tries -= 1
            if tries:
                continue
        after_seq, tries = held[-1].seq, TRIES


def _take_up(node: Node, held: Sequence[Waiting]) -> None:
    room, owner = node.rooms[held[0].room], held[0].owner
    envelope = io.BytesIO(b'{"objects":[' + b",".join(one.raw for one in held) + b"]}")
    settings = {"format": "stix", "owner": owner}
    read_again = room.ingest(envelope, settings=settings_of(node, room, settings))
    records = engine.records_from(read_again, held[0].source)
    arriving = Arriving(node, room, records, settings=settings, also=_unlabel_again)
    arriving.place = handed_in.take_up
    conclude(arriving, Analysed(room.name))
    with node.store.write() as tx:
        handed_in.settle(tx, [one.seq for one in held])
        state.forget_submissions(tx, instant.to_us(node.clock.now()))


def _unlabel_again(tx: Tx, placed: Sequence[tuple[Finding, Placed]]) -> None:
    lookups.unlabel(tx, handed_in.unlabelled(tx, [where.seq for finding, where in placed if finding.document]))


class Arriving:
    """Records on their way in, and what is known of them.

    Args:
        node: the node.
        room: the room they belong to.
        records: the records.
        settings: what a person set for the room.
        given: label and originator of received bytes, by SHA-256.
        also: called in the transaction of each batch, with what became of it.
    """

    def __init__(
        self,
        node: Node,
        room: Room,
        records: Records,
        *,
        settings: Mapping[str, Any] | None = None,
        given: Mapping[str, Given] | None = None,
        also: Callable[[Tx, Sequence[tuple[Finding, Placed]]], object] | None = None,
    ) -> None:
        self.node = node
        self.room = room
        self.records = records
        self.settings = settings
        self.given = given
        self.also = also
        self.place: _Place = objects.put_findings
        """What stores the documents."""
        self.last: Callable[[Tx], object] = _nothing
        """Called in the transaction that keeps the room's new state."""


def conclude(arriving: Arriving, result: Analysed, progress: Progress = silent) -> None:
    """Run a room's analysis over records and store what it concludes, batch by batch."""
    node, room = arriving.node, arriving.room
    with alone(node, room.name):
        at = node.clock.now()
        with node.store.read() as read:
            version, held = state.room_state_of(read, room.name)
        settings = settings_of(node, room, arriving.settings)
        layers = node.layers.for_run()
        analysis = engine.analyse(room, arriving.records, settings=settings, layers=layers, state=held, at=at)
        keep(arriving, Concluding(analysis, version, layers, at), result, progress)


class Concluding(NamedTuple):
    """A room's analysis on its way into the store: from which version of its state, with which layers, when."""

    analysis: engine.Analysis
    version: int
    layers: Layers
    at: datetime


def keep(arriving: Arriving, made: Concluding, result: Analysed, progress: Progress = silent) -> None:
    """Store what a room concludes, batch by batch, and its new state with the last one."""
    node, room = arriving.node, arriving.room
    analysis, version, layers, at = made
    labeller = Labeller(node, at, arriving.given)
    batches = batched(iter(analysis), BATCH)
    batch = next(batches, [])
    while True:
        following = next(batches, None)
        arrivals = [arrival(room, one, arriving.records.source, layers) for one in batch]
        with node.store.write() as tx:
            # Documents first: a conclusion of the same batch rests on them, and takes label and owner from what is stored.
            arrivals = _standing(tx, arrivals)
            documents = [one for one in arrivals if one.finding.document]
            arrivals = [*documents, *(one for one in arrivals if not one.finding.document)]
            placed = _put(node, tx, labeller, documents, arriving.place)
            placed += _put(node, tx, labeller, arrivals[len(documents) :])
            came = [Came(finding, one.about, where) for (finding, where), one in zip(placed, arrivals, strict=True)]
            result.corroborated += corroborate(node, tx, room, came, at)
            if arriving.also is not None:
                arriving.also(tx, placed)
            retention.inherit(tx, placed)
            if following is None:
                state.put_room_state(tx, room.name, version, analysis.state)
                packs.keep(node, tx, room.name, analysis.packs.values())
                arriving.last(tx)
        for one, where in placed:
            result.take(one, where)
        progress("analyse", result.new + result.same + result.conflicts, None)
        if following is None:
            return
        batch = following


def _nothing(_tx: Tx) -> None:
    """Do nothing beside."""


def arrival(room: Room, finding: Finding, source: str, layers: Layers) -> Arrival:
    """Return a finding on its way in, with what its room says of it."""
    supports = [one.object for one in finding.supports]
    return Arrival(finding, room.about(finding, supports, layers=layers), source, 0, 0)


def _standing(tx: Tx, arrivals: list[Arrival]) -> list[Arrival]:
    """Return what may still be stored: not what a peer called back, nor what rests on that or on what was deleted."""
    grounds = {
        one.finding.head.sha256: _grounds(one.finding)
        | ({one.finding.head.sha256} if one.source.startswith("peer:") else set())
        for one in arrivals
    }
    gone = recalls.gone(tx, set().union(*grounds.values()))
    coming = {one.finding.head.sha256 for one in arrivals if one.finding.document}
    concluded = [grounds[one.finding.head.sha256] for one in arrivals if not one.finding.document]
    gone |= evidence.gone(tx, set().union(*concluded) - coming)
    return [one for one in arrivals if not grounds[one.finding.head.sha256] & gone]


def _grounds(finding: Finding) -> set[str]:
    return {ground.removeprefix("object:") for ground in finding.because if ground.startswith("object:")}


def _put(
    node: Node,
    tx: Tx,
    labeller: Labeller,
    arrivals: list[Arrival],
    place: _Place = objects.put_findings,
) -> list[tuple[Finding, Placed]]:
    """Label and store a batch, show it on the room's desk, enter what was concluded."""
    now_us = instant.to_us(node.clock.now())
    labelled = [labeller.label(tx, _restated(tx, one.finding)) for one in arrivals]
    dated = [
        Arrival(finding, one.about, one.source, now_us, now_us) for finding, one in zip(labelled, arrivals, strict=True)
    ]
    placed = place(tx, dated, now_us)
    pairs = list(zip(labelled, placed, strict=True))
    if not pairs:
        return pairs
    fresh = [(finding, where.seq) for finding, where in pairs if where.outcome in ("new", "newer", "older")]
    keep_rests(tx, labeller, fresh)
    desk = f"{DESK}|{labelled[0].area}"
    views.open_view(tx, desk, DESK)
    views.add_view_rows(tx, desk, _showings(tx, desk, pairs), now_us)
    refuse_conflicts(node, tx, dated, placed)
    drafts = [_created(node, finding) for finding, where in pairs if where.outcome == "new" and not finding.document]
    if drafts:
        append(tx.logs, MASTER, drafts, at=node.clock.now(), entropy=node.entropy)
    return pairs


def _restated(tx: Tx, finding: Finding) -> Finding:
    """Return a conclusion as it was stored before, where it says the same on the same grounds: a run again adds nothing."""
    if finding.document:
        return finding
    head = _stated(tx, finding.head, finding.because)
    supports = tuple(
        msgspec.structs.replace(one, object=_stated(tx, one.object, one.because or finding.because))
        for one in finding.supports
    )
    return msgspec.structs.replace(finding, head=head, supports=supports)


def _stated(tx: Tx, one: StixObject, because: Sequence[str]) -> StixObject:
    for held in findings.versions_of(tx, one.id)[:1]:
        if not held.document and set(held.because) == set(because) and _said(held.raw) == _said(one.raw):
            return stix.read(held.raw)
    return one


def _said(raw: bytes) -> dict[str, Any]:
    return {name: value for name, value in ijson.decode(raw).items() if name not in ("created", "modified")}


def _showings(tx: Tx, desk: str, pairs: list[tuple[Finding, Placed]]) -> list[views.Showing]:
    """Rows for the desk: what is new; what was deleted there and came again gets its label and its place back."""
    fresh = dict.fromkeys(
        one.seq for _, head in pairs for one in (head, *head.supports) if one.outcome not in ("same", "conflict")
    )
    again = {head.seq: finding for finding, head in pairs if head.outcome == "same" and head.seq not in fresh}
    shown = {row.finding_seq for row in views.shown(tx, desk, list(again))}
    for seq, finding in again.items():
        if seq not in shown:
            fresh[seq] = None
            if finding.label is not None:
                objects.relabel(tx, [seq], finding.label, 0)
    return [views.Showing(seq) for seq in fresh]


def refuse_conflicts(node: Node, tx: Tx, arrivals: list[Arrival], placed: list[Placed]) -> None:
    """Put into quarantine what exists in its version with other content."""
    refused = [
        Refusal(
            area=one.finding.area,
            source=one.source,
            where=one.finding.pointer,
            code="version-conflict",
            message=f"{one.finding.head.id} exists in this version with other content (sha256 {where.held_sha256[:16]}…)",
            hint="its creator must give a changed object a later modified",
            raw=one.finding.head.raw,
        )
        for one, where in zip(arrivals, placed, strict=True)
        if where.outcome == "conflict"
    ]
    vault.refuse(node, tx, refused)


def _created(node: Node, finding: Finding) -> Draft:
    body = FindingCreated(
        at=instant.text(instant.to_us(node.clock.now())),
        programme="",
        parties=(node.party,),
        area=finding.area,
        object_id=finding.head.id,
        event_id=finding.head.id,
        kind=finding.kind,
        because=finding.because,
    )
    return draft(body)


def batched(items: Iterable[Finding], size: int) -> Iterator[list[Finding]]:
    """Yield items in lists of a size, the last as long as it comes."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _path(name: str) -> Any:
    from pathlib import Path  # noqa: PLC0415

    return Path(name)
