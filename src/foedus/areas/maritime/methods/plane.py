"""Polygons and lines of (lon, lat) degrees, and fixes against them: who is inside, and how far from the edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.sphere import RADIUS_M, Floats

Ring = Sequence[tuple[float, float]]


def unwrapped(ring: Ring) -> tuple[Floats, Floats]:
    """Longitudes (each within 180 degrees of the one before) and latitudes of a ring or line."""
    lon = np.array([point[0] for point in ring], dtype=np.float64)
    lat = np.array([point[1] for point in ring], dtype=np.float64)
    return np.degrees(np.unwrap(np.radians(lon))), lat


def _beside(lon_deg: Floats, ring_lon: Floats) -> Floats:
    """Longitudes turned to within 180 degrees of a ring's middle."""
    centre = float((ring_lon.min() + ring_lon.max()) / 2)
    return (lon_deg - centre + 180.0) % 360.0 - 180.0 + centre


def inside(rings: Sequence[Ring], lat_deg: Floats, lon_deg: Floats) -> NDArray[np.bool_]:
    """Which places lie in a polygon, by ray casting; holes and several parts count even and odd.

    >>> square = [(179.0, -1.0), (-179.0, -1.0), (-179.0, 1.0), (179.0, 1.0), (179.0, -1.0)]
    >>> inside([square], np.array([0.0, 0.0, 0.0]), np.array([-179.5, 179.5, 0.0])).tolist()
    [True, True, False]
    """
    odd = np.zeros(len(lat_deg), dtype=bool)
    for ring in rings:
        ring_lon, ring_lat = unwrapped(ring)
        lon = _beside(lon_deg, ring_lon)
        box = (lat_deg >= ring_lat.min()) & (lat_deg <= ring_lat.max())
        box &= (lon >= ring_lon.min()) & (lon <= ring_lon.max())
        some = np.flatnonzero(box)
        x, y = lon[some], lat_deg[some]
        for x1, y1, x2, y2 in _edges(ring_lon, ring_lat, closed=True):
            if y1 != y2:
                crossed = (y1 > y) != (y2 > y)
                odd[some[crossed & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))]] ^= True
    return odd


def edge_m(rings: Sequence[Ring], lat_deg: Floats, lon_deg: Floats, *, closed: bool = True) -> Floats:
    """Metres to the nearest edge, on a plane about each place: good for some tens of kilometres."""
    least = np.full(len(lat_deg), np.inf)
    scale = RADIUS_M * np.pi / 180.0
    level = np.cos(np.radians(lat_deg)) * scale
    for ring in rings:
        ring_lon, ring_lat = unwrapped(ring)
        lon = _beside(lon_deg, ring_lon)
        for x1, y1, x2, y2 in _edges(ring_lon, ring_lat, closed=closed):
            ax, ay = (x1 - lon) * level, (y1 - lat_deg) * scale
            dx, dy = (x2 - x1) * level, (y2 - y1) * scale
            size = dx * dx + dy * dy
            along = np.clip(-(ax * dx + ay * dy) / np.where(size > 0, size, 1.0), 0.0, 1.0)
            np.minimum(least, np.hypot(ax + along * dx, ay + along * dy), out=least)
    return least


def _edges(lon: Floats, lat: Floats, *, closed: bool) -> Iterator[tuple[float, float, float, float]]:
    """Edges of a ring or line; a ring that does not come back to its start is closed."""
    points = list(zip(lon.tolist(), lat.tolist(), strict=True))
    following = points[1:] + (points[:1] if closed and points[0] != points[-1] else [])
    for (x1, y1), (x2, y2) in zip(points, following, strict=False):
        yield x1, y1, x2, y2
