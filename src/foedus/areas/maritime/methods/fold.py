"""The fold of ``tracks``: which open track each fix joins, long stretches at once and only the unclear fixes one by one.

Both ways do the same operations in the same order on the same doubles, so where a stretch is cut changes no answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.sphere import KNOT_MS, RADIUS_M, vectors

_STREAK, _BLOCK, _BLOCK_MAX = 8, 32, 65_536
_SOG_ABSENT_KN = 102.2

Triple = tuple[float, float, float]


class Open(NamedTuple):
    """An open track: its number, its distinct instants, and its last fix with its velocity (unit spheres a second)."""

    number: int
    heard: int
    t_ms: int
    at: Triple
    velocity: Triple


class State(NamedTuple):
    """What the fold carries between batches: the next track's number, and the open tracks."""

    following: int = 0
    tracks: tuple[Open, ...] = ()


class Walk(NamedTuple):
    """Fixes as the fold needs them, with the limits."""

    t_ms: NDArray[np.int64]
    xyz: NDArray[np.float64]
    velocity: NDArray[np.float64]
    speed: float
    noise: float
    ahead_s: float
    most: int
    enough: float

    @classmethod
    def of(cls, fixes: Fixes, speed_ms: float, settings: Mapping[str, float]) -> Walk:
        """Prepare fixes; distances in radians."""
        xyz = vectors(fixes.lat_deg, fixes.lon_deg)
        velocity = _velocities(fixes, xyz)
        limits = (speed_ms / RADIUS_M, settings["noise_km"] * 1000 / RADIUS_M, settings["predict_h"] * 3600)
        return cls(fixes.t_ms, xyz, velocity, *limits, int(settings["open_tracks"]), settings["fixes_min"])


def fold(walk: Walk, state: State) -> tuple[NDArray[np.int64], State]:
    """Number the track of each fix, going on from a state."""
    total = len(walk.t_ms)
    labels = np.zeros(total, dtype=np.int64)
    tracks, following = {track.number: track for track in state.tracks}, state.following
    index, streak, block, last = 0, 0, _BLOCK, -1
    while index < total:
        count = _stretch(walk, tracks, last, (index, min(index + block, total))) if streak >= _STREAK else 0
        if count:
            labels[index : index + count] = last
            tracks[last] = _after(walk, tracks[last], index, count)
            block = min(block * 2, _BLOCK_MAX) if count == block else _BLOCK
        else:
            number = _choose(walk, tracks, index)
            if number < 0:
                number, following = following, following + 1
                _open(walk, tracks, number, index)
            tracks[number] = _after(walk, tracks[number], index, 1)
            streak = streak + 1 if number == last else 0
            labels[index] = last = number
            count = 1
        index += count
    return labels, State(following, tuple(tracks[number] for number in sorted(tracks)))


def _choose(walk: Walk, tracks: dict[int, Open], index: int) -> int:
    """Number of the track one fix joins; -1 for none."""
    t_ms = int(walk.t_ms[index])
    x, y, z = walk.xyz[index].tolist()
    best, least = -1, math.inf
    for number, track in tracks.items():
        wait = (t_ms - track.t_ms) / 1000.0
        dx, dy, dz = x - track.at[0], y - track.at[1], z - track.at[2]
        gone = 2.0 * float(np.arcsin(min(math.sqrt(dx * dx + dy * dy + dz * dz) / 2.0, 1.0)))
        if gone > walk.noise and gone > walk.speed * wait:
            continue
        missed = _miss((x, y, z), track, min(wait, walk.ahead_s))
        if missed < least or (missed == least and number < best):
            best, least = number, missed
    return best


def _miss(fix: Triple, track: Open, wait: float) -> float:
    """Squared chord between a fix and a prediction."""
    px = track.at[0] + track.velocity[0] * wait
    py = track.at[1] + track.velocity[1] * wait
    pz = track.at[2] + track.velocity[2] * wait
    size = math.sqrt(px * px + py * py + pz * pz)
    ex, ey, ez = fix[0] - px / size, fix[1] - py / size, fix[2] - pz / size
    return ex * ex + ey * ey + ez * ez


