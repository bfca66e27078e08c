"""Loitering, jumps, twins, circles and areas: what meets each definition, and the innocent neighbour."""

from __future__ import annotations

import numpy as np
import pytest
from tests.maritime.build import START_MS, joined, track

from foedus.areas.maritime.methods import circles, encounters, interference, jumps, loitering, twins
from foedus.areas.maritime.methods.around import Around, places
from foedus.areas.maritime.methods.observe import settle
from foedus.areas.maritime.methods.taubin import circle
from foedus.areas.maritime.methods.tracks import segment

SHIP = 244_660_000
HOUR = 60


def way(knots, *, mmsi=SHIP):
    """North at so many knots, minute by minute."""
    north = np.cumsum(np.asarray(knots) / 60 / 60)
    return track(mmsi, np.arange(len(north)), north, 30.0)


def shown(lat, lon, minutes=None, mmsi=SHIP, **columns):
    lat, lon = np.broadcast_arrays(np.asarray(lat, float), np.asarray(lon, float))
    fixes = track(mmsi, np.arange(len(lat)) if minutes is None else minutes, lat, lon, **columns)
    return list(segment(fixes).tracks)


def aside(start, count, size=200, shift=3.0):
    """Longitudes with a stretch shown elsewhere."""
    return np.where((np.arange(size) >= start) & (np.arange(size) < start + count), shift, 0.0)


@pytest.mark.parametrize(("hours", "knots", "found"), [(5, 1.0, 1), (3.8, 1.0, 0), (5, 2.6, 0), (5, 1.95, 1)])
def test_loitering_is_slow_and_long(hours, knots, found):
    speeds = np.r_[np.full(90, 9.0), np.full(int(hours * HOUR), knots), np.full(90, 9.0)]
    events = loitering.find([way(speeds)])
    assert len(events) == found
    for event in events:
        assert event.unseen == ("shore",)
        assert event.measures["still_s"] == pytest.approx(hours * 3600, abs=600)


def test_a_moment_between_the_speeds_does_not_end_it():
    calm = np.full(150, 1.0)
    assert len(loitering.find([way(np.r_[calm, np.full(20, 2.3), calm])])) == 1
    assert loitering.find([way(np.r_[calm, np.full(20, 3.0), calm])]) == []


def test_noise_of_positions_is_not_speed():
    rng = np.random.default_rng(1)
    seconds = np.arange(0, 5 * 3600, 2)
    lat, lon = rng.normal(0, 5e-5, (2, len(seconds)))
    assert len(loitering.find([track(SHIP, seconds / 60, lat, lon)])) == 1


@pytest.mark.parametrize(("nm", "found"), [(19, 0), (21, 1)])
def test_loitering_near_the_shore_is_left_out(nm, found):
    shore = places("shore", np.array([2.5 / 60]), np.array([30 + nm / 60]))
    events = loitering.find([way(np.full(5 * HOUR, 1.0))], around=Around(shore=shore))
    assert len(events) == found
    assert all(event.unseen == () for event in events)


def test_a_silence_of_half_a_day_ends_loitering():
    minutes = np.r_[np.arange(180), 180 + 13 * HOUR + np.arange(180)]
    assert loitering.find([track(SHIP, minutes, 0.0, 30.0)]) == []


def test_a_vessel_in_a_rendezvous_does_not_loiter():
    one = way(np.full(6 * HOUR, 0.5))
    other = way(np.full(6 * HOUR, 0.5), mmsi=SHIP + 1)._replace(lon_deg=one.lon_deg + 0.002)
    events = [*encounters.find([one, other]), *loitering.find([one, other])]
    assert [event.kind for event in settle(events)] == ["rendezvous"]


def test_a_stretch_shown_elsewhere_is_a_jump_there_and_back():
    there, back = jumps.find(shown(0.0, aside(60, 30)))
    assert (there.from_ms, there.to_ms) == (START_MS + 59 * 60_000, START_MS + 60 * 60_000)
    assert there.measures["distance_km"] == pytest.approx(334, abs=1)
    assert there.measures["fixes_after"] == 30
    assert (there.rows, back.rows) == ((59, 60), (89, 90))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_glitch_is_no_jump(count):
    assert jumps.find(shown(0.0, aside(60, count))) == []


def test_a_fast_ferry_and_a_short_step_are_no_jump():
    assert jumps.find(shown(np.arange(100) * 45 / 3600, 0.0)) == []
    assert jumps.find(shown(0.0, aside(60, 30, shift=0.017))) == []


def test_a_step_that_time_allows_is_no_jump():
    minutes = np.r_[np.arange(60), 60 + 7 * HOUR + np.arange(60)]
    assert jumps.find(shown(0.0, np.r_[np.zeros(60), np.full(60, 5.0)], minutes)) == []


def twin_columns(hours):
    """Two hulls 300 km apart, heard in turn."""
    return np.where(np.arange(hours * 30) % 2 == 0, 0.0, 3.0), np.arange(hours * 30) * 2.0


