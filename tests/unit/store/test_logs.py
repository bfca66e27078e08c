from __future__ import annotations

import pytest

from foedus.errors import BrokenChain, ForkedLedger, StoreError
from foedus.model.entry import Checkpoint, LogInfo, StoredEntry

INFO = LogInfo("master", "foedus.example/master", "", "jpn", "", own=True)


def entry(number: int) -> StoredEntry:
    return StoredEntry(f"leaf {number}".encode(), b"s" * 16, f"body {number}".encode())


@pytest.fixture
def opened(store):
    with store.write() as tx:
        tx.logs.open_log(INFO)
    return store


def test_a_log_is_opened_once_and_listed_by_name(opened):
    other = LogInfo("kat|jpn|kor", "o", "kat", "jpn", "kor", own=False)
    with opened.write() as tx:
        tx.logs.open_log(INFO)
        tx.logs.open_log(other)
    with opened.read() as read:
        assert list(read.logs.logs()) == [other, INFO]
        assert read.logs.log("master") == INFO
        assert read.logs.log("absent") is None


def test_a_log_with_other_facts_is_refused(opened):
    with pytest.raises(StoreError, match="other facts"), opened.write() as tx:
        tx.logs.open_log(LogInfo("master", "other", "", "jpn", "", own=True))


def test_entries_and_nodes_come_back_in_order(opened):
    with opened.write() as tx:
        tx.logs.append(
            "master", [entry(n) for n in range(3)], [(0, n, bytes([n]) * 32) for n in range(3)] + [(1, 0, b"n" * 32)]
        )
        tx.logs.append("master", [entry(3)], [])
    with opened.read() as read:
        assert read.logs.size("master") == 4
        assert list(read.logs.entries("master", 1, 99)) == [entry(1), entry(2), entry(3)]
        assert list(read.logs.entries("master", 2, 2)) == []
        assert read.logs.nodes("master", [(1, 0), (0, 2), (1, 0)]) == [b"n" * 32, b"\2" * 32, b"n" * 32]


def test_many_entries_stream_across_batches(opened):
    with opened.write() as tx:
        tx.logs.append("master", [entry(n) for n in range(2_345)], [])
    with opened.read() as read:
        assert list(read.logs.entries("master", 5, 2_345)) == [entry(n) for n in range(5, 2_345)]


def test_a_missing_hash_breaks_the_chain(opened):
    with opened.read() as read, pytest.raises(BrokenChain):
        read.logs.nodes("master", [(0, 0)])


def test_what_is_not_committed_was_never_appended(opened):
    with pytest.raises(RuntimeError), opened.write() as tx:
        tx.logs.append("master", [entry(0)], [])
        raise RuntimeError
    with opened.read() as read:
        assert read.logs.size("master") == 0


def test_newest_checkpoint_and_more_signatures(opened):
    with opened.write() as tx:
        for size, note in ((2, "two"), (5, "five"), (2, "two signed twice"), (5, "five signed twice")):
            tx.logs.keep_checkpoint("master", Checkpoint(INFO.origin, size, bytes([size]) * 32, note))
    with opened.read() as read:
        assert read.logs.checkpoint("master") == Checkpoint(INFO.origin, 5, b"\5" * 32, "five signed twice")


def test_one_size_has_one_root(opened):
    with opened.write() as tx:
        tx.logs.keep_checkpoint("master", Checkpoint(INFO.origin, 2, b"a" * 32, ""))
        tx.logs.intend("master", 2, b"a" * 32)
        tx.logs.intend("master", 2, b"a" * 32)
        with pytest.raises(ForkedLedger):
            tx.logs.keep_checkpoint("master", Checkpoint(INFO.origin, 2, b"b" * 32, ""))
        with pytest.raises(ForkedLedger):
            tx.logs.intend("master", 2, b"b" * 32)


def test_unknown_log_is_an_error(store):
    with store.read() as read, pytest.raises(StoreError, match="no such log"):
        read.logs.size("absent")
    with store.read() as read:
        assert read.logs.checkpoint("absent") is None
