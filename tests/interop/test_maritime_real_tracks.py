"""Real noisy tracks and tracks of several hulls under one MMSI (Global Fishing Watch): twins, and never spoofing."""

from __future__ import annotations

import gzip
import json
import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.bench.measure import SHARED

from foedus.areas.maritime.methods import circles, encounters, interference, jumps, twins
from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.tracks import GLITCH, ordered, segment

FOLDER = SHARED / "data" / "maritime" / "gfw"
HULLS = ("416000000.json.gz", "point-pair/240000000.msg.gz", "point-pair/431704490.msg.gz")
CONTROLS = ("263576000.json.gz", *(f"point-pair/{n}.msg.gz" for n in (204814000, 205316000, 224051350, 227317360, 230942350, 538004505, 600011817)))  # fmt: skip
LATE = "338013000.json.gz"
SIX_STEPS = "point-pair/224108190.msg.gz"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="needs the real tracks (FOEDUS_SHARED) beside the repository"),
]


def unpack(data: bytes, at: int = 0):
    """One msgpack value and where the next begins; the types these files hold."""
    head, at = data[at], at + 1
    if head <= 0x7F or head >= 0xE0:
        return (head if head <= 0x7F else head - 256), at
    if head in SCALARS:
        form = SCALARS[head]
        return (
            struct.unpack_from(form, data, at)[0] if form else {0xC0: None, 0xC2: False, 0xC3: True}[head]
        ), at + struct.calcsize(form)
    if 0xA0 <= head <= 0xBF or head in {0xD9, 0xDA}:
        width = {0xD9: 1, 0xDA: 2}.get(head, 0)
        size = int.from_bytes(data[at : at + width], "big") if width else head & 0x1F
        return data[at + width : at + width + size].decode(), at + width + size
    width = 2 if head in {0xDC, 0xDE} else 0
    count = int.from_bytes(data[at : at + width], "big") if width else head & 0x0F
    at += width
    keyed = 0x80 <= head <= 0x8F or head == 0xDE
    held = []
    for _ in range(count * (2 if keyed else 1)):
        value, at = unpack(data, at)
        held.append(value)
    return (dict(zip(held[::2], held[1::2], strict=True)) if keyed else held), at


SCALARS = {0xC0: "", 0xC2: "", 0xC3: "", 0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
           0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}  # fmt: skip


def messages(name: str) -> list[dict]:
    data = gzip.decompress((FOLDER / name).read_bytes())
    if name.endswith(".json.gz"):
        return [json.loads(line) for line in data.splitlines()]
    held, at = [], 0
    while at < len(data):
        message, at = unpack(data, at)
        held.append(message)
    return held


def instant(value) -> int:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.rstrip("Z")).replace(tzinfo=UTC).timestamp()
    return round(value * 1000)


def fixes(name: str) -> Fixes:
    rows = [row for row in messages(name) if row.get("timestamp") is not None]

    def column(key: str, most: float) -> np.ndarray:
        values = np.array([np.nan if row.get(key) is None else row[key] for row in rows], dtype=float)
        return np.where(np.abs(values) <= most, values, np.nan)

    places = (
        column("lat", 90),
        column("lon", 180),
        column("speed", 102.1),
        column("course", 359.9),
        column("heading", 359),
    )
    t_ms = np.array([instant(row["timestamp"]) for row in rows], dtype=np.int64)
    status = np.full(len(rows), 15, dtype=np.uint8)
    return ordered(Fixes(int(rows[0].get("ssvid") or rows[0]["mmsi"]), t_ms, *places, status, np.arange(len(rows))))


@pytest.mark.parametrize("name", HULLS)
def test_several_hulls_are_twins_and_no_spoofing(name):
    tracks = segment(fixes(name)).tracks
    assert twins.find(tracks)
    assert [method.find(tracks) for method in (jumps, circles, interference, encounters)] == [[], [], [], []]


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_are_one_hull_and_nothing_is_said(name):
    tracks = segment(fixes(name)).tracks
    assert len(tracks) == 1
    assert [method.find(tracks) for method in (twins, jumps, circles, interference)] == [[], [], [], []]


def test_single_impossible_fixes_are_glitches():
    held = segment(fixes(SIX_STEPS))
    assert len(held.tracks) == 1
    assert np.count_nonzero(held.marks == GLITCH) == 3
    assert [method.find(held.tracks) for method in (twins, jumps, circles)] == [[], [], []]


def test_a_hull_heard_an_hour_late_is_no_twin_and_did_not_jump():
    """One ship, of which 118 fixes came some hour late; the peer's segments count them as noise or as the same ship."""
    tracks = segment(fixes(LATE)).tracks
    assert [len(one.t_ms) for one in tracks] == [901, 118]
    assert [method.find(tracks) for method in (twins, jumps, circles, interference)] == [[], [], [], []]
