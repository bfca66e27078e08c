"""What lies around the tracks: ports, shore, zones and corridors, when somebody gave them.

A missing one removes its condition, and the event says so in ``unseen``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from foedus.areas.maritime.methods.sphere import RADIUS_M, Floats, vectors

_AT_ONCE = 4_000_000


class Near(NamedTuple):
    """A layer of places: its name, and kilometres to the nearest of them for latitudes and longitudes."""

    name: str
    km: Callable[[Floats, Floats], Floats]


class Zone(NamedTuple):
    """A polygon by its name; rings of (lon, lat) in degrees, the outer one first, as in GeoJSON."""

    name: str
    rings: tuple[tuple[tuple[float, float], ...], ...]


class Corridor(NamedTuple):
    """A line by its name, such as a cable; (lon, lat) in degrees."""

    name: str
    line: tuple[tuple[float, float], ...]


class Around(NamedTuple):
    """The layers a method may rest on."""

    ports: Near | None = None
    shore: Near | None = None
    zones: tuple[Zone, ...] = ()
    corridors: tuple[Corridor, ...] = ()


NOTHING = Around()


def places(name: str, lat_deg: Floats, lon_deg: Floats) -> Near:
    """A layer of points.

    >>> port = places("ports", np.array([0.0]), np.array([179.9]))
    >>> port.km(np.array([0.0]), np.array([-179.9])).round(1).tolist()
    [22.2]
    """
    known = vectors(lat_deg, lon_deg)

    def km(lat: Floats, lon: Floats) -> Floats:
        here = vectors(lat, lon)
        out = np.empty(len(here))
        step = max(1, _AT_ONCE // max(1, len(known)))
        for start in range(0, len(here), step):
            rows = here[start : start + step]
            out[start : start + step] = ((rows[:, None, :] - known[None, :, :]) ** 2).sum(axis=2).min(axis=1)
        return 2 * RADIUS_M / 1000 * np.arcsin(np.minimum(np.sqrt(out) / 2, 1.0))

    return Near(name, km)


def away_km(layer: Near | None, place: tuple[float, float]) -> float | None:
    """Kilometres from one place to the nearest of a layer; None without the layer."""
    return None if layer is None else float(layer.km(np.array([place[0]]), np.array([place[1]]))[0])
