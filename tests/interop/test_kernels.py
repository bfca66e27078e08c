"""Methods as kernels over key partitions: the events of everything at once, in this process and by Spark, record for record."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.maritime.scenes import scene
from tests.unit.cli.conftest import refused, told
from tests.unit.node import persons

from foedus.areas import plan as door_of
from foedus.areas import rooms
from foedus.areas.maritime import carried, outages, plan, record
from foedus.areas.maritime.methods import encounters, gaps
from foedus.areas.maritime.methods.tracks import segment_all
from foedus.engine.kernels import Here, Source, Wanted
from foedus.store import records

SEEDS = (0, 2, 4, 6)
MASTER = "local-cluster[2,1,512]"
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""What runs for half a minute is not worth a thorough compiler."""


def batches(seed: int, ships: int = 1_000) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """A scene's positions in two sources, half of them in both; one ship in nine falls silent for some hours."""
    mmsi, columns = scene(seed).columns()
    t = columns["t_ms"]
    silent = (mmsi % 9 == 0) & (t > t.min() + 6 * 3_600_000) & (t < t.min() + 20 * 3_600_000)
    some = np.isin(mmsi, np.unique(mmsi)[:ships])
    parts = []
    for half in (0, 1):
        chosen = np.flatnonzero(some & ~silent & ((np.arange(len(t)) % 4 == half) | (np.arange(len(t)) % 4 > 1)))
        rows = len(chosen)
        held = dict.fromkeys(record.INTS, np.full(rows, -1)) | dict.fromkeys(record.FLOATS, np.full(rows, np.nan))
        names = ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "status")
        held |= {name.removesuffix("_deg") if name[0] == "l" else name: columns[name][chosen] for name in names}
        held |= {
            "mmsi": mmsi[chosen],
            "t": t[chosen],
            "pos": chosen,
            "what": np.zeros(rows, int),
            "time_from": np.ones(rows, int),
        }
        parts.append(record.batch(held, {}))
    return parts[0], parts[1]


def written(directory: Path, seed: int, ships: int = 1_000) -> list[Source]:
    """The same in files of two sources and two days, documents of others beside them."""
    for number, batch in enumerate(batches(seed, ships)):
        for day, part in enumerate((batch.slice(0, 5_000), batch.slice(5_000))):
            records.write(directory, records.Part("maritime", date(2026, 6, 1 + day), f"s{number}"), [part])
    beside = pa.record_batch({"raw": [b"{}"], "pointer": ["/0"]})
    records.write(directory, records.Part("maritime", date(2026, 6, 1), "theirs"), [beside])
    held = records.by_source(directory, "maritime")
    assert list(held) == ["s0", "s1", "theirs"]
    return [Source(number, tuple(paths)) for number, paths in enumerate(held.values())]


def at_once(sources: list[Source]) -> list[str]:
    """The events of the methods over all tracks together."""
    everything = Here().read(sources, plan._wanted())
    vessels = plan._vessel(everything)
    end = {**gaps.SETTINGS, gaps.DATA_END: float(everything["t"].to_numpy().max())}
    hearing = carried.hearing(plan._table(everything))
    silences = [
        one
        for one in gaps.find(vessels, end)
        if outages.stands(one, int(end[gaps.DATA_END]), outages.Listening(hearing), end)
    ]
    return sorted(plan._said([*silences, *encounters.find(segment_all(vessels))])["said"].to_pylist())


@pytest.mark.parametrize("seed", SEEDS)
def test_kernels_over_partitions_find_what_the_methods_find_over_everything(tmp_path, seed):
    sources = written(tmp_path, seed)
    found = plan.events(Here(), sources, {})
    assert sorted(found["said"].to_pylist()) == at_once(sources)
    kinds = Counter(found["kind"].to_pylist())
    assert kinds["gap"] > 2
    assert kinds["rendezvous"] > 2


def test_no_records_no_events(tmp_path):
    assert plan.events(Here(), [], {}).num_rows == 0
    written(tmp_path, 0)
    nobody = Here().read([], Wanted({"mmsi": pa.int64()}, ("what", "position")))
    assert (nobody.num_rows, nobody.column_names) == (0, ["mmsi", "src"])


