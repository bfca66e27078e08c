"""Hulls of one identity told apart."""

from __future__ import annotations

import numpy as np
import pytest
from tests.maritime.build import joined, track

from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.sphere import geodesic_m, one_m
from foedus.areas.maritime.methods.tracks import (
    GLITCH,
    KEPT,
    NOISE,
    PLACELESS,
    REPEATED,
    by_vessel,
    segment,
    segment_all,
)

SHIP = 244_660_000


def test_one_hull_is_one_track():
    fixes = track(SHIP, range(60), np.arange(60) * 0.003, 10.0)
    assert segment(fixes).tracks[0].t_ms.tolist() == fixes.t_ms.tolist()
    assert segment_all([fixes])[0] is fixes


def test_two_hulls_are_two_tracks():
    far = track(SHIP, np.arange(60) + 0.5, 40.0, -20.0, first_row=100)
    tracks = segment(joined(track(SHIP, range(60), 0.0, 10.0), far)).tracks
    assert [one.row.min() for one in tracks] == [0, 100]


def test_near_hulls_are_told_apart_by_where_they_are_bound():
    minutes = np.arange(0, 60, 2)
    north = track(SHIP, minutes, minutes * 0.2 / 60, 5.0, sog_kn=np.full(30, 12.0), cog_deg=np.zeros(30))
    south = track(
        SHIP,
        minutes + 1,
        0.15 - minutes * 0.2 / 60,
        5.0,
        sog_kn=np.full(30, 12.0),
        cog_deg=np.full(30, 180.0),
        first_row=50,
    )
    tracks = segment(joined(north, south)).tracks
    # until they are near each other one would do for both; then their courses decide
    assert all(len({bool(row >= 50) for row in one.row[-8:]}) == 1 for one in tracks if len(one.t_ms) > 8)


def test_a_glitch_is_marked_and_left_out():
    fixes = track(SHIP, range(30), np.where(np.arange(30) == 12, 50.0, 0.0), 10.0)
    held = segment(fixes)
    assert held.marks.tolist() == [GLITCH if n == 12 else KEPT for n in range(30)]
    assert len(held.tracks[0].t_ms) == 29


def test_a_glitch_told_by_five_stations_is_still_a_glitch():
    astray = track(SHIP, [12.5] * 5, 50.0, 10.0, first_row=90)
    held = segment(joined(track(SHIP, range(30), 0.0, 10.0), astray))
    assert len(held.tracks) == 1
    assert sorted(held.marks[13:18].tolist()) == [GLITCH, REPEATED, REPEATED, REPEATED, REPEATED]


def test_few_fixes_are_noise():
    held = segment(track(SHIP, range(4), 0.0, 10.0))
    assert (held.tracks, held.marks.tolist()) == ((), [NOISE] * 4)


def test_fixes_without_a_place_are_marked():
    held = segment(track(SHIP, range(8), [0, np.nan, 0, 0, 0, 0, 0, 0], 10.0))
    assert held.marks.tolist() == [KEPT, PLACELESS, *[KEPT] * 6]
    assert len(held.tracks[0].t_ms) == 7


def test_fixes_of_one_instant_become_their_median_across_the_antimeridian():
    lon = [179.999, 179.999, -179.999, 179.999, 179.999, 179.999, 179.999]
    held = segment(track(SHIP, [0, 1, 1, 1, 2, 3, 4], [0, 0.001, 0, 0.002, 0, 0, 0], lon)).tracks[0]
    assert (held.lat_deg[1], held.lon_deg[1]) == (pytest.approx(0.001), pytest.approx(179.999))
    assert held.row.tolist() == [0, 1, 4, 5, 6]


def test_an_aircraft_in_search_and_rescue_may_fly():
    minutes = np.arange(20)
    flight = {"mmsi": 111_232_506, "minutes": minutes, "lat": minutes * 0.08, "lon": 3.0}
    assert len(segment(track(**flight)).tracks) == 1
    assert segment(track(**flight | {"mmsi": SHIP})).tracks == ()


def test_a_silent_hull_stays_open_for_its_return():
    minutes = np.r_[np.arange(10), 60 * 24 * 3 + np.arange(10)]
    assert len(segment(track(SHIP, minutes, np.r_[np.zeros(10), np.full(10, 8.0)], 10.0)).tracks) == 1


def test_a_long_stretch_and_single_steps_number_tracks_alike():
    """Twenty thousand fixes of one hull with another one coming and going."""
    rng = np.random.default_rng(5)
    minutes = np.arange(20_000) * 0.5
    one = track(SHIP, minutes, np.cumsum(rng.normal(0, 1e-4, 20_000)), 10.0)
    far = track(SHIP, np.sort(rng.choice(minutes, 300)) + 0.2, 40.0, -20.0, first_row=50_000)
    tracks = segment(joined(one, far)).tracks
    assert [(len(t.t_ms), bool((t.row >= 50_000).any())) for t in tracks] == [
        (20_000, False),
        (len(np.unique(far.t_ms)), True),
    ]


def test_columns_become_vessels_in_time_order_with_ties_as_they_came():
    mmsi = np.array([7, 5, 7, 5, 7], dtype=np.uint32)
    fixes = track(0, [3, 2, 1, 2, 3], 0.0, 0.0)
    held = by_vessel(mmsi, dict(zip(Fixes._fields[1:], fixes[1:], strict=True)))
    assert [(one.mmsi, one.row.tolist()) for one in held] == [(5, [1, 3]), (7, [2, 0, 4])]
    assert (
        by_vessel(mmsi[:0], {name: column[:0] for name, column in zip(Fixes._fields[1:], fixes[1:], strict=True)}) == []
    )


def test_geodesics_are_those_of_the_ellipsoid():
    assert geodesic_m(0, 0, 0, 1) == pytest.approx(111_319.491, abs=0.01)
    assert geodesic_m(90, 0, 89, 77) == pytest.approx(111_693.865, abs=0.01)
    assert geodesic_m(10, 179.9, 10, -179.9) == pytest.approx(geodesic_m(10, 0, 10, 0.2))
    assert geodesic_m(3, 4, 3, 4) == 0
    # near the antipode Vincenty's formula fails and the sphere answers
    assert geodesic_m(0, 0, 0.3, 179.8) == one_m(0, 0, 0.3, 179.8)
