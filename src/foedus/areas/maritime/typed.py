"""Tables whose columns have types: their rows as records, many at a time, by the rules of ``tables``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime import record
from foedus.areas.maritime.cells import Cells, Floats, Ints
from foedus.areas.maritime.dialects import Dialect, Times
from foedus.areas.maritime.record import POSITION, STATIC, TIME_FROM, Coded, Columns, Texts
from foedus.areas.maritime.tables import (
    ASTRAY,
    FUTURE,
    FUTURE_MS,
    NO_MMSI,
    NO_TIME,
    NOBODY,
    RECEIVERS,
    SAID,
    News,
    imo_number,
    late,
    status,
)  # fmt: skip
from foedus.engine.refused import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

_TABLE = TIME_FROM.index("table")
_WRONG = (NO_MMSI, NOBODY, NO_TIME, FUTURE, ASTRAY)
_TEXTS = ("call_sign", "name", "destination", "eta", "declared_flag")


class TypedTable:
    """Turns the rows of one table into batches.

    Args:
        dialect: how it is written.
        at_ms: instant of the run, after which no report can have been made; -1 unknown.
    """

    def __init__(self, dialect: Dialect, at_ms: int) -> None:
        self._dialect = dialect
        self._times = Times(dialect)
        self._at_ms = at_ms
        self._newest_ms = -1
        self._news = News()

    def read(self, columns: Mapping[str, pa.Array], rows: int, row: int) -> tuple[pa.RecordBatch | None, list[Refusal]]:
        """Return what some rows say and what is refused of them.

        Args:
            columns: arrays by field; texts as dictionaries.
            rows: how many.
            row: number of the first.
        """
        cells = Cells(columns, rows, self._dialect, self._times)
        held, words = self._positions(cells, row + np.arange(rows))
        wrong = self._wrong(held)
        refused = [
            _refused(columns, index, row + index, int(wrong[index])) for index in np.flatnonzero(wrong >= 0).tolist()
        ]
        good = np.flatnonzero(wrong < 0)
        if not len(good):
            return None, refused
        held, words = _taken((held, words), good)
        held["flags"], self._newest_ms = late(held["t"], self._newest_ms)
        static = _taken(_statics(cells), good)
        static = (
            {name: held[name] for name in ("mmsi", "t", "line", "pos", "flags", "time_from")} | static[0],
            static[1],
        )
        static[0]["what"] = np.full(len(good), STATIC)
        static[1]["receiver_type"] = words["receiver_type"]
        news = self._told(held["mmsi"], static)
        return record.batch(*record.joined([(held, words), _taken(static, news)])), refused

    def _positions(self, cells: Cells, line: Ints) -> tuple[Columns, Texts]:
        t, milliseconds = cells.instants(), cells.wholes("millisecond", 999)
        speed, course, heading = (cells.numbers(name) for name in ("sog_kn", "cog_deg", "heading_deg"))
        lat, lon = cells.numbers("lat"), cells.numbers("lon")
        nowhere = np.isnan(lat) | np.isnan(lon) | (lat == 91) | (lon == 181)
        lat[nowhere] = lon[nowhere] = np.nan
        held: Columns = {
            "mmsi": cells.wholes("mmsi", 999_999_999), "line": line, "pos": line, "lat": lat, "lon": lon,
            "t": np.where(t >= 0, t + np.maximum(milliseconds, 0), -1),
            "res_deg": np.where(nowhere, np.nan, cells.resolution()),
            "sog_kn": _within(speed * self._dialect.knots, 102.25),
            "cog_deg": _within(course, 360), "heading_deg": _within(heading, 360),
            "turn_deg_min": cells.numbers("turn_deg_min"), "status": cells.told("status", status, 14),
            "msg_type": cells.wholes("msg_type", 27), "repeat": cells.wholes("repeat", 3),
            "what": np.full(len(line), POSITION), "time_from": np.full(len(line), _TABLE),
        }  # fmt: skip
        return held, {"receiver_type": cells.texts("source", lambda said: RECEIVERS.get(said.lower()))}

    def _wrong(self, held: Columns) -> NDArray[np.int64]:
        """Which of ``_WRONG`` each row is; -1 for none."""
        made = np.full(len(held["mmsi"]), -1)
        made[(np.abs(held["lat"]) > 90) | (np.abs(held["lon"]) > 180)] = 4
        if self._at_ms >= 0:
            made[held["t"] > self._at_ms + FUTURE_MS] = 3
        made[held["t"] < 0] = 2
        made[held["mmsi"] == 0] = 1
        made[held["mmsi"] < 0] = 0
        return made

    def _told(self, mmsi: Ints, static: tuple[Columns, Texts]) -> Ints:
        """Rows in which a vessel says something new of itself: only what differs from its row before is looked at."""
        codes = [_coded(static, name) for name in SAID]
        some = np.flatnonzero(np.logical_or.reduce([column >= 0 for column in codes]))
        order = some[np.argsort(mmsi[some], kind="stable")]
        owner = mmsi[order]
        differs = np.append(True, owner[1:] != owner[:-1])[: len(order)]
        for column in codes:
            differs[1:] |= column[order][1:] != column[order][:-1]
        news = [
            index
            for index in np.sort(order[differs]).tolist()
            if self._news.is_news(int(mmsi[index]), tuple(_said(static, name, index) for name in SAID))
        ]
        return np.array(news, np.int64)


def _within(values: Floats, most: float) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.where((values >= 0) & (values < most), values, np.nan)


def _statics(cells: Cells) -> tuple[Columns, Texts]:
    """What rows say of the vessels themselves."""
    held: Columns = {"imo": cells.told("imo", imo_number, 9_999_999), "ship_type": cells.wholes("ship_type", 255)}
    held |= {name: np.where(values > 0, values, -1) for name, values in held.items()}
    draught = cells.numbers("draught_m")
    held["draught_m"] = np.where(draught == 0, np.nan, draught)
    held |= {name: cells.wholes(name, 511) for name in ("dim_a", "dim_b", "dim_c", "dim_d")}
    return held, {name: cells.texts(name) for name in _TEXTS}


def _coded(static: tuple[Columns, Texts], name: str) -> Ints:
    """A column as integers that are alike where its values are, and -1 where there is none."""
    held, words = static
    if name in words:
        return words[name].codes
    if name != "draught_m":
        return held[name]
    return np.where(np.isnan(held[name]), -1, np.ascontiguousarray(held[name]).view(np.int64) & ((1 << 62) - 1))


def _said(static: tuple[Columns, Texts], name: str, index: int) -> Any:
    held, words = static
    if name in words:
        code = int(words[name].codes[index])
        return words[name].names[code] if code >= 0 else None
    value = held[name][index].item()
    return None if value != value or value == -1 else value  # noqa: PLR0124 — NaN alone is not itself


def _taken(rows: tuple[Columns, Texts], chosen: Ints) -> tuple[Columns, Texts]:
    held, words = rows
    return (
        {name: values[chosen] for name, values in held.items()},
        {name: Coded(said.codes[chosen], said.names) for name, said in words.items()},
    )


def _refused(columns: Mapping[str, pa.Array], index: int, row: int, wrong: int) -> Refusal:
    """The refusal of a row, with its cells as JSON."""
    said = {field: column[index].as_py() for field, column in columns.items()}
    one = _WRONG[wrong]
    return Refusal(f"row {row}", one.code, one.message, one.hint, msgspec.json.encode(said))
