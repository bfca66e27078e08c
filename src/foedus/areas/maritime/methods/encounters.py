"""Rendezvous: two vessels close and slow together for long, away from port.

Definition: tracks sampled every ``tick_min``, between fixes less than ``fix_apart_max_h`` apart; within
``distance_m`` at successive ticks is a run. Entry and exit of a run are refined to the instant at which the
distance is crossed, or to where either was last heard. Runs of at least ``run_min_min`` less than ``merge_h`` apart
add up; the sum must reach ``contact_min_h``; the median speed of both, from tick to tick within the runs, must be
below ``speed_max_kn``; the mean place must be ``port_min_km`` from a port or anchorage.

Source: the encounters of Global Fishing Watch (Miller et al. 2018), without its day boundary. Settings:
``SETTINGS``. Innocent explanations: tow and convoy (speed tells most), raft-ups, pilot and bunker craft, gear
beacons, rescue, two vessels waiting at one anchorage that no layer names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.around import NOTHING, Around, away_km
from foedus.areas.maritime.methods.event import Event, Fixes, path
from foedus.areas.maritime.methods.runs import Run, Together, refine
from foedus.areas.maritime.methods.sphere import KNOT_MS, apart_m, degrees, geodesic_m, middle
from foedus.areas.maritime.methods.ticks import flat, pairs, sample

KIND = "rendezvous"

SETTINGS: dict[str, float] = {
    "distance_m": 500.0,
    "contact_min_h": 2.0,
    "run_min_min": 30.0,
    "merge_h": 4.0,
    "speed_max_kn": 2.0,
    "port_min_km": 10.0,
    "tick_min": 10.0,
    "fix_apart_max_h": 1.0,
}

_OBSERVED_S = 300.0

Ints = NDArray[np.int64]


class _Spans(NamedTuple):
    """Runs over the sorted contacts: where each starts and ends (past it), and the number of its pair."""

    start: Ints
    end: Ints
    pair: Ints


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find all meetings.

    Args:
        tracks: as ``tracks.segment`` gives them.
        settings: as ``SETTINGS``.
        around: its ``ports`` are used.

    Returns:
        One event a pair and meeting, by start and identities.
    """
    tracks = sorted(tracks, key=lambda track: (track.mmsi, track.t_ms[:1].tolist(), track.row[:1].tolist()))
    step_ms = round(settings["tick_min"] * 60_000)
    held = flat(tracks)
    apart_ms = round(settings["fix_apart_max_h"] * 3_600_000)
    ticks = sample(held, step_ms, apart_ms, settings["distance_m"])
    together = _contacts(Together(held, ticks, step_ms, apart_ms, settings["distance_m"]), tracks)
    events = []
    for runs in _meetings(together, settings):
        event = _event(together, runs, tracks, settings, around)
        if event is not None:
            events.append(event)
    return sorted(events, key=lambda event: (event.from_ms, event.mmsis, event.rows[:1]))


def _contacts(together: Together, tracks: Sequence[Fixes]) -> Together:
    """Add who is near whom at each tick, by pair and tick; never a vessel with itself."""
    ticks = together.ticks
    left, right = pairs(ticks, together.distance_m)
    if len(left):
        mmsi = np.array([track.mmsi for track in tracks], dtype=np.int64)
        other = mmsi[ticks.track[left]] != mmsi[ticks.track[right]]
        left, right = left[other], right[other]
        swap = ticks.track[left] > ticks.track[right]
        left, right = np.where(swap, right, left), np.where(swap, left, right)
        order = np.lexsort((ticks.tick[left], ticks.track[right], ticks.track[left]))
        left, right = left[order], right[order]
    return together._replace(left=left, right=right)


def _meetings(together: Together, settings: Mapping[str, float]) -> Iterator[list[Run]]:
    """Refined runs that together are long enough, one list a meeting."""
    spans = _spans(together, settings)
    for mine in np.split(np.arange(len(spans.pair)), np.flatnonzero(np.diff(spans.pair)) + 1):
        runs = [refine(together, int(spans.start[n]), int(spans.end[n])) for n in mine]
        held: list[Run] = []
        for run in runs:
            if run.to_ms - run.from_ms < settings["run_min_min"] * 60_000:
                continue
            if held and run.from_ms - held[-1].to_ms >= settings["merge_h"] * 3_600_000:
                yield from _long(held, settings)
                held = []
            held.append(run)
        yield from _long(held, settings)


def _long(runs: list[Run], settings: Mapping[str, float]) -> Iterator[list[Run]]:
    if runs and sum(run.to_ms - run.from_ms for run in runs) >= settings["contact_min_h"] * 3_600_000:
        yield runs


