from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from foedus.errors import UnknownParty
from foedus.model.programme import Group, Members, Party
from foedus.programme import expand, members_on, period, read, read_shipped
from foedus.programme.dates import day_of, holds
from foedus.programme.membership import recipients


@pytest.fixture(scope="module")
def programme():
    return read(read_shipped("nato-japan-2023")).programme


@pytest.mark.parametrize(
    ("day", "count", "joined"),
    [
        ("1949-08-23", 0, None),
        ("1949-08-24", 12, "NOR"),
        ("2023-04-03", 30, None),
        ("2023-04-04", 31, "FIN"),
        ("2024-03-06", 31, None),
        ("2024-03-07", 32, "SWE"),
    ],
)
def test_release_to_nato_means_other_states_on_other_days(programme, day, count, joined):
    found = expand(programme, "nato", date.fromisoformat(day))
    assert len(found) == count
    assert joined is None or joined in found


def test_membership_ends_after_its_last_day():
    party = Party(
        id="xx",
        kind="alliance",
        name="x",
        members=(Members(start="2020-01-01", countries=("NOR",), until="2020-12-31"),),
    )
    assert members_on(party, date(2020, 12, 31)) == {"NOR"}
    assert members_on(party, date(2021, 1, 1)) == frozenset()


def test_states_groups_and_organisations(programme):
    day = date(2026, 6, 1)
    assert expand(programme, "jpn", day) == {"JPN"}
    assert expand(programme, "ip4", day) == {"AUS", "JPN", "KOR", "NZL"}
    assert members_on(Party(id="gridco", kind="organisation", name="x"), day) == frozenset()
    with pytest.raises(UnknownParty):
        expand(programme, "moon", day)


def test_a_group_reaches_a_party_through_the_party(programme):
    assert isinstance(programme.groups[0], Group)
    assert recipients(programme, "ip4") == {"AUS", "jpn", "KOR", "NZL"}
    assert recipients(programme, "nato") == {"nato"}


def test_inclusive_days_become_half_open_instants():
    start, end = period("2023-01-01", "2026-12-31")
    assert start == datetime(2023, 1, 1, tzinfo=UTC)
    assert end == datetime(2027, 1, 1, tzinfo=UTC)
    assert period("2023-01-01", None)[1] is None
    assert period("2023-01-01", "9999-12-31")[1] is None
    assert day_of(datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=9)))) == date(2025, 12, 31)
    assert holds(None, None, date(2020, 1, 1))
