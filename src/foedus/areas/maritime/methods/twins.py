"""Identity twin: one MMSI in two places at once.

Definition: two tracks of one MMSI are alive in overlapping time for ``overlap_min_h``, there further than
``apart_min_km`` apart in the median, and in time order the identity changes sides at least ``changes_min`` times by
a step that would take more than ``v_max_kn``. (One vessel shown somewhere else for a while changes sides twice:
that is a jump there and back.)

Source: ours, after the notes of Global Fishing Watch on shared identities. Settings: ``SETTINGS``. Innocent
explanations: default and test identities, gear beacons, a transmitter moved to another hull, a typing error in the
other hull's set-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from foedus.areas.maritime.methods.around import NOTHING, Around
from foedus.areas.maritime.methods.event import Event, Fixes
from foedus.areas.maritime.methods.hulls import mixed, shared, steps
from foedus.areas.maritime.methods.sphere import apart_m, vectors

KIND = "identity-twin"

SETTINGS: dict[str, float] = {"overlap_min_h": 1.0, "apart_min_km": 10.0, "changes_min": 4.0, "v_max_kn": 50.0}


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find identities in two places; ``tracks`` are as ``tracks.segment`` gives them.

    Returns:
        One event a pair of tracks, by identity and start.
    """
    del around
    events = []
    for _, hulls in shared(tracks):
        for one, other in combinations(hulls, 2):
            event = _twin(one, other, settings)
            if event is not None:
                events.append(event)
    return events


def _twin(one: Fixes, other: Fixes, settings: Mapping[str, float]) -> Event | None:
    start, end = max(one.t_ms[0], other.t_ms[0]), min(one.t_ms[-1], other.t_ms[-1])
    if end - start < settings["overlap_min_h"] * 3_600_000:
        return None
    held = mixed((one, other))
    way = steps(held, settings["v_max_kn"], 0.0)
    change = np.flatnonzero((held.track[1:] != held.track[:-1]) & way.impossible)
    if len(change) < settings["changes_min"]:
        return None
    apart_km = _apart_km(one, other, (int(start), int(end)))
    if np.median(apart_km) <= settings["apart_min_km"]:
        return None
    sides = np.unique(np.concatenate([change, change + 1]))
    hulls = (one, other)
    bounds = [(hulls[held.track[n]], int(held.at[n])) for n in sides]
    path = tuple((int(f.t_ms[n]), round(float(f.lat_deg[n]), 6), round(float(f.lon_deg[n]), 6)) for f, n in bounds)
    measures: dict[str, float | int | str] = {
        "overlap_s": round(int(end - start) / 1000),
        "overlap_margin_s": round(int(end - start) / 1000) - round(settings["overlap_min_h"] * 3600),
        "apart_median_km": round(float(np.median(apart_km)), 1),
        "apart_least_km": round(float(apart_km.min()), 1),
        "changes": len(change),
        "fixes_1": len(one.t_ms),
        "fixes_2": len(other.t_ms),
    }
    rows = tuple(sorted({int(fixes.row[n]) for fixes, n in bounds}))
    return Event(KIND, (one.mmsi,), round(int(start), -3), round(int(end), -3), measures, path, rows, ())


def _apart_km(one: Fixes, other: Fixes, span: tuple[int, int]) -> np.ndarray:
    """Kilometres between the tracks at the fixes of either within a span; the other's place on the chord between its fixes."""
    instants = np.union1d(one.t_ms, other.t_ms)
    instants = instants[(instants >= span[0]) & (instants <= span[1])]
    places = []
    for track in (one, other):
        xyz = vectors(track.lat_deg, track.lon_deg)
        at = np.stack([np.interp(instants, track.t_ms, xyz[:, axis]) for axis in range(3)], axis=1)
        places.append(at / np.sqrt((at * at).sum(axis=1))[:, None])
    return apart_m(places[0], places[1]) / 1000.0
