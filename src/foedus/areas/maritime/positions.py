"""Position reports as columns: integers of the standard become units; what is not available becomes nothing, never a number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.fast import Bools, Ints
from foedus.areas.maritime.layouts import LONG_RANGE, Layout
from foedus.areas.maritime.record import COARSE, FULL, POSITION, REPEATED, Columns

Floats = NDArray[np.float64]
Numbers = dict[str, Ints]

_TURN_ROOT = 4.733
"""Rate of turn as sent is this times the square root of degrees a minute."""


class Came(NamedTuple):
    """How reports came: line and place, receive time (-1 unknown) and what told it, flags, channel and station as codes."""

    line: Ints
    pos: Ints
    received_ms: Ints
    time_from: Ints
    flags: Ints
    channel: Ints
    station: Ints

    def take(self, chosen: Bools | Ints) -> Came:
        """Return some of them."""
        return Came(*(column[chosen] for column in self))


def common(numbers: Numbers, came: Came, what: int) -> Columns:
    """Return the columns that every report has."""
    columns: Columns = came._asdict()
    columns |= {name: numbers[name] for name in ("mmsi", "msg_type", "repeat")}
    columns["what"] = np.full(len(came.line), what, np.int64)
    repeat = numbers["repeat"]
    if repeat.any():
        columns["flags"] = came.flags | np.where(repeat > 0, REPEATED, 0)
    return columns


def ship_columns(numbers: Numbers, came: Came, layout: Layout) -> Columns:
    """Return position reports of ships as columns."""
    coarse = layout is LONG_RANGE
    speed, course = numbers["speed"], numbers["course"]
    held = common(numbers, came, POSITION) | place(numbers, COARSE if coarse else FULL)
    if coarse:
        held |= {"sog_kn": _where(speed, speed != 63), "cog_deg": _where(course, course < 360)}
    else:
        held |= {"sog_kn": _where(speed, speed != 1023, 10.0), "cog_deg": _where(course, course < 3600, 10.0)}
        heading = numbers["heading"]
        held |= {"heading_deg": _where(heading, heading < 360), "second": numbers["second"]}
    if "turn" in numbers:
        held["turn_deg_min"] = _TURNS[numbers["turn"]]
    if "status" in numbers:
        held["status"] = np.where(numbers["status"] == 15, -1, numbers["status"])
    return held


def other_columns(numbers: Numbers, came: Came) -> Columns:
    """Return where base stations, aids to navigation and aircraft are, as columns."""
    held = common(numbers, came, POSITION) | place(numbers, FULL)
    if "speed" in numbers:
        speed, course = numbers["speed"], numbers["course"]
        held |= {"sog_kn": _where(speed, speed != 1023), "cog_deg": _where(course, course < 3600, 10.0)}
    if "second" in numbers:
        held["second"] = numbers["second"]
    return held


def place(numbers: Numbers, scale: float) -> Columns:
    """Return place, its resolution and what is said of its quality; no place where either coordinate is not available."""
    lat, lon = numbers["lat"] / scale, numbers["lon"] / scale
    absent = (lat == 91.0) | (lon == 181.0)
    if absent.any():
        lat[absent] = lon[absent] = np.nan
    res = np.full(len(lat), 1.0 / scale)
    return {"lat": lat, "lon": lon, "res_deg": res, "accuracy": numbers["accuracy"], "raim": numbers["raim"]}


def _where(values: Ints, present: Bools, scale: float = 1.0) -> Floats:
    made = values / scale
    if not present.all():
        made[~present] = np.nan
    return made


def _turns() -> Floats:
    """Degrees a minute by the eight bits sent; 127 either way says only "faster than 5 degrees in 30 s", and -128 nothing."""
    sent = np.roll(np.arange(-128, 128), 128)
    return np.where(np.abs(sent) < 127, np.sign(sent) * (sent / _TURN_ROOT) ** 2, np.nan)


_TURNS = _turns()
