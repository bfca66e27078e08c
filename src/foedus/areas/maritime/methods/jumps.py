"""Jump: a vessel is shown where it cannot have gone, and stays there for a while.

Definition: a step of more than ``speed_min_kn`` and more than ``step_min_km`` between two stretches of one MMSI,
each plausible in itself (one track) and of at least ``fixes_min`` fixes or ``stretch_min_min``. Shorter stretches
are noise and skipped, so one or two fixes astray (a glitch) are never a jump. While an identity is in two places
(``twins``, or an echo) nothing of it is a jump: the other hull explains it.

Source: ours; SeaSpoofFinder (2026) also found jumps of single vessels too noisy, so one alone is of low confidence
and ``interference`` is the strong form. Settings: ``SETTINGS``. Innocent explanations: receiver, antenna or clock
at fault, a set moved between hulls, a satellite's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from foedus.areas.maritime.methods import twins
from foedus.areas.maritime.methods.around import NOTHING, Around
from foedus.areas.maritime.methods.event import Event, Fixes
from foedus.areas.maritime.methods.hulls import Mixed, mixed, shared, speed_kn
from foedus.areas.maritime.methods.sphere import KNOT_MS, apart_m, geodesic_m

KIND = "jump"

SETTINGS: dict[str, float] = {"speed_min_kn": 60.0, "step_min_km": 2.0, "fixes_min": 5.0, "stretch_min_min": 10.0}

Place = tuple[int, float, float]


class _Stretch(NamedTuple):
    """Successive fixes of one track within the fixes of an identity, first and last."""

    first: int
    last: int


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find jumps; ``tracks`` are as ``tracks.segment`` gives them.

    Returns:
        One event a jump (there, and back again), by identity and time.
    """
    del around
    events = []
    for mmsi, hulls in shared(tracks):
        twin = [(overlap.from_ms, overlap.to_ms) for overlap in twins.overlaps(hulls)]
        held = mixed(hulls)
        stretches = _stretches(held, settings)
        for before, after in pairwise(stretches):
            span = int(held.t_ms[before.last]), int(held.t_ms[after.first])
            if _jumped(held, before.last, after.first, settings) and not any(
                start <= span[1] and span[0] <= end for start, end in twin
            ):
                events.append(_event(mmsi, hulls, held, (before, after)))
    return events


def _stretches(held: Mixed, settings: Mapping[str, float]) -> list[_Stretch]:
    """Stretches that are long enough; neighbours of one track become one, as what lay between was noise."""
    cuts = np.flatnonzero(held.track[1:] != held.track[:-1]) + 1
    out: list[_Stretch] = []
    for first, end in zip(np.r_[0, cuts].tolist(), np.r_[cuts, len(held.track)].tolist(), strict=True):
        lasting = held.t_ms[end - 1] - held.t_ms[first] >= settings["stretch_min_min"] * 60_000
        if end - first < settings["fixes_min"] and not lasting:
            continue
        if out and held.track[out[-1].last] == held.track[first]:
            out[-1] = _Stretch(out[-1].first, end - 1)
        else:
            out.append(_Stretch(first, end - 1))
    return out


def _jumped(held: Mixed, before: int, after: int, settings: Mapping[str, float]) -> bool:
    gone = float(apart_m(held.xyz[before : before + 1], held.xyz[after : after + 1])[0])
    wait_s = int(held.t_ms[after] - held.t_ms[before]) / 1000.0
    return gone > settings["step_min_km"] * 1000 and gone > settings["speed_min_kn"] * KNOT_MS * wait_s


def _event(mmsi: int, hulls: Sequence[Fixes], held: Mixed, sides: tuple[_Stretch, _Stretch]) -> Event:
    before, after = sides
    path = (_place(hulls, held, before.last), _place(hulls, held, after.first))
    gone = geodesic_m(*path[0][1:], *path[1][1:])
    measures: dict[str, float | int | str] = {
        "distance_km": round(gone / 1000, 1),
        "speed_kn": speed_kn(gone, path[1][0] - path[0][0]),
        "lat_deg": path[1][1],
        "lon_deg": path[1][2],
        "fixes_before": before.last - before.first + 1,
        "fixes_after": after.last - after.first + 1,
        "stretch_after_s": round(int(held.t_ms[after.last] - held.t_ms[after.first]) / 1000),
    }
    rows = tuple(sorted(_row(hulls, held, n) for n in (before.last, after.first)))
    return Event(KIND, (mmsi,), round(path[0][0], -3), round(path[1][0], -3), measures, path, rows, ())


def _place(hulls: Sequence[Fixes], held: Mixed, n: int) -> Place:
    track, index = hulls[held.track[n]], held.at[n]
    return int(held.t_ms[n]), round(float(track.lat_deg[index]), 6), round(float(track.lon_deg[index]), 6)


def _row(hulls: Sequence[Fixes], held: Mixed, n: int) -> int:
    return int(hulls[held.track[n]].row[held.at[n]])
