"""What is PostgreSQL's own: its errors, its plans, its text, and that its server may go and come back."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.schema import CreateTable
from tests import postgres
from tests.unit.store.sample import arrival, put, show, stix

from foedus.errors import InputError, StoreError
from foedus.model.finding import Key
from foedus.model.ports import ViewQuery
from foedus.store import asked, findings, situation, values
from foedus.store.columns import metadata
from foedus.store.engine import Store
from foedus.store.postgresql import check
from foedus.store.situation import Span

pytestmark = pytest.mark.engine("postgresql")
ALL = ViewQuery(limit=100, versions=("all",))


def holds(store: Store) -> int:
    with store.read() as read:
        return findings.newest_seq(read)


@pytest.fixture(scope="module")
def own_server() -> Iterator[postgres.Server]:
    """A server that may be stopped."""
    started = postgres.Server()
    yield started
    started.remove()


def test_a_server_that_stops_is_an_error_with_a_hint_and_all_goes_on_when_it_is_back(own_server, tmp_path):
    with Store.open(tmp_path, database=own_server.address("postgres")) as store:
        put(store, arrival(stix(1)))
        before = store.changes()
        own_server.stop()
        for work in (holds, lambda one: put(one, arrival(stix(2)))):
            with pytest.raises(StoreError) as caught:
                work(store)
            assert (caught.value.code, bool(caught.value.hint)) == ("store-unreachable", True)
        assert store.changes() is None
        with pytest.raises(StoreError) as caught:
            Store.open(tmp_path, database=own_server.address("postgres"))
        assert caught.value.code == "store-unreachable"
        own_server.start()
        assert holds(store) == 1
        assert put(store, arrival(stix(2)))[0].outcome == "new"
        assert store.changes() not in (None, before)


def test_a_server_that_went_and_came_back_meanwhile_is_noticed_by_nobody(own_server, tmp_path):
    own_server.sql("CREATE DATABASE again")
    with Store.open(tmp_path, database=own_server.address("again")) as store:
        put(store, arrival(stix(1)))
        assert holds(store) == 1
        own_server.stop()
        own_server.start()
        assert holds(store) == 1
        assert put(store, arrival(stix(2)))[0].outcome == "new"


def test_nobody_waits_at_once_for_a_server_that_does_not_answer(own_server, tmp_path):
    with Store.open(tmp_path, database=own_server.address("postgres")) as store:
        assert store.changes() is not None
        [(watching,)] = own_server.sql(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_current_snapshot%' AND pid <> pg_backend_pid()"
        )
        os.kill(watching, signal.SIGSTOP)
        try:
            with store.at_once():
                assert store.changes() is None
        finally:
            os.kill(watching, signal.SIGCONT)
        assert store.changes() is not None


def test_a_change_of_whoever_is_seen(store, database):
    before = store.changes()
    postgres.server().sql("UPDATE meta SET value = value", database.split("/")[3].split("?")[0])
    assert store.changes() not in (None, before)


@pytest.mark.parametrize(
    ("database", "code"),
    [
        ("absent", "store-unreachable"),
        ("template0", "store-unreachable"),
        ("latin", "store-unfit"),
        ("rights", "store-readonly"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_with_a_hint(own_server, tmp_path, database, code):
    address = own_server.address(database)
    if database == "latin":
        own_server.sql("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
    if database == "rights":
        own_server.sql("CREATE DATABASE rights")
        own_server.sql("CREATE ROLE other LOGIN")
        address = address.replace("foedus@", "other@")
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path, database=address)
    assert (caught.value.code, bool(caught.value.hint)) == (code, True)


def test_what_is_acknowledged_is_durable_also_where_the_database_says_otherwise(own_server, tmp_path):
    own_server.sql("CREATE DATABASE hasty")
    own_server.sql("ALTER DATABASE hasty SET synchronous_commit = off")
    with Store.open(tmp_path, database=own_server.address("hasty")) as store, store.write() as tx:
        assert tx.connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


@pytest.mark.parametrize(
    "secret", ["postgresql://me:hunter2@/x", "postgresql://me:@/x", "postgresql:///x?sslpassword=hunter2"]
)
def test_an_address_with_a_password_is_refused_without_repeating_it(secret):
    with pytest.raises(InputError) as caught:
        check(secret)
    assert caught.value.code == "database-password"
    assert "hunter2" not in str(caught.value)


def test_text_is_what_it_was_whatever_it_holds(store):
    names = ["a\x00b", "\x00", "\x01", "\x01\x00\x02", "ö", "鍵", "a" * 20_000 + "é" * 3_000, os.urandom(9_000).hex()]
    put(store, arrival(stix(1), *(Key("name", name) for name in names)))
    with store.read() as read:
        assert [key.norm for key in values.values_of(read, 1)] == sorted(names)
        for name in names:
            assert values.holders(read, "name", name).held == 1, name
    learnt = [asked.Learnt("jpn", "nato", b"s", "p", "cyber", 1, "name", name) for name in names]
    with store.write() as tx:
        asked.keep_learnt(tx, learnt)
        assert asked.learnt_of(tx, "jpn", "cyber") == sorted(learnt)


@given(st.lists(st.text(st.characters(max_codepoint=3), max_size=4), min_size=2, max_size=2))
def test_text_is_written_in_its_order_and_without_what_is_refused(texts):
    from foedus.store.postgresql_driver import _read, _written

    first, second = sorted(texts)
    assert _written(first) <= _written(second)
    assert "\x00" not in _written(first)
    assert _read(_written(first)) == first


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_text_sorts_by_its_bytes_and_numbers_have_64_bits_unless_they_are_known_to_be_small(table):
    made = re.split(r",?\s*\n\s*", str(CreateTable(table).compile(dialect=psycopg.dialect())))
    assert [line for line in made if re.search(r" TEXT\b", line) and 'COLLATE "C"' not in line] == []
    assert {line.split()[0] for line in made if " INTEGER" in line} <= {
        "urgency",
        "confidence",
        "cell",
        "score_ppm",
        "level",
    }


@pytest.fixture(scope="module")
def many() -> Iterator[Store]:
    """Some thousand findings in views of two readers, as a server knows them after a while."""
    directory = Path(tempfile.mkdtemp())
    database = postgres.server().address("many")
    postgres.server().sql("CREATE DATABASE many")
    with Store.open(directory, database=database) as store:
        show(store, [stix(n) for n in range(6_000)])
        show(store, [stix(n) for n in range(10_000, 13_000)], view="desk|cyber")
        put(store, *(arrival(stix(n), Key("name", f"{n}")) for n in range(20_000, 22_000)))
        postgres.server().sql("ANALYZE", "many")
        yield store
    directory.rmdir()


def plans(store: Store, work) -> list[str]:
    """The plans of what some work asks."""
    asked = []
    with store.read() as read:
        event.listen(read.connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        work(read)
        explained = [read.connection.exec_driver_sql(f"EXPLAIN {one}", given).all() for one, given in list(asked)]
    return ["\n".join(row[0] for row in plan) for plan in explained]


def page_plans(store: Store, query: ViewQuery) -> list[str]:
    from foedus.store.pages import _page

    return plans(store, lambda read: _page(read, 1, query, 1))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (ViewQuery(limit=100, versions=("all",)), "view_row_pkey"),
        (ViewQuery(limit=100), "view_row_pkey"),
        (ViewQuery(limit=100, position_us=5_000, versions=("all",)), "view_row_pkey"),
        (ViewQuery(limit=100, types=("indicator", "tool")), "view_row_pkey"),
        (ViewQuery(limit=100, ids=(stix(1).id, stix(7).id)), "view_row_by_object"),
    ],
)
def test_a_page_is_read_from_an_index_in_its_order(many, query, index):
    [plan] = page_plans(many, query)
    assert re.search(rf"Index (Only )?Scan using {index} on view_row|Bitmap Index Scan on {index}", plan), plan
    assert "Seq Scan on view_row" not in plan, plan
    if not query.ids:
        assert "Sort" not in plan, plan


def test_a_deep_page_reads_no_more_rows_than_the_first(many):
    reads = []
    for position in (None, 5_500):
        query = ViewQuery(limit=100, versions=("all",), position_us=position)
        with many.read() as read:
            from foedus.store.query import page_parameters, page_statement

            asked = []
            event.listen(read.connection, "before_cursor_execute", lambda *call, asked=asked: asked.append(call[2:4]))
            read.connection.execute(page_statement(query, raw=True), page_parameters(query, 1, 1)).all()
            [(statement, parameters)] = asked
            plan = read.connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters)
            text = "\n".join(row[0] for row in plan)
        assert "Removed by" not in text, text
        reads.append(int(re.search(r"on view_row .*?actual .*?rows=(\d+)", text)[1]))
    assert reads == [101, 101]


def test_findings_by_value_by_class_and_by_row_are_found_by_index(many):
    held = plans(many, lambda read: values.holders(read, "name", "x"))
    held += plans(many, lambda read: situation.newest(read, [1], Span(), 20))
    held += plans(many, lambda read: list(findings.findings_of(read, [1, 2])))
    assert not [plan for plan in held if "Seq Scan on finding " in plan or "Seq Scan on value" in plan], held
