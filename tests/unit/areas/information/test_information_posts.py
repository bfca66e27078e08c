"""Posts: layouts of exporters, maps, times, what they share; what cannot be taken has its line and a code."""

from __future__ import annotations

import io
import json

import pytest
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information.columns import texts
from foedus.areas.information.ingest import GUESSED
from foedus.areas.information.rows import lines, rows
from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal

HEAD = b"message_id,user_id,username,repost_id,reply_id,message,timestamp,urls\n"


def line(**said) -> bytes:
    return json.dumps({"id": "1", "user_id": "7", "text": "a", "created_at": "2026-05-20T00:00:00Z"} | said).encode()


def test_the_table_of_quts_toolkit_is_known_with_mark_and_lists_of_either_kind(shared, take):
    raw = shared("data/information/qut/sample_data.csv").read_bytes()
    rows, refused = take(raw)
    assert (len(rows), refused) == (100, [])
    assert rows[1]["urls"] == ["http://example.com/4", "http://example.com/6"]
    assert rows[1]["about_record"] == rows[0]["record_id"]
    assert take(shared("data/information/qut/coretweet_test_input.csv").read_bytes())[0][0]["relation"] == "repost"


def test_the_table_of_coortweet_is_known(take):
    head = b"object_id,account_id,content_id,timestamp_share\n"
    rows, _ = take(head + b"t1,a,c1,1632060000\nhttps://a.example/x,b,c2,1632060001\n#Tag,c,c3,1632060002\n")
    assert [(row["relation"], row["urls"], row["hashtags"]) for row in rows] == [
        ("repost", [], []), ("", ["https://a.example/x"], []), ("", [], ["tag"]),
    ]  # fmt: skip


def test_what_was_told_by_names_alone_is_reported_and_a_map_is_not(information):
    def guessed(**settings):
        source = io.BytesIO(HEAD + b"1,2,three,,,hello,1779294000,\n")
        [batch] = information.ingest(source, settings={"at": AT, "keys": KEYS} | settings)
        return (batch.schema.metadata or {}).get(GUESSED)

    assert json.loads(guessed())["account"] == "user_id"
    every = {"account": "user_id", "published": "timestamp", "text": "message"}
    assert b'"text":"message"' in guessed(columns=every)


def test_a_map_wins_over_names_and_reaches_into_objects(one):
    raw = b'{"who": {"nr": 5}, "when": "2026-05-20T00:00:00Z", "said": "x", "text": "not this"}'
    row = one(raw, columns={"account": "who.nr", "published": "when", "text": "said"})
    assert (row["text"], len(row["account"])) == ("x", 32)


