"""Findings of others that hold a value at about one time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from tests.unit.store.sample import arrival, put, stix

from foedus.model.finding import About, Key, Place
from foedus.model.instant import to_us
from foedus.store import dated
from foedus.store.dated import Asked

SHIP = Key("mmsi", "431000111")
START = datetime(2026, 5, 1, tzinfo=UTC)
PLACE = (Place(35.0, 139.0),)


def told(hours: float, *, places=PLACE, keys=(SHIP,)) -> About:
    begun = START + timedelta(hours=hours)
    return About("gap", "x", from_at=begun, to_at=begun + timedelta(hours=1), places=places, keys=keys)


def at(hours: float, until: float, **whose: str) -> Asked:
    return Asked(*(to_us(START + timedelta(hours=one)) for one in (hours, until)), **whose)


def test_only_what_overlaps_in_time_is_of_others_and_has_a_place_is_found(store):
    held = [told(0), told(5), told(0, places=()), told(0)]
    owners = ("jpn", "jpn", "jpn", "nato")
    put(store, *[arrival(stix(n), SHIP, owner=owners[n - 1], about=held[n - 1]) for n in (1, 2, 3, 4)])
    with store.read() as read:
        [first] = dated.holding(read, [("mmsi", "431000111")], at(0.5, 2, but="nato"))
        assert dated.holding(read, [("mmsi", "431000111")], at(0.5, 9, owner="jpn")) == [first, first + 1]
        assert dated.holding(read, [("mmsi", "431000222")], at(0, 9)) == []


def test_what_holds_a_week_needs_no_place(store):
    week = Key("claim-week", "2026-04-27")
    put(store, arrival(stix(1), week, owner="jpn", about=told(0, places=(), keys=(week,))))
    with store.read() as read:
        assert len(dated.holding(read, [("claim-week", "2026-04-27")], at(0, 9))) == 1
        assert dated.holding(read, [("claim-week", "2026-04-27")], at(30, 39)) == []


@pytest.mark.engine("sqlite")
def test_it_is_looked_up_by_value_and_never_walks_through_all_findings(store):
    put(store, *[arrival(stix(n), SHIP, about=told(n)) for n in range(1, 40)])
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, *_):
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plans.extend(row[3] for row in cursor.fetchall())

    with store.read() as read:
        engine = read.connection.engine
        event.listen(engine, "before_cursor_execute", explain)
        try:
            assert len(dated.holding(read, [("mmsi", "431000111")], at(0, 99))) == 39
        finally:
            event.remove(engine, "before_cursor_execute", explain)
    assert not [step for step in plans if step.startswith("SCAN") and "finding" in step and "newest" not in step]
