"""Every field against pyais over messages made at random, and many sentences at a time against one by one."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyais import decode as reference
from pyais.bit_vector import int_bit_vector
from pyais.exceptions import AISBaseException
from pyais.messages import MSG_CLASS

from foedus.areas import rooms
from foedus.areas.maritime import full
from foedus.areas.maritime.layouts import MIN_BITS
from foedus.engine.run import records_from

ARMOUR = bytes(48 + v if v < 40 else 56 + v for v in range(64))
LONGEST = {1: 168, 4: 168, 5: 426, 9: 168, 11: 168, 18: 168, 19: 312, 21: 360, 24: 168, 27: 96}
C = 1_780_099_200


def xor(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value ^= byte
    return value


def tagged(line: bytes, inside: bytes) -> bytes:
    return b"\\%s*%02X\\%s" % (inside, xor(inside), line) if inside else line


def sentences(payload: bytes, fill: int, sequence: int = 3, channel: bytes = b"A") -> list[bytes]:
    """A payload as sentences of at most sixty characters."""
    parts = [payload[at : at + 60] for at in range(0, len(payload), 60)]
    made = []
    for number, part in enumerate(parts, 1):
        said = b"%d" % sequence if len(parts) > 1 else b""
        last = fill if number == len(parts) else 0
        body = b"AIVDM,%d,%d,%s,%s,%s,%d" % (len(parts), number, said, channel, part, last)
        made.append(b"!%s*%02X" % (body, xor(body)))
    return made


def read(lines: list[bytes], **settings) -> tuple[list[dict], list[dict]]:
    given_ = {"start": "2026-05-30T00:00:00Z"} | settings
    found = records_from(rooms()["maritime"].ingest(io.BytesIO(b"\n".join(lines)), settings=given_), "s")
    return [row for b in found.batches for row in b.to_pylist()], [row for b in found.refused for row in b.to_pylist()]


@st.composite
def payloads(draw, kinds=tuple(MIN_BITS), longest=None):
    """Random bits of a type, as long as that type may be."""
    kind = draw(st.sampled_from(kinds))
    most = (longest or {}).get(kind, 480)
    length = draw(st.integers(MIN_BITS[kind], max(MIN_BITS[kind], most)))
    value = (kind << 512 | draw(st.integers(0, 2**512 - 1))) >> (518 - length)
    if draw(st.booleans()):
        value |= 1 << (length - 9)  # so that the MMSI is hardly ever nobody's
    fill = -length % 6
    chars = (length + fill) // 6
    value <<= fill
    return kind, bytes(ARMOUR[value >> 6 * (chars - 1 - n) & 63] for n in range(chars)), fill


def expected(kind: int, fields: dict) -> dict:
    """Our columns, from the reference's fields."""
    said = {"mmsi": fields["mmsi"], "msg_type": kind, "repeat": fields["repeat"]}
    texts = {"call_sign": "callsign", "name": "shipname", "destination": "destination"}
    said |= {ours: (fields.get(theirs) or "").strip(" @") or None for ours, theirs in texts.items()}
    if kind == 21:
        said["name"] = (fields["name"] + (fields.get("name_ext") or "")).strip(" @") or None
    said |= {name: fields.get(name) or None for name in ("imo", "ship_type")}
    dims = [fields.get(f"to_{side}") for side in ("bow", "stern", "port", "starboard")]
    said |= dict(zip(("dim_a", "dim_b", "dim_c", "dim_d"), dims if any(dims) else [None] * 4, strict=True))
    said["draught_m"] = pytest.approx(fields["draught"]) if fields.get("draught") else None
    said["ais_version"] = fields.get("ais_version")
    return said


