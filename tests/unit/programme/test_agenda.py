"""The agenda of a whole term."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from foedus.programme import read, read_shipped, shipped
from foedus.programme.agenda import MOST_TIMES, agenda
from foedus.programme.calendar import due

JAPAN = read(read_shipped("nato-japan-2023")).programme


def days(kind, programme=JAPAN):
    return [one.day for one in agenda(programme, "en") if one.kind == kind]


def test_it_holds_every_review_of_the_term_and_the_one_after_it():
    assert days("review") == ["2024-01-31", "2025-01-31", "2026-01-31", "2027-01-31"]
    assert days("report") == ["2024-04-30", "2025-05-01", "2026-05-01", "2027-05-01"]


def test_milestones_are_done_that_the_document_or_the_ledger_says_are():
    stated = {one.id for one in JAPAN.milestones if one.done}
    found = {one.key for one in agenda(JAPAN, "en", ["ms-midterm"]) if one.kind == "milestone" and one.done}
    assert found == stated | {"ms-midterm"}


@pytest.mark.parametrize("name", shipped())
def test_all_that_is_due_on_any_day_stands_in_the_agenda_on_its_day(name):
    programme = read(read_shipped(name)).programme
    held = {(one.day, one.kind) for one in agenda(programme, "en")}
    for year in range(2023, 2029):
        assert {(one.day, one.kind) for one in due(programme, date(year, 6, 1))} <= held


@pytest.mark.parametrize("name", shipped())
def test_every_thing_has_a_name_of_its_own(name):
    found = agenda(read(read_shipped(name)).programme, "ja")
    assert len({(one.kind, one.key) for one in found}) == len(found)


def test_a_name_stays_when_its_day_moves():
    moved = msgspec.structs.replace(JAPAN.milestones[0], due="2025-01-01")
    after = msgspec.structs.replace(JAPAN, milestones=(*JAPAN.milestones[1:], moved))
    keys = [{one.key for one in agenda(each, "en") if one.kind == "milestone"} for each in (JAPAN, after)]
    assert keys[0] == keys[1]


def test_what_comes_again_every_hour_does_not_fill_it():
    [area, *rest] = JAPAN.areas
    hourly = msgspec.structs.replace(area.activities[0], recurs="PT1H")
    area = msgspec.structs.replace(area, activities=(hourly,))
    found = agenda(msgspec.structs.replace(JAPAN, areas=(area, *rest)), "en")
    assert sum(one.key.startswith(f"{area.id}/{hourly.id}/") for one in found) == MOST_TIMES
