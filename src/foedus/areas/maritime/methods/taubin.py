"""Taubin's algebraic fit of a circle, by Newton's method on its characteristic polynomial (Chernov's form)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from foedus.areas.maritime.methods.sphere import Floats


class Circle(NamedTuple):
    """Centre and radius in metres, and the root mean square of the distances from it."""

    east: float
    north: float
    radius: float
    residual: float


def circle(east: Floats, north: Floats) -> Circle | None:
    """Fit a circle; None when the points are on a line or one.

    >>> turn = np.linspace(0, 5, 30)
    >>> fit = circle(100 * np.cos(turn) + 7, 100 * np.sin(turn) - 3)
    >>> [round(value) for value in fit[:3]]
    [7, -3, 100]
    """
    if len(east) < 3:
        return None
    x, y = east - east.mean(), north - north.mean()
    z = x * x + y * y
    mean_z = float(z.mean())
    if mean_z == 0:
        return None
    mxx, myy, mxy = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    mxz, myz, mzz = float((x * z).mean()), float((y * z).mean()), float((z * z).mean())
    root = _root((mxx, myy, mxy), (mxz, myz, mzz), mean_z)
    determinant = root * root - root * mean_z + mxx * myy - mxy * mxy
    if abs(determinant) < 1e-12 * mean_z * mean_z:
        return None
    a = (mxz * (myy - root) - myz * mxy) / determinant / 2
    b = (myz * (mxx - root) - mxz * mxy) / determinant / 2
    radius = float(np.sqrt(a * a + b * b + mean_z))
    residual = float(np.sqrt(np.mean((np.hypot(x - a, y - b) - radius) ** 2)))
    return Circle(a + float(east.mean()), b + float(north.mean()), radius, residual)


def _root(second: tuple[float, float, float], third: tuple[float, float, float], mean_z: float) -> float:
    """Smallest root of the polynomial, from zero."""
    mxx, myy, mxy = second
    mxz, myz, mzz = third
    cov, var = mxx * myy - mxy * mxy, mzz - mean_z * mean_z
    a3, a2 = 4 * mean_z, -3 * mean_z * mean_z - mzz
    a1 = var * mean_z + 4 * cov * mean_z - mxz * mxz - myz * myz
    a0 = mxz * (mxz * myy - myz * mxy) + myz * (myz * mxx - mxz * mxy) - var * cov
    root, value = 0.0, a0
    for _ in range(99):
        slope = a1 + root * (2 * a2 + 3 * a3 * root)
        following = root - value / slope if slope else root
        if following == root or not np.isfinite(following):
            break
        value_next = a0 + following * (a1 + following * (a2 + following * a3))
        if abs(value_next) >= abs(value):
            break
        root, value = following, value_next
    return root
