"""Speed of the maritime methods, beside pandas with SciPy's k-d tree, and MovingPandas, on the same fixes in the same run.

    python -m tests.bench.bench_maritime_methods [directory with pandas, scipy, movingpandas in it]

Synthetic fixes: vessels under way, some hundred pairs that meet, a fleet at anchor. From unsorted columns to events; CPU and wall
seconds of this process, the median of three.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.bench.measure import cpu_s, head, row, wall_s

from foedus.areas.maritime.methods import circles, encounters, interference, jumps, loitering, twins
from foedus.areas.maritime.methods.observe import settle
from foedus.areas.maritime.methods.tracks import by_vessel, segment_all

DAY_MS = 86_400_000
START_MS = 1_780_272_000_000
R = 6_371_000.0


def fixes(vessels: int, days: float, seed: int = 1) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Columns of a feed in the order of time: a fifth of the vessels meets in pairs, a twentieth lies at one anchorage."""
    rng = np.random.default_rng(seed)
    parts = []
    for n in range(vessels):
        t = np.cumsum(rng.integers(40_000, 140_000, size=int(days * 960)))
        partner = n % 10 == 1
        if n % 10 <= 1 and n % 20 > 1:
            shared = np.random.default_rng(seed * 100_000 + n - partner)
            lat, lon = shared.uniform(-60, 60), shared.uniform(-180, 180)
            still = shared.uniform(0.2, 0.6) * days * DAY_MS
            away = np.maximum(np.abs(t - still) - shared.uniform(0.5, 3) * 3_600_000, 0) / 3_600_000
            side = (1 - 2 * partner) * np.sign(t - still)
            way = np.stack([0.0015 * partner + side * away * 0.12, side * away * 0.1])
        elif n % 20 == 10:
            lat, lon = 1.2 + rng.uniform(0, 0.08), 104.0 + rng.uniform(0, 0.08)
            way = np.zeros((2, len(t)))
        else:
            lat, lon = rng.uniform(-60, 60), rng.uniform(-180, 180)
            course = np.cumsum(rng.normal(0, 0.02, len(t)))
            step = np.diff(t, prepend=0) / 3_600_000 * rng.uniform(6, 18) / 60
            way = np.cumsum(np.stack([np.cos(course), np.sin(course)]) * step, axis=1)
        place = np.array([[lat], [lon]]) + way + rng.normal(0, 4e-5, (2, len(t)))
        parts.append((np.full(len(t), 201_000_000 + n * 317), START_MS + t, *place))
    mmsi, t_ms, lat, lon = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(t_ms, kind="stable")
    absent = np.full(len(order), np.nan)
    columns = {
        "t_ms": t_ms[order],
        "lat_deg": np.abs((lat[order] + 90) % 360 - 180) * -1 + 90,
        "lon_deg": (lon[order] + 180) % 360 - 180,
        **dict.fromkeys(("sog_kn", "cog_deg", "heading_deg"), absent),
        "status": np.zeros(len(order), dtype=np.uint8),
        "row": np.arange(len(order)),
    }
    return mmsi[order].astype(np.uint32), columns


def ours(mmsi: np.ndarray, columns: dict[str, np.ndarray], methods: list[Any]) -> list[Any]:
    tracks = segment_all(by_vessel(mmsi, columns))
    return settle([event for method in methods for event in method.find(tracks)])


def unit(lat: Any, lon: Any) -> np.ndarray:
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def peer_meetings(pd: Any, tree: Any, mmsi: np.ndarray, columns: dict[str, np.ndarray], *, idiom: bool) -> int:
    """The same definition in pandas with a k-d tree a tick, without the refined ends: meetings of at least two hours.

    Args:
        idiom: sample each vessel by itself, as pandas is used; else all at once with our arithmetic, in place of pandas.
    """
    table = pd.DataFrame({"mmsi": mmsi, "t": columns["t_ms"], "lat": columns["lat_deg"], "lon": columns["lon_deg"]})
    table = table.sort_values(["mmsi", "t"], ignore_index=True)
    if idiom:
        place, tick, owner = _resampled(table)
        return _meetings(pd, tree, place, tick, owner)
    xyz = unit(table["lat"].to_numpy(), table["lon"].to_numpy())
    t = table["t"].to_numpy()
    owner = table["mmsi"].to_numpy()
    grid = t // 600_000
    count = np.diff(grid)
    count[(np.diff(t) >= 3_600_000) | (owner[1:] != owner[:-1])] = 0
    at = np.repeat(np.arange(len(count)), count)
    tick = grid[at] + 1 + np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    part = ((tick * 600_000 - t[at]) / (t[at + 1] - t[at]))[:, None]
    place = xyz[at] * (1 - part) + xyz[at + 1] * part
    return _meetings(pd, tree, place, tick, owner[at].astype(np.int64))


