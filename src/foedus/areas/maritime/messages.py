"""Messages as rows: what ships say of themselves, base stations, aids and aircraft, and all else as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from foedus.areas.maritime import full
from foedus.areas.maritime.fast import Found
from foedus.areas.maritime.lines import Block
from foedus.areas.maritime.nmea import Heard, Message
from foedus.areas.maritime.positions import Came
from foedus.areas.maritime.record import FULL, OTHER, POSITION, REPEATED, STATIC, TIME_FROM, Row
from foedus.engine.refused import Refusal

_NAMED = 19


def rows_of(one: Message) -> Iterator[Row | Refusal]:
    """Yield the rows of a message; the position of a report that ``fast`` owns is not among them."""
    wrong = full.checked(one.msg_type, one.bits)
    if wrong is None and one.is_plain and one.msg_type != _NAMED:
        return
    read = wrong or full.decode(one.msg_type, one.payload, one.fill)
    if isinstance(read, full.Unread):
        yield Refusal(f"line {one.line}", read.code, read.message, "", one.payload)
        return
    came = {"pos": one.pos, "channel": one.channel or None, "station": one.heard.station or None}
    base_ms = full.base_ms(read)
    common = _common(read, came, one.heard)
    said = full.static(read)
    if full.placed(read):
        yield _row(POSITION, one, common | _place(read), base_ms)
    if said is not None:
        yield _row(STATIC, one, common | said)
    if said is None and not full.placed(read):
        yield _row(OTHER, one, common | {"json": full.json(read)})


def named(found: Found, block: Block, came: Came) -> Iterator[Row | Refusal]:
    """Yield the static rows of plain reports of type 19, which carry name and size."""
    for index in (found.reports.msg_type == _NAMED).nonzero()[0].tolist():
        mark = int(found.mark[index])
        payload = block.raw[mark : block.raw.index(b"\n", mark)].split(b",")[5]
        station = came.station[index] if came.station else None
        heard = Heard(int(came.received_ms[index]), TIME_FROM[int(came.time_from[index])], station or "")
        yield from rows_of(
            Message(heard, came.channel[index] or "", payload, 0, int(came.line[index]), int(came.pos[index]))
        )


def _row(what: int, one: Message, values: dict[str, Any], base_ms: int = -1) -> Row:
    return Row(what, one.line, values, one.heard.t_ms, TIME_FROM.index(one.heard.time_from), base_ms)


def _common(read: full.Read, came: dict[str, Any], heard: Heard) -> dict[str, Any]:
    repeat = read.fields.get("repeat") or 0
    return came | {
        "mmsi": int(read.fields.get("mmsi") or 0),
        "msg_type": read.msg_type,
        "repeat": repeat,
        "flags": heard.flags | (REPEATED if repeat else 0),
    }


def _place(read: full.Read) -> dict[str, Any]:
    """Position columns of base stations, aids to navigation and aircraft, on the grid of the standard."""
    fields = read.fields
    lat, lon = fields.get("lat"), fields.get("lon")
    if lat is None or lon is None or lat == 91.0 or lon == 181.0:
        lat = lon = None
    speed, course, second = fields.get("speed"), fields.get("course"), fields.get("second")
    return {
        "lat": None if lat is None else round(lat * FULL) / FULL,
        "lon": None if lon is None else round(lon * FULL) / FULL,
        "res_deg": 1 / FULL,
        "sog_kn": speed if speed is not None and speed < 1023 else None,
        "cog_deg": course if course is not None and course < 360 else None,
        "second": second if second is not None and read.msg_type in (9, 21) else None,
        "accuracy": fields.get("accuracy"),
        "raim": fields.get("raim"),
    }
