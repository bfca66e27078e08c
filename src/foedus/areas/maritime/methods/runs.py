"""Runs of contact, with their ends refined to the instant at which the distance is crossed."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.sphere import Floats, chord, one_vector
from foedus.areas.maritime.methods.ticks import Flat, Ticks


class Together(NamedTuple):
    """Tracks, their ticks, and the pairs of ticks in contact (sorted by pair and tick)."""

    held: Flat
    ticks: Ticks
    step_ms: int
    apart_ms: int
    distance_m: float
    left: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    right: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


class Run(NamedTuple):
    """Contacts ``start`` to before ``end``; refined instants; whether the distance was crossed at each end."""

    start: int
    end: int
    from_ms: float
    to_ms: float
    entered: bool
    left: bool


def refine(together: Together, start: int, end: int) -> Run:
    """Refine a run of contacts at both ends."""
    from_ms, entered = _edge(together, start, -1)
    to_ms, left = _edge(together, end - 1, 1)
    return Run(start, end, from_ms, to_ms, entered, left)


def _edge(together: Together, contact: int, way: int) -> tuple[float, bool]:
    """Walk from a tick in contact to the next one, fix by fix; where the distance is crossed or somebody falls silent."""
    ticks, held = together.ticks, together.held
    a, b = int(together.left[contact]), int(together.right[contact])
    here = float(ticks.tick[a]) * together.step_ms
    last = here + way * together.step_ms
    fixes = [int(ticks.fix[tick]) + (way > 0) for tick in (a, b)]
    bounds = [held.starts[int(ticks.track[tick]) + (way > 0)] - (way > 0) for tick in (a, b)]
    gap = ticks.xyz[a] - ticks.xyz[b]
    limit = chord(together.distance_m) ** 2
    while (here - last) * way < 0:
        stop = way * min(way * last, *(way * float(held.t_ms[fix]) for fix in fixes))
        following = _gap_at(held, (fixes[0] - (way > 0), fixes[1] - (way > 0)), stop)
        if float(following @ following) > limit:
            return here + (stop - here) * _crossing(gap, following, limit), True
        here, gap = stop, following
        for side, bound in enumerate(bounds):
            if float(held.t_ms[fixes[side]]) == stop:
                if fixes[side] == bound or not _covered(together, fixes[side], way):
                    return here, False
                fixes[side] += way
    return here, False


def _covered(together: Together, fix: int, way: int) -> bool:
    """Whether a track goes on from a fix to the next without a silence; ticks exist only where it does."""
    wait = abs(int(together.held.t_ms[fix + way]) - int(together.held.t_ms[fix]))
    return wait < together.apart_ms


def _gap_at(held: Flat, before: tuple[int, int], t_ms: float) -> Floats:
    """Chord from one vessel to the other at an instant, given the fix before it of each."""
    one, other = (_place_at(held, fix, t_ms) for fix in before)
    return np.array([a - b for a, b in zip(one, other, strict=True)])


def _place_at(held: Flat, fix: int, t_ms: float) -> tuple[float, ...]:
    t_1, t_2 = held.t_ms[fix : fix + 2].tolist()
    part = (t_ms - t_1) / (t_2 - t_1)
    start, end = (
        one_vector(lat, lon)
        for lat, lon in zip(held.lat_deg[fix : fix + 2].tolist(), held.lon_deg[fix : fix + 2].tolist(), strict=True)
    )
    place = [a + part * (b - a) for a, b in zip(start, end, strict=True)]
    size = math.hypot(*place)
    return tuple(one / size for one in place)


def _crossing(inside: Floats, outside: Floats, limit: float) -> float:
    """Part of the way at which a chord that changes evenly reaches a squared length."""
    change = outside - inside
    a, b, c = float(change @ change), 2 * float(inside @ change), float(inside @ inside) - limit
    return min(1.0, max(0.0, (-b + math.sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)))
