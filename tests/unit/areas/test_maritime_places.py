"""Zones, corridors and identities."""

from __future__ import annotations

import numpy as np
import pytest
from tests.maritime.build import START_MS, track

from foedus.areas.maritime.methods import corridors, zones
from foedus.areas.maritime.methods.around import Around, Corridor, Zone
from foedus.areas.maritime.methods.identity import Flag, Said, flags, imo_valid, ships, vessel_class
from foedus.areas.maritime.methods.plane import edge_m, inside

SHIP = 244_660_000


def square(lon):
    """One degree about (0, lon), over the antimeridian where it must."""
    corners = [(lon - 0.5, -0.5), (lon + 0.5, -0.5), (lon + 0.5, 0.5), (lon - 0.5, 0.5), (lon - 0.5, -0.5)]
    return Zone("box", (tuple(((x + 180) % 360 - 180, y) for x, y in corners),))


def crossing(lon, *, minutes=None, east=None):
    """From a degree west of the middle to a degree east."""
    minutes = np.arange(121) if minutes is None else minutes
    east = (np.asarray(minutes) - 60) / 60 if east is None else east
    return track(SHIP, minutes, 0.1, (lon + east + 180) % 360 - 180)


@pytest.mark.parametrize("lon", [0.0, 179.9, -179.9, 180.0])
def test_entry_and_exit_are_interpolated(lon):
    entry, left = zones.find([crossing(lon)], around=Around(zones=(square(lon),)))
    assert (entry.measures["way"], left.measures["way"]) == ("entry", "exit")
    assert entry.from_ms == pytest.approx(START_MS + 30 * 60_000, abs=1000)
    assert left.to_ms == pytest.approx(START_MS + 90 * 60_000, abs=1000)


def test_a_long_silence_gives_between():
    minutes = np.r_[np.arange(20), np.arange(100, 121)]
    minutes_in = np.r_[np.arange(20), 105 + np.arange(5)]
    zone = Around(zones=(square(0),))
    assert zones.find([crossing(0, minutes=minutes)], around=zone) == []
    (entry,) = zones.find([crossing(0, minutes=minutes_in, east=np.r_[np.full(20, -1.0), np.zeros(5)])], around=zone)
    assert (entry.measures["time"], entry.to_ms - entry.from_ms) == ("between", 86 * 60_000)


def test_a_graze_and_a_single_fix_are_no_entry():
    zone = Around(zones=(square(0),))
    shallow = np.where(np.arange(121) % 40 < 20, -0.501, -0.499)
    single = np.where(np.arange(121) == 60, 0.0, -0.8)
    assert zones.find([crossing(0, east=shallow)], around=zone) == []
    assert zones.find([crossing(0, east=single)], around=zone) == []
    assert zones.find([crossing(0)]) == []


def test_a_hole_is_outside():
    outer = [(-2, -2), (2, -2), (2, 2), (-2, 2)]
    hole = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    assert inside([outer, hole], np.array([0.0, 1.5]), np.array([0.0, 1.5])).tolist() == [False, True]
    assert edge_m([outer], np.array([1.0]), np.array([0.0]))[0] == pytest.approx(111_195, rel=1e-4)


CABLE = Around(corridors=(Corridor("cable", ((180.0, -1.0), (180.0, 1.0))),))


def passage(slow_kn, minutes_slow, *, turn=0.0):
    """East at 12 knots to just before the line, then slow, then on."""
    knots = np.r_[np.full(150, 12.0), np.full(minutes_slow, slow_kn), np.full(60, 12.0)]
    course = np.r_[np.full(150, 90.0), np.full(minutes_slow, 90.0 + turn), np.full(60, 90.0)]
    way = np.cumsum(knots / 3600 * np.sin(np.radians(course)))
    return track(
        SHIP,
        np.arange(len(knots)),
        np.cumsum(knots / 3600 * np.cos(np.radians(course))),
        (way - way[149] - 0.014 + 360) % 360 - 180,
    )


def test_a_slow_passage_is_found():
    (event,) = corridors.find([passage(3, 25)], around=CABLE)
    assert (event.measures["corridor"], event.measures["what"]) == ("cable", "slow passage")
    assert event.measures["usual_kn"] == pytest.approx(12, abs=0.1)
    assert event.measures["lasting_s"] == pytest.approx(25 * 60, abs=240)


@pytest.mark.parametrize(("knots", "minutes", "turn"), [(8, 15, 0), (3, 10, 0), (3, 25, 60)])
def test_a_small_fall_a_short_one_and_one_with_a_turn_are_none(knots, minutes, turn):
    assert corridors.find([passage(knots, minutes, turn=turn)], around=CABLE) == []


def test_crossing_again_and_again_at_low_speed_is_found():
    east = 0.025 * np.sin(np.arange(400) / 400 * 6 * np.pi)
    (event,) = corridors.find([track(SHIP, np.arange(400), 0.2, (180 + east + 180) % 360 - 180)], around=CABLE)
    assert (event.measures["what"], event.measures["crossings"]) == ("slow crossings", 5)


def test_only_ships_enter_the_methods():
    tracks = [track(mmsi, range(5), 0.0, 0.0) for mmsi in (SHIP, 992_456_789, 111_111_111, 812_345_678, 123_456_789)]
    assert [one.mmsi for one in ships(tracks)] == [SHIP]
    assert vessel_class(982_444_999) == "craft of a mother ship"
    assert vessel_class(900_000_000) == "placeholder"


def said(t, *, mmsi=SHIP, imo=9_074_729, call_sign="PABC", name="AURORA"):
    return Said(t, mmsi, imo, call_sign, name, 100)


def test_a_failed_digit_is_a_flag_once():
    assert flags([said(1, imo=1_234_568), said(2, imo=1_234_568)]) == [Flag("imo-digit", 1, (SHIP,))]
    assert [imo_valid(n) for n in (9_074_729, 1_234_567, 1_234_568, 907_472)] == [True, True, False, False]


def test_a_change_counts_once_it_was_said_twice():
    damaged = [said(1), said(2), said(3, name="AUR@RA"), said(4)]
    assert flags(damaged) == []
    assert flags([*damaged, said(5, name="BOREAS"), said(6, name="BOREAS")]) == [Flag("changed-name", 5, (SHIP,))]


def test_one_hull_number_on_two_identities_is_a_flag_when_they_overlap():
    one = [said(1), said(5)]
    assert flags([*one, said(3, mmsi=SHIP + 1), said(9, mmsi=SHIP + 1)]) == [Flag("imo-two-hulls", 3, (SHIP, SHIP + 1))]
    assert flags([*one, said(6, mmsi=SHIP + 1), said(9, mmsi=SHIP + 1)]) == []
