"""A programme as an IATI activity: what stands where, in the order of the schema, and what is said to be lost."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from lxml import etree

from foedus.account.iati import export
from foedus.account.score import score
from foedus.model.entry import Event
from foedus.model.instant import parse
from foedus.programme import read, read_shipped, shipped

DAY = date(2026, 6, 1)
JAPAN = read(read_shipped("nato-japan-2023")).programme
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
ACTIVITY = (
    "iati-identifier", "reporting-org", "title", "description", "participating-org", "activity-status", "activity-date", "result",
)  # fmt: skip
INDICATOR = ("title", "description", "baseline", "period")


def exported(programme, events=(), day=DAY):
    boards = [score(programme, list(events), day, year=year) for year in range(2023, day.year + 1)]
    return export(programme, boards, programme.parties[0].id, day)


def activity(programme, events=(), day=DAY):
    return etree.fromstring(exported(programme, events, day).raw, PARSER)[0]


def titled(parent, title, path="result/indicator"):
    return next(one for one in parent.findall(path) if one.findtext("title/narrative") == title)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_programme_is_valid_by_the_schema(name, shared):
    schema = etree.XMLSchema(etree.parse(str(shared("data/iati-2.03/iati-activities-schema.xsd"))))
    schema.assertValid(etree.fromstring(exported(read(read_shipped(name)).programme).raw, PARSER))


@pytest.mark.parametrize("name", shipped())
def test_elements_stand_in_the_order_of_the_schema_each_with_what_it_must_have(name):
    found = activity(read(read_shipped(name)).programme)
    order = [ACTIVITY.index(one.tag) for one in found]
    assert order == sorted(order)
    assert set(order) >= set(range(7))
    for one in found.findall("result/indicator"):
        inner = [INDICATOR.index(child.tag) for child in one]
        assert inner == sorted(inner)
        assert one.get("measure") in "12345"
    assert all(one.text for one in found.iter("narrative"))
    for period in found.iter("period"):
        assert period.find("period-start").get("iso-date") <= period.find("period-end").get("iso-date")


def test_areas_are_results_with_baseline_and_every_target():
    wanted = next(one for one in JAPAN.indicators if one.id == "cyber-released")
    found = titled(activity(JAPAN), "Cyber findings released to the other party")
    assert found.find("baseline").get("value") == str(wanted.baseline.value)
    assert [one.get("value") for one in found.findall("period/target")] == [
        str(wanted.targets[year]) for year in sorted(wanted.targets)
    ]


def test_an_actual_stands_only_where_it_was_scored():
    sent = Event(
        "release.sent", parse("2025-03-01T00:00:00Z"),
        {"programme": JAPAN.id, "parties": ["nato", "jpn"], "area": "cyber", "object_id": "x--1", "decision": "permit"}, "p", 1,
    )  # fmt: skip
    found = activity(JAPAN, [sent])
    periods = titled(found, "Cyber findings released to the other party").findall("period")
    assert [one.find("actual").get("value") for one in periods] == ["0", "0", "1", "0"]
    assert titled(found, "Completion of the climate goal").find("period/actual") is None


def test_a_step_of_a_scale_is_its_rank_with_the_scale_beside_it():
    found = titled(activity(JAPAN), "Completion of the climate goal")
    assert (found.get("measure"), found.find("baseline").get("value")) == ("4", "2")
    assert found.findtext("baseline/comment/narrative").startswith("not-started (ogp5: 1 no-evidence, 2 not-started,")


def test_milestones_are_results_of_one_unit_reached_or_not():
    found = activity(JAPAN)
    done = titled(found, "Dedicated line for classified information agreed")
    assert done.find("period/actual").get("value") == "1"
    assert done.findtext("period/actual/comment/narrative") == "2024-07-11"
    assert titled(found, "Successor programme ready for approval").find("period/actual") is None


@pytest.mark.parametrize(
    ("status", "day", "code", "dates"),
    [
        ("in-force", DAY, "2", "123"), ("draft", DAY, "1", "13"), ("in-force", date(2027, 1, 1), "4", "1234"),
        ("terminated", DAY, "5", "123"), ("superseded", DAY, "4", "123"),
    ],
)  # fmt: skip
def test_status_and_dates_follow_the_programme_and_the_day(status, day, code, dates):
    found = export(msgspec.structs.replace(JAPAN, status=status), (), "nato", day)
    [one] = etree.fromstring(found.raw, PARSER)
    assert one.find("activity-status").get("code") == code
    assert "".join(each.get("type") for each in one.findall("activity-date")) == dates


@pytest.mark.parametrize("text", ["<b>&amp;</b>", "]]><x/>", '"quoted" & <!ENTITY x "y">', "-->", "日本\t語"])
def test_no_text_breaks_out_of_its_element(text):
    found = activity(msgspec.structs.replace(JAPAN, title={"en": text, "ja": text}))
    assert [one.text for one in found.findall("title/narrative")] == [text, text]


def test_what_it_cannot_say_is_counted():
    losses = dict(exported(JAPAN).losses)
    assert losses["clauses"] == len(JAPAN.release.clauses)
    assert losses["milestone-as-result"] == len(JAPAN.milestones)
    assert "areas-without-indicator" not in losses
    bare = msgspec.structs.replace(JAPAN.areas[0], indicators=())
    assert (
        dict(exported(msgspec.structs.replace(JAPAN, areas=(bare, *JAPAN.areas[1:]))).losses)["areas-without-indicator"]
        == 1
    )


def test_texts_keep_their_languages():
    found = activity(JAPAN).findall("title/narrative")
    assert [one.get("{http://www.w3.org/XML/1998/namespace}lang") for one in found] == ["en", "ja"]
