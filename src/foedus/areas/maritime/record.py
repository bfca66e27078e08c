"""Records: one row a report, in the order of the stream; positions, static data and the rest share one schema.

A file of records has one schema, and position and static data of one vessel belong in one order of events; so the columns of
``maritime.position`` and ``maritime.static`` stand side by side and ``what`` says which of them a row is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

POSITION, STATIC, OTHER = 0, 1, 2
WHAT = ("position", "static", "other")
TIME_FROM = ("none", "tag", "suffix", "prefix", "base", "start", "table")
CODES = {"what": WHAT, "time_from": TIME_FROM}
BAD_TAG, REPEATED, LATE, SECOND_FAR, LONG = 1, 2, 4, 8, 16
"""Flags: bad tag block; repeated; 15 min or more behind its stream; second far from its receipt; longer than its type."""

PLACEHOLDERS = frozenset((0, 111_111_111, 123_456_789, 999_999_999))
FULL = 600_000.0
COARSE = 600.0


def schema() -> pa.Schema:
    """Return the schema of the room's records."""
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

    text, f32, u8, u16 = pa.string(), pa.float32(), pa.uint8(), pa.uint16()
    return pa.schema(
        [
            ("what", pa.dictionary(pa.int8(), text)), ("mmsi", pa.uint32()), ("t", pa.timestamp("ms", "UTC")),
            ("lat", pa.float64()), ("lon", pa.float64()), ("res_deg", f32), ("sog_kn", f32), ("cog_deg", f32),
            ("heading_deg", f32), ("turn_deg_min", f32), ("status", u8), ("msg_type", u8), ("second", u8), ("repeat", u8),
            ("accuracy", pa.bool_()), ("raim", pa.bool_()), ("channel", text), ("station", text),
            ("time_from", pa.dictionary(pa.int8(), text)), ("receiver_type", text), ("pos", pa.uint64()), ("flags", u16),
            ("imo", pa.uint32()), ("call_sign", text), ("name", text), ("ship_type", u8), ("dim_a", u16), ("dim_b", u16),
            ("dim_c", u16), ("dim_d", u16), ("draught_m", f32), ("destination", text), ("eta", text), ("ais_version", u8),
            ("declared_flag", text), ("json", text),
        ]
    )  # fmt: skip


def nothing() -> pa.RecordBatch:
    """Return a batch without rows: a source that goes on has nothing now."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.RecordBatch.from_pylist([], schema=schema())


FLOATS = ("lat", "lon", "res_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_min", "draught_m")
INTS = (
    "mmsi", "status", "msg_type", "second", "repeat", "accuracy", "raim", "pos", "flags", "imo", "ship_type", "dim_a", "dim_b",
    "dim_c", "dim_d", "ais_version",
)  # fmt: skip
TEXTS = (
    "channel", "station", "receiver_type", "call_sign", "name", "destination", "eta", "declared_flag", "json",
)  # fmt: skip

Columns = dict[str, NDArray[Any]]
"""Columns on their way: absent is NaN in a float, -1 in an integer."""


class Row(NamedTuple):
    """One report on its way: which sort, its line in the source, how it came, its columns.

    ``received_ms`` is when it was heard, -1 unknown; ``base_ms`` the instant a base station reports in it, -1 for all others.
    """

    what: int
    line: int
    values: dict[str, Any]
    received_ms: int = -1
    time_from: int = 0
    base_ms: int = -1


def columns(rows: Sequence[Row]) -> Columns:
    """Return the columns of rows."""
    made: Columns = {name: _ints([row.values.get(name) for row in rows]) for name in INTS}
    for name in FLOATS:
        held = [row.values.get(name) for row in rows]
        made[name] = np.array([np.nan if value is None else value for value in held], np.float64)
    for name in ("what", "line", "received_ms", "time_from", "base_ms"):
        made[name] = np.array([getattr(row, name) for row in rows], np.int64)
    return made


def texts(rows: Sequence[Row]) -> dict[str, list[str | None]]:
    """Return the text columns of rows, those that any row fills."""
    filled = {name for row in rows for name in row.values} & set(TEXTS)
    return {name: [row.values.get(name) for row in rows] for name in TEXTS if name in filled}


def _ints(held: list[Any]) -> NDArray[np.int64]:
    return np.array([-1 if value is None else int(value) for value in held], np.int64)


def batch(held: Columns, words: Mapping[str, Sequence[str | None]]) -> pa.RecordBatch:
    """Return rows as a batch.

    Args:
        held: arrays of equal length by column name; ``what`` and ``time_from`` as codes, ``t`` in milliseconds.
        words: lists for text columns; what neither holds is null in every row.
    """
    import pyarrow as pa  # noqa: PLC0415

    names, rows = schema(), len(held["mmsi"])
    made: list[pa.Array] = []
    for field in names:
        if field.name in words:
            made.append(pa.array(words[field.name], field.type))
        elif field.name not in held:
            made.append(pa.nulls(rows, field.type))
        elif field.name in CODES:
            codes = pa.array(held[field.name].astype(np.int8))
            made.append(pa.DictionaryArray.from_arrays(codes, pa.array(CODES[field.name])))
        elif field.name == "t":
            made.append(pa.array(held["t"].astype("datetime64[ms]"), field.type))
        else:
            made.append(_numbers(held[field.name], field, is_float=field.name in FLOATS))
    return pa.RecordBatch.from_arrays(made, schema=names)


def _numbers(values: NDArray[Any], field: pa.Field, *, is_float: bool) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415

    absent = np.isnan(values) if is_float else values < 0
    if not absent.any():
        return pa.array(values.astype(field.type.to_pandas_dtype()), field.type)
    if absent.all():
        return pa.nulls(len(values), field.type)
    return pa.array(np.where(absent, 0, values).astype(field.type.to_pandas_dtype()), field.type, mask=absent)
