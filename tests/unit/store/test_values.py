from __future__ import annotations

import time

import pytest
from sqlalchemy import event
from tests.unit.store.sample import READER, VIEW, arrival, put, stix

from foedus.model.finding import Key, Seen
from foedus.store import values
from foedus.store.views import Showing, add_view_rows, open_view

IP = Key("ipv4", "192.0.2.1", "192[.]0.2.1", "/pattern")


def test_value_twice_in_a_finding_is_one_occurrence_at_its_first_place(store):
    put(store, arrival(stix(), IP, Key("ipv4", "192.0.2.1", "192.0.2.1", "/name")))
    with store.read() as read:
        found = values.holders(read, "ipv4", "192.0.2.1")
        assert (found.held, found.newest[0].pointer, found.newest[0].written) == (1, "/pattern", "192[.]0.2.1")
        assert values.values_of(read, found.newest[0].seq) == [IP]


def test_same_text_of_another_kind_is_another_value(store):
    put(store, arrival(stix(1), IP), arrival(stix(2), Key("domain", "192.0.2.1")))
    with store.read() as read:
        assert values.holders(read, "ipv4", "192.0.2.1").held == 1


def test_seen_names_owner_object_and_hash_of_the_newest_twenty(store):
    put(store, *[arrival(stix(n), IP, owner="kor" if n == 25 else "jpn") for n in range(1, 26)])
    with store.read() as read:
        found = values.seen(read, [IP, Key("ipv4", "203.0.113.9")])
    assert list(found) == [("ipv4", "192.0.2.1")]
    held = found["ipv4", "192.0.2.1"]
    assert held[0] == Seen("kor", stix(25).id, stix(25).sha256)
    assert [one.object_id for one in held] == [stix(n).id for n in range(25, 5, -1)]


def test_warning_lists_come_back_and_change_with_a_newer_word(store):
    put(store, arrival(stix(1), Key("ipv4", "192.0.2.1", warned=("old",))), arrival(stix(2), IP))
    with store.read() as read:
        assert values.holders(read, "ipv4", "192.0.2.1").warned == ("old",)
    put(store, arrival(stix(3), Key("ipv4", "192.0.2.1", warned=("new",))))
    with store.read() as read:
        assert values.holders(read, "ipv4", "192.0.2.1").warned == ("new",)


def test_counting_stops_one_beyond_common(store):
    put(store, *[arrival(stix(n), IP) for n in range(1, 151)])
    with store.read() as read:
        found = values.holders(read, "ipv4", "192.0.2.1")
    assert (found.held, len(found.newest)) == (101, 20)


def test_in_a_view_only_what_it_shows_unchanged_counts(store):
    placed = put(store, *[arrival(stix(n), IP) for n in (1, 2, 3)])
    with store.write() as tx:
        open_view(tx, VIEW, READER)
        redacted = Showing(placed[2].seq, None, b"{}", b"h" * 32)
        add_view_rows(tx, VIEW, [Showing(placed[0].seq), redacted], 1_000)
    with store.read() as read:
        found = values.holders(read, "ipv4", "192.0.2.1", in_view=VIEW)
        assert (found.held, [one.object_id for one in found.newest]) == (1, [stix(1).id])
        assert values.holders(read, "ipv4", "192.0.2.1", in_view="absent") is None


def test_related_ranks_by_rarity_and_leaves_out_common_and_warned(store):
    rare, often, common, warned = (Key("domain", name) for name in ("rare", "often", "common", "warned"))
    warned = Key("domain", "warned", warned=("list",))
    put(store, arrival(stix(1), rare, often, common, warned), arrival(stix(2), rare), arrival(stix(3), often))
    put(store, *[arrival(stix(n), often) for n in range(4, 10)], arrival(stix(10), warned))
    put(store, *[arrival(stix(n), common) for n in range(11, 130)])
    with store.read() as read:
        found = values.related(read, 1)
    assert [one.seq for one in found][0] == 2
    assert {one.seq for one in found} == {2, 3, 4, 5, 6, 7, 8, 9}
    assert found[0].weight == pytest.approx(1 / 1.584962500721156)


def test_a_flood_value_costs_an_index_look_up(store):
    flood = Key("ipv4", "198.51.100.1")
    for start in range(1, 20_001, 5_000):
        put(store, *[arrival(stix(n), flood) for n in range(start, start + 5_000)])
    took = []
    with store.read() as read:
        for _ in range(3):
            begun = time.perf_counter()
            assert values.holders(read, "ipv4", "198.51.100.1").held == 101
            assert len(values.seen(read, [flood])["ipv4", "198.51.100.1"]) == 20
            took.append(time.perf_counter() - begun)
    assert min(took) < 0.05


@pytest.mark.engine("sqlite")
def test_holders_in_a_view_are_found_by_finding_not_by_walking_through_the_view(store):
    put(store, arrival(stix(1), IP))
    asked = []
    with store.read() as read:
        event.listen(read.connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        values.holders(read, "ipv4", "192.0.2.1", in_view=VIEW)
        statement, parameters = asked[1]
        plan = [row[3] for row in read.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert "SEARCH view_row USING INDEX view_row_by_finding (finding_seq=?)" in plan
    assert not [step for step in plan if "SCAN" in step]


def test_shared_are_values_of_two_to_a_hundred_findings(store):
    lone, pair, often, common = (Key("domain", name) for name in ("lone", "pair", "often", "common"))
    items = [arrival(stix(n), *([common] if n <= 101 else []), *([often] if n <= 100 else [])) for n in range(1, 102)]
    placed = put(store, *items, arrival(stix(200), pair), arrival(stix(201), pair))
    first = put(store, arrival(stix(300), lone, pair, common))[0]
    with store.read() as read:
        assert values.shared(read, [first.seq]) == {("domain", "pair")}
        assert values.shared(read, [placed[0].seq]) == {("domain", "often")}
        assert values.shared(read, []) == set()
