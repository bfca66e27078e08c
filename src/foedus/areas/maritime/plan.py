"""Door ``plan``: methods as kernels over key partitions of the room's Parquet files, for records that outgrow one process.

Gaps are found vessel by vessel. Encounters go in three steps: each vessel's tracks are sampled at ticks; within a cell of an
hour and a degree of latitude (with a margin, so that no edge parts two ships) it is told who is near whom; then each pair is
looked at as a whole, by the method itself. So the events are those of the methods over everything at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np

from foedus.areas.maritime import carried, outages, thresholds
from foedus.areas.maritime.carried import FIX, Table
from foedus.areas.maritime.methods import encounters, gaps
from foedus.areas.maritime.methods.event import Event, Fixes
from foedus.areas.maritime.methods.ticks import Ticks, flat, pairs, sample
from foedus.areas.maritime.methods.tracks import segment
from foedus.engine.kernels import Runner, Source, Stage, Wanted
from foedus.model.room import Settings

if TYPE_CHECKING:
    import pyarrow as pa

Held = TypeVar("Held")

KINDS = (gaps.KIND, encounters.KIND)
SHIPS = (200_000_000, 799_999_999)
TICKS_A_CELL = 6
_SRC_BITS = 44
_MARGIN_M = 111_000.0
_NUMBERS = ("sog", "cog", "heading")
_BLOCK = 100_000
_IN_TIME = ("t", "src", "pos")
_HEARD = ("block", "heard", "newest")
_CELLS = ("block", "band", "tick", "mmsi", "track", *"xyz")


def events(runner: Runner[Held], sources: Sequence[Source], settings: Settings) -> pa.Table:
    """Return the events in records, by start.

    Args:
        runner: what runs the stages.
        sources: files of records of ``record.schema()``; others are left out.
        settings: under a kind's name, thresholds of its method instead of its own.

    Returns:
        kind, mmsi, other (0: nobody), from_ms, to_ms, and ``said``, the event as JSON; its ``rows`` are
        ``src << 44 | pos`` of the records it rests on.
    """
    positions = runner.read(sources, _wanted())
    chosen = thresholds.chosen(settings)
    found = _listened(runner, positions, chosen[gaps.KIND])
    found.append(runner.collect(_met(runner, positions, chosen[encounters.KIND])))
    import pyarrow as pa  # noqa: PLC0415

    every = pa.concat_tables([one.select(_events().names).cast(_events()) for one in found])
    return every.sort_by([(name, "ascending") for name in ("from_ms", "kind", "mmsi", "other", "said")])


def _listened(runner: Runner[Held], positions: Held, settings: Mapping[str, float]) -> list[pa.Table]:
    """Gaps, without the silences in which nobody around was heard."""
    heard = runner.run(positions, Stage(("mmsi",), _IN_TIME, _hearing, _schema(*_HEARD)))
    told = runner.collect(runner.run(heard, Stage(("block",), ("heard", "newest"), _together, _schema(*_HEARD))))
    hearing, newest = np.sort(told["heard"].to_numpy()), told["newest"].to_numpy()
    limits = {**settings, gaps.DATA_END: float(newest.max()) if len(newest) else -1.0}
    silences = runner.run(positions, Stage(("mmsi",), _IN_TIME, partial(_gaps, settings=limits), _events()))
    found = runner.collect(silences)
    silent = [msgspec.json.decode(said, type=Event) for said in found["said"].to_pylist()]
    listening = outages.Listening(hearing)
    stand = [outages.stands(one, int(limits[gaps.DATA_END]), listening, limits) for one in silent]
    return [found.filter(stand)] if stand else []


def _met(runner: Runner[Held], positions: Held, settings: Mapping[str, float]) -> Held:
    """Encounters."""
    cells = Stage(("mmsi",), _IN_TIME, partial(_cells, settings=settings), _schema(*_CELLS))
    near = partial(_near, within_m=settings["distance_m"])
    near_in_cell = Stage(("block", "band"), ("tick", "mmsi", "track"), near, _schema("one", "two"))
    couples = runner.unique(runner.run(runner.run(positions, cells), near_in_cell))
    one, two = (_by_end(runner, couples, end) for end in ("one", "two"))
    couple = runner.join(positions, runner.both(one, two), "mmsi")
    meetings = Stage(("one", "two"), ("mmsi", *_IN_TIME), partial(_meetings, settings=settings), _events())
    return runner.run(couple, meetings)


def _by_end(runner: Runner[Held], couples: Held, end: str) -> Held:
    """Couples, by one of the two."""
    return runner.run(couples, Stage((end,), ("one", "two"), partial(_end, end=end), _schema("mmsi", "one", "two")))


# kernels


def _hearing(part: pa.Table) -> pa.Table:
    """In which hours a vessel was heard where, and when last."""
    table = _table(part)
    heard = carried.hearing(table)
    newest = int(table["t"].max()) if len(table) else -1
    return _columns(*_HEARD, values=[heard // _BLOCK, heard, np.full(len(heard), newest)])


def _together(part: pa.Table) -> pa.Table:
    """In which hours anybody was heard where, and when the last of them was."""
    heard = np.unique(part["heard"].to_numpy())
    newest = int(part["newest"].to_numpy().max())
    return _columns(*_HEARD, values=[heard // _BLOCK, heard, np.full(len(heard), newest)])


def _gaps(part: pa.Table, settings: Mapping[str, float]) -> pa.Table:
    return _said(gaps.find(_vessel(part), settings))


def _cells(part: pa.Table, settings: Mapping[str, float]) -> pa.Table:
    """A vessel's places at ticks, in every cell that they are in or near."""
    tracks = [track for fixes in _vessel(part) for track in segment(fixes).tracks]
    ticks = sample(flat(tracks), round(settings["tick_min"] * 60_000), round(settings["fix_apart_max_h"] * 3_600_000))
    lat = np.degrees(np.arcsin(np.clip(ticks.xyz[:, 2], -1, 1)))
    margin = settings["distance_m"] / _MARGIN_M
    rows, bands = [], []
    for way in (-1, 0, 1):
        band = np.floor(lat + way * margin).astype(np.int64)
        new = np.flatnonzero(band != np.floor(lat).astype(np.int64)) if way else np.arange(len(lat))
        rows.append(new)
        bands.append(band[new])
    row, band = np.concatenate(rows), np.concatenate(bands)
    mmsi = np.full(len(row), part["mmsi"][0].as_py())
    held = [ticks.tick[row] // TICKS_A_CELL, band, ticks.tick[row], mmsi, ticks.track[row].astype(np.int64)]
    places = [ticks.xyz[row, axis] for axis in range(3)]
    return _columns(*_CELLS, values=[*held, *places])


def _near(part: pa.Table, within_m: float) -> pa.Table:
    """Who is near whom in a cell."""
    tick, mmsi, track = (part[name].to_numpy() for name in ("tick", "mmsi", "track"))
    xyz = np.stack([part[name].to_numpy() for name in "xyz"], axis=1)
    _, number = np.unique(np.stack([mmsi, track]), axis=1, return_inverse=True)
    nothing = np.zeros(len(tick))
    held = Ticks(tick, number.astype(np.int32), xyz, np.zeros(len(tick), np.int64), nothing)
    left, right = pairs(held, within_m)
    one, two = np.minimum(mmsi[left], mmsi[right]), np.maximum(mmsi[left], mmsi[right])
    found = np.unique(np.stack([one, two])[:, one != two], axis=1)
    return _columns("one", "two", values=list(found))


def _end(part: pa.Table, end: str) -> pa.Table:
    """The same couples under the name of one of the two."""
    return _columns("mmsi", "one", "two", values=[part[name].to_numpy() for name in (end, "one", "two")])


def _meetings(part: pa.Table, settings: Mapping[str, float]) -> pa.Table:
    tracks = [track for fixes in _vessel(part) for track in segment(fixes).tracks]
    return _said(encounters.find(tracks, settings))


# what kernels are made of


def _wanted() -> Wanted:
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it is used)

    whole, real, single = pa.int64(), pa.float64(), pa.float32()
    columns = {"mmsi": whole, "t": whole, "lat": real, "lon": real, "sog_kn": single, "cog_deg": single}
    columns |= {"heading_deg": single, "status": whole, "pos": whole}
    return Wanted(columns, ("what", "position"))


