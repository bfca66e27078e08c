"""Loitering: a vessel all but still for hours, away from the shore.

Definition: fixes thinned to the first of each ``thin_min``; implied speed from one to the next below
``speed_max_kn``, until it passes ``speed_end_kn`` or nothing is heard for ``silence_max_h``; at least
``still_min_h`` long; mean place at least ``shore_min_nm`` from the shore. ``observe.settle`` drops what lies within
a rendezvous. Thinning keeps the noise of a position from looking like speed when fixes are seconds apart.

Source: the loitering of Global Fishing Watch, with a hysteresis in place of its clock hours. Settings:
``SETTINGS``. Innocent explanations: at anchor or not under command, drifting fishing vessels, platform supply,
waiting for a berth or orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.around import NOTHING, Around, away_km
from foedus.areas.maritime.methods.event import Event, Fixes, path
from foedus.areas.maritime.methods.sphere import KNOT_MS, NM_M, apart_m, degrees, middle, steps_m
from foedus.areas.maritime.methods.ticks import Flat, flat

KIND = "loitering"

SETTINGS: dict[str, float] = {
    "speed_max_kn": 2.0,
    "speed_end_kn": 2.5,
    "still_min_h": 4.0,
    "shore_min_nm": 20.0,
    "thin_min": 5.0,
    "silence_max_h": 12.0,
}

_AT_ANCHOR = np.isin(np.arange(256), (1, 5, 6))
"""By navigational status: at anchor, moored, aground."""


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find loitering; ``tracks`` are as ``tracks.segment`` gives them, and ``around.shore`` is used.

    Returns:
        Events by identity and start.
    """
    held = flat(tracks)
    owner = np.repeat(np.arange(len(tracks)), np.diff(held.starts))
    kept = _thin(held, owner, settings)
    if len(kept) < 2:
        return []
    t_ms, xyz, mine = held.t_ms[kept], held.xyz(kept), owner[kept]
    still = _still(t_ms, steps_m(xyz), mine, settings)
    edge = np.diff(np.r_[False, still, False].astype(np.int8))
    events = []
    for first, last in zip(np.flatnonzero(edge == 1), np.flatnonzero(edge == -1), strict=True):
        if t_ms[last] - t_ms[first] >= settings["still_min_h"] * 3_600_000:
            track = tracks[int(mine[first])]
            offset = int(held.starts[mine[first]])
            event = _event(track, kept[first : last + 1] - offset, xyz[first : last + 1], settings, around)
            if event is not None:
                events.append(event)
    return sorted(events, key=lambda event: (event.mmsis, event.from_ms, event.rows))


def _thin(held: Flat, owner: NDArray[np.int64], settings: Mapping[str, float]) -> NDArray[np.int64]:
    """The first fix of each track in each bin of time."""
    bins = held.t_ms // round(settings["thin_min"] * 60_000)
    fresh = (bins[1:] != bins[:-1]) | (owner[1:] != owner[:-1])
    return np.flatnonzero(np.r_[np.ones(min(1, len(bins)), dtype=bool), fresh])


def _still(
    t_ms: NDArray[np.int64], gone_m: NDArray[np.float64], mine: NDArray[np.int64], settings: Mapping[str, float]
) -> NDArray[np.bool_]:
    """Which steps belong to a still run; between the two speeds a step goes with the one before."""
    wait_s = np.diff(t_ms) / 1000.0
    slow = gone_m < settings["speed_max_kn"] * KNOT_MS * wait_s
    over = (gone_m > settings["speed_end_kn"] * KNOT_MS * wait_s) | (wait_s > settings["silence_max_h"] * 3600)
    over |= mine[1:] != mine[:-1]
    told = np.where(slow | over, np.arange(len(slow)), 0)
    last: NDArray[np.int64] = np.maximum.accumulate(told)
    still: NDArray[np.bool_] = (slow & ~over)[last]
    return still


def _event(
    track: Fixes, index: NDArray[np.int64], xyz: NDArray[np.float64], settings: Mapping[str, float], around: Around
) -> Event | None:
    place = middle(xyz)
    shore_km = away_km(around.shore, place)
    if shore_km is not None and shore_km * 1000 < settings["shore_min_nm"] * NM_M:
        return None
    t_ms = track.t_ms[index]
    still_s = round(int(t_ms[-1] - t_ms[0]) / 1000)
    centre = xyz.mean(axis=0)
    centre /= np.sqrt(centre @ centre)
    status = track.status[index[0] : index[-1] + 1]
    measures: dict[str, float | int | str] = {
        "still_s": still_s,
        "still_margin_s": still_s - round(settings["still_min_h"] * 3600),
        "mean_kn": round(float(steps_m(xyz).sum()) / still_s / KNOT_MS, 1),
        "radius_m": round(float(apart_m(xyz, np.broadcast_to(centre, xyz.shape)).max())),
        "silence_longest_s": round(int(np.diff(t_ms).max()) / 1000),
        "fixes": int(index[-1] - index[0] + 1),
        "status_at_anchor": round(float(_AT_ANCHOR[status].mean()), 2),
        "lat_deg": place[0],
        "lon_deg": place[1],
    }
    if shore_km is not None:
        measures["shore_nm"] = round(shore_km * 1000 / NM_M, 1)
    lat, lon = degrees(xyz)
    span = (round(int(t_ms[0]), -3), round(int(t_ms[-1]), -3))
    rows = tuple(track.row[index].tolist())
    unseen = () if around.shore else ("shore",)
    return Event(KIND, (track.mmsi,), *span, measures, path(t_ms, lat, lon), rows, unseen)
