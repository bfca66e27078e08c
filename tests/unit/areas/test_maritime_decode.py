"""The bits: ours against gpsd's and pyais' reading of real sentences, as integers."""

from __future__ import annotations

import gzip
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyais import decode as reference
from pyais.encode import encode_dict

from foedus.areas import rooms
from foedus.areas.maritime import fast
from foedus.areas.maritime.clock import Clock
from foedus.areas.maritime.full import MIN_BITS
from foedus.engine.run import records_from

START = {"start": "2026-05-01T00:00:00Z"}
OWNED = (1, 2, 3, 18, 19, 27)


def rows(raw: bytes, **settings) -> tuple[list[dict], list[dict]]:
    """Records and refusals of sentences."""
    found = records_from(rooms()["maritime"].ingest(io.BytesIO(raw), settings=START | settings), "s")
    return [row for b in found.batches for row in b.to_pylist()], [row for b in found.refused for row in b.to_pylist()]


def integers(row: dict) -> tuple[int, int]:
    scale = 600 if row["msg_type"] == 27 else 600_000
    if row["lat"] is None:
        return 91 * scale, 181 * scale
    return round(row["lat"] * scale), round(row["lon"] * scale)


@pytest.mark.shared_data
def test_every_position_of_gpsds_reference_is_the_same_integer(shared):
    with gzip.open(shared("data/maritime/gpsd/gpsd_ais_reference.jsonl.gz")) as file:
        cases = [json.loads(line) for line in file]
    refused = []
    agreed = 0
    for case in cases:
        expect = case.get("expect_raw") or case["expect"]
        if expect["type"] not in OWNED:
            continue
        found, wrong = rows("\n".join(case["lines"]).encode())
        refused += [row["code"] for row in wrong]
        for row in found:
            if row["what"] == "position":
                assert (row["mmsi"], *integers(row)) == (expect["mmsi"], expect["lat"], expect["lon"]), case["lines"]
                agreed += 1
    assert agreed == 1_261
    assert refused == ["length-impossible"]  # 163 bits of type 1, which gpsd reads as far as they go


@pytest.mark.shared_data
@pytest.mark.parametrize("tag", [b"", b"\\s:rA,c:1777600000*0F\\"], ids=["bare", "tagged"])
def test_plain_sentences_and_all_others_are_read_alike(shared, tag):
    raw = gzip.decompress(shared("data/maritime/nmea/bench_sentences.nmea.gz").read_bytes())
    plain = [line for line in raw.splitlines() if line.split(b",")[1] == b"1"]
    fast_rows, _ = rows(b"\n".join(tag + line for line in plain))
    slow_rows, _ = rows(
        b"\n".join((b"7:" + tag if tag else b"") + line + b" " for line in plain)
    )  # text behind: off the fast path
    bare = [[{k: v for k, v in row.items() if k != "pos"} for row in found] for found in (fast_rows, slow_rows)]
    assert bare[0] == bare[1]
    assert len(fast_rows) > 4_000
    assert {row["time_from"] for row in fast_rows} == ({"tag"} if tag else {"start", "base"})


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["gofree-merrimac", "nais300-merrimac", "nais400-merrimac"])
def test_a_boats_stream_is_read_whole(shared, name):
    raw = shared(f"data/maritime/signalk/{name}.log").read_bytes()
    found, refused = rows(raw)
    assert refused == []
    assert len({row["pos"] for row in found}) > 500
    assert {raw[row["pos"] : row["pos"] + 6] for row in found} <= {b"!AIVDM", b"!AIVDO"}


positions = st.fixed_dictionaries(
    {
        "type": st.sampled_from([1, 2, 3, 18, 27]),
        "mmsi": st.integers(1, 999_999_999),
        "lat": st.floats(-90, 90).map(lambda v: round(v, 5)),
        "lon": st.floats(-180, 180).map(lambda v: round(v, 5)),
        "speed": st.integers(0, 62),
        "course": st.integers(0, 359),
        "heading": st.integers(0, 359),
        "second": st.integers(0, 59),
        "accuracy": st.booleans(),
        "raim": st.booleans(),
    }
)


