"""What is exported opens where people look at it: GDAL, by which QGIS opens files, and the standard reader of CSV."""

from __future__ import annotations

import csv
import json
from importlib import resources
from pathlib import Path

import pyogrio
import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes
from tests.unit.cli.conftest import refused, told

SAMPLE = Path(str(resources.files("foedus.areas.maritime"))) / "sample" / "meeting.nmea"


@pytest.fixture(scope="module")
def nato(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    made = make_nodes(folder / "nodes").path("nato")
    told("ingest", "maritime", SAMPLE, "--label", OPEN, node=made)
    (folder / "tip.json").write_bytes(bundle(indicator(1, name="=1+1")))
    told("ingest", "cyber", folder / "tip.json", "--label", OPEN, node=made)
    return made


def test_gdal_reads_the_tracks_with_their_labels(nato, tmp_path):
    file = tmp_path / "sea.geojson"
    count = told("export", file, "--area", "maritime", node=nato)["findings"]
    info, table = pyogrio.read_arrow(file)
    assert (info["crs"], table.num_rows, count) == ("EPSG:4326", 3, 3)
    west, south, east, north = pyogrio.read_info(file, force_total_bounds=True)["total_bounds"]
    assert (120 < west < east < 135, 20 < south < north < 40) == (True, True)
    assert set(table["label"].to_pylist()) == {OPEN}
    kinds = {one["properties"]["kind"]: one["geometry"]["type"] for one in json.loads(file.read_text())["features"]}
    assert kinds["rendezvous"] == "MultiLineString"


def test_gdal_reads_the_points_of_one_finding(nato, tmp_path):
    listed = told("show", "--list", "--kind", "rendezvous", node=nato)
    file = tmp_path / "meeting.csv"
    assert told("export", file, listed[0]["object_id"], node=nato)["findings"] == 1
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    options = {"X_POSSIBLE_NAMES": "longitude", "Y_POSSIBLE_NAMES": "latitude"}
    assert pyogrio.read_info(file, **options)["geometry_type"] == "Point"
    assert len({row["track"] for row in rows}) == 2
    assert all(-90 <= float(row["latitude"]) <= 90 for row in rows)


def test_a_finding_without_a_place_has_a_row_and_no_spreadsheet_runs_it(nato, tmp_path):
    file = tmp_path / "all.csv"
    told("export", file, "--area", "cyber", node=nato)
    [row] = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert (row["title"], row["latitude"]) == ("'=1+1", "")


def test_what_cannot_be_exported_leaves_no_file(nato, tmp_path):
    file = tmp_path / "one.csv"
    assert "object-unknown" in refused("export", file, "incident--00000000-0000-4000-8000-000000000000", node=nato)
    assert "usage" in refused(
        "export", file, "incident--00000000-0000-4000-8000-000000000000", "--kind", "gap", node=nato
    )
    assert not file.exists()


def test_a_file_that_exists_or_has_no_known_form_is_not_written(nato, tmp_path):
    assert "usage" in refused("export", tmp_path / "sea.shp", node=nato)
    (tmp_path / "sea.csv").write_text("mine")
    assert "file-exists" in refused("export", tmp_path / "sea.csv", node=nato)
    assert (tmp_path / "sea.csv").read_text() == "mine"
