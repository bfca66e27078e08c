"""Kernels: a method as a function over one key's rows in event order, run over all keys of Parquet records in this process.

``spark`` runs the same stages on many machines. A room's plan is written once, over ``Runner``; so the results are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

Held = TypeVar("Held")
"""Rows as a runner holds them."""


class Stage(NamedTuple):
    """One kernel over the partitions of a key.

    Attributes:
        key: columns whose values name a partition.
        order: columns by which its rows are ordered; together with the key they name one row.
        kernel: takes a partition as a table, gives a table; it and what it is made with can be pickled.
        gives: the schema of that.
    """

    key: tuple[str, ...]
    order: tuple[str, ...]
    kernel: Callable[[pa.Table], pa.Table]
    gives: pa.Schema


class Source(NamedTuple):
    """The Parquet files of one source, and the number its rows carry as ``src``."""

    number: int
    paths: tuple[str, ...]


class Wanted(NamedTuple):
    """What is read: columns with the type they get (instants as milliseconds), of the rows in which a column has a value."""

    columns: Mapping[str, pa.DataType]
    where: tuple[str, str]


class Runner(Protocol[Held]):
    """What runs stages: one process, or Spark."""

    def read(self, sources: Sequence[Source], wanted: Wanted) -> Held:
        """Return the rows of Parquet files, with the number of their source as ``src``."""

    def run(self, held: Held, stage: Stage) -> Held:
        """Return what a kernel gives of every partition, in no order."""

    def unique(self, held: Held) -> Held:
        """Return each row once."""

    def join(self, left: Held, right: Held, on: str) -> Held:
        """Return the rows of both that agree in a column."""

    def both(self, one: Held, other: Held) -> Held:
        """Return the rows of one and the other, which have the same columns."""

    def collect(self, held: Held) -> pa.Table:
        """Return the rows in memory."""


class Here:
    """Runs stages in this process (``Runner`` over tables); all rows are in memory."""

    def read(self, sources: Sequence[Source], wanted: Wanted) -> pa.Table:
        """Return the rows of Parquet files."""
        import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it is used)
        import pyarrow.parquet as pq  # noqa: PLC0415

        schema = _with_src(wanted)
        parts = [schema.empty_table()]
        for source in fitting(sources, wanted):
            for path in source.paths:
                with pq.ParquetFile(path) as file:
                    found = file.read(columns=[*wanted.columns, wanted.where[0]])
                chosen = found.filter(_equal(found[wanted.where[0]], wanted.where[1]))
                columns = [_cast(chosen[name], kind) for name, kind in wanted.columns.items()]
                number = pa.array(np.full(chosen.num_rows, source.number, np.int64))
                parts.append(pa.Table.from_arrays([*columns, number], schema=schema))
        return pa.concat_tables(parts)

    def run(self, held: pa.Table, stage: Stage) -> pa.Table:
        """Return what a kernel gives of every partition."""
        import pyarrow as pa  # noqa: PLC0415

        table = in_order(held, stage)
        changed = np.zeros(max(0, table.num_rows - 1), bool)
        for name in stage.key:
            values = table[name].to_numpy()
            changed |= values[1:] != values[:-1]
        edges = [0, *(np.flatnonzero(changed) + 1).tolist(), table.num_rows] if table.num_rows else []
        parts = (stage.kernel(table.slice(begin, end - begin)) for begin, end in pairwise(edges))
        return pa.concat_tables([stage.gives.empty_table(), *parts])

    def unique(self, held: pa.Table) -> pa.Table:
        """Return each row once."""
        return held.group_by(held.column_names).aggregate([])

    def join(self, left: pa.Table, right: pa.Table, on: str) -> pa.Table:
        """Return the rows of both that agree in a column."""
        return left.join(right, on, join_type="inner")

    def both(self, one: pa.Table, other: pa.Table) -> pa.Table:
        """Return the rows of one and the other."""
        import pyarrow as pa  # noqa: PLC0415

        return pa.concat_tables([one, other.select(one.column_names)])

    def collect(self, held: pa.Table) -> pa.Table:
        """Return the rows."""
        return held


def in_order(table: pa.Table, stage: Stage) -> pa.Table:
    """Return rows by key, and within a key in event order."""
    return table.sort_by([(name, "ascending") for name in (*stage.key, *stage.order)])


def fitting(sources: Sequence[Source], wanted: Wanted) -> list[Source]:
    """Return the sources with those of their files that have the columns: documents of others lie beside them."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    names = {*wanted.columns, wanted.where[0]}
    return [
        source._replace(paths=tuple(path for path in source.paths if names <= set(pq.read_schema(path).names)))
        for source in sources
    ]


def _with_src(wanted: Wanted) -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema([*wanted.columns.items(), ("src", pa.int64())])


def _equal(column: Any, value: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return pc.equal(column.cast(pa.string()), value)


def _cast(column: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ms", column.type.tz)).cast(pa.int64())
    return column.cast(kind)
