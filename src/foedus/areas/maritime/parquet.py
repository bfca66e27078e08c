"""Parquet files of AIS: the columns a dialect names, a row group at a time; a damaged one is refused and the rest goes on.

The format has its table of contents at its end, so a source is first written to a temporary file. What a file says of the size
of its parts is looked at before they are read; its checksums are verified where it has them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from foedus.areas.maritime.dialects import Dialect
from foedus.areas.maritime.typed import TypedTable
from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal
from foedus.errors import InputError, MalformedRecord, UnsupportedFormat

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAGIC = b"PAR1"
MAX_FILE_BYTES = 8 * 2**30
MAX_GROUP_BYTES = 512 * 2**20
MAX_COLUMNS = 1_000
_ROWS = 65_536
_THRIFT = 16 * 2**20


class Opening(NamedTuple):
    """An open file, its column names, and what it stands in, which is to be closed."""

    file: pq.ParquetFile
    header: list[str]
    held: BinaryIO


def opening(opened: Opened) -> Opening:
    """Open a source.

    Raises:
        InputError: it is larger than a limit.
        MalformedRecord: it is no Parquet file, or a damaged one.
    """
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

    with ExitStack() as stack:
        held: Any = stack.enter_context(tempfile.TemporaryFile())
        _spool(opened, held, MAX_FILE_BYTES)
        try:
            schema = _file(held).schema_arrow
            texts = [field.name for field in schema if _is_text(field.type)]
            file = _file(held, read_dictionary=texts)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise MalformedRecord(
                "a Parquet file whose end cannot be read",
                code="parquet-broken",
                where="end of input",
                hint="fetch it again",
            ) from error
        if len(schema.names) > MAX_COLUMNS:
            message = f"more than {MAX_COLUMNS:,} columns"
            raise InputError(message, code="input-too-large", where="end of input", hint="choose the columns of AIS")
        stack.pop_all()
        return Opening(file, schema.names, held)


def _file(held: BinaryIO, read_dictionary: list[str] | None = None) -> pq.ParquetFile:
    import pyarrow.parquet as pq  # noqa: PLC0415

    return pq.ParquetFile(
        held,
        read_dictionary=read_dictionary,
        page_checksum_verification=True,
        pre_buffer=False,
        buffer_size=1 << 16,
        thrift_string_size_limit=_THRIFT,
        thrift_container_size_limit=_THRIFT,
    )


def _spool(opened: Opened, held: BinaryIO, most: int) -> None:
    size = 0
    for part in opened.chunks():
        size += len(part)
        if size > most:
            message = f"more than {most:,} bytes"
            raise InputError(message, code="input-too-large", where=f"byte {most}", hint="cut it into days")
        held.write(part)
    held.seek(0)


def rows(opening: Opening, dialect: Dialect, at_ms: int) -> Iterator[pa.RecordBatch | list[Refusal]]:
    """Return the records of a file and what is refused of it, a row group at a time.

    Raises:
        UnsupportedFormat: a column that is needed holds something else than numbers, texts or times.
    """
    chosen = _chosen(opening, dialect)
    table = TypedTable(dialect, at_ms)

    def read() -> Iterator[pa.RecordBatch | list[Refusal]]:
        row = 1
        for group in range(opening.file.num_row_groups):
            yield from _group(opening.file, (group, row), chosen, table)
            row += opening.file.metadata.row_group(group).num_rows

    return read()


def _group(
    file: pq.ParquetFile, place: tuple[int, int], chosen: dict[str, str], table: TypedTable
) -> Iterator[pa.RecordBatch | list[Refusal]]:
    import pyarrow as pa  # noqa: PLC0415

    group, row = place
    if file.metadata.row_group(group).total_byte_size > MAX_GROUP_BYTES:
        yield [_lost(group, row, "group-too-large", f"a row group of more than {MAX_GROUP_BYTES:,} bytes")]
        return
    try:
        for batch in file.iter_batches(_ROWS, row_groups=[group], columns=list(chosen.values())):
            columns = {field: _typed(batch.column(name)) for field, name in chosen.items()}
            made, refused = table.read(columns, batch.num_rows, row)
            row += batch.num_rows
            if made is not None:
                yield made
            if refused:
                yield refused
    except (pa.ArrowException, OSError, ValueError):
        yield [_lost(group, row, "parquet-broken", "a row group that cannot be read any further")]


def _chosen(opening: Opening, dialect: Dialect) -> dict[str, str]:
    """Names of columns as the file has them, by field."""
    import pyarrow as pa  # noqa: PLC0415

    places = {name.strip().lower(): name for name in reversed(opening.header)}
    chosen = {field: places[name] for field, name in dialect.columns.items() if name in places}
    kinds = pa.types
    for name in chosen.values():
        held = opening.file.schema_arrow.field(name).type
        held = held.value_type if kinds.is_dictionary(held) else held
        tests = (_is_text, kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_timestamp, kinds.is_null)
        if not any(test(held) for test in tests):
            raise UnsupportedFormat(
                f"column {name} holds {held}",
                code="columns-unknown",
                where=name,
                hint="numbers, texts or timestamps are read",
            )
    return chosen


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa  # noqa: PLC0415

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _typed(column: pa.Array) -> pa.Array:
    """A column with its texts as a dictionary of strings."""
    return column.dictionary_encode() if _is_text(column.type) else column


def _lost(group: int, row: int, code: str, message: str) -> Refusal:
    return Refusal(f"row {row}", code, f"{message} (number {group + 1})", "fetch the file again, or write it anew", b"")
