"""What the store keeps of the watch: acts by object, how findings stand, marks that people have looked to."""

from __future__ import annotations

from foedus.store import shifts, watch
from foedus.store.shifts import Shift
from foedus.store.watch import Against, State

ONE = State("a--1", watch.DISMISSED, "", "maritime", "gap", "nato", "gap 1", "other", bytes(32), 4)


def test_the_newest_state_of_an_object_is_the_one(store):
    with store.write() as tx:
        watch.keep_state(tx, ONE._replace(state=watch.OPEN))
        watch.keep_state(tx, ONE)
        assert watch.states(tx, ["a--1", "a--2"]) == {"a--1": ONE}


def test_what_is_dismissed_is_counted_by_method_and_reason(store):
    with store.write() as tx:
        for number, reason in enumerate(("other", "other", "duplicate")):
            watch.keep_state(tx, ONE._replace(object_id=f"a--{number}", reason=reason))
        watch.keep_state(tx, ONE._replace(object_id="a--9", state=watch.ACKNOWLEDGED))
        said = ("maritime", "gap", "nato", "gap 1")
        assert watch.against(tx) == [Against(*said, "duplicate", 1), Against(*said, "other", 2)]


def noted(acts):
    return [(one.seq, one.note) for one in acts]


def test_acts_come_in_order_by_object_and_the_newest_first_between_entries(store):
    with store.write() as tx:
        for seq, object_id in ((3, "a--1"), (5, "a--2"), (8, "a--1")):
            watch.keep_act(tx, seq, object_id, f"note {seq}")
        assert noted(watch.state_and_acts(tx, "a--1")[1]) == [(3, "note 3"), (8, "note 8")]
        assert noted(watch.acts_between(tx, 3, 8, 9)) == [(5, "note 5"), (3, "note 3")]
        watch.forget_notes(tx, ["a--1"])
        assert [noted(watch.state_and_acts(tx, one)[1]) for one in ("a--1", "a--2")] == [[], [(5, "note 5")]]


def test_a_mark_is_that_of_its_name(store):
    with store.write() as tx:
        watch.keep_mark(tx, "person:ann", 3)
        watch.keep_mark(tx, "person:ann", 7)
        assert (watch.mark(tx, "person:ann"), watch.mark(tx, "mail")) == (7, None)


def test_a_shift_ends_and_another_comes_after_it(store):
    first = Shift("a", "ann", "", 1, 0, 0)
    ended = first._replace(closed_by="ann", closed_us=2, last_entry=5, last_finding=9, to="ben")
    with store.write() as tx:
        shifts.keep_shift(tx, first)
        shifts.end_shift(tx, ended)
        shifts.keep_shift(tx, Shift("b", "ben", "a", 3, 6, 9))
        assert shifts.shift_named(tx, "a") == ended
        assert [one.name for one in shifts.newest_shifts(tx, 9)] == ["b", "a"]
        assert (shifts.shift_after(tx, "a").name, shifts.shift_after(tx, "b")) == ("b", None)
