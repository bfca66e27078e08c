"""Tracks sampled at common instants, and who is near whom at each: the base of ``encounters``.

Between two fixes less than an hour apart a vessel is taken to follow the great circle at constant speed. Most vessels are near
nobody: places that are right to some metres, cut into cells, leave out those that are alone at their tick. Pairs of the others
are found in bands of latitude, sorted by (tick, band, longitude): each row looks ahead in its own band and at the next one,
within the longitudes that the distance spans there, around the antimeridian; near a pole these are all. The chord decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.company import in_company
from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.sphere import RADIUS_M, Floats, chord, degrees, vectors

_AT_ONCE = 2_000_000
_WIDE_DEG = 90.0

Ints = NDArray[np.int64]


class Flat(NamedTuple):
    """Tracks end to end: instants, places, and where each track starts (one more for the end)."""

    t_ms: Ints
    lat_deg: Floats
    lon_deg: Floats
    starts: Ints

    def xyz(self, fixes: Ints | slice = slice(None)) -> Floats:
        """Return places as unit vectors."""
        return vectors(self.lat_deg[fixes], self.lon_deg[fixes])


class Ticks(NamedTuple):
    """Places at ticks.

    Attributes:
        tick: whole steps since 1970.
        track: index of the track.
        xyz: unit vectors.
        fix: index of the fix before, in ``Flat``.
        from_fix_s: seconds to the nearer of the two fixes.
    """

    tick: Ints
    track: NDArray[np.int32]
    xyz: Floats
    fix: Ints
    from_fix_s: Floats


def flat(tracks: Sequence[Fixes]) -> Flat:
    """Lay tracks end to end."""
    sizes = np.array([len(track.t_ms) for track in tracks], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    if not len(tracks):
        return Flat(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), starts)
    return Flat(
        np.concatenate([track.t_ms for track in tracks]),
        np.concatenate([track.lat_deg for track in tracks]),
        np.concatenate([track.lon_deg for track in tracks]),
        starts,
    )


def sample(held: Flat, step_ms: int, apart_ms: int, within_m: float | None = None) -> Ticks:
    """Sample tracks at multiples of a step, between fixes less than ``apart_ms`` apart.

    Args:
        held: the tracks.
        step_ms: the step.
        apart_ms: between which fixes nothing is taken to be known.
        within_m: leave out ticks at which surely nobody else is as near as this; None for all.
    """
    grid = held.t_ms // step_ms
    counts = np.diff(grid)
    counts[np.diff(held.t_ms) >= apart_ms] = 0
    borders = held.starts[(held.starts > 0) & (held.starts < len(held.t_ms))]
    counts[borders - 1] = 0
    some = np.flatnonzero(counts)
    counts = counts[some]
    fix = np.repeat(some, counts)
    within = np.arange(len(fix)) - np.repeat(np.cumsum(counts) - counts, counts)
    tick = grid[fix] + 1 + within
    before, after = held.t_ms[fix], held.t_ms[fix + 1]
    part = (tick * step_ms - before) / (after - before)
    if within_m is not None:
        kept = in_company(held.lat_deg, held.lon_deg, (fix, part, tick), within_m)
        fix, part, tick, before, after = fix[kept], part[kept], tick[kept], before[kept], after[kept]
    xyz = held.xyz(fix)
    xyz += part[:, None] * (held.xyz(fix + 1) - xyz)
    xyz /= np.sqrt(np.einsum("ij,ij->i", xyz, xyz))[:, None]
    from_fix_s = np.minimum(tick * step_ms - before, after - tick * step_ms) / 1000.0
    track = (np.searchsorted(held.starts, fix, side="right") - 1).astype(np.int32)
    return Ticks(tick, track, xyz, fix, from_fix_s)


def pairs(ticks: Ticks, within_m: float) -> tuple[Ints, Ints]:
    """Indices of ticks at one instant within a distance of each other; each pair once, in no order."""
    if len(ticks.tick) < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    grid = _Grid.of(ticks, within_m)
    found = [_near(ticks, grid, within_m, ranges) for ranges in grid.ranges()]
    left = np.concatenate([left for left, _ in found])
    right = np.concatenate([right for _, right in found])
    low, high = np.minimum(left, right), np.maximum(left, right)
    # only around a pole two rows can both find each other
    once = np.unique(low * len(ticks.tick) + high)
    return once // len(ticks.tick), once % len(ticks.tick)


class _Grid(NamedTuple):
    """Rows sorted by (tick, band, longitude), packed into one integer each."""

    order: Ints
    key: Ints
    lon: Floats
    width: Floats
    bits: int

    @classmethod
    def of(cls, ticks: Ticks, within_m: float) -> _Grid:
        lat, lon = degrees(ticks.xyz)
        reach = within_m / RADIUS_M
        band = np.floor((lat + 90.0) / (np.degrees(reach) * 1.02)).astype(np.int64)
        rows = int(180.0 / (np.degrees(reach) * 1.02)) + 3
        tick = ticks.tick - ticks.tick.min()
        bits = min(30, 62 - int(rows).bit_length() - int(tick.max()).bit_length())
        key = (tick * rows + band << bits) + _east(lon, bits)
        order = np.argsort(key)
        level = np.cos(np.radians(lat[order]))
        with np.errstate(divide="ignore", over="ignore"):
            spread = np.degrees(np.arcsin(np.minimum(np.sin(reach) / level, 1.0)))
        width = np.where(spread < _WIDE_DEG * 0.99, spread + 360.0 * 2 / (1 << bits), 360.0)
        return cls(order, key[order], lon[order], width, bits)

    def ranges(self) -> Iterator[tuple[Ints, Ints, Ints]]:
        """(row, from, to): what each row has to look at, in sorted positions."""
        everyone = np.arange(len(self.key))
        cell = self.key >> self.bits
        wide = self.width >= _WIDE_DEG
        east, west = self.lon + self.width, self.lon - self.width
        yield everyone, everyone + 1, self._at(cell, np.where(wide, 180.0, east), "right")
        yield (
            everyone,
            self._at(cell + 1, np.where(wide, -180.0, west)),
            self._at(cell + 1, np.where(wide, 180.0, east), "right"),
        )
        over = np.flatnonzero(~wide & (east >= 180.0))
        for up in (0, 1):
            yield (
                over,
                self._at(cell[over] + up, np.full(len(over), -180.0)),
                self._at(cell[over] + up, east[over] - 360.0, "right"),
            )
        under = np.flatnonzero(~wide & (west <= -180.0))
        yield (
            under,
            self._at(cell[under] + 1, west[under] + 360.0),
            self._at(cell[under] + 1, np.full(len(under), 180.0), "right"),
        )

    def _at(self, cell: Ints, lon: Floats, side: str = "left") -> Ints:
        """Where a longitude of a cell would stand among the sorted rows."""
        wanted = (cell << self.bits) + _east(lon, self.bits)
        return np.searchsorted(self.key, wanted, side=side)  # type: ignore[call-overload, no-any-return]


def _east(lon: Floats, bits: int) -> Ints:
    """Longitude as an integer of so many bits."""
    whole = 1 << bits
    return np.clip(((lon + 180.0) * (whole / 360.0)).astype(np.int64), 0, whole - 1)


def _near(ticks: Ticks, grid: _Grid, within_m: float, ranges: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints]:
    """Expand ranges, some millions of candidates at a time, and keep who is near."""
    row, low, high = ranges
    counts = high - low
    some = np.flatnonzero(counts > 0)
    row, low, counts = row[some], low[some], counts[some]
    cuts = np.searchsorted(np.cumsum(counts), np.arange(_AT_ONCE, int(counts.sum()), _AT_ONCE))
    lefts, rights = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    limit = chord(within_m) ** 2
    for part in np.split(np.arange(len(row)), np.unique(cuts)):
        size = counts[part]
        left = np.repeat(row[part], size)
        right = np.repeat(low[part] - (np.cumsum(size) - size), size) + np.arange(len(left))
        left, right = grid.order[left], grid.order[right]
        gap = ticks.xyz[left] - ticks.xyz[right]
        near = np.einsum("ij,ij->i", gap, gap) <= limit
        near &= (ticks.tick[left] == ticks.tick[right]) & (ticks.track[left] != ticks.track[right])
        lefts.append(left[near])
        rights.append(right[near])
    return np.concatenate(lefts), np.concatenate(rights)