@pytest.mark.parametrize(
    "places",
    [((34.9999, 139.0), (35.0001, 139.0)), ((10.0, 179.9999), (10.0, -179.9999)), ((89.999, 0.0), (89.999, 180.0))],
)
def test_two_ships_on_both_sides_of_an_edge_meet_once(tmp_path, places):
    t = np.tile(np.arange(0, 4 * 3_600_000, 600_000) + 1_780_272_000_000, 2)
    rows = len(t)
    held = dict.fromkeys(record.INTS, np.full(rows, -1)) | dict.fromkeys(record.FLOATS, np.full(rows, np.nan))
    lat, lon = (np.repeat(column, rows // 2) for column in zip(*places, strict=True))
    mmsi = np.repeat([431_000_111, 477_000_222], rows // 2)
    held |= {"mmsi": mmsi, "t": t, "lat": lat, "lon": lon, "pos": np.arange(rows), "what": np.zeros(rows, int)}
    part = records.Part("maritime", date(2026, 6, 1), "s")
    path = records.write(tmp_path, part, [record.batch(held | {"time_from": np.ones(rows, int)}, {})])
    found = plan.events(Here(), [Source(0, (str(path),))], {})
    assert found["kind"].to_pylist() == ["rendezvous"]


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Path:
    made = persons.made(tmp_path_factory.mktemp("spark") / "nato")
    written(made / "records", 0, ships=30)
    return made


def test_a_survey_counts_and_writes_events(node, tmp_path):
    found = told("analyse", "maritime", "--engine", "here", "--out", tmp_path / "here.jsonl", node=node)
    first, *lines = [json.loads(line) for line in (tmp_path / "here.jsonl").read_text().splitlines()]
    assert first == {"sources": {"0": "s0", "1": "s1", "2": "theirs"}}
    assert found["events"] == dict(Counter(line["kind"] for line in lines))
    assert lines[0]["event"][0] == lines[0]["kind"]


def test_a_survey_takes_the_thresholds_of_the_node_and_of_the_person(node, tmp_path):
    usual = told("analyse", "maritime", "--engine", "here", node=node)["events"]
    once = tmp_path / "once.toml"
    once.write_text("[gap]\nsilence_min_h = 1000\n", encoding="utf-8")
    stricter = told("analyse", "maritime", "--engine", "here", "--settings", once, node=node)["events"]
    assert (usual["gap"] > 0, "gap" in stricter, stricter["rendezvous"]) == (True, False, usual["rendezvous"])
    kept = node / "settings" / "maritime.toml"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("[gap]\nsilence_min_h = 1000\n", encoding="utf-8")
    assert "gap" not in told("analyse", "maritime", "--engine", "here", node=node)["events"]
    kept.unlink()
    once.write_text("[gap]\nsilence = 3\n", encoding="utf-8")
    assert "settings-unknown" in refused("analyse", "maritime", "--engine", "here", "--settings", once, node=node)


def test_a_survey_writes_no_file_that_is_there_and_nothing_else_takes_one(node, tmp_path):
    there = tmp_path / "there.jsonl"
    there.write_text("mine")
    assert "file-exists" in refused("analyse", "maritime", "--engine", "here", "--out", there, node=node)
    assert "usage" in refused("analyse", "maritime", "--out", tmp_path / "no.jsonl", node=node)
    assert there.read_text() == "mine"


def test_a_room_without_a_plan_says_so(node):
    assert door_of(rooms()["cyber"]) is None
    assert "survey-none" in refused("analyse", "cyber", "--engine", "here", node=node)


def test_importing_it_asks_for_no_spark():
    code = "import sys, foedus.engine.spark, foedus.areas.maritime.plan; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="the extra spark is not installed")
@pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java runtime")
def test_spark_finds_the_same_events_record_for_record(node, tmp_path, root):
    here = os.pathsep.join((str(root / "src"), str(root)))

    def lines(engine: str) -> list[str]:
        out = tmp_path / f"{engine}.jsonl"
        command = [
            "--node",
            str(node),
            "analyse",
            "maritime",
            "--engine",
            engine,
            "--master",
            MASTER,
            "--out",
            str(out),
        ]
        run = "from foedus.cli.main import main; main()"
        given = {**os.environ, "PYTHONPATH": here, "JDK_JAVA_OPTIONS": QUICK_JAVA}
        done = subprocess.run(
            [sys.executable, "-c", run, *command], cwd=tmp_path, env=given, capture_output=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return out.read_text().splitlines()

    expected = lines("here")
    assert {json.loads(line)["kind"] for line in expected[1:]} == {"gap", "rendezvous"}
    assert lines("spark") == expected
