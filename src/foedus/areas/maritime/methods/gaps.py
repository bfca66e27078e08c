"""Transmission gap: consecutive fixes of a track more than 12 hours apart, or nothing more until the data end.

Source: the gap events of Global Fishing Watch, which grade gaps from 12 hours on. No gap: moored, anchored or aground
(status 1, 5, 6) with less than 1 km moved; both ends within 10 km of a port. A vessel silent for more than 30 days is not
waited for: the gap stays open.

Innocent: poor reception, a switched-off station in port or in ice, a receiver that was down, a crew protecting itself from
piracy. Whether the sources listened meanwhile is tested by ``outages``, which knows them (``rate_min_part`` is its setting);
coverage is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from foedus.areas.maritime.earth import apart_km, implied_kn
from foedus.areas.maritime.methods.around import NOTHING, Around, away_km
from foedus.areas.maritime.methods.event import Event, Fixes, path

KIND = "gap"
SETTINGS: dict[str, float] = {
    "silence_min_h": 12.0,
    "silence_max_h": 720.0,
    "before_h": 12.0,
    "rate_min_part": 0.1,
    "resting_max_km": 1.0,
    "port_max_km": 10.0,
    "path_fixes": 6.0,
}

DATA_END = "data_end_ms"
"""Setting: the last instant of the data; without it no gap is open."""

UNSEEN = ("coverage", "receiver type")
_RESTING = (1, 5, 6)
_HOUR_MS = 3_600_000


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Return the gaps of tracks, an open one last of its track."""
    unseen = UNSEEN if around.ports else ("ports", *UNSEEN)
    found = [event for track in tracks if len(track.t_ms) for event in _of(track, settings)]
    return [event._replace(unseen=unseen) for event in found if not _in_port(event, settings, around)]


def _in_port(event: Event, settings: Mapping[str, float], around: Around) -> bool:
    """Whether a gap begins and ends at a port."""
    ends = [step[1:] for step in event.path if step[0] >= event.from_ms]
    if around.ports is None or len(ends) < 2:
        return False
    return all((away_km(around.ports, end) or 0.0) < settings["port_max_km"] for end in ends)


def _of(track: Fixes, settings: Mapping[str, float]) -> Iterator[Event]:
    shortest, longest = settings["silence_min_h"] * _HOUR_MS, settings["silence_max_h"] * _HOUR_MS
    steps = np.diff(track.t_ms)
    for index in np.flatnonzero(steps > shortest).tolist():
        if steps[index] > longest:
            yield _open(track, index, settings)
        elif not _rested(track, index, settings):
            yield _closed(track, index, settings)
    if settings.get(DATA_END, -1.0) - track.t_ms[-1] > shortest:
        yield _open(track, len(track.t_ms) - 1, settings)


def _rested(track: Fixes, off: int, settings: Mapping[str, float]) -> bool:
    """Whether a vessel at anchor, moored or aground was still there."""
    return int(track.status[off]) in _RESTING and _moved_km(track, off) < settings["resting_max_km"]


def _moved_km(track: Fixes, off: int) -> float:
    lat, lon = track.lat_deg, track.lon_deg
    return apart_km(float(lat[off]), float(lon[off]), float(lat[off + 1]), float(lon[off + 1]))


def _closed(track: Fixes, off: int, settings: Mapping[str, float]) -> Event:
    lasted = int(track.t_ms[off + 1] - track.t_ms[off])
    moved = _moved_km(track, off)
    measures: dict[str, float | int | str] = {
        "state": "closed",
        "duration_h": round(lasted / _HOUR_MS, 2),
        "moved_km": round(moved, 3),
        "implied_speed_kn": round(implied_kn(moved, lasted), 1),
        "beyond_threshold_h": round(lasted / _HOUR_MS - settings["silence_min_h"], 2),
    }
    return _event(track, (off, off + 1), measures, settings)


def _open(track: Fixes, off: int, settings: Mapping[str, float]) -> Event:
    measures: dict[str, float | int | str] = {"state": "open", "longer_than_h": settings["silence_min_h"]}
    return _event(track, (off,), measures, settings)


def _event(
    track: Fixes, ends: tuple[int, ...], measures: dict[str, float | int | str], settings: Mapping[str, float]
) -> Event:
    off = ends[0]
    since = track.t_ms[off] - settings["before_h"] * _HOUR_MS
    first = int(np.searchsorted(track.t_ms, since))
    measures["fixes_before"] = off + 1 - first
    shown = [*range(max(first, off - int(settings["path_fixes"])), off), *ends]
    points = path(track.t_ms[shown], track.lat_deg[shown], track.lon_deg[shown])
    rows = tuple(track.row[list(ends)].tolist())
    return Event(KIND, (track.mmsi,), points[-len(ends)][0], points[-1][0], measures, points, rows, ())
