"""Formats, compression, damage and limits at the door."""

from __future__ import annotations

import gzip
import io
import subprocess
import tracemalloc

import orjson
import pyarrow as pa
import pytest

from foedus.areas.cyber.source import format_of
from foedus.errors import InputError, UnsupportedFormat
from foedus.model.room import refused_schema

OBJECT = {
    "type": "malware",
    "spec_version": "2.1",
    "id": "malware--0c5d1c00-0000-4000-8000-000000000001",
    "created": "2026-05-01T00:00:00.000Z",
    "modified": "2026-05-01T00:00:00.000Z",
    "name": "琥珀",
    "is_family": True,
}


def malware(number: int, **more) -> dict:
    return OBJECT | {"id": f"malware--0c5d1c00-0000-4000-8000-{number:012d}"} | more


def bundle(*objects) -> bytes:
    held = b",".join(one if isinstance(one, bytes) else orjson.dumps(one) for one in objects)
    return b'{"type": "bundle", "id": "bundle--0c5d1c00-0000-4000-8000-000000000000", "objects": [' + held + b"]}"


def zstd(raw: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(raw)
    return sink.getvalue().to_pybytes()


ENVELOPE = b'{"more": false, "objects": [' + orjson.dumps(malware(1)) + b"," + orjson.dumps(malware(2)) + b"]}"


@pytest.mark.parametrize(
    ("raw", "pointers"),
    [
        (bundle(malware(1), malware(2)), ["/objects/0", "/objects/1"]),
        (ENVELOPE, ["/objects/0", "/objects/1"]),
        (orjson.dumps([malware(1), malware(2)]), ["/0", "/1"]),
        (orjson.dumps(malware(1)), [""]),
        (orjson.dumps(malware(1)) + b"\n" + orjson.dumps(malware(2)), ["", "line 2"]),
    ],
)
@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstd])
def test_every_stix_container_gives_its_objects_byte_for_byte(take, raw, pointers, packed):
    records, refused = take(packed(raw))
    rows = [row for batch in records.batches for row in batch.to_pylist()]
    assert refused == []
    assert [row["pointer"] for row in rows] == pointers
    assert [row["raw"] for row in rows] == [orjson.dumps(malware(number)) for number in (1, 2)][: len(rows)]
    assert {row["format"] for row in rows} == {"stix"}


@pytest.mark.parametrize(
    ("bad", "code", "where"),
    [
        (orjson.dumps(malware(9, id="tool--0c5d1c00-0000-4000-8000-000000000009")), "stix-malformed", "/objects/1/id"),
        (orjson.dumps(malware(9, modified="yesterday")), "timestamp-malformed", "/objects/1/modified"),
        (b'{"type": "malware", "type": "tool"}', "json-duplicate-key", "/objects/1/type"),
        (orjson.dumps(malware(9))[:-1] + b', "x": NaN}', "json-malformed", "/objects/1/x"),
        (orjson.dumps(malware(9))[:-1] + b', "x": "\xff"}', "json-malformed", "/objects/1/x"),
        (orjson.dumps(malware(9))[:-1] + b', "x": ' + b"[" * 500 + b"]" * 500 + b"}", "json-too-deep", "/objects/1/x"),
        (b"17", None, "/objects/1"),
    ],
)
def test_a_bad_object_is_refused_with_its_place_and_the_rest_goes_on(take, bad, code, where):
    records, refused = take(bundle(malware(1), bad, malware(2)))
    assert [row["raw"] for batch in records.batches for row in batch.to_pylist()] == [
        orjson.dumps(malware(n)) for n in (1, 2)
    ]
    (row,) = refused
    assert row["where"].startswith(where)
    assert code in {None, row["code"]}
    assert row["code"]


def test_a_stream_cut_short_keeps_what_was_read(take):
    raw = bundle(malware(1), malware(2))
    records, refused = take(raw[: raw.index(b"malware--", 300) + 5])
    assert sum(batch.num_rows for batch in records.batches) == 1
    assert [row["code"] for row in refused] == ["json-truncated"]


