"""Statements read the same in PostgreSQL; here only that they can be written for it, no server runs."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from foedus.model.ports import ViewQuery
from foedus.store import log_tables, people_tables, release_tables, state_tables, tables
from foedus.store.columns import metadata
from foedus.store.query import page_statement

DIALECT = postgresql.dialect()
MODULES = (log_tables, people_tables, release_tables, state_tables, tables)


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_tables_and_indexes_have_a_form_there(table):
    assert all(module.metadata is metadata for module in MODULES)
    created = str(CreateTable(table).compile(dialect=DIALECT))
    assert "WITHOUT ROWID" not in created
    for index in table.indexes:
        assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=DIALECT))


@pytest.mark.parametrize("versions", [("all",), ("first", "last", 5)])
def test_a_page_has_a_form_there(versions):
    text = str(
        page_statement(ViewQuery(10, 1, 2, ("a",), ("b", "c"), versions, ("2.1",)), raw=True).compile(dialect=DIALECT)
    )
    assert "view_row.sole = 1" not in text
    assert "ORDER BY view_row.added_us" in text
