"""What goes into a method and what comes out of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Path = tuple[tuple[int, float, float], ...]
"""(t_ms, lat, lon)"""


class Fixes(NamedTuple):
    """One vessel's fixes in time order; NaN is absent.

    Attributes:
        mmsi: identity as broadcast.
        t_ms: instants, milliseconds since 1970 UTC.
        lat_deg: latitudes.
        lon_deg: longitudes.
        sog_kn: reported speeds over ground.
        cog_deg: reported courses over ground.
        heading_deg: reported headings.
        status: navigational status, 15 not defined.
        row: index into the records.
    """

    mmsi: int
    t_ms: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    sog_kn: NDArray[np.float64]
    cog_deg: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    status: NDArray[np.uint8]
    row: NDArray[np.int64]


class Event(NamedTuple):
    """One observation, with its evidence.

    Attributes:
        kind: the method's ``KIND``.
        mmsis: identities taking part, ascending.
        from_ms: first instant.
        to_ms: last instant.
        measures: measured values, by name with unit.
        path: of the evidence.
        rows: records it rests on.
        unseen: conditions that could not be tested.
    """

    kind: str
    mmsis: tuple[int, ...]
    from_ms: int
    to_ms: int
    measures: dict[str, float | int | str]
    path: Path
    rows: tuple[int, ...]
    unseen: tuple[str, ...]


def path(t_ms: NDArray[np.int64], lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Path:
    """Return instants and places, to a tenth of a metre, as the path of an event."""
    places = np.round((lat_deg, lon_deg), 6).tolist()
    return tuple(zip(t_ms.tolist(), *places, strict=True))
