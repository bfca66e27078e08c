"""Zone entry and exit: a vessel crosses the edge of a polygon that somebody drew.

Definition: a vessel is on the other side of the edge once ``fixes_min`` fixes in a row are there, one of them
``beyond_min_m`` or more from it; the crossing lies between the last fix before and the first of them. Not more than
``fix_apart_max_h`` apart, it is interpolated; else it is "between" the two. What a track begins with is no entry.

Source: ours. Settings: ``SETTINGS``. Innocent explanations: the shortest way, weather, pilots; an edge drawn
otherwise by others. Edges are straight in longitude and latitude, as GeoJSON has them, and may cross the
antimeridian.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.around import NOTHING, Around, Zone
from foedus.areas.maritime.methods.event import Event, Fixes, path
from foedus.areas.maritime.methods.plane import edge_m, inside

KIND = "zone-entry"

SETTINGS: dict[str, float] = {"fixes_min": 2.0, "beyond_min_m": 200.0, "fix_apart_max_h": 1.0}


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find crossings of the edges of ``around.zones``.

    Returns:
        Events by identity and time.
    """
    events: list[Event] = []
    for zone in around.zones:
        for track in tracks:
            within = inside(zone.rings, track.lat_deg, track.lon_deg)
            if within.any() and not within.all():
                events.extend(_crossings(track, zone, within, settings))
    return sorted(events, key=lambda event: (event.mmsis, event.from_ms, event.rows, str(event.measures["zone"])))


def _crossings(track: Fixes, zone: Zone, within: NDArray[np.bool_], settings: Mapping[str, float]) -> Iterator[Event]:
    changes = np.flatnonzero(np.diff(within)) + 1
    starts, ends = np.r_[0, changes].tolist(), np.r_[changes, len(within)].tolist()
    side: bool | None = None
    first = 0
    for start, end in zip(starts, ends, strict=True):
        here = bool(within[start])
        if side is None or here == side:
            side, first = here, end
            continue
        apart = edge_m(zone.rings, track.lat_deg[start:end], track.lon_deg[start:end])
        if end - start >= settings["fixes_min"] and float(apart.max()) >= settings["beyond_min_m"]:
            yield _event(track, zone, (first - 1, first), settings, entered=here)
            side, first = here, end


def _event(track: Fixes, zone: Zone, pair: tuple[int, int], settings: Mapping[str, float], *, entered: bool) -> Event:
    before, after = pair
    t_1, t_2 = int(track.t_ms[before]), int(track.t_ms[after])
    between = t_2 - t_1 > settings["fix_apart_max_h"] * 3_600_000
    part = _part(track, zone, pair)
    east = (float(track.lon_deg[after] - track.lon_deg[before]) + 180.0) % 360.0 - 180.0
    lat = float(track.lat_deg[before]) + part * float(track.lat_deg[after] - track.lat_deg[before])
    lon = (float(track.lon_deg[before]) + part * east + 180.0) % 360.0 - 180.0
    instant = round((t_1 + part * (t_2 - t_1)) / 1000) * 1000
    measures: dict[str, float | int | str] = {
        "zone": zone.name,
        "way": "entry" if entered else "exit",
        "time": "between" if between else "interpolated",
        "fixes_apart_s": round((t_2 - t_1) / 1000),
        "lat_deg": round(lat, 6),
        "lon_deg": round(lon, 6),
    }
    span = (round(t_1, -3), round(t_2, -3)) if between else (instant, instant)
    ends = list(pair)
    points = path(track.t_ms[ends], track.lat_deg[ends], track.lon_deg[ends])
    return Event(KIND, (track.mmsi,), *span, measures, points, tuple(track.row[ends].tolist()), ())


def _part(track: Fixes, zone: Zone, pair: tuple[int, int]) -> float:
    """Part of the way from one fix to the next at which the side changes, by halving."""
    before, after = pair
    lat_1, lon_1 = float(track.lat_deg[before]), float(track.lon_deg[before])
    north = float(track.lat_deg[after]) - lat_1
    east = (float(track.lon_deg[after]) - lon_1 + 180.0) % 360.0 - 180.0
    was = bool(inside(zone.rings, np.array([lat_1]), np.array([lon_1]))[0])
    low, high = 0.0, 1.0
    for _ in range(24):
        half = (low + high) / 2
        now = bool(inside(zone.rings, np.array([lat_1 + half * north]), np.array([lon_1 + half * east]))[0])
        low, high = (half, high) if now == was else (low, half)
    return high
