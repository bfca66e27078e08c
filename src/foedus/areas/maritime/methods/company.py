"""Which places at ticks may have another vessel near: a coarse sieve that never leaves out one that has.

Places are taken on straight lines in degrees, which are right to some metres between fixes a few kilometres apart; where they
may not be, the great circle is followed. Cells are at least twice the distance wide. Of two places within the distance of each
other, one of four grids (each moved by half a cell in either direction or none) has both in one cell; places alone in all four
are alone. Cells are counted under a hash; two that share one only let through too many.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.sphere import RADIUS_M, Floats, degrees, vectors

Ints = NDArray[np.int64]

_SLACK_M = 25.0
_BEND = ((60.0, 1.74), (85.0, 11.5), (91.0, 1e9))
_BITS = 21
_BUCKETS = 1 << _BITS
_MIX = np.uint64(0x9E37_79B9_7F4A_7C15)


def in_company(lat_deg: Floats, lon_deg: Floats, ticks: tuple[Ints, Floats, Ints], within_m: float) -> Ints:
    """Return which ticks are to be looked at more closely.

    Args:
        lat_deg: latitudes of fixes.
        lon_deg: their longitudes.
        ticks: for each tick the fix before, the part of the way to the next one, the number of the instant.
        within_m: the distance.
    """
    fix, part, tick = ticks
    lat, lon = _between(lat_deg, lon_deg, fix, part)
    reach = np.degrees((within_m + 2 * _SLACK_M) / RADIUS_M)
    rows = int(180.0 / (2 * reach)) + 3
    columns = _columns(rows, 2 * reach)
    company = np.zeros(len(fix), bool)
    holder = np.empty(_BUCKETS, np.int32)
    for north in (0.0, 0.5):
        row = ((lat + 90.0) * (0.5 / reach) + north).astype(np.int64)
        across = columns.take(row)
        turn = (lon + 180.0) * (across / 360.0)
        row += tick * rows
        row <<= 20
        for east in (0.0, 0.5):
            column = (turn + east).astype(np.int64)
            column[column >= across] = 0
            _mark_shared(row + column, holder, company)
    return np.flatnonzero(company)


def _columns(rows: int, width_deg: float) -> Ints:
    """How many cells of at least a width a row of latitude has, at its end nearer to a pole and half a cell beyond."""
    edge = np.abs((np.arange(rows) + np.array([[-0.5], [1.0]])) * width_deg - 90.0).max(axis=0)
    level = np.cos(np.radians(np.minimum(edge, 90.0)))
    count: Ints = np.maximum(np.floor(360.0 * level / width_deg * 0.999), 1).astype(np.int64)
    return count


def _mark_shared(cell: Ints, holder: NDArray[np.int32], company: NDArray[np.bool_]) -> None:
    """Mark places whose cell may hold another: each writes its number there, and all but the last find another's."""
    bucket = ((cell.view(np.uint64) * _MIX) >> np.uint64(64 - _BITS)).view(np.int64)
    number = np.arange(len(cell), dtype=np.int32)
    holder[bucket] = number
    last = holder.take(bucket)
    others = np.flatnonzero(last != number)
    company[others] = company[last[others]] = True


def _between(lat_deg: Floats, lon_deg: Floats, fix: Ints, part: Floats) -> tuple[Floats, Floats]:
    """Places at a part of the way from each fix to the next one, right to ``_SLACK_M``."""
    lat, lon = lat_deg[fix], lon_deg[fix]
    north = lat_deg[fix + 1] - lat
    east = (lon_deg[fix + 1] - lon + 540.0) % 360.0 - 180.0
    # a straight line in degrees leaves the great circle by at most the square of the way times the tangent of latitude
    # over four radii; the way is at most that on a plane of degrees
    way = (north * north + east * east) * (np.radians(1.0) * RADIUS_M) ** 2 / (4 * RADIUS_M)
    high = np.maximum(np.abs(lat), np.abs(lat + north))
    bent = np.flatnonzero((way * _BEND[0][1] > _SLACK_M) | (high > _BEND[0][0]))
    bend = np.select([high[bent] <= most for most, _ in _BEND], [steep for _, steep in _BEND])
    bent = bent[way[bent] * bend > _SLACK_M]
    far, so_far = fix[bent], part[bent]
    lat = lat + part * north
    lon = (lon + part * east + 540.0) % 360.0 - 180.0
    start = vectors(lat_deg[far], lon_deg[far])
    start += so_far[:, None] * (vectors(lat_deg[far + 1], lon_deg[far + 1]) - start)
    lat[bent], lon[bent] = degrees(start)
    return lat, lon
