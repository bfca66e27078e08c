from __future__ import annotations

import msgspec
import pytest
from tests.unit.store.sample import VIEW, show, stix

from foedus.model.ports import NotAtOnce, PageBytes, ViewPage, ViewQuery
from foedus.store import views
from foedus.store.pages import Views
from foedus.store.query import page_parameters, page_statement

ALL = ViewQuery(limit=1_000, versions=("all",))


@pytest.fixture
def reader(store):
    return Views(store)


def ids(reader, query, at_us=1, view=VIEW):
    return [row.object_id[-2:] + "." + row.version[-2:-1] for row in reader.rows(view, query, at_us).rows]


def test_view_nobody_opened_is_empty(reader):
    assert reader.page("absent", ALL, 1) == PageBytes(b"", None, None, more=False)
    assert reader.rows("absent", ALL, 1) == ViewPage((), more=False)
    assert not reader.has("absent", stix().id, 1)


def test_pages_follow_each_other_to_the_end(store, reader):
    added = show(store, [stix(n) for n in range(1, 6)])
    first = reader.page(VIEW, ViewQuery(limit=3), 1)
    second = reader.page(VIEW, ViewQuery(limit=3, position_us=first.last_us), 1)
    assert first == PageBytes(b",".join(stix(n).raw for n in (1, 2, 3)), added[0], added[2], more=True)
    assert second == PageBytes(b",".join(stix(n).raw for n in (4, 5)), added[3], added[4], more=False)


def test_exact_fit_has_no_more(store, reader):
    show(store, [stix(n) for n in (1, 2, 3)])
    assert reader.page(VIEW, ViewQuery(limit=3), 1).more is False
    assert reader.rows(VIEW, ViewQuery(limit=3), 1).more is False


def test_bytes_end_a_page_but_the_first_object_always_goes(store, reader):
    items = [stix(n, text="x" * 1_000) for n in (1, 2, 3)]
    show(store, items)
    size = len(items[0].raw) + 1
    two = reader.page(VIEW, ViewQuery(limit=9, max_bytes=2 * size), 1)
    one = reader.page(VIEW, ViewQuery(limit=9, max_bytes=10), 1)
    assert (two.body.count(b'"type"'), two.more) == (2, True)
    assert (one.body, one.more) == (items[0].raw, True)


def test_filters_by_type_and_id(store, reader):
    show(store, [stix(1, type="malware"), stix(2), stix(3, type="tool")])
    assert ids(reader, ViewQuery(limit=9, types=("tool",))) == ["03.1"]
    assert ids(reader, ViewQuery(limit=9, types=("tool", "malware"))) == ["01.1", "03.1"]
    assert ids(reader, ViewQuery(limit=9, ids=(stix(2).id, "x--0"))) == ["02.1"]
    assert ids(reader, ViewQuery(limit=9, ids=(stix(2).id,), types=("tool",))) == []


def test_versions_first_last_all_and_instants(store, reader):
    show(store, [stix(1, 5), stix(1, 3), stix(2, 4), stix(1, 7)])
    choose = {
        ("last",): ["02.4", "01.7"],
        ("first",): ["01.3", "02.4"],
        ("first", "last"): ["01.3", "02.4", "01.7"],
        ("all",): ["01.5", "01.3", "02.4", "01.7"],
        (5,): ["01.5"],
        (5, "first"): ["01.5", "01.3", "02.4"],
        (6,): [],
    }
    assert {versions: ids(reader, ViewQuery(limit=9, versions=versions)) for versions in choose} == choose


def test_added_after_acts_before_version_choice_and_position_after(store, reader):
    added = show(store, [stix(1, 7), stix(1, 3)])
    assert ids(reader, ViewQuery(limit=9, added_after_us=added[0])) == ["01.3"]
    assert ids(reader, ViewQuery(limit=9, position_us=added[0])) == []


