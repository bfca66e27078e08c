"""Layer files: what they mean for findings, and what is wrong with a bad one, with its place."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
from tests.maritime.sample import CALM, PEARL, PLACE, lines
from tests.maritime.through import collection, feature

from foedus.areas import rooms
from foedus.areas.maritime.extensions import EVENT
from foedus.areas.maritime.layers import chart
from foedus.areas.maritime.watchlist import watch
from foedus.engine.run import HeldLayers, analyse, records_from
from foedus.errors import InputError, MalformedRecord

ROOM = rooms()["maritime"]
AT = datetime(2026, 6, 1, tzinfo=UTC)
SAMPLE = Path(str(resources.files("foedus.areas.maritime"))) / "sample" / "meeting.nmea"
BOX = [[125.0, 29.5], [126.2, 29.5], [126.2, 30.5], [125.0, 30.5], [125.0, 29.5]]
HERE = list(reversed(PLACE))
CABLE = [[125.0, 29.9], [126.5, 29.9]]


@pytest.fixture(scope="module")
def records():
    return records_from(ROOM.ingest(io.BytesIO(SAMPLE.read_bytes()), settings={"at": AT}), "naha")


def found(records, files=None, **settings) -> dict:
    """The finding of each kind (one of each, for the sample is small), and layers to ask about it."""
    layers = HeldLayers({name: raw if isinstance(raw, bytes) else raw.encode() for name, raw in (files or {}).items()})
    run = analyse(ROOM, records, settings={"owner": "nato", **settings}, layers=layers, state=b"", at=AT)
    return {one.kind: one for one in run}


def said(finding) -> dict:
    return json.loads(finding.head.raw)["extensions"][EVENT]


def notes(finding) -> list[str]:
    held = [json.loads(one.object.raw) for one in finding.supports if one.object.type == "note"]
    return [f"{one['abstract']}: {one['content']}" for one in held]


def urgency(finding, files) -> int:
    return ROOM.about(finding, (), layers=HeldLayers({name: raw.encode() for name, raw in files.items()})).urgency


def test_the_sample_is_what_its_maker_makes():
    assert SAMPLE.read_text() == "".join(f"{line}\n" for line in lines())


# combination and identity


def test_a_combination_explains_every_part_and_names_what_it_puts_together(records):
    got = found(records)
    measures = said(got["combination"])["measures"]
    assert measures["score"] == 0.66
    assert measures["part_gap"] == f"0.35: MMSI {CALM} silent until 0 h 29 min before"
    assert measures["part_identity"] == "0.25: name SOUTHERN PEARL became GOLDEN LOTUS"
    assert measures["part_rendezvous"].startswith("0.3: together for 4 h")
    linked = {
        json.loads(s.object.raw)["target_ref"] for s in got["combination"].supports if s.object.type == "relationship"
    }
    assert {got["gap"].head.id, got["rendezvous"].head.id} <= linked


def test_an_identity_mismatch_is_a_mark_of_a_finding_and_never_one(records):
    got = found(records)
    assert set(got) == {"gap", "rendezvous", "combination"}
    [mark] = said(got["rendezvous"])["marks"]
    assert (mark["code"], mark["mmsi"]) == ("changed-name", PEARL)
    assert any(note.startswith("identity-mismatch: MMSI 441345000: name SOUTHERN") for note in notes(got["rendezvous"]))
    assert "identity-mismatch" not in found(records, **{"identity-mismatch": {"changed_d": 0}})


def test_too_little_is_no_combination(records):
    assert "combination" not in found(records, combination={"score_min": 0.7})


# thresholds


def test_thresholds_of_a_node_are_used_and_recorded(records):
    got = found(records, rendezvous={"contact_min_h": 6})
    assert "rendezvous" not in got
    settings = said(found(records, rendezvous={"distance_m": 450})["rendezvous"])["rule"]["settings"]
    assert (settings["distance_m"], settings["contact_min_h"]) == (450, 2)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"rendezvus": {"distance_m": 1}}, "rendezvus"),
        ({"rendezvous": {"distance_km": 1}}, "rendezvous.distance_km"),
        ({"rendezvous": {"distance_m": "far"}}, "rendezvous.distance_m"),
        ({"gap": {"silence_min_h": -1}}, "gap.silence_min_h"),
    ],
)
def test_a_threshold_nobody_knows_is_refused(records, settings, where):
    with pytest.raises(InputError) as caught:
        found(records, **settings)
    assert caught.value.where == where


# what layers change


def test_a_port_nearby_makes_it_no_meeting_and_its_absence_is_said(records):
    port = {"maritime/ports/p.geojson": collection(feature("Point", "Port", HERE))}
    assert "rendezvous" not in found(records, port)
    far = {"maritime/ports/p.geojson": collection(feature("Point", "Port", [120.0, 20.0]))}
    got = found(records, far)["rendezvous"]
    assert "layer:maritime/ports/p.geojson" in got.because
    assert any("Layer: maritime/ports/p.geojson, SHA-256" in note for note in notes(got))
    assert "ports" not in " ".join(said(got)["unseen"])
    assert "ports" in " ".join(said(found(records)["rendezvous"])["unseen"])


def test_a_zone_gives_entries_and_adds_to_a_combination(records):
    got = found(records, {"maritime/zones/z.json": collection(feature("Polygon", "Box", [BOX]))})
    assert said(got["zone-entry"])["measures"]["zone"] == "Box"
    assert got["zone-entry"].because == ("source:naha", "layer:maritime/zones/z.json")
    assert said(got["combination"])["measures"]["part_zone"] == "0.2: within Box"


def test_a_cable_gives_slow_passages(records):
    files = {"maritime/corridors/c.json": collection(feature("LineString", "Cable", CABLE))}
    got = found(records, files, **{"corridor-passage": {"course_max_deg": 180}})
    assert said(got["corridor-passage"])["measures"]["corridor"] == "Cable"


LIST = "imo,mmsi,list,reason\n9074729,,UNSC 1718,oil\n"


def test_a_hull_on_a_list_is_urgent_and_the_list_can_stay_at_home(records):
    files = {"maritime/watchlist/unsc.csv": LIST}
    got = found(records, files)
    assert "on the list UNSC 1718 by imo 9074729: oil" in said(got["combination"])["measures"]["part_listed"]
    assert (urgency(got["gap"], {}), urgency(got["gap"], files)) == (1, 3)
    assert "layer:maritime/watchlist/unsc.csv" not in got["rendezvous"].because
    assert b"UNSC" not in got["rendezvous"].head.raw
    [listed] = [s for s in got["rendezvous"].supports if b"UNSC" in s.object.raw]
    assert "layer:maritime/watchlist/unsc.csv" in listed.because


@pytest.mark.parametrize(
    ("files", "hit"),
    [
        ({"watchlist/a.csv": "mmsi\n572469210\n"}, "mmsi"),
        ({"watchlist/a.csv": "imo\nIMO9074729\n"}, "imo"),
        (
            {"watchlist/a.csv": "owner\nACME Shipping\n", "register/r.csv": "imo,owner\n9074729,Acme shipping\n"},
            "owner",
        ),
        ({"watchlist/a.csv": "owner\nACME Shipping\n", "register/r.csv": "imo,owner\n9776418,Acme\n"}, None),
        ({"watchlist/a.csv": "imo,name\n9776418,MORNING CALM\n"}, None),
    ],
)
def test_a_hull_is_matched_by_number_or_by_its_owner_never_by_name(files, hit):
    lists = watch(HeldLayers({f"maritime/{name}": raw.encode() for name, raw in files.items()}))
    assert [one.field for one in lists.hits(CALM, 9_074_729)] == ([hit] if hit else [])


def test_a_flag_in_a_register_that_is_not_that_of_the_mmsi_is_a_mark(records):
    got = found(records, {"maritime/register/r.csv": "imo,flag\n9074729,Panama\n"})
    marks = {(one["code"], one["why"]) for one in said(got["rendezvous"])["marks"]}
    assert ("flag", "MMSI of TV, but it is registered under PA") in marks


# bad ones


@pytest.mark.parametrize(
    ("name", "raw", "where"),
    [
        ("zones/a.json", "{", "maritime/zones/a.json"),
        ("zones/a.json", "[]", "maritime/zones/a.json"),
        ("zones/a.json", '{"type": "Feature"', "maritime/zones/a.json"),
        ("zones/a.json", '{"type": "Circle"}', "maritime/zones/a.json /type"),
        ("zones/a.json", collection(feature("Polygon", "x", [BOX[:-1]])), "a.json /features/0/geometry/coordinates/0"),
        (
            "zones/a.json",
            collection(feature("Polygon", "x", [[[1, 99], *BOX]])),
            "/features/0/geometry/coordinates/0/0",
        ),
        (
            "zones/a.json",
            collection(feature("Polygon", "x", [[["1", 2], *BOX]])),
            "/features/0/geometry/coordinates/0/0",
        ),
        ("zones/a.json", collection(feature("LineString", "x", CABLE)), "maritime/zones/a.json"),
        ("corridors/a.json", collection(feature("LineString", "x", CABLE[:1])), "/features/0/geometry/coordinates"),
        ("watchlist/a.csv", "name\nX\n", "maritime/watchlist/a.csv line 1"),
        ("watchlist/a.csv", "imo,colour\n9074729,red\n", "maritime/watchlist/a.csv line 1"),
        ("watchlist/a.csv", "imo,list\n9074729,UN\n90747,UN\n", "maritime/watchlist/a.csv line 3"),
        ("watchlist/a.csv", "imo,list\n9074729\n", "maritime/watchlist/a.csv line 2"),
        ("watchlist/a.csv", b"imo,list\n9074729,\xff\n", "maritime/watchlist/a.csv line 2"),
        ("watchlist/a.csv", 'imo,list\n9074729,"x\n', "maritime/watchlist/a.csv line 2"),
        ("register/a.csv", "owner\nX\n", "maritime/register/a.csv line 1"),
    ],
)
def test_a_bad_layer_is_refused_with_its_place(name, raw, where):
    layers = HeldLayers({f"maritime/{name}": raw if isinstance(raw, bytes) else raw.encode()})
    with pytest.raises(MalformedRecord) as caught:
        chart(layers)
        watch(layers)
    assert caught.value.code == "layer-malformed"
    assert where in caught.value.where
    assert caught.value.hint


def test_several_parts_and_two_of_one_name_are_zones_of_their_own():
    parts = collection(feature("MultiPolygon", "Two", [[BOX], [BOX]]), feature("Polygon", "", [BOX]))
    zones = chart(HeldLayers({"maritime/zones/a.geojson": parts})).around.zones
    assert [zone.name for zone in zones] == ["Two", "Two (2)", "a features/1/geometry"]


def test_a_broken_list_does_not_stand_in_the_way_of_what_arrives(records):
    assert urgency(found(records)["gap"], {"maritime/watchlist/a.csv": "nonsense"}) == 1
