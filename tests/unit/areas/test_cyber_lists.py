"""CSV and plain lists."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime

import orjson
import pytest
import stix2
from stix2patterns.validator import run_validator

from foedus.areas.cyber.batches import GUESSED
from foedus.areas.cyber.lists import indicator_id, pattern
from foedus.areas.cyber.patterns import scan
from foedus.areas.cyber.values import Value, guess


def indicators(records):
    return [orjson.loads(raw.as_py()) for batch in records.scan() for raw in batch["raw"]]


def test_a_plain_list_gives_an_indicator_a_line_and_refuses_the_rest_by_number(take):
    records, refused = take("# comment\n\n203.0.113[.]9\nnonsense here\n例え.テスト # why\n".encode())
    held = indicators(records)
    assert [one["pattern"] for one in held] == [
        "[ipv4-addr:value = '203.0.113.9']",
        "[domain-name:value = 'xn--r8jz45g.xn--zckzah']",
    ]
    assert held[0]["name"] == "203.0.113[.]9"
    assert [(row["where"], row["code"], row["raw"]) for row in refused] == [
        ("line 4", "list-no-value", b"nonsense here\n")
    ]


def test_what_comes_out_is_stix(take):
    records, _ = take(
        b"value,comment\n203.0.113.9,it's\nhttp://a.example/'x,quote\n",
        created_by="identity--0c5d1c00-0000-4000-8000-000000000001",
    )
    for one in indicators(records):
        stix2.parse(one)
        assert run_validator(one["pattern"], stix_version="2.1") == []


def test_the_same_list_twice_is_the_same_bytes(take):
    raw = b"a.example\nb.example\n"
    assert indicators(take(raw)[0]) == indicators(take(raw)[0])
    assert take(raw)[0].batches == take(raw)[0].batches


def test_an_id_is_of_the_value_and_its_creator():
    value = guess("a.example")
    assert indicator_id(value) == indicator_id(guess("A[.]EXAMPLE."))
    assert indicator_id(value) != indicator_id(value, "identity--0c5d1c00-0000-4000-8000-000000000001")


def test_instants_come_from_the_settings_and_the_line(take):
    records, refused = take(b"ioc,first_seen\na.example,2026-05-01\nb.example,\nc.example,yesterday\n", ttl_days=30)
    a, b = indicators(records)
    assert a["created"] == a["modified"] == "2026-06-01T00:00:00.000Z"
    assert (a["valid_from"], a["valid_until"]) == ("2026-05-01T00:00:00.000Z", "2026-05-31T00:00:00.000Z")
    assert b["valid_from"] == b["created"]
    assert [(row["where"], row["code"]) for row in refused] == [("line 4", "timestamp-malformed")]


def test_columns_are_guessed_and_the_guess_is_reported(take):
    records, _ = take(b"when;what\n2026;a.example\n2026;b.example\n")
    assert orjson.loads(records.batches[0].schema.metadata[GUESSED]) == {"value": 1, "delimiter": ";", "header": 1}
    assert len(indicators(records)) == 2


def test_a_header_that_looks_like_a_value_is_still_a_header(take):
    records, refused = take(b"host.name,ip\na.example,203.0.113.9\nb.example,203.0.113.10\n")
    assert [one["name"] for one in indicators(records)] == ["203.0.113.9", "203.0.113.10"]
    assert refused == []


@pytest.mark.parametrize("columns", [{"value": "What Is It", "comment": "when"}, {"value": 1, "comment": 0}])
def test_given_columns_are_taken_and_not_reported_as_guessed(take, columns):
    records, _ = take(b"when,what is it,domain\n2026,a.example,x.example\n", columns=columns)
    assert [(one["name"], one["description"]) for one in indicators(records)] == [("a.example", "2026")]
    assert records.batches[0].schema.metadata in (None, {})


def test_a_column_the_list_has_not_is_refused(take):
    _, refused = take(b"when,what\n2026,a.example\n", columns={"value": "nope"})
    assert [row["code"] for row in refused] == ["csv-column"]


def test_a_list_without_date_is_refused_with_what_to_do(take):
    _, refused = take(b"a.example\n", at=None)
    assert [(row["code"], row["hint"]) for row in refused] == [("list-without-date", "give the setting at")]


def test_bad_bytes_and_long_lines_cost_only_their_line(take):
    records, refused = take(b"a.example\n\xff\xfe.example\n" + b"x" * 200_000 + b"\nb.example\n")
    assert [one["name"] for one in indicators(records)] == ["a.example", "b.example"]
    assert [(row["where"], row["code"]) for row in refused] == [("line 2", "encoding"), ("line 3", "line-too-long")]
    assert all(len(row["raw"]) <= 65_536 for row in refused)


def test_a_line_without_end_is_read_in_bounded_memory(cyber):
    class Endless(io.RawIOBase):
        left = 64 * 2**20

        def read(self, size=-1):
            size = min(size, self.left)
            self.left -= size
            return b"x" * size

    tracemalloc.start()
    batches = list(cyber.ingest(Endless(), settings={"at": datetime(2026, 6, 1, tzinfo=UTC)}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row["code"] for batch in batches for row in batch.to_pylist()] == ["line-too-long"]
    assert peak < 8 * 2**20


@pytest.mark.parametrize(
    "written",
    ["203.0.113.9", "2001:db8::1", "10.0.0.0/8", "2001:db8::/32", "a.example", "http://a.example/'\\x", "a@b.example",
     "d" * 32, "d" * 40, "d" * 56, "d" * 64, "d" * 96, "d" * 128, "HKLM\\x\\y", "CVE-2026-10001", "AS64500", "aa:bb:cc:00:11:22"],
)  # fmt: skip
def test_a_pattern_names_the_value_it_was_made_of(written):
    value = guess(written)
    made = pattern(value)
    assert run_validator(made, stix_version="2.1") == []
    assert [named.value for named in scan(made).named] == [value.norm]


def test_a_kind_column_decides_where_the_text_alone_would_not(take):
    records, _ = take(b"value,type\n64500,asn\nevil mutex,mutex\nx.exe,filename\n")
    assert [one["pattern"] for one in indicators(records)] == [
        "[autonomous-system:number = 64500]",
        "[mutex:name = 'evil mutex']",
        "[file:name = 'x.exe']",
    ]


def test_value_objects_and_patterns_cover_the_same_kinds():
    assert pattern(Value("cidr", "10.0.0.0/8")) == "[ipv4-addr:value = '10.0.0.0/8']"
