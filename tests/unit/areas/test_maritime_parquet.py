"""Parquet: the same rows as the CSV of the same table, whatever its types; damage is refused with its place."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.areas.test_maritime_tables import AT, DMA, EXACTEARTH, MARINECADASTRE, read

from foedus.areas.maritime import parquet
from foedus.areas.maritime.ingest import GUESSED

DIALECTS = [MARINECADASTRE, DMA, EXACTEARTH]


def written(table: pa.Table, **how) -> bytes:
    held = io.BytesIO()
    pq.write_table(table, held, **how)
    return held.getvalue()


def as_texts(text: str) -> pa.Table:
    names = next(iter(pyarrow.csv.open_csv(io.BytesIO(text.encode())))).schema.names
    every = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    return pyarrow.csv.read_csv(io.BytesIO(text.encode()), convert_options=every)


def without_place(rows: list[dict]) -> list[dict]:
    """Without what a CSV alone tells: byte offsets, and how many digits were written."""
    return [{name: value for name, value in row.items() if name not in {"pos", "res_deg"}} for row in rows]


@pytest.mark.parametrize("text", DIALECTS, ids=["marinecadastre", "dma", "exactearth"])
@pytest.mark.parametrize("as_table", [as_texts, lambda text: pyarrow.csv.read_csv(io.BytesIO(text.encode()))])
def test_the_public_dialects_are_read_as_their_csv(text, as_table):
    ours, refused, _ = read(written(as_table(text)))
    assert refused == []
    assert without_place(ours) == without_place(read(text)[0])
    assert [row["pos"] for row in ours] == [1, 1]


def test_plain_names_are_taken_and_reported_as_guessed():
    table = pa.table({"MMSI": [431000111], "Timestamp": [AT], "Latitude": [35.12], "Longitude": [139.75]})
    [row], refused, found = read(written(table))
    assert (refused, row["t"], row["lat"], row["res_deg"]) == ([], AT, 35.12, pytest.approx(0.01))
    assert json.loads(found.batches[0].schema.metadata[GUESSED])["t"] == "timestamp"


@pytest.mark.parametrize(
    ("when", "settings"),
    [
        (pa.array([datetime(2023, 1, 11, 9)], pa.timestamp("us")), {"zone": "+09:00"}),
        (pa.array([datetime(2023, 1, 11)], pa.timestamp("s")), {}),
        (pa.array([1_673_395_200]), {"time_format": "epoch"}),
        (pa.array([1_673_395_200_000.0]), {"time_format": "epoch"}),
        (pa.array(["11.01.2023 00:00"]), {"time_format": "%d.%m.%Y %H:%M"}),
        (pa.array(["2023-01-11T00:00:00"]).dictionary_encode(), {}),
    ],
)
def test_times_are_read_by_their_type_or_as_the_settings_say(when, settings):
    columns = {"mmsi": "ship", "t": "when", "lat": "y", "lon": "x"}
    table = pa.table({"ship": ["431000111"], "when": when, "y": [35], "x": [139.5]})
    [row], refused, _ = read(written(table), columns=columns, **settings)
    assert (refused, row["t"]) == ([], AT)


def test_rows_that_cannot_be_are_refused_with_their_cells_and_the_rest_goes_on():
    table = pa.table(
        {
            "mmsi": [431000111, None, 0, 431000111, 431000111, 431000111],
            "time": [AT, AT, AT, None, AT.replace(year=2030), AT],
            "lat": [35.0, 35.0, 35.0, 35.0, 35.0, 95.0],
            "lon": [139.0] * 6,
        }
    )
    rows, refused, _ = read(written(table), at=datetime(2026, 6, 1, tzinfo=UTC))
    codes = ["mmsi-malformed", "mmsi-none", "time-malformed", "time-future", "position-impossible"]
    assert [(one["where"], one["code"]) for one in refused] == [(f"row {n}", c) for n, c in enumerate(codes, 2)]
    assert json.loads(refused[-1]["raw"])["lat"] == 95.0
    assert len(rows) == 1


def test_numbers_without_a_format_are_no_times():
    rows, refused, _ = read(written(pa.table({"mmsi": [1], "time": [20230111], "lat": [1.0], "lon": [1.0]})))
    assert (rows, [one["code"] for one in refused]) == ([], ["time-malformed"])


def test_a_vessel_is_described_again_only_when_it_says_something_new():
    names = ["OTTER", "OTTER", None, "OTTER", "SEAL", "OTTER"]
    table = pa.table({"mmsi": [1] * 6, "time": [AT] * 6, "lat": [1.0] * 6, "lon": [1.0] * 6, "name": names})
    for how in ({}, {"row_group_size": 2}):
        rows, _, _ = read(written(table, **how))
        assert [row["name"] for row in rows if row["what"] == "static"] == ["OTTER", "SEAL", "OTTER"]


def made(rows: int = 4_000) -> pa.Table:
    ids = [431_000_000 + n % 50 for n in range(rows)]
    return pa.table({"mmsi": ids, "time": [AT] * rows, "lat": [n / rows for n in range(rows)], "lon": [1.0] * rows})


def test_a_damaged_row_group_is_refused_and_the_others_are_read():
    raw = bytearray(written(made(), row_group_size=1_000, use_dictionary=False, write_page_checksum=True))
    hit = pq.ParquetFile(io.BytesIO(raw)).metadata.row_group(2).column(2)
    raw[hit.data_page_offset + hit.total_compressed_size // 2] ^= 0xFF
    rows, refused, _ = read(bytes(raw))
    assert [(one["where"], one["code"]) for one in refused] == [("row 2001", "parquet-broken")]
    assert [row["pos"] for row in rows] == [*range(1, 2_001), *range(3_001, 4_001)]


@pytest.mark.parametrize("cut", [4, 100, -1, -9])
def test_a_file_cut_short_is_refused(cut):
    rows, refused, _ = read(written(made(100))[:cut])
    assert (rows, [one["code"] for one in refused]) == ([], ["parquet-broken"])


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=20))
def test_no_damage_stops_it(hits):
    raw = bytearray(written(made(200), row_group_size=50))
    for place, byte in hits:
        raw[4 + place % (len(raw) - 4)] = byte
    rows, refused, _ = read(bytes(raw))
    assert len(rows) <= 200
    assert rows or refused


def test_limits_are_kept(monkeypatch):
    raw = written(made(), row_group_size=1_000)
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 100)
    assert [one["code"] for one in read(raw)[1]] == ["group-too-large"] * 4
    monkeypatch.setattr(parquet, "MAX_COLUMNS", 3)
    assert [one["code"] for one in read(raw)[1]] == ["input-too-large"]
    monkeypatch.setattr(parquet, "MAX_FILE_BYTES", 1_000)
    assert [(one["code"], one["where"]) for one in read(raw)[1]] == [("input-too-large", "byte 1000")]


@pytest.mark.parametrize("lat", [pa.array([[1.0]]), pa.array([b"1"]), pa.array([{"y": 1.0}])])
def test_a_column_of_something_else_is_refused(lat):
    rows, refused, _ = read(written(pa.table({"mmsi": [1], "time": [AT], "lat": lat, "lon": [1.0]})))
    assert (rows, [(one["code"], one["where"]) for one in refused]) == ([], [("columns-unknown", "lat")])
    assert "numbers" in refused[0]["hint"]
