"""Tables of AIS: rows of positions, and a static row whenever a vessel says something else of itself."""

from __future__ import annotations

import csv
from collections import OrderedDict
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime import record
from foedus.areas.maritime.clock import LATE_MS
from foedus.areas.maritime.dialects import Dialect, Times
from foedus.areas.maritime.lines import Block
from foedus.areas.maritime.record import LATE, POSITION, STATIC, TIME_FROM, Row
from foedus.engine.refused import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

FUTURE_MS = 3_600_000
MAX_LINE = 8_192
MAX_VESSELS = 100_000
_TABLE = TIME_FROM.index("table")
_STATUS = (
    "under way using engine", "at anchor", "not under command", "restricted maneuverability", "constrained by her draught",
    "moored", "aground", "engaged in fishing", "under way sailing",
)  # fmt: skip
RECEIVERS = {
    "ais": None,
    "s-ais": "satellite",
    "satellite": "satellite",
    "terrestrial": "terrestrial",
    "t-ais": "terrestrial",
}
SAID = (
    "imo", "call_sign", "name", "ship_type", "draught_m", "destination", "eta", "dim_a", "dim_b", "dim_c", "dim_d",
    "declared_flag",
)  # fmt: skip


class Wrong(NamedTuple):
    """Why a row is refused."""

    code: str
    message: str
    hint: str = ""


NO_MMSI = Wrong("mmsi-malformed", "no MMSI: up to nine digits")
NOBODY = Wrong("mmsi-none", "MMSI 0 is nobody's")
NO_TIME = Wrong(
    "time-malformed",
    "the time cannot be read",
    "say how times are written: time_format in the settings; day first is never guessed",
)
FUTURE = Wrong("time-future", "made after the instant of this run")
ASTRAY = Wrong("position-impossible", "a place that is not on the earth")


class News:
    """Remembers what vessels last said of themselves."""

    def __init__(self) -> None:
        self._said: OrderedDict[int, tuple[Any, ...]] = OrderedDict()

    def is_news(self, mmsi: int, said: tuple[Any, ...]) -> bool:
        """Remember what a vessel says; return whether it says something, and something else than before."""
        if all(value is None for value in said) or self._said.get(mmsi) == said:
            return False
        self._said[mmsi] = said
        self._said.move_to_end(mmsi)
        if len(self._said) > MAX_VESSELS:
            self._said.popitem(last=False)
        return True


class Table:
    """Turns the rows of one table into batches.

    Args:
        header: column names.
        dialect: how it is written.
        at_ms: instant of the run, after which no report can have been made; -1 unknown.
    """

    def __init__(self, header: list[str], dialect: Dialect, at_ms: int) -> None:
        places = {name.strip().lower(): index for index, name in enumerate(header)}
        self._places = {field: places[name] for field, name in dialect.columns.items() if name in places}
        self._width = len(header)
        self._dialect = dialect
        self._none = {text.lower() for text in dialect.none}
        self._times = Times(dialect)
        self._at_ms = at_ms
        self._newest_ms = -1
        self._news = News()

    def read(self, block: Block) -> tuple[pa.RecordBatch | None, list[Refusal]]:
        """Return a block's rows and what is refused of it."""
        rows: list[Row] = []
        refused: list[Refusal] = []
        pos = block.offset
        for number, raw in enumerate(block.raw.split(b"\n")[:-1], block.line):
            text = raw.rstrip(b"\r")
            found = self._row(text, number, pos) if text.strip() and number > 1 else ()
            pos += len(raw) + 1
            if isinstance(found, Wrong):
                refused.append(Refusal(f"line {number}", found.code, found.message, found.hint, text))
            else:
                rows.extend(found)
        if not rows:
            return None, refused
        held = record.columns(rows)
        held["t"] = held["received_ms"]
        held["flags"], self._newest_ms = late(held["t"], self._newest_ms)
        return record.batch(held, record.texts(rows)), refused

    def _row(self, raw: bytes, number: int, pos: int) -> list[Row] | Wrong:
        if len(raw) > MAX_LINE:
            return Wrong("line-too-long", f"a row of more than {MAX_LINE:,} bytes")
        try:
            cells = next(csv.reader([raw.decode()], delimiter=self._dialect.delimiter, strict=True))
        except (UnicodeDecodeError, csv.Error, StopIteration):
            return Wrong("row-malformed", "not a row of UTF-8 text with quotes closed")
        if len(cells) != self._width:
            return Wrong("row-malformed", f"{len(cells)} cells under {self._width} names")
        said = {field: self._cell(cells[place]) for field, place in self._places.items()}
        mmsi, t_ms = whole(said.get("mmsi"), 999_999_999), self._times.ms(said.get("t") or "")
        wrong = self._wrong(mmsi, t_ms)
        if wrong is not None:
            return wrong
        place = _place(said)
        if isinstance(place, Wrong):
            return place
        t_ms += whole(said.get("millisecond"), 999) or 0
        values = {
            "mmsi": mmsi,
            "pos": pos,
            "flags": 0,
            "receiver_type": RECEIVERS.get((said.get("source") or "").lower()),
        }
        made = [Row(POSITION, number, values | place | self._moving(said), t_ms, _TABLE)]
        static = _static(said)
        if mmsi is not None and self._news.is_news(mmsi, tuple(static.values())):
            made.append(Row(STATIC, number, values | static, t_ms, _TABLE))
        return made

    def _cell(self, text: str) -> str | None:
        held = text.strip()
        return None if held.lower() in self._none else held

    def _wrong(self, mmsi: int | None, t_ms: int) -> Wrong | None:
        if mmsi is None:
            return NO_MMSI
        if mmsi == 0:
            return NOBODY
        if t_ms < 0:
            return NO_TIME
        if 0 <= self._at_ms < t_ms - FUTURE_MS:
            return FUTURE
        return None

    def _moving(self, said: dict[str, str | None]) -> dict[str, Any]:
        speed = number(said.get("sog_kn"))
        knots = None if speed is None else speed * self._dialect.knots
        course, heading = number(said.get("cog_deg")), number(said.get("heading_deg"))
        return {
            "sog_kn": knots if knots is not None and 0 <= knots < 102.25 else None,
            "cog_deg": course if course is not None and 0 <= course < 360 else None,
            "heading_deg": heading if heading is not None and 0 <= heading < 360 else None,
            "turn_deg_min": number(said.get("turn_deg_min")),
            "status": status(said.get("status")),
            "msg_type": whole(said.get("msg_type"), 27),
            "repeat": whole(said.get("repeat"), 3),
        }


