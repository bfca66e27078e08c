"""Sentences: checksums, tag blocks, suffixes, prefixes, parts, and what is refused with its place."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyais.encode import encode_dict

from foedus.areas import rooms
from foedus.engine.run import is_refused, records_from

GOOD = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
NAMES = {
    "type": 5,
    "mmsi": 431000111,
    "imo": 9074729,
    "callsign": "JD1234",
    "shipname": "HAYABUSA",
    "to_bow": 90,
    "to_stern": 30,
}
PARTS = [one.encode() for one in encode_dict(NAMES, talker_id="AI", sentence_type="VDM", seq_id=4)]
AT = datetime(2026, 6, 1, tzinfo=UTC)
C = 1_780_099_200  # 2026-05-30T00:00:00Z


def xor(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value ^= byte
    return value


def sentence(payload: bytes) -> bytes:
    body = b"AIVDM,1,1,,A,%s,0" % payload
    return b"!%s*%02X" % (body, xor(body))


def tagged(line: bytes, inside: bytes) -> bytes:
    return b"\\%s*%02X\\%s" % (inside, xor(inside), line)


def read(raw: bytes, **settings):
    given = {"at": AT, "start": "2026-05-30T12:00:00Z"} | settings
    found = records_from(rooms()["maritime"].ingest(io.BytesIO(raw), settings=given), "s")
    return [row for b in found.batches for row in b.to_pylist()], [row for b in found.refused for row in b.to_pylist()]


def refusals(raw: bytes, **settings) -> list[tuple[str, str]]:
    return [(row["where"], row["code"]) for row in read(raw, **settings)[1]]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (GOOD[:-1] + b"B", "checksum-wrong"),
        (GOOD[:-3], "checksum-missing"),
        (b"!AIVDM,1,1,,A,,0*26", "sentence-malformed"),
        (sentence(b"U31<0OOP000CshrMdl600?wP00SL"), "type-unknown"),
        (b"!AIVDM,1,1,,A,13aIkM@P00PJ@qPNL=e@0?wJ28JO,5*63", "length-impossible"),
        (encode_dict({"type": 1, "mmsi": 0}, talker_id="AI", sentence_type="VDM")[0].encode(), "mmsi-none"),
        (b"nothing of the kind", "line-unknown"),
        (b"12:00:01 " + GOOD, "prefix-unknown"),
        (tagged(GOOD, b"s:x,c:%d" % (C + 10 * 86_400)), "time-future"),
        (GOOD + b"x" * 2_000, "line-too-long"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line_and_the_rest_goes_on(line, code):
    found, refused = read(b"\n".join([GOOD, line, GOOD]))
    assert [(row["where"], row["code"]) for row in refused] == [("line 2", code)]
    assert len(found) == 2


def test_a_place_off_the_earth_is_refused_and_one_not_available_is_none():
    off, none = (
        encode_dict({"type": 1, "mmsi": 431000111, "lat": lat, "lon": lon}, talker_id="AI", sentence_type="VDM")[
            0
        ].encode()
        for lat, lon in ((100.0, 10.0), (91.0, 181.0))
    )
    found, refused = read(off + b"\n" + none)
    assert [row["code"] for row in refused] == ["position-impossible"]
    assert [(row["lat"], row["lon"]) for row in found] == [(None, None)]


@pytest.mark.parametrize(
    ("line", "at", "time_from", "station"),
    [
        (tagged(GOOD, b"s:rA,c:%d" % C), C - 27, "tag", "rA"),
        (tagged(GOOD, b"c:%d500,s:rA" % C), C - 27, "tag", "rA"),
        (tagged(GOOD, b"s:rA,c:%d.5" % C), C - 27, "tag", "rA"),
        (GOOD + b",d-089,S0738,t000000.00,T43.2,rnhjel,%d,1" % C, C - 27, "suffix", "rnhjel"),
        (tagged(GOOD, b"s:rA,c:%d" % C) + b",rnhjel,1", C - 27, "tag", "rA"),
    ],
)
def test_the_receive_time_comes_from_tag_block_then_suffix(line, at, time_from, station):
    [row], refused = read(line)
    assert refused == []
    assert (row["t"].timestamp(), row["time_from"], row["station"]) == (at, time_from, station)


def test_a_tag_block_with_a_wrong_checksum_says_nothing_and_is_counted():
    [row], _ = read(tagged(GOOD, b"s:rA,c:%d" % C).replace(b"s:rA", b"s:rB"))
    assert (row["time_from"], row["station"], row["flags"] & 1) == ("start", None, 1)


@pytest.mark.parametrize(("prefix", "before"), [("iso", b"2026-05-30T00:00:00Z "), ("epoch", b"%d: " % C)])
def test_a_loggers_prefix_is_read_when_said_and_never_guessed(prefix, before):
    [row], _ = read(before + GOOD, prefix=prefix)
    assert (row["t"].timestamp(), row["time_from"]) == (C - 27, "prefix")
    assert refusals(before + GOOD) == [("line 1", "prefix-unknown")]


def test_a_stream_without_any_time_is_refused_once_with_what_to_do():
    raw = b"\n".join([GOOD] * 50_000)
    found, refused = read(raw, start=None)
    assert found == []
    assert [row["code"] for row in refused] == ["time-none"]
    assert "start" in refused[0]["hint"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_parts_join_in_any_order_with_anything_between(order):
    between = b"\n$GPRMC,000000.00,A,3521.000,N,13945.000,E,0.0,0.0,300526,,,A*53\n" + GOOD + b"\n"
    found, refused = read(between.join(PARTS[place] for place in order))
    assert refused == []
    assert [(row["what"], row["name"]) for row in found if row["what"] == "static"] == [("static", "HAYABUSA")]


def test_parts_of_two_messages_under_one_number_are_told_apart_by_channel_and_station():
    other = [
        one.encode()
        for one in encode_dict(
            NAMES | {"mmsi": 477000222}, talker_id="AI", sentence_type="VDM", seq_id=4, radio_channel="B"
        )
    ]
    found, refused = read(b"\n".join([PARTS[0], other[0], other[1], PARTS[1]]))
    assert refused == []
    assert [row["mmsi"] for row in found] == [477000222, 431000111]


def test_a_group_takes_time_and_station_from_its_first_line():
    lines = [tagged(PARTS[0], b"g:1-2-77,s:rA,c:%d" % C), tagged(PARTS[1], b"g:2-2-77")]
    [row], refused = read(b"\n".join(lines))
    assert refused == []
    assert (row["station"], row["t"].timestamp(), row["name"]) == ("rA", C, "HAYABUSA")


def test_parts_that_never_come_are_refused_after_thirty_seconds_and_at_the_end():
    late = [
        tagged(PARTS[0], b"c:%d" % C),
        tagged(GOOD, b"g:1-1-5,c:%d" % (C + 31)),
        tagged(PARTS[1], b"c:%d" % (C + 32)),
    ]
    found, refused = read(b"\n".join(late))
    assert [(row["where"], row["code"]) for row in refused] == [
        ("line 1", "parts-missing"),
        ("line 3", "parts-missing"),
    ]
    assert [row["what"] for row in found] == ["position"]


def test_the_same_part_again_begins_anew():
    assert refusals(b"\n".join([PARTS[0], PARTS[0], PARTS[1]])) == [("line 1", "parts-missing")]


def test_a_longer_message_is_read_and_marked():
    [row], _ = read(sentence(b"15RTgt0PAso;90TKcjM8h6g208CQ000000"))
    assert (row["mmsi"], row["flags"]) == (371798000, 16)


@pytest.mark.parametrize("packed", [gzip.compress, lambda raw: pa.compress(raw, "zstd", asbytes=True)])
def test_compressed_streams_are_opened(packed):
    assert len(read(packed(GOOD + b"\n"))[0]) == 1


def test_a_cut_gzip_gives_its_whole_lines_and_says_that_it_breaks_off():
    raw = gzip.compress(b"".join(GOOD + b" %d\n" % n for n in range(40_000)))[:-2_000]
    found, refused = read(raw)
    assert len(found) > 10_000
    assert [row["code"] for row in refused] == ["compression-broken"]
    assert refused[0]["where"].startswith(f"line {len(found) + 1},")


class Endless(io.RawIOBase):
    """A gigabyte on one line, then a sentence."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size=-1):
        if self.left <= 0:
            self.left -= 1
            return b"\n" + GOOD + b"\n" if self.left == -1 else b""
        part = min(size, self.left)
        self.left -= part
        return b"!" * part


def test_a_gigabyte_on_one_line_is_refused_and_not_held():
    tracemalloc.start()
    batches = list(rooms()["maritime"].ingest(Endless(10**9), settings={"start": "2026-05-30T12:00:00Z"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20
    assert [(is_refused(b), b.num_rows) for b in batches] == [(True, 1), (False, 1)]
    assert [row["code"] for row in batches[0].to_pylist()] == ["line-too-long"]


@pytest.mark.parametrize(
    "settings", [{"start": "yesterday"}, {"prefix": "nmea"}, {"format": "pdf"}], ids=["start", "prefix", "format"]
)
def test_settings_that_are_wrong_are_refused_with_what_to_write(settings):
    found, refused = read(GOOD, **settings)
    assert found == []
    assert refused[0]["hint"]
