"""Messages of every type through pyais: what ``fast`` does not own, and what ships say of themselves.

Source: ITU-R M.1371-5, annex 8; minimum lengths are those of the tables, 420 bits for type 5 as ships send it.
"""

from __future__ import annotations

import calendar
from typing import Any, NamedTuple

import msgspec
from pyais.bit_vector import int_bit_vector
from pyais.exceptions import AISBaseException
from pyais.messages import MSG_CLASS

MIN_BITS = {
    1: 168, 2: 168, 3: 168, 4: 168, 5: 420, 6: 88, 7: 72, 8: 56, 9: 168, 10: 72, 11: 168, 12: 72, 13: 72, 14: 40, 15: 88,
    16: 96, 17: 80, 18: 168, 19: 312, 20: 72, 21: 272, 22: 168, 23: 160, 24: 160, 25: 40, 26: 60, 27: 96,
}  # fmt: skip
MAX_BITS = 1_064
_PLACED = frozenset((4, 9, 11, 21))
# What pyais raises on bits that lie: it is somebody else's decoder, and no input may stop the stream.
_BROKEN = (AISBaseException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError)


class Read(NamedTuple):
    """A message: its type, fields as pyais names them."""

    msg_type: int
    fields: dict[str, Any]


class Unread(NamedTuple):
    """Why a message is refused."""

    code: str
    message: str


def checked(kind: int, length: int) -> Unread | None:
    """Return why a message of some bits cannot be of its type, None where it can."""
    if kind not in MIN_BITS:
        return Unread("type-unknown", f"AIS has no message type {kind}")
    if not MIN_BITS[kind] <= length <= MAX_BITS:
        return Unread("length-impossible", f"{length} bits; a message of type {kind} has {MIN_BITS[kind]} or more")
    return None


def decode(kind: int, payload: bytes, fill: int) -> Read | Unread:
    """Return the fields of a payload whose length is right for its type."""
    try:
        fields = MSG_CLASS[kind].from_vector(int_bit_vector(payload, fill)).asdict(enum_as_int=True)
    except _BROKEN as error:
        return Unread("message-unreadable", f"a message of type {kind} that cannot be read: {type(error).__name__}")
    return Read(kind, fields)


def placed(read: Read) -> bool:
    """Say whether a message tells where its sender is (position reports of ``fast`` aside)."""
    return read.msg_type in _PLACED


def static(read: Read) -> dict[str, Any] | None:
    """Return what a message says of the ship itself, by our column names; None where it says nothing of it."""
    if read.msg_type not in (5, 19, 21, 24):
        return None
    said, fields = {}, read.fields
    for name, theirs in (("call_sign", "callsign"), ("name", "shipname"), ("destination", "destination")):
        said[name] = _text(fields.get(theirs))
    said["name"] = said["name"] or _text(f"{fields.get('name') or ''}{fields.get('name_ext') or ''}")
    said["imo"] = fields.get("imo") or None
    said["ship_type"] = fields.get("ship_type") or None
    said["ais_version"] = fields.get("ais_version")
    said["draught_m"] = fields.get("draught") or None
    dims = [fields.get(f"to_{side}") for side in ("bow", "stern", "port", "starboard")]
    for column, value in zip("abcd", dims if any(dims) else [None] * 4, strict=True):
        said[f"dim_{column}"] = value
    said["eta"] = _eta(fields)
    return said


def json(read: Read) -> str:
    """Return all fields as JSON."""
    return msgspec.json.encode(read.fields).decode()


def base_ms(read: Read) -> int:
    """Return the instant a base station reports, -1 where it has none."""
    told = [read.fields.get(name) for name in ("year", "month", "day", "hour", "minute", "second")]
    if read.msg_type not in (4, 11) or not all(isinstance(one, int) for one in told):
        return -1
    year, month, day, hour, minute, second = (int(one or 0) for one in told)
    if not (year and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return -1
    if hour > 23 or minute > 59 or second > 59:
        return -1
    return calendar.timegm((year, month, day, hour, minute, second)) * 1_000


def _text(value: object) -> str | None:
    text = value.strip(" @") if isinstance(value, str) else ""
    return text or None


def _eta(fields: dict[str, Any]) -> str | None:
    """Month-day and time of arrival as sent; None where any part is not available."""
    month, day, hour, minute = (fields.get(name) for name in ("month", "day", "hour", "minute"))
    if not (month and day) or hour is None or minute is None or hour > 23 or minute > 59:
        return None
    return f"{month:02}-{day:02} {hour:02}:{minute:02}Z"
