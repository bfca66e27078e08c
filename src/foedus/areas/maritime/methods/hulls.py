"""Identities broadcast by more than one track, as ``twins``, ``jumps`` and ``circles`` look at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.sphere import KNOT_MS, Floats, steps_m, vectors


class Mixed(NamedTuple):
    """Fixes of several tracks of one MMSI in time order: the track of each, its index there, instant and place."""

    track: NDArray[np.int64]
    at: NDArray[np.int64]
    t_ms: NDArray[np.int64]
    xyz: Floats


class Step(NamedTuple):
    """From each fix to the next: metres, and whether no vessel goes so fast."""

    gone_m: Floats
    impossible: NDArray[np.bool_]


def shared(tracks: Sequence[Fixes]) -> Iterator[tuple[int, list[Fixes]]]:
    """Identities with more than one track, ascending; tracks by start."""
    groups: Mapping[int, list[Fixes]] = defaultdict(list)
    for track in tracks:
        groups[track.mmsi].append(track)
    for mmsi in sorted(groups):
        if len(groups[mmsi]) > 1:
            yield mmsi, sorted(groups[mmsi], key=lambda track: (track.t_ms[0], track.row[0]))


def mixed(tracks: Sequence[Fixes]) -> Mixed:
    """Put tracks together in time order."""
    sizes = [len(track.t_ms) for track in tracks]
    owner = np.repeat(np.arange(len(tracks)), sizes)
    index = np.concatenate([np.arange(size) for size in sizes])
    t_ms = np.concatenate([track.t_ms for track in tracks])
    lat = np.concatenate([track.lat_deg for track in tracks])
    lon = np.concatenate([track.lon_deg for track in tracks])
    order = np.lexsort((owner, t_ms))
    return Mixed(owner[order], index[order], t_ms[order], vectors(lat, lon)[order])


def steps(held: Mixed, faster_kn: float, farther_km: float) -> Step:
    """Steps of fixes in time order; impossible are those both faster and farther."""
    gone = steps_m(held.xyz)
    wait_s = np.diff(held.t_ms) / 1000.0
    return Step(gone, (gone > faster_kn * KNOT_MS * wait_s) & (gone > farther_km * 1000))


def speed_kn(gone_m: float, wait_ms: int) -> float:
    """Knots, rounded to 0.1; a step in no time counts as one second, the resolution of what is printed."""
    return round(gone_m / max(wait_ms / 1000.0, 1.0) / KNOT_MS, 1)
