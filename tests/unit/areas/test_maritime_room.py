"""All methods over what the room remembers: cuts, midnight, two hulls on one number, memory; the picture; one story of two."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from tests.maritime.build import joined, track
from tests.maritime.scenes import scene
from tests.maritime.through import batches, layers, run, told
from tests.maritime.traffic import HOUR, Hull, Scene, broadcast

from foedus.areas import rooms
from foedus.areas.maritime import carried, record, windows
from foedus.engine.run import HeldLayers
from foedus.model.finding import About, Key, Place
from foedus.model.picture import Map, Series

ROOM = rooms()["maritime"]
NOTHING = HeldLayers()


def batch(*tracks):
    """The fixes of some tracks in the order of time, as records."""
    columns = [
        np.concatenate([getattr(one, name) for one in tracks]) for name in ("t_ms", "lat_deg", "lon_deg", "status")
    ]
    mmsi = np.concatenate([np.full(len(one.t_ms), one.mmsi) for one in tracks])
    order = np.argsort(columns[0], kind="stable")
    t, lat, lon, status = (column[order] for column in columns)
    size = len(order)
    held = dict.fromkeys(record.INTS, np.full(size, -1)) | dict.fromkeys(record.FLOATS, np.full(size, np.nan))
    held |= {"mmsi": mmsi[order], "t": t, "lat": lat, "lon": lon, "status": status.astype(int)}
    held |= {"what": np.zeros(size, int), "time_from": np.ones(size, int), "pos": np.arange(size)}
    return record.batch(held, {})


def standing(findings) -> dict:
    last = {one.head.id: one for one in findings}
    return {id_: msgspec.json.encode(one) for id_, one in last.items() if not one.head.revoked}


@pytest.mark.parametrize(("seed", "rows"), [(11, 17_000), (13, 7_000)])
def test_any_cut_of_a_busy_scene_gives_the_same_findings_and_the_same_state(seed, rows):
    held = scene(seed)
    given = layers(held)
    whole, remembered = run(batches(held), given)
    state, found = b"", []
    for part in batches(held, rows):
        more, state = run([part], given, state)
        found += more
    assert standing(found) == standing(whole)
    assert state == remembered
    assert {one.kind for one in whole} >= {"rendezvous", "jump", "circle", "zone-entry", "gap", "identity-twin"}


def meeting(hours: float, minutes: float = 240.0):
    """Two that lie beside each other from so many hours on, and go."""
    at = np.arange(0, minutes + 241, 5.0)
    away = np.maximum(at - minutes, 0) / 60 * 0.2
    one = track(244_660_000, hours * 60 + at, 0.1 + away, 179.999)
    return one, track(244_660_111, hours * 60 + at, 0.1 - away, -179.999)


@pytest.mark.parametrize("hours", [-26, -1, 0, 11.9, 12.1, 23, 30])
def test_a_meeting_is_found_once_wherever_it_lies_about_midnight(hours):
    found = Counter(one.kind for one in told(run([batch(*meeting(hours))], NOTHING)[0]))
    assert found["rendezvous"] == 1


def test_what_outlasts_its_window_is_said_once_as_far_as_that():
    found = [one for one in told(run([batch(*meeting(1, 5 * 1440))], NOTHING)[0]) if one.kind == "rendezvous"]
    assert [(one.to_ms - one.from_ms) // 3_600_000 for one in found] == [46]


def test_a_silence_of_one_hull_is_not_hidden_by_the_other_on_its_number():
    """Both send one MMSI, half the world apart; one is not heard for fifteen hours, others near it are."""
    quiet = track(244_660_000, np.r_[np.arange(0, 300, 10), np.arange(1200, 1500, 10)], 10.0, 60.0)
    loud = track(244_660_000, np.arange(0, 1500, 10) + 5, -30.0, -20.0)
    near = track(244_660_222, np.arange(0, 1500, 10), 11.0, 60.0 + np.arange(150) % 2 / 10)
    found = {one.kind: one for one in told(run([batch(joined(quiet, loud), near)], NOTHING)[0])}
    assert found["gap"].said["measures"]["duration_h"] == pytest.approx(15.17, abs=0.01)
    assert found["gap"].said["path"][-1]["lat_deg"] == 10.0
    assert "identity-twin" in found


def test_who_lies_at_anchor_by_its_own_word_does_not_loiter_where_no_shore_is_known():
    anchored = track(244_660_000, np.arange(0, 600, 10), 10.0, 60.0, status=1)
    drifting = track(244_660_111, np.arange(0, 600, 10), 12.0, 60.0, status=0)
    found = [one for one in told(run([batch(anchored, drifting)], NOTHING)[0]) if one.kind == "loitering"]
    assert [one.mmsis for one in found] == [(244_660_111,)]


def test_later_fixes_withdraw_what_they_make_untrue():
    hourly = track(244_660_000, np.arange(0, 601, 60), 10.0, 60.0)
    first, state = run([batch(hourly)], NOTHING)
    assert [found.kind for found in first] == ["loitering"]
    second, state = run([batch(track(244_660_000, np.arange(30, 601, 60), 10.15, 60.0))], NOTHING, state)
    assert [(found.head.id, found.head.revoked) for found in second] == [(first[0].head.id, True)]
    assert carried.restore(state).said == {}


def test_memory_is_that_of_the_last_days_however_long_the_input():
    def held(days: int) -> int:
        minutes = np.arange(0, days * 1440, 30)
        return len(run([batch(track(244_660_000, minutes, minutes / 10_000, 60.0))], NOTHING)[1])

    assert held(90) < held(35) * 1.1


def test_a_vessel_heard_much_later_than_others_is_still_taken():
    early, late = (
        track(244_660_000, np.arange(0, 600, 10), 10.0, 60.0),
        track(244_660_111, np.arange(9_000, 9_600, 10), 12.0, 60.0),
    )
    _, state = run([batch(late)], NOTHING)
    found = [one for one in told(run([batch(early)], NOTHING, state)[0]) if one.kind == "loitering"]
    assert [one.mmsis for one in found] == [(244_660_000,)]


@pytest.mark.parametrize("t", [0, 1, windows.DAY_MS - 1, windows.DAY_MS, 3 * windows.LEAD_MS, 5 * windows.LEAD_MS - 1])
def test_an_instant_touches_the_windows_that_hold_it(t):
    holding = {day for day in range(-3, 8) if windows.span(day)[0] <= t < windows.span(day)[1]}
    assert windows.touched(np.array([t])) == holding
    assert windows.needed_from(t) == min(windows.span(day)[0] for day in holding if windows.span(day)[1] > t)


def test_a_fix_too_late_for_its_vessel_counts_neither_alone_nor_in_one_run():
    minutes = np.r_[np.arange(0, 9_000, 30), np.arange(5, 300, 5)]
    table = np.zeros(len(minutes), carried.FIX)
    table["mmsi"], table["t"], table["lat"] = 244_660_000, minutes * 60_000, minutes / 1e5
    nothing = np.zeros(0, carried.FIX)
    together, _ = carried.joined(nothing, table)
    apart, _ = carried.joined(carried.joined(nothing, table[:300])[0], table[300:])
    assert (len(together), len(apart)) == (300, 300)


# pictures


def test_a_meeting_is_shown_with_both_tracks_their_distance_and_speeds_against_the_thresholds():
    [one] = [found for found in run([batch(*meeting(3))], NOTHING)[0] if found.kind == "rendezvous"]
    panes = ROOM.show(one, ()).panes
    [where] = [pane for pane in panes if isinstance(pane, Map)]
    series = {pane.title: pane for pane in panes if isinstance(pane, Series)}
    assert [track.name for track in where.tracks] == ["MMSI 244660000", "MMSI 244660111"]
    assert series["Distance"].thresholds == (("distance m", 500.0),)
    assert series["Distance"].lines[0].value[0] == pytest.approx(222, abs=1)
    assert [line.name for line in series["Speed between fixes"].lines] == ["MMSI 244660000", "MMSI 244660111"]
    assert "May be innocent" in str(panes)
    assert "Not tested: ports" in str(panes)


# one story


def tells(kind: str, lat: float, lon: float, hours: float = 3, start: float = 0, **keys: str) -> About:
    begun = datetime(2026, 5, 30, tzinfo=UTC) + timedelta(hours=start)
    held = tuple(Key(name.replace("_", "-"), norm) for name, norm in (keys or {"mmsi": "273000111"}).items())
    return About(kind, "x", from_at=begun, to_at=begun + timedelta(hours=hours), places=(Place(lat, lon),), keys=held)


BALTIC, JAPAN = (59.5, 24.0), (38.0, 135.0)


def test_a_hull_in_the_baltic_and_in_the_sea_of_japan_at_once_is_one_story():
    match = ROOM.same(tells("loitering", *BALTIC), tells("rendezvous", *JAPAN))
    assert match is not None
    assert "too far apart for one vessel" in match.why
    assert ROOM.same(tells("gap", *BALTIC, hours=15), tells("gap", *JAPAN, start=4)) is not None


@pytest.mark.parametrize(
    "other",
    [
        tells("rendezvous", *JAPAN, start=4),
        tells("rendezvous", *JAPAN, hours=200),
        tells("rendezvous", 59.0, 20.0),
        tells("rendezvous", *JAPAN, mmsi="273000222"),
        tells("rendezvous", *JAPAN, call_sign="UABC"),
    ],
    ids=["later", "in all that time", "within reach", "another hull", "by call sign alone"],
)
def test_what_one_vessel_can_have_done_is_no_such_story(other):
    mine = tells("loitering", *BALTIC, mmsi="273000111", call_sign="UABC")
    assert ROOM.same(mine, other) is None
    assert ROOM.same(other, mine) is None


def test_a_meeting_and_the_combination_another_party_made_of_it_are_one_story():
    assert ROOM.same(tells("rendezvous", 10, 20), tells("combination", 10.1, 20)) is not None
    assert ROOM.same(tells("rendezvous", 10, 20), tells("loitering", 10.1, 20)) is None


def test_a_hull_of_the_scene_generator_is_read_as_it_was_sent():
    held = Scene(np.random.default_rng(1), 10.0, 20.0, 1_780_272_000.0)
    hull = Hull(244_660_000, [(held.start, 10.0, 20.0)]).sail(90, 10, 6 * HOUR)
    broadcast(held, hull, "thin")
    assert run(batches(held), NOTHING)[0] == []