@pytest.mark.parametrize("packed", [gzip.compress, zstd])
def test_compressed_input_cut_short_keeps_what_was_read_and_says_so(take, packed):
    import random

    rng = random.Random(1)
    raw = packed(bundle(*(malware(n, description=rng.randbytes(60).hex()) for n in range(3_000))))
    records, refused = take(raw[: len(raw) // 2])
    assert 100 < sum(batch.num_rows for batch in records.batches) < 3_000
    assert refused[-1]["code"] in {"compression-broken", "json-truncated"}
    assert take(raw[:12])[1][0]["code"] in {"compression-broken", "input-empty", "json-truncated"}


@pytest.mark.parametrize("packed", [gzip.compress, zstd])
def test_two_compressed_members_are_one_input(take, packed):
    records, _ = take(packed(orjson.dumps(malware(1)) + b"\n") + packed(orjson.dumps(malware(2))))
    assert sum(batch.num_rows for batch in records.batches) == 2


def test_batches_are_bounded_by_rows_and_by_bytes(take):
    by_rows = take(bundle(*(malware(n) for n in range(2_500))))[0]
    assert [batch.num_rows for batch in by_rows.batches] == [1_000, 1_000, 500]
    by_bytes = take(bundle(*(malware(n, description="x" * 2**20) for n in range(20))))[0]
    assert [batch.num_rows for batch in by_bytes.batches] == [8, 8, 4]


def test_a_giant_string_is_refused_in_bounded_memory_and_the_rest_goes_on(cyber):
    head, tail = bundle(malware(1), b'{"type": "malware", "x": "', malware(2)).split(b'"x": "')

    class Giant(io.RawIOBase):
        parts = [head + b'"x": "', *[b"y" * 2**16] * 1_600, b'"}' + tail]

        def read(self, size=-1):
            if not self.parts:
                return b""
            part, self.parts[0] = self.parts[0][:size], self.parts[0][size:]
            if not self.parts[0]:
                self.parts.pop(0)
            return part

    tracemalloc.start()
    batches = list(cyber.ingest(Giant(), settings={}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sorted((batch.schema.equals(refused_schema()), batch.num_rows) for batch in batches) == [
        (False, 2),
        (True, 1),
    ]
    assert peak < 40 * 2**20


def test_a_million_open_brackets_are_refused(take):
    records, refused = take(bundle(malware(1), b"[" * 10**6))
    assert sum(batch.num_rows for batch in records.batches) == 1
    assert refused
    assert all(row["where"] and row["code"] for row in refused)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "input-empty"),
        (b"   ", "input-empty"),
        ("a.example".encode("utf-16"), "encoding"),
        (b"\x00\x01\x02 not text", "encoding"),
        (b'{"hello": 1}', "format-unknown"),
        (b'{"0c5d1c00-0000-4000-8000-000000000001": {"info": "x"}}', "feed-index"),
        (b"0f343b0931126a20f133d67c2b018a3b,0c5d1c00-0000-4000-8000-000000000001\n", "feed-index"),
        (b"\x28\xb5\x2f\xfdnonsense", "compression-broken"),
        (b"\x1f\x8bnonsense", "compression-broken"),
    ],
)
def test_what_nobody_reads_is_refused_whole_with_place_code_and_hint(take, raw, code):
    records, refused = take(raw)
    assert records.batches == ()
    assert [(row["code"], bool(row["where"]), bool(row["hint"])) for row in refused] == [(code, True, True)]


def test_the_settings_win_over_what_the_bytes_look_like(take):
    assert take(b'{"hello": 1}', format="stix")[1][0]["code"] == "stix-malformed"
    assert take(b"x", format="odd")[1][0]["code"] == "format-unknown"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b'\xef\xbb\xbf {"type":"bundle","objects":[]}', "stix"),
        (b'{"id":"indicator--x","type":"indicator"', "stix"),
        (b'{"Event": {"objects": 1', "misp"),
        (b'{"response": [{"Event"', "misp"),
        (b'{"info": "x", "threat_level_id": "1"', "misp"),
        (b"[] odd", None),
        (b"a.example", "list"),
    ],
)
def test_the_format_is_told_by_the_outermost_keys(head, kind):
    if kind is None:
        with pytest.raises(UnsupportedFormat):
            format_of(head)
    else:
        assert format_of(head) == kind
    with pytest.raises(InputError):
        format_of(head, "nope")


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["apt1", "poisonivy", "using-granular-markings", "sighting-of-observed-data"])
def test_real_examples_come_out_byte_for_byte(take, shared, name):
    raw = shared(f"data/cyber/stix_examples/{name}.json").read_bytes()
    records, refused = take(raw)
    rows = [row for batch in records.batches for row in batch.to_pylist()]
    assert refused == []
    assert [orjson.loads(row["raw"]) for row in rows] == orjson.loads(raw)["objects"]
    assert all(row["raw"] in raw for row in rows)


@pytest.mark.shared_data
def test_attack_comes_in_whole_and_twice_is_once(conclude, shared):
    raw = shared("data/cyber/attack/ics-attack-18.1.json.zst").read_bytes()
    once, _ = conclude(raw)
    assert len(once) == 1_826
    assert once == conclude(raw)[0]


def test_reading_a_finding_does_not_load_arrow():
    code = "import sys, foedus.areas.cyber.about, foedus.areas; assert 'pyarrow' not in sys.modules"
    import sys

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
