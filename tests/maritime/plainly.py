"""Meetings found plainly: every pair, every tick, every second, in no hurry. The methods' answer is compared with it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from tests.maritime.traffic import EARTH, KN

from foedus.areas.maritime.methods.event import Fixes


def places(fixes: Fixes, t_ms: np.ndarray) -> np.ndarray:
    """Unit vectors at instants; NaN where the fixes about an instant are an hour or more apart."""
    lat, lon = np.radians(fixes.lat_deg), np.radians(fixes.lon_deg)
    corners = (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
    out = np.stack([np.interp(t_ms, fixes.t_ms, corner, left=np.nan, right=np.nan) for corner in corners], axis=1)
    after = np.clip(np.searchsorted(fixes.t_ms, t_ms), 1, len(fixes.t_ms) - 1)
    out[(fixes.t_ms[after] - fixes.t_ms[after - 1]) >= 3_600_000] = np.nan
    return out / np.linalg.norm(out, axis=1)[:, None]


def meetings(tracks: list[Fixes]) -> list[tuple[tuple[int, int], float, float, float]]:
    """(identities, from, to, seconds of contact) of every meeting, ports unknown."""
    found = []
    for one, other in combinations(sorted(tracks, key=lambda fixes: fixes.mmsi), 2):
        if one.mmsi != other.mmsi:
            found += [((one.mmsi, other.mmsi), *span) for span in _pair(one, other)]
    return sorted(found, key=lambda item: (item[1], item[0]))


def _pair(one: Fixes, other: Fixes):
    first = max(one.t_ms[0], other.t_ms[0]) // 600_000 + 1
    last = min(one.t_ms[-1], other.t_ms[-1]) // 600_000
    ticks = np.arange(first, last + 1) * 600_000
    if not len(ticks):
        return
    a, b = places(one, ticks), places(other, ticks)
    near = _apart(a, b) <= 500
    runs, start = [], None
    for n, here in enumerate([*near, False]):
        if here and start is None:
            start = n
        elif not here and start is not None:
            runs.append((start, n - 1))
            start = None
    groups = []
    for start, end in runs:
        begin, finish = _end(one, other, ticks[start], -1), _end(one, other, ticks[end], 1)
        if finish - begin < 1_800_000:
            continue
        if groups and begin - groups[-1][-1][1] < 4 * 3_600_000:
            groups[-1].append((begin, finish, start, end))
        else:
            groups.append([(begin, finish, start, end)])
    for group in groups:
        contact = sum(finish - begin for begin, finish, _, _ in group)
        speeds = [
            np.median(np.concatenate([_apart(side[s + 1 : e + 1], side[s:e]) for _, _, s, e in group])) / 600 / KN
            for side in (a, b)
        ]
        if contact >= 2 * 3_600_000 and max(speeds) < 2:
            yield group[0][0], group[-1][1], contact / 1000


def _end(one: Fixes, other: Fixes, tick: int, way: int) -> int:
    """The last second in contact from a tick on, before the next tick."""
    seconds = tick + way * np.arange(601) * 1000
    near = _apart(places(one, seconds), places(other, seconds)) <= 500
    return int(seconds[600 if near.all() else int(np.argmin(near)) - 1])


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    gap = np.linalg.norm(a - b, axis=1)
    return 2 * EARTH * np.arcsin(np.minimum(gap / 2, 1))
