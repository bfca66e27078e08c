"""Refused: parts of a source that could not be taken, on their way into a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from foedus.errors import FoedusError
from foedus.model.room import refused_schema

if TYPE_CHECKING:
    import pyarrow as pa

MAX_RAW_REFUSED = 64 * 1024


class Refusal(msgspec.Struct, frozen=True):
    """One part that could not be taken, and why."""

    where: str
    code: str
    message: str
    hint: str = ""
    raw: bytes = b""


def refusal(error: FoedusError, where: str, raw: bytes) -> Refusal:
    """Return the refusal of an error at a place; a place inside the part is added to it."""
    place = f"{where}{error.where}" if error.where.startswith("/") or not where else where
    return Refusal(place or error.where or "byte 0", error.code, error.message, error.hint, raw)


def refused_batch(refusals: Sequence[Refusal]) -> pa.RecordBatch:
    """Return refusals as a batch of ``refused_schema``; of each part at most 64 kB are kept."""
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

    held = [msgspec.to_builtins(one) | {"raw": one.raw[:MAX_RAW_REFUSED]} for one in refusals]
    return pa.RecordBatch.from_pylist(held, schema=refused_schema())