def test_two_hulls_in_overlapping_time_are_twins_and_no_jump():
    lon, minutes = twin_columns(4)
    tracks = shown(0.0, lon, minutes)
    (event,) = twins.find(tracks)
    assert event.measures["apart_median_km"] == pytest.approx(333.6, abs=1)
    assert event.measures["overlap_s"] == pytest.approx(4 * 3600, abs=400)
    assert jumps.find(tracks) == []


def test_a_short_overlap_and_a_near_one_are_no_twins():
    lon, minutes = twin_columns(4)
    assert twins.find(shown(0.0, lon[:28], minutes[:28])) == []
    assert twins.find(shown(0.0, lon * 0.02, minutes)) == []


def test_a_hull_heard_late_is_no_twin_and_did_not_jump():
    minutes = np.arange(300)
    now = track(SHIP, minutes, minutes * 18 / 3600, 0.0)
    late = track(SHIP, minutes[::4] + 60.5, minutes[::4] * 18 / 3600, 0.0, first_row=1000)
    one, echo = segment(joined(now, late)).tracks
    assert twins.find([one, echo]) == jumps.find([one, echo]) == []
    assert len(twins.find([one, echo._replace(lon_deg=echo.lon_deg + 0.1)])) == 1


def test_there_and_back_is_no_twin():
    assert twins.find(shown(0.0, aside(60, 90))) == []


def ring(radius_m, period_min, minutes, *, lat=10.0, lon=179.99, against=None, turns=1.0):
    """Round and round; ``against`` turns the reported courses from the tangent."""
    angle = turns * 2 * np.pi * np.asarray(minutes) / period_min
    scale = 111_194.93
    east = radius_m * np.cos(angle) / scale / np.cos(np.radians(lat))
    course = np.degrees(-angle) % 360 if turns > 0 else (np.degrees(-angle) + 180) % 360
    reported = {} if against is None else {"cog_deg": (course + against) % 360}
    return track(SHIP, minutes, lat + radius_m * np.sin(angle) / scale, (lon + east + 180) % 360 - 180, **reported)


@pytest.mark.parametrize("turns", [1.0, -1.0])
@pytest.mark.parametrize("lat", [0.0, 70.0])
def test_a_circle_against_its_courses_is_found(turns, lat):
    (event,) = circles.find([ring(1000, 12, np.arange(0, 60, 0.5), against=120, turns=turns, lat=lat)])
    assert event.measures["radius_m"] == pytest.approx(1000, abs=10)
    assert event.measures["course_against_deg"] == pytest.approx(120, abs=8)
    assert event.measures["swept_deg"] > 1500
    assert event.measures["lat_deg"] == pytest.approx(lat, abs=2e-4)


def test_a_search_pattern_that_follows_its_courses_is_none():
    assert circles.find([ring(1000, 12, np.arange(0, 60, 0.5), against=0)]) == []
    assert circles.find([ring(1000, 12, np.arange(0, 60, 0.5))]) == []


@pytest.mark.parametrize(
    ("radius", "period", "minutes"), [(100, 60, 120), (1000, 12, 25), (25_000, 300, 330), (1000, 90, 80)]
)
def test_swinging_at_anchor_and_what_is_short_or_wide_or_incomplete_is_none(radius, period, minutes):
    assert circles.find([ring(radius, period, np.arange(0, minutes, 0.5), against=120)]) == []


def test_a_circle_entered_by_a_jump_is_a_circle_and_not_a_jump():
    round_ = ring(800, 10, np.arange(60, 120, 0.5), lon=15.0)
    minutes = np.r_[np.arange(60), np.arange(60, 120, 0.5), np.arange(121, 180)]
    lat = np.r_[np.zeros(60), round_.lat_deg, np.zeros(59)]
    lon = np.r_[np.zeros(60), round_.lon_deg, np.zeros(59)]
    tracks = shown(lat, lon, minutes)
    events = [*jumps.find(tracks), *circles.find(tracks)]
    assert [event.kind for event in events] == ["jump", "jump", "circle"]
    assert [event.kind for event in settle(events)] == ["circle"]


def test_an_ellipse_and_a_line_fit_no_circle():
    turn = np.linspace(0, 7, 50)
    fit = circle(2000 * np.cos(turn), 1000 * np.sin(turn))
    assert fit is not None
    assert fit.residual > 0.05 * fit.radius
    assert circle(turn, turn * 2) is None
    assert circle(np.zeros(9), np.zeros(9)) is None


@pytest.mark.parametrize(
    ("vessels", "every_min", "spread", "found"), [(3, 20, 0.01, 1), (2, 20, 0.01, 0), (3, 90, 0.01, 0), (3, 20, 0.2, 0)]
)
def test_an_area_is_three_vessels_in_an_hour_and_a_place(vessels, every_min, spread, found):
    tracks = []
    for n in range(vessels):
        minutes = np.arange(400)
        false = (minutes >= 60 + n * every_min) & (minutes < 90 + n * every_min)
        lat = np.where(false, 20 + n * spread, n * 3.0)
        tracks += shown(lat, np.where(false, 40.0, 0.0), mmsi=SHIP + n)
    events = [event for event in interference.find(tracks) if event.measures["lat_deg"] > 15]
    assert len(events) == found
    assert all(event.mmsis == (SHIP, SHIP + 1, SHIP + 2) for event in events)