def late(t: NDArray[np.int64], newest_ms: int) -> tuple[NDArray[np.int64], int]:
    """Return the flags of reports that come long after later ones, and the instant of the latest."""
    newest = np.maximum(np.maximum.accumulate(t), newest_ms)
    return np.where(newest - t > LATE_MS, LATE, 0), int(newest[-1])


def _place(said: dict[str, str | None]) -> dict[str, Any] | Wrong:
    lat, lon = number(said.get("lat")), number(said.get("lon"))
    if lat is None or lon is None or lat == 91 or lon == 181:
        return {"lat": None, "lon": None}
    if abs(lat) > 90 or abs(lon) > 180:
        return ASTRAY
    return {"lat": lat, "lon": lon, "res_deg": max(_resolution(said["lat"]), _resolution(said["lon"]))}


def _resolution(text: str | None) -> float:
    """Degrees of the last digit written."""
    return 10.0 ** -len((text or "").partition(".")[2])


def _static(said: dict[str, str | None]) -> dict[str, Any]:
    """What a row says of the vessel itself."""
    held: dict[str, Any] = {name: said.get(name) for name in SAID}
    held["imo"] = imo_number(said.get("imo"))
    held["ship_type"] = whole(said.get("ship_type"), 255) or None
    held["draught_m"] = number(said.get("draught_m")) or None
    for name in ("dim_a", "dim_b", "dim_c", "dim_d"):
        held[name] = whole(said.get(name), 511)
    return held


def imo_number(text: str | None) -> int | None:
    """Return an IMO number, which may stand as ``IMO9627980``; 0 is none."""
    return whole((text or "").upper().removeprefix("IMO").strip(), 9_999_999) or None


def status(text: str | None) -> int | None:
    """Return a navigational status by its number or its words."""
    if text is None:
        return None
    known = whole(text, 14)
    return (
        known if known is not None else next((code for code, word in enumerate(_STATUS) if word == text.lower()), None)
    )


def number(text: str | None) -> float | None:
    """Return a finite number, None where a text is none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) else None


def whole(text: str | None, most: int) -> int | None:
    """A whole number from 0 to a limit; ``70.0`` is 70, as some tables write it."""
    value = number(text)
    return int(value) if value is not None and 0 <= value <= most and value == int(value) else None


def header_of(head: bytes, delimiter: str = ",") -> list[str]:
    """Return the column names of a table; empty where its first line is none."""
    line = head.partition(b"\n")[0].removeprefix(b"\xef\xbb\xbf").rstrip(b"\r")
    try:
        return next(csv.reader([line.decode()], delimiter=delimiter, strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return []
