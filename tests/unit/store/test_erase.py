"""What is erased is gone from every table but the ledger's, and its row number is never another finding's."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import func, select
from tests.unit.store.sample import PUBLIC, VIEW, arrival, put, show, stix

from foedus.model.finding import Finding, Key, Support
from foedus.model.ports import ViewQuery
from foedus.store import erase, findings, quarantine, values, views
from foedus.store.pages import Views
from foedus.store.tables import blob, finding, match, occurrence, support, value, view_past, view_row

SECRET = Key("domain-name", "secret.example")
SHARED = Key("domain-name", "shared.example")
ALL = ViewQuery(limit=9, versions=("all",))


def erased(store, *seqs):
    with store.write() as tx:
        erase.erase(tx, seqs, 9_000)


def rows(store, *tables):
    with store.read() as read:
        return [read.connection.scalar(select(func.count()).select_from(table)) for table in tables]


def test_nothing_of_a_finding_is_left(store):
    show(store, [stix(1)], at_us=1_000)
    first, second = put(store, arrival(stix(2), SECRET, SHARED), arrival(stix(3), SHARED))
    with store.write() as tx:
        findings.keep_match(tx, first.seq, second.seq, 0.5, "both", 1)
        views.open_view(tx, "desk|cyber", "own")
        views.add_view_rows(tx, "desk|cyber", [views.Showing(first.seq), views.Showing(second.seq)], 2_000)
        views.add_view_rows(
            tx, VIEW, [views.Showing(first.seq, None, b"less", hashlib.sha256(b"less").digest())], 3_000
        )
        views.withdraw(tx, VIEW, [stix(2).id], 4_000)
    erased(store, first.seq)
    with store.read() as read:
        assert findings.finding_of(read, first.seq) is None
        assert findings.blob_of(read, hashlib.sha256(b"less").digest()) is None
        assert values.holders(read, SECRET.kind, SECRET.norm) is None
    assert rows(store, finding, blob, match, occurrence, value, view_past) == [2, 2, 0, 1, 1, 0]
    assert Views(store).page("desk|cyber", ALL, 9_999).body == stix(3).raw


def test_bytes_that_another_finding_holds_stay(store):
    first, second = put(store, arrival(stix(1), owner="nato"), arrival(stix(1), owner="jpn"))
    erased(store, first.seq)
    with store.read() as read:
        assert findings.finding_of(read, second.seq).raw == stix(1).raw
    assert rows(store, finding, blob) == [1, 1]


def test_the_row_number_of_what_was_erased_is_not_given_again(store):
    [first] = put(store, arrival(stix(1)))
    erased(store, first.seq)
    [second] = put(store, arrival(stix(2)))
    erased(store, second.seq)
    assert put(store, arrival(stix(3)))[0].seq > second.seq > first.seq


def test_supports_that_nothing_else_needs_go_along(store):
    lone, needed = Support(stix(8, -1), (), PUBLIC), Support(stix(9, -1), (), PUBLIC)
    first, _ = put(store, arrival(stix(1), supports=[lone, needed]), arrival(stix(2), supports=[needed]))
    erased(store, first.seq)
    with store.read() as read:
        assert [findings.versions_of(read, one.object.id) == [] for one in (lone, needed)] == [True, False]
    assert rows(store, support) == [1]


def test_a_view_page_kept_in_memory_does_not_show_it(store):
    show(store, [stix(1), stix(2)])
    reader = Views(store)
    before = reader.page(VIEW, ALL, 5_000).body
    with store.read() as read:
        [seq] = [held.seq for held in findings.versions_of(read, stix(1).id)]
    erased(store, seq)
    assert before != reader.page(VIEW, ALL, 5_000).body == stix(2).raw
    with store.read() as read:
        assert views.view_size(read, VIEW, 5_000) == 1
    assert rows(store, view_row) == [1]


@pytest.mark.engine("sqlite")
def test_the_file_does_not_hold_the_bytes_any_more(store, tmp_path):
    [placed] = put(store, arrival(stix(1, text="words-that-were-recalled"), SECRET))
    erased(store, placed.seq)
    with store.write() as tx:
        assert tx.connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    with store.read() as read:
        read.connection.exec_driver_sql("PRAGMA wal_checkpoint")
    store.close()
    assert b"words-that-were-recalled" not in (tmp_path / "foedus.db").read_bytes()


def test_conclusions_are_found_through_conclusions(store):
    [ground] = put(store, arrival(stix(1)))

    def concluded(number, on):
        head = stix(number, type="note")
        made = Finding("cyber", "both-see-it", head, ("source:a", f"object:{on.sha256}"), owner="jpn")
        put(store, arrival(head)._replace(finding=made))
        return head

    concluded(4, concluded(3, stix(1)))
    other = concluded(5, stix(2))
    with store.write() as tx:
        found = erase.copies_of(tx, erase.resting_on(tx, [bytes.fromhex(stix(1).sha256)]))
        assert erase.resting_on(tx, [b"\0" * 32]) == []
    assert {one.object_id for one in found} == {stix(3, type="note").id, stix(4, type="note").id}
    assert ground.seq not in {one.seq for one in found}
    assert other.id not in {one.object_id for one in found}


@pytest.mark.parametrize(("version", "but", "later"), [(2, False, True), (2, True, False), (1, False, False)])
def test_a_later_version_is_one_that_stays(store, version, but, later):
    put(store, arrival(stix(1, 1)), arrival(stix(1, version, "b" if version > 1 else "a")))
    with store.write() as tx:
        found = erase.copies(tx, [bytes.fromhex(stix(1, 1).sha256)])
        newest = [held.seq for held in findings.versions_of(tx, stix(1).id)][:1]
        assert erase.later_version(tx, found[0], [found[0].source], newest if but else []) is later
        assert not erase.later_version(tx, found[0], ["peer:other"], [])


def test_refused_parts_of_the_source_go_by_their_bytes_or_where_they_were_cut_by_name(store):
    long = stix(2).raw + b" " * quarantine.KEPT_BYTES
    parts = [("peer:a", stix(1).raw), ("peer:b", stix(1).raw), ("peer:a", long), ("peer:a", stix(3).raw)]
    with store.write() as tx:
        quarantine.put_refusals(
            tx, [quarantine.Refusal("cyber", *part[:1], "", "c", "m", "", part[1]) for part in parts], 1
        )
        hashes = [bytes.fromhex(stix(1).sha256)]
        erase.forget_refused(tx, "peer:a", [stix(2).id, stix(3).id], hashes, quarantine.KEPT_BYTES)
        left = quarantine.refusals(tx)
    assert [(one.refusal.source, one.refusal.raw) for one in left] == [("peer:a", stix(3).raw), ("peer:b", stix(1).raw)]


def test_a_copy_moves_to_another_source(store):
    [placed] = put(store, arrival(stix(1)))
    with store.write() as tx:
        erase.move_source(tx, placed.seq, "peer:kor", ("source:peer:kor",))
        held = findings.finding_of(tx, placed.seq)
    assert (held.source, held.because) == ("peer:kor", ("source:peer:kor",))
