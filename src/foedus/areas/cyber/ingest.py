"""Door ``ingest``: threat intelligence in, record batches out, whatever it came as.

STIX 2.1 (bundle, TAXII envelope, array, single objects, JSON lines), MISP (event, feed file, REST answer), CSV and plain
lists, each also as gzip or Zstandard.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from foedus.areas.cyber import events, lists
from foedus.areas.cyber.batches import Row, batches
from foedus.areas.cyber.source import format_of
from foedus.engine.opened import CHUNK_BYTES, Opened
from foedus.engine.refused import Refusal, refusal
from foedus.errors import FoedusError
from foedus.model import ijson
from foedus.model.room import Settings

if TYPE_CHECKING:
    import pyarrow as pa


def ingest(source: BinaryIO, *, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Read threat intelligence into record batches; refused parts come in the same stream.

    Args:
        source: the bytes, read once, never held whole.
        settings: ``format`` (``stix``, ``misp``, ``list``; told by the bytes where absent), ``max_object_bytes``,
            ``max_event_bytes``; for lists ``at`` (needed), ``created_by``, ``ttl_days``, ``delimiter`` and ``columns``.

    Yields:
        Batches of ``batches.schema()`` and of ``refused_schema()``, at most 1,000 rows or 8 MiB each.
    """
    try:
        opened = Opened(source)
        kind = format_of(opened.head, str(settings.get("format", "")))
        held, guessed = lists.columns(opened.head, settings) if kind == "list" else (lists.Columns(), False)
        rows = _rows(opened, kind, held, settings)
    except FoedusError as error:
        yield from batches(iter([refusal(error, "", b"")]))
        return
    yield from batches(_guarded(rows), msgspec.json.encode(held) if guessed else b"")


def _rows(opened: Opened, kind: str, held: lists.Columns, settings: Settings) -> Iterator[Row | Refusal]:
    if kind == "misp":
        return events.read(opened, int(settings.get("max_event_bytes", events.MAX_EVENT_BYTES)))
    if kind == "list":
        return lists.read(io.BufferedReader(opened, CHUNK_BYTES), held, lists.origin(settings))
    return _stix(opened, int(settings.get("max_object_bytes", ijson.MAX_OBJECT_BYTES)))


def _guarded(rows: Iterator[Row | Refusal]) -> Iterator[Row | Refusal]:
    """Rows up to where the source itself breaks off; what was read before stands."""
    try:
        yield from rows
    except FoedusError as error:
        yield refusal(error, "", b"")


def _stix(opened: Opened, limit: int) -> Iterator[Row | Refusal]:
    for piece in ijson.split(opened.chunks(), max_object_bytes=limit):
        if isinstance(piece, ijson.Refused):
            yield Refusal(piece.pointer or "byte 0", piece.code, piece.message, piece.hint, piece.raw_head)
        else:
            yield Row(piece.raw, piece.pointer, "stix")