@pytest.mark.parametrize(("settings", "code"), [
    ({"columns": {"nonsense": "x"}}, "columns-unknown"),
    ({"zone": "Mars/Olympus"}, "zone-unknown"),
    ({"time_format": "later"}, "time-format-unknown"),
    ({"format": "pdf"}, "format-unknown"),
    ({"keys": {}}, "pseudonym-keys-missing"),
    ({"keys": {"account": "0a" * 32, "record": "0a" * 32}}, "pseudonym-keys-missing"),
    ({"keys": {"account": "0a" * 3, "record": "0b" * 32}}, "pseudonym-keys-missing"),
    ({"at": None}, "capture-undated"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused_before_anything_is_read(codes, settings, code):
    assert codes(line(), **settings) == [code]


@pytest.mark.parametrize(("said", "code"), [
    ({"created_at": "2026-05-20T00:00:00"}, "time-malformed"),
    ({"created_at": "20/05/2026"}, "time-malformed"),
    ({"created_at": "yesterday"}, "time-malformed"),
    ({"created_at": "2099-01-01T00:00:00Z"}, "time-future"),
    ({"created_at": 1e300}, "time-malformed"),
    ({"created_at": None}, "time-malformed"),
    ({"user_id": ""}, "account-none"),
    ({"text": "   "}, "post-empty"),
    ({"text": "a" * 100_001}, "text-too-long"),
])  # fmt: skip
def test_a_post_that_cannot_be_is_refused_with_its_line(take, said, code):
    rows, refused = take(line() + b"\n" + line(**said) + b"\n" + line(id="3"))
    assert [(one["where"], one["code"]) for one in refused] == [("line 2", code)]
    assert len(rows) == 2


@pytest.mark.parametrize(("raw", "code"), [
    (b"[1, 2]", "line-not-an-object"),
    (b'{"id": 1, "id": 2}', "json-duplicate-key"),
    (b'{"a": NaN}', "json-malformed"),
    (b'{"text": "\\ud83d"}', "json-malformed"),
    (b"\xff\xfe\x00", "json-encoding"),
    (b'{"a":' * 60 + b"1" + b"}" * 60, "json-too-deep"),
])  # fmt: skip
def test_a_line_that_is_no_object_is_refused_and_the_rest_goes_on(take, raw, code):
    rows, refused = take(line() + b"\n" + raw + b"\n" + line(id="2"))
    assert (len(rows), [one["code"] for one in refused]) == (2, [code])


def test_times_are_read_in_every_unit_and_zone(one):
    for written in (
        1779235200,
        1779235200000,
        "1779235200000000",
        "2026-05-20T09:00:00+09:00",
        "Wed, 20 May 2026 00:00:00 GMT",
    ):
        assert one(line(created_at=written))["published_at"].isoformat() == "2026-05-20T00:00:00+00:00"
    tokyo = one(line(created_at="2026-05-20 09:00"), zone="Asia/Tokyo")
    assert (tokyo["published_at"].hour, tokyo["precision"], tokyo["published_raw"]) == (0, "minute", "2026-05-20 09:00")
    odd = one(line(created_at="20.05.2026 09:00"), zone="Asia/Tokyo", time_format="%d.%m.%Y %H:%M")
    assert odd["published_at"] == tokyo["published_at"]


def test_a_post_without_url_or_text_is_taken_when_it_shares_something(one):
    assert one(line(text="", media_sha256=["AB" * 32, "no hash"]))["media"] == ["ab" * 32]
    assert one(line(text="", retweeted_status_id="9"))["relation"] == "repost"
    assert one(line(text="words alone"))["urls"] == []


def test_a_quoted_cell_may_go_over_lines_and_a_semicolon_table_is_seen(one):
    assert one(HEAD + b'1,2,three,,,"a\r\nb ""c""",1779294000,\n')["text"] == 'a\nb "c"'
    assert one(HEAD.replace(b",", b";") + b"1;2;three;;;a, b;1779294000;\n")["text"] == "a, b"


def test_an_unclosed_quote_costs_its_own_line(take):
    rows, refused = take(HEAD + b'1,2,three,,,"never,1779294000,\n' + b"2,2,three,,,b,1779294000,\n" * 3)
    assert [(one["where"], one["code"]) for one in refused] == [("line 2", "quote-unclosed")]
    assert len(rows) == 3


@pytest.mark.parametrize(
    "raw", [b"1,2,three\n", b'1,2,three,,,a"b"c,1779294000,,\n', b"1,2,three,,,\xff,1779294000,\n"]
)
def test_a_row_that_is_none_is_refused(take, raw):
    assert [one["where"] for one in take(HEAD + raw)[1]] == ["line 2"]


def test_a_table_without_time_or_account_is_refused_as_a_whole(codes):
    assert codes(b"a,b,c\n1,2,3\n", format="table") == ["columns-missing"]
    assert codes(b'{"text": "x"}\n{"text": "y"}') == ["columns-missing"]


def test_hashtags_and_links_in_the_text_count_and_a_public_channel_keeps_its_name(one):
    row = one(line(text="#NATO ＃日本 https://A.example/x?utm_source=q, #NATO", username="@NATO"), channels=["nato"])
    assert (row["hashtags"], row["urls"], row["channel"]) == (["nato", "日本"], ["https://a.example/x"], "NATO")
    assert one(line(username="nato"))["channel"] == ""


@pytest.mark.parametrize(
    "cell",
    ["['http://a/', \"http://b/\"]", '["http://a/", "http://b/"]', "http://a/ http://b/", "[http://a/, http://b/]"],
)
def test_a_list_in_a_cell_is_read_however_it_is_written(cell):
    assert texts(cell) == ["http://a/", "http://b/"]


def test_lines_longer_than_the_limit_are_skipped_and_counted():
    found = list(lines(Opened(io.BytesIO(b"a\n" + b"x" * 300 + b"\nb\n" + b"y" * 300)), 100))
    assert [one.where if isinstance(one, Refusal) else one.number for one in found] == [1, "line 2", 3, "line 4"]


def test_rows_of_a_table_without_end_are_bounded():
    found = list(rows(Opened(io.BytesIO(b'"' + b"x\n" * 500 + b"z\n")), 200))
    assert isinstance(found[0], Refusal)
    assert [one.number for one in found[1:]] == list(range(2, 502))
