"""Area interference: several vessels jump or circle into one place within the hour.

Definition: jumps or circles of at least ``vessels_min`` vessels, each begun within ``within_h`` of another, whose
false positions (where a jump lands, the centre of a circle) form one cluster: linked by steps of at most
``cluster_km``. The strong form of both methods.

Source: ours, after published accounts of interference areas. Settings: ``SETTINGS``. Innocent explanations: a
receiver or a satellite whose clock or place is wrong (then all vessels share that source), a test range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods import circles, jumps
from foedus.areas.maritime.methods.around import NOTHING, Around
from foedus.areas.maritime.methods.event import Event, Fixes
from foedus.areas.maritime.methods.sphere import apart_m, middle, vectors

KIND = "area-interference"

SETTINGS: dict[str, float] = {"vessels_min": 3.0, "within_h": 1.0, "cluster_km": 5.0}


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find areas; ``tracks`` are as ``tracks.segment`` gives them."""
    return among([*jumps.find(tracks, around=around), *circles.find(tracks, around=around)], settings)


def among(events: Sequence[Event], settings: Mapping[str, float] = SETTINGS) -> list[Event]:
    """Find areas among jumps and circles already found.

    Returns:
        One event a cluster, by start.
    """
    known = sorted(
        (event for event in events if event.kind in {jumps.KIND, circles.KIND}),
        key=lambda event: (_false_from(event), event.mmsis, event.kind),
    )
    if not known:
        return []
    lat = np.array([float(event.measures["lat_deg"]) for event in known])
    lon = np.array([float(event.measures["lon_deg"]) for event in known])
    instants = np.array([_false_from(event) for event in known])
    label = _clusters(vectors(lat, lon), instants, settings)
    found = []
    for number in np.unique(label):
        mine = [known[n] for n in np.flatnonzero(label == number)]
        if len({event.mmsis for event in mine}) >= settings["vessels_min"]:
            found.append(_event(mine, vectors(lat, lon)[label == number], settings))
    return sorted(found, key=lambda event: (event.from_ms, event.mmsis))


def _false_from(event: Event) -> int:
    """Since when the false position is shown: a jump's landing, a circle's start."""
    return event.to_ms if event.kind == jumps.KIND else event.from_ms


def _clusters(
    xyz: NDArray[np.float64], instants: NDArray[np.int64], settings: Mapping[str, float]
) -> NDArray[np.int64]:
    """Number the cluster of each: the smallest index it is linked to. Instants ascend."""
    label = np.arange(len(xyz))
    ends = np.searchsorted(instants, instants + round(settings["within_h"] * 3_600_000), side="right")
    for n, end in enumerate(ends):
        near = apart_m(np.broadcast_to(xyz[n], (end - n, 3)), xyz[n:end]) <= settings["cluster_km"] * 1000
        joined = np.unique(label[n:end][near])
        label[np.isin(label, joined)] = joined[0]
    return label


def _event(mine: Sequence[Event], xyz: NDArray[np.float64], settings: Mapping[str, float]) -> Event:
    place = middle(xyz)
    centre = np.broadcast_to(vectors(np.array([place[0]]), np.array([place[1]])), xyz.shape)
    mmsis = tuple(sorted({event.mmsis[0] for event in mine}))
    measures: dict[str, float | int | str] = {
        "vessels": len(mmsis),
        "vessels_margin": len(mmsis) - round(settings["vessels_min"]),
        "jumps": sum(event.kind == jumps.KIND for event in mine),
        "circles": sum(event.kind == circles.KIND for event in mine),
        "radius_m": round(float(apart_m(xyz, centre).max())),
        "lat_deg": place[0],
        "lon_deg": place[1],
    }
    path = tuple(
        (_false_from(event), float(event.measures["lat_deg"]), float(event.measures["lon_deg"])) for event in mine
    )
    rows = tuple(sorted({row for event in mine for row in event.rows}))
    instants = [_false_from(event) for event in mine]
    return Event(KIND, mmsis, min(instants), max(instants), measures, path, rows, ())
