from __future__ import annotations

from tests.unit.store.sample import PUBLIC, VIEW, arrival, put, show, stix

from foedus.model.finding import Support
from foedus.store import findings, lookups


def test_visible_names_what_a_reader_sees_in_any_of_its_views(store):
    show(store, [stix(1)])
    show(store, [stix(2)], until=100_000, view="other")
    put(store, arrival(stix(3)))
    ids = [stix(n).id for n in (1, 2, 3)]
    with store.read() as read:
        assert lookups.visible_ids(read, [VIEW, "other"], ids, 99_999) == {ids[0], ids[1]}
        assert lookups.visible_ids(read, [VIEW, "other"], ids, 100_000) == {ids[0]}
        assert lookups.visible_ids(read, ["absent"], ids, 1) == set()


def test_bytes_are_found_with_every_owner_that_holds_them(store):
    put(store, arrival(stix(1), supports=[Support(stix(2))]), arrival(stix(2), owner="kor"))
    with store.read() as read:
        held = lookups.holding(read, bytes.fromhex(stix(2).sha256))
        assert [(one.owner, one.head) for one in held] == [("jpn", False), ("kor", True)]
        assert lookups.holding(read, b"?" * 32) == []


def test_rows_of_a_source_and_heads_of_rooms(store):
    put(store, arrival(stix(1), supports=[Support(stix(2))]), arrival(stix(3))._replace(source="b"))
    with store.read() as read:
        assert (lookups.from_source(read, "a"), lookups.from_source(read, "b")) == ([1, 2], [3])
        assert (lookups.heads_of(read, ["cyber"]), lookups.heads_of(read, ["space"])) == (2, 0)


def test_unlabel_takes_the_label_off(store):
    (placed,) = put(store, arrival(stix(1), label=PUBLIC))
    with store.write() as tx:
        lookups.unlabel(tx, [placed.seq])
    with store.read() as read:
        assert findings.finding_of(read, placed.seq).label is None


def test_heads_come_in_order_of_coming_labelled_or_not(store):
    put(store, arrival(stix(3), supports=[Support(stix(9))]), arrival(stix(1), label=None), arrival(stix(1, 2)))
    put(store, arrival(stix(2)))

    def after(seq, limit=10, room="cyber"):
        with store.read() as read:
            return [(held.seq, held.object_id) for held in lookups.heads_after(read, room, seq, limit)]

    every = after(0)
    assert [object_id for _, object_id in every] == [stix(n).id for n in (3, 1, 1, 2)]
    assert after(0, 2) == every[:2]
    assert after(every[1][0]) == every[2:]
    assert after(every[-1][0]) == after(0, room="space") == []
