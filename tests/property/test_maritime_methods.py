"""Properties of the maritime methods over whole scenes, and meetings against a plain search."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.maritime import plainly
from tests.maritime.build import joined, shifted, track
from tests.maritime.judge import around, observed, tracks_of
from tests.maritime.scenes import scene
from tests.maritime.traffic import EARTH, KN

from foedus.areas.maritime.methods import encounters, jumps, loitering, twins
from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.fold import State
from foedus.areas.maritime.methods.observe import METHODS
from foedus.areas.maritime.methods.sphere import one_m
from foedus.areas.maritime.methods.tracks import SETTINGS, assign, by_vessel, segment, take

SCENES = {seed: scene(seed) for seed in (2, 3, 4)}
"""Beside the antimeridian, on either side of it, and at 82 degrees north."""

CHECKED = (encounters, loitering, jumps, twins)


def said(events, ms: int = 0) -> list[tuple]:
    return sorted((event.kind, event.mmsis, event.from_ms - ms, event.to_ms - ms) for event in events)


def found(tracks) -> list:
    return [event for method in CHECKED for event in method.find(tracks)]


@st.composite
def fleets(draw) -> list[Fixes]:
    """Some slow vessels within a few hundred metres or so of each other, anywhere, heard now and then."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    lat = draw(st.sampled_from([0.0, 45.0, -63.0, 84.0, 89.9, -89.99]))
    lon = draw(st.sampled_from([0.0, 179.999, -120.0]))
    tracks = []
    for n in range(draw(st.integers(2, 4))):
        minutes = np.unique(np.cumsum(rng.integers(20, draw(st.sampled_from([600, 2400, 4500])), size=60)) / 60)
        walk = np.cumsum(rng.normal(0, 0.5 * KN * 120, size=(2, len(minutes))), axis=1) + rng.uniform(-300, 300, (2, 1))
        level = max(np.cos(np.radians(lat)), 2e-4)
        north = np.clip(lat + np.degrees(walk[0] / EARTH), -90, 90)
        east = (lon + np.degrees(walk[1] / EARTH / level) + 180) % 360 - 180
        tracks.append(track(201_000_001 + n, minutes, north, east, first_row=n * 1000))
    return tracks


@settings(max_examples=60)
@given(fleets())
def test_meetings_are_those_of_a_plain_search(tracks):
    plain = plainly.meetings(tracks)
    # the plain search knows whole seconds only
    assume(all(abs(contact - 7200) > 5 for *_, contact in plain))
    ours = encounters.find(tracks)
    assert sorted(event.mmsis for event in ours) == sorted(mmsis for mmsis, *_ in plain)
    for event, (_, start, end, _) in zip(sorted(ours), sorted(plain), strict=True):
        assert abs(event.from_ms - start) <= 2000
        assert abs(event.to_ms - end) <= 2000


def test_the_fleets_of_that_property_do_meet():
    counts = []
    given(fleets())(
        settings(max_examples=20, database=None)(lambda tracks: counts.append(len(encounters.find(tracks))))
    )()
    assert sum(counts) > 3


def test_ends_and_contact_are_those_of_a_plain_search_to_seconds():
    compared = 0
    for held in SCENES.values():
        plain = {item[:1]: item for item in plainly.meetings([t for t in tracks_of(held) if len(t.t_ms) < 4000])}
        for event in encounters.find(tracks_of(held), around=around(held)):
            _, start, end, contact = plain[(event.mmsis,)]
            assert abs(event.from_ms - start) <= 2000
            assert abs(event.to_ms - end) <= 2000
            assert abs(event.measures["contact_s"] - contact) <= 2 + 2 * event.measures["runs"]
            compared += 1
    assert compared > 15


@pytest.mark.parametrize("seed", SCENES)
def test_a_scene_turned_about_the_axis_tells_the_same_story(seed):
    tracks = tracks_of(SCENES[seed])
    assert said(found([shifted(one, east=180.0 - tracks[0].lon_deg[0]) for one in tracks])) == said(found(tracks))


@pytest.mark.parametrize("hours", [12, 24, 7 * 24 + 10])
def test_a_scene_moved_in_time_tells_the_same_story(hours):
    tracks, ms = tracks_of(SCENES[3]), hours * 3_600_000
    assert said(found([shifted(one, ms=ms) for one in tracks]), ms) == said(found(tracks))


@pytest.mark.parametrize("seed", SCENES)
def test_the_order_of_vessels_changes_nothing(seed):
    tracks = tracks_of(SCENES[seed])
    layers = around(SCENES[seed])
    for method in METHODS.values():
        assert sorted(method.find(tracks[::-1], around=layers)) == sorted(method.find(tracks, around=layers))


def test_two_runs_say_the_same_to_the_byte():
    assert repr(observed(scene(5))) == repr(observed(scene(5)))


@pytest.mark.parametrize("seed", SCENES)
def test_copies_of_messages_change_nothing(seed):
    mmsi, columns = SCENES[seed].columns()
    twice = np.sort(np.r_[np.arange(len(mmsi)), np.arange(0, len(mmsi), 3)])
    copied = [t for v in by_vessel(mmsi[twice], {k: c[twice] for k, c in columns.items()}) for t in segment(v).tracks]
    assert said(found(copied)) == said(found(tracks_of(SCENES[seed])))


@st.composite
def hulls(draw) -> Fixes:
    """One to three hulls of one identity, with glitches, all fixes in the order of time."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    parts = []
    for n in range(draw(st.integers(1, 3))):
        size = draw(st.integers(1, 120))
        minutes = rng.uniform(0, 20) + np.cumsum(rng.choice([0, 0.2, 1, 5, 90], size=size))
        lat = 10 * n + np.cumsum(rng.normal(0, 0.002, size))
        lon = 179.9 + 30 * n + np.cumsum(rng.normal(0, 0.002, size))
        astray = rng.random(size) < 0.05
        lat[astray] += 20
        known = {"sog_kn": rng.uniform(0, 15, size), "cog_deg": rng.uniform(0, 360, size)}
        parts.append(track(201_000_001, minutes, lat, (lon + 180) % 360 - 180, **known))
    return joined(*parts)


@given(hulls(), st.lists(st.integers(0, 360), max_size=6))
def test_any_cut_of_the_input_gives_the_same_tracks(fixes, cuts):
    whole, _ = assign(fixes, State(), SETTINGS)
    state, labels = State(), []
    edges = [0, *sorted(min(cut, len(fixes.t_ms)) for cut in cuts), len(fixes.t_ms)]
    for start, end in pairwise(edges):
        got, state = assign(take(fixes, slice(start, end)), state, SETTINGS)
        labels.append(got)
    assert np.concatenate(labels).tolist() == whole.tolist()


@given(hulls())
def test_no_track_holds_an_impossible_step(fixes):
    for one in segment(fixes).tracks:
        wait_s = np.diff(one.t_ms) / 1000
        gone = [one_m(*a, *b) for a, b in pairwise(zip(one.lat_deg, one.lon_deg, strict=True))]
        assert len(one.t_ms) >= 5
        assert (wait_s > 0).all()
        # places of one instant became their median, which lies within the noise (2 km) of each
        assert (np.array(gone) <= np.maximum(2000, 50 * KN * wait_s) + 4000).all()
