"""Documents: STIX objects on their way through a room that concludes from other input, as partners and tools send them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from foedus.engine.opened import Opened
from foedus.engine.refused import MAX_RAW_REFUSED, Refusal, refusal, refused_batch
from foedus.errors import FoedusError
from foedus.model import ijson, stix
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 1_000
MAX_BYTES = 8 * 2**20
_MARK = b"foedus.documents"


def batches(opened: Opened, limit: int = ijson.MAX_OBJECT_BYTES) -> Iterator[pa.RecordBatch]:
    """Yield the STIX objects of a bundle, envelope, array or JSON lines byte for byte, what is none of them as refused.

    Args:
        opened: the source.
        limit: larger objects are refused, in bytes.
    """
    taken: list[tuple[bytes, str]] = []
    refused: list[Refusal] = []
    size = 0
    for one in _pieces(opened, limit):
        if isinstance(one, Refusal):
            refused.append(one)
            size += min(len(one.raw), MAX_RAW_REFUSED)
        else:
            taken.append(one)
            size += len(one[0])
        if len(taken) + len(refused) >= MAX_ROWS or size >= MAX_BYTES:
            yield from _flushed(taken, refused)
            taken, refused, size = [], [], 0
    yield from _flushed(taken, refused)


def is_documents(batch: pa.RecordBatch) -> bool:
    """Say whether a batch holds documents."""
    return _MARK in (batch.schema.metadata or {})


def read(batch: pa.RecordBatch) -> Iterator[tuple[StixObject, str]]:
    """Yield a batch's objects and where each stood."""
    for raw, pointer in zip(batch["raw"].to_pylist(), batch["pointer"].to_pylist(), strict=True):
        yield stix.read(raw), pointer


def _pieces(opened: Opened, limit: int) -> Iterator[tuple[bytes, str] | Refusal]:
    try:
        for piece in ijson.split(opened.chunks(), max_object_bytes=limit):
            if isinstance(piece, ijson.Refused):
                yield Refusal(piece.pointer or "byte 0", piece.code, piece.message, piece.hint, piece.raw_head)
            else:
                yield _checked(piece.raw, piece.pointer)
    except FoedusError as error:
        yield refusal(error, "", b"")


def _checked(raw: bytes, pointer: str) -> tuple[bytes, str] | Refusal:
    try:
        stix.read(raw)
    except FoedusError as error:
        return refusal(error, pointer, raw)
    return raw, pointer


def _flushed(taken: list[tuple[bytes, str]], refused: list[Refusal]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

    if taken:
        fields = [("raw", pa.binary()), ("pointer", pa.string())]
        columns = [pa.array([one[place] for one in taken], kind) for place, (_, kind) in enumerate(fields)]
        yield pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields, metadata={_MARK: b"1"}))
    if refused:
        yield refused_batch(refused)