def _spans(together: Together, settings: Mapping[str, float]) -> _Spans:
    """Runs of successive ticks, without those that no refined end can make long enough."""
    ticks, left, right = together.ticks, together.left, together.right
    nothing = np.zeros(0, dtype=np.int64)
    if not len(left):
        return _Spans(nothing, nothing, nothing)
    same = (np.diff(ticks.track[left]) == 0) & (np.diff(ticks.track[right]) == 0)
    start = np.flatnonzero(np.r_[True, ~(same & (np.diff(ticks.tick[left]) == 1))])
    end = np.append(start[1:], len(left))
    pair = np.cumsum(np.r_[True, ~same])[start] - 1
    # a refined end lies less than one step outside its tick
    most_ms = (end - start + 1) * together.step_ms
    kept = most_ms > settings["run_min_min"] * 60_000
    start, end, pair, most_ms = start[kept], end[kept], pair[kept], most_ms[kept]
    sums = np.bincount(pair, weights=most_ms, minlength=1)
    able = sums[pair] >= settings["contact_min_h"] * 3_600_000
    return _Spans(start[able], end[able], pair[able])


def _event(
    together: Together, runs: list[Run], tracks: Sequence[Fixes], settings: Mapping[str, float], around: Around
) -> Event | None:
    """One meeting as an event; None when it is too fast or in port."""
    contacts = np.concatenate([np.arange(run.start, run.end) for run in runs])
    left, right = together.left[contacts], together.right[contacts]
    ticks = together.ticks
    speeds = [_median_kn(together, runs, side) for side in (together.left, together.right)]
    if max(speeds) >= settings["speed_max_kn"]:
        return None
    centre = ticks.xyz[left] + ticks.xyz[right]
    place = middle(centre)
    port_km = away_km(around.ports, place)
    if port_km is not None and port_km < settings["port_min_km"]:
        return None
    a, b = (tracks[int(ticks.track[side[0]])] for side in (left, right))
    measures = _measures(together, runs, settings) | {"lat_deg": place[0], "lon_deg": place[1]}
    measures |= {"speed_1_kn": round(speeds[0], 1), "speed_2_kn": round(speeds[1], 1)}
    if port_km is not None:
        measures["port_km"] = round(port_km, 1)
    lat, lon = degrees(centre)
    points = path(ticks.tick[left] * together.step_ms, lat, lon)
    rows = _rows(together, left, a) + _rows(together, right, b)
    unseen = () if around.ports else ("ports",)
    span = (round(runs[0].from_ms / 1000) * 1000, round(runs[-1].to_ms / 1000) * 1000)
    return Event(KIND, (a.mmsi, b.mmsi), *span, measures, points, tuple(sorted(set(rows))), unseen)


def _measures(together: Together, runs: list[Run], settings: Mapping[str, float]) -> dict[str, float | int | str]:
    """Contact, closeness and how much of it was observed, with the margins."""
    contacts = np.concatenate([np.arange(run.start, run.end) for run in runs])
    left, right, ticks = together.left[contacts], together.right[contacts], together.ticks
    apart = apart_m(ticks.xyz[left], ticks.xyz[right])
    lat_1, lon_1 = degrees(ticks.xyz[left])
    lat_2, lon_2 = degrees(ticks.xyz[right])
    n = int(np.argmin(apart))
    contact_s = round(sum(run.to_ms - run.from_ms for run in runs) / 1000)
    seen = np.maximum(ticks.from_fix_s[left], ticks.from_fix_s[right]) <= _OBSERVED_S
    return {
        "contact_s": contact_s,
        "contact_margin_s": contact_s - round(settings["contact_min_h"] * 3600),
        "runs": len(runs),
        "ticks": len(contacts),
        "ticks_observed": int(np.count_nonzero(seen)),
        "nearest_m": round(geodesic_m(float(lat_1[n]), float(lon_1[n]), float(lat_2[n]), float(lon_2[n]))),
        "median_m": round(float(np.median(apart))),
        "begins": "crossed" if runs[0].entered else "first heard",
        "ends": "crossed" if runs[-1].left else "last heard",
    }


def _median_kn(together: Together, runs: list[Run], side: Ints) -> float:
    """Median speed of one vessel from tick to tick, within the runs."""
    within = np.concatenate([np.arange(run.start, run.end - 1) for run in runs])
    if not len(within):
        return math.inf
    xyz = together.ticks.xyz
    gone = apart_m(xyz[side[within + 1]], xyz[side[within]])
    return float(np.median(gone)) / (together.step_ms / 1000.0) / KNOT_MS


def _rows(together: Together, side: Ints, track: Fixes) -> list[int]:
    """Records of one vessel that bound the ticks of contact."""
    fix = together.ticks.fix[side] - together.held.starts[together.ticks.track[side[0]]]
    bounds: list[int] = track.row[np.unique(np.concatenate([fix, fix + 1]))].tolist()
    return bounds
