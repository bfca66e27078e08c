"""What waits: by row, in groups that came the same way; stored apart from what others hold, and taken up once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from tests.unit.store.sample import AMBER, arrival, put, stix

from foedus.errors import StoreError
from foedus.model.finding import Key
from foedus.store import erase, findings, handed_in, values
from foedus.store.lookups import unlabel
from foedus.store.objects import put_apart
from foedus.store.tables import blob

HOST = Key("domain-name", "a.example")


def sent(number, source="submit:jpn", text="a", owner="jpn"):
    return arrival(stix(number, text=text), HOST, label=None, owner=owner)._replace(source=source)


def hand_in(store, *arrivals):
    with store.write() as tx:
        placed = put_apart(tx, arrivals, 5_000)
        handed_in.put(tx, [one.seq for one in placed if one.outcome == "new"])
        return placed


def take_up(store, *arrivals):
    with store.write() as tx:
        return [one.outcome for one in handed_in.take_up(tx, arrivals, 6_000)]


def labelled(number):
    return arrival(stix(number), HOST, label=AMBER)._replace(source="submit:jpn")


def waiting(store, after=-1):
    with store.read() as read:
        return [one.seq for one in handed_in.waiting(read, after)]


def test_it_has_neither_label_nor_values_until_it_is_taken_up(store):
    [one] = hand_in(store, sent(1))
    with store.read() as read:
        assert values.holders(read, HOST.kind, HOST.norm) is None
    assert take_up(store, labelled(1)) == ["new"]
    with store.read() as read:
        assert values.holders(read, HOST.kind, HOST.norm).held == 1
        assert findings.finding_of(read, one.seq).label == AMBER


def test_bytes_are_written_whether_others_hold_them_or_not(store):
    put(store, arrival(stix(1), owner="nato"))
    hand_in(store, sent(1))
    with store.read() as read:
        assert read.connection.scalar(select(func.count()).select_from(blob)) == 2
        assert findings.blob_of(read, bytes.fromhex(stix(1).sha256)) == stix(1).raw


def test_what_one_hands_in_again_is_the_same_or_in_conflict_with_ones_own_alone(store):
    put(store, arrival(stix(1, text="other"), owner="nato"))
    hand_in(store, sent(1))
    assert [one.outcome for one in hand_in(store, sent(1))] == ["same"]
    assert [one.outcome for one in hand_in(store, sent(1, text="b"))] == ["conflict"]


def test_a_group_is_of_one_source_and_ends_at_its_bounds(store, monkeypatch):
    first, second, third = hand_in(store, sent(1), sent(2), sent(3, "submit:kor", owner="kor"))
    assert waiting(store) == [first.seq, second.seq]
    assert waiting(store, second.seq) == [third.seq]
    monkeypatch.setattr(handed_in, "MAX_BYTES", 1)
    assert waiting(store) == [first.seq]


def test_a_run_again_finds_it_taken_and_only_then_does_its_wait_end(store):
    [one] = hand_in(store, sent(1))
    with store.write() as tx:
        handed_in.settle(tx, [one.seq])
    assert waiting(store) == [one.seq]
    assert [take_up(store, labelled(1)) for _ in range(2)] == [["new"], ["same"]]
    with store.write() as tx:
        handed_in.settle(tx, [one.seq])
    assert waiting(store) == []


def test_what_lost_its_label_while_it_waited_is_named(store):
    first, second = hand_in(store, sent(1), sent(2))
    with store.write() as tx:
        unlabel(tx, [second.seq])
        assert handed_in.unlabelled(tx, [first.seq, second.seq]) == [second.seq]


def test_what_was_erased_waits_no_more(store):
    [one] = hand_in(store, sent(1))
    with store.write() as tx:
        erase.erase(tx, [one.seq], 9_000)
    assert waiting(store) == []
    with pytest.raises(StoreError) as told:
        take_up(store, labelled(1))
    assert told.value.code == "state-moved"
