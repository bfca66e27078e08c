from __future__ import annotations

import hashlib
import threading

import pytest
from tests.unit.store.sample import PUBLIC, READER, VIEW, arrival, put, show, stix

from foedus.errors import StoreError
from foedus.model import instant
from foedus.model.finding import Support
from foedus.model.ports import ViewQuery
from foedus.store import findings, views
from foedus.store.engine import Store
from foedus.store.pages import Views

ALL = ViewQuery(limit=1_000, versions=("all",))
OTHER = "released|kat|jpn|maritime"


def test_last_row_of_a_transaction_is_a_whole_millisecond_and_rows_step_by_one(store):
    added = show(store, [stix(n) for n in (1, 2, 3)], at_us=1_000_001)
    assert added == [1_000_001, 1_000_002, 1_001_000]


def test_whole_millisecond_stays(store):
    assert show(store, [stix()], at_us=5_000) == [5_000]


def test_instants_increase_over_all_views_of_a_reader_even_if_the_clock_steps_back(store):
    first = show(store, [stix(1), stix(2)], at_us=10_000)
    second = show(store, [stix(3), stix(4)], at_us=4_000, view=OTHER)
    third = show(store, [stix(5)], at_us=4_000)
    assert first + second + third == sorted({*first, *second, *third})


def test_readers_do_not_move_each_other(store):
    show(store, [stix(1)], at_us=10_000_000)
    (placed,) = put(store, arrival(stix(2)))
    with store.write() as tx:
        views.open_view(tx, "desk|cyber", "own")
        assert views.add_view_rows(tx, "desk|cyber", [views.Showing(placed.seq)], 7_000) == [7_000]


def test_row_disappears_at_the_instant_it_expires(store):
    show(store, [stix()], until=900_000)
    reader = Views(store)
    assert reader.page(VIEW, ALL, 899_999).body == stix().raw
    assert reader.page(VIEW, ALL, 900_000).body == b""
    assert [reader.has(VIEW, stix().id, at) for at in (899_999, 900_000)] == [True, False]
    assert [len(reader.rows(VIEW, ALL, at).rows) for at in (899_999, 900_000)] == [1, 0]


def test_an_older_version_shows_again_when_the_newer_expires(store):
    show(store, [stix(1, 1)])
    show(store, [stix(1, 2)], until=900_000)
    reader = Views(store)
    assert reader.page(VIEW, ViewQuery(limit=9), 899_999).body == stix(1, 2).raw
    assert reader.page(VIEW, ViewQuery(limit=9), 900_000).body == stix(1, 1).raw


def test_withdrawn_is_gone_at_once_in_all_versions_and_remembered(store):
    added = show(store, [stix(1, 1), stix(1, 2), stix(2)])
    with store.write() as tx:
        assert views.withdraw(tx, VIEW, [stix(1).id], 50_000) == 2
    assert Views(store).page(VIEW, ALL, 1).body == stix(2).raw
    with store.read() as read:
        assert views.shown_before(read, VIEW, stix(1).id) == [(added[0], 50_000), (added[1], 50_000)]


def test_single_rows_are_withdrawn(store):
    added = show(store, [stix(1, 1), stix(1, 2)])
    with store.write() as tx:
        assert views.withdraw_rows(tx, VIEW, added[1:], 50_000) == 1
    assert Views(store).page(VIEW, ViewQuery(limit=5), 1).body == stix(1, 1).raw


def test_withdrawing_in_one_view_leaves_the_other(store):
    show(store, [stix(1)])
    show(store, [stix(1)], view=OTHER)
    with store.write() as tx:
        views.withdraw(tx, VIEW, [stix(1).id], 50_000)
    reader = Views(store)
    assert (reader.has(VIEW, stix(1).id, 1), reader.has(OTHER, stix(1).id, 1)) == (False, True)


def test_shown_again_is_shown_once_with_a_new_instant(store):
    (first,) = show(store, [stix()])
    (second,) = show(store, [stix()])
    page = Views(store).page(VIEW, ALL, 1)
    assert (page.body, page.first_us, page.last_us) == (stix().raw, second, second)
    assert second > first


