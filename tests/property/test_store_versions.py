"""Choice of versions and paging, against the same semantics in plain Python."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import postgres
from tests.unit.store.sample import READER, arrival, stix

from foedus.model.ports import ViewQuery
from foedus.store import views
from foedus.store.engine import Store
from foedus.store.objects import put_findings
from foedus.store.pages import Views


class Row(NamedTuple):
    """What the model knows of a row."""

    added_us: int
    object_id: str
    type: str
    spec: str
    version_ns: int
    expires_us: int | None
    raw: bytes


NUMBERS, VERSIONS, TYPES = (
    st.sampled_from([1, 1, 1, 2, 3]),
    st.sampled_from([3, 2, 1, -1]),
    ("indicator", "malware", "tool"),
)
rows = st.lists(
    st.tuples(NUMBERS, VERSIONS, st.sampled_from(["2.0", "2.1"]), st.sampled_from([None, None, 3_000, 6_000])),
    min_size=5,
    max_size=12,
)
choices = st.one_of(
    st.just(("last",)),
    st.just(("all",)),
    st.lists(st.sampled_from(["first", "last", 1, 2, 3_000_000]), min_size=1, max_size=3, unique=True).map(tuple),
)
queries = st.builds(
    ViewQuery,
    limit=st.integers(1, 20),
    added_after_us=st.sampled_from([None, None, 0, 1_000, 2_000, 3_000, 4_500]),
    position_us=st.sampled_from([None, None, None, 1_000, 2_999, 5_000]),
    ids=st.sampled_from(
        [(), (stix(1, type="malware").id,), (stix(1, type="malware").id, stix(3, type="indicator").id)]
    ),
    types=st.sampled_from([(), (), ("malware",), ("malware", "tool")]),
    versions=choices,
    spec_versions=st.sampled_from([(), (), ("2.0",), ("2.1",), ("2.0", "2.1")]),
)


def expected(held: list[Row], query: ViewQuery, at_us: int) -> list[Row]:
    """Select as exchange semantics say: id, type, added_after; then spec version; then version; then position."""
    left = [row for row in held if row.expires_us is None or row.expires_us > at_us]
    left = [row for row in left if not query.ids or row.object_id in query.ids]
    left = [row for row in left if not query.types or row.type in query.types]
    left = [row for row in left if query.added_after_us is None or row.added_us > query.added_after_us]
    by_object: dict[str, list[Row]] = {}
    for row in left:
        by_object.setdefault(row.object_id, []).append(row)
    chosen: set[Row] = set()
    for versions in by_object.values():
        wanted = query.spec_versions or (max(row.spec for row in versions),)
        rest = sorted((row for row in versions if row.spec in wanted), key=lambda row: (row.version_ns, row.added_us))
        for choice in query.versions if rest else ():
            if choice == "all":
                chosen.update(rest)
            elif choice in ("first", "last"):
                chosen.add(rest[0 if choice == "first" else -1])
            else:
                chosen.update(row for row in rest if row.version_ns == choice)
    return sorted(row for row in chosen if query.position_us is None or row.added_us > query.position_us)


class Filled:
    """A store, and view after view filled with rows."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.reader = Views(store)
        self._count = 0

    def view(self, drawn: list[tuple[int, int, str, int | None]]) -> tuple[str, list[Row]]:
        self._count += 1
        name, held = f"view {self._count}", []
        with self.store.write() as tx:
            views.open_view(tx, name, f"{READER} {self._count}")
            for at, (number, version, spec, expires_us) in enumerate(drawn):
                text = f"{self._count} {at}"
                item = stix(number, version, text, type=TYPES[number % 3], spec=spec)
                owner = text  # every row is a finding of its own: equal versions may stand beside each other
                (placed,) = put_findings(tx, [arrival(item, owner=owner)], 1)
                (added,) = views.add_view_rows(tx, name, [views.Showing(placed.seq, expires_us)], 1)
                version_ns = version if version >= 0 else added * 1_000
                held.append(Row(added, item.id, item.type, spec, version_ns, expires_us, item.raw))
        return name, held


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request) -> Iterator[Filled]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        database = postgres.database_of(directory) if request.param == "postgresql" else ""
        with Store.open(directory, database=database) as store:
            yield Filled(store)
    postgres.take_back()


@given(
    drawn=rows, asked=st.lists(st.tuples(queries, st.sampled_from([0, 2_999, 3_000, 6_000])), min_size=8, max_size=16)
)
def test_version_choice_equals_the_plain_semantics(filled, drawn, asked):
    name, held = filled.view(drawn)
    for query, at_us in asked:
        want = expected(held, query, at_us)
        page = filled.reader.page(name, query, at_us)
        got = filled.reader.rows(name, query, at_us)
        cut = want[: query.limit]
        assert [row.added_us for row in got.rows] == [row.added_us for row in cut]
        assert page.body == b",".join(row.raw for row in cut)
        assert page.more == got.more == (len(want) > query.limit)
        assert (page.first_us, page.last_us) == ((cut[0].added_us, cut[-1].added_us) if cut else (None, None))


@given(drawn=rows, query=queries, limit=st.integers(1, 4))
def test_pages_by_position_join_to_the_whole(filled, drawn, query, limit):
    name, held = filled.view(drawn)
    got, position = [], query.position_us
    while True:
        page = ViewQuery(
            limit, query.added_after_us, position, query.ids, query.types, query.versions, query.spec_versions
        )
        found = filled.reader.rows(name, page, 1)
        got += [row.added_us for row in found.rows]
        if not found.more:
            break
        position = found.rows[-1].added_us
    assert got == [row.added_us for row in expected(held, query, 1)]
