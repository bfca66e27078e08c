"""Door ``ingest``: AIS in, record batches out: NMEA 0183 sentences, CSV or Parquet; also the findings of others as STIX 2.1.

Each also as gzip or Zstandard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from foedus.areas.maritime import nmea, parquet, record
from foedus.areas.maritime.dialects import dialect_of
from foedus.areas.maritime.lines import BLOCK_BYTES, Block, blocks
from foedus.areas.maritime.rows import Stream
from foedus.areas.maritime.tables import Table, header_of
from foedus.engine import documents
from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal, refusal, refused_batch
from foedus.errors import FoedusError, InputError, MalformedRecord, UnsupportedFormat
from foedus.model import ijson
from foedus.model.room import Settings

if TYPE_CHECKING:
    import pyarrow as pa

GUESSED = b"foedus.guessed"
"""Key in a batch's schema metadata: which columns of a table were told by their names alone, as JSON."""
FORMATS = ("nmea", "table", "parquet", "stix")
TABLE_BLOCK_BYTES = 64 * 1024
LIVE_BLOCK_BYTES = 64 * 1024
"""Of a source that never pauses: what came is looked at before long."""


def ingest(source: BinaryIO, *, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Read AIS into record batches; refused parts come in the same stream.

    Args:
        source: the bytes, read once, never held whole.
        settings: ``format`` (``nmea``, ``table``, ``parquet``, ``stix``; told by the bytes where absent); for sentences
            ``start`` (when a stream without times begins) and ``prefix`` (``iso`` or ``epoch``: what stands before each
            sentence); for tables ``columns`` (field → name), ``time_format``, ``zone``, ``knots``, ``delimiter``, ``none``.

    Yields:
        Batches of ``record.schema()`` (or of documents) and of ``refused_schema()``, one block of lines at a time; of a
        source that goes on (sentences only) one without rows where nothing more is there now.
    """
    try:
        opened = Opened(source)
        kind = "nmea" if opened.live else _format(opened.head, str(settings.get("format", "")))
        made = _READERS[kind](opened, settings)
    except FoedusError as error:
        yield refused_batch([refusal(error, "", b"")])
        return
    yield from made


def _format(head: bytes, given: str) -> str:
    if given:
        if given in FORMATS:
            return given
        raise InputError("no such format", code="format-unknown", where="byte 0", hint=f"one of {', '.join(FORMATS)}")
    if head.startswith(parquet.MAGIC):
        return "parquet"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = text.partition(b"\n")[0].lower()
    if not text:
        raise MalformedRecord(
            "there is nothing here", code="input-empty", where="byte 0", hint="is this the right file?"
        )
    if text[:1] in (b"{", b"["):
        return "stix"
    if b"VDM," not in first.upper() and b"mmsi" in first:
        return "table"
    if text[:1] in (b"!", b"$", b"\\", b"#") or b"VDM," in head or b"VDO," in head:
        return "nmea"
    raise UnsupportedFormat(
        "neither AIS sentences nor a table with a column for MMSI",
        code="format-unknown",
        where="byte 0",
        hint="for a table with other names: --format table --columns mmsi=...,t=...,lat=...,lon=...",
    )


def _sentences(opened: Opened, settings: Settings) -> Iterator[pa.RecordBatch]:
    start_ms, at_ms = nmea.instant_ms(settings.get("start")), nmea.instant_ms(settings.get("at"))
    return _streamed(opened, Stream(start_ms, at_ms, nmea.prefix_of(settings.get("prefix", ""))))


def _streamed(opened: Opened, stream: Stream) -> Iterator[pa.RecordBatch]:
    timed = False
    for block in blocks(opened, LIVE_BLOCK_BYTES if opened.live else BLOCK_BYTES):
        if block is None:
            yield record.nothing()
            continue
        if isinstance(block, Refusal):
            yield refused_batch([block])
            continue
        if opened.live:
            stream.at_ms = opened.live.now_ms()
        read = stream.read(block)
        timed = timed or read.batch is not None
        if read.batch is not None:
            yield read.batch
        if read.refused:
            yield refused_batch(read.refused)
        if read.untimed and not timed and not opened.live:
            return  # nothing in it says when; what follows would be refused line by line for the same reason
    if rest := stream.end():
        yield refused_batch(rest)


def _table(opened: Opened, settings: Settings) -> Iterator[pa.RecordBatch]:
    header = header_of(opened.head, str(settings.get("delimiter", ",")))
    chosen = dialect_of(header, settings)
    table = Table(header, chosen.dialect, nmea.instant_ms(settings.get("at")))
    return _tabled(opened, table, msgspec.json.encode(chosen.dialect.columns) if chosen.guessed else b"")


def _tabled(opened: Opened, table: Table, guessed: bytes) -> Iterator[pa.RecordBatch]:
    for block in blocks(opened, TABLE_BLOCK_BYTES):
        if not isinstance(block, Block):
            yield from [refused_batch([block])] if block else []
            continue
        batch, refused = table.read(block)
        if batch is not None:
            yield batch.replace_schema_metadata({GUESSED: guessed} if guessed else None)
        if refused:
            yield refused_batch(refused)


def _parquet(opened: Opened, settings: Settings) -> Iterator[pa.RecordBatch]:
    with ExitStack() as stack:
        opening = parquet.opening(opened)
        stack.callback(opening.held.close)
        chosen = dialect_of(opening.header, settings)
        rows = parquet.rows(opening, chosen.dialect, nmea.instant_ms(settings.get("at")))
        return _typed(rows, msgspec.json.encode(chosen.dialect.columns) if chosen.guessed else b"", stack.pop_all())


def _typed(
    rows: Iterator[pa.RecordBatch | list[Refusal]], guessed: bytes, stack: ExitStack
) -> Iterator[pa.RecordBatch]:
    with stack:
        for one in rows:
            if isinstance(one, list):
                yield refused_batch(one)
            else:
                yield one.replace_schema_metadata({GUESSED: guessed} if guessed else None)


def _documents(opened: Opened, settings: Settings) -> Iterator[pa.RecordBatch]:
    return documents.batches(opened, int(settings.get("max_object_bytes", ijson.MAX_OBJECT_BYTES)))


_READERS: dict[str, Callable[[Opened, Settings], Iterator[pa.RecordBatch]]] = {
    "nmea": _sentences,
    "table": _table,
    "parquet": _parquet,
    "stix": _documents,
}