def _schema(*names: str) -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema([(name, pa.float64() if name in "xyz" else pa.int64()) for name in names])


def _events() -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415

    text, whole = pa.string(), pa.int64()
    return pa.schema(
        [("kind", text), *((name, whole) for name in ("mmsi", "other", "from_ms", "to_ms")), ("said", text)]
    )


def _columns(*names: str, values: Sequence[Any]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    return pa.Table.from_arrays([pa.array(value) for value in values], schema=_schema(*names))


def _said(found: Sequence[Event]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    rows = [
        (one.kind, one.mmsis[0], [*one.mmsis, 0][1], one.from_ms, one.to_ms, msgspec.json.encode(one).decode())
        for one in found
    ]
    schema = _events()
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _table(part: pa.Table) -> Table:
    """The fixes of ships with a place, each once."""
    numbers = {
        name: part[name].fill_null(np.nan).to_numpy() for name in ("lat", "lon", "sog_kn", "cog_deg", "heading_deg")
    }
    mmsi = part["mmsi"].to_numpy()
    chosen = ~np.isnan(numbers["lat"]) & ~np.isnan(numbers["lon"]) & (mmsi >= SHIPS[0]) & (mmsi <= SHIPS[1])
    made = np.zeros(int(chosen.sum()), FIX)
    for name, values in zip(("lat", "lon", *_NUMBERS), numbers.values(), strict=True):
        made[name] = values[chosen]
    made["mmsi"], made["t"] = mmsi[chosen], part["t"].to_numpy()[chosen]
    made["status"] = part["status"].fill_null(15).to_numpy()[chosen]
    made["src"], made["pos"] = part["src"].to_numpy()[chosen], part["pos"].fill_null(0).to_numpy()[chosen]
    return carried.joined(np.zeros(0, FIX), made)[0]


def _vessel(part: pa.Table) -> list[Fixes]:
    """The fixes of each vessel; ``row`` names the record in all of the files."""
    table = _table(part)
    names = (table["src"].astype(np.int64) << _SRC_BITS) + table["pos"].astype(np.int64)
    return [fixes._replace(row=names[fixes.row]) for fixes in carried.tracks(table)]
