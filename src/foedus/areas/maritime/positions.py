"""Position reports as columns: integers of the standard become units; what is not available becomes nothing, never a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime import record
from foedus.areas.maritime.fast import LAYOUTS, SIX, Found, Ints, Reports, decode, degrees
from foedus.areas.maritime.lines import Block
from foedus.areas.maritime.nmea import Message
from foedus.areas.maritime.record import LONG, POSITION, REPEATED, TIME_FROM, Columns
from foedus.areas.maritime.tags import Tagged

Floats = NDArray[np.float64]

_CHANNELS: dict[int, str | None] = {0: None, 65: "A", 66: "B", 49: "1", 50: "2"}
_TAG = TIME_FROM.index("tag")
_TURN_ROOT = 4.733
"""Rate of turn as sent is this times the square root of degrees a minute."""


class Came(NamedTuple):
    """How reports came: line and place, receive time (-1 unknown) and what told it, flags, channel and station."""

    line: Ints
    pos: Ints
    received_ms: Ints
    time_from: Ints
    flags: Ints
    channel: list[str | None]
    station: list[str | None]

    @classmethod
    def of(cls, found: Found, block: Block, tagged: Tagged) -> Came:
        """Return how the plain sentences of a block came."""
        received = tagged.received[found.line]
        names: list[str | None] = [*tagged.stations, None]
        station = [names[index] or None for index in tagged.station[found.line].tolist()] if tagged.stations else []
        return cls(
            found.line + block.line,
            found.mark + block.offset,
            received,
            np.where(received >= 0, _TAG, 0),
            np.zeros(len(received), np.int64),
            [_CHANNELS[code] for code in found.channel.tolist()],
            station,
        )


def position_columns(reports: Reports, came: Came) -> tuple[Columns, dict[str, list[str | None]]]:
    """Return position reports as columns."""
    rows = len(reports.mmsi)
    none, nothing = np.full(rows, -1, np.int64), np.full(rows, np.nan)
    held: Columns = dict.fromkeys(record.INTS, none) | dict.fromkeys(record.FLOATS, nothing)
    lat, lon, res = degrees(reports)
    coarse = reports.msg_type == 27
    held |= {
        "lat": lat,
        "lon": lon,
        "res_deg": res,
        "sog_kn": _speed(reports, coarse),
        "cog_deg": _course(reports, coarse),
    }
    held["heading_deg"] = _where(reports.heading, (reports.heading >= 0) & (reports.heading < 360))
    held["turn_deg_min"] = _turn(reports)
    held["status"] = np.where(reports.status == 15, -1, reports.status)
    held |= {"mmsi": reports.mmsi, "msg_type": reports.msg_type, "second": reports.second, "repeat": reports.repeat}
    held |= {"accuracy": reports.accuracy, "raim": reports.raim, "pos": came.pos}
    held |= {"what": np.full(rows, POSITION), "line": came.line, "received_ms": came.received_ms}
    held |= {"time_from": came.time_from, "base_ms": none}
    held["flags"] = came.flags | np.where(reports.repeat > 0, REPEATED, 0)
    texts = {"channel": came.channel, "station": came.station}
    return held, {name: values for name, values in texts.items() if values}


def own_columns(messages: Sequence[Message]) -> tuple[Columns, dict[str, list[str | None]]]:
    """Return position reports that did not come as plain sentences as columns; the bits are read the same way."""
    parts: list[Reports] = []
    order: list[int] = []
    for layout in dict.fromkeys(LAYOUTS.values()):
        chosen = [index for index, one in enumerate(messages) if LAYOUTS[one.msg_type] == layout]
        if chosen:
            payloads = b"".join(messages[index].payload[: layout.chars] for index in chosen)
            six = SIX[np.frombuffer(payloads, np.uint8).reshape(len(chosen), layout.chars)]
            parts.append(decode(np.ascontiguousarray(six.T), layout))
            order.extend(chosen)
    rank = np.argsort(np.array(order))
    reports = Reports(*(np.concatenate(column)[rank] for column in zip(*parts, strict=True)))
    return position_columns(reports, _came(messages))


def _came(messages: Sequence[Message]) -> Came:
    flags = [one.heard.flags | (LONG if one.bits > LAYOUTS[one.msg_type].chars * 6 else 0) for one in messages]
    return Came(
        np.array([one.line for one in messages]),
        np.array([one.pos for one in messages]),
        np.array([one.heard.t_ms for one in messages]),
        np.array([TIME_FROM.index(one.heard.time_from) for one in messages]),
        np.array(flags),
        [one.channel or None for one in messages],
        [one.heard.station or None for one in messages],
    )


def _where(values: Ints, present: NDArray[np.bool_], scale: float = 1.0) -> Floats:
    return np.where(present, values / scale, np.nan)


def _speed(reports: Reports, coarse: NDArray[np.bool_]) -> Floats:
    speed = reports.speed
    return np.where(coarse, _where(speed, speed != 63), _where(speed, speed != 1023, 10.0))


def _course(reports: Reports, coarse: NDArray[np.bool_]) -> Floats:
    course = reports.course
    return np.where(coarse, _where(course, course < 360), _where(course, course < 3600, 10.0))


def _turn(reports: Reports) -> Floats:
    """Degrees a minute; 127 either way says only "faster than 5 degrees in 30 s", and -128 nothing."""
    turn = reports.turn
    told = (np.abs(turn) < 127) & np.isin(reports.msg_type, (1, 2, 3))
    return np.where(told, np.sign(turn) * (turn / _TURN_ROOT) ** 2, np.nan)
