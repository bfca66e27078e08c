"""Distances on a sphere of 6,371 km, for single pairs of places."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

RADIUS_KM = 6_371.0
KM_A_NM = 1.852


def apart_km(lat_1: float, lon_1: float, lat_2: float, lon_2: float) -> float:
    """Return the great-circle distance of two places in kilometres (haversine; wraps at 180 degrees by itself).

    >>> round(apart_km(0, 179.5, 0, -179.5))
    111
    """
    phi_1, phi_2 = radians(lat_1), radians(lat_2)
    half = sin((phi_2 - phi_1) / 2) ** 2 + cos(phi_1) * cos(phi_2) * sin(radians(lon_2 - lon_1) / 2) ** 2
    return 2 * RADIUS_KM * asin(sqrt(min(1.0, half)))


def implied_kn(km: float, ms: float) -> float:
    """Return the speed in knots that a distance in some time takes; 0 where no time passes.

    >>> round(implied_kn(18.52, 3_600_000), 3)
    10.0
    """
    return km / KM_A_NM / (ms / 3_600_000) if ms > 0 else 0.0
