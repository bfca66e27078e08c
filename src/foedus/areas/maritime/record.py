"""Records: one row a report, in the order of the stream; positions, static data and the rest share one schema.

A file of records has one schema, and position and static data of one vessel belong in one order of events; so the columns of
``maritime.position`` and ``maritime.static`` stand side by side and ``what`` says which of them a row is.
"""

from __future__ import annotations

from collections.abc import Sequence
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
"""Columns on their way: absent is NaN in a float, -1 in an integer; what no row has need not be there."""


class Coded(NamedTuple):
    """Texts on their way: for each row which of some names, -1 for none."""

    codes: NDArray[np.int64]
    names: list[str]

    @classmethod
    def of(cls, said: Sequence[str | None]) -> Coded:
        """Return texts, one a row."""
        told = np.array([one is not None for one in said], bool)
        return cls(np.where(told, np.cumsum(told) - 1, -1), [one for one in said if one is not None])

    def rows(self) -> list[str | None]:
        """Return the texts, one a row."""
        names = [*self.names, None]
        return [names[code] for code in self.codes.tolist()]

    def without(self, name: str) -> Coded:
        """Return the texts with one of them counted as none."""
        places = [place for place, one in enumerate(self.names) if one == name]
        return self._replace(codes=np.where(np.isin(self.codes, places), -1, self.codes)) if places else self

    def array(self) -> pa.Array:
        """Return the texts as Arrow has them."""
        import pyarrow as pa  # noqa: PLC0415

        if not self.names:
            return pa.nulls(len(self.codes), pa.string())
        return pa.array(self.names, pa.string()).take(pa.array(self.codes, mask=self.codes < 0))


Texts = dict[str, Coded]


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
    """Return the columns of rows, those that any row fills."""
    filled = {name for row in rows for name in row.values}
    made: Columns = {name: _ints([row.values.get(name) for row in rows]) for name in INTS if name in filled}
    for name in FLOATS:
        if name in filled:
            held = [row.values.get(name) for row in rows]
            made[name] = np.array([np.nan if value is None else value for value in held], np.float64)
    for name in ("what", "line", "received_ms", "time_from", "base_ms"):
        made[name] = np.array([getattr(row, name) for row in rows], np.int64)
    return made


def texts(rows: Sequence[Row]) -> Texts:
    """Return the text columns of rows, those that any row fills."""
    filled = {name for row in rows for name in row.values} & set(TEXTS)
    return {name: Coded.of([row.values.get(name) for row in rows]) for name in TEXTS if name in filled}


def joined(parts: Sequence[tuple[Columns, Texts]]) -> tuple[Columns, Texts]:
    """Return all rows in the order of the stream, a position before what else its line says.

    What a part does not have is absent in its rows.
    """
    key = np.concatenate([held["line"] * len(WHAT) + held["what"] for held, _ in parts])
    rows, sizes = len(key), [len(held["line"]) for held, _ in parts]
    place = np.empty(rows, np.int64)
    place[np.argsort(key, kind="stable")] = np.arange(rows)
    places = np.split(place, np.cumsum(sizes)[:-1])
    columns: Columns = {}
    for name in dict.fromkeys(name for held, _ in parts for name in held):
        columns[name] = np.full(rows, np.nan if name in FLOATS else -1)
        for (held, _), at in zip(parts, places, strict=True):
            if name in held:
                columns[name][at] = held[name]
    words: Texts = {}
    for name in dict.fromkeys(name for _, said in parts for name in said):
        codes, names = np.full(rows, -1), list[str]()
        for (_, said), at in zip(parts, places, strict=True):
            if name in said:
                codes[at] = np.where(said[name].codes >= 0, said[name].codes + len(names), -1)
                names.extend(said[name].names)
        words[name] = Coded(codes, names)
    return columns, words


def _ints(held: list[Any]) -> NDArray[np.int64]:
    return np.array([-1 if value is None else int(value) for value in held], np.int64)


def batch(held: Columns, words: Texts) -> pa.RecordBatch:
    """Return rows as a batch.

    Args:
        held: arrays of equal length by column name; ``what`` and ``time_from`` as codes, ``t`` in milliseconds.
        words: text columns; what neither holds is null in every row.
    """
    import pyarrow as pa  # noqa: PLC0415

    names, rows = schema(), len(held["mmsi"])
    made: list[pa.Array] = []
    for field in names:
        if field.name in words:
            made.append(words[field.name].array())
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

    there = values == values if is_float else values >= 0  # noqa: PLR0124 — NaN alone is not itself
    whole = bool(there.all())
    if pa.types.is_boolean(field.type):
        return pa.array(values > 0, field.type, mask=None if whole else ~there)
    held = values.astype(field.type.to_pandas_dtype(), copy=False)
    if not whole and not there.any():
        return pa.nulls(len(values), field.type)
    known = None if whole else pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(field.type, len(values), [known, pa.py_buffer(np.ascontiguousarray(held))])
