"""What received objects are bound by, kept by entry; when their time is over, and what is erased with them."""

from __future__ import annotations

from tests.unit.store.sample import VIEW, arrival, put, show, stix

from foedus.model.decision import Bound
from foedus.model.entry import LogInfo
from foedus.store import bounds, findings, values, views
from foedus.store.bounds import Came
from foedus.store.engine import Store

LOG, OTHER = "kat|nato|jpn", "kat|kor|jpn"
ONE = stix()


def bound(until_us, *purposes):
    return Bound(purposes or ("defence",), "originator-consent", "none", until_us)


def came(store, seq, one, log=LOG):
    with store.write() as tx:
        tx.logs.open_log(LogInfo(log, log, "kat", log.split("|")[1], "jpn", own=False))
        bounds.keep(tx, log, [Came(seq, ONE.id, ONE.version, "nato", "cyber", one)])


def of(store, owner="nato", version=ONE.version):
    with store.read() as read:
        return bounds.bounds_of(read, [(ONE.id, version, owner)])[ONE.id, version, owner]


def test_of_each_log_the_newest_entry_counts(store):
    came(store, 0, bound(10))
    came(store, 1, bound(20, "a", "b"))
    came(store, 0, bound(None), OTHER)
    assert of(store) == (bound(20, "a", "b"), bound(None))
    assert of(store, owner="kor") == of(store, version="another") == ()


def test_it_ends_with_the_last_of_its_logs(store):
    key, ends = (ONE.id, ONE.version, "nato"), []
    for seq, until, log in ((0, 30, LOG), (1, 10, LOG), (0, 20, OTHER), (1, None, OTHER)):
        came(store, seq, bound(until), log)
        with store.read() as read:
            ends.append(bounds.ends_of(read, [key, ("nobody", "", "nato")])[key])
    assert ends == [30, 10, 20, None]


def test_what_is_over_is_due_once_a_log_and_what_has_no_end_never_is(store):
    [placed] = put(store, arrival(ONE, owner="nato"))
    put(store, arrival(stix(2), owner="nato"))
    came(store, 3, bound(10))
    came(store, 4, bound(10), OTHER)
    with store.write() as tx:
        bounds.put_end(tx, [placed.seq], 10, "desk|")
    with store.read() as read:
        assert bounds.due(read, 9) == []
        due = [(one.seq, one.log, one.until_us) for one in bounds.due(read, 10)]
    assert due == [(placed.seq, OTHER, 10), (placed.seq, LOG, 10)]


def test_an_end_goes_to_the_desk_and_to_no_other_view_and_can_be_moved(store):
    show(store, [ONE], view="desk|cyber")
    show(store, [ONE])
    with store.write() as tx:
        bounds.put_end(tx, [1], 10, "desk|")
        assert [next(views.shown(tx, name)).expires_us for name in ("desk|cyber", VIEW)] == [10, None]
        bounds.put_end(tx, [1], None, "desk|")
        assert next(views.shown(tx, "desk|cyber")).expires_us is None


def test_a_transaction_finds_what_may_be_held_at_its_instant(tmp_path):
    now = [9]
    with Store.open(tmp_path, lambda: now[0]) as store:
        put(store, arrival(ONE))
        with store.write() as tx:
            bounds.put_end(tx, [1], 10, "desk|")
        for now[0], found in ((9, 1), (10, 0)):
            with store.read() as read:
                assert len(findings.versions_of(read, ONE.id)) == found
                assert len(findings.find(read, findings.FindingQuery())) == found
                assert len(findings.resolve(read, [ONE.id])) == found


def test_what_is_erased_leaves_nothing_behind_but_bytes_that_another_holds(store):
    put(store, arrival(ONE, owner="nato"), arrival(ONE, owner="kor"), arrival(stix(2), owner="nato"))
    with store.write() as tx:
        bounds.erase(tx, [1, 3])
        assert [one.owner for one in findings.findings_of(tx, [1, 2, 3])] == ["kor"]
        assert findings.blob_of(tx, bytes.fromhex(ONE.sha256)) == ONE.raw
        assert findings.blob_of(tx, bytes.fromhex(stix(2).sha256)) is None
        assert values.values_of(tx, 3) == []


def test_what_left_a_view_is_erased_with_it(store):
    show(store, [ONE])
    with store.write() as tx:
        assert bounds.views_showing(tx, [1]).keys() == {VIEW}
        views.withdraw(tx, VIEW, [ONE.id], 5)
        bounds.erase(tx, [1])
        assert (bounds.views_showing(tx, [1]), views.shown_before(tx, VIEW, ONE.id)) == ({}, [])
        assert views.tally(tx, VIEW) == []
