"""A hundred million positions, day by day on one machine: from Parquet through the room, and through the methods.

    python -m tests.bench.bench_maritime_flood [days] [vessels]

Each day is made when it is wanted, written as Parquet in memory, read by the room's ``ingest`` and concluded on by its ``analyse``
with the state of the day before; the same positions then go unsorted through gaps, jumps and rendezvous, with the last hours of
the day before in front of them. Vessels sail closed courses, so that a day goes on where the last one ended; some fall silent for
fourteen hours, some drift in pairs. Memory is what the process held at most, everything included.
"""

from __future__ import annotations

import io
import resource
import sys
import time
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.bench.measure import head, row

from foedus.areas import rooms
from foedus.areas.maritime.methods import encounters, gaps, jumps
from foedus.areas.maritime.methods.tracks import by_vessel, segment_all
from foedus.engine.run import HeldLayers, analyse, records_from

DAYS, VESSELS, A_DAY = 50, 2_000, 1_000
DAY_MS, STEP_MS, TAIL_MS = 86_400_000, 86_400, 6 * 3_600_000
START_MS = 1_780_272_000_000


def day(number: int, vessels: int) -> pa.Table:
    """Positions of a day in the order of a feed."""
    rng = np.random.default_rng(number)
    n = np.tile(np.arange(vessels), A_DAY)
    t = number * DAY_MS + np.repeat(np.arange(A_DAY), vessels) * STEP_MS + rng.integers(0, STEP_MS, len(n))
    heard = (n % 100 != 7) | (t % DAY_MS > 14 * 3_600_000)
    n, t = n[heard], t[heard]
    order = np.argsort(t, kind="stable")
    n, t = n[order], t[order]
    course = np.random.default_rng(0).uniform(0, 1, (4, vessels))[:, n // 2]
    turn = 2 * np.pi * (t / DAY_MS * 2 + course[3] + (n % 2) * 0.5 * (n % 20 > 1))
    drift = n % 20 <= 1
    reach = np.where(drift, 0.01, 0.9)
    noise = rng.normal(0, 2e-5, (2, len(n)))
    lat = -60 + 120 * course[0] + reach * np.sin(turn) + noise[0] + 0.001 * (n % 2)
    lon = -170 + 340 * course[1] + reach * np.cos(turn) + noise[1]
    at = pa.array(START_MS + t, pa.timestamp("ms", "UTC"))
    return pa.table({"mmsi": 201_000_000 + n * 317, "t": at, "lat": np.round(lat, 6), "lon": np.round(lon, 6)})


def fixes(table: pa.Table) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Columns as the methods take them."""
    rows = table.num_rows
    absent, t_ms = np.full(rows, np.nan), table["t"].cast(pa.int64()).to_numpy()
    held = {"t_ms": t_ms, "lat_deg": table["lat"].to_numpy(), "lon_deg": table["lon"].to_numpy()}
    held |= dict.fromkeys(("sog_kn", "cog_deg", "heading_deg"), absent)
    return table["mmsi"].to_numpy().astype(np.uint32), held | {
        "status": np.zeros(rows, np.uint8),
        "row": np.arange(rows),
    }


def resident_mb() -> float:
    """Most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(days: int = DAYS, vessels: int = VESSELS) -> None:
    room, state, tail = rooms()["maritime"], b"", None
    positions, found, met, peaks = 0, 0, 0, []
    read_s = concluded_s = methods_s = 0.0
    for number in range(days):
        table = day(number, vessels)
        held = io.BytesIO()
        pq.write_table(table, held)
        held.seek(0)
        begun = time.perf_counter()
        records = records_from(room.ingest(held, settings={}), "flood")
        read_s += time.perf_counter() - begun
        begun = time.perf_counter()
        at = datetime.fromtimestamp((START_MS + (number + 1) * DAY_MS) / 1000, UTC)
        run = analyse(room, records, settings={}, layers=HeldLayers(), state=state, at=at)
        found += sum(1 for _ in run)
        state = run.state
        concluded_s += time.perf_counter() - begun
        records = None
        both = table if tail is None else pa.concat_tables([tail, table])
        begun = time.perf_counter()
        tracks = segment_all(by_vessel(*fixes(both)))
        met += sum(len(method.find(tracks)) for method in (gaps, jumps, encounters))
        methods_s += time.perf_counter() - begun
        end = START_MS + (number + 1) * DAY_MS - TAIL_MS
        tail = table.filter(pa.compute.greater_equal(table["t"], pa.scalar(end, pa.timestamp("ms", "UTC"))))
        positions += table.num_rows
        peaks.append(resident_mb())
    head(f"Maritime flood: {positions:,} positions of {vessels:,} vessels, {days} days, one process")
    row("Parquet to records", f"{positions / read_s:,.0f} positions/s wall")
    row(
        f"records to findings, state carried ({found} found, {len(state):,} bytes of state)",
        f"{positions / concluded_s:,.0f} /s",
    )
    rate = positions / methods_s
    row(
        f"gaps, jumps, rendezvous, sort included ({met} found)",
        f"{rate:,.0f} /s",
        bar=">= 500,000 /s",
        met=rate >= 500_000,
    )
    row("memory at most", f"{peaks[-1]:,.0f} MB", bar="<= 4,096 MB", met=peaks[-1] <= 4096)
    third = max(1, days // 3)
    row(
        "after a third of the days, and grown since",
        f"{peaks[third - 1]:,.0f} MB, {peaks[-1] - peaks[third - 1]:,.0f} MB",
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
