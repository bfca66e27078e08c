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
