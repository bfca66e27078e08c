"""Live: sources that go on, inside ``node serve``: what comes is read, concluded and kept within seconds.

A turn of a room takes what came since the last one and concludes from it, going on from the state in memory. Findings, the
room's state, how far each stream was taken, refusals and outages go into the store in one transaction: at once where there is
something to say, else twice a minute. After a crash, or where somebody else changed the room's state, the streams are read
again from there; so the findings are those of one reading of everything.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from foedus.account.bodies import SourceOutage
from foedus.areas import live as live_door
from foedus.engine import run as engine
from foedus.errors import FoedusError, MalformedRecord
from foedus.model import instant
from foedus.model.finding import Finding
from foedus.model.room import LiveDoor, Room
from foedus.node import vault
from foedus.node.analyse import Analysed, Arriving, Concluding, keep
from foedus.node.entered import enter
from foedus.node.home import Node
from foedus.node.ingest import settings_of
from foedus.node.live_source import FOLDER, Live
from foedus.node.sources import LiveSource, listed
from foedus.node.turns import alone
from foedus.store import live, state
from foedus.store.engine import Tx

if TYPE_CHECKING:
    import pyarrow as pa

WAIT_S = 0.5
REST_S = 5.0
STORE_US = 30 * 1_000_000
MAX_REFUSED = 1_000
# What is on its way when a deadline passes still counts.
IN_FLIGHT = timedelta(seconds=2)


def run(node: Node, stop: threading.Event) -> None:
    """Keep the live sources of a node until told to stop; another process of the same node that does so already goes first.

    Args:
        node: the node.
        stop: set when the node ends.
    """
    (node.directory / FOLDER).mkdir(exist_ok=True)
    while not stop.is_set():
        with alone(node, f"*{FOLDER}", wait=False) as mine:
            if mine:
                _run(node, stop)
        stop.wait(WAIT_S)


def _run(node: Node, stop: threading.Event) -> None:
    rooms: dict[str, LiveRoom] = {}
    wait_s = 0.0
    while not stop.wait(wait_s):
        try:
            _follow(node, rooms)
            behind = [room.turn() for room in rooms.values()]
            wait_s = 0.0 if any(behind) else WAIT_S
        except (FoedusError, OSError):
            # A busy database, a full disk: nothing went half, and the rooms read again from what is stored.
            wait_s = REST_S
    for room in rooms.values():
        room.close()


def _follow(node: Node, rooms: dict[str, LiveRoom]) -> None:
    """Open what the list names and close what it names no more; a list that cannot be read changes nothing."""
    try:
        wanted = listed(node.directory)
    except MalformedRecord:
        return
    for area in dict.fromkeys(one.area for one in wanted):
        door = live_door(node.rooms[area]) if area in node.rooms else None
        if area not in rooms and door is not None:
            rooms[area] = LiveRoom(node, node.rooms[area], door)
    for area, room in rooms.items():
        room.follow([one for one in wanted if one.area == area])


class LiveRoom:
    """A room and its live sources.

    Args:
        node: the node.
        room: the room.
        door: its door ``live``.
    """

    def __init__(self, node: Node, room: Room, door: LiveDoor) -> None:
        self._node = node
        self._room = room
        self._door = door
        self._sources: dict[LiveSource, Live] = {}
        self._version = -1
        self._state = self._stored_state = b""
        self._stored_us = 0
        self._due_ms: int | None = None
        self._is_sound = False

    def follow(self, wanted: Sequence[LiveSource]) -> None:
        """Open sources that are new, close those that are gone."""
        if set(wanted) == set(self._sources):
            return
        if any(one not in wanted for one in self._sources) and self._is_sound:
            self._store([], self._node.clock.now(), ending=True)
        for source in [one for one in self._sources if one not in wanted]:
            self._sources.pop(source).close()
        for source in wanted:
            if source not in self._sources:
                self._know(source)
                self._sources[source] = Live(self._node, self._room, self._door, source)
                self._sources[source].listener.start()

    def turn(self) -> bool:
        """Take what came and conclude from it, unless another run of the room is on; say whether there is more."""
        with alone(self._node, self._room.name, wait=False) as mine:
            if not mine or not self._sources:
                return False
            whole, self._is_sound = self._is_sound, False
            self._go_on(whole=whole)
            self._take(self._node.clock.now())
            self._is_sound = True
        for one in self._sources.values():
            one.write_health()
        return any(one.is_behind for one in self._sources.values())

    def close(self) -> None:
        """Store what was taken and stop listening."""
        with alone(self._node, self._room.name, wait=False) as mine:
            if mine and self._is_sound and self._version == self._version_now():
                self._store([], self._node.clock.now(), ending=True)
        for one in self._sources.values():
            one.close()

    def _know(self, source: LiveSource) -> None:
        """Keep a source that nobody added by command, so that somebody can label it; nothing of it is released before."""
        with self._node.store.write() as tx:
            if state.source_of(tx, source.id) is None:
                at_us = instant.to_us(self._node.clock.now())
                state.keep_source(tx, state.Source(source.id, source.area, source.uri, "", None, "", at_us))

    def _version_now(self) -> int:
        with self._node.store.read() as read:
            return live.state_version(read, self._room.name)

    def _go_on(self, *, whole: bool) -> None:
        """Go on from memory, or from the store where somebody else went on from there or the last turn did not end."""
        version = self._version_now()
        if whole and version == self._version:
            return
        with self._node.store.read() as read:
            version, held = state.room_state_of(read, self._room.name)
        if not whole or held != self._stored_state:
            for one in self._sources.values():
                one.rewind()
            self._state = self._stored_state = held
            self._due_ms = None
        self._version = version

    def _take(self, at: datetime) -> None:
        told = self._told(at)
        ended = any(one.unsaid for one in self._sources.values())
        said = told_it = False
        for source in self._sources.values():
            if batches := source.advance():
                said |= self._conclude(source.source.id, batches, told)
                told_it = True
        if not told_it and (ended or self._is_due(at, told)):
            said = self._conclude(next(iter(self._sources)).id, [self._nothing()], told)
        waiting = sum(len(one.refused) for one in self._sources.values())
        laden = any(one.is_laden for one in self._sources.values())
        waited = instant.to_us(at) - self._stored_us > STORE_US
        if not said and (ended or waited or laden or waiting > MAX_REFUSED):
            self._store([], at)

    def _is_due(self, at: datetime, told: Mapping[str, Any]) -> bool:
        """Whether silence alone may give a finding by now."""
        if self._due_ms is None:
            self._due_ms = self._door.due_ms(self._state, told)
        return 0 <= self._due_ms <= instant.to_us(at - IN_FLIGHT) // 1_000

    def _nothing(self) -> pa.RecordBatch:
        """A batch without rows: time went on, and that is all."""
        empty: Iterator[pa.RecordBatch] = self._room.ingest(_Silent(self._node), settings={})  # type: ignore[arg-type]
        return next(empty)

    def _conclude(self, source: str, batches: list[pa.RecordBatch], told: Mapping[str, Any]) -> bool:
        """Conclude from records of one source; say whether anything was said, which then is stored."""
        layers = self._node.layers.for_run()
        records = engine.HeldRecords(source, batches)
        at = self._node.clock.now()
        made = engine.analyse(self._room, records, settings=told, layers=layers, state=self._state, at=at)
        found = list(made)
        self._state, self._due_ms = made.state, None
        if found:
            self._store(found, at, source)
        return bool(found)

    def _told(self, at: datetime) -> dict[str, Any]:
        """What the room is told: until when the sources were heard, and when they were not."""
        outages = {
            one.source.id: [[instant.text(out.from_us), instant.text(out.to_us)] for out in one.outages()]
            for one in self._sources.values()
        }
        told = settings_of(self._node, self._room)
        return {**told, "watermark": instant.text(instant.to_us(at - IN_FLIGHT)), "outages": outages}

    def _store(self, found: list[Finding], at: datetime, source: str = "", *, ending: bool = False) -> None:
        """Store findings, state and places in one transaction; before that, records that fill a file, at the end all."""
        for one in self._sources.values():
            one.flush(at, now=ending)
        places = {one: one.sync() for one in self._sources.values()}

        def last(tx: Tx) -> None:
            for one, place in places.items():
                live.put_place(tx, one.source.id, place)
                vault.refuse(self._node, tx, one.refused)
                for out in one.unsaid:
                    self._enter(tx, one.source, out)

        layers = self._node.layers.for_run()
        arriving = Arriving(self._node, self._room, engine.HeldRecords(source, []))
        arriving.last = last
        made = Concluding(engine.Analysis(iter(found), self._state), self._version, layers, at)
        keep(arriving, made, Analysed(self._room.name))
        self._version, self._stored_state, self._stored_us = self._version + 1, self._state, instant.to_us(at)
        for one, place in places.items():
            one.stored(place)

    def _enter(self, tx: Tx, source: LiveSource, out: live.Outage) -> None:
        live.put_outage(tx, source.id, out)
        span = {"since": instant.text(out.from_us), "until": instant.text(out.to_us)}
        enter(self._node, tx, SourceOutage, area=source.area, source=source.id, cause=out.cause, **span)


class _Silent:
    """A source that goes on and has nothing (``model.room.LiveSource``)."""

    live, offset, line = True, 0, 1

    def __init__(self, node: Node) -> None:
        self._node = node

    def read(self, _size: int, /) -> bytes | None:
        return None

    def now_ms(self) -> int:
        return instant.to_us(self._node.clock.now()) // 1_000
