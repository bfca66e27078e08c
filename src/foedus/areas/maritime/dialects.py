"""Dialects of AIS tables: which column is which field, how times and absent values are written.

Sources: header lines of the US MarineCadastre, Danish Maritime Authority and exactEarth files. Any other table needs a map from
the settings, or column names that say it plainly; those are reported as guessed. Day-first times are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from foedus.errors import FoedusError, InputError, UnsupportedFormat
from foedus.model import instant

FIELDS = (
    "mmsi", "t", "lat", "lon", "sog_kn", "cog_deg", "heading_deg", "turn_deg_min", "status", "imo", "call_sign", "name",
    "ship_type", "draught_m", "destination", "eta", "dim_a", "dim_b", "dim_c", "dim_d", "declared_flag", "source",
    "millisecond", "repeat", "msg_type",
)  # fmt: skip
NEEDED = ("mmsi", "t", "lat", "lon")
ISO, EPOCH = "iso", "epoch"
_PLAIN = {
    "mmsi": ("mmsi",),
    "t": ("t", "time", "timestamp", "basedatetime", "base_date_time", "datetime", "date_time_utc"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "longitude", "long"),
    "sog_kn": ("sog", "speed", "sog_kn"),
    "cog_deg": ("cog", "course", "cog_deg"),
    "heading_deg": ("heading", "true_heading", "heading_deg"),
    "name": ("name", "vesselname", "vessel_name", "shipname"),
    "imo": ("imo",),
    "call_sign": ("callsign", "call_sign"),
}
_DIGITS_FIRST = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")


class Dialect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a table is written.

    ``columns`` field → header, ``time_format`` ``iso``, ``epoch`` or as ``strptime``, ``zone`` of times that name none, ``knots``
    what one unit of speed is in knots, ``none`` texts that mean nothing is known.
    """

    columns: dict[str, str]
    time_format: str = ISO
    zone: str = "UTC"
    knots: float = 1.0
    delimiter: str = ","
    none: tuple[str, ...] = ("",)
    name: str = "map"


_MARINECADASTRE = Dialect(
    {
        "mmsi": "mmsi", "t": "basedatetime", "lat": "lat", "lon": "lon", "sog_kn": "sog", "cog_deg": "cog",
        "heading_deg": "heading", "name": "vesselname", "imo": "imo", "call_sign": "callsign", "ship_type": "vesseltype",
        "status": "status", "draught_m": "draft",
    },
    name="marinecadastre",
)  # fmt: skip
_DMA = Dialect(
    {
        "t": "# timestamp", "mmsi": "mmsi", "lat": "latitude", "lon": "longitude",
        "status": "navigational status", "turn_deg_min": "rot", "sog_kn": "sog", "cog_deg": "cog", "heading_deg": "heading",
        "imo": "imo", "call_sign": "callsign", "name": "name", "draught_m": "draught", "destination": "destination",
        "eta": "eta", "source": "data source type", "dim_a": "size a", "dim_b": "size b", "dim_c": "size c", "dim_d": "size d",
    },
    time_format="%d/%m/%Y %H:%M:%S",
    none=("", "unknown", "undefined", "unknown value"),
    name="dma",
)  # fmt: skip
_EXACTEARTH = Dialect(
    {
        "mmsi": "mmsi", "msg_type": "message_id", "repeat": "repeat_indicator", "t": "time", "millisecond": "millisecond",
        "lat": "latitude", "lon": "longitude", "sog_kn": "sog", "cog_deg": "cog", "heading_deg": "heading",
        "status": "nav_status", "imo": "imo", "call_sign": "call_sign", "name": "vessel_name", "destination": "destination",
        "draught_m": "draught", "ship_type": "ship_type",
    },
    time_format="%Y%m%d_%H%M%S",
    none=("", "none"),
    name="exactearth",
)  # fmt: skip
_KNOWN = (_MARINECADASTRE, _DMA, _EXACTEARTH)
_MARKS = ("basedatetime", "# timestamp", "message_id")