def placed(kind: int, fields: dict) -> dict:
    """Columns of a position, from the reference's fields."""
    lat, lon = fields["lat"], fields["lon"]
    nowhere = lat == 91 or lon == 181
    scale = 600 if kind == 27 else 600_000
    said = {"lat": None if nowhere else pytest.approx(lat, abs=0.6 / scale), "raim": fields["raim"]}
    said |= {"lon": None if nowhere else pytest.approx(lon, abs=0.6 / scale), "accuracy": fields["accuracy"]}
    if kind not in (4, 11, 21):
        speed, unknown = fields["speed"], {27: 63, 9: 1023}.get(kind, 102.3)
        said["sog_kn"] = None if speed == unknown else pytest.approx(speed)
        said["cog_deg"] = pytest.approx(fields["course"]) if fields["course"] < 360 else None
    if kind in (1, 2, 3, 18, 19):
        said["heading_deg"] = fields["heading"] if fields["heading"] < 360 else None
    if kind in (1, 2, 3, 27):
        said["status"] = None if fields["status"] == 15 else fields["status"]
    if kind in (1, 2, 3, 9, 18, 19, 21):
        said["second"] = fields["second"]
    return said


@given(payloads(tuple(LONGEST), LONGEST))
def test_every_column_says_what_the_reference_reads(message):
    kind, payload, fill = message
    try:
        fields = MSG_CLASS[kind].from_vector(int_bit_vector(payload, fill)).asdict(enum_as_int=True)
    except AISBaseException:
        assert [row["code"] for row in read(sentences(payload, fill))[1]] == ["message-unreadable"]
        return
    rows, refused = read(sentences(payload, fill))
    if refused:
        assert {row["code"] for row in refused} <= {"mmsi-none", "position-impossible", "time-none"}
    for row in rows:
        said = placed(kind, fields) if row["what"] == "position" else expected(kind, fields)
        assert {name: row[name] for name in said} == said


@given(payloads(), st.integers(1, 3))
def test_all_fields_are_those_of_the_reference_also_when_its_class_is_known_already(message, times):
    kind, payload, fill = message
    for _ in range(times):
        ours = full.decode(kind, payload, fill)
    try:
        theirs = MSG_CLASS[kind].from_vector(int_bit_vector(payload, fill)).asdict(enum_as_int=True)
    except Exception:
        assert isinstance(ours, full.Unread)
        return
    assert list(ours.fields) == list(theirs)
    assert repr(ours.fields) == repr(theirs)


@given(payloads((6, 8, 12, 14, 15, 17, 20, 22, 23, 25, 26)))
def test_other_types_are_kept_whole(message):
    _, payload, fill = message
    rows, _ = read(sentences(payload, fill))
    for row in rows:
        theirs = reference(*sentences(payload, fill)).asdict(enum_as_int=True)
        assert list(json.loads(row["json"])) == list(theirs)


PARTS = [sentences(payload, 2, sequence, channel) for sequence in (3, 4) for channel in (b"A", b"B")
         for payload in (b"5" + b"3a2b" * 17 + b"00", b"5" + b"7w1P" * 17 + b"0D")]  # fmt: skip
LATER = st.sampled_from([None, 0, 0, 5, 20, 31])
STATION = st.sampled_from([b"", b"", b"rA", b"rB"])


@given(st.lists(st.tuples(st.integers(0, len(PARTS) - 1), st.integers(0, 1), LATER, STATION), max_size=24))
def test_parts_are_joined_many_at_a_time_as_one_by_one(heard):
    """Whatever comes twice, late, alone, turned or between others, with or without time and station."""
    lines, now = [], C
    for which, part, later, station in heard:
        now += later or 0
        said = [b"s:" + station] * bool(station) + [b"c:%d" % now] * (later is not None)
        lines.append(tagged(PARTS[which][part], b",".join(said)))
    fast, slow = read(lines), read([line + b" " for line in lines])
    bare = [[{name: value for name, value in row.items() if name != "pos"} for row in rows] for rows, _ in (fast, slow)]
    assert bare[0] == bare[1]
    assert sorted(row["where"] for row in fast[1]) == sorted(row["where"] for row in slow[1])


def test_a_time_that_only_one_part_tells_is_the_messages():
    first, second = PARTS[0]
    for lines in ([tagged(first, b"c:%d" % C), second], [first, tagged(second, b"c:%d" % C)]):
        [row], refused = read(lines)
        assert (refused, row["t"].timestamp(), row["time_from"]) == ([], C, "tag")


def test_a_line_from_a_block_before_is_joined_too():
    first, second = PARTS[0]
    filler = [b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"] * 25_000
    rows, refused = read([first, *filler, second, *PARTS[2]])
    assert (refused, [row["what"] for row in rows].count("static")) == ([], 2)