def test_redacted_bytes_are_shown_instead(store):
    (placed,) = put(store, arrival(stix()))
    raw = b'{"redacted":true}'
    with store.write() as tx:
        views.open_view(tx, VIEW, READER)
        views.add_view_rows(tx, VIEW, [views.Showing(placed.seq, None, raw, hashlib.sha256(raw).digest())], 1)
    assert Views(store).page(VIEW, ALL, 1).body == raw
    with store.read() as read:
        (row,) = views.shown(read, VIEW)
        assert (row.finding_seq, row.sha256) == (placed.seq, hashlib.sha256(raw).digest())


def test_object_without_version_takes_its_instant_as_version(store):
    first, second = stix(version=-1, text="a", type="file"), stix(version=-1, text="b", type="file")
    added = show(store, [first, second])
    rows = Views(store).rows(VIEW, ALL, 1).rows
    assert [row.version for row in rows] == [instant.text(us) for us in added]
    assert Views(store).page(VIEW, ViewQuery(limit=9), 1).body == second.raw


def test_tally_and_size_follow_every_change(store):
    show(store, [stix(1), stix(2, type="malware"), stix(3)], at_us=86_400_000_000)
    show(store, [stix(4)], at_us=2 * 86_400_000_000, until=3 * 86_400_000_000)
    with store.write() as tx:
        views.withdraw(tx, VIEW, [stix(3).id], 1)
    with store.read() as read:
        counts = [(one.day_us // 86_400_000_000, one.kind, one.owner, one.rows) for one in views.tally(read, VIEW)]
        assert counts == [(1, "indicator", "jpn", 1), (1, "malware", "jpn", 1), (2, "indicator", "jpn", 1)]
        assert [views.view_size(read, VIEW, day * 86_400_000_000) for day in (2, 3)] == [3, 2]


def test_what_supports_a_finding_is_no_finding_that_is_shown(store):
    (placed,) = put(store, arrival(stix(1), supports=[Support(stix(2), label=PUBLIC)]))
    with store.write() as tx:
        views.open_view(tx, VIEW, READER)
        seqs = [placed.seq, *findings.supports_of(tx, [placed.seq])[placed.seq]]
        views.add_view_rows(tx, VIEW, [views.Showing(seq, 900_000) for seq in seqs], 1)
    with store.read() as read:
        assert [views.view_size(read, VIEW, at) for at in (2, 900_000)] == [2, 0]
        assert [views.heads_shown(read, VIEW, at) for at in (2, 900_000)] == [1, 0]


def test_shown_yields_all_rows_or_those_of_some_findings(store):
    show(store, [stix(n) for n in range(1, 8)])
    with store.read() as read:
        rows = list(views.shown(read, VIEW))
        some = list(views.shown(read, VIEW, [rows[2].finding_seq, rows[5].finding_seq]))
    assert [row.object_id for row in rows] == [stix(n).id for n in range(1, 8)]
    assert some == [rows[2], rows[5]]


def test_a_view_belongs_to_one_reader(store):
    show(store, [stix(1)])
    with pytest.raises(StoreError, match="another reader"), store.write() as tx:
        views.open_view(tx, VIEW, "kat|kor")


@pytest.mark.parametrize("name", ["absent", VIEW])
def test_unknown_view_or_finding_is_an_error_to_the_writer(store, name):
    show(store, [stix(1)])
    with pytest.raises(StoreError), store.write() as tx:
        views.add_view_rows(tx, name, [views.Showing(99)], 1)


def test_paging_beside_a_writer_loses_and_repeats_nothing(store):
    show(store, [stix(1)])
    total, reader, got, position = 90, Views(store), [], None

    def write() -> None:
        for number in range(2, total + 1):
            show(store, [stix(number)], at_us=1)

    writer = threading.Thread(target=write)
    writer.start()
    while True:
        ended = not writer.is_alive()
        page = reader.rows(VIEW, ViewQuery(limit=7, position_us=position), 1)
        got += [row.object_id for row in page.rows]
        position = page.rows[-1].added_us if page.rows else position
        if ended and not page.rows:
            break
    writer.join()
    assert got == [stix(number).id for number in range(1, total + 1)]


def test_a_second_store_on_the_directory_sees_changes_at_once(store, tmp_path):
    show(store, [stix(1)])
    with Store.open(tmp_path) as other:
        reader = Views(other)
        assert reader.page(VIEW, ALL, 1).body == stix(1).raw
        show(store, [stix(2)])
        assert reader.page(VIEW, ALL, 1).body == stix(1).raw + b"," + stix(2).raw
