"""Identity twin: one MMSI in two places at once.

Definition: two tracks of one MMSI are alive in overlapping time for ``overlap_min_h``, there further than
``apart_min_km`` apart in the median, and in time order the identity changes sides at least ``changes_min`` times by
a step that would take more than ``v_max_kn``. (One vessel shown somewhere else for a while changes sides twice:
that is a jump there and back.)

An echo is no twin: when most fixes of the shorter track lie within ``echo_km`` of the other's way of ``echo_h`` before or
after, they are the same hull, heard late or by a receiver whose clock is wrong.

Source: ours, after the notes of Global Fishing Watch on shared identities. Settings: ``SETTINGS``. Innocent
explanations: default and test identities, gear beacons, a transmitter moved to another hull, a typing error in the
other hull's set-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.around import NOTHING, Around
from foedus.areas.maritime.methods.event import Event, Fixes
from foedus.areas.maritime.methods.hulls import Mixed, mixed, shared, steps
from foedus.areas.maritime.methods.sphere import Floats, apart_m, chord, vectors

KIND = "identity-twin"

SETTINGS: dict[str, float] = {
    "overlap_min_h": 1.0,
    "apart_min_km": 10.0,
    "changes_min": 4.0,
    "v_max_kn": 50.0,
    "echo_km": 2.0,
    "echo_h": 6.0,
}

_GRID_MS = 120_000


class Overlap(NamedTuple):
    """Two tracks of one MMSI, both alive from one instant to another; changes of side; kilometres apart; whether one echoes."""

    one: Fixes
    other: Fixes
    from_ms: int
    to_ms: int
    held: Mixed
    change: NDArray[np.int64]
    apart_km: Floats
    echo: bool


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find identities in two places; ``tracks`` are as ``tracks.segment`` gives them.

    Returns:
        One event a pair of tracks, by identity and start.
    """
    del around
    return [
        _event(overlap, settings)
        for _, hulls in shared(tracks)
        for overlap in overlaps(hulls, settings)
        if not overlap.echo
    ]


def overlaps(hulls: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS) -> list[Overlap]:
    """Pairs of tracks of one MMSI that are in two places at once, echoes too."""
    held = [_overlap(one, other, settings) for one, other in combinations(hulls, 2)]
    return [overlap for overlap in held if overlap is not None]


def _overlap(one: Fixes, other: Fixes, settings: Mapping[str, float]) -> Overlap | None:
    start, end = int(max(one.t_ms[0], other.t_ms[0])), int(min(one.t_ms[-1], other.t_ms[-1]))
    if end - start < settings["overlap_min_h"] * 3_600_000:
        return None
    held = mixed((one, other))
    way = steps(held, settings["v_max_kn"], 0.0)
    change = np.flatnonzero((held.track[1:] != held.track[:-1]) & way.impossible)
    if len(change) < settings["changes_min"]:
        return None
    apart_km = _apart_km(one, other, (start, end))
    if np.median(apart_km) <= settings["apart_min_km"]:
        return None
    return Overlap(one, other, start, end, held, change, apart_km, _echo(one, other, settings))


def _echo(one: Fixes, other: Fixes, settings: Mapping[str, float]) -> bool:
    """Whether most fixes of the shorter track lie on the longer one's way, some hours before or after."""
    short, long = sorted((one, other), key=lambda track: len(track.t_ms))
    grid = np.arange(long.t_ms[0], long.t_ms[-1] + 1, _GRID_MS)
    way = _places(long, grid)
    reach = round(settings["echo_h"] * 3_600_000)
    low = np.searchsorted(grid, short.t_ms - reach)
    high = np.searchsorted(grid, short.t_ms + reach, side="right")
    limit = chord(settings["echo_km"] * 1000) ** 2
    here = vectors(short.lat_deg, short.lon_deg)
    on = [bool((((way[a:b] - xyz) ** 2).sum(axis=1) <= limit).any()) for xyz, a, b in zip(here, low, high, strict=True)]
    return sum(on) * 2 > len(on)


def _event(overlap: Overlap, settings: Mapping[str, float]) -> Event:
    sides = np.unique(np.concatenate([overlap.change, overlap.change + 1]))
    hulls = (overlap.one, overlap.other)
    bounds = [(hulls[overlap.held.track[n]], int(overlap.held.at[n])) for n in sides]
    path = tuple((int(f.t_ms[n]), round(float(f.lat_deg[n]), 6), round(float(f.lon_deg[n]), 6)) for f, n in bounds)
    lasting_s = round((overlap.to_ms - overlap.from_ms) / 1000)
    measures: dict[str, float | int | str] = {
        "overlap_s": lasting_s,
        "overlap_margin_s": lasting_s - round(settings["overlap_min_h"] * 3600),
        "apart_median_km": round(float(np.median(overlap.apart_km)), 1),
        "apart_least_km": round(float(overlap.apart_km.min()), 1),
        "changes": len(overlap.change),
        "fixes_1": len(overlap.one.t_ms),
        "fixes_2": len(overlap.other.t_ms),
    }
    rows = tuple(sorted({int(fixes.row[n]) for fixes, n in bounds}))
    span = (round(overlap.from_ms, -3), round(overlap.to_ms, -3))
    return Event(KIND, (overlap.one.mmsi,), *span, measures, path, rows, ())


def _apart_km(one: Fixes, other: Fixes, span: tuple[int, int]) -> Floats:
    """Kilometres between the tracks at the fixes of either within a span."""
    instants = np.union1d(one.t_ms, other.t_ms)
    instants = instants[(instants >= span[0]) & (instants <= span[1])]
    return apart_m(_places(one, instants), _places(other, instants)) / 1000.0


def _places(track: Fixes, instants: NDArray[np.int64]) -> Floats:
    """Unit vectors at instants, on the chords between fixes."""
    xyz = vectors(track.lat_deg, track.lon_deg)
    at = np.stack([np.interp(instants, track.t_ms, xyz[:, axis]) for axis in range(3)], axis=1)
    unit: Floats = at / np.sqrt((at * at).sum(axis=1))[:, None]
    return unit
