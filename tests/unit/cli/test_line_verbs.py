"""Verbs of the line: what they say is what happened, in words and in JSON."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import pytest
from tests.node_pair import AMBER, OPEN, bundle, indicator, stix_id
from tests.unit.cli.conftest import BARE, GOES, GOES_TOO, HELD, REPORT, WORD, done, refused, run, told

from foedus.model.canonical import canonical
from foedus.model.ijson import loads


@pytest.fixture
def source(tmp_path):
    """Write a source file."""

    def write(raw: bytes, name: str = "in.json"):
        (tmp_path / name).write_bytes(raw)
        return tmp_path / name

    return write


# ingest, analyse


def test_ingest_reads_analyses_and_says_so(fresh, source):
    found = told("ingest", "cyber", source(bundle(indicator(10), indicator(11))), "--label", OPEN, node=fresh.nato)
    assert [(one["records"], one["refused_count"], one["label"]) for one in found["ingested"]] == [(2, 0, OPEN)]
    assert found["analysed"]["new"] == 2


def test_the_same_bytes_under_the_same_label_are_nothing_new_whenever_they_come(fresh, source):
    path = source(bundle(indicator(21)))
    first = told("ingest", "cyber", path, "--label", OPEN, node=fresh.nato)["ingested"][0]
    time.sleep(1.1)  # a label says at which second it was given
    [again] = told("ingest", "cyber", path, "--label", OPEN, node=fresh.nato)["ingested"]
    assert (again["known"], again["source"]) == (True, first["source"])
    assert "nothing is new" in done("ingest", "cyber", path, "--label", OPEN, node=fresh.nato)


def test_the_same_bytes_under_another_label_keep_the_first_and_that_is_said(fresh, source):
    path = source(bundle(indicator(22)))
    first = told("ingest", "cyber", path, "--label", OPEN, node=fresh.nato)["ingested"][0]
    [again] = told("ingest", "cyber", path, "--label", AMBER, node=fresh.nato)["ingested"]
    assert (again["known"], again["before"]) == (False, first["source"])
    out = done("ingest", "cyber", path, "--label", AMBER, node=fresh.nato)
    assert f"foedus label source {first['source']} --label TEXT" in out
    assert "read before" not in done(
        "ingest", "cyber", source(bundle(indicator(23))), "--label", AMBER, node=fresh.nato
    )


def test_ingest_takes_standard_input(fresh):
    result = run("ingest", "cyber", "-", "--label", OPEN, node=fresh.nato, input=bundle(indicator(12)))
    assert result.exit_code == 0
    assert result.stdout.startswith("standard input\n")
    assert "1 record\n" in result.stdout


def test_ingest_without_a_label_says_plainly_what_that_means_and_what_to_do(fresh, source):
    out = done("ingest", "cyber", source(bundle(indicator(13))), node=fresh.nato)
    assert "nothing that rests on this source can be released" in out
    assert "foedus label source file:" in out
    assert "none of them can be released" in out


def test_refused_parts_are_told_with_number_place_reason_and_remedy_and_the_rest_goes_on(fresh, source):
    raw = bundle(indicator(14), b'{"type":"indicator","id":"x"}', indicator(15))
    found = told("ingest", "cyber", source(raw), "--label", OPEN, node=fresh.nato)
    [one] = found["ingested"]
    assert (one["records"], one["refused_count"]) == (2, 1)
    part = one["refused"][0]
    assert part["where"]
    words = done("ingest", "cyber", source(raw + b" "), "--label", OPEN, node=fresh.nato)
    assert "1 part, in quarantine" in words
    assert part["message"].split()[0] in words
    assert "what to do" in words


def test_a_source_of_which_nothing_could_be_read_ends_with_2(fresh, source):
    result = run(
        "ingest", "cyber", source(b'{"type":"bundle","objects":[{"type":1}]}'), "--label", OPEN, node=fresh.nato
    )
    assert result.exit_code == 2
    assert "in quarantine" in result.stdout


def test_no_analyse_leaves_it_to_analyse(fresh, source):
    path = source(bundle(indicator(16)))
    assert told("ingest", "cyber", path, "--label", OPEN, "--no-analyse", node=fresh.nato)["analysed"] is None
    refused("show", stix_id("indicator", 16), node=fresh.nato)
    assert told("analyse", "cyber", node=fresh.nato)["new"] == 1
    assert "Found in cyber" in done("analyse", "cyber", node=fresh.nato)


def test_a_list_is_read_by_the_columns_named(fresh, source):
    path = source(b"note,ioc\nseen at the gate,198.51.100.77\n", "list.csv")
    found = told("ingest", "cyber", path, "--label", OPEN, "--columns", "value=ioc,comment=note", node=fresh.nato)
    assert found["ingested"][0]["records"] == 1
    assert found["analysed"]["new"] >= 1


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["ingest", "nowhere", "FILE", "--label", OPEN], "cyber"),
        (["ingest", "cyber", "FILE", "--label", "VERY SECRET INDEED"], "begin with one of"),
        (["ingest", "cyber", "FILE", "--columns", "value"], "--columns value=ioc"),
        (["ingest", "cyber", "/no/such/file"], "no such file"),
        (["ingest", "cyber", "/tmp"], "a directory"),
        (["analyse", "nowhere"], "cyber"),
    ],
)
def test_what_cannot_be_ingested_is_refused_before_anything_is_read(fresh, source, args, word):
    path = source(bundle(indicator(17)))
    before = len(told("label", "sources", node=fresh.nato))
    assert word in refused(*[path if arg == "FILE" else arg for arg in args], node=fresh.nato)
    assert len(told("label", "sources", node=fresh.nato)) == before


# release, why, show, label


def test_release_counts_are_the_same_in_words_and_json(two):
    [found] = told("release", node=two.nato)
    counts = found["counts"]
    assert (counts["release"], counts["hold"], counts["withhold"], counts["unchanged"]) == (0, 1, 1, 3)
    words = done("release", "--to", "jpn", "--programme", WORD, node=two.nato)
    [row] = [line.split() for line in words.splitlines() if line.startswith("jpn ")]
    names = ("release", "redact", "hold", "withhold", "dropped", "withdrawn", "unchanged")
    assert row == ["jpn", *(str(counts[name]) for name in names)]


def test_release_explains_by_example(two):
    words = done("release", "--explain", node=two.nato)
    assert HELD in words
    assert "ORCON" in words
    assert f"foedus why {HELD} --to jpn" in words


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (["--to", "kor"], 3, "parties: jpn"),
        (["--to", "nato"], 3, "parties: jpn"),
        (["--programme", "other"], 2, WORD),
    ],
)
def test_release_to_nobody_is_an_error(two, args, code, word):
    assert word in refused("release", *args, node=two.nato, code=code)


def test_why_explains_both_ways(two):
    held, goes, bare = (done("why", one, "--to", "jpn", node=two.nato) for one in (HELD, GOES, BARE))
    assert "To jpn: held" in held
    assert "the consent of nato" in held
    assert "To jpn: may go" in goes
    assert "shown since 2026-06-01" in goes
    assert "Duties that go with it" in goes
    assert "To jpn: withheld" in bare
    assert "no label" in bare
    [found] = told("why", HELD, "--to", "jpn", node=two.nato)
    assert (found["outcome"], found["would_release"]) == ("hold", [["consent:nato"]])


def test_asking_about_a_denial_is_entered_and_about_a_release_is_not(two):
    def size():
        return next(log["entries"] for log in told("ledger", "show", node=two.nato) if log["name"] == "master")

    before = size()
    done("why", GOES, "--to", "jpn", node=two.nato)
    assert size() == before
    done("why", BARE, "--to", "jpn", node=two.nato)
    assert size() == before + 1
    assert told("ledger", "show", "master", "--limit", 1, node=two.nato)[0]["kind"] == "release.denied"


@pytest.mark.parametrize(("args", "word"), [
    (["why", "indicator--nope", "--to", "jpn"], "no such object"),
    (["why", GOES, "--to", "kor"], "party-unknown"),
    (["why", GOES, "--to", "nato"], "own party"),
    (["show", "indicator--nope"], "foedus show --list"),
    (["show"], "--list"),
    (["show", GOES, "--list"], "--list"),
    (["label", "show", "indicator--nope"], "no such object"),
])  # fmt: skip
def test_what_is_not_there_is_said_to_be_not_there(two, args, word):
    assert word in refused(*args, node=two.nato)


def test_show_tells_label_origin_and_who_is_shown_it(two):
    words = done("show", GOES_TOO, node=two.nato)
    assert AMBER in words
    assert "jpn since 2026-06-01" in words
    assert "shown to    nobody" in done("show", BARE, node=two.nato)
    [found] = told("show", GOES_TOO, node=two.nato)
    assert found["object"]["id"] == GOES_TOO


def test_the_list_is_filtered_and_limited(two):
    everything = told("show", "--list", node=two.nato)
    assert {one["object_id"] for one in everything} == {GOES, GOES_TOO, HELD, BARE, REPORT}
    assert [one["object_id"] for one in told("show", "--list", "--kind", "report", node=two.nato)] == [REPORT]
    assert len(told("show", "--list", "--limit", "2", "--area", "cyber", node=two.nato)) == 2
    assert "Nothing of that kind" in done("show", "--list", "--owner", "kor", node=two.nato)
    assert all(one in done("show", "--list", node=two.nato) for one in (GOES, REPORT))


def test_label_show_names_the_ground_and_what_it_lacks(two):
    found = told("label", "show", GOES_TOO, node=two.nato)
    assert found["label"] == AMBER
    assert [(ground["kind"], ground["label"]) for ground in found["grounds"]] == [("source", AMBER)]
    words = done("label", "show", BARE, node=two.nato)
    assert "its source has no label" in words
    assert "foedus label source" in words


def test_a_source_labelled_anew_changes_what_may_go(fresh, source):
    path = source(bundle(indicator(20)))
    found = told("ingest", "cyber", path, node=fresh.nato)["ingested"][0]["source"]
    assert found in [one["id"] for one in told("label", "sources", node=fresh.nato)]
    done("release", node=fresh.nato)
    assert "shown to    nobody" in done("show", stix_id("indicator", 20), node=fresh.nato)
    assert "1 findings" in done("label", "source", found, "--label", OPEN, node=fresh.nato).replace(",", "")
    assert (
        told("release", node=fresh.nato)[0]["counts"]["release"]
        + told("release", node=fresh.nato)[0]["counts"]["unchanged"]
        > 0
    )
    assert "jpn since" in done("show", stix_id("indicator", 20), node=fresh.nato)
    assert "source-unknown" in refused("label", "source", "file:none", "--label", OPEN, node=fresh.nato)


# ledger, score


def test_entries_are_shown_by_the_short_name_of_their_log(two):
    for name in ("nato/jpn", f"{WORD}/nato/jpn", f"urn:foedus:programme:{WORD}|nato|jpn"):
        entries = told("ledger", "show", name, "--from", 1, "--limit", 2, node=two.nato)
        assert [one["seq"] for one in entries] == [1, 2]
    words = done("ledger", "show", "nato/jpn", node=two.nato)
    assert GOES in words
    assert "release.sent" in words
    assert "there are: master" in refused("ledger", "show", "jpn/nato/x", node=two.nato)


def test_verify_is_whole_and_names_a_changed_row(two, tmp_path):
    assert all(not one["faults"] for one in told("ledger", "verify", node=two.nato))
    copy = two.nodes.copy(tmp_path / "copy").path("nato")
    _damage(copy)
    result = run("ledger", "verify", "nato/jpn", node=copy)
    assert result.exit_code == 5
    assert "1 fault" in result.stdout
    assert run("ledger", "verify", "--json", node=copy).exit_code == 5
    assert run("ledger", "verify", "master", node=copy).exit_code == 0


def _damage(directory):
    """Change what an entry says, as somebody with the database in hands would."""
    with closing(sqlite3.connect(directory / "foedus.db")) as connection, connection:
        rows = connection.execute("SELECT log_id, seq, body FROM entry").fetchall()
        log_id, seq, body = next(row for row in rows if b'"decision":"permit"' in row[2])
        changed = (body.replace(b'"permit"', b'"forbid"'), log_id, seq)
        connection.execute("UPDATE entry SET body = ? WHERE log_id = ? AND seq = ?", changed)


def test_a_proof_is_printed_or_written(two, tmp_path):
    proof = done("ledger", "prove", "nato/jpn", 1, node=two.nato)
    assert proof.startswith("c2sp.org/tlog-proof@v1\n")
    done("ledger", "prove", "nato/jpn", 1, "-o", tmp_path / "p", node=two.nato)
    assert (tmp_path / "p").read_text(encoding="utf-8") == proof
    assert told("ledger", "prove", "nato/jpn", 1, node=two.nato)["proof"] == proof
    refused("ledger", "prove", "nato/jpn", 999, node=two.nato, code=5)


def test_the_score_as_json_is_the_canonical_bytes(two):
    raw = done("score", "--json", "--on", "2026-06-01", node=two.nato)
    board = loads(raw.encode())
    assert raw.encode() == canonical(board)
    words = done("score", "--on", "2026-06-01", node=two.nato)
    figure = next(one for one in board["indicators"] if one["id"] == "cyber-released")
    [row] = [line.split() for line in words.splitlines() if line.strip().startswith("cyber-released ")]
    assert row[2] == str(figure["actual"]) == "3"
    assert row[-1] == str(len(figure["entries"]))
    assert f"{board['score']:.2f}" in words


def test_a_score_needs_a_programme_in_force(tmp_path):
    done("node", "init", tmp_path / "n", "--party", "nato", "--programme", "nato-japan-2023")
    assert "no programme is in force" in refused("score", node=tmp_path / "n", code=3)


# exchange, quarantine


def test_a_peer_that_does_not_answer_is_said_to_and_ends_with_6(two, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    result = run("exchange", "pull", "nato", node=two.jpn)
    assert result.exit_code == 6
    assert "nato: https://127.0.0.1" in result.stdout
    assert json.loads(run("exchange", "pull", "--json", node=two.jpn).stdout)[0]["error"]
    assert "peers: nato" in refused("exchange", "pull", "kor", node=two.jpn)


def test_a_feed_holds_one_event_a_report_and_one_for_the_rest_and_stays_as_it_is(two, tmp_path):
    feed = tmp_path / "feed"
    words = done("exchange", "feed", "jpn", feed, "--programme", WORD, node=two.nato)
    assert words.startswith("2 events of 3 objects released to jpn")
    events = {path.stem: json.loads(path.read_bytes())["Event"] for path in feed.glob("*-*.json")}
    assert events[REPORT.partition("--")[2]]["info"] == "Two hosts"
    values = {uuid: _values(event) for uuid, event in events.items()}
    assert values.pop(REPORT.partition("--")[2]) == {"host2.example"}
    assert list(values.values()) == [{"host1.example"}]
    before = {path.name: path.read_bytes() for path in feed.iterdir()}
    assert told("exchange", "feed", "jpn", feed, "--programme", WORD, node=two.nato)["events"] == 2
    assert {path.name: path.read_bytes() for path in feed.iterdir()} == before


def test_a_feed_follows_what_is_withdrawn_and_only_what_changed_gets_a_new_timestamp(two, tmp_path):
    nodes = two.nodes.copy(tmp_path / "copy")
    nato, feed = nodes.path("nato"), tmp_path / "feed"
    done("exchange", "feed", "jpn", feed, "--programme", WORD, node=nato)
    before = json.loads((feed / "manifest.json").read_bytes())
    [source] = [one["id"] for one in told("label", "sources", node=nato) if one["label"] == AMBER]
    done("label", "source", source, "--label", "NATO CONFIDENTIAL TLP:AMBER+STRICT", node=nato)
    assert told("release", node=nato)[0]["counts"]["withdrawn"] == 2
    assert told("exchange", "feed", "jpn", feed, "--programme", WORD, node=nato)["events"] == 1
    after = json.loads((feed / "manifest.json").read_bytes())
    assert set(before) - set(after) == {REPORT.partition("--")[2]}
    assert all(before[uuid]["timestamp"] == entry["timestamp"] for uuid, entry in after.items())
    assert "host2.example" not in "".join(path.read_text() for path in feed.glob("*.json"))
    nodes.put("nato", bundle(indicator(40)), OPEN)
    done("release", node=nato)
    done("exchange", "feed", "jpn", feed, "--programme", WORD, node=nato)
    [uuid] = after
    assert json.loads((feed / "manifest.json").read_bytes())[uuid]["timestamp"] > after[uuid]["timestamp"]


def _values(event):
    parts = [event, *event["Object"]]
    return {attribute["value"] for part in parts for attribute in part["Attribute"] if "host" in attribute["value"]}


def test_one_event_holds_all_that_was_released_and_nothing_else(two, tmp_path):
    done("exchange", "misp", "jpn", tmp_path / "event.json", "--programme", WORD, node=two.nato)
    raw = (tmp_path / "event.json").read_text()
    assert "host1.example" in raw
    assert "host2.example" in raw
    assert "host3.example" not in raw
    assert "host4.example" not in raw


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (["feed", "kor", "OUT", "--programme", WORD], 3, "parties: jpn"),
        (["feed", "nato", "OUT", "--programme", WORD], 3, "parties: jpn"),
        (["feed", "jpn", "OUT"], 2, "--programme"),
        (["misp", "jpn", "OUT", "--programme", "other"], 2, WORD),
        (["push", "jpn", "https://127.0.0.1:1/x/", "--programme", WORD], 2, "collections"),
        (
            ["push", "jpn", "https://127.0.0.1:1/a/collections/c/", "--programme", WORD, "--authorization", "NOPE_X"],
            2,
            "NOPE_X",
        ),
        (["push", "jpn", "https://127.0.0.1:1/a/collections/c/", "--programme", WORD], 6, "127.0.0.1"),
    ],
)
def test_what_cannot_be_exchanged_is_refused(two, tmp_path, monkeypatch, args, code, word):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    assert word in refused(
        "exchange", *[tmp_path / "out" if arg == "OUT" else arg for arg in args], node=two.nato, code=code
    )


def test_quarantine_is_listed_shown_retried_and_put_aside(fresh, source):
    raw = bundle(indicator(30), b'{"type":"indicator","id":"y"}')
    [one] = told("ingest", "cyber", source(raw), "--label", OPEN, node=fresh.jpn)["ingested"]
    number = one["refused"][0]["number"]
    assert [part["number"] for part in told("quarantine", "list", node=fresh.jpn)] == [number]
    assert str(number) in done("quarantine", "list", node=fresh.jpn)
    assert '"id":"y"' in done("quarantine", "show", number, node=fresh.jpn)
    assert told("quarantine", "show", number, node=fresh.jpn)["state"] == "open"
    result = run("quarantine", "retry", number, node=fresh.jpn)
    assert (result.exit_code, "refused again" in result.stdout) == (2, True)
    assert "put aside" in done("quarantine", "discard", number, node=fresh.jpn)
    assert "empty" in done("quarantine", "list", node=fresh.jpn)
    assert "discarded" in done("quarantine", "list", "--all", node=fresh.jpn)
    for verb in ("show", "retry", "discard"):
        assert "foedus quarantine list" in refused("quarantine", verb, 999, node=fresh.jpn)
