from __future__ import annotations

import subprocess
import sys
from datetime import date

import pyarrow as pa
import pytest

from foedus.errors import StoreError
from foedus.store import records
from foedus.store.records import Part, RecordsHandle

PART = Part("maritime", date(2026, 6, 1), "ais/..\\feed")


def batch(*numbers):
    return pa.record_batch({"t": pa.array(numbers, pa.int64())}, metadata={"area": "maritime"})


def test_batches_come_back_in_order_with_their_schema(tmp_path):
    path = records.write(tmp_path, PART, [batch(3, 1), batch(2)])
    handle = RecordsHandle([str(path)], "ais")
    table = pa.Table.from_batches(handle.scan())
    assert table.column("t").to_pylist() == [3, 1, 2]
    assert table.schema.metadata[b"area"] == b"maritime"


def test_files_lie_by_area_and_day_inside_the_directory(tmp_path):
    path = records.write(tmp_path, PART._replace(number=2), [batch(1)])
    assert path.parent == tmp_path / "area=maritime" / "day=2026-06-01"
    assert path.name == "ais%2F..%5Cfeed.2.parquet"


def test_the_same_part_again_takes_the_place_of_the_first(tmp_path):
    records.write(tmp_path, PART, [batch(1)])
    path = records.write(tmp_path, PART, [batch(2)])
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]
    assert [b.column("t").to_pylist() for b in RecordsHandle([str(path)], "ais").scan()] == [[2]]


def test_nothing_to_write_makes_no_file(tmp_path):
    assert records.write(tmp_path, PART, []) is None
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_fails_half_way_leaves_no_file(tmp_path):
    def failing():
        yield batch(1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        records.write(tmp_path, PART, failing())
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_row_groups_bound_the_memory(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    monkeypatch.setattr(records, "_ROW_GROUP", 4)
    path = records.write(tmp_path, PART, [batch(n, n + 1) for n in range(0, 10, 2)])
    groups = pq.ParquetFile(path).metadata
    assert [groups.row_group(n).num_rows for n in range(groups.num_row_groups)] == [4, 4, 2]


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_missing_or_damaged_file_is_named(tmp_path, damage):
    path = records.write(tmp_path, PART, [batch(1)])
    path.unlink() if damage == "missing" else path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError) as caught:
        list(RecordsHandle([str(path)], "ais").scan())
    assert (caught.value.code, caught.value.where) == ("records-damaged", str(path))
    assert caught.value.hint


def test_reading_pages_does_not_load_pyarrow():
    program = "import sys, foedus.store.pages, foedus.store.records; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
