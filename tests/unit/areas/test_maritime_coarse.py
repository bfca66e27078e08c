"""A position made coarse is coarse in every field, hash and id of every kind: two scenes that differ in it are one to a reader."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.maritime.scenes import scene
from tests.maritime.through import batches, layers, run

from foedus.model.canonical import canonical
from foedus.release.profiles import coarse_deg
from foedus.release.redact import redact

KINDS = (
    "gap", "rendezvous", "loitering", "jump", "identity-twin", "circle", "area-interference", "zone-entry", "corridor-passage",
    "combination",
)  # fmt: skip
EAST = 0.0015
"""Some 150 m: far more than a position is off, far less than a cell."""


def turned(held, east: float):
    for part in held.parts:
        part["lon_deg"] = (part["lon_deg"] + east + 180) % 360 - 180
    for name in ("ports", "zone", "cable"):
        lon = 1 if name == "ports" else 0
        setattr(held, name, [tuple(v + east * (n == lon) for n, v in enumerate(one)) for one in getattr(held, name)])
    return held


def findings(east: float) -> dict:
    held = turned(scene(6), east)
    return {one.head.id: one for one in run(batches(held), layers(held))[0]}


@pytest.fixture(scope="module")
def both():
    return findings(0.0), findings(EAST)


def leaving(finding) -> list[bytes]:
    """Every object of a finding as it leaves, coarse; the hash of a layer file is no position of a vessel."""
    out = [
        redact(one.raw, ["coarsen-positions"], key=b"k")
        for one in (finding.head, *(s.object for s in finding.supports))
    ]
    return [canonical(unlayered(json.loads(one.raw))) for one in out if one is not None]


def unlayered(obj: dict) -> dict:
    if obj["type"] == "note":
        obj["content"] = "\n".join(line for line in obj["content"].splitlines() if not line.startswith("Layer"))
    return obj


def positions(value) -> list[float]:
    if isinstance(value, dict):
        own = [value[name] for name in ("lat_deg", "lon_deg", "latitude", "longitude") if name in value]
        return own + [found for one in value.values() for found in positions(one)]
    return [found for one in value for found in positions(one)] if isinstance(value, list) else []


def cells(finding) -> list[float]:
    return [coarse_deg(one) for one in positions(json.loads(finding.head.raw))]


def test_every_kind_is_there_and_two_places_look_the_same_from_afar(both):
    here, there = both
    compared = set()
    for id_, one in here.items():
        if id_ in there and cells(one) == cells(there[id_]):
            assert leaving(one) == leaving(there[id_]), one.kind
            assert one.head.raw != there[id_].head.raw
            compared.add(one.kind)
    assert compared >= set(KINDS) - {"combination"}


def test_nothing_finer_than_a_cell_and_no_record_leaves(both):
    for one in both[0].values():
        text = b"\n".join(leaving(one)).decode()
        assert "payload_bin" not in text
        assert "record:" not in text
        for value in positions([json.loads(line) for line in text.split("\n")]):
            assert value == coarse_deg(value)
        for value in np.unique(positions(json.loads(one.head.raw))):
            assert f"{abs(value):.3f}" not in text
