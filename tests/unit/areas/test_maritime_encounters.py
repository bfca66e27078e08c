"""Rendezvous: what meets the definition, and what nearly does."""

from __future__ import annotations

import numpy as np
import pytest
from tests.maritime.build import START_MS, track

from foedus.areas.maritime.methods import encounters
from foedus.areas.maritime.methods.around import Around, places
from foedus.areas.maritime.methods.ticks import flat, pairs, sample

ONE, OTHER = 201_000_001, 366_000_002
DEG = 111_194.93


def pair(apart_m, *, minutes=None, lat=0.0, lon=0.0, drift_kn=0.3):
    """Two vessels side by side; metres between them at each minute."""
    minutes = np.arange(len(apart_m)) if minutes is None else np.asarray(minutes)
    north = minutes * drift_kn / 60 / 60
    level = np.cos(np.radians(lat))
    east = (lon + np.asarray(apart_m) / DEG / level + 180) % 360 - 180
    return [track(ONE, minutes, lat + north, lon), track(OTHER, minutes, lat + north, east, first_row=9000)]


def approach(hours: float, apart: float = 300.0):
    """Come from and go to 5 km in 25 minutes, and stay in between; contact within 500 m adds some two minutes."""
    return np.r_[np.linspace(5000, apart, 25), np.full(int(hours * 60), apart), np.linspace(apart, 5000, 25)]