class Chosen(NamedTuple):
    """A dialect, and whether column names alone led to it."""

    dialect: Dialect
    guessed: bool = False


def dialect_of(header: list[str], settings: Mapping[str, Any]) -> Chosen:
    """Return the dialect of a table.

    Args:
        header: its column names.
        settings: ``columns`` (field → name) with ``time_format``, ``zone``, ``knots``, ``none``; nothing for known tables.

    Raises:
        InputError: the map in the settings is wrong.
        UnsupportedFormat: nothing says which column is which.
    """
    names = {one.strip().lower() for one in header}
    if settings.get("columns"):
        return Chosen(_mapped(names, settings))
    for mark, known in zip(_MARKS, _KNOWN, strict=True):
        if mark in names and "mmsi" in names:
            return Chosen(known)
    columns = {field: found for field, plain in _PLAIN.items() if (found := next((n for n in plain if n in names), ""))}
    missing = [field for field in NEEDED if field not in columns]
    if missing:
        raise UnsupportedFormat(
            f"no column says {', '.join(missing)}",
            code="columns-unknown",
            where="line 1",
            hint="say which is which: --columns mmsi=...,t=...,lat=...,lon=...",
        )
    return Chosen(Dialect(columns, name="by name"), guessed=True)


def _mapped(names: set[str], settings: Mapping[str, Any]) -> Dialect:
    given = {name: settings[name] for name in ("time_format", "zone", "knots", "delimiter", "none") if name in settings}
    columns = {field: str(name).strip().lower() for field, name in settings["columns"].items()}
    hint = f"fields: {', '.join(FIELDS)}"
    if unknown := [field for field in columns if field not in FIELDS]:
        raise InputError(f"no such field: {', '.join(unknown)}", code="columns-unknown", where="columns", hint=hint)
    if missing := [field for field in NEEDED if field not in columns]:
        raise InputError(f"the map lacks {', '.join(missing)}", code="columns-unknown", where="columns", hint=hint)
    if absent := [name for name in columns.values() if name not in names]:
        raise InputError(
            f"no such column: {', '.join(absent)}", code="columns-unknown", where="line 1", hint="see its header"
        )
    try:
        dialect = msgspec.convert({"columns": columns, **given}, Dialect)
        zone_of(dialect.zone)
    except (msgspec.ValidationError, ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError("settings of the table not understood", code="columns-unknown", where=str(error)) from error
    return dialect


def zone_of(name: str) -> Any:
    """Return the zone of a name such as ``UTC``, ``+09:00`` or ``Asia/Tokyo``."""
    match = re.fullmatch(r"([+-])(\d{2}):(\d{2})", name)
    if match:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(offset if match[1] == "+" else -offset)
    return ZoneInfo(name)


class Times:
    """Reads the times of a table; remembers the last one, for most rows of a minute say the same."""

    def __init__(self, dialect: Dialect) -> None:
        self._format = dialect.time_format
        self._zone = zone_of(dialect.zone)
        self._last = ("", -1)

    def ms(self, text: str) -> int:
        """Return a time in milliseconds, -1 where it is none in this format."""
        if text != self._last[0]:
            try:
                self._last = (text, self._read(text))
            except (ValueError, OverflowError, FoedusError):
                self._last = (text, -1)
        return self._last[1]

    def _read(self, text: str) -> int:
        if self._format == EPOCH:
            number = float(text)
            return round(number if number > 1e11 else number * 1_000)
        if self._format != ISO:
            at = datetime.strptime(text, self._format)  # noqa: DTZ007 — the zone follows
        elif _DIGITS_FIRST.match(text):
            return -1
        else:
            at = datetime.fromisoformat(text.strip().replace(" UTC", "Z"))
        return instant.to_us(at if at.tzinfo else at.replace(tzinfo=self._zone)) // 1_000
