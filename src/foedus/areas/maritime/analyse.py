"""Door ``analyse``: positions join what is remembered of each vessel, every method looks at the tracks, what changed is said.

A method is a module of ``methods`` with ``KIND``, ``SETTINGS`` and ``find``. However the input is cut, they see the same fixes
around an event; so the findings are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.areas.maritime import carried, outages, thresholds
from foedus.areas.maritime.carried import FIX, Table
from foedus.areas.maritime.conclude import received
from foedus.areas.maritime.layers import chart
from foedus.areas.maritime.nmea import instant_ms
from foedus.areas.maritime.watch import Watch
from foedus.areas.maritime.watchlist import watch as watched
from foedus.engine import documents
from foedus.model import instant
from foedus.model.finding import Finding
from foedus.model.room import Layers, Records, Settings

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 1_000_000
_SHIPS = (200_000_000, 799_999_999)


def analyse(
    records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
) -> Iterator[Finding | bytes]:
    """Conclude findings from records of AIS.

    Args:
        records: batches of ``record.schema()``, from one source.
        settings: ``owner`` (whose source it is); under a kind's name, thresholds of its method instead of its own;
            ``watermark`` (until when the sources were heard, where that is later than the last report) and ``outages``
            (source → spans in which it was not there).
        layers: zones, corridors, ports, shore, registers and watch lists; findings say which of them they lack.
        state: what this room last gave back; empty at first.
        at: instant of the run; ``modified`` of what is concluded.

    Yields:
        Documents in their order; findings that are new or changed, by their start; what is withdrawn; the new state.

    Raises:
        InputError: a threshold nobody knows.
        MalformedRecord: a layer file that is not understood.
    """
    run = Watch(
        outages.told(carried.restore(state), settings),
        records.source,
        str(settings.get("owner", "")),
        thresholds.chosen(settings),
        chart(layers),
        watched(layers),
    )
    if "watermark" in settings:
        run.goes_on(instant_ms(settings["watermark"]))
    for chunk in _chunks(records, run):
        if isinstance(chunk, Finding):
            yield chunk
        else:
            run.take(chunk)
            if len(chunk) == CHUNK:
                run.look(last=False)
    if not run.awake:  # documents only: nothing was heard, so nothing is remembered and nothing concluded
        return
    yield from run.conclude(instant.stix_text(at))
    yield carried.dump(run.state)


def _chunks(records: Records, watch: Watch) -> Iterator[Table | Finding]:
    """Yield documents as they come, and the fixes of ships in pieces of one size, however the batches are cut."""
    held: list[Table] = []
    rows = 0
    for batch in records.scan():
        if documents.is_documents(batch):
            yield from (received(one, records.source, pointer) for one, pointer in documents.read(batch))
            continue
        static = batch.filter(_is(batch, "static"))
        if static.num_rows:
            watch.learn(static)
        held.append(_fixes(batch.filter(_is(batch, "position")), watch.number()))
        rows += len(held[-1])
        while rows >= CHUNK:
            table = np.concatenate(held)
            yield table[:CHUNK]
            held, rows = [table[CHUNK:]], rows - CHUNK
    yield np.concatenate([np.zeros(0, FIX), *held])


def _is(batch: pa.RecordBatch, what: str) -> pa.Array:
    """Which rows are of a sort, told by the codes of the dictionary."""
    import pyarrow as pa  # noqa: PLC0415

    words = batch["what"].dictionary.to_pylist()
    return pa.array(batch["what"].indices.to_numpy() == (words.index(what) if what in words else -1))


def _fixes(batch: pa.RecordBatch, number: int) -> Table:
    def column(name: str, absent: float) -> Any:
        return batch[name].fill_null(absent).to_numpy(zero_copy_only=False)

    mmsi, lat, lon = column("mmsi", 0), column("lat", np.nan), column("lon", np.nan)
    chosen = ~np.isnan(lat) & ~np.isnan(lon) & (mmsi >= _SHIPS[0]) & (mmsi <= _SHIPS[1])
    table = np.zeros(int(chosen.sum()), FIX)
    table["mmsi"], table["lat"], table["lon"] = mmsi[chosen], lat[chosen], lon[chosen]
    table["t"] = batch["t"].cast("int64").to_numpy()[chosen]
    for name, column_name in (("sog", "sog_kn"), ("cog", "cog_deg"), ("heading", "heading_deg")):
        table[name] = column(column_name, np.nan)[chosen]
    table["status"], table["type"] = column("status", 15)[chosen], column("msg_type", 0)[chosen]
    table["pos"], table["src"] = column("pos", 0)[chosen], number
    return table