def test_a_meeting_is_found_with_its_margin():
    (event,) = encounters.find(pair(approach(3)))
    assert (event.kind, event.mmsis, event.unseen) == ("rendezvous", (ONE, OTHER), ("ports",))
    assert event.measures["contact_s"] == pytest.approx(3 * 3600 + 2 * 61, abs=62)
    assert event.measures["contact_margin_s"] == event.measures["contact_s"] - 7200
    assert event.measures["nearest_m"] == pytest.approx(300, abs=2)
    assert (event.measures["begins"], event.measures["ends"]) == ("crossed", "crossed")
    assert event.measures["ticks_observed"] == event.measures["ticks"]
    assert {row // 9000 for row in event.rows} == {0, 1}


@pytest.mark.parametrize(
    ("lat", "lon"), [(0, 179.999), (0, -179.999), (60, 180), (89.5, 20), (-89.5, -179.99), (45, 0)]
)
def test_it_is_found_anywhere(lat, lon):
    assert len(encounters.find(pair(approach(3), lat=lat, lon=lon))) == 1


@pytest.mark.parametrize("start_h", range(-4, 2))
def test_midnight_is_no_border(start_h):
    tracks = pair(approach(3), minutes=np.arange(230) + start_h * 60)
    (event,) = encounters.find(tracks)
    assert event.measures["contact_s"] > 10_800
    assert event.from_ms // 1000 == pytest.approx((START_MS + (start_h * 60 + 24) * 60_000) // 1000, abs=62)


@pytest.mark.parametrize(
    ("hours", "apart", "found"),
    [(2.05, 480, 1), (1.9, 480, 0), (3, 520, 0), (3, 497, 1), (1.9, 100, 0), (2.0, 300, 1)],
)
def test_near_the_thresholds_the_refined_ends_decide(hours, apart, found):
    assert len(encounters.find(pair(approach(hours, apart)))) == found


@pytest.mark.parametrize(("drift_kn", "found"), [(1.9, 1), (2.1, 0), (6, 0)])
def test_a_convoy_is_no_meeting(drift_kn, found):
    assert len(encounters.find(pair(approach(3), drift_kn=drift_kn))) == found


def test_runs_add_up_when_they_are_less_than_four_hours_apart():
    def visits(hours_between):
        return np.concatenate([approach(1.2), np.full(int(hours_between * 60) - 50, 5000), approach(1.2)])

    (event,) = encounters.find(pair(visits(3.5)))
    assert event.measures["runs"] == 2
    assert encounters.find(pair(visits(4.5))) == []


def test_a_short_brush_does_not_count():
    brush = np.r_[np.full(30, 5000), np.full(25, 300), np.full(30, 5000)]
    (event,) = encounters.find(pair(np.concatenate([brush, approach(2.5), brush])))
    assert event.measures["runs"] == 1


def test_a_silence_of_an_hour_is_no_contact():
    minutes = np.r_[np.arange(75), 150 + np.arange(75)]
    tracks = pair(np.full(150, 200.0), minutes=minutes)
    (event,) = encounters.find(tracks)
    assert (event.measures["runs"], event.measures["begins"], event.measures["ends"]) == (
        2,
        "first heard",
        "last heard",
    )
    assert event.measures["contact_s"] == 2 * 74 * 60


def test_sparse_reception_says_how_little_was_observed():
    (event,) = encounters.find(pair(np.full(8, 200.0), minutes=np.arange(8) * 50))
    assert event.measures["ticks_observed"] < event.measures["ticks"] / 2


@pytest.mark.parametrize(("km", "found"), [(9, 0), (11, 1)])
def test_a_port_nearby_explains_it(km, found):
    ports = places("ports", np.array([km / 111.195]), np.array([0.0]))
    events = encounters.find(pair(approach(3), drift_kn=0.0), around=Around(ports=ports))
    assert len(events) == found
    assert all(event.unseen == () and event.measures["port_km"] == 11.0 for event in events)


def test_three_vessels_are_three_pairs():
    third = pair(approach(3), lat=0.001)[0]._replace(mmsi=538_000_003)
    assert len(encounters.find([*pair(approach(3)), third])) == 3


def test_a_vessel_does_not_meet_itself():
    one, other = pair(approach(3))
    assert encounters.find([one, other._replace(mmsi=ONE)]) == []
    assert encounters.find([]) == encounters.find([one]) == []


def test_all_pairs_within_reach_are_found_and_no_others():
    """Against every pair, where longitudes wrap and near the poles."""
    rng = np.random.default_rng(3)
    for lat, wide in ((0.0, 0.02), (60.0, 0.04), (89.999, 180.0), (-89.9999, 180.0), (-70.0, 0.05)):
        north = np.clip(lat + rng.uniform(-0.02, 0.02, 80), -90, 90)
        east = (180 + rng.uniform(-wide, wide, 80) + 180) % 360 - 180
        held = flat([track(ONE + n, [0, 20], north[n], east[n]) for n in range(80)])
        ticks = sample(held, 600_000, 3_600_000)
        sieved = sample(held, 600_000, 3_600_000, 500.0)
        left, right = pairs(ticks, 500.0)
        a, b = pairs(sieved, 500.0)
        assert len(a) == len(left)
        assert set(zip(sieved.fix[a], sieved.fix[b])) == set(zip(ticks.fix[left], ticks.fix[right]))
        apart = np.linalg.norm(ticks.xyz[:, None] - ticks.xyz[None], axis=2) * 6_371_000
        same = ticks.tick[:, None] == ticks.tick[None]
        plain = {(a, b) for a, b in np.argwhere((apart <= 500) & same) if a < b}
        assert len(plain) > 20
        assert set(zip(left.tolist(), right.tolist(), strict=True)) == plain


@pytest.mark.parametrize(("lat", "step_deg"), [(0.0, 0.05), (59.0, 0.4), (75.0, 0.8), (88.0, 5.0), (-89.9, 40.0)])
def test_the_sieve_lets_through_whoever_has_company_on_long_legs_too(lat, step_deg):
    """Two vessels on the same great circle, whose fixes are far apart and not the same."""
    rng = np.random.default_rng(7)
    tracks = []
    for n in range(40):
        north, east = np.clip(lat + rng.uniform(-0.5, 0.5, 2), -90, 90), rng.uniform(-180, 180)
        east = (east + np.array([0, step_deg]) + 180) % 360 - 180
        tracks += [track(ONE + n, [0, 50], north, east), track(ONE + 100 + n, [0, 50], north + 1e-4, east)]
    held = flat(tracks)
    every, sieved = (sample(held, 600_000, 3_600_000, within) for within in (None, 500.0))
    assert len(every.tick) > 0
    assert sorted(sieved.fix[pairs(sieved, 500.0)[0]]) == sorted(every.fix[pairs(every, 500.0)[0]])