def _open(walk: Walk, tracks: dict[int, Open], number: int, index: int) -> None:
    """Open a track at a fix that it does not hold yet, closing one when there are too many."""
    if len(tracks) >= walk.most:
        thin = [track for track in tracks.values() if track.heard < walk.enough]
        del tracks[min(thin or tracks.values(), key=lambda track: (track.t_ms, track.number)).number]
    tracks[number] = Open(number, 0, int(walk.t_ms[index]) - 1, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def _after(walk: Walk, track: Open, index: int, count: int) -> Open:
    """A track after some fixes in a row."""
    if not count:
        return track
    end = index + count - 1
    instants = walk.t_ms[index : end + 1]
    fresh = int(instants[0] != track.t_ms) + int(np.count_nonzero(instants[1:] != instants[:-1]))
    at, velocity = tuple(walk.xyz[end].tolist()), tuple(walk.velocity[end].tolist())
    return Open(track.number, track.heard + fresh, int(walk.t_ms[end]), at, velocity)


def _stretch(walk: Walk, tracks: dict[int, Open], number: int, span: tuple[int, int]) -> int:
    """How many fixes from the start of a span join one track, the last fix's, without a doubt."""
    start, end = span
    before = slice(start - 1, end - 1)
    own_wait = np.diff(walk.t_ms[start - 1 : end]) / 1000.0
    reach, missed = _against(walk, span, (walk.xyz[before], walk.velocity[before], own_wait))
    sure = reach
    for other in tracks.values():
        if other.number == number:
            continue
        wait = (walk.t_ms[start:end] - other.t_ms) / 1000.0
        rows = (np.array(other.at)[None, :], np.array(other.velocity)[None, :], wait)
        could, theirs = _against(walk, span, rows)
        sure = sure & ~(could & ((theirs < missed) | ((theirs == missed) & (other.number < number))))
    doubtful = np.flatnonzero(~sure)
    return int(doubtful[0]) if len(doubtful) else end - start


def _against(
    walk: Walk, span: tuple[int, int], rows: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether the fixes of a span can be reached from rows of last fixes, and how far their predictions miss."""
    at, velocity, wait = rows
    here = walk.xyz[span[0] : span[1]]
    dx, dy, dz = (here[:, axis] - at[:, axis] for axis in range(3))
    gone = 2.0 * np.arcsin(np.minimum(np.sqrt(dx * dx + dy * dy + dz * dz) / 2.0, 1.0))
    ahead = np.minimum(wait, walk.ahead_s)
    px, py, pz = (at[:, axis] + velocity[:, axis] * ahead for axis in range(3))
    size = np.sqrt(px * px + py * py + pz * pz)
    ex, ey, ez = here[:, 0] - px / size, here[:, 1] - py / size, here[:, 2] - pz / size
    return (gone <= walk.noise) | (gone <= walk.speed * wait), ex * ex + ey * ey + ez * ez


def _velocities(fixes: Fixes, xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reported velocities on the unit sphere; zero where speed or course is absent."""
    known = np.isfinite(fixes.sog_kn) & np.isfinite(fixes.cog_deg) & (fixes.sog_kn < _SOG_ABSENT_KN)
    rate = np.where(known, fixes.sog_kn, 0.0) * KNOT_MS / RADIUS_M
    course = np.radians(np.where(known, fixes.cog_deg, 0.0))
    lat, lon = np.radians(fixes.lat_deg), np.radians(fixes.lon_deg)
    north, east = rate * np.cos(course), rate * np.sin(course)
    level = -np.sin(lat) * north
    out = np.empty_like(xyz)
    out[:, 0] = level * np.cos(lon) - east * np.sin(lon)
    out[:, 1] = level * np.sin(lon) + east * np.cos(lon)
    out[:, 2] = np.cos(lat) * north
    return out
