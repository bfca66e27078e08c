"""Slow passage over a cable or pipeline.

Definition: within ``within_nm`` of the line, either the speed falls more than ``fall_min`` below its median of the
``before_h`` before, for ``slow_min_min`` or longer, the course kept within ``course_max_deg``; or more than
``crossings_min`` crossings below ``crossing_kn``. Speeds and courses are implied, between the first fixes of each
``thin_min``, no more than ``fix_apart_max_h`` apart. (A silence that begins there is for ``gaps``.)

Source: ours, after press accounts of anchors dragged over cables. Settings: ``SETTINGS``. Innocent explanations:
weather, traffic, pilots, fishing grounds, a speed limit, engine trouble. A lead for an officer, never an
accusation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.around import NOTHING, Around, Corridor
from foedus.areas.maritime.methods.event import Event, Fixes, path
from foedus.areas.maritime.methods.plane import edge_m, unwrapped
from foedus.areas.maritime.methods.sphere import KNOT_MS, NM_M, Floats, steps_m, vectors
from foedus.areas.maritime.methods.tracks import take

KIND = "corridor-passage"

SETTINGS: dict[str, float] = {
    "within_nm": 1.0,
    "fall_min": 0.4,
    "before_h": 2.0,
    "slow_min_min": 15.0,
    "course_max_deg": 20.0,
    "crossings_min": 2.0,
    "crossing_kn": 5.0,
    "thin_min": 2.0,
    "fix_apart_max_h": 1.0,
}


_Said = dict[str, float | int | str]


class _Way(NamedTuple):
    """A thinned track near a line: speed and course of the step after each fix but the last."""

    fixes: Fixes
    knots: Floats
    course_deg: Floats
    near: NDArray[np.bool_]


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find slow passages over ``around.corridors``.

    Returns:
        Events by identity and start.
    """
    events: list[Event] = []
    for corridor in around.corridors:
        for track in tracks:
            way = _way(track, corridor, settings)
            if way is not None:
                events.extend(_slow(way, corridor, settings))
                events.extend(_crossing(way, corridor, settings))
    return sorted(events, key=lambda event: (event.mmsis, event.from_ms, str(event.measures["corridor"])))


def _way(track: Fixes, corridor: Corridor, settings: Mapping[str, float]) -> _Way | None:
    bins = track.t_ms // round(settings["thin_min"] * 60_000)
    fixes = take(track, np.r_[True, bins[1:] != bins[:-1]])
    if len(fixes.t_ms) < 3:
        return None
    near = edge_m((corridor.line,), fixes.lat_deg, fixes.lon_deg, closed=False) <= settings["within_nm"] * NM_M
    if not near.any():
        return None
    wait_s = np.diff(fixes.t_ms) / 1000.0
    knots = steps_m(vectors(fixes.lat_deg, fixes.lon_deg)) / wait_s / KNOT_MS
    knots[wait_s > settings["fix_apart_max_h"] * 3600] = np.nan
    east = (np.diff(fixes.lon_deg) + 180.0) % 360.0 - 180.0
    level = np.cos(np.radians((fixes.lat_deg[1:] + fixes.lat_deg[:-1]) / 2))
    return _Way(fixes, knots, np.degrees(np.arctan2(east * level, np.diff(fixes.lat_deg))), near)


def _slow(way: _Way, corridor: Corridor, settings: Mapping[str, float]) -> Iterator[Event]:
    """Stretches near the line that are much slower than the hours before."""
    t_ms, end = way.fixes.t_ms, 0
    for first in np.flatnonzero(way.near[:-1]).tolist():
        if first < end:
            continue
        since = int(np.searchsorted(t_ms, t_ms[first] - settings["before_h"] * 3_600_000))
        usual = way.knots[since:first][np.isfinite(way.knots[since:first])]
        if len(usual) < 3:
            continue
        limit = float(np.median(usual)) * (1 - settings["fall_min"])
        course = _course_before(way, first, limit)
        end = first
        while end < len(way.knots) and way.near[end] and way.knots[end] < limit:
            if abs((way.course_deg[end] - course + 180.0) % 360.0 - 180.0) > settings["course_max_deg"]:
                break
            end += 1
        if t_ms[end] - t_ms[first] >= settings["slow_min_min"] * 60_000:
            said: _Said = {"usual_kn": round(float(np.median(usual)), 1), "what": "slow passage"}
            yield _event(way, (first, end), corridor, said)


def _course_before(way: _Way, first: int, limit: float) -> float:
    """Course of the last step that was not slow."""
    fast = np.flatnonzero(way.knots[:first] >= limit)
    return float(way.course_deg[fast[-1]])


def _crossing(way: _Way, corridor: Corridor, settings: Mapping[str, float]) -> Iterator[Event]:
    """Several slow crossings of the line."""
    over = np.flatnonzero(_crossed(way.fixes, corridor) & (way.knots < settings["crossing_kn"]))
    if len(over) > settings["crossings_min"]:
        said: _Said = {"crossings": len(over), "what": "slow crossings"}
        yield _event(way, (int(over[0]), int(over[-1]) + 1), corridor, said)


def _crossed(fixes: Fixes, corridor: Corridor) -> NDArray[np.bool_]:
    """Which steps cross the line."""
    line_lon, line_lat = unwrapped(corridor.line)
    centre = float((line_lon.min() + line_lon.max()) / 2)
    x = (fixes.lon_deg - centre + 180.0) % 360.0 - 180.0 + centre
    y = fixes.lat_deg
    crossed = np.zeros(len(x) - 1, dtype=bool)
    for x1, y1, x2, y2 in zip(line_lon[:-1], line_lat[:-1], line_lon[1:], line_lat[1:], strict=True):
        side = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0
        dx, dy = np.diff(x), np.diff(y)
        one = dx * (y1 - y[:-1]) - dy * (x1 - x[:-1]) > 0
        other = dx * (y2 - y[:-1]) - dy * (x2 - x[:-1]) > 0
        crossed |= (side[1:] != side[:-1]) & (one != other) & (np.abs(dx) < 180.0)
    return crossed


def _event(way: _Way, span: tuple[int, int], corridor: Corridor, said: _Said) -> Event:
    first, last = span
    fixes = way.fixes
    held = slice(first, last + 1)
    measures: dict[str, float | int | str] = {
        "corridor": corridor.name,
        "lasting_s": round(int(fixes.t_ms[last] - fixes.t_ms[first]) / 1000),
        "median_kn": round(float(np.nanmedian(way.knots[first:last])), 1),
        **said,
    }
    points = path(fixes.t_ms[held], fixes.lat_deg[held], fixes.lon_deg[held])
    rows = tuple(fixes.row[held].tolist())
    edges = (round(int(fixes.t_ms[first]), -3), round(int(fixes.t_ms[last]), -3))
    return Event(KIND, (fixes.mmsi,), *edges, measures, points, rows, ())
