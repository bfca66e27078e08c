"""Runs a room's doors over records in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from foedus.model.finding import Finding, Key, Pack, Seen
from foedus.model.room import REFUSED, Layers, Records, Room, Settings

if TYPE_CHECKING:
    import pyarrow as pa


class HeldRecords:
    """Records in memory.

    Args:
        source: id of the source they came from.
        batches: records in event order.
        refused: batches of what could not be taken.
    """

    def __init__(self, source: str, batches: Sequence[pa.RecordBatch], refused: Sequence[pa.RecordBatch] = ()) -> None:
        self.source = source
        self.batches = tuple(batches)
        self.refused = tuple(refused)

    def scan(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches in event order."""
        return iter(self.batches)

    @property
    def paths(self) -> Sequence[str]:
        """No files: the records are only in memory."""
        return ()


class HeldLayers:
    """Layers in memory: named files, and who holds a value by (kind, norm)."""

    def __init__(
        self,
        files: Mapping[str, bytes] | None = None,
        seen: Mapping[tuple[str, str], Sequence[Seen]] | None = None,
    ) -> None:
        self._files = dict(files or {})
        self._seen = dict(seen or {})

    def files(self, prefix: str) -> Mapping[str, bytes]:
        """Return the layer files whose name starts with a prefix."""
        return {name: raw for name, raw in self._files.items() if name.startswith(prefix)}

    def seen(self, keys: Sequence[Key]) -> Mapping[tuple[str, str], Sequence[Seen]]:
        """Return, per (kind, norm), findings already held with it."""
        asked = {(key.kind, key.norm) for key in keys}
        return {pair: held for pair, held in self._seen.items() if pair in asked}


class Analysis:
    """A run of a room's ``analyse``: iterate over its findings; when they are through ``state`` is the room's new state.

    ``packs`` are then what the findings can be replayed from, by name.
    """

    def __init__(self, items: Iterator[Finding | Pack | bytes], state: bytes) -> None:
        self._items = items
        self.state = state
        self.packs: dict[str, Pack] = {}

    def __iter__(self) -> Iterator[Finding]:
        """Yield the findings."""
        for item in self._items:
            if isinstance(item, bytes):
                self.state = item
            elif isinstance(item, Pack):
                self.packs[item.name] = item
            else:
                yield item


def is_refused(batch: pa.RecordBatch) -> bool:
    """Say whether a batch holds refused parts, not records."""
    return REFUSED in (batch.schema.metadata or {})


def records_from(batches: Iterable[pa.RecordBatch], source: str) -> HeldRecords:
    """Return what a room's ``ingest`` yields as records in memory, refused parts beside them."""
    held: list[pa.RecordBatch] = []
    refused: list[pa.RecordBatch] = []
    for batch in batches:
        (refused if is_refused(batch) else held).append(batch)
    return HeldRecords(source, held, refused)


def analyse(
    room: Room, records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
) -> Analysis:
    """Return a room's analysis of records, which runs while it is iterated."""
    return Analysis(room.analyse(records, settings=settings, layers=layers, state=state, at=at), state)