def _resampled(table: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each vessel at ten-minute ticks between fixes less than an hour apart: groupby and interpolate."""
    places, ticks, owners = [], [], []
    for mmsi, rows in table.groupby("mmsi", sort=True):
        t = rows["t"].to_numpy()
        xyz = unit(rows["lat"].to_numpy(), rows["lon"].to_numpy())
        tick = np.arange(t[0] // 600_000 + 1, t[-1] // 600_000 + 1)
        next_fix = np.searchsorted(t, tick * 600_000)
        tick = tick[t[next_fix] - t[next_fix - 1] < 3_600_000]
        places.append(np.stack([np.interp(tick * 600_000, t, xyz[:, axis]) for axis in range(3)], axis=1))
        ticks.append(tick)
        owners.append(np.full(len(tick), mmsi, dtype=np.int64))
    return np.concatenate(places), np.concatenate(ticks), np.concatenate(owners)


def _meetings(pd: Any, tree: Any, place: np.ndarray, tick: np.ndarray, owner: np.ndarray) -> int:
    """Pairs by a k-d tree a tick, runs, sums and speeds by groupby."""
    ticks = pd.DataFrame({"tick": tick, "mmsi": owner, "n": np.arange(len(tick))})
    reach = 2 * np.sin(500 / R / 2)
    found = []
    for _, rows in ticks.groupby("tick", sort=True)["n"]:
        index = rows.to_numpy()
        pairs = tree(place[index]).query_pairs(reach, output_type="ndarray")
        if len(pairs):
            found.append(index[pairs])
    both = np.concatenate(found)
    swap = ticks["mmsi"].to_numpy()[both[:, 0]] > ticks["mmsi"].to_numpy()[both[:, 1]]
    both[swap] = both[swap][:, ::-1]
    near = pd.DataFrame(
        {"a": owner[both[:, 0]], "b": owner[both[:, 1]], "tick": tick[both[:, 0]], "i": both[:, 0], "j": both[:, 1]}
    )
    near = near.sort_values(["a", "b", "tick"], ignore_index=True)
    new = (near["tick"].diff() != 1) | (near["a"].diff() != 0) | (near["b"].diff() != 0)
    near["run"] = new.cumsum()
    for side in ("i", "j"):
        spot = place[near[side].to_numpy()]
        gone = np.r_[np.nan, np.linalg.norm(np.diff(spot, axis=0), axis=1) * R / 600 / (1852 / 3600)]
        near["v" + side] = np.where(new, np.nan, gone)
    runs = near.groupby("run").agg(a=("a", "first"), b=("b", "first"), start=("tick", "first"), end=("tick", "last"))
    runs = runs[runs["end"] - runs["start"] >= 3]
    apart = (runs["a"].diff() != 0) | (runs["b"].diff() != 0) | (runs["start"] - runs["end"].shift() >= 24)
    runs["meeting"] = apart.cumsum()
    runs["ticks"] = runs["end"] - runs["start"]
    near = near.merge(runs[["meeting"]], left_on="run", right_index=True)
    sums = runs.groupby("meeting")["ticks"].sum()
    speed = near.groupby("meeting")[["vi", "vj"]].median()
    return int(((sums >= 12) & (speed.max(axis=1) < 2)).sum())


def peers(directory: str) -> tuple[Any, Any, Any]:
    """pandas, SciPy's tree and MovingPandas, or None for what is not there."""
    sys.path.append(directory)
    held = []
    for name in ("pandas", "scipy.spatial", "movingpandas"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                held.append(__import__(name, fromlist=["x"]))
        except ImportError:
            held.append(None)
    return held[0], held[1] and held[1].cKDTree, held[2]


def moving(mpd: Any, pd: Any, mmsi: np.ndarray, columns: dict[str, np.ndarray]) -> int:
    """MovingPandas: build, speeds, split at gaps."""
    from datetime import timedelta

    table = pd.DataFrame(
        {
            "mmsi": mmsi,
            "t": pd.to_datetime(columns["t_ms"], unit="ms"),
            "x": columns["lon_deg"],
            "y": columns["lat_deg"],
        }
    )
    held = mpd.TrajectoryCollection(table, "mmsi", t="t", x="x", y="y")
    held.add_speed(overwrite=True)
    return len(mpd.ObservationGapSplitter(held).split(gap=timedelta(hours=12)).trajectories)


def gaps_and_speeds(mmsi: np.ndarray, columns: dict[str, np.ndarray]) -> int:
    """Ours for the same: sort, tracks, speed of every step, silences of twelve hours."""
    from foedus.areas.maritime.methods.sphere import steps_m
    from foedus.areas.maritime.methods.ticks import flat

    held = flat(segment_all(by_vessel(mmsi, columns)))
    wait = np.diff(held.t_ms)
    with np.errstate(divide="ignore", invalid="ignore"):
        speeds = steps_m(held.xyz()) / wait * 1000
    return int(np.isfinite(speeds).sum()) and int((wait > 12 * 3_600_000).sum())


def main(directory: str = "") -> None:
    pd, tree, mpd = peers(directory)
    warnings.simplefilter("ignore")
    mmsi, columns = fixes(1000, 1.0)
    size = len(mmsi)
    head(f"Maritime methods: {size:,} fixes of 1,000 vessels, in the order of a feed")
    _rates(mmsi, columns)
    count = len(ours(mmsi, columns, [encounters]))
    run: Callable[[], object] = lambda: ours(mmsi, columns, [encounters])  # noqa: E731
    mine = cpu_s(run)
    if tree is None:
        row(f"rendezvous, {count} found", f"{size / mine:,.0f} /CPU-s", peer="pandas or SciPy is not there")
    else:
        for idiom, name in ((True, "a vessel at a time"), (False, "sampled by our arithmetic")):
            their = cpu_s(lambda idiom=idiom: peer_meetings(pd, tree, mmsi, columns, idiom=idiom))
            found = peer_meetings(pd, tree, mmsi, columns, idiom=idiom)
            peer = f"pandas + cKDTree, {name}: {size / their:,.0f} /CPU-s, {found} found: {their / mine:.1f}x"
            row(
                f"rendezvous, {count} found",
                f"{size / mine:,.0f} /CPU-s",
                peer=peer,
                bar=">= 10x",
                met=their >= 10 * mine,
            )
    mine = cpu_s(lambda: gaps_and_speeds(mmsi, columns))
    if mpd is None:
        row("gaps and speeds", f"{size / mine:,.0f} /CPU-s", peer="MovingPandas is not there")
    else:
        part, some = fixes(60, 1.0)
        rate = len(part) / cpu_s(lambda: moving(mpd, pd, part, some), 1)
        peer = f"MovingPandas {rate:,.0f} /CPU-s (60 vessels): {size / mine / rate:.0f}x"
        row("gaps and speeds", f"{size / mine:,.0f} /CPU-s", peer=peer, bar=">= 100x", met=size / mine >= 100 * rate)


def _rates(mmsi: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    some = [jumps, encounters]
    name = "tracks, jumps, rendezvous"
    try:
        from foedus.areas.maritime.methods import gaps

        some, name = [gaps, *some], f"gaps, {name}"
    except ImportError:
        pass
    rate = len(mmsi) / wall_s(lambda: ours(mmsi, columns, some))
    row(f"{name}, sort included", f"{rate:,.0f} positions/s wall", bar=">= 500,000 /s", met=rate >= 500_000)
    several = [*some, loitering, circles, twins, interference]
    rate = len(mmsi) / wall_s(lambda: ours(mmsi, columns, several))
    row(
        "and loitering, circles, twins, areas",
        f"{rate:,.0f} positions/s wall",
        bar=">= 500,000 /s",
        met=rate >= 500_000,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
