"""Small tracks for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.tracks import ordered

START_MS = 1_780_272_000_000
"""A midnight UTC."""


def track(mmsi: int, minutes: Sequence[float], lat, lon, *, first_row: int = 0, **columns) -> Fixes:
    """A track from minutes after ``START_MS`` and places; what is not given is absent."""
    t_ms = np.rint(np.asarray(minutes, dtype=float) * 60_000).astype(np.int64) + START_MS
    size = len(t_ms)
    absent = np.full(size, np.nan)
    held = {name: np.asarray(columns.get(name, absent), dtype=float) for name in ("sog_kn", "cog_deg", "heading_deg")}
    status = np.full(size, columns.get("status", 15), dtype=np.uint8)
    places = (np.broadcast_to(np.asarray(value, dtype=float), size).copy() for value in (lat, lon))
    return Fixes(mmsi, t_ms, *places, **held, status=status, row=np.arange(size) + first_row)


def joined(*tracks: Fixes) -> Fixes:
    """Tracks of one identity, as they are received: by time."""
    columns = (np.concatenate(column) for column in list(zip(*tracks, strict=True))[1:])
    return ordered(Fixes(tracks[0].mmsi, *columns))


def shifted(fixes: Fixes, *, east: float = 0.0, ms: int = 0) -> Fixes:
    """The track turned about the earth's axis, and moved in time."""
    lon = (fixes.lon_deg + east + 180.0) % 360.0 - 180.0
    return ordered(fixes._replace(lon_deg=lon, t_ms=fixes.t_ms + ms))