def test_only_the_latest_spec_version_unless_asked(store, reader):
    show(store, [stix(1, 5, spec="2.1"), stix(1, 9, spec="2.0"), stix(2, 2, spec="2.0")])
    assert ids(reader, ViewQuery(limit=9)) == ["01.5", "02.2"]
    assert ids(reader, ALL) == ["01.5", "02.2"]
    assert ids(reader, ViewQuery(limit=9, spec_versions=("2.0",))) == ["01.9", "02.2"]
    assert ids(reader, ViewQuery(limit=9, spec_versions=("2.0", "2.1"))) == ["01.9", "02.2"]
    assert ids(reader, ViewQuery(limit=9, versions=(9,))) == []


def test_kept_page_ends_with_any_change_of_its_view_only(store, reader, monkeypatch):
    reads = []
    inner = page_statement
    monkeypatch.setattr("foedus.store.pages.page_statement", lambda *a, **k: (reads.append(1), inner(*a, **k))[1])
    show(store, [stix(1)])
    pages = [reader.page(VIEW, ALL, 1) for _ in range(3)]
    assert (len(reads), len(set(pages))) == (1, 1)
    show(store, [stix(2)], view="other")
    reader.page(VIEW, ALL, 1)
    assert len(reads) == 1
    with store.write() as tx:
        views.withdraw(tx, VIEW, [stix(1).id], 1)
    assert reader.page(VIEW, ALL, 1).body == b""


def test_kept_page_is_not_served_for_an_earlier_instant(store, reader):
    show(store, [stix(1)], until=500_000)
    assert reader.page(VIEW, ALL, 500_000).body == b""
    assert reader.page(VIEW, ALL, 499_999).body == stix(1).raw


def test_pages_kept_stay_below_their_limit(store):
    show(store, [stix(n, text="x" * 500) for n in range(1, 40)])
    reader = Views(store, kept_bytes=2_000)
    for limit in range(1, 40):
        reader.page(VIEW, ViewQuery(limit=limit), 1)
    assert 0 < reader._kept._size <= 2_000
    assert sum(len(kept.page.body) for kept in reader._kept._pages.values()) == reader._kept._size


BASE = ViewQuery(limit=10)


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"added_after_us": 5},
        {"versions": ("first", "last", 7)},
        {"types": ("a",)},
        {"types": ("a", "b")},
        {"spec_versions": ("2.1",), "added_after_us": 5},
        {"ids": ("a", "b"), "added_after_us": 5},
    ],
)
@pytest.mark.parametrize("raw", [True, False])
def test_no_page_sorts_or_scans(store, change, raw):
    query = msgspec.structs.replace(BASE, **change)
    with store.read() as read:
        result = read.connection.execute(page_statement(query, raw=raw), page_parameters(query, 1, 1))
        explain = f"EXPLAIN QUERY PLAN {result.context.statement}"
        plan = [row[3] for row in read.connection.exec_driver_sql(explain, result.context.parameters[0])]
    assert not [step for step in plan if step.startswith("SCAN")]
    assert not [step for step in plan if "_1 USING PRIMARY KEY" in step or "_2 USING PRIMARY KEY" in step]
    if not query.ids:
        assert not [step for step in plan if "TEMP B-TREE" in step]
        assert [step for step in plan if "added_us>?" in step]


def test_large_page_is_kept_when_it_is_asked_for_again(store, monkeypatch):
    reads = []
    inner = page_statement
    monkeypatch.setattr("foedus.store.pages.page_statement", lambda *a, **k: (reads.append(1), inner(*a, **k))[1])
    show(store, [stix(1, text="x" * 70_000)])
    reader = Views(store)
    pages = []
    for held in (0, 1, 1):
        pages.append(reader.page(VIEW, ALL, 1))
        assert len(reader._kept._pages) == held
    assert (len(reads), len(set(pages))) == (2, 1)


def test_kept_page_of_an_unchanged_store_is_served_at_once(store, reader):
    show(store, [stix(1)])
    with pytest.raises(NotAtOnce), store.at_once():
        reader.page(VIEW, ALL, 1)
    held = reader.page(VIEW, ALL, 1)
    with store.at_once():
        assert reader.page(VIEW, ALL, 1) is held
    show(store, [stix(2)], view="other")
    with pytest.raises(NotAtOnce), store.at_once():
        reader.page(VIEW, ALL, 1)
    assert reader.page(VIEW, ALL, 1) is held
