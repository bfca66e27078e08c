"""Distances on the earth: chords of a 6,371-km sphere for screening, geodesics of WGS 84 for what is printed.

A chord between unit vectors knows no antimeridian and no pole, and gives the haversine distance to the nanometre.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RADIUS_M = 6_371_000.0
KNOT_MS = 1852.0 / 3600.0
NM_M = 1852.0

_A = 6_378_137.0
_F = 1 / 298.257223563
_B = _A * (1 - _F)

Floats = NDArray[np.float64]


def vectors(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Unit vectors, one a row."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    level = np.cos(lat)
    out = np.empty((len(lat), 3))
    np.multiply(level, np.cos(lon), out=out[:, 0])
    np.multiply(level, np.sin(lon), out=out[:, 1])
    np.sin(lat, out=out[:, 2])
    return out


def one_vector(lat_deg: float, lon_deg: float) -> tuple[float, float, float]:
    """Unit vector of one place."""
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    level = math.cos(lat)
    return level * math.cos(lon), level * math.sin(lon), math.sin(lat)


def degrees(xyz: Floats) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of vectors of any length."""
    level = np.hypot(xyz[:, 0], xyz[:, 1])
    return np.degrees(np.arctan2(xyz[:, 2], level)), np.degrees(np.arctan2(xyz[:, 1], xyz[:, 0]))


def apart_m(a: Floats, b: Floats) -> Floats:
    """Great-circle metres between unit vectors, row by row.

    >>> round(float(apart_m(vectors(np.zeros(1), np.array([179.5])), vectors(np.zeros(1), np.array([-179.5])))[0]))
    111195
    """
    gap = a - b
    chord = np.sqrt(np.einsum("ij,ij->i", gap, gap))
    metres: Floats = 2 * RADIUS_M * np.arcsin(np.minimum(chord / 2, 1.0))
    return metres


def chord(metres: float) -> float:
    """Length of the unit chord that spans a great-circle distance."""
    return 2 * math.sin(min(metres / RADIUS_M, math.pi) / 2)


def steps_m(xyz: Floats) -> Floats:
    """Metres between each vector and the one before it."""
    return apart_m(xyz[1:], xyz[:-1])


def most_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """More metres than there are between each place and the one before it: as if no meridians drew together.

    >>> most_m(np.array([60.0, 60.0]), np.array([179.5, -179.5])).round().tolist()
    [111195.0]
    """
    north, east = np.diff(lat_deg), np.abs(np.diff(lon_deg))
    np.minimum(east, np.abs(360.0 - east), out=east)
    metres: Floats = np.sqrt(north * north + east * east)
    metres *= RADIUS_M * math.pi / 180.0 * (1 + 1e-9)
    return metres


def one_m(lat_1: float, lon_1: float, lat_2: float, lon_2: float) -> float:
    """Great-circle metres between two places."""
    p, q = math.radians(lat_1), math.radians(lat_2)
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(lon_2 - lon_1) / 2) ** 2
    return 2 * RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def middle(xyz: Floats) -> tuple[float, float]:
    """Mean place of unit vectors, rounded to 1e-6 degree."""
    lat, lon = degrees(xyz.mean(axis=0)[None, :])
    return round(float(lat[0]), 6), round(float(lon[0]), 6)


def geodesic_m(lat_1: float, lon_1: float, lat_2: float, lon_2: float) -> float:
    """Metres on WGS 84 by Vincenty's inverse formula; the sphere's within 0.1 degree of the antipode, where it fails.

    >>> round(geodesic_m(-37.95103342, 144.42486789, -37.65282114, 143.92649553), 2)
    54972.27
    """
    reduced_1 = math.atan((1 - _F) * math.tan(math.radians(lat_1)))
    reduced_2 = math.atan((1 - _F) * math.tan(math.radians(lat_2)))
    difference = math.radians((lon_2 - lon_1 + 180.0) % 360.0 - 180.0)
    longitude = difference
    for _ in range(200):
        solved = _arc(reduced_1, reduced_2, longitude)
        if solved is None:
            return 0.0
        sigma, sin_sigma, cos_sigma, sin_alpha, cos_sq, cos_2m = solved
        c = _F / 16 * cos_sq * (4 + _F * (4 - 3 * cos_sq))
        bent = cos_2m + c * cos_sigma * (2 * cos_2m**2 - 1)
        following = difference + (1 - c) * _F * sin_alpha * (sigma + c * sin_sigma * bent)
        if abs(following) > math.pi:
            break
        if abs(following - longitude) < 1e-12:
            return _length(solved)
        longitude = following
    return one_m(lat_1, lon_1, lat_2, lon_2)


_Arc = tuple[float, float, float, float, float, float]


def _arc(reduced_1: float, reduced_2: float, longitude: float) -> _Arc | None:
    """Arc on the auxiliary sphere; None when the places are one."""
    s1, c1, s2, c2 = math.sin(reduced_1), math.cos(reduced_1), math.sin(reduced_2), math.cos(reduced_2)
    sin_l, cos_l = math.sin(longitude), math.cos(longitude)
    sin_sigma = math.hypot(c2 * sin_l, c1 * s2 - s1 * c2 * cos_l)
    if sin_sigma == 0:
        return None
    cos_sigma = s1 * s2 + c1 * c2 * cos_l
    sin_alpha = c1 * c2 * sin_l / sin_sigma
    cos_sq = 1 - sin_alpha**2
    cos_2m = cos_sigma - 2 * s1 * s2 / cos_sq if cos_sq > 0 else 0.0
    return math.atan2(sin_sigma, cos_sigma), sin_sigma, cos_sigma, sin_alpha, cos_sq, cos_2m


def _length(solved: _Arc) -> float:
    sigma, sin_sigma, cos_sigma, _, cos_sq, cos_2m = solved
    u_sq = cos_sq * (_A**2 - _B**2) / _B**2
    a = 1 + u_sq / 16384 * (4096 + u_sq * (-768 + u_sq * (320 - 175 * u_sq)))
    b = u_sq / 1024 * (256 + u_sq * (-128 + u_sq * (74 - 47 * u_sq)))
    third = b / 6 * cos_2m * (-3 + 4 * sin_sigma**2) * (-3 + 4 * cos_2m**2)
    delta = b * sin_sigma * (cos_2m + b / 4 * (cos_sigma * (2 * cos_2m**2 - 1) - third))
    return _B * a * (sigma - delta)
