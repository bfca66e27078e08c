from __future__ import annotations

import hashlib
import json

import pytest

from foedus.errors import ExchangeError, InputError
from foedus.exchange.misp import FeedFault, read_feed, write_feed

ONE, TWO = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "12")


def event(uuid=ONE, timestamp="1700000000", **more) -> bytes:
    inner = {"uuid": uuid, "info": "日本", "date": "2023-11-01", "timestamp": timestamp, "Attribute": [], **more}
    return json.dumps({"Event": inner}, ensure_ascii=False).encode()


def opener(directory):
    return lambda name: (directory / name).read_bytes()


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_a_feed_is_read_as_it_was_written(tmp_path):
    raws = [event(TWO, "1700000001"), event()]
    assert write_feed(raws, tmp_path) == 2
    assert [item.raw for item in read_feed(opener(tmp_path))] == raws[::-1]
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest[ONE] == {
        "Orgc": {},
        "Tag": [],
        "info": "日本",
        "date": "2023-11-01",
        "analysis": 0,
        "threat_level_id": 4,
        "timestamp": 1700000000,
    }


def test_only_new_and_newer_events_are_pulled(tmp_path):
    write_feed([event(), event(TWO, "1700000005")], tmp_path)
    known = {ONE: 1700000000, TWO: 1700000000}
    assert [item.uuid for item in read_feed(opener(tmp_path), known)] == [TWO]


def test_reading_goes_on_after_an_interruption(tmp_path):
    write_feed([event(), event(TWO, "1700000005")], tmp_path)
    first = next(read_feed(opener(tmp_path)))
    rest = list(read_feed(opener(tmp_path), {first.uuid: first.timestamp}))
    assert [first.uuid, *(item.uuid for item in rest)] == [ONE, TWO]


def test_an_unchanged_manifest_pulls_nothing(tmp_path):
    assert list(read_feed(lambda name: None)) == []


def test_hashes_hold_every_value_and_both_halves_of_two(tmp_path):
    attributes = [{"type": "filename|md5", "value": "a.exe|b"}, {"type": "text", "value": "x|y"}]
    write_feed([event(Attribute=attributes, Object=[{"Attribute": [{"type": "domain", "value": "d"}]}])], tmp_path)
    lines = (tmp_path / "hashes.csv").read_text().splitlines()
    assert lines == [f"{md5(text)},{ONE}" for text in ("a.exe", "b", "x|y", "d")]


def test_an_event_no_longer_released_leaves_the_feed_with_its_hashes(tmp_path):
    write_feed([event(Attribute=[{"type": "domain", "value": "d"}]), event(TWO)], tmp_path)
    write_feed([event(TWO)], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{TWO}.json", "hashes.csv", "manifest.json"]
    assert (tmp_path / "hashes.csv").read_text() == ""


def test_files_that_would_not_change_are_left_alone(tmp_path):
    write_feed([event()], tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_feed([event()], tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_bare_event_is_wrapped_and_the_newer_of_two_is_taken(tmp_path):
    bare = b'{"uuid":"%b","info":"new","timestamp":"1700000009"}' % ONE.encode()
    write_feed([event(), bare, event()], tmp_path)
    assert (tmp_path / f"{ONE}.json").read_bytes() == b'{"Event":' + bare + b"}"


@pytest.mark.parametrize("bad", [b"{}", b"[", b'{"Event":{"info":"no uuid"}}'])
def test_a_bad_event_leaves_the_manifest_as_it_was(tmp_path, bad):
    write_feed([event()], tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    with pytest.raises(InputError):
        write_feed([event(TWO), bad], tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_one_bad_event_does_not_stop_the_feed(tmp_path):
    write_feed([event(), event(TWO, "1700000005")], tmp_path)
    (tmp_path / f"{ONE}.json").write_bytes(b'{"Event": {"info": NaN}}')
    found = list(read_feed(opener(tmp_path)))
    assert [type(item).__name__ for item in found] == ["FeedFault", "MispEvent"]
    assert (found[0].name, found[0].code) == (f"{ONE}.json", "json-malformed")


def test_a_file_that_cannot_be_fetched_is_a_fault_and_comes_again(tmp_path):
    write_feed([event()], tmp_path)

    def broken(name):
        if name == "manifest.json":
            return (tmp_path / name).read_bytes()
        raise ExchangeError("timed out", code="timeout", retryable=True)

    assert list(read_feed(broken)) == [FeedFault(f"{ONE}.json", "timeout", "timed out")]
    assert len(list(read_feed(opener(tmp_path)))) == 1


def test_names_that_are_no_uuids_are_never_opened():
    manifest = json.dumps({"../../etc/passwd": {"timestamp": 1}}).encode()

    def open_file(name):
        assert name == "manifest.json"
        return manifest

    assert [item.code for item in read_feed(open_file)] == ["misp-feed-name"]


def test_a_file_that_holds_another_event_is_refused(tmp_path):
    write_feed([event()], tmp_path)
    (tmp_path / f"{ONE}.json").write_bytes(event(TWO))
    assert [item.code for item in read_feed(opener(tmp_path))] == ["misp-feed-uuid"]


def test_a_manifest_that_is_none_is_refused():
    with pytest.raises(InputError):
        list(read_feed(lambda name: b"[]"))
