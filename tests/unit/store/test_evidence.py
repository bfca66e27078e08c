from __future__ import annotations

from foedus.model.entry import LogInfo
from foedus.store import evidence

NAME = "kat|kor|jpn"


def test_entries_are_found_by_the_bytes_they_stand_for_and_by_area(store):
    rows = [evidence.Sent(seq, "cyber" if seq < 3 else "space", bytes([seq % 2]) * 32) for seq in range(5)]
    with store.write() as tx:
        tx.logs.open_log(LogInfo(NAME, "origin", "kat", "kor", "jpn", own=False))
        evidence.index_sent(tx, NAME, rows)
    with store.read() as read:
        assert evidence.sent_bytes(read, NAME, [b"\0" * 32, b"\1" * 32, b"\2" * 32]) == {b"\0" * 32: 4, b"\1" * 32: 3}
        assert evidence.sent_between(read, NAME, "cyber", 1, 4) == [1, 2]
        assert evidence.sent_bytes(read, "absent", [b"\0" * 32]) == {}


def test_entries_of_an_own_log_are_found_by_the_objects_they_sent(store):
    with store.write() as tx:
        for name in (NAME, "kat|kor|nato"):
            tx.logs.open_log(LogInfo(name, name, "kat", "kor", name.rsplit("|", 1)[1], own=True))
        evidence.index_sendings(tx, NAME, [(f"x--{seq % 3}", seq) for seq in range(7)])
        evidence.index_sendings(tx, "kat|kor|nato", [("x--1", 2)])
    with store.read() as read:
        assert evidence.sendings(read, NAME, ["x--2", "x--1", "x--9"]) == [1, 2, 4, 5]
        assert evidence.sendings(read, "kat|kor|nato", ["x--1"]) == [2]
        assert evidence.sendings(read, NAME, []) == []
