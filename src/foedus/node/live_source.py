"""One live source of a room: its listener, its stream, and the room's reader of it, which goes on where the last one ended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from foedus.engine.run import is_refused
from foedus.model import instant
from foedus.model.room import LiveDoor, Room
from foedus.node.home import Node
from foedus.node.ingest import RECORDS, refusals_of, settings_of
from foedus.node.kept_stream import KeptStream
from foedus.node.listen import Health, Listener
from foedus.node.sources import LiveSource
from foedus.store import live, records
from foedus.store.live import Outage, Place
from foedus.store.quarantine import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER, HEALTH = "live", "health.json"
TURN_BYTES = 8_000_000
FLUSH_ROWS, FLUSH_US = 250_000, 600 * 1_000_000
REFUSALS_A_MINUTE = 100
_MINUTE_US = 60 * 1_000_000


class Live:
    """One live source.

    Args:
        node: the node.
        room: the room that reads it.
        door: the room's door ``live``.
        source: the source.
    """

    def __init__(self, node: Node, room: Room, door: LiveDoor, source: LiveSource) -> None:
        self.source = source
        self.unsaid: list[Outage] = []
        """Outages that ended and are not stored yet."""
        self.refused: list[Refusal] = []
        """What was refused and is not stored yet."""
        self._node = node
        self._room = room
        self._directory = node.directory / FOLDER / source.name
        with node.store.read() as read:
            self._place = live.place_of(read, source.id)
        self._stream = KeptStream(self._directory, (self._place.analysed, self._place.lines))
        heard_us = max(self._place.heard_us, health_of(node.directory, source.name).heard_us)
        self.listener = Listener(source, self._stream, door.stamped, self._now_us, max(0, heard_us))
        self._refusing = (0, 0)
        self.rewind()

    def rewind(self) -> None:
        """Forget all that is not stored, and read again from there."""
        with self._node.store.read() as read:
            self._place = live.place_of(read, self.source.id)
        self.refused = []
        self._kept: list[pa.RecordBatch] = []
        self._rows, self._kept_us = 0, self._now_us()
        self._feed = self._stream.feed(self._place.recorded, self._now_ms)
        told = settings_of(self._node, self._room)
        self._reader = self._room.ingest(self._feed, settings=told)  # type: ignore[arg-type]
        before = self._refusing, self.listener.health.refused
        while self._again(self._place.recorded):
            pass
        while batches := self._again(self._place.analysed):
            self._keep([one for one in batches if one.num_rows])
        self._refusing, self.listener.health.refused = before
        self.refused = []

    def advance(self) -> list[pa.RecordBatch]:
        """Return the records of what came since, a turn's worth at most."""
        taken = self._taken(TURN_BYTES)
        self._keep(taken)
        return taken

    @property
    def place(self) -> Place:
        """How far it is taken, once what was taken is stored."""
        analysed = max(self._feed.place, self._place.analysed)
        heard_us = max(self._place.heard_us, self.listener.health.heard_us)
        return Place(self._place.recorded, analysed, self._stream.line, heard_us)

    @property
    def is_laden(self) -> bool:
        """Whether so many records are held that they must be written."""
        return self._rows >= FLUSH_ROWS

    @property
    def is_behind(self) -> bool:
        """Whether more came than was taken."""
        return self._feed.place < self._stream.offset

    def flush(self, at: datetime, *, now: bool = False) -> None:
        """Write the records taken to a file of the day, where there are enough of them or it is time."""
        waited = instant.to_us(at) - self._kept_us > FLUSH_US
        other_day = bool(self._kept) and instant.from_us(self._kept_us).date() != at.date()
        if not (self.is_laden or now or waited or other_day):
            return
        self._write(instant.from_us(self._kept_us).date())
        self._place = self._place._replace(recorded=max(self._feed.place, self._place.recorded))
        self._kept, self._rows, self._kept_us = [], 0, instant.to_us(at)

    def stored(self, place: Place) -> None:
        """Take note that a place was stored."""
        self._place = place
        self.refused, self.unsaid = [], []
        self._stream.forget(place.recorded)

    def outages(self) -> list[Outage]:
        """Return the outages that are not stored yet, the one that goes on last."""
        self.unsaid += self.listener.ended()
        going_on = self.listener.going_on()
        return [*self.unsaid, going_on] if going_on else list(self.unsaid)

    def sync(self) -> Place:
        """Make the stream durable; return how far it is taken, to be stored."""
        self._stream.sync()
        return self.place

    def close(self) -> None:
        """Stop listening."""
        self.listener.stop()
        self.write_health()
        self._stream.close()

    def write_health(self) -> None:
        """Say how the source stands, for other processes."""
        self.listener.health.written_us = self._now_us()
        self.listener.health.behind_bytes = self._stream.offset - self._feed.place
        path = self._directory / HEALTH
        temporary = path.with_suffix(".tmp")
        with contextlib.suppress(OSError):  # it is for looking at only
            temporary.write_bytes(msgspec.json.encode(self.listener.health))
            temporary.replace(path)

    def _again(self, until: int) -> list[pa.RecordBatch]:
        """Read what was taken before, up to an offset; an empty list at the end of it."""
        size = min(TURN_BYTES, until - self._feed.place)
        return list(self._until_nothing()) if size > 0 and self._feed.fill(size) else []

    def _taken(self, size: int) -> list[pa.RecordBatch]:
        return [one for one in self._until_nothing() if one.num_rows] if self._feed.fill(size) else []

    def _until_nothing(self) -> Iterator[pa.RecordBatch]:
        """Yield batches, the last one without rows, by which the room says that it read all there is."""
        for batch in self._reader:
            if is_refused(batch):
                self._refuse(batch)
            else:
                yield batch
                if not batch.num_rows:
                    return

    def _refuse(self, batch: pa.RecordBatch) -> None:
        """Keep what was refused for quarantine, so many a minute; the rest is counted."""
        minute = self._now_us() // _MINUTE_US
        before = self._refusing[1] if self._refusing[0] == minute else 0
        left = max(0, REFUSALS_A_MINUTE - before)
        self._refusing = (minute, before + batch.num_rows)
        self.listener.health.refused += batch.num_rows
        self.refused += refusals_of(batch.slice(0, left), self._room.name, self.source.id)

    def _keep(self, batches: list[pa.RecordBatch]) -> None:
        self._kept += batches
        self._rows += sum(batch.num_rows for batch in batches)

    def _write(self, day: date) -> None:
        """Write the records taken; the same ones again, after a crash and perhaps on the next day, replace the file."""
        if not self._kept:
            return
        part = records.Part(self._room.name, day, self.source.id, self._place.recorded + 1)
        path = records.write(self._node.directory / RECORDS, part, self._kept)
        for other in path.parent.parent.glob(f"day=*/{path.name}") if path else ():
            if other != path:
                other.unlink()

    def _now_us(self) -> int:
        return instant.to_us(self._node.clock.now())

    def _now_ms(self) -> int:
        return self._now_us() // 1_000


def health_of(directory: Path, name: str) -> Health:
    """Return how a source stands, as the serving process last said it."""
    try:
        return msgspec.json.decode((directory / FOLDER / name / HEALTH).read_bytes(), type=Health)
    except (OSError, msgspec.DecodeError):
        return Health(state="stopped")
