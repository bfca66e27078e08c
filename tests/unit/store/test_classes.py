"""What is counted with every change is what counting from scratch finds; pages are in order of time, whatever they ask."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from tests.unit.store.sample import AMBER, PUBLIC, arrival, put, stix

from foedus.model.finding import About, Place, Support
from foedus.model.instant import from_us
from foedus.store import bounds, classes, erase, handed_in, situation
from foedus.store.engine import Store
from foedus.store.findings import superseded
from foedus.store.lookups import unlabel
from foedus.store.objects import put_apart, relabel
from foedus.store.situation import Span
from foedus.store.tables import finding, finding_class, finding_tally

DAY = classes.DAY_US


def about(day=0, urgency=1, placed=True, kind="gap"):
    places = (Place(10.0, 20.0),) if placed else ()
    return About(kind, "a", urgency, from_at=from_us(day * DAY), places=places)


def counted(store):
    columns = (finding_class.c.id, finding_tally.c.day, finding_tally.c.cell, finding_tally.c.held)
    joined = select(*columns).join(finding_class, finding_class.c.id == finding_tally.c.class_id)
    with store.read() as read:
        every = situation.classes(read)
        by_day = {(every[id_][0], day, cell): held for id_, day, cell, held in read.connection.execute(joined)}
        totals = Counter()
        for (of, _, _), held in by_day.items():
            totals[of] += held
        assert dict(totals) == dict(every.values())
        return by_day


def from_scratch(store):
    with store.read() as read:
        rows = read.connection.execute(classes._now.where(finding.c.head, ~superseded()))
        return Counter((classes._class(row), row.happened_us // DAY, classes_cell(row)) for row in rows)


def classes_cell(row):
    return classes.cell_of([Place(10.0, 20.0)] if row.places != "[]" else [])


def seqs(store):
    with store.read() as read:
        return list(read.connection.scalars(select(finding.c.seq).order_by(finding.c.seq)))


def _put(store, number, version, day, urgency, owner, placed, amber):
    label = AMBER if amber else PUBLIC
    found = about(day, urgency, placed)
    put(store, arrival(stix(number, version), about=found, owner=owner, label=label))


def _support(store, number, version, owner):
    put(store, arrival(stix(90 + version), owner=owner, supports=[Support(stix(number, version), label=PUBLIC)]))


def _hand_in(store, number, version):
    sent = arrival(stix(number, version), label=None, owner="jpn", about=about())._replace(source="submit:jpn")
    with store.write() as tx:
        placed = put_apart(tx, [sent], 5_000)
        handed_in.put(tx, [one.seq for one in placed if one.outcome == "new"])
    if placed[0].outcome == "new":
        with store.write() as tx:
            handed_in.take_up(tx, [sent._replace(finding=arrival(stix(number, version), label=AMBER).finding)], 6_000)


def _on_one(act):
    def acted(store, number, *_):
        held = seqs(store)
        if held:
            with store.write() as tx:
                act(tx, [held[number % len(held)]])

    return acted


ACTS = {
    "put": (_put, st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(0, 2), st.integers(0, 3), st.sampled_from("ab"), st.booleans(), st.booleans())),
    "support": (_support, st.tuples(st.integers(1, 3), st.integers(1, 4), st.sampled_from("ab"))),
    "hand in": (_hand_in, st.tuples(st.integers(1, 3), st.integers(1, 4))),
    "relabel": (_on_one(lambda tx, seq: relabel(tx, seq, AMBER, 1)), st.tuples(st.integers(0, 9))),
    "unlabel": (_on_one(unlabel), st.tuples(st.integers(0, 9))),
    "erase": (_on_one(lambda tx, seq: erase.erase(tx, seq, 1)), st.tuples(st.integers(0, 9))),
    "end": (_on_one(bounds.erase), st.tuples(st.integers(0, 9))),
}  # fmt: skip
_act = st.one_of(
    *(st.tuples(st.just(name), given_) for name, (_, given_) in ACTS.items()), st.tuples(st.just("put"), ACTS["put"][1])
)


@settings(max_examples=settings.default.max_examples // 2)
@given(st.lists(_act, min_size=1, max_size=12))
def test_what_is_counted_is_what_counting_finds_after_every_change(acts):
    with tempfile.TemporaryDirectory() as directory, Store.open(Path(directory)) as store:
        for name, said in acts:
            ACTS[name][0](store, *said)
            assert counted(store) == from_scratch(store), name


def test_many_versions_in_one_batch_count_as_one(store):
    put(store, *(arrival(stix(1, version), about=about(version)) for version in (2, 5, 3, 9)))
    assert counted(store) == from_scratch(store)
    assert [day for _, day, _ in counted(store)] == [9]


def test_a_support_that_comes_as_a_finding_counts_from_then_on(store):
    put(store, arrival(stix(1), supports=[Support(stix(2), label=PUBLIC)]))
    assert sum(counted(store).values()) == 1
    put(store, arrival(stix(2)))
    assert sum(counted(store).values()) == 2
    assert counted(store) == from_scratch(store)


def test_what_is_erased_leaves_no_class_behind(store):
    [one] = put(store, arrival(stix(1), about=about()))
    with store.write() as tx:
        erase.erase(tx, [one.seq], 1)
        left = [tx.connection.scalar(select(func.count()).select_from(t)) for t in (finding_class, finding_tally)]
    assert left == [0, 0]


def asked(store, span=Span(), limit=99, test=lambda of: True):
    with store.read() as read:
        chosen = [id_ for id_, (of, _) in situation.classes(read).items() if test(of)]
        return [one.object_id for one in situation.newest(read, chosen, span, limit)]


@pytest.fixture
def filled(store):
    """Ninety findings of nine classes on thirty days."""
    for n in range(90):
        put(store, arrival(stix(n), about=about(n * 7 % 30, n % 3, kind=f"kind {n // 30}")))
    return store


def test_a_page_is_the_last_that_happened_over_all_classes(filled):
    days = {stix(n).id: (n * 7 % 30, n) for n in range(90)}
    assert asked(filled) == sorted(days, key=days.get, reverse=True)


@pytest.mark.engine("sqlite")
def test_each_run_of_a_page_is_read_from_its_index_alone(filled):
    asked = {
        "from_us": 0,
        "before_us": 1,
        "after_us": 1,
        "after_seq": 1,
        "at_us": 0,
        "limit": 9,
        "most": 9,
        "of_0": 1,
    }
    with filled.read() as read:
        plan = read.connection.execute(text(f"EXPLAIN QUERY PLAN {situation.runs(1)}"), asked)
        steps = [row.detail for row in plan]
        plan = read.connection.execute(text(f"EXPLAIN QUERY PLAN {situation.first_of()}"), asked)
        steps += [row.detail for row in plan]
    assert (
        sum("COVERING INDEX finding_by_class (class_id=? AND happened_us>? AND happened_us<?)" in one for one in steps)
        == 3
    )


@pytest.mark.parametrize("limit", [1, 7, 89, 90])
def test_pages_follow_each_other_without_gap_or_repeat(filled, limit):
    whole, after = [], Span().after
    with filled.read() as read:
        every = list(situation.classes(read))
        while page := situation.newest(read, every, Span(after=after), limit):
            whole += [one.object_id for one in page]
            after = (page[-1].from_us, page[-1].seq)
    assert whole == asked(filled)


def test_a_span_holds_from_its_first_instant_to_before_its_last(filled):
    found = asked(filled, Span(3 * DAY, 5 * DAY))
    assert {n * 7 % 30 for n in range(90) if stix(n).id in found} == {3, 4}
    with filled.read() as read:
        held = situation.held_in(read, situation.classes(read), Span(3 * DAY, 5 * DAY))
        assert sum(held.values()) == len(found) == 6
        assert situation.days(read) == (0, 29 * DAY)


def test_squares_count_what_says_where(filled):
    put(filled, arrival(stix(100), about=about(placed=False)))
    with filled.read() as read:
        every = situation.classes(read)
        assert situation.cells(read, every, Span()) == {classes.cell_of([Place(10.0, 20.0)]): 90}
        assert len(situation.dots(read, [i for i, (of, _) in every.items() if of.placed], Span(), 50)) == 50


def test_what_may_be_held_no_longer_is_on_no_page(tmp_path):
    with Store.open(tmp_path, now_us=lambda: 100) as store:
        [one, other] = put(store, arrival(stix(1)), arrival(stix(2)))
        with store.write() as tx:
            bounds.put_end(tx, [one.seq], 50, "desk|")
            bounds.put_end(tx, [other.seq], 150, "desk|")
        assert asked(store) == [stix(2).id]


@pytest.mark.parametrize(
    ("lat", "lon", "cell"), [(-90, -180, 0), (90, 180, 71 * 144), (0, 180, 36 * 144), (0.1, 2.6, 36 * 144 + 73)]
)
def test_squares_of_the_edges(lat, lon, cell):
    assert classes.cell_of([Place(lat, lon)]) == cell


def test_the_last_of_each_group_of_classes_are_found_however_many_came_since(filled):
    with filled.read() as read:
        first, *others = situation.classes(read)
        groups = {"one": [first], "others": others}
        found = situation.newest_of_each(read, {**groups, "none": []}, 3)
        for name, ids in groups.items():
            assert found[name] == situation.newest(read, ids, Span(), 3), name
            assert len(found[name]) == 3
        assert found["none"] == []
