"""Door ``ingest``: AIS in, record batches out: NMEA 0183 sentences, or tables; each also as gzip or Zstandard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from foedus.areas.maritime import nmea
from foedus.areas.maritime.lines import blocks
from foedus.areas.maritime.rows import Stream
from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal, refusal, refused_batch
from foedus.errors import FoedusError
from foedus.model.room import Settings

if TYPE_CHECKING:
    import pyarrow as pa


def ingest(source: BinaryIO, *, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Read AIS into record batches; refused parts come in the same stream.

    Args:
        source: the bytes, read once, never held whole.
        settings: ``format`` (``nmea`` or ``table``; told by the bytes where absent); for sentences ``start`` (when a stream
            without times begins) and ``prefix`` (``iso`` or ``epoch``: what stands before each sentence).

    Yields:
        Batches of ``record.schema()`` and of ``refused_schema()``, one block of 64 kB at a time.
    """
    try:
        opened = Opened(source)
        stream = Stream(
            nmea.start_of(settings.get("start")), nmea.start_of(settings.get("at")), nmea.prefix_of(settings.get("prefix", ""))
        )
    except FoedusError as error:
        yield refused_batch([refusal(error, "", b"")])
        return
    yield from _sentences(opened, stream)


def _sentences(opened: Opened, stream: Stream) -> Iterator[pa.RecordBatch]:
    timed = False
    for block in blocks(opened):
        if isinstance(block, Refusal):
            yield refused_batch([block])
            continue
        read = stream.read(block)
        timed = timed or read.batch is not None
        if read.batch is not None:
            yield read.batch
        if read.refused:
            yield refused_batch(read.refused)
        if read.untimed and not timed:
            return  # nothing in it says when; what follows would be refused line by line for the same reason
    if rest := stream.end():
        yield refused_batch(rest)
