"""Tables: three public dialects, any other with a map, names that say it plainly; day first is never guessed."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from foedus.areas import rooms
from foedus.areas.maritime.ingest import GUESSED
from foedus.engine.run import records_from

MARINECADASTRE = (
    "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,TransceiverClass\n"
    "367000001,2023-01-11T00:00:00,29.1,-90.25,12.3,360.0,511,SEA OTTER,IMO9627980,WDX1,70,5,100,20,5.5,70,A\n"
)
DMA = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,Ship type,"
    "Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type,Size A,Size B,Size C,Size D\n"
    "11/01/2023 00:00:00,Class A,219000001,55.5,11.25,Moored,,12.3,,,Unknown,OXYZ,TEST,Cargo,,20,100,GPS,5.5,AARHUS,,AIS,80,20,10,10\n"
)
EXACTEARTH = (
    '"MMSI","Message_ID","Repeat_indicator","Time","Millisecond","Longitude","Latitude","SOG","COG","Heading","Vessel_Name"\n'
    '"431000111","1","0","20230111_000000","250","139.7","35.1","12.3","None","None","HAYABUSA"\n'
)
AT = datetime(2023, 1, 11, tzinfo=UTC)


def read(text: str | bytes, **settings):
    raw = text if isinstance(text, bytes) else text.encode()
    found = records_from(rooms()["maritime"].ingest(io.BytesIO(raw), settings=settings), "s")
    rows = [row for batch in found.batches for row in batch.to_pylist()]
    return rows, [row for batch in found.refused for row in batch.to_pylist()], found


@pytest.mark.parametrize(
    ("text", "mmsi", "at", "status"),
    [
        (MARINECADASTRE, 367000001, AT, 5),
        (DMA, 219000001, AT, 5),
        (EXACTEARTH, 431000111, AT.replace(microsecond=250_000), None),
    ],
    ids=["marinecadastre", "dma", "exactearth"],
)
def test_public_dialects_are_told_by_their_header(text, mmsi, at, status):
    for raw in (text.encode(), b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()):
        (position, static), refused, found = read(raw)
        assert refused == []
        assert (position["mmsi"], position["t"], position["status"]) == (mmsi, at, status)
        assert (position["cog_deg"], position["heading_deg"], position["time_from"]) == (None, None, "table")
        assert position["sog_kn"] == pytest.approx(12.3)
        assert static["name"] in {"SEA OTTER", "TEST", "HAYABUSA"}
        assert not (found.batches[0].schema.metadata or {}).get(GUESSED)


def test_a_vessel_is_described_again_only_when_it_says_something_new():
    row = MARINECADASTRE.splitlines()[1]
    found, _, _ = read(MARINECADASTRE + row + "\n" + row.replace("SEA OTTER", "OTTER") + "\n")
    assert [one["name"] for one in found if one["what"] == "static"] == ["SEA OTTER", "OTTER"]
    assert found[1]["imo"] == 9627980


def test_plain_names_are_taken_and_reported_as_guessed():
    rows, _, found = read("mmsi,time,latitude,longitude,speed\n431000111,2023-01-11T09:00:00+09:00,35.12,139.7,12\n")
    assert (rows[0]["t"], rows[0]["res_deg"]) == (AT, pytest.approx(0.1))
    assert json.loads(found.batches[0].schema.metadata[GUESSED])["t"] == "time"


def test_any_other_table_is_read_with_a_map():
    text = "ship;when;y;x;v\n431000111;11.01.2023 09:00;35.1;139.7;10\n"
    columns = {"mmsi": "ship", "t": "when", "lat": "y", "lon": "x", "sog_kn": "v"}
    told = {"delimiter": ";", "zone": "+09:00", "time_format": "%d.%m.%Y %H:%M", "knots": 1.9438, "columns": columns}
    [row], refused, _ = read(text, format="table", **told)
    assert refused == []
    assert row["t"] == AT
    assert row["sog_kn"] == pytest.approx(19.438)


@pytest.mark.parametrize(
    "written", ["11/01/2023 00:00", "1/2/23", "31.12.2022", "yesterday", "", "2023-13-01T00:00:00"]
)
def test_no_time_is_guessed(written):
    rows, refused, _ = read(
        f"mmsi,time,lat,lon\n431000111,{written},35.1,139.7\n431000111,2023-01-11T00:00:00,35.1,139.7\n"
    )
    assert [(row["where"], row["code"]) for row in refused] == [("line 2", "time-malformed")]
    assert "day first" in refused[0]["hint"]
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("0,2023-01-11T00:00:00,1,1", "mmsi-none"),
        ("x,2023-01-11T00:00:00,1,1", "mmsi-malformed"),
        ("431000111,2023-01-11T00:00:00,91.5,1", "position-impossible"),
        ("431000111,2023-01-11T00:00:00,1,-200", "position-impossible"),
        ("431000111,2023-01-11T00:00:00,1", "row-malformed"),
        ('431000111,"2023-01-11T00:00:00,1,1', "row-malformed"),
        ("431000111,2030-01-11T00:00:00,1,1", "time-future"),
        ("431000111,2023-01-11T00:00:00,1,1" + " " * 9_000, "line-too-long"),
    ],
)
def test_rows_that_cannot_be_are_refused_and_the_rest_goes_on(row, code):
    good = "431000111,2023-01-11T00:00:00,1,1"
    rows, refused, _ = read(f"mmsi,time,lat,lon\n{good}\n{row}\n{good}\n", at=datetime(2026, 6, 1, tzinfo=UTC))
    assert [(one["where"], one["code"]) for one in refused] == [("line 3", code)]
    assert len(rows) == 2


def test_no_position_is_none_and_not_the_sentinel():
    [row], _, _ = read("mmsi,time,lat,lon\n431000111,2023-01-11T00:00:00,91,181\n")
    assert (row["lat"], row["lon"]) == (None, None)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "columns-unknown"),
        ({"columns": {"mmsi": "a"}}, "columns-unknown"),
        ({"columns": {"mmsi": "a", "t": "b", "lat": "c", "lon": "nowhere"}}, "columns-unknown"),
        ({"columns": {"mmsi": "a", "t": "b", "lat": "c", "lon": "d", "ship": "a"}}, "columns-unknown"),
        ({"columns": {"mmsi": "a", "t": "b", "lat": "c", "lon": "d"}, "zone": "Mars/Base"}, "columns-unknown"),
        ({"columns": {"mmsi": "a", "t": "b", "lat": "c", "lon": "d"}, "knots": "fast"}, "columns-unknown"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(settings, code):
    rows, refused, _ = read("a,b,c,d\n1,2,3,4\n", format="table", **settings)
    assert (rows, [one["code"] for one in refused]) == ([], [code])


def test_a_place_in_the_file_leads_back_to_the_row():
    found, _, _ = read(MARINECADASTRE)
    assert MARINECADASTRE[found[0]["pos"] :].startswith("367000001,2023")
