"""Spark: the stages of ``kernels`` over the same Parquet files on many machines (extra ``spark``, and a Java 17 runtime).

Importing this asks for nothing; a session is made when the runner is. Foedus must be installed where the executors run; for
those that Spark starts on this machine its place is told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import foedus
from foedus.engine.kernels import Source, Stage, Wanted, fitting, in_order
from foedus.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

SETTINGS = {
    # An isolated host has no name that can be looked up.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.log.level": "ERROR",
}
MEMORY, PARTITIONS = "512m", "4"


@contextmanager
def session(master: str) -> Iterator[Spark]:
    """Open a session and stop it after.

    Args:
        master: where Spark runs: ``local[*]``, ``local-cluster[2,1,512]``, ``spark://HOST:7077``.

    Raises:
        InputError: the extra is not installed, or Spark does not start.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra)
    except ImportError as error:
        hint = "pip install 'foedus[spark]', and a Java 17 runtime"
        raise InputError("PySpark is not installed", code="spark-missing", hint=hint) from error
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    made = SparkSession.builder.master(master).appName("foedus")
    for name, value in SETTINGS.items():
        made = made.config(name, value)
    if master.startswith("local"):
        place = str(Path(foedus.__file__).resolve().parents[1])
        made = made.config("spark.executorEnv.PYTHONPATH", place).config("spark.executor.memory", MEMORY)
        made = made.config("spark.sql.shuffle.partitions", PARTITIONS)
    try:
        opened = made.getOrCreate()
    except Exception as error:
        hint = "is a Java 17 runtime there (java -version), and is the master right?"
        raise InputError("Spark does not start", code="spark-unstarted", where=master, hint=hint) from error
    try:
        yield Spark(opened)
    finally:
        opened.stop()


class Spark:
    """Runs stages by Spark (``kernels.Runner`` over its data frames).

    Args:
        session: a session of PySpark.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def read(self, sources: Sequence[Source], wanted: Wanted) -> Any:
        """Return the rows of Parquet files."""
        parts = [self._part(source, wanted) for source in fitting(sources, wanted) if source.paths]
        if parts:
            return reduce(lambda one, other: one.unionAll(other), parts)
        columns = ", ".join(f"{name} {_word(kind)}" for name, kind in wanted.columns.items())
        return self._session.createDataFrame([], f"{columns}, src bigint")

    def run(self, held: Any, stage: Stage) -> Any:
        """Return what a kernel gives of every partition."""
        from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

        def ordered(part: pa.Table) -> pa.Table:
            return stage.kernel(in_order(part, stage))

        return held.groupBy(*stage.key).applyInArrow(ordered, from_arrow_schema(stage.gives))

    def unique(self, held: Any) -> Any:
        """Return each row once; kept, because more than one stage reads them."""
        return held.distinct().persist()

    def join(self, left: Any, right: Any, on: str) -> Any:
        """Return the rows of both that agree in a column."""
        return left.join(right, on, "inner")

    def both(self, one: Any, other: Any) -> Any:
        """Return the rows of one and the other."""
        return one.unionByName(other)

    def collect(self, held: Any) -> pa.Table:
        """Return the rows in memory."""
        return held.toArrow()

    def _part(self, source: Source, wanted: Wanted) -> Any:
        import pyarrow.parquet as pq  # noqa: PLC0415

        held = pq.read_schema(source.paths[0])
        kinds = {name: str(held.field(name).type) for name in (*wanted.columns, wanted.where[0])}
        # Told, so that no job is run to find it out.
        known = ", ".join(f"{name} {_STORED[kind.partition('[')[0].partition('<')[0]]}" for name, kind in kinds.items())
        rows = self._session.read.schema(known).parquet(*source.paths)
        words = [
            f"CAST({f'unix_millis({name})' if kinds[name].startswith('timestamp') else name} AS {_word(kind)}) AS {name}"
            for name, kind in wanted.columns.items()
        ]
        return rows.where(rows[wanted.where[0]] == wanted.where[1]).selectExpr(
            *words, f"CAST({source.number} AS bigint) AS src"
        )


_STORED = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "int",
    "uint32": "bigint",
    "uint64": "decimal(20,0)",
    "float": "float",
    "double": "double",
    "string": "string",
    "dictionary": "string",
    "timestamp": "timestamp",
    "list": "array<string>",
}
"""How Spark reads what Arrow writes to Parquet; lists are of texts."""
_SAID = {
    "int64": "bigint",
    "double": "double",
    "float": "float",
    "string": "string",
    "list<item: string>": "array<string>",
}


def _word(kind: pa.DataType) -> str:
    """The type's name in SQL."""
    return _SAID[str(kind)]
