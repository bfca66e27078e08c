"""Batches: what leaves ``ingest``, of bounded size, with refused parts in the same stream."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from foedus.engine.refused import MAX_RAW_REFUSED, Refusal, refusal, refused_batch
from foedus.errors import FoedusError
from foedus.model import stix
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 1_000
MAX_BYTES = 8 * 2**20
MAX_RAW_REMEMBERED = 16 * 1024
GUESSED = b"foedus.guessed"
"""Key in a batch's schema metadata: which columns of a list were guessed, as JSON."""


class Handling(msgspec.Struct, frozen=True):
    """How a MISP part may go on, as its event says: distribution, organisations of its sharing group, TLP.

    ``joined`` is False where its maker said that the value must not be correlated.
    """

    distribution: int | None = None
    organisations: tuple[str, ...] = ()
    tlp: str = ""
    joined: bool = True


class Row(msgspec.Struct, frozen=True):
    """One STIX object on its way into a batch; ``format`` is what it was read from."""

    raw: bytes
    pointer: str
    format: str
    handling: Handling = Handling()


def schema() -> pa.Schema:
    """Return the schema of the room's records: a STIX object's bytes, its header, where it stood, its handling."""
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

    return pa.schema(
        [
            ("raw", pa.binary()),
            ("id", pa.string()),
            ("type", pa.string()),
            ("version", pa.string()),
            ("version_ns", pa.int64()),
            ("pointer", pa.string()),
            ("sha256", pa.string()),
            ("format", pa.string()),
            ("distribution", pa.int8()),
            ("organisations", pa.list_(pa.string())),
            ("tlp", pa.string()),
            ("joined", pa.bool_()),
        ]
    )


def batches(items: Iterator[Row | Refusal], guessed: bytes = b"") -> Iterator[pa.RecordBatch]:
    """Yield batches of at most 1,000 rows or 8 MiB; an object that is no STIX becomes a refusal."""
    rows: list[dict[str, object]] = []
    refusals: list[Refusal] = []
    size = 0
    for item in items:
        taken = _row(item) if isinstance(item, Row) else item
        if isinstance(taken, Refusal):
            refusals.append(taken)
            size += min(len(taken.raw), MAX_RAW_REFUSED)
        else:
            rows.append(taken)
            size += len(item.raw)
        if len(rows) + len(refusals) >= MAX_ROWS or size >= MAX_BYTES:
            yield from _flush(rows, refusals, guessed)
            rows, refusals, size = [], [], 0
    yield from _flush(rows, refusals, guessed)


def read(raw: bytes) -> StixObject:
    """Return the object of its bytes; those of the batch read last are remembered, for ``analyse`` follows ``ingest``."""
    return _remembered(raw) if len(raw) <= MAX_RAW_REMEMBERED else stix.read(raw)


@lru_cache(maxsize=MAX_ROWS)
def _remembered(raw: bytes) -> StixObject:
    return stix.read(raw)


def _row(row: Row) -> dict[str, object] | Refusal:
    try:
        held = read(row.raw)
    except FoedusError as error:
        return refusal(error, row.pointer, row.raw)
    return {
        "raw": row.raw,
        "id": held.id,
        "type": held.type,
        "version": held.version,
        "version_ns": held.version_ns,
        "pointer": row.pointer,
        "sha256": held.sha256,
        "format": row.format,
        "distribution": row.handling.distribution,
        "organisations": row.handling.organisations,
        "tlp": row.handling.tlp,
        "joined": row.handling.joined,
    }


def _flush(rows: list[dict[str, object]], refusals: list[Refusal], guessed: bytes) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415

    if rows:
        metadata = {GUESSED: guessed} if guessed else None
        yield pa.RecordBatch.from_pylist(rows, schema=schema().with_metadata(metadata))
    if refusals:
        yield refused_batch(refusals)
