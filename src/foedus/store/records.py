"""Records: a Parquet data set per area, by day; a file is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from foedus.errors import StoreError

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

_ROW_GROUP = 1_000_000
_GROUP_BYTES = 8 * 1024 * 1024
_SCAN_ROWS = 4_096


class Part(NamedTuple):
    """Names a file of records: area, day, source, and a number where a source fills several a day."""

    area: str
    day: date
    source: str
    number: int = 0

    def path(self, directory: Path) -> Path:
        """Return the file's place; whatever the source is called, it stays inside the directory."""
        area, source = quote(self.area, safe=""), quote(self.source, safe="")
        return directory / f"area={area}" / f"day={self.day.isoformat()}" / f"{source}.{self.number}.parquet"


@dataclass(frozen=True, slots=True)
class RecordsHandle:
    """Record batches of one source in Parquet files, in the order of the files (model.room.Records)."""

    paths: Sequence[str]
    source: str

    def scan(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches.

        Raises:
            StoreError: a file is missing or damaged.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415

        pa = _arrow()
        for path in self.paths:
            try:
                with pq.ParquetFile(path) as file:
                    # One row group after the other: over all of them the reader keeps what it decoded.
                    for group in range(file.num_row_groups):
                        yield from file.iter_batches(batch_size=_SCAN_ROWS, row_groups=[group])
            except (OSError, pa.ArrowException) as error:
                hint = "restore the file, or ingest its source again"
                raise StoreError("records cannot be read", code="records-damaged", where=path, hint=hint) from error


def write(directory: Path, part: Part, batches: Iterable[pa.RecordBatch]) -> Path | None:
    """Write a part, in place of one of the same name; None where there is no batch.

    Memory is bounded by a row group: a million rows or 8 MiB.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    pa = _arrow()
    groups = _groups(batches)
    first = next(groups, None)
    if first is None:
        return None
    path = part.path(directory)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            with pq.ParquetWriter(file, first[0].schema, compression="zstd", use_dictionary=False) as writer:
                for group in chain((first,), groups):
                    writer.write_table(pa.Table.from_batches(group), row_group_size=_ROW_GROUP)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StoreError("records cannot be written", code="records-unwritten", where=str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)
    return path


def by_source(directory: Path, area: str) -> dict[str, list[str]]:
    """Return the files of records of an area, by source, in order of their days and numbers."""
    found: dict[str, list[tuple[str, int, str]]] = {}
    for path in directory.glob(f"area={quote(area, safe='')}/day=*/*.parquet"):
        source, _, number = path.name.removesuffix(".parquet").rpartition(".")
        if not path.name.startswith("."):
            found.setdefault(unquote(source), []).append((path.parent.name, int(number), str(path)))
    return {source: [path for *_, path in sorted(files)] for source, files in sorted(found.items())}


def _arrow() -> Any:
    """Return pyarrow, imported late: a server that never ingests must not pay for it.

    Memory goes back to the system after each batch: the default pool keeps the largest input's worth for ever.
    """
    import pyarrow as pa  # noqa: PLC0415

    pa.set_memory_pool(pa.system_memory_pool())
    return pa


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= _ROW_GROUP or size >= _GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group


def _sync_directory(directory: Path) -> None:
    """Make a rename durable: the name stands in the directory, not in the file."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
