"""What the desk is told of a silence, which two are one story, and what others may write into one."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas import facts, rooms
from foedus.areas.maritime import words
from foedus.areas.maritime.extensions import EVENT
from foedus.areas.maritime.thresholds import USUAL
from foedus.engine.run import HeldLayers
from foedus.model import instant, stix
from foedus.model.finding import Finding
from foedus.model.picture import Map, Series, Table, Words
from foedus.model.room import as_written

ROOM = rooms()["maritime"]
ID = "incident--24ed7c32-d26e-55f4-8de8-67e89c2a179f"
SAID = {
    "extension_type": "property-extension",
    "kind": "gap",
    "from": "2026-05-30T06:00:00.000Z",
    "to": "2026-05-30T21:00:00.000Z",
    "mmsis": [477000222],
    "identities": [{"mmsi": 477000222, "imo": 9776418, "call_sign": "vrab2"}],
    "path": [
        {"at": "2026-05-30T06:00:00.000Z", "lat_deg": 35.0, "lon_deg": 179.9},
        {"at": "2026-05-30T21:00:00.000Z", "lat_deg": 35.0, "lon_deg": -179.9},
    ],
    "measures": {"duration_h": 15},
    "rule": {"method": "gap", "version": 1, "settings": {"silence_min_h": 12}},
    "unseen": ["ports"],
}


def finding(kind_: str = "gap", **changed) -> Finding:
    head = {
        "type": "incident", "spec_version": "2.1", "id": ID, "created": "2026-06-01T00:00:00.000Z",
        "modified": "2026-06-01T00:00:00.000Z", "name": "Silent: X", "confidence": 50, "extensions": {EVENT: SAID | changed},
    }  # fmt: skip
    return Finding("maritime", kind_, stix.read(json.dumps(head).encode()), ("source:s",))


def about(**changed):
    return ROOM.about(finding(**changed), (), layers=HeldLayers())


def test_a_finding_is_told_from_its_head_alone():
    told = about()
    assert (told.title, told.urgency, told.confidence) == ("Silent: X", 1, 50)
    assert told.to_at - told.from_at == timedelta(hours=15)
    assert [(place.lat_deg, place.lon_deg) for place in told.places] == [(35.0, 179.9), (35.0, -179.9)]
    assert [(key.kind, key.norm) for key in told.keys] == [
        ("mmsi", "477000222"),
        ("imo", "9776418"),
        ("call-sign", "VRAB2"),
    ]


def test_the_same_vessel_silent_then_and_there_is_one_story():
    theirs = about(
        identities=[{"mmsi": 477000333, "imo": 9776418}],
        **{"from": "2026-05-30T21:30:00Z", "to": "2026-05-31T12:00:00Z"},
    )
    match = ROOM.same(about(), theirs)
    assert match is not None
    assert (match.score, [key.kind for key in match.keys]) == (0.95, ["imo"])
    assert ROOM.same(theirs, about()) == match


@pytest.mark.parametrize(
    "changed",
    [
        {"identities": [{"mmsi": 477000333}]},
        {"from": "2026-05-31T00:00:00Z", "to": "2026-05-31T12:00:00Z"},
        {"path": [{"at": "2026-05-30T06:00:00Z", "lat_deg": 34.0, "lon_deg": 179.9}]},
        {"path": []},
        {"from": None},
    ],
    ids=["other vessel", "later", "elsewhere", "no place", "no time"],
)
def test_what_differs_in_vessel_time_or_place_is_another_story(changed):
    assert ROOM.same(about(), about(**changed)) is None


def test_another_kind_is_another_story():
    other = ROOM.about(finding("loitering"), (), layers=HeldLayers())
    assert ROOM.same(about(), other) is None


def test_a_picture_has_map_speeds_and_what_was_measured_and_not():
    picture = ROOM.show(finding(), ())
    [where] = [pane for pane in picture.panes if isinstance(pane, Map)]
    [speeds] = [pane for pane in picture.panes if isinstance(pane, Series)]
    assert where.tracks[0].lon_deg == (179.9, -179.9)
    assert speeds.lines[0].value == (0.7,)  # 18 km in 15 h, not around the earth
    assert {pane.title for pane in picture.panes if isinstance(pane, Table)} == {"Measured", "Thresholds", "Fixes"}
    assert "Not tested: ports" in str(picture)


def test_speeds_stand_against_the_threshold_of_their_rule():
    rule = {"method": "loitering", "version": 1, "settings": {"speed_max_kn": 1.5}}
    [speeds] = [pane for pane in ROOM.show(finding("loitering", rule=rule), ()).panes if isinstance(pane, Series)]
    assert speeds.thresholds == (("speed max kn", 1.5),)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SAID, "at", "lat_deg", "mmsi"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(SAID)), anything, max_size=4))
def test_whatever_a_partner_writes_is_told_and_shown(changed):
    changed.pop("extension_type", None)
    theirs = finding(**changed)
    told = ROOM.about(theirs, (), layers=HeldLayers())
    assert ROOM.show(theirs, ()).title == told.title
    msgspec.json.encode(told)
    match = ROOM.same(told, about())
    assert match is None or 0 < match.score <= 1


def test_an_instant_far_off_is_none():
    assert about(to="9999-99-99T00:00:00Z").to_at is None
    assert about().from_at == instant.parse("2026-05-30T06:00:00Z")


def test_thresholds_innocent_explanations_and_what_was_not_tested_are_said_in_japanese_too():
    written = {name.replace("_", " ") for held in USUAL.values() for name in held}
    assert written | set(words.INNOCENT.values()) | set(words._UNSEEN.values()) <= set(facts(ROOM).phrases["ja"])


def test_a_picture_says_what_the_reader_reads_and_nothing_of_a_partner_is_a_format():
    theirs = finding(unseen=["{why}", "{0.__class__}"])
    said = [pane.text for pane in ROOM.show(theirs, (), say=lambda text, **values: f"<{as_written(text, **values)}>").panes
            if isinstance(pane, Words)]  # fmt: skip
    assert "<Not tested: <{why}>>" in said
    assert "<Not tested: <{0.__class__}>>" in said