@given(positions)
def test_whatever_is_sent_is_read_as_the_reference_reads_it(said):
    [line] = encode_dict(said, talker_id="AI", sentence_type="VDM")
    theirs = reference(line).asdict()
    found, refused = rows(line.encode())
    assert refused == []
    [row] = found
    scale = 600 if said["type"] == 27 else 600_000
    assert integers(row) == (round(theirs["lat"] * scale), round(theirs["lon"] * scale))
    assert (row["mmsi"], row["accuracy"], row["raim"]) == (theirs["mmsi"], theirs["accuracy"], theirs["raim"])
    assert row["sog_kn"] == pytest.approx(theirs["speed"])
    assert row["cog_deg"] == pytest.approx(theirs["course"])
    assert row["heading_deg"] == (None if said["type"] == 27 else theirs["heading"])


@given(st.binary(max_size=400) | st.text("!$\\AIVDMO,*0123456789ABCw`:s\r\n", max_size=400).map(str.encode))
def test_no_bytes_stop_it(raw):
    for settings in ({}, {"format": "nmea"}, {"format": "table"}):
        found, refused = rows(raw, **settings)
        assert all(row["where"] and row["code"] for row in refused)
        assert all(row["t"] is not None for row in found)


@given(st.sampled_from(sorted(MIN_BITS)), st.binary(min_size=8, max_size=160), st.integers(0, 5))
def test_no_payload_stops_it(kind, noise, fill):
    armour = bytes(48 + v if v < 40 else 56 + v for v in range(64))
    payload = bytes([armour[kind]]) + bytes(armour[b % 64] for b in noise)
    body = b"AIVDM,1,1,,A," + payload + b",%d" % fill
    checksum = int(np.bitwise_xor.reduce(np.frombuffer(body, np.uint8)))
    found, refused = rows(b"!%s*%02X" % (body, checksum))
    assert found or refused or payload[:1] == b"0"


@pytest.mark.parametrize(
    ("field", "value", "column"),
    [
        ("speed", 102.3, "sog_kn"),
        ("course", 360.0, "cog_deg"),
        ("heading", 511, "heading_deg"),
        ("status", 15, "status"),
    ],
)
def test_what_is_not_available_is_nothing(field, value, column):
    said = {"type": 1, "mmsi": 431000111, "lat": 35.0, "lon": 139.0, field: value}
    [row], _ = rows(encode_dict(said, talker_id="AI", sentence_type="VDM")[0].encode())
    assert row[column] is None
    assert row["turn_deg_min"] is None or field != "turn"


def test_a_checksum_is_that_of_its_stretch_alone():
    lines = fast.lines(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\nx\n")
    star = np.array([lines.buffer.tobytes().index(b"*")])
    assert fast.checksum_right(lines.buffer, np.array([1]), star).tolist() == [True]
    assert fast.checksum_right(lines.buffer, np.array([2]), star).tolist() == [False]


@pytest.mark.parametrize(
    ("received", "second", "expected"),
    [(60_500, 59, 59_000), (60_500, 1, 61_000), (60_500, 2, 62_000), (60_500, 3, 3_000), (60_500, 60, 60_500)],
)
def test_the_second_lies_before_receipt_or_two_seconds_after_it(received, second, expected):
    t, _ = Clock().stamp(np.array([received]), np.array([second]), np.array([-1]))
    assert t.tolist() == [expected]


def test_without_receipt_the_seconds_are_followed_and_a_base_station_sets_the_clock():
    second, base = np.array([58, 59, 1, 0, -1, -1, 7]), np.array([-1, -1, -1, -1, -1, 600_000, -1])
    t, code = Clock(57_000).stamp(np.full(7, -1), second, base)
    assert t.tolist() == [58_000, 59_000, 61_000, 60_000, 60_000, 600_000, 607_000]
    assert code.tolist() == [5, 5, 5, 5, 5, 4, 4]
